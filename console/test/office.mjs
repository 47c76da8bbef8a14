// SPDX-License-Identifier: Apache-2.0
// A stand-in for the office of a secondary node and for its resolver: made-up enterprises,
// their prefixes, counts by day, and the walks to their names.
const DAY_MS = 86_400_000;
const PASS = { review: 'under_review', approve: 'approved', refuse: 'refused', suspend: 'suspended', resume: 'approved', close: 'closed' };

/** organisation, code, industry, name of it, days ago, steps that were taken, names, resolved, distinct, limits */
const ENTERPRISES = [
	['示例电芯股份有限公司', '91990000MA0000001X', 'C3841', '锂离子电池制造', 212, ['review', 'approve'], 48_210, 912_400, 46_020, [60_000, 2000, 0]],
	['示例锅炉集团有限公司', '91990000MA0000002Q', 'C3411', '锅炉及辅助设备制造', 190, ['review', 'approve'], 12_904, 40_311, 6120, [20_000, 500, 5000]],
	['Example Pumps Co., Ltd.', '91990000MA0000003H', 'C3441', 'Pumps and vacuum equipment', 155, ['review', 'approve'], 9870, 101_200, 9102, [10_000, 500, 0]],
	['示例食品有限公司', '91990000MA0000004B', 'C1411', '糕点、面包制造', 120, ['review', 'approve', 'suspend'], 3310, 2040, 480, [5000, 100, 1000]],
	['示例轴承有限公司', '91990000MA00000053', 'C3451', '滚动轴承制造', 64, ['review', 'approve'], 811, 95, 61, [1000, 50, 500]],
	['示例光伏科技有限公司', '91990000MA0000006X', 'C3825', '光伏设备及元器件制造', 9, ['review'], 0, 0, 0, [0, 0, 0]],
	['示例纺织有限公司', '91990000MA0000007Q', 'C1711', '棉纺纱加工', 6, [], 0, 0, 0, [0, 0, 0]],
	['Example Valves Ltd.', '91990000MA0000008H', 'C3443', 'Valves and cocks', 2, [], 0, 0, 0, [0, 0, 0]],
	['示例化工有限公司', '91990000MA0000009B', 'C2614', '有机化学原料制造', 40, ['refuse'], 0, 0, 0, [0, 0, 0]],
];
const REASONS = { suspend: '联系人变更，资料待更新。', refuse: '统一社会信用代码与企业名称不符。' };
const OVERDUE_MS = 5 * DAY_MS;

const dayText = (ms) => new Date(ms).toISOString().slice(0, 10);
const weekday = (ms) => (new Date(ms).getUTCDay() % 6 ? 1 : 0.25);

/** A month of days that grow a little, with quiet weekends. */
function daysOf(seed, registered, resolved, now) {
	return Array.from({ length: 31 }, (_, n) => {
		const at = now - (30 - n) * DAY_MS;
		const swing = weekday(at) * (0.7 + 0.3 * Math.sin(n * 1.7 + seed) + n / 60) * (n === 30 ? 0.5 : 1);
		return { day: dayText(at), registered: Math.round((registered / 200) * swing), resolved: Math.round((resolved / 200) * swing),
			requests: Math.round((resolved / 190) * swing) };
	});
}

export function createOffice(prefix, started) {
	const applications = ENTERPRISES.map(([organisation, credit_code, industry, industry_name, ago, steps, ...use], n) => {
		const applied_ms = started - ago * DAY_MS;
		const taken = ['apply', ...steps].map((step, k) => ({ step, who: k ? 'user:chen' : 'user:desk', at_ms: applied_ms + k * 1.4 * DAY_MS, reason: REASONS[step] ?? '' }));
		const given = steps.includes('approve');
		return { number: n + 1, state: PASS[steps.at(-1)] ?? 'applied', prefix: given ? `${prefix}.${n + 1}` : '', made: given, organisation, credit_code,
			contact: '王工 +00 000 0000', industry, industry_name, purpose: '产品追溯与备件标识', parent: '', wanted: n === 6 ? `${prefix}.66` : '',
			has_key: n % 2 === 0, site: n === 1 ? '127.0.3.2:2641' : undefined, applied_ms, steps: taken, use };
	});
	const isWaiting = (one) => ['applied', 'under_review'].includes(one.state);
	const shown = ({ use: _, ...one }) => ({ ...one, changed_ms: one.steps.at(-1).at_ms, waiting: isWaiting(one),
		overdue: isWaiting(one) && Date.now() - one.applied_ms > OVERDUE_MS });
	const sumsOf = (registered, ever, resolved, distinct) => ({ registered, registered_ever: ever, resolved, distinct,
		ratio: ever ? distinct / ever : null, resolutions_per_name: ever ? resolved / ever : null });

	function prefixOf(one, n) {
		const [names, resolved, distinct, [a, b, c]] = one.use;
		const days = daysOf(n, names, resolved, Date.now());
		return { prefix: one.prefix, application: one.number, organisation: one.organisation, industry: one.industry, state: one.state,
			made: one.made, delegated: !!one.site, ...sumsOf(names, Math.round(names * 1.02), resolved, distinct),
			limits: { names: a, names_per_day: b, requests_per_day: c }, today: days.at(-1), days };
	}
	const own = () => ({ prefix, ...sumsOf(72, 72, 640, 55), limits: { names: 0, names_per_day: 0, requests_per_day: 0 },
		today: daysOf(9, 72, 640, Date.now()).at(-1), days: daysOf(9, 72, 640, Date.now()) });
	const prefixes = () => [own(), ...applications.filter((one) => one.prefix).map(prefixOf)];

	function overview() {
		const all = prefixes();
		const sum = (name) => all.reduce((total, one) => total + one[name], 0);
		const waiting = applications.filter(isWaiting);
		const states = Object.fromEntries(['applied', ...new Set(Object.values(PASS))].map((state) => [state, applications.filter((one) => one.state === state).length]));
		return { prefix, states, prefixes: all.length, ...sumsOf(sum('registered'), sum('registered_ever'), sum('resolved'), sum('distinct')),
			waiting: { count: waiting.length, overdue: waiting.filter((one) => shown(one).overdue).length, records_pending: 0, oldest_ms: waiting[0]?.applied_ms },
			days: all[0].days.map((day, n) => ({ day: day.day, ...Object.fromEntries(['registered', 'resolved', 'requests'].map((name) =>
				[name, all.reduce((total, one) => total + one.days[n][name], 0)])) })) };
	}

	function list(query) {
		const fit = applications.filter((one) => (query.get('waiting') !== 'true' || isWaiting(one)) && (!query.get('state') || one.state === query.get('state')));
		return { items: fit.map(shown), total: fit.length };
	}
	const find = (number) => applications.find((one) => one.number === Number(number));

	function decide(number, step, { reason = '', limits }, subject) {
		const one = find(number);
		one.state = PASS[step];
		one.steps.push({ step, who: subject, at_ms: Date.now(), reason });
		if (step !== 'approve') return shown(one);
		one.prefix = one.wanted || `${prefix}.${number}`;
		one.made = true;
		one.use[3] = [limits.names, limits.names_per_day, limits.requests_per_day];
		return shown(one);
	}
	function setLimits(name, limits) {
		const one = applications.find((a) => a.prefix === name);
		one.use[3] = [limits.names, limits.names_per_day, limits.requests_per_day];
		return prefixes().find((p) => p.prefix === name);
	}

	const templates = [{ prefix, version: 'pump-1', name: '泵类产品', nameEn: 'Pumps', items: [
		{ name: '产品名称', nameEn: 'Product', idType: 'PRODUCT', idIndex: 2000, required: true, metadata: { type: 'string', minLength: 2, maxLength: 40 } },
		{ name: '额定功率（kW）', nameEn: 'Rated power (kW)', idType: 'POWER', idIndex: 2001, required: true, metadata: { type: 'number', min: 0.1, max: 500 } },
		{ name: '出厂日期', nameEn: 'Made on', idType: 'MADE', idIndex: 2002, metadata: { type: 'date' } },
		{ name: '序列号', nameEn: 'Serial number', idType: 'SERIAL', idIndex: 2003, required: true, unique: true, metadata: { type: 'string', maxLength: 24 } },
	] }];
	return { overview, list, find: (number) => find(number) && shown(find(number)), decide, prefixes, setLimits,
		templates: (of) => ({ items: of === prefix ? templates : [], total: of === prefix ? 1 : 0 }) };
}

/** A walk from the root to an enterprise's own node; what comes from the cache tells the walk that brought it there. */
export function createResolver(register) {
	const known = new Map();
	return (name, fresh) => {
		const prefix = name.split('/')[0];
		const record = register.at(name);
		const answer = { handle: name, responseCode: record ? 1 : 100, values: record?.values ?? [] };
		const since = !fresh && known.get(name);
		if (!since) known.set(name, Date.now());
		const asked = (step, depth, handle, server, at_ms, took_ms, more = {}) =>
			({ step, depth, handle, at_ms, server, transport: 'udp', tries: 1, took_ms, responseCode: 1, said: 'success', values: 4, ...more });
		return { ...answer, source: since ? 'cache' : 'server', age_s: since ? Math.round((Date.now() - since) / 1000) : 0, took_ms: 61.9, server: '127.0.3.2:2641', steps: [
			{ step: 'roots', depth: 1, handle: '0.NA/99', at_ms: 0 },
			asked('site', 1, '0.NA/99.100', '127.0.3.10:2641', 0.2, 8.4, { responseCode: 302, said: 'referral', values: 0 }),
			asked('site', 1, `0.NA/${prefix}`, '127.0.3.11:2641', 8.8, 30.1, { tries: 2, error: 'timeout', responseCode: undefined }),
			asked('site', 1, `0.NA/${prefix}`, '127.0.3.12:2641', 39.1, 6.3),
			asked('asked', 0, name, '127.0.3.2:2641', 45.6, 4.7, { values: record?.values.length ?? 0, responseCode: answer.responseCode, said: record ? 'success' : 'handle not found' }),
			...(record ? [asked('asked', 0, name, '127.0.3.2:2641', 50.6, 11.2, { transport: 'tcp', values: record.values.length })] : []),
		] };
	};
}
