/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HISTORIAN_SCAN_H
#define HISTORIAN_SCAN_H
/* Rows of one point out of sealed blocks and the memory table, merged in
 * source-time order. A block is decoded when the time of its first row is reached
 * and freed behind its last, so that late data costs one block more, not all.
 *
 * Threads: one; sources are immutable for the scan's life. */
#include "historian/shelf.h"

typedef struct {
	env_t *env;
	const series_query_t *query;
	shelf_item_t *const *segments;
	size_t segment_count;
	const block_row_t *memory; /* sorted; inside the range */
	size_t memory_count;
} scan_spec_t;

/* ERR_TIMEOUT past the deadline, ERR_CORRUPT on a damaged block, ERR_NO_MEMORY. */
MUST_CHECK err_t scan_run(const scan_spec_t *spec, bool (*row)(void *ctx, const block_row_t *row),
                          void *ctx);
#endif
