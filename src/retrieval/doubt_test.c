/* SPDX-License-Identifier: Apache-2.0 */
/* What is told of a point whose samples were thinned, against what all of them give: either
 * it is the same, or as near as it says, or it says that nobody knows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "base/num.h"
#include "historian/swing.h"
#include "retrieval/fake_test.h"
#include "retrieval/retrieval.h"

enum { ROWS = 1500, BLOCK = 64, BUCKETS_MAX = 64, ROUNDS = 60 };

typedef struct {
	const aggregate_t *aggregate;
	const retrieval_options_t *options;
	result_t results[BUCKETS_MAX];
	hidden_t hidden[BUCKETS_MAX];
	size_t count;
} told_t;

static bool keep(void *ctx, const facts_t *facts)
{
	told_t *told = ctx;
	told->hidden[told->count] = facts->hidden;
	told->results[told->count++] = aggregate_make(told->aggregate, facts, told->options);
	return true;
}

static void ask(fake_t *fake, const edges_t *edges, told_t *told)
{
	series_reader_t reader = fake_reader(fake);
	walk_stats_t stats = { 0 };
	walk_spec_t spec = { .reader = &reader,
		             .query = { .point = 1 },
		             .edges = edges,
		             .options = told->options,
		             .needs = aggregate_needs(told->aggregate, told->options),
		             .bucket = keep,
		             .ctx = told,
		             .stats = &stats };
	told->count = 0;
	assert_int_equal(walk_run(&spec), ERR_OK);
}

/* A walk that rests now and then, with some trouble. */
static void draw(rng_t *rng, fake_t *fake)
{
	double number = 0;
	int64_t ns = 0;
	bool rests = false;
	*fake = (fake_t){ .fan = BLOCK };
	for (size_t i = 0; i < ROWS; i++) {
		quality_t quality = rng_below(rng, 150) ? QUALITY_OK
		                    : rng_below(rng, 2) ? QUALITY_STALE
		                                        : QUALITY_BAD_DATA;
		rests ^= rng_below(rng, 40) == 0;
		number += rests ? 0 : rng_normal(rng);
		ns += NS_PER_S / 10 * (int64_t)(1 + rng_below(rng, 20));
		fake_add(fake, ns, number, quality);
	}
}

/* As a store does, block by block; the last part of the samples is not old enough. */
static size_t thin(fake_t *fake, double deviation)
{
	size_t kept = 0;
	for (size_t from = 0; from + BLOCK <= ROWS * 3 / 4; from += BLOCK) {
		int64_t ns[BLOCK];
		uint64_t bits[BLOCK];
		uint8_t type[BLOCK], mark[BLOCK];
		bool is_kept[BLOCK];
		for (size_t i = 0; i < BLOCK; i++) {
			const sample_t *row = &fake->rows[from + i];
			ns[i] = row->source.ns;
			bits[i] = value_bits(&row->value);
			type[i] = (uint8_t)row->value.type;
			mark[i] = mark_make(row->quality, false);
		}
		rows_t rows = { BLOCK, ns, ns, bits, type, mark, { 0 }, 0 };
		size_t n = swing_keep(&(swing_t){ deviation, 0 }, &rows, is_kept);
		for (size_t i = 0; i < BLOCK; i++) {
			fake->left_out[from + i] = !is_kept[i];
			fake->rows[from + i].bound = n < BLOCK ? deviation : 0;
		}
		kept += n;
	}
	return kept;
}

static retrieval_options_t random_options(rng_t *rng)
{
	retrieval_options_t options = RETRIEVAL_DEFAULTS;
	options.uncertain_is_bad = rng_below(rng, 2);
	options.is_stepped = rng_below(rng, 2);
	options.is_sloped_beyond = rng_below(rng, 2);
	options.no_summaries = rng_below(rng, 4) == 0;
	options.time_base_ns = rng_below(rng, 2) ? 60 * NS_PER_S : 0;
	return options;
}

static edges_t random_edges(rng_t *rng)
{
	edges_t edges;
	int64_t from = (int64_t)rng_below(rng, 1200) * NS_PER_S;
	int64_t span = (int64_t)(1 + rng_below(rng, 1000)) * NS_PER_S;
	int64_t step = span / (int64_t)(1 + rng_below(rng, BUCKETS_MAX - 2)) + 1;
	assert_int_equal(edges_equal(from, from + span, step, &edges), ERR_OK);
	return edges;
}

typedef struct {
	size_t exact, bounded, unknown;
} tally_t;

static void assert_near(const result_t *told, const result_t *all, const char *name)
{
	double slack = 1e-9 * (1 + fabs(all->value) + fabs(told->value));
	if (isnan(all->value) || isnan(told->value)) {
		/* What lies between two samples has a value and no sample. */
		assert_true(told->doubt > 0 || isnan(told->value) == isnan(all->value));
		return;
	}
	if (!(fabs(told->value - all->value) <= told->doubt + slack))
		fail_msg("%s is %.17g +- %.17g, of all %.17g", name, told->value, told->doubt,
		         all->value);
	/* How often a value came is told of what is there. */
	status_t but_times = ~(status_t)(STATUS_MULTI & ~STATUS_RAW);
	if (told->doubt == 0)
		assert_int_equal(told->status & but_times, all->status & but_times);
}

static void compare(const told_t *told, const told_t *all, tally_t *tally)
{
	assert_int_equal(told->count, all->count);
	for (size_t i = 0; i < told->count; i++) {
		const result_t *result = &told->results[i];
		assert_true(all->results[i].doubt == 0);
		tally->exact += result->doubt == 0;
		tally->unknown += isinf(result->doubt) != 0;
		tally->bounded += result->doubt > 0 && !isinf(result->doubt);
		assert_near(result, &all->results[i], told->aggregate->name);
	}
}

static void every_aggregate_keeps_to_its_bound(void **state)
{
	static fake_t all, thinned;
	static const double deviations[] = { 0.05, 0.5, 2, 10 };
	rng_t rng = rng_of(20);
	tally_t tally = { 0 };
	size_t kept = 0, blocks = 0;
	(void)state;
	for (size_t round = 0; round < ROUNDS; round++) {
		draw(&rng, &all);
		thinned = all;
		kept += thin(&thinned, deviations[round % 4]);
		blocks += ROWS * 3 / 4 / BLOCK;
		for (size_t i = 0; i < aggregate_count(); i++) {
			retrieval_options_t options = random_options(&rng);
			edges_t edges = random_edges(&rng);
			told_t a = { .aggregate = aggregate_get(i), .options = &options }, b = a;
			ask(&thinned, &edges, &a);
			ask(&all, &edges, &b);
			compare(&a, &b, &tally);
		}
	}
	assert_true(kept < blocks * BLOCK / 2);
	assert_true(tally.exact > 1000 && tally.bounded > 1000 && tally.unknown > 1000);
}

static double doubt_of(fake_t *fake, const char *name, int64_t from_s, int64_t to_s)
{
	edges_t edges;
	retrieval_options_t options = RETRIEVAL_DEFAULTS;
	told_t told = { .aggregate = aggregate_find(slice_str(name)), .options = &options };
	assert_int_equal(edges_equal(from_s * NS_PER_S, to_s * NS_PER_S, 0, &edges), ERR_OK);
	ask(fake, &edges, &told);
	return told.results[0].doubt;
}

/* A ramp of a block before and behind a flat one, thinned. */
static void plain(fake_t *fake)
{
	*fake = (fake_t){ .fan = BLOCK };
	for (int64_t i = 0; i < 3 * BLOCK; i++)
		fake_add(fake, i * NS_PER_S, i / BLOCK == 1 ? 5 : (double)i, QUALITY_OK);
	fake->count = ROWS;
	for (int64_t i = 3 * BLOCK; i < ROWS; i++)
		fake->rows[i] = fake_sample(i * NS_PER_S, 0, QUALITY_OK);
	assert_int_equal(thin(fake, 0.5), 2 * (ROWS * 3 / 4 / BLOCK));
}

static void whole_blocks_are_exact(void **state)
{
	static fake_t fake;
	static const char *const names[] = { "mean", "Count", "transitions", "Sum", "max" };
	(void)state;
	plain(&fake);
	for (size_t i = 0; i < 5; i++) {
		assert_true(doubt_of(&fake, names[i], BLOCK, 3 * BLOCK) == 0);
		assert_true(doubt_of(&fake, names[i], BLOCK, 3 * BLOCK - 9) > 0);
	}
	assert_true(doubt_of(&fake, "mean", ROWS - 50, ROWS) == 0);
	assert_true(isinf(doubt_of(&fake, "Count", BLOCK, 3 * BLOCK - 9)));
	/* The ramp is far above. */
	assert_true(doubt_of(&fake, "min", BLOCK, 3 * BLOCK - 9) == 0);
	assert_true(doubt_of(&fake, "PercentGood", BLOCK, 3 * BLOCK - 9) == 0);
}

static void between_kept_samples_the_bound_is_the_deviation(void **state)
{
	static fake_t fake;
	(void)state;
	plain(&fake);
	assert_true(doubt_of(&fake, "interpolated", BLOCK + 9, BLOCK + 10) == 0.5);
	assert_true(doubt_of(&fake, "interpolated", BLOCK, BLOCK + 1) == 0);
	assert_true(doubt_of(&fake, "mean", BLOCK + 9, BLOCK + 20) == 0.5);
	assert_true(doubt_of(&fake, "time_mean", BLOCK + 9, BLOCK + 20) == 0.5);
}

static void a_bucket_of_which_nothing_is_left_has_the_value_of_the_line(void **state)
{
	static fake_t fake;
	edges_t edges;
	retrieval_options_t options = RETRIEVAL_DEFAULTS;
	told_t told = { .aggregate = aggregate_find(SLICE("mean")), .options = &options };
	(void)state;
	plain(&fake);
	assert_int_equal(edges_equal((BLOCK + 9) * NS_PER_S, (BLOCK + 20) * NS_PER_S, 0, &edges),
	                 ERR_OK);
	ask(&fake, &edges, &told);
	assert_true(told.results[0].value == 5);
	assert_int_equal(told.results[0].status, STATUS_INTERPOLATED);
}

/* Nobody knows what the line was where a store says so. */
static void a_line_that_was_broken_has_no_bound(void **state)
{
	static fake_t fake;
	static const char *const names[] = { "interpolated", "mean",  "min",         "Integral",
		                             "Total",        "Start", "DurationGood" };
	(void)state;
	plain(&fake);
	fake.rows[2 * BLOCK - 1].bound = (double)INFINITY;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		assert_true(isinf(doubt_of(&fake, names[i], BLOCK + 9, BLOCK + 20)));
}

typedef struct {
	size_t count;
	retrieval_row_t rows[ROWS];
} list_t;

static bool take_row(void *ctx, const retrieval_row_t *row)
{
	list_t *list = ctx;
	list->rows[list->count++] = *row;
	return true;
}

static void values_at_times_say_their_bound(void **state)
{
	static fake_t fake;
	static list_t list;
	retrieval_options_t options = RETRIEVAL_DEFAULTS;
	walk_stats_t stats = { 0 };
	series_reader_t reader = fake_reader(&fake);
	retrieval_t question = {
		.reader = &reader, .query = { .point = 1 }, .options = &options, .stats = &stats
	};
	int64_t times[] = { 7 * NS_PER_S, (ROWS - 9) * NS_PER_S };
	(void)state;
	plain(&fake);
	for (int stepped = 0; stepped < 2; stepped++) {
		options.is_stepped = stepped;
		list.count = 0;
		assert_int_equal(
			retrieval_at(&question, times, 2, &(retrieval_sink_t){ &list, take_row }),
			ERR_OK);
		assert_int_equal(list.count, 2);
		/* What is held may be off by the whole ramp. */
		assert_true(list.rows[0].doubt == (stepped ? BLOCK - 1 + 0.5 : 0.5));
		assert_true(list.rows[1].doubt == 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_aggregate_keeps_to_its_bound),
		cmocka_unit_test(whole_blocks_are_exact),
		cmocka_unit_test(between_kept_samples_the_bound_is_the_deviation),
		cmocka_unit_test(a_bucket_of_which_nothing_is_left_has_the_value_of_the_line),
		cmocka_unit_test(a_line_that_was_broken_has_no_bound),
		cmocka_unit_test(values_at_times_say_their_bound),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
