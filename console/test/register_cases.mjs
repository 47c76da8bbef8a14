// SPDX-License-Identifier: Apache-2.0
// The identifier system's pages: those of any node against the node, those of a secondary
// node (office, ratio, resolver) against the stand-in, which has them all.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';

/** Made up, with the right check character. */
const CREDIT_CODE = '9199000000TE0T0019';
const NAME = `99.100.1/test/筒-${process.pid}`;

/** Cases of the register; `t` is what the specification shares. */
export function registerCases({ page, base, token, open, api, settle, shoot, real, withLang, withTheme, PHONE, DESK }) {
	const field = (row, part) => page.locator(`.value-row[data-index="${row}"] [id$="-${part}"]`);
	const act = async (name) => {
		await page.locator(`[data-act=${name}]`).click();
		await page.locator('dialog [data-confirm]').click();
		await page.locator(`[data-done=${name}]`).waitFor();
	};
	const checks = () => page.locator('.proof [data-check]').evaluateAll((all) => all.map((one) => one.dataset.check));
	return [
		['names are found by words, and the words are marked', async () => {
			await open('identifiers');
			await page.locator('[data-filter]').fill('volt');
			await page.locator('.names mark').first().waitFor();
			for (const text of await page.locator('.names mark').allInnerTexts()) assert.match(text, /^volt$/i);
			await page.locator('[data-filter]').fill('no record says this');
			await page.locator('.empty', { hasText: 'No identifier fits' }).waitFor();
		}],
		['names are leafed through by page, forth and back', async () => {
			await open('identifiers');
			const first = await page.locator('.names tbody a').first().innerText();
			await page.locator('[data-next]').click();
			await page.waitForFunction((was) => document.querySelector('.names tbody a')?.innerText !== was, first);
			await page.getByRole('button', { name: 'Previous' }).click();
			await page.waitForFunction((was) => document.querySelector('.names tbody a')?.innerText === was, first);
		}],
		['a prefix of the tree narrows the names', async () => {
			await open('identifiers');
			await page.locator('[data-prefix="99.100.1"]').click();
			await settle();
			for (const name of await page.locator('.names tbody a').allInnerTexts()) assert.match(name, /^99\.100\.1\//);
			await shoot('identifiers');
		}],
		['an exact value finds its names', async () => {
			await open('identifiers?type=UNIT&value=V');
			await page.locator('.names tbody tr').first().waitFor();
			for (const text of await page.locator('.names tbody tr a').allInnerTexts()) assert.match(text, /V_?/);
		}],
		['what is wrong with a form stands beside its fields', async () => {
			await open('register');
			await page.locator('[data-save]').click();
			assert.ok(await page.locator('.bad-text').count() >= 3);
			await page.locator('#suffix').fill(NAME.slice('99.100.1/'.length));
			await field(1, 'text').fill('not an address');
			await page.locator('.bad-text', { hasText: 'begins with https://' }).waitFor();
			await shoot('register');
		}],
		['a draft is registered, made active and changed', async () => {
			await field(1, 'text').fill('https://plant.example/spool');
			await field(2, 'text').fill('Spool');
			await page.locator('.tick input').check();
			await page.locator('[data-save]').click();
			await page.locator('.state', { hasText: 'draft' }).first().waitFor();
			await act('activate');
			await page.locator('[data-edit]').click();
			await field(2, 'text').fill('Spool of the coater');
			await page.locator('[data-addrow]').click();
			await field(3, 'type').fill('EMAIL');
			await field(3, 'text').fill('plant@plant.example');
			await page.locator('[data-save]').click();
			await page.locator('.answer td', { hasText: 'plant@plant.example' }).waitFor();
		}],
		['the history shows what changed, and the record as it was', async () => {
			await page.locator('.timeline ins', { hasText: 'Spool of the coater' }).waitFor();
			await page.locator('.timeline del', { hasText: 'Spool' }).first().waitFor();
			const entries = page.locator('.timeline > li');
			assert.equal(await entries.count(), 3);
			await shoot('history');
			await entries.last().locator('button').click();
			await page.locator('[data-then]').waitFor();
			await page.locator('.answer td', { hasText: /^Spool$/ }).waitFor();
			assert.equal(await page.locator('.answer td', { hasText: 'plant@plant.example' }).count(), 0);
			assert.equal(await page.locator('[data-act]').count(), 0, 'the past is not changed');
			await page.locator('[data-now]').click();
			await page.locator('.answer td', { hasText: 'plant@plant.example' }).waitFor();
		}],
		['a retirement and a deletion are asked about and undone', async () => {
			await act('retire');
			await page.locator('[data-undo]').click();
			await page.locator('[data-act=retire]').waitFor();
			await page.locator('[data-act=delete]').click();
			assert.match(await page.locator('dialog').innerText(), /resolves no more/);
			await shoot('delete');
			await page.locator('dialog [data-confirm]').click();
			await page.locator('.note', { hasText: 'was deleted' }).waitFor();
			await page.locator('[data-undo]').click();
			await page.locator('[data-act=delete]').waitFor();
			assert.equal((await api(`/identifiers/${encodeURIComponent(NAME).replace(/%2F/g, '/')}/history`)).changes[0].verb, 'restore');
		}],
		['a paste is tried before it is registered, with what is wrong by line', async () => {
			await open('register?bulk=1');
			const name = (n) => `test/bulk-${process.pid}-${n}`;
			await page.locator('#paste').fill(['name\tURL\tDESC', `${name(1)}\thttps://plant.example/1\tOne`, `${name(2)}\tno address\tTwo`,
				`${name(1)}\thttps://plant.example/1\tAgain`, `${NAME}\thttps://plant.example/3\tThere`].join('\n'));
			await page.locator('[data-dry]').click();
			const phase = (line, is) => page.locator(`[data-line="${line}"][data-phase=${is}]`).waitFor();
			await Promise.all([phase(2, 'free'), phase(3, 'wrong'), phase(4, 'wrong'), phase(5, 'there')]);
			await shoot('bulk');
			await page.locator('[data-run]').click();
			await phase(2, 'done');
			assert.equal(await page.locator('[data-line="2"] a').innerText(), `99.100.1/${name(1)}`);
		}],
		['a mode overwrites what is there, after its count was shown', async () => {
			await open('register?bulk=1');
			const name = (n) => `test/mode-${process.pid}-${n}`;
			const paste = (word, count) => page.locator('#paste').fill(Array.from({ length: count }, (_, n) => `${name(n)}\thttps://plant.example/${word}/${n}`).join('\n'));
			const phase = (line, is) => page.locator(`[data-line="${line}"][data-phase=${is}]`).waitFor();
			const tried = async (over) => {
				await page.locator('[data-dry]').click();
				await page.locator(`[data-run][data-over="${over}"]`).waitFor();
			};
			await paste('one', 2);
			await tried(0);
			await page.locator('[data-run]').click();
			await phase(1, 'done');
			await paste('two', 3);
			await page.locator('#bulk-mode').selectOption('replace');
			await tried(2);
			assert.match(await page.locator('[role=status]', { hasText: 'overwritten' }).innerText(), /1 new, 2 will be overwritten/);
			await shoot('bulk-mode');
			await page.locator('[data-run]').click();
			await phase(3, 'done');
			await page.locator('#bulk-mode').selectOption('create');
			const record = await page.evaluate(async (path) => (await fetch(path)).json(), `/api/handles/99.100.1/${name(1)}`);
			assert.equal(record.values[0].data.value, 'https://plant.example/two/1');
		}],
		['the lines of a paste are registered by one request, all or none', async () => {
			await open('register?bulk=1');
			const name = (n) => `test/whole-${process.pid}-${n}`;
			const row = (n) => `${name(n)}\thttps://plant.example/${n}`;
			const sent = [];
			const note = (request) => request.method() === 'POST' && sent.push(new URL(request.url()).pathname);
			page.on('request', note);
			const run = () => page.locator('[data-run]').click();
			const phase = (line, is) => page.locator(`[data-line="${line}"][data-phase=${is}]`).waitFor();
			await page.locator('#paste').fill([row(1), row(2), row(3)].join('\n'));
			await page.locator('[data-dry]').click();
			await phase(2, 'free');
			// Meanwhile somebody else takes a name.
			const taken = await page.evaluate(async ([path, csrf]) => (await fetch(path, { method: 'PUT', headers: { 'X-CSRF-Token': csrf, 'Content-Type': 'application/json' },
				body: JSON.stringify({ values: [{ index: 1, type: 'URL', data: { format: 'string', value: 'https://other.example/' } }] }) })).status,
			[`/api/handles/99.100.1/${name(2)}`, (await api('/session')).csrf]);
			assert.equal(taken, 201);
			await run();
			await Promise.all([phase(2, 'failed'), phase(1, 'free'), phase(3, 'free')]);
			assert.deepEqual((await api(`/identifiers?prefix=99.100.1&type=URL&value=${encodeURIComponent('https://plant.example/1')}&limit=1000`)).items
				.filter((one) => one.name.endsWith(name(1))), []);
			await run();
			await Promise.all([phase(1, 'done'), phase(3, 'done'), phase(2, 'failed')]);
			page.off('request', note);
			assert.deepEqual(sent, Array(3).fill('/api/v1/registrations'));
		}],
		...(real ? [
			['an enterprise applies to the node, and the office gives its prefix', async () => {
				const reply = await page.request.post(`${base}/api/v1/office/applications`, { headers: { Authorization: `Bearer ${token}` },
					data: { organisation: 'Example Pumps Co., Ltd.', credit_code: CREDIT_CODE, contact: 'the desk', industry: 'C3441', purpose: 'spare parts' } });
				assert.equal(reply.status(), 201, await reply.text());
				const { number } = await reply.json();
				await open('office');
				await page.locator(`[data-application="${number}"] a`).first().click();
				for (const step of ['review', 'approve']) {
					await page.locator(`[data-decide=${step}]`).click();
					if (step === 'approve') await page.locator('#limit-names').fill('10');
					await page.locator('[data-confirm]').click();
				}
				await page.locator('.page-tools .state', { hasText: 'approved' }).waitFor();
				await page.locator('.facts a', { hasText: '99.100.1.' }).click();
				await page.locator('.use', { hasText: '0 / 10' }).waitFor();
				await open('ratio');
				await page.locator('[data-row^="99.100.1."]').first().waitFor();
			}],
			['a name is registered by a template of the node', async () => {
				const reply = await page.request.post(`${base}/api/v1/office/templates`, { headers: { Authorization: `Bearer ${token}` },
					data: { prefix: '99.100.1', version: `pump-${process.pid}`, nameEn: 'Pumps', name: '泵', industryCategory: 'C', industrySpecific: '34', industryTrade: '344',
						industrySubclass: '3441', type: 2, items: [{ nameEn: 'Rated power', name: '功率', idType: 'POWER', idIndex: 2000, required: true, unique: false, state: 1,
							permissions: '1110', metadata: { type: 'number', min: 0.1, max: 500 } }] } });
				assert.ok(reply.ok(), await reply.text());
				await open('register');
				await page.locator('#template').selectOption(`pump-${process.pid}`);
				await page.locator('#suffix').fill(`test/pump-${process.pid}`);
				await page.locator('.item-rows input').fill('7.5');
				await page.locator('[data-save]').click();
				await page.locator('.answer td', { hasText: /^7\.5$/ }).waitFor();
				await page.locator('.answer td', { hasText: 'TEMPLATE' }).waitFor();
			}],
			['a name of the node is resolved by its resolver, and its walk drawn', async () => {
				const { items } = await api('/points');
				await open(`resolve/${items[0].ident}`);
				await page.locator('[data-step=pinned]').waitFor();
				await page.locator('[data-step=asked]', { hasText: 'UDP' }).waitFor();
				await page.locator('.record td', { hasText: 'URL' }).first().waitFor();
			}],
			['a name that is not there is told with the walk to that answer', async () => {
				await open('resolve/99.100.1/NO.SUCH');
				await page.locator('[data-step=asked]', { hasText: 'no such name (100)' }).waitFor();
			}],
			['the browser proves that a record is in the register, and keeps the pack', async () => {
				const { items } = await api('/points');
				await open(`identifiers/${items[0].ident}`);
				await page.locator('.proof [data-check]').nth(2).waitFor();
				assert.ok((await checks()).every((one) => one === 'yes'), String(await checks()));
				await shoot('record');
				await withTheme(page, 'dark');
				await shoot('dark-record');
				await withTheme(page, 'light');
				await withLang(page, 'zh');
				await shoot('zh-record');
				await page.setViewportSize(PHONE);
				await shoot('phone-record', { whole: true });
				await page.setViewportSize(DESK);
				await withLang(page, 'en');
				const [download] = await Promise.all([page.waitForEvent('download'), page.locator('[data-pack]').click()]);
				assert.equal(JSON.parse(await readFile(await download.path(), 'utf8')).format, 'jizhu-answer-1');
			}],
			['a name of a bulk is proven by its own change and the end of the bulk', async () => {
				const bulk = `99.100.1/test/mode-${process.pid}-1`;
				await open(`identifiers/${bulk}`);
				await page.locator('.proof [data-check]').nth(2).waitFor();
				assert.ok((await checks()).every((one) => one === 'yes'), String(await checks()));
				for (const what of ['branch', 'end']) {
					await page.route('**/api/v1/proof/answer/**', async (route) => {
						const reply = await route.fetch();
						const pack = await reply.json();
						const bent = (text) => (text.startsWith('A') ? 'B' : 'A') + text.slice(1);
						await route.fulfill({ response: reply, json: { ...pack, [what]: what === 'end' ? { ...pack.end, path: bent(pack.end.path) } : bent(pack.branch) } });
					});
					await open('identifiers');
					await open(`identifiers/${bulk}`);
					await page.locator('.proof [data-check=no]').first().waitFor();
					await page.unroute('**/api/v1/proof/answer/**');
				}
			}],
			['a later visit demands that the register only grew', async () => {
				await open(`identifiers/${NAME}`);
				await page.locator('.proof [data-check=yes]', { hasText: 'nothing was rewritten' }).waitFor();
			}],
			['a pack that was altered proves nothing', async () => {
				const alter = (change) => page.route('**/api/v1/proof/answer/**', async (route) => {
					const reply = await route.fetch();
					await route.fulfill({ response: reply, json: change(await reply.json()) });
				});
				const bent = (text) => (text.startsWith('A') ? 'B' : 'A') + text.slice(1);
				const alterations = { path: (pack) => ({ ...pack, path: bent(pack.path) }), index: (pack) => ({ ...pack, index: pack.index ? pack.index - 1 : 1 }),
					head: (pack) => ({ ...pack, head: pack.head.replace(/time \d{4}/, 'time 2001') }) };
				for (const [what, change] of Object.entries(alterations)) {
					await alter(change);
					await open('identifiers');
					await open(`identifiers/${NAME}`);
					await page.locator('.proof [data-check=no]').first().waitFor();
					assert.ok((await checks()).includes('no'), `an altered ${what} is found out`);
					await page.unroute('**/api/v1/proof/answer/**');
				}
			}],
		] : []),
	];
}

/** Cases of a secondary node; `desk` is a page that is signed in at the stand-in. */
export function deskCases({ desk, base, settleOn, shootOn, withTheme, withLang, PHONE, DESK, enterViewer }) {
	const open = async (path) => {
		await desk.goto(`${base}/#/${path}`);
		await desk.locator('h1').first().waitFor();
		await settleOn(desk);
	};
	return [
		['the office tells what waits longest and lists it first', async () => {
			await open('office');
			await desk.locator('[data-application]').first().waitFor();
			const numbers = await desk.locator('[data-application]').evaluateAll((rows) => rows.map((row) => Number(row.dataset.application)));
			assert.deepEqual(numbers, [...numbers].sort((a, b) => a - b));
			assert.match(await desk.locator('.intro').innerText(), /3 applications wait, the first for 9 d/);
			await shootOn(desk, 'office');
		}],
		['an application is taken up, approved with limits, and its trail tells it', async () => {
			await desk.locator('[data-application="7"] a').first().click();
			await desk.locator('[data-decide=review]').click();
			await desk.locator('[data-confirm]').click();
			await desk.locator('[data-decide=approve]').click();
			await desk.locator('#limit-names').fill('5000');
			await shootOn(desk, 'office-approve');
			await desk.locator('[data-confirm]').click();
			await desk.locator('.page-tools .state', { hasText: 'approved' }).waitFor();
			assert.equal(await desk.locator('.timeline > li').count(), 3);
			await shootOn(desk, 'application');
		}],
		['a refusal needs a reason', async () => {
			await open('office/8');
			await desk.locator('[data-decide=refuse]').click();
			assert.ok(await desk.locator('[data-confirm]').isDisabled());
			await desk.locator('#reason').fill('The code belongs to another organisation.');
			await desk.locator('[data-confirm]').click();
			await desk.locator('.timeline', { hasText: 'belongs to another' }).waitFor();
			assert.equal(await desk.locator('[data-decide]').count(), 0);
		}],
		['limits are shown with their use and changed', async () => {
			await open('prefixes');
			await shootOn(desk, 'prefixes');
			await desk.locator('[data-prefix-row="99.100.1.5"] a').first().click();
			await desk.locator('[data-limits]').click();
			await desk.locator('#limit-names').fill('811');
			await desk.locator('[data-confirm]').click();
			await desk.locator('.use-bar.full').first().waitFor();
		}],
		['the ratio carries its definition, is sorted and exported with it', async () => {
			await open('ratio');
			for (const name of ['registered', 'resolved', 'distinct', 'ratio']) {
				assert.ok((await desk.locator(`[data-figure=${name}] .definition`).innerText()).length > 8);
			}
			const order = () => desk.locator('[data-row]').evaluateAll((rows) => rows.map((row) => row.dataset.row));
			await shootOn(desk, 'ratio');
			await desk.locator('[data-sort=prefix]').click();
			assert.deepEqual(await order(), ['99.100.1', '99.100.1.1', '99.100.1.2', '99.100.1.3', '99.100.1.4', '99.100.1.5', '99.100.1.66']);
			await desk.locator('[data-sort=prefix]').click();
			assert.equal((await order())[0], '99.100.1.66');
			const [download] = await Promise.all([desk.waitForEvent('download'), desk.locator('[data-csv]').click()]);
			const text = await readFile(await download.path(), 'utf8');
			assert.match(text, /^\ufeff"Prefix","Enterprise".*"Resolution ratio \(distinct resolved ÷ ever registered\)"/);
			assert.equal(text.trim().split('\r\n').length, 8);
			await desk.locator('[data-row="99.100.1.3"] .link').click();
			await desk.locator('.panel-head', { hasText: '99.100.1.3' }).waitFor();
		}],
		['a walk is drawn step by step, and the cache says its age', async () => {
			await open('resolve/99.100.1.3/PUMP-0001');
			assert.equal(await desk.locator('[data-step]').count(), 6);
			await desk.locator('[data-step]', { hasText: 'time out' }).waitFor();
			await shootOn(desk, 'resolve');
			await open('resolve');
			await desk.locator('.resolve input').fill('99.100.1.3/PUMP-0001');
			await desk.keyboard.press('Enter');
			await desk.locator('h2', { hasText: 'brought it to the cache' }).waitFor();
			assert.match(await desk.locator('.facts').innerText(), /said \d+ s ago/);
			await desk.locator('[data-fresh]').click();
			await desk.locator('h2', { hasText: /^The walk$/ }).waitFor();
		}],
		['a template makes the form and holds it to its rules', async () => {
			await open('register');
			await desk.locator('#template').selectOption('pump-1');
			await desk.locator('#suffix').fill('P-9');
			await desk.locator('.item-rows input').nth(1).fill('900');
			await desk.locator('[data-save]').click();
			await desk.locator('.bad-text', { hasText: 'From 0.1 to 500' }).waitFor();
			await shootOn(desk, 'template');
			for (const [n, text] of [['0', 'Feed pump'], ['1', '7.5'], ['3', 'SN-1']]) await desk.locator('.item-rows input').nth(Number(n)).fill(text);
			await desk.locator('[data-save]').click();
			await desk.locator('.answer td', { hasText: 'pump-1' }).waitFor();
		}],
		['a secondary node has its prefixes in a tree', async () => {
			await open('identifiers?prefix=99.100.1.3');
			await desk.locator('.tree [aria-pressed=true]', { hasText: 'Pumps' }).waitFor();
			await desk.locator('[data-next]').click();
			await desk.locator('.names a', { hasText: 'PUMP-0060' }).waitFor();
			await open('identifiers');
			await shootOn(desk, 'identifiers-secondary');
		}],
		['the pages of a secondary node fit a phone in both languages, light and dark', async () => {
			const paths = ['office', 'office/2', 'prefixes', 'prefixes/99.100.1.2', 'ratio', 'resolve/99.100.1.3/PUMP-0001', 'register', 'register?bulk=1', 'identifiers', 'identifiers/99.100.1.3/PUMP-0001'];
			await desk.setViewportSize(PHONE);
			for (const lang of ['en', 'zh']) {
				await withLang(desk, lang);
				for (const path of paths) {
					await open(path);
					const [content, screen] = await desk.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
					assert.ok(content <= screen, `#/${path} is ${content} px wide on a screen of ${screen} (${lang})`);
				}
			}
			await open('ratio');
			await shootOn(desk, 'phone-ratio');
			await desk.setViewportSize(DESK);
			await open('office');
			await shootOn(desk, 'zh-office');
			await withTheme(desk, 'dark');
			await open('ratio');
			await shootOn(desk, 'dark-ratio');
			await withTheme(desk, 'light');
			await withLang(desk, 'en');
		}],
		['a viewer sees no button that a viewer may not use', async () => {
			await enterViewer();
			for (const path of ['identifiers', 'identifiers/99.100.1.3/PUMP-0001', 'office/6', 'prefixes/99.100.1.5']) {
				await open(path);
				assert.equal(await desk.locator('[data-register], [data-edit], [data-act], [data-decide], [data-limits]').count(), 0, path);
			}
			for (const path of ['tree/members', `cases/${encodeURIComponent('99.100.1.1#877')}`, 'bulletins', 'bulletins/nation-7']) {
				await open(path);
				assert.equal(await desk.locator('[data-invite], [data-again], [data-revoke], [data-take], [data-write], [data-mark]').count(), 0, path);
			}
			assert.equal(await desk.locator('.nav [data-page=releases]').count(), 0);
			for (const path of ['register', 'releases', 'indicators/declare']) {
				await open(path);
				await desk.locator('.empty', { hasText: 'Engineers and administrators' }).waitFor();
			}
		}],
	];
}
