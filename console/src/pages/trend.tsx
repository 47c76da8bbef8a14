// SPDX-License-Identifier: Apache-2.0
// The page a plant engineer keeps open: several points over one time, from a year to a
// second, beside another period. The whole view is in the address.
import { useMemo, useRef, useState } from 'preact/hooks';
import { axesOf } from '../axes';
import type { Chart } from '../chart';
import { useDoorSeries } from '../door_series';
import { useEdits, type Edits } from '../edits';
import { formatDate, formatSpan, formatStamp, formatTime } from '../format';
import { firstSample, stepOf } from '../history';
import { t } from '../i18n';
import { catalogue, knowsPoints, liveValue, nodeNow } from '../live';
import { useEditRights } from '../node_api';
import { Icon } from '../parts/icon';
import { Empty, PageHead, Skeleton } from '../parts/panel';
import { ProblemBox } from '../parts/problem';
import { TrendAsks, type Asking } from '../parts/trendasks';
import { TrendBar } from '../parts/trendbar';
import { TrendChart } from '../parts/trendchart';
import { Legend } from '../parts/trendlegend';
import { TrendNotes } from '../parts/trendnotes';
import { PointPicker } from '../parts/trendpick';
import { savedViews } from '../prefs';
import { href, type PageProps } from '../router';
import { createStore, useStore } from '../store';
import { isUnsettled, useHistory, useNow } from '../trend_data';
import { axesShown, frameOf, type Scene } from '../trend_option';
import { grainOf, readerOf, shownOf, useScene, type Shown, type Size } from '../trend_scene';
import { useView } from '../trend_view';
import type { Point } from '../types';
import { plotted, rangeOf, shiftOf, trendQuery, viewOf, type Range, type View } from '../view';

/** The width is asked for in steps, so that a scroll bar asks nothing again. */
const PX_STEP = 100;

interface KeysProps { scene: Scene; grain: string; shift: number; shown: readonly Shown[]; edits: Edits; marking: boolean }

function Keys({ scene, grain, shift, shown, edits, marking }: KeysProps) {
	const { from, to } = scene.range;
	const kinds = new Set(shown.flatMap(({ point }) => edits.of(point.name))
		.filter((one) => !one.undone && one.to_ms > from && one.from_ms < to).map((one) => one.kind === 'annotate'));
	const seen = scene.drawn.flatMap((one) => one.trace.stretches).filter((s) => s.to > from && s.from < to);
	const has = (quality: string): boolean => seen.some((s) => s.quality === quality);
	if (marking) return <p class="trend-keys" role="status"><strong>{t('edits.mark.hint')}</strong></p>;
	return (
		<p class="trend-keys">
			<span>{grain}</span>
			{has('bad') && <span><i class="key key-hatch" />{t('point.bad')}</span>}
			{has('uncertain') && <span><i class="key key-dim" />{t('trend.key.uncertain')}</span>}
			{kinds.has(true) && <span><i class="key key-note" />{t('edits.key.note')}</span>}
			{kinds.has(false) && <span><i class="key key-edit" />{t('edits.key')}</span>}
			{shift > 0 && <span><i class="key key-dash" />{t('trend.with.text', { span: formatSpan(shift / 1000) })}</span>}
		</p>
	);
}

const DEVICES_MAX = 12;
const POINTS_OF_DEVICE = 6;

/** Saved views and machines to begin with, when nothing is drawn yet. */
function Begin({ points }: { points: readonly Point[] }) {
	const saved = useStore(savedViews);
	const devices = [...new Set(points.map((point) => point.device))].slice(0, DEVICES_MAX);
	const namesOf = (device: string): string[] =>
		points.filter((point) => point.device === device).map((point) => point.name).slice(0, POINTS_OF_DEVICE);
	const chips = (title: string, rows: [name: string, to: string][]) => rows.length > 0 && (
		<>
			<h3>{title}</h3>
			<p class="chips begin">{rows.map(([name, to]) => <a key={name} class="button chip" href={to}>{name}</a>)}</p>
		</>
	);
	return (
		<section class="panel">
			<Empty>{t('trend.empty')}</Empty>
			{chips(t('trend.views'), saved.map(({ name, query }) => [name, `#/trend?${query}`]))}
			{chips(t('trend.start'), devices.map((device) => [device, href('trend', '', trendQuery(namesOf(device)))]))}
		</section>
	);
}

function titleOf({ from, to }: Range): string {
	const end = formatDate(from) === formatDate(to) ? formatTime(to) : formatStamp(to);
	return `${formatStamp(from)} – ${end}`;
}

/** Where the first sample of any of them lies; undefined: there is none. */
async function firstOf(points: readonly Point[]): Promise<number | undefined> {
	const times = await Promise.all(points.map(firstSample));
	const known = times.filter((time): time is number => time !== undefined);
	return known.length ? Math.min(...known) : undefined;
}

/** Points of the node, and the series among those that are drawn. */
function useKnown(view: View, points: ReadonlyMap<string, Point>): ReadonlyMap<string, Point> {
	const series = useDoorSeries(view.points.map((one) => one.name).filter((name) => !points.has(name)));
	return useMemo(() => (series.size ? new Map([...points, ...series]) : points), [points, series]);
}

interface DeskProps { view: View; query: string; own: ReadonlyMap<string, Point> }

function Desk({ view, query, own }: DeskProps) {
	const points = useKnown(view, own);
	const [marking, setMarking] = useState(false);
	const mayEdit = useEditRights();
	const [size, setSize] = useState<Size>({ width: 0, height: 0 });
	const [look, setLook] = useState<number | null>(null);
	const [asking, setAsking] = useState<Asking>('');
	const [cursor] = useState(() => createStore<number | null>(null));
	const canvas = useRef<Chart>(null);
	const moved = useView(view, query);
	const { seen, change, move, rest } = moved;
	const follows = seen.to_ms === null;

	const shown = shownOf(seen, points);
	const { plot } = frameOf({ axes: axesOf(seen, points, axesShown(size.width)), width: size.width });
	const px = Math.max(PX_STEP, Math.round(plot / PX_STEP) * PX_STEP);
	const step = shown[0] ? stepOf(shown[0].point, { from: 0, to: seen.span_ms, px }) : 0;
	const now = useNow(seen.span_ms, px, isUnsettled(seen.to_ms, step));
	const range = rangeOf(seen, now);
	const shift = shiftOf(seen.before, range.from);
	const history = useHistory({ points: size.width ? shown.map((one) => one.point) : [], range, px, shift, now, moving: moved.moving });
	const scene = useScene({ view: seen, range, shift, shown, history, size, look }, points);
	const reader = readerOf(shown, history, shift);
	const edits = useEdits(shown.map(({ point }) => point.name), range);

	// An edge that is followed is as old as the last tick.
	const moveTo = (to: Range): void => move(to, follows ? now : nodeNow());
	const goHome = (): void => {
		firstOf(shown.map((one) => one.point)).then((first) => {
			if (first !== undefined) moved.show({ from: first, to: first + seen.span_ms });
		}, () => undefined);
	};
	const goLive = (): void => change({ to_ms: null });
	const remove = (n: number): void => {
		setAsking('');
		setLook(null);
		change({ points: view.points.filter((_, at) => at !== n) });
	};
	const mark = (span: Range): void => {
		setMarking(false);
		setAsking({ mark: span });
	};
	const canMark = shown.some(({ point }) => mayEdit(point));
	const isEmpty = !history.loading && shown.length > 0 && shown.every(({ point }) => !history.rows(point).rows.length);
	const title = titleOf(range);
	return (
		<>
			<PageHead title={t('nav.trend')}>
				<PointPicker points={[...own.values()]} chosen={new Set(view.points.map((one) => one.name))}
					onAdd={(name) => change({ points: [...view.points, plotted(name)] })} />
				{canMark && <button type="button" data-marking aria-pressed={marking} onClick={() => setMarking(!marking)}>
					<Icon name="flag" />{t('edits.mark')}</button>}
				<button type="button" data-open="edits" disabled={!shown.length} onClick={() => setAsking('edits')}>{t('edits.title')}</button>
				<button type="button" data-open="views" onClick={() => setAsking('views')}>{t('trend.views')}</button>
				<button type="button" data-open="export" disabled={!shown.length} onClick={() => setAsking('export')}>{t('trend.export')}</button>
			</PageHead>
			{!view.points.length ? <Begin points={[...own.values()]} /> : (
				<section class="panel trend-panel">
					<TrendBar range={range} title={title} follows={follows} before={view.before} onSpan={(span_ms) => change({ span_ms })}
						onRange={(to) => { moveTo(to); rest(); }} onLive={goLive} onChoose={() => setAsking('range')}
						onBefore={(before) => change({ before })} onOther={() => setAsking('compare')} />
					{history.problem && <ProblemBox problem={history.problem} retry={history.retry} />}
					{edits.problem && !history.problem && <ProblemBox problem={edits.problem} retry={edits.retry} />}
					<TrendChart scene={scene} hand={{ move: moveTo, rest, home: goHome, end: goLive, ...(marking && { mark }) }} cursor={cursor} reader={reader}
						onSize={(next) => setSize((was) => (was.width === next.width && was.height === next.height ? was : next))}
						message={isEmpty ? t('point.nodata') : undefined} follows={follows} busy={history.loading} canvas={canvas}>
						<TrendNotes scene={scene} shown={shown} of={edits.of} onOpen={() => setAsking('edits')} />
					</TrendChart>
					<Keys scene={scene} grain={grainOf(shown, history)} shift={shift} shown={shown} edits={edits} marking={marking} />
					<Legend points={view.points} known={view.points.map((one) => points.get(one.name))} shift={shift} cursor={cursor}
						reader={reader} places={(point) => liveValue(point.id)?.places ?? 0} onLook={setLook} onSettings={setAsking}
						onHide={(n) => moved.changePoint(n, { hidden: !view.points[n]!.hidden })} onRemove={remove} />
				</section>
			)}
			<TrendAsks asking={asking} view={view} query={query} title={title} points={points} scene={scene} shown={shown}
				history={history} moved={moved} canvas={canvas} edits={edits} onMark={mark} onRemove={remove} onClose={() => setAsking('')} />
		</>
	);
}

export function TrendPage({ route }: PageProps) {
	const points = useStore(catalogue);
	const query = route.query.toString();
	const view = useMemo(() => viewOf(new URLSearchParams(query)), [query]);
	if (!knowsPoints()) return <><PageHead title={t('nav.trend')} /><Skeleton rows={12} /></>;
	return <Desk view={view} query={query} own={points} />;
}
