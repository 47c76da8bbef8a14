// SPDX-License-Identifier: Apache-2.0
// Checks in the browser that a record is in the register its node has signed for: the
// change's own bytes, the path to the root of the tree (RFC 9162), the signature of the
// head. Nothing is asked of the node but the pack; doc/proofs.md has its format.
import type { AnswerPack, HandleValue } from './types';
import { formatOf, isLive, textOf, type AdminData } from './values';

export interface Head { origin: string; size: number; root: Uint8Array; time_ms: number }
export interface EntryValue { index: number; type: string; data: Uint8Array }
export interface Entry { name: string; state: number; time_ms: number; values: EntryValue[] }
export interface Checked {
	head: Head; entry: Entry; leaf: Uint8Array; index: number; seq: number;
	included: boolean;
	/** undefined: this browser cannot check an Ed25519 signature. */
	signed: boolean | undefined;
}

export const canHash = (): boolean => typeof crypto !== 'undefined' && !!crypto.subtle;

export function fromBase64(text: string): Uint8Array {
	return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}
export const toBase64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));
export const toHex = (bytes: Uint8Array): string => [...bytes].map((b) => b.toString(16).padStart(2, '0')).join('');

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
export const same = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, n) => byte === b[n]);

function joined(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
	const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
	let at = 0;
	for (const part of parts) {
		all.set(part, at);
		at += part.length;
	}
	return all;
}

const hash = async (...parts: Uint8Array[]): Promise<Uint8Array> =>
	new Uint8Array(await crypto.subtle.digest('SHA-256', joined(...parts)));
const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/** The types of records that hold many changes, and of what makes them count. */
const PART = 10;
const END = 11;

/** Sequence (8 bytes, lowest first) and type before what the leaf is of. */
function leafHash(seq: number, type: number, ...content: Uint8Array[]): Promise<Uint8Array> {
	const front = new Uint8Array(9);
	const view = new DataView(front.buffer);
	view.setBigUint64(0, BigInt(seq), true);
	view.setUint8(8, type);
	return hash(LEAF, front, ...content);
}

function varintOf(value: number): Uint8Array {
	const bytes: number[] = [];
	for (; value > 127; value = Math.floor(value / 128)) bytes.push(value % 128 + 128);
	return Uint8Array.from([...bytes, value]);
}

function stepsOf(path: string): Uint8Array[] {
	const bytes = fromBase64(path);
	if (bytes.length % 32) throw new Damaged('not a path');
	return Array.from({ length: bytes.length / 32 }, (_, n) => bytes.subarray(32 * n, 32 * n + 32));
}

/** Of a part the root of its small tree stands in the leaf, in place of its bytes. */
async function leafOf(pack: AnswerPack): Promise<Uint8Array> {
	const entry = fromBase64(pack.entry);
	if (pack.type !== PART) return leafHash(pack.seq, pack.type, entry);
	const { count = 0, place = 0, branch = '' } = pack;
	const root = await rootOf(await hash(LEAF, entry.subarray(1)), place, count, stepsOf(branch));
	if (!root) throw new Damaged('not a change of the part');
	return leafHash(pack.seq, PART, Uint8Array.of(2), varintOf(count), root);
}

const half = (n: number): number => Math.floor(n / 2);
const odd = (n: number): boolean => n % 2 === 1;

/** Section 2.1.3.2: where the leaf at `index` of `size` leaves leads to; undefined: nowhere. */
async function rootOf(leaf: Uint8Array, index: number, size: number, path: readonly Uint8Array[]): Promise<Uint8Array | undefined> {
	let first = index;
	let last = size - 1;
	let node = leaf;
	if (index >= size) return undefined;
	for (const step of path) {
		if (last === 0) return undefined;
		if (odd(first) || first === last) {
			node = await hash(NODE, step, node);
			while (!odd(first) && first) {
				first = half(first);
				last = half(last);
			}
		} else {
			node = await hash(NODE, node, step);
		}
		first = half(first);
		last = half(last);
	}
	return last === 0 ? node : undefined;
}

export async function includes(leaf: Uint8Array, index: number, size: number, path: readonly Uint8Array[],
	root: Uint8Array): Promise<boolean> {
	const led = await rootOf(leaf, index, size, path);
	return !!led && same(led, root);
}

type Tree = Pick<Head, 'size' | 'root'>;

/** Section 2.1.4.2: whether the register only grew from one head to the other. */
export async function grew(from: Tree, to: Tree, path: readonly Uint8Array[]): Promise<boolean> {
	if (from.size === 0 || from.size === to.size) return !path.length && (from.size === 0 || same(from.root, to.root));
	const steps = Number.isInteger(Math.log2(from.size)) ? [from.root, ...path] : [...path];
	const [start, ...rest] = steps;
	if (from.size > to.size || !start) return false;
	let first = from.size - 1;
	let last = to.size - 1;
	while (odd(first)) {
		first = half(first);
		last = half(last);
	}
	let old = start;
	let now = start;
	for (const step of rest) {
		if (last === 0) return false;
		if (odd(first) || first === last) {
			[old, now] = await Promise.all([hash(NODE, step, old), hash(NODE, step, now)]);
			while (!odd(first) && first) {
				first = half(first);
				last = half(last);
			}
		} else {
			now = await hash(NODE, now, step);
		}
		first = half(first);
		last = half(last);
	}
	return last === 0 && same(old, from.root) && same(now, to.root);
}

class Damaged extends Error {}

/** Reads the bytes of a change; throws where they end too early. */
class Reader {
	private at = 0;
	constructor(private readonly bytes: Uint8Array) {}
	get left(): number {
		return this.bytes.length - this.at;
	}
	take(count: number): Uint8Array {
		if (count > this.left) throw new Damaged('the entry ends too early');
		this.at += count;
		return this.bytes.subarray(this.at - count, this.at);
	}
	u8(): number {
		return this.take(1)[0]!;
	}
	u32(): number {
		return this.take(4).reduce((sum, byte) => sum * 256 + byte, 0);
	}
	varint(): bigint {
		let value = 0n;
		for (let shift = 0n; shift < 70n; shift += 7n) {
			const byte = this.u8();
			value |= BigInt(byte & 127) << shift;
			if (byte < 128) return value;
		}
		throw new Damaged('a number without end');
	}
	string(): Uint8Array {
		return this.take(Number(this.varint()));
	}
	text(bytes: Uint8Array): string {
		return new TextDecoder().decode(bytes);
	}
}

function readValues(count: number, bytes: Uint8Array): EntryValue[] {
	const r = new Reader(bytes);
	const values = Array.from({ length: count }, (): EntryValue => {
		const index = r.u32();
		r.take(4 + 1 + 4 + 1); // time, kind of life, life, permissions
		const type = r.text(r.take(r.u32()));
		const data = r.take(r.u32());
		for (let references = r.u32(); references > 0; references--) r.take(r.u32() + 4);
		return { index, type, data };
	});
	if (r.left) throw new Damaged('bytes behind the values');
	return values;
}

export function readEntry(bytes: Uint8Array): Entry {
	const r = new Reader(bytes);
	if (r.u8() !== 1) throw new Damaged('an entry of another format');
	r.take(2); // verb, role
	const state = r.u8();
	r.string(); // subject
	r.varint(); // request
	const zigzag = r.varint();
	const time_ns = (zigzag >> 1n) ^ -(zigzag & 1n);
	r.varint();
	r.varint(); // the change before
	const name = r.text(r.string());
	const count = Number(r.varint());
	const entry = { name, state, time_ms: Number(time_ns / 1_000_000n), values: readValues(count, r.string()) };
	if (r.left) throw new Damaged('bytes behind the entry');
	return entry;
}

/** A part of one change: which part of which bulk, and what it says. */
function readPart(bytes: Uint8Array): { bulk: Uint8Array; number: bigint; entry: Entry } {
	const r = new Reader(bytes);
	if (r.u8() !== 2) throw new Damaged('a part of another format');
	const head = new Reader(r.string());
	const change = new Reader(r.string());
	head.u8(); // role
	const bulk = head.take(8);
	const number = head.varint();
	head.string(); // subject
	head.varint(); // request
	const zigzag = head.varint();
	const time_ns = (zigzag >> 1n) ^ -(zigzag & 1n);
	change.u8(); // verb
	const state = change.u8();
	change.varint();
	change.varint(); // the change before
	const name = change.text(change.string());
	const count = Number(change.varint());
	const entry = { name, state, time_ms: Number(time_ns / 1_000_000n), values: readValues(count, change.string()) };
	if (r.left || change.left) throw new Damaged('bytes behind the change');
	return { bulk, number, entry };
}

/** A part is nothing without its end, which must be in the same tree behind it. */
async function isEnded(pack: AnswerPack, head: Head): Promise<boolean> {
	if (pack.type !== PART) return true;
	if (!pack.end) return false;
	const { seq, index, path } = pack.end;
	const bytes = fromBase64(pack.end.entry);
	const part = readPart(fromBase64(pack.entry));
	const r = new Reader(bytes);
	r.take(2); // format, role
	const bulk = r.take(8);
	r.varint(); // the first part
	const parts = r.varint();
	return same(bulk, part.bulk) && part.number < parts && seq > pack.seq && index > pack.index
		&& includes(await leafHash(seq, END, bytes), index, head.size, stepsOf(path), head.root);
}

interface Key { origin: string; id: Uint8Array; raw: Uint8Array }

/** origin+key id+base 64 of 0x01 and the key; the id is the key's own. */
async function readKey(text: string): Promise<Key> {
	const [origin = '', id = '', ...rest] = text.split('+');
	const typed = fromBase64(rest.join('+'));
	const digest = await hash(utf8(`${origin}\n`), typed);
	if (typed.length !== 33 || typed[0] !== 1 || toHex(digest.subarray(0, 4)) !== id) throw new Damaged('not a key');
	return { origin, id: digest.subarray(0, 4), raw: typed.subarray(1) };
}

/** The head a signed note speaks of, with what was signed and the signature. */
function readNote(note: string, key: Key): { head: Head; signed: Uint8Array; signature: Uint8Array } {
	const cut = note.indexOf('\n\n');
	const signed = note.slice(0, cut + 1);
	const [origin = '', size = '', root = '', time = ''] = signed.split('\n');
	const mark = `— ${key.origin} `;
	const line = note.slice(cut + 2);
	const blob = fromBase64(line.slice(mark.length).trim());
	if (cut < 0 || origin !== key.origin || !line.startsWith(mark) || !same(blob.subarray(0, 4), key.id)) {
		throw new Damaged('a head of another key');
	}
	const head = { origin, size: Number(size), root: fromBase64(root), time_ms: Date.parse(time.replace(/^time /, '')) };
	return { head, signed: utf8(signed), signature: blob.subarray(4) };
}

async function verify(key: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<boolean | undefined> {
	try {
		const known = await crypto.subtle.importKey('raw', joined(key), 'Ed25519', false, ['verify']);
		return await crypto.subtle.verify('Ed25519', known, joined(signature), joined(message));
	} catch {
		return undefined;
	}
}

export async function checkPack(pack: AnswerPack): Promise<Checked> {
	const key = await readKey(pack.key);
	const { head, signed, signature } = readNote(pack.head, key);
	const leaf = await leafOf(pack);
	const bytes = fromBase64(pack.entry);
	return {
		head, leaf, index: pack.index, seq: pack.seq, entry: pack.type === PART ? readPart(bytes).entry : readEntry(bytes),
		included: await includes(leaf, pack.index, head.size, stepsOf(pack.path), head.root) && await isEnded(pack, head),
		signed: await verify(key.raw, signed, signature),
	};
}

/** The bytes a shown value stands for; undefined for forms this page does not encode. */
function bytesOf(value: HandleValue): Uint8Array | undefined {
	const format = formatOf(value);
	if (format === 'string') return utf8(textOf(value));
	if (format === 'base64') return fromBase64(textOf(value));
	if (format !== 'admin' || typeof value.data === 'string') return undefined;
	const { handle, index, permissions } = value.data.value as AdminData;
	const name = utf8(handle);
	const bytes = new Uint8Array(10 + name.length);
	const view = new DataView(bytes.buffer);
	view.setUint16(0, parseInt(permissions, 2));
	view.setUint32(2, name.length);
	bytes.set(name, 6);
	view.setUint32(6 + name.length, index);
	return bytes;
}

/** Whether what the page shows is what the change says: name, number, types and bytes. */
export function shows(entry: Entry, name: string, values: readonly HandleValue[]): boolean {
	// Live values are made for the answer; one that was stored as a copy is not shown.
	const stored = entry.values.filter((value) => !isLive(value));
	const shown = values.filter((value) => !isLive(value));
	if (entry.name.toUpperCase() !== name.toUpperCase() || stored.length !== shown.length) return false;
	return shown.every((value, n) => {
		const kept = stored[n]!;
		const bytes = bytesOf(value);
		return kept.index === value.index && kept.type === value.type && (!bytes || same(bytes, kept.data));
	});
}
