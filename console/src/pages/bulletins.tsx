// SPDX-License-Identifier: Apache-2.0
// Bulletins that go down the tree. Who made one sees who has read and done it; who got one says
// so here.
import { useState } from 'preact/hooks';
import { nameOf } from '../format';
import { useDo, useLoad } from '../load';
import { useRank, useTree } from '../node_api';
import { Confirm } from '../parts/confirm';
import { Dialog } from '../parts/dialog';
import { Choice, Empty, Panel } from '../parts/panel';
import { ProblemBox } from '../parts/problem';
import { State, type Shape, type Tone } from '../parts/status';
import { TreeAwait, TreeHead, useText, When } from '../parts/tree';
import { href, type PageProps } from '../router';
import { treeApi } from '../tree_api';
import type { Bulletin, NewBulletin, Uptake } from '../tree_types';
import { t, word } from '../words_tree';

const TITLE_MAX = 200;
const TEXT_MAX = 8000;
const NOTE_MAX = 1000;
const LOOKS: Record<Uptake, [Tone, Shape]> = { sent: ['calm', 'ring'], read: ['accent', 'half'], done: ['good', 'dot'] };
const ORDER: readonly Uptake[] = ['sent', 'read', 'done'];

function UptakeMark({ state }: { state: Uptake }) {
	const [tone, shape] = LOOKS[state] ?? LOOKS.sent;
	return <State tone={tone} shape={shape} text={word('uptake', state)} />;
}

/** Done lies over read, since who has done it has read it. */
function UptakeBar({ uptake }: { uptake: NonNullable<Bulletin['uptake']> }) {
	const share = (n: number): string => `${uptake.sent ? Math.min(100, 100 * n / uptake.sent) : 0}%`;
	return (
		<span class="uptake">
			<span class="uptake-bar" aria-hidden="true"><i class="read" style={{ width: share(uptake.read) }} /><i class="done" style={{ width: share(uptake.done) }} /></span>
			<span class="num">{t('bulletin.uptake.of', { sent: uptake.sent, read: uptake.read, done: uptake.done })}</span>
		</span>
	);
}

function Row({ one }: { one: Bulletin }) {
	const text = useText();
	return (
		<tr data-bulletin={one.id}>
			<td class="wrap"><a href={href('bulletins', one.id)}>{text(one.title, one.id)}</a>
				<span class="sub">{one.from ? t('bulletin.from', { parent: one.from }) : t('bulletin.by', { who: nameOf(one.by) })}</span></td>
			<td data-label={t('word.time')}><When time={one.made} /></td>
			<td data-label={t('bulletin.mine')}>{one.mine ? <UptakeMark state={one.mine.state} /> : <span class="faint">–</span>}</td>
			<td data-label={t('bulletin.uptake')}>{one.uptake ? <UptakeBar uptake={one.uptake} /> : <span class="faint">–</span>}</td>
		</tr>
	);
}

const EMPTY: NewBulletin = { title: { en: '', zh: '' }, text: { en: '', zh: '' } };

function Write({ onClose, onDone }: { onClose: () => void; onDone: () => void }) {
	const children = useTree()?.children ?? [];
	const [draft, setDraft] = useState(EMPTY);
	const [some, setSome] = useState(false);
	const [to, setTo] = useState<readonly string[]>([]);
	const { problem, busy, run } = useDo(onDone);
	const complete = [draft.title, draft.text].every((both) => both.en.trim() && both.zh.trim()) && (!some || to.length > 0);
	const submit = (e: Event): void => {
		e.preventDefault();
		void run(() => treeApi.publish({ ...draft, ...(some && { to: [...to] }) }));
	};
	return (
		<Dialog title={t('bulletin.write')} onClose={onClose}>
			<form class="fields" onSubmit={submit}>
				{(['zh', 'en'] as const).map((lang) => (
					<div key={lang} class="both-languages">
						<div class="field"><label for={`title-${lang}`}>{t(`bulletin.title.${lang}`)}</label>
						<input id={`title-${lang}`} lang={lang} required maxLength={TITLE_MAX} value={draft.title[lang]}
							onInput={(e) => setDraft({ ...draft, title: { ...draft.title, [lang]: e.currentTarget.value } })} /></div>
						<div class="field"><label for={`text-${lang}`}>{t(`bulletin.text.${lang}`)}</label>
						<textarea id={`text-${lang}`} lang={lang} rows={3} required maxLength={TEXT_MAX} value={draft.text[lang]}
							onInput={(e) => setDraft({ ...draft, text: { ...draft.text, [lang]: e.currentTarget.value } })} /></div>
					</div>
				))}
				<div class="to-row"><span class="faint">{t('bulletin.to')}</span><Choice label={t('bulletin.to')} value={some ? 'some' : 'all'} onChange={(value) => setSome(value === 'some')}
					options={[['all', t('bulletin.to.all')], ['some', t('bulletin.to.some')]]} /></div>
				{some && <div class="to-list">{children.map((child) => (
					<label key={child.ident} class="tick"><input type="checkbox" checked={to.includes(child.ident)}
						onChange={(e) => setTo(e.currentTarget.checked ? [...to, child.ident] : to.filter((one) => one !== child.ident))} /><span class="mono">{child.ident}</span></label>
				))}</div>}
				{problem && <ProblemBox problem={problem} />}
				<div class="dialog-buttons"><button type="button" onClick={onClose}>{t('word.cancel')}</button>
					<button type="submit" class="primary" data-confirm disabled={busy || !complete}>{t('bulletin.send')}</button></div>
			</form>
		</Dialog>
	);
}

function Mark({ one, state, onClose, onDone }: { one: Bulletin; state: Uptake; onClose: () => void; onDone: () => void }) {
	const [note, setNote] = useState('');
	const needed = state === 'done';
	const act = t(needed ? 'bulletin.done.do' : 'bulletin.read.do');
	return (
		<Confirm title={act} act={act} disabled={needed && !note.trim()} onClose={onClose} onDone={onDone} work={() => treeApi.uptake(one.id, state, note.trim())}>
			<div class="field"><label for="uptake-note">{t('bulletin.note')}{needed ? '' : ` (${t('word.optional')})`}</label>
				<textarea id="uptake-note" rows={3} maxLength={NOTE_MAX} value={note} onInput={(e) => setNote(e.currentTarget.value)} /></div>
		</Confirm>
	);
}

function Detail({ one, onDone }: { one: Bulletin; onDone: () => void }) {
	const text = useText();
	const may = useRank()('engineer');
	const [asked, setAsked] = useState<Uptake>();
	const at = one.mine ? ORDER.indexOf(one.mine.state) : ORDER.length;
	return (
		<>
			<TreeHead title={text(one.title, one.id)} above={<><a href={href('bulletins')}>{t('bulletin.all')}</a> · {t('bulletin.version', { n: one.version })}</>}>
				{may && ORDER.slice(at + 1).map((state) => <button key={state} type="button" class={state === 'done' ? 'primary' : ''} data-mark={state} onClick={() => setAsked(state)}>
					{t(state === 'done' ? 'bulletin.done.do' : 'bulletin.read.do')}</button>)}
			</TreeHead>
			<div class="columns">
				<Panel title={<><When time={one.made} whole /> <span class="faint">{one.from ? t('bulletin.from', { parent: one.from }) : t('bulletin.by', { who: nameOf(one.by) })}</span></>}>
					<p class="bulletin-text wrap">{text(one.text)}</p>
				</Panel>
				<div>
					{one.mine && <Panel title={t('bulletin.mine')}><UptakeMark state={one.mine.state} /> {one.mine.time && <When time={one.mine.time} whole />}
						{one.mine.note && <p class="wrap">{one.mine.note}</p>}</Panel>}
					{one.uptake && <Panel title={t('bulletin.uptake')}><UptakeBar uptake={one.uptake} />
						<ul class="plain uptake-list">{one.uptake.children.map((child) => (
							<li key={child.ident} data-uptake={child.ident}><span class="mono">{child.ident}</span><UptakeMark state={child.state} /><When time={child.time} /></li>
						))}</ul></Panel>}
				</div>
			</div>
			{asked && <Mark one={one} state={asked} onClose={() => setAsked(undefined)} onDone={() => {
				setAsked(undefined);
				onDone();
			}} />}
		</>
	);
}

export function Bulletins({ route }: PageProps) {
	const admin = useRank()('admin');
	const tree = useTree();
	const [writing, setWriting] = useState(false);
	const loaded = useLoad(treeApi.bulletins, 'bulletins', { every_ms: 15_000 });
	const one = route.arg ? loaded.data?.items.find((b) => b.id === route.arg) : undefined;
	if (one) return <Detail key={one.id} one={one} onDone={loaded.reload} />;
	return (
		<>
			<TreeHead title={t('nav.bulletins')} above={route.arg && <a href={href('bulletins')}>{t('bulletin.all')}</a>}>
				{admin && !route.arg && (tree?.children.length ?? 0) > 0 && <button type="button" class="primary" data-write onClick={() => setWriting(true)}>{t('bulletin.write')}</button>}
			</TreeHead>
			{!route.arg && <p class="faint intro">{t('bulletin.text')}</p>}
			<section class="panel flush">
				<TreeAwait from={loaded} rows={6}>{({ items }) => (route.arg ? <Empty>{t('problem.404')}</Empty> : items.length ? (
					<table class="table stack">
						<thead><tr><th>{t('bulletin.title')}</th><th>{t('word.time')}</th><th>{t('bulletin.mine')}</th><th>{t('bulletin.uptake')}</th></tr></thead>
						<tbody>{items.map((b) => <Row key={b.id} one={b} />)}</tbody>
					</table>
				) : <Empty>{t('bulletin.none')}</Empty>)}</TreeAwait>
			</section>
			{writing && <Write onClose={() => setWriting(false)} onDone={() => {
				setWriting(false);
				loaded.reload();
			}} />}
		</>
	);
}
