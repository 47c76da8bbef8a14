// SPDX-License-Identifier: Apache-2.0
// The live stream of the node, one per tab: values of points, durable events, the node's
// own figures. A component watches one point, so a second's worth of values redraws only
// the cells that changed. When the stream breaks or falls silent it is opened again, later
// each time up to ten seconds.
import { api, restoreSession, session } from './api';
import { placesOf } from './format';
import { lang } from './prefs';
import { createStore, useSubscription } from './store';
import type { NodeEvent, NodeInfo, Point, QualityClass } from './types';

export interface LiveValue {
	value: number | null; quality: QualityClass; t_ms: number;
	/** The most decimals the point has shown. */
	places: number;
}
export type LinkState = 'connecting' | 'live' | 'lost';
type ValueRow = [id: number, value: number | boolean | null, quality: string, t_ms: number];

const TRAIL = 60;
const KEPT_EVENTS = 200;
const SILENCE_MS = 8000;
const RETRY_MS = [500, 1000, 2000, 4000, 8000, 10000];
const CLASSES: Record<string, QualityClass> = { g: 'good', u: 'uncertain', b: 'bad' };

export const link = createStore<LinkState>('connecting');
export const node = createStore<NodeInfo | undefined>(undefined);
const NOT_ASKED: ReadonlyMap<string, Point> = new Map();
export const catalogue = createStore(NOT_ASKED);
/** Whether the node has told its points; it may have none. */
export const knowsPoints = (): boolean => catalogue.get() !== NOT_ASKED;
/** Events since the page was opened, newest first. */
export const freshEvents = createStore<readonly NodeEvent[]>([]);
/** The node's samples per second, one figure per node message. */
export const rates = createStore<readonly number[]>([]);
/** Counts the breaks that are over: whatever was loaded before one may be old. */
export const breaks = createStore(0);

const values = new Map<number, LiveValue>();
const trails = new Map<number, (number | null)[]>();
const watchers = new Map<number, Set<() => void>>();

export const liveValue = (id: number): LiveValue | undefined => values.get(id);
export const trail = (id: number): readonly (number | null)[] => trails.get(id) ?? [];

export function watchPoint(id: number, listener: () => void): () => void {
	const set = watchers.get(id) ?? new Set();
	watchers.set(id, set.add(listener));
	return () => set.delete(listener);
}

export function useLive(id: number): LiveValue | undefined {
	useSubscription((listener) => watchPoint(id, listener), id);
	return values.get(id);
}

export const asNumber = (value: number | boolean | null): number | null =>
	typeof value === 'boolean' ? Number(value) : value;

function take([id, raw, quality, t_ms]: ValueRow): void {
	const value = asNumber(raw);
	const places = Math.max(values.get(id)?.places ?? 0, value === null ? 0 : placesOf(value));
	values.set(id, { value, quality: CLASSES[quality] ?? 'bad', t_ms, places });
	const past = trails.get(id) ?? [];
	past.push(quality === 'b' ? null : value);
	if (past.length > TRAIL) past.shift();
	trails.set(id, past);
	watchers.get(id)?.forEach((listener) => listener());
}

let ahead_ms = 0;

/** The node's clock, which the browser's may differ from. */
export const nodeNow = (): number => Date.now() + ahead_ms;

function takeNode(info: NodeInfo): void {
	ahead_ms = info.time_ms - Date.now();
	node.set(info);
	rates.set([...rates.get(), info.counts.samples_per_s].slice(-TRAIL));
}

async function fetchStart(): Promise<void> {
	const [points, info] = await Promise.all([api.points(), api.node()]);
	for (const p of points.items) {
		if (!values.has(p.id) && p.time_ms !== null) {
			take([p.id, p.value, p.quality_class.charAt(0), p.time_ms]);
		}
	}
	catalogue.set(new Map(points.items.map((p) => [p.name, p])));
	ahead_ms = info.time_ms - Date.now();
	node.set(info);
}

let source: EventSource | undefined;
let retryTimer = 0;
let silenceTimer = 0;
let attempts = 0;

function heard(): void {
	attempts = 0;
	if (link.get() === 'lost') breaks.set(breaks.get() + 1);
	link.set('live');
	clearTimeout(silenceTimer);
	silenceTimer = window.setTimeout(lose, SILENCE_MS);
}

function lose(): void {
	close();
	link.set('lost');
	const wait = RETRY_MS[Math.min(attempts++, RETRY_MS.length - 1)];
	retryTimer = window.setTimeout(open, wait);
	// The stream does not say why it broke: the session may have ended.
	restoreSession().catch(() => undefined);
}

function close(): void {
	source?.close();
	source = undefined;
	clearTimeout(retryTimer);
	clearTimeout(silenceTimer);
}

function open(): void {
	close();
	if (!session.get()) return;
	const stream = new EventSource(api.liveAddress());
	const on = <D>(name: string, fn: (data: D) => void): void =>
		stream.addEventListener(name, (message) => {
			heard();
			fn(JSON.parse((message as MessageEvent<string>).data) as D);
		});
	stream.onopen = heard;
	stream.onerror = lose;
	on<{ items: ValueRow[] }>('values', (data) => data.items.forEach(take));
	on<NodeEvent>('event', (event) =>
		freshEvents.set([event, ...freshEvents.get()].slice(0, KEPT_EVENTS)));
	on<NodeInfo>('node', takeNode);
	silenceTimer = window.setTimeout(lose, SILENCE_MS);
	source = stream;
	fetchStart().catch(() => undefined);
}

function restart(): void {
	freshEvents.set([]);
	if (session.get()) open();
	else close();
}

export function retryNow(): void {
	attempts = 0;
	open();
}

export function startLive(): void {
	let subject: string | undefined;
	session.subscribe(() => {
		if (session.get()?.subject === subject) return;
		subject = session.get()?.subject;
		restart();
	});
	// The sentences of events are the node's, so another language is another stream.
	lang.subscribe(restart);
	addEventListener('online', retryNow);
}
