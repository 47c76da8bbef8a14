// SPDX-License-Identifier: Apache-2.0
// Numbers, times and sizes as people of the plant write them.
import { t } from './i18n';
import { lang } from './prefs';
import type { Label, Limits, Point } from './types';

export const labelOf = (label: Label | undefined, name: string): string =>
	label?.[lang.get()] || label?.en || name;

/** "user:li" is li to people. */
export const nameOf = (subject: string): string => subject.replace(/^user:/, '');

/** Decimals worth showing at a size. */
const placesAt = (size: number): number => (size >= 1000 ? 1 : size >= 100 ? 2 : 3);

/** Decimals this value has, no more than are worth showing. */
export function placesOf(value: number): number {
	const text = Math.abs(value).toFixed(placesAt(Math.abs(value))).replace(/\.?0+$/, '');
	return text.includes('.') ? text.length - text.indexOf('.') - 1 : 0;
}

/** A measured value, never with an exponent for usual sizes. `places` is what the point
 * has shown so far: with it a value that passes a whole number keeps its width. */
export function formatValue(value: number | boolean | null | undefined, places = 0): string {
	if (value === null || value === undefined) return '–';
	const number = Number(value);
	const size = Math.abs(number);
	if (size !== 0 && (size < 0.0005 || size >= 1e12)) return number.toExponential(3);
	const digits = Math.min(placesAt(size), Math.max(places, placesOf(number)));
	return number.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** What a value of the point is called; '' when it has no name. */
export function stateOf({ states }: Pick<Point, 'states'>, value: number | boolean | null | undefined): string {
	const found = value === null || value === undefined ? undefined : states?.find((state) => state.value === Number(value));
	return found ? labelOf(found.label, String(found.value)) : '';
}

/** A value of the point: the name of a state, else the number. */
export const pointValue = (point: Pick<Point, 'states'>, value: number | boolean | null | undefined, places = 0): string =>
	stateOf(point, value) || formatValue(value, places);

/** How far a value may be off, with two digits and never less than it is; '' of an exact one. */
export function formatBound(bound: number | undefined): string {
	if (!bound) return '';
	if (bound === Infinity) return t('trend.approximate');
	const unit = 10 ** (Math.floor(Math.log10(bound)) - 1);
	const up = Number((Math.ceil(bound / unit - 1e-9) * unit).toPrecision(2));
	return `±${up < 1e-4 ? up.toExponential() : formatPlain(up)}`;
}

/** A number that somebody chose (limits, set points): no digits added. */
export const formatPlain = (value: number | null | undefined): string =>
	value === null || value === undefined ? '–'
		: value.toLocaleString('en-US', { maximumFractionDigits: 6 });

export const formatLimits = (limits: Limits | null, unit: string): string =>
	limits ? `${formatPlain(limits[0])} … ${formatPlain(limits[1])} ${unit}`.trim() : '–';

export const formatCount = (value: number): string => value.toLocaleString('en-US');

export function formatBytes(bytes: number): string {
	const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
	let step = 0;
	for (; bytes >= 1024 && step < units.length - 1; step++) bytes /= 1024;
	return `${step ? bytes.toFixed(bytes < 10 ? 1 : 0) : bytes} ${units[step]}`;
}

const two = (n: number): string => String(n).padStart(2, '0');

export function formatTime(ms: number | null | undefined, millis = false): string {
	if (!ms) return '–';
	const d = new Date(ms);
	const clock = `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`;
	return millis ? `${clock}.${String(d.getMilliseconds()).padStart(3, '0')}` : clock;
}

export function formatDate(ms: number | null | undefined): string {
	if (!ms) return '–';
	const d = new Date(ms);
	return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}`;
}

/** The clock of today, the date too of any other day. */
export function formatWhen(ms: number | null | undefined): string {
	if (!ms) return '–';
	return formatDate(ms) === formatDate(Date.now()) ? formatTime(ms) : formatStamp(ms);
}

export const formatStamp = (ms: number | null | undefined): string =>
	ms ? `${formatDate(ms)} ${formatTime(ms)}` : '–';

export function formatSpan(seconds: number): string {
	const s = Math.max(0, Math.round(seconds));
	const zh = lang.get() === 'zh';
	const units: [number, string][] = [[86400, zh ? ' 天' : ' d'], [3600, zh ? ' 小时' : ' h'],
		[60, zh ? ' 分' : ' min'], [1, zh ? ' 秒' : ' s']];
	const at = units.findIndex(([size]) => s >= size);
	if (at < 0) return `0${units[3]![1]}`;
	const [size, word] = units[at]!;
	const next = units[at + 1];
	const rest = next ? Math.floor((s % size) / next[0]) : 0;
	return `${Math.floor(s / size)}${word}${next && rest ? ` ${rest}${next[1]}` : ''}`;
}

export function formatMillis(ms: number | null | undefined): string {
	if (ms === null || ms === undefined) return '–';
	return ms < 10 ? ms.toFixed(2) : ms.toFixed(ms < 100 ? 1 : 0);
}
