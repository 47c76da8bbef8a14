/* SPDX-License-Identifier: Apache-2.0 */
/* Segments go whole, when the last of their rows is past the time its class is kept. */
#include "historian/state.h"

#include <assert.h>
#include <stdlib.h>

void historian_keep(historian_t *historian, int64_t retain_ns)
{
	historian->spec.retain_ns = retain_ns;
}

void historian_keep_class(historian_t *historian, uint8_t class, int64_t retain_ns)
{
	assert(class < HISTORIAN_CLASSES);
	historian->keep_ns[class] = retain_ns;
}

/* 0: for ever. */
static int64_t kept_ns(const historian_t *h, uint8_t class)
{
	bool is_own = class < HISTORIAN_CLASSES && h->keep_ns[class];
	return is_own ? h->keep_ns[class] : h->spec.retain_ns;
}

static int64_t longest_ns(const historian_t *h)
{
	int64_t longest = h->spec.retain_ns;
	for (uint8_t class = 0; longest && class < HISTORIAN_CLASSES; class ++) {
		int64_t kept = kept_ns(h, class);
		longest = kept > longest ? kept : longest;
	}
	return longest;
}

/* Nothing before it is needed. */
static int64_t needed_from(const historian_t *h, const segment_info_t *info, int64_t now_ns)
{
	int64_t from, kept = info->level ? kept_ns(h, info->class) : longest_ns(h);
	if (kept == 0 || __builtin_sub_overflow(now_ns, kept, &from))
		return INT64_MIN;
	return from;
}

/* `drop` holds as many as the shelf. */
static err_t drop_all(historian_t *h, shelf_item_t **drop, size_t count)
{
	historian_change_t change = { .drop = drop, .drop_count = count };
	if (count == 0)
		return ERR_OK;
	/* It may be reading what goes. */
	historian_cancel_merge(h);
	err_t err = historian_publish(h, &change);
	if (!err)
		metric_add(&h->metrics, METRIC_RETIRED, (int64_t)count);
	return err;
}

err_t historian_retain(historian_t *historian, int64_t before_ns)
{
	size_t count = 0;
	const shelf_t *shelf = &historian->shelf;
	shelf_item_t **drop = calloc(shelf->count + 1, sizeof(shelf_item_t *));
	if (!drop)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < shelf->count && count < CHAIN_DROPS_MAX; i++)
		if (segment_info(shelf->items[i]->segment)->last_ns < before_ns)
			drop[count++] = shelf->items[i];
	err_t err = drop_all(historian, drop, count);
	free(drop);
	return err;
}

void historian_retire_edits(historian_t *h, const segment_info_t *fresh)
{
	int64_t before_ns, kept = longest_ns(h);
	if (kept == 0 || __builtin_sub_overflow(env_utc(h->env).ns, kept, &before_ns))
		return;
	if (fresh && fresh->first_ns < before_ns)
		before_ns = fresh->first_ns;
	for (size_t i = 0; i < h->shelf.count; i++) {
		int64_t first_ns = segment_info(h->shelf.items[i]->segment)->first_ns;
		before_ns = first_ns < before_ns ? first_ns : before_ns;
	}
	env_lock(h->mutex);
	size_t count = edits_retire(&h->edits, before_ns);
	env_unlock(h->mutex);
	metric_add(&h->metrics, METRIC_RETIRED_EDITS, (int64_t)count);
	metric_set(&h->metrics, METRIC_EDITS, (int64_t)h->edits.count);
}

err_t historian_retain_classes(historian_t *h)
{
	size_t count = 0;
	int64_t now_ns = env_utc(h->env).ns;
	shelf_item_t **drop = calloc(h->shelf.count + 1, sizeof(shelf_item_t *));
	if (!drop)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < h->shelf.count && count < CHAIN_DROPS_MAX; i++) {
		const segment_info_t *info = segment_info(h->shelf.items[i]->segment);
		if (info->last_ns < needed_from(h, info, now_ns))
			drop[count++] = h->shelf.items[i];
	}
	err_t err = drop_all(h, drop, count);
	free(drop);
	return err;
}
