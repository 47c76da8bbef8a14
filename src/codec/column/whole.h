/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CODEC_COLUMN_WHOLE_H
#define CODEC_COLUMN_WHOLE_H
/* Whole numbers of a block as bytes: the shape that makes them smallest, their small
 * numbers packed, and the few that are not small apart. Arithmetic is modulo 2^64, so
 * signed and unsigned are the same.
 *
 * Story: whole_put looks at a sample of each shape, plans the most promising one exactly
 * and writes it. whole_get gives the numbers back, already turned into doubles when the
 * recipe says so. Small numbers alone serve what has a width but no shape.
 *
 * Shapes: arrays have COLUMN_ROWS elements; n of them count; what decoding leaves in the
 * others means nothing. */
#include "codec/column/kernel.h"

void whole_put(const column_kernel_t *kernel, const uint64_t *x, size_t n, writer_t *w);

/* Where whole numbers go, and as what. */
typedef struct {
	const recipe_t *recipe;
	word_t *ret;
} sink_t;
/* Sets r->bad on what no encoder wrote. */
void whole_get(const column_kernel_t *kernel, reader_t *r, size_t n, const sink_t *sink);

/* n numbers of `width` bits: in lanes, or as a stream when they are few. */
void small_put(const column_kernel_t *kernel, const uint64_t *x, size_t n, unsigned width,
               writer_t *w);
void small_get(const column_kernel_t *kernel, reader_t *r, size_t n, unsigned width, word_t *ret);
/* The same as lanes of frame->width bits, which they may be already or become in `room`;
 * sets frame->layers, and frame->width to what it is then. */
const uint8_t *small_take(reader_t *r, size_t n, frame_t *frame, uint64_t *room);

/* Strictly rising places in a block: a short list, ten bits each. */
void rows_at_put(writer_t *w, const uint64_t *places, size_t count);
/* At most n of them, each below n; sets r->bad else. Returns how many. */
size_t rows_at_get(reader_t *r, size_t n, uint64_t *ret_places);

static inline size_t layers_of(size_t n)
{
	return (n + LANES - 1) / LANES;
}

/* How many bits a number has: 0 for 0. */
static inline unsigned width_of(uint64_t x)
{
	return x ? WORD_BITS - (unsigned)__builtin_clzll(x) : 0;
}
#endif
