// SPDX-License-Identifier: Apache-2.0
// The door: one token, and where to find it.
import { useState } from 'preact/hooks';
import { api, Problem, session } from '../api';
import { t } from '../i18n';
import { asProblem } from '../load';
import { Mark } from '../parts/icon';
import { ProblemBox } from '../parts/problem';
import { LangSwitch, ThemeSwitch } from '../parts/shell';

function explain(problem: Problem): Problem {
	if (problem.status !== 401 && problem.status !== 403) return problem;
	return new Problem({ status: problem.status, title: t('signin.wrong'), fix: t('signin.wrong.fix') });
}

export function SignIn() {
	const [token, setToken] = useState('');
	const [problem, setProblem] = useState<Problem>();
	const [busy, setBusy] = useState(false);

	const submit = async (e: Event): Promise<void> => {
		e.preventDefault();
		setBusy(true);
		try {
			session.set(await api.signIn(token.trim()));
		} catch (error) {
			setProblem(explain(asProblem(error)));
			setBusy(false);
		}
	};
	return (
		<main class="signin">
			<div class="signin-tools"><LangSwitch /><ThemeSwitch /></div>
			<form class="panel" onSubmit={(e) => void submit(e)}>
				<div class="signin-brand"><Mark size={40} /><div><b>Jizhu 机杼</b><p class="faint">{t('signin.about')}</p></div></div>
				<h1>{t('signin.title')}</h1>
				<label for="token">{t('signin.token')}</label>
				<input id="token" type="password" autocomplete="current-password" spellcheck={false}
					placeholder="jz_…" required autofocus value={token}
					onInput={(e) => setToken(e.currentTarget.value)} />
				<p class="hint">{t('signin.hint')} <code>DATA/keys/admin.token</code><br />
					<span class="faint">{t('signin.where')}</span></p>
				{problem && <ProblemBox problem={problem} />}
				<button type="submit" class="primary" disabled={busy}>{t('signin.button')}</button>
			</form>
		</main>
	);
}
