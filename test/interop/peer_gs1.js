// SPDX-License-Identifier: Apache-2.0
// What digital-link.js and ajv say: node peer_gs1.js FOLDER, with a JSON of questions on standard
// input and the answers on standard output, one for each.
const { createRequire } = require('node:module');
const { join } = require('node:path');

const load = createRequire(join(process.argv[2], 'package.json'));

/** A URI taken apart, and whether the grammar and the check digit are right. */
function parse({ uri }) {
	const { DigitalLink } = load('digital-link.js');
	try {
		const link = DigitalLink(uri);
		return {
			good: link.isValid(), key: link.getIdentifier(), qualifiers: link.getKeyQualifiers(),
			attributes: link.getAttributes(), again: link.toWebUriString(),
		};
	} catch (error) {
		return { good: false, why: error.message };
	}
}

/** A URI made out of its parts. */
function make({ domain, key, qualifiers, attributes, linkType }) {
	const { DigitalLink } = load('digital-link.js');
	const link = DigitalLink({ domain, identifier: key, keyQualifiers: qualifiers, attributes });
	link.setSortKeyQualifiers(true);
	return { uri: link.toWebUriString() + (linkType ? `?linkType=${linkType}` : '') };
}

function validate({ schema, document }) {
	const Ajv = load('ajv').default;
	const ajv = new Ajv({ allErrors: true, strict: false });
	load('ajv-formats').default(ajv);
	const check = ajv.compile(schema);
	return { good: check(document), errors: check.errors };
}

const VERBS = { parse, make, validate };
let text = '';
process.stdin.on('data', (piece) => { text += piece; });
process.stdin.on('end', () => {
	process.stdout.write(JSON.stringify(JSON.parse(text).map((one) => VERBS[one.verb](one))));
});
