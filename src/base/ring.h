/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_RING_H
#define BASE_RING_H
/* A bounded first-in first-out ring of fixed-size items over memory the caller
 * gives. One thread, or under the caller's lock. */
#include "base/slice.h"

typedef struct {
	uint8_t *mem;
	size_t item_size, cap, head, count;
} ring_t;

/* mem holds cap * item_size bytes. */
ring_t ring_of(void *mem, size_t item_size, size_t cap);
/* False when full: the caller's stated policy decides. */
bool ring_put(ring_t *r, const void *item);
bool ring_take(ring_t *r, void *ret_item);
/* The i-th oldest item, or NULL. */
void *ring_at(const ring_t *r, size_t i);
#endif
