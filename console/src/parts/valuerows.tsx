// SPDX-License-Identifier: Apache-2.0
// The values of a record as rows of a form, with what is wrong beside each field.
import type { ComponentChildren } from 'preact';
import { freshRow, PLAIN_FORMATS, wrongRow, type Row, type Wrong } from '../draft';
import { formatSpan } from '../format';
import { t } from '../i18n';
import { lang } from '../prefs';
import type { TemplateItem } from '../types';
import { meaningOf, permissionsText, USUAL_TYPES } from '../values';
import { isLink, linkOf } from '../gs1';
import { Icon } from './icon';
import { LinkRow } from './links';

const PERMISSIONS = ['1110', '1111', '1100', '0110', '1010'];

function Field({ id, label, wrong, hint, children }:
{ id: string; label: string; wrong?: string; hint?: string; children: ComponentChildren }) {
	return (
		<div class="field">
			<label for={id}>{label}</label>
			{children}
			{(wrong || hint) && <p id={`${id}-hint`} class={wrong ? 'bad-text' : 'faint'}>{wrong || hint}</p>}
		</div>
	);
}

interface RowProps { row: Row; wrong: Wrong; set: (next: Partial<Row>) => void; onRemove: () => void }

/** Data of a form nobody writes by hand stays as it is. */
function KeptRow({ row, onRemove }: RowProps) {
	return (
		<fieldset class="value-row" data-index={row.index}>
			<div class="field"><span class="faint">{t('ident.index')}</span><span class="num">{row.index}</span></div>
			<div class="field"><span class="faint">{t('word.type')}</span><span class="mono">{row.type}</span></div>
			<div class="field field-data"><span class="faint">{t('register.kept')}</span><span class="mono wrap">{row.text}</span></div>
			<RemoveButton row={row} onRemove={onRemove} />
		</fieldset>
	);
}

function RemoveButton({ row, onRemove }: Pick<RowProps, 'row' | 'onRemove'>) {
	const text = t('register.row.remove', { index: row.index });
	return <button type="button" class="quiet square" aria-label={text} title={text} onClick={onRemove}><Icon name="cross" /></button>;
}

function PlainRow({ row, wrong, set, onRemove }: RowProps) {
	const id = (part: string): string => `row-${row.key}-${part}`;
	const bad = (part: keyof Wrong): { 'aria-invalid': boolean; 'aria-describedby': string } =>
		({ 'aria-invalid': !!wrong[part], 'aria-describedby': `${id(part)}-hint` });
	const seconds = Number(row.ttl);
	return (
		<fieldset class="value-row" data-index={row.index}>
			<Field id={id('index')} label={t('ident.index')} wrong={wrong.index}>
				<input id={id('index')} class="num" inputMode="numeric" value={row.index} {...bad('index')}
					onInput={(e) => set({ index: e.currentTarget.value.trim() })} /></Field>
			<Field id={id('type')} label={t('word.type')} wrong={wrong.type} hint={meaningOf(row.type)}>
				<input id={id('type')} class="mono" list="row-types" value={row.type} spellcheck={false} {...bad('type')}
					onInput={(e) => set({ type: e.currentTarget.value })} /></Field>
			<div class="field-data">
				<Field id={id('text')} label={t('ident.data')} wrong={wrong.text}>
					<textarea id={id('text')} class="mono" rows={Math.min(6, Math.max(1, row.text.split('\n').length))} value={row.text}
						spellcheck={false} {...bad('text')} onInput={(e) => set({ text: e.currentTarget.value })} /></Field>
			</div>
			<RemoveButton row={row} onRemove={onRemove} />
			<details class="value-more">
				<summary>{t(`format.${row.format as 'string'}`)} · {Number.isFinite(seconds) ? formatSpan(seconds) : row.ttl} · {permissionsText(row.permissions)}</summary>
				<div class="value-more-fields">
					<Field id={id('format')} label={t('register.format')}>
						<select id={id('format')} value={row.format} onChange={(e) => set({ format: e.currentTarget.value })}>
							{PLAIN_FORMATS.map((format) => <option key={format} value={format}>{t(`format.${format}`)}</option>)}
						</select></Field>
					<Field id={id('ttl')} label={t('register.ttl')} wrong={wrong.ttl} hint={t('register.ttl.hint')}>
						<input id={id('ttl')} class="num" value={row.ttl} {...bad('ttl')} onInput={(e) => set({ ttl: e.currentTarget.value.trim() })} /></Field>
					<Field id={id('permissions')} label={t('register.permissions')} hint={t('register.permissions.hint')}>
						<select id={id('permissions')} value={row.permissions} onChange={(e) => set({ permissions: e.currentTarget.value })}>
							{[...new Set([...PERMISSIONS, row.permissions])].map((one) => <option key={one} value={one}>{permissionsText(one)}</option>)}
						</select></Field>
				</div>
			</details>
		</fieldset>
	);
}

const itemName = (item: TemplateItem): string =>
	(lang.get() === 'zh' ? item.name ?? item.nameEn : item.nameEn ?? item.name) || item.idType;

function ruleOf(item: TemplateItem): string {
	const { type = 'string', minLength = 0, maxLength = 0, min, max } = item.metadata ?? {};
	return [
		t(item.required ? 'rule.required' : 'rule.optional'), t(`rule.${type as 'string'}`), item.unique ? t('rule.unique') : '',
		minLength || maxLength ? t('rule.length', { a: minLength, b: maxLength || '…' }) : '',
		min !== undefined || max !== undefined ? t('rule.range', { a: min ?? '…', b: max ?? '…' }) : '',
	].filter(Boolean).join(' · ');
}

function ItemRow({ row, wrong, set }: RowProps) {
	const item = row.item!;
	const id = `row-${row.key}-text`;
	const input = { id, value: row.text, 'aria-invalid': !!wrong.text, 'aria-describedby': `${id}-hint` };
	const type = item.metadata?.type;
	return (
		<Field id={id} label={`${itemName(item)}${item.required ? ' *' : ''}`} wrong={wrong.text} hint={ruleOf(item)}>
			{type === 'boolean' ? (
				<select {...input} onChange={(e) => set({ text: e.currentTarget.value })}>
					<option value="" /><option value="true">{t('word.yes')}</option><option value="false">{t('word.no')}</option>
				</select>
			) : <input {...input} type={type === 'date' ? 'date' : 'text'} inputMode={type === 'number' ? 'decimal' : 'text'}
				onInput={(e) => set({ text: e.currentTarget.value })} />}
		</Field>
	);
}

interface Props { rows: Row[]; checked: boolean; onRows: (rows: Row[]) => void }

export function ValueRows({ rows, checked, onRows }: Props) {
	const byTemplate = rows.some((row) => row.item);
	return (
		<div class={byTemplate ? 'item-rows' : 'value-rows'}>
			<datalist id="row-types">{USUAL_TYPES.map(([type]) => <option key={type} value={type}>{meaningOf(type)}</option>)}</datalist>
			{rows.map((row) => {
				const asLink = isLink(row) && (!row.text || !!linkOf(row.text));
				const Shown = row.kept ? KeptRow : row.item ? ItemRow : asLink ? LinkRow : PlainRow;
				const wrong = checked ? wrongRow(row, rows) : {};
				return <Shown key={row.key} row={row} wrong={wrong} onRemove={() => onRows(rows.filter((one) => one !== row))}
					set={(next) => onRows(rows.map((one) => (one === row ? { ...one, ...next } : one)))} />;
			})}
			{!byTemplate && <div><button type="button" data-addrow onClick={() => onRows([...rows, freshRow(rows)])}>{t('register.row.add')}</button></div>}
		</div>
	);
}
