// SPDX-License-Identifier: Apache-2.0
// Many names from a paste: first a dry run that says what is wrong with which line, then
// the registering, which can be stopped and tells of each line how it went.
import { useRef, useState } from 'preact/hooks';
import { api, Problem, session } from '../api';
import { linesOf, LINES_MAX, type Line } from '../draft';
import { formatCount } from '../format';
import { t } from '../i18n';
import { node } from '../live';
import { asProblem } from '../load';
import { holds } from '../node_api';
import { href } from '../router';
import { useStore } from '../store';
import { textOf } from '../values';
import { Panel } from './panel';
import { problemText } from './problem';
import { State, type Tone } from './status';

type Phase = 'free' | 'there' | 'wrong' | 'done' | 'failed';
interface Result { line: Line; phase: Phase; why: string }

/** Requests under way at once: a node serves others too. */
const AT_ONCE = 4;

const MARKS: Record<Phase, [Tone, 'dot' | 'ring' | 'triangle' | 'square']> = {
	free: ['calm', 'ring'], there: ['warn', 'triangle'], wrong: ['bad', 'square'], done: ['good', 'dot'], failed: ['bad', 'square'],
};

function sentenceOf(error: unknown): string {
	const { what, detail, fix } = problemText(asProblem(error));
	return [what, detail, fix].filter(Boolean).join(' ');
}

/** Whether a name is free; a deleted one is not. */
async function tryLine(line: Line, scope: string): Promise<Result> {
	if (line.wrong) return { line, phase: 'wrong', why: line.wrong };
	if (!holds(scope, line.name)) return { line, phase: 'wrong', why: t('wrong.name.scope', { scope }) };
	try {
		const { changes } = await api.history(line.name);
		const deleted = changes[0]?.state === 'deleted';
		return { line, phase: 'there', why: t(deleted ? 'bulk.deleted' : 'bulk.there') };
	} catch (error) {
		if (error instanceof Problem && error.status === 404) return { line, phase: 'free', why: '' };
		return { line, phase: 'wrong', why: sentenceOf(error) };
	}
}

async function registerLine(line: Line): Promise<Result> {
	try {
		await api.register(line.name, line.values, 'active');
		return { line, phase: 'done', why: '' };
	} catch (error) {
		return { line, phase: 'failed', why: sentenceOf(error) };
	}
}

function useRun() {
	const [results, setResults] = useState<Result[]>();
	const [progress, setProgress] = useState<{ done: number; all: number }>();
	const stopped = useRef(false);
	/** Works through `lines`, AT_ONCE at a time; what comes out takes the place of what was. */
	const run = async (lines: Line[], work: (line: Line) => Promise<Result>, start: Result[]): Promise<void> => {
		const out = new Map(start.map((result) => [result.line.number, result]));
		const queue = [...lines];
		stopped.current = false;
		let done = 0;
		setProgress({ done, all: lines.length });
		const worker = async (): Promise<void> => {
			for (let line = queue.shift(); line && !stopped.current; line = queue.shift()) {
				out.set(line.number, await work(line));
				setProgress({ done: ++done, all: lines.length });
			}
		};
		await Promise.all(Array.from({ length: AT_ONCE }, worker));
		setResults([...out.values()].sort((a, b) => a.line.number - b.line.number));
		setProgress(undefined);
	};
	return { results, setResults, progress, run, stop: () => {
		stopped.current = true;
	} };
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
	const sorted = [...results].sort((a, b) => worst(a.phase) - worst(b.phase));
	return (
		<section class="panel flush">
			<table class="table stack">
				<thead><tr><th class="right">{t('bulk.line')}</th><th>{t('word.identifier')}</th><th>{t('record.values')}</th><th>{t('word.state')}</th></tr></thead>
				<tbody>{sorted.map((result) => <ResultRow key={result.line.number} result={result} />)}</tbody>
			</table>
		</section>
	);
}

export function Bulk() {
	const own = useStore(node)?.prefix ?? '';
	const scope = useStore(session)?.scope ?? '';
	const [paste, setPaste] = useState('');
	const { results, setResults, progress, run, stop } = useRun();
	const lines = paste.trim() ? linesOf(paste, own) : [];
	const tooMany = lines.length > LINES_MAX;
	const free = results?.filter((one) => one.phase === 'free').map((one) => one.line) ?? [];
	const count = (phase: Phase): number => results?.filter((one) => one.phase === phase).length ?? 0;
	const dry = (e: Event): void => {
		e.preventDefault();
		void run(lines, (line) => tryLine(line, scope), []);
	};
	return (
		<>
			<Panel>
				<form onSubmit={dry} class="bulk">
					<label for="paste">{t('bulk.paste')}</label>
					<textarea id="paste" class="mono" rows={9} value={paste} spellcheck={false} placeholder={t('bulk.example', { prefix: own })}
						onInput={(e) => {
							setPaste(e.currentTarget.value);
							setResults(undefined);
						}} />
					<p class={tooMany ? 'bad-text' : 'faint'}>{tooMany ? t('bulk.toomany', { n: LINES_MAX }) : t('bulk.hint')}</p>
					<div class="form-foot">
						<span class="faint num" role="status">{progress ? t('bulk.progress', { a: progress.done, b: progress.all })
							: results ? t('bulk.counts', { free: count('free'), there: count('there'), wrong: count('wrong') + count('failed'), done: count('done') })
								: lines.length ? t('bulk.lines', { n: formatCount(lines.length) }) : ''}</span>
						{progress && <button type="button" onClick={stop}>{t('bulk.stop')}</button>}
						<button type="submit" data-dry class={free.length ? '' : 'primary'} disabled={!lines.length || tooMany || !!progress}>{t('bulk.dry')}</button>
						{free.length > 0 && <button type="button" class="primary" data-run disabled={!!progress}
							onClick={() => void run(free, registerLine, results ?? [])}>{t('bulk.run', { n: formatCount(free.length) })}</button>}
					</div>
				</form>
			</Panel>
			{results && <Results results={results} />}
		</>
	);
}
