/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_SAMPLE_STREAM_H
#define MODEL_SAMPLE_STREAM_H
/* Samples of several points as a node hands them to a program that wants every bit
 * (application/vnd.jizhu.history): both times, the quality, and the value as it is stored.
 *
 * A stream, numbers little-endian:
 *
 *   magic    "JZHR"
 *   version  u8, 1
 *   records, each a u8 and what follows it:
 *     1 point   string (varint length and bytes): its name; rows of it follow
 *     2 row     i64 source time, i64 node time (ns since 1970 UTC), u8 quality, value
 *               (model/value.h)
 *     3 end     the point has no more rows in the range
 *     4 more    it has, and they are to be asked for
 *     5 last    the end of the stream
 *
 * Story: the writer puts the head, for each point a point, its rows and an end or a more, and
 * the last record. The reader takes record by record until SAMPLE_STREAM_LAST; a stream that
 * ends before was cut.
 *
 * Pure functions; what is read borrows the stream. */
#include "model/sample.h"

enum { SAMPLE_STREAM_VERSION = 1, SAMPLE_STREAM_ROW_MAX = 40 /* without the bytes of a text */ };

typedef enum {
	SAMPLE_STREAM_POINT = 1,
	SAMPLE_STREAM_ROW,
	SAMPLE_STREAM_END,
	SAMPLE_STREAM_MORE,
	SAMPLE_STREAM_LAST,
} sample_stream_kind_t;

typedef struct {
	sample_stream_kind_t kind;
	slice_t name;    /* of a point */
	sample_t sample; /* of a row; without point */
} sample_stream_record_t;

void sample_stream_head_put(writer_t *w);
void sample_stream_point_put(slice_t name, writer_t *w);
void sample_stream_row_put(const sample_t *sample, writer_t *w);
/* END, MORE or LAST. */
void sample_stream_mark_put(sample_stream_kind_t kind, writer_t *w);

/* Sets r->bad on another magic or version. */
void sample_stream_head_read(reader_t *r);
/* False when the stream is damaged or cut here; r->bad then. */
bool sample_stream_next(reader_t *r, sample_stream_record_t *ret_record);
#endif
