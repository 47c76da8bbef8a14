/* SPDX-License-Identifier: Apache-2.0 */
#ifndef QUERY_PROMQL_EVAL_H
#define QUERY_PROMQL_EVAL_H
/* How a plan is answered: from the leaves up each node becomes a matrix, series by steps.
 * A scalar is a matrix of one row without labels and without gaps.
 *
 * A gap is the staleness marker, which no answer can hold: samples that are it end their
 * series, and arithmetic on one would make an ordinary NaN of it. */
#include <math.h>

#include "base/table.h"
#include "base/text.h"
#include "query/promql/gap.h"
#include "query/promql/labelset.h"
#include "query/promql/syntax.h"

/* The times an expression is wanted at. */
typedef struct {
	int64_t start_ms, step_ms;
	size_t steps;
} grid_t;

static inline int64_t grid_ms(const grid_t *grid, size_t step)
{
	return grid->start_ms + (int64_t)step * grid->step_ms;
}

typedef struct {
	labels_t labels;
	double *values; /* one a step */
} row_t;

typedef struct {
	row_t *rows;
	size_t count, cap, steps;
} matrix_t;

typedef struct eval {
	pool_t *pool;
	const promql_ask_t *ask;
	err_detail_t *detail;
	size_t held; /* values */
	promql_tally_t tally;
	promql_series_t *series; /* of the answer */
	matrix_t answer;         /* what its values are of */
	text_t key;              /* scratch for labelset_key */
} eval_t;

/* Who answers a kind of node, or a function. */
typedef err_t evaluator_t(eval_t *ev, const node_t *node, const grid_t *grid, matrix_t *ret_matrix);

/* eval.c: fails with a sentence, for return eval_fail(...). */
MUST_CHECK err_t eval_fail(eval_t *ev, err_t err, const err_text_t *text, slice_t arg);
/* ERR_TIMEOUT when the deadline has passed. */
MUST_CHECK err_t eval_in_time(eval_t *ev);
/* The plan's pool is full, told. */
MUST_CHECK err_t eval_no_room(eval_t *ev);
MUST_CHECK err_t eval_node(eval_t *ev, const node_t *node, const grid_t *grid,
                           matrix_t *ret_matrix);
/* n values more, or less, are held; ERR_LIMIT. */
MUST_CHECK err_t eval_hold(eval_t *ev, size_t n);
void eval_release(eval_t *ev, size_t n);

/* matrix.c. A matrix that failed to be filled is freed by who began it. */
MUST_CHECK err_t matrix_add(eval_t *ev, matrix_t *m, const labels_t *labels, row_t **ret_row);
void matrix_done(eval_t *ev, matrix_t *m);
/* Takes the last row out. */
void matrix_pop(eval_t *ev, matrix_t *m);
bool row_is_empty(const row_t *row, size_t steps);
/* Rows of equal labels become one; ERR_INVALID when two have a value at one step. */
MUST_CHECK err_t matrix_unify(eval_t *ev, matrix_t *m);
/* ERR_INVALID when two rows have equal labels. */
MUST_CHECK err_t matrix_distinct(eval_t *ev, matrix_t *m);
/* Takes the metric's name off every row, and unifies. */
MUST_CHECK err_t matrix_drop_names(eval_t *ev, matrix_t *m);
/* The scalar of each step; as many steps as the grid has. */
MUST_CHECK err_t matrix_scalar(eval_t *ev, const grid_t *grid, matrix_t *ret, double **ret_values);

/* Rows found by their labels while a matrix is made. */
typedef struct {
	matrix_t matrix;
	table_t *by_labels; /* size_t: the row's number */
} maker_t;
MUST_CHECK err_t maker_init(maker_t *maker, size_t steps);
MUST_CHECK err_t maker_row(eval_t *ev, maker_t *maker, const labels_t *labels, size_t *ret_row);
/* The matrix is the caller's; the maker is done. */
matrix_t maker_take(maker_t *maker);
void maker_done(eval_t *ev, maker_t *maker);

/* A number for each different key of a row, from 0, in the order they are first met. */
typedef struct {
	table_t *table;
} keys_t;
MUST_CHECK err_t keys_init(keys_t *keys);
MUST_CHECK err_t keys_of_rows(eval_t *ev, keys_t *keys, const matrix_t *m,
                              const label_choice_t *choice, uint32_t **ret_numbers);
size_t keys_count(const keys_t *keys);
void keys_done(keys_t *keys);

/* Rows that have the chosen labels in common: those of group i are order[start[i]] up to
 * order[start[i + 1]], in the order they stand in. Of the plan's pool. */
typedef struct {
	size_t count, *start, *order;
} groups_t;
MUST_CHECK err_t groups_of(eval_t *ev, const matrix_t *m, const label_choice_t *choice,
                           groups_t *ret_groups);

/* select.c */
typedef struct {
	point_id_t point;
	labels_t labels;
} found_t;
MUST_CHECK err_t select_find(eval_t *ev, const node_t *selector, found_t **ret_found,
                             size_t *ret_count);
/* An instant vector; with `is_when` the times of the samples, in seconds, for their values. */
MUST_CHECK err_t select_eval(eval_t *ev, const node_t *selector, const grid_t *grid, bool is_when,
                             matrix_t *ret_matrix);
/* The time a selector or subquery looks at in a step. */
int64_t select_ms(const eval_t *ev, const reach_t *reach, int64_t step_ms);

/* subquery.c: the inner expression at the subquery's own steps, for all of the grid. */
MUST_CHECK err_t subquery_eval(eval_t *ev, const node_t *subquery, const grid_t *grid,
                               grid_t *ret_grid, matrix_t *ret_matrix);
/* shape.c: 1 at each step at which no row has a value, with the labels that the selector
 * (or what else `of` is) gives for sure. */
MUST_CHECK err_t absent_matrix(eval_t *ev, const node_t *of, const matrix_t *m,
                               matrix_t *ret_matrix);
/* aggregate.c, binary.c */
MUST_CHECK err_t aggregate_eval(eval_t *ev, const node_t *node, const grid_t *grid,
                                matrix_t *ret_matrix);
MUST_CHECK err_t binary_eval(eval_t *ev, const node_t *node, const grid_t *grid,
                             matrix_t *ret_matrix);
/* raw.c: a range vector as the answer itself. */
MUST_CHECK err_t raw_eval(eval_t *ev, const node_t *node, const grid_t *grid,
                          promql_answer_t *ret_answer);
/* The q-quantile of values, which are sorted by it; NaN of none. */
double quantile_of(double q, double *values, size_t count);
#endif
