/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERIES_PILE_H
#define SERIES_PILE_H
/* Memory that only grows: what was taken stays where it is until the pile is freed, so
 * that a reader who has learnt of it under a lock may look at it without.
 *
 * Caveats: one taker at a time. */
#include "base/err.h"

typedef struct pile_chunk pile_chunk_t;

typedef struct {
	pile_chunk_t *newest;
	size_t used, cap;  /* of the newest chunk */
	size_t bytes, max; /* of all, and how many there may be */
} pile_t;

static inline pile_t pile_of(size_t max)
{
	return (pile_t){ .max = max };
}
/* `size` bytes, aligned for a pointer; NULL at the limit or when memory is gone. */
void *pile_take(pile_t *pile, size_t size);
/* A copy without alignment; {NULL, 0} likewise. */
slice_t pile_copy(pile_t *pile, slice_t bytes);
void pile_free(pile_t *pile);
#endif
