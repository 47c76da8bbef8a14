/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENV_SNAPPY_H
#define ENV_SNAPPY_H
/* The block format of Snappy (format_description.txt of its makers), behind the one adapter
 * of the library that knows it. Remote writers send it. Pure functions: the same in both
 * worlds, any thread. */
#include "base/cursor.h"
#include "base/err.h"

/* How many bytes the block says it holds. ERR_CORRUPT. */
MUST_CHECK err_t env_snappy_size(slice_t block, size_t *ret_size);
/* Appends what the block holds. ERR_CORRUPT; ERR_TOO_BIG: more than `w` has room for. */
MUST_CHECK err_t env_snappy_decompress(slice_t block, writer_t *w);
/* Appends a block of these bytes. ERR_TOO_BIG. */
MUST_CHECK err_t env_snappy_compress(slice_t plain, writer_t *w);
#endif
