// SPDX-License-Identifier: Apache-2.0
// Top bar and navigation: at the side on a desk, at the foot on a phone.
import { api, session } from '../api';
import { labelOf, nameOf } from '../format';
import { t, type WordKey } from '../i18n';
import { link, node, type LinkState } from '../live';
import { lang, theme, type Theme } from '../prefs';
import { useOffered, useRank, useTree } from '../node_api';
import { href, useRoute } from '../router';
import { useStore } from '../store';
import { Icon, Mark, type IconName } from './icon';
import { State } from './status';

type Entry = [page: string, icon: IconName, text: WordKey];
const PAGES: Entry[] = [
	['', 'overview', 'nav.overview'],
	['points', 'points', 'nav.points'],
	['trend', 'trend', 'nav.trend'],
	['identifiers', 'identifiers', 'nav.identifiers'],
	['network', 'network', 'nav.network'],
	['events', 'events', 'nav.events'],
	['commands', 'commands', 'nav.commands'],
];
const ADMIN_PAGES: Entry[] = [['users', 'users', 'nav.users']];

/** The pages of the tree that this node has something for. */
export function useTreePages(): Entry[] {
	const tree = useTree();
	const may = useRank();
	const offered = useOffered();
	if (!tree) return [];
	const reports = tree.parents.length > 0;
	const joined = reports || tree.children.length > 0;
	const pages: Entry[] = [
		['tree', 'tree', 'nav.tree'],
		['indicators', 'indicators', 'nav.indicators'],
		['cases', 'cases', 'nav.cases'],
		['posture', 'posture', 'nav.posture'],
		...(reports && may('engineer') ? [['releases', 'releases', 'nav.releases'] as Entry] : []),
		...(joined ? [['bulletins', 'bulletins', 'nav.bulletins'] as Entry] : []),
	];
	return pages.filter(([page]) => offered?.has(`/api/v1/${page === 'indicators' ? 'figures' : page}`));
}

/** Pages that belong to one of the navigation. */
const PARTS_OF: Record<string, string[]> = {
	events: ['incidents'], indicators: ['figures'], identifiers: ['register', 'resolve', 'scan', 'office', 'prefixes', 'ratio'],
};

const isHere = (page: string, here: string): boolean =>
	page === here || (PARTS_OF[page]?.includes(here) ?? false);

function Links({ pages, here }: { pages: readonly Entry[]; here: string }) {
	const open = useStore(node)?.counts.incidents_open ?? 0;
	return (
		<>
			{pages.map(([page, icon, text]) => (
				<a key={page} href={href(page)} data-page={page} aria-current={isHere(page, here) ? 'page' : undefined}>
					<Icon name={icon} />
					{page === 'tree' ? <><span class="desk">{t(text)}</span><span class="phone">{t('nav.tree.group')}</span></> : <span>{t(text)}</span>}
					{page === 'events' && open > 0 &&
						<span class="badge" aria-label={t('overview.incident.open', { n: open })}>{open}</span>}
				</a>
			))}
		</>
	);
}

export function Navigation() {
	const { page: here } = useRoute();
	const isAdmin = useStore(session)?.role === 'admin';
	const tree = useTreePages();
	return (
		<nav class={`nav ${tree.length ? 'with-tree' : ''}`} aria-label={t('nav.main')}>
			<Links pages={PAGES} here={here} />
			{tree.length > 0 && <div class="nav-group" role="group" aria-labelledby="nav-tree">
				<h3 id="nav-tree">{t('nav.tree.group')}</h3>
				{/* On a phone the first stands for all; the pages have tabs to one another. */}
				<Links pages={tree} here={here} />
			</div>}
			{isAdmin && <Links pages={ADMIN_PAGES} here={here} />}
		</nav>
	);
}

function LinkLamp() {
	const state = useStore(link);
	const shapes = { live: ['good', 'dot'], connecting: ['warn', 'half'], lost: ['bad', 'square'] } as const;
	const [tone, shape] = shapes[state satisfies LinkState];
	return <span class="lamp"><State tone={tone} shape={shape} text={t(`link.${state}`)} /></span>;
}

/** Each language is offered in its own script. */
export function LangSwitch() {
	const now = useStore(lang);
	const next = now === 'zh' ? 'en' : 'zh';
	return (
		<button type="button" class="quiet" data-lang={next} lang={next} aria-label={t('app.language')}
			onClick={() => lang.set(next)}>{next === 'zh' ? '中文' : 'English'}</button>
	);
}

const NEXT: Record<Theme, Theme> = { auto: 'light', light: 'dark', dark: 'auto' };
const THEME_ICON = { auto: 'auto', light: 'sun', dark: 'moon' } as const;

export function ThemeSwitch() {
	const now = useStore(theme);
	const text = `${t('app.theme')}: ${t(`theme.${now}`)}`;
	return (
		<button type="button" class="quiet square" data-theme-switch={now} aria-label={text} title={text}
			onClick={() => theme.set(NEXT[now])}><Icon name={THEME_ICON[now]} /></button>
	);
}

export function signOut(): void {
	const end = (): void => session.set(null);
	api.signOut().then(end, end);
}

export function TopBar({ onHelp }: { onHelp: () => void }) {
	const info = useStore(node);
	const who = useStore(session)?.subject ?? '';
	return (
		<header class="topbar">
			<a class="brand" href={href('')} aria-label={t('app.name')}><Mark /><b>{t('app.name')}</b></a>
			<span class="topbar-node" title={info?.name}>{info && labelOf(info.label, info.name)}</span>
			<LinkLamp />
			<span class="topbar-tools">
				<button type="button" class="quiet square desk" aria-label={t('app.keys')} title={`${t('app.keys')} (?)`}
					onClick={onHelp}><Icon name="keyboard" /></button>
				<LangSwitch />
				<ThemeSwitch />
				<a class="account-link" href={href('account')} aria-label={`${t('account.title')}: ${who}`} title={who}>
					<Icon name="user" /><span class="desk">{nameOf(who)}</span></a>
				<button type="button" class="quiet square" aria-label={t('app.signout')} title={t('app.signout')}
					onClick={signOut}><Icon name="exit" /></button>
			</span>
		</header>
	);
}
