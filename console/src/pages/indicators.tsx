// SPDX-License-Identifier: Apache-2.0
// Figures in groups of one meaning: definition, version, scope and period. There is no total:
// what is added is added by the node, part by part. Published figures and declaring are apart.
import { formatDate, formatPlain } from '../format';
import { groupsOf, periodText } from '../figures';
import { useLoad } from '../load';
import { useOffers, useRank } from '../node_api';
import { Declare } from '../parts/declare';
import { figureHref, goalText, OriginMark, unitText, useScopeText, Value } from '../parts/figure';
import { Choice, Empty, Tabs } from '../parts/panel';
import { Coverage, Reporting, TreeAwait, TreeHead, useCursor, useText, When } from '../parts/tree';
import { href, replace, type PageProps } from '../router';
import { treeApi, type FigureFilter } from '../tree_api';
import type { Definition, Figure, Published } from '../tree_types';
import { t, word } from '../words_tree';

const PAGE_SIZE = 200;
const REFRESH_MS = 30_000;

/** The end of a day by the reader's clock. */
function endOf(day: string): string | undefined {
	const [year, month, date] = day.split('-').map(Number);
	const end = new Date(year ?? NaN, (month ?? NaN) - 1, (date ?? NaN) + 1);
	return Number.isNaN(end.getTime()) ? undefined : end.toISOString();
}

interface Wanted { definition: string; scope: string; period: string; entity: string; on: string; when: string }
const NAMES = ['definition', 'scope', 'period', 'entity', 'on', 'when'] as const;
const wantedOf = (query: URLSearchParams): Wanted =>
	Object.fromEntries(NAMES.map((name) => [name, query.get(name) ?? ''])) as unknown as Wanted;

function filterOf({ definition, scope, period, entity, on, when }: Wanted): FigureFilter {
	return { definition, scope, period, entity, as_of: endOf(on), latest: when === 'all' ? undefined : '1', limit: PAGE_SIZE };
}

const unique = (texts: readonly string[]): string[] => [...new Set(texts)];

function Select({ id, label, value, options, onPick }:
{ id: string; label: string; value: string; options: readonly (readonly [string, string])[]; onPick: (value: string) => void }) {
	const known = !value || options.some(([key]) => key === value);
	return (
		<label for={id}>{label}
			<select id={id} value={value} onChange={(e) => onPick(e.currentTarget.value)}>
				<option value="">{t('word.all')}</option>
				{!known && <option value={value}>{value}</option>}
				{options.map(([key, text]) => <option key={key} value={key}>{text}</option>)}
			</select></label>
	);
}

function Filters({ wanted, definitions, set }: { wanted: Wanted; definitions: readonly Definition[]; set: (next: Partial<Wanted>) => void }) {
	const text = useText();
	const chosen = definitions.filter((one) => !wanted.definition || one.id === wanted.definition);
	const scopes = new Map(chosen.flatMap((one) => one.scopes.map((scope) => [scope.id, text(scope.name, scope.id)] as const)));
	return (
		<div class="filters">
			<Select id="figure-definition" label={t('figure.definition')} value={wanted.definition} onPick={(definition) => set({ definition, scope: '', period: '' })}
				options={[...new Map(definitions.map((one) => [one.id, text(one.name, one.id)]))]} />
			<Select id="figure-scope" label={t('figure.scope')} value={wanted.scope} onPick={(scope) => set({ scope })} options={[...scopes]} />
			<Select id="figure-period" label={t('figure.period')} value={wanted.period} onPick={(period) => set({ period })}
				options={unique(chosen.flatMap((one) => one.periods)).map((one) => [one, word('period', one)])} />
			<label for="figure-entity">{t('figure.entity')}
				<input id="figure-entity" class="mono short" data-filter autocapitalize="none" spellcheck={false} value={wanted.entity}
					onChange={(e) => set({ entity: e.currentTarget.value.trim() })} /></label>
			<label for="figure-on">{t('figure.asof')}
				<input id="figure-on" type="date" max={formatDate(Date.now())} value={wanted.on} onChange={(e) => set({ on: e.currentTarget.value })} /></label>
			<Choice label={t('figure.when')} value={wanted.when === 'all' ? 'all' : ''} onChange={(when) => set({ when })}
				options={[['', t('figure.when.latest')], ['all', t('figure.when.all')]]} />
		</div>
	);
}

function Row({ one }: { one: Figure }) {
	return (
		<tr data-figure-row={one.id}>
			<td><a class="mono" href={figureHref(one.id)}>{one.entity}</a></td>
			<td class="num" data-label={t('figure.period')}><a href={figureHref(one.id)}>{periodText(one.period, one.from, one.to)}</a></td>
			<td class="right" data-label={t('figure.value')}><Value value={one.value} unit={one.unit} lack={one.lack} /></td>
			<td data-label={t('figure.coverage')}><Coverage share={one.coverage} /></td>
			<td class="right" data-label={t('figure.reporting')}><Reporting reporting={one.reporting} expected={one.expected} /></td>
			<td data-label={t('figure.origin')}><OriginMark one={one} /></td>
			<td class="right num" data-label={t('figure.revision')}>{one.revision}</td>
			<td class="right" data-label={t('figure.issued')}><When time={one.issued} /></td>
		</tr>
	);
}

function Group({ figures, scopeText }: { figures: Figure[]; scopeText: (definition: string, scope: string) => string }) {
	const text = useText();
	const one = figures[0]!;
	return (
		<tbody data-group={`${one.definition}@${one.version} ${one.scope} ${one.period}`}>
			<tr class="group"><th colSpan={8} scope="rowgroup"><span class="group-words">
				<b>{text(one.name, one.definition)}</b>
				<span data-scope={one.scope}>{scopeText(one.definition, one.scope)}</span>
				<span>{word('period', one.period)}</span>
				{unitText(one.unit) && <span>{one.unit}</span>}
				<span class="mono faint">{one.definition} {t('figure.version', { n: one.version })}</span>
				{one.target && <span class="faint">{t('figure.target')} {goalText(one.target, one.unit)}</span>}
			</span></th></tr>
			{figures.map((figure) => <Row key={figure.id} one={figure} />)}
		</tbody>
	);
}

function Table({ figures, definitions }: { figures: readonly Figure[]; definitions: readonly Definition[] }) {
	const scopeText = useScopeText(definitions);
	return (
		<table class="table stack figure-table">
			<thead><tr><th>{t('figure.entity')}</th><th>{t('figure.period')}</th><th class="right">{t('figure.value')}</th><th>{t('figure.coverage')}</th>
				<th class="right">{t('figure.reporting')}</th><th>{t('figure.origin')}</th><th class="right">{t('figure.revision')}</th>
				<th class="right">{t('figure.issued')}</th></tr></thead>
			{groupsOf(figures).map((group) => <Group key={group[0]!.id} figures={group} scopeText={scopeText} />)}
		</table>
	);
}

function Own({ query }: { query: URLSearchParams }) {
	const wanted = wantedOf(query);
	const set = (next: Partial<Wanted>): void => replace('indicators', '', { ...wanted, ...next });
	const definitions = useLoad(treeApi.definitions, 'definitions');
	const key = JSON.stringify(wanted);
	const { cursor, pager } = useCursor(key);
	const figures = useLoad(() => treeApi.figures({ ...filterOf(wanted), cursor }), `${key} ${cursor}`, { every_ms: REFRESH_MS });
	const filtered = NAMES.some((name) => wanted[name]);
	return (
		<>
			<Filters wanted={wanted} definitions={definitions.data?.items ?? []} set={set} />
			{wanted.on && <p class="note note-plain" data-as-of>{t('figure.asof.note', { day: wanted.on })}
				<button type="button" class="small" onClick={() => set({ on: '' })}>{t('figure.asof.now')}</button></p>}
			<section class="panel flush">
				<TreeAwait from={figures} rows={10}>{({ items, next }) => (
					<>
						{items.length ? <Table figures={items} definitions={definitions.data?.items ?? []} />
							: <Empty>{t(filtered ? 'figure.none' : 'figure.none.at.all')}</Empty>}
						{pager(next)}
						<p class="table-foot faint">{t('figure.never.added')}</p>
					</>
				)}</TreeAwait>
			</section>
		</>
	);
}

function PublishedRow({ one }: { one: Published }) {
	const text = useText();
	return (
		<tr data-published={one.id}>
			<td class="wrap">{text(one.name, one.id)}</td>
			<td class="right nowrap" data-label={t('figure.value')}><span class="faint">{one.bound && one.bound !== 'exactly' && word('bound', one.bound)}</span> <b class="num">{formatPlain(one.value)}</b>{' '}
				<span class="faint">{unitText(one.unit)}</span></td>
			<td class="wrap" data-label={t('figure.scope')}>{text(one.scope)}</td>
			<td class="num nowrap" data-label={t('published.date')}>{one.date}{one.kind === 'target' && <span class="sub">{t('published.kind.target')}</span>}</td>
			<td class="wrap faint" data-label={t('published.source')}>{one.source}</td>
		</tr>
	);
}

function AsPublished() {
	const loaded = useLoad(treeApi.published, 'published');
	return (
		<>
			<p class="faint intro">{t('published.text')}</p>
			<section class="panel flush">
				<TreeAwait from={loaded} rows={10}>{({ items }) => (items.length ? (
					<table class="table stack">
						<thead><tr><th>{t('word.name')}</th><th class="right">{t('figure.value')}</th><th>{t('figure.scope')}</th><th>{t('published.date')}</th>
							<th>{t('published.source')}</th></tr></thead>
						<tbody>{items.map((one, n) => <PublishedRow key={n} one={one} />)}</tbody>
					</table>
				) : <Empty>{t('published.none')}</Empty>)}</TreeAwait>
			</section>
		</>
	);
}

/** The month so far, and the one before in its first days. */
function ReportLinks() {
	const offered = useOffers('/api/v1/report');
	const now = new Date();
	const from = new Date(now.getFullYear(), now.getMonth() - (now.getDate() <= 3 ? 1 : 0), 1).toISOString();
	const link = (format: 'html' | 'csv', text: string) => (
		<a class="button" data-report={format} href={treeApi.reportAddress(from, now.toISOString(), format)} target="_blank" rel="noreferrer">{text}</a>
	);
	if (!offered) return null;
	return <>{link('html', t('figure.report'))}{link('csv', t('figure.report.csv'))}</>;
}

const TABS = ['', 'published', 'declare'] as const;
type Tab = (typeof TABS)[number];
const TEXTS = { '': 'figure.tab.own', published: 'figure.tab.published', declare: 'figure.tab.declare' } as const;

export function Indicators({ route }: PageProps) {
	const may = useRank()('engineer');
	const here = (TABS as readonly string[]).includes(route.arg) ? route.arg as Tab : '';
	return (
		<>
			<TreeHead title={t('nav.indicators')}>{here === '' && <ReportLinks />}</TreeHead>
			<Tabs label={t('nav.indicators')} items={TABS.filter((tab) => tab !== 'declare' || may || here === tab)
				.map((tab) => ({ href: href('indicators', tab), text: t(TEXTS[tab]), here: tab === here }))} />
			{here === '' ? <Own query={route.query} /> : here === 'published' ? <AsPublished /> : <Declare may={may} />}
		</>
	);
}
