/* SPDX-License-Identifier: Apache-2.0 */
/* Late rows are few and stand anywhere: their places take about half of the bit a row that
 * marks in a column come to then. */
#include "historian/mark_part.h"

#include "codec/column/rising.h"

/* Before the places of late rows; no column begins so. */
enum { APART = 1, LATE_MIN = 4 };

static size_t find_late(const rows_t *rows, uint64_t *ret_places)
{
	size_t late = 0;
	for (size_t i = 0; i < rows->count; i++) {
		ret_places[late] = i;
		late += rows->mark[i] & MARK_LATE;
	}
	return late;
}

static void put_apart(const column_kernel_t *kernel, const rows_t *rows, const uint64_t *places,
                      size_t late, writer_t *w)
{
	uint8_t marks[COLUMN_ROWS];
	for (size_t i = 0; i < rows->count; i++)
		marks[i] = rows->mark[i] & (uint8_t)~MARK_LATE;
	wr_u8(w, APART);
	wr_varint(w, late);
	rising_put(places, late, w);
	column_byte_encode(kernel, marks, rows->count, w);
}

/* Whichever is shorter. */
void mark_encode(const column_kernel_t *kernel, const rows_t *rows, writer_t *w)
{
	uint64_t places[COLUMN_ROWS];
	size_t at = w->len, late = find_late(rows, places);
	column_byte_encode(kernel, rows->mark, rows->count, w);
	if (late >= LATE_MIN) {
		uint8_t bytes[2 * COLUMN_BYTES_MAX];
		writer_t apart = writer_of(bytes, sizeof(bytes));
		put_apart(kernel, rows, places, late, &apart);
		if (!apart.bad && apart.len < w->len - at) {
			w->len = at;
			wr_bytes(w, writer_done(&apart));
		}
	}
	column_byte_encode(kernel, rows->type, rows->count, w);
}

static err_t decode_apart(const column_kernel_t *kernel, reader_t *r, rowset_t *rows)
{
	uint64_t places[COLUMN_ROWS];
	rd_u8(r);
	uint64_t late = rd_varint(r);
	if (r->bad || late == 0 || late > rows->count)
		return ERR_CORRUPT;
	rising_get(r, (size_t)late, places);
	if (r->bad || places[late - 1] >= rows->count)
		return ERR_CORRUPT;
	err_t err = column_byte_decode(kernel, r, rows->count, rows->mark);
	for (size_t i = 0; !err && i < late; i++)
		rows->mark[places[i]] |= MARK_LATE;
	return err;
}

static bool are_below(const uint8_t *bytes, size_t count, uint8_t limit)
{
	uint8_t greatest = 0;
	for (size_t i = 0; i < count; i++)
		greatest = bytes[i] > greatest ? bytes[i] : greatest;
	return greatest < limit;
}

err_t mark_decode(const column_kernel_t *kernel, reader_t *r, rowset_t *rows)
{
	bool is_apart = r->in.len && r->in.ptr[0] == APART;
	err_t err = is_apart ? decode_apart(kernel, r, rows)
	                     : column_byte_decode(kernel, r, rows->count, rows->mark);
	if (!err)
		err = column_byte_decode(kernel, r, rows->count, rows->type);
	if (!err && (!are_below(rows->mark, rows->count, MARK_COUNT) ||
	             !are_below(rows->type, rows->count, VALUE_TYPE_COUNT)))
		err = ERR_CORRUPT;
	return err;
}
