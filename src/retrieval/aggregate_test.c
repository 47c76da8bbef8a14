/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/num.h"
#include "retrieval/fake_test.h"
#include "retrieval/oracle_aggregates_test.h"

enum { ROUNDS = 4000, BUCKETS_MAX = 64 };

typedef struct {
	const aggregate_t *aggregate;
	const retrieval_options_t *options;
	result_t results[BUCKETS_MAX];
	size_t count;
	int64_t gap_ns; /* the longest of all buckets */
} taken_t;

static bool keep(void *ctx, const facts_t *facts)
{
	taken_t *taken = ctx;
	taken->gap_ns = facts->gap_ns > taken->gap_ns ? facts->gap_ns : taken->gap_ns;
	taken->results[taken->count++] = aggregate_make(taken->aggregate, facts, taken->options);
	return true;
}

static void run(fake_t *fake, const edges_t *edges, taken_t *taken)
{
	series_reader_t reader = fake_reader(fake);
	walk_stats_t stats = { 0 };
	walk_spec_t spec = {
		.reader = &reader,
		.query = { .point = 1 },
		.edges = edges,
		.options = taken->options,
		.needs = aggregate_needs(taken->aggregate, taken->options),
		.bucket = keep,
		.ctx = taken,
		.stats = &stats,
	};
	taken->count = 0;
	assert_int_equal(walk_run(&spec), ERR_OK);
}

static double random_value(rng_t *rng)
{
	return rng_below(rng, 3) ? (double)rng_below(rng, 5) : rng_normal(rng) * 100;
}

static void random_rows(rng_t *rng, fake_t *fake, o_row_t *rows)
{
	static const quality_t qualities[] = { QUALITY_STALE, QUALITY_TIMEOUT, QUALITY_OUT_OF_RANGE,
		                               QUALITY_BAD_DATA, QUALITY_OVERRIDDEN };
	int64_t ns = (int64_t)rng_below(rng, 40);
	uint64_t trouble = rng_below(rng, 4) * 10;
	fake->count = 0;
	fake->fan = 2 + (size_t)rng_below(rng, 3);
	fake->cuts = rng_below(rng, 2);
	for (size_t n = (size_t)rng_below(rng, 70); n; n--) {
		quality_t quality = rng_below(rng, 100) < trouble ? qualities[rng_below(rng, 5)]
		                                                  : QUALITY_OK;
		double number = rng_below(rng, 40) || !trouble ? random_value(rng) : NAN;
		ns += (int64_t)(rng_below(rng, 8) ? rng_below(rng, 5) : rng_below(rng, 60));
		o_row_t *row = &rows[fake->count];
		fake_add(fake, ns, number, quality);
		*row = (o_row_t){ ns, number, (int)quality_info(quality)->class,
			          quality_info(quality)->opcua };
		if (isnan(number) && row->c != 2)
			*row = (o_row_t){ ns, 0, 2, 0x80740000 };
	}
}

static void random_notes(rng_t *rng, fake_t *fake)
{
	int64_t ns = 0;
	fake->note_count = (size_t)rng_below(rng, FAKE_NOTES_MAX);
	for (size_t i = 0; i < fake->note_count; i++)
		fake->notes[i] = ns += (int64_t)rng_below(rng, 80);
}

static retrieval_options_t random_options(rng_t *rng)
{
	retrieval_options_t o = RETRIEVAL_DEFAULTS;
	o.uncertain_is_bad = rng_below(rng, 2);
	o.is_sloped_beyond = rng_below(rng, 2);
	o.is_stepped = rng_below(rng, 2);
	o.rollover = rng_below(rng, 2) ? 1000 : 0;
	if (rng_below(rng, 2)) {
		o.percent_bad = (uint8_t)rng_below(rng, 101);
		o.percent_good = (uint8_t)(100 - rng_below(rng, o.percent_bad + 1U));
	}
	if (rng_below(rng, 4) == 0) { /* shares that counts often meet, and both at once */
		o.percent_bad = (uint8_t)(25 * rng_below(rng, 5));
		o.percent_good = (uint8_t)(100 - o.percent_bad);
	}
	return o;
}

static void check_one(const result_t *got, const o_result_t *want, const char *what)
{
	double limit = 1e-12 * fmax(want->scale, fmax(1, fabs(want->v)));
	bool same = got->status == want->code && got->ns == want->t &&
	            isnan(got->value) == isnan(want->v) &&
	            (isnan(want->v) || got->value == want->v ||
	             fabs(got->value - want->v) <= limit);
	if (!same)
		print_error("%s: at %lld %.17g %08X, wanted at %lld %.17g %08X\n", what,
		            (long long)got->ns, got->value, got->status, (long long)want->t,
		            want->v, want->code);
	assert_true(same);
}

static void check(fake_t *fake, const edges_t *edges, const oracle_t *oracle, taken_t *taken)
{
	char what[160];
	run(fake, edges, taken);
	assert_int_equal(taken->count, edges->count);
	for (size_t i = 0; i < edges->count; i++) {
		oracle_t o = *oracle;
		o.s = edges_at(edges, i);
		o.e = edges_at(edges, i + 1);
		o.cut = edges_is_cut(edges, i);
		o_result_t want = o_make(&o, taken->aggregate->name);
		(void)snprintf(what, sizeof(what), "%s, bucket %zu of [%lld %lld], %s, %s, %s",
		               taken->aggregate->name, i, (long long)o.s, (long long)o.e,
		               o.stepped ? "stepped" : "sloped",
		               o.treat ? "uncertain is bad" : "uncertain is good",
		               taken->options->no_summaries ? "samples" : "summaries");
		check_one(&taken->results[i], &want, what);
	}
}

static void round_of(rng_t *rng, fake_t *fake)
{
	o_row_t rows[FAKE_ROWS_MAX];
	edges_t edges;
	random_rows(rng, fake, rows);
	random_notes(rng, fake);
	retrieval_options_t options = random_options(rng);
	oracle_t oracle = { .rows = rows,
		            .n = (int)fake->count,
		            .treat = options.uncertain_is_bad,
		            .stepped = options.is_stepped,
		            .sloped_beyond = options.is_sloped_beyond,
		            .pct_bad = options.percent_bad,
		            .pct_good = options.percent_good,
		            .rollover = options.rollover,
		            .notes = fake->notes,
		            .note_count = (int)fake->note_count };
	int64_t from = (int64_t)rng_below(rng, 120), span = 1 + (int64_t)rng_below(rng, 250);
	int64_t step = 1 + span / BUCKETS_MAX + (int64_t)rng_below(rng, (uint64_t)span);
	assert_int_equal(edges_equal(from, from + span, step, &edges), ERR_OK);
	for (size_t i = 0; i < aggregate_count(); i++) {
		taken_t taken = { .aggregate = aggregate_get(i), .options = &options };
		for (int without = 0; without < 2; without++) {
			options.no_summaries = without;
			check(fake, &edges, &oracle, &taken);
		}
	}
}

static void every_aggregate_is_what_its_definition_says(void **state)
{
	(void)state;
	static fake_t fake;
	rng_t rng = rng_of(13);
	for (size_t i = 0; i < ROUNDS; i++)
		round_of(&rng, &fake);
	/* The summaries were of use. */
	assert_true(fake.taken > 10 * ROUNDS);
}

static result_t ask(fake_t *fake, const edges_t *edges, const retrieval_options_t *options,
                    const char *name)
{
	taken_t taken = { .aggregate = aggregate_find(slice_str(name)), .options = options };
	assert_non_null(taken.aggregate);
	run(fake, edges, &taken);
	return taken.results[0];
}

/* The table of OPC 10000-13, 3.1.5. */
static void lines_go_on_as_the_standard_shows(void **state)
{
	(void)state;
	static const struct {
		int64_t s;
		double sloped, stepped;
	} table[] = { { 0, 10, 10 },  { 5, 15, 10 },  { 8, 18, 10 },  { 10, 20, 20 },
		      { 15, 25, 20 }, { 20, 30, 30 }, { 25, 35, 30 }, { 27, 37, 30 } };
	static fake_t fake = { .fan = 2 };
	retrieval_options_t options = RETRIEVAL_DEFAULTS;
	options.is_sloped_beyond = true;
	for (int i = 0; i < 3; i++)
		fake_add(&fake, i * 10 * NS_PER_S, 10 + 10 * i, QUALITY_OK);
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		edges_t edges;
		int64_t ns = table[i].s * NS_PER_S;
		assert_int_equal(edges_equal(ns, ns + 1, 0, &edges), ERR_OK);
		options.is_stepped = false;
		assert_true(ask(&fake, &edges, &options, "Interpolative").value == table[i].sloped);
		options.is_stepped = true;
		assert_true(ask(&fake, &edges, &options, "interpolated").value == table[i].stepped);
	}
}

static void long_ranges_are_answered_from_summaries(void **state)
{
	(void)state;
	static fake_t fake = { .fan = 10 };
	retrieval_options_t options = RETRIEVAL_DEFAULTS;
	edges_t edges;
	for (int i = 0; i < 4000; i++)
		fake_add(&fake, i * NS_PER_S, i, QUALITY_OK);
	assert_int_equal(edges_equal(5 * NS_PER_S, 3995 * NS_PER_S, 0, &edges), ERR_OK);
	result_t mean = ask(&fake, &edges, &options, "mean");
	assert_true(mean.value == 1999.5);
	assert_int_equal(mean.status, STATUS_CALCULATED);
	assert_true(fake.taken > 0 && fake.shown < 60);
}

static void samples_behind_the_first_of_a_bucket_are_taken_as_numbers(void **state)
{
	(void)state;
	enum { BUCKETS = 40, WIDTH = 10 };
	static fake_t fake = { .fan = 2 };
	retrieval_options_t options = RETRIEVAL_DEFAULTS;
	options.no_summaries = true;
	edges_t edges;
	for (int i = 0; i < BUCKETS * WIDTH; i++)
		fake_add(&fake, i * NS_PER_S + (i == 7) * NS_PER_MS, i,
		         i % 100 == 55 ? QUALITY_TIMEOUT : QUALITY_OK);
	assert_int_equal(edges_equal(0, BUCKETS * WIDTH * NS_PER_S, WIDTH * NS_PER_S, &edges),
	                 ERR_OK);
	taken_t taken = { .aggregate = aggregate_find(SLICE("mean")), .options = &options };
	run(&fake, &edges, &taken);
	assert_true(taken.results[0].value == 4.5);
	assert_int_equal(taken.gap_ns, NS_PER_S + NS_PER_MS);
	/* A bad one, and the good one that follows it, are no matter of numbers alone. */
	assert_int_equal(fake.run_rows, BUCKETS * (WIDTH - 1) - 2 * (BUCKETS / 10));
	fake.run_rows = 0;
	assert_true(ask(&fake, &edges, &options, "min").value == 0);
	assert_int_equal(fake.run_rows, 0);
}

static void percentages_that_contradict_each_other_are_refused(void **state)
{
	(void)state;
	retrieval_options_t options = RETRIEVAL_DEFAULTS;
	assert_int_equal(aggregate_check(&options), ERR_OK);
	options.percent_bad = 80;
	options.percent_good = 0;
	assert_int_equal(aggregate_check(&options), ERR_INVALID);
	options.percent_good = 101;
	assert_int_equal(aggregate_check(&options), ERR_INVALID);
}

static void aggregates_have_one_name_and_one_node_each(void **state)
{
	(void)state;
	size_t standard = 0;
	for (size_t i = 0; i < aggregate_count(); i++) {
		const aggregate_t *a = aggregate_get(i);
		standard += a->node != 0;
		assert_ptr_equal(aggregate_find(slice_str(a->name)), a);
		for (size_t k = 0; k < i; k++)
			assert_true(!a->node || a->node != aggregate_get(k)->node);
	}
	assert_int_equal(standard, 37);
	assert_null(aggregate_find(SLICE("Median")));
}

static void ranges_that_cannot_be_cut_are_refused(void **state)
{
	(void)state;
	edges_t edges;
	assert_int_equal(edges_equal(5, 5, 1, &edges), ERR_INVALID);
	assert_int_equal(edges_equal(0, 5, -1, &edges), ERR_INVALID);
	assert_int_equal(edges_equal(INT64_MIN, INT64_MAX, 0, &edges), ERR_INVALID);
	assert_int_equal(edges_equal(0, EDGES_BUCKETS_MAX + 1, 1, &edges), ERR_INVALID);
	assert_int_equal(edges_equal(0, 7, 3, &edges), ERR_OK);
	assert_int_equal(edges.count, 3);
	assert_int_equal(edges_at(&edges, 3), 7);
	assert_true(edges_is_cut(&edges, 2));
	int64_t list[] = { 0, 4, 4 };
	assert_int_equal(edges_listed(list, 2, &edges), ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_aggregate_is_what_its_definition_says),
		cmocka_unit_test(lines_go_on_as_the_standard_shows),
		cmocka_unit_test(long_ranges_are_answered_from_summaries),
		cmocka_unit_test(samples_behind_the_first_of_a_bucket_are_taken_as_numbers),
		cmocka_unit_test(percentages_that_contradict_each_other_are_refused),
		cmocka_unit_test(aggregates_have_one_name_and_one_node_each),
		cmocka_unit_test(ranges_that_cannot_be_cut_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
