// SPDX-License-Identifier: Apache-2.0
// A value that components watch. Small on purpose: get, set, subscribe, and one hook.
import { useEffect, useReducer } from 'preact/hooks';

export interface Store<T> {
	get(): T;
	set(value: T): void;
	subscribe(listener: () => void): () => void;
}

export function createStore<T>(initial: T): Store<T> {
	let value = initial;
	const listeners = new Set<() => void>();
	return {
		get: () => value,
		set(next) {
			if (Object.is(next, value)) return;
			value = next;
			for (const listener of [...listeners]) listener();
		},
		subscribe(listener) {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
	};
}

/** Draws the component again whenever `subscribe` says so. */
export function useSubscription(subscribe: (listener: () => void) => () => void, key?: unknown): void {
	const [, redraw] = useReducer((n: number) => n + 1, 0);
	useEffect(() => {
		// What happened between drawing and subscribing must not be missed.
		redraw(undefined);
		return subscribe(() => redraw(undefined));
	}, [key]);
}

export function useStore<T>(store: Store<T>): T {
	useSubscription(store.subscribe, store);
	return store.get();
}
