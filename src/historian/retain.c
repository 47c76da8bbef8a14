/* SPDX-License-Identifier: Apache-2.0 */
/* Segments go whole, when the last of their rows is past the time its class is kept. */
#include "historian/state.h"

#include <stdlib.h>

static err_t retain(historian_t *h, int64_t before_ns, shelf_item_t **drop)
{
	historian_change_t change = { .drop = drop };
	for (size_t i = 0; i < h->shelf.count; i++)
		if (segment_info(h->shelf.items[i]->segment)->last_ns < before_ns)
			drop[change.drop_count++] = h->shelf.items[i];
	if (change.drop_count == 0)
		return ERR_OK;
	/* It may be reading what goes. */
	historian_cancel_merge(h);
	err_t err = historian_publish(h, &change);
	if (!err)
		metric_add(&h->metrics, METRIC_RETIRED, (int64_t)change.drop_count);
	return err;
}

err_t historian_retain(historian_t *historian, int64_t before_ns)
{
	shelf_item_t **drop = calloc(historian->shelf.count + 1, sizeof(shelf_item_t *));
	err_t err = drop ? retain(historian, before_ns, drop) : ERR_NO_MEMORY;
	free(drop);
	return err;
}
