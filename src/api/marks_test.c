/* SPDX-License-Identifier: Apache-2.0 */
/* Places in a listing: the nearest one is found, and old ones go. */
#include "api/marks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void put(marks_t *marks, uint64_t at, const char *name, int64_t now_ns)
{
	marks_put(marks, &(place_in_list_t){ SLICE("99.1"), at, slice_str(name) }, now_ns);
}

static uint64_t found(const marks_t *marks, slice_t prefix, uint64_t at, int64_t now_ns)
{
	place_in_list_t place = { .at = 0 };
	return marks_find(marks, prefix, at, now_ns, &place) ? place.at : 0;
}

static void the_nearest_place_before_is_found_in_its_prefix_and_time(void **state)
{
	(void)state;
	place_in_list_t place;
	marks_t *marks = calloc(1, sizeof(*marks));
	assert_non_null(marks);
	put(marks, 100, "99.1/a", 1);
	put(marks, 200, "99.1/b", 2);
	assert_int_equal(found(marks, SLICE("99.1"), 99, 3), 0);
	assert_int_equal(found(marks, SLICE("99.1"), 100, 3), 100);
	assert_int_equal(found(marks, SLICE("99.1"), 1000, 3), 200);
	assert_int_equal(found(marks, SLICE("99.2"), 1000, 3), 0);
	assert_int_equal(found(marks, SLICE("99.1"), 1000, 1 + MARK_NS), 200);
	assert_int_equal(found(marks, SLICE("99.1"), 1000, 2 + MARK_NS), 0);
	put(marks, 200, "99.1/c", 5);
	assert_true(marks_find(marks, SLICE("99.1"), 200, 6, &place));
	assert_true(slice_eq(place.name, SLICE("99.1/c")));
	free(marks);
}

static void the_oldest_gives_way_and_long_names_are_left_out(void **state)
{
	(void)state;
	uint8_t name[MARK_BYTES + 1] = { 'x' };
	marks_t *marks = calloc(1, sizeof(*marks));
	assert_non_null(marks);
	for (uint64_t at = 1; at <= MARKS + 1; at++)
		put(marks, at, "99.1/a", (int64_t)at);
	assert_int_equal(found(marks, SLICE("99.1"), 1, MARKS), 0);
	assert_int_equal(found(marks, SLICE("99.1"), 2, MARKS), 2);
	place_in_list_t place = { SLICE("99.1"), 9999, slice_of(name, sizeof(name)) };
	marks_put(marks, &place, MARKS + 2);
	assert_int_equal(found(marks, SLICE("99.1"), 9999, MARKS + 2), MARKS + 1);
	free(marks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_nearest_place_before_is_found_in_its_prefix_and_time),
		cmocka_unit_test(the_oldest_gives_way_and_long_names_are_left_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
