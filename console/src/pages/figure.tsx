// SPDX-License-Identifier: Apache-2.0
// One figure, opened downward: the parts that make its value, the children whose parts make
// those, the points that a measured one rests on, and what it was before. What can be worked
// out again in the browser is, and what does not agree is said.
import type { ComponentChildren } from 'preact';
import { formatCount, formatValue, nameOf } from '../format';
import { checkSums, checkValue, periodText, sumBelow, tokensOf, worked, type Token } from '../figures';
import { catalogue } from '../live';
import { useLoad } from '../load';
import { figureHref, goalText, OriginMark, unitText, useScopeText, Value, viaOf, type Walked } from '../parts/figure';
import { Icon } from '../parts/icon';
import { Empty, Facts, Panel } from '../parts/panel';
import { State } from '../parts/status';
import { Coverage, Reporting, shareText, TreeAwait, TreeHead, useText, When } from '../parts/tree';
import { href, type PageProps } from '../router';
import { useStore } from '../store';
import { treeApi } from '../tree_api';
import type { BelowFigure, Definition, OpenFigure, Part } from '../tree_types';
import { t, word } from '../words_tree';
import { trendQuery } from '../view';

type Fact = [ComponentChildren, ComponentChildren];

const partOf = (one: OpenFigure, name: string): Part | undefined => one.parts.find((part) => part.name === name);

function Number({ value, unit }: { value: number | null | undefined; unit: string }) {
	return <><b class="num">{formatValue(value)}</b>{unitText(unit) && <small> {unit}</small>}</>;
}

const SIGNS: Record<string, string> = { '/': '÷', '*': '×', '-': '−' };

/** The formula with the numbers in the places of the names, each name under its number. */
function Worked({ one, tokens }: { one: OpenFigure; tokens: readonly Token[] }) {
	const sign = (text: string) => <span class="worked-sign">{SIGNS[text] ?? text}</span>;
	return (
		<div class="worked" data-worked>
			{tokens.map((token, n) => <span key={n}>{token.kind === 'part' ? (
				<span class="worked-part"><span><Number value={partOf(one, token.text)?.value} unit={partOf(one, token.text)?.unit ?? ''} /></span>
					<span class="sub mono">{token.text}</span></span>
			) : sign(token.text)}</span>)}
			{one.unit === '%' && <span>{sign('*')} <b class="num">100</b><small> %</small></span>}
			<span class="worked-end">{sign('=')} <span class="worked-part worked-value"><span><Number value={one.value} unit={one.unit} /></span><span class="sub">{t('figure.value')}</span></span></span>
		</div>
	);
}

function Verdict({ check, good, bad }: { check: string; good: string; bad: string }) {
	if (check === 'unknown') return null;
	return <p class="verdict" data-check={check}><State tone={check === 'equal' ? 'good' : 'bad'} shape={check === 'equal' ? 'dot' : 'square'} text={check === 'equal' ? good : bad} /></p>;
}

function PartRow({ part, formula }: { part: Part; formula: string }) {
	return (
		<tr data-part={part.name}>
			<td class="mono">{part.name}</td>
			<td class="right" data-label={t('figure.value')}>{part.kind !== 'sum' ? <span class="faint">{t('figure.part.sketch', { kind: word('kind', part.kind) })}</span>
				: part.value === null ? <span class="faint">{t('figure.part.not')}</span> : <Number value={part.value} unit={part.unit} />}</td>
			<td class="mono faint wrap" data-label={t('figure.formula')}>{formula}</td>
		</tr>
	);
}

function Parts({ one, definition }: { one: OpenFigure; definition: Definition | undefined }) {
	const tokens = definition && tokensOf(definition.value);
	const made = tokens && worked(tokens, (name) => partOf(one, name)?.value) * (one.unit === '%' ? 100 : 1);
	return (
		<Panel title={t('figure.parts')} aside={definition && <code class="faint wrap">{definition.value}</code>}>
			{tokens && one.value !== null && <Worked one={one} tokens={tokens} />}
			{definition && <Verdict check={checkValue(one, definition.value)} good={t('figure.made')} bad={t('figure.made.not', { value: formatValue(made) })} />}
			<table class="table stack inner">
				<thead><tr><th>{t('figure.part')}</th><th class="right">{t('figure.value')}</th><th>{t('figure.formula')}</th></tr></thead>
				<tbody>{one.parts.map((part) => <PartRow key={part.name} part={part}
					formula={definition?.parts.find((p) => p.name === part.name)?.formula ?? ''} />)}</tbody>
			</table>
		</Panel>
	);
}

function BelowRow({ child, one, sums, via }: { child: BelowFigure; one: OpenFigure; sums: readonly Part[]; via: readonly Walked[] }) {
	const text = useText();
	const name = <><b class="mono">{child.entity}</b>{child.label && <span class="sub">{text(child.label)}</span>}</>;
	const silent = child.state === 'silent';
	return (
		<tr data-below={child.entity} data-state={child.state}>
			<td>{child.id ? <a href={figureHref(child.id, via)}>{name}</a> : name}</td>
			{silent ? <td colSpan={sums.length + 2} data-label={t('word.state')}><State tone="calm" shape="ring" text={t('figure.silent')} /></td> : <>
				{sums.map((part) => <td key={part.name} class="right num" data-label={part.name}>{formatValue(child.parts?.find((p) => p.name === part.name)?.value)}</td>)}
				<td class="right" data-label={t('figure.value')}><Value value={child.value} unit={one.unit} /></td>
				<td data-label={t('figure.coverage')}><Coverage share={child.coverage} /></td>
			</>}
			<td class="right num" data-label={t('figure.revision')}>{silent ? <span class="faint">–</span> : child.revision}</td>
		</tr>
	);
}

/** Children with their parts, below them the sum that the figure was made of. Values have no
 * sum. */
function Below({ one, via }: { one: OpenFigure; via: readonly Walked[] }) {
	const down = [...via, { id: one.id, entity: one.entity }];
	const sums = one.children.some((child) => child.parts) ? one.parts.filter((part) => part.kind === 'sum') : [];
	const silent = one.children.filter((child) => child.state === 'silent').map((child) => child.entity);
	const named = silent.length ? silent : one.silent;
	if (!one.children.length) {
		return one.origin === 'rolled' ? null : <Panel title={t('figure.below')}><Empty>{t(one.origin === 'declared' ? 'figure.below.declared' : 'figure.below.none')}</Empty></Panel>;
	}
	return (
		<Panel title={t('figure.below')} aside={<Reporting reporting={one.reporting} expected={one.expected} />} class="flush">
			<table class="table stack below">
				<thead><tr><th>{t('figure.entity')}</th>{sums.map((part) => <th key={part.name} class="right"><span class="mono">{part.name}</span> {unitText(part.unit)}</th>)}
					<th class="right">{t('figure.value')}</th><th>{t('figure.coverage')}</th><th class="right">{t('figure.revision')}</th></tr></thead>
				<tbody>{one.children.map((child) => <BelowRow key={child.entity} child={child} one={one} sums={sums} via={down} />)}</tbody>
				{sums.length > 0 && <tfoot><tr data-sum><td>{t('figure.sum')}</td>
					{sums.map((part) => <td key={part.name} class="right num" data-label={part.name}><b>{formatValue(sumBelow(one.children, part.name))}</b></td>)}
					<td class="right" data-label={t('figure.value')}><Value value={one.value} unit={one.unit} lack={one.lack} /></td><td /><td /></tr></tfoot>}
			</table>
			<div class="panel-foot">
				<Verdict check={checkSums(one)} good={t('figure.sums.equal')} bad={t('figure.sums.unequal')} />
				{named.length > 0 && <p class="faint wrap" data-silent>{t('figure.silent.named', { names: named.join(t('word.comma')) })}</p>}
			</div>
		</Panel>
	);
}

function Inputs({ one }: { one: OpenFigure }) {
	const points = useStore(catalogue);
	const range = { from: Date.parse(one.from), to: Date.parse(one.to) };
	if (!one.inputs.length) return null;
	return (
		<Panel title={t('figure.inputs')} class="flush">
			<table class="table stack">
				<tbody>{one.inputs.map((input, n) => {
					const here = points.has(input.point);
					return (
						<tr key={n} data-input={input.point}>
							<td class="mono faint">{input.name}</td>
							<td class="wrap" data-label={t('word.point')}>{here ? <a class="mono" href={href('points', input.point)}>{input.point}</a> : <span class="mono">{input.point}</span>}
								{unitText(input.unit) && <span class="faint"> {input.unit}</span>}</td>
							<td class="right nowrap">{here && <>
								<a class="button small" href={href('trend', '', trendQuery([input.point], range))}><Icon name="trend" />{t('figure.samples')}</a>{' '}
								<a class="button small" data-evidence href={treeApi.evidenceAddress(input.point, range.to)} download={`${input.point}.evidence.json`} title={t('figure.evidence.of')}><Icon name="chain" />{t('figure.evidence')}</a></>}</td>
						</tr>
					);
				})}</tbody>
			</table>
		</Panel>
	);
}

function Revisions({ one }: { one: OpenFigure }) {
	const newest = [...one.revisions].sort((a, b) => b.revision - a.revision);
	return (
		<Panel title={t('figure.revisions')}>
			<ol class="timeline">{newest.map((rev, n) => {
				const before = newest[n + 1];
				const change = before && rev.value !== null && before.value !== null ? rev.value - before.value : undefined;
				return (
					<li key={rev.revision} data-revision={rev.revision} aria-current={rev.revision === one.revision ? 'true' : undefined}>
						<div class="change-head"><b class="num">{rev.revision}</b><When time={rev.issued} whole /><Value value={rev.value} unit={one.unit} />
							{change !== undefined && <span class="faint num">{change > 0 ? '+' : change < 0 ? '−' : '±'}{formatValue(Math.abs(change))}</span>}</div>
						{rev.reason && <p class="wrap faint">{rev.reason}</p>}
					</li>
				);
			})}</ol>
		</Panel>
	);
}

function factsOf(one: OpenFigure, scope: string, definition: Definition | undefined): Fact[] {
	return [
		[t('figure.scope'), <b data-scope={one.scope}>{scope}</b>],
		[t('figure.period'), <>{word('period', one.period)} <span class="num">{periodText(one.period, one.from, one.to)}</span></>],
		[t('figure.entity'), <span class="mono">{one.entity}</span>],
		[t('figure.origin'), <OriginMark one={one} />],
		...(one.attested_by ? [[t('figure.attested'), nameOf(one.attested_by)] as Fact] : []),
		[t('figure.reporting'), t('figure.reporting.of', { n: formatCount(one.reporting), all: formatCount(one.expected) })],
		...(one.declared && one.origin === 'rolled' ? [[t('figure.declared'), t('figure.declared.n', { n: formatCount(one.declared) })] as Fact] : []),
		[t('figure.coverage'), t('figure.coverage.of', { share: shareText(one.coverage) })],
		...(one.target ? [[t('figure.target'), goalText(one.target, one.unit)] as Fact] : []),
		[t('figure.issued'), <When time={one.issued} whole />],
		[t('figure.definition'), <><span class="mono">{one.definition}</span> {t('figure.version', { n: one.version })}</>],
		...(definition ? [[t('figure.source'), <span class="faint">{definition.source}</span>] as Fact] : []),
	];
}

function Crumbs({ via, entity }: { via: readonly Walked[]; entity: string }) {
	return (
		<nav aria-label={t('figure.up')} data-crumbs>
			<a href={href('indicators')}>{t('figure.all')}</a>
			{via.map((one, n) => <span key={one.id}> › <a class="mono" href={figureHref(one.id, via.slice(0, n))}>{one.entity}</a></span>)}
			<span> › <span class="mono">{entity}</span></span>
		</nav>
	);
}

function Shown({ one, via }: { one: OpenFigure; via: readonly Walked[] }) {
	const text = useText();
	const loaded = useLoad(() => treeApi.definition(one.definition, one.version), `${one.definition} ${one.version}`);
	const definition = loaded.data;
	const wrong = checkSums(one) === 'unequal' || (!!definition && checkValue(one, definition.value) === 'unequal');
	const scope = useScopeText(definition ? [definition] : [])(one.definition, one.scope);
	return (
		<>
			<TreeHead title={text(one.name, one.definition)} above={<Crumbs via={via} entity={one.entity} />} />
			<section class={`panel figure-top ${wrong ? 'wrong' : ''}`}>
				<span class="now-value"><Value value={one.value} unit={one.unit} lack={one.lack} /></span>
				<span class="figure-said"><b>{scope}</b> · {word('period', one.period)} <span class="num">{periodText(one.period, one.from, one.to)}</span></span>
				<Coverage share={one.coverage} />
				<Reporting reporting={one.reporting} expected={one.expected} />
				<OriginMark one={one} />
				<span class="faint">{t('figure.revision')} <span class="num">{one.revision}</span></span>
			</section>
			<div class="columns">
				<div>
					<Parts one={one} definition={definition} />
					<Below one={one} via={via} />
					<Inputs one={one} />
				</div>
				<div>
					<Panel title={t('figure.about')}>{definition?.note && <p class="faint about-note">{text(definition.note)}</p>}<Facts rows={factsOf(one, scope, definition)} /></Panel>
					<Revisions one={one} />
				</div>
			</div>
		</>
	);
}

export function FigurePage({ route }: PageProps) {
	const loaded = useLoad(() => treeApi.figure(route.arg), route.arg);
	if (!loaded.data) {
		return <><TreeHead title={t('nav.indicators')} above={<a href={href('indicators')}>{t('figure.all')}</a>} />
			<TreeAwait from={loaded} rows={12} missing={t('problem.404')}>{() => null}</TreeAwait></>;
	}
	return <Shown one={loaded.data} via={viaOf(route.query)} />;
}
