// SPDX-License-Identifier: Apache-2.0
// Edits of the history as people think of them: what somebody did in one go is one change,
// and an undo is told with what it undoes. Pure.
import type { Edit } from './types';

export type ChangeKind = 'annotate' | 'delete' | 'set' | 'replace';
export interface Change {
	kind: ChangeKind; edits: readonly Edit[];
	from_ms: number; to_ms: number; time_ms: number; author: string; words: string;
	undone: boolean;
	/** By which it is undone now. */
	undos: readonly Edit[];
}

/** What was made at once has times that follow one another. */
function isOne(before: Edit, next: Edit): boolean {
	return before.kind !== 'annotate' && next.kind === 'set' && before.author === next.author && before.reason === next.reason
		&& BigInt(next.id) === BigInt(before.id) + 1n;
}

function changeOf(edits: readonly Edit[], undos: readonly Edit[]): Change {
	const [first] = edits as [Edit];
	const kind = edits.length > 1 && first.kind === 'delete' ? 'replace' : first.kind as ChangeKind;
	const own = new Set(edits.map((edit) => edit.id));
	return {
		kind, edits, from_ms: Math.min(...edits.map((edit) => edit.from_ms)), to_ms: Math.max(...edits.map((edit) => edit.to_ms)),
		time_ms: first.time_ms, author: first.author, words: first.text ?? first.reason ?? '',
		undone: edits.every((edit) => edit.undone), undos: undos.filter((undo) => own.has(undo.undoes ?? '')),
	};
}

/** In the order they were made, as the node lists edits. */
export function changesOf(items: readonly Edit[]): Change[] {
	const undos = items.filter((edit) => edit.kind === 'undo' && !edit.undone);
	const groups: Edit[][] = [];
	for (const edit of items) {
		const last = groups[groups.length - 1];
		if (edit.kind === 'undo') continue;
		if (last && isOne(last[last.length - 1]!, edit)) last.push(edit);
		else groups.push([edit]);
	}
	return groups.map((edits) => changeOf(edits, undos));
}
