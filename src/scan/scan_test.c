/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "scan/scan.h"

typedef struct {
	uint8_t room[SCAN_ROOM];
	char json[SCAN_JSON_ROOM];
	scan_t scan;
} read_t;

static err_t read_text(const char *text, read_t *r)
{
	writer_t room = writer_of(r->room, sizeof r->room);
	return scan_decode(slice_str(text), &room, &r->scan);
}

static bool says(read_t *r, const char *piece)
{
	json_t j = json_of(r->json, sizeof r->json);
	json_object(&j);
	scan_json(&r->scan, &j);
	json_close(&j);
	assert_true(json_ok(&j));
	slice_t rest = json_done(&j);
	while (rest.len && !slice_starts(rest, slice_str(piece)))
		rest = slice_from(rest, 1);
	if (rest.len == 0)
		print_message("%.*s\n", (int)json_done(&j).len, r->json);
	return rest.len > 0;
}

static void a_good_code_is_its_fields_and_its_right_spelling(void **state)
{
	read_t *r = *state;
	assert_int_equal(read_text(" (21)5(01)09521234543213(17)301231\n", r), ERR_OK);
	assert_true(says(r, "{\"scheme\":\"gs1\",\"form\":\"element-string-brackets\",\"good\":"
	                    "true,\"canonical\":\"https://id.gs1.org/01/09521234543213/21/5?17="
	                    "301231\",\"path\":\"/01/09521234543213/21/5\",\"fields\":[{\"code\":"
	                    "\"01\",\"name\":{\"en\":\"GTIN (trade item)\",\"zh\":"));
}

static void what_is_wrong_stands_beside_what_is_right(void **state)
{
	read_t *r = *state;
	assert_int_equal(read_text("(01)09521234543214(21)5", r), ERR_INVALID);
	assert_int_equal(r->scan.count, 2);
	assert_non_null(r->scan.fields[0].problem);
	assert_null(r->scan.fields[1].problem);
	assert_true(says(r, "\"problem\":{\"en\":\"the check digit of (01) is wrong\",\"zh\":"
	                    "\"(01) 的校验位错误\"}"));
	assert_true(says(r, "\"code\":\"21\""));
}

static void a_text_of_no_scheme_is_told_what_is_known(void **state)
{
	read_t *r = *state;
	assert_int_equal(read_text("hello", r), ERR_UNSUPPORTED);
	assert_true(says(r, "\"scheme\":\"\""));
	assert_int_equal(read_text("", r), ERR_UNSUPPORTED);
	assert_int_equal(read_text("https://example.com/a", r), ERR_INVALID);
}

static void a_code_of_another_scheme_says_its_fields_in_both_languages(void **state)
{
	read_t *r = *state;
	assert_int_equal(read_text(" 001PBA10000001B9D0000001\n", r), ERR_OK);
	assert_string_equal(r->scan.scheme, "gbt34014");
	assert_true(says(r, "\"suffix\":\"001PBA10000001B9D0000001\""));
	assert_true(says(r, "\"value\":\"P\",\"meaning\":{\"en\":\"pack\",\"zh\":\"电池包\"}"));
	assert_true(says(r, "\"value\":\"B9D\",\"meaning\":{\"en\":\"2021-09-13\""));
	assert_int_equal(read_text("001PBA10000001O9D0000001", r), ERR_INVALID);
	assert_true(says(r, "\"problem\":{\"en\":\"X15-17 has a character that is no date\""));
	assert_int_equal(read_text("urn:oid:2.999.1", r), ERR_OK);
	assert_true(says(r, "\"suffix\":\"2.999.1\""));
}

static void a_text_is_read_as_the_scheme_that_is_named(void **state)
{
	read_t *r = *state;
	writer_t room = writer_of(r->room, sizeof r->room);
	assert_int_equal(scan_decode_as(SLICE("gbt34014"), SLICE("001PB"), &room, &r->scan),
	                 ERR_INVALID);
	assert_int_equal(r->scan.count, 4);
	assert_int_equal(scan_decode_as(SLICE("gs1"), SLICE("001PB"), &room, &r->scan),
	                 ERR_INVALID);
	assert_string_equal(r->scan.scheme, "gs1");
	assert_int_equal(scan_decode_as(SLICE("ean"), SLICE("001PB"), &room, &r->scan),
	                 ERR_NOT_FOUND);
}

static void the_longest_answer_has_room(void **state)
{
	read_t *r = *state;
	static char text[SCAN_TEXT_MAX + 2];
	writer_t w = writer_of(text, sizeof text - 1);
	while (w.len < SCAN_TEXT_MAX - 100) {
		wr_bytes(&w, SLICE("(91)"));
		for (int i = 0; i < 90; i++)
			wr_u8(&w, '"');
	}
	assert_int_equal(read_text(text, r), ERR_INVALID);
	assert_true(says(r, "\"fields\":[{"));
	memset(text, '"', SCAN_TEXT_MAX + 1);
	assert_int_equal(read_text(text, r), ERR_TOO_BIG);
}

static int set_up(void **state)
{
	static read_t all;
	*state = &all;
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_code_is_its_fields_and_its_right_spelling),
		cmocka_unit_test(what_is_wrong_stands_beside_what_is_right),
		cmocka_unit_test(a_text_of_no_scheme_is_told_what_is_known),
		cmocka_unit_test(a_code_of_another_scheme_says_its_fields_in_both_languages),
		cmocka_unit_test(a_text_is_read_as_the_scheme_that_is_named),
		cmocka_unit_test(the_longest_answer_has_room),
	};
	return cmocka_run_group_tests(tests, set_up, NULL);
}
