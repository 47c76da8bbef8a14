// SPDX-License-Identifier: Apache-2.0
// The place of this node in its tree: whom it reports to, who reports to it, which entities
// do. Members and refusals are behind tabs.
import type { ComponentChildren } from 'preact';
import { api } from '../api';
import { formatBytes, formatCount, formatSpan, labelOf } from '../format';
import { useLoad } from '../load';
import { useOffers, useTree } from '../node_api';
import { Census } from '../parts/census';
import { Members, Refusals } from '../parts/members';
import { Empty, Facts, Panel, Tabs } from '../parts/panel';
import { State } from '../parts/status';
import { Ago, ChildMark, ENTITIES, EntityMark, msOf, ParentMark, TreeAwait, TreeHead, useCursor, useText, When } from '../parts/tree';
import { href, type PageProps } from '../router';
import type { Child, Entity, EntityState, Parent, SentStream, Tree } from '../tree_types';
import { t, word } from '../words_tree';

const EVERY_MS = 5000;
const DAY_MS = 86_400_000;
/** A certificate is renewed by itself when a third of its time is left; later than this it is not. */
const SOON_DAYS = 14;

const spanSince = (time: string): string => formatSpan((Date.now() - Date.parse(time)) / 1000);

function Withheld({ counts }: { counts: Record<string, number> }) {
	const rows = Object.entries(counts).filter(([, n]) => n > 0);
	if (!rows.length) return <span class="faint">0</span>;
	return <ul class="plain">{rows.map(([kind, n]) => <li key={kind}><span class="num">{formatCount(n)}</span> <span class="faint">{word('withheld', kind)}</span></li>)}</ul>;
}

function Backlog({ items, bytes, oldest }: { items: number; bytes: number | undefined; oldest: string | null }) {
	if (!items) return <span class="faint">{t('tree.backlog.none')}</span>;
	return (
		<span class="num">{formatCount(items)}
			<span class="sub">{[bytes !== undefined && formatBytes(bytes), oldest && t('tree.backlog.oldest', { span: spanSince(oldest) })].filter(Boolean).join(' · ')}</span></span>
	);
}

function SentRow({ one }: { one: SentStream }) {
	return (
		<tr data-stream={one.stream}>
			<td>{word('stream', one.stream)}</td>
			<td class="right num" data-label={t('tree.sent')}>{formatCount(one.last)}</td>
			<td class="right num" data-label={t('tree.held')}>{formatCount(one.held)}</td>
			<td class="right" data-label={t('tree.unsent')}><Backlog items={one.unsent_items} bytes={one.unsent_bytes} oldest={one.oldest_unsent} /></td>
			<td data-label={t('tree.withheld')}><Withheld counts={one.withheld} /></td>
		</tr>
	);
}

function ParentPanel({ one }: { one: Parent }) {
	return (
		<section class="panel flush" data-parent={one.name}>
			<header class="panel-head"><h2>{one.name} <span class="mono faint">{one.ident}</span></h2>
				<span class="link-facts"><ParentMark state={one.state} /><span class="faint mono">{one.address}</span>
					<span class="faint">{t('tree.beat')} <Ago time={one.last_beat} /></span></span></header>
			{one.reason && one.state !== 'up' && <p class="link-reason bad-text">{one.reason}</p>}
			<table class="table stack sent">
				<thead><tr><th>{t('tree.stream')}</th><th class="right">{t('tree.sent')}</th><th class="right">{t('tree.held')}</th>
					<th class="right">{t('tree.unsent')}</th><th>{t('tree.withheld')}</th></tr></thead>
				<tbody>{one.streams.map((stream) => <SentRow key={stream.stream} one={stream} />)}</tbody>
			</table>
		</section>
	);
}

function Certificate({ of }: { of: Child['certificate'] }) {
	const until = msOf(of?.valid_until);
	if (until === undefined) return <span class="faint">{t('tree.certificate.none')}</span>;
	const days = Math.floor((until - Date.now()) / DAY_MS);
	const worn = days < 0 ? <State tone="bad" shape="square" text={t('tree.certificate.over')} />
		: days < SOON_DAYS ? <State tone="warn" shape="triangle" text={t('tree.certificate.soon', { n: days })} /> : null;
	return <span class="certificate" title={of?.serial ?? of?.fingerprint}><When time={of?.valid_until} />{worn}</span>;
}

function ChildRow({ one }: { one: Child }) {
	return (
		<tr data-child={one.ident}>
			<td class="wrap"><b>{labelOf(one.label, one.name)}</b>{one.name !== one.ident && <span class="sub mono">{one.ident}</span>}</td>
			<td data-label={t('word.state')}><ChildMark state={one.state} />{one.since && <span class="sub">{t('word.ago', { span: spanSince(one.since) })}</span>}</td>
			<td data-label={t('tree.level')}>{one.level ? word('level', one.level) : <span class="faint">–</span>}<span class="sub mono">{[one.entity, one.industry].filter(Boolean).join(' · ')}</span></td>
			<td data-label={t('tree.beat')}><Ago time={one.last_beat} /><span class="sub mono">{one.address}</span></td>
			<td class="right" data-label={t('tree.backlog')}><Backlog items={one.backlog_items} bytes={one.backlog_bytes} oldest={one.oldest_unsent} /></td>
			<td class="right num" data-label={t('tree.refused')}>{one.refusals
				? <a class="bad-text" href={href('tree', 'refusals', { child: one.ident })}>{formatCount(one.refusals)}</a> : <span class="faint">0</span>}</td>
			<td data-label={t('tree.certificate')}><Certificate of={one.certificate} /></td>
		</tr>
	);
}

/** What needs a look stands first. */
const WORST = ['down', 'late', 'never', 'up', 'revoked'];
const byNeed = (a: Child, b: Child): number => WORST.indexOf(a.state) - WORST.indexOf(b.state) || a.ident.localeCompare(b.ident);

function Children({ tree, pager }: { tree: Tree; pager: ComponentChildren }) {
	const up = tree.children.filter((one) => one.state === 'up').length;
	return (
		<Panel title={t('tree.children')} class="flush" aside={tree.children.length > 0 &&
			<span class="faint num">{t('tree.children.count', { up, n: tree.children.length })}</span>}>
			{tree.children.length ? (
				<table class="table stack">
					<thead><tr><th>{t('word.name')}</th><th>{t('word.state')}</th><th>{t('tree.level')}</th><th>{t('tree.beat')}</th>
						<th class="right">{t('tree.backlog')}</th><th class="right">{t('tree.refused')}</th><th>{t('tree.certificate')}</th></tr></thead>
					<tbody>{[...tree.children].sort(byNeed).map((one) => <ChildRow key={one.ident} one={one} />)}</tbody>
				</table>
			) : <Empty>{t(tree.listens === false ? 'tree.children.no' : 'tree.children.none')}</Empty>}
			{pager}
		</Panel>
	);
}

/** A cell has its state by edge, shape and word; the list is read aloud in the same order. */
function Cell({ one }: { one: Entity }) {
	const name = useText()(one.name, one.code);
	const nodes = t('tree.entities.nodes', { n: one.children });
	return (
		<li class={`cell tone-${ENTITIES[one.state][0]}`} data-entity={one.code} data-state={one.state}
			title={t('tree.entity.one', { name, code: one.code, state: word('entity', one.state), nodes })}>
			<span class="cell-code num">{one.code}</span>
			<b>{name}</b>
			<EntityMark state={one.state} />
			{one.children > 1 && <span class="cell-nodes faint num">{nodes}</span>}
		</li>
	);
}

function Entities({ entities }: { entities: Entity[] }) {
	const order: EntityState[] = ['reporting', 'late', 'silent', 'none'];
	const count = (state: EntityState): number => entities.filter((one) => one.state === state).length;
	return (
		<Panel title={t('tree.entities')} aside={<ul class="legend-states plain">{order.map((state) =>
			<li key={state} data-legend={state}><EntityMark state={state} /> <b class="num">{count(state)}</b></li>)}</ul>}>
			<p class="faint small-text">{t('tree.entities.text')}</p>
			{entities.length ? <ol class="cells">{entities.map((one) => <Cell key={one.code} one={one} />)}</ol> : <Empty>{t('tree.entities.none')}</Empty>}
		</Panel>
	);
}

function Nodes() {
	const text = useText();
	const { cursor, pager } = useCursor('tree');
	const loaded = useLoad(() => api.tree(cursor), `tree ${cursor}`, { every_ms: EVERY_MS });
	return (
		<TreeAwait from={loaded} rows={12}>{(tree) => (
			<>
				<Panel><Facts rows={[
					[t('word.name'), <><b>{text(tree.node.label, tree.node.name)}</b> <span class="mono faint">{tree.node.ident}</span></>],
					[t('tree.level'), [word('level', tree.node.level), tree.node.region, tree.node.industry].filter(Boolean).join(' · ')],
					...(tree.node.entity ? [[t('tree.entity'), tree.node.entity] as [string, string]] : []),
				]} /></Panel>
				<h2 class="section">{t('tree.parents')}</h2>
				{tree.parents.length ? tree.parents.map((one) => <ParentPanel key={one.name} one={one} />)
					: <section class="panel"><Empty>{t('tree.parents.none')}</Empty></section>}
				<Children tree={tree} pager={pager(tree.next)} />
				{(tree.children.length > 0 || tree.listens) && tree.entities.length > 0 && <Entities entities={tree.entities} />}
			</>
		)}</TreeAwait>
	);
}

const VIEWS = { '': Nodes, devices: Census, members: Members, refusals: Refusals };

export function TreePage({ route }: PageProps) {
	const tree = useTree();
	const here = (route.arg in VIEWS ? route.arg : '') as keyof typeof VIEWS;
	const Shown = VIEWS[here];
	const tab = (to: keyof typeof VIEWS, text: string) => ({ href: href('tree', to), text, here: here === to });
	const census = useOffers('/api/v1/census');
	const parent = tree && (tree.children.length > 0 || tree.listens !== false);
	return (
		<>
			<TreeHead title={t('nav.tree')} />
			{(parent || census || here !== '') && <Tabs label={t('nav.tree')} items={[tab('', t('tree.tab.nodes')),
				...(census ? [tab('devices', t('tree.tab.devices'))] : []),
				...(parent || here !== '' ? [tab('members', t('tree.tab.members')), tab('refusals', t('tree.tab.refusals'))] : [])]} />}
			<Shown route={route} />
		</>
	);
}
