/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_SAMPLE_COLUMNS_H
#define MODEL_SAMPLE_COLUMNS_H
/* Batches of samples as bytes, for the history journal and the wire: made and read at a
 * few nanoseconds a row, because values are copied as they are and all that repeats
 * (points in order, one time for many points) is said once.
 *
 * Form: u8 1; row count varint; points, source times, node times; types, then qualities,
 * as runs (byte, length varint); bits as u64 little-endian; text heap (length varint,
 * bytes). A column of points or times is u8 0 and then u32 or i64 little-endian each, or
 * u8 1 and then ramps: start as zig-zag difference from the start of the ramp before
 * (the first from 0, wrapping), step zig-zag, length varint. */
#include "model/sample.h"

/* Room for `count` rows, heads and ends of the columns. */
enum { SAMPLE_COLUMNS_ROW_MAX = 32, SAMPLE_COLUMNS_HEAD_MAX = 64 };
/* The longest batch that sample_rows_t can hold. */
enum {
	SAMPLE_COLUMNS_MAX = SAMPLE_ROWS_MAX * SAMPLE_COLUMNS_ROW_MAX + SAMPLE_COLUMNS_HEAD_MAX +
	                     SAMPLE_TEXT_MAX
};
/* Sets w->bad when it has less room than that. */
void sample_columns_encode(const sample_batch_t *batch, writer_t *w);
/* Replaces what is in rows. ERR_MALFORMED (of types, qualities, bits and places of texts too:
 * every row can be used as it is), ERR_NEWER_FORMAT, ERR_TOO_BIG: more than rows hold. */
MUST_CHECK err_t sample_columns_decode(slice_t in, sample_rows_t *rows);
#endif
