// SPDX-License-Identifier: Apache-2.0
// The client of the tree's part of the API, fetched with the pages that ask it.
import { address, call, V1 } from './api';
import type * as T from './tree_types';

const part = encodeURIComponent;

export interface FigureFilter {
	definition?: string; version?: string; scope?: string; period?: string; entity?: string; as_of?: string; latest?: string;
	from?: string; to?: string; limit?: number; cursor?: string;
}
export interface CaseFilter { state?: string; overdue?: string; limit?: number; cursor?: string }
export interface ReleaseFilter { parent?: string; stream?: string; from?: string; to?: string; limit?: number; cursor?: string }

/** Pages of a list that is shown whole; what is beyond is not asked for. */
const PAGES_MAX = 40;
async function whole<I>(path: string): Promise<T.Listed<I>> {
	const items: I[] = [];
	let next: string | null | undefined;
	for (let page = 0; page < PAGES_MAX && (page === 0 || next); page++) {
		const more = await call<T.Listed<I>>(`${V1}${path}`, { query: { cursor: next ?? undefined } });
		items.push(...more.items);
		next = more.next;
	}
	return { items, next };
}

export const treeApi = {
	refusals: () => call<T.Listed<T.Refused>>(`${V1}/tree/refusals`),
	members: () => call<{ members: T.Member[] }>(`${V1}/members`),
	invite: (node: string, lasts_s: number) => call<T.Invitation>(`${V1}/members`, { method: 'POST', body: { node, lasts_s } }),
	revoke: (node: string, reason: string) =>
		call<void>(`${V1}/members/${part(node)}/revoke`, { method: 'POST', body: { ...(reason && { reason }) } }),
	definitions: () => whole<T.Definition>('/definitions'),
	definition: (id: string, version: number) => call<T.Definition>(`${V1}/definitions/${part(id)}`, { query: { version } }),
	published: () => whole<T.Published>('/published'),
	figures: (filter: FigureFilter) => call<T.Listed<T.Figure>>(`${V1}/figures`, { query: { ...filter } }),
	figure: (id: string) => call<T.OpenFigure>(`${V1}/figures/${part(id)}`),
	/** The last sample before a time with what proves it, as a file. */
	evidenceAddress: (point: string, before_ms: number) => address(`${V1}/points/${part(point)}/evidence`, { at_ns: `${before_ms - 1}999999` }),
	declare: (figure: T.Declared) => call<T.Figure>(`${V1}/figures/declared`, { method: 'POST', body: figure }),
	templateAddress: (definition: string) => address(`${V1}/figures/declared.csv`, { definition }),
	declareMany: (csv: string) => call<T.Listed<T.Figure> | undefined>(`${V1}/figures/declared.csv`, { method: 'POST', csv }),
	cases: (filter: CaseFilter) => call<T.Listed<T.Case> & { funnel: T.Funnel }>(`${V1}/cases`, { query: { ...filter } }),
	oneCase: (id: string) => call<T.Case>(`${V1}/cases/${part(id)}`),
	takeStep: (id: string, step: { step: string; text: string; due?: string }) =>
		call<T.Case>(`${V1}/cases/${part(id)}/steps`, { method: 'POST', body: step }),
	formAddress: (id: string, kind: string) => address(`${V1}/cases/${part(id)}/form`, { kind }),
	posture: () => call<T.Posture>(`${V1}/posture`),
	catalogue: () => whole<T.Datum>('/catalogue'),
	releases: (filter: ReleaseFilter) =>
		call<T.Listed<T.Disclosure> & { withheld: T.Withheld[] }>(`${V1}/releases`, { query: { ...filter } }),
	census: (by: T.CensusKey) => call<T.Census>(`${V1}/census`, { query: { by } }),
	censusDevices: (filter: Partial<Record<T.CensusKey, string>> & { limit: number; cursor?: string }) =>
		call<T.Listed<T.CensusDevice>>(`${V1}/census/devices`, { query: { ...filter } }),
	bulletins: () => call<T.Listed<T.Bulletin>>(`${V1}/bulletins`),
	publish: (bulletin: T.NewBulletin) => call<T.Bulletin>(`${V1}/bulletins`, { method: 'POST', body: bulletin }),
	uptake: (id: string, state: T.Uptake, note: string) =>
		call<void>(`${V1}/bulletins/${part(id)}/uptake`, { method: 'POST', body: { state, note } }),
	reportAddress: (from: string, to: string, format: 'html' | 'csv') => address(`${V1}/report`, { from, to, format }),
};
