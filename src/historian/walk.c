/* SPDX-License-Identifier: Apache-2.0 */
#include "historian/walk.h"

#include <stdlib.h>

/* `level`: that the page must have, so that the recursion ends; PAGE_LEVELS: any. */
static err_t walk_page(const segment_t *segment, const page_child_t *at, uint8_t level,
                       const walk_t *walk)
{
	page_t *page = malloc(sizeof(*page));
	if (!page)
		return ERR_NO_MEMORY;
	err_t err = segment_page(segment, at->part[0], page);
	if (!err && level != PAGE_LEVELS && page->level != level)
		err = ERR_CORRUPT;
	if (err) {
		free(page);
		return walk->lost ? walk->lost(walk->ctx, at) : err;
	}
	for (size_t i = 0; !err && i < page->count; i++)
		err = page->level ? walk_page(segment, &page->child[i], (uint8_t)(page->level - 1),
		                              walk)
		                  : walk->block(walk->ctx, &page->child[i]);
	free(page);
	return err;
}

err_t walk_point(const segment_t *segment, const segment_point_t *point, const walk_t *walk)
{
	page_child_t root = { .rows = point->rows,
		              .first_ns = point->first_ns,
		              .last_ns = point->last_ns,
		              .part = { point->root } };
	return walk_page(segment, &root, PAGE_LEVELS, walk);
}
