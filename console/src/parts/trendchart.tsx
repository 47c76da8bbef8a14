// SPDX-License-Identifier: Apache-2.0
// The chart of the trend page: ECharts draws, the hand moves it, and the cursor lies over
// it, so that following the pointer draws nothing again.
import type { ComponentChildren, RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Chart } from '../chart';
import { formatStamp } from '../format';
import { useGestures, type Hand } from '../gestures';
import { t } from '../i18n';
import { breaks } from '../live';
import { shownTheme } from '../prefs';
import { useStore, type Store } from '../store';
import { frameOf, optionOf, palette, timeEnds, xOf, type Scene } from '../trend_option';
import type { Reader, Size } from '../trend_scene';
import type { Range } from '../view';

interface ChartProps {
	scene: Scene; hand: Omit<Hand, 'stage' | 'choose' | 'point' | 'cursor'>; cursor: Store<number | null>;
	reader: Reader; onSize: (size: Size) => void;
	message?: string; follows: boolean; busy: boolean;
	/** What lies over the lines. */
	children?: ComponentChildren;
	canvas: RefObject<Chart>;
}

function yOf(scene: Scene, key: string, value: number): number | undefined {
	const { top, bottom } = frameOf(scene);
	const axis = scene.axes.find((one) => one.key === key);
	if (!axis) return undefined;
	const share = (value - axis.ends[0]) / (axis.ends[1] - axis.ends[0]);
	return share < 0 || share > 1 ? undefined : scene.height - bottom - share * (scene.height - top - bottom);
}

function Cursor({ scene, cursor, reader }: Pick<ChartProps, 'scene' | 'cursor' | 'reader'>) {
	const time = useStore(cursor);
	if (time === null || time < scene.range.from || time > scene.range.to) return null;
	const { top, bottom } = frameOf(scene);
	const x = xOf(scene, time);
	return (
		<>
			<i class="cursor-line" style={{ left: `${x}px`, top: `${top}px`, bottom: `${bottom}px` }} />
			{reader.dotsAt(time).map(({ n, axis, value, hollow }) => {
				const y = yOf(scene, axis, value);
				return y !== undefined && <i key={`${n} ${hollow}`} class={`cursor-dot${hollow ? ' hollow' : ''}`}
					style={{ left: `${x}px`, top: `${y}px`, '--own': `var(--s${n + 1})` }} />;
			})}
		</>
	);
}

function useChart(box: RefObject<HTMLDivElement>, scene: Scene, canvas: RefObject<Chart>): boolean {
	const theme = useStore(shownTheme);
	const mended = useStore(breaks);
	const [missing, setMissing] = useState(false);
	const drawn = useRef<{ key: unknown[] }>({ key: [] });
	const [there, setThere] = useState(0);
	useEffect(() => {
		let gone = false;
		import('../chart').then(({ createChart }) => {
			if (gone) return;
			setMissing(false);
			canvas.current = createChart(box.current!);
			drawn.current.key = [];
			setThere((n) => n + 1);
		}).catch(() => !gone && setMissing(true));
		return () => {
			gone = true;
			canvas.current?.dispose();
			canvas.current = null;
		};
	}, [mended]);
	useEffect(() => {
		const { drawn: points, axes, limits, width, height } = scene;
		const key = [theme, width, height, limits?.axis, there, ...axes.flatMap((axis) => [axis.key, axis.shown, ...axis.ends]),
			...points.flatMap((one) => [one.n, one.axis, one.stepped, one.faded, one.trace, one.before])];
		const same = key.length === drawn.current.key.length && key.every((part, n) => part === drawn.current.key[n]);
		if (!canvas.current || !width) return;
		// Moving draws the same lines at other times.
		if (same) return canvas.current.setOption(timeEnds(scene.range));
		drawn.current.key = key;
		canvas.current.resize({ width, height });
		canvas.current.setOption(optionOf(scene, palette()), { notMerge: true });
	});
	return missing;
}

export function TrendChart({ scene, hand, cursor, reader, onSize, message, follows, busy, canvas, children }: ChartProps) {
	const box = useRef<HTMLDivElement>(null);
	const draw = useRef<HTMLDivElement>(null);
	const [chosen, setChosen] = useState<Range | null>(null);
	const [said, setSaid] = useState('');
	const missing = useChart(draw, scene, canvas);
	const keyed = useRef(false);
	useEffect(() => {
		const tell = (): void => onSize({ width: box.current!.clientWidth, height: box.current!.clientHeight });
		const sizes = new ResizeObserver(tell);
		sizes.observe(box.current!);
		tell();
		return () => sizes.disconnect();
	}, []);
	useGestures(box, {
		...hand,
		stage: () => ({ range: scene.range, left: frameOf(scene).left, plot: frameOf(scene).plot, follows }),
		point: (time) => {
			cursor.set(time);
			// Screen readers are told what keys have moved to.
			if (keyed.current) setSaid(time === null ? '' : reader.wordsAt(time));
		},
		choose: setChosen,
		cursor: () => cursor.get(),
	});
	const { from, to } = scene.range;
	const title = t('trend.chart', { n: scene.drawn.length, from: formatStamp(from), to: formatStamp(to) });
	return (
		<div ref={box} class={`trend-stage${hand.mark ? ' marking' : ''}`} tabIndex={0} role="group" aria-label={title} aria-describedby="trend-keys" aria-busy={busy}
			onKeyDown={() => { keyed.current = true; }} onPointerMove={() => { keyed.current = false; }}>
			<div ref={draw} class="trend-canvas" aria-hidden="true" />
			{children}
			<Cursor scene={scene} cursor={cursor} reader={reader} />
			{chosen && <i class="cursor-span" style={{ left: `${xOf(scene, chosen.from)}px`,
				width: `${xOf(scene, chosen.to) - xOf(scene, chosen.from)}px` }} />}
			{(missing || message) && <p class="trend-empty">{missing ? t('missing.chart') : message}</p>}
			<p id="trend-keys" class="visually-hidden">{t('trend.keys')}</p>
			<p class="visually-hidden" aria-live="polite">{said}</p>
		</div>
	);
}
