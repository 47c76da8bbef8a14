// SPDX-License-Identifier: Apache-2.0
// The door: user and password, and beside it a token, with the place of the first one.
import { useState } from 'preact/hooks';
import { api, Problem, session } from '../api';
import { t, type WordKey } from '../i18n';
import { asProblem } from '../load';
import { Mark } from '../parts/icon';
import { ProblemBox } from '../parts/problem';
import { LangSwitch, ThemeSwitch } from '../parts/shell';

type Proof = Parameters<typeof api.signIn>[0];

function explain(problem: Problem, wrong: WordKey, fix: WordKey): Problem {
	if (problem.status !== 401 && problem.status !== 403) return problem;
	return new Problem({ status: problem.status, title: t(wrong), fix: t(fix) });
}

/** Sends a proof; says why not. */
function useDoor(wrong: WordKey, fix: WordKey) {
	const [problem, setProblem] = useState<Problem>();
	const [busy, setBusy] = useState(false);
	const enter = async (e: Event, proof: Proof): Promise<void> => {
		e.preventDefault();
		setBusy(true);
		try {
			session.set(await api.signIn(proof));
		} catch (error) {
			setProblem(explain(asProblem(error), wrong, fix));
			setBusy(false);
		}
	};
	return { problem, busy, enter };
}

function ByPassword() {
	const [user, setUser] = useState('');
	const [password, setPassword] = useState('');
	const door = useDoor('signin.user.wrong', 'signin.user.wrong.fix');
	return (
		<form class="by-password" onSubmit={(e) => void door.enter(e, { user: user.trim(), password })}>
			<h2>{t('signin.user.title')}</h2>
			<label for="user">{t('signin.user')}</label>
			<input id="user" autocomplete="username" autocapitalize="none" spellcheck={false} required
				autofocus value={user} onInput={(e) => setUser(e.currentTarget.value)} />
			<label for="password">{t('signin.password')}</label>
			<input id="password" type="password" autocomplete="current-password" required value={password}
				onInput={(e) => setPassword(e.currentTarget.value)} />
			{door.problem && <ProblemBox problem={door.problem} />}
			<button type="submit" class="primary" disabled={door.busy}>{t('signin.button')}</button>
		</form>
	);
}

function ByToken() {
	const [token, setToken] = useState('');
	const door = useDoor('signin.wrong', 'signin.wrong.fix');
	return (
		<form class="by-token" onSubmit={(e) => void door.enter(e, { token: token.trim() })}>
			<h2>{t('signin.token.title')}</h2>
			<label for="token">{t('signin.token')}</label>
			<input id="token" type="password" autocomplete="off" spellcheck={false}
				placeholder="jz_…" required value={token}
				onInput={(e) => setToken(e.currentTarget.value)} />
			<p class="hint">{t('signin.hint')} <code>DATA/keys/admin.token</code><br />
				<span class="faint">{t('signin.where')}</span></p>
			{door.problem && <ProblemBox problem={door.problem} />}
			<button type="submit" disabled={door.busy}>{t('signin.button')}</button>
		</form>
	);
}

export function SignIn() {
	return (
		<main class="signin">
			<div class="signin-tools"><LangSwitch /><ThemeSwitch /></div>
			<section class="panel">
				<div class="signin-brand"><Mark size={40} /><div><b>Jizhu 机杼</b><p class="faint">{t('signin.about')}</p></div></div>
				<h1>{t('signin.title')}</h1>
				<div class="signin-ways"><ByPassword /><ByToken /></div>
			</section>
		</main>
	);
}
