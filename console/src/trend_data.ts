// SPDX-License-Identifier: Apache-2.0
// The history behind a trend as a component sees it: asked for when the view rests, given
// up when it moves on, growing at the right edge by itself.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Problem } from './api';
import { editsMade } from './edits';
import { fill, forgetHistory, rowsOf, takeLive, type Wanted } from './history';
import { breaks, nodeNow, watchPoint } from './live';
import { asProblem } from './load';
import type { Rows } from './rows';
import { useStore } from './store';
import type { Point } from './types';
import type { Range } from './view';

const TICK_MIN_MS = 1000;
const TICK_MAX_MS = 60_000;
/** A moving view is asked for when it has held still for so long. */
const STILL_MS = 90;
const UNSETTLED_MS = 15_000;
/** After a failure the right edge waits so long. */
const RETRY_MS = 5000;

/** The node's present, as often as a pixel of the span passes. */
export function useNow(span_ms: number, px: number, runs: boolean): number {
	const [now, setNow] = useState(nodeNow);
	const every = Math.min(TICK_MAX_MS, Math.max(TICK_MIN_MS, span_ms / px));
	useEffect(() => {
		setNow(nodeNow());
		if (!runs) return undefined;
		const timer = setInterval(() => document.hidden || setNow(nodeNow()), every);
		return () => clearInterval(timer);
	}, [every, runs]);
	return now;
}

/** Whether the right edge lies where samples still arrive. */
export const isUnsettled = (to_ms: number | null, step_ms: number): boolean =>
	to_ms === null || to_ms > nodeNow() - UNSETTLED_MS - step_ms;

export interface Asked { points: readonly Point[]; range: Range; px: number; shift: number; now: number; moving: boolean }
export interface History {
	rows: (point: Point, shift?: number) => Rows;
	loading: boolean; problem: Problem | undefined; retry: () => void;
}

const wantedOf = ({ range, px, now }: Asked, shift: number): Wanted =>
	({ from: range.from - shift, to: range.to - shift, px, now, shift });

export function useHistory(asked: Asked): History {
	const mended = useStore(breaks);
	const edited = useStore(editsMade);
	const [, redraw] = useState(0);
	const [waiting, setWaiting] = useState(0);
	const [problem, setProblem] = useState<Problem>();
	const [turn, setTurn] = useState(0);
	const newest = useRef(asked);
	newest.current = asked;
	const job = useRef<{ ends: AbortController; busy: Set<number>; failed: number }>();

	const pump = (): void => {
		const { ends, busy, failed } = job.current!;
		const { points, shift } = newest.current;
		if (Date.now() < failed + RETRY_MS) return;
		for (const earlier of shift ? [0, shift] : [0]) {
			if (busy.has(earlier)) continue;
			busy.add(earlier);
			setWaiting(busy.size);
			fill(points, wantedOf(newest.current, earlier), ends.signal, () => redraw((n) => n + 1))
				.then(() => ends.signal.aborted || setProblem(undefined), (error) => {
					if (ends.signal.aborted) return;
					if (job.current?.ends === ends) job.current.failed = Date.now();
					setProblem(asProblem(error));
				}).finally(() => {
					busy.delete(earlier);
					if (!ends.signal.aborted) setWaiting(busy.size);
				});
		}
	};

	const { points, range, px, shift, moving, now } = asked;
	const names = points.map((point) => point.id).join();
	const follows = range.to >= now;
	const place = follows ? `${range.to - range.from}` : `${range.from} ${range.to}`;
	const mendedBefore = useRef(mended);
	useEffect(() => {
		if (mendedBefore.current !== mended) forgetHistory();
		mendedBefore.current = mended;
		const ends = new AbortController();
		job.current = { ends, busy: new Set(), failed: 0 };
		setProblem(undefined);
		const timer = setTimeout(pump, moving ? STILL_MS : 0);
		return () => {
			clearTimeout(timer);
			ends.abort();
			setWaiting(0);
		};
	}, [names, place, px, shift, mended, edited, turn]);
	useEffect(() => {
		if (!moving) pump();
	}, [now]);
	useEffect(() => {
		const ends = points.map((point) => watchPoint(point.id, () => takeLive(point)));
		return () => ends.forEach((end) => end());
	}, [names]);
	return {
		rows: (point, earlier = 0) => rowsOf(point, wantedOf(asked, earlier)),
		loading: waiting > 0, problem, retry: () => setTurn((n) => n + 1),
	};
}
