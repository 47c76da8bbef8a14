// SPDX-License-Identifier: Apache-2.0
// A stand-in for the schemes beside GS1: battery codes, as far as the cases need them.
const DATES = '123456789ABCDEFGHJKLMNPRSTUVWXY';
const PARTS = [
	['X1-3', 3, 'maker', '厂商代码'], ['X4', 1, 'product type', '产品类型'], ['X5', 1, 'battery type', '电池类型'],
	['X6-7', 2, 'specification', '规格代码'], ['X8-14', 7, 'trace information', '追溯信息代码'],
	['X15-17', 3, 'date of production', '生产日期'], ['X18-24', 7, 'serial number', '序列号'],
];
const WORDS = {
	X4: { P: ['pack', '电池包'], M: ['module', '模块'], C: ['cell', '单体'] },
	X5: { B: ['lithium iron phosphate', '磷酸铁锂电池'], E: ['ternary lithium', '三元材料电池'] },
};
const both = (pair) => pair && { en: pair[0], zh: pair[1] };

function meaningOf(code, value) {
	if (code !== 'X15-17') return both(WORDS[code]?.[value]);
	const [year, month, day] = [...value].map((c) => DATES.indexOf(c) + 1);
	if (!year || !month || !day) return undefined;
	const text = `${2010 + year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
	return { en: text, zh: text };
}

/** undefined: no battery code. */
export function decodeBattery(text, prefix) {
	if (!/^[0-9A-Z]{3}[A-Z]{2}[0-9A-Z]{12}\d{7}$/.test(text)) return undefined;
	let at = 0;
	const fields = PARTS.map(([code, length, en, zh]) => {
		const value = text.slice(at, at + length);
		const meaning = meaningOf(code, value);
		const good = !!meaning || !['X4', 'X5', 'X15-17'].includes(code);
		const field = { code, name: { en, zh }, value, ...(meaning && { meaning }), at, good,
			...(!good && { problem: { en: `${code} has a character that is no date`, zh: `${code} 含有日期代码之外的字符` } }) };
		at += length;
		return field;
	});
	const bad = fields.find((field) => !field.good);
	const head = { scheme: 'gbt34014', title: { en: 'battery code, GB/T 34014', zh: '动力蓄电池编码（GB/T 34014）' }, form: 'full' };
	if (bad) return { ...head, good: false, problem: bad.problem, at: bad.at, fields };
	return { ...head, good: true, canonical: text, suffix: text, name: `${prefix}/${text}`, fields };
}

/** The record of a name, through an alias, and what else leads to it. */
export function withRecord(told, register) {
	const aliasOf = (record) => record?.values.find((value) => value.type === 'HS_ALIAS')?.data.value;
	const own = told.name && register.at(told.name);
	const record = aliasOf(own) ? register.at(aliasOf(own)) : own;
	if (!record) return told;
	const query = new URLSearchParams({ type: 'HS_ALIAS', value: record.handle });
	const also = register.find(query).items.map((one) => one.name);
	return { ...told, record: { name: record.handle, state: record.state ?? 'active', values: record.values }, ...(also.length && { also }) };
}
