// SPDX-License-Identifier: Apache-2.0
// Prefixes with their limits and how much of each is used.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { api } from '../api';
import { formatCount } from '../format';
import { t } from '../i18n';
import { useLoad } from '../load';
import { useRank } from '../node_api';
import { ApplicationMark } from '../parts/application';
import { Confirm } from '../parts/confirm';
import { DayBars, monthOf } from '../parts/daybars';
import { LimitFields, Use } from '../parts/limits';
import { Await, Empty, Facts, PageHead, Panel } from '../parts/panel';
import { RegisterTabs } from '../parts/register_tabs';
import { State } from '../parts/status';
import { href, type PageProps } from '../router';
import type { PrefixUse } from '../types';

const PAGE_SIZE = 100;

function Row({ one }: { one: PrefixUse }) {
	return (
		<tr data-prefix-row={one.prefix}>
			<td data-label={t('overview.prefix')}><a class="mono" href={href('prefixes', one.prefix)}>{one.prefix}</a></td>
			<td class="wrap" data-label={t('office.organisation')}>{one.organisation || <span class="faint">{t('prefixes.own')}</span>}</td>
			<td data-label={t('word.state')}>{one.state ? <ApplicationMark state={one.state} /> : <State tone="good" shape="dot" text={t('prefixes.own.state')} />}</td>
			<td class="right" data-label={t('limit.names')}><Use used={one.registered} limit={one.limits.names} /></td>
			<td class="right" data-label={t('limit.names_per_day')}><Use used={one.today.registered} limit={one.limits.names_per_day} /></td>
			<td class="right" data-label={t('limit.requests_per_day')}><Use used={one.today.requests} limit={one.limits.requests_per_day} /></td>
		</tr>
	);
}

function List() {
	const [from, setFrom] = useState(0);
	const loaded = useLoad(() => api.prefixes(from, PAGE_SIZE), `prefixes ${from}`, { every_ms: 30_000 });
	const total = loaded.data?.total ?? 0;
	return (
		<section class="panel flush">
			<Await from={loaded} rows={8}>{({ items }) => (items.length ? (
				<table class="table stack">
					<thead><tr><th>{t('overview.prefix')}</th><th>{t('office.organisation')}</th><th>{t('word.state')}</th>
						<th class="right">{t('limit.names')}</th><th class="right">{t('limit.names_per_day')}</th><th class="right">{t('limit.requests_per_day')}</th></tr></thead>
					<tbody>{items.map((one) => <Row key={one.prefix} one={one} />)}</tbody>
				</table>
			) : <Empty>{t('ratio.none')}</Empty>)}</Await>
			{total > PAGE_SIZE && <div class="pager">
				<button type="button" disabled={from === 0} onClick={() => setFrom(Math.max(0, from - PAGE_SIZE))}>{t('ident.previous')}</button>
				<span class="num">{t('word.from', { a: from + 1, b: Math.min(total, from + PAGE_SIZE) })} / {formatCount(total)}</span>
				<button type="button" disabled={from + PAGE_SIZE >= total} onClick={() => setFrom(from + PAGE_SIZE)}>{t('ident.next')}</button>
			</div>}
		</section>
	);
}

function LimitsDialog({ one, onClose, onDone }: { one: PrefixUse; onClose: () => void; onDone: () => void }) {
	const [limits, setLimits] = useState(one.limits);
	return (
		<Confirm title={t('limit.title', { prefix: one.prefix })} act={t('users.save')} work={() => api.setLimits(one.prefix, limits)} onClose={onClose} onDone={onDone}>
			<p class="faint">{t('limit.text')}</p>
			<LimitFields limits={limits} onLimits={setLimits} />
		</Confirm>
	);
}

function Detail({ one, onDone }: { one: PrefixUse; onDone: () => void }) {
	const may = useRank()('engineer');
	const [asking, setAsking] = useState(false);
	return (
		<>
			<PageHead title={<span class="mono">{one.prefix}</span>} above={<a href={href('prefixes')}>{t('ident.tab.prefixes')}</a>}>
				{one.state && <ApplicationMark state={one.state} />}
				{may && one.application !== undefined && <button type="button" data-limits onClick={() => setAsking(true)}>{t('limit.change')}</button>}
			</PageHead>
			<div class="columns">
				<div>
					<Panel title={t('ratio.days')}><DayBars days={monthOf(one)} /></Panel>
				</div>
				<div>
					<Panel title={t('prefixes.use')}>
						<Facts rows={[
							[t('limit.names'), <Use used={one.registered} limit={one.limits.names} />],
							[t('limit.names_per_day'), <Use used={one.today.registered} limit={one.limits.names_per_day} />],
							[t('limit.requests_per_day'), <Use used={one.today.requests} limit={one.limits.requests_per_day} />],
						]} />
					</Panel>
					<Panel title={t('record.about')}>
						<Facts rows={[
							[t('office.organisation'), one.organisation || t('prefixes.own')],
							[t('office.node'), t(one.delegated ? 'prefixes.delegated' : 'office.node.here')],
							[t('ratio.title'), <a href={href('ratio', '', { prefix: one.prefix })}>{t('word.open')}</a>],
							[t('ident.tab.names'), <a href={href('identifiers', '', { prefix: one.prefix })}>{t('ident.total', { n: formatCount(one.registered) })}</a>],
							...(one.application !== undefined ? [[t('office.trail'), <a href={href('office', String(one.application))}>{t('office.application', { n: one.application })}</a>] as [string, ComponentChildren]] : []),
						]} />
					</Panel>
				</div>
			</div>
			{asking && <LimitsDialog one={one} onClose={() => setAsking(false)} onDone={() => {
				setAsking(false);
				onDone();
			}} />}
		</>
	);
}

function PrefixPage({ prefix }: { prefix: string }) {
	const loaded = useLoad(() => api.prefix(prefix), prefix);
	return <Await from={loaded} rows={10}>{(one) => <Detail one={one} onDone={loaded.reload} />}</Await>;
}

export function Prefixes({ route }: PageProps) {
	if (route.arg) return <PrefixPage key={route.arg} prefix={route.arg} />;
	return <><PageHead title={t('ident.tab.prefixes')} /><RegisterTabs /><p class="faint intro">{t('prefixes.text')}</p><List /></>;
}
