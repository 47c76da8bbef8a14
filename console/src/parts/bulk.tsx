// SPDX-License-Identifier: Apache-2.0
// Many names from a paste: first a dry run that says what is wrong with which line, then
// the registering of the others as one change, all or none.
import { useRef, useState } from 'preact/hooks';
import { api, newKey, type Problem } from '../api';
import { linesOf, LINES_MAX, type Line } from '../draft';
import { formatCount } from '../format';
import { t } from '../i18n';
import { node } from '../live';
import { asProblem } from '../load';
import { href } from '../router';
import { useStore } from '../store';
import type { BulkMode, Fault } from '../types';
import { textOf } from '../values';
import { Panel } from './panel';
import { ProblemBox } from './problem';
import { State, type Tone } from './status';

type Phase = 'free' | 'there' | 'wrong' | 'done' | 'failed';
interface Result { line: Line; phase: Phase; why: string }

const MARKS: Record<Phase, [Tone, 'dot' | 'ring' | 'triangle' | 'square']> = {
	free: ['calm', 'ring'], there: ['warn', 'triangle'], wrong: ['bad', 'square'], done: ['good', 'dot'], failed: ['bad', 'square'],
};

const whyOf = ({ reason, fix }: Fault): string => [reason, fix].filter(Boolean).join(' · ');

/** What became of the lines that were sent; a fault names its line among them. */
function judged(sent: readonly Line[], faults: readonly Fault[], good: Phase, bad: (fault: Fault) => Phase): Result[] {
	const of = new Map(faults.map((fault) => [fault.line, fault]));
	return sent.map((line, n) => {
		const fault = of.get(n + 1);
		return fault ? { line, phase: bad(fault), why: whyOf(fault) } : { line, phase: good, why: '' };
	});
}

/** What a dry run has found: lines, and how many names it would overwrite or leave alone. */
interface Found { results: Result[]; created: number; changed: number; unchanged: number }

async function tryLines(lines: readonly Line[], mode: BulkMode): Promise<Found> {
	const sent = lines.filter((line) => !line.wrong);
	const { faults, created, changed, unchanged } = sent.length ? await api.tryMany(sent, mode)
		: { faults: [], created: 0, changed: 0, unchanged: 0 };
	const wrong = lines.filter((line) => line.wrong).map((line): Result => ({ line, phase: 'wrong', why: line.wrong }));
	const results = [...wrong, ...judged(sent, faults, 'free', (fault) => (fault.code === 'EXISTS' ? 'there' : 'wrong'))];
	return { results, created, changed, unchanged };
}

function useMany() {
	const [found, setFound] = useState<Found>();
	const [problem, setProblem] = useState<Problem>();
	const [busy, setBusy] = useState(false);
	const key = useRef(newKey());
	const forget = (): void => {
		key.current = newKey();
		setFound(undefined);
		setProblem(undefined);
	};
	const run = async (work: () => Promise<Found>): Promise<void> => {
		setBusy(true);
		setProblem(undefined);
		try {
			setFound(await work());
			key.current = newKey();
		} catch (error) {
			const why = asProblem(error);
			setProblem(why);
			// Without an answer the lines may be registered: the key stays.
			if (why.status !== 0) key.current = newKey();
		}
		setBusy(false);
	};
	const register = async (mode: BulkMode): Promise<Found> => {
		const sent = found?.results.filter((one) => one.phase === 'free').map((one) => one.line) ?? [];
		const others = found?.results.filter((one) => one.phase !== 'free') ?? [];
		const faults = await api.registerMany(sent, mode, key.current).then(() => [], (error) => {
			const told = asProblem(error).body.faults;
			if (!told?.length) throw error;
			return told;
		});
		const results = [...others, ...judged(sent, faults, faults.length ? 'free' : 'done', () => 'failed')];
		const { created = 0, changed = 0, unchanged = 0 } = found ?? {};
		return { results, created, changed, unchanged };
	};
	return {
		found, problem, busy, forget, dry: (lines: readonly Line[], mode: BulkMode) => run(() => tryLines(lines, mode)),
		register: (mode: BulkMode) => run(() => register(mode)),
	};
}

function ResultRow({ result: { line, phase, why } }: { result: Result }) {
	const [tone, shape] = MARKS[phase];
	return (
		<tr data-line={line.number} data-phase={phase}>
			<td class="right num faint" data-label={t('bulk.line')}>{line.number}</td>
			<td class="wrap" data-label={t('word.identifier')}>{phase === 'done' || phase === 'there'
				? <a class="mono" href={href('identifiers', line.name)}>{line.name}</a> : <span class="mono">{line.name}</span>}</td>
			<td class="wrap faint" data-label={t('record.values')}>{line.values.map((v) => `${v.type} ${textOf(v)}`).join(' · ')}</td>
			<td data-label={t('word.state')}><State tone={tone} shape={shape} text={t(`bulk.phase.${phase}`)} />
				{why && <span class="sub wrap">{why}</span>}</td>
		</tr>
	);
}

function Results({ results }: { results: Result[] }) {
	const worst = (phase: Phase): number => ['wrong', 'failed', 'there', 'free', 'done'].indexOf(phase);
	const sorted = [...results].sort((a, b) => worst(a.phase) - worst(b.phase) || a.line.number - b.line.number);
	return (
		<section class="panel flush">
			<table class="table stack">
				<thead><tr><th class="right">{t('bulk.line')}</th><th>{t('word.identifier')}</th><th>{t('record.values')}</th><th>{t('word.state')}</th></tr></thead>
				<tbody>{sorted.map((result) => <ResultRow key={result.line.number} result={result} />)}</tbody>
			</table>
		</section>
	);
}

const MODES: readonly BulkMode[] = ['create', 'replace', 'merge'];

function Mode({ mode, busy, choose }: { mode: BulkMode; busy: boolean; choose: (mode: BulkMode) => void }) {
	return (
		<p>
			<label for="bulk-mode">{t('bulk.mode')}</label>{' '}
			<select id="bulk-mode" value={mode} disabled={busy} onChange={(e) => choose(e.currentTarget.value as BulkMode)}>
				{MODES.map((one) => <option key={one} value={one}>{t(`bulk.mode.${one}`)}</option>)}
			</select>
		</p>
	);
}

export function Bulk() {
	const own = useStore(node)?.prefix ?? '';
	const [paste, setPaste] = useState('');
	const [mode, setMode] = useState<BulkMode>('create');
	const { found, problem, busy, forget, dry, register } = useMany();
	const results = found?.results;
	const lines = paste.trim() ? linesOf(paste, own) : [];
	const tooMany = lines.length > LINES_MAX;
	const count = (phase: Phase): number => results?.filter((one) => one.phase === phase).length ?? 0;
	const free = count('free');
	const over = mode === 'create' ? 0 : found?.changed ?? 0;
	const there = count('there');
	const said = { free, there, wrong: count('wrong') + count('failed'), done: count('done') };
	const ran = mode === 'create' || !free ? t('bulk.counts', said)
		: t('bulk.counts.over', { created: found?.created ?? 0, changed: over, unchanged: found?.unchanged ?? 0, wrong: said.wrong + there });
	const submit = (e: Event): void => {
		e.preventDefault();
		void dry(lines, mode);
	};
	return (
		<>
			<Panel>
				<form onSubmit={submit} class="bulk">
					<label for="paste">{t('bulk.paste')}</label>
					<textarea id="paste" class="mono" rows={9} value={paste} spellcheck={false} disabled={busy} placeholder={t('bulk.example', { prefix: own })}
						onInput={(e) => {
							setPaste(e.currentTarget.value);
							forget();
						}} />
					<p class={tooMany ? 'bad-text' : 'faint'}>{tooMany ? t('bulk.toomany', { n: LINES_MAX }) : t('bulk.hint')}</p>
					<Mode mode={mode} busy={busy} choose={(next) => {
						setMode(next);
						forget();
					}} />
					{problem && <ProblemBox problem={problem} />}
					<div class="form-foot">
						<span class="faint num" role="status">{busy ? t('bulk.busy')
							: results ? ran
								: lines.length ? t('bulk.lines', { n: formatCount(lines.length) }) : ''}</span>
						<button type="submit" data-dry class={free ? '' : 'primary'} disabled={!lines.length || tooMany || busy}>{t('bulk.dry')}</button>
						{free > 0 && <button type="button" class={over ? 'danger' : 'primary'} data-run data-over={over} disabled={busy} onClick={() => void register(mode)}>
							{over ? t('bulk.run.over', { n: formatCount(found?.created ?? 0), over: formatCount(over) }) : t('bulk.run', { n: formatCount(free) })}</button>}
					</div>
				</form>
			</Panel>
			{results && <Results results={results} />}
		</>
	);
}
