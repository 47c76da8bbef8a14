/* SPDX-License-Identifier: Apache-2.0 */
/* A binary heap; the children of a page come in order, so they sink little. */
#include "historian/waiting.h"
#include "base/grow.h"

#include <stdlib.h>

static err_t add(waiting_t *w, const waiter_t *waiter)
{
	waiter_t *grown = grow_for(w->heap, w->count + 1, &w->cap, sizeof(*grown));
	if (!grown)
		return ERR_NO_MEMORY;
	w->heap = grown;
	size_t i = w->count++;
	while (i && w->heap[(i - 1) / 2].first_ns > waiter->first_ns) {
		w->heap[i] = w->heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	w->heap[i] = *waiter;
	return ERR_OK;
}

err_t waiting_add_root(waiting_t *w, const segment_t *segment, const segment_point_t *point)
{
	return add(w, &(waiter_t){ .kind = WAITER_ROOT,
	                           .first_ns = point->first_ns,
	                           .segment = segment,
	                           .root = point->root });
}

err_t waiting_add_rows(waiting_t *w, const rows_t *rows)
{
	return add(w, &(waiter_t){ .kind = WAITER_ROWS, .first_ns = rows->source_ns[0] });
}

static err_t add_held(waiting_t *w, const waiter_t *waiter)
{
	err_t err = add(w, waiter);
	waiter->page->holders += !err;
	return err;
}

static err_t add_hours(waiting_t *w, const waiter_t *child, const waiting_range_t *range)
{
	waiter_t waiter = *child;
	err_t err = ERR_OK;
	waiter.kind = WAITER_HOUR;
	for (size_t i = 0; !err && i < waiter_child(child)->hour_count; i++) {
		const summary_t *hour = &waiter_child(child)->hours[i];
		if (hour->last.ns < range->from_ns || hour->first.ns >= range->to_ns)
			continue;
		waiter.hour = i;
		waiter.first_ns = hour->first.ns;
		err = add_held(w, &waiter);
	}
	return err;
}

static err_t add_children(waiting_t *w, const waiter_t *from, const waiting_range_t *range)
{
	waiter_t waiter = *from;
	err_t err = ERR_OK;
	for (size_t i = 0; !err && i < from->page->page.count; i++) {
		const page_child_t *child = &from->page->page.child[i];
		if (child->last_ns < range->from_ns || child->first_ns >= range->to_ns)
			continue;
		waiter.child = i;
		waiter.first_ns = child->first_ns;
		err = range->by_hours && child->hour_count ? add_hours(w, &waiter, range)
		                                           : add_held(w, &waiter);
	}
	return err;
}

err_t waiting_add_page(waiting_t *w, const waiter_t *waiter, const waiting_range_t *range)
{
	extent_t at = waiter->kind == WAITER_ROOT ? waiter->root : waiter_child(waiter)->part[0];
	waiter_t children = { .kind = WAITER_CHILD,
		              .segment = waiter->segment,
		              .page = malloc(sizeof(held_page_t)) };
	if (!children.page)
		return ERR_NO_MEMORY;
	children.page->holders = 1;
	err_t err = segment_page(waiter->segment, at, &children.page->page);
	/* A page that points to one of its own level could go round for ever. */
	if (!err && waiter->kind == WAITER_CHILD &&
	    children.page->page.level + 1 != waiter->page->page.level)
		err = ERR_CORRUPT;
	if (!err)
		err = add_children(w, &children, range);
	waiting_release(&children);
	return err;
}

bool waiting_is_empty(const waiting_t *w)
{
	return w->count == 0;
}

int64_t waiting_first_ns(const waiting_t *w)
{
	return w->count ? w->heap[0].first_ns : INT64_MAX;
}

waiter_t waiting_take(waiting_t *w)
{
	waiter_t first = w->heap[0], last = w->heap[--w->count];
	size_t i = 0;
	for (size_t next = 1; next < w->count; next = 2 * i + 1) {
		if (next + 1 < w->count && w->heap[next + 1].first_ns < w->heap[next].first_ns)
			next++;
		if (w->heap[next].first_ns >= last.first_ns)
			break;
		w->heap[i] = w->heap[next];
		i = next;
	}
	w->heap[i] = last;
	return first;
}

void waiting_release(waiter_t *waiter)
{
	if (waiter->page && --waiter->page->holders == 0)
		free(waiter->page);
	waiter->page = NULL;
}

void waiting_free(waiting_t *w)
{
	while (w->count)
		waiting_release(&w->heap[--w->count]);
	free(w->heap);
	*w = (waiting_t){ 0 };
}
