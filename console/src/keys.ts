// SPDX-License-Identifier: Apache-2.0
// "/" goes to the page's filter, "g" and a letter opens a page, "?" lists the keys.
import { go } from './router';

export const PAGE_KEYS: Record<string, string> = {
	o: '', p: 'points', t: 'trend', i: 'identifiers', n: 'network', e: 'events', c: 'commands', u: 'tree', f: 'indicators',
};
const SEQUENCE_MS = 1200;

const isTyping = (target: EventTarget | null): boolean =>
	target instanceof HTMLElement && target.matches('input, select, textarea, dialog *');

export function startKeys(onHelp: () => void): () => void {
	let armed = 0;
	const onKey = (e: KeyboardEvent): void => {
		if (isTyping(e.target) || e.ctrlKey || e.metaKey || e.altKey) return;
		const page = PAGE_KEYS[e.key];
		if (page !== undefined && e.timeStamp - armed < SEQUENCE_MS) go(page);
		else if (e.key === '?') onHelp();
		else if (e.key === '/') {
			const field = document.querySelector<HTMLInputElement>('[data-filter]');
			if (!field) return;
			e.preventDefault();
			field.focus();
			field.select();
		}
		armed = e.key === 'g' ? e.timeStamp : 0;
	};
	addEventListener('keydown', onKey);
	return () => removeEventListener('keydown', onKey);
}
