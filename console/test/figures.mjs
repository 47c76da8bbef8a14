// SPDX-License-Identifier: Apache-2.0
// A stand-in for the figures of a node that has children: definitions, figures whose parts add
// up, one that is silent, one that was corrected, and what others have published. All made up.
const DAY_MS = 86_400_000;

const both = (en, zh) => ({ en, zh });
const SAMPLES = [
	{ id: 'key-areas', name: both('Key areas of manufacturing', '制造业重点领域') },
	{ id: 'above-scale', name: both('Enterprises above designated size', '规模以上工业企业') },
	{ id: 'all', name: both('All industrial enterprises', '全部工业企业') },
];
const DEFINITIONS = [
	{ id: 'iso22400.oee', version: 1, name: both('Overall equipment effectiveness', '设备综合效率'), unit: '%', scopes: [{ id: 'work-unit', name: both('Work unit', '工作单元') }],
		note: both('Set-up and waiting count as losses.', '换型与等待计为损失。'), periods: ['shift', 'day', 'month'],
		inputs: [{ name: 'good', unit: 'piece' }], parts: [{ name: 'planned_good', kind: 'sum', unit: 'h', formula: 'planned_run_time * delta(good)' }, { name: 'planned_time', kind: 'sum', unit: 'h', formula: 'duration(state, 1)' }],
		value: 'planned_good / planned_time', target: { value: 85, by: '2027-12-31' }, source: 'ISO 22400-2:2014, 9.2', declared: false },
	{ id: 'digital.nc_rate', version: 1, name: both('NC rate of key processes', '关键工序数控化率'), unit: '%', scopes: SAMPLES, periods: ['month', 'quarter', 'year'],
		inputs: [{ name: 'controllers', unit: '1' }], parts: [{ name: 'controlled', kind: 'sum', unit: 'process', formula: 'live(controllers) * 1[process]' }, { name: 'processes', kind: 'sum', unit: 'process', formula: 'processes' }],
		value: 'controlled / processes', target: { value: 75, by: '2029-12-31' }, source: 'Made-up assessment', declared: false },
	{ id: 'energy.electricity', version: 2, name: both('Electricity', '电力消费量'), unit: 'kWh', scopes: [{ id: 'unit', name: both('Energy-using unit', '用能单位') }], periods: ['15min', 'day', 'month'],
		inputs: [{ name: 'meter', unit: 'kWh' }], parts: [{ name: 'electricity', kind: 'sum', unit: 'kWh', formula: 'delta(meter)' }], value: 'electricity', source: 'Made-up rules of meters', declared: false },
	{ id: 'digital.rd_tools', version: 1, name: both('Penetration of digital R&D tools', '数字化研发设计工具普及率'), unit: '%', scopes: SAMPLES, periods: ['month', 'quarter', 'year'],
		inputs: [], parts: [{ name: 'using', kind: 'sum', unit: 'entity', formula: '' }, { name: 'assessed', kind: 'sum', unit: 'entity', formula: '' }],
		value: 'using / assessed', source: 'Made-up assessment', declared: true },
];
const PUBLISHED = [
	['example-nodes', both('Secondary nodes of Exampleland', '示例国二级节点'), 380, '1', both('Nation', '全国'), '2024-12', 'Example talk of December 2024', 'figure', 'more-than'],
	['example-nc', both('NC rate of key processes', '关键工序数控化率'), 55.3, '%', both('Key areas', '重点领域'), '2021-06', 'Example press conference', 'figure', 'exactly'],
	['example-nc', both('NC rate of key processes', '关键工序数控化率'), 75, '%', both('Above designated size', '规模以上企业'), '2027-12', 'Example plan', 'target', 'at-least'],
].map(([id, name, value, unit, scope, date, source, kind, bound]) => ({ id, name, value, unit, scope, date, source, kind, bound }));

export function createFigures(node, children, started, points) {
	const now = new Date(started);
	const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime();
	const spans = {
		day: (n) => [midnight - (n + 1) * DAY_MS, midnight - n * DAY_MS],
		month: (n) => [new Date(now.getFullYear(), now.getMonth() - n - 1, 1).getTime(), new Date(now.getFullYear(), now.getMonth() - n, 1).getTime()],
	};
	const figures = [];
	const definitionOf = (id) => DEFINITIONS.find((one) => one.id === id);
	const idOf = (one) => [one.definition, one.version, one.scope, one.from, one.entity, one.revision].join('~');

	function put(id, scope, period, n, entity, numbers, more = {}) {
		const definition = definitionOf(id);
		const [from, to] = (typeof n === 'number' ? spans[period](n) : n).map((ms) => new Date(ms).toISOString());
		const parts = definition.parts.map((part) => ({ name: part.name, kind: part.kind, unit: part.unit, value: numbers?.[part.name] ?? null }));
		const [a, b] = parts.map((part) => part.value);
		const value = a === null ? null : parts.length === 1 ? a : 100 * (a / b);
		const issued = new Date(Date.parse(to) + 600_000).toISOString();
		const one = { definition: id, version: definition.version, name: definition.name, unit: definition.unit, scope, period, from, to, entity, origin: 'measured', value,
			parts, expected: 1, reporting: 1, silent: [], coverage: 1, revision: 1, issued, target: definition.target, children: [], inputs: [], ...more };
		one.id = idOf(one);
		one.revisions = more.revisions ?? [{ revision: 1, issued, value }];
		figures.push(one);
		return one;
	}

	/** The sum of what children gave, the silent named. */
	function roll(id, scope, period, n, given, more = {}) {
		const below = Object.entries(given).map(([entity, numbers]) => {
			const child = children.find((one) => one.ident === entity);
			const one = numbers && put(id, scope, period, n, entity, numbers, { coverage: numbers.coverage ?? 1 });
			return { entity, label: child?.label, revision: one?.revision ?? 0, id: one?.id ?? null, value: one?.value ?? null, coverage: one?.coverage ?? 0,
				state: one ? 'reporting' : 'silent', parts: one?.parts.map(({ name, value }) => ({ name, value })) };
		});
		const told = below.filter((one) => one.state === 'reporting');
		const sums = Object.fromEntries(definitionOf(id).parts.map(({ name }) => [name, told.reduce((sum, one) => sum + one.parts.find((part) => part.name === name).value, 0)]));
		return put(id, scope, period, n, node, sums, { origin: 'rolled', expected: below.length, reporting: told.length, silent: below.filter((one) => one.state === 'silent').map((one) => one.entity),
			coverage: told.reduce((sum, one) => sum + one.coverage, 0) / told.length, children: below, ...more });
	}

	const [a, b, c, d] = children.map((one) => one.ident);
	const oee = roll('iso22400.oee', 'work-unit', 'day', 0, { [a]: { planned_good: 412.25, planned_time: 500 }, [b]: { planned_good: 301.5, planned_time: 402, coverage: 0.82 }, [c]: { planned_good: 88.1, planned_time: 96 }, [d]: null });
	// It was issued before b had sent the evening's samples.
	const early = { revision: 1, issued: oee.issued, value: 81.9 };
	oee.revision = 2;
	oee.issued = new Date(Date.parse(oee.to) + 7_200_000).toISOString();
	oee.id = idOf(oee);
	oee.revisions = [early, { revision: 2, issued: oee.issued, value: oee.value, reason: `late data of ${b}` }];
	const [, ended] = spans.day(1);
	put('iso22400.oee', 'work-unit', 'day', 1, node, { planned_good: 798, planned_time: 1000 }, { origin: 'rolled', expected: 4, reporting: 4, revision: 2, issued: new Date(midnight + 1000).toISOString(),
		revisions: [{ revision: 1, issued: new Date(ended + 600_000).toISOString(), value: 79.2 }, { revision: 2, issued: new Date(midnight + 1000).toISOString(), value: 79.8, reason: 'a meter was read again' }] });
	for (const [scope, controlled, processes] of [['key-areas', 57, 94], ['above-scale', 171, 340], ['all', 190, 512]]) {
		roll('digital.nc_rate', scope, 'month', 0, { [a]: { controlled, processes }, [b]: { controlled: controlled / 3, processes: processes / 2 } });
	}
	put('energy.electricity', 'unit', 'day', 0, node, { electricity: 48_211.5 }, { coverage: 0.968, inputs: points.slice(0, 2).map((point) => ({ name: 'meter', point, unit: 'kWh' })).concat({ name: 'meter', point: 'ELSEWHERE.METER', unit: 'kWh' }) });
	put('energy.electricity', 'unit', 'day', 0, b, undefined, { lack: 'completeness 71 % is below 90 %', coverage: 0.71 });

	const row = ({ children: _, inputs: __, revisions: ___, ...one }) => one;
	/** A figure as it had been issued by a time. */
	function asOf(one, by) {
		const known = one.revisions.filter((rev) => Date.parse(rev.issued) <= by).at(-1);
		return known && { ...one, revision: known.revision, issued: known.issued, value: known.value };
	}
	function list(query) {
		const q = (name) => query.get(name) ?? '';
		const by = q('as_of') ? Date.parse(q('as_of')) : Infinity;
		let found = figures.filter((one) => ['definition', 'scope', 'period', 'entity'].every((name) => !q(name) || one[name] === q(name)));
		found = found.map((one) => (by === Infinity ? one : asOf(one, by))).filter(Boolean);
		if (q('latest')) found = found.filter((one) => !found.some((other) => other !== one && ['definition', 'scope', 'period', 'entity'].every((name) => one[name] === other[name]) && other.from > one.from));
		return { items: found.map(row).sort((x, y) => Number(y.entity === node) - Number(x.entity === node)), next: null };
	}
	function declare(body, who) {
		const from = Date.parse(body.from);
		const made = put(body.definition, body.scope, body.period, [from, from + DAY_MS], body.entity, body.parts, { origin: 'declared', attested_by: who });
		return row(made);
	}
	const template = (id) => `definition,version,scope,period,from,entity,${definitionOf(id).parts.map((part) => part.name).join(',')},note\r\n`;
	/** All rows or none; the rows that are wrong by their numbers. */
	function declareMany(csv, who) {
		const [head, ...lines] = csv.replace(/^\ufeff/, '').split(/\r?\n/).filter(Boolean);
		const rows = lines.map((line) => Object.fromEntries(line.split(',').map((cell, n) => [head.split(',')[n], cell])));
		const faults = rows.flatMap((one, n) => definitionOf(one.definition).parts.filter((part) => !/^\d/.test(one[part.name])).map((part) => ({ line: n + 2, name: part.name, code: 'INVALID', reason: `${part.name} is no number` })));
		if (faults.length) return { faults };
		return { items: rows.map((one) => declare({ ...one, parts: Object.fromEntries(definitionOf(one.definition).parts.map((part) => [part.name, Number(one[part.name])])) }, who)) };
	}
	return { definitions: { items: DEFINITIONS }, definition: definitionOf, published: { items: PUBLISHED }, list, find: (id) => figures.find((one) => one.id === id), declare, template, declareMany, all: figures };
}
