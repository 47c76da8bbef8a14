/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_ASSETS_H
#define API_ASSETS_H
/* The web console inside the binary: a table made at build time by
 * tools/embed.py from the built console, or from the plain page when there is
 * none. The HTTP front looks a path up here when no route has it, answers with
 * Content-Encoding: gzip and the etag, and 304 when the client holds it.
 *
 * Caveats: the bytes are always gzip; there is no uncompressed form. Names of
 * built scripts hold their own hash, so all but /index.html may be cached for
 * long. */
#include <stddef.h>
#include <stdint.h>

typedef struct {
	const char *path;         /* begins with '/' */
	const char *content_type; /* with charset where it is text */
	const char *etag;         /* strong, quotes included */
	const uint8_t *bytes;     /* gzip */
	size_t len;
} console_asset_t;

/* Sorted by path. */
extern const console_asset_t console_assets[];
extern const size_t console_asset_count;
#endif
