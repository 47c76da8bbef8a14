// SPDX-License-Identifier: Apache-2.0
// The few surfaces every page is made of.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { t } from '../i18n';
import type { Loaded } from '../load';
import { ProblemBox } from './problem';

interface PanelProps {
	title?: ComponentChildren; aside?: ComponentChildren; children: ComponentChildren; class?: string;
}

export function Panel({ title, aside, children, class: extra = '' }: PanelProps) {
	return (
		<section class={`panel ${extra}`}>
			{(title || aside) && <header class="panel-head"><h2>{title}</h2>{aside}</header>}
			{children}
		</section>
	);
}

interface PageHeadProps { title: ComponentChildren; above?: ComponentChildren; children?: ComponentChildren }

export function PageHead({ title, above, children }: PageHeadProps) {
	return (
		<header class="page-head">
			<div class="page-title">
				{above && <div class="crumb">{above}</div>}
				<h1>{title}</h1>
			</div>
			{children && <div class="page-tools">{children}</div>}
		</header>
	);
}

/** Waiting, failed, or what was loaded; a failure after a success is shown above it. */
export function Await<T>({ from, rows = 3, children }:
{ from: Loaded<T>; rows?: number; children: (data: T) => ComponentChildren }) {
	return (
		<>
			{from.problem && <ProblemBox problem={from.problem} retry={from.problem.status === 404 ? undefined : from.reload} />}
			{from.data !== undefined ? children(from.data) : !from.problem && <Skeleton rows={rows} />}
		</>
	);
}

export function Skeleton({ rows }: { rows: number }) {
	return (
		<div class="skeleton" role="status" aria-label={t('word.loading')}>
			{Array.from({ length: rows }, (_, n) => <span key={n} />)}
		</div>
	);
}

export function Empty({ children }: { children: ComponentChildren }) {
	return <p class="empty">{children}</p>;
}

export function Facts({ rows }: { rows: [ComponentChildren, ComponentChildren][] }) {
	return (
		<dl class="facts">
			{rows.map(([name, value], n) => (
				<div key={n}><dt>{name}</dt><dd>{value}</dd></div>
			))}
		</dl>
	);
}

interface ChoiceProps<T extends string> {
	label: string; value: T; options: readonly (readonly [T, string])[]; onChange: (value: T) => void;
}

export function Choice<T extends string>({ label, value, options, onChange }: ChoiceProps<T>) {
	return (
		<div class="choice" role="group" aria-label={label}>
			{options.map(([key, text]) => (
				<button key={key} type="button" aria-pressed={key === value}
					onClick={() => onChange(key)}>{text}</button>
			))}
		</div>
	);
}

/** Tabs that are links, so that the browser's history works. */
export function Tabs({ items, label }:
{ items: { href: string; text: string; here: boolean; count?: number }[]; label: string }) {
	const here = useRef<HTMLAnchorElement>(null);
	// On a phone the tabs are wider than the screen.
	useEffect(() => here.current?.scrollIntoView({ block: 'nearest', inline: 'nearest' }), []);
	return (
		<nav class="tabs" aria-label={label}>
			{items.map((item) => (
				<a key={item.href} ref={item.here ? here : undefined} href={item.href} aria-current={item.here ? 'page' : undefined}>
					{item.text}
					{item.count !== undefined && <span class="count">{item.count}</span>}
				</a>
			))}
		</nav>
	);
}
