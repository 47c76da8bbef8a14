/* SPDX-License-Identifier: Apache-2.0 */
/* A column is written as ramps when they are fewer than a quarter of its rows: then they
 * are shorter than the rows and still read faster than copied. */
#include "model/sample_columns.h"

enum { FORMAT = 1, PLAIN = 0, RAMPS = 1, ROWS_A_RAMP = 4 };

/* Points and times through one pair of eyes. */
typedef struct {
	const int64_t *times;     /* or */
	const point_id_t *points; /* one of the two */
	size_t count;
} column_t;

static uint64_t at(const column_t *c, size_t i)
{
	return c->times ? (uint64_t)c->times[i] : c->points[i];
}

/* The rows from `from` on that go up by one step. */
static size_t ramp_length(const column_t *c, size_t from)
{
	size_t end = from + 1;
	if (end == c->count)
		return 1;
	uint64_t step = at(c, end) - at(c, from);
	while (end < c->count && at(c, end) - at(c, end - 1) == step)
		end++;
	return end - from;
}

static bool has_few_ramps(const column_t *c)
{
	size_t ramps = 0;
	for (size_t i = 0; i < c->count && ramps * ROWS_A_RAMP <= c->count; ramps++)
		i += ramp_length(c, i);
	return ramps * ROWS_A_RAMP <= c->count;
}

static void put_ramps(const column_t *c, writer_t *w)
{
	uint64_t before = 0;
	for (size_t i = 0, n; i < c->count; i += n) {
		n = ramp_length(c, i);
		wr_zigzag(w, (int64_t)(at(c, i) - before));
		wr_zigzag(w, n > 1 ? (int64_t)(at(c, i + 1) - at(c, i)) : 0);
		wr_varint(w, n);
		before = at(c, i);
	}
}

static void store_le(uint8_t *to, uint64_t number, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		to[i] = (uint8_t)(number >> (8 * i));
}

static void put_column(column_t c, writer_t *w)
{
	size_t width = c.times ? sizeof(int64_t) : sizeof(point_id_t);
	bool is_ramps = has_few_ramps(&c);
	wr_u8(w, is_ramps ? RAMPS : PLAIN);
	if (is_ramps) {
		put_ramps(&c, w);
		return;
	}
	uint8_t *room = wr_reserve(w, c.count * width);
	for (size_t i = 0; room && i < c.count; i++)
		store_le(&room[i * width], at(&c, i), width);
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

void sample_columns_encode(const sample_batch_t *batch, writer_t *w)
{
	size_t n = batch->count;
	wr_u8(w, FORMAT);
	wr_varint(w, n);
	put_column((column_t){ .points = batch->point, .count = n }, w);
	put_column((column_t){ .times = batch->source_ns, .count = n }, w);
	put_column((column_t){ .times = batch->node_ns, .count = n }, w);
	put_runs(w, batch->type, n);
	put_runs(w, batch->quality, n);
	uint8_t *room = wr_reserve(w, n * sizeof(uint64_t));
	for (size_t i = 0; room && i < n; i++)
		store_le(&room[i * sizeof(uint64_t)], batch->bits[i], sizeof(uint64_t));
	wr_string(w, batch->text);
}

typedef struct {
	uint64_t start, step, length;
} ramp_t;

/* The next ramp; at most `left` long. */
static ramp_t get_ramp(reader_t *r, uint64_t before, size_t left)
{
	ramp_t ramp = { .start = before + (uint64_t)rd_zigzag(r) };
	ramp.step = (uint64_t)rd_zigzag(r);
	ramp.length = rd_varint(r);
	if (ramp.length == 0 || ramp.length > left)
		r->bad = true;
	return ramp;
}

static void get_times(reader_t *r, int64_t *times, size_t count)
{
	ramp_t ramp = { 0 };
	if (rd_u8(r) == PLAIN) {
		slice_t plain = rd_take(r, count * sizeof(int64_t));
		for (size_t i = 0; !r->bad && i < count; i++)
			times[i] = (int64_t)load_u64_le(&plain.ptr[i * sizeof(int64_t)]);
		return;
	}
	for (size_t i = 0; i < count && !r->bad; i += ramp.length) {
		ramp = get_ramp(r, ramp.start, count - i);
		for (uint64_t k = 0; !r->bad && k < ramp.length; k++)
			times[i + k] = (int64_t)(ramp.start + k * ramp.step);
	}
}

static void get_points(reader_t *r, point_id_t *points, size_t count)
{
	ramp_t ramp = { 0 };
	if (rd_u8(r) == PLAIN) {
		for (size_t i = 0; i < count; i++)
			points[i] = rd_u32_le(r);
		return;
	}
	for (size_t i = 0; i < count && !r->bad; i += ramp.length) {
		ramp = get_ramp(r, ramp.start, count - i);
		for (uint64_t k = 0; !r->bad && k < ramp.length; k++) {
			uint64_t point = ramp.start + k * ramp.step;
			r->bad = point > UINT32_MAX;
			points[i + k] = (point_id_t)point;
		}
	}
}

static void get_runs(reader_t *r, uint8_t *bytes, size_t count, uint8_t below)
{
	for (size_t i = 0; i < count && !r->bad;) {
		uint8_t byte = rd_u8(r);
		uint64_t run = rd_varint(r);
		if (byte >= below || run == 0 || run > count - i)
			r->bad = true;
		else
			memset(&bytes[i], byte, run);
		i += run;
	}
}

static void get_bits(reader_t *r, uint64_t *bits, size_t count)
{
	slice_t plain = rd_take(r, count * sizeof(uint64_t));
	for (size_t i = 0; !r->bad && i < count; i++)
		bits[i] = load_u64_le(&plain.ptr[i * sizeof(uint64_t)]);
}

static bool has_all_texts(const sample_rows_t *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (rows->type[i] == VALUE_TEXT &&
		    (rows->bits[i] >> 32) + (rows->bits[i] & UINT32_MAX) > rows->text_len)
			return false;
	return true;
}

static bool has_all_bits(const sample_rows_t *rows, size_t count)
{
	bool is_possible = true;
	for (size_t i = 0; i < count; i++)
		is_possible &= value_has_bits((value_type_t)rows->type[i], rows->bits[i]);
	return is_possible;
}

err_t sample_columns_decode(slice_t in, sample_rows_t *rows)
{
	reader_t r = reader_of(in);
	uint8_t format = rd_u8(&r);
	uint64_t count = rd_varint(&r);
	rows->count = 0;
	if (r.bad || format == 0 || count == 0)
		return ERR_MALFORMED;
	if (format > FORMAT || count > SAMPLE_ROWS_MAX)
		return format > FORMAT ? ERR_NEWER_FORMAT : ERR_TOO_BIG;
	get_points(&r, rows->point, count);
	get_times(&r, rows->source_ns, count);
	get_times(&r, rows->node_ns, count);
	get_runs(&r, rows->type, count, VALUE_TYPE_COUNT);
	get_runs(&r, rows->quality, count, QUALITY_COUNT);
	get_bits(&r, rows->bits, count);
	slice_t text = rd_string(&r);
	if (r.bad || r.in.len || text.len > SAMPLE_TEXT_MAX)
		return ERR_MALFORMED;
	if (text.len)
		memcpy(rows->text, text.ptr, text.len);
	rows->text_len = text.len;
	if (!has_all_texts(rows, count) || !has_all_bits(rows, count))
		return ERR_MALFORMED;
	rows->count = count;
	return ERR_OK;
}
