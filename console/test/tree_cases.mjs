// SPDX-License-Identifier: Apache-2.0
// The tree's pages at a node in the middle of one, against the stand-in.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { CODE } from './tree.mjs';

const PAGES = ['tree', 'tree/devices?by=state&value=online', 'tree/members', 'tree/refusals', 'indicators', 'indicators/published', 'indicators/declare', 'cases', 'posture', 'releases', 'releases/log', 'bulletins'];

export function treeCases({ desk, base, settleOn, shootOn, withLang, withTheme, PHONE, DESK }) {
	const open = async (path) => {
		await desk.goto(`${base}/#/${path}`);
		await desk.locator('h1').first().waitFor();
		await settleOn(desk);
	};
	const api = (path) => desk.evaluate(async (at) => (await fetch(`/api/v1${at}`)).json(), path);
	const figureId = async (definition, scope, entity = '99.100.1') => (await api('/figures')).items
		.filter((one) => one.definition === definition && one.scope === scope && one.entity === entity).sort((a, b) => (a.from < b.from ? 1 : -1))[0].id;
	const openFigure = async (...of) => open(`figures/${encodeURIComponent(await figureId(...of))}`);
	/** Answers a path otherwise while something is looked at. */
	const instead = async (path, status, body, work) => {
		const pattern = new RegExp(`/api/v1${path}(\\?|$)`);
		await desk.route(pattern, (route) => (status === 200 ? route.fulfill({ json: body }) : route.fulfill({ status, json: { title: 'Not here.', status } })));
		try {
			await work();
		} finally {
			await desk.unroute(pattern);
		}
	};
	return [
		['the navigation shows the pages of the tree that the node has something for', async () => {
			await open('');
			const pages = () => desk.locator('.nav-group [data-page]').evaluateAll((all) => all.map((one) => one.dataset.page));
			await desk.locator('.nav-group').waitFor();
			assert.deepEqual(await pages(), ['tree', 'indicators', 'cases', 'posture', 'releases', 'bulletins']);
			const { tree: _, ...alone } = { ...await api('/tree'), parents: [], children: [] };
			await instead('/tree', 200, alone, async () => {
				await desk.reload();
				await desk.locator('.nav-group').waitFor();
				assert.deepEqual(await pages(), ['tree', 'indicators', 'cases', 'posture']);
			});
			await instead('/tree', 404, undefined, async () => {
				await desk.reload();
				await desk.locator('.tiles').waitFor();
				await open('tree');
				assert.match(await desk.locator('[data-not-here="404"]').innerText(), /uplink\.listen/);
				assert.equal(await desk.locator('.nav-group').count(), 0);
				await shootOn(desk, 'tree-404');
			});
			await instead('/posture', 503, undefined, async () => {
				await open('posture');
				assert.match(await desk.locator('[data-not-here="503"]').innerText(), /not open yet/);
			});
			await desk.reload();
			await desk.locator('.nav-group').waitFor();
		}],
		['parents show link, backlog and what was withheld; children the worst first', async () => {
			await open('tree');
			assert.match(await desk.locator('[data-parent=nation]').innerText(), /connected[\s\S]*41 from a core point/);
			assert.match(await desk.locator('[data-parent=group]').innerText(), /refused[\s\S]*has expired there[\s\S]*220/);
			const states = await desk.locator('[data-child] .state:first-child').evaluateAll((all) => all.map((one) => one.innerText));
			assert.deepEqual(states.filter((text) => /^(down|late|never came|up)$/.test(text)), ['down', 'late', 'never came', 'up', 'up']);
			assert.match(await desk.locator('[data-child="99.100.1.4"]').innerText(), /expired/);
			assert.match(await desk.locator('[data-child="99.100.1.3"]').innerText(), /[89] d left/);
			await shootOn(desk, 'tree', { whole: true });
		}],
		['reporting entities stand in the order of their codes, with shape and word; none is not zero', async () => {
			const { entities } = await api('/tree');
			const cells = desk.locator('[data-entity]');
			assert.deepEqual(await cells.evaluateAll((all) => all.map((one) => one.dataset.entity)), entities.map((one) => one.code));
			for (const [n, one] of entities.entries()) {
				const words = { reporting: 'reporting', late: 'late', silent: 'silent', none: 'not reporting' };
				assert.equal((await cells.nth(n).locator('.state').innerText()).trim(), words[one.state]);
				assert.doesNotMatch(await cells.nth(n).innerText(), one.state === 'none' ? /(^|\s)0(\s|$)/ : /never/);
			}
			const paths = await desk.evaluate(() => Object.fromEntries([...document.querySelectorAll('[data-legend]')].map((one) => [one.dataset.legend, one.querySelector('path').getAttribute('d')])));
			assert.equal(new Set(Object.values(paths)).size, 4, 'each state has its own shape');
			assert.match(await desk.locator('[data-legend=none]').innerText(), /not reporting\s*3/);
		}],
		['a node is invited by a code that is shown once, and revoked after a question', async () => {
			await open('tree/members');
			await desk.locator('[data-invite]').click();
			await desk.locator('#member-node').fill('99.100.1');
			await desk.locator('dialog [data-confirm]').click();
			await desk.locator('dialog [role=alert]', { hasText: 'no child of its own' }).waitFor();
			await desk.locator('#member-node').fill('99.100.1.9');
			await desk.locator('dialog [data-confirm]').click();
			assert.equal(await desk.locator('[data-code]').innerText(), CODE);
			await desk.context().grantPermissions(['clipboard-read', 'clipboard-write']);
			await desk.locator('[data-copy]').click();
			await desk.locator('[data-copy]', { hasText: 'Copied' }).waitFor();
			assert.equal(await desk.evaluate(() => navigator.clipboard.readText()), CODE);
			await shootOn(desk, 'tree-code');
			await desk.locator('[data-close]').click();
			await desk.locator('[data-member="99.100.1.9"]', { hasText: 'invited' }).waitFor();
			assert.ok(!(await desk.locator('body').innerText()).includes(CODE));
			await desk.locator('[data-member="99.100.1.9"] [data-revoke]').click();
			assert.match(await desk.locator('dialog').innerText(), /ends at once/);
			await desk.locator('#revoke-reason').fill('a test');
			await desk.locator('dialog [data-confirm]').click();
			await desk.locator('[data-member="99.100.1.9"]', { hasText: /revoked[\s\S]*a test/ }).waitFor();
			await shootOn(desk, 'tree-members');
			await open('tree/refusals?child=99.100.1.3');
			assert.equal(await desk.locator('[data-refusal]').count(), 3);
		}],
		['devices are counted once however many report them, by sort, and listed', async () => {
			await open('tree/devices');
			assert.equal(await desk.locator('[data-total]').innerText(), '230');
			assert.match(await desk.locator('.census').innerText(), /told 276 times, 230 devices/);
			assert.deepEqual(await desk.locator('[data-count]').evaluateAll((rows) => rows.map((row) => row.children[1].innerText)), ['77', '77', '76']);
			await desk.locator('[data-count=robot] button').click();
			await desk.waitForFunction(() => document.querySelectorAll('[data-device]').length === 77);
			for (const key of await desk.locator('[data-device]').evaluateAll((rows) => rows.map((row) => row.dataset.device))) assert.match(key, /RBT/);
			await shootOn(desk, 'tree-devices');
			await desk.getByRole('button', { name: 'state', exact: true }).click();
			await desk.locator('[data-count=offline]').waitFor();
			await desk.waitForFunction(() => document.querySelectorAll('[data-device]').length === 100);
		}],
		['figures stand in groups of one meaning, with scope and coverage, and have no total', async () => {
			await open('indicators');
			const groups = await desk.locator('[data-group]').evaluateAll((all) => all.map((one) => one.dataset.group));
			assert.equal(new Set(groups).size, groups.length);
			for (const scope of ['key-areas', 'above-scale', 'all']) assert.ok(groups.includes(`digital.nc_rate@1 ${scope} month`), scope);
			assert.equal(await desk.locator('.figure-table tfoot, .figure-table [data-sum]').count(), 0);
			const values = await desk.locator('[data-group^="digital.nc_rate"] tr:nth-child(2) b.num').allInnerTexts();
			assert.equal(new Set(values).size, 3, 'three scopes, three values');
			assert.match(await desk.locator('.table-foot').innerText(), /never added/);
			assert.match(await desk.locator('[data-group^="iso22400.oee"]').innerText(), /Work unit[\s\S]*85 % by 2027-12-31[\s\S]*3 \/ 4/);
			assert.match(await desk.locator('[data-figure-row*="energy.electricity"]').last().innerText(), /completeness 71 % is below 90 %/);
			await shootOn(desk, 'indicators', { whole: true });
		}],
		['figures are filtered, and shown as published on a day', async () => {
			await desk.locator('#figure-definition').selectOption('iso22400.oee');
			await desk.locator('#figure-entity').fill('99.100.1');
			await desk.locator('#figure-entity').press('Enter');
			await desk.waitForFunction(() => document.querySelectorAll('[data-figure-row]').length === 1);
			assert.equal(await desk.locator('[data-figure-row] b.num').innerText(), String(Number((100 * 801.85 / 998).toFixed(3))));
			await desk.getByRole('button', { name: 'all', exact: true }).click();
			await desk.waitForFunction(() => document.querySelectorAll('[data-figure-row]').length === 2);
			assert.deepEqual(await desk.locator('[data-figure-row] b.num').allInnerTexts(), ['80.346', '79.8']);
			// The older one was corrected today; that of yesterday was not there yet.
			const day = new Date(Date.now() - 86_400_000);
			await desk.locator('#figure-on').fill(`${day.getFullYear()}-${String(day.getMonth() + 1).padStart(2, '0')}-${String(day.getDate()).padStart(2, '0')}`);
			await desk.locator('[data-as-of]').waitFor();
			await desk.waitForFunction(() => document.querySelectorAll('[data-figure-row]').length === 1);
			assert.equal(await desk.locator('[data-figure-row] b.num').innerText(), '79.2');
			await shootOn(desk, 'indicators-as-of');
			await desk.locator('[data-as-of] button').click();
			await desk.waitForFunction(() => document.querySelectorAll('[data-figure-row]').length === 2);
		}],
		['a figure opens downward to its children, whose parts are added again, and back', async () => {
			await openFigure('iso22400.oee', 'work-unit');
			assert.match((await desk.locator('[data-worked]').innerText()).replace(/\s+/g, ' '), /801\.85 h planned_good ÷ 998 h planned_time × 100 % = 80\.346 %/);
			assert.deepEqual(await desk.locator('[data-check]').evaluateAll((all) => all.map((one) => one.dataset.check)), ['equal', 'equal']);
			assert.match(await desk.locator('[data-sum]').innerText(), /801\.85[\s\S]*998/);
			assert.match(await desk.locator('[data-below="99.100.1.4"]').innerText(), /not reporting/);
			assert.doesNotMatch(await desk.locator('[data-below="99.100.1.4"]').innerText(), /\b0\b/);
			assert.match(await desk.locator('[data-silent]').innerText(), /99\.100\.1\.4/);
			assert.match(await desk.locator('[data-revision="2"]').innerText(), /late data/);
			await shootOn(desk, 'figure', { whole: true });
			await desk.locator('[data-below="99.100.1.2"] a').click();
			await desk.locator('[data-crumbs]', { hasText: /99\.100\.1 › 99\.100\.1\.2/ }).waitFor();
			await desk.locator('[data-crumbs] a', { hasText: /^99\.100\.1$/ }).click();
			await desk.locator('[data-sum]').waitFor();
		}],
		['a figure whose parts do not make it is red', async () => {
			const id = await figureId('iso22400.oee', 'work-unit');
			const whole = await api(`/figures/${encodeURIComponent(id)}`);
			const wrong = { ...whole, value: 93, children: whole.children.map((one, n) => (n ? one : { ...one, parts: one.parts.map((part) => ({ ...part, value: part.value + 1 })) })) };
			await instead('/figures/[^?]+', 200, wrong, async () => {
				await open(`figures/${encodeURIComponent(id)}?x=1`);
				await desk.reload();
				await desk.locator('[data-check]').nth(1).waitFor();
				assert.deepEqual(await desk.locator('[data-check]').evaluateAll((all) => all.map((one) => one.dataset.check)), ['unequal', 'unequal']);
				assert.equal(await desk.locator('.figure-top.wrong').count(), 1);
				await shootOn(desk, 'figure-red');
			});
		}],
		['a measured figure leads to its points and their evidence', async () => {
			await openFigure('energy.electricity', 'unit');
			const input = desk.locator('[data-input]').first();
			const point = await input.getAttribute('data-input');
			assert.match(await input.locator('[data-evidence]').getAttribute('href'), /\/evidence\?at_ns=\d{13}999999&/);
			assert.equal(await desk.locator('[data-input="ELSEWHERE.METER"] a').count(), 0, 'a point of another node has no page here');
			await shootOn(desk, 'figure-measured');
			await input.locator('a.mono').click();
			await desk.locator('.crumb, h1').first().waitFor();
			assert.ok(desk.url().endsWith(`points/${point}`));
		}],
		['published figures stand apart with source and date', async () => {
			await open('indicators/published');
			const first = desk.locator('[data-published]').first();
			assert.match(await first.innerText(), /more than[\s\S]*380[\s\S]*2024-12[\s\S]*Example talk/);
			assert.equal(await desk.locator('[data-figure-row]').count(), 0);
			await shootOn(desk, 'published');
		}],
		['a declared value says who attests it; a table is taken whole or not at all', async () => {
			await open('indicators/declare');
			assert.match(await desk.locator('[data-who]').innerText(), /Attested by admin/);
			await desk.locator('#part-using').fill('19');
			await desk.locator('#part-assessed').fill('a lot');
			assert.ok(await desk.locator('[data-declare]').isDisabled());
			await desk.locator('#part-assessed').fill('25');
			await shootOn(desk, 'declare');
			await desk.locator('[data-declare]').click();
			await desk.locator('[data-declared]', { hasText: 'Declared by admin' }).waitFor();
			const [download] = await Promise.all([desk.waitForEvent('download'), desk.locator('[data-template]').click()]);
			const head = (await readFile(await download.path(), 'utf8')).trim();
			assert.match(head, /using,assessed/);
			const file = (rows) => ({ name: 'declared.csv', mimeType: 'text/csv', buffer: Buffer.from([head, ...rows].join('\r\n')) });
			const row = (assessed) => `digital.rd_tools,1,all,month,2026-10-01T00:00:00Z,99.100.1,3,${assessed},`;
			const before = (await api('/figures')).items.length;
			await desk.locator('#declare-file').setInputFiles(file([row('4'), row('many')]));
			await desk.locator('.faults', { hasText: /3\s*assessed is no number/ }).waitFor();
			assert.equal((await api('/figures')).items.length, before);
			await desk.locator('#declare-file').setInputFiles(file([row('4'), row('5')]));
			await desk.locator('[data-declared]', { hasText: '2 figures' }).waitFor();
			assert.equal((await api('/figures')).items.length, before + 2);
		}],
		['cases: six counters, the overdue first, and a step that this node may take', async () => {
			await open('cases');
			assert.deepEqual(await desk.locator('[data-funnel] b').allInnerTexts(), ['184,220', '3,120', '212', '41', '19', '17']);
			const overdue = await desk.locator('[data-case]').evaluateAll((rows) => rows.map((row) => row.dataset.overdue === 'true'));
			assert.deepEqual(overdue, [true, true, false, false, false]);
			await shootOn(desk, 'cases');
			const told = await api('/cases');
			await instead('/cases', 200, { ...told, funnel: { ...told.funnel, raw: 0, handled: 0, nodes: 0 } }, async () => {
				await desk.reload();
				await desk.locator('[data-funnel]').first().waitFor();
				assert.deepEqual(await desk.locator('[data-funnel] b').allInnerTexts(), Array(6).fill('–'), 'nobody told is not zero');
			});
			await desk.reload();
			await desk.locator('[data-chip=overdue]').click();
			await desk.waitForFunction(() => document.querySelectorAll('[data-case]').length === 2);
			await open(`cases/${encodeURIComponent('99.100.1.3#90')}`);
			assert.match(await desk.locator('[data-verdict=overruled]').innerText(), /overruled/);
			assert.deepEqual(await desk.locator('[data-take]').evaluateAll((all) => all.map((one) => one.dataset.take)), ['return', 'close', 'note']);
			assert.match(await desk.locator('[data-form=feedback]').getAttribute('href'), /cases\/99\.100\.1\.3%2390\/form\?kind=feedback&lang=en/);
			await desk.locator('[data-take=close]').click();
			assert.ok(await desk.locator('dialog [data-confirm]').isDisabled());
			await desk.locator('#step-text').fill('The set points are locked.');
			await shootOn(desk, 'case-step');
			await desk.locator('dialog [data-confirm]').click();
			await desk.locator('[data-step=close]', { hasText: 'are locked' }).waitFor();
			await shootOn(desk, 'case');
		}],
		['the situation has its three reasons, its coverage and its campaigns', async () => {
			await open('posture');
			assert.equal(await desk.locator('[data-index]').getAttribute('data-index'), '63.4');
			assert.deepEqual(await desk.locator('[data-because]').evaluateAll((all) => all.map((one) => one.innerText.split('\n')[0])),
				['12 assets of severe risk', '30 events of T0836', '211 events of T0846']);
			assert.match(await desk.locator('[data-posture="99.100.1.5"]').innerText(), /not known/);
			assert.match(await desk.locator('[data-posture="99.100.1.4"]').innerText(), /silent/);
			assert.match(await desk.locator('[data-campaign]').first().innerText(), /127\.0\.9\.66[\s\S]*3/);
			await shootOn(desk, 'posture');
		}],
		['the catalogue says what leaves and that core never does; the log what left and what did not', async () => {
			await open('releases');
			const core = desk.locator('[data-datum][data-class=core]');
			assert.ok(await core.count() > 1);
			assert.equal(await desk.locator('[data-datum]').count(), (await api('/points')).items.length);
			for (const text of await core.allInnerTexts()) assert.match(text, /never leaves/);
			await shootOn(desk, 'releases');
			await desk.locator('[data-chip=important]').click();
			await desk.waitForFunction(() => [...document.querySelectorAll('[data-datum]')].every((row) => row.dataset.class === 'important'));
			await open('releases/log');
			assert.match(await desk.locator('[data-withheld=core]').first().innerText(), /from a core point[\s\S]*41/);
			assert.equal(await desk.locator('[data-release]').count(), 100);
			await desk.locator('[data-next]').click();
			await desk.waitForFunction(() => document.querySelectorAll('[data-release]').length === 40);
			await shootOn(desk, 'releases-log');
		}],
		['a bulletin is written to children, and one from above is marked as done', async () => {
			await open('bulletins');
			await desk.locator('[data-write]').click();
			for (const [id, text] of [['title-zh', '更换口令'], ['title-en', 'Change the passwords'], ['text-zh', '请于周五前完成。']]) await desk.locator(`#${id}`).fill(text);
			assert.ok(await desk.locator('dialog [data-confirm]').isDisabled());
			await desk.locator('#text-en').fill('By Friday.');
			await desk.getByRole('button', { name: 'some' }).click();
			await desk.locator('.to-list input').first().check();
			await shootOn(desk, 'bulletin-write');
			await desk.locator('dialog [data-confirm]').click();
			await desk.locator('[data-bulletin]', { hasText: 'Change the passwords' }).waitFor();
			assert.match(await desk.locator('[data-bulletin]', { hasText: 'Change the passwords' }).innerText(), /0 of 1 read, 0 done/);
			await shootOn(desk, 'bulletins');
			await open('bulletins/nation-7');
			await desk.locator('[data-mark=done]').click();
			await desk.locator('#uptake-note').fill('The new firmware is in.');
			await desk.locator('dialog [data-confirm]').click();
			await desk.locator('.panel', { hasText: 'The new firmware is in.' }).waitFor();
			assert.equal(await desk.locator('[data-mark]').count(), 0);
			await open('bulletins/own-3');
			assert.match(await desk.locator('[data-uptake="99.100.1.4"]').innerText(), /sent/);
			await shootOn(desk, 'bulletin');
		}],
		['the tree is read by a phone in both languages, light and dark', async () => {
			const figure = `figures/${encodeURIComponent(await figureId('iso22400.oee', 'work-unit'))}`;
			const paths = [...PAGES, figure, `cases/${encodeURIComponent('99.100.1.3#90')}`, 'bulletins/own-3'];
			await desk.setViewportSize(PHONE);
			for (const [lang, theme] of [['en', 'light'], ['zh', 'dark']]) {
				await withLang(desk, lang);
				await withTheme(desk, theme);
				for (const path of paths) {
					await open(path);
					const [content, screen] = await desk.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
					assert.ok(content <= screen, `#/${path} is ${content} px wide on a screen of ${screen} (${lang})`);
					assert.equal(await desk.locator('.note-bad').count(), 0, path);
					await shootOn(desk, `phone-${theme}-${path.startsWith('figures') ? 'figure' : path.replace(/\W/g, '-')}`, { whole: true, wait_ms: 100 });
				}
			}
			await desk.locator('.tree-tabs').waitFor();
			await desk.setViewportSize(DESK);
			for (const path of ['tree', 'indicators', figure, 'cases', 'posture', 'releases']) {
				await open(path);
				await shootOn(desk, `zh-dark-${path.startsWith('figures') ? 'figure' : path}`, { whole: true, wait_ms: 100 });
			}
			await withTheme(desk, 'light');
			await withLang(desk, 'en');
		}],
	];
}
