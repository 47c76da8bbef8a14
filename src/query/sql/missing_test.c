/* SPDX-License-Identifier: Apache-2.0 */
/* Buckets of a store that has left samples out, against what all of them give: the same, as
 * near as `bound` says, or nobody knows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <math.h>

#include "base/num.h"
#include "env/twin/twin.h"
#include "query/sql/sql.h"

enum { ROWS = 1200, BLOCK = 60, LINE = 6, BROKEN_AT = 7, ODD = 333, BUCKETS_MAX = 400 };
static const double DEVIATION = 0.5;

typedef struct {
	twin_t *twin;
	env_t *env;
	sql_t *sql;
	catalogue_t catalogue;
	device_t device;
	point_t point;
	sample_t rows[ROWS];
	bool left_out[ROWS];
	bool is_whole;                /* nothing is left out */
	size_t nearest;               /* how often it was asked */
	value_t told[BUCKETS_MAX][2]; /* value and bound */
	size_t count;
} store_t;

static bool is_there(const store_t *s, size_t i)
{
	return s->is_whole || !s->left_out[i];
}

static sample_t row_of(const store_t *s, size_t i)
{
	sample_t row = s->rows[i];
	row.bound = s->is_whole ? 0 : row.bound;
	return row;
}

static bool is_within(const sample_t *row, const series_query_t *q)
{
	return row->source.ns >= q->from_ns && row->source.ns < q->to_ns;
}

static bool has_whole_block(const store_t *s, size_t block, const series_query_t *q)
{
	return (s->is_whole || block != BROKEN_AT) && is_within(&s->rows[block * BLOCK], q) &&
	       is_within(&s->rows[block * BLOCK + BLOCK - 1], q);
}

static summary_t sum_block(const store_t *s, size_t block)
{
	summary_t sum = { 0 };
	for (size_t i = block * BLOCK; i < (block + 1) * BLOCK; i++) {
		const sample_t *row = &s->rows[i];
		summary_end_t end = { row->source.ns, value_bits(&row->value),
			              (uint8_t)row->value.type, (uint8_t)row->quality };
		summary_add(&sum, &end, false);
	}
	return sum;
}

MUST_CHECK static err_t take(void *ctx, const series_query_t *q, const series_taker_t *taker)
{
	store_t *s = ctx;
	for (size_t block = 0; block < ROWS / BLOCK; block++) {
		summary_t sum = sum_block(s, block);
		if (has_whole_block(s, block, q) &&
		    taker->summary(taker->ctx, &sum) == SERIES_TAKEN)
			continue;
		for (size_t i = block * BLOCK; i < (block + 1) * BLOCK; i++) {
			sample_t row = row_of(s, i);
			if (is_there(s, i) && is_within(&row, q) && !taker->row(taker->ctx, &row))
				return ERR_OK;
		}
	}
	return ERR_OK;
}

MUST_CHECK static err_t nearest(void *ctx, const series_nearest_t *ask, sample_t *ret_sample)
{
	store_t *s = ctx;
	bool found = false;
	s->nearest++;
	for (size_t i = 0; i < ROWS && !(found && ask->is_after); i++) {
		bool is_after = s->rows[i].source.ns >= ask->at_ns;
		if (!is_there(s, i) || is_after != ask->is_after)
			continue;
		*ret_sample = row_of(s, i);
		found = true;
	}
	return found ? ERR_OK : ERR_NOT_FOUND;
}

static bool is_thinned(void *ctx)
{
	return !((store_t *)ctx)->is_whole;
}

/* Lines with a jitter around them; of each only its ends are kept, but for one with a sample
 * that is not good. Of one block an end of a line is not seen any more. */
static void fill(store_t *s)
{
	rng_t rng = rng_of(11);
	double from = 0, to = 0;
	for (size_t i = 0; i < ROWS; i++) {
		size_t into = i % LINE;
		if (into == 0) {
			from = to;
			to += rng_normal(&rng);
		}
		bool is_end = into == 0 || i % BLOCK == BLOCK - 1;
		double line = from + (to - from) * (double)into / LINE;
		double jitter = is_end ? 0 : DEVIATION * (2 * rng_unit(&rng) - 1);
		s->left_out[i] = !is_end && i / LINE != ODD / LINE;
		s->rows[i] = (sample_t){ .point = 1,
			                 .source = { (int64_t)i * NS_PER_S },
			                 .value = value_f64(line + jitter),
			                 .quality = i == ODD ? QUALITY_TIMEOUT : QUALITY_OK,
			                 .bound = DEVIATION };
	}
	for (size_t i = BROKEN_AT * BLOCK; i < (BROKEN_AT + 1) * BLOCK; i++)
		s->rows[i].bound = (double)INFINITY;
}

static int store_open(void **state)
{
	store_t *s = test_calloc(1, sizeof(*s));
	s->device = (device_t){ .id = 1, .name = "FRM1", .label = { "", "" }, .ident = "" };
	s->point = (point_t){ .id = 1,
		              .device = 1,
		              .name = "FRM1.V",
		              .label = { "", "" },
		              .unit = "V",
		              .ident = "" };
	s->catalogue = (catalogue_t){
		.devices = &s->device, .device_count = 1, .points = &s->point, .point_count = 1
	};
	assert_int_equal(twin_new(&(twin_spec_t){ .seed = 1 }, &s->twin), ERR_OK);
	assert_int_equal(twin_host_open(s->twin, "node", &s->env), ERR_OK);
	fill(s);
	sql_spec_t spec = { .reader = { .ctx = s, .take = take, .nearest = nearest },
		            .source = { .ctx = s, .is_thinned = is_thinned } };
	assert_int_equal(sql_open(s->env, &spec, &s->sql), ERR_OK);
	*state = s;
	return 0;
}

static int store_close(void **state)
{
	store_t *s = *state;
	sql_close(s->sql);
	twin_host_close(s->env);
	twin_free(s->twin);
	test_free(s);
	return 0;
}

static bool on_head(void *ctx, const slice_t *names, size_t count)
{
	(void)ctx;
	(void)names;
	return count == 2;
}

static bool on_row(void *ctx, const value_t *values, size_t count)
{
	store_t *s = ctx;
	assert_true(count == 2 && s->count < BUCKETS_MAX);
	memcpy(s->told[s->count++], values, sizeof(s->told[0]));
	return true;
}

typedef struct {
	int64_t from_ns, to_ns, step_ns;
	const char *agg;
} asked_t;

static void ask(store_t *s, const asked_t *asked, bool is_whole)
{
	char text[256];
	(void)snprintf(text, sizeof(text),
	               "SELECT value, bound FROM buckets('FRM1.V', %lld, %lld, %lld, '%s') ORDER "
	               "BY t",
	               (long long)asked->from_ns, (long long)asked->to_ns,
	               (long long)asked->step_ns, asked->agg);
	s->is_whole = is_whole;
	s->count = s->nearest = 0;
	sql_question_t question = { .text = slice_str(text), .catalogue = &s->catalogue };
	assert_int_equal(sql_ask(s->sql, &question, &(sql_answer_t){ s, on_head, on_row }, NULL),
	                 ERR_OK);
}

static double number_of(const value_t *value)
{
	double number;
	return value_number(value, &number) ? number : (double)NAN;
}

typedef struct {
	size_t exact, bounded, unknown;
} tally_t;

static void compare(store_t *s, const asked_t *asked, tally_t *tally)
{
	value_t all[BUCKETS_MAX][2];
	ask(s, asked, true);
	size_t count = s->count;
	memcpy(all, s->told, sizeof(all));
	assert_int_equal(s->nearest, 0);
	ask(s, asked, false);
	assert_int_equal(s->count, count);
	for (size_t i = 0; i < count; i++) {
		double want = number_of(&all[i][0]), got = number_of(&s->told[i][0]);
		double bound = number_of(&s->told[i][1]);
		assert_true(number_of(&all[i][1]) == 0);
		tally->unknown += isnan(bound) != 0;
		tally->exact += bound == 0;
		tally->bounded += bound > 0;
		if (isnan(bound) || (isnan(want) && isnan(got)))
			continue;
		if (!(fabs(got - want) <= bound + 1e-9))
			fail_msg("%s of %lld by %lld, bucket %zu: %.17g +- %.17g, of all %.17g",
			         asked->agg, (long long)asked->from_ns, (long long)asked->step_ns,
			         i, got, bound, want);
	}
}

static const char *const aggs[] = { "count", "bad", "min", "max", "mean", "first", "last" };
enum { AGGS = sizeof(aggs) / sizeof(*aggs) };

static void a_bucket_is_as_near_as_it_says(void **state)
{
	rng_t rng = rng_of(5);
	for (size_t a = 0; a < AGGS; a++) {
		tally_t tally = { 0 };
		for (size_t round = 0; round < 40; round++) {
			int64_t from = ((int64_t)rng_below(&rng, 2600) - 100) * NS_PER_S / 2;
			int64_t span = (int64_t)(1 + rng_below(&rng, 1200)) * NS_PER_S / 2;
			int64_t step = span / (int64_t)(1 + rng_below(&rng, 300)) + 1;
			asked_t asked = { from, from + span, step, aggs[a] };
			compare(*state, &asked, &tally);
		}
		assert_true(tally.exact > 50 && tally.unknown > 50);
		assert_true(tally.bounded > 50 || a < 2);
	}
}

static void whole_blocks_are_exact(void **state)
{
	store_t *s = *state;
	enum { WHOLE = BROKEN_AT - 1 };
	const int64_t block = BLOCK * NS_PER_S;
	for (size_t a = 0; a < AGGS; a++) {
		tally_t tally = { 0 };
		compare(s, &(asked_t){ 0, WHOLE * block, block, aggs[a] }, &tally);
		assert_int_equal(tally.exact, WHOLE);
	}
}

static void what_nobody_can_bound_has_none(void **state)
{
	const int64_t block = BLOCK * NS_PER_S;
	for (size_t a = 0; a < AGGS; a++) {
		tally_t tally = { 0 };
		asked_t asked = { BROKEN_AT * block, (BROKEN_AT + 1) * block, block, aggs[a] };
		compare(*state, &asked, &tally);
		assert_int_equal(tally.unknown, 1);
	}
}

/* The line that passes over it tells that there was something. */
static void a_bucket_of_which_nothing_is_left_is_not_exact(void **state)
{
	store_t *s = *state;
	asked_t asked = { NS_PER_S, 4 * NS_PER_S, 3 * NS_PER_S, "mean" };
	ask(s, &asked, false);
	assert_int_equal(s->count, 1);
	assert_true(isnan(number_of(&s->told[0][0])) && isnan(number_of(&s->told[0][1])));
	asked.from_ns = -9 * NS_PER_S;
	asked.to_ns = -6 * NS_PER_S;
	ask(s, &asked, false);
	assert_true(isnan(number_of(&s->told[0][0])) && number_of(&s->told[0][1]) == 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bucket_is_as_near_as_it_says),
		cmocka_unit_test(whole_blocks_are_exact),
		cmocka_unit_test(what_nobody_can_bound_has_none),
		cmocka_unit_test(a_bucket_of_which_nothing_is_left_is_not_exact),
	};
	return cmocka_run_group_tests(tests, store_open, store_close);
}
