// SPDX-License-Identifier: Apache-2.0
// The values of a record: their text, what their types and permissions mean, and how two
// versions of them differ. Pure.
import { hasWord, t } from './i18n';
import type { HandleValue } from './types';

export const DEFAULT_PERMISSIONS = '1110';
/** Types a person may begin with; the index is where they usually stand. */
export const USUAL_TYPES: readonly [type: string, index: number][] = [
	['URL', 1], ['DESC', 2], ['EMAIL', 3], ['UNIT', 4], ['URN', 5], ['INET_HOST', 6], ['HS_ALIAS', 7], ['HS_SERV', 8], ['GS1.LINK', 10],
];

export const formatOf = (value: HandleValue): string =>
	typeof value.data === 'string' ? 'string' : value.data.format;

export function textOf(value: HandleValue): string {
	const inner = typeof value.data === 'string' ? value.data : value.data.value;
	return typeof inner === 'string' ? inner : JSON.stringify(inner);
}

const LIVE_INDEX = 2 ** 30;

/** Made when it was asked for, of the sample of a point; no record holds it. */
export const isLive = (value: { index: number; type: string }): boolean =>
	value.type.toUpperCase() === 'JIZHU.VALUE' && value.index >= LIVE_INDEX;

export const isPoint = (value: HandleValue): boolean => value.type.toUpperCase() === 'JIZHU.POINT';

/** What the type is for, or nothing. A sub-type ("URL.MIRROR") means what its type does. */
export function meaningOf(type: string): string {
	const own = `type.${type.toLowerCase()}`;
	const key = hasWord(own) ? own : `type.${type.split('.')[0]!.toLowerCase()}`;
	return hasWord(key) ? t(key) : '';
}

const PERMISSIONS = ['perm.admin_read', 'perm.admin_write', 'perm.public_read', 'perm.public_write'] as const;

/** "1110" in words. */
export function permissionsText(permissions = DEFAULT_PERMISSIONS): string {
	const key = `perms.${permissions}`;
	if (hasWord(key)) return t(key);
	const parts = PERMISSIONS.filter((_, n) => permissions[n] === '1').map((word) => t(word));
	return parts.length ? parts.join(t('word.comma')) : t('perm.nobody');
}

const RIGHTS = ['add_handle', 'delete_handle', 'add_na', 'delete_na', 'modify_value', 'remove_value', 'add_value',
	'modify_admin', 'remove_admin', 'add_admin', 'read_value', 'list'] as const;

export interface AdminData { handle: string; index: number; permissions: string }

/** The rights of an administrator in words; the lowest bit stands right. */
export function rightsText({ permissions }: AdminData): string {
	if (/^1{12}$/.test(permissions)) return t('right.all');
	const digits = [...permissions].reverse();
	return RIGHTS.filter((_, n) => digits[n] === '1').map((right) => t(`right.${right}`)).join(t('word.comma'));
}

/** As textOf, but an administrator in words. */
function wordsOf(value: HandleValue): string {
	if (formatOf(value) !== 'admin' || typeof value.data === 'string') return textOf(value);
	const admin = value.data.value as AdminData;
	return `${admin.handle} #${admin.index}: ${rightsText(admin)}`;
}

export interface Difference { index: number; type: string; old?: string; now?: string }

const shape = (value: HandleValue): string =>
	JSON.stringify([value.type, formatOf(value), textOf(value), value.ttl, value.permissions ?? DEFAULT_PERMISSIONS]);

/** What changed, said with more than the text where the text is the same. */
function sides(old: HandleValue, now: HandleValue): [string, string] {
	const texts: [string, string] = [wordsOf(old), wordsOf(now)];
	if (texts[0] !== texts[1]) return texts;
	const about = (v: HandleValue): string => `${v.type} · ${v.ttl} s · ${permissionsText(v.permissions)}`;
	return [about(old), about(now)];
}

/** How the values of one version become those of the next, by index. */
export function differences(before: readonly HandleValue[], after: readonly HandleValue[]): Difference[] {
	const old = new Map(before.map((value) => [value.index, value]));
	const now = new Map(after.map((value) => [value.index, value]));
	const rows: Difference[] = [];
	for (const index of [...new Set([...old.keys(), ...now.keys()])].sort((a, b) => a - b)) {
		const a = old.get(index);
		const b = now.get(index);
		if (a && b && shape(a) === shape(b)) continue;
		const [was, is] = a && b ? sides(a, b) : [a && wordsOf(a), b && wordsOf(b)];
		rows.push({ index, type: (b ?? a)!.type, old: was, now: is });
	}
	return rows;
}

/** The values to send so that `before` becomes `after`, and the indexes to take away. */
export function editOf(before: readonly HandleValue[], after: readonly HandleValue[]): {
	put: HandleValue[]; remove: number[];
} {
	const old = new Map(before.map((value) => [value.index, value]));
	const kept = new Set(after.map((value) => value.index));
	return {
		put: after.filter((value) => {
			const was = old.get(value.index);
			return !was || shape(was) !== shape(value);
		}),
		remove: before.map((value) => value.index).filter((index) => !kept.has(index)),
	};
}
