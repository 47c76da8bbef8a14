/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers of fields and enumerations are those of parquet.thrift. */
#include "codec/parquet/parquet.h"

#include <assert.h>
#include <string.h>

#include "codec/parquet/thrift.h"

enum { ENCODING_PLAIN = 0, ENCODING_RLE = 3 };
enum { CODEC_PLAIN = 0, CODEC_ZSTD = 6 };
enum { PAGE_DATA = 0, OPTIONAL = 1, FORMAT_VERSION = 2 };
enum { FOOT_BYTES = 256, SCHEMA_BYTES = 64 };

static const uint8_t MAGIC[4] = { 'P', 'A', 'R', '1' };

/* The physical type of each. */
static const int32_t physical[] = {
	[PARQUET_I64] = 2,  [PARQUET_F64] = 5, [PARQUET_TIME_NS] = 2,
	[PARQUET_TEXT] = 6, [PARQUET_F32] = 4,
};

void parquet_head(writer_t *w)
{
	wr_bytes(w, slice_of(MAGIC, sizeof(MAGIC)));
}

/* Values. */

static bool is_present(const parquet_data_t *data, size_t row)
{
	return !data->present || data->present[row];
}

/* Runs of rows that are there or not, behind their length in bytes. */
static void levels(const parquet_data_t *data, size_t rows, writer_t *w)
{
	size_t at = w->len;
	wr_u32_le(w, 0);
	for (size_t from = 0, to; from < rows; from = to) {
		bool present = is_present(data, from);
		for (to = from + 1; to < rows && is_present(data, to) == present; to++)
			;
		wr_varint(w, (uint64_t)(to - from) << 1);
		wr_u8(w, present);
	}
	if (w->bad)
		return;
	writer_t length = writer_of(&w->buf[at], 4);
	wr_u32_le(&length, (uint32_t)(w->len - at - 4));
}

static void value(parquet_type_t type, const parquet_data_t *data, size_t row, writer_t *w)
{
	if (type == PARQUET_F32) {
		wr_u32_le(w, (uint32_t)data->bits[row]);
		return;
	}
	if (type != PARQUET_TEXT) {
		wr_u64_le(w, data->bits[row]);
		return;
	}
	wr_u32_le(w, (uint32_t)data->texts[row].len);
	wr_bytes(w, data->texts[row]);
}

void parquet_values(parquet_type_t type, const parquet_data_t *data, size_t rows, writer_t *w)
{
	levels(data, rows, w);
	for (size_t row = 0; row < rows; row++)
		if (is_present(data, row))
			value(type, data, row, w);
}

void parquet_page_head(size_t rows, size_t plain_bytes, size_t stored_bytes, writer_t *w)
{
	assert(plain_bytes <= INT32_MAX && stored_bytes <= INT32_MAX && rows <= INT32_MAX);
	thrift_t head = thrift_begin(w);
	thrift_i32(&head, 1, PAGE_DATA);
	thrift_i32(&head, 2, (int32_t)plain_bytes);
	thrift_i32(&head, 3, (int32_t)stored_bytes);
	thrift_t page = thrift_struct(&head, 5);
	thrift_i32(&page, 1, (int32_t)rows);
	thrift_i32(&page, 2, ENCODING_PLAIN);
	thrift_i32(&page, 3, ENCODING_RLE);
	thrift_i32(&page, 4, ENCODING_RLE);
	thrift_end(&page);
	thrift_end(&head);
}

/* The foot. */

static void logical_text(thrift_t *element)
{
	thrift_i32(element, 6, 0); /* UTF8, for readers that know no logical types */
	thrift_t logical = thrift_struct(element, 10);
	thrift_empty(&logical, 1);
	thrift_end(&logical);
}

static void logical_time(thrift_t *element)
{
	thrift_t logical = thrift_struct(element, 10);
	thrift_t time = thrift_struct(&logical, 8);
	thrift_bool(&time, 1, true); /* UTC */
	thrift_t unit = thrift_struct(&time, 2);
	thrift_empty(&unit, 3); /* nanoseconds */
	thrift_end(&unit);
	thrift_end(&time);
	thrift_end(&logical);
}

static void schema_column(const parquet_column_t *column, writer_t *w)
{
	thrift_t element = thrift_begin(w);
	thrift_i32(&element, 1, physical[column->type]);
	thrift_i32(&element, 3, OPTIONAL);
	thrift_text(&element, 4, column->name);
	if (column->type == PARQUET_TEXT)
		logical_text(&element);
	else if (column->type == PARQUET_TIME_NS)
		logical_time(&element);
	thrift_end(&element);
}

static void schema(const parquet_table_t *table, thrift_t *foot)
{
	thrift_list(foot, 2, THRIFT_STRUCT, table->column_count + 1);
	thrift_t root = thrift_begin(foot->w);
	thrift_text(&root, 4, "schema");
	thrift_i32(&root, 5, (int32_t)table->column_count);
	thrift_end(&root);
	for (size_t i = 0; i < table->column_count; i++)
		schema_column(&table->columns[i], foot->w);
}

static void chunk_data(const parquet_table_t *table, size_t group, size_t column, thrift_t *chunk)
{
	const parquet_chunk_t *place = &table->chunks[group * table->column_count + column];
	thrift_t data = thrift_struct(chunk, 3);
	thrift_i32(&data, 1, physical[table->columns[column].type]);
	thrift_list(&data, 2, THRIFT_I32, 2);
	wr_zigzag(data.w, ENCODING_PLAIN);
	wr_zigzag(data.w, ENCODING_RLE);
	thrift_list(&data, 3, THRIFT_TEXT, 1);
	wr_string(data.w, slice_str(table->columns[column].name));
	thrift_i32(&data, 4, table->is_zstd ? CODEC_ZSTD : CODEC_PLAIN);
	thrift_i64(&data, 5, (int64_t)table->group_rows[group]);
	thrift_i64(&data, 6, (int64_t)place->plain_bytes);
	thrift_i64(&data, 7, (int64_t)place->stored_bytes);
	thrift_i64(&data, 9, (int64_t)place->offset);
	thrift_end(&data);
}

static void group_rows(const parquet_table_t *table, size_t group, writer_t *w)
{
	int64_t bytes = 0;
	thrift_t t = thrift_begin(w);
	thrift_list(&t, 1, THRIFT_STRUCT, table->column_count);
	for (size_t i = 0; i < table->column_count; i++) {
		const parquet_chunk_t *place = &table->chunks[group * table->column_count + i];
		thrift_t chunk = thrift_begin(w);
		thrift_i64(&chunk, 2, (int64_t)place->offset);
		chunk_data(table, group, i, &chunk);
		thrift_end(&chunk);
		bytes += (int64_t)place->plain_bytes;
	}
	thrift_i64(&t, 2, bytes);
	thrift_i64(&t, 3, (int64_t)table->group_rows[group]);
	thrift_end(&t);
}

void parquet_foot(const parquet_table_t *table, writer_t *w)
{
	size_t at = w->len;
	int64_t rows = 0;
	assert(table->column_count <= PARQUET_COLUMNS_MAX);
	for (size_t i = 0; i < table->group_count; i++)
		rows += (int64_t)table->group_rows[i];
	thrift_t foot = thrift_begin(w);
	thrift_i32(&foot, 1, FORMAT_VERSION);
	schema(table, &foot);
	thrift_i64(&foot, 3, rows);
	thrift_list(&foot, 4, THRIFT_STRUCT, table->group_count);
	for (size_t i = 0; i < table->group_count; i++)
		group_rows(table, i, w);
	thrift_text(&foot, 6, table->created_by);
	thrift_end(&foot);
	wr_u32_le(w, (uint32_t)(w->len - at));
	parquet_head(w);
}

size_t parquet_foot_bound(const parquet_table_t *table)
{
	size_t names = 0, columns = table->column_count;
	for (size_t i = 0; i < columns; i++)
		names += strlen(table->columns[i].name);
	return FOOT_BYTES + strlen(table->created_by) + columns * SCHEMA_BYTES + names +
	       table->group_count * (columns * PARQUET_CHUNK_FOOT_MAX + names + SCHEMA_BYTES);
}
