// SPDX-License-Identifier: Apache-2.0
// What the reader chose: language, theme and saved trends. Kept by the browser; the first
// visit follows the browser's own settings.
import { createStore, type Store } from './store';

export type Lang = 'en' | 'zh';
export type Theme = 'auto' | 'light' | 'dark';

function remembered<T extends string>(key: string, allowed: readonly T[], otherwise: T): Store<T> {
	const kept = localStorage.getItem(key) as T | null;
	const store = createStore<T>(kept && allowed.includes(kept) ? kept : otherwise);
	store.subscribe(() => localStorage.setItem(key, store.get()));
	return store;
}

const browserLang: Lang = navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en';

export const lang = remembered<Lang>('jizhu.lang', ['en', 'zh'], browserLang);
export const theme = remembered<Theme>('jizhu.theme', ['auto', 'light', 'dark'], 'auto');
/** A trend under a name: the query of its address. */
export interface SavedView { name: string; query: string }
export const SAVED_VIEWS_MAX = 50;
const VIEWS_KEY = 'jizhu.trends';

function keptViews(): SavedView[] {
	try {
		const kept: unknown = JSON.parse(localStorage.getItem(VIEWS_KEY) ?? '[]');
		const fits = (one: Partial<SavedView> | null): one is SavedView =>
			typeof one?.name === 'string' && typeof one.query === 'string';
		return Array.isArray(kept) ? kept.filter(fits).slice(0, SAVED_VIEWS_MAX) : [];
	} catch {
		return [];
	}
}

export const savedViews = createStore<readonly SavedView[]>(keptViews());
savedViews.subscribe(() => localStorage.setItem(VIEWS_KEY, JSON.stringify(savedViews.get())));

/** The theme on the screen, "auto" resolved. */
export const shownTheme = createStore<'light' | 'dark'>('light');

const prefersDark = matchMedia('(prefers-color-scheme: dark)');

function applyTheme(): void {
	const dark = theme.get() === 'dark' || (theme.get() === 'auto' && prefersDark.matches);
	document.documentElement.dataset.theme = dark ? 'dark' : 'light';
	shownTheme.set(dark ? 'dark' : 'light');
}

function applyLang(): void {
	document.documentElement.lang = lang.get() === 'zh' ? 'zh-CN' : 'en';
}

export function startPrefs(): void {
	theme.subscribe(applyTheme);
	lang.subscribe(applyLang);
	prefersDark.addEventListener('change', applyTheme);
	applyTheme();
	applyLang();
}
