// SPDX-License-Identifier: Apache-2.0
// One incident on one page: the sentence, the facts, the bytes, the trend, the name.
import type { ComponentChildren } from 'preact';
import { api } from '../api';
import { formatCount, formatPlain, formatStamp, formatTime } from '../format';
import { t, word } from '../i18n';
import { catalogue } from '../live';
import { useLoad } from '../load';
import { EventList, useWithFresh } from '../parts/events';
import { LimitsBar } from '../parts/gauges';
import { Icon } from '../parts/icon';
import { Await, Empty, Facts, PageHead, Panel } from '../parts/panel';
import { PacketView } from '../parts/packet';
import { LiveLink, RecordTable, usePointOf } from '../parts/record';
import { State } from '../parts/status';
import { Trend } from '../parts/trend';
import { href, type PageProps } from '../router';
import { seriesOfSamples } from '../series';
import { useStore } from '../store';
import type { Incident } from '../types';
import { trendQuery } from '../view';

const AROUND_MS = 120_000;
type Fact = [ComponentChildren, ComponentChildren];

function standing({ limits, new: value }: Incident): string {
	if (!limits || value === null) return '';
	if (value < limits[0]) return t('incident.over.low', { limit: formatPlain(limits[0]) });
	if (value > limits[1]) return t('incident.over.high', { limit: formatPlain(limits[1]) });
	return t('incident.within');
}

function Change({ of: one }: { of: Incident }) {
	return (
		<span class="change">
			<span class="num">{formatPlain(one.old)}</span>
			<span aria-hidden="true">→</span>
			<strong class="num">{formatPlain(one.new)} {one.unit_text}</strong>
			<LimitsBar value={one.new} limits={one.limits} />
			<span class="bad-text">{standing(one)}</span>
		</span>
	);
}

function pointFacts(one: Incident): Fact[] {
	if (!one.point) return [];
	const usual = one.usual_client
		? t('incident.usual.text', { client: one.usual_client, n: formatCount(one.usual_count) })
		: t('incident.usual.none');
	return [
		[t('word.point'), <a class="mono" href={href('points', one.point)}>{one.point}</a>],
		[t('incident.change'), <Change of={one} />],
		[t('word.limits'), <span class="num">{one.limits
			? `${formatPlain(one.limits[0])} … ${formatPlain(one.limits[1])} ${one.unit_text}` : '–'}</span>],
		[t('incident.usual'), usual],
	];
}

const techniquesOf = ({ techniques }: Incident): string =>
	Array.isArray(techniques) ? techniques.join(' ') : techniques;

function factsOf(one: Incident): Fact[] {
	const machines = one.servers > 1 ? t('incident.machines', { n: one.servers }) : undefined;
	const last = one.last_ms !== one.first_ms ? ` – ${formatTime(one.last_ms, true)}` : '';
	return [
		[t('incident.when'), <span class="num">{formatStamp(one.first_ms)}{last}</span>],
		[t('incident.who'), <a class="mono" href={href('network', 'assets')}>{one.client}</a>],
		[t('incident.where'), <><span class="mono">{one.server}</span> {one.device}
			{machines && <span class="sub">{machines}</span>}</>],
		[t('incident.how'), <>{one.function} {one.function_name}
			<span class="sub num">{t('word.addresses')} {one.from} – {one.to}</span></>],
		...pointFacts(one),
		[t('incident.messages'), <span class="num">{formatCount(one.count)}</span>],
		[t('incident.why'), <ul class="plain">{one.reasons.map((r) => <li key={r}>{word('reason', r)}</li>)}</ul>],
		[t('incident.techniques'), <span class="mono">{techniquesOf(one)}</span>],
	];
}

function Around({ one, name }: { one: Incident; name: string }) {
	const point = useStore(catalogue).get(name);
	const from = one.first_ms - AROUND_MS;
	const to = one.first_ms + AROUND_MS;
	const unfinished = Date.now() < to;
	const loaded = useLoad(() => api.samples(name, from, to), `${name} ${from}`,
		{ every_ms: unfinished ? 5000 : 0 });
	return (
		<Panel title={t('incident.trend')} aside={<span class="panel-tools">
			<a class="button small" data-trend href={href('trend', '', trendQuery([name], { from, to }))}><Icon name="trend" />{t('trend.open')}</a>
			<a class="mono" href={href('points', name)}>{name}</a></span>}>
			<Await from={loaded} rows={9}>{({ items }) => (
				<Trend title={t('point.chart', { point: name })} unit={one.unit_text} from={from} to={to}
					series={seriesOfSamples(items, point?.period_ms ?? 1000)} limits={one.limits}
					marks={[{ t_ms: one.first_ms, text: t('incident.mark') }]} />
			)}</Await>
		</Panel>
	);
}

function Identifier({ ident }: { ident: string }) {
	// Its live value is shown beside that of the point.
	const loaded = useLoad(() => api.resolve(ident), ident, { every_ms: 5000 });
	const point = usePointOf(ident);
	return (
		<Panel title={<>{t('ident.record')} <a class="mono wrap" href={href('identifiers', ident)}>{ident}</a></>}
			aside={point && <LiveLink point={point} />} class="flush">
			<Await from={loaded} rows={3}>{(record) => <RecordTable record={record} />}</Await>
		</Panel>
	);
}

function Related({ id }: { id: number }) {
	const loaded = useLoad(() => api.events({ incident: id, limit: 100 }), String(id));
	const events = useWithFresh(loaded.data?.items ?? [], (event) => event.incident === id);
	return (
		<Panel title={t('incident.related')}>
			<Await from={loaded} rows={3}>
				{() => (events.length ? <EventList events={events} compact /> : <Empty>{t('events.none')}</Empty>)}
			</Await>
		</Panel>
	);
}

function Story({ one }: { one: Incident }) {
	return (
		<>
			<section class="panel story">
				<State tone={one.open ? 'bad' : 'calm'} shape={one.open ? 'diamond' : 'ring'}
					text={t(one.open ? 'incident.open' : 'incident.closed')} />
				<p class="sentence">{one.text}</p>
			</section>
			<div class="columns even">
				<div>
					<Panel title={t('incident.facts')}><Facts rows={factsOf(one)} /></Panel>
					<Related id={one.id} />
				</div>
				<div>
					{one.point && <Around one={one} name={one.point} />}
					<Panel title={t('incident.packet')} aside={one.packet &&
						<span class="faint num">{t('incident.packet.bytes', { n: one.packet.bytes })}</span>}>
						{one.packet ? <PacketView packet={one.packet} /> : <Empty>{t('incident.packet.none')}</Empty>}
					</Panel>
				</div>
			</div>
			{one.point_ident && <Identifier ident={one.point_ident} />}
		</>
	);
}

export function IncidentPage({ route }: PageProps) {
	const loaded = useLoad(() => api.incident(Number(route.arg)), route.arg, { every_ms: 5000 });
	const title = t('incident.title', { id: route.arg });
	return (
		<>
			<PageHead title={loaded.data ? word('incident', loaded.data.kind) : title}
				above={<><a href={href('incidents')}>{t('events.incidents')}</a> · {title}</>} />
			<Await from={loaded} rows={10}>{(one) => <Story one={one} />}</Await>
		</>
	);
}
