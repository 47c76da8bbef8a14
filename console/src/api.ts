// SPDX-License-Identifier: Apache-2.0
// The typed client of the node's API. Every failure is a Problem: something a person can
// read and act upon. A 401 ends the session for the whole page.
import type { Linkset } from './gs1';
import { lang } from './prefs';
import { createStore } from './store';
import type { Tree } from './tree_types';
import type * as T from './types';

/** `undefined` until the node was asked, `null` when nobody is signed in. */
export const session = createStore<T.Session | null | undefined>(undefined);

export interface ProblemBody {
	title: string; status: number; detail?: string; fix?: string; request_id?: string;
	state?: string; type?: string;
	/** What is wrong with which of many records. */
	faults?: T.Fault[];
}

export class Problem extends Error {
	constructor(readonly body: ProblemBody) {
		super(body.detail ?? body.title);
	}
	get status(): number {
		return this.body.status;
	}
}

interface Options {
	method?: string;
	body?: unknown;
	/** Instead of a body: one JSON object a line. */
	lines?: readonly unknown[];
	/** Instead of a body: a table. */
	csv?: string;
	headers?: Record<string, string>;
	query?: Record<string, string | number | undefined>;
	/** Ends the request; what it throws then is the browser's AbortError. */
	signal?: AbortSignal;
}

/** The address of a question, in the reader's language. */
export function address(path: string, query: Options['query']): string {
	const url = new URL(path, location.origin);
	for (const [key, value] of Object.entries(query ?? {})) {
		if (value !== undefined && value !== '') url.searchParams.set(key, String(value));
	}
	url.searchParams.set('lang', lang.get());
	return url.pathname + url.search;
}

async function problemOf(reply: Response): Promise<Problem> {
	const body: unknown = await reply.json().catch(() => null);
	const given = (body ?? {}) as Partial<ProblemBody> & { responseCode?: number; message?: string };
	return new Problem({
		...given,
		title: given.title ?? given.message ?? '',
		status: reply.status,
	});
}

/** Asks the node; for the clients of pages that are fetched late too. */
export async function call<R>(path: string, options: Options = {}): Promise<R> {
	const headers: Record<string, string> = { Accept: 'application/json', ...options.headers };
	const init: RequestInit = { method: options.method ?? 'GET', headers, signal: options.signal };
	if (options.body !== undefined) {
		headers['Content-Type'] = 'application/json';
		init.body = JSON.stringify(options.body);
	}
	if (options.lines) {
		headers['Content-Type'] = 'application/x-ndjson';
		init.body = options.lines.map((line) => `${JSON.stringify(line)}\n`).join('');
	}
	if (options.csv !== undefined) {
		headers['Content-Type'] = 'text/csv; charset=utf-8';
		init.body = options.csv;
	}
	const csrf = session.get()?.csrf;
	if (init.method !== 'GET' && csrf) headers['X-CSRF-Token'] = csrf;
	let reply: Response;
	try {
		reply = await fetch(address(path, options.query), init);
	} catch (error) {
		if (options.signal?.aborted) throw error;
		throw new Problem({ title: '', status: 0 });
	}
	if (!reply.ok) {
		const problem = await problemOf(reply);
		// A wrong password is no ended session.
		if (reply.status === 401 && !path.startsWith(`${V1}/session`)) session.set(null);
		throw problem;
	}
	return (await reply.text().then((text) => (text ? JSON.parse(text) : undefined))) as R;
}

/** The key of something that must not happen twice: the same when it is tried again. */
export function newKey(): string {
	const bytes = crypto.getRandomValues(new Uint8Array(12));
	return `console-${[...bytes].map((b) => b.toString(16).padStart(2, '0')).join('')}`;
}

/** Most that the node lists. */
const EDITS_MAX = 10_000;
export const V1 = '/api/v1';
const part = encodeURIComponent;
/** An identifier keeps its slashes in a path. */
const handlePath = (name: string): string => name.split('/').map(part).join('/');

export interface NewRecord { name: string; values: T.HandleValue[]; also?: string[] }
const recordLines = (records: readonly NewRecord[]): NewRecord[] => 
	records.map(({ name, values, also }) => ({ name, values, ...(also?.length && { also }) }));

export interface EventFilter {
	class?: string; severity?: string; point?: string; incident?: number;
	before?: number; after?: number; limit?: number;
}

export interface NameFilter {
	q?: string; type?: string; value?: string; prefix?: string; state?: string; after?: string; limit?: number;
}

export const api = {
	session: () => call<T.Session>(`${V1}/session`),
	signIn: (proof: { token: string } | { user: string; password: string }) =>
		call<T.Session>(`${V1}/session`, { method: 'POST', body: proof }),
	signOut: () => call<void>(`${V1}/session`, { method: 'DELETE' }),
	changePassword: (old: string, next: string) =>
		call<void>(`${V1}/session/password`, { method: 'PUT', body: { old, new: next } }),
	users: () => call<{ users: T.User[] }>(`${V1}/users`),
	addUser: (user: T.UserChange & { name: string }) =>
		call<void>(`${V1}/users`, { method: 'POST', body: user }),
	changeUser: (name: string, change: T.UserChange) =>
		call<void>(`${V1}/users/${part(name)}`, { method: 'PATCH', body: change }),
	removeUser: (name: string) => call<void>(`${V1}/users/${part(name)}`, { method: 'DELETE' }),
	tokens: (user?: string) => call<{ tokens: T.Token[] }>(`${V1}/tokens`, { query: { user } }),
	addToken: (token: T.NewToken) =>
		call<T.TokenSecret>(`${V1}/tokens`, { method: 'POST', body: token }),
	revokeToken: (id: string) => call<void>(`${V1}/tokens/${part(id)}`, { method: 'DELETE' }),
	node: () => call<T.NodeInfo>(`${V1}/node`),
	devices: () => call<T.Items<T.Device>>(`${V1}/devices`),
	points: () => call<T.Items<T.Point>>(`${V1}/points`),
	point: (name: string) => call<T.Point>(`${V1}/points/${part(name)}`),
	samples: (name: string, from_ms: number, to_ms: number, limit = 5000, signal?: AbortSignal) =>
		call<T.Samples>(`${V1}/points/${part(name)}/samples`, { query: { from_ms, to_ms, limit }, signal }),
	buckets: (name: string, from_ms: number, to_ms: number, step_ms: number) =>
		call<T.Buckets>(`${V1}/points/${part(name)}/buckets`, { query: { from_ms, to_ms, step_ms } }),
	/** One question of many points. */
	query: (question: T.Query, signal?: AbortSignal) =>
		call<T.QueryAnswer>('/api/v1/query', { method: 'POST', body: question, signal }),
	/** The newest sample of a point or series; undefined: it has none. */
	last: async (name: string): Promise<T.LastValue | undefined> => {
		const { rows } = await call<{ rows: [string, number, T.Cell, number][] }>(`${V1}/query`, { method: 'POST', body: { points: [name], mode: 'last' } });
		const [row] = rows;
		return row && { t_ms: row[1], value: typeof row[2] === 'string' ? null : row[2], status: row[3] };
	},
	/** What was changed by hand of a point, in the order it was made. */
	edits: (name: string, query: { from_ms?: number; to_ms?: number; limit?: number } = {}, signal?: AbortSignal) =>
		call<T.Edits>(`${V1}/points/${part(name)}/edits`, { query: { limit: EDITS_MAX, ...query }, signal }),
	makeEdit: (name: string, edit: T.NewEdit) =>
		call<void>(`${V1}/points/${part(name)}/edits`, { method: 'POST', body: edit }),
	/** All of them or none. */
	undoEdit: (name: string, id: string, others: string[], reason: string) =>
		call<void>(`${V1}/points/${part(name)}/edits/${id}/undo`, { method: 'POST', body: { reason, ...(others.length && { with: others }) } }),
	/** Series that came through a door, by words of their names and labels. */
	findSeries: (q: string, limit: number, signal?: AbortSignal) =>
		call<T.DoorSeriesFound>(`${V1}/series`, { query: { q, limit }, signal }),
	events: (filter: EventFilter) =>
		call<T.EventPage>(`${V1}/events`, { query: { ...filter } }),
	incidents: (limit = 50) => call<T.Items<T.Incident>>(`${V1}/incidents`, { query: { limit } }),
	incident: (id: number) => call<T.Incident>(`${V1}/incidents/${id}`),
	assets: () => call<T.Items<T.Asset>>(`${V1}/assets`),
	approveAsset: (ip: string, approved: boolean) =>
		call<{ ip: string; approved: boolean }>(`${V1}/assets/${part(ip)}/approval`,
			{ method: 'POST', body: { approved } }),
	conversations: () => call<T.Items<T.Conversation>>(`${V1}/conversations`),
	baseline: () => call<T.Items<T.BaselineRow>>(`${V1}/baseline`),
	approveRow: (key: T.BaselineKey, approved: boolean) =>
		call<unknown>(`${V1}/baseline/approval`, { method: 'POST', body: { ...key, approved } }),
	command: (point: string, value: number, key: string) =>
		call<T.CommandResult>(`${V1}/commands`, {
			method: 'POST', body: { point, value }, headers: { 'Idempotency-Key': key },
		}),
	commands: (limit = 100) => call<T.Items<T.Command>>(`${V1}/commands`, { query: { limit } }),
	verifyAudit: () => call<T.AuditResult>(`${V1}/audit/verify`),
	attack: () => call<unknown>(`${V1}/demo/attack`, { method: 'POST' }),
	resolve: (name: string, at?: number) =>
		call<T.HandleRecord>(`/api/handles/${handlePath(name)}`, { query: { at } }),
	/** How many names a prefix has, without the names. */
	countNames: (prefix: string) =>
		call<T.HandleList>('/api/handles', { query: { prefix, pageSize: 0 } }).then((l) => Number(l.totalCount)),
	findNames: (filter: NameFilter) => call<T.FoundPage>(`${V1}/identifiers`, { query: { ...filter } }),
	history: (name: string, before?: number) =>
		call<T.History>(`${V1}/identifiers/${handlePath(name)}/history`, { query: { before, limit: 20 } }),
	register: (name: string, values: T.HandleValue[], state: 'active' | 'draft') =>
		call<void>(`/api/handles/${handlePath(name)}`, {
			method: 'PUT', body: { values }, query: { overwrite: 'false', state: state === 'draft' ? state : undefined },
		}),
	/** What would become of the records; every fault is told. */
	tryMany: (records: readonly NewRecord[], mode: T.BulkMode) =>
		call<T.Registered>(`${V1}/registrations`, {
			method: 'POST', lines: recordLines(records), query: { mode, dry_run: 'true', partial: 'true', faults: records.length },
		}),
	/** All or none. */
	registerMany: (records: readonly NewRecord[], mode: T.BulkMode, key: string) =>
		call<T.Registered>(`${V1}/registrations`, {
			method: 'POST', lines: recordLines(records), query: { mode, faults: records.length }, headers: { 'Idempotency-Key': key },
		}),
	putValues: (name: string, values: T.HandleValue[]) =>
		call<void>(`/api/handles/${handlePath(name)}`,
			{ method: 'PUT', body: { values }, query: { index: 'various' } }),
	removeValues: (name: string, indexes: number[]) =>
		call<void>(`/api/handles/${handlePath(name)}?${indexes.map((n) => `index=${n}`).join('&')}`,
			{ method: 'DELETE' }),
	removeName: (name: string) => call<void>(`/api/handles/${handlePath(name)}`, { method: 'DELETE' }),
	setState: (name: string, state: T.RecordState) =>
		call<void>(`${V1}/identifiers/${handlePath(name)}/state`, { method: 'POST', body: { state } }),
	restoreName: (name: string) =>
		call<void>(`${V1}/identifiers/${handlePath(name)}/restoration`, { method: 'POST' }),
	packAddress: (name: string) => `${V1}/proof/answer/${handlePath(name)}`,
	pack: (name: string) => call<T.AnswerPack>(`${V1}/proof/answer/${handlePath(name)}`),
	consistency: (from: number, to: number) =>
		call<T.Consistency>(`${V1}/proof/consistency`, { query: { from, to } }),
	resolution: (name: string, fresh: boolean) =>
		call<T.Resolution>(`${V1}/resolution`, { query: { name, fresh: fresh ? 'true' : undefined } }),
	code: (text: string) => call<T.Coded>(`${V1}/codes/${part(text)}`),
	/** Names with an alias to this one. */
	otherNames: (name: string) => call<T.FoundPage>(`${V1}/identifiers`, { query: { type: 'HS_ALIAS', value: name } })
		.then((page) => page.items.map((one) => one.name)),
	decode: (text: string) => call<T.Decoded>(`${V1}/decode`, { query: { text } }),
	/** The links of a GS1 key, as any client gets them. */
	linkset: async (path: string): Promise<Linkset> => {
		const reply = await fetch(`${path}?linkType=linkset`).catch(() => undefined);
		if (!reply?.ok) throw reply ? await problemOf(reply) : new Problem({ title: '', status: 0 });
		return await reply.json() as Linkset;
	},
	office: () => call<T.Office>(`${V1}/office`),
	applications: (query: { state?: string; waiting?: string; from?: number; limit?: number }) =>
		call<T.Page<T.Application>>(`${V1}/office/applications`, { query }),
	application: (number: string) => call<T.Application>(`${V1}/office/applications/${part(number)}`),
	decide: (number: number, step: T.Step, decision: { reason?: string; limits?: T.Budget }) =>
		call<T.Application>(`${V1}/office/applications/${number}/${step}`, { method: 'POST', body: decision }),
	prefixes: (from = 0, limit = 500) =>
		call<T.Page<T.PrefixUse>>(`${V1}/office/prefixes`, { query: { from, limit } }),
	prefix: (prefix: string) => call<T.PrefixUse>(`${V1}/office/prefixes/${part(prefix)}`),
	setLimits: (prefix: string, limits: T.Budget) =>
		call<T.PrefixUse>(`${V1}/office/prefixes/${part(prefix)}/limits`, { method: 'PUT', body: limits }),
	templates: (prefix: string) =>
		call<T.Page<T.Template>>(`${V1}/office/templates`, { query: { prefix, limit: 500 } }),
	/** By the interface of templates, so that the node itself holds the values against one. */
	registerByTemplate: (name: string, templateVersion: string, value: T.HandleValue[]) =>
		call<{ status: number; message: string }>('/identityv2/data',
			{ method: 'POST', body: { handle: name, templateVersion, value } }).then((said) => {
			if (said.status !== 1) throw new Problem({ title: said.message, status: 422 });
		}),
	/** What this node can be asked: the paths of its own description. */
	paths: async (): Promise<ReadonlySet<string>> => {
		const reply = await fetch(`${V1}/openapi.yaml`).catch(() => undefined);
		if (!reply?.ok) throw new Problem({ title: '', status: reply?.status ?? 0 });
		return new Set([...(await reply.text()).matchAll(/^ {2}(\/[^:\s]*):/gm)].map((match) => match[1]!));
	},
	tree: (cursor?: string) => call<Tree>(`${V1}/tree`, { query: { cursor } }),
	liveAddress: () => address(`${V1}/live`, {}),
};

/** Asks who is signed in; a node that cannot be reached leaves the answer open. */
export async function restoreSession(): Promise<void> {
	try {
		session.set(await api.session());
	} catch (error) {
		if (error instanceof Problem && error.status === 401) session.set(null);
		else throw error;
	}
}
