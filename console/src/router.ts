// SPDX-License-Identifier: Apache-2.0
// Where the reader is: #/page/argument?query. The argument may hold slashes (identifiers
// do). A record's URL has no hash; such a path is turned into one.
import { createStore, useStore } from './store';

export interface Route { page: string; arg: string; query: URLSearchParams }
/** What every page is given. */
export interface PageProps { route: Route }

function parse(): Route {
	const [path = '', query = ''] = location.hash.replace(/^#\/?/, '').split('?');
	const cut = path.indexOf('/');
	const page = cut < 0 ? path : path.slice(0, cut);
	const arg = cut < 0 ? '' : path.slice(cut + 1);
	return { page, arg: safeDecode(arg), query: new URLSearchParams(query) };
}

function safeDecode(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
}

export const route = createStore<Route>({ page: '', arg: '', query: new URLSearchParams() });
export const useRoute = (): Route => useStore(route);

export function href(page: string, arg = '', query: Record<string, string> = {}): string {
	const tail = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== ''));
	const words = arg ? '/' + arg.split('/').map(encodeURIComponent).join('/') : '';
	return `#/${page}${words}${tail.size ? `?${tail}` : ''}`;
}

export function go(page: string, arg = '', query: Record<string, string> = {}): void {
	location.hash = href(page, arg, query);
}

/** Like go, but leaves no step in the history: for filters that follow typing. */
export function replace(page: string, arg: string, query: Record<string, string>): void {
	history.replaceState(null, '', href(page, arg, query));
	route.set(parse());
}

export function startRouter(): void {
	if (location.pathname !== '/' && !location.hash) {
		history.replaceState(null, '', `/#${location.pathname}${location.search}`);
	}
	addEventListener('hashchange', () => {
		const before = route.get();
		route.set(parse());
		if (before.page !== route.get().page || before.arg !== route.get().arg) scrollTo(0, 0);
	});
	route.set(parse());
}
