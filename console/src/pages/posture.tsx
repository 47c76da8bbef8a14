// SPDX-License-Identifier: Apache-2.0
// How safe this node and all below it are: one index with its coverage and the three reasons
// that raise it most, the children, and attackers that were seen at several of them.
import { formatCount, formatSpan } from '../format';
import { useLoad } from '../load';
import { Empty, Panel } from '../parts/panel';
import { State, type Shape, type Tone } from '../parts/status';
import { Coverage, TreeAwait, TreeHead, useText, When } from '../parts/tree';
import type { PageProps } from '../router';
import { treeApi } from '../tree_api';
import type { Campaign, Posture } from '../tree_types';
import { t, word } from '../words_tree';

const REFRESH_MS = 15_000;

/** Where an index is looked at differently; told by shape as well as by colour. */
function lookOf(index: number | null): [Tone, Shape] {
	if (index === null) return ['calm', 'ring'];
	if (index >= 60) return ['bad', 'square'];
	return index >= 25 ? ['warn', 'triangle'] : ['good', 'dot'];
}

function Index({ index }: { index: number | null }) {
	const [tone, shape] = lookOf(index);
	return <span class="index"><State tone={tone} shape={shape} text={index === null ? t('posture.index.none') : index.toFixed(1)} />
		{index !== null && <span class="index-bar" aria-hidden="true"><i class={`tone-${tone}`} style={{ width: `${index}%` }} /></span>}</span>;
}

function reasonText({ reason, arguments: holes, text }: Posture['because'][number]): string {
	if (text) return text;
	return reason === 'assets' || reason === 'events' ? t(`reason.${reason}`, { ...holes, ...(holes.band !== undefined && { band: word('band', String(holes.band)) }) }) : `${word('reason', reason)} ${Object.values(holes).join(' ')}`;
}

function Top({ one }: { one: Posture }) {
	const [tone, shape] = lookOf(one.index);
	return (
		<div class="columns even posture-top">
			<Panel title={t('posture.index')}>
				<p class="index-big" data-index={one.index ?? ''}><State tone={tone} shape={shape} text={one.index === null ? t('posture.index.none') : one.index.toFixed(1)} /><span class="faint"> / 100</span></p>
				<span class="index-bar big" aria-hidden="true">{one.index !== null && <i class={`tone-${tone}`} style={{ width: `${one.index}%` }} />}</span>
				<p class="index-coverage">{t('posture.coverage')} {one.coverage === null ? <span class="faint">{t('posture.coverage.none')}</span> : <Coverage share={one.coverage} />}</p>
			</Panel>
			<Panel title={t('posture.because')}>
				{one.because.length ? <ol class="because">{one.because.map((why, n) => (
					<li key={n} data-because={why.reason}><span class="wrap">{reasonText(why)}</span>
						<span class="effect"><span class="index-bar" aria-hidden="true"><i class="tone-accent" style={{ width: `${Math.min(100, why.effect)}%` }} /></span>
							<span class="faint num">{t('posture.effect', { n: why.effect.toFixed(1) })}</span></span></li>
				))}</ol> : <Empty>{t('posture.because.none')}</Empty>}
			</Panel>
		</div>
	);
}

function Children({ rows }: { rows: Posture['children'] }) {
	const text = useText();
	const worst = [...rows].sort((a, b) => (b.index ?? -1) - (a.index ?? -1));
	return (
		<Panel title={t('posture.children')} class="flush">
			{rows.length ? (
				<table class="table stack">
					<thead><tr><th>{t('word.name')}</th><th>{t('posture.index')}</th><th>{t('posture.coverage')}</th><th>{t('posture.age')}</th></tr></thead>
					<tbody>{worst.map((one) => (
						<tr key={one.ident} data-posture={one.ident}>
							<td><b>{text(one.label, one.ident)}</b>{one.label && <span class="sub mono">{one.ident}</span>}</td>
							<td data-label={t('posture.index')}><Index index={one.index} /></td>
							<td data-label={t('posture.coverage')}><Coverage share={one.coverage} /></td>
							<td data-label={t('posture.age')}>{one.silent ? <State tone="warn" shape="triangle" text={t('posture.silent')} />
								: one.age_s === undefined || one.age_s === null ? <span class="faint">–</span> : <span class="num">{t('word.ago', { span: formatSpan(one.age_s) })}</span>}</td>
						</tr>
					))}</tbody>
				</table>
			) : <Empty>{t('posture.children.none')}</Empty>}
		</Panel>
	);
}

function Campaigns({ rows }: { rows: Campaign[] }) {
	return (
		<Panel title={t('posture.campaigns')} class="flush" aside={<span class="faint small-text">{t('posture.campaigns.text')}</span>}>
			{rows.length ? (
				<table class="table stack">
					<thead><tr><th>{t('case.subject')}</th><th>{t('case.technique')}</th><th class="right">{t('posture.entities')}</th><th class="right">{t('posture.sightings')}</th>
						<th class="right">{t('word.first')}</th><th class="right">{t('word.last')}</th></tr></thead>
					<tbody>{rows.map((one) => (
						<tr key={`${one.subject} ${one.technique}`} data-campaign={one.subject}>
							<td class="mono wrap">{one.subject}</td>
							<td class="mono" data-label={t('case.technique')}>{one.technique}</td>
							<td class="right num" data-label={t('posture.entities')}>{one.entities > 1 ? <b>{one.entities}</b> : one.entities}</td>
							<td class="right num" data-label={t('posture.sightings')}>{formatCount(one.sightings)}</td>
							<td class="right" data-label={t('word.first')}><When time={one.first} /></td>
							<td class="right" data-label={t('word.last')}><When time={one.last} /></td>
						</tr>
					))}</tbody>
				</table>
			) : <Empty>{t('posture.campaigns.none')}</Empty>}
		</Panel>
	);
}

export function PosturePage(_: PageProps) {
	const loaded = useLoad(treeApi.posture, 'posture', { every_ms: REFRESH_MS });
	return (
		<>
			<TreeHead title={t('nav.posture')} />
			<p class="faint intro">{t('posture.text')}</p>
			<TreeAwait from={loaded} rows={10}>{(one) => <><Top one={one} /><Children rows={one.children} /><Campaigns rows={one.campaigns} /></>}</TreeAwait>
		</>
	);
}
