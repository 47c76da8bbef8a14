// SPDX-License-Identifier: Apache-2.0
// The page that stays open all day: what runs, what is watched, what happened.
import type { ComponentChildren } from 'preact';
import { api } from '../api';
import { formatBytes, formatCount, formatMillis, formatSpan, formatTime, formatWhen, labelOf } from '../format';
import { t, word } from '../i18n';
import { node, rates } from '../live';
import { useLoad } from '../load';
import { EventList, useWithFresh } from '../parts/events';
import { Sparkline } from '../parts/gauges';
import { Icon } from '../parts/icon';
import { Await, Empty, Facts, PageHead, Panel, Skeleton } from '../parts/panel';
import { SentryPanel } from '../parts/sentry';
import { DeviceState, Glyph } from '../parts/status';
import { href } from '../router';
import { useStore } from '../store';
import type { Device, Incident, NodeInfo } from '../types';

const NEWEST = 12;
/** Registrations come by the hundred at a first start; the log has them. */
const CLASSES = 'alert,alarm,command,access,life';

function Tile({ name, value, of, to, children }:
{ name: string; value: string; of?: string; to?: string; children?: ComponentChildren }) {
	const body = <><span class="tile-name">{name}</span>
		<span class="tile-value num">{value}{of && <small> / {of}</small>}</span>{children}</>;
	return to ? <a class="tile" href={to}>{body}</a> : <div class="tile">{body}</div>;
}

function Tiles({ info }: { info: NodeInfo }) {
	const c = info.counts;
	return (
		<div class="tiles">
			<Tile name={t('overview.devices')} value={String(c.devices_up)} of={String(c.devices)} />
			<Tile name={t('overview.points')} value={formatCount(c.points_good)} of={formatCount(c.points)}
				to={href('points')} />
			<Tile name={t('overview.rate')} value={c.samples_per_s.toFixed(c.samples_per_s < 10 ? 1 : 0)}>
				<Sparkline values={useStore(rates)} />
			</Tile>
			<Tile name={t('overview.samples')} value={formatCount(c.samples)} />
			<Tile name={t('overview.identifiers')} value={formatCount(c.identifiers)} to={href('identifiers')} />
			<Tile name={t('overview.writes')} value={formatCount(c.writes_verified)} to={href('commands')} />
		</div>
	);
}

function IncidentStrip({ info }: { info: NodeInfo }) {
	const { incidents, incidents_open: open } = info.counts;
	const list = useLoad(() => api.incidents(5), 'incidents', { version: incidents });
	if (!incidents) {
		const quiet = info.sentry.mode === 'watching' ? 'overview.quiet' : 'overview.quiet.learning';
		return <div class="strip"><Glyph tone="good" shape="dot" /><span>{t(quiet)}</span></div>;
	}
	return (
		<section class="strip strip-bad" aria-label={t('events.incidents')}>
			<header>
				<Glyph tone="bad" shape="diamond" />
				<a href={href('incidents')}><strong>{t('overview.incident.count', { n: incidents })}</strong></a>
				{open > 0 && <span>{t('overview.incident.open', { n: open })}</span>}
			</header>
			<ol>{list.data?.items.slice(0, 3).map((one) => <IncidentLine key={one.id} one={one} />)}</ol>
		</section>
	);
}

function IncidentLine({ one }: { one: Incident }) {
	return (
		<li>
			<time class="num faint">{formatWhen(one.first_ms)}</time>
			<b>{word('incident', one.kind)}</b>
			<a href={href('incidents', String(one.id))}>{one.text}</a>
			<Icon name="right" size={12} />
		</li>
	);
}

function Faults({ of: d }: { of: Device }) {
	const { timeouts, exceptions, malformed, reconnects } = d;
	const all = timeouts + exceptions + malformed + reconnects;
	return (
		<span class={all ? '' : 'faint'}
			title={t('overview.faults.title', { timeouts, exceptions, malformed, reconnects })}>
			{formatCount(all)}
		</span>
	);
}

function DeviceTable({ devices }: { devices: Device[] }) {
	return (
		<table class="table devices">
			<thead>
				<tr>
					<th>{t('word.device')}</th><th>{t('word.state')}</th><th class="wide">{t('word.address')}</th>
					<th class="right">{t('overview.roundtrip')}</th>
					<th class="right wide">{t('overview.reply')}</th>
					<th class="right wide">{t('overview.faults')}</th>
				</tr>
			</thead>
			<tbody>
				{devices.map((d) => (
					<tr key={d.id}>
						<td><a href={href('points', '', { q: d.name })}>{labelOf(d.label, d.name)}</a>
							<span class="sub mono">{d.name}</span></td>
						<td><DeviceState state={d.state} /></td>
						<td class="mono wide">{d.address}</td>
						<td class="right num nowrap">{formatMillis(d.round_trip_ms)} <span class="faint">ms</span></td>
						<td class="right num wide">{formatTime(d.last_reply_ms)}</td>
						<td class="right num wide"><Faults of={d} /></td>
					</tr>
				))}
			</tbody>
		</table>
	);
}

function NodePanel({ info }: { info: NodeInfo }) {
	const up = (info.time_ms - Date.parse(info.started)) / 1000;
	return (
		<Panel title={t('overview.node')} aside={<span class="faint num">{info.version}</span>}>
			<Facts rows={[
				[t('word.name'), <span class="mono">{info.name}</span>],
				[t('overview.prefix'), <a class="mono" href={href('identifiers')}>{info.prefix}</a>],
				[t('word.state'), t('overview.uptime', { span: formatSpan(up) })],
				[t('overview.journal'), t('overview.journal.text',
					{ n: formatCount(info.journal.durable), bytes: formatBytes(info.journal.bytes) })],
				[t('overview.memory'), <span class="num">{info.usage.anon_mb.toFixed(1)} MB</span>],
				[t('overview.cpu'), <span class="num">{info.usage.cpu_s.toFixed(1)} s</span>],
			]} />
		</Panel>
	);
}

function NewestEvents() {
	const loaded = useLoad(() => api.events({ class: CLASSES, limit: NEWEST }), 'newest');
	const events = useWithFresh(loaded.data?.items ?? [], (event) => event.class !== 'record').slice(0, NEWEST);
	return (
		<Panel title={t('overview.events')} aside={<a href={href('events')}>{t('word.all')}</a>} class="newest">
			<Await from={loaded} rows={NEWEST}>
				{() => (events.length ? <EventList events={events} compact /> : <Empty>{t('overview.events.none')}</Empty>)}
			</Await>
		</Panel>
	);
}

export function Overview() {
	const info = useStore(node);
	const devices = useLoad(api.devices, 'devices', { every_ms: 3000 });
	if (!info) return <><PageHead title={t('nav.overview')} /><Skeleton rows={8} /></>;
	return (
		<>
			<PageHead title={labelOf(info.label, info.name)}
				above={[word('level', info.level), info.region, info.industry].filter(Boolean).join(' · ')}>
				<span class="mono faint">{info.prefix}</span>
			</PageHead>
			<IncidentStrip info={info} />
			<Tiles info={info} />
			<div class="columns">
				<div>
					<Panel title={t('overview.machines')} class="flush">
						<Await from={devices} rows={7}>{(data) => <DeviceTable devices={data.items} />}</Await>
					</Panel>
					<NewestEvents />
				</div>
				<div>
					<SentryPanel info={info} />
					<NodePanel info={info} />
				</div>
			</div>
		</>
	);
}
