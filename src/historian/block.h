/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HISTORIAN_BLOCK_H
#define HISTORIAN_BLOCK_H
/* A block: up to BLOCK_ROWS rows of one point in source-time order, as columns.
 *
 * Disk form: codec u8 = 1, row count varint; source times: first zig-zag, then
 * zig-zag of the change of the step; node times as zig-zag distance from the source
 * time; types and qualities as runs (value u8, length varint); bits eight bytes
 * each, little-endian. The checksum stands in the segment's index. */
#include "base/cursor.h"
#include "model/sample.h"

enum { BLOCK_ROWS = 1024, BLOCK_BYTES_MAX = BLOCK_ROWS * 40 + 64 };

typedef struct {
	int64_t source_ns, node_ns;
	uint64_t bits;
	uint8_t type, quality;
} block_row_t;

/* By source time, then node time; rows that agree in both still have an order, so
 * that an answer is the same however its rows were stored. For qsort. */
int block_row_compare(const void *a, const void *b);
/* rows: 1 to BLOCK_ROWS, sorted. */
void block_encode(const block_row_t *rows, size_t count, writer_t *w);
/* Fills up to BLOCK_ROWS rows; ERR_CORRUPT, also for types and qualities unknown. */
MUST_CHECK err_t block_decode(slice_t in, block_row_t *ret_rows, size_t *ret_count);
#endif
