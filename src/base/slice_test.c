/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/slice.h"

static void sub_clamps_to_the_slice(void **state)
{
	(void)state;
	slice_t s = SLICE("abcdef");
	assert_true(slice_eq(slice_sub(s, 2, 3), SLICE("cde")));
	assert_true(slice_eq(slice_sub(s, 4, 100), SLICE("ef")));
	assert_int_equal(slice_sub(s, 7, 1).len, 0);
	assert_int_equal(slice_sub(s, 1, SIZE_MAX).len, 5);
	assert_int_equal(slice_from((slice_t){ 0 }, 3).len, 0);
}

static void str_of_null_is_empty(void **state)
{
	(void)state;
	assert_int_equal(slice_str(NULL).len, 0);
	assert_true(slice_eq(slice_str(NULL), SLICE("")));
}

static void starts_and_ends_compare_the_whole_of_the_shorter(void **state)
{
	(void)state;
	assert_true(slice_starts(SLICE("a.tmp"), SLICE("a.")));
	assert_true(slice_ends(SLICE("a.tmp"), SLICE(".tmp")));
	assert_true(slice_ends(SLICE(".tmp"), SLICE(".tmp")));
	assert_true(slice_ends(SLICE("a"), SLICE("")));
	assert_false(slice_ends(SLICE("tmp"), SLICE(".tmp")));
	assert_false(slice_ends(SLICE("a.tmq"), SLICE(".tmp")));
	assert_false(slice_starts(SLICE("a"), SLICE("ab")));
}

static void cmp_orders_by_bytes_then_by_length(void **state)
{
	(void)state;
	assert_int_equal(slice_cmp(SLICE("abc"), SLICE("abc")), 0);
	assert_true(slice_cmp(SLICE("abc"), SLICE("abd")) < 0);
	assert_true(slice_cmp(SLICE("ab"), SLICE("abc")) < 0);
	assert_true(slice_cmp(SLICE("\xFF"), SLICE("a")) > 0);
	assert_true(slice_cmp(SLICE(""), SLICE("")) == 0);
	assert_true(slice_cmp(SLICE("b"), SLICE("")) > 0);
}

static void eq_nocase_folds_ascii_letters_only(void **state)
{
	(void)state;
	assert_true(slice_eq_nocase(SLICE("AbZz"), SLICE("aBzZ")));
	assert_false(slice_eq_nocase(SLICE("@[`{"), SLICE("`{@[")));
	assert_false(slice_eq_nocase(SLICE("\xC3\xA4"), SLICE("\xC3\x84")));
	assert_false(slice_eq_nocase(SLICE("a"), SLICE("ab")));
}

static void find_gives_the_length_when_absent(void **state)
{
	(void)state;
	assert_int_equal(slice_find(SLICE("a/b/c"), '/'), 1);
	assert_int_equal(slice_find(SLICE("abc"), '/'), 3);
	assert_int_equal(slice_find((slice_t){ 0 }, '/'), 0);
}

static void cut_walks_a_list(void **state)
{
	(void)state;
	slice_t s = SLICE("99.100.1/a//b");
	assert_true(slice_eq(slice_cut(&s, '/'), SLICE("99.100.1")));
	assert_true(slice_eq(slice_cut(&s, '/'), SLICE("a")));
	assert_true(slice_eq(slice_cut(&s, '/'), SLICE("")));
	assert_true(slice_eq(slice_cut(&s, '/'), SLICE("b")));
	assert_int_equal(s.len, 0);
	assert_int_equal(slice_cut(&s, '/').len, 0);
}

static void trim_takes_blanks_off_both_ends(void **state)
{
	(void)state;
	assert_true(slice_eq(slice_trim(SLICE(" \t a b\r\n")), SLICE("a b")));
	assert_int_equal(slice_trim(SLICE(" \t\r\n ")).len, 0);
	assert_true(slice_eq(slice_trim(SLICE("\va")), SLICE("\va")));
}

static void to_cstr_says_when_it_cuts(void **state)
{
	(void)state;
	char buf[4];
	assert_true(slice_to_cstr(SLICE("abc"), buf, sizeof(buf)));
	assert_string_equal(buf, "abc");
	assert_false(slice_to_cstr(SLICE("abcd"), buf, sizeof(buf)));
	assert_string_equal(buf, "abc");
	assert_true(slice_to_cstr((slice_t){ 0 }, buf, sizeof(buf)));
	assert_string_equal(buf, "");
	assert_false(slice_to_cstr(SLICE(""), buf, 0));
}

static void fold_upper_leaves_other_bytes(void **state)
{
	(void)state;
	uint8_t out[8];
	slice_fold_upper(SLICE("az`{A9\xC3\xA4"), out);
	assert_memory_equal(out, "AZ`{A9\xC3\xA4", sizeof(out));
}

static void load_is_little_endian(void **state)
{
	(void)state;
	const uint8_t bytes[8] = { 1, 2, 3, 4, 5, 6, 7, 0x88 };
	assert_true(load_u64_le(bytes) == UINT64_C(0x8807060504030201));
}

static void words_are_little_endian_both_ways(void **state)
{
	(void)state;
	const uint8_t bytes[16] = { 1, 2, 3, 4, 5, 6, 7, 0x88, 9 };
	uint64_t words[3] = { 0, 0, 7 };
	uint8_t back[17] = { [16] = 7 };
	load_words_le(bytes, 2, words);
	assert_true(words[0] == UINT64_C(0x8807060504030201));
	assert_true(words[1] == 9);
	assert_true(words[2] == 7);
	store_words_le(words, 2, back);
	assert_memory_equal(back, bytes, sizeof(bytes));
	assert_int_equal(back[16], 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sub_clamps_to_the_slice),
		cmocka_unit_test(str_of_null_is_empty),
		cmocka_unit_test(starts_and_ends_compare_the_whole_of_the_shorter),
		cmocka_unit_test(cmp_orders_by_bytes_then_by_length),
		cmocka_unit_test(eq_nocase_folds_ascii_letters_only),
		cmocka_unit_test(find_gives_the_length_when_absent),
		cmocka_unit_test(cut_walks_a_list),
		cmocka_unit_test(trim_takes_blanks_off_both_ends),
		cmocka_unit_test(to_cstr_says_when_it_cuts),
		cmocka_unit_test(fold_upper_leaves_other_bytes),
		cmocka_unit_test(load_is_little_endian),
		cmocka_unit_test(words_are_little_endian_both_ways),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
