/* SPDX-License-Identifier: Apache-2.0 */
/* What the reader says of a point whose samples are partly sealed: runs, the nearest
 * sample of a time, the newest. */
#include "historian/fixture_test.h"

#include <math.h>

/* Point 1 has a sample at 0, 10, .. 990, the first half sealed; its last is bad. */
static fixture_t started(void)
{
	fixture_t f = fixture_make(7);
	uint64_t seq = 0;
	fixture_start(&f);
	for (int64_t at = 0; at < 1000; at += 10) {
		sample_t sample = sample_of(1, at, (double)at);
		if (at == 990)
			sample.quality = QUALITY_TIMEOUT;
		OK(put(&f, &sample, 1, &seq));
		settle(&f);
		if (at == 500)
			OK(historian_seal(f.historian));
	}
	return f;
}

static bool sum_row(void *ctx, const sample_t *sample)
{
	summary_t *sum = ctx;
	summary_end_t end = { sample->source.ns, value_bits(&sample->value),
		              (uint8_t)sample->value.type, (uint8_t)sample->quality };
	summary_add(sum, &end, false);
	return true;
}

static series_verdict_t sum_run(void *ctx, const summary_t *summary)
{
	summary_join(ctx, summary);
	return SERIES_TAKEN;
}

static summary_t taken(fixture_t *f, const series_query_t *query)
{
	summary_t sum = { 0 };
	series_reader_t reader = historian_reader(f->historian);
	series_taker_t taker = { .ctx = &sum, .summary = sum_run, .row = sum_row };
	OK(reader.take(reader.ctx, query, &taker));
	return sum;
}

static void a_range_is_taken_whole_and_nothing_beside_it(void **state)
{
	(void)state;
	fixture_t f = started();
	summary_t sum = taken(&f, &(series_query_t){ .point = 1, .from_ns = 95, .to_ns = 990 });
	assert_int_equal(sum.count, 89);
	assert_int_equal(sum.first.ns, 100);
	assert_int_equal(sum.last.ns, 980);
	assert_true(sum.sum == 89 * 540.0);
	assert_int_equal(sum.usable_ns, 880);
	sum = taken(&f, &(series_query_t){ .point = 1, .from_ns = INT64_MIN, .to_ns = INT64_MAX });
	assert_int_equal(sum.count, 100);
	assert_int_equal(sum.bad, 1);
	sum = taken(&f, &(series_query_t){ .point = 2, .from_ns = 0, .to_ns = 1000 });
	assert_int_equal(sum.count, 0);
	fixture_free(&f);
}

/* Counts what is offered and where it lies. */
typedef struct {
	summary_t sum;
	size_t parts, rows, across;
} parts_t;

enum { STEP = 130, FIRST = 5 };

static series_verdict_t part_of_a_bucket(void *ctx, const summary_t *summary)
{
	parts_t *parts = ctx;
	parts->parts++;
	parts->across += (summary->first.ns - FIRST) / STEP != (summary->last.ns - FIRST) / STEP;
	return sum_run(&parts->sum, summary);
}

static bool row_apart(void *ctx, const sample_t *sample)
{
	parts_t *parts = ctx;
	parts->rows++;
	return sum_row(&parts->sum, sample);
}

static void parts_of_a_block_are_summed_up_where_buckets_end(void **state)
{
	(void)state;
	fixture_t f = started();
	parts_t parts = { 0 };
	series_reader_t reader = historian_reader(f.historian);
	series_query_t query = { .point = 1, .from_ns = FIRST, .to_ns = 985, .step_ns = STEP };
	series_taker_t taker = { .ctx = &parts, .summary = part_of_a_bucket, .row = row_apart };
	OK(reader.take(reader.ctx, &query, &taker));
	query.step_ns = 0;
	summary_t whole = taken(&f, &query);
	/* Thirteen samples a bucket: eight buckets, one of them cut by the seal. */
	assert_int_equal(parts.across, 0);
	assert_in_range(parts.parts, 7, 9);
	assert_in_range(parts.rows, 0, 2 * 7);
	assert_int_equal(parts.sum.count, 98);
	assert_int_equal(parts.sum.count, whole.count);
	assert_true(parts.sum.sum == whole.sum);
	assert_true(fabs(parts.sum.area_sloped - whole.area_sloped) <
	            1e-12 * fabs(whole.area_sloped));
	assert_int_equal(parts.sum.usable_ns, whole.usable_ns);
	fixture_free(&f);
}

static void buckets_of_few_samples_are_not_summed_up(void **state)
{
	(void)state;
	fixture_t f = started();
	parts_t parts = { 0 };
	series_reader_t reader = historian_reader(f.historian);
	series_query_t query = { .point = 1, .from_ns = FIRST, .to_ns = 985, .step_ns = 60 };
	series_taker_t taker = { .ctx = &parts, .summary = part_of_a_bucket, .row = row_apart };
	OK(reader.take(reader.ctx, &query, &taker));
	assert_int_equal(parts.parts, 0);
	assert_int_equal(parts.rows, 98);
	fixture_free(&f);
}

/* Takes so many of what is offered as numbers, at most. */
typedef struct {
	summary_t sum;
	size_t most, numbers, rows, late;
} numbers_t;

static size_t take_numbers(void *ctx, const series_run_t *run)
{
	numbers_t *taken = ctx;
	size_t count = run->count < taken->most ? run->count : taken->most;
	taken->numbers += count;
	for (size_t i = 0; i < count; i++)
		sum_row(&taken->sum, &(sample_t){ .source = { run->source_ns[i] },
		                                  .value = value_f64(run->numbers[i]) });
	return count;
}

static bool row_of_numbers(void *ctx, const sample_t *sample)
{
	numbers_t *taken = ctx;
	taken->rows++;
	taken->late += sample->is_late;
	return sum_row(&taken->sum, sample);
}

static void check_numbers(fixture_t *f, numbers_t *taken)
{
	summary_t rows = { 0 };
	series_reader_t reader = historian_reader(f->historian);
	series_query_t query = { .point = 1, .to_ns = 1000 };
	series_taker_t taker = { .ctx = taken, .row = row_of_numbers, .run = take_numbers };
	OK(reader.take(reader.ctx, &query, &taker));
	taker = (series_taker_t){ .ctx = &rows, .row = sum_row };
	OK(reader.take(reader.ctx, &query, &taker));
	assert_int_equal(taken->sum.count, rows.count);
	assert_int_equal(taken->sum.bad, rows.bad);
	assert_true(taken->sum.area_sloped == rows.area_sloped);
}

static void good_samples_in_time_are_offered_as_numbers_before_they_come_as_rows(void **state)
{
	(void)state;
	fixture_t f = started();
	sample_t late = sample_of(1, 15, 7);
	uint64_t seq = 0;
	numbers_t taken = { .most = 20 };
	check_numbers(&f, &taken);
	/* Of those sealed two come as rows, and the others stand beside a bad one. */
	assert_int_equal(taken.numbers, 49);
	assert_int_equal(taken.rows, 2 + 49);
	OK(put(&f, &late, 1, &seq));
	settle(&f);
	taken = (numbers_t){ .most = 100 };
	check_numbers(&f, &taken);
	assert_int_equal(taken.numbers, 51);
	assert_int_equal(taken.late, 1);
	fixture_free(&f);
}

static void a_taker_may_stop(void **state)
{
	(void)state;
	fixture_t f = started();
	taken_t rows = { .stop_at = 3 };
	series_reader_t reader = historian_reader(f.historian);
	series_taker_t taker = { .ctx = &rows, .row = take_row };
	OK(reader.take(reader.ctx, &(series_query_t){ .point = 1, .to_ns = 1000 }, &taker));
	assert_int_equal(rows.count, 3);
	free(rows.rows);
	fixture_free(&f);
}

static void what_was_known_then_is_taken_and_no_more(void **state)
{
	(void)state;
	fixture_t f = started();
	sample_t late = sample_of(1, 15, 7);
	uint64_t seq = 0;
	late.node.ns = 5000;
	OK(put(&f, &late, 1, &seq));
	settle(&f);
	series_query_t query = { .point = 1, .to_ns = 1000, .known_at_ns = 4999 };
	assert_int_equal(taken(&f, &query).count, 100);
	query.known_at_ns = 5000;
	assert_int_equal(taken(&f, &query).count, 101);
	fixture_free(&f);
}

/* The source time found, or -1. */
static int64_t nearest(fixture_t *f, const series_nearest_t *ask)
{
	sample_t sample;
	series_reader_t reader = historian_reader(f->historian);
	err_t err = reader.nearest(reader.ctx, ask, &sample);
	if (err)
		assert_int_equal(err, ERR_NOT_FOUND);
	return err ? -1 : sample.source.ns;
}

static void the_nearest_sample_is_found_on_both_sides(void **state)
{
	(void)state;
	fixture_t f = started();
	series_nearest_t ask = { .point = 1, .at_ns = 500 };
	assert_int_equal(nearest(&f, &ask), 490);
	ask.is_after = true;
	assert_int_equal(nearest(&f, &ask), 500);
	ask.at_ns = 501;
	assert_int_equal(nearest(&f, &ask), 510);
	ask.at_ns = 991;
	assert_int_equal(nearest(&f, &ask), -1);
	ask = (series_nearest_t){ .point = 1, .at_ns = 0 };
	assert_int_equal(nearest(&f, &ask), -1);
	ask.at_ns = 1;
	assert_int_equal(nearest(&f, &ask), 0);
	ask.at_ns = INT64_MAX;
	assert_int_equal(nearest(&f, &ask), 990);
	ask.is_usable_only = true;
	assert_int_equal(nearest(&f, &ask), 980);
	ask.known_at_ns = 300;
	assert_int_equal(nearest(&f, &ask), 300);
	fixture_free(&f);
}

static void the_newest_samples_come_in_the_order_asked_for(void **state)
{
	(void)state;
	fixture_t f = started();
	put_run(&f, 5, 0, 10);
	taken_t rows = { 0 };
	point_id_t points[] = { 5, 3, 1, 5 };
	series_reader_t reader = historian_reader(f.historian);
	OK(reader.last(reader.ctx, points, 4, take_row, &rows));
	assert_int_equal(rows.count, 3);
	assert_int_equal(rows.rows[0].point, 5);
	assert_int_equal(rows.rows[0].source.ns, 9);
	assert_int_equal(rows.rows[1].point, 1);
	assert_int_equal(rows.rows[1].source.ns, 990);
	assert_int_equal(rows.rows[2].point, 5);
	free(rows.rows);
	fixture_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_range_is_taken_whole_and_nothing_beside_it),
		cmocka_unit_test(parts_of_a_block_are_summed_up_where_buckets_end),
		cmocka_unit_test(buckets_of_few_samples_are_not_summed_up),
		cmocka_unit_test(
			good_samples_in_time_are_offered_as_numbers_before_they_come_as_rows),
		cmocka_unit_test(a_taker_may_stop),
		cmocka_unit_test(what_was_known_then_is_taken_and_no_more),
		cmocka_unit_test(the_nearest_sample_is_found_on_both_sides),
		cmocka_unit_test(the_newest_samples_come_in_the_order_asked_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
