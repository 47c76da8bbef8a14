// SPDX-License-Identifier: Apache-2.0
// The own account: who it is, the password, the API tokens, the way out.
import { useState } from 'preact/hooks';
import { api, session } from '../api';
import { formatDate, nameOf } from '../format';
import { t, word } from '../i18n';
import { useDo, useLoad } from '../load';
import { Icon } from '../parts/icon';
import { Await, Empty, Facts, PageHead, Panel } from '../parts/panel';
import { ProblemBox } from '../parts/problem';
import { signOut } from '../parts/shell';
import { useStore } from '../store';
import type { Token, TokenSecret } from '../types';
import { ROLES } from './users';

const DAYS = [30, 90, 365, 0];
const DAY_MS = 86_400_000;
const PASSWORD_MIN = 12;

function PasswordForm() {
	const [old, setOld] = useState('');
	const [next, setNext] = useState('');
	// The node has ended all sessions of this user.
	const { problem, busy, run } = useDo(() => session.set(null));
	const submit = (e: Event): void => {
		e.preventDefault();
		void run(() => api.changePassword(old, next));
	};
	return (
		<form class="fields" onSubmit={submit}>
			<label for="old-password">{t('account.password.old')}</label>
			<input id="old-password" type="password" autocomplete="current-password" required value={old}
				onInput={(e) => setOld(e.currentTarget.value)} />
			<label for="new-password">{t('users.password.new')}</label>
			<input id="new-password" type="password" autocomplete="new-password" required minLength={PASSWORD_MIN}
				value={next} onInput={(e) => setNext(e.currentTarget.value)} />
			<p class="faint">{t('users.password.rule')} {t('account.password.text')}</p>
			{problem && <ProblemBox problem={problem} />}
			<div><button type="submit" disabled={busy}>{t('account.password')}</button></div>
		</form>
	);
}

function TokenForm({ role, onMade }: { role: string; onMade: (made: TokenSecret) => void }) {
	const [label, setLabel] = useState('');
	const [wanted, setWanted] = useState('viewer');
	const [days, setDays] = useState(90);
	const { problem, busy, run } = useDo(() => setLabel(''));
	const submit = (e: Event): void => {
		e.preventDefault();
		const expires_ms = days ? Date.now() + days * DAY_MS : null;
		void run(async () => onMade(await api.addToken({ label: label.trim(), role: wanted, expires_ms })));
	};
	return (
		<form class="filters token-form" onSubmit={submit}>
			<label>{t('account.token.label')}
				<input id="token-label" autocomplete="off" required maxLength={96} value={label}
					onInput={(e) => setLabel(e.currentTarget.value)} /></label>
			<label>{t('users.role')}
				<select value={wanted} onChange={(e) => setWanted(e.currentTarget.value)}>
					{ROLES.slice(0, ROLES.indexOf(role) + 1).map((one) => <option key={one} value={one}>{word('role', one)}</option>)}
				</select></label>
			<label>{t('account.token.days')}
				<select value={days} onChange={(e) => setDays(Number(e.currentTarget.value))}>
					{DAYS.map((n) => <option key={n} value={n}>{n ? t('account.token.days.n', { n }) : t('account.token.ever')}</option>)}
				</select></label>
			<button type="submit" disabled={busy}>{t('account.token.add')}</button>
			{problem && <ProblemBox problem={problem} />}
		</form>
	);
}

function TokenTable({ tokens, onChange }: { tokens: Token[]; onChange: () => void }) {
	const { problem, busy, run } = useDo(onChange);
	return (
		<>
			{problem && <ProblemBox problem={problem} />}
			<table class="table stack">
				<thead><tr>
					<th>{t('account.token.label')}</th><th>{t('users.role')}</th><th>{t('account.token.expires')}</th>
					<th>{t('account.token.used')}</th><th />
				</tr></thead>
				<tbody>{tokens.map((one) => (
					<tr key={one.id} data-token={one.id}>
						<td class="wrap"><b>{one.label}</b><span class="sub mono">{one.id}</span></td>
						<td data-label={t('users.role')}>{word('role', one.role)}</td>
						<td class="num" data-label={t('account.token.expires')}>
							{one.expires_ms ? formatDate(one.expires_ms) : t('account.token.ever')}</td>
						<td class="num" data-label={t('account.token.used')}>{one.used_ms ? formatDate(one.used_ms) : '–'}</td>
						<td class="right"><button type="button" class="quiet" data-revoke disabled={busy}
							onClick={() => void run(() => api.revokeToken(one.id))}>{t('account.token.revoke')}</button></td>
					</tr>
				))}</tbody>
			</table>
		</>
	);
}

function Tokens({ user, role }: { user: string; role: string }) {
	const loaded = useLoad(() => api.tokens(user), 'tokens');
	const [made, setMade] = useState<TokenSecret>();
	const onMade = (secret: TokenSecret): void => {
		setMade(secret);
		loaded.reload();
	};
	return (
		<Panel title={t('account.tokens')}>
			<p class="faint">{t('account.tokens.text')}</p>
			<TokenForm role={role} onMade={onMade} />
			{made && (
				<div class="note note-good" role="status">
					<Icon name="check" />
					<div><code class="wrap" data-secret>{made.secret}</code><p>{t('account.token.secret')}</p></div>
				</div>
			)}
			<Await from={loaded}>
				{({ tokens }) => (tokens.length ? <TokenTable tokens={tokens} onChange={loaded.reload} />
					: <Empty>{t('account.tokens.none')}</Empty>)}
			</Await>
		</Panel>
	);
}

export function Account() {
	const who = useStore(session);
	if (!who) return null;
	const isUser = who.subject.startsWith('user:');
	return (
		<>
			<PageHead title={t('account.title')}>
				<button type="button" onClick={signOut}><Icon name="exit" />{t('app.signout')}</button>
			</PageHead>
			<Panel>
				<Facts rows={[
					[t('account.who'), <b>{nameOf(who.subject)}</b>],
					[t('users.role'), word('role', who.role)],
					[t('users.scope'), who.scope || t('users.everything')],
				]} />
				{!isUser && <p class="faint">{t('account.token.only')}</p>}
			</Panel>
			{isUser && <Tokens user={nameOf(who.subject)} role={who.role} />}
			{isUser && <Panel title={t('account.password')}><PasswordForm /></Panel>}
		</>
	);
}
