// SPDX-License-Identifier: Apache-2.0
// The console in a real browser. Against the mock by default; BASE_URL and TOKEN name a
// real node (one that attacks itself). SCREENSHOTS names a folder for pictures.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { layCable } from './cable.mjs';
import { editsCases } from './edits_cases.mjs';
import { startMock } from './mock.mjs';
import { PURE_CASES } from './pure.mjs';
import { deskCases, registerCases } from './register_cases.mjs';
import { scanCases } from './scan_cases.mjs';
import { runCases } from './tap.mjs';
import { treeCases } from './tree_cases.mjs';
import { trendCases } from './trend_cases.mjs';

const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
	'--disable-component-update', '--disable-sync', '--force-color-profile=srgb'];
const DESK = { width: 1440, height: 900 };
const PHONE = { width: 360, height: 740 };
const INCIDENT_WAIT_MS = 75_000;
const TITLES = {
	'': null, points: ['Points', '测点'], trend: ['Trend', '趋势'], identifiers: ['Identifiers', '标识'], 'network/assets': ['Network', '网络'],
	'network/conversations': ['Network', '网络'], 'network/baseline': ['Network', '网络'], events: ['Events', '事件'],
	incidents: ['Events', '事件'], register: ['Register a name', '注册标识'],
	scan: ['Scan a code', '扫码'], resolve: ['Resolve a name', '解析标识'], office: ['Prefix office', '前缀审批'], prefixes: ['Prefixes and limits', '前缀与限额'],
	ratio: ['Registered and resolved', '注册与解析'], commands: ['Commands', '指令'], users: ['Users', '用户'], account: ['Account', '账户'],
};

const standIn = await startMock();
const mock = process.env.BASE_URL ? undefined : standIn;
const cable = await layCable(process.env.BASE_URL ?? mock.url);
const base = cable.url;
const token = process.env.TOKEN ?? mock?.token;
const pictures = process.env.SCREENSHOTS;
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ARGS });
const context = await browser.newContext({ viewport: DESK, locale: 'en-GB', colorScheme: 'light' });
const page = await context.newPage();
const strangers = [];
const faults = [];
function watch(one, home) {
	one.setDefaultTimeout(15_000);
	one.on('request', (request) => {
		if (!request.url().startsWith(home) && !/^(data|blob):/.test(request.url())) strangers.push(request.url());
	});
	one.on('pageerror', (error) => faults.push(String(error)));
}
watch(page, base);

const open = async (path) => {
	await page.goto(`${base}/#/${path}`);
	await page.locator('h1').first().waitFor();
};
const api = async (path) => {
	const reply = await context.request.get(`${base}/api/v1${path}`);
	assert.equal(reply.status(), 200, `GET ${path}`);
	return reply.json();
};
const settleOn = (one) => one.waitForFunction(() => !document.querySelector('.skeleton'));
const settle = () => settleOn(page);

/** A picture of the screen, or of the whole page: then the screen is made as tall, so
 * that the bars at its edges stay at the edges. */
async function shootOn(one, name, { whole = false, wait_ms = 500 } = {}) {
	if (!pictures) return;
	mkdirSync(pictures, { recursive: true });
	await settleOn(one);
	await one.mouse.move(0, 0);
	await one.waitForTimeout(wait_ms);
	const size = one.viewportSize();
	if (whole) {
		const height = await one.evaluate(() => document.querySelector('#content').scrollHeight);
		await one.setViewportSize({ ...size, height: Math.max(size.height, height) });
		await one.waitForTimeout(300);
	}
	await one.screenshot({ path: join(pictures, `${name}.png`) });
	if (whole) await one.setViewportSize(size);
}
const shoot = (name, how) => shootOn(page, name, how);

async function signIn(text) {
	await page.locator('#token').fill(text);
	await page.locator('.by-token button[type=submit]').click();
}

async function enter(user, password) {
	await page.locator('#user').fill(user);
	await page.locator('#password').fill(password);
	await page.locator('.by-password button[type=submit]').click();
}

async function signOut() {
	await page.locator('.topbar-tools button').last().click();
	await page.locator('#user').waitFor();
}

async function withLang(one, lang) {
	const button = one.locator(`button[data-lang=${lang}]`);
	if (await button.count()) await button.click();
	await one.waitForFunction((want) => document.documentElement.lang.startsWith(want), lang);
}
const setLang = (lang) => withLang(page, lang);

async function withTheme(one, want) {
	for (let n = 0; n < 3; n++) {
		if (await one.locator(`[data-theme-switch=${want}]`).count()) return;
		await one.locator('[data-theme-switch]').click();
	}
}
const setTheme = (want) => withTheme(page, want);

/** A second browser, at the stand-in: it has what only a secondary node has. */
async function openDesk() {
	const other = await browser.newContext({ viewport: DESK, locale: 'en-GB', colorScheme: 'light' });
	const desk = await other.newPage();
	watch(desk, standIn.url);
	await desk.goto(standIn.url);
	await desk.locator('#token').fill(standIn.token);
	await desk.locator('.by-token button[type=submit]').click();
	await desk.locator('.tiles').waitFor();
	const enterViewer = async () => {
		await other.request.post(`${standIn.url}/api/v1/users`, { headers: { Authorization: `Bearer ${standIn.token}`, 'X-CSRF-Token': 'mock-csrf' },
			data: { name: 'yan', role: 'viewer', password: 'correct horse battery' } });
		await desk.locator('.topbar-tools button').last().click();
		await desk.locator('#user').fill('yan');
		await desk.locator('#password').fill('correct horse battery');
		await desk.locator('.by-password button[type=submit]').click();
		await desk.locator('.nav').waitFor();
	};
	return { desk, base: standIn.url, enterViewer };
}

/** Waits until the attacker has written; presses the button where nobody else does. */
async function findWrite() {
	if (mock && !(await api('/incidents')).items.length) {
		await open('');
		await page.locator('[data-attack]:enabled').click();
	}
	const end = Date.now() + INCIDENT_WAIT_MS;
	while (Date.now() < end) {
		const found = (await api('/incidents')).items.find((one) => one.kind === 'write');
		if (found) return found;
		await page.waitForTimeout(500);
	}
	throw new Error('no incident of kind write came');
}

async function writablePoint() {
	const { items } = await api('/points');
	return items.find((p) => p.write && p.quality_class === 'good' && p.value !== null);
}

/** A value the point may take, a little beside the present one. */
function nearby({ value, write: { limits: [low, high] } }) {
	const step = (high - low) / 50;
	const next = value + step <= high ? value + step : value - step;
	return Number(Math.min(high, Math.max(low, next)).toFixed(2));
}

async function widthFits(path) {
	await open(path);
	await settle();
	const [content, screen] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
	assert.ok(content <= screen, `#/${path} is ${content} px wide on a screen of ${screen}`);
}

/** WCAG contrast of the text of an element on the page's background. */
const contrast = (selector) => page.locator(selector).first().evaluate((element) => {
	const light = (text) => {
		const [r, g, b] = text.match(/[\d.]+/g).map(Number)
			.map((c) => (c / 255 <= 0.03928 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
		return 0.2126 * r + 0.7152 * g + 0.0722 * b;
	};
	const [a, b] = [light(getComputedStyle(element).color), light(getComputedStyle(document.body).backgroundColor)];
	return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
});

const secondary = await openDesk();
const CASES = [
	...PURE_CASES,
	['the door says where the token is', async () => {
		await page.goto(base);
		await page.locator('#token').waitFor();
		assert.match(await page.locator('.by-token').innerText(), /keys\/admin\.token/);
		await shoot('signin');
	}],
	['a wrong token is refused in a sentence', async () => {
		await signIn('jz_wrong');
		assert.match(await page.locator('[role=alert]').innerText(), /not valid/);
	}],
	['the token opens the overview', async () => {
		await signIn(token);
		await page.locator('.tiles').waitFor();
		await page.locator('.lamp', { hasText: 'Live' }).waitFor();
		const { items } = await api('/devices');
		await page.locator('.table tbody tr').nth(items.length - 1).waitFor();
	}],
	['the overview says how far learning is and where frames come from', async () => {
		await page.locator('.learning progress').waitFor();
		const { capture, sentry } = await api('/node');
		assert.ok((await page.locator('#content').innerText()).includes(capture));
		assert.ok(sentry.learn_until_ms > 0);
	}],
	['a session outlives a reload', async () => {
		await page.reload();
		await page.locator('.tiles').waitFor();
	}],
	['every page opens in both languages', async () => {
		for (const [column, lang] of ['en', 'zh'].entries()) {
			await setLang(lang);
			for (const [path, titles] of Object.entries(TITLES)) {
				await open(path);
				await settle();
				if (titles) assert.equal((await page.locator('h1').innerText()).trim(), titles[column]);
				assert.equal(await page.locator('.note-bad').count(), 0, `#/${path} shows a problem`);
			}
		}
		await setLang('en');
	}],
	['live values change without a reload', async () => {
		await open('points');
		const cells = page.locator('td[data-point]');
		await cells.first().waitFor();
		const before = (await cells.allInnerTexts()).join();
		await page.waitForFunction((was) =>
			[...document.querySelectorAll('td[data-point]')].map((c) => c.innerText).join() !== was, before);
	}],
	['the filter narrows the points and is reached by a key', async () => {
		const { items } = await api('/points');
		await page.locator('h1').click();
		await page.keyboard.press('/');
		await page.keyboard.type(items[0].name.toLowerCase());
		await page.waitForFunction((name) =>
			[...document.querySelectorAll('td[data-point]')].every((c) => c.dataset.point.includes(name)), items[0].name);
		assert.ok(await page.locator('td[data-point]').count() >= 1);
		await page.locator('[data-filter]').fill('nothing is called this');
		await page.locator('.empty').waitFor();
	}],
	['a point has a trend in three ranges', async () => {
		const { items } = await api('/points');
		await open(`points/${items[0].name}`);
		await page.locator('.trend canvas').first().waitFor();
		for (const range of ['1 h', '24 h', '5 min']) {
			await page.getByRole('button', { name: range }).click();
			await page.locator('.trend canvas').first().waitFor();
			await settle();
		}
		assert.equal(await page.locator('.note-bad').count(), 0);
	}],
	['an identifier resolves and leads to its live value', async () => {
		const { items } = await api('/points');
		await open('identifiers');
		await page.locator('.resolve input').fill(items[0].ident);
		await page.keyboard.press('Enter');
		await page.locator('.answer td', { hasText: 'URL' }).first().waitFor();
		await page.locator('.live-link').click();
		await page.locator('.now-value').waitFor();
	}],
	['an unknown identifier is said to be unknown', async () => {
		await open('identifiers');
		await page.locator('.resolve input').fill('99.100.1/demo/NO.SUCH');
		await page.locator('.resolve button').click();
		await page.locator('[role=alert]', { hasText: 'No record of the name' }).waitFor();
	}],
	...registerCases({ page, base, token, open, api, settle, shoot, real: !mock, withLang, withTheme, PHONE, DESK }),
	...editsCases({ page, browser, base, token, open, api, settle, shoot, watch, withLang, withTheme, pictures, PHONE, DESK }),
	...trendCases({ page, open, api, settle, shoot, withLang, withTheme, PHONE, DESK }),
	...scanCases({ page, open, settle, shoot, withLang, withTheme, PHONE, DESK }),
	['a set point is written, read back and found in the audit', async () => {
		const point = await writablePoint();
		await open(`points/${point.name}`);
		await page.locator('#write-value').fill('1e9');
		assert.ok(await page.locator('.write button[type=submit]').isDisabled());
		await page.locator('#write-value').fill(String(nearby(point)));
		await page.locator('.write button[type=submit]').click();
		await page.locator('dialog[open]').waitFor();
		await shoot('write');
		await page.locator('[data-confirm]').click();
		await page.locator('[data-result=verified]').waitFor();
		assert.match(await page.locator('[data-result]').innerText(), /Audit sequence \d+/);
		await open('commands');
		await page.locator('.table tbody tr', { hasText: point.name }).first().waitFor();
		await page.locator('[data-verify]').click();
		await page.locator('[data-audit=true]').waitFor();
		await shoot('commands');
	}],
	['an asset is approved and the approval withdrawn', async () => {
		await open('network/assets');
		const row = page.locator('.table tbody tr').last();
		const ip = await row.locator('td b').innerText();
		const stateOf = async () => (await api('/assets')).items.find((a) => a.ip === ip).approved;
		const before = await stateOf();
		for (const want of [!before, before]) {
			await page.locator('.table tbody tr', { hasText: ip }).locator('.approval button').click();
			await page.waitForFunction(([name, text]) => [...document.querySelectorAll('.table tbody tr')]
				.find((tr) => tr.querySelector('b')?.textContent === name)?.querySelector('button')?.textContent === text,
			[ip, want ? 'Withdraw' : 'Approve']);
			assert.equal(await stateOf(), want);
		}
	}],
	['an attack is told on one page: words, facts, packet, trend, record', async () => {
		const one = await findWrite();
		await open('');
		await page.locator('.strip-bad li').first().waitFor();
		await shoot('overview');
		await open(`incidents/${one.id}`);
		const text = await page.locator('.sentence').innerText();
		assert.ok(text.includes(one.client) && text.includes(one.point), text);
		await page.locator('.hex pre span').first().waitFor();
		assert.ok(await page.locator('.layers section').count() >= 3);
		await page.locator('.trend canvas').first().waitFor();
		await page.locator('.table td', { hasText: 'URL' }).first().waitFor();
		await page.locator('.events li').first().waitFor();
		await shoot('incident', { whole: true, wait_ms: 12_000 });
	}],
	['events are filtered by kind', async () => {
		await open('events?class=alert');
		await page.locator('.events li').first().waitFor();
		const kinds = new Set(await page.locator('.event-class').allInnerTexts());
		assert.deepEqual([...kinds], ['security alert']);
		await shoot('events');
	}],
	['a key opens a page', async () => {
		await page.locator('h1').click();
		await page.keyboard.press('g');
		await page.keyboard.press('p');
		await page.locator('h1', { hasText: 'Points' }).waitFor();
		await settle();
		await shoot('points');
	}],
	['a phone needs no sideways scroll on any page, in either language', async () => {
		const { items } = await api('/incidents');
		const point = await writablePoint();
		await page.setViewportSize(PHONE);
		for (const lang of ['en', 'zh']) {
			await setLang(lang);
			for (const path of [...Object.keys(TITLES), `points/${point.name}`, `identifiers/${point.ident}`, `incidents/${items[0].id}`]) {
				await widthFits(path);
			}
		}
		await setLang('en');
		await open('');
		await shoot('phone');
		await open('points');
		await shoot('phone-points');
		await open(`incidents/${items.find((one) => one.kind === 'write').id}`);
		await shoot('phone-incident', { whole: true });
		await page.setViewportSize(DESK);
	}],
	['the dark theme is dark, is kept, and reads well', async () => {
		await setTheme('dark');
		await page.reload();
		await page.locator('h1').first().waitFor();
		assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark');
		assert.ok(await contrast('h1') >= 7);
		assert.ok(await contrast('.crumb') >= 4.5);
		await open('');
		await page.locator('.tiles').waitFor();
		await shoot('dark');
		const point = await writablePoint();
		await open(`points/${point.name}`);
		await page.locator('.trend canvas').first().waitFor();
		await shoot('dark-point');
		await setTheme('light');
		assert.ok(await contrast('.crumb') >= 4.5);
	}],
	['Chinese is remembered', async () => {
		await setLang('zh');
		await page.reload();
		await open('');
		await page.locator('.strip-bad li').first().waitFor();
		assert.equal(await page.evaluate(() => document.documentElement.lang), 'zh-CN');
		await shoot('zh');
		await setLang('en');
	}],
	['a path without a hash leads to the same page', async () => {
		const point = await writablePoint();
		await page.goto(`${base}/points/${point.name}`);
		await page.locator('.now-value').waitFor();
	}],
	['a lost connection is said and comes back by itself', async () => {
		await cable.cut();
		await page.locator('.lost').waitFor();
		await cable.mend();
		await page.locator('.lamp', { hasText: 'Live' }).waitFor();
		await page.locator('.lost').waitFor({ state: 'detached' });
	}],
	['an administrator adds a user, who makes a token and changes the password', async () => {
		await open('users');
		await settle();
		await page.locator('[data-add]').click();
		await page.locator('#user-name').fill('li');
		await page.locator('#user-role').selectOption('operator');
		await page.locator('#user-password').fill('correct horse battery');
		await shoot('users-add');
		await page.locator('dialog button[type=submit]').click();
		await page.locator('[data-user=li]', { hasText: 'operator' }).waitFor();
		await shoot('users');
		await signOut();
		await enter('li', 'wrong wrong wrong');
		assert.match(await page.locator('.by-password [role=alert]').innerText(), /name or the password is wrong/);
		await enter('li', 'correct horse battery');
		await page.locator('.nav').waitFor();
		assert.equal(await page.locator('.nav a', { hasText: 'Users' }).count(), 0);
		await page.locator('.account-link').click();
		await page.locator('#token-label').fill('reports');
		await page.locator('.token-form button').click();
		assert.match(await page.locator('[data-secret]').innerText(), /^jz_/);
		await page.locator('[data-token]', { hasText: 'reports' }).waitFor();
		await shoot('account');
		await page.locator('[data-revoke]').click();
		await page.locator('[data-token]').waitFor({ state: 'detached' });
		await page.locator('#old-password').fill('wrong wrong wrong');
		await page.locator('#new-password').fill('another long password');
		await page.locator('.fields button[type=submit]').click();
		await page.locator('.fields [role=alert]').waitFor();
		await page.locator('#old-password').fill('correct horse battery');
		await page.locator('.fields button[type=submit]').click();
		await page.locator('#user').waitFor();
		await enter('li', 'another long password');
		await page.locator('.nav').waitFor();
		await signOut();
	}],
	['an administrator shuts a user out and removes the user', async () => {
		await signIn(token);
		await page.locator('.nav a', { hasText: 'Users' }).click();
		await page.locator('[data-user=li] [data-edit]').click();
		await page.locator('.tick input').uncheck();
		await page.locator('dialog button[type=submit]').click();
		await page.locator('[data-user=li]', { hasText: 'disabled' }).waitFor();
		await page.locator('[data-user=li] [data-remove]').click();
		await page.locator('[data-confirm]').click();
		await page.locator('[data-user=li]').waitFor({ state: 'detached' });
	}],
	['an ended session leads back to the door', async () => {
		await context.clearCookies();
		await open('commands').catch(() => undefined);
		await page.reload();
		await page.locator('#token').waitFor();
	}],
	...treeCases({ ...secondary, settleOn, shootOn, withLang, withTheme, PHONE, DESK }),
	...deskCases({ ...secondary, settleOn, shootOn, withLang, withTheme, PHONE, DESK }),
	['nothing is fetched from anywhere else and no script fails', async () => {
		assert.deepEqual(strangers, []);
		assert.deepEqual(faults, []);
	}],
];

const failed = await runCases(CASES);
await browser.close();
process.exit(failed ? 1 : 0);
