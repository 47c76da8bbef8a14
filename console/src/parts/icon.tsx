// SPDX-License-Identifier: Apache-2.0
// Icons drawn as strokes on a 16 by 16 grid; they take the colour of the text.
const PATHS = {
	overview: 'M2 9h5V2H2zM9 14h5V7H9zM9 2v3h5V2zM2 14h5v-3H2z',
	points: 'M1.5 9h3l2-5.5 3 9 2-5h3',
	trend: 'M2 2v12h12M4.5 10.5 7 6.5l2.5 2 4-5.5',
	identifiers: 'M8.5 2H14v5.5L7.5 14 2 8.5zM11 5h.01',
	network: 'M6 2h4v4H6zM1.5 10.5h4v3.5h-4zM10.5 10.5h4v3.5h-4zM8 6v2.5M3.5 10.5v-2h9v2',
	events: 'M8 2v1M4 11V7a4 4 0 0 1 8 0v4l1 1.5H3zM6.7 14.3h2.6',
	commands: 'M2.5 3h11v10h-11zM5 6.5 7 8l-2 1.5M8.5 10H11',
	tree: 'M8 2v3M3.5 11V8h9v3M8 5v3M6 2h4M2 11h3v3H2zM6.5 11h3v3h-3zM11 11h3v3h-3zM8 8v3',
	indicators: 'M2 14V9M6 14V5M10 14V7.5M14 14V2',
	cases: 'M3 2.5h10v11.5H3zM6 1.5h4v2H6zM5.5 9l1.7 1.7L10.7 7',
	posture: 'M8 1.8 13.5 4v4c0 3.2-2.3 5.4-5.5 6.4C4.8 13.4 2.5 11.2 2.5 8V4z',
	releases: 'M9.5 2H3.5v12h9V5zM9.5 2v3h3M5.5 9.5h5M8.5 7.5l2 2-2 2',
	bulletins: 'M2 6.5v3h2.5L12 13V3L4.5 6.5zM5 9.5 6 14h2M14.5 6.5v3',
	users: 'M6 3a2.2 2.2 0 1 0 0 4.4A2.2 2.2 0 0 0 6 3M1.5 13.5c0-2.6 2-4 4.5-4s4.5 1.4 4.5 4M10.5 3.3a2.2 2.2 0 0 1 0 3.8M12 9.9c1.6.5 2.5 1.7 2.5 3.6',
	user: 'M8 2.5a2.7 2.7 0 1 0 0 5.4 2.7 2.7 0 0 0 0-5.4M2.5 14c0-3 2.4-4.4 5.5-4.4s5.5 1.4 5.5 4.4',
	sun: 'M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6M8 1.5v1.2M8 13.3v1.2M1.5 8h1.2M13.3 8h1.2M3.4 3.4l.9.9M11.7 11.7l.9.9M3.4 12.6l.9-.9M11.7 4.3l.9-.9',
	moon: 'M13.5 9.7A5.8 5.8 0 0 1 6.3 2.5a5.8 5.8 0 1 0 7.2 7.2z',
	auto: 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2M8 2v12M8 5h3.5M8 8h5M8 11h3.5',
	exit: 'M9.5 2.5h-7v11h7M6.5 8h8M12 5.5 14.5 8 12 10.5',
	search: 'M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9M10.3 10.3l3.7 3.7',
	keyboard: 'M1.5 4h13v8h-13zM4 6.5h.01M6.7 6.5h.01M9.4 6.5h.01M12 6.5h.01M5 9.5h6',
	pen: 'M2.5 13.5 3 10.5 10.5 3 13 5.5 5.5 13zM9 4.5 11.5 7',
	check: 'M3 8.5 6.5 12 13 4.5',
	cross: 'M4 4l8 8M12 4l-8 8',
	copy: 'M5.5 5.5h8v8.5h-8zM3 11H2.5V2h8v1',
	chain: 'M6.8 9.2a2.6 2.6 0 0 0 3.7 0l2.2-2.2A2.6 2.6 0 0 0 9 3.3l-.8.8M9.2 6.8a2.6 2.6 0 0 0-3.7 0L3.3 9A2.6 2.6 0 0 0 7 12.7l.8-.8',
	flag: 'M4 14.5v-13M4 2.5h8.5L10 5.5l2.5 3H4',
	left: 'M10 3 5 8l5 5',
	right: 'M6 3l5 5-5 5',
	plus: 'M8 3v10M3 8h10',
	minus: 'M3 8h10',
	gear: 'M2 4.5h7M12 4.5h2M2 11.5h2M7 11.5h7M10.5 3v3M5.5 10v3',
	target: 'M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11M8 .8v3.4M8 11.8v3.4M.8 8h3.4M11.8 8h3.4',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
	return (
		<svg class="icon" width={size} height={size} viewBox="0 0 16 16" aria-hidden="true">
			<path d={PATHS[name]} />
		</svg>
	);
}

/** The mark of the house: warp threads and the shuttle's way through them. */
export function Mark({ size = 24 }: { size?: number }) {
	return (
		<svg class="mark" width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
			<rect width="32" height="32" rx="7" />
			<path d="M9 7v18M16 7v18M23 7v18" opacity=".55" />
			<path d="M5 12h4c3 0 4 8 7 8s4-8 7-8h4" />
		</svg>
	);
}
