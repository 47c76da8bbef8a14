/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HISTORIAN_SHELF_H
#define HISTORIAN_SHELF_H
/* The list of sealed segments, shared between the historian's loop and readers:
 * each segment lives until the last reader has put it back.
 *
 * Threads: any; the historian's mutex stands around every call. */
#include "historian/segment.h"

enum { SHELF_MAX = 32768 };

typedef struct {
	segment_t *segment;
	unsigned refs; /* one for being on the shelf, one a reader */
} shelf_item_t;

typedef struct {
	shelf_item_t *items[SHELF_MAX]; /* by first sequence */
	size_t count;
} shelf_t;

/* Takes the segment over, also on failure (ERR_LIMIT, ERR_NO_MEMORY). */
MUST_CHECK err_t shelf_add(shelf_t *shelf, segment_t *segment);
/* Takes the i-th away; readers may go on. */
void shelf_drop(shelf_t *shelf, size_t i);
/* References to the segments that overlap the range, in order of their first
 * time; the caller's array holds SHELF_MAX. */
size_t shelf_borrow(const shelf_t *shelf, int64_t from_ns, int64_t to_ns, shelf_item_t **ret);
void shelf_return(shelf_item_t *item);
void shelf_clear(shelf_t *shelf);
#endif
