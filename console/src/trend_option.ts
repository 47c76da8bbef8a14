// SPDX-License-Identifier: Apache-2.0
// A trend in the words of ECharts: lines, bands, hatched and empty stretches, axes.
import type { Axis, Ends } from './axes';
import { formatPlain, stateOf } from './format';
import { t } from './i18n';
import type { Dot, Stretch } from './series';
import type { Trace } from './trace';
import type { Limits } from './types';
import { DIGITAL, type Range } from './view';

export interface DrawnPoint {
	/** Place in the view's list; it gives the colour. */
	n: number; axis: string; stepped: boolean; trace: Trace;
	before?: Trace;
	/** Another point is looked at. */
	faded: boolean;
}
export interface Scene {
	range: Range; drawn: DrawnPoint[]; axes: (Axis & { ends: Ends })[];
	/** Of the only point that is shown or looked at. */
	limits?: { axis: string; limits: Limits };
	width: number; height: number;
}
export interface Frame { left: number; right: number; top: number; bottom: number; plot: number }

export const PARTS = 5;
/** Names of states that an axis has room for. */
const STATES = 12;
const NARROW = 640;
const HATCH = 7;
const LANE = 5;

export const isNarrow = (width: number): boolean => width < NARROW;
/** Axes that are drawn with their figures. */
export const axesShown = (width: number): number => (isNarrow(width) ? 2 : 6);

/** The plot inside the box. Depends on the axes alone, so that it does not move with data. */
export function frameOf({ axes, width }: { axes: readonly Axis[]; width: number }): Frame {
	const each = isNarrow(width) ? 40 : 54;
	const side = (name: Axis['side']): number => axes.filter((axis) => axis.shown && axis.side === name).length * each;
	const left = Math.max(each, side('left'));
	const right = Math.max(12, side('right'));
	return { left, right, top: 26, bottom: 26, plot: Math.max(1, width - left - right) };
}

/** Where a time lies in the box, in pixels. */
export const xOf = (scene: Scene, time: number): number => {
	const { left, plot } = frameOf(scene);
	const { from, to } = scene.range;
	return left + ((time - from) / (to - from)) * plot;
};

export type Palette = ReturnType<typeof palette>;

export function palette() {
	const style = getComputedStyle(document.documentElement);
	const of = (name: string): string => style.getPropertyValue(name).trim();
	return {
		text: of('--text'), faint: of('--text-faint'), line: of('--line'), surface: of('--surface'),
		warn: of('--warn'), font: of('--font'), of: (n: number) => of(`--s${n + 1}`),
	};
}

/** Diagonal strokes, repeated. */
function hatch(colour: string, opacity: number) {
	const image = document.createElement('canvas');
	image.width = image.height = HATCH;
	const pen = image.getContext('2d')!;
	pen.strokeStyle = colour;
	pen.globalAlpha = opacity;
	pen.beginPath();
	for (const at of [-HATCH, 0, HATCH]) {
		pen.moveTo(at - 1, HATCH + 1);
		pen.lineTo(at + HATCH + 1, -1);
	}
	pen.stroke();
	return { image, repeat: 'repeat' };
}

const axisIndex = (scene: Scene, key: string): number => scene.axes.findIndex((axis) => axis.key === key);

function band(one: DrawnPoint, yAxisIndex: number, colour: string) {
	const { low, high } = one.trace;
	if (!low || !high) return [];
	const spans = high.map(([time, most], n): Dot => {
		const least = low[n]![1];
		return [time, most === null || least === null ? null : most - least];
	});
	const base = { type: 'line', yAxisIndex, stack: `band ${one.n}`, stackStrategy: 'all', symbol: 'none', silent: true,
		lineStyle: { opacity: 0 }, animation: false, ...(one.stepped && { step: 'middle' }) };
	return [
		{ ...base, data: low },
		{ ...base, data: spans, areaStyle: { color: colour, opacity: one.faded ? 0.05 : 0.2 } },
	];
}

function stroke(one: DrawnPoint, data: Dot[], yAxisIndex: number, colour: string, style: object, scene: Scene) {
	const stepAt = one.trace.low ? 'middle' : 'end';
	const few = !one.trace.low && data.length < scene.width / 12;
	return {
		type: 'line', yAxisIndex, data, connectNulls: false, animation: false, silent: true,
		symbol: 'circle', symbolSize: 4, showSymbol: few, z: one.faded ? 2 : 3,
		...(one.stepped && { step: stepAt }), itemStyle: { color: colour },
		lineStyle: { color: colour, width: 1.5, opacity: one.faded ? 0.25 : 1, ...style },
	};
}

function linesOf(one: DrawnPoint, scene: Scene, colours: Palette) {
	const at = axisIndex(scene, one.axis);
	const colour = colours.of(one.n);
	const faded = one.faded ? 0.15 : 1;
	const lines = [...band(one, at, colour), stroke(one, one.trace.line, at, colour, {}, scene)];
	if (one.trace.dim.some(([, v]) => v !== null)) lines.push(stroke(one, one.trace.dim, at, colour, { opacity: 0.4 * faded }, scene));
	if (one.before) {
		const { line } = one.before;
		lines.push({ ...stroke(one, line, at, colour, { type: [5, 4], width: 1.2, opacity: 0.8 * faded }, scene), showSymbol: false });
	}
	return lines;
}

const span = ({ from, to }: Stretch, style: object, edges: [object, object] = [{}, {}]) =>
	[{ xAxis: from, itemStyle: style, ...edges[0] }, { xAxis: to, ...edges[1] }];

const seenOf = (one: DrawnPoint, { from, to }: Range): Stretch[] =>
	one.faded ? [] : one.trace.stretches.filter((s) => s.to > from && s.from < to);

/** The bad stretches of all points laid together. */
function badTogether(scene: Scene): Stretch[] {
	const all = scene.drawn.flatMap((one) => seenOf(one, scene.range)).filter((s) => s.quality === 'bad')
		.sort((a, b) => a.from - b.from);
	const joined: Stretch[] = [];
	for (const one of all) {
		const last = joined[joined.length - 1];
		if (last && one.from <= last.to) last.to = Math.max(last.to, one.to);
		else joined.push({ ...one });
	}
	return joined;
}

/** Bad stretches are hatched over the whole height; of several points each has a lane at
 * the foot of the plot, so that one sees whose they are. */
function stretches(scene: Scene, colours: Palette) {
	const several = scene.drawn.length > 1;
	const tall = { color: hatch(several ? colours.faint : colours.of(scene.drawn[0]?.n ?? 0), 0.3) };
	let lane = 0;
	const lanes = scene.drawn.flatMap((one) => {
		const seen = seenOf(one, scene.range).filter((s) => several || s.quality !== 'bad');
		if (!seen.length) return [];
		const colour = colours.of(one.n);
		const foot = scene.height - frameOf(scene).bottom - 1 - LANE * lane++;
		const edges: [object, object] = [{ y: foot - LANE + 1 }, { y: foot }];
		return seen.map((s) => span(s, s.quality === 'bad' ? { color: hatch(colour, 0.95) } : { color: colour, opacity: 0.35 }, edges));
	});
	return [...badTogether(scene).map((s) => span(s, tall)), ...lanes];
}

function marks(scene: Scene, colours: Palette) {
	const areas = { type: 'line', data: [], silent: true, animation: false,
		markArea: { silent: true, animation: false, data: stretches(scene, colours) } };
	if (!scene.limits) return [areas];
	const names = [t('point.low'), t('point.high')];
	const lines = scene.limits.limits.map((yAxis, n) => ({
		yAxis, lineStyle: { color: colours.warn, type: 'dashed', width: 1 },
		label: { formatter: `${names[n]} ${formatPlain(yAxis)}`, position: 'insideStartTop', color: colours.warn, fontSize: 11 },
	}));
	return [areas, { type: 'line', data: [], silent: true, yAxisIndex: axisIndex(scene, scene.limits.axis),
		markLine: { symbol: 'none', silent: true, animation: false, data: lines } }];
}

const TIMES = {
	year: '{yyyy}', month: '{yyyy}-{MM}', day: '{MM}-{dd}', hour: '{HH}:{mm}', minute: '{HH}:{mm}', second: '{HH}:{mm}:{ss}',
	millisecond: '{HH}:{mm}:{ss}.{SSS}', none: '{HH}:{mm}:{ss}.{SSS}',
};

function yAxis(axis: Scene['axes'][number], at: number, scene: Scene, colours: Palette) {
	const alone = axis.members.length === 1;
	const colour = alone ? colours.of(axis.members[0]!) : colours.faint;
	const [min, max] = axis.ends;
	return {
		type: 'value', min, max, interval: axis.states ? Math.ceil((max - min) / STATES) : (max - min) / PARTS, show: axis.shown, position: axis.side,
		offset: axis.place * (isNarrow(scene.width) ? 40 : 54), name: axis.unit, nameLocation: 'end', nameGap: 8,
		nameTextStyle: { color: colour, align: axis.side === 'left' ? 'right' : 'left', padding: [0, 4, 0, 4], fontSize: 11 },
		axisLine: { show: true, lineStyle: { color: alone ? colour : colours.line } }, axisTick: { show: false },
		axisLabel: { color: colour, fontSize: 11, margin: 6, formatter: (v: number) => labelAt(axis, v),
			...(axis.states && { width: isNarrow(scene.width) ? 34 : 48, overflow: 'break', lineHeight: 12 }) },
		splitLine: { show: at === 0, lineStyle: { color: colours.line, opacity: 0.6 } },
	};
}

/** Figures, the names of states, and of booleans 0 and 1 alone. */
function labelAt(axis: Axis, v: number): string {
	if (axis.states) return stateOf(axis, v);
	return axis.key === DIGITAL && v !== 0 && v !== 1 ? '' : figure(v);
}

/** Short enough for the gutter: 12345678 is 12.3M. */
function figure(v: number): string {
	const size = Math.abs(v);
	const [unit, letter] = size >= 1e9 ? [1e9, 'G'] : size >= 1e6 ? [1e6, 'M'] : size >= 1e5 ? [1e3, 'k'] : [1, ''];
	return Number((v / (unit as number)).toPrecision(5)) + (letter as string);
}

export const timeEnds = ({ from, to }: Range) => ({ xAxis: { min: from, max: to } });

export function optionOf(scene: Scene, colours: Palette): Record<string, unknown> {
	const { plot: _, ...grid } = frameOf(scene);
	return {
		animation: false,
		textStyle: { fontFamily: colours.font, color: colours.faint },
		grid,
		xAxis: {
			type: 'time', min: scene.range.from, max: scene.range.to, splitNumber: isNarrow(scene.width) ? 3 : 7,
			axisLine: { lineStyle: { color: colours.line }, onZero: false }, axisTick: { show: false },
			axisLabel: { color: colours.faint, hideOverlap: true, fontSize: 11, formatter: TIMES, showMinLabel: false, showMaxLabel: false },
			splitLine: { show: false },
		},
		yAxis: scene.axes.length ? scene.axes.map((axis, at) => yAxis(axis, at, scene, colours))
			: [{ type: 'value', min: 0, max: 1, interval: 1 / PARTS, axisLabel: { show: false }, splitLine: { lineStyle: { color: colours.line, opacity: 0.6 } } }],
		series: [...marks(scene, colours), ...scene.drawn.flatMap((one) => linesOf(one, scene, colours))],
	};
}
