// SPDX-License-Identifier: Apache-2.0
// That this record is in the register its node has signed for, checked here and now by the
// browser. The newest head is kept; the next visit demands that the register only grew.
import { useEffect, useState } from 'preact/hooks';
import { api, type Problem } from '../api';
import { formatCount } from '../format';
import { t } from '../i18n';
import { asProblem } from '../load';
import { checkPack, canHash, fromBase64, grew, shows, toBase64, toHex, type Checked, type Head } from '../proof';
import type { AnswerPack, HandleValue } from '../types';
import { Icon } from './icon';
import { Moment } from './moment';
import { Facts, Panel, Skeleton } from './panel';
import { ProblemBox } from './problem';
import { State } from './status';

interface Kept { size: number; root: string; time_ms: number; key: string }
interface Growth { from: Kept; grew: boolean }
interface Outcome { checked: Checked; shown: boolean; growth?: Growth; key_changed: boolean }

const slot = (origin: string): string => `jizhu.head.${origin}`;

function keptHead(origin: string): Kept | undefined {
	try {
		return JSON.parse(localStorage.getItem(slot(origin)) ?? 'null') ?? undefined;
	} catch {
		return undefined;
	}
}

/** The smaller of two heads must be what the greater one grew from. */
async function growthOf(kept: Kept, head: Head): Promise<Growth> {
	const before = { size: kept.size, root: fromBase64(kept.root) };
	const [from, to] = before.size <= head.size ? [before, head] : [head, before];
	const { path } = await api.consistency(from.size, to.size);
	return { from: kept, grew: await grew(from, to, path.map(fromBase64)) };
}

async function judge(pack: AnswerPack, name: string, values: readonly HandleValue[]): Promise<Outcome> {
	const checked = await checkPack(pack);
	const { head } = checked;
	const kept = keptHead(head.origin);
	const key_changed = !!kept && kept.key !== pack.key;
	const growth = kept && !key_changed ? await growthOf(kept, head) : undefined;
	const good = checked.included && checked.signed !== false && !key_changed && (growth?.grew ?? true);
	// Only a good head is kept; a bad one must not make itself the measure.
	if (good && head.size >= (kept?.size ?? 0)) {
		const next: Kept = { size: head.size, root: toBase64(head.root), time_ms: head.time_ms, key: pack.key };
		localStorage.setItem(slot(head.origin), JSON.stringify(next));
	}
	return { checked, shown: shows(checked.entry, name, values), growth, key_changed };
}

function Check({ holds, text }: { holds: boolean | undefined; text: string }) {
	const [tone, shape] = holds === undefined ? ['warn', 'triangle'] as const : holds ? ['good', 'dot'] as const : ['bad', 'square'] as const;
	return <li data-check={holds === undefined ? 'unable' : holds ? 'yes' : 'no'}><State tone={tone} shape={shape} text={text} /></li>;
}

function Verdict({ outcome }: { outcome: Outcome }) {
	const { checked, shown, growth, key_changed } = outcome;
	const { head } = checked;
	return (
		<>
			<ul class="checks">
				<Check holds={shown} text={t(shown ? 'proof.shown.yes' : 'proof.shown.no')} />
				<Check holds={checked.included} text={t(checked.included ? 'proof.included.yes' : 'proof.included.no', { n: formatCount(head.size) })} />
				<Check holds={checked.signed} text={t(checked.signed === undefined ? 'proof.signed.unable'
					: checked.signed ? 'proof.signed.yes' : 'proof.signed.no')} />
				{key_changed && <Check holds={false} text={t('proof.key.changed')} />}
				{growth && <Check holds={growth.grew} text={t(growth.grew ? 'proof.grew.yes' : 'proof.grew.no', { n: formatCount(growth.from.size) })} />}
			</ul>
			<Facts rows={[
				[t('proof.head'), <><span class="num">{t('proof.head.size', { n: formatCount(head.size) })}</span><span class="sub"><Moment ms={head.time_ms} whole /></span></>],
				[t('proof.change'), <span class="num">#{checked.seq}<span class="sub">{t('proof.leaf', { n: formatCount(checked.index) })}</span></span>],
				[t('proof.root'), <code class="hash">{toHex(head.root)}</code>],
				[t('proof.leafhash'), <code class="hash">{toHex(checked.leaf)}</code>],
				[t('proof.origin'), <span class="mono wrap">{head.origin}</span>],
			]} />
		</>
	);
}

interface Props { name: string; seq: number; values: readonly HandleValue[] }
type Result = { outcome: Outcome } | { problem: Problem } | { damaged: string } | undefined;

/** A head is made some moments after a change: asked again until it is there. */
const AGAIN_MS = 1500;

export function ProofPanel({ name, seq, values }: Props) {
	const [result, setResult] = useState<Result>();
	const [turn, setTurn] = useState(0);
	useEffect(() => {
		let wanted = true;
		let timer = 0;
		const tell = (next: Result): void => {
			if (wanted) setResult(next);
		};
		const run = async (): Promise<void> => {
			try {
				const pack = await api.pack(name);
				await judge(pack, name, values).then((outcome) => tell({ outcome }), (why) => tell({ damaged: String(why) }));
			} catch (error) {
				const problem = asProblem(error);
				if (problem.status === 503 && wanted) timer = window.setTimeout(run, AGAIN_MS);
				else tell({ problem });
			}
		};
		if (canHash()) void run();
		return () => {
			wanted = false;
			clearTimeout(timer);
		};
	}, [name, seq, turn]);
	const again = <button type="button" class="small" onClick={() => setTurn(turn + 1)}>{t('proof.again')}</button>;
	return (
		<Panel title={t('proof.title')} aside={canHash() && again} class="proof">
			{!canHash() && <div class="note"><Icon name="chain" /><div>{t('proof.insecure')}</div></div>}
			{canHash() && !result && <Skeleton rows={4} />}
			{result && 'outcome' in result && <Verdict outcome={result.outcome} />}
			{result && 'problem' in result && <ProblemBox problem={result.problem} />}
			{result && 'damaged' in result && <ul class="checks"><Check holds={false} text={t('proof.damaged', { why: result.damaged })} /></ul>}
			<p class="faint">{t('proof.means')}</p>
			{!(result && 'problem' in result) && <p><a class="button" href={api.packAddress(name)} data-pack
				download={`${name.replace(/[^\w.-]+/g, '_')}.jizhu-answer.json`}>{t('proof.download')}</a></p>}
		</Panel>
	);
}
