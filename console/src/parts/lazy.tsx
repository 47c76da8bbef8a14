// SPDX-License-Identifier: Apache-2.0
// A page whose code is fetched when it is opened first.
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { t } from '../i18n';
import { breaks } from '../live';
import type { PageProps } from '../router';
import { useStore } from '../store';
import { Empty, Skeleton } from './panel';

export function lazy(load: () => Promise<ComponentType<PageProps>>): ComponentType<PageProps> {
	let known: ComponentType<PageProps> | undefined;
	return function Lazy(props) {
		const [state, setState] = useState<'waiting' | 'missing' | 'there'>(known ? 'there' : 'waiting');
		const mended = useStore(breaks);
		useEffect(() => {
			if (known) return;
			let wanted = true;
			load().then((page) => {
				known = page;
				if (wanted) setState('there');
			}, () => wanted && setState('missing'));
			return () => {
				wanted = false;
			};
		}, [mended]);
		const Shown = known;
		if (Shown) return <Shown {...props} />;
		return state === 'missing' ? <Empty>{t('missing.part')}</Empty> : <Skeleton rows={8} />;
	};
}
