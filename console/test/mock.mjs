// SPDX-License-Identifier: Apache-2.0
// A stand-in for the node: the HTTP API in the shapes of openapi.yaml over a made-up plant,
// for developing the console and for its test. `npm run mock`, then `npm run dev`.
import { createReadStream, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decodeBattery, withRecord } from './codes.mjs';
import { createEdits, createSeries, findSeries } from './edits.mjs';
import { answerQuery, bucketsOf, samplesOf } from './history.mjs';
import { decode as decodeGs1, linkset } from './gs1.mjs';
import { createOffice, createResolver } from './office.mjs';
import { createPlant } from './plant.mjs';
import { createRegister } from './register.mjs';
import { createTree, TREE_PATHS, treeRoutes } from './tree.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const DIST = join(HERE, '..', 'dist');
const PREFIX = '99.100.1';
const ATTACKER = '127.0.9.66';
const OPERATOR = '127.0.2.10';
const NODE = '127.0.0.1';
export const TOKEN = 'jz_mock_0123456789abcdef';
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };

/** message: class, severity, English, Chinese */
const TEXTS = {
	NODE_STARTED: ['life', 'info', 'The node started, version {version}.', '节点已启动，版本 {version}。'],
	CAPTURE_STARTED: ['life', 'info', 'Listening to the network on {name}.', '开始监听网络 {name}。'],
	DEVICE_UP: ['life', 'info', '{device} answers at {server}.', '{device} 通信正常，地址 {server}。'],
	DEVICE_DOWN: ['alarm', 'warning', '{device} does not answer at {server}.', '{device} 通信中断，地址 {server}。'],
	POINT_OUT_OF_LIMITS: ['alarm', 'warning', '{point} is {new} {unit}, outside its limits {limit_low} to {limit_high}.', '{point} 为 {new} {unit}，超出限值 {limit_low} 至 {limit_high}。'],
	POINT_BACK_IN_LIMITS: ['alarm', 'info', '{point} is {new} {unit}, back inside its limits.', '{point} 为 {new} {unit}，已恢复到限值以内。'],
	COMMAND_REQUESTED: ['command', 'notice', '{subject} ordered {point}: {old} -> {new} {unit}.', '{subject} 请求写入 {point}：{old} -> {new} {unit}。'],
	COMMAND_VERIFIED: ['command', 'notice', '{point} reads back {read_back} {unit} as ordered.', '{point} 回读为 {read_back} {unit}，与指令一致。'],
	RECORD_CREATED: ['record', 'info', 'The identifier {ident} was registered.', '标识 {ident} 已注册。'],
	HISTORY_EDITED: ['record', 'notice', 'The history of {point} was changed by hand by {subject}: {command}.', '{subject} 人工修改了 {point} 的历史数据：{command}。'],
	LOGIN: ['access', 'info', '{subject} signed in as {role}.', '{subject} 已登录，角色 {role}。'],
	INCIDENT_SWEEP: ['alert', 'alarm', '{client} searched the network for devices: it asked {count} times, beginning with {server}.', '{client} 在网络上搜索设备：共询问 {count} 次，从 {server} 开始。'],
	INCIDENT_WALK: ['alert', 'alarm', '{client} read through the addresses {from} to {to} of {server} in {count} requests.', '{client} 逐段读取 {server} 的地址 {from} 至 {to}，共 {count} 次请求。'],
	INCIDENT_WRITE: ['alert', 'critical', '{client} wrote to {server}, {point}: {old} -> {new} {unit}, outside its limits {limit_low} to {limit_high}; usually written by {usual_client} (seen {usual_count}×). No order was given for it.', '{client} 写入 {server} 的 {point}：{old} -> {new} {unit}，超出限值 {limit_low} 至 {limit_high}；通常由 {usual_client} 写入（{usual_count} 次）。没有对应的指令。'],
};

const render = (text, args) => text.replace(/\{(\w+)\}/g, (_, key) => args[key] ?? '–');
const langOf = (url) => (url.searchParams.get('lang') === 'zh' ? 3 : 2);

class Refusal extends Error {
	constructor(status, title, extra = {}) {
		super(title);
		this.body = { type: 'about:blank', title, status, request_id: 'mock-1', ...extra };
	}
}

const f32 = (value) => {
	const bytes = Buffer.alloc(4);
	bytes.writeFloatBE(value);
	return bytes;
};

/** A write-multiple-registers request as it would lie on the wire. */
function packetOf({ client, server, from, value }) {
	const ip = (text) => Buffer.from(text.split('.').map(Number));
	const data = f32(value);
	const adu = Buffer.concat([Buffer.from([0, 7, 0, 0, 0, 11, 1, 16, from >> 8, from & 255, 0, 2, 4]), data]);
	const tcp = Buffer.from('c1a405de000010010000200150180200000000'.padEnd(40, '0'), 'hex');
	const total = 20 + tcp.length + adu.length;
	const head = Buffer.concat([Buffer.from([0x45, 0, total >> 8, total & 255, 0, 1, 0x40, 0, 64, 6, 0, 0]), ip(client), ip(server)]);
	const frame = Buffer.concat([Buffer.from('0200000000660200000000220800', 'hex'), head, tcp, adu]);
	return {
		hex: frame.toString('hex'), bytes: frame.length, layers: [
			{ name: 'Ethernet', fields: [['source', '02:00:00:00:00:66'], ['destination', '02:00:00:00:00:22'], ['type', '0x0800']] },
			{ name: 'IPv4', fields: [['source', client], ['destination', server], ['length', total]] },
			{ name: 'TCP', fields: [['source port', 49572], ['destination port', 1502], ['flags', 'PSH ACK']] },
			{ name: 'Modbus TCP', fields: [['transaction', 7], ['unit', 1], ['function', '16 Write Multiple Registers'], ['address', from], ['registers', 2], ['data', data.toString('hex')]] },
		],
	};
}

function createState({ learn_ms }) {
	const started = Date.now();
	const plant = createPlant(PREFIX);
	const streams = new Set();
	const events = [];
	const incidents = [];
	const commands = [];
	const done = new Map();
	let seq = 4100;

	function emit(message, args, extra = {}, at = Date.now()) {
		const [kind, severity] = TEXTS[message];
		const event = { seq: ++seq, time: new Date(at).toISOString(), time_ms: at, message, class: kind, severity, args, ...extra };
		events.unshift(event);
		for (const stream of streams) {
			stream.send('event', shown(event, stream.column));
			if (event.incident) stream.send('node', nodeBody());
		}
		return event;
	}
	const shown = (event, column) => ({ ...event, text: render(TEXTS[event.message][column], event.args) });

	function seed() {
		emit('NODE_STARTED', { version: '0.1.0' }, {}, started - 7_200_000);
		emit('CAPTURE_STARTED', { name: 'the simulator' }, {}, started - 7_199_000);
		plant.devices.forEach((d, n) => emit('DEVICE_UP', { device: d.name, server: d.address }, { device: d.name }, started - 7_190_000 + n * 300));
		for (let n = 60; n > 0; n--) {
			const at = started - n * 61_000;
			const row = plant.byName.get('COT1.GSM');
			const args = { point: 'COT1.GSM', new: n % 2 ? 221.4 : 218.9, unit: 'g/m²', limit_low: 180, limit_high: 220 };
			emit(n % 2 ? 'POINT_OUT_OF_LIMITS' : 'POINT_BACK_IN_LIMITS', args, { device: row.point.device, point: 'COT1.GSM' }, at);
		}
		for (let n = 0; n < 90; n++) emit('RECORD_CREATED', { ident: plant.points[n % plant.points.length].point.ident }, {}, started - 50_000 + n * 20);
		emit('LOGIN', { subject: 'admin', role: 'admin' }, {}, started - 20_000);
	}

	const learning = () => Date.now() < started + learn_ms;
	const pointBody = (row, t = Date.now()) => {
		const [value, quality, quality_class] = plant.read(row, t);
		return { ...row.point, value, quality, quality_class, time_ms: t };
	};
	const nodeBody = () => {
		const now = Date.now();
		const bodies = plant.points.map((row) => pointBody(row, now));
		const up = plant.devices.filter((d) => !plant.isDown(d.name, now)).length;
		return {
			name: 'cell-plant-1', label: { en: 'Battery-cell plant 1', zh: '电芯一厂' }, prefix: PREFIX, level: 'enterprise',
			region: 'X-01', industry: 'C3841', version: '0.1.0', started: new Date(started - (learn_ms ? 0 : 7_200_000)).toISOString(), time_ms: now,
			capture: 'simulator\'s pipe', capture_live: false, demo: true, config: { generation: 1, loaded_ms: 0, refused: null },
			counts: {
				devices: plant.devices.length, devices_up: up, points: bodies.length,
				points_good: bodies.filter((p) => p.quality_class === 'good').length, identifiers: bodies.length + plant.devices.length + 2,
				events: events.length, incidents_open: incidents.filter((i) => i.open).length, incidents: incidents.length,
				samples: 251_900 + Math.floor((now - started) / 1000) * bodies.length,
				samples_per_s: bodies.length + Math.round(3 * Math.sin(now / 3000)), writes_verified: commands.filter((c) => c.state === 'verified').length,
			},
			sentry: {
				mode: learning() ? 'learning' : 'watching', learn_until_ms: started + learn_ms,
				packets: 18_204 + Math.floor((now - started) / 12), messages: 9_102 + Math.floor((now - started) / 24), malformed: 0,
				assets: assets.length, rows: baseline.length,
			},
			journal: { durable: seq, bytes: 18_400_256 + seq * 96, state: 'ok' }, usage: { anon_mb: 21.4, cpu_s: (now - started) / 40_000 + 31 },
		};
	};

	const seen = { first_ms: started - 7_000_000 };
	const asset = (ip, n, more) => ({
		ip, mac: `02:00:00:00:00:${String(n).padStart(2, '0')}`, is_client: false, is_server: false, approved: true, ...seen,
		last_ms: Date.now(), packets: 4000 + 91 * n, bytes: 390_000 + 7000 * n, vendor: '', product: '', revision: '', ...more,
	});
	const assets = [
		asset(NODE, 1, { is_client: true }), asset(OPERATOR, 10, { is_client: true, product: 'operator station' }),
		...plant.devices.map((d, n) => asset(d.address.split(':')[0], 21 + n, {
			is_server: true, device: d.name, vendor: 'Example Works', product: 'SIM-4', revision: '1.2', approved: n < 4 })),
	];
	const conversation = (client, server, requests) => ({
		client, server, port: 1502, requests, replies: requests, exceptions: 0, malformed: 0, bytes: requests * 190, ...seen, last_ms: Date.now() });
	const conversations = plant.devices.map((d) => conversation(NODE, d.address.split(':')[0], 7200 + d.id * 13));
	conversations.push(conversation(OPERATOR, '127.0.1.22', 41));
	const baseline = conversations.flatMap((c, n) => {
		const row = { client: c.client, server: c.server, unit: 1, ...seen, last_ms: Date.now() };
		if (c.client === OPERATOR) return [{ ...row, function: 16, function_name: 'Write Multiple Registers', from: 108, to: 111, approved: true, count: 41 }];
		return [
			{ ...row, function: 4, function_name: 'Read Input Registers', from: 0, to: 9, approved: n % 2 === 0, count: 7200 },
			{ ...row, function: 3, function_name: 'Read Holding Registers', from: 100, to: 111, approved: n % 2 === 0, count: 7200 },
		];
	});

	function addIncident(kind, fields, message, args) {
		const now = Date.now();
		const one = {
			id: incidents.length + 1, kind, techniques: 'T0836 T0855', reasons: [], open: true, client: ATTACKER, server: '127.0.1.11', unit: 1,
			function: 3, function_name: 'Read Holding Registers', from: 0, to: 0, old: null, new: null, unit_text: '', limits: null,
			usual_count: 0, first_ms: now, last_ms: now, count: 1, servers: 1, message, args, ...fields,
		};
		incidents.unshift(one);
		emit(message, args, { incident: one.id, ...(fields.point && { point: fields.point, device: fields.device }) });
	}

	let running = false;
	const acts = [
		() => {
			assets.push(asset(ATTACKER, 66, { is_client: true, approved: false, packets: 214, bytes: 15_100, first_ms: Date.now() }));
			addIncident('sweep', { techniques: 'T0846 T0888', reasons: ['new-client', 'many-servers'], count: 40, servers: 40 },
				'INCIDENT_SWEEP', { client: ATTACKER, count: 40, server: '127.0.1.11' });
		},
		() => addIncident('walk', { techniques: 'T0861', reasons: ['new-client', 'many-addresses', 'many-exceptions'], server: '127.0.1.22', device: 'FRM2', from: 0, to: 499, count: 50 },
			'INCIDENT_WALK', { client: ATTACKER, server: '127.0.1.22', from: 0, to: 499, count: 50 }),
		() => {
			const row = plant.byName.get('FRM2.V_SET');
			const [old] = plant.read(row, Date.now());
			const value = 4.6;
			row.steps.push([Date.now(), value]);
			const { point } = row;
			addIncident('write', {
				reasons: ['new-writer', 'outside-limits', 'no-order'], server: '127.0.1.22', function: 16, function_name: 'Write Multiple Registers',
				from: point.address, to: point.address + 1, device: 'FRM2', point: point.name, point_ident: point.ident, old, new: value, unit_text: 'V',
				limits: point.limits, usual_client: OPERATOR, usual_count: 41,
				packet: packetOf({ client: ATTACKER, server: '127.0.1.22', from: point.address, value }),
			}, 'INCIDENT_WRITE', {
				client: ATTACKER, server: '127.0.1.22', point: point.name, old, new: value, unit: 'V', limit_low: 3, limit_high: 4.25,
				usual_client: OPERATOR, usual_count: 41,
			});
			running = false;
		},
	];
	function attack() {
		if (running) throw new Refusal(409, 'An attack runs already.', { fix: 'Wait until it is over.' });
		running = true;
		acts.forEach((act, n) => setTimeout(act, 300 * (n + 1)));
	}
	const shownIncident = ({ packet, message, args, ...one }, column, whole) =>
		({ ...one, text: render(TEXTS[message][column], args), ...(whole && packet && { packet }) });

	function order(body, key) {
		if (!key) throw new Refusal(422, 'The order has no Idempotency-Key.');
		if (done.has(key)) return { ...done.get(key), repeated: true };
		const row = plant.byName.get(body.point);
		if (!row?.point.write) throw new Refusal(422, 'This point cannot be written.', { state: 'refused' });
		const [low, high] = row.point.write.limits;
		if (!(body.value >= low && body.value <= high)) throw new Refusal(422, 'The value is outside the write limits.', { detail: `${body.value} is not within ${low} to ${high}.`, state: 'refused' });
		const [old] = plant.read(row, Date.now());
		const about = { subject: 'admin', point: row.point.name, old, new: body.value, unit: row.point.unit, read_back: body.value };
		const first = emit('COMMAND_REQUESTED', about, { point: row.point.name, device: row.point.device });
		row.steps.push([Date.now(), body.value]);
		const last = emit('COMMAND_VERIFIED', about, { point: row.point.name, device: row.point.device });
		const result = { id: key, state: 'verified', point: row.point.name, requested: body.value, old, read_back: body.value, requested_seq: first.seq, final_seq: last.seq, repeated: false };
		commands.unshift({ ...result, subject: 'admin', role: 'admin', time_ms: Date.now() });
		done.set(key, result);
		return result;
	}

	seed();
	const register = createRegister();
	fillRegister(register, plant, started);
	return {
		edits: createEdits(), series: createSeries(plant),
		register, office: createOffice(PREFIX, started), tree: createTree(PREFIX, started, plant), resolve: createResolver(register),
		plant, streams, events, incidents, commands, assets, conversations, baseline, started, users: [], tokens: [],
		emit, shown, shownIncident, nodeBody, pointBody, attack, order, learning,
	};
}

function eventsOf(state, url) {
	const q = (name) => url.searchParams.get(name);
	const order = ['info', 'notice', 'warning', 'alarm', 'critical'];
	const limit = Number(q('limit') ?? 100);
	const fit = state.events.filter((e) =>
		(!q('class') || q('class').split(',').includes(e.class)) && (!q('severity') || order.indexOf(e.severity) >= order.indexOf(q('severity')))
		&& (!q('point') || e.point === q('point')) && (!q('incident') || e.incident === Number(q('incident')))
		&& (!q('before') || e.seq < Number(q('before'))) && (!q('after') || e.seq > Number(q('after'))));
	const items = fit.slice(0, limit).map((e) => state.shown(e, langOf(url)));
	return { items, next_before: fit.length > limit ? items.at(-1).seq : null };
}

/** The plant's machines and points under their names, and two that have lived a little. */
function fillRegister(register, plant, started) {
	const value = (index, type, text) => ({ index, type, data: { format: 'string', value: text } });
	const admin = { index: 100, type: 'HS_ADMIN', data: { format: 'admin', value: { handle: `0.NA/${PREFIX}`, index: 300, permissions: '111111111111' } } };
	const add = (name, values) => register.change(name, 'create', 'active', [...values, admin], 'node', started - 7_200_000);
	for (const d of plant.devices) add(d.ident, [value(1, 'URL', `/points?q=${d.name}`), value(2, 'DESC', d.label.en)]);
	for (const { point } of plant.points) {
		add(point.ident, [value(1, 'URL', `http://127.0.0.1/points/${point.name}`), value(2, 'DESC', point.label.en), value(3, 'DESC.zh', point.label.zh), value(4, 'UNIT', point.unit)]);
	}
	for (let n = 1; n <= 120; n++) {
		const name = `${PREFIX}.3/PUMP-${String(n).padStart(4, '0')}`;
		register.change(name, 'create', n % 17 ? 'active' : 'draft', [value(1, 'URL', `https://pumps.example/${n}`), value(2, 'DESC', `Feed pump ${n}, stainless`)], 'user:chen', started - 9e8 + n * 60_000);
		if (n % 9 === 0) register.setState(name, 'state', 'retired', 'user:chen');
	}
}

function handlesOf(state, url) {
	const prefix = url.searchParams.get('prefix');
	return { responseCode: 1, prefix, totalCount: String(state.register.count(prefix)), page: 0, pageSize: 0, handles: [] };
}

const deviceBody = (state, d) => {
	const down = state.plant.isDown(d.name, Date.now());
	return {
		...d, state: down ? 'down' : 'up', round_trip_ms: down ? null : 0.31 + d.id * 0.07 + 0.05 * Math.sin(Date.now() / 900 + d.id),
		last_reply_ms: Date.now() - (down ? 40_000 : 120), requests: 7300, replies: 7300, timeouts: down ? 9 : 0, exceptions: 0, malformed: 0, reconnects: down ? 3 : 0,
	};
};

function pointOf(state, name) {
	const row = state.plant.byName.get(decodeURIComponent(name)) ?? state.series.get(decodeURIComponent(name));
	if (!row) throw new Refusal(404, 'There is no such point.', { fix: 'GET /api/v1/points lists them.' });
	return row;
}

function approve(list, fits, approved) {
	const found = list.filter(fits);
	if (!found.length) throw new Refusal(404, 'Nothing of that kind was observed.');
	for (const one of found) one.approved = approved;
	return { approved };
}

const refuse = (status, title, extra) => {
	throw new Refusal(status, title, extra);
};

function stated(state, path, verb, next, request) {
	const status = state.register.setState(decodeURIComponent(path), verb, next, sessionOf(state, request).subject);
	return status === 200 ? { responseCode: 1 } : refuse(status, 'There is no such identifier.');
}

/** All or none, unless a dry run. */
const decode = (text) => decodeBattery(text, PREFIX) ?? decodeGs1(text, PREFIX);

function registerMany(state, records, query, request) {
	if (query.get('dry_run') !== 'true' && !request.headers['idempotency-key']) refuse(422, 'The header Idempotency-Key is missing.');
	const named = records.flatMap(({ name, also = [] }, n) => [name, ...also].map((one) => ({ line: n + 1, name: one })));
	const there = records.filter(({ name }) => state.register.history(name));
	const overwrites = (query.get('mode') ?? 'create') !== 'create';
	const faults = overwrites ? [] : named.map((one) => ({ ...one, code: 'EXISTS', reason: `${one.name} exists with other values` }))
		.filter(({ name }) => state.register.history(name));
	if (faults.length && query.get('partial') !== 'true') throw new Refusal(409, 'Nothing was registered: some records cannot be.', { faults });
	const dry_run = query.get('dry_run') === 'true';
	const put = (name, values) => state.register.put(name, values, new URLSearchParams(), sessionOf(state, request).subject);
	if (!dry_run) records.forEach(({ name, values, also = [] }) => {
		put(name, values);
		also.forEach((one) => put(one, [{ index: 1, type: 'HS_ALIAS', data: { format: 'string', value: name } }]));
	});
	return { created: records.length - there.length, changed: overwrites ? there.length : 0, unchanged: 0, repeated: false, dry_run, refused: faults.length, faults };
}

const KEYS = ['client', 'server', 'unit', 'function', 'from', 'to'];
/** method, path pattern, handler(state, match, url, body, request) */
const ROUTES = [
	['GET', /^\/node$/, (s) => s.nodeBody()],
	['GET', /^\/devices$/, (s) => ({ items: s.plant.devices.map((d) => deviceBody(s, d)) })],
	['GET', /^\/points$/, (s) => ({ items: s.plant.points.map((row) => s.pointBody(row)) })],
	['GET', /^\/points\/([^/]+)$/, (s, m) => s.pointBody(pointOf(s, m[1]))],
	['GET', /^\/points\/([^/]+)\/samples$/, (s, m, url) => samplesOf(s, pointOf(s, m[1]), url)],
	['GET', /^\/points\/([^/]+)\/buckets$/, (s, m, url) => bucketsOf(s, pointOf(s, m[1]), url)],
	['GET', /^\/points\/([^/]+)\/edits$/, (s, m, url) => s.edits.list(pointOf(s, m[1]).point.name, url.searchParams)],
	['POST', /^\/points\/([^/]+)\/edits$/, (s, m, url, body, request) => {
		const { name } = pointOf(s, m[1]).point;
		const made = s.edits.make(name, body, sessionOf(s, request).subject);
		s.emit('HISTORY_EDITED', { point: name, subject: sessionOf(s, request).subject, command: body.kind });
		return made;
	}],
	['POST', /^\/points\/([^/]+)\/edits\/(\d+)\/undo$/, (s, m, url, body, request) => {
		const { name } = pointOf(s, m[1]).point;
		const status = s.edits.undo(name, [m[2], ...body.with ?? []], body.reason, sessionOf(s, request).subject);
		if (status !== 200) refuse(status, 'There is no such edit, or it is undone already.');
		s.emit('HISTORY_EDITED', { point: name, subject: sessionOf(s, request).subject, command: 'undo' });
		return {};
	}],
	['GET', /^\/series$/, (s, m, url) => findSeries(s.series, url.searchParams)],
	['GET', /^\/events$/, (s, m, url) => eventsOf(s, url)],
	['GET', /^\/incidents$/, (s, m, url) => ({ items: s.incidents.map((i) => s.shownIncident(i, langOf(url), false)) })],
	['GET', /^\/incidents\/(\d+)$/, (s, m, url) => {
		const one = s.incidents.find((i) => i.id === Number(m[1]));
		if (!one) throw new Refusal(404, 'There is no such incident.');
		return s.shownIncident(one, langOf(url), true);
	}],
	['GET', /^\/identifiers$/, (s, m, url) => s.register.find(url.searchParams)],
	['GET', /^\/identifiers\/(.+)\/history$/, (s, m) => s.register.history(decodeURIComponent(m[1])) || refuse(404, 'There is no such identifier.')],
	['POST', /^\/identifiers\/(.+)\/state$/, (s, m, url, body, request) => stated(s, m[1], 'state', body.state, request)],
	['POST', /^\/identifiers\/(.+)\/restoration$/, (s, m, url, body, request) => stated(s, m[1], 'restore', 'active', request)],
	['POST', /^\/registrations$/, (s, m, url, body, request) => registerMany(s, body, url.searchParams, request)],
	['GET', /^\/decode$/, (s, m, url) => decode(url.searchParams.get('text').trim())],
	['GET', /^\/codes\/(.+)$/, (s, m) => withRecord(decode(decodeURIComponent(m[1])), s.register)],
	['GET', /^\/resolution$/, (s, m, url) => s.resolve(url.searchParams.get('name'), url.searchParams.get('fresh') === 'true')],
	['GET', /^\/office$/, (s) => s.office.overview()],
	['GET', /^\/office\/applications$/, (s, m, url) => s.office.list(url.searchParams)],
	['GET', /^\/office\/applications\/(\d+)$/, (s, m) => s.office.find(m[1]) ?? refuse(404, 'There is no such application.')],
	['POST', /^\/office\/applications\/(\d+)\/(\w+)$/, (s, m, url, body, request) => s.office.decide(m[1], m[2], body, sessionOf(s, request).subject)],
	['GET', /^\/office\/prefixes$/, (s) => ({ items: s.office.prefixes().map(({ days: _, ...one }) => one), total: s.office.prefixes().length })],
	['GET', /^\/office\/prefixes\/([^/]+)$/, (s, m) => s.office.prefixes().find((one) => one.prefix === m[1]) ?? refuse(404, 'There is no such prefix.')],
	['PUT', /^\/office\/prefixes\/([^/]+)\/limits$/, (s, m, url, body) => s.office.setLimits(m[1], body)],
	['GET', /^\/office\/templates$/, (s, m, url) => s.office.templates(url.searchParams.get('prefix'))],
	['GET', /^\/assets$/, (s) => ({ items: s.assets })],
	['POST', /^\/assets\/([^/]+)\/approval$/, (s, m, url, body) => ({ ip: m[1], ...approve(s.assets, (a) => a.ip === m[1], body.approved) })],
	['GET', /^\/conversations$/, (s) => ({ items: s.conversations })],
	['GET', /^\/baseline$/, (s) => ({ items: s.baseline })],
	['POST', /^\/baseline\/approval$/, (s, m, url, body) => approve(s.baseline, (r) => KEYS.every((k) => r[k] === body[k]), body.approved)],
	['POST', /^\/commands$/, (s, m, url, body, request) => s.order(body, request.headers['idempotency-key'])],
	['GET', /^\/commands$/, (s) => ({ items: s.commands })],
	['GET', /^\/audit\/verify$/, (s) => ({ records: s.events.length, ok: true })],
	['PUT', /^\/session\/password$/, (s, m, url, body, request) => changePassword(s, body, request)],
	['GET', /^\/users$/, (s) => ({ users: s.users.map((user) => shownUser(s, user)) })],
	['POST', /^\/users$/, (s, m, url, body) => addUser(s, body)],
	['PATCH', /^\/users\/([^/]+)$/, (s, m, url, body) => void Object.assign(userNamed(s, m[1]), body)],
	['DELETE', /^\/users\/([^/]+)$/, (s, m) => removeUser(s, m[1])],
	['GET', /^\/tokens$/, (s, m, url) => ({ tokens: s.tokens.filter((one) => one.user === url.searchParams.get('user')) })],
	['POST', /^\/tokens$/, (s, m, url, body, request) => addToken(s, body, request)],
	['DELETE', /^\/tokens\/([^/]+)$/, (s, m) => {
		s.tokens = s.tokens.filter((one) => one.id !== m[1]);
	}],
	...treeRoutes((s, request) => sessionOf(s, request).subject, refuse),
	['POST', /^\/demo\/attack$/, (s) => {
		s.attack();
		return { status: 202 };
	}],
];

function startStream(state, url, response) {
	response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
	const send = (name, data) => response.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
	const stream = { send, column: langOf(url) };
	const values = () => {
		const t = Date.now();
		send('values', { t_ms: t, items: state.plant.points.map((row) => {
			const [value, , quality] = state.plant.read(row, t);
			return [row.point.id, value, quality[0], t];
		}) });
	};
	const timers = [setInterval(values, 1000), setInterval(() => send('node', state.nodeBody()), 2000)];
	values();
	send('node', state.nodeBody());
	state.streams.add(stream);
	response.on('close', () => {
		timers.forEach(clearInterval);
		state.streams.delete(stream);
	});
}

async function readJson(request) {
	let text = '';
	for await (const part of request) text += part;
	if (request.headers['content-type']?.startsWith('text/csv')) return text;
	if (request.headers['content-type'] === 'application/x-ndjson') return text.split('\n').filter(Boolean).map((line) => JSON.parse(line));
	return text ? JSON.parse(text) : {};
}

const CSRF = 'mock-csrf';
const ROLES = ['viewer', 'operator', 'engineer', 'admin'];

/** The session of a request's cookie, which names its subject; undefined: nobody. */
function sessionOf(state, request) {
	const subject = request.headers.authorization === `Bearer ${TOKEN}` ? 'admin'
		: decodeURIComponent(/jizhu_session=mock-([^;]+)/.exec(request.headers.cookie ?? '')?.[1] ?? '');
	if (subject === 'admin') return { subject, role: 'admin', scope: '', csrf: CSRF };
	const user = state.users.find((one) => `user:${one.name}` === subject && one.enabled);
	return user && { subject, role: user.role, scope: user.scope, csrf: CSRF };
}

function subjectOf(state, body) {
	const user = state.users.find((one) => one.name === body.user && one.password === body.password && one.enabled);
	if (user) return `user:${user.name}`;
	if (body.token === TOKEN) return 'admin';
	throw new Refusal(401, 'The token or the password is not valid.');
}

function session(state, request, response, body) {
	const cookie = (value, more = '') =>
		response.setHeader('Set-Cookie', `jizhu_session=${value}; HttpOnly; SameSite=Strict; Path=/${more}`);
	if (request.method === 'DELETE') {
		cookie('', '; Max-Age=0');
		return undefined;
	}
	if (request.method === 'POST') {
		const subject = subjectOf(state, body);
		cookie(`mock-${encodeURIComponent(subject)}`);
		return sessionOf(state, { headers: { cookie: `jizhu_session=mock-${encodeURIComponent(subject)}` } });
	}
	const who = sessionOf(state, request);
	if (!who) throw new Refusal(401, 'Nobody is signed in.');
	return who;
}

const shownUser = (state, { password: _, ...user }) =>
	({ ...user, tokens: state.tokens.filter((one) => one.user === user.name).length });

function userNamed(state, name) {
	const user = state.users.find((one) => one.name === decodeURIComponent(name));
	if (!user) throw new Refusal(404, 'There is no such user.');
	return user;
}

function addUser(state, body) {
	if (state.users.some((one) => one.name === body.name)) throw new Refusal(409, 'There is a user of this name already.');
	if (!(body.password?.length >= 12)) throw new Refusal(422, 'A password has 12 to 1024 bytes.');
	state.users.push({ name: body.name, role: body.role, scope: body.scope ?? '', enabled: body.enabled ?? true, password: body.password });
	state.users.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function removeUser(state, name) {
	const user = userNamed(state, name);
	state.users = state.users.filter((one) => one !== user);
	state.tokens = state.tokens.filter((one) => one.user !== user.name);
}

function addToken(state, body, request) {
	const { subject, role } = sessionOf(state, request);
	if (ROLES.indexOf(body.role) > ROLES.indexOf(role)) throw new Refusal(422, 'The role is above the owner\'s.');
	const id = String(state.tokens.length + 1).padStart(12, '0');
	state.tokens.push({ id, user: subject.slice(5), label: body.label, role: body.role, created_ms: Date.now(), expires_ms: body.expires_ms ?? null, used_ms: null });
	return { id, secret: `jz_mock${id}` };
}

function changePassword(state, body, request) {
	const user = userNamed(state, sessionOf(state, request).subject.slice(5));
	if (user.password !== body.old) throw new Refusal(401, 'The password is wrong.');
	user.password = body.new;
}

const isSignedIn = (state, request) => sessionOf(state, request) !== undefined;

async function answerApi(state, url, request, response) {
	const path = url.pathname.slice('/api/v1'.length);
	const body = ['POST', 'PUT', 'PATCH'].includes(request.method) ? await readJson(request) : {};
	if (path === '/session') return session(state, request, response, body);
	if (!isSignedIn(state, request)) throw new Refusal(401, 'Nobody is signed in.');
	if (request.method !== 'GET' && request.headers['x-csrf-token'] !== CSRF) throw new Refusal(403, 'The CSRF token is missing.');
	for (const [method, pattern, handler] of ROUTES) {
		const match = method === request.method && pattern.exec(path);
		if (match) return handler(state, match, url, body, request);
	}
	throw new Refusal(404, 'There is no such resource.');
}

async function askHistory(state, request) {
	if (!isSignedIn(state, request)) throw new Refusal(401, 'Nobody is signed in.');
	if (request.headers['x-csrf-token'] !== CSRF) throw new Refusal(403, 'The CSRF token is missing.');
	const body = await readJson(request);
	return answerQuery(state, body, body.points.map((name) => pointOf(state, encodeURIComponent(name))));
}

const LABELS = { 404: 100, 409: 101 };

async function answerHandles(state, url, request) {
	if (url.pathname === '/api/handles') return [200, handlesOf(state, url)];
	const name = decodeURIComponent(url.pathname.slice('/api/handles/'.length));
	const { searchParams: query } = url;
	if (request.method === 'GET') {
		const record = state.register.at(name, query.has('at') ? Number(query.get('at')) : undefined);
		return record ? [200, record] : [404, { responseCode: 100, handle: name }];
	}
	const who = sessionOf(state, request);
	if (ROLES.indexOf(who?.role) < ROLES.indexOf('engineer')) return [403, { responseCode: 400, handle: name }];
	const status = request.method === 'DELETE'
		? state.register.remove(name, query.getAll('index').map(Number), who.subject)
		: state.register.put(name, (await readJson(request)).values, query, who.subject);
	return [status, { responseCode: LABELS[status] ?? 1, handle: name }];
}

/** The interface of templates; the mock trusts what the console has held against one. */
async function answerTemplates(state, request) {
	const { handle, value, templateVersion } = await readJson(request);
	const values = [...value, { index: 1001, type: 'TEMPLATE', data: { format: 'string', value: templateVersion } }];
	const status = state.register.put(handle, values, new URLSearchParams({ overwrite: 'false' }), sessionOf(state, request)?.subject);
	return status === 201 ? { status: 1, message: 'success', data: true } : { status: -2, message: 'The handle exists.', data: null };
}

/** The links of a GS1 key, from the values of its record. */
function answerLinks(state, url, response) {
	const linksOf = (path) => state.register.at(PREFIX + path)?.values.filter((value) => value.type === 'GS1.LINK')
		.map((value) => JSON.parse(value.data.value));
	const found = linkset(url.pathname, url.origin, linksOf);
	json(response, found ? 200 : 404, found ?? { title: 'Nothing is known here of it.', status: 404 });
}

/** The paths the mock has, as the node's own description lists them. */
const DESCRIPTION = ['/api/v1/decode', '/api/v1/resolution', '/api/v1/office', '/api/v1/office/prefixes', '/api/v1/office/templates', ...TREE_PATHS]
	.map((path) => `  ${path}:\n`).join('');

function serveFile(url, response) {
	const asked = join(DIST, normalize(url.pathname));
	const file = extname(asked) && existsSync(asked) ? asked : join(DIST, 'index.html');
	response.writeHead(200, { 'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream' });
	createReadStream(file).pipe(response);
}

function json(response, status, body) {
	response.writeHead(status, { 'Content-Type': status >= 400 ? 'application/problem+json' : 'application/json' });
	response.end(body === undefined ? '' : JSON.stringify(body));
}

async function answer(state, request, response) {
	const url = new URL(request.url, `http://${request.headers.host}`);
	try {
		if (url.pathname === '/api/v1/live' && isSignedIn(state, request)) startStream(state, url, response);
		else if (url.pathname === '/api/v1/openapi.yaml') response.end(DESCRIPTION);
		else if (url.pathname === '/api/v1/query') json(response, 200, await askHistory(state, request));
		else if (url.pathname === '/identityv2/data') json(response, 200, await answerTemplates(state, request));
		else if (url.pathname.startsWith('/01/')) answerLinks(state, url, response);
		else if (url.pathname.startsWith('/api/v1/')) {
			const body = await answerApi(state, url, request, response);
			if (body?.page) response.writeHead(200, { 'Content-Type': body.type }).end(body.page);
			else json(response, body === undefined ? 204 : 200, body);
		} else if (url.pathname.startsWith('/api/handles')) json(response, ...await answerHandles(state, url, request));
		else serveFile(url, response);
	} catch (error) {
		if (!(error instanceof Refusal)) console.error(error);
		json(response, error.body?.status ?? 500, error.body ?? { title: 'The mock is broken.', status: 500 });
	}
}

/** Starts a mock node. */
export async function startMock({ port = 0, learn_ms = 5000 } = {}) {
	const state = createState({ learn_ms });
	const server = createServer((request, response) => void answer(state, request, response));
	await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
	return { url: `http://127.0.0.1:${server.address().port}`, token: TOKEN };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	const mock = await startMock({ port: Number(process.env.PORT ?? 8090), learn_ms: 20_000 });
	console.log(`mock node: ${mock.url}  token: ${mock.token}`);
}
