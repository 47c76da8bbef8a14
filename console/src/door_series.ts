// SPDX-License-Identifier: Apache-2.0
// Series that came through a door (line protocol, remote write, CSV), as a trend has them:
// points without a device, whose period and limits nobody knows.
import { useEffect, useState } from 'preact/hooks';
import { api, Problem } from './api';
import { breaks } from './live';
import { classOf, qualityName } from './rows';
import { useStore } from './store';
import type { LastValue, Point } from './types';

/** As often as the newest value is asked for. */
const EVERY_MS = 5000;
const METRIC = /^[^{]+/;
const UNIT = /[{,]unit="((?:[^"\\]|\\.)*)"/;

/** The page tells points apart by numbers; those of series are its own, below all others. */
const ids = new Map<string, number>();

function idOf(name: string): number {
	const id = ids.get(name) ?? -1 - ids.size;
	ids.set(name, id);
	return id;
}

function pointOf(name: string, last: LastValue | undefined): Point {
	const metric = METRIC.exec(name)?.[0] ?? name;
	const quality = last ? qualityName(last.status) : 'no_data';
	return {
		id: idOf(name), name, label: { en: metric, zh: metric }, unit: UNIT.exec(name)?.[1] ?? '', ident: '', device: '', type: 'float64',
		table: '', address: 0, period_ms: 0, limits: null, write: null, states: null,
		value: last?.value ?? null, quality, quality_class: classOf(quality), time_ms: last?.t_ms ?? null,
	};
}

type Known = ReadonlyMap<string, Point>;

/** What is known of each name now; a node that cannot be asked changes nothing. */
async function askAll(names: readonly string[], before: Known): Promise<Known> {
	const rows = await Promise.all(names.map(async (name): Promise<[string, Point][]> => {
		try {
			return [[name, pointOf(name, await api.last(name))]];
		} catch (error) {
			if (!(error instanceof Problem)) throw error;
			const known = before.get(name);
			return known && error.status !== 404 ? [[name, known]] : [];
		}
	}));
	return new Map(rows.flat());
}

/** Those of the names that are series. */
export function useDoorSeries(names: readonly string[]): Known {
	const mended = useStore(breaks);
	const [found, setFound] = useState<Known>(new Map());
	useEffect(() => {
		let timer = 0;
		let wanted = true;
		let known: Known = new Map();
		const ask = async (): Promise<void> => {
			known = await askAll(names, known);
			if (!wanted) return;
			setFound(known);
			timer = window.setTimeout(ask, EVERY_MS);
		};
		if (names.length) void ask();
		return () => {
			wanted = false;
			clearTimeout(timer);
		};
	}, [names.join('\n'), mended]);
	return found;
}
