// SPDX-License-Identifier: Apache-2.0
// The log of the node with its filters, and the list of incidents.
import { useState } from 'preact/hooks';
import { api, type EventFilter } from '../api';
import { formatCount, formatWhen } from '../format';
import { t, word } from '../i18n';
import { node } from '../live';
import { useLoad } from '../load';
import { EventList, useWithFresh } from '../parts/events';
import { Await, Empty, PageHead, Tabs } from '../parts/panel';
import { State } from '../parts/status';
import { href, replace, type Route, type PageProps } from '../router';
import { useStore } from '../store';
import type { EventClass, Incident, NodeEvent, Severity } from '../types';

const CLASSES: EventClass[] = ['alert', 'alarm', 'command', 'record', 'access', 'life'];
const SEVERITIES: Severity[] = ['info', 'notice', 'warning', 'alarm', 'critical'];
const PAGE = 100;

interface Wanted { class: string; severity: string; point: string }

const wantedOf = ({ query }: Route): Wanted => ({
	class: query.get('class') ?? '', severity: query.get('severity') ?? '', point: query.get('point') ?? '',
});

const passes = (wanted: Wanted) => (event: NodeEvent): boolean =>
	(!wanted.class || wanted.class.split(',').includes(event.class))
	&& (!wanted.severity || SEVERITIES.indexOf(event.severity) >= SEVERITIES.indexOf(wanted.severity as Severity))
	&& (!wanted.point || event.point === wanted.point);

function ClassChips({ wanted, set }: { wanted: Wanted; set: (next: Partial<Wanted>) => void }) {
	const chosen = new Set(wanted.class.split(',').filter(Boolean));
	const toggle = (name: string): void => {
		if (!chosen.delete(name)) chosen.add(name);
		set({ class: CLASSES.filter((c) => chosen.has(c)).join(',') });
	};
	return (
		<div class="chips" role="group" aria-label={t('events.class')}>
			{CLASSES.map((name) => (
				<button key={name} type="button" class="chip" aria-pressed={chosen.has(name)}
					onClick={() => toggle(name)}>{word('class', name)}</button>
			))}
		</div>
	);
}

function Filters({ wanted }: { wanted: Wanted }) {
	const set = (next: Partial<Wanted>): void => replace('events', '', { ...wanted, ...next });
	return (
		<div class="filters">
			<ClassChips wanted={wanted} set={set} />
			<label>{t('events.severity')}
				<select value={wanted.severity} onChange={(e) => set({ severity: e.currentTarget.value })}>
					<option value="">{t('word.all')}</option>
					{SEVERITIES.slice(1).map((name) => <option key={name} value={name}>{word('severity', name)}</option>)}
				</select>
			</label>
			<label>{t('events.point')}
				<input type="search" data-filter class="mono" placeholder={t('events.point.hint')} value={wanted.point}
					onChange={(e) => set({ point: e.currentTarget.value.trim() })} />
			</label>
		</div>
	);
}

/** Older pages are kept while the filter stays as it is. */
function Older({ filter, before }: { filter: EventFilter; before: number }) {
	const [asked, setAsked] = useState(false);
	if (!asked) {
		return <div class="pager"><button type="button" onClick={() => setAsked(true)}>{t('word.older')}</button></div>;
	}
	return <OlderPage filter={filter} before={before} />;
}

function OlderPage({ filter, before }: { filter: EventFilter; before: number }) {
	const loaded = useLoad(() => api.events({ ...filter, before }), `${JSON.stringify(filter)} ${before}`);
	return (
		<Await from={loaded} rows={6}>{(page) => (
			<>
				<EventList events={page.items} />
				{page.next_before ? <Older key={page.next_before} filter={filter} before={page.next_before} />
					: <p class="empty">{t('events.end')}</p>}
			</>
		)}</Await>
	);
}

function Log({ wanted }: { wanted: Wanted }) {
	const filter: EventFilter = { ...wanted, limit: PAGE };
	const key = JSON.stringify(filter);
	const loaded = useLoad(() => api.events(filter), key);
	const events = useWithFresh(loaded.data?.items ?? [], passes(wanted));
	return (
		<section class="panel flush">
			<Await from={loaded} rows={14}>{(page) => (
				<>
					{events.length ? <EventList events={events} /> : <Empty>{t('events.none')}</Empty>}
					{page.next_before && <Older key={key} filter={filter} before={page.next_before} />}
				</>
			)}</Await>
		</section>
	);
}

function IncidentRow({ one }: { one: Incident }) {
	return (
		<tr>
			<td class="num" data-label="#"><a href={href('incidents', String(one.id))}>{one.id}</a></td>
			<td class="nowrap" data-label={t('word.state')}>
				<State tone={one.open ? 'bad' : 'calm'} shape={one.open ? 'diamond' : 'ring'}
					text={t(one.open ? 'incident.open' : 'incident.closed')} /></td>
			<td class="num nowrap" data-label={t('word.time')}>{formatWhen(one.first_ms)}</td>
			<td class="nowrap" data-label={t('word.type')}>{word('incident', one.kind)}</td>
			<td data-label={t('events.what')}><a href={href('incidents', String(one.id))}>{one.text}</a></td>
			<td class="right num" data-label={t('incident.messages')}>{formatCount(one.count)}</td>
		</tr>
	);
}

function Incidents() {
	const count = useStore(node)?.counts.incidents ?? 0;
	const loaded = useLoad(() => api.incidents(200), 'incidents', { version: count });
	return (
		<section class="panel flush">
			<Await from={loaded} rows={6}>{({ items }) => (items.length ? (
				<table class="table stack">
					<thead>
						<tr><th>#</th><th>{t('word.state')}</th><th>{t('word.time')}</th><th>{t('word.type')}</th>
							<th>{t('events.what')}</th><th class="right">{t('incident.messages')}</th></tr>
					</thead>
					<tbody>{items.map((one) => <IncidentRow key={one.id} one={one} />)}</tbody>
				</table>
			) : <Empty>{t('events.incidents.none')}</Empty>)}</Await>
		</section>
	);
}

export function Events({ route }: PageProps) {
	const list = route.page === 'incidents';
	const open = useStore(node)?.counts.incidents_open;
	return (
		<>
			<PageHead title={t('events.title')}>{!list && <span class="faint">{t('events.live')}</span>}</PageHead>
			<Tabs label={t('events.title')} items={[
				{ href: href('events'), text: t('events.log'), here: !list },
				{ href: href('incidents'), text: t('events.incidents'), here: list, count: open || undefined },
			]} />
			{list ? <Incidents /> : <><Filters wanted={wantedOf(route)} /><Log wanted={wantedOf(route)} /></>}
		</>
	);
}
