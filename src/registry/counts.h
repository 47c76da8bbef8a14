/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REGISTRY_COUNTS_H
#define REGISTRY_COUNTS_H
/* How many names of each prefix resolve (active and retired), so that a page of a listing
 * need not count them. Kept with the view: the bytes are what a checkpoint has beside its
 * mark, and are true of that mark.
 *
 * Story: while the journal is applied, what its records make of names is added to counts of
 * the turn and folded into the view's when the turn commits.
 *
 * Threads: one at a time. Limit: COUNTS_MAX prefixes (ERR_LIMIT). */
#include "base/cursor.h"
#include "base/table.h"

enum { COUNTS_MAX = 1 << 17 };

typedef struct {
	table_t *table; /* folded prefix -> int64_t; NULL: nothing was added */
} counts_t;

void counts_done(counts_t *counts);
/* The prefix of the name is counted. ERR_NO_MEMORY, ERR_LIMIT. */
MUST_CHECK err_t counts_add(counts_t *counts, slice_t name, int64_t names);
/* Adds all of `from`, which is empty then. What an error kept out stays in it. */
MUST_CHECK err_t counts_fold(counts_t *counts, counts_t *from);
/* In any case of letters. */
uint64_t counts_of(const counts_t *counts, slice_t prefix);

/* Bytes that counts_write takes at most. */
size_t counts_room(const counts_t *counts);
/* For each prefix a string and a varint. */
void counts_write(const counts_t *counts, writer_t *w);
/* ERR_CORRUPT, ERR_NO_MEMORY, ERR_LIMIT. */
MUST_CHECK err_t counts_read(slice_t bytes, counts_t *ret_counts);
#endif
