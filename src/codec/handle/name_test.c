/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "codec/handle/handle.h"

static void name_splits_at_the_first_slash(void **state)
{
	(void)state;
	handle_name_t name;
	assert_int_equal(handle_name_split(SLICE("99.100.1/a/b"), &name), CODEC_OK);
	assert_true(slice_eq(name.prefix, SLICE("99.100.1")));
	assert_true(slice_eq(name.suffix, SLICE("a/b")));
	assert_int_equal(handle_name_split(SLICE("99.100.1/"), &name), CODEC_OK);
	assert_int_equal(name.suffix.len, 0);
}

static void name_without_prefix_slash_or_utf8_is_malformed(void **state)
{
	(void)state;
	handle_name_t name;
	assert_int_equal(handle_name_split(SLICE(""), &name), CODEC_MALFORMED);
	assert_int_equal(handle_name_split(SLICE("/x"), &name), CODEC_MALFORMED);
	assert_int_equal(handle_name_split(SLICE("99.100.1"), &name), CODEC_MALFORMED);
	assert_int_equal(handle_name_split(SLICE("99.100.1/\xC3"), &name), CODEC_MALFORMED);
}

static void name_of_2048_bytes_is_the_longest(void **state)
{
	(void)state;
	uint8_t bytes[HANDLE_NAME_MAX + 1], out[HANDLE_NAME_MAX];
	memset(bytes, 'a', sizeof bytes);
	memcpy(bytes, "99/", 3);
	handle_name_t name;
	slice_t folded;
	slice_t longest = slice_of(bytes, HANDLE_NAME_MAX), over = slice_of(bytes, sizeof bytes);
	assert_int_equal(handle_name_split(longest, &name), CODEC_OK);
	assert_int_equal(handle_name_split(over, &name), CODEC_MALFORMED);
	assert_int_equal(handle_name_fold(longest, out, &folded), CODEC_OK);
	assert_int_equal(handle_name_fold(over, out, &folded), CODEC_MALFORMED);
}

static void folding_touches_ascii_letters_only(void **state)
{
	(void)state;
	uint8_t out[HANDLE_NAME_MAX];
	slice_t folded;
	assert_int_equal(handle_name_fold(SLICE("99.1/az{`é泵Z"), out, &folded), CODEC_OK);
	assert_true(slice_eq(folded, SLICE("99.1/AZ{`é泵Z")));
}

static void prefix_record_is_folded_and_named_under_0_na(void **state)
{
	(void)state;
	static const struct {
		const char *name, *want;
	} rows[] = {
		{ "99.abc/x/y", "0.NA/99.ABC" },
		{ "99.100.1", "0.NA/99.100.1" },
		{ "0.na/99.100.1", "0.NA/0.NA" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		uint8_t room[64];
		writer_t w = writer_of(room, sizeof room);
		handle_name_prefix_record(slice_str(rows[i].name), &w);
		assert_true(slice_eq(writer_done(&w), slice_str(rows[i].want)));
	}
}

static void a_prefix_has_the_record_of_its_own_spelling(void **state)
{
	(void)state;
	uint8_t buf[16];
	writer_t w = writer_of(buf, sizeof buf);
	handle_prefix_record(SLICE("99.100.a"), &w);
	assert_true(slice_eq(writer_done(&w), SLICE("0.NA/99.100.a")));
	handle_prefix_record(SLICE("99.100.1"), &w);
	assert_true(w.bad);
}

static void the_prefix_above_ends_before_the_last_dot(void **state)
{
	(void)state;
	static const struct {
		const char *prefix, *above;
	} rows[] = { { "99.100.7", "99.100" },
		     { "99.100", "99" },
		     { "99", "" },
		     { "", "" },
		     { ".7", "" },
		     { "99..7", "99." } };
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_true(slice_eq(handle_prefix_above(slice_str(rows[i].prefix)),
		                     slice_str(rows[i].above)));
}

static void described_prefix_is_what_follows_0_na_in_any_case(void **state)
{
	(void)state;
	slice_t prefix = handle_name_described_prefix(SLICE("0.na/99.100.1"));
	assert_true(slice_eq(prefix, SLICE("99.100.1")));
	assert_int_equal(handle_name_described_prefix(SLICE("99.100.1/x")).len, 0);
	assert_int_equal(handle_name_described_prefix(SLICE("0.N")).len, 0);
}

static void global_names_have_no_slash_or_begin_with_zero(void **state)
{
	(void)state;
	assert_true(handle_name_is_global(SLICE("0.NA/99.100.1")));
	assert_true(handle_name_is_global(SLICE("0/SITE")));
	assert_true(handle_name_is_global(SLICE("99.100.1")));
	assert_false(handle_name_is_global(SLICE("99.100.1/x")));
	assert_false(handle_name_is_global(SLICE("01.1/x")));
}

static void hash_part_follows_the_sites_option(void **state)
{
	(void)state;
	static const struct {
		uint8_t option;
		const char *want;
	} rows[] = {
		{ HANDLE_HASH_PREFIX, "99.A" },
		{ HANDLE_HASH_SUFFIX, "B/C" },
		{ HANDLE_HASH_WHOLE, "99.A/B/C" },
	};
	uint8_t out[HANDLE_NAME_MAX];
	slice_t text;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_int_equal(
			handle_name_hash_part(SLICE("99.a/b/c"), rows[i].option, out, &text),
			CODEC_OK);
		assert_true(slice_eq(text, slice_str(rows[i].want)));
	}
	assert_int_equal(handle_name_hash_part(SLICE("99.a/b"), 3, out, &text), CODEC_UNSUPPORTED);
}

static uint32_t pick(uint32_t tail, uint32_t count)
{
	uint8_t md5[16] = { 0xFF, 0xFF };
	writer_t w = writer_of(&md5[12], 4);
	wr_u32(&w, tail);
	return handle_server_pick(md5, count);
}

static void server_is_the_absolute_last_word_modulo_the_count(void **state)
{
	(void)state;
	assert_int_equal(pick(7, 5), 2);
	assert_int_equal(pick((uint32_t)-7, 5), 2);
	assert_int_equal(pick(INT32_MAX, UINT32_MAX), INT32_MAX);
	assert_int_equal(pick(UINT32_MAX, 9), 1);
}

static void server_of_the_number_without_absolute_value_is_the_first(void **state)
{
	(void)state;
	assert_int_equal(pick(0x80000000, 7), 0);
	assert_int_equal(pick(0x80000001, 7), INT32_MAX % 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(name_splits_at_the_first_slash),
		cmocka_unit_test(name_without_prefix_slash_or_utf8_is_malformed),
		cmocka_unit_test(name_of_2048_bytes_is_the_longest),
		cmocka_unit_test(folding_touches_ascii_letters_only),
		cmocka_unit_test(prefix_record_is_folded_and_named_under_0_na),
		cmocka_unit_test(a_prefix_has_the_record_of_its_own_spelling),
		cmocka_unit_test(the_prefix_above_ends_before_the_last_dot),
		cmocka_unit_test(described_prefix_is_what_follows_0_na_in_any_case),
		cmocka_unit_test(global_names_have_no_slash_or_begin_with_zero),
		cmocka_unit_test(hash_part_follows_the_sites_option),
		cmocka_unit_test(server_is_the_absolute_last_word_modulo_the_count),
		cmocka_unit_test(server_of_the_number_without_absolute_value_is_the_first),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
