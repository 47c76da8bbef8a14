// SPDX-License-Identifier: Apache-2.0
// Orders a value: form, confirmation, result with read-back. A repeated try of the same
// order carries the same key, so that a lost answer never writes twice.
import { useRef, useState } from 'preact/hooks';
import { api, newKey, type Problem } from '../api';
import { formatLimits, formatPlain, pointValue, stateOf } from '../format';
import { t, word } from '../i18n';
import { asNumber, useLive } from '../live';
import { asProblem } from '../load';
import type { CommandResult, Point } from '../types';
import { Dialog } from './dialog';
import { Icon } from './icon';
import { Facts } from './panel';
import { ProblemBox } from './problem';
import { OrderState } from './status';

type Write = NonNullable<Point['write']>;
interface Props { point: Point; write: Write }

function Confirm({ point, value, busy, onWrite, onClose }:
{ point: Point; value: number; busy: boolean; onWrite: () => void; onClose: () => void }) {
	const live = useLive(point.id);
	return (
		<Dialog title={t('write.confirm')} onClose={onClose}>
			<Facts rows={[
				[t('word.point'), <strong class="mono">{point.name}</strong>],
				[t('write.now'), <span class="num">{pointValue(point, live?.value ?? asNumber(point.value))} {point.unit}</span>],
				[t('write.after'), <strong class="num write-after">{stateOf(point, value) || formatPlain(value)} {point.unit}</strong>],
				[t('word.limits'), <span class="num">{formatLimits(point.write?.limits ?? null, point.unit)}</span>],
			]} />
			<p class="faint">{t('write.confirm.text')}</p>
			<div class="dialog-buttons">
				<button type="button" onClick={onClose}>{t('word.cancel')}</button>
				<button type="button" class="primary" data-confirm disabled={busy} onClick={onWrite}>
					{busy ? t('write.busy') : t('write.do')}
				</button>
			</div>
		</Dialog>
	);
}

function Result({ result, unit }: { result: CommandResult; unit: string }) {
	return (
		<div class="note note-good" role="status" data-result={result.state}>
			<Icon name="check" />
			<div>
				<OrderState state={result.state} />
				<p>{t('write.verified.text', {
					read_back: `${formatPlain(result.read_back)} ${unit}`, old: `${formatPlain(result.old)} ${unit}`,
				})}</p>
				<p class="faint num">{t('write.audit', { a: result.requested_seq, b: result.final_seq })}</p>
				{result.repeated && <p class="faint">{t('write.repeated')}</p>}
			</div>
		</div>
	);
}

function useOrder(point: Point) {
	const key = useRef(newKey());
	const [busy, setBusy] = useState(false);
	const [result, setResult] = useState<CommandResult>();
	const [problem, setProblem] = useState<Problem>();
	const forget = (): void => {
		key.current = newKey();
		setResult(undefined);
		setProblem(undefined);
	};
	const send = async (value: number): Promise<void> => {
		setBusy(true);
		setProblem(undefined);
		try {
			setResult(await api.command(point.name, value, key.current));
			key.current = newKey();
		} catch (error) {
			const why = asProblem(error);
			setProblem(why);
			// Without an answer the order may have been carried out: the key stays.
			if (why.status !== 0) key.current = newKey();
		}
		setBusy(false);
	};
	return { busy, result, problem, forget, send };
}

export function WriteForm({ point, write }: Props) {
	const [text, setText] = useState('');
	const [asked, setAsked] = useState(false);
	const order = useOrder(point);
	const [low, high] = write.limits;
	const value = Number(text);
	const valid = text.trim() !== '' && Number.isFinite(value) && value >= low && value <= high;
	const limits = formatLimits(write.limits, point.unit);
	const review = (e: Event): void => {
		e.preventDefault();
		if (valid) setAsked(true);
	};
	const change = (next: string): void => {
		setText(next);
		order.forget();
	};
	return (
		<form class="write" onSubmit={review} noValidate>
			<label for="write-value">{t('write.value')}</label>
			<div class="write-row">
				<input id="write-value" type="text" inputMode="decimal" autocomplete="off" value={text}
					aria-invalid={text !== '' && !valid} aria-describedby="write-hint"
					onInput={(e) => change(e.currentTarget.value)} />
				<span class="unit">{point.unit}</span>
				<button type="submit" class="primary" disabled={!valid || order.busy}>{t('write.review')}</button>
			</div>
			<p id="write-hint" class={text !== '' && !valid ? 'bad-text' : 'faint'}>
				{text !== '' && !valid ? t('write.range', { limits: t('word.from', { a: formatPlain(low), b: formatPlain(high) }) })
					: t('write.allowed', { limits, tolerance: formatPlain(write.tolerance), role: word('role', write.role) })}
			</p>
			{order.result && <Result result={order.result} unit={point.unit} />}
			{order.problem && <ProblemBox problem={order.problem} />}
			{asked && <Confirm point={point} value={value} busy={order.busy} onClose={() => setAsked(false)}
				onWrite={() => void order.send(value).then(() => setAsked(false))} />}
		</form>
	);
}
