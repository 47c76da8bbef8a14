/* SPDX-License-Identifier: Apache-2.0 */
/* Every difference is taken unsigned, so that the far ends of time wrap instead of
 * overflowing. */
#include "historian/block.h"

int block_row_compare(const void *a, const void *b)
{
	const block_row_t *x = a, *y = b;
	if (x->source_ns != y->source_ns)
		return x->source_ns < y->source_ns ? -1 : 1;
	if (x->node_ns != y->node_ns)
		return x->node_ns < y->node_ns ? -1 : 1;
	if (x->bits != y->bits)
		return x->bits < y->bits ? -1 : 1;
	if (x->type != y->type)
		return x->type < y->type ? -1 : 1;
	return (x->quality > y->quality) - (x->quality < y->quality);
}

static void put_times(const block_row_t *rows, size_t count, writer_t *w)
{
	int64_t last = 0, step = 0;
	for (size_t i = 0; i < count; i++) {
		int64_t now_step = (int64_t)((uint64_t)rows[i].source_ns - (uint64_t)last);
		wr_zigzag(w, (int64_t)((uint64_t)now_step - (uint64_t)step));
		step = now_step;
		last = rows[i].source_ns;
	}
	for (size_t i = 0; i < count; i++)
		wr_zigzag(w, (int64_t)((uint64_t)rows[i].node_ns - (uint64_t)rows[i].source_ns));
}

static void get_times(reader_t *r, block_row_t *rows, size_t count)
{
	int64_t last = 0, step = 0;
	for (size_t i = 0; i < count; i++) {
		step = (int64_t)((uint64_t)step + (uint64_t)rd_zigzag(r));
		last = (int64_t)((uint64_t)last + (uint64_t)step);
		rows[i].source_ns = last;
	}
	for (size_t i = 0; i < count; i++)
		rows[i].node_ns = (int64_t)((uint64_t)rows[i].source_ns + (uint64_t)rd_zigzag(r));
}

static uint8_t *type_of(block_row_t *row)
{
	return &row->type;
}

static uint8_t *quality_of(block_row_t *row)
{
	return &row->quality;
}

static void put_runs(const block_row_t *rows, size_t count, bool quality, writer_t *w)
{
	for (size_t i = 0, n; i < count; i += n) {
		uint8_t value = quality ? rows[i].quality : rows[i].type;
		for (n = 1; i + n < count; n++)
			if ((quality ? rows[i + n].quality : rows[i + n].type) != value)
				break;
		wr_u8(w, value);
		wr_varint(w, n);
	}
}

static void get_runs(reader_t *r, block_row_t *rows, size_t count, uint8_t *(*field)(block_row_t *),
                     uint8_t below)
{
	for (size_t i = 0; i < count && !r->bad;) {
		uint8_t value = rd_u8(r);
		uint64_t n = rd_varint(r);
		if (value >= below || n == 0 || n > count - i)
			r->bad = true;
		for (uint64_t k = 0; !r->bad && k < n; k++)
			*field(&rows[i++]) = value;
	}
}

void block_encode(const block_row_t *rows, size_t count, writer_t *w)
{
	wr_u8(w, 1);
	wr_varint(w, count);
	put_times(rows, count, w);
	put_runs(rows, count, false, w);
	put_runs(rows, count, true, w);
	for (size_t i = 0; i < count; i++)
		wr_u64_le(w, rows[i].bits);
}

err_t block_decode(slice_t in, block_row_t *ret_rows, size_t *ret_count)
{
	reader_t r = reader_of(in);
	uint8_t codec = rd_u8(&r);
	uint64_t count = rd_varint(&r);
	if (r.bad || codec != 1 || count == 0 || count > BLOCK_ROWS)
		return ERR_CORRUPT;
	get_times(&r, ret_rows, count);
	get_runs(&r, ret_rows, count, type_of, VALUE_TEXT);
	get_runs(&r, ret_rows, count, quality_of, QUALITY_COUNT);
	for (uint64_t i = 0; i < count; i++)
		ret_rows[i].bits = rd_u64_le(&r);
	if (r.bad || r.in.len)
		return ERR_CORRUPT;
	*ret_count = count;
	return ERR_OK;
}
