/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/text.h"

#include <time.h>

#include "base/num.h"

static void assert_time(int64_t utc_ns, const char *expected)
{
	char buf[TIME_TEXT_MAX];
	assert_string_equal(time_format(utc_ns, buf), expected);
}

static void format_knows_the_calendar(void **state)
{
	(void)state;
	assert_time(0, "1970-01-01T00:00:00.000Z");
	assert_time(INT64_C(951782400000000000), "2000-02-29T00:00:00.000Z");
	assert_time(INT64_C(1795577400123999999), "2026-11-25T03:30:00.123Z");
	assert_time(INT64_C(4107542399999000000), "2100-02-28T23:59:59.999Z");
	assert_time(INT64_C(4107542400000000000), "2100-03-01T00:00:00.000Z");
	assert_time(INT64_MAX, "2262-04-11T23:47:16.854Z");
	assert_time(-1, "1969-12-31T23:59:59.999Z");
}

static void format_agrees_with_the_c_library(void **state)
{
	(void)state;
	rng_t rng = rng_of(1);
	for (int i = 0; i < 20000; i++) {
		int64_t seconds = (int64_t)rng_below(&rng, INT64_MAX / 1000000000);
		time_t t = (time_t)seconds;
		char expected[TIME_TEXT_MAX];
		struct tm tm;
		assert_non_null(gmtime_r(&t, &tm));
		strftime(expected, sizeof(expected), "%Y-%m-%dT%H:%M:%S.000Z", &tm);
		assert_time(seconds * 1000000000, expected);
		int64_t again;
		assert_int_equal(time_parse(slice_str(expected), &again), ERR_OK);
		assert_true(again == seconds * 1000000000);
	}
}

static void parse_takes_offsets_and_fractions(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t utc_ns;
	} cases[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "1970-01-01t00:00:01z", 1000000000 },
		{ "1970-01-01 00:00:00.5Z", 500000000 },
		{ "1970-01-01T00:00:00.123456789Z", 123456789 },
		{ "2026-11-25T11:30:00.123+08:00", INT64_C(1795577400123000000) },
		{ "2026-11-24T22:00:00.123-05:30", INT64_C(1795577400123000000) },
		{ "1969-12-31T23:00:00-01:00", 0 },
		{ "2016-12-31T23:59:60Z", INT64_C(1483228800000000000) },
		{ "2262-04-11T23:47:16.854775807Z", INT64_MAX },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t ns;
		assert_int_equal(time_parse(slice_str(cases[i].text), &ns), ERR_OK);
		assert_true(ns == cases[i].utc_ns);
	}
}

static void parse_rejects_what_is_no_time(void **state)
{
	(void)state;
	static const char *const malformed[] = {
		"",
		"1970",
		"1970-01-01",
		"1970-01-01T00:00:00",
		"1970-01-01T00:00:00.Z",
		"1970-13-01T00:00:00Z",
		"1970-00-01T00:00:00Z",
		"1970-01-32T00:00:00Z",
		"1970-01-00T00:00:00Z",
		"1971-02-29T00:00:00Z",
		"2100-02-29T00:00:00Z",
		"1970-01-01T24:00:00Z",
		"1970-01-01T00:60:00Z",
		"1970-01-01T00:00:61Z",
		"1970-01-01T00:00:00+0800",
		"1970-01-01T00:00:00+24:00",
		"1970-01-01T00:00:00Zx",
		"1970-01-01T00:00:00.1234567890Z",
		"1970/01/01T00:00:00Z",
		"70-01-01T00:00:00Z",
		"2300-01-01T00:00:00Z",
		"+970-01-01T00:00:00Z",
	};
	int64_t ns = 5;
	for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++)
		assert_int_equal(time_parse(slice_str(malformed[i]), &ns), ERR_MALFORMED);
	assert_int_equal(time_parse(SLICE("1969-12-31T23:59:59Z"), &ns), ERR_INVALID);
	assert_int_equal(time_parse(SLICE("2262-04-11T23:47:16.854775808Z"), &ns), ERR_INVALID);
	assert_true(ns == 5);
}

static void parse_rejects_every_truncation(void **state)
{
	(void)state;
	slice_t whole = SLICE("2026-11-25T11:30:00.123+08:00");
	for (size_t len = 0; len < whole.len; len++) {
		int64_t ns;
		assert_int_equal(time_parse(slice_sub(whole, 0, len), &ns), ERR_MALFORMED);
	}
}

static void text_grows_to_its_limit_and_sticks(void **state)
{
	(void)state;
	text_t t = text_of(1000);
	for (int i = 0; i < 100; i++)
		text_addf(&t, "%s%04d", "entry-", i);
	assert_false(t.bad);
	assert_int_equal(text_slice(&t).len, 1000);
	assert_true(slice_eq(slice_from(text_slice(&t), 990), SLICE("entry-0099")));
	text_add(&t, SLICE(""));
	assert_false(t.bad);
	text_add(&t, SLICE("x"));
	assert_true(t.bad);
	assert_int_equal(t.len, 1000);
	text_drop(&t, 500);
	text_addf(&t, "%d", 1);
	assert_int_equal(t.len, 500);
	text_free(&t);
	assert_int_equal(t.len, 0);
	text_free(NULL);
}

static void drop_keeps_the_rest(void **state)
{
	(void)state;
	text_t t = text_of(100);
	text_drop(&t, 0);
	text_add(&t, SLICE("abcdef"));
	text_drop(&t, 2);
	assert_true(slice_eq(text_slice(&t), SLICE("cdef")));
	text_drop(&t, 4);
	assert_int_equal(t.len, 0);
	text_addf(&t, "%s", "x");
	assert_true(slice_eq(text_slice(&t), SLICE("x")));
	text_free(&t);
}

static void a_time_may_be_milliseconds_too(void **state)
{
	(void)state;
	int64_t ns = 5;
	assert_int_equal(time_parse_ms(SLICE("1700000000250"), &ns), ERR_OK);
	assert_true(ns == INT64_C(1700000000250000000));
	assert_int_equal(time_parse_ms(SLICE("2023-11-14T22:13:20.25Z"), &ns), ERR_OK);
	assert_true(ns == INT64_C(1700000000250000000));
	assert_int_equal(time_parse_ms(SLICE("9223372036854775807"), &ns), ERR_INVALID);
	assert_int_equal(time_parse_ms(SLICE("yesterday"), &ns), ERR_MALFORMED);
	assert_true(ns == INT64_C(1700000000250000000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_time_may_be_milliseconds_too),
		cmocka_unit_test(format_knows_the_calendar),
		cmocka_unit_test(format_agrees_with_the_c_library),
		cmocka_unit_test(parse_takes_offsets_and_fractions),
		cmocka_unit_test(parse_rejects_what_is_no_time),
		cmocka_unit_test(parse_rejects_every_truncation),
		cmocka_unit_test(text_grows_to_its_limit_and_sticks),
		cmocka_unit_test(drop_keeps_the_rest),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
