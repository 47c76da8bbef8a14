// SPDX-License-Identifier: Apache-2.0
// What the pages of the tree share: their tabs on a phone, states of links, coverage, times,
// and what is said where a node has no part in a tree.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { formatSpan } from '../format';
import { useLang } from '../i18n';
import type { Loaded } from '../load';
import { href, useRoute } from '../router';
import type { ChildState, EntityState, ParentState } from '../tree_types';
import type { BothLanguages } from '../types';
import { t, word } from '../words_tree';
import { Moment } from './moment';
import { Pager } from './pager';
import { Await, PageHead, Tabs } from './panel';
import { useTreePages } from './shell';
import { State, type Shape, type Tone } from './status';
import '../tree.css';

/** A text of the node in the reader's language. */
export function useText(): (text: BothLanguages | undefined, otherwise?: string) => string {
	const zh = useLang() === 'zh';
	return (text, otherwise = '') => (text && (text[zh ? 'zh' : 'en'] || text.en)) || otherwise;
}

interface TreeHeadProps { title: ComponentChildren; above?: ComponentChildren; children?: ComponentChildren }

/** The head of such a page. On a phone, where the navigation has one place for all of them,
 * tabs lead from one to another. */
export function TreeHead({ title, above, children }: TreeHeadProps) {
	const { page } = useRoute();
	const pages = useTreePages();
	const here = page === 'figures' ? 'indicators' : page;
	return (
		<>
			{pages.length > 1 && <div class="tree-tabs"><Tabs label={t('nav.tree.group')}
				items={pages.map(([to, , text]) => ({ href: href(to), text: t(text), here: to === here }))} /></div>}
			<PageHead title={title} above={above}>{children}</PageHead>
		</>
	);
}

/** As Await, but a node without that part says so instead of failing. */
export function TreeAwait<T>({ from, rows, missing, children }:
{ from: Loaded<T>; rows?: number; missing?: string; children: (data: T) => ComponentChildren }) {
	const status = from.data === undefined ? from.problem?.status : undefined;
	if (status === 404 || status === 503) {
		return (
			<div class="not-here" data-not-here={status}>
				<State tone="calm" shape={status === 404 ? 'ring' : 'half'} text={status === 404 ? missing ?? t('here.none') : t('here.busy')} />
				<p class="faint">{t(status === 404 ? 'here.none.fix' : 'here.busy.fix')}</p>
				{status === 503 && <button type="button" onClick={from.reload}>{t('problem.again')}</button>}
			</div>
		);
	}
	return <Await from={from} rows={rows}>{children}</Await>;
}

/** Pages of a list that is walked by cursors; another key begins anew. */
export function useCursor(key: string) {
	const [walked, setWalked] = useState<{ key: string; cursors: readonly string[] }>({ key, cursors: [] });
	const cursors = walked.key === key ? walked.cursors : [];
	const set = (next: readonly string[]): void => setWalked({ key, cursors: next });
	const pager = (next: string | null | undefined) => (
		<Pager onFirst={cursors.length ? () => set([]) : undefined} onPrevious={cursors.length ? () => set(cursors.slice(0, -1)) : undefined}
			onNext={next ? () => set([...cursors, next]) : undefined} />
	);
	return { cursor: cursors[cursors.length - 1], pager };
}

type Look = readonly [Tone, Shape];
const PARENTS: Record<ParentState, Look> = {
	up: ['good', 'dot'], connecting: ['warn', 'half'], down: ['bad', 'square'], refused: ['bad', 'diamond'],
};
const CHILDREN: Record<ChildState, Look> = {
	up: ['good', 'dot'], late: ['warn', 'triangle'], down: ['bad', 'square'], never: ['calm', 'ring'], revoked: ['calm', 'diamond'],
};
export const ENTITIES: Record<EntityState, Look> = {
	reporting: ['good', 'dot'], late: ['warn', 'triangle'], silent: ['bad', 'square'], none: ['calm', 'ring'],
};
const UNKNOWN: Look = ['calm', 'ring'];

const stateOf = (looks: Record<string, Look>, family: string) => function Marked({ state, title }: { state: string; title?: string }) {
	const [tone, shape] = looks[state] ?? UNKNOWN;
	return <State tone={tone} shape={shape} text={word(family, state)} title={title} />;
};
export const ParentMark = stateOf(PARENTS, 'parent');
export const ChildMark = stateOf(CHILDREN, 'child');
export const EntityMark = stateOf(ENTITIES, 'entity');

export const msOf = (time: string | null | undefined): number | undefined => (time ? Date.parse(time) : undefined);

export function When({ time, whole }: { time: string | null | undefined; whole?: boolean }) {
	return <Moment ms={msOf(time)} whole={whole} />;
}

/** How long ago, with the time itself on hover; never is told as such. */
export function Ago({ time }: { time: string | null | undefined }) {
	const ms = msOf(time);
	if (ms === undefined) return <span class="faint">{t('word.never')}</span>;
	return <time class="num nowrap" dateTime={time!} title={`${time!.slice(0, 19).replace('T', ' ')} UTC`}>
		{t('word.ago', { span: formatSpan((Date.now() - ms) / 1000) })}</time>;
}

export const shareText = (share: number | null | undefined): string =>
	(share === null || share === undefined ? '–' : `${(100 * share).toFixed(share > 0.9995 || share === 0 ? 0 : 1)} %`);

/** A share as a bar and its number; nothing known is no bar. */
export function Coverage({ share }: { share: number | null | undefined }) {
	const known = share !== null && share !== undefined;
	const low = known && share < 0.9;
	return (
		<span class="coverage" title={known ? t('figure.coverage.of', { share: shareText(share) }) : undefined}>
			{known && <span class={`use-bar ${low ? 'near' : ''}`} aria-hidden="true"><i style={{ width: `${100 * Math.min(1, share)}%` }} /></span>}
			<span class="num">{shareText(share)}</span>
		</span>
	);
}

/** How many report of those that should; fewer is told by a shape too. */
export function Reporting({ reporting, expected }: { reporting: number; expected: number }) {
	const text = `${reporting} / ${expected}`;
	const title = t('figure.reporting.of', { n: reporting, all: expected });
	return reporting < expected ? <State tone="warn" shape="triangle" text={text} title={title} /> : <span class="num nowrap" title={title}>{text}</span>;
}
