/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "query/promql/eval.h"
#include "base/grow.h"

enum { ROWS_FIRST = 16, ROWS_MAX = 1 << 22 };

static const err_text_t text_same = {
	{ "two series of the result have the same labels", "结果中有两个序列的标签相同" },
	{ "keep a label that tells them apart", "请保留可区分它们的标签" },
};

err_t matrix_add(eval_t *ev, matrix_t *m, const labels_t *labels, row_t **ret_row)
{
	row_t *rows = grow_for(m->rows, m->count + 1, &m->cap, sizeof(*rows));
	if (!rows)
		return ERR_NO_MEMORY;
	m->rows = rows;
	err_t err = eval_hold(ev, m->steps);
	if (err)
		return err;
	double *values = malloc((m->steps ? m->steps : 1) * sizeof(*values));
	if (!values) {
		eval_release(ev, m->steps);
		return ERR_NO_MEMORY;
	}
	for (size_t i = 0; i < m->steps; i++)
		values[i] = absent();
	m->rows[m->count] = (row_t){ *labels, values };
	*ret_row = &m->rows[m->count++];
	return ERR_OK;
}

void matrix_pop(eval_t *ev, matrix_t *m)
{
	free(m->rows[--m->count].values);
	eval_release(ev, m->steps);
}

bool row_is_empty(const row_t *row, size_t steps)
{
	size_t i = 0;
	while (i < steps && is_absent(row->values[i]))
		i++;
	return i == steps;
}

void matrix_done(eval_t *ev, matrix_t *m)
{
	while (m->count)
		matrix_pop(ev, m);
	free(m->rows);
	*m = (matrix_t){ 0 };
}

static bool merge(const row_t *into, const row_t *from, size_t steps)
{
	for (size_t i = 0; i < steps; i++) {
		if (is_absent(from->values[i]))
			continue;
		if (!is_absent(into->values[i]))
			return false;
		into->values[i] = from->values[i];
	}
	return true;
}

/* The number of the first row with the labels of row i. */
static err_t first_like(eval_t *ev, table_t *table, const matrix_t *m, size_t i, size_t *ret_first)
{
	void *value = NULL;
	bool is_new = false;
	ev->key.len = 0;
	labelset_key(&m->rows[i].labels, NULL, &ev->key);
	if (ev->key.bad || table_put(table, text_slice(&ev->key), &value, &is_new))
		return ERR_NO_MEMORY;
	if (is_new)
		memcpy(value, &i, sizeof(i));
	memcpy(ret_first, value, sizeof(*ret_first));
	return ERR_OK;
}

/* Rows that went into another have no values left and close the ranks. */
static void close_ranks(eval_t *ev, matrix_t *m)
{
	size_t kept = 0;
	for (size_t i = 0; i < m->count; i++) {
		if (m->rows[i].values)
			m->rows[kept++] = m->rows[i];
		else
			eval_release(ev, m->steps);
	}
	m->count = kept;
}

static err_t unify(eval_t *ev, matrix_t *m, bool may_merge)
{
	table_t *table = table_new(sizeof(size_t), ROWS_MAX, 1);
	err_t err = table ? ERR_OK : ERR_NO_MEMORY;
	for (size_t i = 0; i < m->count && !err; i++) {
		size_t first = i;
		err = first_like(ev, table, m, i, &first);
		if (err || first == i)
			continue;
		if (!may_merge || !merge(&m->rows[first], &m->rows[i], m->steps))
			err = eval_fail(ev, ERR_INVALID, &text_same, (slice_t){ 0 });
		free(may_merge ? m->rows[i].values : NULL);
		m->rows[i].values = may_merge ? NULL : m->rows[i].values;
	}
	if (may_merge)
		close_ranks(ev, m);
	table_free(table);
	return err;
}

err_t matrix_unify(eval_t *ev, matrix_t *m)
{
	return unify(ev, m, true);
}

err_t matrix_distinct(eval_t *ev, matrix_t *m)
{
	return unify(ev, m, false);
}

err_t matrix_drop_names(eval_t *ev, matrix_t *m)
{
	static const label_choice_t choice = { .drops_name = true };
	for (size_t i = 0; i < m->count; i++) {
		labels_t labels;
		if (labelset_choose(ev->pool, &m->rows[i].labels, &choice, &labels))
			return eval_no_room(ev);
		m->rows[i].labels = labels;
	}
	return matrix_unify(ev, m);
}

err_t matrix_scalar(eval_t *ev, const grid_t *grid, matrix_t *ret, double **ret_values)
{
	matrix_t m = { .steps = grid->steps };
	row_t *row;
	err_t err = matrix_add(ev, &m, &(labels_t){ 0 }, &row);
	if (err) {
		matrix_done(ev, &m);
		return err;
	}
	*ret_values = row->values;
	*ret = m;
	return ERR_OK;
}

err_t maker_init(maker_t *maker, size_t steps)
{
	*maker = (maker_t){ .matrix = { .steps = steps },
		            .by_labels = table_new(sizeof(size_t), ROWS_MAX, 1) };
	return maker->by_labels ? ERR_OK : ERR_NO_MEMORY;
}

err_t maker_row(eval_t *ev, maker_t *maker, const labels_t *labels, size_t *ret_row)
{
	void *value = NULL;
	bool is_new = false;
	row_t *row;
	ev->key.len = 0;
	labelset_key(labels, NULL, &ev->key);
	if (ev->key.bad || table_put(maker->by_labels, text_slice(&ev->key), &value, &is_new))
		return ERR_NO_MEMORY;
	if (is_new) {
		memcpy(value, &maker->matrix.count, sizeof(size_t));
		err_t err = matrix_add(ev, &maker->matrix, labels, &row);
		if (err)
			return err;
	}
	memcpy(ret_row, value, sizeof(*ret_row));
	return ERR_OK;
}

matrix_t maker_take(maker_t *maker)
{
	matrix_t m = maker->matrix;
	table_free(maker->by_labels);
	*maker = (maker_t){ 0 };
	return m;
}

void maker_done(eval_t *ev, maker_t *maker)
{
	matrix_done(ev, &maker->matrix);
	table_free(maker->by_labels);
}

err_t keys_init(keys_t *keys)
{
	keys->table = table_new(sizeof(uint32_t), ROWS_MAX, 1);
	return keys->table ? ERR_OK : ERR_NO_MEMORY;
}

err_t keys_of_rows(eval_t *ev, keys_t *keys, const matrix_t *m, const label_choice_t *choice,
                   uint32_t **ret_numbers)
{
	uint32_t *numbers = pool_alloc(ev->pool, m->count + 1, sizeof(*numbers));
	if (!numbers)
		return eval_no_room(ev);
	for (size_t i = 0; i < m->count; i++) {
		void *value = NULL;
		bool is_new = false;
		uint32_t next = (uint32_t)table_count(keys->table);
		ev->key.len = 0;
		labelset_key(&m->rows[i].labels, choice, &ev->key);
		if (ev->key.bad || table_put(keys->table, text_slice(&ev->key), &value, &is_new))
			return ERR_NO_MEMORY;
		if (is_new)
			memcpy(value, &next, sizeof(next));
		memcpy(&numbers[i], value, sizeof(next));
	}
	*ret_numbers = numbers;
	return ERR_OK;
}

size_t keys_count(const keys_t *keys)
{
	return table_count(keys->table);
}

void keys_done(keys_t *keys)
{
	table_free(keys->table);
}

static err_t sort_groups(eval_t *ev, const uint32_t *numbers, size_t rows, groups_t *g)
{
	g->start = pool_alloc(ev->pool, g->count + 2, sizeof(*g->start));
	g->order = pool_alloc(ev->pool, rows + 1, sizeof(*g->order));
	if (!g->start || !g->order)
		return eval_no_room(ev);
	/* One place further on, so that filling moves each start to where it belongs. */
	for (size_t i = 0; i < rows; i++)
		g->start[numbers[i] + 2]++;
	for (size_t i = 2; i < g->count + 2; i++)
		g->start[i] += g->start[i - 1];
	for (size_t i = 0; i < rows; i++)
		g->order[g->start[numbers[i] + 1]++] = i;
	return ERR_OK;
}

err_t groups_of(eval_t *ev, const matrix_t *m, const label_choice_t *choice, groups_t *ret_groups)
{
	keys_t keys;
	uint32_t *numbers = NULL;
	*ret_groups = (groups_t){ 0 };
	err_t err = keys_init(&keys);
	if (!err)
		err = keys_of_rows(ev, &keys, m, choice, &numbers);
	ret_groups->count = err ? 0 : keys_count(&keys);
	keys_done(&keys);
	if (!err)
		err = sort_groups(ev, numbers, m->count, ret_groups);
	ret_groups->count = err ? 0 : ret_groups->count;
	return err;
}
