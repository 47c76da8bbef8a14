/* SPDX-License-Identifier: Apache-2.0 */
/* Between scalars and vectors; order; what is not there. */
#include <stdlib.h>

#include "query/promql/functions.h"

#define PI 3.14159265358979323846

err_t time_eval(eval_t *ev, const node_t *call, const grid_t *grid, matrix_t *ret)
{
	double *values;
	(void)call;
	err_t err = matrix_scalar(ev, grid, ret, &values);
	for (size_t i = 0; i < grid->steps && !err; i++)
		values[i] = (double)grid_ms(grid, i) / 1000;
	return err;
}

err_t pi_eval(eval_t *ev, const node_t *call, const grid_t *grid, matrix_t *ret)
{
	double *values;
	(void)call;
	err_t err = matrix_scalar(ev, grid, ret, &values);
	for (size_t i = 0; i < grid->steps && !err; i++)
		values[i] = PI;
	return err;
}

/* The only value of a step, or NaN. */
static double only(const matrix_t *m, size_t step)
{
	double value = NAN;
	size_t count = 0;
	for (size_t i = 0; i < m->count; i++)
		if (!is_absent(m->rows[i].values[step])) {
			value = m->rows[i].values[step];
			count++;
		}
	return count == 1 ? value : (double)NAN;
}

err_t scalar_eval(eval_t *ev, const node_t *call, const grid_t *grid, matrix_t *ret)
{
	matrix_t m;
	double *values;
	err_t err = eval_node(ev, call->args[0], grid, &m);
	if (err)
		return err;
	err = matrix_scalar(ev, grid, ret, &values);
	for (size_t i = 0; i < grid->steps && !err; i++)
		values[i] = only(&m, i);
	matrix_done(ev, &m);
	return err;
}

/* A scalar already is a row without labels. */
err_t vector_eval(eval_t *ev, const node_t *call, const grid_t *grid, matrix_t *ret)
{
	return eval_node(ev, call->args[0], grid, ret);
}

/* Of a selector the times of its samples; what was computed is of its step. */
err_t timestamp_eval(eval_t *ev, const node_t *call, const grid_t *grid, matrix_t *ret)
{
	const node_t *of = call->args[0];
	bool is_selector = of->kind == NODE_SELECTOR;
	matrix_t m;
	err_t err = is_selector ? select_eval(ev, of, grid, true, &m) : eval_node(ev, of, grid, &m);
	if (err)
		return err;
	for (size_t i = 0; i < m.count && !is_selector; i++)
		for (size_t j = 0; j < m.steps; j++)
			if (!is_absent(m.rows[i].values[j]))
				m.rows[i].values[j] = (double)grid_ms(grid, j) / 1000;
	err = matrix_drop_names(ev, &m);
	if (err)
		matrix_done(ev, &m);
	else
		*ret = m;
	return err;
}

static int compare_rows(const void *a, const void *b, bool is_descending)
{
	double x = ((const row_t *)a)->values[0], y = ((const row_t *)b)->values[0];
	bool is_x_nan = isnan(x), is_y_nan = isnan(y);
	if (is_x_nan || is_y_nan)
		return is_x_nan - is_y_nan;
	return is_descending ? (x < y) - (x > y) : (x > y) - (x < y);
}

static int ascending(const void *a, const void *b)
{
	return compare_rows(a, b, false);
}

static int descending(const void *a, const void *b)
{
	return compare_rows(a, b, true);
}

/* NaN last either way. A range of steps is sorted by labels in the end. */
err_t sort_eval(eval_t *ev, const node_t *call, const grid_t *grid, matrix_t *ret)
{
	bool is_descending = strcmp(call->function->name, "sort_desc") == 0;
	err_t err = eval_node(ev, call->args[0], grid, ret);
	if (!err && ret->count > 1 && grid->steps == 1)
		qsort(ret->rows, ret->count, sizeof(row_t), is_descending ? descending : ascending);
	return err;
}

static bool is_seen(const node_t *selector, size_t i)
{
	bool had_equal = false;
	for (size_t j = 0; j < i; j++)
		had_equal |= selector->matchers[j].op == LABEL_EQUAL &&
		             slice_eq(selector->matchers[j].name, selector->matchers[i].name);
	return had_equal;
}

/* Labels that one equality, and nothing behind it, gives a value. */
static err_t sure_labels(eval_t *ev, const node_t *of, labels_t *ret_labels)
{
	labels_t labels = { 0 };
	for (size_t i = 0; of->kind == NODE_SELECTOR && i < of->matcher_count; i++) {
		const label_matcher_t *m = &of->matchers[i];
		bool is_sure = m->op == LABEL_EQUAL && !is_seen(of, i);
		if (slice_eq(m->name, SLICE(LABEL_NAME)))
			continue;
		if (labelset_set(ev->pool, &labels, m->name, is_sure ? m->value : (slice_t){ 0 },
		                 &labels))
			return eval_no_room(ev);
	}
	*ret_labels = labels;
	return ERR_OK;
}

static bool is_step_empty(const matrix_t *m, size_t step)
{
	size_t i = 0;
	while (i < m->count && is_absent(m->rows[i].values[step]))
		i++;
	return i == m->count;
}

err_t absent_matrix(eval_t *ev, const node_t *of, const matrix_t *m, matrix_t *ret_matrix)
{
	matrix_t made = { .steps = m->steps };
	labels_t labels;
	row_t *row;
	err_t err = sure_labels(ev, of, &labels);
	if (!err)
		err = matrix_add(ev, &made, &labels, &row);
	for (size_t i = 0; i < m->steps && !err; i++)
		if (is_step_empty(m, i))
			row->values[i] = 1;
	if (err)
		matrix_done(ev, &made);
	else
		*ret_matrix = made;
	return err;
}

err_t absent_eval(eval_t *ev, const node_t *call, const grid_t *grid, matrix_t *ret)
{
	matrix_t m;
	err_t err = eval_node(ev, call->args[0], grid, &m);
	if (err)
		return err;
	err = absent_matrix(ev, call->args[0], &m, ret);
	matrix_done(ev, &m);
	return err;
}
