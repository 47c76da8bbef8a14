// SPDX-License-Identifier: Apache-2.0
// From a view and the history to what is drawn and read: which points are shown, the ends of
// their axes, their lines, and what lies under the cursor.
import { useRef } from 'preact/hooks';
import { axesOf, calmEnds, DIGITAL_ENDS, stateEnds, withAxis, type Ends } from './axes';
import { formatBound, formatSpan, formatTime, labelOf, pointValue } from './format';
import { t, word } from './i18n';
import { extentOf, readingAt, traceOf, type Reading, type Trace } from './trace';
import type { History } from './trend_data';
import { axesShown, PARTS, type DrawnPoint, type Scene } from './trend_option';
import type { Point } from './types';
import { axisKey, DIGITAL, type Plotted, type Range, type View } from './view';

export interface Size { width: number; height: number }
/** A point that is drawn; `n` is its place in the view's list. */
export interface Shown { n: number; one: Plotted; point: Point; axis: string }
export interface SceneOf { view: View; range: Range; shift: number; shown: Shown[]; history: History; size: Size; look: number | null }

/** Booleans and states keep their value until the next one; numbers lie on the way to it. */
const isStepped = ({ one, point }: Shown): boolean =>
	one.form === 'step' || (one.form === 'auto' && (point.type === 'bool' || !!point.states));

export function shownOf(view: View, points: ReadonlyMap<string, Point>): Shown[] {
	return view.points.flatMap((one, n) => {
		const point = points.get(one.name);
		return point && !one.hidden ? [{ n, one, point, axis: axisKey(one, point) }] : [];
	});
}

const traces = new WeakMap<object, Map<string, Trace>>();

/** The trace of rows that did not change is the same object. */
function traced(history: History, point: Point, shift: number): Trace {
	const rows = history.rows(point, shift);
	const known = traces.get(rows.rows) ?? new Map<string, Trace>();
	traces.set(rows.rows, known);
	const key = `${rows.step_ms} ${shift} ${point.period_ms}`;
	const trace = known.get(key) ?? traceOf(rows, point.period_ms, shift);
	known.set(key, trace);
	return trace;
}

/** Least and greatest of all that is seen on an axis. */
function extentOn(key: string, { range: { from, to }, shift, shown, history }: SceneOf): Ends | undefined {
	const found = shown.filter((one) => one.axis === key).flatMap(({ point }) => [
		extentOf(history.rows(point), from, to),
		shift ? extentOf(history.rows(point, shift), from - shift, to - shift) : undefined,
	]).filter((ends): ends is [number, number] => ends !== undefined);
	return found.length ? [Math.min(...found.map(([low]) => low)), Math.max(...found.map(([, high]) => high))] : undefined;
}

/** Ends stay while the span does, so that a followed trend is calm. */
export function useScene(of: SceneOf, points: ReadonlyMap<string, Point>): Scene {
	const { view, range, shift, shown, history, size, look } = of;
	const before = useRef<{ span: number; ends: Map<string, Ends> }>({ span: 0, ends: new Map() });
	const span = range.to - range.from;
	if (Math.abs(before.current.span - span) > 1) before.current = { span, ends: new Map() };
	const looked = shown.find(({ n }) => n === look);
	const axes = withAxis(axesOf(view, points, axesShown(size.width)), looked?.axis).map((axis) => {
		const fixed = view.fixed[axis.key] ?? (axis.key === DIGITAL ? DIGITAL_ENDS : axis.states ? stateEnds(axis.states) : undefined);
		if (fixed) return { ...axis, ends: fixed };
		const extent = extentOn(axis.key, of);
		const ends = calmEnds(extent, before.current.ends.get(axis.key), PARTS);
		if (extent) before.current.ends.set(axis.key, ends);
		return { ...axis, ends };
	});
	const drawn = shown.map((one): DrawnPoint => ({
		n: one.n, axis: one.axis, stepped: isStepped(one), trace: traced(history, one.point, 0),
		faded: looked !== undefined && looked.n !== one.n,
		...(shift > 0 && { before: traced(history, one.point, shift) }),
	}));
	const only = shown.length === 1 ? shown[0] : looked;
	const limits = only?.point.limits ? { axis: only.axis, limits: only.point.limits } : undefined;
	return { range, drawn, axes, limits, ...size };
}

/** What the lines are made of: samples, or buckets of a width. */
export function grainOf(shown: readonly Shown[], history: History): string {
	const steps = new Set(shown.map(({ point }) => history.rows(point).step_ms));
	const name = (ms: number): string => (ms < 1000 ? `${ms} ms` : formatSpan(ms / 1000));
	return [...steps].map((step) => (step ? t('trend.buckets', { span: name(step) }) : t('trend.samples'))).join(' · ');
}

/** What is known of a point at a time, and of the compared period. */
export interface Pair { now?: Reading; before?: Reading }
/** A value under the cursor: the axis it lies on, and whose it is. */
export interface CursorDot { n: number; axis: string; value: number; hollow: boolean }
export interface Reader {
	pairAt: (n: number, time: number) => Pair;
	dotsAt: (time: number) => CursorDot[];
	/** All of it in words. */
	wordsAt: (time: number) => string;
}

export function readerOf(shown: readonly Shown[], history: History, shift: number): Reader {
	const at = (of: Shown, time: number, earlier: number): Reading | undefined =>
		readingAt(history.rows(of.point, earlier), time - earlier, of.point.period_ms, isStepped(of));
	const pair = (of: Shown, time: number): Pair => ({ now: at(of, time, 0), before: shift ? at(of, time, shift) : undefined });
	const dot = (of: Shown, reading: Reading | undefined, hollow: boolean): CursorDot[] => {
		const value = reading?.row.value;
		return value === null || value === undefined ? [] : [{ n: of.n, axis: of.axis, value, hollow }];
	};
	return {
		pairAt: (n, time) => {
			const found = shown.find((one) => one.n === n);
			return found ? pair(found, time) : {};
		},
		dotsAt: (time) => shown.flatMap((of) => {
			const { now, before } = pair(of, time);
			return [...dot(of, now, false), ...dot(of, before, true)];
		}),
		wordsAt: (time) => [formatTime(time, true), ...shown.map((of) => {
			const { point } = of;
			const reading = at(of, time, 0);
			return t('trend.cursor', { point: labelOf(point.label, point.name), value: [pointValue(point, reading?.row.value), formatBound(reading?.row.bound)].filter(Boolean).join(' '), unit: point.unit,
				quality: reading ? word('quality', reading.row.quality) : t('point.gap') });
		})].join('; '),
	};
}
