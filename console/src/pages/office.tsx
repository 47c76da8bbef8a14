// SPDX-License-Identifier: Apache-2.0
// The prefix office: what waits, longest first, and each application with its checks, its
// decisions and its trail.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { api } from '../api';
import { formatCount, formatSpan, nameOf } from '../format';
import { t, word } from '../i18n';
import { useLoad } from '../load';
import { useRank } from '../node_api';
import { ApplicationMark, Decide, stepsFrom } from '../parts/application';
import { Moment } from '../parts/moment';
import { Await, Empty, Facts, PageHead, Panel } from '../parts/panel';
import { RegisterTabs } from '../parts/register_tabs';
import { State } from '../parts/status';
import { href, replace, type PageProps } from '../router';
import type { Application, Office, Step } from '../types';

const PAGE_SIZE = 50;
const REFRESH_MS = 30_000;
const STATES = ['applied', 'under_review', 'approved', 'suspended', 'refused', 'closed'] as const;

/** "waiting" is the desk's own list; the others are states. */
function Chips({ office, chosen, onChoose }: { office: Office; chosen: string; onChoose: (state: string) => void }) {
	const chip = (name: string, text: string, count: number) => (
		<button key={name} type="button" class="chip" data-chip={name} aria-pressed={chosen === name} onClick={() => onChoose(name)}>
			{text} <span class="num faint">{formatCount(count)}</span></button>
	);
	return (
		<div class="filters"><div class="chips" role="group" aria-label={t('word.state')}>
			{chip('waiting', t('office.waiting'), office.waiting.count)}
			{STATES.map((state) => chip(state, word('application', state), office.states[state] ?? 0))}
		</div></div>
	);
}

function Waited({ one }: { one: Application }) {
	if (!one.waiting) return <Moment ms={one.changed_ms} />;
	const span = formatSpan((Date.now() - one.applied_ms) / 1000);
	return one.overdue ? <State tone="warn" shape="triangle" text={span} title={t('office.overdue')} /> : <span class="num nowrap">{span}</span>;
}

function Row({ one }: { one: Application }) {
	return (
		<tr data-application={one.number}>
			<td class="num" data-label="#"><a href={href('office', String(one.number))}>{one.number}</a></td>
			<td class="wrap" data-label={t('office.organisation')}><a href={href('office', String(one.number))}>{one.organisation}</a>
				<span class="sub num">{one.credit_code}</span></td>
			<td class="wrap" data-label={t('office.industry')}>{one.industry_name}<span class="sub mono">{one.industry}</span></td>
			<td class="mono" data-label={t('overview.prefix')}>{one.prefix || <span class="faint">{one.wanted || t('office.nextfree')}</span>}</td>
			<td data-label={t('word.state')}><ApplicationMark state={one.state} /></td>
			<td class="right" data-label={t(one.waiting ? 'office.waits' : 'ident.changed')}><Waited one={one} /></td>
		</tr>
	);
}

function Queue({ chosen, from, onFrom }: { chosen: string; from: number; onFrom: (from: number) => void }) {
	const query = chosen === 'waiting' ? { waiting: 'true' } : { state: chosen };
	const loaded = useLoad(() => api.applications({ ...query, from, limit: PAGE_SIZE }), `${chosen} ${from}`, { every_ms: REFRESH_MS });
	const total = loaded.data?.total ?? 0;
	return (
		<section class="panel flush">
			<Await from={loaded} rows={6}>{({ items }) => (items.length ? (
				<table class="table stack">
					<thead><tr><th>#</th><th>{t('office.organisation')}</th><th>{t('office.industry')}</th><th>{t('overview.prefix')}</th>
						<th>{t('word.state')}</th><th class="right">{t(chosen === 'waiting' ? 'office.waits' : 'ident.changed')}</th></tr></thead>
					<tbody>{items.map((one) => <Row key={one.number} one={one} />)}</tbody>
				</table>
			) : <Empty>{t(chosen === 'waiting' ? 'office.none.waiting' : 'office.none')}</Empty>)}</Await>
			{total > PAGE_SIZE && <div class="pager">
				<button type="button" disabled={from === 0} onClick={() => onFrom(Math.max(0, from - PAGE_SIZE))}>{t('ident.previous')}</button>
				<span class="num">{t('word.from', { a: from + 1, b: Math.min(total, from + PAGE_SIZE) })} / {formatCount(total)}</span>
				<button type="button" disabled={from + PAGE_SIZE >= total} onClick={() => onFrom(from + PAGE_SIZE)}>{t('ident.next')}</button>
			</div>}
		</section>
	);
}

function List({ chosen, from }: { chosen: string; from: number }) {
	const office = useLoad(api.office, 'office', { every_ms: REFRESH_MS });
	const set = (state: string, next = 0): void => replace('office', '', { state: state === 'waiting' ? '' : state, from: next ? String(next) : '' });
	return (
		<Await from={office} rows={8}>{(desk) => (
			<>
				<p class="faint intro">{desk.waiting.count ? t('office.text', {
					n: formatCount(desk.waiting.count), span: formatSpan((Date.now() - (desk.waiting.oldest_ms ?? Date.now())) / 1000) }) : t('office.text.none')}
				{desk.waiting.overdue > 0 && <> {t('office.text.overdue', { n: formatCount(desk.waiting.overdue) })}</>}</p>
				<Chips office={desk} chosen={chosen} onChoose={set} />
				<Queue chosen={chosen} from={from} onFrom={(next) => set(chosen, next)} />
			</>
		)}</Await>
	);
}

/** What the node has checked, and what stays for the reviewer. */
function Checks({ one }: { one: Application }) {
	return (
		<ul class="checks">
			<li><State tone="good" shape="dot" text={t('check.code')} /></li>
			<li>{one.industry_name ? <State tone="good" shape="dot" text={t('check.industry')} /> : <State tone="warn" shape="triangle" text={t('check.industry.no')} />}</li>
			<li>{one.has_key ? <State tone="good" shape="dot" text={t('check.key')} /> : <State tone="calm" shape="ring" text={t('check.key.no')} />}</li>
			<li>{one.site || one.service ? <State tone="good" shape="dot" text={t('check.site')} /> : <State tone="calm" shape="ring" text={t('check.site.no')} />}</li>
			{one.prefix && <li>{one.made ? <State tone="good" shape="dot" text={t('check.made')} /> : <State tone="warn" shape="half" text={t('check.made.no')} />}</li>}
			<li class="by-hand"><State tone="accent" shape="diamond" text={t('check.byhand')} /></li>
		</ul>
	);
}

function Trail({ one }: { one: Application }) {
	return (
		<ol class="timeline">
			{[...one.steps ?? []].reverse().map((step, n) => (
				<li key={n}>
					<div class="change-head"><Moment ms={step.at_ms} whole /><b>{word('step.done', step.step)}</b><span class="faint">{nameOf(step.who)}</span></div>
					{step.reason && <p class="wrap">{step.reason}</p>}
				</li>
			))}
		</ol>
	);
}

function Detail({ one, onDone }: { one: Application; onDone: () => void }) {
	const may = useRank()('engineer');
	const [step, setStep] = useState<Step>();
	return (
		<>
			<PageHead title={one.organisation} above={<a href={href('office')}>{t('office.all')}</a>}>
				<ApplicationMark state={one.state} />
				{may && stepsFrom(one.state).map((next) => (
					<button key={next} type="button" data-decide={next} onClick={() => setStep(next)}
						class={['approve', 'review', 'resume'].includes(next) ? 'primary' : 'danger'}>{t(`step.${next}.do`)}</button>
				))}
			</PageHead>
			<div class="columns">
				<div>
					<Panel title={t('office.application', { n: one.number })}>
						<Facts rows={[
							[t('office.organisation'), <b>{one.organisation}</b>],
							[t('office.code'), <span class="mono">{one.credit_code}</span>],
							[t('office.industry'), <>{one.industry_name} <span class="mono faint">{one.industry}</span></>],
							[t('office.purpose'), one.purpose],
							[t('office.contact'), one.contact ?? <span class="faint">{t('office.contact.hidden')}</span>],
							[t('overview.prefix'), one.prefix ? <a class="mono" href={href('prefixes', one.prefix)}>{one.prefix}</a>
								: <span class="mono faint">{one.wanted || t('office.nextfree')}</span>],
							...(one.parent ? [[t('office.parent'), <span class="mono">{one.parent}</span>] as [string, ComponentChildren]] : []),
							[t('office.node'), one.site || one.service ? <span class="mono wrap">{one.site || one.service}</span> : t('office.node.here')],
						]} />
					</Panel>
					<Panel title={t('office.trail')}><Trail one={one} /></Panel>
				</div>
				<Panel title={t('office.checks')}><Checks one={one} /></Panel>
			</div>
			{step && <Decide one={one} step={step} onClose={() => setStep(undefined)} onDone={() => {
				setStep(undefined);
				onDone();
			}} />}
		</>
	);
}

function ApplicationPage({ number }: { number: string }) {
	const loaded = useLoad(() => api.application(number), number);
	return <Await from={loaded} rows={10}>{(one) => <Detail one={one} onDone={loaded.reload} />}</Await>;
}

export function OfficePage({ route }: PageProps) {
	if (route.arg) return <ApplicationPage key={route.arg} number={route.arg} />;
	return (
		<>
			<PageHead title={t('office.title')} />
			<RegisterTabs />
			<List chosen={route.query.get('state') ?? 'waiting'} from={Number(route.query.get('from') ?? 0)} />
		</>
	);
}
