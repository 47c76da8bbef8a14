/* SPDX-License-Identifier: Apache-2.0 */
/* An expression asked at steps of its own, which are multiples of their width whatever
 * the query's are; and range vectors that are an answer themselves. */
#include <stdlib.h>

#include "query/promql/read.h"

#define STEP_MS INT64_C(60000)

static const err_text_t text_steps = {
	{ "a subquery has more steps than values may be held", "子查询的步数超过可容纳的数值个数" },
	{ "widen its step or shorten its range", "请增大步长或缩短范围" },
};

err_t subquery_eval(eval_t *ev, const node_t *subquery, const grid_t *grid, grid_t *ret_grid,
                    matrix_t *ret_matrix)
{
	const reach_t *reach = &subquery->reach;
	int64_t step = reach->step_ms ? reach->step_ms : STEP_MS;
	int64_t from = select_ms(ev, reach, grid->start_ms) - reach->range_ms;
	int64_t to = select_ms(ev, reach, grid_ms(grid, grid->steps - 1));
	int64_t start = from / step * step;
	start += start < from ? step : 0;
	grid_t inner = { start, step, to < start ? 0 : (size_t)((to - start) / step) + 1 };
	*ret_grid = inner;
	*ret_matrix = (matrix_t){ 0 };
	if (inner.steps > ev->ask->limits.values)
		return eval_fail(ev, ERR_LIMIT, &text_steps, (slice_t){ 0 });
	return inner.steps ? eval_node(ev, subquery->args[0], &inner, ret_matrix) : ERR_OK;
}

typedef struct {
	eval_t *ev;
	text_t ms, values; /* columns of the series at hand */
	size_t count, held;
	promql_series_t *series;
	size_t series_count;
} raw_t;

static bool add_point(void *ctx, point_t point)
{
	raw_t *raw = ctx;
	if (is_absent(point.value))
		return true;
	text_add(&raw->ms, slice_of(&point.ms, sizeof(point.ms)));
	text_add(&raw->values, slice_of(&point.value, sizeof(point.value)));
	raw->count++;
	return !raw->ms.bad && !raw->values.bad;
}

/* The columns become a series of the answer. */
static err_t end_series(raw_t *raw, const labels_t *labels)
{
	size_t count = raw->count;
	err_t err = raw->ms.bad || raw->values.bad ? ERR_LIMIT : eval_hold(raw->ev, 2 * count);
	int64_t *ms = err ? NULL : pool_alloc(raw->ev->pool, count + 1, sizeof(*ms));
	double *values = err ? NULL : pool_alloc(raw->ev->pool, count + 1, sizeof(*values));
	if (!ms || !values)
		return err && !raw->ms.bad ? err : eval_no_room(raw->ev);
	if (count) {
		memcpy(ms, raw->ms.ptr, count * sizeof(*ms));
		memcpy(values, raw->values.ptr, count * sizeof(*values));
		raw->series[raw->series_count++] = (promql_series_t){ *labels, count, ms, values };
	}
	raw->ms.len = raw->values.len = raw->count = 0;
	return ERR_OK;
}

static err_t raw_selector(raw_t *raw, const node_t *node, const grid_t *grid)
{
	found_t *found = NULL;
	size_t count = 0;
	int64_t to = select_ms(raw->ev, &node->reach, grid->start_ms);
	sink_t sink = { raw, add_point, NULL };
	err_t err = select_find(raw->ev, node, &found, &count);
	raw->series = err ? NULL : pool_alloc(raw->ev->pool, count + 1, sizeof(*raw->series));
	if (!err && !raw->series)
		err = eval_no_room(raw->ev);
	for (size_t i = 0; i < count && !err; i++) {
		err = eval_in_time(raw->ev);
		if (!err)
			err = read_span(raw->ev, found[i].point,
			                (span_t){ to - node->reach.range_ms, to, 0 }, &sink);
		if (!err)
			err = end_series(raw, &found[i].labels);
	}
	free(found);
	return err;
}

static err_t raw_subquery(raw_t *raw, const node_t *node, const grid_t *grid)
{
	matrix_t m = { 0 };
	grid_t inner;
	err_t err = subquery_eval(raw->ev, node, grid, &inner, &m);
	raw->series = err ? NULL : pool_alloc(raw->ev->pool, m.count + 1, sizeof(*raw->series));
	if (!err && !raw->series)
		err = eval_no_room(raw->ev);
	for (size_t i = 0; i < m.count && !err; i++) {
		for (size_t j = 0; j < inner.steps; j++)
			(void)add_point(raw, (point_t){ grid_ms(&inner, j), m.rows[i].values[j] });
		err = end_series(raw, &m.rows[i].labels);
	}
	matrix_done(raw->ev, &m);
	return err;
}

err_t raw_eval(eval_t *ev, const node_t *node, const grid_t *grid, promql_answer_t *ret_answer)
{
	size_t max = ev->ask->limits.values * sizeof(double);
	raw_t raw = { .ev = ev, .ms = text_of(max), .values = text_of(max) };
	err_t err = node->kind == NODE_SUBQUERY ? raw_subquery(&raw, node, grid)
	                                        : raw_selector(&raw, node, grid);
	text_free(&raw.ms);
	text_free(&raw.values);
	if (err)
		return err;
	*ret_answer = (promql_answer_t){ .type = PROMQL_MATRIX,
		                         .series = raw.series,
		                         .count = raw.series_count };
	return ERR_OK;
}
