// SPDX-License-Identifier: Apache-2.0
// What moves a trend without a pointer on it: spans, steps, the present, the other period.
import { formatSpan } from '../format';
import { t } from '../i18n';
import { DAY_MS, panned, zoomed, type Before, type Range } from '../view';
import { Icon, type IconName } from './icon';

const HOUR_MS = 3_600_000;
const SPANS = [['1h', HOUR_MS], ['8h', 8 * HOUR_MS], ['1d', DAY_MS], ['1w', 7 * DAY_MS], ['1mon', 30 * DAY_MS], ['1y', 365 * DAY_MS]] as const;

interface BarProps {
	range: Range; title: string; follows: boolean; before: Before;
	onSpan: (span_ms: number) => void; onRange: (range: Range) => void; onLive: () => void;
	onChoose: () => void; onBefore: (before: Before) => void; onOther: () => void;
}

function Step({ icon, text, onClick }: { icon: IconName; text: string; onClick: () => void }) {
	return <button type="button" class="square" aria-label={text} title={text} onClick={onClick}><Icon name={icon} /></button>;
}

function Compare({ before, onBefore, onOther }: Pick<BarProps, 'before' | 'onBefore' | 'onOther'>) {
	const chosen = typeof before === 'number';
	const pick = (value: string): void => (value === 'time' ? onOther() : onBefore(value as Before));
	return (
		<label class="compare">
			<span class="faint">{t('trend.with')}</span>
			<select data-compare value={chosen ? 'chosen' : before} onChange={(e) => {
				const { value } = e.currentTarget;
				e.currentTarget.value = chosen ? 'chosen' : before as string;
				if (value !== 'chosen') pick(value);
			}}>
				<option value="">{t('trend.with.none')}</option>
				<option value="1d">{t('trend.with.1d')}</option>
				<option value="1w">{t('trend.with.1w')}</option>
				{chosen && <option value="chosen">−{formatSpan(before / 1000)}</option>}
				<option value="time">{t('trend.with.time')}</option>
			</select>
		</label>
	);
}

export function TrendBar({ range, title, follows, before, onSpan, onRange, onLive, onChoose, ...compare }: BarProps) {
	const span = range.to - range.from;
	const still = follows ? 1 : 0.5;
	return (
		<div class="trend-bar" role="toolbar" aria-label={t('trend.range')}>
			<div class="choice" role="group" aria-label={t('trend.range')}>
				{SPANS.map(([key, ms]) => (
					<button key={key} type="button" data-span={key} aria-pressed={Math.abs(span - ms) < 1} title={key === '8h' ? t('trend.8h.title') : undefined}
						onClick={() => onSpan(ms)}>{t(`trend.${key}`)}</button>
				))}
			</div>
			<div class="choice" role="group" aria-label={t('trend.move')}>
				<Step icon="left" text={t('trend.earlier')} onClick={() => onRange(panned(range, -span / 2))} />
				<Step icon="minus" text={t('trend.out')} onClick={() => onRange(zoomed(range, 2, still))} />
				<Step icon="plus" text={t('trend.in')} onClick={() => onRange(zoomed(range, 0.5, still))} />
				<Step icon="right" text={t('trend.later')} onClick={() => onRange(panned(range, span / 2))} />
			</div>
			<button type="button" class="live-button" data-live aria-pressed={follows} title={t(follows ? 'trend.live.on' : 'trend.live.off')}
				onClick={onLive}><i class="live-mark" />{t('trend.live')}</button>
			<button type="button" class="quiet num when" data-range title={t('trend.choose')} onClick={onChoose}>{title}</button>
			<Compare before={before} {...compare} />
		</div>
	);
}
