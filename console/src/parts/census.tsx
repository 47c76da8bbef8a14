// SPDX-License-Identifier: Apache-2.0
// Devices that this node and all below it know of, each counted once however many report it:
// how many of which sort, and which they are.
import { formatCount } from '../format';
import { useLoad } from '../load';
import { href, replace, type PageProps } from '../router';
import { treeApi } from '../tree_api';
import type { CensusKey } from '../tree_types';
import { t, word } from '../words_tree';
import { Choice, Empty, Panel } from './panel';
import { State, type Shape, type Tone } from './status';
import { TreeAwait, useCursor, When } from './tree';

const KEYS: readonly CensusKey[] = ['kind', 'industry', 'region', 'state'];
const PAGE_SIZE = 100;
const LOOKS: Record<string, [Tone, Shape]> = { online: ['good', 'dot'], offline: ['bad', 'square'], retired: ['calm', 'diamond'] };

function DeviceState({ state }: { state: string }) {
	const [tone, shape] = LOOKS[state] ?? ['calm', 'ring'];
	return <State tone={tone} shape={shape} text={word('census.state', state)} />;
}

const shownKey = (key: CensusKey, value: string): string => (key === 'state' ? word('census.state', value) : value || t('census.unknown'));

interface CountsProps { by: CensusKey; value: string; onPick: (value: string) => void }

function Counts({ by, value, onPick }: CountsProps) {
	const loaded = useLoad(() => treeApi.census(by), `census ${by}`, { every_ms: 30_000 });
	return (
		<TreeAwait from={loaded} rows={8}>{({ total, once, rows }) => {
			const most = Math.max(1, ...rows.map((row) => row.count));
			return (
				<Panel title={<><span class="num" data-total>{formatCount(total)}</span> {t('census.devices')}</>} class="flush"
					aside={<span class="faint num">{t('census.once', { told: formatCount(once.told), devices: formatCount(once.devices) })}</span>}>
					{rows.length ? <table class="table census-counts"><tbody>{[...rows].sort((a, b) => b.count - a.count).map(({ key: [name = ''], count }) => (
						<tr key={name} data-count={name} aria-current={name === value ? 'true' : undefined}>
							<td><button type="button" class="link" onClick={() => onPick(name === value ? '' : name)}>{shownKey(by, name)}</button></td>
							<td class="right num">{formatCount(count)}</td>
							<td><span class="use-bar" aria-hidden="true"><i style={{ width: `${100 * count / most}%` }} /></span></td>
						</tr>
					))}</tbody></table> : <Empty>{t('census.none')}</Empty>}
				</Panel>
			);
		}}</TreeAwait>
	);
}

function Devices({ by, value }: { by: CensusKey; value: string }) {
	const key = `devices ${by} ${value}`;
	const { cursor, pager } = useCursor(key);
	const loaded = useLoad(() => treeApi.censusDevices({ [by]: value, limit: PAGE_SIZE, cursor }), `${key} ${cursor}`);
	return (
		<Panel title={<>{t('census.list')} {value && <span class="faint">{shownKey(by, value)}</span>}</>} class="flush">
			<TreeAwait from={loaded} rows={8}>{({ items, next }) => (
				<>
					{items.length ? (
						<table class="table stack">
							<thead><tr><th>{t('census.key')}</th><th>{t('word.state')}</th><th>{t('tree.industry')}</th><th>{t('tree.region')}</th><th>{t('census.reporters')}</th></tr></thead>
							<tbody>{items.map((one) => (
								<tr key={one.key} data-device={one.key}>
									<td class="wrap">{one.kind}<span class="sub mono">{one.key}</span></td>
									<td data-label={t('word.state')}><DeviceState state={one.state} /><span class="sub"><When time={one.since} /></span></td>
									<td class="mono" data-label={t('tree.industry')}>{one.industry}</td><td data-label={t('tree.region')}>{one.region}</td>
									<td class="mono wrap" data-label={t('census.reporters')}>{one.reporters.join(t('word.comma'))}</td>
								</tr>
							))}</tbody>
						</table>
					) : <Empty>{t('census.none')}</Empty>}
					{pager(next)}
				</>
			)}</TreeAwait>
		</Panel>
	);
}

export function Census({ route }: PageProps) {
	const asked = route.query.get('by') as CensusKey;
	const by = KEYS.includes(asked) ? asked : 'kind';
	const value = route.query.get('value') ?? '';
	return (
		<>
			<p class="faint intro">{t('census.text')} <a href={href('indicators')}>{t('nav.indicators')}</a></p>
			<div class="filters"><Choice label={t('census.by')} value={by} onChange={(next) => replace('tree', 'devices', { by: next })}
				options={KEYS.map((key) => [key, t(`census.by.${key}`)])} /></div>
			<div class="census">
				<Counts by={by} value={value} onPick={(next) => replace('tree', 'devices', { by, value: next })} />
				<Devices by={by} value={value} />
			</div>
		</>
	);
}
