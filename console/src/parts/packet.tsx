// SPDX-License-Identifier: Apache-2.0
// The bytes of a packet as every analyser prints them, beside what they mean.
import { t } from '../i18n';
import type { Packet } from '../types';

const PER_ROW = 16;

interface Row { at: string; hex: string; text: string }

export function dumpOf(hex: string): Row[] {
	const bytes = hex.replace(/[^0-9a-f]/gi, '').match(/../g) ?? [];
	const rows: Row[] = [];
	for (let at = 0; at < bytes.length; at += PER_ROW) {
		const slice = bytes.slice(at, at + PER_ROW);
		rows.push({
			at: at.toString(16).padStart(4, '0'),
			hex: `${slice.slice(0, 8).join(' ')}  ${slice.slice(8).join(' ')}`,
			text: slice.map((b) => printable(parseInt(b, 16))).join(''),
		});
	}
	return rows;
}

const printable = (code: number): string =>
	code >= 0x20 && code < 0x7f ? String.fromCharCode(code) : '·';

export function PacketView({ packet }: { packet: Packet }) {
	return (
		<div class="packet">
			<div class="hex" tabIndex={0} role="region" aria-label={t('incident.packet')}>
				<pre>{dumpOf(packet.hex).map((row) => (
					<span key={row.at}>
						<i>{row.at}</i>  {row.hex.padEnd(PER_ROW * 3)}  <b>{row.text}</b>{'\n'}
					</span>
				))}</pre>
			</div>
			<div class="layers">
				{packet.layers.map((layer) => (
					<section key={layer.name}>
						<h3>{layer.name}</h3>
						<dl>
							{layer.fields.map(([name, value]) => (
								<div key={name}><dt>{name}</dt><dd class="mono">{String(value)}</dd></div>
							))}
						</dl>
					</section>
				))}
			</div>
		</div>
	);
}
