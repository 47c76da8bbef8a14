// SPDX-License-Identifier: Apache-2.0
// The values of an identifier's record and what they mean. A URL of this node leads to the
// live value.
import type { ComponentChildren } from 'preact';
import { isLink, linkOf, linkTypeText, type Gs1Link } from '../gs1';
import { formatSpan, formatStamp, formatValue, pointValue } from '../format';
import { t, word } from '../i18n';
import { asNumber, catalogue, useLive } from '../live';
import { href } from '../router';
import { useStore } from '../store';
import type { HandleRecord, HandleValue, Point, RecordState } from '../types';
import { formatOf, isLive, isPoint, meaningOf, permissionsText, rightsText, textOf, type AdminData } from '../values';
import { Moment } from './moment';
import { QualityMark, State, type Tone } from './status';

/** The point a URL of this console speaks of, if it does. */
function pointIn(url: string): string | undefined {
	const match = /\/points\/([^/?#]+)$/.exec(url);
	return match?.[1] && decodeURIComponent(match[1]);
}

const isWeb = (text: string): boolean => /^https?:\/\//i.test(text);

function Name({ name }: { name: string }) {
	return <a class="mono wrap" href={href('identifiers', name)}>{name}</a>;
}

function Admin({ admin }: { admin: AdminData }) {
	return <><Name name={admin.handle} /> <span class="faint num">#{admin.index}</span><span class="sub">{rightsText(admin)}</span></>;
}

interface SiteData { servers?: { address: string; interfaces?: { protocol: string; port: number }[] }[] }

function Site({ site }: { site: SiteData }) {
	return <>{site.servers?.map((server) => (
		<span key={server.address} class="mono wrap">{server.address} <span class="faint">
			{server.interfaces?.map((i) => `${i.protocol} ${i.port}`).join(t('word.comma'))}</span></span>
	))}</>;
}

interface LiveData { value: number | boolean | null; unit?: string; quality: string; time: string }

function liveData(text: string): LiveData | undefined {
	try {
		return JSON.parse(text) as LiveData;
	} catch {
		return undefined;
	}
}

function Sample({ text }: { text: string }) {
	const live = liveData(text);
	if (!live) return <span class="mono wrap">{text}</span>;
	return <><span class="num">{formatValue(live.value)} {live.unit}</span> <span class="faint">{word('quality', live.quality)}</span></>;
}

function Data({ value }: { value: HandleValue }): ComponentChildren {
	const text = textOf(value);
	const format = formatOf(value);
	const inner = typeof value.data === 'string' ? undefined : value.data.value;
	if (format === 'admin') return <Admin admin={inner as AdminData} />;
	if (format === 'site') return <Site site={inner as SiteData} />;
	if (isLive(value)) return <Sample text={text} />;
	const link = isLink(value) ? linkOf(text) : undefined;
	if (link) return <LinkText link={link} />;
	if (isPoint(value)) return <a class="mono" href={href('points', text)}>{text}</a>;
	if (value.type === 'HS_ALIAS' || value.type === 'HS_SERV') return <Name name={text} />;
	if (value.type !== 'URL' || !isWeb(text)) return <span class="mono wrap">{text}</span>;
	const point = pointIn(text);
	return <a class="mono wrap" href={point ? href('points', point) : text} rel="noreferrer">{text}</a>;
}

function LinkText({ link }: { link: Gs1Link }) {
	return <><a class="wrap" href={isWeb(link.href) ? link.href : undefined} rel="noreferrer">{link.title}</a>
		<span class="sub wrap">{linkTypeText(link.linkType)} · <span class="mono">{link.href}</span></span></>;
}

const ttlText = (ttl: number | string): string =>
	typeof ttl === 'number' ? formatSpan(ttl) : formatStamp(Date.parse(ttl));

export function LiveLink({ point }: { point: Point }) {
	const live = useLive(point.id);
	const value = live ? live.value : asNumber(point.value);
	return (
		<a class="live-link" href={href('points', point.name)}>
			<span class="faint">{t('ident.live')}</span>
			<QualityMark quality={live?.quality ?? point.quality_class} />
			<strong class="num">{pointValue(point, value, live?.places)} {point.unit}</strong>
		</a>
	);
}

/** The point that carries this identifier; names are compared without ASCII case. */
export function usePointOf(ident: string): Point | undefined {
	const points = useStore(catalogue);
	const folded = ident.toUpperCase();
	return [...points.values()].find((p) => p.ident.toUpperCase() === folded);
}

const STATES: Record<RecordState, [Tone, 'dot' | 'ring' | 'half' | 'square']> = {
	active: ['good', 'dot'], draft: ['accent', 'half'], retired: ['calm', 'ring'], deleted: ['calm', 'square'],
};

export function RecordMark({ state }: { state: RecordState }) {
	const [tone, shape] = STATES[state];
	return <State tone={tone} shape={shape} text={word('record', state)} title={word('record.means', state)} />;
}

export function RecordTable({ record }: { record: Pick<HandleRecord, 'values'> }) {
	return (
		<table class="table stack record">
			<thead>
				<tr>
					<th class="right">{t('ident.index')}</th><th>{t('word.type')}</th>
					<th>{t('ident.data')}</th><th>{t('ident.ttl')}</th><th>{t('ident.stamp')}</th>
				</tr>
			</thead>
			<tbody>
				{record.values.map((value) => (
					<tr key={value.index}>
						<td class="right num" data-label={t('ident.index')}>{isLive(value) ? <span class="faint">{t('record.live')}</span> : value.index}</td>
						<td data-label={t('word.type')}><span class="mono">{value.type}</span>
							<span class="sub">{meaningOf(value.type)}</span></td>
						<td data-label={t('ident.data')}><Data value={value} />
							{value.permissions !== undefined && <span class="sub">{permissionsText(value.permissions)}</span>}</td>
						<td class="num nowrap" data-label={t('ident.ttl')}>{ttlText(value.ttl)}</td>
						<td class="faint" data-label={t('ident.stamp')}><Moment ms={Date.parse(value.timestamp)} /></td>
					</tr>
				))}
			</tbody>
		</table>
	);
}
