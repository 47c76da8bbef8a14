// SPDX-License-Identifier: Apache-2.0
// The shapes of the node's HTTP API, as openapi.yaml describes them.
export interface Label { en: string; zh: string }
export type Limits = [number, number];
export type QualityClass = 'good' | 'uncertain' | 'bad';
export type Severity = 'info' | 'notice' | 'warning' | 'alarm' | 'critical';
export type EventClass = 'life' | 'alarm' | 'alert' | 'command' | 'record' | 'access';

export interface Session { subject: string; role: string; scope: string; csrf: string }

export interface User { name: string; role: string; scope: string; enabled: boolean; tokens: number }
export interface UserChange { role?: string; scope?: string; enabled?: boolean; password?: string }
export interface Token {
	id: string; user: string; label: string; role: string; created_ms: number;
	expires_ms: number | null; used_ms: number | null;
}
export interface NewToken { label: string; role: string; expires_ms: number | null }
export interface TokenSecret { id: string; secret: string }

export interface NodeInfo {
	name: string; label: Label; prefix: string; level: string; region: string; industry: string;
	version: string; started: string; time_ms: number; capture: string; capture_live: boolean;
	config: { generation: number; loaded_ms: number; refused: { time_ms: number; reason: string } | null };
	demo: boolean;
	counts: {
		devices: number; devices_up: number; points: number; points_good: number;
		identifiers: number; events: number; incidents_open: number; incidents: number;
		samples: number; samples_per_s: number; writes_verified: number;
	};
	sentry: {
		mode: 'waiting' | 'learning' | 'watching'; learn_until_ms: number; packets: number;
		messages: number; malformed: number; assets: number; rows: number;
	};
	journal: { durable: number; bytes: number; state: string };
	usage: { anon_mb: number; cpu_s: number };
}

export interface Device {
	id: number; name: string; label: Label; ident: string; address: string; unit: number;
	state: 'up' | 'connecting' | 'down'; round_trip_ms: number | null; last_reply_ms: number | null;
	requests: number; replies: number; timeouts: number; exceptions: number; malformed: number;
	reconnects: number;
}

export interface Point {
	id: number; name: string; label: Label; unit: string; ident: string; device: string;
	type: string; table: string; address: number; period_ms: number; limits: Limits | null;
	write: { limits: Limits; tolerance: number; role: string } | null;
	states: { value: number; label: Label }[] | null;
	value: number | boolean | null; quality: string; quality_class: QualityClass;
	time_ms: number | null;
}

export type Sample = [t_ms: number, value: number | null, quality: string];
export interface Samples { point: string; items: Sample[]; truncated: boolean }

export interface Bucket {
	t_ms: number; count: number; bad: number; min: number | null; max: number | null;
	mean: number | null; first: number | null; last: number | null;
}
export interface Buckets { point: string; step_ms: number; items: Bucket[] }

/** A question to the history; rows come as arrays in the order of the columns. */
export interface Query {
	points: string[]; mode: 'raw' | 'aggregate'; from_ms: number; to_ms: number; limit?: number;
	aggregates?: readonly string[]; step?: string; stepped?: boolean; uncertain_is_bad?: boolean; completeness?: boolean;
}
export type Cell = number | boolean | string | null;
export interface QueryAnswer {
	columns: string[]; items: { point: string; unit: string; id: number; rows: Cell[][]; truncated: boolean }[];
}

export interface LastValue { t_ms: number; value: number | boolean | null; status: number }

export interface Edit {
	/** The nanosecond at which it was made, more than a number can say. */
	id: string; kind: 'annotate' | 'delete' | 'set' | 'undo'; from_ms: number; to_ms: number; time_ms: number;
	author: string; reason?: string; text?: string; value?: Cell; quality?: string; undoes?: string; undone: boolean;
}
export type NewEdit = { from_ms: number; to_ms: number } & ({ kind: 'annotate'; text: string } | { kind: 'delete'; reason: string });
export interface Edits { items: Edit[]; truncated: boolean }
export interface DoorSeries { id: number; name: string; labels: Record<string, string> }
export interface DoorSeriesFound { items: DoorSeries[]; truncated: boolean }

export interface NodeEvent {
	seq: number; time: string; time_ms: number; message: string; class: EventClass;
	severity: Severity; device?: string; point?: string; incident?: number;
	args: Record<string, string | number | boolean | null>; text: string;
}
export interface EventPage { items: NodeEvent[]; next_before: number | null }

export interface Layer { name: string; fields: [string, string | number | boolean | null][] }
export interface Packet { hex: string; bytes: number; layers: Layer[] }
export interface Incident {
	id: number; kind: string; techniques: string | string[]; reasons: string[]; open: boolean;
	client: string; server: string; unit: number; function: number; function_name: string;
	from: number; to: number; device?: string; point?: string; point_ident?: string;
	old: number | null; new: number | null; unit_text: string; limits: Limits | null;
	usual_client?: string; usual_count: number; first_ms: number; last_ms: number; count: number;
	servers: number; text: string; packet?: Packet;
}

export interface Asset {
	ip: string; mac: string; is_client: boolean; is_server: boolean; approved: boolean;
	device?: string; first_ms: number; last_ms: number; packets: number; bytes: number;
	vendor: string; product: string; revision: string;
}
export interface Conversation {
	client: string; server: string; port: number; requests: number; replies: number;
	exceptions: number; malformed: number; bytes: number; first_ms: number; last_ms: number;
}
export interface BaselineKey {
	client: string; server: string; unit: number; function: number; from: number; to: number;
}
export interface BaselineRow extends BaselineKey {
	function_name: string; approved: boolean; count: number; first_ms: number; last_ms: number;
}

export interface CommandResult {
	id: string | number; state: string; point: string; requested: number; old: number | null;
	read_back: number | null; requested_seq: number; final_seq: number; repeated: boolean;
}
export interface Command {
	id: string | number; point: string; subject: string; role: string; requested: number | null;
	old: number | null; read_back: number | null; state: string; time_ms: number;
	requested_seq: number | null; final_seq: number | null; reason?: string;
}
export interface AuditResult { records: number; ok: boolean; detail?: string }

export interface HandleValue {
	index: number; type: string; data: { format: string; value: unknown } | string;
	ttl: number | string; timestamp: string; permissions?: string;
}
export interface HandleRecord {
	responseCode: number; handle: string; values: HandleValue[]; state?: RecordState;
	/** With a time asked for: the change that made the record what it was then. */
	change?: { seq: number; time: string; time_ms: number; subject?: string };
}
export interface HandleList {
	responseCode: number; prefix: string; totalCount: string; page?: number; pageSize?: number;
	handles: string[];
}

export interface Items<T> { items: T[] }

/** What may be done with a name: a draft is seen by those who may change it, a deleted
 * one answers "not found" and is never given again. */
export type RecordState = 'active' | 'draft' | 'retired' | 'deleted';
export interface FoundName { name: string; state: RecordState; changed_ms: number; found: string }
export interface FoundPage { items: FoundName[]; next_after: string | null; lag: number }
export interface Change {
	seq: number; time: string; time_ms: number; verb: string; state: RecordState;
	subject: string; role: string; values: HandleValue[];
}
export interface History { name: string; changes: Change[]; next?: number }

/** What is wrong with one of many records; lines count from 1. */
export interface Fault { line: number; name: string; code: string; reason: string; fix?: string }
export type BulkMode = 'create' | 'replace' | 'merge';
export interface Registered {
	seq?: number; created: number; changed: number; unchanged: number; repeated: boolean; dry_run: boolean; refused: number; faults: Fault[];
}

/** base 64 throughout; doc/proofs.md has the format. */
export interface AnswerPack {
	format: string; seq: number; type: number; index: number;
	entry: string; path: string; head: string; key: string;
	/** Of a change that stands in a part with others. */
	count?: number; place?: number; branch?: string;
	end?: { seq: number; index: number; entry: string; path: string };
}
export interface Consistency { from: number; to: number; path: string[] }

export interface Day { day: string; registered: number; resolved: number; requests: number }
export interface Sums {
	registered: number; registered_ever: number; resolved: number; distinct: number;
	ratio: number | null; resolutions_per_name: number | null;
}
export interface Office extends Sums {
	prefix: string; states: Record<string, number>; prefixes: number; days: Day[];
	waiting: { count: number; overdue: number; records_pending: number; oldest_ms?: number };
}
export type Step = 'review' | 'approve' | 'refuse' | 'suspend' | 'resume' | 'close';
export interface Application {
	number: number; state: string; prefix: string; made: boolean; waiting: boolean; overdue: boolean;
	applied_ms: number; changed_ms: number; organisation: string; credit_code: string;
	contact?: string; industry: string; industry_name: string; purpose: string; parent: string;
	wanted: string; has_key: boolean; site?: string; service?: string;
	steps?: { step: string; who: string; at_ms: number; reason: string }[];
}
export interface Budget { names: number; names_per_day: number; requests_per_day: number }
export interface PrefixUse extends Sums {
	prefix: string; application?: number; organisation?: string; industry?: string; state?: string;
	made?: boolean; delegated?: boolean; limits: Budget; today: Day; days?: Day[];
}
export interface TemplateItem {
	name?: string; nameEn?: string; idType: string; idIndex: number; required?: boolean; unique?: boolean;
	state?: number; permissions?: string;
	metadata?: { type?: string; minLength?: number; maxLength?: number; min?: number; max?: number };
}
export interface Template {
	prefix: string; version: string; name?: string; nameEn?: string; description?: string; items: TemplateItem[];
}
export interface Page<T> { items: T[]; total: number }

export interface WalkStep {
	step: string; depth: number; handle: string; at_ms: number; server?: string;
	transport?: 'udp' | 'tcp'; tries?: number; ignored?: number; took_ms?: number; error?: string;
	responseCode?: number; said?: string; values?: number;
}
export interface Resolution {
	handle: string; responseCode: number; source: 'server' | 'cache' | 'stale'; age_s: number;
	took_ms: number; server?: string; values: HandleValue[]; steps: WalkStep[]; steps_left_out?: number; error?: string;
}

export interface BothLanguages { en: string; zh: string }

export interface DecodedField {
	code: string; name: BothLanguages; value: string; meaning?: BothLanguages; at: number; good: boolean; problem?: BothLanguages; fix?: BothLanguages;
}

/** What a scanned text says. */
export interface Decoded {
	scheme: string; title?: BothLanguages; form: string; good: boolean; problem?: BothLanguages; fix?: BothLanguages; at?: number;
	canonical?: string; path?: string; name?: string; fields: DecodedField[];
}

/** A code with the record it stands for, and that record's other names. */
export interface Coded extends Decoded {
	record?: { name: string; state: RecordState; values: HandleValue[] };
	also?: string[];
}
