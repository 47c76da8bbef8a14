/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/num.h"
#include "model/summary.h"

enum { ROWS = 60, ROUNDS = 2000 };

static summary_end_t end_of(int64_t ns, double number, quality_t quality)
{
	value_t value = value_f64(number);
	return (summary_end_t){ ns, value_bits(&value), VALUE_F64, (uint8_t)quality };
}

static uint64_t draw(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static summary_end_t random_end(uint64_t *state, int64_t *ns)
{
	static const quality_t qualities[] = { QUALITY_OK, QUALITY_OK, QUALITY_OK, QUALITY_STALE,
		                               QUALITY_TIMEOUT };
	double number = draw(state) % 12 ? (double)(draw(state) % 5) : NAN;
	*ns += (int64_t)(draw(state) % 4) * NS_PER_S;
	return end_of(*ns, number, qualities[draw(state) % 5]);
}

static summary_t of_rows(const summary_end_t *rows, size_t from, size_t to)
{
	summary_t s = { 0 };
	for (size_t i = from; i < to; i++)
		summary_add(&s, &rows[i], false);
	return s;
}

static void assert_same(const summary_t *a, const summary_t *b)
{
	assert_int_equal(a->count, b->count);
	assert_int_equal(a->usable, b->usable);
	assert_int_equal(a->uncertain, b->uncertain);
	assert_int_equal(a->bad, b->bad);
	assert_int_equal(a->usable_ns, b->usable_ns);
	assert_int_equal(a->uncertain_ns, b->uncertain_ns);
	assert_int_equal(a->bad_ns, b->bad_ns);
	assert_int_equal(a->zero_ns, b->zero_ns);
	assert_int_equal(a->nonzero_ns, b->nonzero_ns);
	assert_int_equal(a->gap_ns, b->gap_ns);
	assert_int_equal(a->transitions, b->transitions);
	assert_int_equal(a->resets, b->resets);
	assert_int_equal(a->worst, b->worst);
	assert_int_equal(a->min_ns, b->min_ns);
	assert_int_equal(a->max_ns, b->max_ns);
	assert_int_equal(a->min_times, b->min_times);
	assert_int_equal(a->max_times, b->max_times);
	assert_int_equal(a->first_usable.ns, b->first_usable.ns);
	assert_int_equal(a->last_usable.ns, b->last_usable.ns);
	assert_true(fabs(a->area_stepped - b->area_stepped) < 1e-9);
	assert_true(fabs(a->area_sloped - b->area_sloped) < 1e-9);
	assert_true(fabs(a->sum - b->sum) < 1e-9);
	assert_true(fabs(a->m2 - b->m2) < 1e-9);
	assert_true(fabs(a->increase - b->increase) < 1e-9);
}

static void runs_joined_anywhere_say_what_a_walk_says(void **state)
{
	(void)state;
	uint64_t seed = 88172645463325252U;
	for (size_t round = 0; round < ROUNDS; round++) {
		summary_end_t rows[ROWS];
		int64_t ns = 0;
		for (size_t i = 0; i < ROWS; i++)
			rows[i] = random_end(&seed, &ns);
		size_t a = draw(&seed) % ROWS, b = a + draw(&seed) % (ROWS - a);
		summary_t whole = of_rows(rows, 0, ROWS);
		summary_t left = of_rows(rows, 0, a), middle = of_rows(rows, a, b);
		summary_t right = of_rows(rows, b, ROWS);
		summary_join(&middle, &right);
		summary_join(&left, &middle);
		assert_same(&whole, &left);
	}
}

static void spans_are_of_the_sample_they_begin_with(void **state)
{
	(void)state;
	summary_end_t rows[] = {
		end_of(0, 10, QUALITY_OK),
		end_of(2 * NS_PER_S, 20, QUALITY_STALE),
		end_of(5 * NS_PER_S, 7, QUALITY_TIMEOUT),
		end_of(9 * NS_PER_S, 0, QUALITY_OK),
		end_of(10 * NS_PER_S, 3, QUALITY_OK),
	};
	summary_t s = of_rows(rows, 0, 5);
	assert_int_equal(s.usable_ns, 6 * NS_PER_S);
	assert_int_equal(s.uncertain_ns, 3 * NS_PER_S);
	assert_int_equal(s.bad_ns, 4 * NS_PER_S);
	assert_int_equal(s.zero_ns, 1 * NS_PER_S);
	assert_int_equal(s.gap_ns, 4 * NS_PER_S);
	/* 10 for 2 s, 20 for 3 s, 0 for 1 s; sloped: 15 for 2 s, 1.5 for 1 s. */
	assert_true(s.area_stepped == 80);
	assert_true(s.area_sloped == 31.5);
	assert_int_equal(s.transitions, 3);
	assert_int_equal(s.resets, 1);
	assert_true(s.increase == 13);
	assert_int_equal(s.worst, QUALITY_TIMEOUT);
}

static void equal_extremes_are_the_earliest(void **state)
{
	(void)state;
	summary_end_t rows[] = { end_of(1, 5, QUALITY_OK), end_of(2, 5, QUALITY_OK),
		                 end_of(3, 4, QUALITY_OK), end_of(4, 4, QUALITY_OK) };
	summary_t s = of_rows(rows, 0, 4);
	assert_int_equal(s.max_ns, 1);
	assert_int_equal(s.min_ns, 3);
	assert_int_equal(s.max_times, 2);
	assert_int_equal(s.min_times, 2);
}

static void times_of_an_extreme_that_were_not_counted_stay_unknown(void **state)
{
	(void)state;
	summary_end_t rows[] = { end_of(1, 5, QUALITY_OK), end_of(2, 5, QUALITY_OK),
		                 end_of(3, 4, QUALITY_OK) };
	summary_t s = of_rows(rows, 0, 1), next = of_rows(rows, 1, 3);
	s.max_times = 0;
	summary_join(&s, &next);
	assert_int_equal(s.max_times, 0);
	assert_int_equal(s.min_times, 1);
}

static void texts_are_samples_that_are_no_numbers(void **state)
{
	(void)state;
	double number;
	summary_end_t text = { 1, 0, VALUE_TEXT, QUALITY_OK };
	summary_t s = of_rows(&text, 0, 1);
	assert_false(summary_usable(VALUE_TEXT, QUALITY_OK, 0, &number));
	assert_int_equal(s.count, 1);
	assert_int_equal(s.bad, 1);
}

static void infinity_that_was_held_for_no_time_has_no_area(void **state)
{
	(void)state;
	summary_t s = { 0 };
	summary_end_t rows[] = { end_of(0, 2, QUALITY_OK), end_of(NS_PER_S, INFINITY, QUALITY_OK),
		                 end_of(NS_PER_S, 4, QUALITY_OK),
		                 end_of(2 * NS_PER_S, 4, QUALITY_OK) };
	for (size_t i = 0; i < 4; i++)
		summary_add(&s, &rows[i], false);
	assert_true(s.area_stepped == 6);
}

static void times_far_apart_do_not_overflow(void **state)
{
	(void)state;
	summary_end_t rows[] = { end_of(INT64_MIN, 1, QUALITY_OK), end_of(0, 1, QUALITY_OK),
		                 end_of(INT64_MAX - 1, 1, QUALITY_OK) };
	summary_t s = of_rows(rows, 0, 3);
	assert_int_equal(s.gap_ns, INT64_MAX);
	assert_int_equal(s.usable_ns, INT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs_joined_anywhere_say_what_a_walk_says),
		cmocka_unit_test(spans_are_of_the_sample_they_begin_with),
		cmocka_unit_test(equal_extremes_are_the_earliest),
		cmocka_unit_test(times_of_an_extreme_that_were_not_counted_stay_unknown),
		cmocka_unit_test(texts_are_samples_that_are_no_numbers),
		cmocka_unit_test(infinity_that_was_held_for_no_time_has_no_area),
		cmocka_unit_test(times_far_apart_do_not_overflow),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
