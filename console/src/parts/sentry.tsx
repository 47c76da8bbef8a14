// SPDX-License-Identifier: Apache-2.0
// The watch over the network: how far it is, where its frames come from, and, in the
// demo, the button that gives it something to see.
import { useState } from 'preact/hooks';
import { api, type Problem } from '../api';
import { formatCount, formatSpan } from '../format';
import { t } from '../i18n';
import { asProblem } from '../load';
import type { NodeInfo } from '../types';
import { Icon } from './icon';
import { Facts, Panel } from './panel';
import { ProblemBox } from './problem';
import { State, type Tone } from './status';

const MODES: Record<string, [Tone, 'dot' | 'half' | 'ring']> = {
	waiting: ['calm', 'ring'], learning: ['accent', 'half'], watching: ['good', 'dot'],
};

/** From 0 to 1. Learning is taken to begin with the node, which is soon after. */
function learnedShare({ sentry, started, time_ms }: NodeInfo): number {
	if (sentry.mode !== 'learning') return sentry.mode === 'watching' ? 1 : 0;
	const start = Date.parse(started);
	return Math.min(1, Math.max(0, (time_ms - start) / Math.max(1, sentry.learn_until_ms - start)));
}

function Learning({ info }: { info: NodeInfo }) {
	const { mode, learn_until_ms: end } = info.sentry;
	const [tone, shape] = MODES[mode] ?? MODES.waiting!;
	const left = mode === 'learning' ? t('sentry.left', { span: formatSpan((end - info.time_ms) / 1000) })
		: mode === 'watching' ? t('sentry.done') : '';
	return (
		<div class="learning" data-mode={mode}>
			<div class="learning-head">
				<State tone={tone} shape={shape} text={t(`sentry.${mode}`)} />
				<span class="faint num">{left}</span>
			</div>
			<progress max={1} value={learnedShare(info)} aria-label={t('sentry.learning')} />
		</div>
	);
}

function AttackButton({ info }: { info: NodeInfo }) {
	const [started, setStarted] = useState(false);
	const [problem, setProblem] = useState<Problem>();
	const ready = info.sentry.mode === 'watching';
	const start = (): void => {
		setProblem(undefined);
		api.attack().then(() => setStarted(true), (error) => setProblem(asProblem(error)));
	};
	return (
		<div class="attack">
			<button type="button" class="danger" data-attack disabled={!ready} onClick={start}>
				<Icon name="target" />{t('demo.attack')}
			</button>
			<p class="faint">{!ready ? t('demo.wait') : started ? t('demo.started') : t('demo.text')}</p>
			{problem && <ProblemBox problem={problem} />}
		</div>
	);
}

function sourceText(info: NodeInfo): string {
	if (info.capture_live) return t('sentry.live');
	return t(/^(off|none|)$/.test(info.capture) ? 'sentry.off' : 'sentry.fallback');
}

export function SentryPanel({ info }: { info: NodeInfo }) {
	const s = info.sentry;
	return (
		<Panel title={t('sentry.title')}>
			<Learning info={info} />
			<Facts rows={[
				[t('sentry.source'), <>{info.capture}
					<span class="sub">{sourceText(info)}</span></>],
				[t('sentry.packets'), <span class="num">{formatCount(s.packets)}</span>],
				[t('sentry.messages'), <span class="num">{formatCount(s.messages)}</span>],
				[t('sentry.malformed'), <span class="num">{formatCount(s.malformed)}</span>],
				[t('sentry.assets'), <a class="num" href="#/network/assets">{formatCount(s.assets)}</a>],
				[t('sentry.rows'), <a class="num" href="#/network/baseline">{formatCount(s.rows)}</a>],
			]} />
			{info.demo && <AttackButton info={info} />}
		</Panel>
	);
}
