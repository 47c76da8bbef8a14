// SPDX-License-Identifier: Apache-2.0
// Changes by hand on the trend page and on the page of a point, and series of the doors.
import assert from 'node:assert/strict';

const SPAN_MS = 10_000;
const HOST = 'press-1';
const SERIES = `hydraulics_pressure{host="${HOST}",line="1"}`;

export function editsCases({ page, browser, base, token, open, api, settle, shoot, watch, withLang, withTheme, pictures, PHONE, DESK }) {
	let name;
	let range;
	const stage = page.locator('.trend-stage');
	const address = (names, { from, to }) => `#/trend?p=${names.map((one) => encodeURIComponent(encodeURIComponent(one)))}&from=${from}&to=${to}`;
	const trend = async (names = [name], of = range) => {
		await page.evaluate((to) => history.replaceState(null, '', to), address(names, of));
		await page.reload();
		await page.locator('.trend-stage:not([aria-busy=true]) canvas').first().waitFor();
	};
	const at = async (x) => {
		const box = await stage.boundingBox();
		return [box.x + 80 + (box.width - 160) * x, box.y + box.height / 2];
	};
	const drag = async (from, to) => {
		await page.mouse.move(...await at(from));
		await page.mouse.down();
		await page.mouse.move(...await at(to), { steps: 4 });
		await page.locator('.cursor-span').waitFor();
		await page.mouse.up();
	};
	const samples = async () => (await api(`/points/${name}/samples?from_ms=${range.from}&to_ms=${range.to - 1}`)).items.length;
	const listed = async () => (await api(`/points/${name}/edits`)).items;

	return [
		['a span is annotated by dragging over it, and a flag tells of it', async () => {
			const { items } = await api('/points');
			name = items.find((point) => point.type !== 'bool' && point.unit && point.quality_class === 'good').name;
			await open('trend');
			// A node that has just been started has to remember something first.
			do {
				await page.waitForTimeout(250);
				const to = Math.floor(Date.now() / 1000) * 1000 - 2000;
				range = { from: to - SPAN_MS, to };
			} while (await samples() < SPAN_MS / 1000 - 2);
			await trend();
			const before = await page.evaluate(() => location.hash);
			await page.locator('[data-marking]').click();
			await drag(0.3, 0.6);
			await page.locator('#edit-words').fill('Trial with new electrolyte');
			await shoot('edit-make');
			await page.locator('[data-confirm]').click();
			await page.locator('[data-note]').waitFor();
			assert.equal(await page.locator('dialog').count(), 0);
			assert.equal(await page.evaluate(() => location.hash), before);
			const [edit] = await listed();
			assert.ok(edit.kind === 'annotate' && edit.from_ms > range.from && edit.to_ms < range.to, JSON.stringify(edit));
			const box = await page.locator('.note-span').boundingBox();
			const [left] = await at(0.3);
			const [right] = await at(0.6);
			assert.ok(Math.abs(box.x - left) < 3 && Math.abs(box.x + box.width - right) < 3, JSON.stringify([box, left, right]));
			await page.locator('[data-note]').hover();
			await page.locator('.note-tip', { hasText: 'Trial with new electrolyte' }).waitFor();
			// Dragging moves again.
			assert.equal(await page.locator('[data-marking]').getAttribute('aria-pressed'), 'false');
		}],
		['deleted samples leave a dotted mark, and come back when it is undone', async () => {
			const before = await samples();
			assert.ok(before > 0, String(before));
			await page.locator('[data-open=edits]').click();
			await page.locator('[data-open=make]').click();
			await page.getByRole('button', { name: 'Delete samples' }).click();
			assert.ok(await page.locator('[data-confirm]').isDisabled());
			await page.locator('#edit-words').fill('Sensor was out');
			await page.locator('[data-confirm]').click();
			await page.locator('[data-mark]').waitFor();
			assert.equal(await samples(), 0);
			await page.mouse.move(...await at(0.5));
			await page.locator('.legend-read', { hasText: '–' }).waitFor();
			await page.locator('[data-mark]').click({ position: { x: 40, y: 1 } });
			const row = page.locator('[data-kind=delete]');
			assert.match(await row.innerText(), /Sensor was out/);
			await row.locator('[data-undo]').click();
			await page.locator('#undo-reason').fill('It was right');
			await shoot('edit-undo');
			await page.locator('[data-confirm]').click();
			await page.locator('[data-kind=delete].undone', { hasText: 'It was right' }).waitFor();
			await page.locator('[data-mark]').waitFor({ state: 'detached' });
			assert.equal(await samples(), before);
			await page.keyboard.press('Escape');
			await page.mouse.move(...await at(0.45));
			await page.locator('.legend-read', { hasText: /\d|bad/ }).waitFor();
		}],
		['the page of a point lists what was changed and makes it hold again', async () => {
			await open(`points/${name}`);
			await page.locator('[data-edit]').nth(1).waitFor();
			assert.deepEqual(await page.locator('[data-edit]').evaluateAll((rows) => rows.map((row) => row.dataset.kind)), ['delete', 'annotate']);
			await page.locator('[data-kind=delete] [data-undo]').click();
			await page.locator('#undo-reason').fill('It was out after all');
			await page.locator('[data-confirm]').click();
			await page.locator('[data-kind=delete]:not(.undone)').waitFor();
			assert.equal(await samples(), 0);
		}],
		['what somebody else changes is seen without a reload', async () => {
			await trend();
			await page.locator('[data-mark]').waitFor();
			const [, deleted] = await listed();
			const undos = (await listed()).filter((one) => one.kind === 'undo' && !one.undone);
			assert.deepEqual(undos.map((one) => one.undoes).filter((id) => id === deleted.id), []);
			const csrf = (await api('/session')).csrf;
			const reply = await page.context().request.post(`${base}/api/v1/points/${name}/edits/${deleted.id}/undo`,
				{ headers: { 'X-CSRF-Token': csrf }, data: { reason: 'from elsewhere' } });
			assert.ok(reply.ok(), String(reply.status()));
			await page.locator('[data-mark]').waitFor({ state: 'detached' });
		}],
		['who may not change sees the changes and no buttons', async () => {
			const reply = await page.context().request.post(`${base}/api/v1/users`, { headers: { 'X-CSRF-Token': (await api('/session')).csrf },
				data: { name: 'reader', role: 'viewer', password: 'correct horse battery' } });
			assert.ok(reply.ok(), String(reply.status()));
			const other = await browser.newContext({ viewport: DESK, locale: 'en-GB', colorScheme: 'light' });
			const reader = await other.newPage();
			watch(reader, base);
			await reader.goto(base);
			await reader.locator('#user').fill('reader');
			await reader.locator('#password').fill('correct horse battery');
			await reader.locator('.by-password button[type=submit]').click();
			await reader.locator('.nav').waitFor();
			await reader.goto(`${base}/${address([name], range)}`);
			await reader.locator('[data-note]').waitFor();
			assert.equal(await reader.locator('[data-marking]').count(), 0);
			await reader.locator('[data-note]').click();
			await reader.locator('[data-edit]').first().waitFor();
			assert.equal(await reader.locator('[data-undo], [data-open=make]').count(), 0);
			await other.close();
		}],
		['a series of a door is found by its labels, drawn and annotated', async () => {
			const now = Date.now();
			const lines = Array.from({ length: 60 }, (_, n) => `hydraulics,host=${HOST},line=1 pressure=${180 + (n % 7)} ${now - 60_000 + n * 1000}`);
			const written = await page.context().request.post(`${base}/write?precision=ms`, { headers: { Authorization: `Token ${token}` }, data: lines.join('\n') });
			assert.ok(written.ok(), String(written.status()));
			await open('trend');
			await page.locator('[data-filter]').fill('hydraulics press-1');
			await page.locator(`[data-pick='${SERIES}']`).click();
			await page.locator(`[data-legend='${SERIES}']`, { hasText: 'hydraulics_pressure' }).waitFor();
			await page.locator(`[data-legend='${SERIES}'] .live-value`, { hasText: /\d/ }).waitFor();
			const of = { from: now - 50_000, to: now - 5000 };
			await trend([SERIES], of);
			await page.locator('[data-marking]').click();
			await drag(0.2, 0.5);
			await page.locator('#edit-words').fill('Pump bled');
			await page.locator('[data-confirm]').click();
			await page.locator('[data-note]').waitFor();
			await page.mouse.move(...await at(0.7));
			await page.locator(`[data-legend='${SERIES}'] .legend-read b`, { hasText: /\d/ }).waitFor();
			assert.equal(await page.locator('.note-bad').count(), 0);
			await shoot('trend-series');
		}],
		['changes by hand in pictures, and on a phone they fit', async () => {
			const csrf = (await api('/session')).csrf;
			const third = (range.to - range.from) / 3;
			const reply = await page.context().request.post(`${base}/api/v1/points/${name}/edits`, { headers: { 'X-CSRF-Token': csrf },
				data: { kind: 'delete', from_ms: Math.round(range.to - third), to_ms: range.to, reason: 'Cable was loose' } });
			assert.ok(reply.ok(), String(reply.status()));
			const wide = { from: range.from - SPAN_MS, to: range.to + 1000 };
			const looks = [['-phone', 'zh', 'light', PHONE], ['-phone-dark', 'en', 'dark', PHONE], ['', 'en', 'light', DESK], ['-zh-dark', 'zh', 'dark', DESK]];
			for (const [suffix, lang, theme, size] of pictures ? looks : looks.slice(0, 1)) {
				await page.setViewportSize(size);
				await withLang(page, lang);
				await withTheme(page, theme);
				await trend([name, SERIES], wide);
				await page.locator('[data-mark]').waitFor();
				await settle();
				await shoot(`edits-trend${suffix}`, { whole: size === PHONE });
				await page.locator('[data-open=edits]').click();
				await page.locator('[data-edit]').first().waitFor();
				await shoot(`edits-list${suffix}`);
				await page.keyboard.press('Escape');
				await open(`points/${name}`);
				await page.locator('[data-edit]').first().waitFor();
				const [content, screen] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
				assert.ok(content <= screen, `${content} px wide on a screen of ${screen}`);
				await shoot(`edits-point${suffix}`, { whole: true });
			}
			await withTheme(page, 'light');
			await withLang(page, 'en');
			await page.setViewportSize(DESK);
		}],
	];
}
