/* SPDX-License-Identifier: Apache-2.0 */
/* A segment that nobody holds any more is closed by whoever put it back last. */
#include "historian/shelf.h"

#include <assert.h>
#include <stdlib.h>

shelf_item_t *shelf_item_new(segment_t *segment)
{
	shelf_item_t *item = malloc(sizeof(*item));
	if (item)
		*item = (shelf_item_t){ .segment = segment, .refs = 1 };
	else
		segment_close(segment);
	return item;
}

void shelf_put(shelf_t *shelf, shelf_item_t *item)
{
	assert(shelf->count < SHELF_MAX);
	shelf->items[shelf->count++] = item;
}

void shelf_return(shelf_item_t *item)
{
	if (--item->refs)
		return;
	segment_close(item->segment);
	free(item);
}

void shelf_drop(shelf_t *shelf, const shelf_item_t *item)
{
	size_t i = 0;
	while (i < shelf->count && shelf->items[i] != item)
		i++;
	assert(i < shelf->count);
	shelf_item_t *dropped = shelf->items[i];
	shelf->count--;
	memmove(&shelf->items[i], &shelf->items[i + 1],
	        (shelf->count - i) * sizeof(shelf->items[0]));
	shelf_return(dropped);
}

static bool overlaps(const shelf_item_t *item, int64_t from_ns, int64_t to_ns)
{
	const segment_info_t *info = segment_info(item->segment);
	return info->last_ns >= from_ns && info->first_ns < to_ns;
}

size_t shelf_borrow(const shelf_t *shelf, int64_t from_ns, int64_t to_ns, shelf_item_t **ret)
{
	size_t n = 0;
	for (size_t i = 0; i < shelf->count; i++)
		if (overlaps(shelf->items[i], from_ns, to_ns)) {
			shelf->items[i]->refs++;
			ret[n++] = shelf->items[i];
		}
	return n;
}

void shelf_clear(shelf_t *shelf)
{
	while (shelf->count)
		shelf_drop(shelf, shelf->items[shelf->count - 1]);
}
