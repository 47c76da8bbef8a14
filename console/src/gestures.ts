// SPDX-License-Identifier: Apache-2.0
// How a hand moves a trend: the wheel zooms where it stands, dragging moves, Shift and
// dragging chooses a span, two fingers zoom, a tap sets the cursor, and keys do the same.
import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { panned, zoomed, type Range } from './view';

/** The plot in the box, in pixels, and the time that it shows. */
export interface Stage { range: Range; left: number; plot: number; follows: boolean }
export interface Hand {
	stage(): Stage;
	move(range: Range): void;
	/** The movement is over. */
	rest(): void;
	point(t: number | null): void;
	/** A span being chosen; null: no more. */
	choose(range: Range | null): void;
	/** Takes a span instead of showing it; while it is there, dragging chooses. */
	mark?(range: Range): void;
	home(): void;
	end(): void;
	/** Where the cursor is, for keys. */
	cursor(): number | null;
}

const REST_MS = 350;
const TAP_PX = 5;
const WHEEL = 0.0016;
const KEY_STEP = 0.1;
const LINE_PX = 16;

interface Finger { x0: number; x: number; t0: number }

const timeAt = ({ range, left, plot }: Stage, x: number): number =>
	range.from + ((x - left) / plot) * (range.to - range.from);
const shareAt = ({ left, plot }: Stage, x: number): number => Math.min(1, Math.max(0, (x - left) / plot));

/** The range in which each finger is still on the time that it took hold of. */
function pinched(stage: Stage, [a, b]: [Finger, Finger]): Range | undefined {
	const apart = b.x - a.x;
	if (Math.abs(apart) < 16 || a.t0 === b.t0) return undefined;
	const perPx = Math.abs((b.t0 - a.t0) / apart);
	const from = a.t0 - (a.x - stage.left) * perPx;
	return { from, to: from + perPx * stage.plot };
}

function onPointers(box: HTMLElement, hand: () => Hand): () => void {
	const fingers = new Map<number, Finger>();
	let start: Stage | undefined;
	let chosen: Range | undefined;
	let choosing = false;
	let moved = false;
	const xOf = (e: PointerEvent | WheelEvent): number => e.clientX - box.getBoundingClientRect().left;
	const hold = (): void => {
		start = hand().stage();
		for (const finger of fingers.values()) {
			finger.x0 = finger.x;
			finger.t0 = timeAt(start, finger.x);
		}
	};
	const down = (e: PointerEvent): void => {
		if (e.button) return;
		box.setPointerCapture(e.pointerId);
		const x = xOf(e);
		fingers.set(e.pointerId, { x0: x, x, t0: 0 });
		choosing = (e.shiftKey || hand().mark !== undefined) && fingers.size === 1;
		if (fingers.size === 1) moved = false;
		hold();
	};
	const drag = (finger: Finger): void => {
		moved ||= fingers.size > 1 || Math.abs(finger.x - finger.x0) > TAP_PX;
		if (!moved || !start) return;
		const now = hand();
		if (choosing) {
			const ends = [finger.t0, timeAt(start, finger.x)].sort((a, b) => a - b);
			chosen = { from: ends[0]!, to: ends[1]! };
			return now.choose(chosen);
		}
		const perPx = (start.range.to - start.range.from) / start.plot;
		const [a, b] = [...fingers.values()];
		const range = a && b ? pinched(start, [a, b]) : panned(start.range, (finger.x0 - finger.x) * perPx);
		now.point(null);
		if (range) now.move(range);
	};
	const move = (e: PointerEvent): void => {
		const finger = fingers.get(e.pointerId);
		const x = xOf(e);
		if (finger) {
			finger.x = x;
			return drag(finger);
		}
		const stage = hand().stage();
		const inside = x >= stage.left && x <= stage.left + stage.plot;
		if (e.pointerType === 'mouse') hand().point(inside ? timeAt(stage, x) : null);
	};
	const up = (e: PointerEvent): void => {
		const finger = fingers.get(e.pointerId);
		if (!finger) return;
		fingers.delete(e.pointerId);
		if (fingers.size) return hold();
		const now = hand();
		if (chosen && !now.mark) now.move(chosen);
		if (choosing) now.choose(null);
		if (chosen && now.mark) now.mark(chosen);
		else if (moved) now.rest();
		else if (e.type === 'pointerup') now.point(timeAt(now.stage(), finger.x));
		chosen = undefined;
		choosing = false;
	};
	const leave = (e: PointerEvent): void => {
		if (e.pointerType === 'mouse' && !fingers.size) hand().point(null);
	};
	let timer = 0;
	const wheel = (e: WheelEvent): void => {
		if (e.ctrlKey && e.deltaY === 0) return;
		e.preventDefault();
		const now = hand();
		const stage = now.stage();
		const unit = e.deltaMode ? LINE_PX : 1;
		const sideways = e.shiftKey ? e.deltaX || e.deltaY : Math.abs(e.deltaX) > Math.abs(e.deltaY) ? e.deltaX : 0;
		const span = stage.range.to - stage.range.from;
		now.move(sideways ? panned(stage.range, (sideways * unit * span) / stage.plot)
			: zoomed(stage.range, Math.exp(e.deltaY * unit * WHEEL), shareAt(stage, xOf(e))));
		clearTimeout(timer);
		timer = window.setTimeout(() => hand().rest(), REST_MS);
	};
	const ends = new AbortController();
	const on = <K extends keyof HTMLElementEventMap>(name: K, fn: (e: HTMLElementEventMap[K]) => void, passive = true): void =>
		box.addEventListener(name, fn, { signal: ends.signal, passive });
	on('pointerdown', down);
	on('pointermove', move);
	on('pointerup', up);
	on('pointercancel', up);
	on('pointerleave', leave);
	on('wheel', wheel, false);
	return () => {
		clearTimeout(timer);
		ends.abort();
	};
}

/** What a key does; undefined: it is not one of ours. */
function actOf(key: string, shift: boolean, hand: Hand): (() => void) | undefined {
	const stage = hand.stage();
	const span = stage.range.to - stage.range.from;
	const middle = (stage.range.from + stage.range.to) / 2;
	const cursor = hand.cursor();
	const by = (share: number) => () => hand.move(panned(stage.range, share * span));
	const still = cursor === null ? (stage.follows ? 1 : 0.5) : Math.min(1, Math.max(0, (cursor - stage.range.from) / span));
	const around = (factor: number) => () => hand.move(zoomed(stage.range, factor, still));
	const point = (share: number) => () =>
		hand.point(Math.min(stage.range.to, Math.max(stage.range.from, (cursor ?? middle) + share * span)));
	const acts: Record<string, () => void> = {
		ArrowLeft: shift ? point(-0.005) : by(-KEY_STEP), ArrowRight: shift ? point(0.005) : by(KEY_STEP),
		PageUp: by(-1), PageDown: by(1), '+': around(0.5), '=': around(0.5), '-': around(2), _: around(2),
		Home: () => hand.home(), End: () => hand.end(), Escape: () => hand.point(null),
	};
	return acts[key];
}

function onKeys(box: HTMLElement, hand: () => Hand): () => void {
	let timer = 0;
	const press = (e: KeyboardEvent): void => {
		if (e.ctrlKey || e.metaKey || e.altKey) return;
		const act = actOf(e.key, e.shiftKey, hand());
		if (!act) return;
		e.preventDefault();
		act();
		clearTimeout(timer);
		timer = window.setTimeout(() => hand().rest(), REST_MS);
	};
	box.addEventListener('keydown', press);
	return () => {
		clearTimeout(timer);
		box.removeEventListener('keydown', press);
	};
}

export function useGestures(box: RefObject<HTMLElement>, hand: Hand): void {
	const newest = useRef(hand);
	newest.current = hand;
	useEffect(() => {
		const get = (): Hand => newest.current;
		const ends = [onPointers(box.current!, get), onKeys(box.current!, get)];
		return () => ends.forEach((end) => end());
	}, []);
}
