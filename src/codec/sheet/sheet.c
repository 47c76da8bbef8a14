/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/sheet/sheet.h"

enum { HAS_QUALITY = 1, WORD = 8 };

static const uint8_t MAGIC[4] = { 'J', 'Z', 'S', 'H' };

static bool is_type(uint8_t type)
{
	return (type >= SHEET_BOOL && type <= SHEET_F64) || type == SHEET_F32 || type == SHEET_ENUM;
}

static void read_column(reader_t *r, sheet_column_t *column)
{
	column->name = rd_string(r);
	uint8_t type = rd_u8(r);
	uint8_t flags = rd_u8(r);
	column->type = (sheet_type_t)type;
	column->has_quality = flags & HAS_QUALITY;
	if (!is_type(type) || flags > HAS_QUALITY || !column->name.len ||
	    column->name.len > SHEET_NAME_MAX)
		r->bad = true;
}

static void read_head(reader_t *r, sheet_t *sheet)
{
	slice_t magic = rd_take(r, sizeof(MAGIC));
	uint8_t version = rd_u8(r);
	sheet->count = rd_u16_le(r);
	sheet->rows = rd_u32_le(r);
	if (!slice_eq(magic, slice_of(MAGIC, sizeof(MAGIC))) || version != SHEET_VERSION ||
	    sheet->count == 0 || sheet->count > SHEET_COLUMNS_MAX || sheet->rows == 0 ||
	    sheet->rows > SHEET_ROWS_MAX)
		r->bad = true;
	for (size_t i = 0; !r->bad && i < sheet->count; i++)
		read_column(r, &sheet->columns[i]);
}

/* No half-open range reaches the last nanosecond. */
static bool are_times(slice_t times)
{
	uint64_t bad = 0;
	for (size_t i = 0; i + WORD <= times.len; i += WORD)
		bad |= load_u64_le(&times.ptr[i]) == INT64_MAX;
	return !bad;
}

static bool are_below(slice_t bytes, uint8_t limit)
{
	uint8_t most = 0;
	for (size_t i = 0; i < bytes.len; i++)
		most = bytes.ptr[i] > most ? bytes.ptr[i] : most;
	return bytes.len == 0 || most < limit;
}

static bool are_bools(slice_t values)
{
	uint64_t bits = 0;
	for (size_t i = 0; i + WORD <= values.len; i += WORD)
		bits |= load_u64_le(&values.ptr[i]);
	return bits <= 1;
}

static void read_values(reader_t *r, uint8_t qualities, size_t rows, sheet_column_t *column)
{
	column->values = rd_take(r, rows * sheet_width(column->type));
	column->quality = column->has_quality ? rd_take(r, rows) : (slice_t){ 0 };
	if (!are_below(column->quality, qualities) ||
	    (column->type == SHEET_BOOL && !are_bools(column->values)))
		r->bad = true;
}

bool sheet_next(reader_t *r, uint8_t qualities, sheet_t *ret_sheet)
{
	if (r->bad || r->in.len == 0)
		return false;
	read_head(r, ret_sheet);
	ret_sheet->times = rd_take(r, r->bad ? 0 : ret_sheet->rows * WORD);
	for (size_t i = 0; !r->bad && i < ret_sheet->count; i++)
		read_values(r, qualities, ret_sheet->rows, &ret_sheet->columns[i]);
	if (!r->bad && !are_times(ret_sheet->times))
		r->bad = true;
	return !r->bad;
}

void sheet_head_put(const sheet_t *sheet, writer_t *w)
{
	wr_bytes(w, slice_of(MAGIC, sizeof(MAGIC)));
	wr_u8(w, SHEET_VERSION);
	wr_u16_le(w, (uint16_t)sheet->count);
	wr_u32_le(w, (uint32_t)sheet->rows);
	for (size_t i = 0; i < sheet->count; i++) {
		wr_string(w, sheet->columns[i].name);
		wr_u8(w, (uint8_t)sheet->columns[i].type);
		wr_u8(w, sheet->columns[i].has_quality ? HAS_QUALITY : 0);
	}
}
