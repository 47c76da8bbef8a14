/* SPDX-License-Identifier: Apache-2.0 */
/* A segment that nobody holds any more is closed by whoever put it back last. */
#include "historian/shelf.h"

#include <stdlib.h>

err_t shelf_add(shelf_t *shelf, segment_t *segment)
{
	shelf_item_t *item = shelf->count < SHELF_MAX ? calloc(1, sizeof(*item)) : NULL;
	if (!item) {
		segment_close(segment);
		return shelf->count < SHELF_MAX ? ERR_NO_MEMORY : ERR_LIMIT;
	}
	*item = (shelf_item_t){ .segment = segment, .refs = 1 };
	size_t at = shelf->count++;
	for (; at > 0 &&
	       segment_first_seq(shelf->items[at - 1]->segment) > segment_first_seq(segment);
	     at--)
		shelf->items[at] = shelf->items[at - 1];
	shelf->items[at] = item;
	return ERR_OK;
}

void shelf_return(shelf_item_t *item)
{
	if (--item->refs)
		return;
	segment_close(item->segment);
	free(item);
}

void shelf_drop(shelf_t *shelf, size_t i)
{
	shelf_item_t *item = shelf->items[i];
	shelf->count--;
	memmove(&shelf->items[i], &shelf->items[i + 1],
	        (shelf->count - i) * sizeof(shelf->items[0]));
	shelf_return(item);
}

size_t shelf_borrow(const shelf_t *shelf, int64_t from_ns, int64_t to_ns, shelf_item_t **ret)
{
	size_t n = 0;
	for (size_t i = 0; i < shelf->count; i++) {
		shelf_item_t *item = shelf->items[i];
		if (segment_last_ns(item->segment) < from_ns ||
		    segment_first_ns(item->segment) >= to_ns)
			continue;
		item->refs++;
		ret[n++] = item;
	}
	return n;
}

void shelf_clear(shelf_t *shelf)
{
	while (shelf->count)
		shelf_drop(shelf, shelf->count - 1);
}
