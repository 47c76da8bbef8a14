/* SPDX-License-Identifier: Apache-2.0 */
/* Tables: RFC 4180. A cell in quotes may hold commas, doubled quotes and ends of lines,
 * so lines are gathered until the quotes of a row are even. */
#include <stdlib.h>

#include "base/num.h"
#include "batch/impl.h"

static const err_text_t text_quote = {
	{ "the quotes of the row do not fit", "该行的引号不配对" },
	{ "put a cell in quotes whole, and write a quote in it twice",
	  "请用引号括住整个单元格，其中的引号写两次" },
};
static const err_text_t text_head = {
	{ "the first row does not name the columns: %1", "首行不是列名：%1" },
	{ "name them like name,URL,2:DESC, one of them `name`, at most 64",
	  "请写为 name,URL,2:DESC，其中一列为 name，最多 64 列" },
};
static const err_text_t text_cells = {
	{ "the row has more cells than the first row", "该行单元格多于首行" },
	{ "put cells that hold commas in quotes", "含逗号的单元格请用引号括住" },
};
static const err_text_t text_empty = {
	{ "the row gives %1 no value", "该行没有给 %1 任何值" },
	{ "fill at least one cell beside the name", "名称之外至少填写一个单元格" },
};
static const err_text_t text_big = {
	{ "the row is longer than 1 MiB", "该行超过 1 MiB" },
	{ "look for a quote that is not closed", "请检查未闭合的引号" },
};

typedef struct {
	slice_t row, rest;
	bool more; /* another cell follows */
} cells_t;

static err_t complain(const batch_t *b, const err_text_t *text, size_t column, err_detail_t *ret)
{
	return batch_complain(b, ERR_MALFORMED, &(complaint_t){ text, column, { 0 } }, ret);
}

/* The cell in quotes that begins the rest; the doubled quotes become single in `w`. */
static bool quoted_cell(cells_t *cells, writer_t *w)
{
	cells->rest = slice_from(cells->rest, 1);
	for (;;) {
		if (slice_find(cells->rest, '"') == cells->rest.len)
			return false;
		wr_bytes(w, slice_cut(&cells->rest, '"'));
		if (!slice_starts(cells->rest, SLICE("\"")))
			break;
		wr_u8(w, '"');
		cells->rest = slice_from(cells->rest, 1);
	}
	cells->more = slice_starts(cells->rest, SLICE(","));
	return slice_cut(&cells->rest, ',').len == 0;
}

static bool next_cell(cells_t *cells, writer_t *w)
{
	if (slice_starts(cells->rest, SLICE("\"")))
		return quoted_cell(cells, w);
	cells->more = slice_find(cells->rest, ',') < cells->rest.len;
	slice_t cell = slice_cut(&cells->rest, ',');
	wr_bytes(w, cell);
	return slice_find(cell, '"') == cell.len;
}

/* "URL", "2:URL", "name" or "also". */
static bool read_head(slice_t cell, size_t number, column_t *ret_column)
{
	uint64_t index = number;
	slice_t type = slice_trim(cell), rest = type;
	slice_t first = slice_cut(&rest, ':');
	ret_column->kind = slice_eq_nocase(type, SLICE("name"))   ? COLUMN_NAME
	                   : slice_eq_nocase(type, SLICE("also")) ? COLUMN_ALSO
	                                                          : COLUMN_VALUE;
	if (rest.len && num_parse_u64(first, INT32_MAX, &index) == ERR_OK)
		type = rest;
	ret_column->index = (uint32_t)index;
	return type.len > 0 && index > 0 &&
	       slice_to_cstr(type, ret_column->type, sizeof(ret_column->type));
}

static err_t read_heads(batch_t *b, cells_t *cells, err_detail_t *ret_detail)
{
	size_t count[COLUMN_KINDS] = { 0 };
	while (cells->more) {
		size_t column = cells->row.len - cells->rest.len + 1;
		writer_t w = writer_of(b->json_bytes, sizeof(b->json_bytes));
		if (!next_cell(cells, &w))
			return complain(b, &text_quote, column, ret_detail);
		/* Values count from 1, whatever stands between them. */
		column_t *head = &b->columns[b->column_count];
		if (b->column_count == COLUMNS_MAX ||
		    !read_head(writer_done(&w), count[COLUMN_VALUE] + 1, head))
			return batch_complain(b, ERR_INVALID,
			                      &(complaint_t){ &text_head, column, writer_done(&w) },
			                      ret_detail);
		count[head->kind]++;
		b->column_count++;
	}
	if (count[COLUMN_NAME] == 1 && count[COLUMN_ALSO] <= 1 && count[COLUMN_VALUE] > 0)
		return ERR_OK;
	return batch_complain(b, ERR_INVALID, &(complaint_t){ &text_head, 1, cells->row },
	                      ret_detail);
}

static void put_value(batch_t *b, const column_t *column, slice_t cell)
{
	json_object(&b->json);
	json_put_u64(&b->json, "index", column->index);
	json_put_cstr(&b->json, "type", column->type);
	json_put_str(&b->json, "data", cell);
	json_close(&b->json);
}

typedef struct {
	slice_t cell[COLUMNS_MAX];
	size_t at[COLUMNS_MAX], count;
} row_t;

/* The cells of a row, unquoted, in the memory of `w`. */
static err_t read_cells(batch_t *b, cells_t *cells, writer_t *w, row_t *row,
                        err_detail_t *ret_detail)
{
	for (row->count = 0; cells->more; row->count++) {
		size_t from = w->len, column = cells->row.len - cells->rest.len + 1;
		if (!next_cell(cells, w))
			return complain(b, &text_quote, column, ret_detail);
		if (row->count == b->column_count)
			return complain(b, &text_cells, column, ret_detail);
		row->cell[row->count] = slice_from(writer_done(w), from);
		row->at[row->count] = column;
	}
	return ERR_OK;
}

static err_t read_row(batch_t *b, cells_t *cells, err_detail_t *ret_detail)
{
	writer_t w = writer_of(b->load_bytes, BATCH_LINE_MAX);
	row_t row;
	err_t err = read_cells(b, cells, &w, &row, ret_detail);
	for (size_t i = 0; !err && i < b->column_count; i++)
		if (b->columns[i].kind == COLUMN_NAME)
			err = batch_name(b, i < row.count ? slice_trim(row.cell[i]) : SLICE(""),
			                 i < row.count ? row.at[i] : 0, ret_detail);
		else if (b->columns[i].kind == COLUMN_ALSO)
			b->also = i < row.count ? row.cell[i] : (slice_t){ 0 };
	if (err)
		return err;
	batch_begin(b, BATCH_CREATE);
	size_t values = 0;
	for (size_t i = 0; i < row.count; i++)
		if (b->columns[i].kind == COLUMN_VALUE && row.cell[i].len) {
			put_value(b, &b->columns[i], row.cell[i]);
			values++;
		}
	if (values == 0)
		return batch_complain(b, ERR_INVALID,
		                      &(complaint_t){ &text_empty, 1, b->item.name }, ret_detail);
	return batch_finish(b, ret_detail);
}

static bool is_even(slice_t row)
{
	size_t quotes = 0;
	for (size_t i = 0; i < row.len; i++)
		quotes += row.ptr[i] == '"';
	return quotes % 2 == 0;
}

static err_t take_row(batch_t *b, bool *ret_ready, err_detail_t *ret_detail)
{
	cells_t cells = { text_slice(&b->row), text_slice(&b->row), true };
	err_t err = ERR_OK;
	if (b->column_count == 0) {
		err = read_heads(b, &cells, ret_detail);
		if (err)
			b->column_count = 0;
	} else {
		err = read_row(b, &cells, ret_detail);
		*ret_ready = !err;
	}
	b->row.len = 0;
	return err;
}

err_t table_line(batch_t *b, slice_t line, bool *ret_ready, err_detail_t *ret_detail)
{
	if (!b->load_bytes && !(b->load_bytes = malloc(BATCH_LINE_MAX)))
		return batch_complain(b, ERR_NO_MEMORY, &(complaint_t){ 0 }, ret_detail);
	if (b->row.len)
		text_add(&b->row, SLICE("\n"));
	text_add(&b->row, line);
	if (b->row.bad) {
		text_free(&b->row);
		b->row = text_of(BATCH_LINE_MAX);
		return batch_complain(b, ERR_TOO_BIG, &(complaint_t){ .text = &text_big },
		                      ret_detail);
	}
	if (slice_trim(text_slice(&b->row)).len == 0) {
		b->row.len = 0;
		return ERR_OK;
	}
	return is_even(text_slice(&b->row)) ? take_row(b, ret_ready, ret_detail) : ERR_OK;
}

err_t table_end(batch_t *b, err_detail_t *ret_detail)
{
	return b->row.len ? complain(b, &text_quote, 0, ret_detail) : ERR_OK;
}
