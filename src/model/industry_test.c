/* SPDX-License-Identifier: Apache-2.0 */
#include "model/industry.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

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

static void a_code_with_its_letter_and_without_is_of_one_division(void **state)
{
	(void)state;
	static const char *const rows[][2] = {
		{ "C3841", "38" }, { "3841", "38" },     { "C38", "38" }, { "38", "38" },
		{ "C", "C" },      { "26.11", "26.11" }, { "", "" },      { "C38412", "C38412" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_true(
			slice_eq(industry_division(slice_str(rows[i][0])), slice_str(rows[i][1])));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(industry_codes_follow_their_section),
		cmocka_unit_test(the_parts_of_an_industry_begin_with_one_another),
		cmocka_unit_test(divisions_of_industry_have_names),
		cmocka_unit_test(a_code_with_its_letter_and_without_is_of_one_division),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
