// SPDX-License-Identifier: Apache-2.0
// Pages of a list that is walked by "behind this one": there is no number of pages.
import { t } from '../i18n';

interface Props { onFirst?: () => void; onPrevious?: () => void; onNext?: () => void }

export function Pager({ onFirst, onPrevious, onNext }: Props) {
	if (!onFirst && !onPrevious && !onNext) return null;
	return (
		<div class="pager">
			<button type="button" disabled={!onFirst} onClick={onFirst}>{t('ident.first')}</button>
			<button type="button" disabled={!onPrevious} onClick={onPrevious}>{t('ident.previous')}</button>
			<button type="button" disabled={!onNext} data-next onClick={onNext}>{t('ident.next')}</button>
		</div>
	);
}
