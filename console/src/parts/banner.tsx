// SPDX-License-Identifier: Apache-2.0
// Says that what is on the screen is old. It lies over the page, so nothing moves.
import { useEffect, useState } from 'preact/hooks';
import { formatTime } from '../format';
import { t } from '../i18n';
import { link, node, retryNow } from '../live';
import { useStore } from '../store';

/** A break shorter than this is not worth a word. */
const PATIENCE_MS = 1500;

export function LostBanner() {
	const lost = useStore(link) === 'lost';
	const last = useStore(node)?.time_ms;
	const [shown, setShown] = useState(false);
	useEffect(() => {
		if (!lost) return setShown(false);
		const timer = setTimeout(() => setShown(true), PATIENCE_MS);
		return () => clearTimeout(timer);
	}, [lost]);
	if (!shown) return null;
	return (
		<div class="lost" role="alert">
			<div>
				<strong>{t('link.lost')}</strong>
				<p>{t('link.lost.text', { time: formatTime(last) })}</p>
			</div>
			<button type="button" onClick={retryNow}>{t('link.retry')}</button>
		</div>
	);
}
