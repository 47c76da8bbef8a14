// SPDX-License-Identifier: Apache-2.0
// Asks before something is done that others see, and says in words what will be.
import type { ComponentChildren } from 'preact';
import { t } from '../i18n';
import { useDo } from '../load';
import { Dialog } from './dialog';
import { ProblemBox } from './problem';

interface Props {
	title: string; children: ComponentChildren; act: string; danger?: boolean; disabled?: boolean;
	work: () => Promise<unknown>; onClose: () => void; onDone: () => void;
}

export function Confirm({ title, children, act, danger = false, disabled = false, work, onClose, onDone }: Props) {
	const { problem, busy, run } = useDo(onDone);
	const submit = (e: Event): void => {
		e.preventDefault();
		void run(work);
	};
	return (
		<Dialog title={title} onClose={onClose}>
			<form onSubmit={submit}>
				{children}
				{problem && <ProblemBox problem={problem} />}
				<div class="dialog-buttons">
					<button type="button" onClick={onClose}>{t('word.cancel')}</button>
					<button type="submit" class={danger ? 'danger' : 'primary'} data-confirm disabled={busy || disabled}>{act}</button>
				</div>
			</form>
		</Dialog>
	);
}
