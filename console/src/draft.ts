// SPDX-License-Identifier: Apache-2.0
// A record while a person writes it: rows of text, what is wrong with them, and the values
// they become. Also the lines of a paste. Pure.
import { isLink, wrongLink } from './gs1';
import { t } from './i18n';
import type { HandleValue, Template, TemplateItem } from './types';
import { DEFAULT_PERMISSIONS, formatOf, textOf, USUAL_TYPES } from './values';

export const TTL_DEFAULT_S = 86_400;
const NAME_BYTES = 2048;
const INDEX_MAX = 0x7fffffff;

/** `kept`: data a person does not write here; it is sent back as it came, or not at all. */
export interface Row {
	key: number; index: string; type: string; format: string; text: string; ttl: string; permissions: string;
	kept?: HandleValue; item?: TemplateItem;
}

let keys = 0;
const newKey = (): number => ++keys;

export const PLAIN_FORMATS = ['string', 'base64', 'hex'] as const;

export function rowOf(value: HandleValue): Row {
	const format = formatOf(value);
	const plain = (PLAIN_FORMATS as readonly string[]).includes(format);
	return {
		key: newKey(), index: String(value.index), type: value.type, format, text: textOf(value), ttl: String(value.ttl),
		permissions: value.permissions ?? DEFAULT_PERMISSIONS, ...(!plain && { kept: value }),
	};
}

export function freshRow(rows: readonly Row[], type = ''): Row {
	const taken = new Set(rows.map((row) => Number(row.index)));
	let index = USUAL_TYPES.find(([usual]) => usual === type)?.[1] ?? 1;
	while (taken.has(index)) index++;
	return { key: newKey(), index: String(index), type, format: 'string', text: '', ttl: String(TTL_DEFAULT_S), permissions: DEFAULT_PERMISSIONS };
}

export const rowsOfTemplate = (template: Template): Row[] =>
	template.items.filter((item) => item.state !== 0).map((item) => ({
		key: newKey(), index: String(item.idIndex), type: item.idType, format: 'string', text: '', ttl: String(TTL_DEFAULT_S),
		permissions: item.permissions ?? DEFAULT_PERMISSIONS, item,
	}));

const bytes = (text: string): number => new TextEncoder().encode(text).length;
const isWhole = (text: string, low: number, high: number): boolean =>
	/^\d+$/.test(text) && Number(text) >= low && Number(text) <= high;

export function wrongName(name: string): string {
	const slash = name.indexOf('/');
	if (slash < 1 || slash === name.length - 1) return t('wrong.name.form');
	if (/[\u0000-\u001f\u007f]/.test(name)) return t('wrong.name.control');
	return bytes(name) > NAME_BYTES ? t('wrong.name.long', { n: NAME_BYTES }) : '';
}

function wrongText({ format, text, type }: Pick<Row, 'format' | 'text' | 'type'>): string {
	if (format === 'hex') return /^([0-9a-f]{2})+$/i.test(text) ? '' : t('wrong.hex');
	if (format === 'base64') return /^[A-Za-z0-9+/]+={0,2}$/.test(text) && text.length % 4 === 0 ? '' : t('wrong.base64');
	if (!text.trim()) return t('wrong.empty');
	if (isLink({ type })) return wrongLink(text);
	return type === 'URL' && !/^[a-z][a-z0-9+.-]*:/i.test(text) ? t('wrong.url') : '';
}

/** The rules of a template, as the node holds them. */
function wrongItem(item: TemplateItem, text: string): string {
	const { type = 'string', minLength = 0, maxLength = 0, min, max } = item.metadata ?? {};
	if (!text.trim()) return item.required ? t('wrong.required') : '';
	const length = [...text].length;
	if (length < minLength || (maxLength && length > maxLength)) return t('wrong.length', { a: minLength, b: maxLength || '…' });
	if (type === 'number') {
		const number = Number(text);
		if (!Number.isFinite(number)) return t('wrong.number');
		if ((min !== undefined && number < min) || (max !== undefined && number > max)) return t('wrong.range', { a: min ?? '…', b: max ?? '…' });
	}
	if (type === 'boolean' && !/^(true|false)$/.test(text)) return t('wrong.boolean');
	if (type === 'date' && !/^\d{4}-\d{2}-\d{2}/.test(text)) return t('wrong.date');
	return type === 'reference' && !text.includes('/') ? t('wrong.reference') : '';
}

export type Wrong = Partial<Record<'index' | 'type' | 'text' | 'ttl', string>>;

export function wrongRow(row: Row, rows: readonly Row[]): Wrong {
	if (row.kept) return {};
	if (row.item) {
		const text = wrongItem(row.item, row.text);
		return text ? { text } : {};
	}
	const wrong: Wrong = {};
	if (!isWhole(row.index, 1, INDEX_MAX)) wrong.index = t('wrong.index');
	else if (rows.some((other) => other !== row && Number(other.index) === Number(row.index))) wrong.index = t('wrong.index.twice');
	if (!row.type.trim()) wrong.type = t('wrong.type');
	const text = wrongText(row);
	if (text) wrong.text = text;
	if (!isWhole(row.ttl, 0, INDEX_MAX) && Number.isNaN(Date.parse(row.ttl))) wrong.ttl = t('wrong.ttl');
	return wrong;
}

export const isGood = (wrong: Wrong): boolean => !Object.keys(wrong).length;

export function valueOf(row: Row): HandleValue {
	if (row.kept) return row.kept;
	return {
		index: Number(row.index), type: row.type.trim(), data: { format: row.format, value: row.text },
		ttl: /^\d+$/.test(row.ttl) ? Number(row.ttl) : row.ttl, timestamp: '',
		...(row.permissions !== DEFAULT_PERMISSIONS && { permissions: row.permissions }),
	};
}

/** A line of a paste: a name and one cell a column. */
export interface Line { number: number; name: string; values: HandleValue[]; also: string[]; wrong: string }

export const LINES_MAX = 1000;
/** What stands before the slash: numbers and dots, or the prefix of prefixes. */
const hasPrefix = (name: string): boolean => /^(\d+(\.\d+)*|0\.NA)\//i.test(name);
/** Names with blanks between, each under the prefix unless it has one. */
export const namesOf = (text: string, prefix: string): string[] =>
	text.split(/\s+/).filter(Boolean).map((name) => (hasPrefix(name) ? name : `${prefix}/${name}`));
const isAlso = (head: string | undefined): boolean => /^also$/i.test(head ?? '');
const isHead = (cell: string): boolean => /^(name|identifier|handle|标识|名称)$/i.test(cell.trim());

function cellsOf(line: string): string[] {
	return (line.includes('\t') ? line.split('\t') : line.split(/\s*[,，]\s*/)).map((cell) => cell.trim());
}

/** Tabs as spreadsheets copy them, or commas. A first line that begins with "name" tells
 * the types of the columns, "also" for other names; without it they are URL and DESC. */
export function linesOf(paste: string, prefix: string): Line[] {
	const rows = paste.split(/\r?\n/).map((text, n) => ({ number: n + 1, cells: cellsOf(text) })).filter(({ cells }) => cells.some(Boolean));
	const head = rows[0] && isHead(rows[0].cells[0]!) ? rows.shift()!.cells.slice(1) : ['URL', 'DESC'];
	const seen = new Map<string, number>();
	return rows.map(({ number, cells }) => {
		const [first = '', ...rest] = cells;
		const name = hasPrefix(first) ? first : `${prefix}/${first}`;
		const also = rest.flatMap((text, n) => (isAlso(head[n]) ? namesOf(text, prefix) : []));
		const values = rest.map((text, n): HandleValue =>
			({ index: n + 1, type: head[n] ?? '', data: { format: 'string', value: text }, ttl: TTL_DEFAULT_S, timestamp: '' }))
			.filter((value) => textOf(value) && !isAlso(value.type));
		const before = seen.get(name.toUpperCase());
		if (before === undefined) seen.set(name.toUpperCase(), number);
		const wrong = wrongName(name) || (before !== undefined && t('wrong.line.twice', { n: before }))
			|| (!values.length && t('wrong.line.empty')) || (values.some((v) => !v.type) && t('wrong.line.column'))
			|| values.map((v) => wrongText({ format: 'string', text: textOf(v), type: v.type })).find(Boolean) || '';
		return { number, name, values, also, wrong };
	});
}
