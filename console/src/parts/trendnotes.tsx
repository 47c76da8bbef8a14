// SPDX-License-Identifier: Apache-2.0
// What was changed by hand, over a trend: annotated spans are shaded lightly under a flag at
// the top edge, deleted and set samples have a dotted line there, in the colour of the point.
import type { Change } from '../changes';
import type { Caption, Shape } from '../export';
import { labelOf } from '../format';
import { t } from '../i18n';
import { frameOf, xOf, type Palette, type Scene } from '../trend_option';
import type { Shown } from '../trend_scene';
import { changeText, changeWho } from './edits';
import { Icon } from './icon';

/** Flags and dotted lines that lie nearer than so many pixels are one. */
const FLAG_PX = 18;
const MARK_PX = 4;
const LANE_PX = 6;
const TIP_MAX = 3;
const CAPTIONS_MAX = 8;
const SHADE = 0.1;

export interface NotesProps { scene: Scene; shown: readonly Shown[]; of: (point: string) => readonly Change[]; onOpen: () => void }

interface Placed { left: number; right: number; changes: Change[] }

/** The changes that are seen, where they are drawn, those near one another together. */
function placed(changes: readonly Change[], scene: Scene, near: number, width: number): Placed[] {
	const { left, plot } = frameOf(scene);
	const clamp = (x: number): number => Math.min(left + plot, Math.max(left, x));
	const all = changes.filter(({ from_ms, to_ms }) => to_ms > scene.range.from && from_ms < scene.range.to).map((change) => {
		const at = clamp(xOf(scene, change.from_ms));
		return { left: at, right: Math.max(at + width, clamp(xOf(scene, change.to_ms))), changes: [change] };
	}).sort((a, b) => a.left - b.left);
	const joined: Placed[] = [];
	for (const one of all) {
		const last = joined[joined.length - 1];
		if (last && one.left - (near === FLAG_PX ? last.left : last.right) < near) {
			last.right = Math.max(last.right, one.right);
			last.changes.push(...one.changes);
		} else joined.push(one);
	}
	return joined;
}

/** Whose a change is, where several points are drawn. */
type Owners = ReadonlyMap<Change, string>;

function Tip({ changes, owners }: { changes: readonly Change[]; owners: Owners }) {
	return (
		<span class="note-tip" role="tooltip">
			{changes.slice(0, TIP_MAX).map((change) => (
				<span key={change.edits[0]!.id}>{changeText(change)}<span class="sub">{[owners.get(change), changeWho(change)].filter(Boolean).join(' · ')}</span></span>
			))}
			{changes.length > TIP_MAX && <span class="sub">{t('edits.several', { n: changes.length })}</span>}
		</span>
	);
}

/** The tip opens away from the nearer edge. */
const sideOf = (scene: Scene, x: number): string => (x > scene.width / 2 ? ' at-right' : '');

const words = (changes: readonly Change[]): string => changes.slice(0, TIP_MAX).map(changeText).join('; ');

function Notes({ changes, owners, scene, onOpen }: { changes: readonly Change[]; owners: Owners; scene: Scene; onOpen: () => void }) {
	const { top, bottom } = frameOf(scene);
	return (
		<>
			{placed(changes, scene, 0, 1).map(({ left, right, changes: [one] }) =>
				<i key={one!.edits[0]!.id} class="note-span" style={{ left: `${left}px`, width: `${right - left}px`, top: `${top}px`, bottom: `${bottom}px` }} />)}
			{placed(changes, scene, FLAG_PX, 1).map(({ left, changes: here }) => (
				<button key={here[0]!.edits[0]!.id} type="button" class={`note-flag${sideOf(scene, left)}`} style={{ left: `${left}px` }}
					aria-label={words(here)} data-note={here[0]!.edits[0]!.id} onClick={onOpen}>
					<Icon name="flag" size={12} />{here.length > 1 && <small>{here.length}</small>}<Tip changes={here} owners={owners} />
				</button>
			))}
		</>
	);
}

const notesOf = ({ shown, of }: Pick<NotesProps, 'shown' | 'of'>): Change[] =>
	shown.flatMap(({ point }) => of(point.name).filter((one) => one.kind === 'annotate' && !one.undone));

interface Mark extends Placed { n: number; top: number }

/** Each point has a lane of dotted lines at the top of the plot, when it has any. */
function marksOf({ scene, shown, of }: Omit<NotesProps, 'onOpen'>): Mark[] {
	const { top } = frameOf(scene);
	return shown.map(({ n, point }) => ({ n, rows: placed(of(point.name).filter((one) => one.kind !== 'annotate' && !one.undone), scene, MARK_PX, MARK_PX) }))
		.filter(({ rows }) => rows.length)
		.flatMap(({ n, rows }, lane) => rows.map((one) => ({ ...one, n, top: top + 1 + lane * LANE_PX })));
}

/** What a picture of the chart has over its lines, and what was said in words. */
export function picturedOf(props: Omit<NotesProps, 'onOpen'>, colours: Palette): { shapes: Shape[]; captions: Caption[] } {
	const { scene } = props;
	const { top, bottom } = frameOf(scene);
	const notes = notesOf(props);
	const seen = placed(notes, scene, 0, 1);
	const box = ({ left, right }: Placed) => ({ left, width: right - left });
	return {
		shapes: [
			...seen.map((one) => ({ ...box(one), top, height: scene.height - top - bottom, colour: colours.faint, opacity: SHADE, dotted: false })),
			...marksOf(props).map((one) => ({ ...box(one), top: one.top, height: 3, colour: colours.of(one.n), opacity: 1, dotted: true })),
		],
		captions: seen.flatMap(({ changes }) => changes).slice(0, CAPTIONS_MAX).map((change) => ({ colour: colours.faint, text: changeText(change) })),
	};
}

export function TrendNotes(props: NotesProps) {
	const { scene, shown, of, onOpen } = props;
	const owners: Owners = new Map(shown.length < 2 ? []
		: shown.flatMap(({ point }) => of(point.name).map((change) => [change, labelOf(point.label, point.name)] as const)));
	return (
		<div class="trend-notes" onPointerDown={(e) => (e.target as Element).closest('button') && e.stopPropagation()}>
			{marksOf(props).map(({ n, left, right, top, changes }) => (
				<button key={`${n} ${changes[0]!.edits[0]!.id}`} type="button" class={`edit-mark${sideOf(scene, left)}`} aria-label={words(changes)}
					data-mark={changes[0]!.edits[0]!.id} onClick={onOpen} style={{ left: `${left}px`, width: `${right - left}px`, top: `${top}px`, '--own': `var(--s${n + 1})` }}>
					<Tip changes={changes} owners={owners} />
				</button>
			))}
			<Notes changes={notesOf(props)} owners={owners} scene={scene} onOpen={onOpen} />
		</div>
	);
}
