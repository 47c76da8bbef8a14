/* SPDX-License-Identifier: Apache-2.0 */
/* Rows that were fetched together, handed out one by one. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/ascii.h"
#include "query/sql/state.h"

static err_t refill(sql_page_t *page)
{
	page->rows = page->at = 0;
	page->text.len = 0;
	page->text.bad = false;
	while (page->rows == 0 && !page->is_last) {
		err_t err = page->fill(page);
		if (err)
			return err;
	}
	return ERR_OK;
}

err_t sql_page_begin(sql_page_t *page, sql_t *sql, size_t columns, err_t (*fill)(sql_page_t *))
{
	assert(columns <= SQL_PAGE_COLUMNS);
	if (!page->cells) {
		uint8_t *text = malloc(SQL_PAGE_TEXT);
		page->cells = calloc(columns * SQL_PAGE_ROWS, sizeof(*page->cells));
		page->text = writer_of(text, text ? SQL_PAGE_TEXT : 0);
		if (!text || !page->cells)
			return ERR_NO_MEMORY;
	}
	page->sql = sql;
	page->columns = columns;
	page->fill = fill;
	page->is_last = false;
	return refill(page);
}

void sql_page_done(sql_page_t *page)
{
	free(page->cells);
	free(page->text.buf);
}

value_t *sql_page_add(sql_page_t *page)
{
	if (page->rows == SQL_PAGE_ROWS)
		return NULL;
	value_t *cells = &page->cells[page->rows++ * page->columns];
	for (size_t i = 0; i < page->columns; i++)
		cells[i] = (value_t){ .type = VALUE_NONE };
	return cells;
}

void sql_page_drop(sql_page_t *page)
{
	page->rows--;
	page->text.bad = false;
}

bool sql_page_text(sql_page_t *page, slice_t text, value_t *ret_value)
{
	size_t at = page->text.len;
	wr_bytes(&page->text, text);
	if (page->text.bad)
		return false;
	*ret_value = value_text(slice_of(&page->text.buf[at], text.len));
	return true;
}

bool sql_page_is_end(const void *cursor)
{
	const sql_page_t *page = cursor;
	return page->at == page->rows;
}

err_t sql_page_next(void *cursor)
{
	sql_page_t *page = cursor;
	page->at++;
	return page->at < page->rows || page->is_last ? ERR_OK : refill(page);
}

value_t sql_page_column(const void *cursor, size_t column)
{
	const sql_page_t *page = cursor;
	return page->cells[page->at * page->columns + column];
}

/* As everywhere programs are told a quality. */
static bool put_quality(sql_page_t *page, quality_t quality, value_t *ret_value)
{
	*ret_value = value_text(SLICE("good"));
	if (quality == QUALITY_OK)
		return true;
	char word[32];
	writer_t w = writer_of(word, sizeof(word));
	for (slice_t rest = slice_str(quality_info(quality)->name); rest.len > 0;
	     rest = slice_from(rest, 1))
		wr_u8(&w, ascii_fold_lower(rest.ptr[0]));
	return sql_page_text(page, writer_done(&w), ret_value);
}

bool sql_put_sample(sql_page_t *page, const sample_t *sample, const sql_point_t *point)
{
	value_t *cells = sql_page_add(page);
	if (!cells)
		return false;
	const char *state = point_state_name(&point->states, &sample->value, LANG_EN);
	cells[0] = value_text(point->name);
	cells[1] = value_i64(sample->source.ns);
	cells[2] = sample->value;
	cells[4] = value_i64(sample->node.ns);
	if (state)
		cells[5] = value_text(slice_str(state));
	if (!isinf(sample->bound))
		cells[6] = value_f64(sample->bound);
	bool is_kept = sample->value.type != VALUE_TEXT ||
	               sql_page_text(page, sample->value.as.text, &cells[2]);
	if (is_kept && put_quality(page, sample->quality, &cells[3]))
		return true;
	sql_page_drop(page);
	return false;
}
