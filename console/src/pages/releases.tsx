// SPDX-License-Identifier: Apache-2.0
// For the owner of the data: what every point is classed as and what of it may leave, and the
// log of what has left, with what was withheld beside it.
import { useState } from 'preact/hooks';
import { formatBytes, formatCount, formatDate, formatSpan, labelOf, nameOf } from '../format';
import { useLoad } from '../load';
import { useRank } from '../node_api';
import { Icon } from '../parts/icon';
import { Empty, Panel, Tabs } from '../parts/panel';
import { State, type Shape, type Tone } from '../parts/status';
import { TreeAwait, TreeHead, useCursor, When } from '../parts/tree';
import { href, replace, type PageProps } from '../router';
import { treeApi } from '../tree_api';
import type { DataClass, Datum, Withheld } from '../tree_types';
import { t, word } from '../words_tree';

const PAGE_SIZE = 100;
/** Points beyond this are found by the filter. */
const SHOWN = 500;
const CLASSES: readonly DataClass[] = ['core', 'important', 'general'];
const LOOKS: Record<DataClass, [Tone, Shape]> = { core: ['bad', 'square'], important: ['warn', 'triangle'], general: ['calm', 'dot'] };
const STREAMS = ['events', 'handling', 'health', 'indicators', 'counters', 'identifiers', 'assets', 'devices'];

function ClassMark({ name }: { name: DataClass }) {
	const [tone, shape] = LOOKS[name] ?? ['calm', 'ring'];
	return <State tone={tone} shape={shape} text={word('data.class', name)} />;
}

function Leaves({ one }: { one: Datum }) {
	const leaving = one.releases.filter((way) => way.what.length);
	if (one.class === 'core') return <State tone="good" shape="dot" text={t('data.leaves.never')} />;
	if (!leaving.length) return <span class="faint">{t('data.leaves.not')}</span>;
	return <ul class="plain">{leaving.map((way) => (
		<li key={way.parent}><b>{way.parent}</b>{t('word.colon')}{way.what.map((what) => word('data.what', what)).join(t('word.comma'))}
			{way.every > 0 && <span class="sub">{t('data.leaves.every', { span: formatSpan(way.every) })}</span>}</li>
	))}</ul>;
}

function Row({ one }: { one: Datum }) {
	return (
		<tr data-datum={one.point} data-class={one.class}>
			<td><a href={href('points', one.point)}>{labelOf(one.label, one.point)}</a>{one.unit && <span class="faint"> {one.unit}</span>}<span class="sub mono">{one.point}</span></td>
			<td data-label={t('data.class')}><ClassMark name={one.class} /></td>
			<td data-label={t('data.owner')}>{nameOf(one.owner) || <State tone="warn" shape="triangle" text={t('data.owner.none')} />}</td>
			<td class="right num" data-label={t('data.retention')}>{one.retention ? formatSpan(one.retention) : t('data.retention.ever')}</td>
			<td data-label={t('data.leaves')}><Leaves one={one} /></td>
		</tr>
	);
}

function Catalogue({ query }: { query: URLSearchParams }) {
	const loaded = useLoad(treeApi.catalogue, 'catalogue');
	const [filter, setFilter] = useState('');
	const chosen = query.get('class') ?? '';
	const matches = (one: Datum): boolean => `${one.point} ${one.label?.en ?? ''} ${one.label?.zh ?? ''} ${one.owner}`.toLowerCase().includes(filter.toLowerCase());
	return (
		<>
			<p class="faint intro">{t('data.text')}</p>
			<TreeAwait from={loaded} rows={12}>{({ items }) => {
				const rows = items.filter((one) => (!chosen || one.class === chosen) && matches(one))
					.sort((a, b) => CLASSES.indexOf(a.class) - CLASSES.indexOf(b.class));
				const chip = (name: string, text: string) => (
					<button key={name} type="button" class="chip" data-chip={name} aria-pressed={chosen === name} onClick={() => replace('releases', '', { class: name })}>{text}
						{' '}<span class="num faint">{formatCount(items.filter((one) => !name || one.class === name).length)}</span></button>
				);
				return (
					<>
						<div class="filters"><div class="chips" role="group" aria-label={t('data.class')}>{chip('', t('word.all'))}{CLASSES.map((name) => chip(name, word('data.class', name)))}</div>
							<label class="search"><Icon name="search" /><input type="search" data-filter aria-label={t('data.filter')} placeholder={t('data.filter')} value={filter}
								onInput={(e) => setFilter(e.currentTarget.value)} /></label></div>
						<section class="panel flush">
							{rows.length ? (
								<table class="table stack">
									<thead><tr><th>{t('word.point')}</th><th>{t('data.class')}</th><th>{t('data.owner')}</th><th class="right">{t('data.retention')}</th><th>{t('data.leaves')}</th></tr></thead>
									<tbody>{rows.slice(0, SHOWN).map((one) => <Row key={one.point} one={one} />)}</tbody>
								</table>
							) : <Empty>{t('data.none')}</Empty>}
							{rows.length > SHOWN && <p class="table-foot faint">{t('ident.prefixes.more', { n: formatCount(rows.length - SHOWN) })}</p>}
						</section>
					</>
				);
			}}</TreeAwait>
		</>
	);
}

function WithheldPanel({ rows }: { rows: Withheld[] }) {
	const most = Math.max(1, ...rows.map((one) => one.count));
	return (
		<Panel title={t('log.withheld')}>
			{rows.length ? <ul class="plain withheld">{rows.map((one) => (
				<li key={`${one.parent} ${one.stream} ${one.class}`} data-withheld={one.class}>
					<span>{one.text ?? word('withheld', one.class)}<span class="sub">{one.parent} · {word('stream', one.stream)}</span></span>
					<b class="num">{formatCount(one.count)}</b>
					<span class="use-bar" aria-hidden="true"><i style={{ width: `${100 * one.count / most}%` }} /></span></li>
			))}</ul> : <Empty>{t('log.withheld.none')}</Empty>}
		</Panel>
	);
}

/** The day by the reader's clock. */
function dayOf(day: string): { from?: string; to?: string } {
	if (!day) return {};
	const from = new Date(`${day}T00:00:00`);
	return { from: from.toISOString(), to: new Date(from.getFullYear(), from.getMonth(), from.getDate() + 1).toISOString() };
}

function Log({ query }: { query: URLSearchParams }) {
	const [parent, stream, day] = ['parent', 'stream', 'on'].map((name) => query.get(name) ?? '') as [string, string, string];
	const key = `${parent} ${stream} ${day}`;
	const { cursor, pager } = useCursor(key);
	const loaded = useLoad(() => treeApi.releases({ parent, stream, ...dayOf(day), limit: PAGE_SIZE, cursor }), `${key} ${cursor}`, { every_ms: 15_000 });
	const set = (next: Record<string, string>): void => replace('releases', 'log', { parent, stream, on: day, ...next });
	return (
		<>
			<p class="faint intro">{t('log.text')}</p>
			<div class="filters">
				<label for="log-parent">{t('log.parent')}<input id="log-parent" class="short" data-filter value={parent} onChange={(e) => set({ parent: e.currentTarget.value.trim() })} /></label>
				<label for="log-stream">{t('tree.stream')}<select id="log-stream" value={stream} onChange={(e) => set({ stream: e.currentTarget.value })}>
					<option value="">{t('word.all')}</option>{STREAMS.map((one) => <option key={one} value={one}>{word('stream', one)}</option>)}</select></label>
				<label for="log-day">{t('log.day')}<input id="log-day" type="date" max={formatDate(Date.now())} value={day} onChange={(e) => set({ on: e.currentTarget.value })} /></label>
			</div>
			<TreeAwait from={loaded} rows={10}>{({ items, withheld, next }) => (
				<div class="columns">
					<section class="panel flush">
						{items.length ? (
							<table class="table stack">
								<thead><tr><th>{t('word.time')}</th><th>{t('log.parent')}</th><th>{t('tree.stream')}</th><th class="right">{t('log.sequence')}</th><th>{t('log.what')}</th>
									<th class="right">{t('word.bytes')}</th></tr></thead>
								<tbody>{items.map((one) => (
									<tr key={`${one.parent} ${one.stream} ${one.sequence}`} data-release={one.sequence}>
										<td><When time={one.time} /></td><td data-label={t('log.parent')}>{one.parent}</td>
										<td data-label={t('tree.stream')}>{word('stream', one.stream)}</td><td class="right num" data-label={t('log.sequence')}>{one.sequence}</td>
										<td class="wrap" data-label={t('log.what')}>{one.what}</td><td class="right num nowrap" data-label={t('word.bytes')}>{formatBytes(one.bytes)}</td>
									</tr>
								))}</tbody>
							</table>
						) : <Empty>{t('log.none')}</Empty>}
						{pager(next)}
					</section>
					<WithheldPanel rows={withheld} />
				</div>
			)}</TreeAwait>
		</>
	);
}

export function Releases({ route }: PageProps) {
	const may = useRank()('engineer');
	const log = route.arg === 'log';
	return (
		<>
			<TreeHead title={t('nav.releases')} />
			<Tabs label={t('nav.releases')} items={[{ href: href('releases'), text: t('data.tab.catalogue'), here: !log }, { href: href('releases', 'log'), text: t('data.tab.log'), here: log }]} />
			{!may ? <section class="panel"><Empty>{t('word.engineer')}</Empty></section> : log ? <Log query={route.query} /> : <Catalogue query={route.query} />}
		</>
	);
}
