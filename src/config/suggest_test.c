/* SPDX-License-Identifier: Apache-2.0 */
#include "config/suggest.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void distance_counts_single_slips_as_one(void **state)
{
	(void)state;
	assert_int_equal(suggest_distance(SLICE("period"), SLICE("period")), 0);
	assert_int_equal(suggest_distance(SLICE("perod"), SLICE("period")), 1);
	assert_int_equal(suggest_distance(SLICE("peeriod"), SLICE("period")), 1);
	assert_int_equal(suggest_distance(SLICE("pariod"), SLICE("period")), 1);
	assert_int_equal(suggest_distance(SLICE("preiod"), SLICE("period")), 1);
	assert_int_equal(suggest_distance(SLICE(""), SLICE("abc")), 3);
}

static void words_over_32_bytes_are_never_near(void **state)
{
	(void)state;
	slice_t longer = SLICE("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
	assert_int_equal(longer.len, 33);
	assert_true(suggest_distance(longer, longer) == SIZE_MAX);
}

static void the_nearest_word_wins_and_far_ones_are_not_offered(void **state)
{
	(void)state;
	suggest_t s = suggest_of(SLICE("timout"));
	suggest_offer(&s, "limits");
	assert_null(s.best);
	suggest_offer(&s, "timeout");
	suggest_offer(&s, "tim");
	assert_string_equal(s.best, "timeout");
	suggest_t shorter = suggest_of(SLICE("x"));
	suggest_offer(&shorter, "to");
	assert_null(shorter.best);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(distance_counts_single_slips_as_one),
		cmocka_unit_test(words_over_32_bytes_are_never_near),
		cmocka_unit_test(the_nearest_word_wins_and_far_ones_are_not_offered),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
