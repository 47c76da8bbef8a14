/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/ascii.h"

/* The C library's own words, in the locale of a program that has set none. */
static void every_byte_is_of_the_kind_that_the_c_locale_says(void **state)
{
	(void)state;
	for (int c = 0; c < 256; c++) {
		assert_int_equal(ascii_is_digit((uint8_t)c), isdigit(c) != 0);
		assert_int_equal(ascii_is_upper((uint8_t)c), isupper(c) != 0);
		assert_int_equal(ascii_is_lower((uint8_t)c), islower(c) != 0);
		assert_int_equal(ascii_is_letter((uint8_t)c), isalpha(c) != 0);
		assert_int_equal(ascii_is_alnum((uint8_t)c), isalnum(c) != 0);
		assert_int_equal(ascii_is_hex((uint8_t)c), isxdigit(c) != 0);
		assert_int_equal(ascii_fold_lower((uint8_t)c), tolower(c));
	}
}

static void a_text_is_of_a_kind_when_every_byte_is(void **state)
{
	(void)state;
	assert_true(ascii_is_digits(SLICE("0129")));
	assert_true(ascii_is_digits((slice_t){ 0 }));
	assert_false(ascii_is_digits(SLICE("12a")));
	assert_true(ascii_is_word(SLICE("a-Z.9"), SLICE("-.")));
	assert_false(ascii_is_word(SLICE("a-Z.9"), SLICE("-")));
	assert_false(ascii_is_word(SLICE("\xC3\xA9"), SLICE("-.")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_byte_is_of_the_kind_that_the_c_locale_says),
		cmocka_unit_test(a_text_is_of_a_kind_when_every_byte_is),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
