// SPDX-License-Identifier: Apache-2.0
// Links of GS1: the values of a record, and the linkset the node makes of them. Pure.
import { hasWord, t } from './i18n';
import type { HandleValue } from './types';
import { textOf } from './values';

export const LINK_TYPE = 'GS1.LINK';
const VOCABULARY = 'https://ref.gs1.org/voc/';

export interface Gs1Link {
	linkType: string; href: string; title: string; type?: string; hreflang?: string[]; context?: string[]; default?: boolean;
}

/** The types a person may choose from; others are kept as they are. */
export const LINK_TYPES = ['pip', 'certificationInfo', 'dpp', 'epcis', 'epil', 'hasRetailers', 'homepage', 'instructions',
	'masterData', 'recallStatus', 'registerProduct', 'review', 'safetyInfo', 'serviceInfo', 'support', 'sustainabilityInfo', 'traceability'] as const;

export const isLink = (value: { type: string }): boolean => value.type.toUpperCase() === LINK_TYPE;

export function linkOf(text: string): Gs1Link | undefined {
	try {
		const link: unknown = JSON.parse(text);
		return link && typeof link === 'object' && !Array.isArray(link) ? { linkType: '', href: '', title: '', ...link } : undefined;
	} catch {
		return undefined;
	}
}

/** Members that say nothing are left out. */
export function textOfLink({ linkType, href, title, type, hreflang, context, default: first, ...more }: Gs1Link): string {
	return JSON.stringify({
		linkType, href, title, ...more, ...(type && { type }), ...(hreflang?.length && { hreflang }), ...(context?.length && { context }),
		...(first && { default: true }),
	});
}

export const linksOf = (values: readonly HandleValue[]): Gs1Link[] =>
	values.filter(isLink).map((value) => linkOf(textOf(value))).filter((link) => link !== undefined);

/** "gs1:pip" in words. */
export function linkTypeText(type: string): string {
	const short = type.replace(VOCABULARY, '').replace(/^gs1:/, '');
	const key = `link.${short.toLowerCase()}`;
	return hasWord(key) ? t(key) : type;
}

export function wrongLink(text: string): string {
	const link = linkOf(text);
	if (!link) return t('wrong.link.json');
	if (!/^(gs1:[A-Za-z0-9]+|https?:\/\/\S+)$/.test(link.linkType)) return t('wrong.link.type');
	if (!/^https?:\/\/[A-Za-z0-9]\S*$/.test(link.href)) return t('wrong.url');
	return link.title.trim() ? '' : t('wrong.link.title');
}

export interface LinksetLink { href: string; title: string; type?: string; hreflang?: string[]; context?: string[] }
export interface Linkset { linkset: ({ anchor: string; description?: string } & Record<string, unknown>)[] }

const isList = (value: unknown): value is LinksetLink[] => Array.isArray(value);

/** Every link once, the most telling level first, with the default link ahead. */
export function linksOfSet(set: Linkset): (Gs1Link & { anchor: string })[] {
	return [...set.linkset].reverse().flatMap((level) => {
		const first = level[`${VOCABULARY}defaultLink`];
		const chosen = isList(first) ? first[0]?.href : undefined;
		return Object.entries(level)
			.filter(([key, value]) => isList(value) && !/defaultLink(Multi)?$/.test(key))
			.flatMap(([key, value]) => (value as LinksetLink[]).map((link) =>
				({ ...link, linkType: key.replace(VOCABULARY, 'gs1:'), anchor: level.anchor, default: link.href === chosen })))
			.sort((a, b) => Number(b.default) - Number(a.default));
	});
}
