/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HISTORIAN_MEMORY_H
#define HISTORIAN_MEMORY_H
/* The memory table: rows that are durable in the journal but not sealed yet. A
 * fixed pool of rows, chained per point in the order they came.
 *
 * Threads: none of its own; the historian's mutex stands around it. */
#include "historian/block.h"
#include "model/series.h"

typedef struct memory memory_t;

/* Ids above are refused, so that one stray id cannot claim all memory. */
enum { MEMORY_POINTS_MAX = 1 << 22, MEMORY_ROWS_MIN = 2 * SAMPLE_ROWS_MAX };

/* Room for `bytes` of rows (40 each), at least for MEMORY_ROWS_MIN, so that a
 * table that has no room for another batch holds one. NULL when memory is gone. */
memory_t *memory_new(size_t bytes);
void memory_free(memory_t *memory);
/* Room for another `rows` rows of any points? */
bool memory_has_room(const memory_t *memory, size_t rows);
/* Makes sure that `rows` rows of points up to `point` can be added. ERR_LIMIT when
 * the pool is too full or the id too great, ERR_NO_MEMORY. */
MUST_CHECK err_t memory_reserve(memory_t *memory, point_id_t point, size_t rows);
/* Room was reserved before. */
void memory_add(memory_t *memory, const sample_t *sample);
size_t memory_rows(const memory_t *memory);
/* Greatest point id seen; points run from 1 to it. */
point_id_t memory_points(const memory_t *memory);
/* Rows of a point with from <= source time < to. */
typedef struct {
	point_id_t point;
	int64_t from_ns, to_ns;
} memory_range_t;

/* Copies the rows of the range, sorted (block_row_compare), into a fresh array (owner
 * frees; NULL when there are none). */
MUST_CHECK err_t memory_copy(const memory_t *memory, const memory_range_t *range,
                             block_row_t **ret_rows, size_t *ret_count);
void memory_clear(memory_t *memory);
#endif
