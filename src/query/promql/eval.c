/* SPDX-License-Identifier: Apache-2.0 */
#include "query/promql/eval.h"

#include <stdlib.h>

#include "query/promql/functions.h"

#define LABELS_KEY_MAX (1 << 20)

static const err_text_t text_values = {
	{ "the query would hold more than %1 values at once", "查询同时占用的数值将超过 %1 个" },
	{ "widen its step, shorten its range or narrow its selectors",
	  "请增大步长、缩短范围或缩小选择范围" },
};
static const err_text_t text_time = {
	{ "the query takes too long", "查询耗时过长" },
	{ "shorten its range or narrow its selectors", "请缩短范围或缩小选择范围" },
};
static const err_text_t text_room = {
	{ "the query makes more labels than there is room for", "查询产生的标签过多" },
	{ "narrow its selectors", "请缩小选择范围" },
};
static const err_text_t text_range = {
	{ "a query over a range must give a scalar or an instant vector",
	  "范围查询的结果必须是标量或瞬时向量" },
	{ NULL, NULL },
};
static const err_text_t text_steps = {
	{ "the range has more than 11000 steps", "范围内的步数超过 11000" },
	{ "widen the step", "请增大步长" },
};

err_t eval_fail(eval_t *ev, err_t err, const err_text_t *text, slice_t arg)
{
	char buf[ERR_ARG_MAX];
	(void)slice_to_cstr(arg, buf, sizeof(buf));
	return err_raise(ev->detail, err, text, "", buf, (char *)NULL);
}

err_t eval_no_room(eval_t *ev)
{
	return eval_fail(ev, ERR_LIMIT, &text_room, (slice_t){ 0 });
}

err_t eval_in_time(eval_t *ev)
{
	int64_t deadline = ev->ask->deadline_ns;
	if (deadline && env_now(ev->ask->env) >= deadline)
		return eval_fail(ev, ERR_TIMEOUT, &text_time, (slice_t){ 0 });
	return ERR_OK;
}

err_t eval_hold(eval_t *ev, size_t n)
{
	char limit[24];
	if (n > ev->ask->limits.values - ev->held) {
		writer_t w = writer_of(limit, sizeof(limit));
		wr_format(&w, "%zu", ev->ask->limits.values);
		return eval_fail(ev, ERR_LIMIT, &text_values, writer_done(&w));
	}
	ev->held += n;
	return ERR_OK;
}

void eval_release(eval_t *ev, size_t n)
{
	ev->held -= n;
}

static err_t number_eval(eval_t *ev, const node_t *node, const grid_t *grid, matrix_t *ret)
{
	double *values;
	err_t err = matrix_scalar(ev, grid, ret, &values);
	for (size_t i = 0; i < grid->steps && !err; i++)
		values[i] = node->number;
	return err;
}

static err_t minus_eval(eval_t *ev, const node_t *node, const grid_t *grid, matrix_t *ret)
{
	matrix_t m;
	err_t err = eval_node(ev, node->args[0], grid, &m);
	if (err)
		return err;
	for (size_t i = 0; i < m.count; i++)
		for (size_t j = 0; j < m.steps; j++)
			if (!is_absent(m.rows[i].values[j]))
				m.rows[i].values[j] = -m.rows[i].values[j];
	if (node->type == PROMQL_VECTOR)
		err = matrix_drop_names(ev, &m);
	if (err)
		matrix_done(ev, &m);
	else
		*ret = m;
	return err;
}

static err_t instant_eval(eval_t *ev, const node_t *node, const grid_t *grid, matrix_t *ret)
{
	return select_eval(ev, node, grid, false, ret);
}

static err_t call_eval(eval_t *ev, const node_t *node, const grid_t *grid, matrix_t *ret)
{
	return node->function->eval(ev, node, grid, ret);
}

err_t eval_node(eval_t *ev, const node_t *node, const grid_t *grid, matrix_t *ret_matrix)
{
	/* Strings and range vectors are read by the calls they are arguments of. */
	static evaluator_t *const rows[NODE_KINDS] = {
		[NODE_NUMBER] = number_eval, [NODE_SELECTOR] = instant_eval,
		[NODE_CALL] = call_eval,     [NODE_AGGREGATE] = aggregate_eval,
		[NODE_BINARY] = binary_eval, [NODE_UNARY] = minus_eval,
	};
	err_t err = eval_in_time(ev);
	return err ? err : rows[node->kind](ev, node, grid, ret_matrix);
}

static int by_labels(const void *a, const void *b)
{
	const promql_series_t *x = a, *y = b;
	return labelset_compare(&x->labels, &y->labels);
}

static err_t show(eval_t *ev, const grid_t *grid, promql_answer_t *ret_answer)
{
	const matrix_t *m = &ev->answer;
	promql_series_t *series = pool_alloc(ev->pool, m->count + 1, sizeof(*series));
	size_t count = 0;
	if (!series)
		return eval_no_room(ev);
	for (size_t i = 0; i < m->count; i++)
		if (!row_is_empty(&m->rows[i], m->steps))
			series[count++] = (promql_series_t){ .labels = m->rows[i].labels,
				                             .count = m->steps,
				                             .values = m->rows[i].values };
	if (grid->step_ms && count)
		qsort(series, count, sizeof(*series), by_labels);
	ret_answer->series = series;
	ret_answer->count = count;
	return ERR_OK;
}

static err_t answer(eval_t *ev, const node_t *root, const grid_t *grid, promql_answer_t *ret_answer)
{
	if (root->type == PROMQL_MATRIX)
		return raw_eval(ev, root, grid, ret_answer);
	if (root->type == PROMQL_STRING) {
		ret_answer->text = root->text;
		return ERR_OK;
	}
	err_t err = eval_node(ev, root, grid, &ev->answer);
	return err ? err : show(ev, grid, ret_answer);
}

promql_limits_t promql_limits_default(void)
{
	return (promql_limits_t){ .series = 20000, .values = 5000000, .plan_bytes = 64 << 20 };
}

bool promql_is_absent(double value)
{
	return is_absent(value);
}

static err_t check_ask(eval_t *ev, const node_t *root, grid_t *ret_grid)
{
	const promql_ask_t *ask = ev->ask;
	grid_t grid = { ask->start_ms, ask->step_ms, 1 };
	if (ask->step_ms && root->type != PROMQL_SCALAR && root->type != PROMQL_VECTOR)
		return eval_fail(ev, ERR_MALFORMED, &text_range, (slice_t){ 0 });
	if (ask->step_ms)
		grid.steps = (size_t)((ask->end_ms - ask->start_ms) / ask->step_ms) + 1;
	if (grid.steps > PROMQL_STEPS_MAX + 1)
		return eval_fail(ev, ERR_LIMIT, &text_steps, (slice_t){ 0 });
	*ret_grid = grid;
	return ERR_OK;
}

err_t promql_run(promql_t *query, const promql_ask_t *ask, promql_answer_t *ret_answer,
                 err_detail_t *ret_detail)
{
	promql_answer_t found = { .type = query->root->type };
	grid_t grid;
	eval_t *ev = query->eval = calloc(1, sizeof(*ev));
	if (!ev)
		return ERR_NO_MEMORY;
	*ev = (eval_t){ .pool = &query->pool, .ask = ask, .detail = ret_detail };
	ev->key = text_of(LABELS_KEY_MAX);
	query->pool.max = ask->limits.plan_bytes;
	if (ret_detail)
		*ret_detail = (err_detail_t){ 0 };
	err_t err = check_ask(ev, query->root, &grid);
	if (!err)
		err = answer(ev, query->root, &grid, &found);
	if (err && ret_detail && ret_detail->err != err)
		(void)err_raise(ret_detail, err, err == ERR_TIMEOUT ? &text_time : NULL, "",
		                (char *)NULL);
	ev->ask = NULL;
	if (!err)
		*ret_answer = found;
	return err;
}

promql_tally_t promql_tally(const promql_t *query)
{
	return query && query->eval ? query->eval->tally : (promql_tally_t){ 0 };
}

void promql_free(promql_t *query)
{
	if (!query)
		return;
	if (query->eval) {
		matrix_done(query->eval, &query->eval->answer);
		text_free(&query->eval->key);
		free(query->eval);
	}
	pool_free(&query->pool);
	free(query);
}
