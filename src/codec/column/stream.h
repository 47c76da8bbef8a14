/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CODEC_COLUMN_STREAM_H
#define CODEC_COLUMN_STREAM_H
/* Numbers of so many bits each, one after another, lowest bit first: for what is not a
 * full block and for the short lists beside one. */
#include "base/cursor.h"

/* Bytes of n numbers of `width` bits (0..64). */
static inline size_t stream_bytes(size_t n, unsigned width)
{
	return (n * width + 7) / 8;
}

/* The low `width` bits of each of at most COLUMN_ROWS numbers. */
void stream_put(writer_t *w, const uint64_t *numbers, size_t n, unsigned width);
/* Sets r->bad when there are not that many, or the width is above 64. */
void stream_get(reader_t *r, size_t n, unsigned width, uint64_t *ret_numbers);
#endif
