// SPDX-License-Identifier: Apache-2.0
// What this node offers and what the reader may do there. Parts of the console whose
// interface the node does not have are not shown; buttons a role may not use neither.
import { useEffect } from 'preact/hooks';
import { api, session } from './api';
import { createStore, useStore } from './store';
import type { Tree } from './tree_types';
import type { Point } from './types';

const offered = createStore<ReadonlySet<string> | undefined>(undefined);

const RETRY_MS = 3000;

/** Asked once a visit; a node that cannot be reached is asked again. */
function ask(): void {
	api.paths().then((paths) => offered.set(paths), () => setTimeout(ask, RETRY_MS));
}

let asked = false;

/** The paths that the node has; undefined: not known yet. */
export function useOffered(): ReadonlySet<string> | undefined {
	useEffect(() => {
		if (asked) return;
		asked = true;
		ask();
	}, []);
	return useStore(offered);
}

/** undefined: not known yet. */
export const useOffers = (path: string): boolean | undefined => useOffered()?.has(path);

const tree = createStore<Tree | null | undefined>(undefined);

/** The place of this node in its tree, asked for once a sign-in; null: it has none. */
export function useTree(): Tree | null | undefined {
	const has = useOffers('/api/v1/tree');
	const who = useStore(session)?.subject;
	useEffect(() => {
		if (has && who) api.tree().then((place) => tree.set(place), () => tree.set(null));
	}, [has, who]);
	return useStore(tree);
}

const RANKS = ['public', 'viewer', 'operator', 'engineer', 'admin'];

export function useRank(): (role: string) => boolean {
	const mine = RANKS.indexOf(useStore(session)?.role ?? 'public');
	return (role) => mine >= RANKS.indexOf(role);
}

/** A scope is a prefix: what lies under it may be changed. */
export function holds(scope: string, name: string): boolean {
	const prefix = name.split('/')[0]!.toUpperCase();
	const folded = scope.toUpperCase();
	return scope === '' || prefix === folded || prefix.startsWith(`${folded}.`);
}

export interface Rights { change: boolean; admin: boolean }

/** What the reader may do with a name. */
export function useRights(name: string): Rights {
	const who = useStore(session);
	const rank = useRank();
	const inside = !!who && holds(who.scope, name);
	return { change: inside && rank('engineer'), admin: inside && rank('admin') };
}

/** Whether the reader may change the history of a point by hand. A series of a door has no
 * identifier and is in nobody's part of the names. */
export function useEditRights(): (point: Pick<Point, 'ident'>) => boolean {
	const who = useStore(session);
	const rank = useRank();
	return ({ ident }) => !!who && rank('engineer') && (ident ? holds(who.scope, ident) : who.scope === '');
}
