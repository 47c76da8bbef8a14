// SPDX-License-Identifier: Apache-2.0
// Turns what the historian gave into what the chart draws. A gap stays a gap: the line
// breaks where samples are missing, and bad or uncertain stretches become shaded areas.
import { asNumber } from './live';
import { classOf, pauseOf } from './rows';
import type { Bucket, Sample } from './types';

export type Dot = [t_ms: number, value: number | null];
export interface Stretch { from: number; to: number; quality: 'bad' | 'uncertain' }
export interface Series { line: Dot[]; low?: Dot[]; high?: Dot[]; stretches: Stretch[] }

export function seriesOfSamples(samples: readonly Sample[], period_ms: number): Series {
	const line: Dot[] = [];
	const stretches: Stretch[] = [];
	let open: Stretch | undefined;
	let before = 0;
	for (const [t_ms, raw, name] of samples) {
		const quality = classOf(name);
		if (before && t_ms - before > pauseOf(period_ms)) {
			line.push([before + 1, null]);
			open = undefined;
		}
		if (open) open.to = t_ms;
		if (open?.quality !== quality) open = undefined;
		if (!open && quality !== 'good') {
			open = { from: t_ms, to: t_ms + period_ms, quality };
			stretches.push(open);
		}
		line.push([t_ms, quality === 'bad' ? null : asNumber(raw)]);
		before = t_ms;
	}
	return { line, stretches };
}

export function seriesOfBuckets(buckets: readonly Bucket[], step_ms: number): Series {
	const line: Dot[] = [];
	const low: Dot[] = [];
	const high: Dot[] = [];
	const stretches: Stretch[] = [];
	for (const bucket of buckets) {
		const middle = bucket.t_ms + step_ms / 2;
		line.push([middle, bucket.mean]);
		low.push([middle, bucket.min]);
		high.push([middle, bucket.max]);
		if (bucket.bad) {
			stretches.push({ from: bucket.t_ms, to: bucket.t_ms + step_ms, quality: 'bad' });
		}
	}
	return { line, low, high, stretches };
}
