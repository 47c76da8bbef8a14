/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_HEAP_H
#define BASE_HEAP_H
/* A binary min-heap of (when, order) -> pointer, for timers and simulated
 * events. Ties on `when` leave in the order of `order`. Grows up to `max`.
 * One thread. */
#include "base/err.h"

typedef struct {
	int64_t when;
	uint64_t order;
	void *item;
} heap_entry_t;

typedef struct {
	heap_entry_t *entries;
	size_t count, cap, max;
} heap_t;

static inline heap_t heap_of(size_t max)
{
	return (heap_t){ .max = max };
}
MUST_CHECK err_t heap_put(heap_t *h, heap_entry_t entry);
/* The earliest entry, or NULL when empty; valid until the next call. */
const heap_entry_t *heap_first(const heap_t *h);
bool heap_take(heap_t *h, heap_entry_t *ret_entry);
/* Removes the entry of `item`; false if absent. Linear. */
bool heap_remove(heap_t *h, const void *item);
void heap_free(heap_t *h);
#endif
