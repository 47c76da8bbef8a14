// SPDX-License-Identifier: Apache-2.0
// The order book, and the walk over its hash chain.
import { useState } from 'preact/hooks';
import { api, type Problem } from '../api';
import { formatCount, formatPlain, formatWhen } from '../format';
import { t, word } from '../i18n';
import { freshEvents } from '../live';
import { asProblem, useLoad } from '../load';
import { Icon } from '../parts/icon';
import { Await, Empty, PageHead } from '../parts/panel';
import { ProblemBox } from '../parts/problem';
import { OrderState } from '../parts/status';
import { href } from '../router';
import { useStore } from '../store';
import type { AuditResult, Command } from '../types';

function Verdict({ result }: { result: AuditResult }) {
	const n = formatCount(result.records);
	return (
		<div class={`note ${result.ok ? 'note-good' : 'note-bad'}`} role="status" data-audit={String(result.ok)}>
			<Icon name={result.ok ? 'check' : 'cross'} />
			<div>
				<strong>{t(result.ok ? 'commands.verify.ok' : 'commands.verify.bad', { n })}</strong>
				{result.detail && <p>{result.detail}</p>}
				{!result.ok && <p>{t('commands.verify.fix')}</p>}
			</div>
		</div>
	);
}

function useVerify() {
	const [busy, setBusy] = useState(false);
	const [result, setResult] = useState<AuditResult>();
	const [problem, setProblem] = useState<Problem>();
	const verify = async (): Promise<void> => {
		setBusy(true);
		setProblem(undefined);
		await api.verifyAudit().then(setResult, (error) => setProblem(asProblem(error)));
		setBusy(false);
	};
	return { busy, result, problem, verify };
}

function Row({ one }: { one: Command }) {
	const audit = [one.requested_seq, one.final_seq].filter(Boolean).map((n) => `#${n}`).join(' – ');
	return (
		<tr>
			<td class="num nowrap" data-label={t('word.time')}>{formatWhen(one.time_ms)}</td>
			<td data-label={t('word.point')}><a class="mono" href={href('points', one.point)}>{one.point}</a></td>
			<td class="right num nowrap" data-label={t('commands.change')}>
				{formatPlain(one.old)} → <strong>{formatPlain(one.requested)}</strong></td>
			<td class="right num" data-label={t('commands.readback')}>{formatPlain(one.read_back)}</td>
			<td data-label={t('word.state')}><OrderState state={one.state} />
				{one.reason && <span class="sub">{one.reason}</span>}</td>
			<td data-label={t('commands.who')}>{one.subject} <span class="faint">{word('role', one.role)}</span></td>
			<td class="right num nowrap" data-label={t('commands.audit')}>{audit}</td>
		</tr>
	);
}

function Table({ items }: { items: Command[] }) {
	return (
		<table class="table stack">
			<thead>
				<tr>
					<th>{t('word.time')}</th><th>{t('word.point')}</th><th class="right">{t('commands.change')}</th>
					<th class="right">{t('commands.readback')}</th><th>{t('word.state')}</th>
					<th>{t('commands.who')}</th><th class="right">{t('commands.audit')}</th>
				</tr>
			</thead>
			<tbody>{items.map((one) => <Row key={one.id} one={one} />)}</tbody>
		</table>
	);
}

export function Commands() {
	// A command's event makes the list old.
	const newest = useStore(freshEvents).find((event) => event.class === 'command')?.seq ?? 0;
	const loaded = useLoad(() => api.commands(200), 'commands', { version: newest });
	const audit = useVerify();
	return (
		<>
			<PageHead title={t('commands.title')}>
				<button type="button" data-verify disabled={audit.busy} onClick={() => void audit.verify()}>
					<Icon name="chain" />{audit.busy ? t('commands.verify.busy') : t('commands.verify')}
				</button>
			</PageHead>
			<p class="faint intro">{t('commands.text')}</p>
			{audit.problem && <ProblemBox problem={audit.problem} />}
			{audit.result && <Verdict result={audit.result} />}
			<section class="panel flush">
				<Await from={loaded} rows={8}>
					{({ items }) => (items.length ? <Table items={items} /> : <Empty>{t('commands.none')}</Empty>)}
				</Await>
			</section>
		</>
	);
}
