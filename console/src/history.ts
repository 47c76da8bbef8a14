// SPDX-License-Identifier: Apache-2.0
// What the trend has of the historian: asked by pixel width, kept, and never asked twice.
// Samples are asked for where there are few, buckets where there are more than pixels. For
// each point and step one strip of time is kept; a view that moves asks only for what it
// lacks at the strip's ends. The newest seconds are not settled (samples may still arrive)
// and are asked again after a while.
import { api } from './api';
import { asNumber, liveValue } from './live';
import { boundOf, classOf, qualityName, type Row, type Rows } from './rows';
import type { Cell, Point, Sample } from './types';

/** `shift` is how much earlier than the present view it lies: a compared period has strips
 * of its own. */
export interface Wanted { from: number; to: number; px: number; now: number; shift: number }

interface Strip {
	step_ms: number; rows: Row[];
	/** Settled, half-open. */
	from: number; to: number;
	/** As far as was asked, and when (by the node's clock). */
	seen: number; asked: number;
}
interface Piece { from: number; to: number }

/** Of a point whose period nobody knows. */
const PERIOD_GUESS_MS = 1000;
const SAMPLES_PER_PX = 2;
const SAMPLES_MAX = 20_000;
const UNSETTLED_MS = 5000;
const FRESH_SAMPLES_MS = 10_000;
const FRESH_BUCKETS_MS = 2000;
const STRIPS_MAX = 96;
/** A strip longer than so many views is cut to the view and some beside it. */
const VIEWS_MAX = 6;
const VIEWS_BESIDE = 2;
const OVERSCAN = 0.2;
const SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR;
/** Steps that people read easily and that lie on whole days. */
const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, SECOND, 2 * SECOND, 5 * SECOND, 10 * SECOND, 15 * SECOND, 30 * SECOND,
	MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 7 * DAY];

const strips = new Map<string, Strip>();
/** Points with more samples than their period says; from the node's answers. */
const dense = new Map<number, number>();

/** Forgets everything, for answers that may have changed. */
export const forgetHistory = (): void => strips.clear();

const stepFor = (span: number, px: number): number =>
	STEPS[STEPS.findIndex((step) => step > (1.5 * span) / px) - 1] ?? (span > STEPS[1]! * px ? STEPS[STEPS.length - 1]! : STEPS[0]!);

/** 0: samples. */
export function stepOf(point: Point, { from, to, px }: Pick<Wanted, 'from' | 'to' | 'px'>): number {
	const period = dense.get(point.id) ?? (point.period_ms || PERIOD_GUESS_MS);
	const few = (to - from) / Math.max(1, period) <= SAMPLES_PER_PX * px;
	return few ? 0 : stepFor(to - from, px);
}

function rowOfSample(t_ms: number, raw: number | boolean | null, quality: string, bound?: number): Row {
	const value = classOf(quality) === 'bad' ? null : asNumber(raw);
	return { t_ms, value, low: value, high: value, count: value === null ? 0 : 1, quality, ...(bound && { bound }) };
}

const number = (cell: Cell | undefined): number | null => (typeof cell === 'number' ? cell : null);

/** Extremes with what the value was at the bucket's start, so that bands have no steps. */
const AGGREGATES = ['Average', 'Minimum2', 'Maximum2', 'Count', 'WorstQuality'];

/** Buckets in which nothing was taken are left out: they say no more than their absence. One of
 * which the node has left out every sample has a value all the same. */
function rowsOfBuckets(columns: readonly string[], rows: readonly Cell[][]): Row[] {
	const [value, low, high, count, worst] = AGGREGATES.map((name) => columns.indexOf(name)) as [number, number, number, number, number];
	const doubt = columns.indexOf(`${AGGREGATES[0]}.bound`);
	const isTold = (row: Cell[]): boolean => row[worst] !== null || (doubt > 0 && row[value] !== null);
	return rows.filter(isTold).map((row) => {
		const usable = number(row[count]) ?? 0;
		const bound = boundOf(row[doubt]);
		const at = (column: number): number | null => (usable || bound ? number(row[column]) : null);
		return { t_ms: Number(row[0]), value: at(value), low: at(low), high: at(high), count: usable, quality: qualityName(Number(row[worst])), ...(bound && { bound }) };
	});
}

/** The rows of each point; undefined: there are more samples than can be asked for. */
async function ask(points: readonly Point[], step_ms: number, { from, to }: Piece, signal: AbortSignal): Promise<(Row[] | undefined)[]> {
	const about = { points: points.map((point) => point.name), from_ms: from, to_ms: to };
	const { columns, items } = await api.query(step_ms
		? { ...about, mode: 'aggregate', aggregates: AGGREGATES, step: `${step_ms}ms`, stepped: points[0]!.type === 'bool',
			uncertain_is_bad: false, completeness: false }
		: { ...about, mode: 'raw', limit: SAMPLES_MAX }, signal);
	return items.map(({ rows, truncated }, n) => {
		if (step_ms) return rowsOfBuckets(columns, rows);
		const bound = columns.indexOf('bound');
		const found = rows.map((row) =>
			rowOfSample(Number(row[0]), row[1] as number | boolean | null, qualityName(Number(row[2])), boundOf(row[bound])));
		if (truncated) dense.set(points[n]!.id, (found[found.length - 1]!.t_ms - found[0]!.t_ms) / found.length);
		return truncated ? undefined : found;
	});
}

const keyOf = (point: Point, shift: number, step: number): string => `${point.id} ${shift} ${step}`;

/** What the strip lacks of the range, with a little more so that small moves ask nothing. */
function lacking(strip: Strip | undefined, step: number, { from, to, now }: Wanted): Piece[] {
	const size = step || 1;
	const room = (to - from) * OVERSCAN;
	const floor = (t: number): number => Math.max(0, Math.floor(t / size) * size);
	const ceil = (t: number): number => Math.ceil(t / size) * size;
	const right = Math.min(to, now);
	if (right <= from) return [];
	const far = Math.min(to + room, now);
	if (!strip || from > strip.seen || right < strip.from) return [{ from: floor(from - room), to: ceil(far) }];
	const pieces: Piece[] = [];
	if (from < strip.from && strip.from > 0) pieces.push({ from: floor(from - room), to: strip.from });
	const fresh = step ? Math.max(FRESH_BUCKETS_MS, step) : FRESH_SAMPLES_MS;
	if (strip.to < right && (strip.seen < right - fresh || now - strip.asked >= fresh)) {
		pieces.push({ from: strip.to, to: ceil(far) });
	}
	return pieces;
}

/** Joins an answer to the strip it was asked for; a strip changed meanwhile is left alone. */
function join(key: string, step: number, piece: Piece, rows: Row[], now: number): void {
	const settled = Math.max(piece.from, Math.min(piece.to, Math.floor((now - UNSETTLED_MS) / (step || 1)) * (step || 1)));
	const strip = strips.get(key);
	strips.delete(key);
	if (strip && piece.to === strip.from) {
		strips.set(key, { ...strip, rows: [...rows, ...strip.rows], from: piece.from });
	} else if (strip && piece.from >= strip.from && piece.from <= strip.to) {
		const kept = strip.rows.filter((row) => row.t_ms < piece.from);
		const live = strip.rows.filter((row) => row.t_ms >= piece.to);
		strips.set(key, { ...strip, rows: [...kept, ...rows, ...live], to: Math.max(settled, strip.to), seen: Math.max(strip.seen, piece.to), asked: now });
	} else {
		strips.set(key, { step_ms: step, rows, from: piece.from, to: settled, seen: piece.to, asked: now });
	}
	for (const old of [...strips.keys()].slice(0, Math.max(0, strips.size - STRIPS_MAX))) strips.delete(old);
}

/** Lets go of what lies far from the view, so that a page open all day stays light. */
function trim(key: string, { from, to }: Wanted): void {
	const strip = strips.get(key);
	const span = to - from;
	if (!strip || strip.seen - strip.from <= VIEWS_MAX * span) return;
	const size = strip.step_ms || 1;
	const left = Math.max(strip.from, Math.floor((from - VIEWS_BESIDE * span) / size) * size);
	const right = Math.min(strip.seen, Math.ceil((to + VIEWS_BESIDE * span) / size) * size);
	const ends = right < strip.to ? { to: right, seen: right } : {};
	strips.set(key, { ...strip, ...ends, from: left,
		rows: strip.rows.filter(({ t_ms }) => t_ms >= left && (t_ms < right || right >= strip.to)) });
}

interface Question { step: number; piece: Piece; points: Point[] }

/** What the points lack, those together that lack the same. */
function questionsOf(points: readonly Point[], wanted: Wanted): Question[] {
	const questions = new Map<string, Question>();
	for (const point of points) {
		const step = stepOf(point, wanted);
		for (const piece of lacking(strips.get(keyOf(point, wanted.shift, step)), step, wanted)) {
			const key = `${step} ${piece.from} ${piece.to} ${point.type === 'bool'}`;
			const question = questions.get(key) ?? { step, piece, points: [] };
			question.points.push(point);
			questions.set(key, question);
		}
	}
	return [...questions.values()];
}

/** Asks for what is lacking and says each time that something came. Ends with the signal. */
export async function fill(points: readonly Point[], wanted: Wanted, signal: AbortSignal, came: () => void): Promise<void> {
	const again: Point[] = [];
	await Promise.all(questionsOf(points, wanted).map(async ({ step, piece, points: asked }) => {
		const answers = await ask(asked, step, piece, signal);
		asked.forEach((point, n) => {
			const rows = answers[n];
			const key = keyOf(point, wanted.shift, step);
			if (rows) join(key, step, piece, rows, wanted.now);
			else again.push(point);
			trim(key, wanted);
		});
		came();
	}));
	if (again.length) await fill(again, wanted, signal, came);
}

/** The best there is for a view at once: its own step's rows, or those of another step that
 * cover more of it, until the node has answered. */
export function rowsOf(point: Point, wanted: Wanted): Rows {
	const step = stepOf(point, wanted);
	const own = strips.get(keyOf(point, wanted.shift, step));
	const span = wanted.to - wanted.from;
	const covers = (strip: Strip): number =>
		Math.max(0, Math.min(strip.seen, wanted.to) - Math.max(strip.from, wanted.from)) / span;
	if (own && covers(own) > 0.6) return own;
	let best = own;
	for (const [key, strip] of strips) {
		if (!key.startsWith(`${point.id} ${wanted.shift} `)) continue;
		if (!best || covers(strip) > covers(best) + 0.05) best = strip;
	}
	return best && covers(best) > 0 ? best : { step_ms: step, rows: [] };
}

/** The live value of a point behind the samples that are there; true when it was new. */
export function takeLive(point: Point): boolean {
	const key = keyOf(point, 0, 0);
	const strip = strips.get(key);
	const live = liveValue(point.id);
	if (!strip || !live || live.t_ms < strip.seen || live.t_ms > strip.seen + 2 * FRESH_SAMPLES_MS) return false;
	if (live.t_ms <= (strip.rows[strip.rows.length - 1]?.t_ms ?? 0)) return false;
	const row = rowOfSample(live.t_ms, live.value, live.quality);
	strips.set(key, { ...strip, rows: [...strip.rows, row] });
	return true;
}

const PAGE_ROWS = 50_000;

/** Every sample of a range, a page at a time, for export. Stops when `page` says so. */
export async function eachSample(point: Point, { from, to }: Piece, signal: AbortSignal,
	page: (items: readonly Sample[]) => boolean): Promise<void> {
	for (let at = Math.floor(from); at < to;) {
		const { items, truncated } = await api.samples(point.name, at, Math.ceil(to), PAGE_ROWS, signal);
		// The last millisecond may go on in the next page.
		const end = items[items.length - 1]?.[0] ?? to;
		const whole = truncated && end > at ? items.filter(([t_ms]) => t_ms < end) : items;
		if (!page(whole) || !truncated) return;
		at = whole === items ? end + 1 : end;
	}
}

/** When the first sample of a point was taken; undefined: there is none. */
export const firstSample = (point: Point): Promise<number | undefined> =>
	api.samples(point.name, 0, Date.now() + DAY, 1).then(({ items }) => items[0]?.[0]);
