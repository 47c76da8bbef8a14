// SPDX-License-Identifier: Apache-2.0
// One identifier: what its record says, now or as it was known at a time, its history, and
// the proof that it is in the register.
import { useState } from 'preact/hooks';
import { api, Problem } from '../api';
import { formatStamp } from '../format';
import { t, type WordKey } from '../i18n';
import { node } from '../live';
import { useDo, useLoad } from '../load';
import { useOffers, useRank, useRights } from '../node_api';
import { Confirm } from '../parts/confirm';
import { Icon } from '../parts/icon';
import { Moment } from '../parts/moment';
import { Await, Empty, Facts, PageHead, Panel, Skeleton } from '../parts/panel';
import { ProblemBox } from '../parts/problem';
import { ProofPanel } from '../parts/proof';
import { LiveLink, RecordMark, RecordTable, usePointOf } from '../parts/record';
import { LinksPanel } from '../parts/links';
import { HistoryPanel } from '../parts/timeline';
import { href, replace, type PageProps } from '../router';
import { useStore } from '../store';
import type { Change, HandleRecord, RecordState } from '../types';

interface Shown { record?: HandleRecord; last?: Change }

/** The newest change tells a deleted name from one that never was. */
async function load(name: string, at: number | undefined): Promise<Shown> {
	const [record, history] = await Promise.all([
		api.resolve(name, at).catch((error: unknown) => {
			if (error instanceof Problem && error.status === 404) return undefined;
			throw error;
		}),
		api.history(name).catch((error: unknown) => {
			if (error instanceof Problem && [403, 404].includes(error.status)) return undefined;
			throw error;
		}),
	]);
	return { record, last: history?.changes[0] };
}

type Act = 'activate' | 'retire' | 'delete' | 'restore';

const ACTS: Record<Act, { danger?: boolean; to?: RecordState }> = {
	activate: { to: 'active' }, retire: { to: 'retired' }, delete: { danger: true }, restore: {},
};

/** What may be done from a state: draft, active and retired by engineers, the rest by administrators. */
function actsFrom(state: RecordState, change: boolean, admin: boolean): Act[] {
	if (state === 'deleted') return admin ? ['restore'] : [];
	if (state === 'retired') return admin ? ['activate', 'delete'] : [];
	if (!change) return [];
	return state === 'draft' ? ['activate', 'delete'] : ['retire', 'delete'];
}

function workOf(act: Act, name: string): Promise<unknown> {
	const { to } = ACTS[act];
	if (to) return api.setState(name, to);
	return act === 'restore' ? api.restoreName(name) : api.removeName(name);
}

const wordOf = (act: Act, part: 'do' | 'title' | 'text'): WordKey => `act.${act}.${part}`;

/** Names that lead here, which deleting or retiring leaves behind. */
function OtherNames({ name }: { name: string }) {
	const { data = [] } = useLoad(() => api.otherNames(name), `also ${name}`);
	if (!data.length) return null;
	return <p class="note note-bad wrap" data-also>{t('act.also')} {data.map((other) => <span class="mono" key={other}>{other} </span>)}</p>;
}

function Asking({ act, name, admin, onClose, onDone }:
{ act: Act; name: string; admin: boolean; onClose: () => void; onDone: () => void }) {
	return (
		<Confirm title={t(wordOf(act, 'title'))} act={t(wordOf(act, 'do'))} danger={ACTS[act].danger}
			work={() => workOf(act, name)} onClose={onClose} onDone={onDone}>
			<p class="mono wrap"><strong>{name}</strong></p>
			<p>{t(wordOf(act, 'text'))}</p>
			{act === 'delete' && <OtherNames name={name} />}
			{(act === 'delete' || act === 'retire') && <p class="faint">{t(admin ? 'act.undo.self' : 'act.undo.admin')}</p>}
		</Confirm>
	);
}

const UNDO: Partial<Record<Act, Act>> = { delete: 'restore', retire: 'activate', activate: 'retire' };

/** What was done, and the way back for whoever may take it. */
function Done({ act, name, admin, onUndone }: { act: Act; name: string; admin: boolean; onUndone: () => void }) {
	const back = UNDO[act];
	const { problem, busy, run } = useDo(onUndone);
	return (
		<>
			<div class="note note-good" role="status" data-done={act}>
				<Icon name="check" /><div>{t(`act.${act}.done`)}</div>
				{back && (admin || act === 'activate') && <button type="button" data-undo disabled={busy}
					onClick={() => void run(() => workOf(back, name))}>{t('act.undo')}</button>}
			</div>
			{problem && <ProblemBox problem={problem} />}
		</>
	);
}

/** The time as the browser's own field writes it: local, to the second. */
const localText = (ms: number): string => formatStamp(ms).replace(' ', 'T');

function AsOf({ at, onAt }: { at?: number; onAt: (at: number | undefined) => void }) {
	return (
		<span class="as-of">
			<label>{t('record.asof')}
				<input type="datetime-local" step="1" data-asof value={at === undefined ? '' : localText(at)} max={localText(Date.now())}
					onChange={(e) => onAt(e.currentTarget.value ? Date.parse(e.currentTarget.value) + 999 : undefined)} />
			</label>
			{at !== undefined && <button type="button" class="small" data-now onClick={() => onAt(undefined)}>{t('record.now')}</button>}
		</span>
	);
}

function Missing({ name, at }: { name: string; at?: number }) {
	const prefix = useStore(node)?.prefix ?? '';
	const resolves = useOffers('/api/v1/resolution');
	const title = at === undefined ? t('ident.missing', { name }) : t('record.missing.then', { name });
	return (
		<>
			<ProblemBox problem={new Problem({ status: 404, title, fix: t('ident.missing.fix', { prefix }) })} />
			{resolves && <p><a class="button" href={href('resolve', name)}>{t('record.walk')}</a></p>}
		</>
	);
}

function About({ record, last, state }: { record?: HandleRecord; last?: Change; state: RecordState }) {
	const change = record?.change;
	return (
		<Panel title={t('record.about')}>
			<Facts rows={[
				[t('word.state'), <RecordMark state={state} />],
				[t('record.changed'), <Moment ms={change?.time_ms ?? last?.time_ms} whole />],
				...(last || change?.subject ? [[t('record.by'), change?.subject ?? last?.subject] as [string, string]] : []),
				[t('record.served'), t('record.served.text')],
			]} />
		</Panel>
	);
}

function Values({ shown, name, at, onAt }: { shown: Shown; name: string; at?: number; onAt: (at: number | undefined) => void }) {
	const { record, last } = shown;
	const gone = !record && at === undefined && last?.state === 'deleted';
	const values = record?.values ?? (gone ? last.values : undefined);
	return (
		<Panel title={t('record.values')} aside={<AsOf at={at} onAt={onAt} />} class="answer">
			{at !== undefined && record && <div class="note" role="status" data-then><Icon name="events" />
				<div>{t('record.then')} <Moment ms={at} whole /></div></div>}
			{gone && <div class="note" role="status"><Icon name="cross" /><div>{t('record.gone')}</div></div>}
			{values?.length ? <RecordTable record={{ values }} /> : record ? <Empty>{t('record.hidden')}</Empty>
				: <Missing name={name} at={at} />}
		</Panel>
	);
}

export function RecordPage({ route }: PageProps) {
	const name = route.arg;
	const given = Number(route.query.get('at'));
	const at = given > 0 ? given : undefined;
	const [turn, setTurn] = useState(0);
	const [asking, setAsking] = useState<Act>();
	const [done, setDone] = useState<Act>();
	const loaded = useLoad(() => load(name, at), `${name} ${at}`, { version: turn });
	const { change, admin } = useRights(name);
	const viewer = useRank()('viewer');
	const resolves = useOffers('/api/v1/resolution');
	const proves = useOffers('/api/v1/proof/answer/{name}');
	const point = usePointOf(name);
	const onAt = (next: number | undefined): void => replace('identifiers', name, next === undefined ? {} : { at: String(next) });
	const crumb = <a href={href('identifiers')}>{t('record.all')}</a>;
	if (!loaded.data) {
		return <><PageHead title={<span class="mono">{name}</span>} above={crumb} /><Await from={loaded}>{() => <Skeleton rows={8} />}</Await></>;
	}
	const { record, last } = loaded.data;
	const known = !!record || !!last;
	const state = (at !== undefined ? record?.state : last?.state) ?? record?.state ?? 'active';
	const editable = at === undefined && !!record && (state === 'retired' ? admin : change);
	const after = (act: Act | undefined) => (): void => {
		setAsking(undefined);
		setDone(act);
		setTurn(turn + 1);
	};
	return (
		<>
			<PageHead title={<span class="mono wrap">{name}</span>} above={crumb}>
				{resolves && known && <a class="button" href={href('resolve', name)}>{t('record.walk')}</a>}
				{editable && <a class="button" data-edit href={href('register', name)}>{t('record.edit')}</a>}
				{at === undefined && known && actsFrom(state, change, admin).map((act) => (
					<button key={act} type="button" data-act={act} onClick={() => setAsking(act)}
						class={ACTS[act].danger ? 'danger' : act === 'activate' || act === 'restore' ? 'primary' : ''}>{t(wordOf(act, 'do'))}</button>
				))}
			</PageHead>
			{done && <Done key={`${done} ${turn}`} act={done} name={name} admin={admin} onUndone={after(undefined)} />}
			<div class={known ? 'columns' : ''}>
				<div>
					<Values shown={loaded.data} name={name} at={at} onAt={onAt} />
					{record && <LinksPanel values={record.values} />}
					{viewer && last && <HistoryPanel name={name} version={turn} at={at} onAt={onAt} />}
				</div>
				{known && <div>
					{point && <Panel title={t('record.point')}><LiveLink point={point} /></Panel>}
					{(record || last) && <About record={record} last={last} state={state} />}
					{proves && record && last && at === undefined && <ProofPanel name={name} seq={last.seq} values={record.values} />}
				</div>}
			</div>
			{asking && <Asking act={asking} name={name} admin={admin} onClose={() => setAsking(undefined)} onDone={after(asking)} />}
		</>
	);
}

