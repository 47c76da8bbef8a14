/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_SAMPLE_H
#define MODEL_SAMPLE_H
/* A sample: one value of one point at one source time. Batches are columns, so
 * that encoders and scans walk arrays; a batch borrows its columns.
 *
 * Texts travel beside the columns: a batch has a heap of bytes, and the bits of a row of
 * type VALUE_TEXT say where in it the text is.
 *
 * Caveats: rows of a batch need no order, but rows of one point are cheapest when in
 * time order. */
#include "model/quality.h"
#include "model/time.h"
#include "model/value.h"

typedef uint32_t point_id_t;  /* allocated once, journalled, never reused; 0: none */
typedef uint32_t device_id_t; /* likewise */

typedef struct {
	point_id_t point;
	source_time_t source;
	node_time_t node;
	value_t value; /* VALUE_NONE when the quality is bad and nothing was read */
	quality_t quality;
	bool is_late; /* came after a newer one of the point; only the store says so */
	/* Likewise. 0: all samples beside it are kept; else those that are not lie within so
	 * much of the line between those that are; INFINITY: nobody knows how far. */
	double bound;
} sample_t;

typedef struct {
	size_t count;
	const point_id_t *point;
	const int64_t *source_ns;
	const int64_t *node_ns;
	const uint8_t *type;    /* value_type_t */
	const uint64_t *bits;   /* value_bits; of a text sample_text_bits */
	const uint8_t *quality; /* quality_t */
	slice_t text;           /* the heap; empty when no row is a text */
} sample_batch_t;

/* A text as a row keeps it: its place and length in the heap of the batch. */
static inline uint64_t sample_text_bits(uint32_t at, uint32_t len)
{
	return (uint64_t)at << 32 | len;
}

/* Cut at the end of the heap, never past it. */
static inline slice_t sample_text(slice_t heap, uint64_t bits)
{
	return slice_sub(heap, (size_t)(bits >> 32), (size_t)(bits & UINT32_MAX));
}

/* Row i as a sample; its text borrows from the heap. */
sample_t sample_batch_get(const sample_batch_t *batch, size_t i);

enum { SAMPLE_ROWS_MAX = 4096, SAMPLE_TEXT_MAX = 64 << 10 };

/* Columns one thread fills and then lends as a batch. About 190 KiB. Who sets `count`
 * to 0 begins anew. */
typedef struct {
	size_t count;
	point_id_t point[SAMPLE_ROWS_MAX];
	int64_t source_ns[SAMPLE_ROWS_MAX];
	int64_t node_ns[SAMPLE_ROWS_MAX];
	uint64_t bits[SAMPLE_ROWS_MAX];
	uint8_t type[SAMPLE_ROWS_MAX];
	uint8_t quality[SAMPLE_ROWS_MAX];
	size_t text_len; /* of text */
	uint8_t text[SAMPLE_TEXT_MAX];
} sample_rows_t;

/* False when the rows are full, or their texts. */
bool sample_rows_add(sample_rows_t *rows, const sample_t *sample);
sample_batch_t sample_rows_batch(const sample_rows_t *rows);
/* Compact form of numbers, which journals hold that were written before the columns of
 * model/sample_columns.h; a text in it is a bug of the caller. Count varint; then column by column:
 * points, source times and node times each as zig-zag differences from the row before (the first
 * from 0, wrapping at 64 bits); types, then qualities as runs (byte, length
 * varint); bits as u64 little-endian. At most 47 bytes a row and 3 more. */
enum { SAMPLE_ROW_BYTES_MAX = 47 };
void sample_batch_encode(const sample_batch_t *batch, writer_t *w);
/* Appends to rows; ERR_MALFORMED, or ERR_TOO_BIG when rows are full. */
MUST_CHECK err_t sample_batch_decode(slice_t in, sample_rows_t *rows);
#endif
