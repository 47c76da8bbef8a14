// SPDX-License-Identifier: Apache-2.0
// Registered, resolved and the ratio of resolution, by prefix and by day. A number never
// stands without what it counts.
import { useState } from 'preact/hooks';
import { api } from '../api';
import { formatCount, formatDate } from '../format';
import { t, type WordKey } from '../i18n';
import { useLoad } from '../load';
import { DayBars, monthOf } from '../parts/daybars';
import { Await, Empty, PageHead, Panel } from '../parts/panel';
import { byNumber } from '../parts/prefixes';
import { RegisterTabs } from '../parts/register_tabs';
import { href, replace, type PageProps } from '../router';
import type { PrefixUse, Sums } from '../types';

const PAGE = 500;
const SHOWN = 200;

const percent = (share: number | null): string => (share === null ? '–' : `${(100 * share).toFixed(1)} %`);
const perName = (n: number | null): string => (n === null ? '–' : n.toFixed(n < 100 ? 2 : 0));

type Column = 'prefix' | 'registered' | 'registered_ever' | 'resolved' | 'distinct' | 'ratio' | 'resolutions_per_name';
const NUMBERS: readonly Exclude<Column, 'prefix'>[] = ['registered', 'registered_ever', 'resolved', 'distinct', 'ratio', 'resolutions_per_name'];
const wordOf = (column: Column): WordKey => (column === 'prefix' ? 'overview.prefix' : `ratio.${column}`);

function shown(sums: Sums, column: Exclude<Column, 'prefix'>): string {
	const value = sums[column];
	if (column === 'ratio') return percent(value);
	return column === 'resolutions_per_name' ? perName(value) : formatCount(value ?? 0);
}

async function fetchAll(): Promise<PrefixUse[]> {
	const all: PrefixUse[] = [];
	for (let total = 1; all.length < total;) {
		const page = await api.prefixes(all.length, PAGE);
		if (!page.items.length) break;
		all.push(...page.items);
		total = page.total;
	}
	return all;
}

function sorted(rows: readonly PrefixUse[], by: Column, down: boolean): PrefixUse[] {
	const order = (a: PrefixUse, b: PrefixUse): number =>
		by === 'prefix' ? byNumber(a.prefix, b.prefix) : (a[by] ?? -1) - (b[by] ?? -1) || byNumber(a.prefix, b.prefix);
	return [...rows].sort((a, b) => (down ? -order(a, b) : order(a, b)));
}

/** Cells are quoted, and kept from being read as formulas. */
const cell = (text: string | number | null | undefined): string => {
	const raw = String(text ?? '');
	return `"${(/^[=+\-@]/.test(raw) ? `'${raw}` : raw).replace(/"/g, '""')}"`;
};

/** The definitions travel in the head of the file. */
function csvOf(rows: readonly PrefixUse[]): string {
	const head = [t('overview.prefix'), t('office.organisation'), ...NUMBERS.map((column) => `${t(wordOf(column))} (${t(`ratio.${column}.def`)})`)];
	const body = rows.map((row) => [row.prefix, row.organisation, ...NUMBERS.map((column) => row[column])]);
	// The mark tells spreadsheets that it is UTF-8.
	return `\ufeff${[head, ...body].map((line) => line.map(cell).join(',')).join('\r\n')}\r\n`;
}

function save(name: string, text: string): void {
	const link = document.createElement('a');
	link.href = URL.createObjectURL(new Blob([text], { type: 'text/csv;charset=utf-8' }));
	link.download = name;
	link.click();
	setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

function Figures({ sums }: { sums: Sums }) {
	return (
		<dl class="figures">
			{(['registered', 'resolved', 'distinct', 'ratio'] as const).map((column) => (
				<div key={column} data-figure={column}>
					<dt>{t(wordOf(column))}</dt>
					<dd class="num">{shown(sums, column)}</dd>
					<dd class="faint definition">{t(`ratio.${column}.def`)}</dd>
				</div>
			))}
		</dl>
	);
}

interface TableProps { rows: PrefixUse[]; chosen: string; by: Column; down: boolean; onSort: (by: Column) => void; onChoose: (prefix: string) => void }

function Head({ column, by, down, onSort }: Pick<TableProps, 'by' | 'down' | 'onSort'> & { column: Column }) {
	const here = by === column;
	return (
		<th class={column === 'prefix' ? '' : 'right'} aria-sort={here ? (down ? 'descending' : 'ascending') : undefined}
			title={column === 'prefix' ? undefined : t(`ratio.${column}.def`)}>
			<button type="button" class="sort" data-sort={column} onClick={() => onSort(column)}>{t(wordOf(column))}<span aria-hidden="true">{here ? (down ? ' ↓' : ' ↑') : ''}</span></button>
		</th>
	);
}

function Table({ rows, chosen, by, down, onSort, onChoose }: TableProps) {
	return (
		<table class="table stack ratio">
			<thead><tr><Head column="prefix" by={by} down={down} onSort={onSort} />
				{NUMBERS.map((column) => <Head key={column} column={column} by={by} down={down} onSort={onSort} />)}</tr></thead>
			<tbody>{rows.slice(0, SHOWN).map((row) => (
				<tr key={row.prefix} data-row={row.prefix} aria-current={row.prefix === chosen ? 'true' : undefined}>
					<td><button type="button" class="link mono" onClick={() => onChoose(row.prefix)}>{row.prefix}</button>
						{row.organisation && <a class="sub wrap" href={href('prefixes', row.prefix)}>{row.organisation}</a>}</td>
					{NUMBERS.map((column) => <td key={column} class="right num" data-label={t(wordOf(column))}>{shown(row, column)}</td>)}
				</tr>
			))}</tbody>
		</table>
	);
}

function Days({ prefix }: { prefix: string }) {
	const loaded = useLoad(async () => {
		if (!prefix) return (await api.office()).days;
		return monthOf(await api.prefix(prefix));
	}, `days ${prefix}`);
	return (
		<Panel title={<>{t('ratio.days')} {prefix ? <span class="mono">{prefix}</span> : t('ratio.all')}</>}>
			<Await from={loaded} rows={5}>{(days) => <DayBars days={days} />}</Await>
		</Panel>
	);
}

export function Ratio({ route }: PageProps) {
	const chosen = route.query.get('prefix') ?? '';
	const [filter, setFilter] = useState('');
	const [by, setBy] = useState<Column>('ratio');
	const [down, setDown] = useState(true);
	const loaded = useLoad(async () => {
		const [rows, office] = await Promise.all([fetchAll(), api.office()]);
		return { rows, office };
	}, 'ratio', { every_ms: 60_000 });
	const fits = (row: PrefixUse): boolean => `${row.prefix} ${row.organisation ?? ''}`.toLowerCase().includes(filter.toLowerCase());
	const rows = sorted(loaded.data?.rows.filter(fits) ?? [], by, down);
	const one = rows.find((row) => row.prefix === chosen);
	const choose = (prefix: string): void => replace('ratio', '', { prefix: prefix === chosen ? '' : prefix });
	const sort = (column: Column): void => {
		setDown(column === by ? !down : column !== 'prefix');
		setBy(column);
	};
	return (
		<>
			<PageHead title={t('ratio.title')}>
				<input type="search" data-filter aria-label={t('word.filter')} placeholder={t('ident.prefixes.filter')} value={filter}
					onInput={(e) => setFilter(e.currentTarget.value)} />
				<button type="button" data-csv disabled={!rows.length} onClick={() => save(`ratio-${formatDate(Date.now())}.csv`, csvOf(rows))}>{t('ratio.csv')}</button>
			</PageHead>
			<RegisterTabs />
			<Await from={loaded} rows={12}>{({ office }) => (
				<>
					<Figures sums={one ?? office} />
					<Days prefix={chosen} />
					<section class="panel flush">
						{rows.length ? <Table rows={rows} chosen={chosen} by={by} down={down} onSort={sort} onChoose={choose} /> : <Empty>{t('ratio.none')}</Empty>}
						{rows.length > SHOWN && <p class="table-foot faint">{t('ident.prefixes.more', { n: formatCount(rows.length - SHOWN) })}</p>}
					</section>
					<p class="faint">{t('ratio.note')}</p>
				</>
			)}</Await>
		</>
	);
}
