// SPDX-License-Identifier: Apache-2.0
// Counts by day as bars, one strip a measure over the same days, since their sizes differ
// by orders of magnitude. Drawn by hand: a chart library is not needed for bars.
import { formatCount } from '../format';
import { t } from '../i18n';
import type { Day } from '../types';

const HEIGHT = 88;
const MEASURES = ['registered', 'resolved'] as const;
type Measure = (typeof MEASURES)[number];

/** 1, 2 or 5 times a power of ten, not below the greatest bar. */
function roundUp(value: number): number {
	if (value <= 1) return 1;
	const power = 10 ** Math.floor(Math.log10(value));
	return [1, 2, 5, 10].map((n) => n * power).find((n) => n >= value)!;
}

function Strip({ days, measure }: { days: readonly Day[]; measure: Measure }) {
	const top = roundUp(Math.max(0, ...days.map((day) => day[measure])));
	const sum = days.reduce((all, day) => all + day[measure], 0);
	return (
		<figure class="strip-days">
			<figcaption><b>{t(`ratio.${measure}`)}</b> <span class="faint num">{t('ratio.days.sum', { n: formatCount(sum), days: days.length })}</span></figcaption>
			<div class="day-plot">
				<span class="day-axis num faint"><i>{formatCount(top)}</i><i>0</i></span>
				<svg viewBox={`0 0 ${days.length * 10} ${HEIGHT}`} preserveAspectRatio="none" height={HEIGHT} role="img"
					aria-label={`${t(`ratio.${measure}`)}: ${days.map((day) => `${day.day} ${day[measure]}`).join(', ')}`}>
					<path class="day-line" d={`M0 .5H${days.length * 10}M0 ${HEIGHT / 2}H${days.length * 10}M0 ${HEIGHT - 0.5}H${days.length * 10}`} />
					{days.map((day, n) => {
						const height = (day[measure] / top) * HEIGHT;
						return (
							<g key={day.day}>
								<rect class="day-hit" x={n * 10} y={0} width={10} height={HEIGHT}><title>{`${day.day}  ${formatCount(day[measure])}`}</title></rect>
								<rect class={`day-bar ${n === days.length - 1 ? 'today' : ''}`} x={n * 10 + 1.5} y={HEIGHT - height} width={7} height={height} />
							</g>
						);
					})}
				</svg>
			</div>
		</figure>
	);
}

/** A month, the last of which is today. */
export function monthOf({ days = [], today }: { days?: Day[]; today: Day }): Day[] {
	const whole = days[days.length - 1]?.day === today.day ? days : [...days, today];
	return whole.slice(-31);
}

export function DayBars({ days }: { days: readonly Day[] }) {
	const [first, last] = [days[0], days[days.length - 1]];
	if (!first || !last) return <p class="empty">{t('ratio.days.none')}</p>;
	return (
		<div class="days">
			{MEASURES.map((measure) => <Strip key={measure} days={days} measure={measure} />)}
			<p class="day-ends num faint"><span>{first.day}</span><span>{t('ratio.today', { day: last.day })}</span></p>
		</div>
	);
}
