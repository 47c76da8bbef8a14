// SPDX-License-Identifier: Apache-2.0
// Small drawings for table cells: the last minute of a point, and where its value stands
// between the limits.
import { formatPlain } from '../format';
import { t } from '../i18n';
import type { Limits } from '../types';

const WIDTH = 96;
const HEIGHT = 20;

function line(values: readonly (number | null)[]): string {
	const known = values.filter((v): v is number => v !== null);
	if (known.length < 2) return '';
	const low = Math.min(...known);
	const span = Math.max(...known) - low;
	const step = WIDTH / Math.max(1, values.length - 1);
	let path = '';
	let pen = 'M';
	values.forEach((value, n) => {
		if (value === null) {
			pen = 'M';
			return;
		}
		const y = span ? HEIGHT - 2 - ((value - low) / span) * (HEIGHT - 4) : HEIGHT / 2;
		path += `${pen}${(n * step).toFixed(1)} ${y.toFixed(1)}`;
		pen = 'L';
	});
	return path;
}

export function Sparkline({ values }: { values: readonly (number | null)[] }) {
	return (
		<svg class="spark" width={WIDTH} height={HEIGHT} viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
			preserveAspectRatio="none" aria-hidden="true">
			<path d={line(values)} />
		</svg>
	);
}

/** The middle three fifths are the allowed range, so that a little outside still shows. */
export function LimitsBar({ value, limits }: { value: number | null; limits: Limits | null }) {
	if (!limits) return <span class="limits" aria-hidden="true" />;
	const [low, high] = limits;
	const share = value === null ? null : (value - low) / (high - low || 1);
	const at = share === null ? null : Math.min(98, Math.max(2, 20 + share * 60));
	const outside = share !== null && (share < 0 || share > 1);
	const title = `${formatPlain(low)} … ${formatPlain(high)}`;
	return (
		<span class={`limits ${outside ? 'outside' : ''}`} title={title}>
			<span class="limits-range" />
			{at !== null && <span class="limits-mark" style={{ left: `${at}%` }} />}
			<span class="visually-hidden">{title}{outside && `, ${t('points.outside')}`}</span>
		</span>
	);
}
