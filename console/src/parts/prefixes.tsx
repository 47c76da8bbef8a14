// SPDX-License-Identifier: Apache-2.0
// The prefixes of the node as a tree, with how many names each has. Without an office a
// node knows of its own prefix alone.
import { useState } from 'preact/hooks';
import { api } from '../api';
import { formatCount } from '../format';
import { t } from '../i18n';
import { useLoad } from '../load';
import { useOffers } from '../node_api';
import { Await, Empty, Panel } from './panel';

export interface PrefixRow { prefix: string; names: number; label: string; depth: number }

const SHOWN = 100;
const PAGE = 500;

const parts = (prefix: string): number[] => prefix.split('.').map(Number);

/** 99.100.2 before 99.100.10. */
export function byNumber(a: string, b: string): number {
	const [left, right] = [parts(a), parts(b)];
	const at = left.findIndex((part, n) => part !== right[n]);
	return at < 0 ? left.length - right.length : (left[at]! - (right[at] ?? -1)) || a.localeCompare(b);
}

/** The depth counts the prefixes of the list a prefix lies under. */
export function treeOf(rows: readonly Omit<PrefixRow, 'depth'>[]): PrefixRow[] {
	const all = new Set(rows.map((row) => row.prefix));
	const depthOf = (prefix: string): number => {
		const pieces = prefix.split('.');
		return pieces.filter((_, n) => n > 0 && all.has(pieces.slice(0, n).join('.'))).length;
	};
	return rows.map((row) => ({ ...row, depth: depthOf(row.prefix) })).sort((a, b) => byNumber(a.prefix, b.prefix));
}

async function fetchAll(): Promise<PrefixRow[]> {
	const rows: Omit<PrefixRow, 'depth'>[] = [];
	for (let total = 1; rows.length < total;) {
		const page = await api.prefixes(rows.length, PAGE);
		if (!page.items.length) break;
		rows.push(...page.items.map((one) => ({ prefix: one.prefix, names: one.registered, label: one.organisation ?? '' })));
		total = page.total;
	}
	return treeOf(rows);
}

async function fetchOwn(prefix: string): Promise<PrefixRow[]> {
	return [{ prefix, names: await api.countNames(prefix), label: '', depth: 0 }];
}

interface Props { own: string; chosen: string; onChoose: (prefix: string) => void }

export function PrefixTree({ own, chosen, onChoose }: Props) {
	const office = useOffers('/api/v1/office/prefixes');
	const [filter, setFilter] = useState('');
	const loaded = useLoad<PrefixRow[]>(async () => (office === undefined ? [] : office ? fetchAll() : fetchOwn(own)),
		`${own} ${office}`);
	const rows = loaded.data ?? [];
	const fit = rows.filter((row) => `${row.prefix} ${row.label}`.toLowerCase().includes(filter.toLowerCase()));
	return (
		<Panel class="tree flush" title={t('ident.prefixes')} aside={<span class="count">{formatCount(rows.length)}</span>}>
			{rows.length > 12 && <div class="tree-filter"><input type="search" aria-label={t('word.filter')}
				placeholder={t('ident.prefixes.filter')} value={filter} onInput={(e) => setFilter(e.currentTarget.value)} /></div>}
			<Await from={loaded} rows={3}>{() => (
				<ul>
					<li><button type="button" aria-pressed={!chosen} onClick={() => onChoose('')}>{t('ident.prefixes.all')}</button></li>
					{fit.slice(0, SHOWN).map((row) => (
						<li key={row.prefix}>
							<button type="button" data-prefix={row.prefix} aria-pressed={row.prefix === chosen} title={row.label}
								style={{ paddingLeft: `${16 + 16 * row.depth}px` }} onClick={() => onChoose(row.prefix)}>
								<span class="tree-name"><span class="mono">{row.prefix}</span>
									{row.label && <span class="sub">{row.label}</span>}</span>
								<span class="num faint">{formatCount(row.names)}</span>
							</button>
						</li>
					))}
				</ul>
			)}</Await>
			{fit.length > SHOWN && <Empty>{t('ident.prefixes.more', { n: formatCount(fit.length - SHOWN) })}</Empty>}
		</Panel>
	);
}
