/* SPDX-License-Identifier: Apache-2.0 */
/* The swinging door against its promise, row by row. */
#include "historian/swing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

typedef struct {
	size_t count;
	int64_t ns[SWING_ROWS_MAX];
	uint64_t bits[SWING_ROWS_MAX];
	uint8_t type[SWING_ROWS_MAX], mark[SWING_ROWS_MAX];
	bool keep[SWING_ROWS_MAX];
	uint64_t dice;
} set_t;

static uint64_t roll(set_t *set)
{
	set->dice ^= set->dice << 13;
	set->dice ^= set->dice >> 7;
	set->dice ^= set->dice << 17;
	return set->dice;
}

/* From -1 to 1. */
static double chance(set_t *set)
{
	return (double)(roll(set) >> 11) / (double)(UINT64_C(1) << 52) - 1;
}

static void add_value(set_t *set, int64_t ns, value_t value)
{
	set->ns[set->count] = ns;
	set->bits[set->count] = value_bits(&value);
	set->type[set->count] = (uint8_t)value.type;
	set->mark[set->count++] = mark_make(QUALITY_OK, false);
}

static void add(set_t *set, int64_t ns, double number)
{
	add_value(set, ns, value_f64(number));
}

static size_t thin(set_t *set, double deviation, int64_t max_gap_ns)
{
	rows_t rows = { .count = set->count,
		        .source_ns = set->ns,
		        .node_ns = set->ns,
		        .bits = set->bits,
		        .type = set->type,
		        .mark = set->mark };
	return swing_keep(&(swing_t){ deviation, max_gap_ns }, &rows, set->keep);
}

static double number_at(const set_t *set, size_t i)
{
	double number = (double)NAN;
	value_t value = value_from_bits((value_type_t)set->type[i], set->bits[i]);
	assert_true(value_number(&value, &number));
	return number;
}

/* Each row that was left out, between the kept ones around it, in longer arithmetic than
 * that of the door. */
static void assert_promise(const set_t *set, double deviation, int64_t max_gap_ns)
{
	size_t before = 0;
	assert_true(set->keep[0] && set->keep[set->count - 1]);
	for (size_t i = 1; i < set->count; i++) {
		if (!set->keep[i])
			continue;
		long double a = number_at(set, before), b = number_at(set, i);
		long double ns = (long double)set->ns[i] - set->ns[before];
		assert_true(i == before + 1 || max_gap_ns == 0 || ns <= max_gap_ns);
		for (size_t k = before + 1; k < i; k++) {
			long double at = (long double)set->ns[k] - set->ns[before];
			long double line = a + (b - a) * at / ns;
			long double slack = 1e-12L * (fabsl(a) + fabsl(b));
			assert_true(fabsl(line - number_at(set, k)) <= deviation + slack);
		}
		before = i;
	}
}

typedef double (*shape_t)(set_t *set, size_t i, double before);

static double walk_shape(set_t *set, size_t i, double before)
{
	(void)i;
	return before + chance(set);
}

static double step_shape(set_t *set, size_t i, double before)
{
	(void)i;
	return roll(set) % 40 ? before : 100 * chance(set);
}

static double noise_shape(set_t *set, size_t i, double before)
{
	(void)i;
	(void)before;
	return chance(set);
}

static double wave_shape(set_t *set, size_t i, double before)
{
	(void)set;
	(void)before;
	return 50 * sin((double)i / 30);
}

static double huge_shape(set_t *set, size_t i, double before)
{
	(void)i;
	(void)before;
	return 1.7e308 * chance(set);
}

static void draw(set_t *set, shape_t shape, bool is_regular)
{
	double number = 0;
	int64_t ns = -500;
	set->count = 0;
	for (size_t i = 0; i < SWING_ROWS_MAX; i++) {
		number = shape(set, i, number);
		ns += is_regular ? NS_PER_S : (int64_t)(roll(set) % (uint64_t)NS_PER_S) + 1;
		add(set, ns, number);
	}
}

static void what_is_left_out_lies_within_the_deviation(void **state)
{
	static const shape_t shapes[] = { walk_shape, step_shape, noise_shape, wave_shape,
		                          huge_shape };
	static const double deviations[] = { 1e-9, 0.01, 0.1, 0.5, 1, 3, 20, 1000, 1e307 };
	set_t set = { .dice = 88172645463325252 };
	(void)state;
	for (size_t s = 0; s < 5; s++)
		for (size_t d = 0; d < 9; d++)
			for (size_t turn = 0; turn < 4; turn++) {
				int64_t gap = turn < 2 ? 0 : 7 * NS_PER_S;
				draw(&set, shapes[s], turn % 2);
				(void)thin(&set, deviations[d], gap);
				assert_promise(&set, deviations[d], gap);
			}
}

static void a_straight_line_keeps_its_ends(void **state)
{
	set_t set = { 0 };
	(void)state;
	for (size_t i = 0; i < 1000; i++)
		add(&set, (int64_t)i * NS_PER_S, 3 * (double)i);
	assert_int_equal(thin(&set, 0.5, 0), 2);
	assert_int_equal(thin(&set, 0, 0), 1000);
}

static void a_spike_keeps_its_height(void **state)
{
	set_t set = { 0 };
	(void)state;
	for (size_t i = 0; i < 100; i++)
		add(&set, (int64_t)i * NS_PER_S, i == 50 ? 10 : 0);
	assert_int_equal(thin(&set, 0.5, 0), 5);
	assert_true(set.keep[49] && set.keep[50] && set.keep[51]);
}

static void a_gap_has_a_limit(void **state)
{
	set_t set = { 0 };
	(void)state;
	for (size_t i = 0; i <= 100; i++)
		add(&set, (int64_t)i * NS_PER_S, 1);
	assert_int_equal(thin(&set, 1, 10 * NS_PER_S), 11);
	assert_int_equal(thin(&set, 1, NS_PER_S / 2), 101);
}

/* All rows 0; one of them, in the middle, is odd. */
static size_t kept_beside(set_t *set, uint8_t mark, value_t value)
{
	set->count = 0;
	for (size_t i = 0; i < 100; i++)
		add(set, (int64_t)i * NS_PER_S, 0);
	set->mark[50] = mark;
	set->type[50] = (uint8_t)value.type;
	set->bits[50] = value_bits(&value);
	return thin(set, 5, 0);
}

static void odd_rows_and_their_neighbours_are_kept(void **state)
{
	const uint8_t good = mark_make(QUALITY_OK, false);
	const struct {
		uint8_t mark;
		value_t value;
	} rows[] = {
		{ mark_make(QUALITY_OK, true), value_f64(0) },
		{ mark_make(QUALITY_NO_CONNECTION, false), { .type = VALUE_NONE } },
		{ good, value_f64((double)NAN) },
		{ good, value_f64((double)INFINITY) },
		{ good, value_f32((float)NAN) },
		{ good, value_f32(0) },
		{ good, value_enum(0) },
		{ good, value_i64(0) },
		{ good, value_u64(UINT64_MAX) },
		{ good, value_bool(false) },
	};
	set_t set = { 0 };
	(void)state;
	assert_int_equal(kept_beside(&set, good, value_f64(0)), 2);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_int_equal(kept_beside(&set, rows[i].mark, rows[i].value), 5);
		assert_true(set.keep[49] && set.keep[50] && set.keep[51]);
	}
}

static void rows_of_one_time_are_kept(void **state)
{
	set_t set = { 0 };
	(void)state;
	for (size_t i = 0; i < 100; i++)
		add(&set, (int64_t)(i / 2 * 2) * NS_PER_S, 0);
	assert_int_equal(thin(&set, 5, 0), 100);
}

static void whole_numbers_pass_the_door(void **state)
{
	set_t set = { 0 };
	(void)state;
	for (int64_t i = 0; i < 100; i++)
		add_value(&set, i * NS_PER_S, value_i64(-7 * i));
	assert_int_equal(thin(&set, 0.5, 0), 2);
	assert_promise(&set, 0.5, 0);
	set.count = 0;
	for (int64_t i = 0; i < 100; i++)
		add_value(&set, i * NS_PER_S, value_u64((UINT64_C(1) << 53) + (uint64_t)i));
	assert_int_equal(thin(&set, 0.5, 0), 100);
}

/* What is told of them is a double, so that is what the line is held against. */
static void single_floats_pass_the_door(void **state)
{
	set_t set = { .dice = 88172645463325252 };
	(void)state;
	for (int64_t i = 0; i < 100; i++)
		add_value(&set, i * NS_PER_S, value_f32((float)i * 0.1f));
	assert_int_equal(thin(&set, 0.05, 0), 2);
	for (size_t turn = 0; turn < 20; turn++) {
		float number = 0;
		set.count = 0;
		for (int64_t i = 0; i < SWING_ROWS_MAX; i++) {
			number += (float)chance(&set);
			add_value(&set, i * NS_PER_S, value_f32(number));
		}
		assert_true(thin(&set, 2, 0) < SWING_ROWS_MAX / 2);
		assert_promise(&set, 2, 0);
	}
}

static void times_may_be_anything(void **state)
{
	set_t set = { 0 };
	(void)state;
	add(&set, INT64_MIN, 0);
	add(&set, 0, 0.5);
	add(&set, INT64_MAX, 1);
	assert_int_equal(thin(&set, 0.1, 0), 2);
	assert_int_equal(thin(&set, 0.1, NS_PER_S), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_left_out_lies_within_the_deviation),
		cmocka_unit_test(a_straight_line_keeps_its_ends),
		cmocka_unit_test(a_spike_keeps_its_height),
		cmocka_unit_test(a_gap_has_a_limit),
		cmocka_unit_test(odd_rows_and_their_neighbours_are_kept),
		cmocka_unit_test(rows_of_one_time_are_kept),
		cmocka_unit_test(whole_numbers_pass_the_door),
		cmocka_unit_test(single_floats_pass_the_door),
		cmocka_unit_test(times_may_be_anything),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
