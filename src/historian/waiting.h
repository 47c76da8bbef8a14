/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HISTORIAN_WAITING_H
#define HISTORIAN_WAITING_H
/* What a scan has not opened yet: roots of points, children of pages, the memory table's
 * rows, in a heap by their first time. A page lives as long as one of its children waits
 * or is held. */
#include "historian/segment.h"

typedef enum { WAITER_ROOT, WAITER_CHILD, WAITER_HOUR, WAITER_ROWS } waiter_kind_t;

typedef struct {
	size_t holders;
	page_t page;
} held_page_t;

typedef struct {
	waiter_kind_t kind;
	int64_t first_ns;
	const segment_t *segment;
	extent_t root;
	held_page_t *page; /* of a child, or of an hour of one */
	size_t child, hour;
} waiter_t;

/* Start with {0}. */
typedef struct {
	waiter_t *heap;
	size_t count, cap;
} waiting_t;

/* ERR_NO_MEMORY */
MUST_CHECK err_t waiting_add_root(waiting_t *w, const segment_t *segment,
                                  const segment_point_t *point);
MUST_CHECK err_t waiting_add_rows(waiting_t *w, const rows_t *rows);
typedef struct {
	int64_t from_ns, to_ns;
	bool by_hours; /* a block that has hours comes as these */
} waiting_range_t;
/* The children, of the page that the waiter points to, that overlap the range.
 * ERR_CORRUPT. */
MUST_CHECK err_t waiting_add_page(waiting_t *w, const waiter_t *waiter,
                                  const waiting_range_t *range);
bool waiting_is_empty(const waiting_t *w);
/* INT64_MAX when it is empty. */
int64_t waiting_first_ns(const waiting_t *w);
/* The first; the caller releases it. */
waiter_t waiting_take(waiting_t *w);
void waiting_release(waiter_t *waiter);
void waiting_free(waiting_t *w);

static inline const page_child_t *waiter_child(const waiter_t *waiter)
{
	return &waiter->page->page.child[waiter->child];
}

/* Rows, or a block of them. */
static inline bool waiter_is_rows(const waiter_t *waiter)
{
	return waiter->kind == WAITER_ROWS || (waiter->page && waiter->page->page.level == 0);
}

/* Of a child that has one, or an hour. */
static inline const summary_t *waiter_summary(const waiter_t *waiter)
{
	const page_child_t *child = waiter_child(waiter);
	return waiter->kind == WAITER_HOUR ? &child->hours[waiter->hour] : &child->summary;
}
#endif
