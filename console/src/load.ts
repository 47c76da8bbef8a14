// SPDX-License-Identifier: Apache-2.0
// Loads something for a component: again when its key or the language changes, after a
// lost connection, and every so often when asked. The old answer stays on the screen until the next one is there, so
// that nothing jumps.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { Problem } from './api';
import { breaks } from './live';
import { lang } from './prefs';
import { useStore } from './store';

export interface Loaded<T> {
	data: T | undefined;
	problem: Problem | undefined;
	loading: boolean;
	reload: () => void;
}

export function asProblem(error: unknown): Problem {
	return error instanceof Problem ? error : new Problem({ title: String(error), status: -1 });
}

interface Again {
	/** Asked again after so long; 0: never. */
	every_ms?: number;
	/** Asked again when this is another; the old answer stays. */
	version?: string | number;
}

export function useLoad<T>(fetcher: () => Promise<T>, key: string,
	{ every_ms = 0, version = 0 }: Again = {}): Loaded<T> {
	const language = useStore(lang);
	const mended = useStore(breaks);
	const [state, setState] = useState<{ key: string; data?: T; problem?: Problem; loading: boolean }>(
		{ key, loading: true });
	const [turn, setTurn] = useState(0);
	const newest = useRef(fetcher);
	newest.current = fetcher;

	useEffect(() => {
		let wanted = true;
		let timer = 0;
		const load = async (): Promise<void> => {
			try {
				const data = await newest.current();
				if (wanted) setState({ key, data, loading: false });
			} catch (error) {
				const problem = asProblem(error);
				if (wanted) setState((was) => ({ ...was, key, problem, loading: false }));
			}
			if (wanted && every_ms) timer = window.setTimeout(load, every_ms);
		};
		setState((was) => (was.key === key ? { ...was, loading: true } : { key, loading: true }));
		void load();
		return () => {
			wanted = false;
			clearTimeout(timer);
		};
	}, [key, language, turn, every_ms, version, mended]);

	const reload = useCallback(() => setTurn((n) => n + 1), []);
	const fits = state.key === key;
	return {
		data: fits ? state.data : undefined,
		problem: fits ? state.problem : undefined,
		loading: !fits || state.loading,
		reload,
	};
}

/** Runs something that changes the node; says why it did not. */
export function useDo(onDone: () => void) {
	const [problem, setProblem] = useState<Problem>();
	const [busy, setBusy] = useState(false);
	const run = async (work: () => Promise<unknown>): Promise<void> => {
		setBusy(true);
		setProblem(undefined);
		try {
			await work();
			setBusy(false);
			onDone();
		} catch (error) {
			setProblem(asProblem(error));
			setBusy(false);
		}
	};
	return { problem, busy, run };
}
