// SPDX-License-Identifier: Apache-2.0
// An application for a prefix: its state, and the steps that may follow.
import { useState } from 'preact/hooks';
import { api } from '../api';
import { t, word } from '../i18n';
import type { Application, Budget, Step } from '../types';
import { Confirm } from './confirm';
import { LimitFields, NO_LIMITS } from './limits';
import { State, type Tone } from './status';

const STATES: Record<string, [Tone, 'dot' | 'ring' | 'half' | 'triangle' | 'square' | 'diamond']> = {
	applied: ['accent', 'diamond'], under_review: ['accent', 'half'], approved: ['good', 'dot'],
	refused: ['calm', 'square'], suspended: ['warn', 'triangle'], closed: ['calm', 'ring'],
};

export function ApplicationMark({ state }: { state: string }) {
	const [tone, shape] = STATES[state] ?? STATES.closed!;
	return <State tone={tone} shape={shape} text={word('application', state)} />;
}

const NEXT: Record<string, Step[]> = {
	applied: ['review', 'refuse'], under_review: ['approve', 'refuse'], approved: ['suspend', 'close'], suspended: ['resume', 'close'],
};
const WITH_REASON: readonly Step[] = ['refuse', 'suspend', 'close'];
const DANGER: readonly Step[] = ['refuse', 'suspend', 'close'];
const REASON_BYTES = 512;

export const stepsFrom = (state: string): Step[] => NEXT[state] ?? [];

interface Props { one: Application; step: Step; onClose: () => void; onDone: () => void }

export function Decide({ one, step, onClose, onDone }: Props) {
	const [reason, setReason] = useState('');
	const [limits, setLimits] = useState<Budget>(NO_LIMITS);
	const needed = WITH_REASON.includes(step);
	return (
		<Confirm title={t(`step.${step}.title`, { organisation: one.organisation })} act={t(`step.${step}.do`)} danger={DANGER.includes(step)}
			disabled={needed && !reason.trim()} onClose={onClose} onDone={onDone}
			work={() => api.decide(one.number, step, { ...(reason.trim() && { reason: reason.trim() }), ...(step === 'approve' && { limits }) })}>
			<p>{t(`step.${step}.text`, { prefix: one.prefix || one.wanted || t('office.nextfree') })}</p>
			{step === 'approve' && <LimitFields limits={limits} onLimits={setLimits} />}
			<div class="field"><label for="reason">{t(needed ? 'office.reason' : 'office.reason.may')}</label>
				<textarea id="reason" rows={3} maxLength={REASON_BYTES} required={needed} value={reason} onInput={(e) => setReason(e.currentTarget.value)} />
				<p class="faint">{t('office.reason.hint')}</p></div>
		</Confirm>
	);
}
