// SPDX-License-Identifier: Apache-2.0
// Numbers that no machine measures, attested by whoever is signed in: one by a form, many by a
// table that is taken whole or not at all.
import { useState } from 'preact/hooks';
import { session } from '../api';
import { formatDate, nameOf } from '../format';
import { useDo, useLoad } from '../load';
import { useTree } from '../node_api';
import { useStore } from '../store';
import { treeApi } from '../tree_api';
import type { Definition, Figure } from '../tree_types';
import { t, word } from '../words_tree';
import { figureHref } from './figure';
import { Icon } from './icon';
import { Empty, Panel } from './panel';
import { ProblemBox } from './problem';
import { TreeAwait, useText } from './tree';

const NOTE_MAX = 255;
const NUMBER = /^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?$/;

const isNumber = (text: string): boolean => NUMBER.test(text.trim());

/** The present period of a kind begins here, by the reader's calendar. */
function beginOf(period: string): string {
	const now = new Date();
	const month = period === 'year' ? 0 : period === 'quarter' ? now.getMonth() - (now.getMonth() % 3) : now.getMonth();
	return formatDate(new Date(now.getFullYear(), month, period === 'day' ? now.getDate() : 1).getTime());
}

function Done({ text, figure }: { text: string; figure?: Figure }) {
	return (
		<div class="note note-good" role="status" data-declared>
			<Icon name="check" /><div><strong>{text}</strong>{figure && <p><a href={figureHref(figure.id)}>{t('declare.open')}</a></p>}</div>
		</div>
	);
}

interface FormProps { one: Definition; entity: string; who: string }

function Form({ one, entity: own, who }: FormProps) {
	const text = useText();
	const [scope, setScope] = useState(one.scopes[0]?.id ?? '');
	const [period, setPeriod] = useState(one.periods[0] ?? '');
	const [from, setFrom] = useState(beginOf(one.periods[0] ?? ''));
	const [entity, setEntity] = useState(own);
	const [numbers, setNumbers] = useState<Record<string, string>>({});
	const [note, setNote] = useState('');
	const [made, setMade] = useState<Figure>();
	const { problem, busy, run } = useDo(() => undefined);
	const complete = one.parts.every((part) => isNumber(numbers[part.name] ?? ''));
	const submit = (e: Event): void => {
		e.preventDefault();
		void run(async () => setMade(await treeApi.declare({
			definition: one.id, version: one.version, scope, period, entity: entity.trim(), note: note.trim(),
			from: new Date(`${from}T00:00:00`).toISOString(), parts: Object.fromEntries(one.parts.map((part) => [part.name, Number(numbers[part.name])])),
		})));
	};
	return (
		<form class="declare" onSubmit={submit}>
			{one.note && <p class="faint">{text(one.note)}</p>}
			<div class="declare-fields">
				<div class="field"><label for="declare-scope">{t('figure.scope')}</label>
					<select id="declare-scope" value={scope} onChange={(e) => setScope(e.currentTarget.value)}>
						{one.scopes.map((s) => <option key={s.id} value={s.id}>{text(s.name, s.id)}</option>)}</select></div>
				<div class="field"><label for="declare-period">{t('figure.period')}</label>
					<select id="declare-period" value={period} onChange={(e) => {
						setPeriod(e.currentTarget.value);
						setFrom(beginOf(e.currentTarget.value));
					}}>{one.periods.map((p) => <option key={p} value={p}>{word('period', p)}</option>)}</select></div>
				<div class="field"><label for="declare-from">{t('declare.from')}</label>
					<input id="declare-from" type="date" required value={from} onInput={(e) => setFrom(e.currentTarget.value)} /></div>
				<div class="field"><label for="declare-entity">{t('figure.entity')}</label>
					<input id="declare-entity" class="mono" required maxLength={NOTE_MAX} value={entity} onInput={(e) => setEntity(e.currentTarget.value)} /></div>
				{one.parts.map((part) => {
					const given = numbers[part.name] ?? '';
					const wrong = given !== '' && !isNumber(given);
					return (
						<div key={part.name} class="field"><label for={`part-${part.name}`}><span class="mono">{part.name}</span> ({part.unit})</label>
							<input id={`part-${part.name}`} class="num" inputMode="decimal" required autocomplete="off" aria-invalid={wrong} value={given}
								onInput={(e) => setNumbers({ ...numbers, [part.name]: e.currentTarget.value })} />
							{wrong && <p class="bad-text">{t('declare.number')}</p>}</div>
					);
				})}
			</div>
			<div class="field"><label for="declare-note">{t('declare.note')} ({t('word.optional')})</label>
				<input id="declare-note" maxLength={NOTE_MAX} value={note} placeholder={t('declare.note.hint')} onInput={(e) => setNote(e.currentTarget.value)} /></div>
			{problem && <ProblemBox problem={problem} />}
			{made && <Done text={t('declare.done', { who: nameOf(made.attested_by ?? who), n: made.revision })} figure={made} />}
			<div class="form-foot"><span class="faint" data-who>{t('declare.who', { who })} · <span class="mono">{one.value}</span></span>
				<button type="submit" class="primary" data-declare disabled={busy || !complete || !from}>{t('declare.do')}</button></div>
		</form>
	);
}

function ByTable({ one, who }: { one: Definition; who: string }) {
	const [count, setCount] = useState<number>();
	const { problem, busy, run } = useDo(() => undefined);
	const take = (field: HTMLInputElement): void => {
		const [file] = field.files ?? [];
		setCount(undefined);
		if (file) void run(async () => setCount((await treeApi.declareMany(await file.text()))?.items.length ?? 0));
		// The same file can be chosen again when it was mended.
		field.value = '';
	};
	return (
		<Panel title={t('declare.csv')}>
			<p class="faint">{t('declare.csv.text')}</p>
			<div class="csv-row">
				<a class="button" data-template href={treeApi.templateAddress(one.id)} download={`${one.id}.csv`}>{t('declare.csv.get')}</a>
				<label class="button-file" for="declare-file">{t('declare.csv.put')}
					<input id="declare-file" type="file" accept=".csv,text/csv" disabled={busy} onChange={(e) => take(e.currentTarget)} /></label>
			</div>
			{problem && <ProblemBox problem={problem} />}
			{problem?.body.faults && <ul class="plain faults">{problem.body.faults.map((fault) =>
				<li key={fault.line}><b class="num">{fault.line}</b> {fault.reason}</li>)}</ul>}
			{count !== undefined && <Done text={t('declare.csv.done', { n: count, who })} />}
		</Panel>
	);
}

export function Declare({ may }: { may: boolean }) {
	const text = useText();
	const tree = useTree();
	const who = nameOf(useStore(session)?.subject ?? '');
	const [chosen, setChosen] = useState('');
	const loaded = useLoad(treeApi.definitions, 'definitions');
	if (!may) return <section class="panel"><Empty>{t('word.engineer')}</Empty></section>;
	return (
		<>
			<p class="faint intro">{t('declare.text')}</p>
			<TreeAwait from={loaded} rows={8}>{({ items }) => {
				const all = items.filter((one) => one.declared);
				const one = all.find((d) => d.id === chosen) ?? all[0];
				if (!one) return <section class="panel"><Empty>{t('declare.none')}</Empty></section>;
				return (
					<div class="columns">
						<Panel title={<label for="declare-definition">{t('figure.definition')}</label>}>
							<select id="declare-definition" class="whole" value={one.id} onChange={(e) => setChosen(e.currentTarget.value)}>
								{all.map((d) => <option key={d.id} value={d.id}>{text(d.name, d.id)} ({d.unit})</option>)}</select>
							<Form key={one.id} one={one} entity={tree?.node.ident ?? ''} who={who} />
						</Panel>
						<ByTable key={one.id} one={one} who={who} />
					</div>
				);
			}}</TreeAwait>
		</>
	);
}
