// SPDX-License-Identifier: Apache-2.0
// Rows of history, whether samples or buckets, as everything that draws or writes them has
// them. Pure.
import type { Cell, QualityClass } from './types';

/** One sample, or one bucket: then value is the mean. */
export interface Row {
	t_ms: number; value: number | null; low: number | null; high: number | null;
	/** Usable samples. */
	count: number;
	/** The name of a sample's quality, of a bucket the worst in it. */
	quality: string;
	/** Where old samples were left out: how far the value may be off, Infinity when nobody knows.
	 * Of a sample, how far those may be from the line that are missing beside it. */
	bound?: number;
}
/** Rows of one point in order of time; step 0 are samples. */
export interface Rows { step_ms: number; rows: readonly Row[] }

/** Names of qualities by the status codes of OPC 10000-4. */
const QUALITIES: ReadonlyMap<number, string> = new Map([
	[0, 'ok'], [0x0096, 'overridden'], [0x4094, 'out_of_range'], [0x4090, 'stale'], [0x808A, 'no_connection'], [0x800A, 'timeout'],
	[0x808B, 'device_error'], [0x8007, 'bad_data'], [0x8089, 'config_error'], [0x8032, 'no_data'],
]);
const SEVERITIES = ['good', 'uncertain', 'bad', 'bad'] as const;

/** The name of a quality that a status says, or at least its class. */
export const qualityName = (status: number): string =>
	QUALITIES.get(status >>> 16) ?? SEVERITIES[status >>> 30]!;

const GOOD = new Set(['good', 'ok', 'overridden']);
const UNCERTAIN = new Set(['uncertain', 'out_of_range', 'stale']);

/** The class of a quality's name. */
export const classOf = (quality: string): QualityClass =>
	GOOD.has(quality) ? 'good' : UNCERTAIN.has(quality) ? 'uncertain' : 'bad';

/** What an answer says of a value's exactness; undefined: it is exact. */
export const boundOf = (cell: Cell | undefined): number | undefined =>
	cell === 'approximate' ? Infinity : typeof cell === 'number' && cell > 0 ? cell : undefined;

/** Between such neighbours samples were left out: the pause is a line. */
export const isThinned = (a: Row | undefined, b: Row | undefined): boolean => !!a?.bound && !!b?.bound;

/** A pause longer than this is drawn as a break. */
export const pauseOf = (period_ms: number): number => Math.max(3 * period_ms, 3000);

/** Index of the first row at or after a time. */
export function indexAt(rows: readonly Row[], t: number): number {
	let [low, high] = [0, rows.length];
	while (low < high) {
		const middle = (low + high) >> 1;
		if (rows[middle]!.t_ms < t) low = middle + 1;
		else high = middle;
	}
	return low;
}
