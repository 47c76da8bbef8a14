/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "gs1/gs1_map.h"

static const gs1_company_t companies[] = {
	{ "952123", "99.100.2", NULL },
	{ "9521234", "99.100.3", NULL },
	{ "9529", NULL, "https://other.example" },
};
static const gs1_map_t map = { "99.100.1", "", companies, 3 };

static gs1_message_t message_of(const char *text, writer_t *room)
{
	gs1_message_t m;
	assert_int_equal(gs1_decode(slice_str(text), room, &m), CODEC_OK);
	return m;
}

static void a_key_is_a_name_level_by_level(void **state)
{
	(void)state;
	static const gs1_map_t plain = { "99.100.1", "", NULL, 0 };
	static const struct {
		size_t levels;
		const char *want;
	} rows[] = {
		{ 1, "99.100.1/01/09521234543213" },
		{ 2, "99.100.1/01/09521234543213/10/A%2FB" },
		{ 3, "99.100.1/01/09521234543213/10/A%2FB/21/x" },
	};
	uint8_t bytes[256];
	writer_t room = writer_of(bytes, sizeof bytes);
	gs1_message_t m = message_of("(21)x(10)A/B(01)09521234543213", &room);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		uint8_t out[256];
		writer_t w = writer_of(out, sizeof out);
		gs1_map_name(&plain, &m, rows[i].levels, &w);
		assert_true(slice_eq(writer_done(&w), slice_str(rows[i].want)));
	}
}

static void the_longest_company_prefix_says_where(void **state)
{
	(void)state;
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "/01/09521234543213", "99.100.3/01/09521234543213" },
		{ "/8010/952123A", "99.100.2/8010/952123A" },
		{ "/8010/9522A", "99.100.1/8010/9522A" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		uint8_t bytes[64], out[256];
		writer_t room = writer_of(bytes, sizeof bytes), w = writer_of(out, sizeof out);
		gs1_message_t m = message_of(rows[i].text, &room);
		gs1_map_name(&map, &m, 1, &w);
		assert_true(slice_eq(writer_done(&w), slice_str(rows[i].want)));
	}
	uint8_t bytes[64];
	writer_t room = writer_of(bytes, sizeof bytes);
	gs1_message_t m = message_of("/8010/9529A", &room);
	assert_string_equal(gs1_map_company(&map, &m)->resolver, "https://other.example");
}

static void a_name_counts_only_in_its_own_spelling(void **state)
{
	(void)state;
	assert_true(gs1_map_is(SLICE("99.a/01/1/21/x"), SLICE("99.A/01/1/21/x")));
	assert_false(gs1_map_is(SLICE("99.a/01/1/21/x"), SLICE("99.a/01/1/21/X")));
}

static void names_that_look_like_keys_are_held_to_the_rule(void **state)
{
	(void)state;
	static const struct {
		const char *name, *want;
		gs1_problem_t problem;
	} rows[] = {
		{ "99.1/01/09521234543213/21/a%2fb", "99.1/01/09521234543213/21/a%2Fb", GS1_GOOD },
		{ "99.1/01/09521234543214", "", GS1_CHECK_DIGIT },
		{ "99.1/01/09521234543213/17/301231", "", GS1_NOT_QUALIFIER },
		{ "99.1/PUMP/1", "", GS1_GOOD },
		{ "99.1/21/5", "", GS1_GOOD },
		{ "99.1", "", GS1_GOOD },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		uint8_t out[256];
		writer_t w = writer_of(out, sizeof out);
		assert_int_equal(gs1_map_check(slice_str(rows[i].name), &w), rows[i].problem);
		assert_true(slice_eq(writer_done(&w), slice_str(rows[i].want)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_is_a_name_level_by_level),
		cmocka_unit_test(the_longest_company_prefix_says_where),
		cmocka_unit_test(a_name_counts_only_in_its_own_spelling),
		cmocka_unit_test(names_that_look_like_keys_are_held_to_the_rule),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
