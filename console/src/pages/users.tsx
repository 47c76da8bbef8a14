// SPDX-License-Identifier: Apache-2.0
// Users, for administrators: who they are, adding, changing, removing.
import { useState } from 'preact/hooks';
import { api } from '../api';
import { t, word } from '../i18n';
import { useDo, useLoad } from '../load';
import { Dialog } from '../parts/dialog';
import { Await, Empty, PageHead } from '../parts/panel';
import { ProblemBox } from '../parts/problem';
import { State } from '../parts/status';
import type { User, UserChange } from '../types';

export const ROLES = ['viewer', 'operator', 'engineer', 'admin'];
const PASSWORD_MIN = 12;

interface Closing { onClose: () => void; onDone: () => void }

/** What of the form differs from the user as it is. */
function changeOf(user: User, form: Required<UserChange>): UserChange {
	return {
		...(form.role !== user.role && { role: form.role }),
		...(form.scope !== user.scope && { scope: form.scope }),
		...(form.enabled !== user.enabled && { enabled: form.enabled }),
		...(form.password && { password: form.password }),
	};
}

function UserForm({ user, onClose, onDone }: Closing & { user?: User }) {
	const [name, setName] = useState('');
	const [form, setForm] = useState<Required<UserChange>>({
		role: user?.role ?? 'viewer', scope: user?.scope ?? '', enabled: user?.enabled ?? true, password: '' });
	const { problem, busy, run } = useDo(onDone);
	const set = (part: UserChange): void => setForm({ ...form, ...part });
	const submit = (e: Event): void => {
		e.preventDefault();
		void run(() => (user ? api.changeUser(user.name, changeOf(user, form)) : api.addUser({ name: name.trim(), ...form })));
	};
	return (
		<Dialog title={user ? t('users.edit.title', { name: user.name }) : t('users.add')} onClose={onClose}>
			<form class="fields" onSubmit={submit}>
				{!user && <>
					<label for="user-name">{t('word.name')}</label>
					<input id="user-name" autocomplete="off" autocapitalize="none" spellcheck={false} required maxLength={64}
						value={name} onInput={(e) => setName(e.currentTarget.value)} />
				</>}
				<label for="user-role">{t('users.role')}</label>
				<select id="user-role" value={form.role} onChange={(e) => set({ role: e.currentTarget.value })}>
					{ROLES.map((role) => <option key={role} value={role}>{word('role', role)}</option>)}
				</select>
				<label for="user-scope">{t('users.scope')}</label>
				<input id="user-scope" autocomplete="off" spellcheck={false} maxLength={255} value={form.scope}
					onInput={(e) => set({ scope: e.currentTarget.value.trim() })} />
				<p class="faint">{t('users.scope.hint')}</p>
				<label for="user-password">{t(user ? 'users.password.new' : 'users.password')}</label>
				<input id="user-password" type="password" autocomplete="new-password" required={!user} minLength={PASSWORD_MIN}
					value={form.password} onInput={(e) => set({ password: e.currentTarget.value })} />
				<p class="faint">{t('users.password.rule')} {user && t('users.password.keep')}</p>
				<label class="tick"><input type="checkbox" checked={form.enabled}
					onChange={(e) => set({ enabled: e.currentTarget.checked })} />{t('users.enabled')}</label>
				{problem && <ProblemBox problem={problem} />}
				<div class="dialog-buttons">
					<button type="button" onClick={onClose}>{t('word.cancel')}</button>
					<button type="submit" class="primary" disabled={busy}>{t('users.save')}</button>
				</div>
			</form>
		</Dialog>
	);
}

function Removal({ user, onClose, onDone }: Closing & { user: User }) {
	const { problem, busy, run } = useDo(onDone);
	return (
		<Dialog title={t('users.remove.title', { name: user.name })} onClose={onClose}>
			<p>{t('users.remove.text')}</p>
			{problem && <ProblemBox problem={problem} />}
			<div class="dialog-buttons">
				<button type="button" onClick={onClose}>{t('word.cancel')}</button>
				<button type="button" class="danger" data-confirm disabled={busy}
					onClick={() => void run(() => api.removeUser(user.name))}>{t('users.remove')}</button>
			</div>
		</Dialog>
	);
}

function Row({ user, onEdit, onRemove }: { user: User; onEdit: () => void; onRemove: () => void }) {
	return (
		<tr data-user={user.name}>
			<td><b>{user.name}</b></td>
			<td data-label={t('users.role')}>{word('role', user.role)}</td>
			<td class="wrap" data-label={t('users.scope')}>
				{user.scope ? <span class="mono">{user.scope}</span> : <span class="faint">{t('users.everything')}</span>}</td>
			<td data-label={t('word.state')}>{user.enabled
				? <State tone="good" shape="dot" text={t('users.state.on')} />
				: <State tone="calm" shape="ring" text={t('users.state.off')} />}</td>
			<td class="right num" data-label={t('users.tokens')}>{user.tokens}</td>
			<td class="right nowrap">
				<button type="button" class="quiet" data-edit onClick={onEdit}>{t('users.edit')}</button>
				<button type="button" class="quiet" data-remove onClick={onRemove}>{t('users.remove')}</button>
			</td>
		</tr>
	);
}

type Shown = { kind: 'add' } | { kind: 'edit' | 'remove'; user: User } | undefined;

export function Users() {
	const loaded = useLoad(api.users, 'users');
	const [shown, setShown] = useState<Shown>();
	const close = (): void => setShown(undefined);
	const done = (): void => {
		close();
		loaded.reload();
	};
	return (
		<>
			<PageHead title={t('nav.users')}>
				<button type="button" class="primary" data-add onClick={() => setShown({ kind: 'add' })}>{t('users.add')}</button>
			</PageHead>
			<p class="faint intro">{t('users.text')}</p>
			<section class="panel flush">
				<Await from={loaded} rows={4}>
					{({ users }) => (users.length ? (
						<table class="table stack">
							<thead><tr>
								<th>{t('word.name')}</th><th>{t('users.role')}</th><th>{t('users.scope')}</th><th>{t('word.state')}</th>
								<th class="right">{t('users.tokens')}</th><th />
							</tr></thead>
							<tbody>{users.map((user) => (
								<Row key={user.name} user={user} onEdit={() => setShown({ kind: 'edit', user })}
									onRemove={() => setShown({ kind: 'remove', user })} />
							))}</tbody>
						</table>
					) : <Empty>{t('users.none')}</Empty>)}
				</Await>
			</section>
			{shown?.kind === 'add' && <UserForm onClose={close} onDone={done} />}
			{shown?.kind === 'edit' && <UserForm user={shown.user} onClose={close} onDone={done} />}
			{shown?.kind === 'remove' && <Removal user={shown.user} onClose={close} onDone={done} />}
		</>
	);
}
