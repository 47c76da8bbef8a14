// SPDX-License-Identifier: Apache-2.0
// A state as shape, colour and word together, so that none of them carries it alone.
import { word } from '../i18n';
import type { QualityClass, Severity } from '../types';

export type Tone = 'good' | 'warn' | 'bad' | 'calm' | 'accent';
export type Shape = 'dot' | 'ring' | 'triangle' | 'diamond' | 'square' | 'half';

const SHAPES: Record<Shape, string> = {
	dot: 'M6 2a4 4 0 1 0 0 8 4 4 0 0 0 0-8z',
	ring: 'M6 2a4 4 0 1 0 0 8 4 4 0 0 0 0-8zm0 2a2 2 0 1 1 0 4 2 2 0 0 1 0-4z',
	half: 'M6 2a4 4 0 1 0 0 8 4 4 0 0 0 0-8zm0 1.5v5a2.5 2.5 0 0 1 0-5z',
	triangle: 'M6 1.2 11.2 10.4H.8z',
	diamond: 'M6 .6 11.4 6 6 11.4 .6 6z',
	square: 'M2 2h8v8H2z',
};

export function Glyph({ tone, shape }: { tone: Tone; shape: Shape }) {
	return (
		<svg class={`glyph tone-${tone}`} width="12" height="12" viewBox="0 0 12 12" aria-hidden="true">
			<path d={SHAPES[shape]} fill-rule="evenodd" />
		</svg>
	);
}

interface StateProps { tone: Tone; shape: Shape; text: string; title?: string }

export function State({ tone, shape, text, title }: StateProps) {
	return (
		<span class="state" title={title}>
			<Glyph tone={tone} shape={shape} />
			<span>{text}</span>
		</span>
	);
}

const QUALITIES: Record<QualityClass, [Tone, Shape]> = {
	good: ['good', 'dot'], uncertain: ['warn', 'triangle'], bad: ['bad', 'square'],
};
const SEVERITIES: Record<Severity, [Tone, Shape]> = {
	info: ['calm', 'ring'], notice: ['accent', 'dot'], warning: ['warn', 'triangle'],
	alarm: ['bad', 'diamond'], critical: ['bad', 'square'],
};
const DEVICES: Record<string, [Tone, Shape]> = {
	up: ['good', 'dot'], connecting: ['warn', 'half'], down: ['bad', 'square'],
};
const ORDERS: Record<string, [Tone, Shape]> = {
	verified: ['good', 'dot'], requested: ['accent', 'half'], operated: ['accent', 'half'],
	refused: ['warn', 'triangle'], expired: ['warn', 'triangle'], failed: ['bad', 'square'],
};

/** The mark alone; its word is read by screen readers and shown on hover. */
export function QualityMark({ quality }: { quality: QualityClass }) {
	const [tone, shape] = QUALITIES[quality];
	const text = word('quality', quality);
	return (
		<span class="quality" title={text}>
			<Glyph tone={tone} shape={shape} />
			<span class="visually-hidden">{text}</span>
		</span>
	);
}

export function QualityState({ quality, detail }: { quality: QualityClass; detail?: string }) {
	const [tone, shape] = QUALITIES[quality];
	return <State tone={tone} shape={shape} text={word('quality', detail ?? quality)} />;
}

export function SeverityState({ severity }: { severity: Severity }) {
	const [tone, shape] = SEVERITIES[severity];
	return <State tone={tone} shape={shape} text={word('severity', severity)} />;
}

export function DeviceState({ state }: { state: string }) {
	const [tone, shape] = DEVICES[state] ?? DEVICES.down!;
	return <State tone={tone} shape={shape} text={word('device', state)} />;
}

export function OrderState({ state }: { state: string }) {
	const name = state.toLowerCase();
	const [tone, shape] = ORDERS[name] ?? ORDERS.failed!;
	return <State tone={tone} shape={shape} text={word('state', name)} />;
}
