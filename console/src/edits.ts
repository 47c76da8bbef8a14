// SPDX-License-Identifier: Apache-2.0
// What was changed by hand in the history of points, as components see it: asked for around
// the view, again whenever somebody changed something.
import { useEffect, useState } from 'preact/hooks';
import { api, type Problem } from './api';
import { changesOf, type Change } from './changes';
import { forgetHistory } from './history';
import { breaks, freshEvents } from './live';
import { asProblem } from './load';
import { createStore, useStore } from './store';
import type { Range } from './view';

/** Counts the changes: whatever was asked of the history before one may be otherwise now. */
export const editsMade = createStore(0);

export function noteEdit(): void {
	forgetHistory();
	editsMade.set(editsMade.get() + 1);
}

/** Of others too: the node tells of each. */
let told = 0;
freshEvents.subscribe(() => {
	const newest = freshEvents.get().find((event) => event.message === 'HISTORY_EDITED');
	if (!newest || newest.seq <= told) return;
	told = newest.seq;
	noteEdit();
});

export const undoChange = (point: string, { edits, undone, undos }: Change, reason: string): Promise<void> => {
	const [first, ...others] = undone ? undos : edits.filter((edit) => !edit.undone);
	return api.undoEdit(point, first!.id, others.map((edit) => edit.id), reason);
};

/** A moving trend asks when it has held still for so long. */
const STILL_MS = 150;
const TIME_MAX_MS = 9e12;

/** Whole views beside the present one, so that a small move asks nothing. */
function around({ from, to }: Range): Range {
	const size = 2 ** Math.ceil(Math.log2(Math.max(1000, to - from)));
	return {
		from: Math.max(0, (Math.floor(from / size) - 1) * size),
		to: Math.min(TIME_MAX_MS, (Math.floor(to / size) + 2) * size),
	};
}

export interface Edits { of: (point: string) => readonly Change[]; problem: Problem | undefined; truncated: boolean; retry: () => void }

/** The changes of some points that touch a range. */
export function useEdits(names: readonly string[], range: Range): Edits {
	const made = useStore(editsMade);
	const mended = useStore(breaks);
	const [turn, setTurn] = useState(0);
	const [found, setFound] = useState<ReadonlyMap<string, readonly Change[]>>(new Map());
	const [truncated, setTruncated] = useState(false);
	const [problem, setProblem] = useState<Problem>();
	const { from, to } = around(range);
	useEffect(() => {
		const ends = new AbortController();
		const ask = async (): Promise<void> => {
			try {
				const lists = await Promise.all(names.map((name) => api.edits(name, { from_ms: from, to_ms: to }, ends.signal)));
				setFound(new Map(lists.map(({ items }, n) => [names[n]!, changesOf(items)])));
				setTruncated(lists.some((list) => list.truncated));
				setProblem(undefined);
			} catch (error) {
				if (!ends.signal.aborted) setProblem(asProblem(error));
			}
		};
		const timer = setTimeout(() => void ask(), STILL_MS);
		return () => {
			clearTimeout(timer);
			ends.abort();
		};
	}, [names.join('\n'), from, to, made, mended, turn]);
	return { of: (point) => found.get(point) ?? [], problem, truncated, retry: () => setTurn((n) => n + 1) };
}
