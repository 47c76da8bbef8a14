// SPDX-License-Identifier: Apache-2.0
// Changes by hand of the mock's history, and the series that came through its doors.
const KINDS = { annotate: 'annotate', delete: 'delete' };

export function createEdits() {
	const lists = new Map();
	let newest = 0n;
	const of = (name) => lists.get(name) ?? lists.set(name, []).get(name);
	const undone = (list, edit) => list.some((one) => one.undoes === edit.id && !undone(list, one));
	const add = (name, edit, author) => {
		const now = BigInt(Date.now()) * 1_000_000n;
		newest = now > newest ? now : newest + 1n;
		of(name).push({ id: String(newest), time_ms: Number(newest / 1_000_000n), author, ...edit });
		return String(newest);
	};
	return {
		list: (name, query) => {
			const from = Number(query.get('from_ms') ?? 0);
			const to = Number(query.get('to_ms') ?? 9e12);
			const list = of(name);
			return { items: list.filter((one) => one.to_ms > from && one.from_ms < to).map((one) => ({ ...one, undone: undone(list, one) })), truncated: false };
		},
		make: (name, { kind, from_ms, to_ms, text, reason }, author) =>
			({ ids: [add(name, { kind: KINDS[kind], from_ms, to_ms, ...(text ? { text } : { reason }) }, author)] }),
		undo: (name, ids, reason, author) => {
			const found = ids.map((id) => of(name).find((one) => one.id === id));
			if (found.some((one) => !one)) return 404;
			if (found.some((one) => undone(of(name), one))) return 409;
			for (const { id, from_ms, to_ms } of found) add(name, { kind: 'undo', from_ms, to_ms, reason, undoes: id }, author);
			return 200;
		},
		hides: (name, t) => of(name).some((one) => one.kind === 'delete' && t >= one.from_ms && t < one.to_ms && !undone(of(name), one)),
	};
}

const LABELS = [{ host: 'press-1', line: '1' }, { host: 'press-2', line: '1' }, { host: 'press-3', line: '2' }];

/** They have the values of points of the plant. */
export function createSeries(plant) {
	return new Map(LABELS.map((labels, n) => {
		const name = `hydraulics_pressure{host="${labels.host}",line="${labels.line}"}`;
		const row = plant.byName.get(`FRM${n + 1}.T`);
		return [name, { ...row, labels: { __name__: 'hydraulics_pressure', ...labels }, point: { ...row.point, name, unit: '', id: (1 << 20) + n } }];
	}));
}

export function findSeries(series, query) {
	const words = (query.get('q') ?? '').toLowerCase().split(' ').filter(Boolean);
	const limit = Number(query.get('limit') ?? 50);
	const found = [...series.values()].filter(({ point }) => words.every((word) => point.name.toLowerCase().includes(word)));
	return { items: found.slice(0, limit).map(({ point, labels }) => ({ id: point.id, name: point.name, labels })), truncated: found.length > limit };
}
