// SPDX-License-Identifier: Apache-2.0
// Cases in order, TAP on the standard output.
export async function runCases(cases) {
	let failed = 0;
	console.log(`1..${cases.length}`);
	for (const [at, [name, body]] of cases.entries()) {
		try {
			await body();
			console.log(`ok ${at + 1} - ${name}`);
		} catch (error) {
			failed++;
			console.log(`not ok ${at + 1} - ${name}`);
			console.log(String(error.stack ?? error).replace(/^/gm, '# '));
		}
	}
	return failed;
}
