// SPDX-License-Identifier: Apache-2.0
// The page is served from the root of the node; in development the API is that of the
// mock, or of the node named by BASE_URL.
import { defineConfig } from 'vite';

const node = process.env.BASE_URL ?? 'http://127.0.0.1:8090';

export default defineConfig({
	base: '/',
	esbuild: { jsx: 'automatic', jsxImportSource: 'preact', legalComments: 'none' },
	build: { target: 'es2021', assetsInlineLimit: 0, modulePreload: { polyfill: false } },
	server: { host: '127.0.0.1', proxy: { '/api': node, '/healthz': node } },
});
