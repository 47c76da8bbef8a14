/* SPDX-License-Identifier: Apache-2.0 */
#include "base/pool.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void what_was_given_is_zeroed_and_stays_while_the_pool_grows(void **state)
{
	pool_t pool = pool_of(1 << 20);
	uint64_t *given[64];
	(void)state;
	for (uint64_t i = 0; i < 64; i++) {
		given[i] = pool_alloc(&pool, 1000, sizeof(uint64_t));
		assert_non_null(given[i]);
		assert_int_equal(given[i][999], 0);
		given[i][999] = i;
	}
	for (uint64_t i = 0; i < 64; i++)
		assert_int_equal(given[i][999], i);
	pool_free(&pool);
	assert_int_equal(pool.bytes, 0);
}

static void at_its_limit_it_gives_nothing_and_keeps_what_it_gave(void **state)
{
	pool_t pool = pool_of(200 << 10);
	char *kept = pool_cstr(&pool, SLICE("kept"));
	(void)state;
	assert_null(pool_alloc(&pool, 1, 1 << 20));
	assert_null(pool_alloc(&pool, SIZE_MAX, 2));
	assert_string_equal(kept, "kept");
	size_t blocks = 0;
	while (pool_alloc(&pool, 1, 40 << 10))
		blocks++;
	assert_in_range(blocks, 2, 4);
	assert_true(pool.bytes <= pool.max);
	pool_free(&pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_given_is_zeroed_and_stays_while_the_pool_grows),
		cmocka_unit_test(at_its_limit_it_gives_nothing_and_keeps_what_it_gave),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
