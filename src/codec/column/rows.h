/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CODEC_COLUMN_ROWS_H
#define CODEC_COLUMN_ROWS_H
/* A column of any kind once its rows are words, for the doors of column.h. */
#include "codec/column/kernel.h"

typedef struct {
	const column_kernel_t *kernel;
	column_kind_t kind;
	const uint64_t *rows;
	size_t n;
	column_hint_t *hint; /* of doubles and floats */
} column_t;

void column_put(const column_t *column, writer_t *w);
/* Rows of a column that is of one of the kinds, a bit each. `ret` has n elements. */
MUST_CHECK
err_t column_get(const column_kernel_t *kernel, reader_t *r, size_t n, unsigned kinds, word_t *ret);
#endif
