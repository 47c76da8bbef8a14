// SPDX-License-Identifier: Apache-2.0
// Turns rows of the history into what a trend draws of one point, and answers what the
// cursor asks. A gap stays a gap, an uncertain stretch is a line of its own (drawn dimmer),
// a bad one breaks the line and is hatched. Pure.
import { classOf, indexAt, isThinned, pauseOf, type Row, type Rows } from './rows';
import type { Dot, Stretch } from './series';
import type { QualityClass } from './types';

export interface Trace {
	line: Dot[];
	/** Uncertain stretches, with the neighbours they are joined to. */
	dim: Dot[];
	low?: Dot[]; high?: Dot[];
	stretches: Stretch[];
	/** Something was missing between rows. */
	gaps: Stretch[];
}
export interface Reading { t_ms: number; row: Row; quality: QualityClass; step_ms: number }

/** Where bad samples share a bucket with others, what is drawn is not the whole truth. */
export function qualityOf({ quality, count }: Row): QualityClass {
	const worst = classOf(quality);
	return worst === 'bad' && count > 0 ? 'uncertain' : worst;
}

/** A pause longer than this is a gap: by the period of the point, or by what is usual. */
function gapAfter({ rows, step_ms }: Rows, period_ms: number): number {
	if (period_ms > 0) return pauseOf(period_ms) + step_ms;
	if (rows.length < 3) return Infinity;
	const pauses = rows.slice(1).map((row, n) => row.t_ms - rows[n]!.t_ms).sort((a, b) => a - b);
	return Math.max(20 * pauses[pauses.length >> 1]!, 3000);
}

interface Pen { trace: Trace; before?: Row; open?: Stretch; step: number; shift: number }

function lift(pen: Pen, at: number): void {
	for (const line of [pen.trace.line, pen.trace.dim, pen.trace.low, pen.trace.high]) line?.push([at, null]);
}

function markStretch(pen: Pen, t: number, quality: QualityClass, width: number): void {
	if (pen.open?.quality === quality) {
		pen.open.to = t + width;
		return;
	}
	if (pen.open) pen.open.to = Math.max(pen.open.from, Math.min(pen.open.to, t));
	pen.open = undefined;
	if (quality === 'good') return;
	pen.open = { from: t, to: t + width, quality };
	pen.trace.stretches.push(pen.open);
}

function draw(pen: Pen, row: Row, width: number): void {
	const { trace } = pen;
	const t = row.t_ms + pen.shift;
	const at = t + pen.step / 2;
	const quality = qualityOf(row);
	const was = pen.before && qualityOf(pen.before);
	markStretch(pen, t, quality, width);
	trace.line.push([at, quality === 'good' ? row.value : null]);
	if (quality === 'uncertain') {
		if (was === 'good') trace.dim.push([pen.before!.t_ms + pen.shift + pen.step / 2, pen.before!.value]);
		trace.dim.push([at, row.value]);
	} else {
		if (was === 'uncertain') trace.dim.push([at, row.value]);
		trace.dim.push([at, null]);
	}
	trace.low?.push([at, row.low]);
	trace.high?.push([at, row.high]);
}

/** What is drawn of the rows, moved by `shift` (of a compared period). */
export function traceOf(all: Rows, period_ms: number, shift = 0): Trace {
	const { rows, step_ms } = all;
	const trace: Trace = { line: [], dim: [], stretches: [], gaps: [], ...(step_ms && { low: [], high: [] }) };
	const pen: Pen = { trace, step: step_ms, shift };
	const pause = gapAfter(all, period_ms);
	const width = step_ms || Math.min(pause, period_ms || pause);
	for (const row of rows) {
		if (pen.before && row.t_ms - pen.before.t_ms > pause && !isThinned(pen.before, row)) {
			const from = pen.before.t_ms + (step_ms || 1) + shift;
			lift(pen, from);
			trace.gaps.push({ from, to: row.t_ms + shift, quality: 'bad' });
			pen.open = pen.before = undefined;
		}
		draw(pen, row, width);
		pen.before = row;
	}
	return trace;
}

/** What is known at a time: the bucket that holds it; the nearest sample, or of a stepped
 * point the one before it, that is no further than a gap is long. */
export function readingAt(all: Rows, t: number, period_ms: number, stepped: boolean): Reading | undefined {
	const { rows, step_ms } = all;
	const next = indexAt(rows, t);
	const reading = (row: Row | undefined): Reading | undefined =>
		row && { t_ms: row.t_ms, row, quality: qualityOf(row), step_ms };
	if (step_ms) {
		const row = rows[next]?.t_ms === t ? rows[next] : rows[next - 1];
		return row && t < row.t_ms + step_ms ? reading(row) : undefined;
	}
	const [before, after] = [rows[next - 1], rows[next]];
	const nearer = after && (!before || after.t_ms - t < t - before.t_ms) ? after : before;
	const row = after?.t_ms === t ? after : stepped ? before : nearer;
	const isNear = row && (isThinned(before, after) || Math.abs(row.t_ms - t) <= gapAfter(all, period_ms));
	return isNear ? reading(row) : undefined;
}

/** Least and greatest of what is seen. */
export function extentOf({ rows }: Rows, from: number, to: number): [number, number] | undefined {
	let low = Infinity;
	let high = -Infinity;
	for (let n = Math.max(0, indexAt(rows, from) - 1); n < rows.length && rows[n]!.t_ms <= to; n++) {
		const row = rows[n]!;
		if (row.low !== null && row.low < low) low = row.low;
		if (row.high !== null && row.high > high) high = row.high;
	}
	return low <= high ? [low, high] : undefined;
}
