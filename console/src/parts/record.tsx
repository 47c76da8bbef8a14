// SPDX-License-Identifier: Apache-2.0
// The values of an identifier's record. A URL of this node leads to the live value.
import { formatSpan, formatValue } from '../format';
import { t } from '../i18n';
import { asNumber, catalogue, useLive } from '../live';
import { href } from '../router';
import { useStore } from '../store';
import type { HandleRecord, HandleValue, Point } from '../types';
import { QualityMark } from './status';

function textOf(value: HandleValue): string {
	const inner = typeof value.data === 'string' ? value.data : value.data.value;
	return typeof inner === 'string' ? inner : JSON.stringify(inner);
}

/** The point a URL of this console speaks of, if it does. */
function pointIn(url: string): string | undefined {
	const match = /\/points\/([^/?#]+)$/.exec(url);
	return match?.[1] && decodeURIComponent(match[1]);
}

function Data({ value }: { value: HandleValue }) {
	const text = textOf(value);
	if (value.type !== 'URL') return <span class="mono wrap">{text}</span>;
	const point = pointIn(text);
	return <a class="mono wrap" href={point ? href('points', point) : text} rel="noreferrer">{text}</a>;
}

function ttlText(ttl: number | string): string {
	return typeof ttl === 'number' ? formatSpan(ttl) : ttl;
}

export function LiveLink({ point }: { point: Point }) {
	const live = useLive(point.id);
	const value = live ? live.value : asNumber(point.value);
	return (
		<a class="live-link" href={href('points', point.name)}>
			<span class="faint">{t('ident.live')}</span>
			<QualityMark quality={live?.quality ?? point.quality_class} />
			<strong class="num">{formatValue(value, live?.places)} {point.unit}</strong>
		</a>
	);
}

/** The point that carries this identifier; names are compared without ASCII case. */
export function usePointOf(ident: string): Point | undefined {
	const points = useStore(catalogue);
	const folded = ident.toUpperCase();
	return [...points.values()].find((p) => p.ident.toUpperCase() === folded);
}

export function RecordTable({ record }: { record: HandleRecord }) {
	return (
		<table class="table stack">
			<thead>
				<tr>
					<th class="right">{t('ident.index')}</th><th>{t('word.type')}</th>
					<th>{t('ident.data')}</th><th>{t('ident.ttl')}</th><th>{t('ident.stamp')}</th>
				</tr>
			</thead>
			<tbody>
				{record.values.map((value) => (
					<tr key={value.index}>
						<td class="right num" data-label={t('ident.index')}>{value.index}</td>
						<td class="mono" data-label={t('word.type')}>{value.type}</td>
						<td data-label={t('ident.data')}><Data value={value} /></td>
						<td class="num nowrap" data-label={t('ident.ttl')}>{ttlText(value.ttl)}</td>
						<td class="num nowrap faint" data-label={t('ident.stamp')}>{value.timestamp}</td>
					</tr>
				))}
			</tbody>
		</table>
	);
}
