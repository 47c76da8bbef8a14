// SPDX-License-Identifier: Apache-2.0
// A stand-in for the register: records with their history, found by words, prefix, state.
const DEFAULT_STATES = ['active', 'retired'];

const words = (text) => text.toLowerCase().split(/[^\p{L}\p{N}]+/u).filter(Boolean);
const dataOf = (value) => (typeof value.data === 'string' ? { format: 'string', value: value.data } : value.data);
const textOf = (value) => {
	const { value: inner } = dataOf(value);
	return typeof inner === 'string' ? inner : '';
};

export function createRegister() {
	const records = new Map();
	let seq = 100;
	const keyOf = (name) => name.toUpperCase();

	/** `values` becomes the record; the version stays in the history. */
	function change(name, verb, state, values, subject, at = Date.now()) {
		const stamp = new Date(at).toISOString();
		const record = records.get(keyOf(name)) ?? { name, changes: [] };
		const whole = values.map((v) => ({ ttl: 86_400, ...v, data: dataOf(v), timestamp: v.timestamp || `${stamp.slice(0, 19)}Z` }));
		record.changes.unshift({ seq: ++seq, time: stamp, time_ms: at, verb, state, subject, role: 'engineer',
			values: whole.sort((a, b) => a.index - b.index) });
		records.set(keyOf(name), record);
	}
	const last = (name) => records.get(keyOf(name))?.changes[0];

	function find(query) {
		const [q, type, value, prefix, state, after] = ['q', 'type', 'value', 'prefix', 'state', 'after'].map((name) => query.get(name) ?? '');
		const limit = Number(query.get('limit') ?? 100);
		const asked = words(q);
		const wanted = state ? [state] : DEFAULT_STATES;
		const rows = [];
		for (const [key, { name, changes }] of [...records].sort(([a], [b]) => (a < b ? -1 : 1))) {
			const { state: now, values, time_ms } = changes[0];
			const texts = values.map(textOf);
			const fits = wanted.includes(now) && (!after || key > keyOf(after)) && (!prefix || keyOf(name.split('/')[0]) === keyOf(prefix))
				&& (!type || values.some((v) => v.type === type && textOf(v) === value))
				&& asked.every((one) => texts.some((text) => words(text).some((word) => word.startsWith(one))));
			if (!fits) continue;
			const found = texts.find((text) => asked.some((one) => words(text).some((word) => word.startsWith(one)))) ?? texts[0];
			if (rows.push({ name, state: now, changed_ms: time_ms, found }) === limit) break;
		}
		return { items: rows, next_after: rows.length === limit ? rows.at(-1).name : null, lag: 0 };
	}

	/** undefined: no record then. */
	function at(name, ms = Infinity) {
		const then = records.get(keyOf(name))?.changes.find((one) => one.time_ms <= ms);
		if (!then || then.state === 'deleted') return undefined;
		return { responseCode: 1, handle: name, values: then.values, ...(then.state !== 'active' && { state: then.state }),
			...(ms !== Infinity && { change: { seq: then.seq, time: then.time, time_ms: then.time_ms, subject: then.subject } }) };
	}

	/** The status of an answer. */
	function put(name, values, query, subject) {
		const now = last(name);
		if (now?.state === 'deleted' || (now && query.get('overwrite') === 'false')) return 409;
		const merged = query.has('index') && now ? [...now.values.filter((v) => !values.some((w) => w.index === v.index)), ...values] : values;
		change(name, query.has('index') ? 'merge' : (now ? 'replace' : 'create'), now?.state ?? query.get('state') ?? 'active', merged, subject);
		return now ? 200 : 201;
	}

	function remove(name, indexes, subject) {
		const now = last(name);
		if (!now || now.state === 'deleted') return 404;
		if (indexes.length) change(name, 'unmerge', now.state, now.values.filter((v) => !indexes.includes(v.index)), subject);
		else change(name, 'remove', 'deleted', now.values, subject);
		return 200;
	}

	function setState(name, verb, state, subject) {
		const now = last(name);
		if (!now) return 404;
		change(name, verb, state, now.values, subject);
		return 200;
	}

	const history = (name) => records.has(keyOf(name)) && { name, changes: records.get(keyOf(name)).changes };
	const count = (prefix) => [...records.values()].filter(({ name, changes }) =>
		keyOf(name.split('/')[0]) === keyOf(prefix) && changes[0].state !== 'deleted').length;
	return { change, find, at, put, remove, setState, history, count };
}
