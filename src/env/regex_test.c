/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "env/regex.h"

static env_regex_t *made(const char *pattern, bool ignores_case)
{
	env_regex_t *regex = NULL;
	char why[ENV_REGEX_WHY] = "";
	assert_int_equal(env_regex_new(slice_str(pattern), ignores_case, &regex, why), ERR_OK);
	return regex;
}

static void the_whole_subject_must_match_and_groups_are_its_parts(void **state)
{
	(void)state;
	env_match_t match;
	env_regex_t *regex = made("([a-z]+)-([0-9]+)?(x)?", false);
	assert_int_equal(env_regex_match(regex, SLICE("abc-12"), &match), ERR_OK);
	assert_int_equal(match.count, 4);
	assert_true(slice_eq(match.group[0], SLICE("abc-12")));
	assert_true(slice_eq(match.group[2], SLICE("12")));
	assert_int_equal(match.group[3].len, 0);
	assert_int_equal(env_regex_match(regex, SLICE("abc-12y"), &match), ERR_NOT_FOUND);
	assert_int_equal(env_regex_match(regex, SLICE("ABC-12"), &match), ERR_NOT_FOUND);
	assert_int_equal(env_regex_match(regex, SLICE("\xff-12"), &match), ERR_NOT_FOUND);
	env_regex_free(regex);
	regex = made("abc", true);
	assert_int_equal(env_regex_match(regex, SLICE("aBC"), &match), ERR_OK);
	assert_int_equal(env_regex_match(regex, SLICE(""), &match), ERR_NOT_FOUND);
	env_regex_free(regex);
}

static void patterns_that_are_none_are_refused_with_a_reason(void **state)
{
	(void)state;
	env_regex_t *regex = NULL;
	char why[ENV_REGEX_WHY] = "";
	static char lots[ENV_REGEX_PATTERN_MAX + 2];
	assert_int_equal(env_regex_new(SLICE("a("), false, &regex, why), ERR_INVALID);
	assert_string_equal(why, "missing closing parenthesis");
	assert_int_equal(env_regex_new(SLICE("\\C"), false, &regex, why), ERR_INVALID);
	assert_int_equal(env_regex_new(SLICE("()()()()()()()()()()"), false, &regex, why),
	                 ERR_LIMIT);
	memset(lots, 'a', sizeof(lots) - 1);
	assert_int_equal(env_regex_new(slice_str(lots), false, &regex, why), ERR_LIMIT);
	assert_null(regex);
}

static void a_match_that_would_take_for_ever_is_given_up(void **state)
{
	(void)state;
	env_match_t match;
	char subject[64];
	memset(subject, 'a', sizeof(subject));
	env_regex_t *regex = made("(a|aa)*[bc]", false);
	assert_int_equal(env_regex_match(regex, slice_of(subject, sizeof(subject)), &match),
	                 ERR_LIMIT);
	env_regex_free(regex);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_whole_subject_must_match_and_groups_are_its_parts),
		cmocka_unit_test(patterns_that_are_none_are_refused_with_a_reason),
		cmocka_unit_test(a_match_that_would_take_for_ever_is_given_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
