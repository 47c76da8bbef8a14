/* SPDX-License-Identifier: Apache-2.0 */
#include "base/grow.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

typedef struct {
	uint64_t *items;
	size_t count, cap;
} list_t;

static void add(list_t *list, uint64_t item)
{
	uint64_t *items = grow_for(list->items, list->count + 1, &list->cap, sizeof(*items));
	assert_non_null(items);
	list->items = items;
	list->items[list->count++] = item;
}

static void what_was_put_stays_while_the_array_doubles(void **state)
{
	list_t list = { 0 };
	size_t moves = 0;
	(void)state;
	for (uint64_t i = 0; i < 1000; i++) {
		size_t before = list.cap;
		add(&list, i);
		moves += list.cap != before;
		assert_true(list.cap >= list.count);
	}
	for (uint64_t i = 0; i < 1000; i++)
		assert_int_equal(list.items[i], i);
	assert_int_equal(list.cap, 64 * GROW_FIRST);
	assert_int_equal(moves, 7);
	free(list.items);
}

static void many_at_once_are_given_what_they_ask(void **state)
{
	size_t cap = 0;
	(void)state;
	uint8_t *items = grow_for(NULL, 100 * GROW_FIRST, &cap, 1);
	assert_non_null(items);
	assert_int_equal(cap, 100 * GROW_FIRST);
	items[cap - 1] = 1;
	assert_ptr_equal(grow_for(items, cap, &cap, 1), items);
	assert_int_equal(cap, 100 * GROW_FIRST);
	free(items);
}

static void none_is_asked_and_still_there_is_an_array(void **state)
{
	size_t cap = 0;
	(void)state;
	void *items = grow_for(NULL, 0, &cap, 8);
	assert_non_null(items);
	assert_int_equal(cap, GROW_FIRST);
	free(items);
}

static void bytes_that_overflow_are_refused_and_nothing_changes(void **state)
{
	list_t list = { 0 };
	(void)state;
	add(&list, 7);
	size_t before = list.cap, half = SIZE_MAX / 2 + 1;
	assert_null(grow_for(list.items, SIZE_MAX / 8 + 1, &list.cap, 8));
	assert_int_equal(list.cap, before);
	assert_int_equal(list.items[0], 7);
	assert_null(grow_for(list.items, half + 1, &half, 1));
	assert_int_equal(half, SIZE_MAX / 2 + 1);
	free(list.items);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_put_stays_while_the_array_doubles),
		cmocka_unit_test(many_at_once_are_given_what_they_ask),
		cmocka_unit_test(none_is_asked_and_still_there_is_an_array),
		cmocka_unit_test(bytes_that_overflow_are_refused_and_nothing_changes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
