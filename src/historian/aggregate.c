/* SPDX-License-Identifier: Apache-2.0 */
/* A bucket is closed by the first row behind it, so one is open at any time. */
#include "historian/aggregate.h"

#include <math.h>

static void open_bucket(aggregate_t *a, int64_t start_ns)
{
	a->bucket = (series_bucket_t){ .start_ns = start_ns };
	a->sum = 0;
}

err_t aggregate_begin(aggregate_t *a, const column_kernel_t *kernel, const series_query_t *query,
                      bool (*row)(void *ctx, const series_bucket_t *bucket), void *ctx)
{
	int64_t span;
	if (query->step_ns <= 0 || query->to_ns <= query->from_ns ||
	    __builtin_sub_overflow(query->to_ns, query->from_ns, &span) ||
	    (span - 1) / query->step_ns >= BUCKETS_MAX)
		return ERR_INVALID;
	*a = (aggregate_t){ .kernel = kernel, .query = query, .row = row, .ctx = ctx };
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

/* Rows that can be folded as they stand: reals of one width and no bad quality. */
static bool is_plain(const rows_t *rows)
{
	unsigned odd = 0;
	uint8_t type = rows->count && rows->type[0] == VALUE_F32 ? VALUE_F32 : VALUE_F64;
	for (size_t i = 0; i < rows->count; i++)
		odd |= (unsigned)(rows->type[i] ^ type) |
		       (unsigned)(rows->mark[i] >= mark_make(QUALITY_NO_CONNECTION, false));
	return !odd;
}

/* How many rows from `from` on are in the bucket that is open. */
static size_t count_inside(const aggregate_t *a, const rows_t *rows, size_t from)
{
	int64_t end;
	size_t low = from, high = rows->count;
	if (__builtin_add_overflow(a->bucket.start_ns, a->query->step_ns, &end))
		return high - from;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (rows->source_ns[middle] < end)
			low = middle + 1;
		else
			high = middle;
	}
	return low - from;
}

static void fold(aggregate_t *a, const rows_t *rows, size_t from, size_t n)
{
	double numbers[COLUMN_ROWS];
	series_bucket_t *b = &a->bucket;
	rows_reals(rows, from, from + n, numbers);
	column_fold_t fold = column_fold(a->kernel, numbers, n);
	b->bad += n - fold.count;
	if (fold.count == 0)
		return;
	size_t first = 0, last = n - 1;
	while (isnan(numbers[first]))
		first++;
	while (isnan(numbers[last]))
		last--;
	if (b->count == 0) {
		b->first = numbers[first];
		b->first_ns = rows->source_ns[from + first];
	}
	b->min = b->count == 0 || fold.min < b->min ? fold.min : b->min;
	b->max = b->count == 0 || fold.max > b->max ? fold.max : b->max;
	b->last = numbers[last];
	b->last_ns = rows->source_ns[from + last];
	b->count += fold.count;
	a->sum += fold.sum;
}

static void add_plain(aggregate_t *a, const rows_t *rows)
{
	for (size_t i = 0, n; i < rows->count && !a->stopped; i += n) {
		while (is_before(a, rows->source_ns[i]) && !a->stopped)
			hand_out(a);
		n = count_inside(a, rows, i);
		n = n < COLUMN_ROWS ? n : COLUMN_ROWS;
		fold(a, rows, i, n);
	}
}

bool aggregate_add(aggregate_t *a, const rows_t *rows)
{
	if (is_plain(rows)) {
		add_plain(a, rows);
		return !a->stopped;
	}
	for (size_t i = 0; i < rows->count && !a->stopped; i++)
		add_row(a, rows, i);
	return !a->stopped;
}

void aggregate_end(aggregate_t *a)
{
	while (!a->stopped && a->bucket.start_ns < a->query->to_ns)
		hand_out(a);
}
