/* SPDX-License-Identifier: Apache-2.0 */
#include "model/sample_stream.h"

#include <string.h>

static const uint8_t MAGIC[4] = { 'J', 'Z', 'H', 'R' };

void sample_stream_head_put(writer_t *w)
{
	wr_bytes(w, slice_of(MAGIC, sizeof(MAGIC)));
	wr_u8(w, SAMPLE_STREAM_VERSION);
}

void sample_stream_point_put(slice_t name, writer_t *w)
{
	wr_u8(w, SAMPLE_STREAM_POINT);
	wr_string(w, name);
}

void sample_stream_row_put(const sample_t *sample, writer_t *w)
{
	wr_u8(w, SAMPLE_STREAM_ROW);
	wr_u64_le(w, (uint64_t)sample->source.ns);
	wr_u64_le(w, (uint64_t)sample->node.ns);
	wr_u8(w, (uint8_t)sample->quality);
	value_encode(&sample->value, w);
}

void sample_stream_mark_put(sample_stream_kind_t kind, writer_t *w)
{
	wr_u8(w, (uint8_t)kind);
}

void sample_stream_head_read(reader_t *r)
{
	slice_t magic = rd_take(r, sizeof(MAGIC));
	uint8_t version = rd_u8(r);
	if (!slice_eq(magic, slice_of(MAGIC, sizeof(MAGIC))) || version != SAMPLE_STREAM_VERSION)
		r->bad = true;
}

static void read_row(reader_t *r, sample_t *ret_sample)
{
	*ret_sample = (sample_t){ 0 };
	ret_sample->source.ns = (int64_t)rd_u64_le(r);
	ret_sample->node.ns = (int64_t)rd_u64_le(r);
	uint8_t quality = rd_u8(r);
	if (quality >= QUALITY_COUNT)
		r->bad = true;
	ret_sample->quality = (quality_t)quality;
	ret_sample->value = value_decode(r);
}

bool sample_stream_next(reader_t *r, sample_stream_record_t *ret_record)
{
	uint8_t kind = rd_u8(r);
	if (kind < SAMPLE_STREAM_POINT || kind > SAMPLE_STREAM_LAST)
		r->bad = true;
	ret_record->kind = (sample_stream_kind_t)kind;
	ret_record->name = kind == SAMPLE_STREAM_POINT ? rd_string(r) : (slice_t){ 0 };
	if (kind == SAMPLE_STREAM_ROW)
		read_row(r, &ret_record->sample);
	return !r->bad;
}
