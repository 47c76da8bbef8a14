// SPDX-License-Identifier: Apache-2.0
// Every point of the node, grouped by device, each row live on its own.
import { memo } from '../parts/memo';
import { api } from '../api';
import { formatTime, labelOf, pointValue } from '../format';
import { t } from '../i18n';
import { asNumber, trail, useLive } from '../live';
import { useLoad } from '../load';
import { LimitsBar, Sparkline } from '../parts/gauges';
import { Icon } from '../parts/icon';
import { Await, Choice, Empty, PageHead } from '../parts/panel';
import { QualityMark } from '../parts/status';
import { href, replace, type PageProps } from '../router';
import type { Device, Point } from '../types';
import { trendQuery } from '../view';

type Kind = 'all' | 'bad' | 'writable';
interface Wanted { text: string; kind: Kind }

function fits(point: Point, { text, kind }: Wanted): boolean {
	if (kind === 'writable' && !point.write) return false;
	if (kind === 'bad' && point.quality_class === 'good') return false;
	const all = [point.name, point.label?.en, point.label?.zh, point.unit, point.ident, point.device]
		.join(' ').toLowerCase();
	return text.toLowerCase().split(/\s+/).every((part) => all.includes(part));
}

/** The points of a row or of a machine (as many as a trend holds) over time. */
function TrendLink({ names }: { names: string[] }) {
	return <a class="trend-link" data-trend={names[0]} href={href('trend', '', trendQuery(names))} title={t('trend.open')}
		aria-label={`${t('trend.open')}: ${names.length === 1 ? names[0] : names.length}`}><Icon name="trend" size={14} /></a>;
}

const Row = memo(function Row({ point }: { point: Point; lang: string }) {
	const live = useLive(point.id);
	const value = live ? live.value : asNumber(point.value);
	const quality = live?.quality ?? point.quality_class;
	return (
		<tr class={`q-${quality}`}>
			<td class="point-name">
				<a href={href('points', point.name)}>{labelOf(point.label, point.name)}</a>
				{point.write && <span class="write-mark" title={t('points.writable')}><Icon name="pen" size={12} /></span>}
				<TrendLink names={[point.name]} />
				<span class="sub mono">{point.name}</span>
			</td>
			<td class="right num live-value" data-point={point.name}>{pointValue(point, value, live?.places)}</td>
			<td class="unit faint">{point.unit}</td>
			<td><QualityMark quality={quality} /></td>
			<td class="mid"><LimitsBar value={value} limits={point.limits} /></td>
			<td class="wide"><Sparkline values={trail(point.id)} /></td>
			<td class="right num faint wide">{formatTime(live?.t_ms ?? point.time_ms)}</td>
		</tr>
	);
});

function Group({ device, points, label }: { device: string; points: Point[]; label: string }) {
	return (
		<tbody>
			<tr class="group"><th colSpan={7} scope="rowgroup">{label}
				{label !== device && <span class="mono faint">{device}</span>}
				<span class="count">{points.length}</span>
				<TrendLink names={points.map((point) => point.name)} /></th></tr>
			{points.map((point) => <Row key={point.id} point={point} lang={label} />)}
		</tbody>
	);
}

function groupsOf(points: Point[]): [string, Point[]][] {
	const groups = new Map<string, Point[]>();
	for (const point of points) groups.set(point.device, [...groups.get(point.device) ?? [], point]);
	return [...groups];
}

function Table({ points, devices }: { points: Point[]; devices: Device[] }) {
	const labels = new Map(devices.map((d) => [d.name, labelOf(d.label, d.name)]));
	return (
		<table class="table points">
			<thead>
				<tr>
					<th>{t('word.point')}</th><th class="right">{t('word.value')}</th><th>{t('word.unit')}</th>
					<th><span class="visually-hidden">{t('word.quality')}</span></th>
					<th class="mid">{t('word.limits')}</th><th class="wide">{t('points.trail')}</th>
					<th class="right wide">{t('points.updated')}</th>
				</tr>
			</thead>
			{groupsOf(points).map(([device, group]) =>
				<Group key={device} device={device} points={group} label={labels.get(device) ?? device} />)}
		</table>
	);
}

export function Points({ route }: PageProps) {
	const loaded = useLoad(async () => {
		const [points, devices] = await Promise.all([api.points(), api.devices()]);
		return { points: points.items, devices: devices.items };
	}, 'points', { every_ms: 15_000 });
	const wanted: Wanted = { text: route.query.get('q') ?? '', kind: (route.query.get('kind') ?? 'all') as Kind };
	const set = (next: Partial<Wanted>): void => {
		const { text, kind } = { ...wanted, ...next };
		replace('points', '', { q: text, kind: kind === 'all' ? '' : kind });
	};
	const shown = loaded.data?.points.filter((point) => fits(point, wanted)) ?? [];
	return (
		<>
			<PageHead title={t('nav.points')}>
				<Choice label={t('word.filter')} value={wanted.kind} onChange={(kind) => set({ kind })}
					options={[['all', t('word.all')], ['writable', t('points.writable')], ['bad', t('points.bad')]]} />
				<label class="search">
					<Icon name="search" />
					<input type="search" data-filter placeholder={t('points.filter')} aria-label={t('points.filter')}
						value={wanted.text} onInput={(e) => set({ text: e.currentTarget.value })} />
				</label>
			</PageHead>
			<Await from={loaded} rows={16}>
				{({ points, devices }) => (
					<section class="panel flush">
						{shown.length ? <Table points={shown} devices={devices} /> : <Empty>{t('points.none')}</Empty>}
						<p class="table-foot faint num">{t('points.count', { n: shown.length, all: points.length })}</p>
					</section>
				)}
			</Await>
		</>
	);
}
