// SPDX-License-Identifier: Apache-2.0
// Registering a name, changing a record, registering many names from a paste.
import { useState } from 'preact/hooks';
import { api, newKey, Problem, session } from '../api';
import { freshRow, isGood, namesOf, rowOf, rowsOfTemplate, valueOf, wrongName, wrongRow, type Row } from '../draft';
import { t } from '../i18n';
import { node } from '../live';
import { useDo, useLoad } from '../load';
import { holds, useOffers, useRank } from '../node_api';
import { Bulk } from '../parts/bulk';
import { Await, Empty, PageHead, Panel } from '../parts/panel';
import { ProblemBox } from '../parts/problem';
import { RegisterTabs } from '../parts/register_tabs';
import { ValueRows } from '../parts/valuerows';
import { go, href, type PageProps } from '../router';
import { useStore } from '../store';
import type { HandleRecord, HandleValue, Template } from '../types';
import { editOf, isLive } from '../values';

const firstRows = (): Row[] => {
	const url = freshRow([], 'URL');
	return [url, freshRow([url], 'DESC')];
};

function Editing({ record, seq }: { record: HandleRecord; seq: number }) {
	const stored = record.values.filter((value) => !isLive(value));
	const [rows, setRows] = useState(() => stored.map(rowOf));
	const [checked, setChecked] = useState(false);
	const { problem, busy, run } = useDo(() => go('identifiers', record.handle));
	const save = async (): Promise<void> => {
		const { put, remove } = editOf(stored, rows.map(valueOf));
		const now = await api.history(record.handle);
		if (now.changes[0]?.seq !== seq) {
			throw new Problem({ status: 409, title: t('register.changed'), fix: t('register.changed.fix') });
		}
		if (put.length) await api.putValues(record.handle, put);
		if (remove.length) await api.removeValues(record.handle, remove);
	};
	const submit = (e: Event): void => {
		e.preventDefault();
		setChecked(true);
		if (rows.length && rows.every((row) => isGood(wrongRow(row, rows)))) void run(save);
	};
	return (
		<form onSubmit={submit} noValidate>
			<Panel title={t('record.values')}><ValueRows rows={rows} checked={checked} onRows={setRows} />
				{!rows.length && <p class="bad-text">{t('wrong.none')}</p>}</Panel>
			{problem && <ProblemBox problem={problem} />}
			<div class="form-foot">
				<p class="faint">{t('register.edit.text')}</p>
				<a class="button" href={href('identifiers', record.handle)}>{t('word.cancel')}</a>
				<button type="submit" class="primary" data-save disabled={busy}>{t('users.save')}</button>
			</div>
		</form>
	);
}

function Edit({ name }: { name: string }) {
	const loaded = useLoad(async () => {
		const [record, history] = await Promise.all([api.resolve(name), api.history(name)]);
		return { record, seq: history.changes[0]?.seq ?? 0 };
	}, name);
	return (
		<>
			<PageHead title={<span class="mono wrap">{name}</span>} above={<a href={href('identifiers', name)}>{t('register.edit.crumb')}</a>} />
			<Await from={loaded} rows={8}>{({ record, seq }) => <Editing key={seq} record={record} seq={seq} />}</Await>
		</>
	);
}

/** Templates of a prefix, where the node keeps any. */
function useTemplates(prefix: string): Template[] {
	const offered = useOffers('/api/v1/office/templates');
	const loaded = useLoad(async () => (offered && prefix ? (await api.templates(prefix)).items : []), `templates ${offered} ${prefix}`);
	return loaded.data ?? [];
}

/** A record with its other names is one of many that are registered as one change; a fault
 * names the one that is taken. */
async function registerWith(name: string, values: HandleValue[], also: string[]): Promise<void> {
	await api.registerMany([{ name, values, also }], 'create', newKey()).catch((error: unknown) => {
		const fault = error instanceof Problem && error.body.faults?.[0];
		throw fault ? new Problem({ status: error.status, title: fault.reason, fix: fault.fix }) : error;
	});
}

function Fresh({ given, tail }: { given: string; tail: string }) {
	const own = useStore(node)?.prefix ?? '';
	const [prefix, setPrefix] = useState(given);
	const [suffix, setSuffix] = useState(tail);
	const [draft, setDraft] = useState(false);
	const [also, setAlso] = useState('');
	const [version, setVersion] = useState('');
	const [rows, setRows] = useState(firstRows);
	const [checked, setChecked] = useState(false);
	const under = prefix || own;
	const name = `${under}/${suffix.trim()}`;
	const templates = useTemplates(under);
	const template = templates.find((one) => one.version === version);
	const scope = useStore(session)?.scope ?? '';
	const { problem, busy, run } = useDo(() => go('identifiers', name));
	const nameWrong = wrongName(name) || (holds(scope, name) ? '' : t('wrong.name.scope', { scope }));
	const choose = (next: string): void => {
		const chosen = templates.find((one) => one.version === next);
		setVersion(next);
		setRows(chosen ? rowsOfTemplate(chosen) : firstRows());
		setChecked(false);
	};
	const takesNames = !template && !draft;
	const names = takesNames ? namesOf(also, under) : [];
	const namesWrong = names.map(wrongName).find(Boolean) ?? '';
	const filled = rows.filter((row) => !row.item || row.text.trim());
	const submit = (e: Event): void => {
		e.preventDefault();
		setChecked(true);
		if (nameWrong || namesWrong || !filled.length || !rows.every((row) => isGood(wrongRow(row, rows)))) return;
		const values = filled.map(valueOf);
		void run(() => (template ? api.registerByTemplate(name, template.version, values)
			: names.length ? registerWith(name, values, names) : api.register(name, values, draft ? 'draft' : 'active')));
	};
	return (
		<form onSubmit={submit} noValidate>
			<Panel>
				<div class="name-fields">
					<div class="field"><label for="prefix">{t('overview.prefix')}</label>
						<input id="prefix" class="mono" value={under} spellcheck={false} onInput={(e) => setPrefix(e.currentTarget.value.trim())} /></div>
					<span class="slash" aria-hidden="true">/</span>
					<div class="field field-data"><label for="suffix">{t('register.suffix')}</label>
						<input id="suffix" class="mono" value={suffix} spellcheck={false} autocapitalize="off" aria-invalid={checked && !!nameWrong}
							aria-describedby="suffix-hint" onInput={(e) => setSuffix(e.currentTarget.value)} />
						<p id="suffix-hint" class={checked && nameWrong ? 'bad-text' : 'faint'}>{(checked && nameWrong) || t('register.suffix.hint')}</p></div>
					{templates.length > 0 && <div class="field"><label for="template">{t('register.template')}</label>
						<select id="template" value={version} onChange={(e) => choose(e.currentTarget.value)}>
							<option value="">{t('register.template.none')}</option>
							{templates.map((one) => <option key={one.version} value={one.version}>{one.nameEn || one.name || one.version} · {one.version}</option>)}
						</select></div>}
				</div>
			</Panel>
			<Panel title={t('record.values')}>
				<ValueRows rows={rows} checked={checked} onRows={setRows} />
				{!rows.length && <p class="bad-text">{t('wrong.none')}</p>}
			</Panel>
			{takesNames && <Panel title={t('register.also')}>
				<div class="field"><input id="also" class="mono" value={also} spellcheck={false} autocapitalize="off" aria-label={t('register.also')}
					aria-describedby="also-hint" aria-invalid={checked && !!namesWrong} onInput={(e) => setAlso(e.currentTarget.value)} />
				<p id="also-hint" class={checked && namesWrong ? 'bad-text' : 'faint'}>{(checked && namesWrong) || t('register.also.hint')}</p></div>
			</Panel>}
			{problem && <ProblemBox problem={problem} />}
			<div class="form-foot">
				{template ? <span /> : <label class="tick"><input type="checkbox" checked={draft} onChange={(e) => setDraft(e.currentTarget.checked)} />
					{t('register.draft')}</label>}
				<a class="button" href={href('identifiers')}>{t('word.cancel')}</a>
				<button type="submit" class="primary" data-save disabled={busy}>{t(draft && !template ? 'register.save.draft' : 'register.save')}</button>
			</div>
		</form>
	);
}

export function Register({ route }: PageProps) {
	const may = useRank()('engineer');
	const bulk = route.query.get('bulk') === '1';
	if (!may) {
		return <><PageHead title={t('register.new')} /><RegisterTabs /><section class="panel"><Empty>{t('register.role')}</Empty></section></>;
	}
	if (route.arg) return <Edit key={route.arg} name={route.arg} />;
	const [head = '', ...rest] = (route.query.get('name') ?? '').split('/');
	return (
		<>
			<PageHead title={t(bulk ? 'register.bulk' : 'register.new')} above={<a href={href('identifiers')}>{t('record.all')}</a>} />
			{bulk ? <Bulk /> : <Fresh given={head || (route.query.get('prefix') ?? '')} tail={rest.join('/')} />}
		</>
	);
}
