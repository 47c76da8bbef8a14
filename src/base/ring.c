/* SPDX-License-Identifier: Apache-2.0 */
/* Items live at (head + i) modulo cap. */
#include "base/ring.h"

#include <assert.h>

ring_t ring_of(void *mem, size_t item_size, size_t cap)
{
	assert(item_size > 0);
	return (ring_t){ .mem = mem, .item_size = item_size, .cap = cap };
}

static void *slot_at(const ring_t *r, size_t i)
{
	size_t to_end = r->cap - r->head;
	size_t slot = i < to_end ? r->head + i : i - to_end;
	return &r->mem[slot * r->item_size];
}

bool ring_put(ring_t *r, const void *item)
{
	if (r->count == r->cap)
		return false;
	memcpy(slot_at(r, r->count), item, r->item_size);
	r->count++;
	return true;
}

bool ring_take(ring_t *r, void *ret_item)
{
	if (r->count == 0)
		return false;
	memcpy(ret_item, slot_at(r, 0), r->item_size);
	r->head = r->head + 1 == r->cap ? 0 : r->head + 1;
	r->count--;
	return true;
}

void *ring_at(const ring_t *r, size_t i)
{
	return i < r->count ? slot_at(r, i) : NULL;
}
