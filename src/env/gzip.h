/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENV_GZIP_H
#define ENV_GZIP_H
/* gzip (RFC 1952) and zlib streams (RFC 1950) read, behind the one adapter of the library
 * that knows them. Pure functions: the same in both worlds, any thread. */
#include "base/text.h"

/* Appends what the bytes hold, one gzip member or several, or one zlib stream. ERR_CORRUPT:
 * damaged, cut short, or followed by something else; ERR_TOO_BIG: more than `plain` may
 * hold, whatever the bytes say; ERR_NO_MEMORY. What was read before stays in `plain`. */
MUST_CHECK err_t env_gunzip(slice_t packed, text_t *plain);
#endif
