// SPDX-License-Identifier: Apache-2.0
// The typed client of the node's API. Every failure is a Problem: something a person can
// read and act upon. A 401 ends the session for the whole page.
import { lang } from './prefs';
import { createStore } from './store';
import type * as T from './types';

/** `undefined` until the node was asked, `null` when nobody is signed in. */
export const session = createStore<T.Session | null | undefined>(undefined);

export interface ProblemBody {
	title: string; status: number; detail?: string; fix?: string; request_id?: string;
	state?: string; type?: string;
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
	headers?: Record<string, string>;
	query?: Record<string, string | number | undefined>;
}

function address(path: string, query: Options['query']): string {
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

async function call<R>(path: string, options: Options = {}): Promise<R> {
	const headers: Record<string, string> = { Accept: 'application/json', ...options.headers };
	const init: RequestInit = { method: options.method ?? 'GET', headers };
	if (options.body !== undefined) {
		headers['Content-Type'] = 'application/json';
		init.body = JSON.stringify(options.body);
	}
	const csrf = session.get()?.csrf;
	if (init.method !== 'GET' && csrf) headers['X-CSRF-Token'] = csrf;
	let reply: Response;
	try {
		reply = await fetch(address(path, options.query), init);
	} catch {
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

const V1 = '/api/v1';
const part = encodeURIComponent;
/** An identifier keeps its slashes in a path. */
const handlePath = (name: string): string => name.split('/').map(part).join('/');

export interface EventFilter {
	class?: string; severity?: string; point?: string; incident?: number;
	before?: number; after?: number; limit?: number;
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
	samples: (name: string, from_ms: number, to_ms: number, limit = 5000) =>
		call<T.Samples>(`${V1}/points/${part(name)}/samples`, { query: { from_ms, to_ms, limit } }),
	buckets: (name: string, from_ms: number, to_ms: number, step_ms: number) =>
		call<T.Buckets>(`${V1}/points/${part(name)}/buckets`, { query: { from_ms, to_ms, step_ms } }),
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
	resolve: (name: string) => call<T.HandleRecord>(`/api/handles/${handlePath(name)}`),
	handles: (prefix: string, page: number, pageSize: number) =>
		call<T.HandleList>('/api/handles', { query: { prefix, page, pageSize } }),
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
