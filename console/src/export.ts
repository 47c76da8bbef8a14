// SPDX-License-Identifier: Apache-2.0
// A trend as files: what is seen as CSV, every sample as CSV, the chart as a picture.
import { formatStamp } from './format';
import { eachSample } from './history';
import { indexAt, type Row, type Rows } from './rows';
import type { Point } from './types';
import type { Range } from './view';

export interface Column { point: Point; rows: Rows }

/** A text that a table program must not take for a formula, and that may hold anything. */
const cell = (text: string): string =>
	/[",\r\n]/.test(text) || /^[=+\-@\t]/.test(text) ? `"${/^[=+\-@\t]/.test(text) ? "'" : ''}${text.replace(/"/g, '""')}"` : text;
const number = (value: number | null): string => (value === null ? '' : String(value));
const time = (ms: number): string => new Date(ms).toISOString();
/** The mark by which table programs know UTF-8. */
const MARK = '\ufeff';
const HEADS = { samples: ['', ' quality'], buckets: [' mean', ' min', ' max', ' count', ' quality'] };

const BOUND = ' bound';
/** With the bound only where the node has left samples out. */
const kindsOf = ({ rows, step_ms }: Rows): string[] =>
	[...(step_ms ? HEADS.buckets : HEADS.samples), ...(rows.some((row) => row.bound) ? [BOUND] : [])];
const boundCell = ({ bound = 0 }: Row): string => (bound === Infinity ? 'approximate' : String(bound));

const headsOf = ({ point }: Column, kinds: readonly string[]): string[] =>
	kinds.map((head) => cell(`${point.name}${head === '' && point.unit ? ` [${point.unit}]` : head}`));

function cellsOf({ rows: { step_ms } }: Column, kinds: readonly string[], row: Row | undefined): string[] {
	if (!row) return kinds.map(() => '');
	const values = step_ms ? [row.value, row.low, row.high, row.count] : [row.value];
	return [...values.map(number), row.quality, ...(kinds.includes(BOUND) ? [boundCell(row)] : [])];
}

/** One row for each time at which some point has a sample or a bucket. */
export function csvOfSeen(columns: readonly Column[], { from, to }: Range): Blob {
	const found = columns.map(({ rows: { rows, step_ms } }) => {
		const first = step_ms ? indexAt(rows, from - step_ms + 1) : indexAt(rows, from);
		return new Map(rows.slice(first, indexAt(rows, to)).map((row) => [row.t_ms, row]));
	});
	const kinds = columns.map(({ rows }) => kindsOf(rows));
	const times = [...new Set(found.flatMap((rows) => [...rows.keys()]))].sort((a, b) => a - b);
	const lines = times.map((t) => [time(t), ...columns.flatMap((column, n) => cellsOf(column, kinds[n]!, found[n]!.get(t)))].join());
	const head = ['time', ...columns.flatMap((column, n) => headsOf(column, kinds[n]!))].join();
	return new Blob([MARK, [head, ...lines, ''].join('\r\n')], { type: 'text/csv;charset=utf-8' });
}

export const EXPORT_MAX = 2_000_000;

/** Every sample of the points, one after the other; `cut` when there were too many. */
export async function csvOfSamples(points: readonly Point[], range: Range, signal: AbortSignal,
	progress: (count: number) => void): Promise<{ file: Blob; cut: boolean }> {
	const parts: string[] = [MARK, 'time,point,value,unit,quality\r\n'];
	let count = 0;
	for (const point of points) {
		const [name, unit] = [cell(point.name), cell(point.unit)];
		await eachSample(point, range, signal, (items) => {
			const taken = items.slice(0, EXPORT_MAX - count);
			parts.push(taken.map(([t_ms, value, quality]) => `${time(t_ms)},${name},${number(value)},${unit},${quality}\r\n`).join(''));
			count += taken.length;
			progress(count);
			return count < EXPORT_MAX;
		});
		if (count >= EXPORT_MAX) break;
	}
	return { file: new Blob(parts, { type: 'text/csv;charset=utf-8' }), cut: count >= EXPORT_MAX };
}

export interface Caption { colour: string; text: string }
/** Something over the chart, in pixels of the page. */
export interface Shape { left: number; top: number; width: number; height: number; colour: string; opacity: number; dotted: boolean }
interface Picture { chart: HTMLCanvasElement; title: string; captions: Caption[]; shapes: Shape[]; background: string; text: string; font: string }

function drawShape(pen: CanvasRenderingContext2D, { left, top, width, height, colour, opacity, dotted }: Shape): void {
	const end = left + width;
	pen.globalAlpha = opacity;
	pen.fillStyle = colour;
	if (!dotted) pen.fillRect(left, top, width, height);
	for (let x = left; dotted && x < end; x += 2 * height) pen.fillRect(x, top, Math.min(height, end - x), height);
	pen.globalAlpha = 1;
}

/** The chart with its time and the names of its lines above it. */
export async function pictureOf({ chart, title, captions, shapes, background, text, font }: Picture): Promise<Blob> {
	const scale = chart.width / chart.clientWidth;
	const [line, edge] = [20 * scale, 12 * scale];
	const sheet = document.createElement('canvas');
	const pen = sheet.getContext('2d')!;
	const letters = `${13 * scale}px ${font}`;
	pen.font = letters;
	const places: [x: number, y: number][] = [];
	let [x, y] = [edge, edge + 2 * line];
	for (const { text: words } of captions) {
		const width = pen.measureText(words).width + 2 * line;
		if (x + width > chart.width - edge && x > edge) [x, y] = [edge, y + line];
		places.push([x, y]);
		x += width;
	}
	sheet.width = chart.width;
	sheet.height = y + line + chart.height;
	pen.fillStyle = background;
	pen.fillRect(0, 0, sheet.width, sheet.height);
	pen.font = `600 ${letters}`;
	pen.fillStyle = text;
	pen.fillText(title, edge, edge + line / 2);
	pen.font = letters;
	captions.forEach(({ colour, text: words }, n) => {
		const [left, base] = places[n]!;
		pen.fillStyle = colour;
		pen.fillRect(left, base - 6 * scale, 14 * scale, 3 * scale);
		pen.fillStyle = text;
		pen.fillText(words, left + 20 * scale, base);
	});
	pen.drawImage(chart, 0, y + line / 2);
	pen.setTransform(scale, 0, 0, scale, 0, y + line / 2);
	for (const shape of shapes) drawShape(pen, shape);
	return new Promise((resolve, reject) =>
		sheet.toBlob((file) => (file ? resolve(file) : reject(new Error('no picture'))), 'image/png'));
}

export const fileName = ({ from, to }: Range, kind: string): string =>
	`trend-${[from, to].map((ms) => formatStamp(ms).replace(/[-:]/g, '').replace(' ', 'T')).join('-')}.${kind}`;

export function saveFile(file: Blob, name: string): void {
	const link = document.createElement('a');
	link.href = URL.createObjectURL(file);
	link.download = name;
	link.click();
	setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
