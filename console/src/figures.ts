// SPDX-License-Identifier: Apache-2.0
// Figures as they are read: which stand together, what period they are of, and how their
// parts make the value. Only figures of one definition, version, scope and period are ever
// put together; nothing here adds values. Pure.
import type { BelowFigure, Figure, OpenFigure } from './tree_types';

/** What must be the same for two figures to stand in one table. */
export const kindOf = (one: Figure): string => JSON.stringify([one.definition, one.version, one.scope, one.period]);

/** Figures that mean the same, each group in the order in which its first one came. */
export function groupsOf(figures: readonly Figure[]): Figure[][] {
	const groups = new Map<string, Figure[]>();
	for (const one of figures) {
		const group = groups.get(kindOf(one));
		if (group) group.push(one);
		else groups.set(kindOf(one), [one]);
	}
	return [...groups.values()];
}

const two = (n: number): string => String(n).padStart(2, '0');
const dayText = (d: Date): string => `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}`;
const stampText = (d: Date): string => `${dayText(d)} ${two(d.getHours())}:${two(d.getMinutes())}`;

/** The period by the reader's calendar; where it does not begin there, from when to when. */
export function periodText(period: string, from: string, to: string): string {
	const [a, b] = [new Date(from), new Date(to)];
	const midnight = a.getHours() + a.getMinutes() === 0;
	const first = midnight && a.getDate() === 1;
	if (period === 'year' && first && a.getMonth() === 0) return String(a.getFullYear());
	if (period === 'quarter' && first && a.getMonth() % 3 === 0) return `${a.getFullYear()} Q${a.getMonth() / 3 + 1}`;
	if (period === 'month' && first) return `${a.getFullYear()}-${two(a.getMonth() + 1)}`;
	if (period === 'day' && midnight) return dayText(a);
	const sameDay = dayText(a) === dayText(b);
	return `${stampText(a)} – ${sameDay ? stampText(b).slice(11) : stampText(b)}`;
}

export type Token = { kind: 'part' | 'number' | 'sign'; text: string };

/** A formula over names of parts in its words; undefined: one that is not of + - * / alone. */
export function tokensOf(formula: string): Token[] | undefined {
	const tokens: Token[] = [];
	const word = /\s*(?:([A-Za-z_][\w.]*)|(\d+(?:\.\d+)?)|([-+*/()]))/y;
	while (word.lastIndex < formula.trimEnd().length) {
		const found = word.exec(formula);
		if (!found) return undefined;
		const [, name, number, sign] = found;
		tokens.push(name ? { kind: 'part', text: name } : number ? { kind: 'number', text: number } : { kind: 'sign', text: sign! });
	}
	const calls = tokens.some((one, n) => one.kind === 'part' && tokens[n + 1]?.text === '(');
	return calls ? undefined : tokens;
}

/** What the words come to with these numbers; NaN where one is missing or they make no sense. */
export function worked(tokens: readonly Token[], valueOf: (part: string) => number | null | undefined): number {
	let at = 0;
	const takes = (signs: string): string | undefined => {
		const token = tokens[at];
		if (token?.kind !== 'sign' || !signs.includes(token.text)) return undefined;
		at++;
		return token.text;
	};
	const factor = (depth: number): number => {
		if (depth > 32) return NaN;
		if (takes('-')) return -factor(depth + 1);
		if (takes('(')) {
			const inner = sum(depth + 1);
			return takes(')') ? inner : NaN;
		}
		const token = tokens[at++];
		if (!token || token.kind === 'sign') return NaN;
		return token.kind === 'number' ? Number(token.text) : valueOf(token.text) ?? NaN;
	};
	const product = (depth: number): number => {
		let value = factor(depth);
		for (let sign = takes('*/'); sign; sign = takes('*/')) {
			const next = factor(depth);
			value = sign === '*' ? value * next : value / next;
		}
		return value;
	};
	const sum = (depth: number): number => {
		let value = product(depth);
		for (let sign = takes('+-'); sign; sign = takes('+-')) {
			const next = product(depth);
			value = sign === '+' ? value + next : value - next;
		}
		return value;
	};
	const value = sum(0);
	return at === tokens.length ? value : NaN;
}

/** As near as sums of many doubles in another order come. */
export const isNear = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a), Math.abs(b));

export type Check = 'equal' | 'unequal' | 'unknown';

/** Whether the parts make the value, told without the node. Unknown where units would have to be
 * converted or a part is no number. */
export function checkValue(one: Figure, formula: string): Check {
	const tokens = tokensOf(formula);
	const used = one.parts.filter((part) => tokens?.some((token) => token.kind === 'part' && token.text === part.name));
	if (!tokens || one.value === null || new Set(used.map((part) => part.unit)).size > 1) return 'unknown';
	const made = worked(tokens, (name) => used.find((part) => part.name === name)?.value);
	if (Number.isNaN(made)) return 'unknown';
	return isNear(one.unit === '%' ? made * 100 : made, one.value) ? 'equal' : 'unequal';
}

/** The sum of a part over the children that report; null when one of them does not say. */
export function sumBelow(children: readonly BelowFigure[], name: string): number | null {
	const told = children.filter((child) => child.state === 'reporting');
	const numbers = told.map((child) => child.parts?.find((part) => part.name === name)?.value ?? null);
	return numbers.length && numbers.every((n) => n !== null) ? numbers.reduce<number>((all, n) => all + n!, 0) : null;
}

/** Whether the children's parts add up to those of the figure above them. */
export function checkSums(one: OpenFigure): Check {
	const sums = one.parts.filter((part) => part.kind === 'sum' && part.value !== null)
		.map((part) => [part.value!, sumBelow(one.children, part.name)] as const);
	if (!sums.length || sums.some(([, sum]) => sum === null)) return 'unknown';
	return sums.every(([value, sum]) => isNear(value, sum!)) ? 'equal' : 'unequal';
}
