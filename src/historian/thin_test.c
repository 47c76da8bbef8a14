/* SPDX-License-Identifier: Apache-2.0 */
/* The swinging door in the store: what is old is thinned, and what is told of it is either
 * exact or says how far it may be off. */
#include "historian/fixture_test.h"

#include <math.h>

/* The points are 1 and 2, and one of float32. */
enum { DAY = 10000, STEP = 2, SINGLE = 3 };

static const caller_t engineer = { .subject = { (const uint8_t *)"user:li", 7 },
	                           .role = ROLE_ENGINEER };
static const double DEVIATION = 0.5;

typedef struct {
	uint8_t class;
	double deviation;
} settings_t;

static point_traits_t traits_of(void *ctx, point_id_t point)
{
	const settings_t *settings = ctx;
	return (point_traits_t){ .class = settings->class,
		                 .deviation = point != 2 ? settings->deviation : 0 };
}

static fixture_t started(settings_t *settings)
{
	fixture_t f = fixture_make(7);
	f.spec.window_ns = DAY;
	f.spec.traits = traits_of;
	f.spec.traits_ctx = settings;
	fixture_start(&f);
	historian_thin(f.historian, true);
	return f;
}

/* A line with a bend each 1000 and a jitter that the door lets through. */
static double wave(int64_t ns)
{
	int64_t into = ns % 2000;
	return (double)(into < 1000 ? into : 2000 - into) / 100 + (double)(ns / STEP % 3) / 10;
}

static void put_waves(fixture_t *f, point_id_t point, int64_t from, int64_t to)
{
	sample_t samples[100];
	for (int64_t at = from; at < to;) {
		uint64_t seq = 0;
		size_t n = 0;
		for (; n < 100 && at < to; at += STEP) {
			samples[n] = sample_of(point, at, wave(at));
			if (point == SINGLE)
				samples[n].value = value_f32((float)wave(at));
			n++;
		}
		OK(put(f, samples, n, &seq));
		settle(f);
	}
}

/* Two days of points 1 and 2, and some of the third, so that the first is old. */
static void put_days(fixture_t *f)
{
	put_waves(f, 1, 0, 2 * DAY + 100);
	put_waves(f, 2, 0, 2 * DAY + 100);
	OK(historian_merge(f->historian));
}

static taken_t rows_of(fixture_t *f, const series_query_t *query)
{
	taken_t taken = { 0 };
	OK(ask_raw(f, query, &taken));
	return taken;
}

static size_t count_span(fixture_t *f, point_id_t point, int64_t from, int64_t to)
{
	series_query_t query = { .point = point, .from_ns = from, .to_ns = to };
	taken_t taken = rows_of(f, &query);
	free(taken.rows);
	return taken.count;
}

static void late(fixture_t *f, int64_t ns, double number)
{
	uint64_t seq = 0;
	sample_t sample = sample_of(1, ns, number);
	sample.node.ns = 3 * DAY;
	OK(put(f, &sample, 1, &seq));
	settle(f);
}

static void only_what_is_old_is_thinned(void **state)
{
	settings_t settings = { .deviation = DEVIATION };
	fixture_t f = started(&settings);
	(void)state;
	assert_false(historian_is_thinned(f.historian));
	put_days(&f);
	assert_true(historian_is_thinned(f.historian));
	size_t kept = count_span(&f, 1, 0, DAY);
	assert_in_range(kept, 10, DAY / STEP / 20);
	assert_int_equal(metric_named(&f, "thinned_rows_total"), DAY / STEP - kept);
	assert_int_equal(count_span(&f, 1, DAY, 3 * DAY), (DAY + 100) / STEP);
	assert_int_equal(count_span(&f, 2, 0, 3 * DAY), (2 * DAY + 100) / STEP);
	fixture_restart(&f);
	assert_int_equal(count_span(&f, 1, 0, DAY), kept);
	fixture_free(&f);
}

static void nothing_is_thinned_where_nobody_says_so(void **state)
{
	settings_t settings = { 0 };
	fixture_t f = started(&settings);
	(void)state;
	put_days(&f);
	assert_false(historian_is_thinned(f.historian));
	assert_int_equal(count_span(&f, 1, 0, DAY), DAY / STEP);
	historian_thin(f.historian, false);
	settings.deviation = DEVIATION;
	OK(historian_merge(f.historian));
	assert_int_equal(count_span(&f, 1, 0, DAY), DAY / STEP);
	fixture_free(&f);
}

/* Most samples would be kept, at times that are no longer regular. */
static void a_block_that_would_not_be_smaller_is_kept_whole(void **state)
{
	settings_t settings = { .deviation = DEVIATION };
	fixture_t f = started(&settings);
	rng_t rng = rng_of(4);
	(void)state;
	for (int64_t at = 0; at < DAY; at += 100) {
		sample_t samples[50];
		uint64_t seq = 0;
		for (int64_t i = 0; i < 50; i++) {
			samples[i] = sample_of(1, at + 2 * i, (double)rng_below(&rng, 8));
		}
		OK(put(&f, samples, 50, &seq));
		settle(&f);
	}
	put_waves(&f, 2, 0, 2 * DAY + 100);
	OK(historian_merge(f.historian));
	assert_true(historian_is_thinned(f.historian));
	assert_int_equal(metric_named(&f, "thinned_rows_total"), 0);
	series_query_t query = { .point = 1, .to_ns = DAY };
	taken_t taken = rows_of(&f, &query);
	assert_int_equal(taken.count, DAY / 2);
	assert_true(taken.rows[70].bound == 0);
	free(taken.rows);
	fixture_free(&f);
}

static void rows_say_how_far_the_others_are_and_keep_to_it(void **state)
{
	settings_t settings = { .deviation = DEVIATION };
	fixture_t f = started(&settings);
	(void)state;
	put_days(&f);
	series_query_t query = { .point = 1, .to_ns = 2 * DAY };
	taken_t taken = rows_of(&f, &query);
	for (size_t i = 1; i < taken.count; i++) {
		const sample_t *a = &taken.rows[i - 1], *b = &taken.rows[i];
		assert_true(b->bound == (b->source.ns < DAY ? DEVIATION : 0));
		for (int64_t at = a->source.ns; at < b->source.ns; at += STEP) {
			double part = (double)(at - a->source.ns) /
			              (double)(b->source.ns - a->source.ns);
			double line = a->value.as.f + part * (b->value.as.f - a->value.as.f);
			assert_true(fabs(line - wave(at)) <= DEVIATION + 1e-12);
		}
	}
	free(taken.rows);
	fixture_free(&f);
}

static void single_floats_are_thinned_and_stay_what_they_are(void **state)
{
	settings_t settings = { .deviation = DEVIATION };
	fixture_t f = started(&settings);
	(void)state;
	put_waves(&f, SINGLE, 0, 2 * DAY + 100);
	OK(historian_merge(f.historian));
	series_query_t query = { .point = SINGLE, .to_ns = DAY };
	taken_t taken = rows_of(&f, &query);
	assert_in_range(taken.count, 10, DAY / STEP / 20);
	for (size_t i = 0; i < taken.count; i++) {
		const sample_t *row = &taken.rows[i];
		assert_int_equal(row->value.type, VALUE_F32);
		assert_true(row->value.as.f32 == (float)wave(row->source.ns));
		assert_true(row->bound == DEVIATION);
	}
	free(taken.rows);
	fixture_free(&f);
}

typedef struct {
	summary_t all;
	size_t rows;
} summed_t;

static series_verdict_t sum_summary(void *ctx, const summary_t *summary)
{
	summary_join(&((summed_t *)ctx)->all, summary);
	return SERIES_TAKEN;
}

static bool sum_row(void *ctx, const sample_t *sample)
{
	(void)sample;
	((summed_t *)ctx)->rows++;
	return true;
}

static summed_t summed(fixture_t *f, int64_t from, int64_t to)
{
	summed_t sum = { 0 };
	series_reader_t reader = historian_reader(f->historian);
	series_taker_t taker = { .ctx = &sum, .summary = sum_summary, .row = sum_row };
	OK(reader.take(reader.ctx, &(series_query_t){ .point = 1, .from_ns = from, .to_ns = to },
	               &taker));
	return sum;
}

static void summaries_count_what_was_left_out(void **state)
{
	settings_t settings = { .deviation = DEVIATION };
	fixture_t f = started(&settings);
	summary_t want = { 0 };
	(void)state;
	put_days(&f);
	for (int64_t at = 0; at < DAY; at += STEP) {
		sample_t sample = sample_of(1, at, wave(at));
		summary_add(
			&want,
			&(summary_end_t){ at, value_bits(&sample.value), VALUE_F64, QUALITY_OK },
			false);
	}
	summed_t got = summed(&f, 0, DAY);
	assert_int_equal(got.rows, 0);
	assert_int_equal(got.all.count, want.count);
	assert_int_equal(got.all.transitions, want.transitions);
	assert_true(got.all.min == want.min && got.all.max == want.max);
	assert_int_equal(got.all.max_ns, want.max_ns);
	assert_true(fabs(got.all.sum - want.sum) < 1e-9);
	assert_true(fabs(got.all.area_sloped - want.area_sloped) < 1e-15);
	assert_true(got.all.bound == DEVIATION);
	fixture_free(&f);
}

static double bound_beside(fixture_t *f, int64_t from, int64_t to, int64_t known_at)
{
	series_query_t query = {
		.point = 1, .from_ns = from, .to_ns = to, .known_at_ns = known_at
	};
	taken_t taken = rows_of(f, &query);
	double bound = 0;
	for (size_t i = 0; i < taken.count; i++)
		bound = fmax(bound, taken.rows[i].bound);
	free(taken.rows);
	return bound;
}

static void a_late_row_breaks_the_line_it_lies_in(void **state)
{
	settings_t settings = { .deviation = DEVIATION };
	fixture_t f = started(&settings);
	(void)state;
	put_days(&f);
	size_t kept = count_span(&f, 1, 0, DAY);
	late(&f, 5003, 99);
	for (int i = 0; i < 3; i++) {
		assert_true(isinf(bound_beside(&f, 5000, 5010, 0)));
		assert_true(bound_beside(&f, 0, 5000, 0) == DEVIATION);
		assert_int_equal(count_span(&f, 1, 0, DAY), kept + 1);
		if (i == 0)
			OK(historian_merge(f.historian));
		else
			fixture_restart(&f);
	}
	summed_t got = summed(&f, 0, DAY);
	assert_true(got.rows > 0 && got.all.count > DAY / STEP / 2);
	fixture_free(&f);
}

static void what_was_late_before_is_kept(void **state)
{
	settings_t settings = { .deviation = DEVIATION };
	fixture_t f = started(&settings);
	(void)state;
	put_waves(&f, 1, 0, DAY);
	late(&f, 5003, wave(5003));
	put_days(&f);
	series_query_t query = { .point = 1, .from_ns = 5001, .to_ns = 5006 };
	taken_t taken = rows_of(&f, &query);
	bool has_late = false;
	for (size_t i = 0; i < taken.count; i++)
		has_late |= taken.rows[i].is_late && taken.rows[i].source.ns == 5003;
	assert_true(has_late);
	free(taken.rows);
	fixture_free(&f);
}

static void a_delete(fixture_t *f)
{
	historian_made_t made = { 0 };
	historian_edit_t edit = {
		.point = 1, .from_ns = 5000, .to_ns = 5100, .reason = SLICE("sensor was out")
	};
	OK(historian_edit(f->historian, &engineer, &edit, 1, &made));
	settle(f);
}

static void an_edit_breaks_the_line_and_keeps_what_it_finds(void **state)
{
	settings_t settings = { .deviation = DEVIATION };
	fixture_t f = started(&settings);
	(void)state;
	put_days(&f);
	a_delete(&f);
	assert_true(isinf(bound_beside(&f, 4000, 6000, 0)));
	fixture_free(&f);

	f = started(&settings);
	put_waves(&f, 1, 0, DAY);
	a_delete(&f);
	put_days(&f);
	assert_true(bound_beside(&f, 0, DAY, 0) == 0);
	fixture_free(&f);
}

static void what_was_not_known_yet_breaks_the_line(void **state)
{
	settings_t settings = { .deviation = DEVIATION };
	fixture_t f = started(&settings);
	(void)state;
	put_days(&f);
	assert_true(isinf(bound_beside(&f, 0, DAY, 5001)));
	assert_true(bound_beside(&f, 0, DAY, DAY) == DEVIATION);
	fixture_free(&f);
}

static void the_nearest_row_says_its_bound(void **state)
{
	settings_t settings = { .deviation = DEVIATION };
	fixture_t f = started(&settings);
	series_reader_t reader = historian_reader(f.historian);
	sample_t sample;
	(void)state;
	put_days(&f);
	series_nearest_t ask = { .point = 1, .at_ns = 5501 };
	OK(reader.nearest(reader.ctx, &ask, &sample));
	assert_true(sample.bound == DEVIATION && sample.source.ns < 5500);
	ask.at_ns = DAY + 5501;
	OK(reader.nearest(reader.ctx, &ask, &sample));
	assert_true(sample.bound == 0 && sample.source.ns == DAY + 5500);
	fixture_free(&f);
}

static void parts_of_buckets_are_not_summed_up_from_what_is_left(void **state)
{
	settings_t settings = { .deviation = DEVIATION };
	fixture_t f = started(&settings);
	summed_t sum = { 0 };
	series_reader_t reader = historian_reader(f.historian);
	series_taker_t taker = { .ctx = &sum, .summary = sum_summary, .row = sum_row };
	(void)state;
	put_days(&f);
	series_query_t query = { .point = 1, .from_ns = 100, .to_ns = 1900, .step_ns = 900 };
	OK(reader.take(reader.ctx, &query, &taker));
	assert_int_equal(sum.all.count, 0);
	assert_int_equal(sum.rows, count_span(&f, 1, 100, 1900));
	fixture_free(&f);
}

static void verify_and_salvage_hold_what_was_left_out(void **state)
{
	settings_t settings = { .deviation = DEVIATION };
	fixture_t f = started(&settings);
	uint64_t blocks = 0;
	historian_salvage_t tally;
	(void)state;
	put_days(&f);
	summed_t want = summed(&f, 0, DAY);
	size_t kept = count_span(&f, 1, 0, DAY);
	fixture_halt(&f);
	fixture_boot(&f);
	OK(historian_verify(f.env, "data/history", &blocks, &f.detail));
	assert_true(blocks > 0);
	OK(historian_salvage(f.env, "data/history", "data/saved", &tally, &f.detail));
	assert_int_equal(tally.lost_rows, 0);
	OK(historian_verify(f.env, "data/saved", &blocks, &f.detail));
	f.spec.dir = "data/saved";
	OK(fixture_open(&f));
	summed_t got = summed(&f, 0, DAY);
	assert_int_equal(got.all.count, want.all.count);
	assert_true(got.all.sum == want.all.sum && got.all.bound == DEVIATION);
	assert_int_equal(count_span(&f, 1, 0, DAY), kept);
	fixture_free(&f);
}

static void a_window_whose_class_has_changed_loses_nothing(void **state)
{
	settings_t settings = { .deviation = DEVIATION };
	fixture_t f = started(&settings);
	(void)state;
	historian_thin(f.historian, false);
	put_days(&f);
	settings.class = 1;
	historian_thin(f.historian, true);
	OK(historian_merge(f.historian));
	assert_int_equal(count_span(&f, 2, 0, 3 * DAY), (2 * DAY + 100) / STEP);
	assert_int_equal(summed(&f, 0, DAY).all.count, DAY / STEP);
	fixture_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_is_old_is_thinned),
		cmocka_unit_test(nothing_is_thinned_where_nobody_says_so),
		cmocka_unit_test(a_block_that_would_not_be_smaller_is_kept_whole),
		cmocka_unit_test(rows_say_how_far_the_others_are_and_keep_to_it),
		cmocka_unit_test(single_floats_are_thinned_and_stay_what_they_are),
		cmocka_unit_test(summaries_count_what_was_left_out),
		cmocka_unit_test(a_late_row_breaks_the_line_it_lies_in),
		cmocka_unit_test(what_was_late_before_is_kept),
		cmocka_unit_test(an_edit_breaks_the_line_and_keeps_what_it_finds),
		cmocka_unit_test(what_was_not_known_yet_breaks_the_line),
		cmocka_unit_test(the_nearest_row_says_its_bound),
		cmocka_unit_test(parts_of_buckets_are_not_summed_up_from_what_is_left),
		cmocka_unit_test(verify_and_salvage_hold_what_was_left_out),
		cmocka_unit_test(a_window_whose_class_has_changed_loses_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
