// SPDX-License-Identifier: Apache-2.0
// The trend page: what is asked for, how the view moves, what is read, and what is taken away.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

export function trendCases({ page, open, api, settle, shoot, withLang, withTheme, PHONE, DESK }) {
	const asked = [];
	let names = [];
	const stage = page.locator('.trend-stage');
	const query = () => page.evaluate(() => Object.fromEntries(new URLSearchParams(location.hash.split('?')[1] ?? '')));
	const span = async () => {
		const { from, to, span: following } = await query();
		return following ? Number(following) : to - from;
	};
	const until = (fits, what) => page.waitForFunction(fits, what);
	/** The view is drawn and nothing is on its way. */
	const rested = async () => {
		await page.locator('.trend-stage:not([aria-busy=true]) canvas').first().waitFor();
		await page.waitForTimeout(600);
		await page.locator('.trend-stage:not([aria-busy=true])').waitFor();
	};
	/** Opened anew: nothing is there of what was asked for before. */
	const trend = async (more = '', list = names) => {
		await page.evaluate((to) => history.replaceState(null, '', to), `#/trend?p=${list.map(encodeURIComponent)}${more}`);
		await page.reload();
		await rested();
	};
	/** A place in the plot, from 0 to 1. */
	const at = async (x) => {
		const box = await stage.boundingBox();
		return [box.x + 80 + (box.width - 160) * x, box.y + box.height / 2];
	};
	const changed = (before) => until((was) => location.hash !== was, before);
	const hash = () => page.evaluate(() => location.hash);
	const download = async (key) => {
		const [file] = await Promise.all([page.waitForEvent('download'), page.locator(`[data-export=${key}]`).click()]);
		return { name: file.suggestedFilename(), bytes: await readFile(await file.path()) };
	};
	page.on('domcontentloaded', () => {
		asked.length = 0;
	});
	page.on('request', (request) => {
		if (request.url().includes('/v1/query')) asked.push(request.postDataJSON());
	});
	const touch = async (client, type, points) =>
		client.send('Input.dispatchTouchEvent', { type, touchPoints: points.map(([x, y], id) => ({ x, y, id })) });

	return [
		['a trend begins with a point and others are added by a few letters', async () => {
			const { items } = await api('/points');
			const [one] = items.filter((point) => point.type !== 'bool' && point.unit && point.quality_class === 'good');
			const other = items.find((point) => point.type !== 'bool' && point.unit && point.unit !== one.unit && point.quality_class === 'good');
			names = [one.name, other.name];
			await open(`points/${one.name}`);
			await page.locator('[data-trend]').click();
			await page.locator('.trend-stage canvas').first().waitFor();
			await page.keyboard.press('/');
			await page.keyboard.type(other.name.slice(0, -1).toLowerCase());
			await page.locator(`[data-pick="${other.name}"]`).waitFor();
			await page.keyboard.type(other.name.slice(-1).toLowerCase());
			await page.keyboard.press('Enter');
			await page.locator(`[data-legend="${other.name}"]`).waitFor();
			await rested();
			assert.equal((await query()).p, names.join());
		}],
		['few samples are asked for as they are, many as buckets of a pixel or so, all points together', async () => {
			await trend('&span=60000');
			assert.ok(asked.length >= 1 && asked.every((one) => one.mode === 'raw'), JSON.stringify(asked));
			assert.deepEqual(asked[0].points, names);
			await trend(`&span=${8 * HOUR}`);
			assert.ok(asked.length >= 1 && asked.every((one) => one.mode === 'aggregate'), JSON.stringify(asked));
			assert.deepEqual(asked[0].points, names);
			const width = (await stage.boundingBox()).width;
			for (const { from_ms, to_ms, step } of asked) {
				const count = (to_ms - from_ms) / Number.parseInt(step, 10);
				assert.ok(count > width / 4 && count < 2.5 * width, `${count} buckets for ${width} pixels`);
			}
		}],
		['nothing is asked for twice', async () => {
			const { to } = await page.evaluate(() => ({ to: Date.now() - 120_000 }));
			await trend(`&from=${to - 60_000}&to=${to}`);
			asked.length = 0;
			await stage.focus();
			await page.keyboard.press('ArrowLeft');
			await changed(await hash());
			await rested();
			assert.deepEqual(asked, []);
			for (let n = 0; n < 4; n++) await page.keyboard.press('ArrowLeft');
			await changed(await hash());
			await rested();
			const first = Math.min(...asked.map((one) => Number(one.from_ms)));
			assert.ok(asked.length > 0 && asked.every((one) => Number(one.to_ms) <= to - 60_000 + 1), JSON.stringify(asked));
			asked.length = 0;
			for (let n = 0; n < 3; n++) await page.keyboard.press('ArrowRight');
			await changed(await hash());
			await rested();
			assert.deepEqual(asked.filter((one) => Number(one.from_ms) < first + 30_000), []);
		}],
		['requests are given up when the view moves on', async () => {
			const gone = [];
			const note = (request) => request.url().includes('/v1/query') && gone.push(request.failure()?.errorText);
			page.on('requestfailed', note);
			await page.route(/v1\/query/, async (route) => {
				await new Promise((resolve) => setTimeout(resolve, 1500));
				await route.continue().catch(() => undefined);
			});
			await stage.focus();
			await page.keyboard.press('PageUp');
			await page.waitForTimeout(900);
			await page.keyboard.press('PageUp');
			await page.waitForTimeout(900);
			await page.unroute(/v1\/query/);
			page.off('requestfailed', note);
			assert.ok(gone.length >= 1 && gone.every((text) => /ABORTED/.test(text)), JSON.stringify(gone));
			assert.equal(await page.locator('.note-bad').count(), 0);
		}],
		['a point with more samples than it says is asked for in buckets', async () => {
			await page.route(/v1\/query/, async (route) => {
				const body = route.request().postDataJSON();
				if (body.mode !== 'raw') return route.continue();
				const rows = Array.from({ length: 1000 }, (_, n) => [body.from_ms + n, n, 1024]);
				return route.fulfill({ json: { columns: ['t_ms', 'value', 'status'], items: body.points.map((point) => ({ point, rows, truncated: true })) } });
			});
			await trend('&span=60000');
			await page.unroute(/v1\/query/);
			assert.deepEqual([...new Set(asked.map((one) => one.mode))], ['raw', 'aggregate']);
			assert.equal(await page.locator('.note-bad').count(), 0);
		}],
		['a history that cannot be read is said, and asked for again', async () => {
			await page.route(/v1\/query/, (route) => route.fulfill({ status: 504, json: { title: 'The history could not be read to its end.' } }));
			await trend('&span=60000');
			await page.locator('.note-bad', { hasText: 'could not be read' }).waitFor();
			assert.ok(asked.length <= 2, `asked ${asked.length} times in a second`);
			await page.unroute(/v1\/query/);
			// The edge that is followed mends itself, a range of the past is asked for again by hand.
			await page.locator('.note-bad').waitFor({ state: 'detached' });
			await page.route(/v1\/query/, (route) => route.fulfill({ status: 503, json: { title: 'Busy.' } }));
			await trend('&from=1767225600000&to=1767225660000');
			await page.locator('.note-bad', { hasText: 'Busy.' }).waitFor();
			await page.unroute(/v1\/query/);
			await page.locator('.note-bad button').click();
			await page.locator('.note-bad').waitFor({ state: 'detached' });
		}],
		['the wheel, a drag and keys move the view, and the browser goes back through them', async () => {
			await trend(`&span=${HOUR}`);
			const start = await hash();
			await page.mouse.move(...await at(0.25));
			await page.mouse.wheel(0, -400);
			await changed(start);
			assert.ok(await span() < 0.7 * HOUR);
			const zoomed = await query();
			const before = await hash();
			await page.mouse.move(...await at(0.3));
			await page.mouse.down();
			await page.mouse.move(...await at(0.5), { steps: 4 });
			await page.mouse.up();
			await changed(before);
			const moved = await query();
			assert.ok(Number(moved.to) < Number(zoomed.to) && Math.abs((moved.to - moved.from) - (zoomed.to - zoomed.from)) <= 1);
			await page.goBack();
			assert.deepEqual(await query(), zoomed);
			await page.goBack();
			assert.equal(await hash(), start);
			await page.goForward();
			assert.deepEqual(await query(), zoomed);
			// Short enough to end before the present, however young the node is.
			await trend('&span=5000');
			await stage.focus();
			await page.keyboard.press('Home');
			const { items: [first] } = await api(`/points/${names[0]}/samples?from_ms=0&to_ms=${Date.now()}&limit=1`);
			await until((from) => Math.abs(new URLSearchParams(location.hash.split('?')[1]).get('from') - from) < 2000, first[0]);
			await page.keyboard.press('End');
			await page.locator('[data-live][aria-pressed=true]').waitFor();
		}],
		['a span is chosen with Shift, and the range in fields', async () => {
			await trend(`&span=${HOUR}`);
			const before = await hash();
			await page.keyboard.down('Shift');
			await page.mouse.move(...await at(0.4));
			await page.mouse.down();
			await page.mouse.move(...await at(0.5), { steps: 3 });
			await page.locator('.cursor-span').waitFor();
			await page.mouse.up();
			await page.keyboard.up('Shift');
			await changed(before);
			assert.ok(await span() < HOUR / 5);
			await page.locator('[data-range]').click();
			await page.locator('#range-from').fill('2026-01-05T06:00:01');
			await page.locator('#range-to').fill('2026-01-05T05:00:01');
			assert.ok(await page.locator('dialog button[type=submit]').isDisabled());
			await page.locator('#range-to').fill('2026-01-05T14:00:01');
			await page.locator('dialog button[type=submit]').click();
			await until(() => location.hash.includes('from='));
			assert.equal(await span(), 8 * HOUR);
		}],
		['one zooms from a year to a second', async () => {
			await trend(`&span=${365 * DAY}`);
			await stage.focus();
			for (let n = 0; n < 26; n++) await page.keyboard.press('+');
			await until(() => location.hash.includes('span=1000'));
			await rested();
			assert.equal(await span(), 1000);
			assert.equal(await page.locator('.note-bad').count(), 0);
		}],
		['the cursor reads every point with its time and quality', async () => {
			await trend('&span=60000');
			await page.mouse.move(...await at(0.8));
			const row = page.locator(`[data-legend="${names[0]}"] .legend-read`);
			await row.locator('b', { hasText: /\d/ }).waitFor();
			assert.match(await row.innerText(), /\d\d:\d\d:\d\d\.\d{3}/);
			assert.match(await page.locator('.at-time').first().innerText(), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/);
			assert.equal(await page.locator('.cursor-dot').count(), names.length);
			await stage.focus();
			await page.keyboard.press('Shift+ArrowLeft');
			await until((name) => [...document.querySelectorAll('.trend-stage [aria-live]')].some((one) => one.textContent.includes(name)), 'good');
		}],
		['where the node has left samples out the value says how far it may be off, in both languages', async () => {
			const bounds = { [names[0]]: 0.4321, [names[1]]: 'approximate' };
			await page.route(/v1\/query/, async (route) => {
				const body = route.request().postDataJSON();
				const from = Math.floor(body.from_ms / 1000) * 1000;
				const times = Array.from({ length: Math.ceil((body.to_ms - from) / 20_000) }, (_, n) => from + 20_000 * n);
				const items = body.points.map((point) => ({ point, truncated: false, exact: false, rows: times.map((t_ms) => [t_ms, 1, 1024, bounds[point]]) }));
				return route.fulfill({ json: { mode: 'raw', columns: ['t_ms', 'value', 'status', 'bound'], items } });
			});
			await trend('&span=60000');
			await page.unroute(/v1\/query/);
			await page.mouse.move(...await at(0.5));
			const told = (n) => page.locator(`[data-legend="${names[n]}"] .legend-read [data-bound]`);
			await told(0).waitFor();
			assert.deepEqual([await told(0).innerText(), await told(1).innerText()], ['±0.44', 'approximate']);
			await shoot('trend-bound');
			await withLang(page, 'zh');
			await page.mouse.move(...await at(0.5));
			await told(1).waitFor();
			assert.equal(await told(1).innerText(), '近似');
			await withLang(page, 'en');
			await page.locator('[data-open=export]').click();
			const { bytes } = await download('seen');
			assert.match(String(bytes).split('\r\n')[0], / bound,.* bound$/);
		}],
		['a day before lies over it, moved by a day and read by its own time', async () => {
			await trend('&span=60000&with=1d');
			const starts = asked.map((one) => one.from_ms).sort((a, b) => a - b);
			assert.ok(Math.abs(starts.at(-1) - starts[0] - DAY) < 60_000, JSON.stringify(starts));
			await page.mouse.move(...await at(0.5));
			await until(() => document.querySelectorAll('.trend-legend .at-time').length === 2);
			const [now, before] = (await page.locator('.at-time').allInnerTexts()).map((text) => Date.parse(text.replace(' ', 'T')));
			assert.equal(now - before, DAY);
			await page.locator('[data-compare]').selectOption('time');
			await page.locator('#compare-from').fill('2026-01-05T06:00:01');
			await page.locator('dialog button[type=submit]').click();
			await until(() => /with=\d{6,}/.test(location.hash));
			await page.locator('[data-compare]').selectOption('');
			await until(() => !location.hash.includes('with='));
		}],
		['a point gets an axis of its own with fixed ends, which the address keeps', async () => {
			await trend('&span=60000');
			await page.locator(`[data-settings="${names[0]}"]`).click();
			await page.getByRole('button', { name: 'Its own' }).click();
			await until(() => location.hash.includes('own=0'));
			await page.getByRole('button', { name: 'Fixed' }).click();
			await page.getByLabel('Lower end').fill('-7');
			await page.getByLabel('Upper end').fill('9e3');
			await page.getByRole('button', { name: 'Stepped' }).click();
			await until(() => location.hash.includes('step=0'));
			await shoot('trend-axis');
			await page.locator('dialog .primary').click();
			assert.equal(decodeURIComponent((await query()).fix), `point ${names[0]},-7,9000`);
			await page.locator(`[data-legend="${names[1]}"] .swatch`).click();
			await until(() => location.hash.includes('hide=1'));
			await page.reload();
			await page.locator(`[data-legend="${names[1]}"] .swatch[aria-pressed=false]`).waitFor();
		}],
		['what is seen, every sample and the picture are taken away as files', async () => {
			const { to } = await page.evaluate(() => ({ to: Date.now() - 3000 }));
			await trend(`&from=${to - 30_000}&to=${to}`);
			await page.locator('[data-open=export]').click();
			const seen = await download('seen');
			const lines = seen.bytes.toString().replace('\ufeff', '').trim().split('\r\n');
			assert.ok(lines[0].startsWith('time,') && lines[0].includes(names[0]) && lines[0].includes(names[1]), lines[0]);
			assert.ok(lines.length > 5 && lines.slice(1).every((line) => /^20\d\d-\d\d-\d\dT[\d:.]+Z,/.test(line)));
			const raw = await download('raw');
			const rows = raw.bytes.toString().trim().split('\r\n').slice(1);
			const { items } = await api(`/points/${names[0]}/samples?from_ms=${to - 30_000}&to_ms=${to}`);
			assert.equal(rows.filter((row) => row.split(',')[1] === names[0]).length, items.length);
			assert.ok(rows.some((row) => row.includes(`,${items[0][1]},`)));
			const { name, bytes } = await download('png');
			assert.ok(name.endsWith('.png') && bytes.subarray(1, 4).toString() === 'PNG' && bytes.length > 5000);
			await page.keyboard.press('Escape');
		}],
		['a view is kept under a name and opened again', async () => {
			await trend(`&span=${8 * HOUR}`);
			const before = await query();
			await page.locator('[data-open=views]').click();
			await page.locator('.view-form input').fill('Night shift');
			await page.locator('.view-form button').click();
			await page.locator('[data-view="Night shift"]').waitFor();
			await shoot('trend-views');
			await page.keyboard.press('Escape');
			await open('trend');
			await page.reload();
			await page.getByRole('link', { name: 'Night shift' }).click();
			await page.locator('.trend-stage').waitFor();
			assert.deepEqual(await query(), before);
			await page.locator('[data-open=views]').click();
			await page.locator('[data-view="Night shift"] .square').click();
			await page.locator('[data-view]').waitFor({ state: 'detached' });
			await page.keyboard.press('Escape');
		}],
		['the right edge follows the present by itself', async () => {
			await trend('&span=60000');
			const text = await page.locator('[data-range]').innerText();
			await until((was) => document.querySelector('[data-range]').innerText !== was, text);
			assert.equal(await page.locator('[data-live]').getAttribute('aria-pressed'), 'true');
		}],
		['nothing moves when the cursor comes or data does', async () => {
			await trend('&span=60000');
			const place = () => page.evaluate(() => [...document.querySelectorAll('.trend-stage, .trend-legend tr')].map((one) => {
				const { top, height } = one.getBoundingClientRect();
				return [top, height];
			}));
			await page.mouse.move(5, 5);
			const before = await place();
			await page.mouse.move(...await at(0.9));
			await page.locator('.cursor-line').waitFor();
			assert.deepEqual(await place(), before);
		}],
		['on a phone two fingers zoom, a tap reads, and the page fits', async () => {
			await page.setViewportSize(PHONE);
			await trend(`&span=${HOUR}&with=1d`);
			const [content, screen] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
			assert.ok(content <= screen, `${content} px wide on a screen of ${screen}`);
			const client = await page.context().newCDPSession(page);
			const box = await stage.boundingBox();
			const y = box.y + box.height / 2;
			const [left, right] = [box.x + box.width * 0.4, box.x + box.width * 0.6];
			const before = await hash();
			await touch(client, 'touchStart', [[left, y], [right, y]]);
			for (let n = 1; n <= 5; n++) await touch(client, 'touchMove', [[left - 10 * n, y], [right + 10 * n, y]]);
			await touch(client, 'touchEnd', []);
			await changed(before);
			assert.ok(await span() < 0.75 * HOUR, String(await span()));
			await rested();
			await touch(client, 'touchStart', [[left, y]]);
			await touch(client, 'touchEnd', []);
			await page.locator('.cursor-line').waitFor();
			await page.setViewportSize(DESK);
		}],
		['the trend in pictures: light and dark, both languages, desk and phone', async () => {
			const { items } = await api('/points');
			const device = items.find((point) => point.name === names[0]).device;
			const list = [...names, ...items.filter((point) => point.device === device && !names.includes(point.name)
				&& !point.write).slice(0, 3).map((point) => point.name)];
			for (const [name, lang, theme, size, more] of [
				['trend', 'en', 'light', DESK, '&span=120000'], ['trend-zh-dark', 'zh', 'dark', DESK, '&span=120000&with=1d'],
				['trend-phone', 'zh', 'light', PHONE, '&span=120000'], ['trend-phone-dark', 'en', 'dark', PHONE, `&span=${HOUR}`],
			]) {
				await page.setViewportSize(size);
				await withLang(page, lang);
				await withTheme(page, theme);
				await trend(more, list);
				await settle();
				await shoot(name, { whole: size === PHONE });
			}
			await withTheme(page, 'light');
			await withLang(page, 'en');
			await page.setViewportSize(DESK);
		}],
	];
}
