// SPDX-License-Identifier: Apache-2.0
// The frame around every page: navigation, the state of the connection, preferences.
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { session } from './api';
import { t, useLang } from './i18n';
import { startKeys } from './keys';
import { LostBanner } from './parts/banner';
import { HelpDialog } from './parts/help';
import { Empty, PageHead } from './parts/panel';
import { Navigation, TopBar } from './parts/shell';
import { lazy } from './parts/lazy';
import { prefetchChart } from './parts/trend';
import { Account } from './pages/account';
import { Commands } from './pages/commands';
import { Events } from './pages/events';
import { Identifiers } from './pages/identifiers';
import { IncidentPage } from './pages/incident';
import { Network } from './pages/network';
import { Overview } from './pages/overview';
import { PointPage } from './pages/point';
import { Points } from './pages/points';
import { SignIn } from './pages/signin';
import { Users } from './pages/users';
import { useRoute, type PageProps } from './router';
import { useStore } from './store';

const RecordPage = lazy(() => import('./pages/record').then((m) => m.RecordPage));
const Register = lazy(() => import('./pages/register').then((m) => m.Register));
const Resolve = lazy(() => import('./pages/resolve').then((m) => m.Resolve));
const Scan = lazy(() => import('./pages/scan').then((m) => m.Scan));
const Office = lazy(() => import('./pages/office').then((m) => m.OfficePage));
const Prefixes = lazy(() => import('./pages/prefixes').then((m) => m.Prefixes));
const TrendPage = lazy(() => import('./pages/trend').then((m) => m.TrendPage));
const Ratio = lazy(() => import('./pages/ratio').then((m) => m.Ratio));
const TreePage = lazy(() => import('./pages/tree').then((m) => m.TreePage));
const Indicators = lazy(() => import('./pages/indicators').then((m) => m.Indicators));
const FigurePage = lazy(() => import('./pages/figure').then((m) => m.FigurePage));
const Cases = lazy(() => import('./pages/cases').then((m) => m.Cases));
const CasePage = lazy(() => import('./pages/cases').then((m) => m.CasePage));
const PosturePage = lazy(() => import('./pages/posture').then((m) => m.PosturePage));
const Releases = lazy(() => import('./pages/releases').then((m) => m.Releases));
const Bulletins = lazy(() => import('./pages/bulletins').then((m) => m.Bulletins));

/** page, component without an argument, component with one */
const PAGES: Record<string, [ComponentType<PageProps>, ComponentType<PageProps>?]> = {
	'': [Overview],
	points: [Points, PointPage],
	trend: [TrendPage],
	identifiers: [Identifiers, RecordPage],
	register: [Register, Register],
	resolve: [Resolve, Resolve],
	scan: [Scan],
	office: [Office, Office],
	prefixes: [Prefixes, Prefixes],
	ratio: [Ratio],
	network: [Network, Network],
	events: [Events, Events],
	incidents: [Events, IncidentPage],
	commands: [Commands],
	tree: [TreePage, TreePage],
	indicators: [Indicators, Indicators],
	figures: [Indicators, FigurePage],
	cases: [Cases, CasePage],
	posture: [PosturePage],
	releases: [Releases, Releases],
	bulletins: [Bulletins, Bulletins],
	users: [Users],
	account: [Account],
};

function Missing() {
	return <><PageHead title={t('missing.page')} /><Empty>{t('problem.404.fix')}</Empty></>;
}

function Page() {
	const route = useRoute();
	const [list, single] = PAGES[route.page] ?? [Missing];
	const Shown = route.arg ? single ?? Missing : list;
	return <Shown key={`${route.page}/${single === list ? '' : route.arg}`} route={route} />;
}

export function App() {
	useLang();
	const who = useStore(session);
	const [help, setHelp] = useState(false);
	useEffect(() => startKeys(() => setHelp(true)), []);
	useEffect(() => {
		if (who) prefetchChart();
	}, [who]);
	if (who === null) return <SignIn />;
	return (
		<>
			<a class="skip" href="#content" onClick={skip}>{t('app.skip')}</a>
			<TopBar onHelp={() => setHelp(true)} />
			<Navigation />
			<main id="content" tabIndex={-1}>{who && <Page />}</main>
			<LostBanner />
			{help && <HelpDialog onClose={() => setHelp(false)} />}
		</>
	);
}

function skip(e: Event): void {
	e.preventDefault();
	document.getElementById('content')?.focus();
}
