/* SPDX-License-Identifier: Apache-2.0 */
/* A bucket is closed by the first row behind it, so one is open at any time. */
#include "historian/aggregate.h"

static void open_bucket(aggregate_t *a, int64_t start_ns)
{
	a->bucket = (series_bucket_t){ .start_ns = start_ns };
	a->sum = 0;
}

err_t aggregate_begin(aggregate_t *a, const series_query_t *query,
                      bool (*row)(void *ctx, const series_bucket_t *bucket), void *ctx)
{
	int64_t span;
	if (query->step_ns <= 0 || query->to_ns <= query->from_ns ||
	    __builtin_sub_overflow(query->to_ns, query->from_ns, &span) ||
	    (span - 1) / query->step_ns >= BUCKETS_MAX)
		return ERR_INVALID;
	*a = (aggregate_t){ .query = query, .row = row, .ctx = ctx };
	open_bucket(a, query->from_ns);
	return ERR_OK;
}

static void hand_out(aggregate_t *a)
{
	int64_t next;
	if (a->bucket.count)
		a->bucket.mean = a->sum / (double)a->bucket.count;
	if (!a->stopped)
		a->stopped = !a->row(a->ctx, &a->bucket);
	if (__builtin_add_overflow(a->bucket.start_ns, a->query->step_ns, &next))
		next = INT64_MAX;
	open_bucket(a, next);
}

static bool is_before(const aggregate_t *a, int64_t ns)
{
	int64_t end;
	return !__builtin_add_overflow(a->bucket.start_ns, a->query->step_ns, &end) && ns >= end;
}

static void take(aggregate_t *a, int64_t ns, double number)
{
	series_bucket_t *b = &a->bucket;
	if (b->count == 0) {
		b->first = b->min = b->max = number;
		b->first_ns = ns;
	}
	b->count++;
	b->min = number < b->min ? number : b->min;
	b->max = number > b->max ? number : b->max;
	b->last = number;
	b->last_ns = ns;
	a->sum += number;
}

static void add_row(aggregate_t *a, const rows_t *rows, size_t i)
{
	double number;
	while (is_before(a, rows->source_ns[i]) && !a->stopped)
		hand_out(a);
	if (summary_usable(rows->type[i], mark_quality(rows->mark[i]), rows->bits[i], &number))
		take(a, rows->source_ns[i], number);
	else
		a->bucket.bad++;
}

bool aggregate_add(aggregate_t *a, const rows_t *rows)
{
	for (size_t i = 0; i < rows->count && !a->stopped; i++)
		add_row(a, rows, i);
	return !a->stopped;
}

void aggregate_end(aggregate_t *a)
{
	while (!a->stopped && a->bucket.start_ns < a->query->to_ns)
		hand_out(a);
}
