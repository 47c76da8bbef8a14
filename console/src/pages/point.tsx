// SPDX-License-Identifier: Apache-2.0
// One point: its value, its trend, what it is, and the form that writes it.
import { useEffect, useState } from 'preact/hooks';
import { api } from '../api';
import { changesOf } from '../changes';
import { editsMade } from '../edits';
import { formatLimits, formatSpan, formatTime, labelOf, pointValue } from '../format';
import { t } from '../i18n';
import { asNumber, liveValue, nodeNow, useLive, watchPoint } from '../live';
import { useLoad } from '../load';
import { useEditRights } from '../node_api';
import { EditDialog, EditList, MakeButton } from '../parts/edits';
import { LimitsBar } from '../parts/gauges';
import { Icon } from '../parts/icon';
import { Await, Choice, Facts, PageHead, Panel, Skeleton } from '../parts/panel';
import { QualityState } from '../parts/status';
import { Trend } from '../parts/trend';
import { WriteForm } from '../parts/write';
import { href, type PageProps } from '../router';
import { seriesOfBuckets, seriesOfSamples } from '../series';
import { useStore } from '../store';
import type { Buckets, Point, Sample, Samples } from '../types';
import { trendQuery } from '../view';

type Range = '5m' | '1h' | '24h';
type Form = 'raw' | 'buckets';
const RANGES: Record<Range, { span_ms: number; step_ms: number; form: Form; every_ms: number }> = {
	'5m': { span_ms: 300_000, step_ms: 2000, form: 'raw', every_ms: 0 },
	'1h': { span_ms: 3_600_000, step_ms: 15_000, form: 'buckets', every_ms: 15_000 },
	'24h': { span_ms: 86_400_000, step_ms: 300_000, form: 'buckets', every_ms: 60_000 },
};
const RAW_LIMIT = 10_000;

interface Drawn { from: number; to: number; samples?: Samples; buckets?: Buckets }

async function fetchDrawn(name: string, range: Range, form: Form): Promise<Drawn> {
	const { span_ms, step_ms } = RANGES[range];
	const to = nodeNow();
	const from = to - span_ms;
	if (form === 'raw') return { from, to, samples: await api.samples(name, from, to, RAW_LIMIT) };
	return { from, to, buckets: await api.buckets(name, from, to, step_ms) };
}

/** Live values since the page was opened, so that the trend grows without asking again. */
function useTail(point: Point, wanted: boolean): readonly Sample[] {
	const [tail, setTail] = useState<readonly Sample[]>([]);
	useEffect(() => {
		setTail([]);
		if (!wanted) return undefined;
		return watchPoint(point.id, () => {
			const v = liveValue(point.id);
			if (v) setTail((was) => [...was, [v.t_ms, v.value, v.quality] as Sample].slice(-RAW_LIMIT));
		});
	}, [point.id, wanted]);
	return tail;
}

function joined(samples: readonly Sample[], tail: readonly Sample[]): Sample[] {
	const last = samples[samples.length - 1]?.[0] ?? 0;
	return [...samples, ...tail.filter(([t_ms]) => t_ms > last)];
}

function LiveTrend({ point, range, form }: { point: Point; range: Range; form: Form }) {
	const loaded = useLoad(() => fetchDrawn(point.name, range, form), `${point.name} ${range} ${form}`,
		{ every_ms: RANGES[range].every_ms, version: useStore(editsMade) });
	const tail = useTail(point, form === 'raw');
	return (
		<Await from={loaded} rows={9}>
			{({ from, to, samples, buckets }) => {
				const late = Math.max(to, tail[tail.length - 1]?.[0] ?? 0);
				const series = buckets ? seriesOfBuckets(buckets.items, buckets.step_ms)
					: seriesOfSamples(joined(samples?.items ?? [], tail), point.period_ms);
				return (
					<>
						<Trend title={t('point.chart', { point: labelOf(point.label, point.name) })} unit={point.unit} states={point.states}
							series={series} from={from + late - to} to={late} limits={point.limits} />
						{samples?.truncated && <p class="faint">{t('point.truncated')}</p>}
					</>
				);
			}}
		</Await>
	);
}

function TrendPanel({ point }: { point: Point }) {
	const [range, setRange] = useState<Range>('5m');
	const [form, setForm] = useState<Form>('raw');
	const choose = (next: Range): void => {
		setRange(next);
		setForm(RANGES[next].form);
	};
	const tools = (
		<span class="panel-tools">
			<a class="button" data-trend href={href('trend', '', { ...trendQuery([point.name]), span: String(RANGES[range].span_ms) })}>
				<Icon name="trend" />{t('trend.open')}</a>
			<Choice label={t('point.shown')} value={form} onChange={setForm}
				options={[['raw', t('point.raw')], ['buckets', t('point.buckets')]]} />
			<Choice label={t('point.range')} value={range} onChange={choose}
				options={[['5m', t('point.5m')], ['1h', t('point.1h')], ['24h', t('point.24h')]]} />
		</span>
	);
	return <Panel title={t('word.trend')} aside={tools}><LiveTrend point={point} range={range} form={form} /></Panel>;
}

function EditsPanel({ point }: { point: Point }) {
	const loaded = useLoad(() => api.edits(point.name), point.name, { version: useStore(editsMade) });
	const may = useEditRights();
	const [making, setMaking] = useState(false);
	const now = nodeNow();
	return (
		<Panel title={t('edits.title')} aside={may(point) && <MakeButton onClick={() => setMaking(true)} />}>
			<Await from={loaded} rows={2}>
				{({ items, truncated }) => <EditList items={changesOf(items).map((change) => ({ point, change }))} mayUndo={may}
					none={t('edits.none')} truncated={truncated} />}
			</Await>
			{making && <EditDialog points={[point]} range={{ from: now - RANGES['5m'].span_ms, to: now }} onClose={() => setMaking(false)} />}
		</Panel>
	);
}

function Now({ point }: { point: Point }) {
	const live = useLive(point.id);
	const value = live ? live.value : asNumber(point.value);
	const quality = live?.quality ?? point.quality_class;
	return (
		<section class="panel now">
			<span class="now-value num" data-point={point.name}>{pointValue(point, value, live?.places)} <small>{point.unit}</small></span>
			<LimitsBar value={value} limits={point.limits} />
			<QualityState quality={quality} detail={quality === point.quality_class ? point.quality : undefined} />
			<time class="faint num">{formatTime(live?.t_ms ?? point.time_ms, true)}</time>
		</section>
	);
}

function About({ point }: { point: Point }) {
	return (
		<Panel title={t('point.facts')}>
			<Facts rows={[
				[t('word.identifier'), <a class="mono wrap" href={href('identifiers', point.ident)}>{point.ident}</a>],
				[t('word.device'), <a href={href('points', '', { q: point.device })}>{point.device}</a>],
				[t('point.table'), <span class="mono">{point.table} {point.address}</span>],
				[t('point.wire'), <span class="mono">{point.type}</span>],
				[t('word.period'), formatSpan(point.period_ms / 1000)],
				[t('word.limits'), <span class="num">{formatLimits(point.limits, point.unit)}</span>],
			]} />
		</Panel>
	);
}

export function PointPage({ route }: PageProps) {
	const loaded = useLoad(() => api.point(route.arg), route.arg, { every_ms: 15_000 });
	const crumb = <a href={href('points')}>{t('point.allpoints')}</a>;
	if (!loaded.data) {
		return <><PageHead title={route.arg} above={crumb} /><Await from={loaded}>{() => <Skeleton rows={8} />}</Await></>;
	}
	const point = loaded.data;
	const device = <a href={href('points', '', { q: point.device })}>{point.device}</a>;
	return (
		<>
			<PageHead title={labelOf(point.label, point.name)} above={<>{crumb} · {device}</>}>
				<span class="mono faint">{point.name}</span>
			</PageHead>
			<div class="columns">
				<div>
					<TrendPanel point={point} />
					<EditsPanel point={point} />
				</div>
				<div>
					<Now point={point} />
					<Panel title={t('write.title')}>
						{point.write ? <WriteForm point={point} write={point.write} />
							: <p class="faint">{t('point.readonly')}</p>}
					</Panel>
					<About point={point} />
				</div>
			</div>
		</>
	);
}
