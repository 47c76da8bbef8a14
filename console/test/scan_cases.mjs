// SPDX-License-Identifier: Apache-2.0
// Scanning a code, and the links of GS1 as people write and read them.
import assert from 'node:assert/strict';

const GTIN = '09521234543213';
const NAME = `99.100.1/01/${GTIN}`;
const BATTERY = 'X12PBA10000001B9D0000001';

export function scanCases({ page, open, settle, shoot, withLang, withTheme, PHONE, DESK }) {
	const scan = async (text) => {
		await open('scan');
		await page.locator('.resolve input').fill(text);
		await page.keyboard.press('Enter');
		await page.locator('[data-good]').waitFor();
	};
	return [
		['what is wrong with a code stands beside what is right', async () => {
			await scan('(01)09521234543214(21)5');
			assert.equal(await page.locator('[data-good]').getAttribute('data-good'), 'false');
			await page.locator('[data-code="01"] .bad-text', { hasText: 'check digit' }).waitFor();
			assert.match(await page.locator('[data-code="21"]').innerText(), /Serial number[\s\S]*5/);
			await withLang(page, 'zh');
			await page.locator('[data-code="01"] .bad-text', { hasText: '校验位' }).waitFor();
			await withLang(page, 'en');
			await scan('a text of no scheme');
			assert.equal(await page.locator('[data-code]').count(), 0);
		}],
		['the links of a key are written as the fields of a form', async () => {
			await open(`register?name=${encodeURIComponent(NAME)}`);
			await page.locator('.value-row[data-index="1"] [id$="-text"]').fill('https://example.com/cell');
			await page.locator('.value-row[data-index="2"] [id$="-text"]').fill('Cell of grade A');
			await page.locator('[data-addrow]').click();
			await page.locator('.value-row[data-index="3"] [id$="-type"]').fill('GS1.LINK');
			const row = page.locator('[data-link][data-index="3"]');
			await row.locator('[id$="-href"]').fill('https://example.com/dpp');
			await page.locator('[data-save]').click();
			await row.locator('.bad-text').waitFor();
			await row.locator('select').selectOption('gs1:dpp');
			await row.locator('[id$="-title"]').fill('Passport of the cell');
			await row.locator('[id$="-language"]').fill('en, zh');
			await row.locator('.tick input').check();
			await shoot('links-form');
			await page.locator('[data-save]').click();
			await page.locator('.links [data-link="gs1:dpp"]', { hasText: 'Passport of the cell' }).waitFor();
			await shoot('links-record');
		}],
		['a scanned code leads to its links and its record', async () => {
			await scan(`https://example.com/01/${GTIN}/21/77`);
			assert.equal(await page.locator('[data-good]').getAttribute('data-good'), 'true');
			const link = page.locator('.links [data-link="gs1:dpp"]');
			await link.waitFor();
			assert.match(await link.innerText(), /digital product passport[\s\S]*default/i);
			assert.equal(await link.locator('a').getAttribute('href'), 'https://example.com/dpp');
			await page.locator('.empty', { hasText: 'no record of its own' }).waitFor();
			await scan(`(01)${GTIN}`);
			await page.locator('.record td', { hasText: 'Cell of grade A' }).first().waitFor();
			await shoot('scan');
		}],
		['a record is registered with its other names, and one that is taken is told', async () => {
			await open(`register?name=${encodeURIComponent(`99.100.1/${BATTERY}`)}`);
			await page.locator('.value-row[data-index="1"] [id$="-text"]').fill('https://example.com/pack');
			await page.locator('.value-row[data-index="2"] [id$="-text"]').fill('Pack of a bus');
			await page.locator('#also').fill(`${NAME} PACK-1`);
			await page.locator('[data-save]').click();
			await page.locator('.note-bad', { hasText: `${NAME} exists with other values` }).waitFor();
			await page.locator('#also').fill('PACK-1 99.100.1/PACK-2');
			await shoot('register-also');
			await page.locator('[data-save]').click();
			await page.locator('.record td', { hasText: 'Pack of a bus' }).first().waitFor();
			await open('identifiers/99.100.1/PACK-2');
			await page.locator('.record a', { hasText: `99.100.1/${BATTERY}` }).first().waitFor();
		}],
		['a battery code is told in words, with its record and the other names of that', async () => {
			await page.waitForFunction(async (name) => {
				const found = await fetch(`/api/v1/identifiers?type=HS_ALIAS&value=${encodeURIComponent(name)}`);
				return found.ok && (await found.json()).items.length === 2;
			}, `99.100.1/${BATTERY}`);
			await scan(BATTERY);
			await page.locator('[data-code="X4"] [data-meaning]', { hasText: 'pack' }).waitFor();
			await page.locator('[data-code="X15-17"] [data-meaning]', { hasText: '2021-09-13' }).waitFor();
			await page.locator('.record td', { hasText: 'Pack of a bus' }).first().waitFor();
			await page.locator('[data-also]', { hasText: '99.100.1/PACK-1' }).waitFor();
			await shoot('scan-battery');
			await withLang(page, 'zh');
			await page.locator('[data-code="X5"] [data-meaning]', { hasText: '磷酸铁锂电池' }).waitFor();
			await withLang(page, 'en');
			await scan(BATTERY.replace('B9D', 'O9D'));
			await page.locator('[data-code="X15-17"] .bad-text', { hasText: 'no date' }).waitFor();
			await open(`identifiers/99.100.1/${BATTERY}`);
			await page.locator('[data-act="delete"]').click();
			await page.locator('dialog [data-also]', { hasText: '99.100.1/PACK-2' }).waitFor();
			await page.keyboard.press('Escape');
		}],
		['the scan page fits a phone in both languages, light and dark', async () => {
			await page.setViewportSize(PHONE);
			for (const lang of ['en', 'zh']) {
				await withLang(page, lang);
				for (const path of ['scan', `scan?text=${encodeURIComponent(`(01)${GTIN}(21)77`)}`,
					'scan?text=(01)09521234543214', `scan?text=${BATTERY}`, `register/${NAME}`, `identifiers/${NAME}`]) {
					await open(path);
					await settle();
					const [content, screen] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
					assert.ok(content <= screen, `#/${path} is ${content} px wide on a screen of ${screen} (${lang})`);
				}
			}
			await open(`scan?text=${encodeURIComponent(`(01)${GTIN}`)}`);
			await shoot('phone-scan', { whole: true });
			await withTheme(page, 'dark');
			await open('scan?text=(01)09521234543214(21)5');
			await shoot('phone-dark-scan', { whole: true });
			await open(`register/${NAME}`);
			await shoot('phone-dark-links-form', { whole: true });
			await page.setViewportSize(DESK);
			await open(`scan?text=${encodeURIComponent(`(01)${GTIN}`)}`);
			await shoot('dark-scan');
			await withTheme(page, 'light');
			await withLang(page, 'en');
		}],
		['the camera is offered where the browser reads codes, and a refusal is told', async () => {
			await page.addInitScript(() => {
				globalThis.BarcodeDetector ??= class { detect() { return Promise.resolve([]); } };
			});
			await page.reload();
			await open('scan');
			await page.evaluate(() => {
				if (!navigator.mediaDevices) Object.defineProperty(navigator, 'mediaDevices', { value: {}, configurable: true });
				navigator.mediaDevices.getUserMedia = () => Promise.reject(new Error('no camera here'));
			});
			await open('points');
			await open('scan');
			await page.locator('[data-camera]').click();
			await page.locator('.bad-text', { hasText: 'no camera here' }).waitFor();
		}],
	];
}
