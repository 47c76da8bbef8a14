/* SPDX-License-Identifier: Apache-2.0 */
/* histogram_quantile over series that are buckets: their label "le" is an upper bound. */
#include <stdlib.h>

#include "base/num.h"
#include "query/promql/functions.h"

#define BOUND_LABEL SLICE("le")

typedef struct {
	double bound, count;
} bucket_t;

static double read_bound(const labels_t *labels)
{
	static const char *const infinite[] = { "+inf", "inf", "+infinity", "infinity" };
	slice_t text = labels_get(labels, BOUND_LABEL);
	double bound;
	for (size_t i = 0; i < sizeof(infinite) / sizeof(*infinite); i++)
		if (slice_eq_nocase(text, slice_str(infinite[i])))
			return INFINITY;
	return text.len && !num_parse_f64(text, &bound) ? bound : (double)NAN;
}

static int by_bound(const void *a, const void *b)
{
	const bucket_t *x = a, *y = b;
	return (x->bound > y->bound) - (x->bound < y->bound);
}

/* Sorted; buckets of one bound are one; counts that fall, as those of pieces that were
 * not written at once do, are lifted. */
static size_t put_in_order(bucket_t *buckets, size_t count)
{
	size_t kept = 0;
	qsort(buckets, count, sizeof(*buckets), by_bound);
	for (size_t i = 1; i < count; i++) {
		if (buckets[i].bound == buckets[kept].bound)
			buckets[kept].count += buckets[i].count;
		else
			buckets[++kept] = buckets[i];
	}
	for (size_t i = 1; i <= kept; i++)
		if (buckets[i].count < buckets[i - 1].count)
			buckets[i].count = buckets[i - 1].count;
	return kept + 1;
}

static double interpolate(double q, const bucket_t *buckets, size_t count)
{
	double rank = q * buckets[count - 1].count;
	size_t i = 0;
	while (i < count - 1 && !(buckets[i].count >= rank))
		i++;
	if (i == count - 1)
		return buckets[count - 2].bound;
	if (i == 0 && buckets[0].bound <= 0)
		return buckets[0].bound;
	double below = i ? buckets[i - 1].bound : 0, counted = i ? buckets[i - 1].count : 0;
	return below +
	       (buckets[i].bound - below) * ((rank - counted) / (buckets[i].count - counted));
}

static double bucket_quantile(double q, bucket_t *buckets, size_t count)
{
	if (isnan(q))
		return NAN;
	if (q < 0 || q > 1)
		return q < 0 ? -(double)INFINITY : (double)INFINITY;
	count = put_in_order(buckets, count);
	if (count < 2 || !isinf(buckets[count - 1].bound) || buckets[count - 1].count == 0)
		return NAN;
	return interpolate(q, buckets, count);
}

typedef struct {
	const matrix_t *from;
	const double *bounds; /* of each row; NaN: it is no bucket */
	bucket_t *buckets;    /* scratch, one a row */
	const double *q;      /* one a step */
} histogram_t;

static void fill(const histogram_t *h, const size_t *rows, size_t count, double *values)
{
	for (size_t step = 0; step < h->from->steps; step++) {
		size_t buckets = 0;
		for (size_t i = 0; i < count; i++) {
			double value = h->from->rows[rows[i]].values[step];
			if (!isnan(h->bounds[rows[i]]) && !is_absent(value))
				h->buckets[buckets++] = (bucket_t){ h->bounds[rows[i]], value };
		}
		if (buckets)
			values[step] = bucket_quantile(h->q[step], h->buckets, buckets);
	}
}

static err_t fill_groups(eval_t *ev, const histogram_t *h, matrix_t *m)
{
	slice_t bound = BOUND_LABEL;
	names_t names = { &bound, 1 };
	label_choice_t same = { .names = &names };
	label_choice_t shown = { .names = &names, .drops_name = true };
	groups_t groups;
	err_t err = groups_of(ev, h->from, &same, &groups);
	for (size_t i = 0; i < groups.count && !err; i++) {
		const size_t *rows = &groups.order[groups.start[i]];
		labels_t labels;
		row_t *row;
		if (labelset_choose(ev->pool, &h->from->rows[rows[0]].labels, &shown, &labels))
			return eval_no_room(ev);
		err = matrix_add(ev, m, &labels, &row);
		if (err)
			return err;
		fill(h, rows, groups.start[i + 1] - groups.start[i], row->values);
		if (row_is_empty(row, m->steps))
			matrix_pop(ev, m);
	}
	return err ? err : matrix_unify(ev, m);
}

static err_t from_buckets(eval_t *ev, const matrix_t *from, const double *q, matrix_t *ret)
{
	double *bounds = pool_alloc(ev->pool, from->count + 1, sizeof(*bounds));
	histogram_t h = { .from = from,
		          .bounds = bounds,
		          .buckets = pool_alloc(ev->pool, from->count + 1, sizeof(bucket_t)),
		          .q = q };
	matrix_t m = { .steps = from->steps };
	if (!bounds || !h.buckets)
		return eval_no_room(ev);
	for (size_t i = 0; i < from->count; i++)
		bounds[i] = read_bound(&from->rows[i].labels);
	err_t err = fill_groups(ev, &h, &m);
	if (err)
		matrix_done(ev, &m);
	else
		*ret = m;
	return err;
}

err_t histogram_eval(eval_t *ev, const node_t *call, const grid_t *grid, matrix_t *ret)
{
	matrix_t q, from;
	err_t err = eval_node(ev, call->args[0], grid, &q);
	if (err)
		return err;
	err = eval_node(ev, call->args[1], grid, &from);
	if (!err) {
		err = from_buckets(ev, &from, q.rows[0].values, ret);
		matrix_done(ev, &from);
	}
	matrix_done(ev, &q);
	return err;
}
