/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "office/credit_code.h"
#include "office/industry.h"

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

static void industry_codes_follow_their_section(void **state)
{
	(void)state;
	assert_true(industry_good(SLICE("C")));
	assert_true(industry_good(SLICE("C38")));
	assert_true(industry_good(SLICE("C3841")));
	assert_true(industry_good(SLICE("A01")));
	assert_false(industry_good(SLICE("B38")));
	assert_false(industry_good(SLICE("C3")));
	assert_false(industry_good(SLICE("C38412")));
	assert_false(industry_good(SLICE("C3x41")));
	assert_false(industry_good(SLICE("Z01")));
	assert_false(industry_good(SLICE("")));
}

static void the_parts_of_an_industry_begin_with_one_another(void **state)
{
	(void)state;
	const slice_t good[] = { SLICE("C"), SLICE("38"), SLICE("384"), SLICE("3841") };
	const slice_t section[] = { SLICE("C"), SLICE(""), SLICE(""), SLICE("") };
	const slice_t other[] = { SLICE("C"), SLICE("38"), SLICE("394"), SLICE("3941") };
	const slice_t foreign[] = { SLICE("B"), SLICE("38"), SLICE("384"), SLICE("3841") };
	assert_true(industry_parts_good(good));
	assert_true(industry_parts_good(section));
	assert_false(industry_parts_good(other));
	assert_false(industry_parts_good(foreign));
}

static void divisions_of_industry_have_names(void **state)
{
	(void)state;
	assert_string_equal(industry_name(SLICE("C3841"), LANG_ZH), "电气机械和器材制造业");
	assert_string_equal(industry_name(SLICE("C3841"), LANG_EN), "Manufacturing");
	assert_string_equal(industry_name(SLICE("G"), LANG_ZH), "交通运输、仓储和邮政业");
	assert_null(industry_name(SLICE("B38"), LANG_ZH));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(made_up_codes_with_the_right_check_character_pass),
		cmocka_unit_test(every_slip_of_one_character_is_found),
		cmocka_unit_test(exchanged_neighbours_are_found),
		cmocka_unit_test(lengths_and_letters_are_told_apart),
		cmocka_unit_test(industry_codes_follow_their_section),
		cmocka_unit_test(the_parts_of_an_industry_begin_with_one_another),
		cmocka_unit_test(divisions_of_industry_have_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
