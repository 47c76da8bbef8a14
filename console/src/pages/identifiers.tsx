// SPDX-License-Identifier: Apache-2.0
// Names: by prefix, by words of their records, by the exact text of a value. A page at a
// time, so that a million names are as quick as ten.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { api, type NameFilter } from '../api';
import { formatCount } from '../format';
import { t, word } from '../i18n';
import { catalogue, node } from '../live';
import { useLoad } from '../load';
import { useRank } from '../node_api';
import { Icon } from '../parts/icon';
import { Moment } from '../parts/moment';
import { Pager } from '../parts/pager';
import { Await, Empty, PageHead } from '../parts/panel';
import { PrefixTree } from '../parts/prefixes';
import { RecordMark } from '../parts/record';
import { RegisterTabs } from '../parts/register_tabs';
import { go, href, replace, type PageProps, type Route } from '../router';
import { useStore } from '../store';
import type { FoundName, FoundPage } from '../types';
import { USUAL_TYPES } from '../values';

const PAGE_SIZE = 50;
const PAUSE_MS = 250;
/** Below this the search is as good as the register. */
const LAG_WORTH_SAYING = 200;

type Wanted = Record<'q' | 'type' | 'value' | 'prefix' | 'state' | 'after', string>;

function wantedOf({ query }: Route): Wanted {
	const of = (name: string): string => query.get(name) ?? '';
	return { q: of('q'), type: of('type'), value: of('value'), prefix: of('prefix'), state: of('state'), after: of('after') };
}

/** What the node is asked: a type without a value, or the other way, is not asked yet. */
function filterOf(wanted: Wanted): NameFilter {
	const pair = wanted.type && wanted.value ? { type: wanted.type, value: wanted.value } : { type: '', value: '' };
	return { ...wanted, ...pair, limit: PAGE_SIZE };
}

type Set = (next: Partial<Wanted>) => void;

/** Typing is quicker than asking: the address follows after a pause. */
function useSlowly(value: string, tell: (value: string) => void): [string, (value: string) => void] {
	const [text, setText] = useState(value);
	const timer = useRef(0);
	useEffect(() => setText(value), [value]);
	useEffect(() => () => clearTimeout(timer.current), []);
	return [text, (next) => {
		setText(next);
		clearTimeout(timer.current);
		timer.current = window.setTimeout(() => tell(next), PAUSE_MS);
	}];
}

function SearchBox({ wanted, set, example }: { wanted: Wanted; set: Set; example: string }) {
	const [text, setText] = useSlowly(wanted.q, (q) => set({ q }));
	const submit = (e: Event): void => {
		e.preventDefault();
		// A slash stands in every name, and in hardly any search.
		if (text.includes('/')) go('identifiers', text.trim());
		else set({ q: text });
	};
	return (
		<form class="resolve" role="search" onSubmit={submit}>
			<label class="search">
				<Icon name="search" />
				<input type="search" data-filter spellcheck={false} autocapitalize="off" aria-label={t('ident.search')}
					placeholder={t('ident.search.hint', { example })} value={text} maxLength={256}
					onInput={(e) => setText(e.currentTarget.value)} />
			</label>
			<button type="submit" class="primary">{text.includes('/') ? t('word.open') : t('ident.find')}</button>
		</form>
	);
}

const STATES = ['active', 'draft', 'retired', 'deleted'] as const;

function Filters({ wanted, set }: { wanted: Wanted; set: Set }) {
	const drafts = useRank()('engineer');
	const [value, setValue] = useSlowly(wanted.value, (next) => set({ value: next }));
	return (
		<div class="filters">
			<label>{t('word.state')}
				<select value={wanted.state} data-state onChange={(e) => set({ state: e.currentTarget.value })}>
					<option value="">{t('ident.state.inuse')}</option>
					{STATES.filter((state) => drafts || state !== 'draft').map((state) =>
						<option key={state} value={state}>{word('record', state)}</option>)}
				</select>
			</label>
			<label>{t('ident.exact.type')}
				<input class="mono short" list="value-types" value={wanted.type} spellcheck={false}
					onChange={(e) => set({ type: e.currentTarget.value.trim() })} />
				<datalist id="value-types">{USUAL_TYPES.map(([type]) => <option key={type} value={type} />)}</datalist>
			</label>
			<label class="exact-value">{t('ident.exact.value')}
				<input class="mono" value={value} placeholder={t('ident.exact.hint')} spellcheck={false}
					onInput={(e) => setValue(e.currentTarget.value)} />
			</label>
		</div>
	);
}

/** The words that were looked for, marked where they stand. */
export function Marked({ text, words }: { text: string; words: string }) {
	const parts = words.split(/[^\p{L}\p{N}]+/u).filter(Boolean).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
	if (!parts.length) return <>{text}</>;
	const pieces = text.split(new RegExp(`(${parts.join('|')})`, 'giu'));
	return <>{pieces.map((piece, n): ComponentChildren => (n % 2 ? <mark key={n}>{piece}</mark> : piece))}</>;
}

function Row({ one, words }: { one: FoundName; words: string }) {
	return (
		<tr>
			<td class="wrap"><a class="mono" href={href('identifiers', one.name)}>{one.name}</a></td>
			<td class="wrap faint" data-label={t('ident.found')}><Marked text={one.found} words={words} /></td>
			<td data-label={t('word.state')}><RecordMark state={one.state} /></td>
			<td class="right faint" data-label={t('ident.changed')}><Moment ms={one.changed_ms} /></td>
		</tr>
	);
}

function isNarrowed({ q, type, value, state }: Wanted): boolean {
	return !!(q || state || (type && value));
}

function Found({ page, wanted, set }: { page: FoundPage; wanted: Wanted; set: Set }) {
	if (!page.items.length) {
		const narrowed = isNarrowed(wanted);
		return (
			<Empty>{t(narrowed ? 'ident.none.found' : 'ident.none')}{' '}
				{narrowed && <button type="button" class="small" onClick={() => set({ q: '', type: '', value: '', state: '' })}>
					{t('points.clear')}</button>}
			</Empty>
		);
	}
	return (
		<table class="table stack names">
			<thead><tr>
				<th>{t('word.identifier')}</th><th>{t('ident.found')}</th><th>{t('word.state')}</th>
				<th class="right">{t('ident.changed')}</th>
			</tr></thead>
			<tbody>{page.items.map((one) => <Row key={one.name} one={one} words={wanted.q} />)}</tbody>
		</table>
	);
}

function List({ wanted, set }: { wanted: Wanted; set: Set }) {
	const { after, ...rest } = wanted;
	const loaded = useLoad(() => api.findNames(filterOf(wanted)), JSON.stringify(wanted));
	// The pages that were passed, so that one can go back; another question forgets them.
	const passed = useRef<{ of: string; pages: string[] }>({ of: '', pages: [] });
	const of = JSON.stringify(rest);
	if (passed.current.of !== of) passed.current = { of, pages: [] };
	const { pages } = passed.current;
	const next = loaded.data?.next_after;
	return (
		<section class="panel flush">
			<Await from={loaded} rows={12}>{(page) => <Found page={page} wanted={wanted} set={set} />}</Await>
			<Pager
				onFirst={after ? () => {
					passed.current.pages = [];
					set({ after: '' });
				} : undefined}
				onPrevious={pages.length ? () => set({ after: pages.pop()! }) : undefined}
				onNext={next ? () => {
					pages.push(after);
					set({ after: next });
				} : undefined} />
			{(loaded.data?.lag ?? 0) > LAG_WORTH_SAYING &&
				<p class="table-foot faint">{t('ident.lag', { n: formatCount(loaded.data!.lag) })}</p>}
		</section>
	);
}

export function Identifiers({ route }: PageProps) {
	const own = useStore(node)?.prefix ?? '';
	const points = useStore(catalogue);
	const may = useRank();
	const wanted = wantedOf(route);
	const set: Set = (next) => {
		const forget = 'after' in next ? {} : { after: '' };
		replace('identifiers', '', { ...wantedOf({ ...route, query: new URLSearchParams(location.hash.split('?')[1]) }), ...forget, ...next });
	};
	const example = [...points.values()][0]?.ident ?? `${own}/…`;
	return (
		<>
			<PageHead title={t('nav.identifiers')}>
				{may('engineer') && <>
					<a class="button" href={href('register', '', { bulk: '1' })}>{t('register.bulk')}</a>
					<a class="button primary" data-register href={href('register', '', { prefix: wanted.prefix })}>{t('register.new')}</a>
				</>}
			</PageHead>
			<RegisterTabs />
			<div class="browse">
				{own && <PrefixTree own={own} chosen={wanted.prefix} onChoose={(prefix) => set({ prefix })} />}
				<div>
					<SearchBox wanted={wanted} set={set} example={example} />
					<Filters wanted={wanted} set={set} />
					<List wanted={wanted} set={set} />
				</div>
			</div>
		</>
	);
}
