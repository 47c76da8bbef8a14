// SPDX-License-Identifier: Apache-2.0
// What a prefix may use, and how much of it is used. 0 is no limit.
import { formatCount } from '../format';
import { t } from '../i18n';
import type { Budget } from '../types';

export const NO_LIMITS: Budget = { names: 0, names_per_day: 0, requests_per_day: 0 };
const FIELDS = ['names', 'names_per_day', 'requests_per_day'] as const;

export function LimitFields({ limits, onLimits }: { limits: Budget; onLimits: (limits: Budget) => void }) {
	return (
		<div class="limit-fields">
			{FIELDS.map((field) => (
				<div key={field} class="field"><label for={`limit-${field}`}>{t(`limit.of.${field}`)}</label>
					<input id={`limit-${field}`} class="num" inputMode="numeric" pattern="[0-9]*" value={limits[field] || ''} placeholder={t('limit.none')}
						onInput={(e) => onLimits({ ...limits, [field]: Number(e.currentTarget.value.replace(/\D/g, '')) })} /></div>
			))}
		</div>
	);
}

/** From here on a limit is worth looking at. */
const NEAR = 0.8;

export function Use({ used, limit }: { used: number; limit: number }) {
	const share = limit ? Math.min(1, used / limit) : 0;
	const full = limit > 0 && used >= limit;
	return (
		<span class="use">
			<span class="num nowrap">{formatCount(used)} <span class="faint">/ {limit ? formatCount(limit) : t('limit.none')}</span></span>
			{limit > 0 && <span class={`use-bar ${full ? 'full' : share >= NEAR ? 'near' : ''}`} aria-hidden="true"><i style={{ width: `${100 * share}%` }} /></span>}
			{full && <span class="visually-hidden">{t('limit.full')}</span>}
		</span>
	);
}
