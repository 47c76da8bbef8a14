// SPDX-License-Identifier: Apache-2.0
// A list of events, and the live ones that belong in front of it.
import { formatTime, formatWhen } from '../format';
import { word } from '../i18n';
import { freshEvents } from '../live';
import { href } from '../router';
import { useStore } from '../store';
import type { NodeEvent } from '../types';
import { SeverityState } from './status';

function targetOf(event: NodeEvent): string | undefined {
	if (event.incident) return href('incidents', String(event.incident));
	if (event.point) return href('points', event.point);
	return undefined;
}

/** The loaded events with the newer live ones that pass in front, no sequence twice. */
export function useWithFresh(loaded: readonly NodeEvent[],
	passes: (event: NodeEvent) => boolean): NodeEvent[] {
	const fresh = useStore(freshEvents);
	const newest = loaded[0]?.seq ?? 0;
	const known = new Set(loaded.map((event) => event.seq));
	const front = fresh.filter((e) => e.seq > newest && !known.has(e.seq) && passes(e));
	return [...front, ...loaded];
}

export function EventList({ events, compact = false }:
{ events: readonly NodeEvent[]; compact?: boolean }) {
	return (
		<ol class={`events ${compact ? 'compact' : ''}`}>
			{events.map((event) => {
				const target = targetOf(event);
				return (
					<li key={event.seq}>
						<time title={event.time}>
							{compact ? formatTime(event.time_ms) : formatWhen(event.time_ms)}
						</time>
						<SeverityState severity={event.severity} />
						<span class="event-text">
							{target ? <a href={target}>{event.text}</a> : event.text}
						</span>
						{!compact && <span class="event-class faint">{word('class', event.class)}</span>}
						{!compact && <span class="event-seq faint num">#{event.seq}</span>}
					</li>
				);
			})}
		</ol>
	);
}
