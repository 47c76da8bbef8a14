// SPDX-License-Identifier: Apache-2.0
// Who may report to this node: inviting by a one-time code, revoking, and what was refused.
import { useState } from 'preact/hooks';
import { useDo, useLoad } from '../load';
import { useRank } from '../node_api';
import { replace, type PageProps } from '../router';
import { treeApi } from '../tree_api';
import type { Invitation, Member } from '../tree_types';
import { nameOf } from '../format';
import { t, word } from '../words_tree';
import { Confirm } from './confirm';
import { Dialog } from './dialog';
import { Icon } from './icon';
import { Moment } from './moment';
import { Empty } from './panel';
import { ProblemBox } from './problem';
import { State, type Shape, type Tone } from './status';
import { TreeAwait, When } from './tree';

const DAY_S = 86_400;
const DAYS = [1, 7, 30];
const STATES: Record<Member['state'], [Tone, Shape]> = { invited: ['accent', 'half'], member: ['good', 'dot'], revoked: ['calm', 'diamond'] };

function Copy({ text }: { text: string }) {
	const [state, setState] = useState<'' | 'copied' | 'not'>('');
	const copy = (): void => {
		// A page that did not come by HTTPS has no clipboard.
		const done = navigator.clipboard?.writeText(text) ?? Promise.reject(new Error('no clipboard'));
		done.then(() => setState('copied'), () => setState('not'));
	};
	return (
		<>
			<button type="button" data-copy onClick={copy}><Icon name={state === 'copied' ? 'check' : 'copy'} />{t(state === 'copied' ? 'member.copied' : 'member.copy')}</button>
			{state === 'not' && <p class="faint" role="status">{t('member.copy.not')}</p>}
		</>
	);
}

function Code({ made, onClose }: { made: Invitation; onClose: () => void }) {
	return (
		<Dialog title={t('member.code', { node: made.node })} onClose={onClose}>
			<p>{t('member.code.text')}</p>
			<pre class="code-box" data-code>{made.code}</pre>
			<p class="mono small-text wrap faint">jizhu enrol --parent {location.hostname}:2643 --code {made.code}</p>
			<p class="faint">{t('word.until', { time: '' })} <Moment ms={made.code_until_ms} whole /></p>
			<div class="dialog-buttons"><Copy text={made.code} />
				<button type="button" class="primary" data-close onClick={onClose}>{t('word.close')}</button></div>
		</Dialog>
	);
}

function Invite({ node: given, onClose, onMade }: { node: string; onClose: () => void; onMade: (made: Invitation) => void }) {
	const [node, setNode] = useState(given);
	const [days, setDays] = useState(7);
	const { problem, busy, run } = useDo(() => undefined);
	const submit = (e: Event): void => {
		e.preventDefault();
		void run(async () => onMade(await treeApi.invite(node.trim(), days * DAY_S)));
	};
	return (
		<Dialog title={t('member.invite')} onClose={onClose}>
			<form class="fields" onSubmit={submit}>
				<label for="member-node">{t('member.node')}</label>
				<input id="member-node" class="mono" required maxLength={64} pattern="[A-Za-z0-9._\-]+" autocomplete="off" autocapitalize="none"
					spellcheck={false} value={node} onInput={(e) => setNode(e.currentTarget.value)} />
				<label for="member-days">{t('member.days')}</label>
				<select id="member-days" value={days} onChange={(e) => setDays(Number(e.currentTarget.value))}>
					{DAYS.map((n) => <option key={n} value={n}>{n === 1 ? t('member.days.one') : t('member.days.n', { n })}</option>)}
				</select>
				{problem && <ProblemBox problem={problem} />}
				<div class="dialog-buttons">
					<button type="button" onClick={onClose}>{t('word.cancel')}</button>
					<button type="submit" class="primary" data-confirm disabled={busy}>{t('member.invite')}</button>
				</div>
			</form>
		</Dialog>
	);
}

function Revoke({ node, onClose, onDone }: { node: string; onClose: () => void; onDone: () => void }) {
	const [reason, setReason] = useState('');
	return (
		<Confirm title={t('member.revoke.title', { node })} act={t('member.revoke')} danger onClose={onClose} onDone={onDone}
			work={() => treeApi.revoke(node, reason.trim())}>
			<p>{t('member.revoke.text')}</p>
			<div class="field"><label for="revoke-reason">{t('member.reason')}</label>
				<input id="revoke-reason" maxLength={200} value={reason} onInput={(e) => setReason(e.currentTarget.value)} /></div>
		</Confirm>
	);
}

type Asked = { kind: 'invite' | 'revoke'; node: string };

function Row({ one, may, onAsk }: { one: Member; may: boolean; onAsk: (asked: Asked) => void }) {
	const [tone, shape] = STATES[one.state];
	return (
		<tr data-member={one.node}>
			<td class="mono"><b>{one.node}</b></td>
			<td data-label={t('word.state')}><State tone={tone} shape={shape} text={word('member.state', one.state)} />
				{one.code_until_ms !== null && <span class="sub">{t('word.until', { time: '' })} <Moment ms={one.code_until_ms} /></span>}
				{one.reason && <span class="sub wrap">{one.reason}</span>}</td>
			<td data-label={t('tree.certificate')}><Moment ms={one.certificate_until_ms} whole /></td>
			<td data-label={t('member.by')}><Moment ms={one.changed_ms} /><span class="sub">{nameOf(one.by)}</span></td>
			<td class="right num" data-label={t('member.keys')}>{one.keys}</td>
			<td class="right num" data-label={t('member.guesses')}>{one.guesses ? <span class="bad-text">{one.guesses}</span> : <span class="faint">0</span>}</td>
			{may && <td class="right nowrap">
				<button type="button" class="quiet" data-again onClick={() => onAsk({ kind: 'invite', node: one.node })}>{t('member.again')}</button>
				{one.state !== 'revoked' && <button type="button" class="quiet" data-revoke onClick={() => onAsk({ kind: 'revoke', node: one.node })}>{t('member.revoke')}</button>}
			</td>}
		</tr>
	);
}

export function Members() {
	const may = useRank()('admin');
	const loaded = useLoad(treeApi.members, 'members', { every_ms: 15_000 });
	const [asked, setAsked] = useState<Asked>();
	const [made, setMade] = useState<Invitation>();
	const close = (): void => setAsked(undefined);
	const done = (): void => {
		close();
		loaded.reload();
	};
	return (
		<>
			<div class="intro-row"><p class="faint">{t('member.text')}</p>
				{may && loaded.data && <button type="button" class="primary" data-invite onClick={() => setAsked({ kind: 'invite', node: '' })}>{t('member.invite')}</button>}</div>
			<section class="panel flush">
				<TreeAwait from={loaded} rows={5} missing={t('tree.children.no')}>{({ members }) => (members.length ? (
					<table class="table stack">
						<thead><tr><th>{t('word.identifier')}</th><th>{t('word.state')}</th><th>{t('tree.certificate')}</th><th>{t('member.by')}</th>
							<th class="right">{t('member.keys')}</th><th class="right">{t('member.guesses')}</th>{may && <th />}</tr></thead>
						<tbody>{members.map((one) => <Row key={one.node} one={one} may={may} onAsk={setAsked} />)}</tbody>
					</table>
				) : <Empty>{t('member.none')}</Empty>)}</TreeAwait>
			</section>
			{asked?.kind === 'invite' && <Invite node={asked.node} onClose={close} onMade={(code) => {
				setMade(code);
				done();
			}} />}
			{asked?.kind === 'revoke' && <Revoke node={asked.node} onClose={close} onDone={done} />}
			{made && <Code made={made} onClose={() => setMade(undefined)} />}
		</>
	);
}

export function Refusals({ route }: PageProps) {
	const child = route.query.get('child') ?? '';
	const loaded = useLoad(treeApi.refusals, 'refusals', { every_ms: 15_000 });
	const items = loaded.data?.items.filter((one) => !child || one.child === child) ?? [];
	return (
		<>
			<p class="faint intro">{t('refusal.text')} {child && <button type="button" class="chip" aria-pressed="true" data-clear
				onClick={() => replace('tree', 'refusals', {})}><span class="mono">{child}</span> <Icon name="cross" size={12} /></button>}</p>
			<section class="panel flush">
				<TreeAwait from={loaded} rows={5} missing={t('tree.children.no')}>{() => (items.length ? (
					<table class="table stack">
						<thead><tr><th>{t('word.time')}</th><th>{t('refusal.child')}</th><th>{t('tree.stream')}</th><th class="right">{t('refusal.sequence')}</th>
							<th>{t('refusal.why')}</th></tr></thead>
						<tbody>{items.map((one, n) => (
							<tr key={n} data-refusal={one.child}>
								<td><When time={one.time} /></td>
								<td class="mono" data-label={t('refusal.child')}>{one.child}</td>
								<td data-label={t('tree.stream')}>{word('stream', one.stream)}</td>
								<td class="right num" data-label={t('refusal.sequence')}>{one.sequence}</td>
								<td class="wrap" data-label={t('refusal.why')}>{one.reason}{one.detail && <span class="sub">{one.detail}</span>}</td>
							</tr>
						))}</tbody>
					</table>
				) : <Empty>{t('refusal.none')}</Empty>)}</TreeAwait>
			</section>
		</>
	);
}
