// SPDX-License-Identifier: Apache-2.0
// A made-up plant for the mock: every value is a function of time, so that any range of
// its history can be given without storing any.
const EVERY_10_MIN = 600_000;

const wave = (mid, swing, seconds, phase = 0) => (t) =>
	mid + swing * Math.sin((t / 1000 / seconds + phase) * 2 * Math.PI)
	+ swing * 0.3 * Math.sin(t / 1000 / 61_000 + phase)
	+ swing * 0.04 * Math.sin(t / 700 + phase * 9);

const ramp = (low, high, seconds, phase = 0) => (t) =>
	low + (high - low) * (1 - Math.exp(-4 * ((t / 1000 / seconds + phase) % 1)));

const ROLLING = [[0, 'stopped', '停止'], [1, 'threading', '穿带'], [2, 'rolling', '辊压'], [3, 'fault', '故障']]
	.map(([value, en, zh]) => ({ value, label: { en, zh } }));

/** name, English, Chinese, unit, limits, value, [write limits, tolerance, [states]] */
const charger = (n) => [
	['V', 'cell voltage', '电芯电压', 'V', [2.5, 4.25], ramp(3.0, 4.18, 900, n / 4)],
	['I', 'charge current', '充电电流', 'A', [0, 60], wave(42, 3, 120, n / 4)],
	['T', 'cell temperature', '电芯温度', '°C', [10, 45], wave(31, 4, 300, n / 4)],
	['SOC', 'state of charge', '荷电状态', '%', [0, 100], ramp(5, 98, 900, n / 4)],
	['V_SET', 'voltage set point', '电压设定值', 'V', [3.0, 4.25], 3.6, [3.0, 4.2], 0.005],
	['I_SET', 'current set point', '电流设定值', 'A', [0, 60], 42, [0, 55], 0.05],
];

const MACHINES = [
	['COT1', 'Coater 1', '涂布机 1', '127.0.1.11', [
		['SPEED', 'web speed', '走带速度', 'm/min', [0, 80], wave(60, 0.6, 40)],
		['TEMP1', 'oven zone 1', '烘箱一区温度', '°C', [80, 130], wave(105, 2, 180)],
		['TEMP2', 'oven zone 2', '烘箱二区温度', '°C', [80, 140], wave(118, 2.4, 200, 0.3)],
		['GSM', 'coating weight', '涂布面密度', 'g/m²', [180, 220], wave(201, 21.5, 240, 0.1)],
		['SPEED_SET', 'speed set point', '速度设定值', 'm/min', [0, 80], 60, [10, 75], 0.05],
		['RUN', 'running', '运行', '', null, (t) => t % 1_500_000 < 1_300_000],
	]],
	['CAL1', 'Calender 1', '辊压机 1', '127.0.1.12', [
		['GAP', 'roll gap', '辊缝', 'µm', [90, 130], wave(112, 1.5, 60)],
		['FORCE', 'line force', '线压力', 'kN', [0, 2200], wave(1810.5, 25, 75)],
		['SPEED', 'roll speed', '辊速', 'm/min', [0, 80], wave(59, 0.8, 50)],
		['GAP_SET', 'gap set point', '辊缝设定值', 'µm', [90, 130], 112, [95, 125], 0.5],
		['STATE', 'state', '状态', '', null, (t) => Math.floor(t / 45_000) % 4, undefined, undefined, ROLLING],
	]],
	...[1, 2, 3, 4].map((n) =>
		[`FRM${n}`, `Formation charger ${n}`, `化成柜 ${n}`, `127.0.1.${20 + n}`, charger(n)]),
	['MET1', 'Energy meter 1', '电能表 1', '127.0.1.41', [
		['P', 'active power', '有功功率', 'kW', null, wave(412, 30, 90)],
		['E', 'energy', '电能', 'kWh', null, (t) => (t / 3_600_000) % 1e6],
	]],
];

/** MET1 does not answer for a while, now and then; COT1 has a short break too. */
const isDown = (device, t) =>
	(device === 'MET1' && t % EVERY_10_MIN > EVERY_10_MIN * 0.82)
	|| (device === 'COT1' && t % 240_000 > 225_000 && t % 240_000 < 235_000);

export function createPlant(prefix) {
	const points = [];
	const devices = MACHINES.map(([name, en, zh, ip, rows], at) => {
		rows.forEach(([short, pointEn, pointZh, unit, limits, value, writeLimits, tolerance, states], n) => {
			const point = {
				id: points.length + 1, name: `${name}.${short}`, label: { en: pointEn[0].toUpperCase() + pointEn.slice(1), zh: pointZh },
				unit, ident: `${prefix}/demo/${name}.${short}`, device: name,
				type: typeof value === 'function' && typeof value(0) === 'boolean' ? 'bool' : 'float32',
				table: writeLimits ? 'holding' : 'input', address: (writeLimits ? 100 : 0) + 2 * n, period_ms: 1000, limits,
				write: writeLimits ? { limits: writeLimits, tolerance, role: 'operator' } : null,
				states: states ?? null,
			};
			const steps = [[0, typeof value === 'number' ? value : 0]];
			points.push({ point, steps, value: typeof value === 'function' ? value : undefined });
		});
		return { id: at + 1, name, label: { en, zh }, ident: `${prefix}/demo/${name}`, address: `${ip}:1502`, unit: 1 };
	});
	const byName = new Map(points.map((row) => [row.point.name, row]));

	/** The value of a point at a time, with its quality. */
	function read(row, t) {
		if (isDown(row.point.device, t)) return [null, 'no_connection', 'bad'];
		const raw = row.value ? row.value(t) : row.steps.findLast(([from]) => from <= t)[1];
		const value = Number(Number(raw).toFixed(3));
		const [low, high] = row.point.limits ?? [-Infinity, Infinity];
		return value < low || value > high ? [value, 'out_of_range', 'uncertain'] : [value, 'ok', 'good'];
	}
	return { devices, points, byName, read, isDown };
}
