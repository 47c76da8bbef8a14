// SPDX-License-Identifier: Apache-2.0
// The page a plant engineer keeps open: several points over one time, from a year to a
// second, beside another period. The whole view is in the address.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { axesOf, calmEnds, DIGITAL_ENDS, withAxis, type Ends } from '../axes';
import type { Chart } from '../chart';
import { csvOfSamples, csvOfSeen, fileName, pictureOf, saveFile } from '../export';
import { formatSpan, formatStamp, formatTime, formatDate, formatValue, labelOf } from '../format';
import { firstSample, stepOf } from '../history';
import { t, word } from '../i18n';
import { catalogue, knowsPoints, liveValue, nodeNow } from '../live';
import { CompareDialog, ExportDialog, RangeDialog, SettingsDialog, ViewsDialog } from '../parts/trenddialogs';
import { Empty, PageHead, Skeleton } from '../parts/panel';
import { ProblemBox } from '../parts/problem';
import { TrendChart, type CursorDot, type Size } from '../parts/trendchart';
import { Legend, type Pair } from '../parts/trendlegend';
import { PointPicker } from '../parts/trendpick';
import { TrendBar } from '../parts/trendbar';
import { savedViews } from '../prefs';
import { go, href, replace, type PageProps } from '../router';
import { createStore, useStore } from '../store';
import { isUnsettled, useHistory, useNow, type History } from '../trend_data';
import { extentOf, readingAt, traceOf, type Trace } from '../trace';
import { axesShown, frameOf, palette, PARTS, type DrawnPoint, type Scene } from '../trend_option';
import type { Point } from '../types';
import { axisKey, DIGITAL, plotted, queryOf, rangeOf, settle, shiftOf, trendQuery, viewOf, type Plotted, type Range, type View } from '../view';

/** The width is asked for in steps, so that a scroll bar asks nothing again. */
const PX_STEP = 100;
type Asking = '' | 'range' | 'compare' | 'views' | 'export' | number;
type Time = Pick<View, 'span_ms' | 'to_ms'>;

/** Booleans keep their value until the next one; numbers lie on the way to it. */
const isStepped = (one: Plotted, point: Point): boolean =>
	one.form === 'step' || (one.form === 'auto' && point.type === 'bool');

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

interface Shown { n: number; one: Plotted; point: Point; axis: string }

function shownOf(view: View, points: ReadonlyMap<string, Point>): Shown[] {
	return view.points.flatMap((one, n) => {
		const point = points.get(one.name);
		return point && !one.hidden ? [{ n, one, point, axis: axisKey(one, point) }] : [];
	});
}

interface SceneOf { view: View; range: Range; shift: number; shown: Shown[]; history: History; size: Size; look: number | null }

/** Ends that stay while the span does, so that a followed trend is calm. */
function useScene({ view, range, shift, shown, history, size, look }: SceneOf, points: ReadonlyMap<string, Point>): Scene {
	const before = useRef<{ span: number; ends: Map<string, Ends> }>({ span: 0, ends: new Map() });
	const span = range.to - range.from;
	if (Math.abs(before.current.span - span) > 1) before.current = { span, ends: new Map() };
	const { ends } = before.current;
	const looked = shown.find(({ n }) => n === look);
	const axes = withAxis(axesOf(view, points, axesShown(size.width)), looked?.axis).map((axis) => {
		const fixed = view.fixed[axis.key] ?? (axis.key === DIGITAL ? DIGITAL_ENDS : undefined);
		if (fixed) return { ...axis, ends: fixed };
		const extents = shown.filter((one) => one.axis === axis.key).flatMap(({ point }) => [
			extentOf(history.rows(point), range.from, range.to),
			shift ? extentOf(history.rows(point, shift), range.from - shift, range.to - shift) : undefined,
		]).filter((one) => one !== undefined) as [number, number][];
		const all: Ends | undefined = extents.length ? [Math.min(...extents.map(([low]) => low)), Math.max(...extents.map(([, high]) => high))] : undefined;
		const calm = calmEnds(all, ends.get(axis.key), PARTS);
		if (all) ends.set(axis.key, calm);
		return { ...axis, ends: calm };
	});
	const drawn = shown.map(({ n, one, point, axis }): DrawnPoint => ({
		n, axis, stepped: isStepped(one, point), trace: traced(history, point, 0), faded: looked !== undefined && looked.n !== n,
		...(shift > 0 && { before: traced(history, point, shift) }),
	}));
	const only = shown.length === 1 ? shown[0] : looked;
	const limits = only?.point.limits ? { axis: only.axis, limits: only.point.limits } : undefined;
	return { range, drawn, axes, limits, ...size };
}

/** What the lines are made of: samples, or buckets of a width. */
function grainOf(shown: readonly Shown[], history: History): string {
	const steps = new Set(shown.map(({ point }) => history.rows(point).step_ms));
	const name = (ms: number): string => (ms < 1000 ? `${ms} ms` : formatSpan(ms / 1000));
	return [...steps].map((step) => (step ? t('trend.buckets', { span: name(step) }) : t('trend.samples'))).join(' · ');
}

function Keys({ scene, grain, compared, span }: { scene: Scene; grain: string; compared: boolean; span: number }) {
	const { from, to } = scene.range;
	const seen = scene.drawn.flatMap((one) => one.trace.stretches).filter((s) => s.to > from && s.from < to);
	const has = (quality: string): boolean => seen.some((s) => s.quality === quality);
	return (
		<p class="trend-keys">
			<span>{grain}</span>
			{has('bad') && <span><i class="key key-hatch" />{t('point.bad')}</span>}
			{has('uncertain') && <span><i class="key key-dim" />{t('trend.key.uncertain')}</span>}
			{compared && <span><i class="key key-dash" />{t('trend.with.text', { span: formatSpan(span / 1000) })}</span>}
		</p>
	);
}

/** Saved views and machines to begin with, when nothing is drawn yet. */
function Begin({ points }: { points: readonly Point[] }) {
	const saved = useStore(savedViews);
	const devices = [...new Set(points.map((point) => point.device))].slice(0, 12);
	const of = (device: string): string[] => points.filter((point) => point.device === device).map((point) => point.name).slice(0, 6);
	return (
		<section class="panel">
			<Empty>{t('trend.empty')}</Empty>
			{saved.length > 0 && <>
				<h3>{t('trend.views')}</h3>
				<p class="chips begin">{saved.map(({ name, query }) =>
					<a key={name} class="button chip" href={`#/trend?${query}`}>{name}</a>)}</p>
			</>}
			<h3>{t('trend.start')}</h3>
			<p class="chips begin">{devices.map((device) =>
				<a key={device} class="button chip" href={href('trend', '', trendQuery(of(device)))}>{device}</a>)}</p>
		</section>
	);
}

function Desk({ view, query, points }: { view: View; query: string; points: ReadonlyMap<string, Point> }) {
	const [size, setSize] = useState<Size>({ width: 0, height: 0 });
	const [moving, setMoving] = useState<Time | null>(null);
	const [look, setLook] = useState<number | null>(null);
	const [asking, setAsking] = useState<Asking>('');
	const [cursor] = useState(() => createStore<number | null>(null));
	const canvas = useRef<Chart>(null);
	const seen: View = moving ? { ...view, ...moving } : view;
	const newest = useRef(seen);
	newest.current = seen;
	useEffect(() => setMoving(null), [query]);

	const shown = shownOf(seen, points);
	const plot = frameOf({ axes: axesOf(seen, points, axesShown(size.width)), width: size.width }).plot;
	const px = Math.max(PX_STEP, Math.round(plot / PX_STEP) * PX_STEP);
	const step = shown[0] ? stepOf(shown[0].point, { from: 0, to: seen.span_ms, px }) : 0;
	const now = useNow(seen.span_ms, px, isUnsettled(seen.to_ms, step));
	const range = rangeOf(seen, now);
	const shift = shiftOf(seen.before, range.from);
	const history = useHistory({ points: size.width ? shown.map((one) => one.point) : [], range, px, shift, now, moving: moving !== null });
	const scene = useScene({ view: seen, range, shift, shown, history, size, look }, points);

	const change = (next: Partial<View>, quiet = false): void => {
		const to = queryOf({ ...newest.current, ...next });
		if (new URLSearchParams(Object.entries(to).filter(([, value]) => value !== '')).toString() === query) return setMoving(null);
		(quiet ? replace : go)('trend', '', to);
	};
	// A followed edge is as old as the last tick.
	const present = seen.to_ms === null ? now : nodeNow();
	const move = (to: Range): void => {
		const next = settle(to, present);
		newest.current = { ...newest.current, ...next };
		setMoving(next);
	};
	const rest = (): void => change({});
	const show = (to: Range): void => {
		setAsking('');
		change(settle(to, nodeNow()));
	};
	const home = (): void => {
		void Promise.all(shown.map((one) => firstSample(one.point))).then((times) => {
			const first = Math.min(...times.filter((one): one is number => one !== undefined));
			if (Number.isFinite(first)) show({ from: first, to: first + seen.span_ms });
		}).catch(() => undefined);
	};
	const changePoint = (n: number, to: Partial<Plotted>): void =>
		change({ points: view.points.map((one, at) => (at === n ? { ...one, ...to } : one)) }, true);
	const remove = (n: number): void => {
		setAsking('');
		setLook(null);
		change({ points: view.points.filter((_, at) => at !== n) });
	};

	const readAt = (n: number, time: number): Pair => {
		const found = shown.find((one) => one.n === n);
		if (!found) return {};
		const { point, one } = found;
		const at = (earlier: number) => readingAt(history.rows(point, earlier), time - earlier, point.period_ms, isStepped(one, point));
		return { now: at(0), before: shift ? at(shift) : undefined };
	};
	const dotsAt = (time: number): CursorDot[] => shown.flatMap(({ n, axis }) => {
		const { now: one, before } = readAt(n, time);
		const dot = (reading: typeof one, hollow: boolean): CursorDot[] =>
			(reading?.row.value === null || !reading ? [] : [{ n, axis, value: reading.row.value, hollow }]);
		return [...dot(one, false), ...dot(before, true)];
	});
	const spoken = (time: number): string => [formatTime(time, true), ...shown.map(({ n, point }) => {
		const reading = readAt(n, time).now;
		return t('trend.cursor', { point: labelOf(point.label, point.name), value: formatValue(reading?.row.value),
			unit: point.unit, quality: reading ? word('quality', reading.row.quality) : t('point.gap') });
	})].join('; ');

	const empty = history.loading || !shown.length ? undefined
		: shown.every(({ point }) => !history.rows(point).rows.length) ? t('point.nodata') : undefined;
	const asked = typeof asking === 'number' ? view.points[asking] : undefined;
	const askedPoint = asked && points.get(asked.name);
	const askedKey = asked && askedPoint ? axisKey(asked, askedPoint) : '';
	const title = `${formatStamp(range.from)} – ${formatDate(range.from) === formatDate(range.to) ? formatTime(range.to) : formatStamp(range.to)}`;
	const picture = async (): Promise<void> => {
		const colours = palette();
		const chart = canvas.current?.getDom().querySelector('canvas');
		if (!chart) return;
		const captions = shown.map(({ n, point }) => ({ colour: colours.of(n),
			text: `${labelOf(point.label, point.name)} (${point.name})${point.unit ? ` ${point.unit}` : ''}` }));
		saveFile(await pictureOf({ chart, title, captions, background: colours.surface, text: colours.text, font: colours.font }), fileName(range, 'png'));
	};
	const samples = async (signal: AbortSignal, progress: (count: number) => void): Promise<boolean> => {
		const { file, cut } = await csvOfSamples(shown.map((one) => one.point), range, signal, progress);
		saveFile(file, fileName(range, 'samples.csv'));
		return cut;
	};
	const close = (): void => setAsking('');
	return (
		<>
			<PageHead title={t('nav.trend')}>
				<PointPicker points={[...points.values()]} chosen={new Set(view.points.map((one) => one.name))}
					onAdd={(name) => change({ points: [...view.points, plotted(name)] })} />
				<button type="button" data-open="views" onClick={() => setAsking('views')}>{t('trend.views')}</button>
				<button type="button" data-open="export" disabled={!shown.length} onClick={() => setAsking('export')}>{t('trend.export')}</button>
			</PageHead>
			{!view.points.length ? <Begin points={[...points.values()]} /> : (
				<section class="panel trend-panel">
					<TrendBar range={range} title={title} follows={seen.to_ms === null} before={view.before}
						onSpan={(span_ms) => change({ span_ms })} onRange={(to) => { move(to); rest(); }} onLive={() => change({ to_ms: null })}
						onChoose={() => setAsking('range')} onBefore={(before) => change({ before })} onOther={() => setAsking('compare')} />
					{history.problem && <ProblemBox problem={history.problem} retry={history.retry} />}
					<TrendChart scene={scene} hand={{ move, rest, home, end: () => change({ to_ms: null }) }} cursor={cursor} dotsAt={dotsAt}
						onSize={(next) => setSize((was) => (was.width === next.width && was.height === next.height ? was : next))}
						spoken={spoken} message={empty} follows={seen.to_ms === null} busy={history.loading} canvas={canvas} />
					<Keys scene={scene} grain={grainOf(shown, history)} compared={shift > 0} span={shift} />
					<Legend points={view.points} known={view.points.map((one) => points.get(one.name))} compared={shift > 0} shift={shift} cursor={cursor}
						readAt={readAt} places={(n) => liveValue(points.get(view.points[n]!.name)?.id ?? 0)?.places ?? 0}
						onHide={(n) => changePoint(n, { hidden: !view.points[n]!.hidden })} onLook={setLook} onSettings={setAsking} onRemove={remove} />
				</section>
			)}
			{asking === 'range' && <RangeDialog range={range} onShow={show} onClose={close} />}
			{asking === 'compare' && <CompareDialog from={range.from} onClose={close} onShift={(before) => { close(); change({ before }); }} />}
			{asking === 'views' && <ViewsDialog query={query} onClose={close} onOpen={(to) => { close(); location.hash = `#/trend?${to}`; }} />}
			{asking === 'export' && <ExportDialog onClose={close} onPicture={picture} onSamples={samples}
				onSeen={() => saveFile(csvOfSeen(shown.map(({ point }) => ({ point, rows: history.rows(point) })), range), fileName(range, 'csv'))} />}
			{asked && typeof asking === 'number' && <SettingsDialog one={asked} point={askedPoint} fixed={askedKey in view.fixed}
				title={labelOf(askedPoint?.label, asked.name)} ends={scene.axes.find((axis) => axis.key === askedKey)?.ends ?? [0, 1]}
				onChange={(to) => changePoint(asking, to)} onRemove={() => remove(asking)} onClose={close}
				onEnds={(to) => {
					const { [askedKey]: _, ...others } = view.fixed;
					change({ fixed: to ? { ...others, [askedKey]: to } : others }, true);
				}} />}
		</>
	);
}

export function TrendPage({ route }: PageProps) {
	const points = useStore(catalogue);
	const query = route.query.toString();
	const view = useMemo(() => viewOf(new URLSearchParams(query)), [query]);
	if (!knowsPoints()) return <><PageHead title={t('nav.trend')} /><Skeleton rows={12} /></>;
	return <Desk view={view} query={query} points={points} />;
}
