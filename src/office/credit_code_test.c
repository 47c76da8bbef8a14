/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "office/credit_code.h"

static void made_up_codes_with_the_right_check_character_pass(void **state)
{
	(void)state;
	assert_int_equal(credit_code_check(SLICE("9199000000TE0T0019")), CREDIT_CODE_GOOD);
	assert_int_equal(credit_code_check(SLICE("9199000000TE0T002C")), CREDIT_CODE_GOOD);
}

static void every_slip_of_one_character_is_found(void **state)
{
	(void)state;
	static const char alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
	for (size_t i = 0; i < CREDIT_CODE_LEN; i++)
		for (size_t k = 0; k + 1 < sizeof(alphabet); k++) {
			char code[] = "9199000000TE0T0019";
			credit_code_t want = code[i] == alphabet[k] ? CREDIT_CODE_GOOD
			                                            : CREDIT_CODE_CHECK;
			code[i] = alphabet[k];
			assert_int_equal(credit_code_check(slice_str(code)), want);
		}
}

static void exchanged_neighbours_are_found(void **state)
{
	(void)state;
	assert_int_equal(credit_code_check(SLICE("1999000000TE0T0019")), CREDIT_CODE_CHECK);
	assert_int_equal(credit_code_check(SLICE("9199000000ET0T0019")), CREDIT_CODE_CHECK);
}

static void lengths_and_letters_are_told_apart(void **state)
{
	(void)state;
	assert_int_equal(credit_code_check(SLICE("")), CREDIT_CODE_LENGTH);
	assert_int_equal(credit_code_check(SLICE("9199000000TE0T001")), CREDIT_CODE_LENGTH);
	assert_int_equal(credit_code_check(SLICE("9199000000TE0T00199")), CREDIT_CODE_LENGTH);
	assert_int_equal(credit_code_check(SLICE("9199000000TE0I0019")), CREDIT_CODE_CHARACTER);
	assert_int_equal(credit_code_check(SLICE("9199000000te0T0019")), CREDIT_CODE_CHARACTER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(made_up_codes_with_the_right_check_character_pass),
		cmocka_unit_test(every_slip_of_one_character_is_found),
		cmocka_unit_test(exchanged_neighbours_are_found),
		cmocka_unit_test(lengths_and_letters_are_told_apart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
