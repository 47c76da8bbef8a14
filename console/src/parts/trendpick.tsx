// SPDX-License-Identifier: Apache-2.0
// A field that finds points by any words of theirs and adds the one that is chosen.
import { useRef, useState } from 'preact/hooks';
import { labelOf } from '../format';
import { t } from '../i18n';
import type { Point } from '../types';
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

interface PickProps { points: readonly Point[]; chosen: ReadonlySet<string>; onAdd: (name: string) => void }

export function PointPicker({ points, chosen, onAdd }: PickProps) {
	const [text, setText] = useState('');
	const [open, setOpen] = useState(false);
	const [at, setAt] = useState(0);
	const field = useRef<HTMLInputElement>(null);
	const full = chosen.size >= POINTS_MAX;
	const found = open ? matches(points.filter((point) => !chosen.has(point.name)), text) : [];
	const here = Math.min(at, found.length - 1);
	const add = (point: Point | undefined): void => {
		if (!point || full) return;
		onAdd(point.name);
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
				aria-controls="pick-list" aria-autocomplete="list" aria-activedescendant={found[here] && `pick-${found[here].id}`}
				placeholder={full ? t('trend.full', { n: POINTS_MAX }) : `${t('trend.add')}: ${t('trend.add.hint')}`}
				disabled={full} value={text} autocomplete="off" onFocus={() => setOpen(true)} onKeyDown={onKey}
				onInput={(e) => { setText(e.currentTarget.value); setOpen(true); setAt(0); }} />
			{open && (
				<ul id="pick-list" class="pick-list" role="listbox" aria-label={t('trend.add')}>
					{found.map((point, n) => (
						<li key={point.id} id={`pick-${point.id}`} role="option" aria-selected={n === here} data-pick={point.name}
							onMouseDown={(e) => { e.preventDefault(); add(point); field.current?.focus(); }}>
							<span>{labelOf(point.label, point.name)}<span class="sub mono">{point.name}</span></span>
							<span class="faint">{point.unit}</span>
						</li>
					))}
					{!found.length && <li class="faint" role="presentation">{t('trend.none')}</li>}
				</ul>
			)}
		</div>
	);
}
