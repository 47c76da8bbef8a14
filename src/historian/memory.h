/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HISTORIAN_MEMORY_H
#define HISTORIAN_MEMORY_H
/* The memory table: rows that are durable in the journal but not sealed yet, as open
 * blocks by point; and what is remembered of each point beyond them: its newest row and
 * how its values were last encoded.
 *
 * Rows stand in chunks, chained in the order they came; a point's chunks grow with its
 * rows, and many rows of one point that come together stay the columns that they were. All
 * chunks are cut from one piece of memory and go at once when the
 * table is cleared; what is never used is never touched.
 *
 * Threads: none of its own; the historian's mutex stands around it. Hints are the loop's
 * alone. */
#include "codec/column/column.h"
#include "historian/rows.h"

typedef struct memory memory_t;

/* Ids above are refused, so that one stray id cannot claim all memory. */
enum { MEMORY_POINTS_MAX = 1 << 22 };

/* Takes about `bytes` of rows, and one batch more. NULL when memory is gone. */
memory_t *memory_new(size_t bytes);
void memory_free(memory_t *memory);
/* Room for another batch of any points? */
bool memory_has_room(const memory_t *memory);
/* Makes sure that the batch can be added. ERR_LIMIT: no room, or an id too great;
 * ERR_NO_MEMORY. */
MUST_CHECK err_t memory_reserve(memory_t *memory, const sample_batch_t *batch);
/* Room was reserved before. */
void memory_add(memory_t *memory, const sample_batch_t *batch);
size_t memory_rows(const memory_t *memory);
/* The points that have rows, in the order they came; until the next add or clear. */
size_t memory_points(const memory_t *memory, const point_id_t **ret_points);
/* Rows of a point with from <= source time < to. */
typedef struct {
	point_id_t point;
	int64_t from_ns, to_ns;
} memory_range_t;

/* Adds the rows of the range to the set, which is empty, and sorts it. */
MUST_CHECK err_t memory_copy(const memory_t *memory, const memory_range_t *range,
                             rowset_t *ret_rows);
/* The newest rows stay known. */
void memory_clear(memory_t *memory);

/* The newest row of a point by source time, then node time, sealed or not. */
typedef struct {
	int64_t source_ns, node_ns;
	uint64_t bits;
	uint8_t type, mark;
	bool is_set;
	bool is_whole; /* else only the source time is known: the row must be looked up */
} memory_last_t;
memory_last_t memory_last(const memory_t *memory, point_id_t point);
/* Known from elsewhere (a segment); forgotten when it is older than what is known. */
MUST_CHECK err_t memory_set_last(memory_t *memory, point_id_t point, const memory_last_t *last);
/* How the values of a point were last encoded; zeros at first. NULL for a point that
 * never was in the table. It stays where it is as long as the table lives. */
column_hint_t *memory_hint(memory_t *memory, point_id_t point);
#endif
