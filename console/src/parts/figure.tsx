// SPDX-License-Identifier: Apache-2.0
// A figure in small: its value with the unit, where it is from, what it aims at, and the ways
// from one to another.
import { formatPlain, formatValue } from '../format';
import { href } from '../router';
import type { Definition, Figure, Goal } from '../tree_types';
import { t, word } from '../words_tree';
import { State, type Shape, type Tone } from './status';
import { useText } from './tree';

const ORIGINS: Record<string, [Tone, Shape]> = { measured: ['good', 'dot'], declared: ['warn', 'half'], rolled: ['accent', 'diamond'] };

/** A person's word is told apart from what a machine has measured. */
export function OriginMark({ one }: { one: Figure }) {
	const [tone, shape] = ORIGINS[one.origin] ?? ['calm', 'ring'];
	return <State tone={tone} shape={shape} text={word('origin', one.origin)} title={one.attested_by && `${t('figure.attested')}: ${one.attested_by}`} />;
}

/** "1" is the unit of counts and ratios and is not said. */
export const unitText = (unit: string): string => (unit === '1' ? '' : unit);

export function Value({ value, unit, lack }: { value: number | null; unit: string; lack?: string }) {
	if (value === null) return <span class="faint" data-no-value>{lack ? t('figure.lack', { why: lack }) : t('figure.no.value')}</span>;
	return <span class="nowrap"><b class="num">{formatValue(value)}</b> <span class="faint">{unitText(unit)}</span></span>;
}

export function goalText(goal: Goal, unit: string): string {
	const value = `${formatPlain(goal.value)} ${unitText(unit)}`.trim();
	return goal.by ? t('figure.target.by', { value, day: goal.by }) : value;
}

/** How a scope is called; its word when the definition is not here. */
export function useScopeText(definitions: readonly Definition[]): (definition: string, scope: string) => string {
	const text = useText();
	return (id, scope) => text(definitions.find((one) => one.id === id)?.scopes.find((one) => one.id === scope)?.name, scope);
}

/** The figures through which a reader came down, the highest first. */
export interface Walked { id: string; entity: string }

export function viaOf(query: URLSearchParams): Walked[] {
	try {
		const rows: unknown = JSON.parse(query.get('via') ?? '[]');
		return Array.isArray(rows) ? rows.filter((row): row is [string, string] => Array.isArray(row) && row.every((one) => typeof one === 'string'))
			.map(([id, entity]) => ({ id, entity })) : [];
	} catch {
		return [];
	}
}

export const figureHref = (id: string, via: readonly Walked[] = []): string =>
	href('figures', id, { via: via.length ? JSON.stringify(via.map((one) => [one.id, one.entity])) : '' });
