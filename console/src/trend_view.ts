// SPDX-License-Identifier: Apache-2.0
// The view of the trend page: the address has it, but for a movement that has not come to
// rest yet. Each rest is a step of the browser's history.
import { useEffect, useRef, useState } from 'preact/hooks';
import { nodeNow } from './live';
import { go, replace } from './router';
import { queryOf, settle, type Plotted, type Range, type View } from './view';

export interface Moved {
	seen: View; moving: boolean;
	/** `quietly` leaves no step in the history: for what is not a place to come back to. */
	change: (next: Partial<View>, quietly?: boolean) => void;
	changePoint: (n: number, next: Partial<Plotted>) => void;
	/** Shows a range while it moves; the present is that of the edge that is followed. */
	move: (range: Range, present: number) => void;
	rest: () => void;
	show: (range: Range) => void;
}

export function useView(view: View, query: string): Moved {
	const [moving, setMoving] = useState<Pick<View, 'span_ms' | 'to_ms'> | null>(null);
	const seen: View = moving ? { ...view, ...moving } : view;
	// What several events of one frame do must add up.
	const newest = useRef(seen);
	newest.current = seen;
	useEffect(() => setMoving(null), [query]);

	const change = (next: Partial<View>, quietly = false): void => {
		const words = queryOf({ ...newest.current, ...next });
		const text = new URLSearchParams(Object.entries(words).filter(([, value]) => value !== '')).toString();
		if (text === query) setMoving(null);
		else (quietly ? replace : go)('trend', '', words);
	};
	return {
		seen, moving: moving !== null, change,
		changePoint: (n, next) => change({ points: view.points.map((one, at) => (at === n ? { ...one, ...next } : one)) }, true),
		move: (range, present) => {
			const next = settle(range, present);
			newest.current = { ...newest.current, ...next };
			setMoving(next);
		},
		rest: () => change({}),
		show: (range) => change(settle(range, nodeNow())),
	};
}
