/* SPDX-License-Identifier: Apache-2.0 */
/* Columns of samples and their compact form. Differences are taken in unsigned
 * arithmetic, which wraps, so that any two times have one. */
#include "model/sample.h"

#include <assert.h>

sample_t sample_batch_get(const sample_batch_t *batch, size_t i)
{
	assert(i < batch->count);
	value_type_t type = (value_type_t)batch->type[i];
	return (sample_t){
		.point = batch->point[i],
		.source = { batch->source_ns[i] },
		.node = { batch->node_ns[i] },
		.value = type == VALUE_TEXT ? value_text(sample_text(batch->text, batch->bits[i]))
		                            : value_from_bits(type, batch->bits[i]),
		.quality = (quality_t)batch->quality[i],
	};
}

static bool add_text(sample_rows_t *rows, slice_t text, uint64_t *ret_bits)
{
	if (text.len > SAMPLE_TEXT_MAX - rows->text_len)
		return false;
	if (text.len)
		memcpy(&rows->text[rows->text_len], text.ptr, text.len);
	*ret_bits = sample_text_bits((uint32_t)rows->text_len, (uint32_t)text.len);
	rows->text_len += text.len;
	return true;
}

bool sample_rows_add(sample_rows_t *rows, const sample_t *sample)
{
	size_t i = rows->count;
	if (i == SAMPLE_ROWS_MAX)
		return false;
	if (i == 0)
		rows->text_len = 0;
	if (sample->value.type != VALUE_TEXT)
		rows->bits[i] = value_bits(&sample->value);
	else if (!add_text(rows, sample->value.as.text, &rows->bits[i]))
		return false;
	rows->point[i] = sample->point;
	rows->source_ns[i] = sample->source.ns;
	rows->node_ns[i] = sample->node.ns;
	rows->type[i] = (uint8_t)sample->value.type;
	rows->quality[i] = (uint8_t)sample->quality;
	rows->count++;
	return true;
}

void sample_rows_fill(sample_rows_t *rows, size_t count, const sample_t *common)
{
	size_t at = rows->count;
	assert(count <= SAMPLE_ROWS_MAX - at);
	for (size_t i = 0; i < count; i++)
		rows->point[at + i] = common->point;
	for (size_t i = 0; i < count; i++)
		rows->node_ns[at + i] = common->node.ns;
	memset(&rows->type[at], (int)common->value.type, count);
	memset(&rows->quality[at], (int)common->quality, count);
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
		.text = slice_of(rows->text, rows->count ? rows->text_len : 0),
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
