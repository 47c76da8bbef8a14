// SPDX-License-Identifier: Apache-2.0
// The vertical axes of a trend: one for each unit, or a point's own. All have the same
// number of steps, so that one grid serves them, and ends that people read easily; but
// states have a step each. Pure.
import { axisKey, DIGITAL, type View } from './view';
import type { Point } from './types';

export interface Axis {
	key: string; unit: string;
	/** Places in the view's list. */
	members: number[];
	side: 'left' | 'right';
	/** The n-th axis of its side, outward; axes beyond what fits are not drawn. */
	place: number; shown: boolean;
	/** Of the only point on it: its figures are their names. */
	states: Point['states'];
}
/** Booleans lie low in the plot: 0 and 1 are two of its lines. */
export const DIGITAL_ENDS = [-1, 4] as const;
export type Ends = readonly [low: number, high: number];

/** So that no state lies on the frame. */
export const stateEnds = (states: NonNullable<Point['states']>): Ends =>
	[states[0]!.value - 1, states[states.length - 1]!.value + 1];

const NICE = [1, 2, 2.5, 5, 10];

export function axesOf(view: View, points: ReadonlyMap<string, Point>, most: number): Axis[] {
	const axes = new Map<string, Axis>();
	view.points.forEach((one, n) => {
		const point = points.get(one.name);
		if (one.hidden || !point) return;
		const { unit } = point;
		const key = axisKey(one, point);
		const states = key === DIGITAL || unit ? null : point.states;
		const axis = axes.get(key);
		if (axis) return void axis.members.push(n);
		const at = axes.size;
		axes.set(key, { key, unit, members: [n], side: at % 2 ? 'right' : 'left', place: at >> 1, shown: at < most, states });
	});
	return [...axes.values()];
}

/** The axis of a point that is looked at is shown, in the place of the first if need be. */
export function withAxis(axes: Axis[], key: string | undefined): Axis[] {
	const at = axes.findIndex((axis) => axis.key === key && !axis.shown);
	const [first, wanted] = [axes[0], axes[at]];
	if (!first || !wanted) return axes;
	const { side, place, shown } = first;
	return axes.map((axis) => (axis === wanted ? { ...axis, side, place, shown }
		: axis === first ? { ...axis, side: wanted.side, place: wanted.place, shown: false } : axis));
}

/** The narrowest ends of `parts` equal, easily read steps that hold low to high. */
export function niceEnds(low: number, high: number, parts: number): Ends {
	const room = (high - low) * 0.02 || Math.abs(high) * 0.02 || 1;
	const [least, most] = [low - room, high + room];
	const rough = (most - least) / parts;
	const size = 10 ** Math.floor(Math.log10(rough));
	for (let scale = size; ; scale *= 10) {
		for (const nice of NICE) {
			const step = nice * scale;
			const start = Math.floor(least / step) * step;
			if (start + parts * step >= most) return tidy(start, start + parts * step, step);
		}
	}
}

/** Without the crumbs of binary fractions. */
function tidy(low: number, high: number, step: number): Ends {
	const digits = Math.min(20, Math.max(0, 2 - Math.floor(Math.log10(step))));
	return [Number(low.toFixed(digits)), Number(high.toFixed(digits))];
}

/** An axis stays as it was while what it shows fits in and fills a good part of it. */
export function calmEnds(extent: Ends | undefined, before: Ends | undefined, parts: number): Ends {
	if (!extent) return before ?? [0, 1];
	const next = niceEnds(...extent, parts);
	if (!before) return next;
	const fits = extent[0] >= before[0] && extent[1] <= before[1];
	return fits && next[1] - next[0] > 0.55 * (before[1] - before[0]) ? before : next;
}
