// SPDX-License-Identifier: Apache-2.0
// What the trend page asks in dialogs: a range, a point's axis, saved views, files.
import { useRef, useState } from 'preact/hooks';
import type { Problem } from '../api';
import { EXPORT_MAX } from '../export';
import { formatCount, formatDate, formatPlain, formatTime } from '../format';
import { t } from '../i18n';
import { asProblem } from '../load';
import { SAVED_VIEWS_MAX, savedViews } from '../prefs';
import { useStore } from '../store';
import type { Point } from '../types';
import { DAY_MS, type Form, type Plotted, type Range } from '../view';
import { Dialog } from './dialog';
import { Icon } from './icon';
import { Choice } from './panel';
import { ProblemBox } from './problem';

const fieldOf = (ms: number): string => `${formatDate(ms)}T${formatTime(ms)}`;
const msOf = (text: string): number => new Date(text).getTime();

function When({ id, text, value, onInput }: { id: string; text: string; value: string; onInput: (text: string) => void }) {
	return (
		<div class="field">
			<label for={id}>{text}</label>
			<input id={id} type="datetime-local" step={1} required value={value} onInput={(e) => onInput(e.currentTarget.value)} />
		</div>
	);
}

export function RangeDialog({ range, onShow, onClose }: { range: Range; onShow: (range: Range) => void; onClose: () => void }) {
	const [from, setFrom] = useState(() => fieldOf(range.from));
	const [to, setTo] = useState(() => fieldOf(range.to));
	const fits = msOf(to) > msOf(from);
	return (
		<Dialog title={t('trend.choose')} onClose={onClose}>
			<form onSubmit={(e) => { e.preventDefault(); if (fits) onShow({ from: msOf(from), to: msOf(to) }); }}>
				<When id="range-from" text={t('trend.from')} value={from} onInput={setFrom} />
				<When id="range-to" text={t('trend.to')} value={to} onInput={setTo} />
				<p class="bad-text note-line" role="status">{fits ? '' : t('trend.order')}</p>
				<Buttons disabled={!fits} onClose={onClose} />
			</form>
		</Dialog>
	);
}

function Buttons({ disabled, onClose }: { disabled: boolean; onClose: () => void }) {
	return (
		<div class="dialog-buttons">
			<button type="button" onClick={onClose}>{t('word.cancel')}</button>
			<button type="submit" class="primary" disabled={disabled}>{t('trend.apply')}</button>
		</div>
	);
}

/** The beginning of the period that is laid over the present one. */
export function CompareDialog({ from, onShift, onClose }:
{ from: number; onShift: (ms: number) => void; onClose: () => void }) {
	const [at, setAt] = useState(() => fieldOf(from - DAY_MS));
	const shift = Math.round(from - msOf(at));
	return (
		<Dialog title={t('trend.with')} onClose={onClose}>
			<form onSubmit={(e) => { e.preventDefault(); if (shift > 0) onShift(shift); }}>
				<When id="compare-from" text={t('trend.with.choose')} value={at} onInput={setAt} />
				<Buttons disabled={!(shift > 0)} onClose={onClose} />
			</form>
		</Dialog>
	);
}

interface SettingsProps {
	one: Plotted; title: string; point: Point | undefined; ends: readonly [number, number]; fixed: boolean;
	onClose: () => void; onRemove: () => void;
	onChange: (change: Partial<Plotted>) => void; onEnds: (ends: readonly [number, number] | null) => void;
}

function Ends({ ends, fixed, point, onEnds }: Pick<SettingsProps, 'ends' | 'fixed' | 'point' | 'onEnds'>) {
	const [low, setLow] = useState(String(ends[0]));
	const [high, setHigh] = useState(String(ends[1]));
	const limits = point?.limits;
	const set = (a: string, b: string): void => {
		setLow(a);
		setHigh(b);
		if (a.trim() && b.trim() && Number(a) < Number(b)) onEnds([Number(a), Number(b)]);
	};
	const wrong = fixed && !(low.trim() && high.trim() && Number(low) < Number(high));
	return (
		<div class="field">
			<span>{t('trend.ends')}</span>
			<div class="ends-row">
				<Choice label={t('trend.ends')} value={fixed ? 'fixed' : 'auto'} onChange={(kind) => (kind === 'auto' ? onEnds(null) : set(low, high))}
					options={[['auto', t('trend.ends.auto')], ['fixed', t('trend.ends.fixed')]]} />
				{limits && <button type="button" onClick={() => set(String(limits[0]), String(limits[1]))}>{t('trend.ends.limits')}</button>}
			</div>
			<div class="ends-row">
				<input class="short" inputMode="decimal" aria-label={t('trend.ends.low')} aria-invalid={wrong} disabled={!fixed}
					value={fixed ? low : formatPlain(ends[0])} onInput={(e) => set(e.currentTarget.value, high)} />
				<input class="short" inputMode="decimal" aria-label={t('trend.ends.high')} aria-invalid={wrong} disabled={!fixed}
					value={fixed ? high : formatPlain(ends[1])} onInput={(e) => set(low, e.currentTarget.value)} />
			</div>
		</div>
	);
}

export function SettingsDialog({ one, title, point, ends, fixed, onChange, onEnds, onRemove, onClose }: SettingsProps) {
	const unit = point?.unit ? t('trend.axis.unit', { unit: point.unit }) : t('trend.axis.plain');
	return (
		<Dialog title={title} onClose={onClose}>
			<div class="field">
				<span>{t('trend.form')}</span>
				<Choice<Form> label={t('trend.form')} value={one.form} onChange={(form) => onChange({ form })}
					options={[['auto', t('trend.form.auto')], ['step', t('trend.form.step')], ['slope', t('trend.form.slope')]]} />
			</div>
			<div class="field">
				<span>{t('trend.axis')}</span>
				<Choice label={t('trend.axis')} value={one.own ? 'own' : 'unit'} onChange={(kind) => onChange({ own: kind === 'own' })}
					options={[['unit', unit], ['own', t('trend.axis.own')]]} />
			</div>
			<Ends key={`${one.own}`} ends={ends} fixed={fixed} point={point} onEnds={onEnds} />
			<div class="dialog-buttons">
				<button type="button" class="danger" onClick={onRemove}>{t('trend.remove', { point: '' }).trim()}</button>
				<button type="button" class="primary" onClick={onClose}>{t('word.close')}</button>
			</div>
		</Dialog>
	);
}

export function ViewsDialog({ query, onOpen, onClose }:
{ query: string; onOpen: (query: string) => void; onClose: () => void }) {
	const views = useStore(savedViews);
	const [name, setName] = useState('');
	const given = name.trim();
	const full = views.length >= SAVED_VIEWS_MAX && !views.some((one) => one.name === given);
	const save = (): void => {
		if (!given || full) return;
		savedViews.set([...views.filter((one) => one.name !== given), { name: given, query }].sort((a, b) => a.name.localeCompare(b.name)));
		setName('');
	};
	return (
		<Dialog title={t('trend.views')} onClose={onClose}>
			{views.length ? (
				<ul class="plain view-list">
					{views.map((one) => (
						<li key={one.name} data-view={one.name}>
							<button type="button" class="link" onClick={() => onOpen(one.query)}>{one.name}</button>
							<button type="button" class="quiet square" aria-label={t('trend.views.remove', { name: one.name })}
								onClick={() => savedViews.set(views.filter((other) => other !== one))}><Icon name="cross" /></button>
						</li>
					))}
				</ul>
			) : <p class="faint">{t('trend.views.none')}</p>}
			<form class="view-form" onSubmit={(e) => { e.preventDefault(); save(); }}>
				<input aria-label={t('trend.views.name')} placeholder={t('trend.views.name')} maxLength={80} value={name}
					onInput={(e) => setName(e.currentTarget.value)} />
				<button type="submit" disabled={!given || full}>{t('trend.views.save')}</button>
			</form>
			<p class="faint small-text">{full ? t('trend.views.full', { n: SAVED_VIEWS_MAX }) : t('trend.views.text')}</p>
			<div class="dialog-buttons"><button type="button" class="primary" onClick={onClose}>{t('word.close')}</button></div>
		</Dialog>
	);
}

interface ExportProps {
	onSeen: () => void; onPicture: () => Promise<void>;
	onSamples: (signal: AbortSignal, progress: (count: number) => void) => Promise<boolean>;
	onClose: () => void;
}

export function ExportDialog({ onSeen, onPicture, onSamples, onClose }: ExportProps) {
	const [count, setCount] = useState<number>();
	const [problem, setProblem] = useState<Problem>();
	const [cut, setCut] = useState(false);
	const ends = useRef(new AbortController());
	const close = (): void => {
		ends.current.abort();
		onClose();
	};
	const run = async (work: () => Promise<unknown>): Promise<void> => {
		setProblem(undefined);
		try {
			await work();
		} catch (error) {
			if (!ends.current.signal.aborted) setProblem(asProblem(error));
		}
		setCount(undefined);
	};
	const samples = async (): Promise<void> => setCut(await onSamples(ends.current.signal, setCount));
	const row = (key: 'seen' | 'raw' | 'png', act: () => void) => (
		<li>
			<button type="button" data-export={key} disabled={count !== undefined} onClick={act}>{t(`trend.export.${key}`)}</button>
			<p class="faint small-text">{key === 'raw' && count !== undefined ? t('trend.export.busy', { n: formatCount(count) }) : t(`trend.export.${key}.text`)}</p>
		</li>
	);
	return (
		<Dialog title={t('trend.export')} onClose={close}>
			{problem && <ProblemBox problem={problem} />}
			<ul class="plain export-list">
				{row('seen', onSeen)}
				{row('raw', () => { setCount(0); void run(samples); })}
				{row('png', () => void run(onPicture))}
			</ul>
			{cut && <p role="status">{t('trend.export.most', { n: formatCount(EXPORT_MAX) })}</p>}
			<div class="dialog-buttons"><button type="button" class="primary" onClick={close}>{t('word.close')}</button></div>
		</Dialog>
	);
}
