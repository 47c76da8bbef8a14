// SPDX-License-Identifier: Apache-2.0
// Every change of a record, newest first, each with what it changed against the one before.
import { useState } from 'preact/hooks';
import { api } from '../api';
import { nameOf } from '../format';
import { t, word } from '../i18n';
import { asProblem, useLoad } from '../load';
import type { Change, History } from '../types';
import { differences, type Difference } from '../values';
import { Moment } from './moment';
import { Await, Panel } from './panel';
import { RecordMark } from './record';
import { ProblemBox } from './problem';

function DifferenceRow({ row }: { row: Difference }) {
	return (
		<li class="difference">
			<span class="mono faint">{row.index} {row.type}</span>
			<span class="wrap">
				{row.old !== undefined && <del class="mono">{row.old}</del>}
				{row.old !== undefined && row.now !== undefined && ' '}
				{row.now !== undefined && <ins class="mono">{row.now}</ins>}
			</span>
		</li>
	);
}

/** `before` is undefined where the older page is not loaded yet. */
function Entry({ change, before, first, shown, onShow }:
{ change: Change; before?: Change; first: boolean; shown: boolean; onShow: () => void }) {
	const rows = before || first ? differences(before?.values ?? [], change.values) : [];
	const moved = before && before.state !== change.state;
	return (
		<li data-seq={change.seq} aria-current={shown ? 'true' : undefined}>
			<div class="change-head">
				<button type="button" class="quiet small" title={t('history.show')} onClick={onShow}><Moment ms={change.time_ms} whole /></button>
				<b>{word('verb', change.verb)}</b>
				{(moved || (first && change.state !== 'active')) && <RecordMark state={change.state} />}
				<span class="faint">{nameOf(change.subject)}</span>
				<span class="faint num change-seq">#{change.seq}</span>
			</div>
			{rows.length > 0 && <ul class="plain">{rows.map((row) => <DifferenceRow key={row.index} row={row} />)}</ul>}
		</li>
	);
}

interface Props { name: string; history: History; at?: number; onAt: (at: number | undefined) => void }

export function Timeline({ name, history, at, onAt }: Props) {
	const [older, setOlder] = useState<Change[]>([]);
	const [next, setNext] = useState(history.next);
	const [problem, setProblem] = useState<ReturnType<typeof asProblem>>();
	const all = [...history.changes, ...older];
	// The node's times are finer than milliseconds: what a change made is known one later.
	const shown = at === undefined ? all[0] : all.find((change) => change.time_ms < at);
	const more = (): void => {
		api.history(name, next).then((page) => {
			setOlder([...older, ...page.changes]);
			setNext(page.next);
		}, (error) => setProblem(asProblem(error)));
	};
	return (
		<>
			<ol class="timeline">
				{all.map((change, n) => (
					<Entry key={change.seq} change={change} before={all[n + 1]} first={!next && n === all.length - 1}
						shown={change === shown} onShow={() => onAt(n === 0 ? undefined : change.time_ms + 1)} />
				))}
			</ol>
			{problem && <ProblemBox problem={problem} />}
			{next && <div class="pager"><button type="button" onClick={more}>{t('word.older')}</button></div>}
		</>
	);
}

export function HistoryPanel({ name, version, at, onAt }:
{ name: string; version: number; at?: number; onAt: (at: number | undefined) => void }) {
	const loaded = useLoad(() => api.history(name), name, { version });
	return (
		<Panel title={t('history.title')}>
			<Await from={loaded} rows={4}>{(history) =>
				<Timeline key={history.changes[0]?.seq} name={name} history={history} at={at} onAt={onAt} />}</Await>
		</Panel>
	);
}
