/* SPDX-License-Identifier: Apache-2.0 */
#include "base/rows.h"

#include <stdio.h>

#include "base/utf8.h"

static void cells_cut(rows_t *rows, slice_t line)
{
	bool more = true;
	for (rows->count = 0; more; rows->count++) {
		size_t at = slice_find(line, '\t');
		more = at < line.len;
		if (rows->count < ROWS_CELLS_MAX)
			rows->cells[rows->count] = slice_sub(line, 0, at);
		line = slice_from(line, at + 1);
	}
}

bool rows_next(rows_t *rows)
{
	while (rows->rest.len) {
		slice_t line = slice_cut(&rows->rest, '\n');
		rows->line++;
		if (slice_ends(line, SLICE("\r")))
			line = slice_sub(line, 0, line.len - 1);
		if (line.len == 0 || line.ptr[0] == '#')
			continue;
		cells_cut(rows, line);
		return true;
	}
	return false;
}

const char *rows_where(const rows_t *rows, size_t cell, char buf[ERR_WHERE_MAX])
{
	size_t kept = rows->count < ROWS_CELLS_MAX ? rows->count : ROWS_CELLS_MAX, column = 1;
	for (size_t i = 0; i < cell && i < kept; i++)
		column += utf8_count(rows->cells[i]) + (i + 1 < rows->count);
	snprintf(buf, ERR_WHERE_MAX, "%s:%u:%zu", rows->file, rows->line, column);
	return buf;
}

err_t rows_fail(const rows_t *rows, size_t cell, const err_text_t *text, const char *arg,
                err_detail_t *ret_detail)
{
	char where[ERR_WHERE_MAX];
	return err_raise(ret_detail, ERR_CONFIG, text, rows_where(rows, cell, where),
	                 arg ? arg : "", (char *)NULL);
}
