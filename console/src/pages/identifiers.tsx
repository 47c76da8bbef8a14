// SPDX-License-Identifier: Apache-2.0
// Names: ask for one, or leaf through those under the node's prefix.
import { useEffect, useState } from 'preact/hooks';
import { api, Problem } from '../api';
import { formatCount } from '../format';
import { t } from '../i18n';
import { catalogue, node } from '../live';
import { useLoad } from '../load';
import { Icon } from '../parts/icon';
import { Await, Empty, PageHead, Panel } from '../parts/panel';
import { LiveLink, RecordTable, usePointOf } from '../parts/record';
import { go, href, type PageProps } from '../router';
import { useStore } from '../store';

const PAGE_SIZE = 50;

function ResolveBox({ name, example }: { name: string; example: string }) {
	const [text, setText] = useState(name);
	useEffect(() => setText(name), [name]);
	const submit = (e: Event): void => {
		e.preventDefault();
		if (text.trim()) go('identifiers', text.trim());
	};
	const hint = t('ident.placeholder', { example });
	return (
		<form class="resolve" role="search" onSubmit={submit}>
			<label class="search">
				<Icon name="search" />
				<input type="search" class="mono" data-filter spellcheck={false} autocapitalize="off"
					aria-label={t('ident.title')} placeholder={hint} value={text}
					onInput={(e) => setText(e.currentTarget.value)} />
			</label>
			<button type="submit" class="primary">{t('ident.resolve')}</button>
		</form>
	);
}

function missing(problem: Problem, name: string, prefix: string): Problem {
	if (problem.status !== 404) return problem;
	return new Problem({
		status: 404, title: t('ident.missing', { name }), fix: t('ident.missing.fix', { prefix }),
	});
}

function Answer({ name, prefix }: { name: string; prefix: string }) {
	const loaded = useLoad(() => api.resolve(name), name);
	const point = usePointOf(name);
	const shown = { ...loaded, problem: loaded.problem && missing(loaded.problem, name, prefix) };
	return (
		<Panel title={<span class="mono wrap">{loaded.data?.handle ?? name}</span>} class="answer"
			aside={point && <LiveLink point={point} />}>
			<Await from={shown} rows={4}>{(record) => <RecordTable record={record} />}</Await>
		</Panel>
	);
}

function Pager({ page, pages, onPage }: { page: number; pages: number; onPage: (page: number) => void }) {
	if (pages < 2) return null;
	return (
		<div class="pager">
			<button type="button" disabled={page === 0} onClick={() => onPage(page - 1)}>{t('ident.previous')}</button>
			<span class="num">{t('ident.page', { a: page + 1, b: pages })}</span>
			<button type="button" disabled={page + 1 >= pages} onClick={() => onPage(page + 1)}>{t('ident.next')}</button>
		</div>
	);
}

function Registered({ prefix }: { prefix: string }) {
	const [page, setPage] = useState(0);
	const loaded = useLoad(() => api.handles(prefix, page, PAGE_SIZE), `${prefix} ${page}`);
	const total = Number(loaded.data?.totalCount ?? 0);
	const title = <>{t('ident.under')} <span class="mono">{prefix}</span></>;
	return (
		<Panel title={title} aside={<span class="faint num">{t('ident.total', { n: formatCount(total) })}</span>}>
			<Await from={loaded} rows={10}>
				{(list) => (list.handles.length ? (
					<ul class="names">
						{list.handles.map((name) =>
							<li key={name}><a class="mono" href={href('identifiers', name)}>{name}</a></li>)}
					</ul>
				) : <Empty>{t('network.empty')}</Empty>)}
			</Await>
			<Pager page={page} pages={Math.ceil(total / PAGE_SIZE)} onPage={setPage} />
		</Panel>
	);
}

export function Identifiers({ route }: PageProps) {
	const prefix = useStore(node)?.prefix ?? '';
	const points = useStore(catalogue);
	const example = [...points.values()][0]?.ident ?? `${prefix}/…`;
	return (
		<>
			<PageHead title={t('nav.identifiers')} />
			<ResolveBox name={route.arg} example={example} />
			<p class="faint intro">{t('ident.intro')}</p>
			{route.arg && <Answer name={route.arg} prefix={prefix} />}
			{prefix && <Registered prefix={prefix} />}
		</>
	);
}
