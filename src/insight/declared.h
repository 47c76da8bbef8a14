/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INSIGHT_DECLARED_H
#define INSIGHT_DECLARED_H
/* Figures that a person attests, since no machine measures them: by a form, which gives the
 * numbers of the parts, or by a CSV file of many.
 *
 * Story: declared_template writes a file with one row for each entity of a definition, scope
 * and period, and what was declared last where the caller knows it; people fill it in;
 * declared_read checks every row of what comes back before it hands any of them over, and
 * says of a wrong one line, column and what to do. Each row becomes a figure (declared_make)
 * that book_issue takes; a row without numbers declares nothing. Taking back is book_undo.
 *
 * A figure says who attested it (`attested_by`), and when (its time of issue). Only sums can
 * be declared.
 *
 * The file: UTF-8, a byte order mark is passed over. The first line names the columns:
 *     definition,version,scope,entity,from,to, then each part as "NAME (UNIT)"
 * in this order; times as RFC 3339. Numbers with a point, no thousands separators.
 *
 * Limits: DECLARED_ROWS_MAX rows. Threads: pure. */
#include "insight/definition.h"

enum { DECLARED_ROWS_MAX = 10000, DECLARED_ROW_BYTES = 4096 };

/* What a form says. */
typedef struct {
	const definition_t *definition;
	slice_t scope, entity;
	int64_t from_ns, to_ns;
	expr_value_t sums[FIGURE_PARTS_MAX]; /* of the parts, in the order of the definition */
	slice_t attested_by;
} declared_t;

/* ERR_INVALID with what to do: a part that is no sum or has no number, a scope that is not
 * offered, a period that ends before it begins, nobody who attests it. */
MUST_CHECK err_t declared_make(const declared_t *declared, figure_t *ret_figure,
                               err_detail_t *ret_detail);

/* The line of the columns. */
void declared_template(const definition_t *definition, writer_t *w);
/* One row; a part without a number is left empty. */
void declared_template_row(const declared_t *declared, writer_t *w);

typedef struct {
	const definition_t *definition;
	slice_t attested_by;
	/* Of each row with numbers, once all are good; false ends it. */
	bool (*take)(void *ctx, const declared_t *declared);
	void *ctx;
} declared_reader_t;

/* Nothing is taken when a row is wrong: ERR_INVALID with "ROW:COLUMN" as the place, counted from
 * 1; ERR_CONFLICT when the columns or a row are of another definition or version; ERR_LIMIT. */
MUST_CHECK err_t declared_read(slice_t csv, const declared_reader_t *reader,
                               err_detail_t *ret_detail);
#endif
