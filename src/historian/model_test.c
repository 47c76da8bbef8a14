/* SPDX-License-Identifier: Apache-2.0 */
/* Random batches, out of order, late and bad ones among them, sealed and restarted at
 * random moments, against an oracle that keeps all rows in one array and answers by
 * walking it. */
#include "historian/fixture_test.h"

#include <math.h>

#include "historian/aggregate.h"

enum { POINTS = 4, ROWS_MAX = 6000, STEPS = 120, QUESTIONS = 12, SEEDS = 12, SPAN = 10000 };

typedef struct {
	fixture_t f;
	rng_t rng;
	sample_t rows[ROWS_MAX]; /* by order of arrival, sorted when asked */
	size_t count;
	int64_t clock;
} run_t;

static block_row_t row_of(const sample_t *s)
{
	return (block_row_t){ .source_ns = s->source.ns,
		              .node_ns = s->node.ns,
		              .bits = value_bits(&s->value),
		              .type = (uint8_t)s->value.type,
		              .quality = (uint8_t)s->quality };
}

static int by_row(const void *a, const void *b)
{
	block_row_t x = row_of(a), y = row_of(b);
	return block_row_compare(&x, &y);
}

static value_t some_value(rng_t *rng)
{
	switch (rng_below(rng, 6)) {
	case 0:
		return value_bool(rng_below(rng, 2));
	case 1:
		return value_i64((int64_t)rng_below(rng, 2000) - 1000);
	case 2:
		return value_u64(rng_below(rng, 1000));
	case 3:
		return rng_below(rng, 10) ? value_f64(-0.0) : value_f64(NAN);
	default:
		return value_f64(rng_normal(rng) * 100);
	}
}

static sample_t some_sample(run_t *run)
{
	rng_t *rng = &run->rng;
	bool late = rng_below(rng, 10) == 0, bad = rng_below(rng, 8) == 0;
	int64_t behind = (int64_t)rng_below(rng, late ? SPAN : 5);
	run->clock += (int64_t)rng_below(rng, 4);
	return (sample_t){ .point = (point_id_t)rng_below(rng, POINTS) + 1,
		           .source = { run->clock - behind },
		           .node = { run->clock },
		           .value = bad ? (value_t){ 0 } : some_value(rng),
		           .quality = bad ? QUALITY_TIMEOUT
		                          : (quality_t)rng_below(rng, QUALITY_NO_CONNECTION) };
}

static void add_batch(run_t *run)
{
	uint64_t seq = 0;
	size_t n = (size_t)rng_below(&run->rng, 60) + 1;
	if (run->count + n > ROWS_MAX)
		return;
	for (size_t i = 0; i < n; i++)
		run->rows[run->count + i] = some_sample(run);
	OK(put(&run->f, &run->rows[run->count], n, &seq));
	run->count += n;
}

static series_query_t some_query(run_t *run)
{
	rng_t *rng = &run->rng;
	int64_t from = (int64_t)rng_below(rng, (uint64_t)run->clock + SPAN) - SPAN;
	series_query_t query = { .point = (point_id_t)rng_below(rng, POINTS + 1) + 1,
		                 .from_ns = from,
		                 .to_ns = from + 1 + (int64_t)rng_below(rng, SPAN),
		                 .step_ns = (int64_t)rng_below(rng, 900) + 1 };
	if (rng_below(rng, 3) == 0)
		query.limit = (size_t)rng_below(rng, 200) + 1;
	if (rng_below(rng, 3) == 0)
		query.known_at_ns = (int64_t)rng_below(rng, (uint64_t)run->clock + 2);
	return query;
}

static bool matches(const series_query_t *query, const sample_t *s)
{
	return s->point == query->point && s->source.ns >= query->from_ns &&
	       s->source.ns < query->to_ns &&
	       (!query->known_at_ns || s->node.ns <= query->known_at_ns);
}

static void check_raw(run_t *run, const sample_t *sorted, const series_query_t *query)
{
	taken_t taken = { 0 };
	size_t n = 0;
	OK(ask_raw(&run->f, query, &taken));
	for (size_t i = 0; i < run->count && (!query->limit || n < query->limit); i++) {
		if (!matches(query, &sorted[i]))
			continue;
		assert_true(n < taken.count);
		assert_int_equal(by_row(&sorted[i], &taken.rows[n]), 0);
		assert_int_equal(taken.rows[n++].point, query->point);
	}
	assert_int_equal(taken.count, n);
	free(taken.rows);
}

static series_bucket_t bucket_of(const run_t *run, const sample_t *sorted,
                                 const series_query_t *query, int64_t start)
{
	series_bucket_t b = { .start_ns = start };
	double sum = 0;
	for (size_t i = 0; i < run->count; i++) {
		const sample_t *s = &sorted[i];
		double number = NAN;
		if (!matches(query, s) || s->source.ns < start ||
		    s->source.ns >= start + query->step_ns)
			continue;
		if (quality_info(s->quality)->class == QUALITY_BAD ||
		    !value_number(&s->value, &number) || isnan(number)) {
			b.bad++;
			continue;
		}
		b.min = b.count ? fmin(b.min, number) : number;
		b.max = b.count ? fmax(b.max, number) : number;
		b.first = b.count ? b.first : number;
		b.first_ns = b.count ? b.first_ns : s->source.ns;
		b.last = number;
		b.last_ns = s->source.ns;
		sum += number;
		b.count++;
	}
	b.mean = b.count ? sum / (double)b.count : 0;
	return b;
}

typedef struct {
	const run_t *run;
	const sample_t *sorted;
	const series_query_t *query;
	int64_t next;
} expectation_t;

static bool check_bucket(void *ctx, const series_bucket_t *b)
{
	expectation_t *e = ctx;
	series_bucket_t want = bucket_of(e->run, e->sorted, e->query, e->next);
	assert_int_equal(b->start_ns, e->next);
	assert_int_equal(b->count, want.count);
	assert_int_equal(b->bad, want.bad);
	assert_true(b->min >= want.min && b->min <= want.min);
	assert_true(b->max >= want.max && b->max <= want.max);
	assert_true(b->mean >= want.mean && b->mean <= want.mean);
	assert_true(b->first >= want.first && b->first <= want.first);
	assert_true(b->last >= want.last && b->last <= want.last);
	assert_int_equal(b->first_ns, want.first_ns);
	assert_int_equal(b->last_ns, want.last_ns);
	e->next += e->query->step_ns;
	return true;
}

static void check_buckets(run_t *run, const sample_t *sorted, const series_query_t *query)
{
	expectation_t e = { run, sorted, query, query->from_ns };
	series_reader_t reader = historian_reader(run->f.historian);
	if (query->step_ns < 100)
		return; /* the oracle is slow */
	OK(reader.buckets(reader.ctx, query, check_bucket, &e));
	assert_true(e.next >= query->to_ns && e.next - query->step_ns < query->to_ns);
}

static void check(run_t *run)
{
	static sample_t sorted[ROWS_MAX];
	settle(&run->f);
	memcpy(sorted, run->rows, run->count * sizeof(sample_t));
	qsort(sorted, run->count, sizeof(sample_t), by_row);
	for (int i = 0; i < QUESTIONS; i++) {
		series_query_t query = some_query(run);
		check_raw(run, sorted, &query);
		query.limit = 0;
		check_buckets(run, sorted, &query);
	}
}

static void step(run_t *run)
{
	switch (rng_below(&run->rng, 12)) {
	case 0:
		settle(&run->f);
		OK(historian_seal(run->f.historian));
		break;
	case 1:
		settle(&run->f);
		fixture_restart(&run->f);
		break;
	case 2:
		check(run);
		break;
	default:
		add_batch(run);
	}
}

static void answers_are_those_of_the_oracle(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		run_t *run = calloc(1, sizeof(*run));
		assert_non_null(run);
		run->f = fixture_make(seed);
		run->rng = rng_of(seed);
		run->clock = SPAN;
		fixture_start(&run->f);
		for (int i = 0; i < STEPS; i++)
			step(run);
		check(run);
		fixture_free(&run->f);
		free(run);
	}
}

static bool refuse_row(void *ctx, const series_bucket_t *bucket)
{
	(void)bucket;
	return ++*(size_t *)ctx < 3;
}

static void buckets_without_width_or_too_many_are_refused(void **state)
{
	(void)state;
	static const series_query_t bad[] = {
		{ .from_ns = 0, .to_ns = 10, .step_ns = 0 },
		{ .from_ns = 0, .to_ns = 10, .step_ns = -1 },
		{ .from_ns = 10, .to_ns = 10, .step_ns = 1 },
		{ .from_ns = 0, .to_ns = BUCKETS_MAX + 1, .step_ns = 1 },
		{ .from_ns = INT64_MIN, .to_ns = INT64_MAX, .step_ns = INT64_MAX },
	};
	aggregate_t a;
	size_t seen = 0;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(aggregate_begin(&a, &bad[i], refuse_row, &seen), ERR_INVALID);
	series_query_t most = { .from_ns = 0, .to_ns = BUCKETS_MAX, .step_ns = 1 };
	OK(aggregate_begin(&a, &most, refuse_row, &seen));
	aggregate_end(&a);
	assert_int_equal(seen, 3);
}

static void buckets_at_the_end_of_time_do_not_overflow(void **state)
{
	(void)state;
	aggregate_t a;
	size_t seen = 0;
	series_query_t query = { .from_ns = INT64_MAX - 15, .to_ns = INT64_MAX, .step_ns = 10 };
	block_row_t row = { .source_ns = INT64_MAX - 1, .type = VALUE_U64, .bits = 5 };
	OK(aggregate_begin(&a, &query, refuse_row, &seen));
	assert_true(aggregate_add(&a, &row));
	assert_int_equal(a.bucket.count, 1);
	aggregate_end(&a);
	assert_int_equal(seen, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_are_those_of_the_oracle),
		cmocka_unit_test(buckets_without_width_or_too_many_are_refused),
		cmocka_unit_test(buckets_at_the_end_of_time_do_not_overflow),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
