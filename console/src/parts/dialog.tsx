// SPDX-License-Identifier: Apache-2.0
// The browser's own modal dialog: focus stays inside, Escape closes.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

interface DialogProps { title: string; onClose: () => void; children: ComponentChildren }

export function Dialog({ title, onClose, children }: DialogProps) {
	const ref = useRef<HTMLDialogElement>(null);
	// One that is taken away for another was not closed by anybody.
	const gone = useRef(false);
	useEffect(() => {
		const dialog = ref.current;
		if (!dialog?.open) dialog?.showModal();
		return () => {
			gone.current = true;
			dialog?.close();
		};
	}, []);
	return (
		<dialog ref={ref} aria-label={title} onClose={() => gone.current || onClose()}
			onClick={(e) => e.target === ref.current && onClose()}>
			<div class="dialog">
				<h2>{title}</h2>
				{children}
			</div>
		</dialog>
	);
}
