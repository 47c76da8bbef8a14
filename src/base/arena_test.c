/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/arena.h"

static void alloc_aligns_and_zeroes(void **state)
{
	(void)state;
	_Alignas(16) uint8_t mem[64];
	memset(mem, 0xEE, sizeof(mem));
	arena_t a = arena_of(mem, sizeof(mem));
	assert_non_null(ARENA_NEW(&a, uint8_t, 3));
	uint64_t *words = ARENA_NEW(&a, uint64_t, 2);
	assert_ptr_equal(words, &mem[8]);
	assert_true(words[0] == 0 && words[1] == 0);
	assert_int_equal(a.used, 24);
}

static void alloc_aligns_over_a_crooked_base(void **state)
{
	(void)state;
	_Alignas(16) uint8_t mem[64];
	arena_t a = arena_of(&mem[1], sizeof(mem) - 1);
	assert_ptr_equal(ARENA_NEW(&a, uint64_t, 1), &mem[8]);
}

static void full_gives_null_and_keeps_the_rest(void **state)
{
	(void)state;
	uint8_t mem[8];
	arena_t a = arena_of(mem, sizeof(mem));
	assert_non_null(ARENA_NEW(&a, uint8_t, 6));
	assert_null(ARENA_NEW(&a, uint8_t, 3));
	assert_int_equal(a.used, 6);
	assert_null(arena_copy(&a, SLICE("abc")).ptr);
	assert_null(arena_cstr(&a, SLICE("ab")));
	assert_non_null(ARENA_NEW(&a, uint8_t, 2));
	arena_reset(&a);
	assert_non_null(ARENA_NEW(&a, uint8_t, 8));
}

static void absurd_sizes_do_not_wrap(void **state)
{
	(void)state;
	uint8_t mem[16];
	arena_t a = arena_of(mem, sizeof(mem));
	assert_non_null(ARENA_NEW(&a, uint8_t, 1));
	assert_null(arena_alloc(&a, SIZE_MAX / 2, 3, 1));
	assert_null(arena_alloc(&a, SIZE_MAX, 1, 8));
	assert_null(arena_cstr(&a, slice_of(mem, SIZE_MAX)));
	arena_t none = arena_of(NULL, 0);
	assert_null(arena_alloc(&none, 1, 1, 1));
}

static void copies_are_independent(void **state)
{
	(void)state;
	uint8_t mem[16];
	char source[] = "abc";
	arena_t a = arena_of(mem, sizeof(mem));
	slice_t copy = arena_copy(&a, slice_str(source));
	char *text = arena_cstr(&a, slice_str(source));
	source[0] = 'x';
	assert_true(slice_eq(copy, SLICE("abc")));
	assert_string_equal(text, "abc");
	assert_string_equal(arena_cstr(&a, (slice_t){ 0 }), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(alloc_aligns_and_zeroes),
		cmocka_unit_test(alloc_aligns_over_a_crooked_base),
		cmocka_unit_test(full_gives_null_and_keeps_the_rest),
		cmocka_unit_test(absurd_sizes_do_not_wrap),
		cmocka_unit_test(copies_are_independent),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
