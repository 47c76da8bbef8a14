// SPDX-License-Identifier: Apache-2.0
// A field that finds points by any words of theirs, and series of the doors by their names
// and labels, and adds the one that is chosen.
import { Fragment } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { api, type Problem } from '../api';
import { labelOf } from '../format';
import { t } from '../i18n';
import { asProblem } from '../load';
import type { DoorSeriesFound, Point } from '../types';
import { POINTS_MAX } from '../view';
import { Icon } from './icon';

const SHOWN = 8;

/** Every word typed is somewhere in the point; a name that begins so comes first. */
function matches(points: readonly Point[], text: string): Point[] {
	const words = text.toLowerCase().split(/\s+/).filter(Boolean);
	const fits = (point: Point): boolean => {
		const all = [point.name, point.label?.en, point.label?.zh, point.unit, point.device, point.ident].join(' ').toLowerCase();
		return words.every((part) => all.includes(part));
	};
	const rank = (point: Point): number => (words[0] && point.name.toLowerCase().startsWith(words[0]) ? 0 : 1);
	return points.filter(fits).sort((a, b) => rank(a) - rank(b)).slice(0, SHOWN);
}

const TYPED_MS = 200;
interface Found { items: DoorSeriesFound['items']; truncated: boolean; problem?: Problem }
const NONE: Found = { items: [], truncated: false };

/** Series of the doors that the node finds, once typing has held still. */
function useFound(text: string, open: boolean): Found {
	const [found, setFound] = useState(NONE);
	useEffect(() => {
		if (!open) return undefined;
		const ends = new AbortController();
		const timer = setTimeout(() => {
			api.findSeries(text.trim(), SHOWN, ends.signal).then(setFound,
				(error) => ends.signal.aborted || setFound({ ...NONE, problem: asProblem(error) }));
		}, TYPED_MS);
		return () => {
			clearTimeout(timer);
			ends.abort();
		};
	}, [text, open]);
	return open ? found : NONE;
}

/** The metric, and the labels below it. */
function SeriesName({ name }: { name: string }) {
	const at = name.indexOf('{');
	return <span>{at > 0 ? name.slice(0, at) : name}<span class="sub mono">{at > 0 ? name.slice(at) : ''}</span></span>;
}

interface Offer { id: string; name: string; point?: Point }

interface PickProps { points: readonly Point[]; chosen: ReadonlySet<string>; onAdd: (name: string) => void }

export function PointPicker({ points, chosen, onAdd }: PickProps) {
	const [text, setText] = useState('');
	const [open, setOpen] = useState(false);
	const [at, setAt] = useState(0);
	const field = useRef<HTMLInputElement>(null);
	const full = chosen.size >= POINTS_MAX;
	const doors = useFound(text, open);
	const own = open ? matches(points.filter((point) => !chosen.has(point.name)), text) : [];
	const series = doors.items.filter(({ name }) => !chosen.has(name));
	const found: Offer[] = [...own.map((point) => ({ id: `pick-${point.id}`, name: point.name, point })),
		...series.map(({ id, name }) => ({ id: `pick-${id}`, name }))];
	const here = Math.min(at, found.length - 1);
	const add = (offer: Offer | undefined): void => {
		if (!offer || full) return;
		onAdd(offer.name);
		setText('');
		setAt(0);
	};
	const onKey = (e: KeyboardEvent): void => {
		if (e.key === 'ArrowDown' || e.key === 'ArrowUp') {
			e.preventDefault();
			setOpen(true);
			setAt(Math.max(0, Math.min(found.length - 1, here + (e.key === 'ArrowDown' ? 1 : -1))));
		} else if (e.key === 'Enter') add(found[here]);
		else if (e.key === 'Escape') setOpen(false);
	};
	return (
		<div class="search pick" onFocusOut={(e) => e.currentTarget.contains(e.relatedTarget as Node | null) || setOpen(false)}>
			<Icon name="search" />
			<input ref={field} type="search" data-filter role="combobox" aria-label={t('trend.add')} aria-expanded={open}
				aria-controls="pick-list" aria-autocomplete="list" aria-activedescendant={found[here]?.id}
				placeholder={full ? t('trend.full', { n: POINTS_MAX }) : `${t('trend.add')}: ${t('trend.add.hint')}`}
				disabled={full} value={text} autocomplete="off" onFocus={() => setOpen(true)} onKeyDown={onKey}
				onInput={(e) => { setText(e.currentTarget.value); setOpen(true); setAt(0); }} />
			{open && (
				<ul id="pick-list" class="pick-list" role="listbox" aria-label={t('trend.add')}>
					{found.map((offer, n) => (
						<Fragment key={offer.id}>
							{n === own.length && <li class="pick-head" role="presentation">{t('trend.door')}</li>}
							<li id={offer.id} role="option" aria-selected={n === here} data-pick={offer.name}
								onMouseDown={(e) => { e.preventDefault(); add(offer); field.current?.focus(); }}>
								{offer.point ? <span>{labelOf(offer.point.label, offer.name)}<span class="sub mono">{offer.name}</span></span> : <SeriesName name={offer.name} />}
								<span class="faint">{offer.point?.unit}</span>
							</li>
						</Fragment>
					))}
					{doors.truncated && <li class="faint" role="presentation">{t('trend.door.more')}</li>}
					{doors.problem && <li class="bad-text" role="presentation">{doors.problem.message || t('problem.offline')}</li>}
					{!found.length && <li class="faint" role="presentation">{t('trend.none')}</li>}
				</ul>
			)}
		</div>
	);
}
