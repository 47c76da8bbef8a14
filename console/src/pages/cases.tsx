// SPDX-License-Identifier: Apache-2.0
// Cases of security events: six counters from alarm to handled, what is overdue first, and each
// case with its steps, what this node may do next, and its printed forms.
import { useState } from 'preact/hooks';
import { formatCount, formatSpan, nameOf } from '../format';
import { useLoad } from '../load';
import { useRank } from '../node_api';
import { Confirm } from '../parts/confirm';
import { Icon } from '../parts/icon';
import { Empty, Facts, Panel } from '../parts/panel';
import { SeverityState, State, type Shape, type Tone } from '../parts/status';
import { TreeAwait, TreeHead, useCursor, When } from '../parts/tree';
import { href, replace, type PageProps } from '../router';
import { treeApi } from '../tree_api';
import { FUNNEL, type Case, type CaseStep, type Funnel } from '../tree_types';
import { t, word } from '../words_tree';

const PAGE_SIZE = 100;
const REFRESH_MS = 15_000;
const STATES = ['new', 'verified', 'notified', 'rectifying', 'feedback', 'closed', 'dismissed'] as const;
const LOOKS: Record<string, [Tone, Shape]> = {
	new: ['accent', 'diamond'], verified: ['warn', 'triangle'], notified: ['warn', 'half'], rectifying: ['warn', 'half'],
	feedback: ['accent', 'half'], closed: ['good', 'dot'], dismissed: ['calm', 'ring'],
};
/** Steps that end a case, and those that put it back to somebody. */
const DANGER = ['dismiss', 'return'];
const FORMS: Record<string, string[]> = {
	notice: ['notified', 'rectifying', 'feedback', 'closed'], order: ['notified', 'rectifying', 'feedback', 'closed'], feedback: ['feedback', 'closed'],
};
/** Verdicts that a person should see. */
const ODD = ['overruled', 'unlawful', 'waiting'];
const TEXT_MAX = 4000;

function CaseState({ state }: { state: string }) {
	const [tone, shape] = LOOKS[state] ?? ['calm', 'ring'];
	return <State tone={tone} shape={shape} text={word('case.state', state)} />;
}

function Due({ one }: { one: Case }) {
	if (!one.due) return <span class="faint">–</span>;
	const left = (Date.parse(one.due) - Date.now()) / 1000;
	if (one.overdue) return <State tone="bad" shape="square" text={t('case.overdue.by', { span: formatSpan(-left) })} title={one.due} />;
	return <span class="num nowrap" title={one.due}>{left < 0 ? <When time={one.due} /> : t('case.due.in', { span: formatSpan(left) })}</span>;
}

/** Six numbers, each a part of the one before; the bars are on one scale, a root, since raw
 * alarms are many thousand times the cases. */
function FunnelView({ funnel }: { funnel: Funnel }) {
	const most = Math.max(1, ...FUNNEL.map((stage) => funnel[stage]));
	// Where nobody has told of the period, its counts are not known.
	const isKnown = funnel.nodes !== 0;
	return (
		<Panel title={t('funnel.title')} aside={funnel.nodes !== undefined && <span class="faint num">{t('funnel.nodes', { n: formatCount(funnel.nodes) })}</span>}>
			<ol class="funnel">{FUNNEL.map((stage) => (
				<li key={stage} data-funnel={stage}><span class="funnel-name">{t(`funnel.${stage}`)}</span><b class="num">{isKnown ? formatCount(funnel[stage]) : '–'}</b>
					<span class="funnel-bar" aria-hidden="true"><i style={{ width: `${100 * Math.cbrt(funnel[stage] / most)}%` }} /></span></li>
			))}</ol>
		</Panel>
	);
}

function Row({ one }: { one: Case }) {
	return (
		<tr data-case={one.id} data-overdue={one.overdue ? 'true' : undefined}>
			<td><a class="mono" href={href('cases', one.id)}>{one.id}</a></td>
			<td data-label={t('word.state')}><CaseState state={one.state} /></td>
			<td data-label={t('case.due')}><Due one={one} /></td>
			<td data-label={t('case.severity')}><SeverityState severity={one.severity} /></td>
			<td class="mono" data-label={t('case.technique')}>{one.technique}</td>
			<td class="mono wrap" data-label={t('case.subject')}>{one.subject}</td>
			<td class="mono wrap" data-label={t('case.entity')}>{one.entity}</td>
		</tr>
	);
}

export function Cases({ route }: PageProps) {
	const state = route.query.get('state') ?? '';
	const overdue = route.query.get('overdue') === '1';
	const key = `${state} ${overdue}`;
	const { cursor, pager } = useCursor(key);
	const loaded = useLoad(() => treeApi.cases({ state, overdue: overdue ? '1' : undefined, limit: PAGE_SIZE, cursor }), `${key} ${cursor}`, { every_ms: REFRESH_MS });
	const chip = (name: string, text: string, on: boolean, query: Record<string, string>) => (
		<button key={name} type="button" class="chip" data-chip={name} aria-pressed={on} onClick={() => replace('cases', '', query)}>{text}</button>
	);
	// What falls due first stands first, and so what is longest overdue before all.
	const dueOf = (one: Case): number => (one.due ? Date.parse(one.due) : Infinity);
	const order = (a: Case, b: Case): number => (dueOf(a) === dueOf(b) ? 0 : dueOf(a) - dueOf(b));
	return (
		<>
			<TreeHead title={t('nav.cases')} />
			<TreeAwait from={loaded} rows={10}>{({ items, next, funnel }) => {
				const late = items.filter((one) => one.overdue).length;
				return (
					<>
						<FunnelView funnel={funnel} />
						<div class="filters"><div class="chips" role="group" aria-label={t('word.state')}>
							{chip('all', t('word.all'), !state && !overdue, {})}
							{chip('overdue', late ? t('case.overdue.n', { n: late }) : t('case.overdue'), overdue, { overdue: '1' })}
							{STATES.map((one) => chip(one, word('case.state', one), state === one, { state: one }))}
						</div></div>
						<section class="panel flush">
							{items.length ? (
								<table class="table stack">
									<thead><tr><th>#</th><th>{t('word.state')}</th><th>{t('case.due')}</th><th>{t('case.severity')}</th><th>{t('case.technique')}</th>
										<th>{t('case.subject')}</th><th>{t('case.entity')}</th></tr></thead>
									<tbody>{[...items].sort(order).map((one) => <Row key={one.id} one={one} />)}</tbody>
								</table>
							) : <Empty>{t(overdue ? 'case.overdue.none' : 'case.none')}</Empty>}
							{pager(next)}
						</section>
					</>
				);
			}}</TreeAwait>
		</>
	);
}

function StepRow({ step }: { step: CaseStep }) {
	const odd = ODD.includes(step.verdict ?? '');
	return (
		<li data-step={step.step} data-verdict={step.verdict}>
			<div class="change-head"><When time={step.time} whole /><b>{word('case.step', step.step)}</b><span class="faint">{nameOf(step.who)} · <span class="mono">{step.node}</span></span>
				{odd ? <State tone="warn" shape="triangle" text={word('verdict', step.verdict!)} />
					: step.verdict && step.verdict !== 'applied' && <span class="faint">{word('verdict', step.verdict)}</span>}</div>
			{step.text && <p class="wrap step-text">{step.text}</p>}
			{step.due && <p class="faint small-text">{t('case.due')} <When time={step.due} whole /></p>}
		</li>
	);
}

function TakeStep({ one, step, onClose, onDone }: { one: Case; step: string; onClose: () => void; onDone: () => void }) {
	const [text, setText] = useState('');
	const [due, setDue] = useState('');
	const word_ = word('case.step', step);
	return (
		<Confirm title={t('case.step.title', { step: word_, id: one.id })} act={word_} danger={DANGER.includes(step)} disabled={!text.trim()} onClose={onClose} onDone={onDone}
			work={() => treeApi.takeStep(one.id, { step, text: text.trim(), ...(due && { due: new Date(`${due}T23:59:59`).toISOString() }) })}>
			<div class="field"><label for="step-text">{t('case.text')}</label>
				<textarea id="step-text" rows={4} maxLength={TEXT_MAX} required value={text} onInput={(e) => setText(e.currentTarget.value)} />
				<p class="faint">{t('case.text.hint')}</p></div>
			{!['close', 'dismiss', 'note'].includes(step) && <div class="field"><label for="step-due">{t('case.due.set')}</label>
				<input id="step-due" type="date" value={due} onInput={(e) => setDue(e.currentTarget.value)} /></div>}
		</Confirm>
	);
}

function Next({ one, onStep }: { one: Case; onStep: (step: string) => void }) {
	const may = useRank();
	const next = one.next ?? [];
	if (!next.length) return <Empty>{t('case.next.none')}</Empty>;
	return (
		<ul class="plain next-steps">{next.map(({ step, role }) => (
			<li key={step}>{may(role) ? <button type="button" class={DANGER.includes(step) ? 'danger' : step === 'note' ? '' : 'primary'} data-take={step} onClick={() => onStep(step)}>{word('case.step', step)}</button>
				: <span class="faint">{word('case.step', step)} ({t('case.next.role', { role: word('role', role) })})</span>}</li>
		))}</ul>
	);
}

function Forms({ one }: { one: Case }) {
	const kinds = Object.keys(FORMS).filter((kind) => FORMS[kind]!.includes(one.state)) as ('notice' | 'order' | 'feedback')[];
	if (!kinds.length) return <Empty>{t('word.none')}</Empty>;
	return <ul class="plain forms">{kinds.map((kind) => (
		<li key={kind}><a data-form={kind} href={treeApi.formAddress(one.id, kind)} target="_blank" rel="noreferrer"><Icon name="releases" /> {t(`case.form.${kind}`)}</a></li>
	))}</ul>;
}

function Detail({ one, onDone }: { one: Case; onDone: () => void }) {
	const [step, setStep] = useState<string>();
	return (
		<>
			{one.conflicts ? <p class="strip" data-conflicts><State tone="warn" shape="triangle" text={t('case.conflicts', { n: one.conflicts })} /></p> : null}
			<div class="columns">
				<div>
					<Panel title={t('case.steps')} aside={<CaseState state={one.state} />}>
						<ol class="timeline">{one.steps.map((taken, n) => <StepRow key={n} step={taken} />)}</ol>
					</Panel>
				</div>
				<div>
					<Panel title={t('case.next')} aside={<Due one={one} />}><Next one={one} onStep={setStep} /></Panel>
					<Panel title={t('incident.facts')}>
						<Facts rows={[
							[t('case.severity'), <SeverityState severity={one.severity} />],
							[t('case.technique'), <span class="mono">{one.technique}</span>],
							[t('case.subject'), <span class="mono">{one.subject}</span>],
							[t('case.entity'), <span class="mono">{one.entity}</span>],
							[t('case.origin'), <span class="mono">{one.origin}</span>],
							[t('case.event'), <span class="num">#{one.event}</span>],
						]} />
					</Panel>
					<Panel title={t('case.forms')}><Forms one={one} /></Panel>
				</div>
			</div>
			{step && <TakeStep one={one} step={step} onClose={() => setStep(undefined)} onDone={() => {
				setStep(undefined);
				onDone();
			}} />}
		</>
	);
}

export function CasePage({ route }: PageProps) {
	const loaded = useLoad(() => treeApi.oneCase(route.arg), route.arg, { every_ms: REFRESH_MS });
	return (
		<>
			<TreeHead title={t('case.title', { id: route.arg })} above={<a href={href('cases')}>{t('case.all')}</a>} />
			<TreeAwait from={loaded} rows={10} missing={t('problem.404')}>{(one) => <Detail one={one} onDone={loaded.reload} />}</TreeAwait>
		</>
	);
}
