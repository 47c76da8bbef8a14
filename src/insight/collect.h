/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INSIGHT_COLLECT_H
#define INSIGHT_COLLECT_H
/* The latest figures of a parent's children out of its book, ready to be rolled up.
 *
 * Story: whoever rolls up fills a rollup_spec_t but for its figures; collect_children looks each
 * child up (what a child has sent of itself: source and entity are the child), leaves out what
 * rollup_judge refuses, and sets the figures; then rollup_make and book_issue. A child whose
 * figure is left out is silent, and counted with the first reason, which is an event's
 * matter. Figures asked "as published on" a time give the roll-up of that time.
 *
 * Memory: figures and their texts are copied into the arena; FIGURE_BYTES_MAX a child is
 * enough, 1 KiB usual where no part is a sketch. What is collected lives as long. */
#include "base/arena.h"
#include "insight/book.h"
#include "insight/rollup.h"

typedef struct {
	int64_t published_by_ns; /* 0: the latest */
	const bool *own;         /* of each child: this node issues its figures; NULL: of none */
	size_t refused;          /* set: figures that were left out */
	err_detail_t reason;     /* set: of the first of them */
} collect_t;

/* Sets spec->figures and spec->figure_count. ERR_LIMIT: the arena is full; what the book
 * gives. */
MUST_CHECK err_t collect_children(book_t *book, rollup_spec_t *spec, arena_t *arena,
                                  collect_t *how);
#endif
