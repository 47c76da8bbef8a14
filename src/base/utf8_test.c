/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/utf8.h"

static void valid_takes_every_boundary_of_rfc_3629(void **state)
{
	(void)state;
	assert_true(utf8_valid((slice_t){ 0 }));
	assert_true(utf8_valid(SLICE("\x00\x7F")));
	assert_true(utf8_valid(SLICE("\xC2\x80\xDF\xBF")));
	assert_true(utf8_valid(SLICE("\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF")));
	assert_true(utf8_valid(SLICE("\xF0\x90\x80\x80\xF4\x8F\xBF\xBF")));
}

static void valid_rejects_every_wrong_form(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"\x80",
		"\xBF",
		"\xC0\x80",
		"\xC1\xBF",
		"\xC2",
		"\xC2\x41",
		"\xE0\x9F\xBF",
		"\xE1\x80",
		"\xE1\x80\x41",
		"\xED\xA0\x80",
		"\xED\xBF\xBF",
		"\xF0\x8F\xBF\xBF",
		"\xF1\x80\x80",
		"\xF4\x90\x80\x80",
		"\xF5\x80\x80\x80",
		"\xFE",
		"\xFF",
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(utf8_valid(slice_str(bad[i])));
		assert_int_equal(utf8_next(slice_str(bad[i])), 0);
	}
}

/* Packs a code point the plain way; the oracle of the next test. */
static size_t pack(uint32_t c, uint8_t out[4])
{
	size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const uint8_t MARKS[5] = { 0, 0, 0xC0, 0xE0, 0xF0 };
	for (size_t i = len; i-- > 1; c >>= 6)
		out[i] = (uint8_t)(0x80 | (c & 0x3F));
	out[0] = (uint8_t)(MARKS[len] | c);
	return len;
}

static void next_knows_every_code_point(void **state)
{
	(void)state;
	for (uint32_t c = 0; c < 0x120000; c++) {
		uint8_t bytes[4];
		size_t len = pack(c, bytes);
		bool valid = c < 0x110000 && (c < 0xD800 || c > 0xDFFF);
		assert_int_equal(utf8_next(slice_of(bytes, len)), valid ? len : 0);
	}
}

static void cut_never_splits_a_character(void **state)
{
	(void)state;
	slice_t s = SLICE("a\xC3\xA4\xE6\xB5\x8B\xF0\x9F\x98\x80");
	static const size_t lengths[] = { 0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10 };
	for (size_t max = 0; max < sizeof(lengths) / sizeof(lengths[0]); max++)
		assert_int_equal(utf8_cut(s, max), lengths[max]);
	assert_int_equal(utf8_cut(SLICE("ab\xFF"
	                                "cd"),
	                          5),
	                 2);
}

static void count_is_of_characters_and_of_bytes_that_are_none(void **state)
{
	(void)state;
	assert_int_equal(utf8_count(SLICE("")), 0);
	assert_int_equal(utf8_count(slice_str("a省é")), 3);
	assert_int_equal(utf8_count(SLICE("\xff\xe7\x9c")), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(valid_takes_every_boundary_of_rfc_3629),
		cmocka_unit_test(valid_rejects_every_wrong_form),
		cmocka_unit_test(next_knows_every_code_point),
		cmocka_unit_test(cut_never_splits_a_character),
		cmocka_unit_test(count_is_of_characters_and_of_bytes_that_are_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
