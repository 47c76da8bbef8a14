// SPDX-License-Identifier: Apache-2.0
// The history of the mock's plant, which remembers by computing.
/** How far back the plant remembers, and a day on which the node was away. */
const HISTORY_MS = 400 * 86_400_000;
const isAway = (t) => t % (30 * 86_400_000) > 29 * 86_400_000;

export function samplesOf(state, row, url) {
	const from = Number(url.searchParams.get('from_ms'));
	const to = Math.min(Date.now(), Number(url.searchParams.get('to_ms')));
	const limit = Number(url.searchParams.get('limit') ?? 1000);
	const items = [];
	let t = Math.ceil(Math.max(from, state.started - HISTORY_MS) / 1000) * 1000;
	for (; t <= to && items.length < limit; t += 1000) {
		// A real gap, shorter than the bad stretches: the node itself was away.
		if (t % 150_000 < 8000 || isAway(t) || state.edits.hides(row.point.name, t)) continue;
		const [value, quality] = state.plant.read(row, t);
		items.push([t, value, quality]);
	}
	return { point: row.point.name, items, truncated: t <= to };
}

export function bucketsOf(state, row, url) {
	const step = Number(url.searchParams.get('step_ms'));
	const to = Number(url.searchParams.get('to_ms'));
	const items = [];
	for (let t = Math.floor(Number(url.searchParams.get('from_ms')) / step) * step; t < to; t += step) {
		const none = { t_ms: t, count: 0, bad: 0, min: null, max: null, mean: null, first: null, last: null };
		if (t < state.started - HISTORY_MS || t > Date.now() || isAway(t)) {
			items.push(none);
			continue;
		}
		const all = Array.from({ length: 12 }, (_, n) => state.plant.read(row, t + (n * step) / 12));
		const good = all.map(([v]) => v).filter((v) => v !== null);
		const mean = good.reduce((a, b) => a + b, 0) / good.length;
		items.push({ ...none, count: good.length, bad: 12 - good.length,
			...(good.length && { min: Math.min(...good), max: Math.max(...good), mean, first: good[0], last: good.at(-1) }) });
	}
	return { point: row.point.name, step_ms: step, items };
}

const STATUS = { ok: 0, out_of_range: 0x40940000, no_connection: 0x808A0000 };
const RAW = 0x0400;
const CALCULATED = 0x0401;
const NO_DATA = 0x809B0000;

function rawRows(state, row, { from_ms, to_ms, limit }) {
	const url = { searchParams: new URLSearchParams({ from_ms, to_ms: to_ms - 1, limit }) };
	const { items, truncated } = samplesOf(state, row, url);
	return { rows: items.map(([t, value, quality]) => [t, value, STATUS[quality] + RAW]), truncated };
}

/** The worst quality of the samples that a bucket is made of. */
function worst(state, row, t, step) {
	const all = Array.from({ length: 12 }, (_, n) => state.plant.read(row, t + (n * step) / 12));
	return Math.max(...all.map(([, quality]) => STATUS[quality]));
}

function bucketRows(state, row, { from_ms, to_ms, step, aggregates }) {
	const step_ms = Number.parseInt(step, 10);
	const url = { searchParams: new URLSearchParams({ from_ms, to_ms, step_ms }) };
	const rows = bucketsOf(state, row, url).items.map((one) => {
		const some = one.count + one.bad > 0;
		const values = { Average: one.mean, Minimum2: one.min, Maximum2: one.max, Count: some ? one.count : null,
			WorstQuality: some ? worst(state, row, one.t_ms, step_ms) : null };
		return [one.t_ms, ...aggregates.flatMap((name) => [values[name], values[name] === null ? NO_DATA : CALCULATED])];
	});
	return { rows, truncated: false };
}

/** POST /api/v1/query, as far as the console asks. */
export function answerQuery(state, body, points) {
	if (body.mode === 'last') {
		const t = Date.now();
		return { mode: 'last', rows: points.map((row) => [row.point.name, t, state.plant.read(row, t)[0], RAW]) };
	}
	const raw = body.mode === 'raw';
	const columns = raw ? ['t_ms', 'value', 'status'] : ['t_ms', ...body.aggregates.flatMap((name) => [name, `${name}.status`])];
	const items = points.map((row) => ({ point: row.point.name, unit: row.point.unit, id: row.point.id,
		...(raw ? rawRows(state, row, body) : bucketRows(state, row, body)) }));
	return { mode: body.mode, columns, items };
}
