// SPDX-License-Identifier: Apache-2.0
// The legend of a trend, which is its read-out too: a row for each point, with the value at
// the cursor, that of the compared period, and the present one.
import { formatBound, formatStamp, formatTime, formatValue, labelOf, pointValue } from '../format';
import { t, word } from '../i18n';
import { asNumber, useLive } from '../live';
import { href } from '../router';
import { useStore, type Store } from '../store';
import type { Reading } from '../trace';
import type { Reader } from '../trend_scene';
import type { Point } from '../types';
import type { Plotted } from '../view';
import { Icon } from './icon';
import { QualityMark } from './status';

export interface LegendActs {
	onHide: (n: number) => void; onLook: (n: number | null) => void; onSettings: (n: number) => void; onRemove: (n: number) => void;
}
interface LegendProps extends LegendActs {
	points: readonly Plotted[]; known: readonly (Point | undefined)[]; cursor: Store<number | null>; reader: Reader;
	/** How much earlier the compared period lies; 0: there is none. */
	shift: number;
	/** Decimals that a point has shown. */
	places: (point: Point) => number;
}

const shownOf = (point: Point | undefined, value: number | null | undefined, places: number): string =>
	(point ? pointValue(point, value, places) : formatValue(value, places));

/** Least and greatest of a bucket, when they can be told apart. */
function spanOf(point: Point | undefined, { row, step_ms }: Reading, places: number): string {
	const [low, high] = [shownOf(point, row.low, places), shownOf(point, row.high, places)];
	return step_ms && low !== high ? `${low} … ${high}` : '';
}

/** How far the value may be off, where the node has left samples out. */
function Bound({ of: { row, step_ms } }: { of: Reading }) {
	const bound = formatBound(row.bound);
	return bound ? <span class="sub num" data-bound title={t(step_ms ? 'trend.bound' : 'trend.bound.beside', { bound })}>{bound}</span> : null;
}

/** A value as it was read, with its span in a bucket or its own time, and its quality. */
function Read({ of, point, places }: { of: Reading | undefined; point: Point | undefined; places: number }) {
	if (!of) return <span class="faint">–</span>;
	return (
		<span class="read" title={word('quality', of.row.quality)}>
			<span class="sub num">{of.step_ms ? spanOf(point, of, places) : formatTime(of.t_ms, true)}</span>
			<span class="num"><b>{shownOf(point, of.row.value, places)}</b><Bound of={of} /> <QualityMark quality={of.quality} /></span>
		</span>
	);
}

function Present({ point, places }: { point: Point; places: number }) {
	const live = useLive(point.id);
	const quality = live?.quality ?? point.quality_class;
	return (
		<span class={`num live-value q-${quality}`} data-point={point.name}>
			{pointValue(point, live ? live.value : asNumber(point.value), Math.max(places, live?.places ?? 0))} <QualityMark quality={quality} />
		</span>
	);
}

/** The name that the node knows; of a series the labels, which alone tell it from others. */
function Exact({ point: { device, name, label } }: { point: Point }) {
	return device ? <span class="mono wide">{name}</span> : <span class="mono labels">{name.slice(label.en.length)}</span>;
}

function Row({ n, one, point, cursor, reader, shift, places: placesOf, ...acts }:
Omit<LegendProps, 'points' | 'known'> & { n: number; one: Plotted; point: Point | undefined }) {
	const time = useStore(cursor);
	const pair = time !== null && point && !one.hidden ? reader.pairAt(n, time) : {};
	const places = point ? placesOf(point) : 0;
	const name = point ? labelOf(point.label, one.name) : one.name;
	return (
		<tr class={one.hidden ? 'hidden-row' : ''} style={{ '--own': `var(--s${n + 1})` }} data-legend={one.name}
			onMouseEnter={() => acts.onLook(one.hidden ? null : n)} onMouseLeave={() => acts.onLook(null)}>
			<td class="legend-key"><button type="button" class="swatch" aria-pressed={!one.hidden} onClick={() => acts.onHide(n)}
				onFocus={() => acts.onLook(one.hidden ? null : n)} onBlur={() => acts.onLook(null)}
				aria-label={t(one.hidden ? 'trend.show' : 'trend.hide', { point: name })}><i /></button></td>
			<td class="legend-name">
				{point?.device ? <a href={href('points', one.name)}>{name}</a> : <span>{name}</span>}
				<span class="sub">{point ? <><Exact point={point} /> {point.unit}</> : t('trend.unknown')}</span>
			</td>
			<td class="right legend-read"><Read of={pair.now} point={point} places={places} /></td>
			{shift > 0 && <td class="right legend-read"><Read of={pair.before} point={point} places={places} /></td>}
			<td class="right now-column">{point && <Present point={point} places={places} />}</td>
			<td class="legend-acts">
				<button type="button" class="quiet square" aria-label={t('trend.settings', { point: name })} title={t('trend.settings', { point: name })}
					data-settings={one.name} onClick={() => acts.onSettings(n)}><Icon name="gear" /></button>
				<button type="button" class="quiet square wide" aria-label={t('trend.remove', { point: name })} title={t('trend.remove', { point: name })}
					data-remove={one.name} onClick={() => acts.onRemove(n)}><Icon name="cross" /></button>
			</td>
		</tr>
	);
}

/** The time of the cursor; whole where the column stands for all that is read there. */
function At({ cursor, shift = 0 }: { cursor: Store<number | null>; shift?: number }) {
	const time = useStore(cursor);
	if (time === null) return <span class="at-time">–</span>;
	return <time class="num at-time">{formatStamp(time - shift)}<span class="wide">.{String(Math.floor(time - shift) % 1000).padStart(3, '0')}</span></time>;
}

export function Legend({ points, known, ...rest }: LegendProps) {
	const { cursor, shift } = rest;
	return (
		<table class={`table trend-legend${shift > 0 ? ' compared' : ''}`}>
			<thead>
				<tr>
					<th><span class="visually-hidden">{t('trend.shown')}</span></th>
					<th>{t('word.point')}</th>
					<th class="right">{t('trend.at')}<At cursor={cursor} /></th>
					{shift > 0 && <th class="right">{t('trend.before')}<At cursor={cursor} shift={shift} /></th>}
					<th class="right now-column">{t('trend.last')}</th>
					<th><span class="visually-hidden">{t('trend.axis')}</span></th>
				</tr>
			</thead>
			<tbody>
				{points.map((one, n) => <Row key={one.name} n={n} one={one} point={known[n]} {...rest} />)}
			</tbody>
		</table>
	);
}
