// SPDX-License-Identifier: Apache-2.0
// What was changed by hand, as a list with an undo, and the form that annotates or deletes.
import { useState } from 'preact/hooks';
import { api } from '../api';
import type { Change } from '../changes';
import { noteEdit, undoChange } from '../edits';
import { formatDate, formatStamp, formatTime, formatValue, labelOf, nameOf } from '../format';
import { t } from '../i18n';
import type { NewEdit, Point } from '../types';
import type { Range } from '../view';
import { Confirm } from './confirm';
import { Icon } from './icon';
import { Choice, Empty } from './panel';

const MANY = 20;

/** The span in as few words as tell it; of one sample its time. */
function spanText({ from_ms, to_ms }: Pick<Change, 'from_ms' | 'to_ms'>): string {
	const millis = from_ms % 1000 !== 0 || to_ms % 1000 !== 0;
	const start = `${formatDate(from_ms)} ${formatTime(from_ms, millis)}`;
	if (to_ms - from_ms <= 1) return start;
	return `${start} – ${formatDate(from_ms) === formatDate(to_ms) ? formatTime(to_ms, millis) : `${formatDate(to_ms)} ${formatTime(to_ms, millis)}`}`;
}

function valuesText({ edits }: Change): string {
	const set = edits.filter((edit) => edit.kind === 'set');
	const [one] = set;
	if (!one) return '';
	if (set.length > 1) return t('edits.values', { n: set.length });
	return typeof one.value === 'string' ? one.value : formatValue(one.value);
}

/** A change in one sentence, for a hover. */
export const changeText = (change: Change): string =>
	[t(`edits.kind.${change.kind}`), valuesText(change), change.words].filter(Boolean).join(': ');

export const changeWho = ({ author, time_ms }: Change): string =>
	t('edits.who', { who: nameOf(author), time: formatStamp(time_ms) });

function Row({ change, point, mayUndo, onUndo }: { change: Change; point: Point | undefined; mayUndo: boolean; onUndo: () => void }) {
	const [undo] = change.undos;
	const values = valuesText(change);
	return (
		<li class={change.undone ? 'edit undone' : 'edit'} data-edit={change.edits[0]!.id} data-kind={change.kind}>
			<div class="edit-head">
				<strong>{t(`edits.kind.${change.kind}`)}{values && <span class="num"> {values}</span>}</strong>
				{change.undone && <span class="tag">{t('edits.undone')}</span>}
				{mayUndo && <button type="button" class="quiet" data-undo onClick={onUndo}>{t(change.undone ? 'edits.restore' : 'edits.undo')}</button>}
			</div>
			<p class="edit-words">{change.words}</p>
			<p class="faint small-text num">{point && <span class="edit-point">{labelOf(point.label, point.name)}</span>}{spanText(change)}</p>
			<p class="faint small-text">{changeWho(change)}</p>
			{undo && <p class="faint small-text">{t('edits.undone.by', { who: nameOf(undo.author), time: formatStamp(undo.time_ms), reason: undo.reason ?? '' })}</p>}
		</li>
	);
}

function Reason({ id, text, value, onInput }: { id: string; text: string; value: string; onInput: (text: string) => void }) {
	return (
		<div class="field">
			<label for={id}>{text}</label>
			<textarea id={id} rows={3} maxLength={300} required value={value} onInput={(e) => onInput(e.currentTarget.value)} />
			<p class="faint small-text">{t('edits.reason.hint')}</p>
		</div>
	);
}

function UndoDialog({ name, change, onClose }: { name: string; change: Change; onClose: () => void }) {
	const [reason, setReason] = useState('');
	const key = change.undone ? 'restore' : 'undo';
	return (
		<Confirm title={t(`edits.${key}.title`)} act={t(`edits.${key}`)} danger={!change.undone} disabled={!reason.trim()}
			work={() => undoChange(name, change, reason.trim())} onClose={onClose} onDone={() => { noteEdit(); onClose(); }}>
			<p>{changeText(change)}</p>
			<p class="faint small-text num">{spanText(change)}</p>
			<p class="faint">{t(`edits.${key}.text`)}</p>
			<Reason id="undo-reason" text={t('edits.reason')} value={reason} onInput={setReason} />
		</Confirm>
	);
}

export interface Listed { point: Point; change: Change }
interface ListProps { items: readonly Listed[]; mayUndo: (point: Point) => boolean; named?: boolean; none: string; truncated?: boolean }

/** Newest first. */
export function EditList({ items, mayUndo, named = false, none, truncated = false }: ListProps) {
	const [asked, setAsked] = useState<Listed>();
	const [all, setAll] = useState(false);
	const rows = [...items].sort((a, b) => b.change.time_ms - a.change.time_ms);
	if (!rows.length) return <Empty>{none}</Empty>;
	return (
		<>
			<ul class="plain edit-list">
				{rows.slice(0, all ? undefined : MANY).map((one) => (
					<Row key={`${one.point.id} ${one.change.edits[0]!.id}`} change={one.change} point={named ? one.point : undefined}
						mayUndo={mayUndo(one.point)} onUndo={() => setAsked(one)} />
				))}
			</ul>
			{!all && rows.length > MANY && <button type="button" class="quiet" onClick={() => setAll(true)}>{t('edits.all', { n: rows.length })}</button>}
			{truncated && <p class="faint">{t('edits.more')}</p>}
			{asked && <UndoDialog name={asked.point.name} change={asked.change} onClose={() => setAsked(undefined)} />}
		</>
	);
}

const fieldOf = (ms: number): string => `${formatDate(ms)}T${formatTime(ms)}`;

/** A whole second in a field, the millisecond as it was chosen until somebody types. */
function When({ id, text, value, onInput }: { id: string; text: string; value: number; onInput: (ms: number) => void }) {
	return (
		<div class="field">
			<label for={id}>{text}</label>
			<input id={id} type="datetime-local" step={1} required value={fieldOf(value)}
				onInput={(e) => Number.isFinite(e.currentTarget.valueAsNumber) && onInput(new Date(e.currentTarget.value).getTime())} />
		</div>
	);
}

type What = NewEdit['kind'];

export function EditDialog({ points, range, onClose }: { points: readonly Point[]; range: Range; onClose: () => void }) {
	const [name, setName] = useState(points[0]!.name);
	const [what, setWhat] = useState<What>('annotate');
	const [{ from, to }, setSpan] = useState({ from: Math.floor(range.from), to: Math.ceil(range.to) });
	const [words, setWords] = useState('');
	const said = words.trim();
	const make = (): Promise<void> => {
		const span = { from_ms: from, to_ms: to };
		return api.makeEdit(name, what === 'annotate' ? { kind: what, ...span, text: said } : { kind: what, ...span, reason: said });
	};
	return (
		<Confirm title={t('edits.make')} act={t(what === 'annotate' ? 'edits.save' : 'edits.delete')} danger={what === 'delete'} disabled={!said || from >= to}
			work={make} onClose={onClose} onDone={() => { noteEdit(); onClose(); }}>
			{points.length > 1 && (
				<div class="field">
					<label for="edit-point">{t('word.point')}</label>
					<select id="edit-point" value={name} onChange={(e) => setName(e.currentTarget.value)}>
						{points.map((point) => <option key={point.name} value={point.name}>{labelOf(point.label, point.name)} ({point.name})</option>)}
					</select>
				</div>
			)}
			<div class="field">
				<span>{t('edits.what')}</span>
				<Choice<What> label={t('edits.what')} value={what} onChange={setWhat}
					options={[['annotate', t('edits.what.annotate')], ['delete', t('edits.what.delete')]]} />
			</div>
			<div class="span-fields">
				<When id="edit-from" text={t('trend.from')} value={from} onInput={(ms) => setSpan({ from: ms, to })} />
				<When id="edit-to" text={t('trend.to')} value={to} onInput={(ms) => setSpan({ from, to: ms })} />
			</div>
			<p class="bad-text note-line" role="status">{from < to ? '' : t('trend.order')}</p>
			{what === 'delete' && <p class="faint small-text">{t('edits.delete.text')}</p>}
			<Reason id="edit-words" text={t(what === 'annotate' ? 'edits.text' : 'edits.reason')} value={words} onInput={setWords} />
		</Confirm>
	);
}

/** The button that opens the form. */
export function MakeButton({ onClick }: { onClick: () => void }) {
	return <button type="button" data-open="make" onClick={onClick}><Icon name="pen" />{t('edits.make')}</button>;
}
