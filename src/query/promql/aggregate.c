/* SPDX-License-Identifier: Apache-2.0 */
/* Groups of series become one each, or some of each, or as many as they have values.
 * Sums and means are added up in the order of the series, as Prometheus does. */
#include <stdlib.h>

#include "query/promql/eval.h"

#define K_MAX 9e18

static const err_text_t text_k = {
	{ "the number of series to keep is no whole number in range",
	  "要保留的序列数不是有效整数" },
	{ NULL, NULL },
};
static const err_text_t text_label = {
	{ "%1 is no label name", "%1 不是标签名" },
	{ NULL, NULL },
};

typedef struct {
	eval_t *ev;
	const node_t *node;
	const matrix_t *from;
	const double *param; /* one a step; NULL: none */
	matrix_t *to;
	label_choice_t choice; /* of the labels a group has */
	size_t *heap;          /* scratch, as many as there are series */
	double *values;        /* likewise */
} aggregate_eval_t;

typedef struct {
	const size_t *rows;
	size_t count;
} group_t;

/* A value of a group while its series are gone through. */
typedef struct {
	double value, mean, count;
} state_t;

static void add_mean(state_t *s, double value)
{
	/* What is infinite stays so, unless the other infinity or a NaN comes. */
	if (isinf(s->mean) && !isnan(value) && !(isinf(value) && (value > 0) != (s->mean > 0)))
		return;
	s->mean += value / s->count - s->mean / s->count;
}

static void add_spread(state_t *s, double value)
{
	double off = value - s->mean;
	s->mean += off / s->count;
	s->value += off * (value - s->mean);
}

static void add_sum(state_t *s, double value)
{
	s->value += value;
}

static void add_least(state_t *s, double value)
{
	s->value = s->value > value || isnan(s->value) ? value : s->value;
}

static void add_greatest(state_t *s, double value)
{
	s->value = s->value < value || isnan(s->value) ? value : s->value;
}

static void add_nothing(state_t *s, double value)
{
	(void)s;
	(void)value;
}

static double value_of(const state_t *s)
{
	return s->value;
}

static double mean_of(const state_t *s)
{
	return s->mean;
}

static double count_of(const state_t *s)
{
	return s->count;
}

static double one_of(const state_t *s)
{
	(void)s;
	return 1;
}

static double variance_of(const state_t *s)
{
	return s->value / s->count;
}

static double deviation_of(const state_t *s)
{
	return sqrt(s->value / s->count);
}

/* Those that need one state a step. */
static const struct {
	void (*add)(state_t *s, double value); /* the second and all later */
	double (*result)(const state_t *s);
	bool begins_at_zero;
} plains[AGGREGATE_COUNT_OF] = {
	[AGGREGATE_SUM] = { add_sum, value_of, false },
	[AGGREGATE_AVG] = { add_mean, mean_of, false },
	[AGGREGATE_MIN] = { add_least, value_of, false },
	[AGGREGATE_MAX] = { add_greatest, value_of, false },
	[AGGREGATE_COUNT] = { add_nothing, count_of, false },
	[AGGREGATE_GROUP] = { add_nothing, one_of, false },
	[AGGREGATE_STDDEV] = { add_spread, deviation_of, true },
	[AGGREGATE_STDVAR] = { add_spread, variance_of, true },
};

static void add(state_t *s, aggregate_t op, double value)
{
	if (++s->count > 1) {
		plains[op].add(s, value);
		return;
	}
	s->value = plains[op].begins_at_zero ? 0 : value;
	s->mean = value;
}

static err_t add_group(aggregate_eval_t *a, const labels_t *labels, row_t **ret_row)
{
	labels_t chosen;
	if (labelset_choose(a->ev->pool, labels, &a->choice, &chosen))
		return eval_no_room(a->ev);
	return matrix_add(a->ev, a->to, &chosen, ret_row);
}

static err_t plain(aggregate_eval_t *a, group_t group)
{
	row_t *row;
	aggregate_t op = a->node->aggregate;
	err_t err = add_group(a, &a->from->rows[group.rows[0]].labels, &row);
	state_t *states = err ? NULL : calloc(a->from->steps, sizeof(*states));
	if (!states)
		return err ? err : ERR_NO_MEMORY;
	for (size_t i = 0; i < group.count; i++) {
		const double *values = a->from->rows[group.rows[i]].values;
		for (size_t j = 0; j < a->from->steps; j++)
			if (!is_absent(values[j]))
				add(&states[j], op, values[j]);
	}
	for (size_t j = 0; j < a->from->steps; j++)
		if (states[j].count > 0)
			row->values[j] = plains[op].result(&states[j]);
	free(states);
	return ERR_OK;
}

static err_t quantile(aggregate_eval_t *a, group_t group)
{
	row_t *row;
	err_t err = add_group(a, &a->from->rows[group.rows[0]].labels, &row);
	for (size_t j = 0; j < a->from->steps && !err; j++) {
		size_t count = 0;
		for (size_t i = 0; i < group.count; i++) {
			double value = a->from->rows[group.rows[i]].values[j];
			if (!is_absent(value))
				a->values[count++] = value;
		}
		if (count)
			row->values[j] = quantile_of(a->param[j], a->values, count);
	}
	return err;
}

/* The heap has on top the series that goes first: the least of the greatest. NaN is
 * before all others. */
typedef struct {
	const matrix_t *from;
	size_t step, *rows, count;
	bool is_top;
} heap_t;

static double heap_value(const heap_t *h, size_t i)
{
	return h->from->rows[h->rows[i]].values[h->step];
}

static bool goes_before(const heap_t *h, double a, double b)
{
	return isnan(a) || (h->is_top ? a < b : a > b);
}

static void heap_swap(const heap_t *h, size_t i, size_t j)
{
	size_t row = h->rows[i];
	h->rows[i] = h->rows[j];
	h->rows[j] = row;
}

static void heap_up(const heap_t *h, size_t i)
{
	while (i && goes_before(h, heap_value(h, i), heap_value(h, (i - 1) / 2))) {
		heap_swap(h, i, (i - 1) / 2);
		i = (i - 1) / 2;
	}
}

static void heap_down(const heap_t *h, size_t count)
{
	size_t i = 0;
	while (2 * i + 1 < count) {
		size_t child = 2 * i + 1;
		if (child + 1 < count &&
		    goes_before(h, heap_value(h, child + 1), heap_value(h, child)))
			child++;
		if (!goes_before(h, heap_value(h, child), heap_value(h, i)))
			return;
		heap_swap(h, i, child);
		i = child;
	}
}

static void heap_offer(heap_t *h, size_t row, size_t k)
{
	double value = h->from->rows[row].values[h->step];
	if (h->count == k) {
		double top = heap_value(h, 0);
		if (!isnan(top) && !(h->is_top ? top < value : top > value))
			return;
		heap_swap(h, 0, --h->count);
		heap_down(h, h->count);
	}
	h->rows[h->count] = row;
	heap_up(h, h->count++);
}

/* Taking the top off again and again leaves the series behind, the first ones last. */
static void heap_sort(const heap_t *h)
{
	for (size_t count = h->count; count > 1; count--) {
		heap_swap(h, 0, count - 1);
		heap_down(h, count - 1);
	}
}

/* `rows_of` says where a series already stands in the answer. */
static err_t keep_step(aggregate_eval_t *a, const heap_t *h, size_t *rows_of)
{
	for (size_t i = 0; i < h->count; i++) {
		size_t from = h->rows[i];
		if (rows_of[from] == 0) {
			row_t *row;
			err_t err = matrix_add(a->ev, a->to, &a->from->rows[from].labels, &row);
			if (err)
				return err;
			rows_of[from] = a->to->count;
		}
		a->to->rows[rows_of[from] - 1].values[h->step] = heap_value(h, i);
	}
	return ERR_OK;
}

static err_t extremes(aggregate_eval_t *a, group_t group)
{
	size_t *rows_of = calloc(a->from->count + 1, sizeof(*rows_of));
	err_t err = rows_of ? ERR_OK : ERR_NO_MEMORY;
	for (size_t j = 0; j < a->from->steps && !err; j++) {
		heap_t heap = { .from = a->from,
			        .step = j,
			        .rows = a->heap,
			        .is_top = a->node->aggregate == AGGREGATE_TOPK };
		if (!(fabs(a->param[j]) < K_MAX))
			err = eval_fail(a->ev, ERR_INVALID, &text_k, (slice_t){ 0 });
		for (size_t i = 0; i < group.count && !err && a->param[j] >= 1; i++)
			if (!is_absent(a->from->rows[group.rows[i]].values[j]))
				heap_offer(&heap, group.rows[i], (size_t)a->param[j]);
		heap_sort(&heap);
		if (!err)
			err = keep_step(a, &heap, rows_of);
	}
	free(rows_of);
	return err;
}

static err_t by_groups(aggregate_eval_t *a)
{
	err_t (*const of_group)(aggregate_eval_t *,
	                        group_t) = a->node->aggregate == AGGREGATE_QUANTILE ? quantile
	                                   : a->node->aggregate == AGGREGATE_TOPK ||
	                                                   a->node->aggregate == AGGREGATE_BOTTOMK
	                                           ? extremes
	                                           : plain;
	groups_t groups;
	err_t err = groups_of(a->ev, a->from, &a->choice, &groups);
	for (size_t i = 0; i < groups.count && !err; i++) {
		err = eval_in_time(a->ev);
		if (!err)
			err = of_group(a, (group_t){ &groups.order[groups.start[i]],
			                             groups.start[i + 1] - groups.start[i] });
	}
	return err;
}

/* The labels of a group with the value as one more, which is kept in any case. */
static err_t value_labels(aggregate_eval_t *a, const labels_t *labels, double value,
                          labels_t *ret_labels)
{
	char text[PROMQL_NUMBER_MAX];
	writer_t w = writer_of(text, sizeof(text));
	slice_t name = a->node->args[0]->text;
	promql_put_digits(value, &w);
	char *copy = pool_cstr(a->ev->pool, writer_done(&w));
	labels_t set;
	if (!copy || labelset_set(a->ev->pool, labels, name, slice_of(copy, w.len), &set))
		return eval_no_room(a->ev);
	slice_t names[LABELS_MAX + 1];
	names_t with = { names, a->node->labels.count };
	label_choice_t choice = a->choice;
	if (a->node->labels.count)
		memcpy(names, a->node->labels.names, a->node->labels.count * sizeof(*names));
	names[with.count++] = name;
	choice.names = a->choice.are_kept ? &with : a->choice.names;
	return labelset_choose(a->ev->pool, &set, &choice, ret_labels) ? eval_no_room(a->ev)
	                                                               : ERR_OK;
}

static err_t count_row(aggregate_eval_t *a, const row_t *from, maker_t *maker)
{
	uint64_t seen = num_bits(absent());
	size_t row = 0;
	for (size_t j = 0; j < a->from->steps; j++) {
		if (is_absent(from->values[j]))
			continue;
		/* Most values are as the one before: their row is known. */
		if (seen != num_bits(from->values[j])) {
			labels_t labels;
			err_t err = value_labels(a, &from->labels, from->values[j], &labels);
			if (!err)
				err = maker_row(a->ev, maker, &labels, &row);
			if (err)
				return err;
			seen = num_bits(from->values[j]);
		}
		double *value = &maker->matrix.rows[row].values[j];
		*value = is_absent(*value) ? 1 : *value + 1;
	}
	return ERR_OK;
}

static err_t count_values(aggregate_eval_t *a)
{
	maker_t maker;
	slice_t name = a->node->args[0]->text;
	if (!literal_is_label(name))
		return eval_fail(a->ev, ERR_INVALID, &text_label, name);
	err_t err = maker_init(&maker, a->from->steps);
	for (size_t i = 0; i < a->from->count && !err; i++) {
		err = eval_in_time(a->ev);
		if (!err)
			err = count_row(a, &a->from->rows[i], &maker);
	}
	if (err)
		maker_done(a->ev, &maker);
	else
		*a->to = maker_take(&maker);
	return err;
}

static err_t aggregate(aggregate_eval_t *a)
{
	const node_t *node = a->node;
	a->choice = (label_choice_t){ .names = &node->labels,
		                      .are_kept = !node->is_without,
		                      .drops_name = node->is_without };
	a->heap = pool_alloc(a->ev->pool, a->from->count + 1, sizeof(*a->heap));
	a->values = pool_alloc(a->ev->pool, a->from->count + 1, sizeof(*a->values));
	if (!a->heap || !a->values)
		return eval_no_room(a->ev);
	return node->aggregate == AGGREGATE_COUNT_VALUES ? count_values(a) : by_groups(a);
}

err_t aggregate_eval(eval_t *ev, const node_t *node, const grid_t *grid, matrix_t *ret_matrix)
{
	matrix_t from = { 0 }, param = { 0 }, to = { .steps = grid->steps };
	err_t err = eval_node(ev, node->args[node->arg_count - 1], grid, &from);
	if (!err && node->arg_count == 2 && node->args[0]->type == PROMQL_SCALAR)
		err = eval_node(ev, node->args[0], grid, &param);
	aggregate_eval_t a = { .ev = ev,
		               .node = node,
		               .from = &from,
		               .param = param.count ? param.rows[0].values : NULL,
		               .to = &to };
	if (!err)
		err = aggregate(&a);
	matrix_done(ev, &from);
	matrix_done(ev, &param);
	if (err)
		matrix_done(ev, &to);
	else
		*ret_matrix = to;
	return err;
}
