/* SPDX-License-Identifier: Apache-2.0 */
/* A column is written as ramps when they are fewer than a quarter of its rows: then they
 * are shorter than the rows and still read faster than copied. */
#include "model/sample_columns.h"

#include <assert.h>

enum {
	FORMAT = 1,
	PLAIN = 0,
	RAMPS = 1,
	ROWS_A_RAMP = 4,
	RAMPS_MAX = SAMPLE_ROWS_MAX / ROWS_A_RAMP,
	AT_ONCE = 16,
};

typedef struct {
	uint64_t start, step, length;
} ramp_t;

/* How many of the words from `from` on go up by one step; `from` is not the last. Words
 * are looked at several at once, which ends a ramp of many where it is cheap to look. */
static size_t ramp_length(const uint64_t *words, size_t from, size_t count)
{
	uint64_t step = words[from + 1] - words[from], odd = 0;
	size_t end = from + 2;
	for (; count - end >= AT_ONCE; end += AT_ONCE) {
		for (size_t i = 0; i < AT_ONCE; i++)
			odd |= (words[end + i] - words[end + i - 1]) ^ step;
		if (odd)
			break;
	}
	while (end < count && words[end] - words[end - 1] == step)
		end++;
	return end - from;
}

/* Returns how many ramps the words are; 0 when they are too many. */
static size_t find_ramps(const uint64_t *words, size_t count, ramp_t ret_ramps[RAMPS_MAX])
{
	size_t n = 0;
	for (size_t i = 0; i < count; i += ret_ramps[n++].length) {
		if (n * ROWS_A_RAMP > count || n == RAMPS_MAX)
			return 0;
		bool is_last = i + 1 == count;
		ret_ramps[n].start = words[i];
		ret_ramps[n].step = is_last ? 0 : words[i + 1] - words[i];
		ret_ramps[n].length = is_last ? 1 : ramp_length(words, i, count);
	}
	return n * ROWS_A_RAMP > count ? 0 : n;
}

static void put_ramps(const ramp_t *ramps, size_t count, writer_t *w)
{
	uint64_t before = 0;
	wr_u8(w, RAMPS);
	for (size_t i = 0; i < count; i++) {
		wr_zigzag(w, (int64_t)(ramps[i].start - before));
		wr_zigzag(w, (int64_t)ramps[i].step);
		wr_varint(w, ramps[i].length);
		before = ramps[i].start;
	}
}

static void put_words(const uint64_t *words, size_t count, writer_t *w)
{
	uint8_t *room = wr_reserve(w, count * sizeof(*words));
	if (room)
		store_words_le(words, count, room);
}

static void put_times(const int64_t *times, size_t count, writer_t *w)
{
	ramp_t ramps[RAMPS_MAX];
	size_t n = find_ramps((const uint64_t *)times, count, ramps);
	if (n) {
		put_ramps(ramps, n, w);
		return;
	}
	wr_u8(w, PLAIN);
	put_words((const uint64_t *)times, count, w);
}

static void put_points(const point_id_t *points, size_t count, writer_t *w)
{
	uint64_t wide[SAMPLE_ROWS_MAX];
	ramp_t ramps[RAMPS_MAX];
	for (size_t i = 0; i < count; i++)
		wide[i] = points[i];
	size_t n = find_ramps(wide, count, ramps);
	if (n) {
		put_ramps(ramps, n, w);
		return;
	}
	wr_u8(w, PLAIN);
	for (size_t i = 0; i < count; i++)
		wr_u32_le(w, points[i]);
}

static size_t run_length(const uint8_t *bytes, size_t from, size_t count)
{
	uint64_t same = bytes[from] * UINT64_C(0x0101010101010101);
	size_t end = from + 1;
	while (count - end >= sizeof(same) && load_u64_le(&bytes[end]) == same)
		end += sizeof(same);
	while (end < count && bytes[end] == bytes[from])
		end++;
	return end - from;
}

static void put_runs(const uint8_t *bytes, size_t count, writer_t *w)
{
	for (size_t i = 0, n; i < count; i += n) {
		n = run_length(bytes, i, count);
		wr_u8(w, bytes[i]);
		wr_varint(w, n);
	}
}

void sample_columns_encode(const sample_batch_t *batch, writer_t *w)
{
	size_t n = batch->count;
	assert(n <= SAMPLE_ROWS_MAX);
	wr_u8(w, FORMAT);
	wr_varint(w, n);
	put_points(batch->point, n, w);
	put_times(batch->source_ns, n, w);
	put_times(batch->node_ns, n, w);
	put_runs(batch->type, n, w);
	put_runs(batch->quality, n, w);
	put_words(batch->bits, n, w);
	wr_string(w, batch->text);
}

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
		if (!r->bad)
			load_words_le(plain.ptr, count, (uint64_t *)times);
		return;
	}
	for (size_t i = 0; i < count && !r->bad; i += ramp.length) {
		ramp = get_ramp(r, ramp.start, count - i);
		size_t length = r->bad ? 0 : (size_t)ramp.length;
		for (size_t k = 0; k < length; k++)
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
		size_t length = r->bad ? 0 : (size_t)ramp.length;
		uint64_t all = 0;
		for (size_t k = 0; k < length; k++) {
			uint64_t point = ramp.start + k * ramp.step;
			all |= point;
			points[i + k] = (point_id_t)point;
		}
		r->bad |= all > UINT32_MAX;
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
	if (!r->bad)
		load_words_le(plain.ptr, count, bits);
}

static bool has_all_texts(const sample_rows_t *rows, size_t count)
{
	bool is_short = false;
	for (size_t i = 0; i < count; i++) {
		uint64_t end = (rows->bits[i] >> 32) + (rows->bits[i] & UINT32_MAX);
		is_short |= (rows->type[i] == VALUE_TEXT) & (end > rows->text_len);
	}
	return !is_short;
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
