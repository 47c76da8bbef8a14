/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/json.h"

#include <math.h>

static void assert_json(const json_t *j, const char *expected)
{
	assert_true(json_ok(j));
	char text[1024];
	assert_true(slice_to_cstr(json_done(j), text, sizeof(text)));
	assert_string_equal(text, expected);
}

static void commas_and_nesting_come_by_themselves(void **state)
{
	(void)state;
	uint8_t buf[512];
	json_t j = json_of(buf, sizeof(buf));
	json_object(&j);
	json_put_cstr(&j, "name", "99.100.1/pump");
	json_key(&j, "list");
	json_array(&j);
	json_i64(&j, -1);
	json_array(&j);
	json_close(&j);
	json_object(&j);
	json_close(&j);
	json_null(&j);
	json_close(&j);
	json_put_bool(&j, "on", true);
	json_key_slice(&j, SLICE("raw"));
	json_raw(&j, SLICE("[1]"));
	json_put_bool(&j, "off", false);
	json_close(&j);
	assert_json(&j, "{\"name\":\"99.100.1/pump\",\"list\":[-1,[],{},null],\"on\":true,"
	                "\"raw\":[1],\"off\":false}");
}

static void numbers_are_digits_or_null(void **state)
{
	(void)state;
	uint8_t buf[512];
	json_t j = json_of(buf, sizeof(buf));
	json_object(&j);
	json_put_u64(&j, "u", UINT64_MAX);
	json_put_u64(&j, "z", 0);
	json_put_i64(&j, "i", INT64_MIN);
	json_put_f64(&j, "f", 0.1);
	json_put_f64(&j, "n", NAN);
	json_put_f64(&j, "p", INFINITY);
	json_put_time(&j, "t", INT64_C(1795577400123000000));
	json_close(&j);
	assert_json(&j, "{\"u\":18446744073709551615,\"z\":0,\"i\":-9223372036854775808,\"f\":0.1,"
	                "\"n\":null,\"p\":null,\"t\":\"2026-11-25T03:30:00.123Z\"}");
}

static void assert_string_json(slice_t value, const char *expected)
{
	uint8_t buf[512];
	json_t j = json_of(buf, sizeof(buf));
	json_str(&j, value);
	assert_json(&j, expected);
}

static void strings_escape_what_rfc_8259_wants(void **state)
{
	(void)state;
	assert_string_json(SLICE("a\"b\\c/"), "\"a\\\"b\\\\c/\"");
	assert_string_json(SLICE("\b\f\n\r\t"), "\"\\b\\f\\n\\r\\t\"");
	assert_string_json(SLICE("\x00\x1F\x7F"), "\"\\u0000\\u001f\\u007f\"");
	assert_string_json(SLICE("温度 \xF0\x9F\x98\x80"), "\"温度 \xF0\x9F\x98\x80\"");
	assert_string_json((slice_t){ 0 }, "\"\"");
}

static void foreign_bytes_become_the_replacement_character(void **state)
{
	(void)state;
	assert_string_json(SLICE("a\xFFz"), "\"a\xEF\xBF\xBDz\"");
	assert_string_json(SLICE("\xE6\xB5"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");
	assert_string_json(SLICE("\xED\xA0\x80"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

static void nesting_ends_at_32(void **state)
{
	(void)state;
	uint8_t buf[256];
	json_t j = json_of(buf, sizeof(buf));
	for (int i = 0; i < 32; i++) {
		if (i % 2) {
			json_key(&j, "k");
			json_array(&j);
		} else {
			json_object(&j);
		}
	}
	json_t deep = j;
	for (int i = 0; i < 32; i++)
		json_close(&j);
	assert_true(json_ok(&j));
	json_array(&deep);
	assert_true(deep.w.bad);
	json_close(&deep);
	json_null(&deep);
	json_key(&deep, "x");
	assert_false(json_ok(&deep));
}

static void a_full_buffer_is_sticky_at_every_size(void **state)
{
	(void)state;
	uint8_t buf[64];
	for (size_t cap = 0; cap < 40; cap++) {
		json_t j = json_of(buf, cap);
		json_object(&j);
		json_put_cstr(&j, "key", "va\nlue");
		json_key(&j, "list");
		json_array(&j);
		json_f64(&j, 1.25);
		json_close(&j);
		json_close(&j);
		assert_true(j.w.len <= cap);
		assert_true(json_ok(&j) ==
		            (cap >= strlen("{\"key\":\"va\\nlue\",\"list\":[1.25]}")));
	}
}

static void an_open_level_is_not_ok(void **state)
{
	(void)state;
	uint8_t buf[8];
	json_t j = json_of(buf, sizeof(buf));
	json_array(&j);
	assert_false(json_ok(&j));
	json_close(&j);
	assert_true(json_ok(&j));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commas_and_nesting_come_by_themselves),
		cmocka_unit_test(numbers_are_digits_or_null),
		cmocka_unit_test(strings_escape_what_rfc_8259_wants),
		cmocka_unit_test(foreign_bytes_become_the_replacement_character),
		cmocka_unit_test(nesting_ends_at_32),
		cmocka_unit_test(a_full_buffer_is_sticky_at_every_size),
		cmocka_unit_test(an_open_level_is_not_ok),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
