// SPDX-License-Identifier: Apache-2.0
// The walk of a name to its record, as this node's resolver made it: who was asked, over
// what, how long it took, what it said.
import { useEffect, useState } from 'preact/hooks';
import { api } from '../api';
import { formatMillis, formatSpan } from '../format';
import { t, word } from '../i18n';
import { useLoad } from '../load';
import { Icon } from '../parts/icon';
import { Await, Empty, Facts, PageHead, Panel } from '../parts/panel';
import { RecordTable } from '../parts/record';
import { RegisterTabs } from '../parts/register_tabs';
import { State, type Tone } from '../parts/status';
import { go, href, type PageProps } from '../router';
import type { Resolution, WalkStep } from '../types';

type Mark = [Tone, 'dot' | 'ring' | 'triangle' | 'square' | 'half' | 'diamond'];

const KINDS: Record<string, Mark> = {
	cached: ['accent', 'half'], joined: ['accent', 'half'], stale: ['warn', 'triangle'], loop: ['bad', 'square'],
	too_deep: ['bad', 'square'], busy: ['bad', 'square'], deadline: ['bad', 'square'], no_root: ['bad', 'square'],
	no_site: ['warn', 'triangle'], overtaken: ['calm', 'ring'],
};

/** 1 found, 100 and 200 not there; what else a server says is a refusal. */
function markOf(step: WalkStep): Mark {
	if (step.error) return ['bad', 'square'];
	if (step.responseCode === 1) return ['good', 'dot'];
	if (step.responseCode) return [[100, 200].includes(step.responseCode) ? 'warn' : 'accent', 'diamond'];
	return KINDS[step.step] ?? ['calm', 'ring'];
}

function saidOf(step: WalkStep): string {
	if (step.error) return t('resolve.silent', { why: word('resolve.error', step.error) });
	if (!step.responseCode) return '';
	if (step.responseCode === 1) return t('resolve.values', { n: step.values ?? 0 });
	return `${word('response', String(step.responseCode)) === String(step.responseCode) ? step.said ?? '' : word('response', String(step.responseCode))} (${step.responseCode})`;
}

/** A bar from when the step began to when it ended, on the time of the whole walk. */
function Span({ step, all }: { step: WalkStep; all: number }) {
	if (step.took_ms === undefined) return <span class="span-bar" />;
	const left = Math.min(98, (100 * step.at_ms) / all);
	const width = Math.max(1.5, Math.min(100 - left, (100 * step.took_ms) / all));
	return <span class="span-bar" aria-hidden="true"><i style={{ left: `${left}%`, width: `${width}%` }} /></span>;
}

function Row({ step, all }: { step: WalkStep; all: number }) {
	const [tone, shape] = markOf(step);
	return (
		<tr data-step={step.step}>
			<td style={{ paddingLeft: `${16 + 16 * step.depth}px` }}><State tone={tone} shape={shape} text={word('step', step.step)} />
				<span class="sub mono wrap">{step.handle}</span></td>
			<td class="nowrap" data-label={t('resolve.server')}>{step.server ? <span class="mono">{step.server}</span> : <span class="faint">–</span>}
				{step.transport && <span class="sub">{step.transport.toUpperCase()}{(step.tries ?? 1) > 1 && ` · ${t('resolve.tries', { n: step.tries! })}`}</span>}</td>
			<td class="wrap" data-label={t('resolve.said')}>{saidOf(step)}</td>
			<td class="mid"><Span step={step} all={all} /></td>
			<td class="right num nowrap" data-label={t('resolve.took')}>{step.took_ms === undefined ? '' : <>{formatMillis(step.took_ms)} <span class="faint">ms</span></>}</td>
		</tr>
	);
}

const SOURCES: Record<Resolution['source'], Mark> = { server: ['good', 'dot'], cache: ['accent', 'half'], stale: ['warn', 'triangle'] };

function Source({ answer }: { answer: Resolution }) {
	const [tone, shape] = answer.responseCode === 1 ? SOURCES[answer.source] : ['warn', 'diamond'] as const;
	const age = answer.source !== 'server' && t('resolve.age', { span: formatSpan(answer.age_s) });
	return <><State tone={tone} shape={shape} text={t(`resolve.from.${answer.source}`)} />{age && <span class="sub">{age}</span>}</>;
}

function Walk({ answer }: { answer: Resolution }) {
	const all = Math.max(1, answer.took_ms, ...answer.steps.map((step) => step.at_ms + (step.took_ms ?? 0)));
	return (
		<>
			<div class="columns">
				<section class="panel flush">
					<header class="panel-head"><h2>{t(answer.source === 'server' ? 'resolve.walk' : 'resolve.walk.then')}</h2>
						<span class="faint num">{t('resolve.total', { n: answer.steps.length, ms: formatMillis(answer.took_ms) })}</span></header>
					<table class="table stack walk">
						<thead><tr><th>{t('resolve.step')}</th><th>{t('resolve.server')}</th><th>{t('resolve.said')}</th><th class="mid" /><th class="right">{t('resolve.took')}</th></tr></thead>
						<tbody>{answer.steps.map((step, n) => <Row key={n} step={step} all={all} />)}</tbody>
					</table>
					{!!answer.steps_left_out && <p class="table-foot faint">{t('resolve.leftout', { n: answer.steps_left_out })}</p>}
				</section>
				<Panel title={t('resolve.answer')}>
					<Facts rows={[
						[t('word.state'), <Source answer={answer} />],
						[t('resolve.server'), answer.server ? <span class="mono wrap">{answer.server}</span> : '–'],
						[t('resolve.code'), <span class="num">{answer.responseCode || '–'} <span class="faint">{word('response', String(answer.responseCode))}</span></span>],
						[t('resolve.took'), <span class="num">{formatMillis(answer.took_ms)} ms</span>],
					]} />
				</Panel>
			</div>
			{answer.values.length > 0 && <section class="panel flush"><header class="panel-head"><h2 class="mono wrap">{answer.handle}</h2>
				<a href={href('identifiers', answer.handle)}>{t('resolve.record')}</a></header><RecordTable record={answer} /></section>}
		</>
	);
}

function Answer({ name }: { name: string }) {
	const [turn, setTurn] = useState(0);
	const loaded = useLoad(() => api.resolution(name, turn > 0), name, { version: turn });
	return (
		<>
			<Await from={loaded} rows={8}>{(answer) => <Walk answer={answer} />}</Await>
			<p><button type="button" data-fresh disabled={loaded.loading} onClick={() => setTurn(turn + 1)}>{t('resolve.fresh')}</button>
				<span class="faint fresh-hint">{t('resolve.fresh.hint')}</span></p>
		</>
	);
}

export function Resolve({ route }: PageProps) {
	const [text, setText] = useState(route.arg);
	useEffect(() => setText(route.arg), [route.arg]);
	const submit = (e: Event): void => {
		e.preventDefault();
		if (text.trim()) go('resolve', text.trim());
	};
	return (
		<>
			<PageHead title={t('ident.title')} />
			<RegisterTabs />
			<form class="resolve" role="search" onSubmit={submit}>
				<label class="search"><Icon name="search" />
					<input type="search" class="mono" data-filter spellcheck={false} autocapitalize="off" aria-label={t('ident.title')}
						placeholder={t('resolve.hint')} value={text} onInput={(e) => setText(e.currentTarget.value)} /></label>
				<button type="submit" class="primary">{t('ident.resolve')}</button>
			</form>
			{route.arg ? <Answer key={route.arg} name={route.arg} /> : <section class="panel"><Empty>{t('resolve.empty')}</Empty></section>}
		</>
	);
}
