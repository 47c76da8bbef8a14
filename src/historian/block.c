/* SPDX-License-Identifier: Apache-2.0 */
#include "historian/block.h"

#include "base/crc.h"
#include "historian/mark_part.h"
#include "historian/node_times.h"
#include "historian/words.h"

enum { CRC_BYTES = 4 };

/* The first type of a row that says how the bits are best looked at. */
static value_type_t type_of(const rows_t *rows)
{
	value_type_t type = VALUE_NONE;
	for (size_t i = 0; i < rows->count && type == VALUE_NONE; i++)
		type = (value_type_t)rows->type[i];
	for (size_t i = 0; i < rows->count; i++)
		if (rows->type[i] == VALUE_TEXT)
			return VALUE_TEXT;
	return type;
}

/* Whether every value is a float32, so that they make a column of their own. */
static bool is_all_f32(const rows_t *rows)
{
	unsigned odd = 0;
	for (size_t i = 0; i < rows->count; i++)
		odd |= rows->type[i] != VALUE_F32 && rows->type[i] != VALUE_NONE;
	return !odd;
}

/* Of the first row that has a value. */
static uint64_t first_bits(const rows_t *rows)
{
	size_t first = 0;
	while (first < rows->count && rows->type[first] == VALUE_NONE)
		first++;
	return first < rows->count ? rows->bits[first] : 0;
}

/* Where nothing was read, what was read before (or, at first, next) disturbs nobody. */
static void fill_gaps(const rows_t *rows, uint64_t *bits)
{
	uint64_t before = first_bits(rows);
	for (size_t i = 0; i < rows->count; i++) {
		if (rows->type[i] != VALUE_NONE)
			before = rows->bits[i];
		bits[i] = before;
	}
}

static void encode_f32(const column_kernel_t *kernel, const uint64_t *bits, size_t n,
                       column_hint_t *hint, writer_t *w)
{
	uint32_t narrow[BLOCK_ROWS];
	for (size_t i = 0; i < n; i++)
		narrow[i] = (uint32_t)bits[i];
	column_f32_encode(kernel, narrow, n, hint, w);
}

static void encode_bits(const column_kernel_t *kernel, const rows_t *rows, const uint64_t *bits,
                        column_hint_t *hint, writer_t *w)
{
	value_type_t type = type_of(rows);
	if (type == VALUE_F64)
		column_real_encode(kernel, bits, rows->count, hint, w);
	else if (type == VALUE_F32 && is_all_f32(rows))
		encode_f32(kernel, bits, rows->count, hint, w);
	else if (type == VALUE_I64)
		column_int_encode(kernel, (const int64_t *)bits, rows->count, w);
	else
		column_uint_encode(kernel, bits, rows->count, w);
}

static err_t encode_values(const column_kernel_t *kernel, const rows_t *rows, column_hint_t *hint,
                           text_t *to, writer_t *w)
{
	uint64_t bits[BLOCK_ROWS];
	words_t *words = NULL;
	err_t err = ERR_OK;
	if (type_of(rows) == VALUE_TEXT)
		err = words_number(rows, bits, &words);
	else
		fill_gaps(rows, bits);
	if (!err)
		encode_bits(kernel, rows, bits, hint, w);
	if (!err)
		text_add(to, writer_done(w));
	if (!err && words)
		err = words_encode(words, to);
	words_free(words);
	return err;
}

static bool has_type(const rowset_t *rows, value_type_t type)
{
	unsigned found = 0;
	for (size_t i = 0; i < rows->count; i++)
		found |= rows->type[i] == (uint8_t)type;
	return found;
}

/* A checksum says that bytes are those that were written, not that they mean something. */
static bool has_all_bits(const rowset_t *rows)
{
	bool is_possible = true;
	if (!has_type(rows, VALUE_F32) && !has_type(rows, VALUE_ENUM))
		return true;
	for (size_t i = 0; i < rows->count; i++)
		is_possible &= value_has_bits((value_type_t)rows->type[i], rows->bits[i]);
	return is_possible;
}

static err_t decode_values(const column_kernel_t *kernel, reader_t *r, rowset_t *rows)
{
	err_t err = column_bits_decode(kernel, r, rows->count, rows->bits);
	if (!err && has_type(rows, VALUE_NONE))
		for (size_t i = 0; i < rows->count; i++)
			rows->bits[i] = rows->type[i] == VALUE_NONE ? 0 : rows->bits[i];
	if (!err && !has_all_bits(rows))
		err = ERR_CORRUPT;
	return err || !has_type(rows, VALUE_TEXT) ? err : words_decode(r, rows);
}

err_t block_encode(const column_kernel_t *kernel, block_part_t part, const rows_t *rows,
                   column_hint_t *hint, text_t *to)
{
	uint8_t bytes[BLOCK_PART_MAX + COLUMN_BYTES_MAX];
	size_t start = to->len;
	writer_t w = writer_of(bytes, sizeof(bytes));
	err_t err = ERR_OK;
	switch (part) {
	case BLOCK_SOURCE:
		column_time_encode(kernel, rows->source_ns, rows->count, &w);
		break;
	case BLOCK_NODE:
		err = node_encode(kernel, rows, &w);
		break;
	case BLOCK_MARK:
		mark_encode(kernel, rows, &w);
		break;
	case BLOCK_VALUE:
	case BLOCK_PARTS:
		err = encode_values(kernel, rows, hint, to, &w);
		break;
	}
	if (part != BLOCK_VALUE)
		text_add(to, writer_done(&w));
	w.len = 0;
	wr_u32_le(&w, crc32c(0, slice_from(text_slice(to), start)));
	text_add(to, writer_done(&w));
	return err ? err : w.bad || to->bad ? ERR_NO_MEMORY : ERR_OK;
}

/* A part whose checksum holds, without it. */
static err_t open_part(slice_t bytes, reader_t *ret_r)
{
	if (bytes.len < CRC_BYTES)
		return ERR_CORRUPT;
	slice_t body = slice_sub(bytes, 0, bytes.len - CRC_BYTES);
	reader_t end = reader_of(slice_from(bytes, body.len));
	*ret_r = reader_of(body);
	return rd_u32_le(&end) == crc32c(0, body) ? ERR_OK : ERR_CORRUPT;
}

static err_t decode_part(const column_kernel_t *kernel, block_part_t part, slice_t bytes,
                         rowset_t *rows)
{
	reader_t r;
	err_t err = open_part(bytes, &r);
	if (err)
		return err;
	if (part == BLOCK_SOURCE)
		err = column_time_decode(kernel, &r, rows->count, rows->source_ns);
	else if (part == BLOCK_NODE)
		err = node_decode(kernel, &r, rows);
	else if (part == BLOCK_MARK)
		err = mark_decode(kernel, &r, rows);
	else
		err = decode_values(kernel, &r, rows);
	return err ? err : r.bad || r.in.len ? ERR_CORRUPT : ERR_OK;
}

static bool is_ordered(const rowset_t *rows)
{
	bool is_ordered = true;
	for (size_t i = 1; i < rows->count; i++)
		is_ordered &= rows->source_ns[i - 1] <= rows->source_ns[i];
	return is_ordered;
}

err_t block_decode(const column_kernel_t *kernel, const slice_t parts[BLOCK_PARTS], size_t count,
                   rowset_t *ret_rows)
{
	if (count == 0 || count > BLOCK_ROWS)
		return ERR_CORRUPT;
	err_t err = rowset_reserve(ret_rows, count);
	ret_rows->count = count;
	for (block_part_t part = BLOCK_SOURCE; !err && part < BLOCK_PARTS; part++)
		err = decode_part(kernel, part, parts[part], ret_rows);
	if (!err && !is_ordered(ret_rows))
		err = ERR_CORRUPT;
	if (err)
		ret_rows->count = 0;
	return err;
}
