// SPDX-License-Identifier: Apache-2.0
// A stand-in for the GS1 part of the node: element strings in brackets and paths of a GTIN, and
// the links of its records.
const NAMES = {
	'01': { en: 'GTIN (trade item)', zh: 'GTIN（贸易项目代码）' }, 10: { en: 'Batch or lot', zh: '批次号' },
	17: { en: 'Expiration date', zh: '有效期至' }, 21: { en: 'Serial number', zh: '序列号' },
};
const UNKNOWN = { en: 'not known', zh: '未知' };
const WRONG = { en: 'the check digit of (01) is wrong', zh: '(01) 的校验位错误' };
const FIX = { en: 'read the code again', zh: '请重新读码' };
const NO_SCHEME = { en: 'no scheme known here is written like this', zh: '不是此处已知的编码' };
const VOCABULARY = 'https://ref.gs1.org/voc/';

const checked = (digits) => [...digits].reverse().reduce((sum, c, n) => sum + Number(c) * (n % 2 ? 3 : 1), 0) % 10 === 0;

export function decode(text, prefix) {
	const path = /^(?:https?:\/\/[^/]+)?((?:\/\d{2}\/[^/?]+)+)/.exec(text)?.[1].split('/').slice(1);
	const pairs = path ? path.flatMap((code, n) => (n % 2 ? [] : [[code, path[n + 1], 0]]))
		: [...text.matchAll(/\((\d{2})\)([^(]+)/g)].map((m) => [m[1], m[2], m.index + 4]);
	if (!pairs.length) return { scheme: '', form: '', good: false, problem: NO_SCHEME, at: 0, fields: [] };
	const fields = pairs.map(([code, value, at]) => {
		const good = code !== '01' || (/^\d{14}$/.test(value) && checked(value));
		return { code, name: NAMES[code] ?? UNKNOWN, value, at, good, ...(!good && { problem: WRONG, fix: FIX }) };
	});
	const bad = fields.find((field) => !field.good);
	const form = path ? 'digital-link' : 'element-string-brackets';
	if (bad) return { scheme: 'gs1', form, good: false, problem: WRONG, fix: FIX, at: bad.at, fields };
	const key = fields.filter(({ code }) => ['01', '10', '21'].includes(code)).sort((a, b) => (a.code < b.code ? -1 : 1))
		.map(({ code, value }) => `/${code}/${value}`).join('');
	return { scheme: 'gs1', form, good: true, canonical: `https://id.gs1.org${key}`, path: key, name: prefix + key, fields };
}

/** undefined: nothing is known of it. */
export function linkset(path, origin, linksOf) {
	const [, ai, gtin, ...rest] = path.split('/');
	const levels = [...new Set([`/${ai}/${gtin}`, ['', ai, gtin, ...rest].join('/')])];
	const rows = levels.map((one) => [one, linksOf(one)]).filter(([, links]) => links?.length).map(([one, links]) => {
		const row = { anchor: origin + one };
		const first = links.find((link) => link.default) ?? links[0];
		row[`${VOCABULARY}defaultLink`] = [{ href: first.href, title: first.title }];
		for (const { linkType, default: _, ...link } of links) (row[linkType.replace('gs1:', VOCABULARY)] ??= []).push(link);
		return row;
	});
	return rows.length ? { linkset: rows } : undefined;
}
