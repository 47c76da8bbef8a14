/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENV_COMPRESS_H
#define ENV_COMPRESS_H
/* General compression behind one adapter (Zstandard, RFC 8878). Pure functions: the
 * same in both worlds, any thread. */
#include "base/cursor.h"
#include "base/err.h"

/* Bytes a frame of `len` bytes takes at most. */
size_t env_compress_bound(size_t len);
/* Appends one frame. `level` 1 (fast) to 19. ERR_TOO_BIG: `w` is full; ERR_NO_MEMORY. */
MUST_CHECK err_t env_compress(slice_t plain, int level, writer_t *w);
/* Appends what one frame holds; bytes behind it are ERR_CORRUPT, as is all else that is
 * not a frame. ERR_TOO_BIG: more than `w` has room for; nothing is trusted to be less. */
MUST_CHECK err_t env_decompress(slice_t frame, writer_t *w);
#endif
