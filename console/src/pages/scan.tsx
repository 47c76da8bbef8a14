// SPDX-License-Identifier: Apache-2.0
// What a scanned code says, where it leads, and the record behind it. Made for a phone: one
// column, one field, the camera where the browser reads codes.
import { useEffect, useRef, useState } from 'preact/hooks';
import { api, Problem } from '../api';
import { hasCamera, watchCamera } from '../camera';
import { linksOfSet } from '../gs1';
import { t } from '../i18n';
import { catalogue } from '../live';
import { useLoad } from '../load';
import { useRank } from '../node_api';
import { Icon } from '../parts/icon';
import { LinkTable } from '../parts/links';
import { Await, Empty, PageHead, Panel } from '../parts/panel';
import { LiveLink, RecordTable } from '../parts/record';
import { RegisterTabs } from '../parts/register_tabs';
import { lang } from '../prefs';
import { go, href, type PageProps } from '../router';
import { useStore } from '../store';
import type { Decoded, DecodedField, HandleRecord } from '../types';
import { isPoint, textOf } from '../values';

/** FNC1 as people can see and type it. */
const visible = (text: string): string => text.replace(/\u001d/g, '^');

async function orNothing<T>(work: Promise<T>): Promise<T | undefined> {
	return work.catch((error: unknown) => {
		if (error instanceof Problem && [400, 404].includes(error.status)) return undefined;
		throw error;
	});
}

function FieldRow({ field }: { field: DecodedField }) {
	const now = useStore(lang);
	return (
		<tr data-code={field.code} class={field.good ? '' : 'row-bad'}>
			<td data-label={t('scan.field')}><span class="mono">{/^\d/.test(field.code) ? `(${field.code})` : field.code}</span> <span class="sub">{field.name[now]}</span></td>
			<td data-label={t('scan.value')}><span class="mono wrap">{field.value}</span>{field.meaning && <span class="sub" data-meaning>{field.meaning[now]}</span>}
				{!field.good && <span class="bad-text sub">{field.problem?.[now]}{field.fix && ` – ${field.fix[now]}`}</span>}</td>
		</tr>
	);
}

function Fields({ told }: { told: Decoded }) {
	const now = useStore(lang);
	return (
		<section class="panel flush">
			<header class="panel-head"><h2>{t('scan.fields')}</h2>{told.title ? <span class="faint">{told.title[now]}</span> : <span class="faint mono">{told.form}</span>}</header>
			<div class={`note ${told.good ? 'note-good' : 'note-bad'} scan-verdict`} role="status" data-good={String(told.good)}>
				<Icon name={told.good ? 'check' : 'cross'} />
				<div>{told.good ? t('scan.good') : <>{told.problem?.[now] ?? t('scan.wrong')}{told.fix && ` – ${told.fix[now]}`}
					{told.scheme && <span class="sub">{t('scan.at', { n: (told.at ?? 0) + 1 })}</span>}</>}</div>
			</div>
			{told.fields.length > 0 && <table class="table stack">
				<thead><tr><th>{t('scan.field')}</th><th>{t('scan.value')}</th></tr></thead>
				<tbody>{told.fields.map((field) => <FieldRow key={`${field.code}${field.at}`} field={field} />)}</tbody>
			</table>}
			{told.canonical && <p class="table-foot mono wrap faint">{told.canonical}</p>}
		</section>
	);
}

function Links({ path }: { path: string }) {
	const loaded = useLoad(() => orNothing(api.linkset(path)), `links ${path}`);
	return (
		<section class="panel flush">
			<header class="panel-head"><h2>{t('scan.links')}</h2></header>
			<Await from={{ ...loaded, data: loaded.loading ? undefined : { set: loaded.data } }}>{({ set }) => (
				set ? <LinkTable links={linksOfSet(set)} /> : <Empty>{t('scan.links.none')}</Empty>
			)}</Await>
		</section>
	);
}

/** The point that a value of the record is bound to, with its value of now. */
function Live({ record }: { record: HandleRecord }) {
	const points = useStore(catalogue);
	const names = record.values.filter(isPoint).map(textOf);
	const bound = [...points.values()].filter((point) => names.includes(point.name));
	return <>{bound.map((point) => <LiveLink key={point.id} point={point} />)}</>;
}

/** The record a code stands for: its own, or the one it is another name of. */
async function recordOf(code: string): Promise<{ at?: string; also: string[]; record?: HandleRecord }> {
	const { record, also = [] } = await api.code(code);
	return { at: record?.name, also, record: record && await orNothing(api.resolve(record.name)) };
}

function Record({ name, code }: { name: string; code: string }) {
	const may = useRank()('engineer');
	const loaded = useLoad(() => recordOf(code), `record ${name}`);
	const at = loaded.data?.at;
	return (
		<section class="panel flush">
			<header class="panel-head"><h2>{t('scan.record')}</h2>
				{at ? <a class="mono wrap" href={href('identifiers', at)}>{at}</a> : <span class="mono wrap faint">{name}</span>}</header>
			<Await from={loaded}>{({ record, also }) => (
				record ? <><Live record={record} /><RecordTable record={record} />{also.length > 0 && <p class="table-foot faint" data-also>{t('scan.also')}
					{also.map((other) => <> <a class="mono wrap" key={other} href={href('identifiers', other)}>{other}</a></>)}</p>}</>
					: <Empty>{t('scan.record.none')}{may && <> <a href={href('register', '', { name })}>{t('scan.register')}</a></>}</Empty>
			)}</Await>
		</section>
	);
}

function Answer({ text }: { text: string }) {
	const loaded = useLoad(() => api.decode(text), `decode ${text}`);
	return (
		<Await from={loaded} rows={6}>{(told) => (
			<>
				<div class={told.path ? 'columns' : ''}>
					<Fields told={told} />
					{told.path && <Links path={told.path} />}
				</div>
				{told.name && told.canonical && <Record name={told.name} code={told.canonical} />}
			</>
		)}</Await>
	);
}

function Camera({ onText, onStop }: { onText: (text: string) => void; onStop: () => void }) {
	const video = useRef<HTMLVideoElement>(null);
	const [trouble, setTrouble] = useState('');
	useEffect(() => watchCamera(video.current!, onText, setTrouble), []);
	return (
		<Panel class="scan-camera">
			{trouble ? <p class="bad-text">{t('scan.camera.refused', { why: trouble })}</p> : <p class="faint">{t('scan.aim')}</p>}
			<video ref={video} muted playsInline aria-label={t('scan.camera')} hidden={!!trouble} />
			<button type="button" onClick={onStop}>{t('scan.stop')}</button>
		</Panel>
	);
}

export function Scan({ route }: PageProps) {
	const given = route.query.get('text') ?? '';
	const [text, setText] = useState(visible(given));
	const [watching, setWatching] = useState(false);
	const able = hasCamera();
	useEffect(() => setText(visible(given)), [given]);
	const show = (next: string): void => {
		setWatching(false);
		if (next.trim()) go('scan', '', { text: next.trim() });
	};
	const submit = (e: Event): void => {
		e.preventDefault();
		show(text);
	};
	return (
		<>
			<PageHead title={t('scan.title')} />
			<RegisterTabs />
			<form class="resolve" role="search" onSubmit={submit}>
				<label class="search"><Icon name="search" />
					<input type="search" class="mono" data-filter spellcheck={false} autocapitalize="off" autocomplete="off" aria-label={t('scan.title')}
						placeholder={t('scan.hint')} value={text} onInput={(e) => setText(e.currentTarget.value)} /></label>
				<button type="submit" class="primary">{t('scan.show')}</button>
			</form>
			{able && !watching && <p><button type="button" data-camera onClick={() => setWatching(true)}>{t('scan.camera')}</button></p>}
			{watching && <Camera onText={show} onStop={() => setWatching(false)} />}
			{given ? <Answer key={given} text={given} /> : <section class="panel"><Empty>{t('scan.empty')}</Empty>
				{!able && <p class="table-foot faint">{t('scan.camera.none')}</p>}</section>}
		</>
	);
}
