/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/heap.h"
#include "base/num.h"

enum { ENTRIES = 500 };

static void entries_leave_by_time_then_by_order(void **state)
{
	(void)state;
	heap_t h = heap_of(ENTRIES);
	rng_t rng = rng_of(1);
	for (uint64_t i = 0; i < ENTRIES; i++) {
		heap_entry_t entry = { (int64_t)rng_below(&rng, 50) - 25, i, NULL };
		assert_int_equal(heap_put(&h, entry), ERR_OK);
	}
	heap_entry_t last = { INT64_MIN, 0, NULL }, next;
	for (size_t i = 0; i < ENTRIES; i++) {
		assert_int_equal(heap_first(&h)->when, h.entries[0].when);
		assert_true(heap_take(&h, &next));
		assert_true(next.when > last.when ||
		            (next.when == last.when && next.order > last.order));
		last = next;
	}
	assert_false(heap_take(&h, &next));
	assert_null(heap_first(&h));
	heap_free(&h);
}

static void the_limit_refuses_and_keeps(void **state)
{
	(void)state;
	heap_t h = heap_of(2);
	assert_int_equal(heap_put(&h, (heap_entry_t){ 3, 0, NULL }), ERR_OK);
	assert_int_equal(heap_put(&h, (heap_entry_t){ 2, 0, NULL }), ERR_OK);
	assert_int_equal(heap_put(&h, (heap_entry_t){ 1, 0, NULL }), ERR_LIMIT);
	assert_int_equal(heap_first(&h)->when, 2);
	heap_free(&h);
	heap_t none = heap_of(0);
	assert_int_equal(heap_put(&none, (heap_entry_t){ 1, 0, NULL }), ERR_LIMIT);
	heap_free(&none);
	heap_free(NULL);
}

static void remove_keeps_the_order_of_the_rest(void **state)
{
	(void)state;
	uint8_t items[ENTRIES];
	heap_t h = heap_of(ENTRIES);
	rng_t rng = rng_of(2);
	for (uint64_t i = 0; i < ENTRIES; i++) {
		heap_entry_t entry = { (int64_t)rng_below(&rng, 1000), i, &items[i] };
		assert_int_equal(heap_put(&h, entry), ERR_OK);
	}
	for (size_t i = 0; i < ENTRIES; i += 2)
		assert_true(heap_remove(&h, &items[i]));
	assert_false(heap_remove(&h, &items[0]));
	assert_int_equal(h.count, ENTRIES / 2);
	int64_t last = INT64_MIN;
	heap_entry_t next;
	while (heap_take(&h, &next)) {
		assert_true(next.when >= last);
		assert_int_equal(next.order % 2, 1);
		last = next.when;
	}
	heap_free(&h);
}

static void remove_lets_the_last_entry_rise(void **state)
{
	(void)state;
	/* 4 takes the place of 11 below 10, and belongs above it. */
	static const int64_t times[] = { 1, 10, 2, 11, 12, 3, 4 };
	static const int64_t left[] = { 1, 2, 3, 4, 10, 12 };
	uint8_t items[7];
	heap_t h = heap_of(7);
	heap_entry_t next;
	for (size_t i = 0; i < 7; i++)
		assert_int_equal(heap_put(&h, (heap_entry_t){ times[i], i, &items[i] }), ERR_OK);
	assert_true(heap_remove(&h, &items[3]));
	for (size_t i = 0; i < 6; i++) {
		assert_true(heap_take(&h, &next));
		assert_int_equal(next.when, left[i]);
	}
	heap_free(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_leave_by_time_then_by_order),
		cmocka_unit_test(the_limit_refuses_and_keeps),
		cmocka_unit_test(remove_keeps_the_order_of_the_rest),
		cmocka_unit_test(remove_lets_the_last_entry_rise),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
