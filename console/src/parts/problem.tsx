// SPDX-License-Identifier: Apache-2.0
// A failure in a sentence, and what to do about it.
import type { Problem } from '../api';
import { hasWord, t } from '../i18n';
import { Icon } from './icon';

function familyOf(problem: Problem): string {
	if (problem.status === 0) return 'problem.offline';
	return hasWord(`problem.${problem.status}`) ? `problem.${problem.status}` : 'problem.other';
}

export function problemText(problem: Problem): { what: string; detail: string; fix: string } {
	const family = familyOf(problem);
	const { title, detail, fix, status } = problem.body;
	const known = hasWord(family) ? t(family, { status }) : '';
	const advice = `${family}.fix`;
	return {
		what: title || known,
		detail: detail ?? '',
		fix: fix ?? (hasWord(advice) ? t(advice) : ''),
	};
}

export function ProblemBox({ problem, retry }: { problem: Problem; retry?: () => void }) {
	const { what, detail, fix } = problemText(problem);
	return (
		<div class="note note-bad" role="alert">
			<Icon name="cross" />
			<div>
				<strong>{what}</strong>
				{detail && <p>{detail}</p>}
				{fix && <p>{fix}</p>}
				{problem.body.request_id &&
					<p class="faint">{t('problem.request', { id: problem.body.request_id })}</p>}
			</div>
			{retry && <button type="button" onClick={retry}>{t('problem.again')}</button>}
		</div>
	);
}
