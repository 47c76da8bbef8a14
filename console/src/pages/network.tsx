// SPDX-License-Identifier: Apache-2.0
// The control network as it was seen: who is there, who talks, what is held to be normal.
import { useState } from 'preact/hooks';
import { api, type Problem } from '../api';
import { formatBytes, formatCount, formatWhen } from '../format';
import { t } from '../i18n';
import { asProblem, useLoad } from '../load';
import { Await, Empty, PageHead, Tabs } from '../parts/panel';
import { ProblemBox } from '../parts/problem';
import { State } from '../parts/status';
import { href, type PageProps } from '../router';
import type { Asset, BaselineRow, Conversation } from '../types';

const EVERY_MS = 5000;

interface ApprovalProps { approved: boolean; observed: string; change: (approved: boolean) => Promise<unknown>; reload: () => void }

function Approval({ approved, observed, change, reload }: ApprovalProps) {
	const [problem, setProblem] = useState<Problem>();
	const [busy, setBusy] = useState(false);
	const press = async (): Promise<void> => {
		setBusy(true);
		setProblem(undefined);
		await change(!approved).then(reload, (error) => setProblem(asProblem(error)));
		setBusy(false);
	};
	return (
		<span class="approval">
			{approved ? <State tone="good" shape="dot" text={t('word.approved')} />
				: <State tone="warn" shape="ring" text={observed} />}
			<button type="button" class={approved ? 'small quiet' : 'small'} disabled={busy}
				onClick={() => void press()}>{t(approved ? 'word.withdraw' : 'word.approve')}</button>
			{problem && <ProblemBox problem={problem} />}
		</span>
	);
}

const rolesOf = (a: Asset): string =>
	[a.is_client && t('network.client'), a.is_server && t('network.server')].filter(Boolean).join(' + ');

function Assets() {
	const loaded = useLoad(api.assets, 'assets', { every_ms: EVERY_MS });
	return (
		<Await from={loaded} rows={8}>{({ items }) => (items.length ? (
			<table class="table stack">
				<thead>
					<tr>
						<th>{t('word.address')}</th><th>MAC</th><th>{t('network.role')}</th><th>{t('network.product')}</th>
						<th class="right">{t('network.traffic')}</th><th>{t('word.last')}</th><th>{t('word.state')}</th>
					</tr>
				</thead>
				<tbody>{items.map((a) => (
					<tr key={a.ip}>
						<td data-label={t('word.address')}><b class="mono">{a.ip}</b>
							{a.device && <span class="sub"><a href={href('points', '', { q: a.device })}>{a.device}</a></span>}</td>
						<td class="mono faint" data-label="MAC">{a.mac}</td>
						<td data-label={t('network.role')}>{rolesOf(a)}</td>
						<td data-label={t('network.product')}>
							{[a.vendor, a.product, a.revision].filter(Boolean).join(' ') || <span class="faint">–</span>}</td>
						<td class="right num nowrap" data-label={t('network.traffic')}>
							{formatCount(a.packets)}<span class="sub">{formatBytes(a.bytes)}</span></td>
						<td class="num nowrap" data-label={t('word.last')}>{formatWhen(a.last_ms)}</td>
						<td data-label={t('word.state')}>
							<Approval approved={a.approved} observed={t('word.observed')} reload={loaded.reload}
								change={(approved) => api.approveAsset(a.ip, approved)} /></td>
					</tr>
				))}</tbody>
			</table>
		) : <Empty>{t('network.empty')}</Empty>)}</Await>
	);
}

const keyOf = (c: Conversation): string => `${c.client} ${c.server} ${c.port}`;

function Fault({ n }: { n: number }) {
	return <span class={n ? 'bad-text' : 'faint'}>{formatCount(n)}</span>;
}

function Conversations() {
	const loaded = useLoad(api.conversations, 'conversations', { every_ms: EVERY_MS });
	return (
		<Await from={loaded} rows={8}>{({ items }) => (items.length ? (
			<table class="table stack">
				<thead>
					<tr>
						<th>{t('word.client')}</th><th>{t('word.server')}</th>
						<th class="right">{t('network.requests')}</th><th class="right">{t('network.replies')}</th>
						<th class="right">{t('network.exceptions')}</th><th class="right">{t('network.malformed')}</th>
						<th class="right">{t('word.bytes')}</th><th>{t('word.first')}</th><th>{t('word.last')}</th>
					</tr>
				</thead>
				<tbody>{items.map((c) => (
					<tr key={keyOf(c)}>
						<td class="mono" data-label={t('word.client')}>{c.client}</td>
						<td class="mono" data-label={t('word.server')}>{c.server}<span class="faint">:{c.port}</span></td>
						<td class="right num" data-label={t('network.requests')}>{formatCount(c.requests)}</td>
						<td class="right num" data-label={t('network.replies')}>{formatCount(c.replies)}</td>
						<td class="right num" data-label={t('network.exceptions')}><Fault n={c.exceptions} /></td>
						<td class="right num" data-label={t('network.malformed')}><Fault n={c.malformed} /></td>
						<td class="right num nowrap" data-label={t('word.bytes')}>{formatBytes(c.bytes)}</td>
						<td class="num nowrap" data-label={t('word.first')}>{formatWhen(c.first_ms)}</td>
						<td class="num nowrap" data-label={t('word.last')}>{formatWhen(c.last_ms)}</td>
					</tr>
				))}</tbody>
			</table>
		) : <Empty>{t('network.empty')}</Empty>)}</Await>
	);
}

function rowKey({ client, server, unit, function: code, from, to }: BaselineRow) {
	return { client, server, unit, function: code, from, to };
}

function Baseline() {
	const loaded = useLoad(api.baseline, 'baseline', { every_ms: EVERY_MS });
	return (
		<Await from={loaded} rows={8}>{({ items }) => (items.length ? (
			<table class="table stack">
				<thead>
					<tr>
						<th>{t('word.client')}</th><th>{t('word.server')}</th><th>{t('word.function')}</th>
						<th class="right">{t('word.addresses')}</th><th class="right">{t('word.count')}</th>
						<th>{t('word.last')}</th><th>{t('word.state')}</th>
					</tr>
				</thead>
				<tbody>{items.map((row) => (
					<tr key={JSON.stringify(rowKey(row))}>
						<td class="mono" data-label={t('word.client')}>{row.client}</td>
						<td class="mono" data-label={t('word.server')}>{row.server}<span class="faint"> / {row.unit}</span></td>
						<td data-label={t('word.function')}><span class="num">{row.function}</span> {row.function_name}</td>
						<td class="right num nowrap" data-label={t('word.addresses')}>{row.from} – {row.to}</td>
						<td class="right num" data-label={t('word.count')}>{formatCount(row.count)}</td>
						<td class="num nowrap" data-label={t('word.last')}>{formatWhen(row.last_ms)}</td>
						<td data-label={t('word.state')}>
							<Approval approved={row.approved} observed={t('word.learned')} reload={loaded.reload}
								change={(approved) => api.approveRow(rowKey(row), approved)} /></td>
					</tr>
				))}</tbody>
			</table>
		) : <Empty>{t('network.empty')}</Empty>)}</Await>
	);
}

const VIEWS = { assets: Assets, conversations: Conversations, baseline: Baseline };
type View = keyof typeof VIEWS;

export function Network({ route }: PageProps) {
	const here = (route.arg in VIEWS ? route.arg : 'assets') as View;
	const Shown = VIEWS[here];
	return (
		<>
			<PageHead title={t('nav.network')} />
			<Tabs label={t('nav.network')} items={(Object.keys(VIEWS) as View[]).map((view) => ({
				href: href('network', view), text: t(`network.${view}`), here: view === here }))} />
			<p class="faint intro">{t(`network.${here}.text`)}</p>
			<section class="panel flush"><Shown /></section>
		</>
	);
}
