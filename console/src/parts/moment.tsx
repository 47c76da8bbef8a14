// SPDX-License-Identifier: Apache-2.0
// A time as the reader's clock has it; UTC is shown on hover.
import { formatStamp, formatWhen } from '../format';

export function Moment({ ms, whole = false }: { ms: number | null | undefined; whole?: boolean }) {
	if (!ms) return <span class="faint">–</span>;
	const utc = new Date(ms).toISOString();
	return (
		<time class="num nowrap" dateTime={utc} title={`${utc.slice(0, 19).replace('T', ' ')} UTC`}>
			{whole ? formatStamp(ms) : formatWhen(ms)}
		</time>
	);
}
