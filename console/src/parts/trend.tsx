// SPDX-License-Identifier: Apache-2.0
// A trend: the line, the span of each bucket as a band, limits as lines, bad stretches
// shaded, and moments marked. Takes its colours from the page's own variables.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Chart } from '../chart';
import { formatPlain, formatTime, pointValue, stateOf } from '../format';
import { t, useLang } from '../i18n';
import { breaks } from '../live';
import { shownTheme } from '../prefs';
import type { Dot, Series, Stretch } from '../series';
import { useStore } from '../store';
import type { Limits, Point } from '../types';

interface Mark { t_ms: number; text: string }
export interface TrendProps {
	title: string; unit: string; series: Series; from: number; to: number;
	limits: Limits | null; marks?: Mark[];
	/** What its values are called; they keep until the next one. */
	states?: Point['states'];
}
type Colours = ReturnType<typeof colours>;

function colours() {
	const style = getComputedStyle(document.documentElement);
	const of = (name: string): string => style.getPropertyValue(name).trim();
	return {
		accent: of('--accent'), text: of('--text'), faint: of('--text-faint'), line: of('--line'),
		surface: of('--surface'), bad: of('--bad'), warn: of('--warn'), font: of('--font'),
		badWash: of('--bad-wash'), warnWash: of('--warn-wash'),
	};
}

/** The axis holds the data; a limit is included when it lies near. */
function extent({ series, limits, states }: TrendProps): [number, number] | undefined {
	if (states) return [states[0]!.value - 0.5, states[states.length - 1]!.value + 0.5];
	const all = [series.line, series.low ?? [], series.high ?? []].flat()
		.map(([, v]) => v).filter((v): v is number => v !== null);
	if (!all.length) return undefined;
	let low = Math.min(...all);
	let high = Math.max(...all);
	for (const limit of limits ?? []) {
		const reach = Math.max(high - low, Math.abs(high) * 0.05) * 3;
		if (limit >= low - reach && limit <= high + reach) {
			low = Math.min(low, limit);
			high = Math.max(high, limit);
		}
	}
	const room = (high - low) * 0.08 || Math.abs(high) * 0.02 || 1;
	return [low - room, high + room];
}

function band(low: readonly Dot[], high: readonly Dot[], c: Colours) {
	const base = { type: 'line', stack: 'band', symbol: 'none', silent: true, lineStyle: { opacity: 0 },
		stackStrategy: 'all', animation: false };
	const spans = high.map(([time, v], n): Dot => {
		const least = low[n]?.[1];
		return [time, v === null || least === null || least === undefined ? null : v - least];
	});
	return [
		{ ...base, data: low },
		{ ...base, data: spans, areaStyle: { color: c.accent, opacity: 0.18 } },
	];
}

const limitLine = (value: number, text: string, c: Colours) => ({
	yAxis: value,
	lineStyle: { color: c.warn, type: 'dashed', width: 1 },
	label: { formatter: `${text} ${formatPlain(value)}`, position: 'insideStartTop', color: c.warn, fontSize: 11 },
});

const momentLine = (mark: Mark, c: Colours) => ({
	xAxis: mark.t_ms,
	lineStyle: { color: c.bad, type: 'solid', width: 1.5 },
	label: { formatter: mark.text, position: 'insideEndTop', rotate: 0, distance: [0, 4], align: 'right',
		color: c.bad, fontSize: 12, fontWeight: 600, padding: [0, 6, 0, 0] },
});

const shade = (stretch: Stretch, c: Colours) => [
	{ xAxis: stretch.from, itemStyle: { color: stretch.quality === 'bad' ? c.badWash : c.warnWash } },
	{ xAxis: stretch.to },
];

function mainLine({ series, limits, states, marks = [] }: TrendProps, c: Colours) {
	const lines = [
		...(limits && !states ? [limitLine(limits[0], t('point.low'), c), limitLine(limits[1], t('point.high'), c)] : []),
		...marks.map((mark) => momentLine(mark, c)),
	];
	return {
		type: 'line', ...(states && { step: series.low ? 'middle' : 'end' }), data: series.line, symbol: 'circle', symbolSize: 3, sampling: 'minmax',
		showSymbol: series.line.length < 80, connectNulls: false, animation: false,
		lineStyle: { color: c.accent, width: 1.6 }, itemStyle: { color: c.accent },
		markLine: { symbol: 'none', silent: true, animation: false, data: lines },
		markArea: { silent: true, animation: false, data: series.stretches.map((s) => shade(s, c)) },
	};
}

function tooltip(props: TrendProps, c: Colours) {
	const figure = (value: number | null | undefined): string => pointValue({ states: props.states ?? null }, value);
	return {
		trigger: 'axis', confine: true, transitionDuration: 0,
		backgroundColor: c.surface, borderColor: c.line, textStyle: { color: c.text, fontSize: 12 },
		axisPointer: { type: 'line', lineStyle: { color: c.faint } },
		formatter: (rows: { data: Dot; dataIndex: number; seriesIndex: number }[]) => {
			const row = rows[rows.length - 1];
			if (!row) return '';
			const [time, value] = row.data;
			const low = props.series.low?.[row.dataIndex]?.[1];
			const high = props.series.high?.[row.dataIndex]?.[1];
			const span = low === undefined ? ''
				: `<br>${t('point.span')}: ${figure(low)} … ${figure(high)}`;
			const shown = value === null ? t('point.gap') : `${figure(value)} ${props.unit}`;
			const box = document.createElement('div');
			box.textContent = `${formatTime(time, true)}  ${shown}`;
			return box.innerHTML + span;
		},
	};
}

function optionOf(props: TrendProps): Record<string, unknown> {
	const c = colours();
	const { states } = props;
	const [min, max] = extent(props) ?? [0, 1];
	const long = props.to - props.from > 86_400_000 / 2;
	const axis = { axisLine: { lineStyle: { color: c.line } }, axisTick: { show: false } };
	return {
		animation: false,
		textStyle: { fontFamily: c.font, color: c.faint },
		grid: { left: states ? 104 : 56, right: 16, top: 24, bottom: 28 },
		tooltip: tooltip(props, c),
		xAxis: { ...axis, type: 'time', min: props.from, max: props.to, splitNumber: 6,
			axisLabel: { color: c.faint, hideOverlap: true, fontSize: 11,
				formatter: (ms: number) => (long ? formatTime(ms).slice(0, 5) : formatTime(ms)) },
			splitLine: { show: false } },
		yAxis: { ...axis, type: 'value', min, max, name: props.unit, nameLocation: 'end', nameGap: 10,
			nameTextStyle: { color: c.faint, align: 'right', padding: [0, 8, 0, 0] },
			...(states && { interval: 0.5 }),
			axisLabel: { color: c.faint, fontSize: 11, showMinLabel: false, showMaxLabel: false,
				...(states && { width: 92, overflow: 'truncate' }),
				formatter: (v: number) => (states ? stateOf({ states }, v) : String(Number(v.toPrecision(5)))) },
			splitLine: { lineStyle: { color: c.line, opacity: 0.6 } } },
		series: [
			...(props.series.low && props.series.high ? band(props.series.low, props.series.high, c) : []),
			mainLine(props, c),
		],
	};
}

const loadChart = (): Promise<typeof import('../chart')> => import('../chart');

/** Fetches the drawing code while there is time, so that a trend opens at once. */
export function prefetchChart(): void {
	setTimeout(() => void loadChart().catch(() => undefined), 1500);
}

function limitsShown(props: TrendProps): boolean {
	const [min, max] = extent(props) ?? [0, 0];
	return !props.states && !!props.limits?.some((limit) => limit >= min && limit <= max);
}

export function Trend(props: TrendProps) {
	const box = useRef<HTMLDivElement>(null);
	const chart = useRef<Chart>();
	const newest = useRef(props);
	newest.current = props;
	const theme = useStore(shownTheme);
	const mended = useStore(breaks);
	const [missing, setMissing] = useState(false);
	useLang();

	useEffect(() => {
		let gone = false;
		const element = box.current!;
		const sizes = new ResizeObserver(() => chart.current?.resize());
		loadChart().then(({ createChart }) => {
			if (gone) return;
			setMissing(false);
			chart.current = createChart(element);
			chart.current.setOption(optionOf(newest.current));
			sizes.observe(element);
		}).catch(() => !gone && setMissing(true));
		return () => {
			gone = true;
			sizes.disconnect();
			chart.current?.dispose();
			chart.current = undefined;
		};
	}, [mended]);
	useEffect(() => chart.current?.setOption(optionOf(props), { notMerge: true }));

	const empty = !props.series.line.some(([, v]) => v !== null);
	const bad = props.series.stretches.some((s) => s.quality === 'bad');
	const uncertain = props.series.stretches.some((s) => s.quality === 'uncertain');
	return (
		<figure class="trend">
			<div ref={box} class="trend-box" role="img" aria-label={props.title} data-theme-shown={theme} />
			{(missing || empty) && <p class="trend-empty">{t(missing ? 'missing.chart' : 'point.nodata')}</p>}
			<figcaption class="legend">
				<span><i class="key key-line" />{props.series.low ? t('point.mean') : t('word.value')}</span>
				{props.series.low && <span><i class="key key-band" />{t('point.span')}</span>}
				{limitsShown(props) && <span><i class="key key-limit" />{t('word.limits')}</span>}
				{bad && <span><i class="key key-bad" />{t('point.bad')}</span>}
				{uncertain && <span><i class="key key-warn" />{t('point.uncertain')}</span>}
			</figcaption>
		</figure>
	);
}
