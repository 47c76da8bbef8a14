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
	unsigned refs;   /* one for being on the shelf, one a reader */
	bool is_damaged; /* in some block: merges leave it as it is. The loop's */
	/* The record of the main journal that says it is there (chain.h); 0: none yet. */
	uint64_t entry_seq;
} shelf_item_t;

typedef struct {
	shelf_item_t *items[SHELF_MAX]; /* in the order they were made */
	size_t count;
} shelf_t;

/* An item to be put on a shelf; takes the segment over, also on failure. NULL when memory
 * is gone. */
shelf_item_t *shelf_item_new(segment_t *segment);
/* There must be room. */
void shelf_put(shelf_t *shelf, shelf_item_t *item);
/* Takes the item away; readers may go on. */
void shelf_drop(shelf_t *shelf, const shelf_item_t *item);
/* References to the segments that overlap the range; the caller's array holds
 * shelf->count. */
size_t shelf_borrow(const shelf_t *shelf, int64_t from_ns, int64_t to_ns, shelf_item_t **ret);
void shelf_return(shelf_item_t *item);
void shelf_clear(shelf_t *shelf);
#endif
