// SPDX-License-Identifier: Apache-2.0
// The pages of the identifier system, one beside the other; those the node has.
import { t } from '../i18n';
import { useOffers } from '../node_api';
import { href, useRoute } from '../router';
import { Tabs } from './panel';

export function RegisterTabs() {
	const { page } = useRoute();
	const resolves = useOffers('/api/v1/resolution');
	const scans = useOffers('/api/v1/decode');
	const office = useOffers('/api/v1/office');
	const tab = (to: string, text: string): Parameters<typeof Tabs>[0]['items'][number] =>
		({ href: href(to), text, here: page === to });
	// A single tab leads nowhere.
	if (!resolves && !office && !scans) return null;
	return (
		<Tabs label={t('nav.identifiers')} items={[
			tab('identifiers', t('ident.tab.names')),
			...(resolves ? [tab('resolve', t('ident.tab.resolve'))] : []),
			...(scans ? [tab('scan', t('scan.tab'))] : []),
			...(office ? [tab('office', t('ident.tab.office')), tab('prefixes', t('ident.tab.prefixes')),
				tab('ratio', t('ident.tab.ratio'))] : []),
		]} />
	);
}
