// SPDX-License-Identifier: Apache-2.0
// Which dialog of the trend page is open, and what comes of it.
import type { RefObject } from 'preact';
import type { Chart } from '../chart';
import type { Edits } from '../edits';
import { csvOfSamples, csvOfSeen, fileName, pictureOf, saveFile } from '../export';
import { labelOf } from '../format';
import { t } from '../i18n';
import { useEditRights } from '../node_api';
import type { History } from '../trend_data';
import { palette, type Scene } from '../trend_option';
import type { Shown } from '../trend_scene';
import type { Moved } from '../trend_view';
import type { Point } from '../types';
import { axisKey, type Range, type View } from '../view';
import { Dialog } from './dialog';
import { EditDialog, EditList, MakeButton } from './edits';
import { ProblemBox } from './problem';
import { picturedOf } from './trendnotes';
import { CompareDialog, ExportDialog, RangeDialog, SettingsDialog, ViewsDialog } from './trenddialogs';

/** Nothing, a dialog, the settings of a point by its place in the view, or what to say of a span. */
export type Asking = '' | 'range' | 'compare' | 'views' | 'export' | 'edits' | number | { mark: Range };
interface AsksProps {
	asking: Asking; view: View; query: string; title: string; points: ReadonlyMap<string, Point>; scene: Scene;
	shown: Shown[]; history: History; moved: Moved; canvas: RefObject<Chart>; edits: Edits;
	onMark: (range: Range) => void;
	onRemove: (n: number) => void; onClose: () => void;
}

function Settings({ n, view, points, scene, moved, onRemove, onClose }: Omit<AsksProps, 'asking'> & { n: number }) {
	const one = view.points[n];
	const point = one && points.get(one.name);
	if (!one) return null;
	const key = point ? axisKey(one, point) : '';
	const setEnds = (ends: readonly [number, number] | null): void => {
		const { [key]: _, ...others } = view.fixed;
		moved.change({ fixed: ends ? { ...others, [key]: ends } : others }, true);
	};
	return <SettingsDialog one={one} point={point} fixed={key in view.fixed} title={labelOf(point?.label, one.name)}
		ends={scene.axes.find((axis) => axis.key === key)?.ends ?? [0, 1]} onChange={(next) => moved.changePoint(n, next)}
		onEnds={setEnds} onRemove={() => onRemove(n)} onClose={onClose} />;
}

async function savePicture({ canvas, shown, title, scene, edits }: AsksProps): Promise<void> {
	const colours = palette();
	const chart = canvas.current?.getDom().querySelector('canvas');
	if (!chart) return;
	const captions = shown.map(({ n, point }) => ({
		colour: colours.of(n), text: `${labelOf(point.label, point.name)} (${point.name}) ${point.unit}`.trim(),
	}));
	const { surface: background, text, font } = colours;
	const said = picturedOf({ scene, shown, of: edits.of }, colours);
	saveFile(await pictureOf({ chart, title, captions: [...captions, ...said.captions], shapes: said.shapes, background, text, font }), fileName(scene.range, 'png'));
}

function Export(props: AsksProps) {
	const { shown, history, scene: { range }, onClose } = props;
	const saveSeen = (): void =>
		saveFile(csvOfSeen(shown.map(({ point }) => ({ point, rows: history.rows(point) })), range), fileName(range, 'csv'));
	const saveSamples = async (signal: AbortSignal, progress: (count: number) => void): Promise<boolean> => {
		const { file, cut } = await csvOfSamples(shown.map(({ point }) => point), range, signal, progress);
		saveFile(file, fileName(range, 'samples.csv'));
		return cut;
	};
	return <ExportDialog onSeen={saveSeen} onPicture={() => savePicture(props)} onSamples={saveSamples} onClose={onClose} />;
}

function EditsDialog({ shown, edits, scene: { range }, onMark, onClose }: AsksProps) {
	const may = useEditRights();
	const items = shown.flatMap(({ point }) => edits.of(point.name)
		.filter((change) => change.to_ms > range.from && change.from_ms < range.to).map((change) => ({ point, change })));
	return (
		<Dialog title={t('edits.title')} onClose={onClose}>
			{edits.problem && <ProblemBox problem={edits.problem} retry={edits.retry} />}
			<EditList items={items} mayUndo={may} named none={t('edits.none.range')} truncated={edits.truncated} />
			<div class="dialog-buttons">
				{shown.some(({ point }) => may(point)) && <MakeButton onClick={() => onMark(range)} />}
				<button type="button" class="primary" onClick={onClose}>{t('word.close')}</button>
			</div>
		</Dialog>
	);
}

export function TrendAsks(props: AsksProps) {
	const { asking, query, scene: { range }, shown, moved, onClose } = props;
	const then = <A,>(act: (value: A) => void) => (value: A): void => {
		onClose();
		act(value);
	};
	const may = useEditRights();
	if (typeof asking === 'number') return <Settings n={asking} {...props} />;
	if (typeof asking === 'object') {
		const points = shown.map(({ point }) => point).filter(may);
		return points.length ? <EditDialog points={points} range={asking.mark} onClose={onClose} /> : null;
	}
	switch (asking) {
	case 'range': return <RangeDialog range={range} onShow={then(moved.show)} onClose={onClose} />;
	case 'compare': return <CompareDialog from={range.from} onShift={then((before) => moved.change({ before }))} onClose={onClose} />;
	case 'views': return <ViewsDialog query={query} onOpen={then((to) => { location.hash = `#/trend?${to}`; })} onClose={onClose} />;
	case 'edits': return <EditsDialog {...props} />;
	case 'export': return <Export {...props} />;
	default: return null;
	}
}
