// SPDX-License-Identifier: Apache-2.0
// The list of keys.
import { t } from '../i18n';
import { PAGE_KEYS } from '../keys';
import { Dialog } from './dialog';
import { Facts } from './panel';

export function HelpDialog({ onClose }: { onClose: () => void }) {
	return (
		<Dialog title={t('keys.title')} onClose={onClose}>
			<Facts rows={[
				[<kbd>/</kbd>, t('keys.filter')],
				[<>{Object.keys(PAGE_KEYS).map((key) => <kbd key={key}>g {key}</kbd>)}</>, t('keys.pages')],
				[<kbd>?</kbd>, t('keys.help')],
				[<kbd>Esc</kbd>, t('keys.close')],
			]} />
			<div class="dialog-buttons">
				<button type="button" class="primary" onClick={onClose}>{t('word.close')}</button>
			</div>
		</Dialog>
	);
}
