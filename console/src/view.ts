// SPDX-License-Identifier: Apache-2.0
// What a trend shows: which points, how each is drawn, which time, compared with when. It
// is written into the URL whole, so that the browser's history walks through views and a
// view can be sent. Pure.
import type { Point } from './types';

export type Form = 'auto' | 'step' | 'slope';
/** One point of a trend; `own` gives it an axis that it shares with nobody. */
export interface Plotted { name: string; form: Form; own: boolean; hidden: boolean }
/** A day or a week earlier by the calendar, or so many milliseconds. */
export type Before = '' | '1d' | '1w' | number;
export interface View {
	points: readonly Plotted[];
	span_ms: number;
	/** The right edge; null follows the node's clock. */
	to_ms: number | null;
	before: Before;
	/** Ends of axes that somebody fixed, by the key of the axis. */
	fixed: Readonly<Record<string, readonly [number, number]>>;
}
export interface Range { from: number; to: number }

export const DIGITAL = 'bool';
export const POINTS_MAX = 12;
export const SPAN_MIN_MS = 1000;
export const DAY_MS = 86_400_000;
export const SPAN_MAX_MS = 10 * 366 * DAY_MS;
const SPAN_DEFAULT_MS = 3_600_000;
const TIME_MAX_MS = 9e12;

export const rangeOf = ({ span_ms, to_ms }: View, now: number): Range => {
	const to = to_ms ?? now;
	return { from: to - span_ms, to };
};

export const plotted = (name: string): Plotted => ({ name, form: 'auto', own: false, hidden: false });

const clampSpan = (span: number): number => Math.min(SPAN_MAX_MS, Math.max(SPAN_MIN_MS, Math.round(span)));

/** A range as a view has it: whole milliseconds, and at the node's present it follows. */
export function settle({ from, to }: Range, now: number): Pick<View, 'span_ms' | 'to_ms'> {
	const span_ms = clampSpan(to - from);
	const end = Math.round(Math.max(to, span_ms));
	return { span_ms, to_ms: end >= now ? null : end };
}

/** The range when what lies under `at` (0: left edge, 1: right) stays where it is. */
export function zoomed({ from, to }: Range, factor: number, at: number): Range {
	const span = clampSpan((to - from) * factor);
	const fixed = from + (to - from) * at;
	return { from: fixed - span * at, to: fixed + span * (1 - at) };
}

export const panned = ({ from, to }: Range, by: number): Range => ({ from: from + by, to: to + by });

/** How much earlier the other period lies. By the calendar: the same clock time. */
export function shiftOf(before: Before, from: number): number {
	if (before === '') return 0;
	if (typeof before === 'number') return before;
	const day = new Date(from);
	day.setDate(day.getDate() - (before === '1d' ? 1 : 7));
	return from - day.getTime();
}

/** The axis of a point: of its unit, that of all booleans, or its own; numbers without a unit
 * have nothing in common. */
export function axisKey(one: Plotted, { unit, type }: Pick<Point, 'unit' | 'type'>): string {
	if (one.own) return `point ${one.name}`;
	if (type === 'bool') return DIGITAL;
	return unit ? `unit ${unit}` : `point ${one.name}`;
}

const numbersOf = (text: string | null): number[] =>
	(text ?? '').split(',').filter(Boolean).map(Number).filter((n) => Number.isInteger(n) && n >= 0);

function pointsOf(query: URLSearchParams): Plotted[] {
	const names = (query.get('p') ?? '').split(',').filter(Boolean).map(decodeURIComponent);
	const has = (key: string): Set<number> => new Set(numbersOf(query.get(key)));
	const [own, hidden, step, slope] = ['own', 'hide', 'step', 'slope'].map(has);
	return [...new Set(names)].slice(0, POINTS_MAX).map((name, n) => ({
		name, own: own!.has(n), hidden: hidden!.has(n), form: step!.has(n) ? 'step' : slope!.has(n) ? 'slope' : 'auto',
	}));
}

function timeOf(query: URLSearchParams): Pick<View, 'span_ms' | 'to_ms'> {
	const [from, to] = [Number(query.get('from')), Number(query.get('to'))];
	if (from >= 0 && to > from && to <= TIME_MAX_MS) return { span_ms: clampSpan(to - from), to_ms: Math.round(to) };
	const span = Number(query.get('span'));
	return { span_ms: span > 0 ? clampSpan(span) : SPAN_DEFAULT_MS, to_ms: null };
}

function beforeOf(text: string | null): Before {
	if (text === '1d' || text === '1w') return text;
	return text && Number(text) > 0 ? Number(text) : '';
}

function fixedOf(text: string | null): View['fixed'] {
	const rows = (text ?? '').split(';').map((row) => row.split(','));
	return Object.fromEntries(rows.flatMap(([key, low, high]) => {
		const ends = [Number(low), Number(high)] as const;
		return key && low && high && ends[0] < ends[1] ? [[decodeURIComponent(key), ends]] : [];
	}));
}

/** Whatever is wrong in it is left out. */
export function viewOf(query: URLSearchParams): View {
	try {
		return { points: pointsOf(query), ...timeOf(query), before: beforeOf(query.get('with')), fixed: fixedOf(query.get('fix')) };
	} catch {
		return { points: [], span_ms: SPAN_DEFAULT_MS, to_ms: null, before: '', fixed: {} };
	}
}

export function queryOf(view: View): Record<string, string> {
	const where = (fits: (one: Plotted) => boolean): string =>
		view.points.flatMap((one, n) => (fits(one) ? [n] : [])).join();
	const time: Record<string, string> = view.to_ms === null ? { span: String(view.span_ms) }
		: { from: String(view.to_ms - view.span_ms), to: String(view.to_ms) };
	return {
		p: view.points.map((one) => encodeURIComponent(one.name)).join(),
		...time,
		with: String(view.before),
		own: where((one) => one.own), hide: where((one) => one.hidden),
		step: where((one) => one.form === 'step'), slope: where((one) => one.form === 'slope'),
		fix: Object.entries(view.fixed).map(([key, ends]) => [encodeURIComponent(key), ...ends].join()).join(';'),
	};
}

/** The words of a link to a trend of these points. */
export const trendQuery = (names: readonly string[], range?: Range): Record<string, string> => ({
	p: names.slice(0, POINTS_MAX).map(encodeURIComponent).join(),
	...(range && { from: String(Math.round(range.from)), to: String(Math.round(range.to)) }),
});
