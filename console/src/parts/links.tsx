// SPDX-License-Identifier: Apache-2.0
// Links of GS1: as a table, and one of them as the fields of a form.
import type { Wrong, Row } from '../draft';
import { linkOf, linksOf, linkTypeText, LINK_TYPES, textOfLink, type Gs1Link } from '../gs1';
import { t } from '../i18n';
import type { HandleValue } from '../types';
import { Icon } from './icon';
import { State } from './status';

/** A link that a record holds or a linkset lists. */
export function LinkTable({ links }: { links: readonly (Gs1Link & { anchor?: string })[] }) {
	const levels = new Set(links.map((link) => link.anchor)).size > 1;
	return (
		<table class="table stack links">
			<thead><tr><th>{t('links.type')}</th><th>{t('links.target')}</th></tr></thead>
			<tbody>{links.map((link, n) => (
				<tr key={n} data-link={link.linkType}>
					<td data-label={t('links.type')}>{linkTypeText(link.linkType)}
						<span class="sub mono">{link.linkType}</span>
						{link.default && <State tone="accent" shape="dot" text={t('scan.default')} />}</td>
					<td data-label={t('links.target')}><a class="wrap" href={link.href} rel="noreferrer">{link.title}</a>
						<span class="sub mono wrap">{link.href}</span>
						<span class="sub">{[link.hreflang?.join(' '), link.type, link.context?.join(' ')].filter(Boolean).join(' · ')}</span>
						{levels && <span class="sub mono wrap">{t('scan.level')} {link.anchor?.replace(/^https?:\/\/[^/]+/, '')}</span>}</td>
				</tr>
			))}</tbody>
		</table>
	);
}

/** The links of a record beside its values; nothing when it has none. */
export function LinksPanel({ values }: { values: readonly HandleValue[] }) {
	const links = linksOf(values);
	if (!links.length) return null;
	return (
		<section class="panel flush">
			<header class="panel-head"><h2>{t('links.title')}</h2></header>
			<LinkTable links={links} />
		</section>
	);
}

const words = (text: string): string[] => text.split(/[\s,，、]+/).filter(Boolean);

interface Props { row: Row; wrong: Wrong; set: (next: Partial<Row>) => void; onRemove: () => void }

/** A value that is a link, as fields instead of its JSON. */
export function LinkRow({ row, wrong, set, onRemove }: Props) {
	const link = linkOf(row.text) ?? { linkType: '', href: '', title: '' };
	const id = (part: string): string => `row-${row.key}-${part}`;
	const change = (next: Partial<Gs1Link>): void => set({ text: textOfLink({ ...link, ...next }) });
	const known = LINK_TYPES.some((type) => `gs1:${type}` === link.linkType);
	const remove = t('register.row.remove', { index: row.index });
	return (
		<fieldset class="value-row link-row" data-index={row.index} data-link>
			<div class="field"><span class="faint">{t('ident.index')}</span><span class="num">{row.index}</span></div>
			<div class="field"><label for={id('link-type')}>{t('links.type')}</label>
				<select id={id('link-type')} value={link.linkType} onChange={(e) => change({ linkType: e.currentTarget.value })}>
					{!known && <option value={link.linkType}>{link.linkType ? t('links.other', { type: link.linkType }) : '–'}</option>}
					{LINK_TYPES.map((type) => <option key={type} value={`gs1:${type}`}>{linkTypeText(type)}</option>)}
				</select></div>
			<div class="field field-data"><label for={id('href')}>{t('links.target')}</label>
				<input id={id('href')} class="mono" value={link.href} spellcheck={false} autocapitalize="off" aria-invalid={!!wrong.text}
					aria-describedby={id('wrong')} onInput={(e) => change({ href: e.currentTarget.value.trim() })} />
				{wrong.text && <p id={id('wrong')} class="bad-text">{wrong.text}</p>}</div>
			<button type="button" class="quiet square" aria-label={remove} title={remove} onClick={onRemove}><Icon name="cross" /></button>
			<div class="value-more link-more">
				<div class="field"><label for={id('title')}>{t('links.text')}</label>
					<input id={id('title')} value={link.title} onInput={(e) => change({ title: e.currentTarget.value })} /></div>
				<div class="field"><label for={id('language')}>{t('links.language')}</label>
					<input id={id('language')} class="mono" placeholder={t('links.language.hint')} value={link.hreflang?.join(', ') ?? ''}
						onChange={(e) => change({ hreflang: words(e.currentTarget.value) })} /></div>
				<div class="field"><label for={id('media')}>{t('links.media')}</label>
					<input id={id('media')} class="mono" placeholder="text/html" value={link.type ?? ''}
						onInput={(e) => change({ type: e.currentTarget.value.trim() })} /></div>
				<label class="tick"><input type="checkbox" checked={!!link.default} onChange={(e) => change({ default: e.currentTarget.checked })} />
					{t('links.default')}</label>
			</div>
		</fieldset>
	);
}
