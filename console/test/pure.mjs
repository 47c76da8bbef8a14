// SPDX-License-Identifier: Apache-2.0
// What of the console is pure is tested without a browser, by vite's own reading of it.
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { createServer } from 'vite';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const HOUR = 3_600_000;

async function load(...names) {
	const vite = await createServer({ root: ROOT, configFile: false, appType: 'custom', logLevel: 'error', optimizeDeps: { noDiscovery: true },
		server: { middlewareMode: true, hmr: false, watch: null, ws: false } });
	try {
		return await Promise.all(names.map((name) => vite.ssrLoadModule(`/src/${name}.ts`)));
	} finally {
		await vite.close();
	}
}

const [view, axes, rows, trace, changes, figures] = await load('view', 'axes', 'rows', 'trace', 'changes', 'figures');

const sample = (t_ms, value, quality = 'ok') => {
	const bad = quality === 'ok' || quality === 'out_of_range' ? 0 : 1;
	const shown = bad ? null : value;
	return { t_ms, value: shown, low: shown, high: shown, count: 1 - bad, quality };
};
const bucket = (t_ms, low, value, high, quality = 'ok') => ({ t_ms, value, low, high, count: value === null ? 0 : 10, quality });
const samples = (...rows) => ({ step_ms: 0, rows });
const parse = (query) => view.viewOf(new URLSearchParams(query));
const point = (unit, type = 'float32') => ({ unit, type });

const edit = (n, kind, more = {}) => ({ id: `17000000000000000${n}`, kind, from_ms: 10 * n, to_ms: 10 * n + 1, time_ms: 1_700_000_000_000, author: 'user:li', reason: 'gauge', undone: false, ...more });

const figure = (more = {}) => ({ definition: 'a.b', version: 1, scope: 'all', period: 'day', unit: '%', value: 75, parts: [
	{ name: 'done', kind: 'sum', unit: 'h', value: 3 }, { name: 'planned', kind: 'sum', unit: 'h', value: 4 }], children: [], ...more });

export const PURE_CASES = [
	['figures of another definition, version, scope or period never stand together', () => {
		const one = figure();
		const others = [{ definition: 'a.c' }, { version: 2 }, { scope: 'key-areas' }, { period: 'month' }].map(figure);
		const groups = figures.groupsOf([one, ...others, figure({ entity: 'x' }), figure({ definition: 'a.b","1' })]);
		assert.deepEqual(groups.map((group) => group.length), [2, 1, 1, 1, 1, 1]);
	}],
	['a formula of parts is worked out again, and nothing is claimed where it cannot be', () => {
		const numbers = { a: 6, b: 4, c: 0, none: null };
		const made = (formula) => figures.worked(figures.tokensOf(formula), (name) => numbers[name]);
		assert.deepEqual(['a / b', 'a - b - b', 'a / b / b', '2 * (a + b) - -a', '-(a - b)'].map(made), [1.5, -2, 0.375, 26, -2]);
		for (const formula of ['a /', '(a', 'a b', ')', 'none + a', 'unknown * a', '']) assert.ok(Number.isNaN(made(formula)), formula);
		for (const formula of ['quantile(a, 0.95)', 'a ** "b"', 'a ^ b', 'live(x) * 1[h]']) assert.equal(figures.tokensOf(formula), undefined, formula);
		assert.ok(Number.isNaN(figures.worked(figures.tokensOf(`${'('.repeat(99)}a${')'.repeat(99)}`), () => 1)));
		assert.equal(figures.checkValue(figure(), 'done / planned'), 'equal');
		assert.equal(figures.checkValue(figure({ value: 75.1 }), 'done / planned'), 'unequal');
		const mixed = figure({ parts: figure().parts.map((part, n) => ({ ...part, unit: n ? 'min' : 'h' })) });
		assert.deepEqual([figures.checkValue(mixed, 'done / planned'), figures.checkValue(figure({ value: null }), 'done / planned')], ['unknown', 'unknown']);
	}],
	['parts of children add up without those that are silent, and not at all when one does not say', () => {
		const child = (state, done, planned) => ({ state, parts: [{ name: 'done', value: done }, { name: 'planned', value: planned }] });
		const below = [child('reporting', 1, 3), child('reporting', 2, 1), child('silent', 50, 50)];
		assert.equal(figures.sumBelow(below, 'done'), 3);
		assert.deepEqual([figures.checkSums(figure({ children: below })), figures.checkSums(figure({ children: below.slice(0, 1) }))], ['equal', 'unequal']);
		assert.equal(figures.checkSums(figure({ children: [...below, child('reporting', null, 1)] })), 'unknown');
		assert.equal(figures.checkSums(figure()), 'unknown');
	}],
	['a period is told by the calendar, and by its ends where it does not begin there', () => {
		const at = (...of) => new Date(...of).toISOString();
		assert.equal(figures.periodText('day', at(2026, 10, 27), at(2026, 10, 28)), '2026-11-27');
		assert.equal(figures.periodText('month', at(2026, 9, 1), at(2026, 10, 1)), '2026-10');
		assert.equal(figures.periodText('quarter', at(2026, 9, 1), at(2027, 0, 1)), '2026 Q4');
		assert.equal(figures.periodText('year', at(2026, 0, 1), at(2027, 0, 1)), '2026');
		assert.equal(figures.periodText('15min', at(2026, 10, 27, 9, 45), at(2026, 10, 27, 10)), '2026-11-27 09:45 – 10:00');
		assert.equal(figures.periodText('month', at(2026, 9, 1, 8), at(2026, 10, 1, 8)), '2026-10-01 08:00 – 2026-11-01 08:00');
	}],
	['what was changed in one go is one change, and is told with its undo', () => {
		const items = [
			edit(10, 'delete', { from_ms: 50, to_ms: 400 }), edit(11, 'set', { value: 1 }), edit(12, 'set', { value: 2 }),
			edit(14, 'set', { value: 3 }), edit(15, 'set', { value: 4, reason: 'another' }), edit(16, 'annotate', { reason: undefined, text: 'trial' }),
			edit(17, 'annotate', { reason: undefined, text: 'trial' }),
		];
		const found = changes.changesOf(items);
		assert.deepEqual(found.map(({ kind, edits }) => [kind, edits.length]), [['replace', 3], ['set', 1], ['set', 1], ['annotate', 1], ['annotate', 1]]);
		assert.deepEqual([found[0].from_ms, found[0].to_ms, found[3].words], [50, 400, 'trial']);
		const undone = items.map((one, n) => ({ ...one, undone: n < 2 }));
		const undos = [edit(20, 'undo', { undoes: items[0].id, undone: true }), edit(21, 'undo', { undoes: items[0].id }), edit(22, 'undo', { undoes: items[1].id })];
		const [first, second] = changes.changesOf([...undone, ...undos]);
		assert.equal(first.undone, false);
		assert.deepEqual([first.undos.map((one) => one.id), second.undos], [[undos[1].id, undos[2].id], []]);
	}],
	['states have an axis of their own, and none lies on its frame', () => {
		const named = (...values) => values.map((value) => ({ value, label: { en: `s${value}`, zh: `状态 ${value}` } }));
		const [machine, plain] = [{ ...point('', 'uint16'), states: named(0, 1, 2) }, { ...point('', 'uint16'), states: null }];
		const of = axes.axesOf(parse('p=a,b'), new Map([['a', machine], ['b', plain]]), 6);
		assert.deepEqual(of.map(({ key, states }) => [key, states?.length]), [['point a', 3], ['point b', undefined]]);
		assert.deepEqual(axes.stateEnds(named(0, 1, 2)), [-1, 3]);
		assert.deepEqual(axes.stateEnds(named(7)), [6, 8]);
	}],
	['a view survives its address, with names that hold anything', () => {
		const one = {
			points: [{ ...view.plotted('a,b&c=d;e%f'), own: true }, { ...view.plotted('炉温'), form: 'step', hidden: true }],
			span_ms: 90_000, to_ms: 1_700_000_000_123, before: '1w', fixed: { 'unit °C': [-5.5, 120], 'point a,b&c=d;e%f': [0, 1] },
		};
		const text = new URLSearchParams(Object.entries(view.queryOf(one)).filter(([, value]) => value)).toString();
		assert.deepEqual(parse(text), one);
	}],
	['whatever is wrong in an address is left out', () => {
		const one = parse('p=A,,A,B&from=9&to=3&span=-4&with=yes&fix=unit%20V,5,1;x&own=7,-1,k');
		assert.deepEqual(one.points.map((p) => p.name), ['A', 'B']);
		assert.deepEqual([one.to_ms, one.span_ms, one.before, one.fixed], [null, HOUR, '', {}]);
		assert.deepEqual(parse('p=%E0%A4%A').points.length <= 1, true);
		assert.equal(parse(`p=${Array.from({ length: 40 }, (_, n) => `P${n}`)}`).points.length, view.POINTS_MAX);
	}],
	['zooming keeps what lies under the pointer and stops at a second', () => {
		const range = { from: 1e12, to: 1e12 + HOUR };
		const near = view.zoomed(range, 0.5, 0.25);
		assert.equal(near.from + 0.25 * (near.to - near.from), range.from + 0.25 * HOUR);
		assert.equal(near.to - near.from, HOUR / 2);
		const least = view.zoomed(range, 1e-9, 0.5);
		assert.equal(least.to - least.from, view.SPAN_MIN_MS);
		const most = view.zoomed(range, 1e9, 1);
		assert.equal(most.to - most.from, view.SPAN_MAX_MS);
	}],
	['a view that reaches the present follows it', () => {
		assert.deepEqual(view.settle({ from: 1e12, to: 1e12 + HOUR }, 1e12 + HOUR), { span_ms: HOUR, to_ms: null });
		assert.deepEqual(view.settle({ from: 1e12, to: 1e12 + HOUR }, 1e12 + HOUR + 1), { span_ms: HOUR, to_ms: 1e12 + HOUR });
	}],
	['a day before is the same clock time, whatever the clocks do', () => {
		const noon = new Date(2026, 2, 29, 12).getTime();
		assert.equal(new Date(noon - view.shiftOf('1d', noon)).getHours(), 12);
		assert.equal(new Date(noon - view.shiftOf('1w', noon)).getDate(), 22);
		assert.equal(view.shiftOf(5000, noon), 5000);
	}],
	['points share an axis by unit, booleans theirs, and numbers without unit none', () => {
		const of = (one, what) => view.axisKey(one, what);
		assert.equal(of(view.plotted('A'), point('°C')), of(view.plotted('B'), point('°C')));
		assert.equal(of(view.plotted('A'), point('', 'bool')), of(view.plotted('B'), point('', 'bool')));
		assert.notEqual(of(view.plotted('A'), point('')), of(view.plotted('B'), point('')));
		assert.notEqual(of({ ...view.plotted('A'), own: true }, point('°C')), of(view.plotted('B'), point('°C')));
	}],
	['there are as many axes as fit, and that of the point looked at is one of them', () => {
		const points = new Map(['V', 'A', 'W', 'K'].map((unit) => [unit, point(unit)]));
		const all = axes.axesOf({ points: [...points.keys()].map(view.plotted) }, points, 2);
		assert.deepEqual(all.map(({ side, place, shown }) => [side, place, shown]),
			[['left', 0, true], ['right', 0, true], ['left', 1, false], ['right', 1, false]]);
		const looked = axes.withAxis(all, 'unit K');
		assert.deepEqual(looked.filter((one) => one.shown).map((one) => [one.unit, one.side]), [['A', 'right'], ['K', 'left']]);
		assert.equal(axes.withAxis(all, 'unit A'), all);
	}],
	['the ends of an axis hold its values in equal, easily read steps', () => {
		for (const [low, high] of [[0, 1], [102.9, 107.1], [-3e-7, 4e-7], [1e9, 1e9 + 3], [5, 5], [0, 0], [-1234.5, 98765]]) {
			const [least, most] = axes.niceEnds(low, high, 5);
			assert.ok(least <= low && most >= high, `${low} ${high}: ${least} ${most}`);
			const step = (most - least) / 5;
			const mantissa = step / 10 ** Math.floor(Math.log10(step) + 1e-9);
			assert.ok([1, 2, 2.5, 5, 10].some((nice) => Math.abs(mantissa - nice) < 1e-3), `step ${step}`);
		}
	}],
	['an axis that still fits stays, one that is too wide is narrowed', () => {
		assert.deepEqual(axes.calmEnds([20, 70], [0, 100], 5), [0, 100]);
		assert.notDeepEqual(axes.calmEnds([20, 130], [0, 100], 5), [0, 100]);
		assert.notDeepEqual(axes.calmEnds([50, 51], [0, 100], 5), [0, 100]);
		assert.deepEqual(axes.calmEnds(undefined, [0, 100], 5), [0, 100]);
	}],
	['a status is named, or told by its class', () => {
		const names = [0x0400, 0x00960000, 0x40940400, 0x808A0000, 0x800A0401, 0x40A40000, 0x809B0000, 0xC0000000].map(rows.qualityName);
		assert.deepEqual(names, ['ok', 'overridden', 'out_of_range', 'no_connection', 'timeout', 'uncertain', 'bad', 'bad']);
	}],
	['a pause breaks the line, a short one does not', () => {
		const { line, gaps } = trace.traceOf(samples(sample(0, 1), sample(1000, 2), sample(3500, 3), sample(9000, 4)), 1000);
		assert.deepEqual(line.map(([, v]) => v), [1, 2, 3, null, 4]);
		assert.deepEqual(gaps.map(({ from, to }) => [from, to]), [[3501, 9000]]);
	}],
	['bad samples break the line and are hatched, uncertain ones are a dim line joined to it', () => {
		const { line, dim, stretches } = trace.traceOf(samples(sample(0, 1), sample(1000, 2, 'out_of_range'), sample(2000, 3), sample(3000, 9, 'timeout'),
			sample(4000, 9, 'timeout'), sample(5000, 4)), 1000);
		assert.deepEqual(line.map(([, v]) => v), [1, null, 3, null, null, 4]);
		assert.deepEqual(dim.filter(([, v]) => v !== null), [[0, 1], [1000, 2], [2000, 3]]);
		assert.deepEqual(stretches.map((s) => [s.quality, s.from, s.to]), [['uncertain', 1000, 2000], ['bad', 3000, 5000]]);
	}],
	['buckets are drawn in their middle with a band, and a missing one is a gap', () => {
		const all = { step_ms: 60_000, rows: [bucket(0, 1, 2, 3), bucket(60_000, 2, 3, 4, 'timeout'), bucket(240_000, 5, 6, 7),
			bucket(300_000, null, null, null, 'timeout')] };
		const { line, dim, low, high, stretches } = trace.traceOf(all, 1000);
		assert.deepEqual(line.map(([, v]) => v), [2, null, null, 6, null]);
		assert.deepEqual(dim.filter(([, v]) => v !== null), [[30_000, 2], [90_000, 3]]);
		assert.deepEqual([line[0][0], low[0][1], high[0][1]], [30_000, 1, 3]);
		assert.deepEqual(stretches.map((s) => s.quality), ['uncertain', 'bad']);
	}],
	['a compared period is moved as a whole', () => {
		const { line } = trace.traceOf(samples(sample(0, 1), sample(1000, 2)), 1000, 86_400_000);
		assert.deepEqual(line.map(([t]) => t), [86_400_000, 86_401_000]);
	}],
	['the cursor reads the nearest sample, of a stepped point the one before, and nothing in a gap', () => {
		const all = samples(sample(0, 1), sample(1000, 2), sample(60_000, 3));
		const read = (t, stepped) => trace.readingAt(all, t, 1000, stepped)?.row.value;
		assert.deepEqual([read(900, false), read(900, true), read(1000, true), read(30_000, false), read(59_500, false)], [2, 1, 2, undefined, 3]);
		const buckets = { step_ms: 1000, rows: [bucket(0, 1, 2, 3), bucket(1000, 3, 4, 5)] };
		const at = (t) => trace.readingAt(buckets, t, 100, false)?.row.value;
		assert.deepEqual([at(0), at(999), at(1000), at(2000)], [2, 2, 4, undefined]);
	}],
	['where samples were left out the pause is a line, and what is told of it is read', () => {
		const thinned = (t_ms, value, bound) => ({ ...sample(t_ms, value), bound });
		const all = samples(thinned(0, 1, 0.5), thinned(60_000, 2, 0.5), sample(61_000, 3), thinned(120_000, 4, 0.5));
		const { line, gaps } = trace.traceOf(all, 1000);
		assert.deepEqual(line.map(([, v]) => v), [1, 2, 3, null, 4]);
		assert.deepEqual(gaps.map(({ from }) => from), [61_001]);
		const read = (t) => trace.readingAt(all, t, 1000, false)?.row.bound;
		assert.deepEqual([read(20_000), read(61_000), read(90_000)], [0.5, undefined, undefined]);
		assert.deepEqual(['approximate', 0, 0.25, null, undefined].map(rows.boundOf), [Infinity, undefined, 0.25, undefined, undefined]);
	}],
	['a point of no period has gaps by what is usual for it', () => {
		const rows = Array.from({ length: 30 }, (_, n) => sample(n * 60_000, n));
		assert.equal(trace.traceOf(samples(...rows), 0).gaps.length, 0);
		assert.equal(trace.traceOf(samples(...rows, sample(30 * 60_000 * 3, 1)), 0).gaps.length, 1);
	}],
];
