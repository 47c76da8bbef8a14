/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_ROWS_H
#define BASE_ROWS_H
/* Tables of text as packs hold them (packs/cn/entities.tsv): a row a line, its cells parted
 * by tabs, UTF-8. A line that begins with '#' is a comment, an empty line passes; CR before
 * the line's end goes.
 *
 * Story: rows_of a file, rows_next until it says false; what is wrong with a row is raised
 * by rows_fail, which knows its place. What is cut borrows the text. */
#include "base/err.h"

enum { ROWS_CELLS_MAX = 10 };

typedef struct {
	const char *file;
	slice_t rest;
	uint32_t line; /* of the cells, from 1 */
	slice_t cells[ROWS_CELLS_MAX];
	size_t count; /* more than ROWS_CELLS_MAX: the row has more, which are not kept */
} rows_t;

static inline rows_t rows_of(slice_t text, const char *file)
{
	return (rows_t){ .file = file, .rest = text };
}
bool rows_next(rows_t *rows);
/* "file:line:column" of a cell, or of the end of the row for one that is not there. Columns
 * count characters from 1. */
const char *rows_where(const rows_t *rows, size_t cell, char buf[ERR_WHERE_MAX]);
/* ERR_CONFIG with that place. Arguments that are not needed are NULL. */
MUST_CHECK err_t rows_fail(const rows_t *rows, size_t cell, const err_text_t *text, const char *arg,
                           err_detail_t *ret_detail);
#endif
