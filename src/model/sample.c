/* SPDX-License-Identifier: Apache-2.0 */
/* Columns of samples and their compact form. Differences are taken in unsigned
 * arithmetic, which wraps, so that any two times have one. */
#include "model/sample.h"

#include <assert.h>

sample_t sample_batch_get(const sample_batch_t *batch, size_t i)
{
	assert(i < batch->count);
	return (sample_t){
		.point = batch->point[i],
		.source = { batch->source_ns[i] },
		.node = { batch->node_ns[i] },
		.value = value_from_bits((value_type_t)batch->type[i], batch->bits[i]),
		.quality = (quality_t)batch->quality[i],
	};
}

bool sample_rows_add(sample_rows_t *rows, const sample_t *sample)
{
	assert(sample->value.type != VALUE_TEXT);
	size_t i = rows->count;
	if (i == SAMPLE_ROWS_MAX)
		return false;
	rows->point[i] = sample->point;
	rows->source_ns[i] = sample->source.ns;
	rows->node_ns[i] = sample->node.ns;
	rows->bits[i] = value_bits(&sample->value);
	rows->type[i] = (uint8_t)sample->value.type;
	rows->quality[i] = (uint8_t)sample->quality;
	rows->count++;
	return true;
}

sample_batch_t sample_rows_batch(const sample_rows_t *rows)
{
	return (sample_batch_t){
		.count = rows->count,
		.point = rows->point,
		.source_ns = rows->source_ns,
		.node_ns = rows->node_ns,
		.type = rows->type,
		.bits = rows->bits,
		.quality = rows->quality,
	};
}

static void put_times(writer_t *w, const int64_t *times, size_t count)
{
	uint64_t before = 0;
	for (size_t i = 0; i < count; i++) {
		wr_zigzag(w, (int64_t)((uint64_t)times[i] - before));
		before = (uint64_t)times[i];
	}
}

static void put_runs(writer_t *w, const uint8_t *bytes, size_t count)
{
	for (size_t i = 0; i < count;) {
		size_t from = i;
		while (i < count && bytes[i] == bytes[from])
			i++;
		wr_u8(w, bytes[from]);
		wr_varint(w, i - from);
	}
}

void sample_batch_encode(const sample_batch_t *batch, writer_t *w)
{
	wr_varint(w, batch->count);
	int64_t before = 0;
	for (size_t i = 0; i < batch->count; i++) {
		wr_zigzag(w, (int64_t)batch->point[i] - before);
		before = batch->point[i];
	}
	put_times(w, batch->source_ns, batch->count);
	put_times(w, batch->node_ns, batch->count);
	put_runs(w, batch->type, batch->count);
	put_runs(w, batch->quality, batch->count);
	for (size_t i = 0; i < batch->count; i++)
		wr_u64_le(w, batch->bits[i]);
}

static void get_points(reader_t *r, point_id_t *points, size_t count)
{
	uint64_t before = 0;
	for (size_t i = 0; i < count && !r->bad; i++) {
		before += (uint64_t)rd_zigzag(r);
		if (before > UINT32_MAX)
			r->bad = true;
		points[i] = (point_id_t)before;
	}
}

static void get_times(reader_t *r, int64_t *times, size_t count)
{
	uint64_t before = 0;
	for (size_t i = 0; i < count && !r->bad; i++) {
		before += (uint64_t)rd_zigzag(r);
		times[i] = (int64_t)before;
	}
}

static void get_runs(reader_t *r, uint8_t *bytes, size_t count, uint8_t below)
{
	for (size_t i = 0; i < count && !r->bad;) {
		uint8_t byte = rd_u8(r);
		uint64_t run = rd_varint(r);
		if (byte >= below || run == 0 || run > count - i)
			r->bad = true;
		for (; !r->bad && run > 0; run--)
			bytes[i++] = byte;
	}
}

static void get_bits(reader_t *r, uint64_t *bits, size_t count)
{
	for (size_t i = 0; i < count; i++)
		bits[i] = rd_u64_le(r);
}

/* The count alone moves rows->count, so that a failure leaves nothing behind. */
err_t sample_batch_decode(slice_t in, sample_rows_t *rows)
{
	reader_t r = reader_of(in);
	uint64_t count = rd_varint(&r);
	size_t at = rows->count;
	if (r.bad || count > r.in.len / sizeof(uint64_t))
		return ERR_MALFORMED;
	if (count > SAMPLE_ROWS_MAX - at)
		return ERR_TOO_BIG;
	get_points(&r, &rows->point[at], count);
	get_times(&r, &rows->source_ns[at], count);
	get_times(&r, &rows->node_ns[at], count);
	get_runs(&r, &rows->type[at], count, VALUE_TEXT);
	get_runs(&r, &rows->quality[at], count, QUALITY_COUNT);
	get_bits(&r, &rows->bits[at], count);
	if (r.bad || r.in.len)
		return ERR_MALFORMED;
	rows->count += count;
	return ERR_OK;
}
