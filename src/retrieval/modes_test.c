/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/num.h"
#include "retrieval/fake_test.h"
#include "retrieval/retrieval.h"

enum { ROUNDS = 500, ROWS_MAX = 4200 };

typedef struct {
	retrieval_row_t rows[ROWS_MAX];
	size_t count, most;
} told_t;

static bool keep(void *ctx, const retrieval_row_t *row)
{
	told_t *told = ctx;
	assert_true(told->count < ROWS_MAX);
	told->rows[told->count++] = *row;
	return told->count != told->most;
}

typedef struct {
	fake_t fake;
	series_reader_t reader;
	retrieval_options_t options;
	walk_stats_t stats;
	retrieval_t question;
	told_t told;
	retrieval_sink_t sink;
} scene_t;

static void begin(scene_t *s)
{
	s->fake.count = 0;
	s->fake.fan = 4;
	s->reader = fake_reader(&s->fake);
	s->options = RETRIEVAL_DEFAULTS;
	s->stats = (walk_stats_t){ 0 };
	s->question = (retrieval_t){ .reader = &s->reader,
		                     .query = { .point = 1 },
		                     .options = &s->options,
		                     .stats = &s->stats };
	s->told.count = s->told.most = 0;
	s->sink = (retrieval_sink_t){ &s->told, keep };
}

static scene_t *scene(void)
{
	static scene_t s;
	begin(&s);
	return &s;
}

/* 10 at 10 s, 20 at 20 s ... 50 at 50 s; the third is bad. */
static scene_t *five(void)
{
	scene_t *s = scene();
	for (int i = 1; i <= 5; i++)
		fake_add(&s->fake, i * 10 * NS_PER_S, i * 10,
		         i == 3 ? QUALITY_TIMEOUT : QUALITY_OK);
	return s;
}

static void assert_row(const scene_t *s, size_t i, int64_t at_s, double value)
{
	assert_int_equal(s->told.rows[i].ns, at_s * NS_PER_S);
	assert_true(s->told.rows[i].value.as.f == value);
}

static void ask_raw(scene_t *s, int64_t from_s, int64_t to_s, retrieval_bounds_t bounds)
{
	retrieval_range_t range = { from_s * NS_PER_S, to_s * NS_PER_S, bounds, 0 };
	s->told.count = 0;
	assert_int_equal(retrieval_raw(&s->question, &range, &s->sink), ERR_OK);
}

static void raw_samples_come_with_the_bounds_asked_for(void **state)
{
	(void)state;
	scene_t *s = five();
	ask_raw(s, 15, 45, BOUNDS_INSIDE);
	assert_int_equal(s->told.count, 3);
	assert_row(s, 0, 20, 20);
	ask_raw(s, 15, 45, BOUNDS_OUTSIDE);
	assert_int_equal(s->told.count, 5);
	assert_row(s, 0, 10, 10);
	assert_row(s, 4, 50, 50);
	ask_raw(s, 15, 45, BOUNDS_INTERPOLATED);
	assert_int_equal(s->told.count, 5);
	assert_row(s, 0, 15, 15);
	assert_row(s, 4, 45, 45);
	assert_int_equal(s->told.rows[0].status, STATUS_INTERPOLATED);
}

static void a_sample_at_the_start_is_its_own_bound(void **state)
{
	(void)state;
	scene_t *s = five();
	for (int bounds = 0; bounds < 3; bounds++) {
		ask_raw(s, 20, 30, (retrieval_bounds_t)bounds);
		assert_row(s, 0, 20, 20);
		assert_int_equal(s->told.count, bounds ? 2 : 1);
	}
	/* The bad sample at the end is told as it is, or passed over by the line. */
	assert_row(s, 1, 30, 30);
	assert_int_equal(s->told.rows[1].status, STATUS_UNCERTAIN_SUB_NORMAL | STATUS_INTERPOLATED);
}

static void rows_stop_when_the_caller_has_enough(void **state)
{
	(void)state;
	scene_t *s = five();
	for (s->told.most = 1; s->told.most < 5; s->told.most++) {
		ask_raw(s, 15, 45, BOUNDS_OUTSIDE);
		assert_int_equal(s->told.count, s->told.most);
	}
}

static void values_at_times_come_in_order_and_once(void **state)
{
	(void)state;
	scene_t *s = five();
	int64_t times[] = { 45 * NS_PER_S, 5 * NS_PER_S,  20 * NS_PER_S,
		            20 * NS_PER_S, 60 * NS_PER_S, 25 * NS_PER_S };
	assert_int_equal(retrieval_at(&s->question, times, 6, &s->sink), ERR_OK);
	assert_int_equal(s->told.count, 5);
	assert_int_equal(s->told.rows[0].status, STATUS_BAD_NO_DATA);
	assert_int_equal(s->told.rows[0].value.type, VALUE_NONE);
	assert_row(s, 1, 20, 20);
	assert_int_equal(s->told.rows[1].status, STATUS_RAW);
	assert_row(s, 2, 25, 25);
	assert_row(s, 3, 45, 45);
	assert_row(s, 4, 60, 50);
	assert_int_equal(retrieval_at(&s->question, times, 0, &s->sink), ERR_INVALID);
}

static void what_holds_is_found_however_far_back_it_lies(void **state)
{
	(void)state;
	scene_t *s = scene();
	int64_t at_ns = 100;
	fake_add(&s->fake, INT64_MIN + 3, 7, QUALITY_OK);
	fake_add(&s->fake, 50, 0, QUALITY_TIMEOUT);
	assert_int_equal(retrieval_at(&s->question, &at_ns, 1, &s->sink), ERR_OK);
	assert_int_equal(s->told.count, 1);
	assert_true(s->told.rows[0].value.as.f == 7);
}

static void only_changes_beyond_the_deadband_are_told(void **state)
{
	(void)state;
	scene_t *s = scene();
	static const double values[] = { 1, 1.5, 2, 2.6, 2.6, 2.6, 0, 0 };
	retrieval_range_t range = { 0, 100, BOUNDS_INSIDE, 1 };
	for (int i = 0; i < 8; i++)
		fake_add(&s->fake, i, values[i], i == 4 ? QUALITY_TIMEOUT : QUALITY_OK);
	assert_int_equal(retrieval_delta(&s->question, &range, &s->sink), ERR_OK);
	assert_int_equal(s->told.count, 5);
	static const int64_t at[] = { 0, 3, 4, 5, 6 };
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(s->told.rows[i].ns, at[i]);
	range.deadband = (double)NAN;
	assert_int_equal(retrieval_delta(&s->question, &range, &s->sink), ERR_INVALID);
}

static void random_rows(scene_t *s, rng_t *rng, double levels)
{
	int64_t ns = 0;
	double number = 0;
	begin(s);
	for (size_t n = 20 + (size_t)rng_below(rng, 400); n; n--) {
		ns += (int64_t)rng_below(rng, 4);
		if (rng_below(rng, 5) == 0)
			number = floor(rng_unit(rng) * levels);
		fake_add(&s->fake, ns, number,
		         rng_below(rng, 20)  ? QUALITY_OK
		         : rng_below(rng, 2) ? QUALITY_TIMEOUT
		                             : QUALITY_STALE);
	}
}

static void changes_are_the_same_with_summaries_and_without(void **state)
{
	(void)state;
	scene_t *s = scene();
	rng_t rng = rng_of(3);
	static told_t with;
	uint64_t taken = 0;
	for (size_t i = 0; i < ROUNDS; i++) {
		random_rows(s, &rng, 6);
		retrieval_range_t range = { 7, 300, BOUNDS_INSIDE, (double)rng_below(&rng, 4) };
		assert_int_equal(retrieval_delta(&s->question, &range, &s->sink), ERR_OK);
		with = s->told;
		taken += s->stats.summaries;
		s->told.count = 0;
		s->options.no_summaries = true;
		assert_int_equal(retrieval_delta(&s->question, &range, &s->sink), ERR_OK);
		assert_int_equal(with.count, s->told.count);
		for (size_t k = 0; k < with.count; k++)
			assert_int_equal(with.rows[k].ns, s->told.rows[k].ns);
	}
	assert_true(taken > 0);
}

/* What a bucket must show: its first and last, least and greatest, and a bad one. */
static size_t check_pixel(const scene_t *s, int64_t from, int64_t to, size_t at)
{
	double low = INFINITY, high = -INFINITY, shown_low = INFINITY, shown_high = -INFINITY;
	bool has_bad = false;
	for (size_t i = 0; i < s->fake.count; i++) {
		const sample_t *row = &s->fake.rows[i];
		if (row->source.ns < from || row->source.ns >= to)
			continue;
		bool is_bad = row->quality == QUALITY_TIMEOUT;
		has_bad |= is_bad;
		low = is_bad ? low : fmin(low, row->value.as.f);
		high = is_bad ? high : fmax(high, row->value.as.f);
	}
	size_t points = 0, gaps = 0;
	for (; at < s->told.count && s->told.rows[at].ns < to; at++) {
		const retrieval_row_t *row = &s->told.rows[at];
		assert_true(row->ns >= from);
		if (row->value.type == VALUE_NONE) {
			gaps++;
			continue;
		}
		points++;
		shown_low = fmin(shown_low, row->value.as.f);
		shown_high = fmax(shown_high, row->value.as.f);
	}
	assert_true(points <= 4);
	assert_int_equal(gaps, has_bad);
	if (!has_bad) {
		assert_true(shown_low == low);
		assert_true(shown_high == high);
	}
	return at;
}

static void a_plot_has_four_points_a_pixel_and_shows_gaps(void **state)
{
	(void)state;
	scene_t *s = scene();
	rng_t rng = rng_of(4);
	for (size_t i = 0; i < ROUNDS; i++) {
		edges_t edges;
		random_rows(s, &rng, 50);
		assert_int_equal(edges_equal(0, 400, 1 + (int64_t)rng_below(&rng, 60), &edges),
		                 ERR_OK);
		s->options.no_summaries = i % 2;
		assert_int_equal(retrieval_plot(&s->question, &edges, &s->sink), ERR_OK);
		size_t at = 0;
		for (size_t k = 0; k < edges.count; k++)
			at = check_pixel(s, edges_at(&edges, k), edges_at(&edges, k + 1), at);
		assert_int_equal(at, s->told.count);
	}
}

static retrieval_table_t table_of(scene_t *s, int64_t to_s, const column_t *column, fill_t fill)
{
	edges_t edges;
	retrieval_table_t table;
	assert_int_equal(edges_equal(0, to_s * NS_PER_S, 10 * NS_PER_S, &edges), ERR_OK);
	table_spec_t spec = {
		.edges = &edges, .columns = column, .column_count = 1, .fill = fill, .constant = 7
	};
	assert_int_equal(retrieval_table(&s->question, &spec, &table), ERR_OK);
	return table;
}

static void buckets_without_value_are_filled_as_asked(void **state)
{
	(void)state;
	static const double want[4][6] = { { NAN, 10, 20, NAN, 40, 50 },
		                           { NAN, 10, 20, 20, 40, 50 },
		                           { NAN, 10, 20, 30, 40, 50 },
		                           { 7, 10, 20, 7, 40, 50 } };
	scene_t *s = five();
	column_t column = { .aggregate = aggregate_find(SLICE("Average")) };
	for (size_t fill = 0; fill < 4; fill++) {
		retrieval_table_t table = table_of(s, 60, &column, (fill_t)fill);
		assert_int_equal(table.rows, 6);
		for (size_t i = 0; i < 6; i++)
			assert_true(isnan(want[fill][i]) ? isnan(table.results[i].value)
			                                 : table.results[i].value == want[fill][i]);
		retrieval_table_free(&table);
	}
}

static void buckets_tell_how_complete_they_are(void **state)
{
	(void)state;
	scene_t *s = scene();
	column_t column = { .aggregate = aggregate_find(SLICE("Count")) };
	/* Good for 4 s, uncertain for 2 s, then bad. */
	fake_add(&s->fake, 2 * NS_PER_S, 1, QUALITY_OK);
	fake_add(&s->fake, 6 * NS_PER_S, 1, QUALITY_STALE);
	fake_add(&s->fake, 8 * NS_PER_S, 1, QUALITY_TIMEOUT);
	fake_add(&s->fake, 25 * NS_PER_S, 1, QUALITY_OK);
	s->fake.rows[1].is_late = true;
	s->options.uncertain_is_bad = false;
	retrieval_table_t table = table_of(s, 20, &column, FILL_NULL);
	const bucket_t *b = table.buckets;
	assert_int_equal(b->count, 3);
	assert_true(b->coverage == 0.6 && b->percent_good == 40);
	assert_true(fabs(b->late - 1.0 / 3) < 1e-12);
	assert_int_equal(b->gap_ns, 4 * NS_PER_S);
	assert_int_equal(b->stale_ns, 4 * NS_PER_S);
	assert_int_equal(b[1].gap_ns, 10 * NS_PER_S);
	assert_int_equal(b[1].stale_ns, 14 * NS_PER_S);
	assert_true(b[1].coverage == 0);
	retrieval_table_free(&table);
}

static void percentiles_of_few_samples_are_exact(void **state)
{
	(void)state;
	scene_t *s = scene();
	for (int i = 0; i <= 100; i++)
		fake_add(&s->fake, i * (NS_PER_S / 20), (i * 37) % 101, QUALITY_OK);
	static const double percentiles[] = { 0, 25, 50, 99.5, 100 };
	for (size_t i = 0; i < 5; i++) {
		column_t column = { .percentile = percentiles[i] };
		retrieval_table_t table = table_of(s, 10, &column, FILL_NULL);
		assert_true(fabs(table.results[0].value - percentiles[i]) < 1e-9);
		retrieval_table_free(&table);
	}
}

typedef struct {
	state_row_t rows[16];
	size_t count;
} stated_t;

static bool keep_state(void *ctx, const state_row_t *row)
{
	stated_t *stated = ctx;
	stated->rows[stated->count++] = *row;
	return true;
}

static void states_tell_time_entries_and_share(void **state)
{
	(void)state;
	scene_t *s = scene();
	stated_t stated = { 0 };
	edges_t edges;
	static const double values[] = { 0, 2, 0, 0, 2 };
	for (int i = 0; i < 5; i++)
		fake_add(&s->fake, i * NS_PER_S, values[i], QUALITY_OK);
	assert_int_equal(edges_equal(0, 4 * NS_PER_S, 3 * NS_PER_S, &edges), ERR_OK);
	assert_int_equal(retrieval_states(&s->question, &edges, keep_state, &stated), ERR_OK);
	assert_int_equal(stated.count, 3);
	assert_int_equal(stated.rows[0].ns, 2 * NS_PER_S);
	assert_int_equal(stated.rows[0].entries, 2);
	assert_int_equal(stated.rows[1].ns, NS_PER_S);
	assert_true(stated.rows[1].state == 2);
	assert_true(fabs(stated.rows[1].percent - 100.0 / 3) < 1e-9);
	/* The second bucket begins in a state and is told so. */
	assert_int_equal(stated.rows[2].entries, 1);
	assert_true(stated.rows[2].percent == 100);
}

static void too_many_states_are_refused(void **state)
{
	(void)state;
	scene_t *s = scene();
	static stated_t stated;
	edges_t edges;
	for (int i = 0; i <= RETRIEVAL_STATES_MAX; i++)
		fake_add(&s->fake, i, i, QUALITY_OK);
	assert_int_equal(edges_equal(0, 1000, 0, &edges), ERR_OK);
	assert_int_equal(retrieval_states(&s->question, &edges, keep_state, &stated), ERR_LIMIT);
}

static bool sum_counts(void *ctx, const bucket_t *bucket, const histogram_t *histogram)
{
	uint64_t *sums = ctx;
	(void)bucket;
	for (size_t i = 0; i <= histogram->count; i++)
		sums[i] += histogram->counts[i];
	return true;
}

static void a_histogram_counts_the_classes_of_values(void **state)
{
	(void)state;
	scene_t *s = five();
	edges_t edges;
	static const double bounds[] = { 20, 30, 50 };
	uint64_t counts[4], sums[4] = { 0 };
	histogram_t histogram = { bounds, 3, counts };
	assert_int_equal(edges_equal(0, 60 * NS_PER_S, 25 * NS_PER_S, &edges), ERR_OK);
	assert_int_equal(retrieval_histogram(&s->question, &edges, &histogram, sum_counts, sums),
	                 ERR_OK);
	static const uint64_t want[] = { 1, 1, 1, 1 };
	assert_memory_equal(sums, want, sizeof(want));
}

static void tables_that_are_too_large_or_cannot_be_made_are_refused(void **state)
{
	(void)state;
	scene_t *s = five();
	edges_t edges;
	retrieval_table_t table;
	column_t columns[3] = { { .aggregate = aggregate_find(SLICE("Count")) },
		                { .aggregate = aggregate_find(SLICE("Count")) },
		                { .aggregate = aggregate_find(SLICE("Count")) } };
	table_spec_t spec = { .edges = &edges, .columns = columns, .column_count = 3 };
	assert_int_equal(edges_equal(0, 100000, 1, &edges), ERR_OK);
	assert_int_equal(retrieval_table(&s->question, &spec, &table), ERR_INVALID);
	spec.column_count = 0;
	assert_int_equal(retrieval_table(&s->question, &spec, &table), ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(raw_samples_come_with_the_bounds_asked_for),
		cmocka_unit_test(a_sample_at_the_start_is_its_own_bound),
		cmocka_unit_test(rows_stop_when_the_caller_has_enough),
		cmocka_unit_test(values_at_times_come_in_order_and_once),
		cmocka_unit_test(what_holds_is_found_however_far_back_it_lies),
		cmocka_unit_test(only_changes_beyond_the_deadband_are_told),
		cmocka_unit_test(changes_are_the_same_with_summaries_and_without),
		cmocka_unit_test(a_plot_has_four_points_a_pixel_and_shows_gaps),
		cmocka_unit_test(buckets_without_value_are_filled_as_asked),
		cmocka_unit_test(buckets_tell_how_complete_they_are),
		cmocka_unit_test(percentiles_of_few_samples_are_exact),
		cmocka_unit_test(states_tell_time_entries_and_share),
		cmocka_unit_test(too_many_states_are_refused),
		cmocka_unit_test(a_histogram_counts_the_classes_of_values),
		cmocka_unit_test(tables_that_are_too_large_or_cannot_be_made_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
