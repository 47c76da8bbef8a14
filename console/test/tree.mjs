// SPDX-License-Identifier: Apache-2.0
// A stand-in for a node in the middle of a tree: it reports to two parents and has children
// that are up, late, down and new. Entities, firms and attackers are made up.
import { createFigures } from './figures.mjs';

const MIN_MS = 60_000;
const DAY_MS = 1440 * MIN_MS;
const both = (en, zh) => ({ en, zh });
export const CODE = '1H6B5-A1GEC-87PHK-W3PZA-CJ3S7-5VHB1-ZFP5H-43CNY';
export const TREE_PATHS = ['/tree', '/tree/refusals', '/definitions', '/figures', '/published', '/cases', '/posture', '/catalogue', '/releases', '/bulletins', '/members', '/census', '/report'].map((path) => `/api/v1${path}`);

const PLACES = [['Alder', '赤杨'], ['Birch', '白桦'], ['Cedar', '雪松'], ['Elm', '榆'], ['Fir', '冷杉'], ['Hazel', '榛'], ['Juniper', '刺柏'], ['Larch', '落叶松'], ['Maple', '枫'], ['Oak', '橡'], ['Pine', '松'], ['Rowan', '花楸']];
const ENTITY_STATES = ['reporting', 'reporting', 'late', 'reporting', 'silent', 'none', 'reporting', 'none', 'reporting', 'reporting', 'none', 'reporting'];

/** step: from which states, the state it leads to, the role. */
const STEPS = {
	verify: [['new'], 'verified', 'operator'], dismiss: [['new', 'verified'], 'dismissed', 'engineer'], notify: [['verified'], 'notified', 'engineer'],
	return: [['feedback'], 'rectifying', 'engineer'], close: [['feedback'], 'closed', 'engineer'], reopen: [['dismissed', 'closed'], 'verified', 'engineer'],
	note: [['new', 'verified', 'notified', 'rectifying', 'feedback', 'closed', 'dismissed'], undefined, 'operator'],
};

export function createTree(prefix, started, plant) {
	const at = (ago_ms) => new Date(started - ago_ms).toISOString();
	const child = (n, name, zh, state, more = {}) => ({
		ident: `${prefix}.${n}`, name: name.toLowerCase().replaceAll(' ', '-'), label: both(name, zh), level: 'enterprise', entity: `X${n}`, industry: 'C3841', state, since: at(n * DAY_MS),
		last_beat: at(4000), address: `127.0.4.${n}:41${n}70`, backlog_items: 0, backlog_bytes: 0, oldest_unsent: null, refusals: 0, streams: [{ stream: 'events', held: 90 * n, last_received: at(5000) }],
		certificate: { valid_until: at(-60 * DAY_MS), serial: `0${n}a1b2c3` }, ...more });
	const children = [
		child(1, 'Example Cells', '示例电芯', 'up'), child(2, 'Example Boilers', '示例锅炉', 'late', { last_beat: at(11 * MIN_MS), backlog_items: 1240, backlog_bytes: 391_000, oldest_unsent: at(13 * MIN_MS) }),
		child(3, 'Example Pumps', '示例泵业', 'up', { refusals: 3, certificate: { valid_until: at(-9 * DAY_MS), serial: '03f0' } }),
		child(4, 'Example Bakery', '示例食品', 'down', { last_beat: at(2 * DAY_MS), backlog_items: 0, certificate: { valid_until: at(DAY_MS), serial: '04ee' } }),
		child(5, 'Example Bearings', '示例轴承', 'never', { last_beat: null, since: null, address: '', streams: [], certificate: null }),
	];
	const stream = (name, last, unsent, withheld = {}) => ({ stream: name, last: last, held: last - unsent, unsent_items: unsent, unsent_bytes: unsent * 310, oldest_unsent: unsent ? at(90_000) : null, withheld });
	const parents = [
		{ name: 'nation', ident: '99.100', address: '127.0.3.1:2643', state: 'up', since: at(3 * DAY_MS), last_beat: at(3000), streams: [stream('events', 812, 0, { core: 41, minor: 2210 }), stream('indicators', 4410, 12, { core: 6, frequent: 96, cell: 3 }), stream('handling', 31, 0)] },
		{ name: 'group', ident: '99.200', address: '[::1]:2643', state: 'refused', since: at(2 * 3_600_000), last_beat: at(2 * 3_600_000), reason: 'The certificate of this node has expired there.', streams: [stream('indicators', 960, 220, { forbidden: 12 })] },
	];
	const entities = PLACES.map(([en, zh], n) => ({ code: `X${n + 1}`, name: both(en, zh), region: `X${n + 1}`, state: ENTITY_STATES[n], children: ENTITY_STATES[n] === 'none' ? 0 : 1 + (n % 3) }));
	const refusals = [['signature', 'The batch is not signed by the member’s key.', 41], ['sequence', 'Sequence 7 was taken before with another hash.', 7], ['identity', 'It names another node as its maker.', 8]]
		.map(([reason, detail, sequence], n) => ({ time: at((n + 1) * 3_600_000), child: `${prefix}.3`, stream: n ? 'events' : 'indicators', sequence, reason, detail }));
	const member = (n, state, more = {}) => ({ node: `${prefix}.${n}`, state, code_until_ms: null, certificate_until_ms: started + 60 * DAY_MS, changed_ms: started - n * DAY_MS, by: 'user:chen', reason: '', keys: 1, guesses: 0, ...more });
	const members = [...[1, 2, 3, 4].map((n) => member(n, 'member')), member(5, 'invited', { code_until_ms: started + 6 * DAY_MS, certificate_until_ms: null, keys: 0, guesses: 2 }), member(8, 'revoked', { reason: 'sold', certificate_until_ms: null })];

	const step = (name, who, node, ago_ms, text, more = {}) => ({ step: name, who, time: at(ago_ms), text, node, verdict: 'applied', ...more });
	const cases = [
		['2-1041', 2, 'new', 'alarm', 'T0836', 30 * 3_600_000, false, []], ['1-877', 1, 'rectifying', 'critical', 'T0855', -3 * DAY_MS, true, ['verify', 'notify', 'rectify']],
		['3-90', 3, 'feedback', 'warning', 'T0846', -26 * 3_600_000, true, ['verify', 'notify', 'rectify', 'report']], ['1-802', 1, 'closed', 'alarm', 'T0861', 0, false, ['verify', 'notify', 'report', 'close']],
		['4-12', 4, 'verified', 'notice', 'T0888', 50 * 3_600_000, false, ['verify']],
	].map(([tail, n, state, severity, technique, due, overdue, taken]) => ({
		id: `${prefix}.${tail.replace('-', '#')}`, origin: `${prefix}.${n}`, event: Number(tail.split('-')[1]), technique, severity, subject: '127.0.9.66', entity: `${prefix}.${n}/FRM2`, state,
		due: due ? at(-due) : null, overdue, steps: ['open', ...taken].map((name, k) => step(name, k % 2 ? 'user:chen' : 'user:li', k % 2 ? prefix : `${prefix}.${n}`, (9 - k) * DAY_MS, k ? 'As agreed by telephone.' : 'A set point was written by an unknown client.')) }));
	cases[2].conflicts = 1;
	cases[2].steps[2].verdict = 'overruled';
	const nextOf = (one) => Object.entries(STEPS).filter(([, [from]]) => from.includes(one.state)).map(([name, [, , role]]) => ({ step: name, role }));
	const shown = (one) => ({ ...one, next: nextOf(one) });
	function takeStep(id, { step: name, text, due }, who) {
		const one = cases.find((c) => c.id === id);
		one.steps.push({ step: name, who, time: new Date().toISOString(), text, node: prefix, verdict: 'applied', ...(due && { due }) });
		one.state = STEPS[name][1] ?? one.state;
		if (name !== 'note') Object.assign(one, { due: due ?? null, overdue: false });
		return shown(one);
	}

	const posture = {
		index: 63.4, coverage: 0.874,
		because: [{ reason: 'assets', arguments: { count: 12, band: 'severe' }, effect: 14.2 }, { reason: 'events', arguments: { count: 30, technique: 'T0836' }, effect: 8.1 }, { reason: 'events', arguments: { count: 211, technique: 'T0846' }, effect: 1.3 }],
		children: children.map((one, n) => ({ ident: one.ident, label: one.label, index: [71.2, 33, 8.4, 12.5, null][n], coverage: [0.99, 0.71, 0.88, 0.9, null][n], age_s: n === 4 ? undefined : [60, 700, 45, 172_800][n], silent: n === 3 })),
		campaigns: [{ subject: '127.0.9.66', technique: 'T0836', sightings: 41, entities: 3, first: at(3 * DAY_MS), last: at(40 * MIN_MS) }, { subject: '127.0.9.12', technique: 'T0846', sightings: 2, entities: 1, first: at(DAY_MS), last: at(DAY_MS) }],
	};
	const catalogue = plant.points.map(({ point }, n) => {
		const kind = n % 9 === 4 ? 'core' : n % 3 === 1 ? 'important' : 'general';
		const what = kind === 'core' ? [] : kind === 'important' ? ['figures'] : ['events', 'values', 'figures'];
		return { point: point.name, label: point.label, class: kind, owner: n % 11 === 6 ? '' : 'user:li', unit: point.unit, retention: n % 4 ? 90 * 86_400 : null,
			releases: [{ parent: 'nation', what, every: 900 }, { parent: 'group', what: [], every: 0 }] };
	});
	const log = Array.from({ length: 140 }, (_, n) => ({ parent: n % 5 ? 'nation' : 'group', stream: n % 3 ? 'indicators' : 'events', sequence: 4410 - n, time: at(n * 17 * MIN_MS), what: n % 3 ? 'iso22400.oee, day, work-unit' : 'INCIDENT_WRITE on FRM2.V_SET, without its values', bytes: 312 + (n % 7) * 40 }));
	const withheld = parents.flatMap((parent) => parent.streams.flatMap((one) => Object.entries(one.withheld).map(([kind, count]) => ({ parent: parent.name, stream: one.stream, class: kind, count }))));
	function released(query) {
		const [parent, name, from] = ['parent', 'stream', 'cursor'].map((key) => query.get(key));
		const fit = log.filter((one) => (!parent || one.parent === parent) && (!name || one.stream === name) && (!query.get('from') || (one.time >= query.get('from') && one.time < query.get('to'))));
		const [first, limit] = [Number(from ?? 0), Number(query.get('limit'))];
		return { items: fit.slice(first, first + limit), withheld, next: first + limit < fit.length ? String(first + limit) : null };
	}

	const bulletins = [
		{ id: 'nation-7', version: 1, title: both('Weakness of an example controller', '示例控制器存在漏洞'), text: both('Ask the maker for the new firmware.\nUntil then let nobody but the operator station write.', '请向厂商索取新固件。\n在此之前仅允许操作站写入。'), made: at(2 * DAY_MS), by: 'user:wu', from: 'nation', mine: { state: 'sent', time: null } },
		{ id: 'own-3', version: 2, title: both('Count of key processes by the end of the month', '请于月底前核对关键工序数'), text: both('Check the parameter processes.', '请核对参数 processes。'), made: at(5 * DAY_MS), by: 'user:chen',
			uptake: { sent: 4, read: 3, done: 1, children: children.slice(0, 4).map((one, n) => ({ ident: one.ident, state: ['done', 'read', 'read', 'sent'][n], time: n < 3 ? at((4 - n) * DAY_MS) : null })) } },
	];
	function publish({ title, text, to }, who) {
		const sent = children.filter((one) => !to || to.includes(one.ident));
		bulletins.unshift({ id: `own-${bulletins.length + 2}`, version: 1, title, text, made: new Date().toISOString(), by: who, uptake: { sent: sent.length, read: 0, done: 0, children: sent.map((one) => ({ ident: one.ident, state: 'sent', time: null })) } });
		return bulletins[0];
	}
	function invite(node) {
		const found = members.find((one) => one.node === node) ?? members[members.push(member(9, 'invited', { node, keys: 0 })) - 1];
		found.code_until_ms = Date.now() + 7 * DAY_MS;
		if (found.state !== 'member') Object.assign(found, { state: 'invited', certificate_until_ms: null });
		return { node, code: CODE, code_until_ms: found.code_until_ms };
	}
	const devices = Array.from({ length: 230 }, (_, n) => ({ key: `X12/${['PLC-4', 'RBT-2', 'MTR-9'][n % 3]}/${1000 + n}`, kind: ['controller', 'robot', 'meter'][n % 3], industry: n % 4 ? 'C3841' : 'C3411', region: `X-0${1 + (n % 2)}`,
		state: n % 17 ? 'online' : n % 2 ? 'unknown' : 'offline', since: at(n * MIN_MS), reporters: n % 5 ? [children[n % 3].ident] : [children[0].ident, children[1].ident] }));
	function census(by) {
		const counts = new Map();
		for (const one of devices) counts.set(one[by], (counts.get(one[by]) ?? 0) + 1);
		return { total: devices.length, once: { told: devices.reduce((sum, one) => sum + one.reporters.length, 0), devices: devices.length }, rows: [...counts].map(([key, count]) => ({ key: [key], count })) };
	}
	function censusDevices(query) {
		const fit = devices.filter((one) => ['kind', 'industry', 'region', 'state'].every((key) => !query.get(key) || one[key] === query.get(key)));
		const [first, limit] = [Number(query.get('cursor') ?? 0), Number(query.get('limit'))];
		return { items: fit.slice(first, first + limit), next: first + limit < fit.length ? String(first + limit) : null };
	}
	const node = { ident: prefix, name: 'example-park', label: both('Example park', '示例园区'), level: 'park', region: 'X-01', entity: 'X1', industry: '' };
	return { place: { node, parents, children, entities, listens: true }, refusals, members, invite, cases, shown, takeStep, posture, catalogue, released, bulletins, publish, census, censusDevices,
		funnel: { raw: 184_220, clues: 3120, suspicious: 212, verified: 41, notified: 19, handled: 17, nodes: 4 },
		figures: createFigures(prefix, children, started, plant.points.map(({ point }) => point.name)) };
}

/** method, path pattern, handler, as the rows of the mock. */
export function treeRoutes(subjectOf, refuse) {
	const named = (list, key, id) => list.find((one) => one[key] === decodeURIComponent(id)) ?? refuse(404, 'There is nothing of that name.');
	return [
		['GET', /^\/tree$/, (s) => s.tree.place],
		['GET', /^\/tree\/refusals$/, (s) => ({ items: s.tree.refusals })],
		['GET', /^\/members$/, (s) => ({ members: s.tree.members })],
		['POST', /^\/members$/, (s, m, url, body) => (body.node === s.tree.place.node.ident ? refuse(422, 'A node is no child of its own.') : s.tree.invite(body.node))],
		['POST', /^\/members\/([^/]+)\/revoke$/, (s, m, url, body) => void Object.assign(named(s.tree.members, 'node', m[1]), { state: 'revoked', reason: body.reason ?? '', code_until_ms: null })],
		['GET', /^\/definitions$/, (s) => s.tree.figures.definitions],
		['GET', /^\/definitions\/([^/]+)$/, (s, m) => s.tree.figures.definition(decodeURIComponent(m[1])) ?? refuse(404, 'There is no such definition.')],
		['GET', /^\/published$/, (s) => s.tree.figures.published],
		['GET', /^\/figures$/, (s, m, url) => s.tree.figures.list(url.searchParams)],
		['GET', /^\/figures\/declared\.csv$/, (s, m, url) => ({ page: s.tree.figures.template(url.searchParams.get('definition')), type: 'text/csv' })],
		['POST', /^\/figures\/declared\.csv$/, (s, m, url, body, request) => {
			const done = s.tree.figures.declareMany(body, subjectOf(s, request));
			return done.faults ? refuse(422, 'No row was taken.', done) : done;
		}],
		['POST', /^\/figures\/declared$/, (s, m, url, body, request) => s.tree.figures.declare(body, subjectOf(s, request))],
		['GET', /^\/figures\/([^/]+)$/, (s, m) => s.tree.figures.find(decodeURIComponent(m[1])) ?? refuse(404, 'There is no such figure.')],
		['GET', /^\/cases$/, (s, m, url) => ({ funnel: s.tree.funnel, items: s.tree.cases.map(s.tree.shown).filter((one) =>
			(!url.searchParams.get('state') || one.state === url.searchParams.get('state')) && (!url.searchParams.get('overdue') || one.overdue)) })],
		['GET', /^\/cases\/([^/]+)$/, (s, m) => s.tree.shown(named(s.tree.cases, 'id', m[1]))],
		['GET', /^\/cases\/([^/]+)\/form$/, (s, m, url) => ({ page: `<!doctype html><title>${url.searchParams.get('kind')}</title><h1>${named(s.tree.cases, 'id', m[1]).id}</h1>`, type: 'text/html; charset=utf-8' })],
		['POST', /^\/cases\/([^/]+)\/steps$/, (s, m, url, body, request) => s.tree.takeStep(decodeURIComponent(m[1]), body, subjectOf(s, request))],
		['GET', /^\/posture$/, (s) => s.tree.posture],
		// By pages, so that who takes the first for all is found out.
		['GET', /^\/catalogue$/, (s, m, url) => {
			const first = Number(url.searchParams.get('cursor') ?? 0);
			return { items: s.tree.catalogue.slice(first, first + 10), next: first + 10 < s.tree.catalogue.length ? String(first + 10) : null };
		}],
		['GET', /^\/releases$/, (s, m, url) => s.tree.released(url.searchParams)],
		['GET', /^\/census$/, (s, m, url) => s.tree.census(url.searchParams.get('by'))],
		['GET', /^\/census\/devices$/, (s, m, url) => s.tree.censusDevices(url.searchParams)],
		['GET', /^\/bulletins$/, (s) => ({ items: s.tree.bulletins })],
		['POST', /^\/bulletins$/, (s, m, url, body, request) => s.tree.publish(body, subjectOf(s, request))],
		['POST', /^\/bulletins\/([^/]+)\/uptake$/, (s, m, url, body) => void Object.assign(named(s.tree.bulletins, 'id', m[1]), { mine: { ...body, time: new Date().toISOString() } })],
	];
}
