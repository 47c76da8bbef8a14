/* SPDX-License-Identifier: Apache-2.0 */
/* Operators between scalars, vectors, and both; matching is done anew at each step, since
 * series come and go. */
#include <stdlib.h>

#include "query/promql/eval.h"

static const err_text_t text_many = {
	{ "%1 has several series with the labels that are matched by",
	  "%1侧有多个序列的匹配标签相同" },
	{ "match by labels that are unique on that side", "请使用在该侧唯一的标签匹配" },
};
static const err_text_t text_group = {
	{ "several series match one: that must be told by group_left or group_right",
	  "多个序列匹配同一序列：须用 group_left 或 group_right 说明" },
	{ NULL, NULL },
};
static const err_text_t text_unique = {
	{ "two series of the result have the same labels: the group must keep them apart",
	  "结果中有两个序列标签相同：分组标签必须能区分它们" },
	{ NULL, NULL },
};

/* Comparisons give 1 or 0. */
#define OPERATOR_KERNEL(name, expression) \
	static double name(double a, double b) \
	{ \
		return expression; \
	}
OPERATOR_KERNEL(add, a + b)
OPERATOR_KERNEL(subtract, a - b)
OPERATOR_KERNEL(multiply, a *b)
OPERATOR_KERNEL(divide, a / b)
OPERATOR_KERNEL(is_equal, a == b)
OPERATOR_KERNEL(is_not_equal, a != b)
OPERATOR_KERNEL(is_less, a < b)
OPERATOR_KERNEL(is_less_equal, a <= b)
OPERATOR_KERNEL(is_greater, a > b)
OPERATOR_KERNEL(is_greater_equal, a >= b)

static double (*const kernels[OPERATOR_COUNT])(double a, double b) = {
	[OPERATOR_EQUAL] = is_equal,
	[OPERATOR_NOT_EQUAL] = is_not_equal,
	[OPERATOR_LESS] = is_less,
	[OPERATOR_LESS_EQUAL] = is_less_equal,
	[OPERATOR_GREATER] = is_greater,
	[OPERATOR_GREATER_EQUAL] = is_greater_equal,
	[OPERATOR_ADD] = add,
	[OPERATOR_SUBTRACT] = subtract,
	[OPERATOR_MULTIPLY] = multiply,
	[OPERATOR_DIVIDE] = divide,
	[OPERATOR_MODULO] = fmod,
	[OPERATOR_ATAN2] = atan2,
	[OPERATOR_POWER] = pow,
};

/* What a pair gives; a comparison without bool lets `kept` through, or absent(). */
static double apply(const node_t *node, double a, double b, double kept)
{
	double value = kernels[node->op](a, b);
	if (node->is_bool || !operator_compares(node->op))
		return value;
	return value > 0 ? kept : absent();
}

static void of_scalars(const node_t *node, const matrix_t *left, const matrix_t *right)
{
	double *a = left->rows[0].values;
	const double *b = right->rows[0].values;
	for (size_t i = 0; i < left->steps; i++)
		a[i] = apply(node, a[i], b[i], a[i]);
}

/* The vector's value is what a comparison keeps, whichever side it stands on. */
static err_t with_scalar(eval_t *ev, const node_t *node, matrix_t *vector, const double *scalar)
{
	bool is_left = node->args[0]->type == PROMQL_VECTOR;
	for (size_t i = 0; i < vector->count; i++)
		for (size_t j = 0; j < vector->steps; j++) {
			double *value = &vector->rows[i].values[j];
			if (is_absent(*value))
				continue;
			*value = is_left ? apply(node, *value, scalar[j], *value)
			                 : apply(node, scalar[j], *value, *value);
		}
	return node->is_bool || operator_info(node->op)->drops_name ? matrix_drop_names(ev, vector)
	                                                            : ERR_OK;
}

typedef struct {
	eval_t *ev;
	const node_t *node;
	matrix_t *left, *right;
	uint32_t *left_keys, *right_keys; /* of each row: what it is matched by */
	size_t keys;
} match_t;

static label_choice_t matched_labels(const node_t *node)
{
	return (label_choice_t){ .names = &node->labels,
		                 .are_kept = node->is_on,
		                 .drops_name = !node->is_on };
}

static err_t find_keys(match_t *m)
{
	label_choice_t choice = matched_labels(m->node);
	keys_t keys;
	err_t err = keys_init(&keys);
	if (!err)
		err = keys_of_rows(m->ev, &keys, m->left, &choice, &m->left_keys);
	if (!err)
		err = keys_of_rows(m->ev, &keys, m->right, &choice, &m->right_keys);
	m->keys = err ? 0 : keys_count(&keys);
	keys_done(&keys);
	return err;
}

static void mark(const matrix_t *m, const uint32_t *keys, size_t step, bool *marks)
{
	for (size_t i = 0; i < m->count; i++)
		if (!is_absent(m->rows[i].values[step]))
			marks[keys[i]] = true;
}

static void wipe(const matrix_t *m, const uint32_t *keys, size_t step, const bool *marks,
                 bool wiped)
{
	for (size_t i = 0; i < m->count; i++)
		if (marks[keys[i]] == wiped)
			m->rows[i].values[step] = absent();
}

/* Rows of the right side go over to the left. */
static err_t append(match_t *m)
{
	for (size_t i = 0; i < m->right->count; i++) {
		row_t *row;
		err_t err = matrix_add(m->ev, m->left, &m->right->rows[i].labels, &row);
		if (err)
			return err;
		memcpy(row->values, m->right->rows[i].values, m->left->steps * sizeof(double));
	}
	return matrix_unify(m->ev, m->left);
}

static err_t of_sets(match_t *m)
{
	bool *marks = calloc(m->keys + 1, sizeof(*marks));
	if (!marks)
		return ERR_NO_MEMORY;
	for (size_t step = 0; step < m->left->steps; step++) {
		memset(marks, 0, m->keys * sizeof(*marks));
		if (m->node->op == OPERATOR_OR) {
			mark(m->left, m->left_keys, step, marks);
			wipe(m->right, m->right_keys, step, marks, true);
			continue;
		}
		mark(m->right, m->right_keys, step, marks);
		wipe(m->left, m->left_keys, step, marks, m->node->op == OPERATOR_UNLESS);
	}
	free(marks);
	return m->node->op == OPERATOR_OR ? append(m) : ERR_OK;
}

/* Arithmetic: the side of which many may match, and the other. `one` finds a row by its
 * key at the step at hand; `paired` remembers of each row of the many with whom it was
 * last paired and where the result stands. */
typedef struct {
	match_t *match;
	const matrix_t *many, *few;
	const uint32_t *many_keys, *few_keys;
	bool is_swapped;
	size_t *one; /* number of the row and 1; 0: none */
	bool *is_taken;
	struct {
		size_t one, row; /* each and 1 */
	} * paired;
	maker_t maker;
} arithmetic_t;

static err_t find_ones(const arithmetic_t *a, size_t step)
{
	for (size_t i = 0; i < a->few->count; i++) {
		if (is_absent(a->few->rows[i].values[step]))
			continue;
		if (a->one[a->few_keys[i]])
			return eval_fail(a->match->ev, ERR_INVALID, &text_many,
			                 slice_str(a->is_swapped ? "left" : "right"));
		a->one[a->few_keys[i]] = i + 1;
	}
	return ERR_OK;
}

static err_t result_labels(const arithmetic_t *a, const labels_t *many, const labels_t *few,
                           labels_t *ret_labels)
{
	const node_t *node = a->match->node;
	pool_t *pool = a->match->ev->pool;
	label_choice_t nameless = { .drops_name = true };
	label_choice_t matched = matched_labels(node);
	labels_t labels = *many;
	err_t err = ERR_OK;
	if (operator_info(node->op)->drops_name)
		err = labelset_choose(pool, &labels, &nameless, &labels);
	matched.drops_name = false;
	if (!err && node->sides == SIDES_ONE_TO_ONE)
		err = labelset_choose(pool, &labels, &matched, &labels);
	for (size_t i = 0; i < node->include.count && !err; i++)
		err = labelset_set(pool, &labels, node->include.names[i],
		                   labels_get(few, node->include.names[i]), &labels);
	if (!err && node->is_bool)
		err = labelset_choose(pool, &labels, &nameless, &labels);
	*ret_labels = labels;
	return err ? eval_no_room(a->match->ev) : ERR_OK;
}

/* The row of the result that a pair has. */
static err_t find_row(arithmetic_t *a, size_t i, size_t one, size_t *ret_row)
{
	labels_t labels;
	if (a->paired[i].one == one + 1) {
		*ret_row = a->paired[i].row - 1;
		return ERR_OK;
	}
	err_t err = result_labels(a, &a->many->rows[i].labels, &a->few->rows[one].labels, &labels);
	if (!err)
		err = maker_row(a->match->ev, &a->maker, &labels, ret_row);
	if (err)
		return err;
	a->paired[i].one = one + 1;
	a->paired[i].row = *ret_row + 1;
	return ERR_OK;
}

static err_t do_pair(arithmetic_t *a, size_t i, size_t one, size_t step)
{
	double many = a->many->rows[i].values[step], few = a->few->rows[one].values[step];
	double left = a->is_swapped ? few : many, right = a->is_swapped ? many : few;
	double value = apply(a->match->node, left, right, left);
	size_t row = 0;
	if (is_absent(value))
		return ERR_OK;
	bool *is_taken = &a->is_taken[a->many_keys[i]];
	if (*is_taken && a->match->node->sides == SIDES_ONE_TO_ONE)
		return eval_fail(a->match->ev, ERR_INVALID, &text_group, (slice_t){ 0 });
	*is_taken = true;
	err_t err = find_row(a, i, one, &row);
	if (err)
		return err;
	double *to = &a->maker.matrix.rows[row].values[step];
	if (!is_absent(*to))
		return eval_fail(a->match->ev, ERR_INVALID, &text_unique, (slice_t){ 0 });
	*to = value;
	return ERR_OK;
}

static err_t do_step(arithmetic_t *a, size_t step)
{
	memset(a->one, 0, a->match->keys * sizeof(*a->one));
	memset(a->is_taken, 0, a->match->keys * sizeof(*a->is_taken));
	err_t err = eval_in_time(a->match->ev);
	if (!err)
		err = find_ones(a, step);
	for (size_t i = 0; i < a->many->count && !err; i++) {
		size_t one = a->one[a->many_keys[i]];
		if (one && !is_absent(a->many->rows[i].values[step]))
			err = do_pair(a, i, one - 1, step);
	}
	return err;
}

static bool is_step_filled(const matrix_t *m, size_t step)
{
	for (size_t i = 0; i < m->count; i++)
		if (!is_absent(m->rows[i].values[step]))
			return true;
	return false;
}

static err_t of_vectors(match_t *m)
{
	bool is_swapped = m->node->sides == SIDES_ONE_TO_MANY;
	arithmetic_t a = { .match = m,
		           .many = is_swapped ? m->right : m->left,
		           .few = is_swapped ? m->left : m->right,
		           .many_keys = is_swapped ? m->right_keys : m->left_keys,
		           .few_keys = is_swapped ? m->left_keys : m->right_keys,
		           .is_swapped = is_swapped };
	err_t err = maker_init(&a.maker, m->left->steps);
	a.one = calloc(m->keys + 1, sizeof(*a.one));
	a.is_taken = calloc(m->keys + 1, sizeof(*a.is_taken));
	a.paired = calloc(a.many->count + 1, sizeof(*a.paired));
	if (!a.one || !a.is_taken || !a.paired)
		err = ERR_NO_MEMORY;
	/* A step of which one side is empty has nothing to match, not even wrongly. */
	for (size_t step = 0; step < m->left->steps && !err; step++)
		if (is_step_filled(m->left, step) && is_step_filled(m->right, step))
			err = do_step(&a, step);
	free(a.one);
	free(a.is_taken);
	free(a.paired);
	if (err) {
		maker_done(m->ev, &a.maker);
		return err;
	}
	matrix_done(m->ev, m->left);
	*m->left = maker_take(&a.maker);
	return ERR_OK;
}

/* The result is in `left` or, of a scalar and a vector, in the vector. */
static err_t operate(eval_t *ev, const node_t *node, matrix_t *left, matrix_t *right)
{
	promql_type_t l = node->args[0]->type, r = node->args[1]->type;
	match_t match = { .ev = ev, .node = node, .left = left, .right = right };
	if (l == PROMQL_SCALAR && r == PROMQL_SCALAR) {
		of_scalars(node, left, right);
		return ERR_OK;
	}
	if (r == PROMQL_SCALAR)
		return with_scalar(ev, node, left, right->rows[0].values);
	if (l == PROMQL_SCALAR)
		return with_scalar(ev, node, right, left->rows[0].values);
	err_t err = find_keys(&match);
	if (err)
		return err;
	return operator_is_set(node->op) ? of_sets(&match) : of_vectors(&match);
}

err_t binary_eval(eval_t *ev, const node_t *node, const grid_t *grid, matrix_t *ret_matrix)
{
	matrix_t left = { 0 }, right = { 0 };
	bool is_right = node->args[0]->type == PROMQL_SCALAR &&
	                node->args[1]->type == PROMQL_VECTOR;
	err_t err = eval_node(ev, node->args[0], grid, &left);
	if (!err)
		err = eval_node(ev, node->args[1], grid, &right);
	/* An empty matrix still has its steps. */
	left.steps = right.steps = grid->steps;
	if (!err)
		err = operate(ev, node, &left, &right);
	if (!err) {
		*ret_matrix = is_right ? right : left;
		*(is_right ? &right : &left) = (matrix_t){ 0 };
	}
	matrix_done(ev, &left);
	matrix_done(ev, &right);
	return err;
}
