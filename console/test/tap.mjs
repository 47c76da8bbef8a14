// SPDX-License-Identifier: Apache-2.0
// Cases in order, TAP on the standard output.
export class Skip extends Error {}

export async function runCases(cases) {
	let failed = 0;
	console.log(`1..${cases.length}`);
	for (const [at, [name, body]] of cases.entries()) {
		try {
			await body();
			console.log(`ok ${at + 1} - ${name}`);
		} catch (error) {
			if (error instanceof Skip) {
				console.log(`ok ${at + 1} - ${name} # SKIP ${error.message}`);
				continue;
			}
			failed++;
			console.log(`not ok ${at + 1} - ${name}`);
			console.log(String(error.stack ?? error).replace(/^/gm, '# '));
		}
	}
	return failed;
}
