// SPDX-License-Identifier: Apache-2.0
// The shapes of the tree's part of the HTTP API. Times are ISO 8601 in UTC; null is never or
// not known, which is not zero.
import type { BothLanguages, Severity } from './types';

type Time = string | null;

export type ParentState = 'down' | 'connecting' | 'up' | 'refused';
export type ChildState = 'up' | 'late' | 'down' | 'never' | 'revoked';
export type EntityState = 'reporting' | 'silent' | 'late' | 'none';

export interface SentStream {
	stream: string; last: number; held: number; unsent_items: number; unsent_bytes?: number; oldest_unsent: Time;
	withheld: Record<string, number>;
}
export interface Parent {
	name: string; ident: string; address: string; state: ParentState; since: Time; last_beat: Time; reason?: string;
	streams: SentStream[];
}
export interface Child {
	ident: string; name: string; label?: BothLanguages; level?: string; entity: string; industry?: string;
	state: ChildState; since: Time; last_beat: Time; address: string; backlog_items: number; backlog_bytes: number;
	oldest_unsent: Time; refusals: number; streams: { stream: string; held: number; last_received: Time }[];
	certificate: { valid_until: Time; serial?: string; fingerprint?: string } | null;
}
export interface Entity { code: string; name: BothLanguages; region: string; state: EntityState; children: number }
export interface Tree {
	node: { ident: string; name: string; label?: BothLanguages; level: string; region: string; entity: string; industry: string };
	parents: Parent[]; children: Child[]; entities: Entity[];
	/** Whether children may come here at all. */
	listens?: boolean;
	/** Of more children. */
	next?: string | null;
}
export interface Refused { time: string; child: string; stream: string; sequence: number; reason: string; detail: string }

export interface Member {
	node: string; state: 'invited' | 'member' | 'revoked'; code_until_ms: number | null; certificate_until_ms: number | null;
	changed_ms: number | null; by: string; reason: string; keys: number; guesses: number;
}
export interface Invitation { node: string; code: string; code_until_ms: number }

export interface Goal { value: number; by?: string; source?: string }
export interface Definition {
	id: string; version: number; name: BothLanguages; note?: BothLanguages; unit: string;
	scopes: { id: string; name: BothLanguages }[]; periods: string[]; inputs: { name: string; unit: string }[];
	parts: { name: string; kind: string; unit: string; formula: string }[];
	/** The formula over the names of the parts. */
	value: string; base?: Goal; target?: Goal; source: string; declared: boolean;
}
export interface Published {
	id: string; name: BothLanguages; value: number; unit: string; scope: BothLanguages; date: string; source: string;
	kind?: string; bound?: string;
}
export interface Part { name: string; kind: string; value: number | null; unit: string }
export interface Figure {
	id: string; definition: string; version: number; name: BothLanguages; unit: string; scope: string; period: string;
	from: string; to: string; entity: string; origin: 'measured' | 'declared' | 'rolled'; value: number | null; lack?: string;
	parts: Part[]; expected: number; reporting: number; declared?: number; silent: string[]; coverage: number; revision: number; issued: string;
	attested_by?: string; target?: Goal;
}
export interface BelowFigure {
	entity: string; label?: BothLanguages; revision: number; id: string | null; value: number | null; coverage: number;
	state: 'reporting' | 'silent'; parts?: { name: string; value: number | null }[];
}
export interface OpenFigure extends Figure {
	children: BelowFigure[]; inputs: { name: string; point: string; unit: string }[];
	revisions: { revision: number; issued: string; value: number | null; reason?: string }[];
}
export interface Declared {
	definition: string; version: number; scope: string; period: string; from: string; entity: string;
	parts: Record<string, number>; note: string;
}

export interface CaseStep { step: string; who: string; time: string; due?: Time; text: string; node: string; verdict?: string }
export interface Case {
	id: string; origin: string; event: number; technique: string; severity: Severity; subject: string; entity: string;
	state: string; due?: Time; overdue: boolean; steps: CaseStep[];
	/** What this node may do now, and the least role for it. */
	next?: { step: string; role: string }[];
	conflicts?: number;
}
export const FUNNEL = ['raw', 'clues', 'suspicious', 'verified', 'notified', 'handled'] as const;
export type Funnel = Record<(typeof FUNNEL)[number], number> & { nodes?: number };

export interface Campaign { subject: string; technique: string; sightings: number; entities: number; first: string; last: string }
export interface Posture {
	/** null: nothing is known, which is not safe. */
	index: number | null; coverage: number | null;
	because: { reason: string; arguments: Record<string, string | number>; effect: number; text?: string }[];
	children: { ident: string; label?: BothLanguages; index: number | null; coverage: number | null; age_s?: number | null; silent?: boolean }[];
	campaigns: Campaign[];
}

export type DataClass = 'core' | 'important' | 'general';
export interface Datum {
	point: string; label?: BothLanguages; class: DataClass; owner: string; unit: string; retention: number | null;
	releases: { parent: string; what: string[]; every: number }[];
}
export interface Disclosure { parent: string; stream: string; sequence: number; time: string; what: string; bytes: number }
export interface Withheld { parent: string; stream: string; class: string; count: number; text?: string }

export type Uptake = 'sent' | 'read' | 'done';
export interface Bulletin {
	id: string; version: number; title: BothLanguages; text: BothLanguages; made: string; by: string; from?: string;
	mine?: { state: Uptake; time: Time; note?: string };
	uptake?: { sent: number; read: number; done: number; children: { ident: string; state: Uptake; time: Time }[] };
}
export interface NewBulletin { title: BothLanguages; text: BothLanguages; to?: string[] }

export type CensusKey = 'kind' | 'industry' | 'region' | 'state';
/** `told` is how often devices were told of; each is counted once. */
export interface Census { total: number; once: { told: number; devices: number }; rows: { key: string[]; count: number }[] }
export interface CensusDevice { key: string; kind: string; industry: string; region: string; state: string; since: Time; reporters: string[] }

export interface Listed<T> { items: T[]; next?: string | null }
