/* SPDX-License-Identifier: Apache-2.0 */
/* A binary heap in an array: the children of i are 2i+1 and 2i+2. */
#include "base/heap.h"

#include <stdlib.h>

enum { HEAP_FIRST_CAP = 16 };

static bool before(const heap_entry_t *a, const heap_entry_t *b)
{
	return a->when != b->when ? a->when < b->when : a->order < b->order;
}

static void swap(heap_entry_t *a, heap_entry_t *b)
{
	heap_entry_t kept = *a;
	*a = *b;
	*b = kept;
}

static void sift_up(heap_t *h, size_t i)
{
	while (i > 0) {
		size_t parent = (i - 1) / 2;
		if (!before(&h->entries[i], &h->entries[parent]))
			return;
		swap(&h->entries[i], &h->entries[parent]);
		i = parent;
	}
}

static size_t earliest_of_family(const heap_t *h, size_t i)
{
	size_t best = i;
	for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < h->count; child++) {
		if (before(&h->entries[child], &h->entries[best]))
			best = child;
	}
	return best;
}

static void sift_down(heap_t *h, size_t i)
{
	for (size_t best = earliest_of_family(h, i); best != i; best = earliest_of_family(h, i)) {
		swap(&h->entries[i], &h->entries[best]);
		i = best;
	}
}

static err_t grow(heap_t *h)
{
	if (h->count >= h->max)
		return ERR_LIMIT;
	size_t cap = h->cap ? h->cap * 2 : HEAP_FIRST_CAP;
	if (cap > h->max)
		cap = h->max;
	size_t bytes;
	if (__builtin_mul_overflow(cap, sizeof(*h->entries), &bytes))
		return ERR_NO_MEMORY;
	heap_entry_t *entries = realloc(h->entries, bytes);
	if (!entries)
		return ERR_NO_MEMORY;
	h->entries = entries;
	h->cap = cap;
	return ERR_OK;
}

err_t heap_put(heap_t *h, heap_entry_t entry)
{
	err_t err = h->count < h->cap ? ERR_OK : grow(h);
	if (err)
		return err;
	h->entries[h->count] = entry;
	sift_up(h, h->count++);
	return ERR_OK;
}

const heap_entry_t *heap_first(const heap_t *h)
{
	return h->count ? &h->entries[0] : NULL;
}

/* The last entry fills the hole and then finds its place, up or down. */
static void remove_at(heap_t *h, size_t i)
{
	h->entries[i] = h->entries[--h->count];
	if (i == h->count)
		return;
	sift_up(h, i);
	sift_down(h, i);
}

bool heap_take(heap_t *h, heap_entry_t *ret_entry)
{
	if (h->count == 0)
		return false;
	*ret_entry = h->entries[0];
	remove_at(h, 0);
	return true;
}

bool heap_remove(heap_t *h, const void *item)
{
	for (size_t i = 0; i < h->count; i++) {
		if (h->entries[i].item == item) {
			remove_at(h, i);
			return true;
		}
	}
	return false;
}

void heap_free(heap_t *h)
{
	if (!h)
		return;
	free(h->entries);
	*h = heap_of(h->max);
}
