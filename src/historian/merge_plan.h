/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HISTORIAN_MERGE_PLAN_H
#define HISTORIAN_MERGE_PLAN_H
/* What a merge will do: which segments it reads, which it writes instead, and in which
 * order the points stand in them. A segment of level SEGMENT_MERGED holds the rows of one
 * window of time and one retention class.
 *
 * Work is bounded: all of level 0 is read, and of a window that gets rows only segments
 * at most MERGE_PLAN_FACTOR times as large as what comes; so a row is written again about once
 * for each doubling of what its window holds. The rest of a window is put together when
 * it is over, or nothing else is to be done; and once more, coded, when it is old.
 *
 * Threads: the historian's loop. */
#include "historian/state.h"

enum { MERGE_PLAN_FACTOR = 2 };

typedef struct {
	int64_t from_ns, to_ns; /* rows with from <= source time < to */
	uint8_t class, level;
	bool is_coded; /* to be written small */
	uint64_t rows; /* about so many are new */
} merge_plan_target_t;

typedef struct {
	shelf_item_t **inputs; /* on the shelf; whoever drops one cancels the merge */
	size_t input_count;
	merge_plan_target_t *targets; /* by time, then class */
	size_t target_count, target_cap;
	bool is_window;  /* all that is in the inputs goes to the only target */
	place_t *places; /* in the order of groups, each point once */
	size_t place_count;
} merge_plan_t;

/* All of level 0. *ret_plan has no input when there is none. ERR_NO_MEMORY, ERR_CORRUPT
 * of a page that says where rows are. */
MUST_CHECK err_t merge_plan_new_rows(historian_t *h, merge_plan_t *ret_plan);
/* One window that is held by several segments and ended before `before_ns`; likewise. */
MUST_CHECK err_t merge_plan_window(historian_t *h, int64_t before_ns, merge_plan_t *ret_plan);
/* One segment of a window that ended before h->old_ns, and is not coded: to be so. Likewise. */
MUST_CHECK err_t merge_plan_coded(historian_t *h, merge_plan_t *ret_plan);
/* One window that ended before `before_ns`, is one segment and has points with a deviation, as
 * one of level SEGMENT_THINNED, if there is none yet; likewise. */
MUST_CHECK err_t merge_plan_thin(historian_t *h, int64_t before_ns, merge_plan_t *ret_plan);
void merge_plan_free(merge_plan_t *plan);
/* Reads all of a segment; one with damage is left alone by plans from then on, so that it
 * does not keep others from being merged. */
bool merge_plan_leave_damaged(shelf_item_t *item);
#endif
