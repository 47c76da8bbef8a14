/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/num.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static void u64_takes_digits_up_to_the_limit(void **state)
{
	(void)state;
	uint64_t v = 7;
	assert_int_equal(num_parse_u64(SLICE("18446744073709551615"), UINT64_MAX, &v), ERR_OK);
	assert_true(v == UINT64_MAX);
	assert_int_equal(num_parse_u64(SLICE("0010"), 10, &v), ERR_OK);
	assert_true(v == 10);
	assert_int_equal(num_parse_u64(SLICE("11"), 10, &v), ERR_INVALID);
	assert_int_equal(num_parse_u64(SLICE("18446744073709551616"), UINT64_MAX, &v), ERR_INVALID);
	assert_int_equal(num_parse_u64(SLICE("99999999999999999999999"), UINT64_MAX, &v),
	                 ERR_INVALID);
	assert_int_equal(num_parse_u64(SLICE(""), 10, &v), ERR_MALFORMED);
	assert_int_equal(num_parse_u64(SLICE("+1"), 10, &v), ERR_MALFORMED);
	assert_int_equal(num_parse_u64(SLICE("1 "), 10, &v), ERR_MALFORMED);
	assert_true(v == 10);
}

static void i64_takes_both_ends(void **state)
{
	(void)state;
	int64_t v = 7;
	assert_int_equal(num_parse_i64(SLICE("-9223372036854775808"), &v), ERR_OK);
	assert_true(v == INT64_MIN);
	assert_int_equal(num_parse_i64(SLICE("+9223372036854775807"), &v), ERR_OK);
	assert_true(v == INT64_MAX);
	assert_int_equal(num_parse_i64(SLICE("9223372036854775808"), &v), ERR_INVALID);
	assert_int_equal(num_parse_i64(SLICE("-9223372036854775809"), &v), ERR_INVALID);
	assert_int_equal(num_parse_i64(SLICE("--1"), &v), ERR_MALFORMED);
	assert_int_equal(num_parse_i64(SLICE("-"), &v), ERR_MALFORMED);
}

static void f64_rounds_like_the_c_library(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"0",
		"-0",
		"1",
		"1.5",
		".5",
		"5.",
		"-12.25e3",
		"1e22",
		"1e23",
		"123456789012345",
		"1234567890123456789",
		"0.1",
		"3.14159265358979323846",
		"2.2250738585072011e-308",
		"4.9e-324",
		"1.7976931348623157e308",
		"1e-400",
		"9007199254740993",
		"1E5",
		"1e+5",
		"1e-5",
		"0.000000000000000000000000000001",
		"+7",
		"8.5e-23",
		"0e99999999999999999999",
		"100000000000000000000000.0",
		"0000000000000000000000000000001.25",
	};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		double v = 99;
		assert_int_equal(num_parse_f64(slice_str(texts[i]), &v), ERR_OK);
		double expected = strtod(texts[i], NULL);
		assert_memory_equal(&v, &expected, sizeof(v));
	}
}

static void f64_rejects_all_else(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"",    "-",   ".",    "e5", "1e",  "1e+", "1.2.3", " 1",       "1 ",
		"inf", "nan", "0x10", "1f", "--1", "1,5", "1e5.0", "infinity",
	};
	double v = 99;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(num_parse_f64(slice_str(texts[i]), &v), ERR_MALFORMED);
	assert_int_equal(num_parse_f64(SLICE("1e309"), &v), ERR_INVALID);
	assert_int_equal(num_parse_f64(SLICE("-1e99999999999999999999"), &v), ERR_INVALID);
	char digits[600];
	memset(digits, '1', sizeof(digits));
	assert_int_equal(num_parse_f64(slice_of(digits, sizeof(digits)), &v), ERR_TOO_BIG);
	assert_true(v == 99);
	assert_int_equal(num_parse_f64(slice_of(digits, 300), &v), ERR_OK);
}

static void durations_need_a_unit(void **state)
{
	(void)state;
	int64_t ns;
	assert_int_equal(num_parse_duration(SLICE("500ms"), &ns), ERR_OK);
	assert_true(ns == 500000000);
	assert_int_equal(num_parse_duration(SLICE("5s"), &ns), ERR_OK);
	assert_true(ns == INT64_C(5000000000));
	assert_int_equal(num_parse_duration(SLICE("2m"), &ns), ERR_OK);
	assert_true(ns == INT64_C(120000000000));
	assert_int_equal(num_parse_duration(SLICE("1h"), &ns), ERR_OK);
	assert_true(ns == INT64_C(3600000000000));
	assert_int_equal(num_parse_duration(SLICE("7d"), &ns), ERR_OK);
	assert_true(ns == INT64_C(604800000000000));
	assert_int_equal(num_parse_duration(SLICE("5"), &ns), ERR_MALFORMED);
	assert_int_equal(num_parse_duration(SLICE("s"), &ns), ERR_MALFORMED);
	assert_int_equal(num_parse_duration(SLICE("-5s"), &ns), ERR_MALFORMED);
	assert_int_equal(num_parse_duration(SLICE("5 s"), &ns), ERR_MALFORMED);
	assert_int_equal(num_parse_duration(SLICE("1w"), &ns), ERR_MALFORMED);
	assert_int_equal(num_parse_duration(SLICE("106752d"), &ns), ERR_INVALID);
}

static void sizes_are_powers_of_1024(void **state)
{
	(void)state;
	uint64_t bytes;
	assert_int_equal(num_parse_size(SLICE("64K"), &bytes), ERR_OK);
	assert_true(bytes == 65536);
	assert_int_equal(num_parse_size(SLICE("64M"), &bytes), ERR_OK);
	assert_true(bytes == UINT64_C(64) * 1024 * 1024);
	assert_int_equal(num_parse_size(SLICE("2G"), &bytes), ERR_OK);
	assert_true(bytes == UINT64_C(2) << 30);
	assert_int_equal(num_parse_size(SLICE("12"), &bytes), ERR_OK);
	assert_true(bytes == 12);
	assert_int_equal(num_parse_size(SLICE("12KB"), &bytes), ERR_MALFORMED);
	assert_int_equal(num_parse_size(SLICE(""), &bytes), ERR_MALFORMED);
	assert_int_equal(num_parse_size(SLICE("17179869184G"), &bytes), ERR_INVALID);
}

static void hex_goes_both_ways(void **state)
{
	(void)state;
	uint8_t bytes[4];
	size_t len = 99;
	char text[9];
	assert_int_equal(num_from_hex(SLICE(" 0aF f\t10\n9"), bytes, 4, &len), ERR_MALFORMED);
	assert_int_equal(len, 99);
	assert_int_equal(num_from_hex(SLICE(" 0aF f\t10\n9C"), bytes, 4, &len), ERR_OK);
	assert_int_equal(len, 4);
	num_to_hex(slice_of(bytes, len), text);
	assert_string_equal(text, "0aff109c");
	assert_int_equal(num_from_hex(SLICE("0g"), bytes, 4, &len), ERR_MALFORMED);
	assert_int_equal(num_from_hex(SLICE("@A"), bytes, 4, &len), ERR_MALFORMED);
	assert_int_equal(num_from_hex(SLICE("0011223344"), bytes, 4, &len), ERR_TOO_BIG);
	assert_int_equal(num_from_hex(SLICE(" \n"), bytes, 4, &len), ERR_OK);
	assert_int_equal(len, 0);
	num_to_hex((slice_t){ 0 }, text);
	assert_string_equal(text, "");
}

static void format_is_the_shortest_that_reads_back(void **state)
{
	(void)state;
	static const struct {
		double value;
		const char *text;
	} cases[] = {
		{ 100, "100" },
		{ 0.0001, "0.0001" },
		{ -0.05, "-0.05" },
		{ 21.375, "21.375" },
		{ 0, "0" },
		{ -0.0, "-0" },
		{ 1, "1" },
		{ -1.5, "-1.5" },
		{ 0.1, "0.1" },
		{ 0.1 + 0.2, "0.30000000000000004" },
		{ 1e15, "1e+15" },
		{ 1e21, "1e+21" },
		{ 123456789, "123456789" },
		{ 999999999999999, "999999999999999" },
		{ 5e-324, "5e-324" },
		{ 2.5e-320, "2.5e-320" },
		{ DBL_MAX, "1.7976931348623157e+308" },
		{ 1e-5, "1e-05" },
		{ 9007199254740992, "9007199254740992" },
		{ NAN, "nan" },
		{ INFINITY, "inf" },
		{ -INFINITY, "-inf" },
	};
	char buf[32];
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(num_format_f64(cases[i].value, buf), cases[i].text);
}

static void format_and_parse_round_trip_random_doubles(void **state)
{
	(void)state;
	rng_t rng = rng_of(11);
	for (int i = 0; i < 100000; i++) {
		uint64_t bits = rng_next(&rng);
		double value, again;
		char buf[32];
		memcpy(&value, &bits, sizeof(value));
		if (!isfinite(value))
			continue;
		num_format_f64(value, buf);
		assert_int_equal(num_parse_f64(slice_str(buf), &again), ERR_OK);
		assert_memory_equal(&value, &again, sizeof(value));
	}
}

static void floats_are_written_in_as_few_digits_as_read_back(void **state)
{
	(void)state;
	static const struct {
		float value;
		const char *text;
	} cases[] = { { 0.1F, "0.1" },      { 16777216.0F, "16777216" },
		      { -4.15F, "-4.15" },  { 1e-45F, "1e-45" },
		      { -0.0F, "-0" },      { 3.4028235e38F, "3.4028235e+38" },
		      { 0.3F, "0.3" },      { NAN, "nan" },
		      { -INFINITY, "-inf" } };
	char buf[32];
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(num_format_f32(cases[i].value, buf), cases[i].text);
	rng_t rng = rng_of(19);
	for (int i = 0; i < 50000; i++) {
		uint32_t bits = (uint32_t)rng_next(&rng);
		double again;
		float value, back, decimal = (float)((double)rng_below(&rng, 1000000) / 1000);
		memcpy(&value, &bits, sizeof(value));
		value = i % 2 || !isfinite(value) ? decimal : value;
		num_format_f32(value, buf);
		assert_int_equal(num_parse_f64(slice_str(buf), &again), ERR_OK);
		back = (float)again;
		assert_memory_equal(&value, &back, sizeof(value));
		for (int digits = 1; digits < 9 && !strchr(buf, 'e'); digits++) {
			char text[32];
			snprintf(text, sizeof(text), "%.*g", digits, (double)value);
			if (strtof(text, NULL) != value)
				continue;
			if (!strchr(text, 'e'))
				assert_string_equal(buf, text);
			break;
		}
	}
}

static void format_equals_the_shortest_of_all_precisions(void **state)
{
	(void)state;
	rng_t rng = rng_of(13);
	for (int i = 0; i < 50000; i++) {
		char text[32], expected[32], buf[32];
		snprintf(text, sizeof(text), "%s%llu.%0*llu", i % 2 ? "-" : "",
		         (unsigned long long)rng_next(&rng) >> (14 + rng_below(&rng, 50)),
		         (int)rng_below(&rng, 9) + 1, (unsigned long long)rng_below(&rng, 1000));
		double value = strtod(text, NULL);
		for (int precision = 1; precision <= 17; precision++) {
			snprintf(expected, sizeof(expected), "%.*g", precision, value);
			if (strtod(expected, NULL) == value)
				break;
		}
		num_format_f64(value, buf);
		if (!strchr(expected, 'e'))
			assert_string_equal(buf, expected);
	}
}

/* As the C library tells them: the least precision that reads back. */
static void numbers_of_many_digits_are_told_as_the_c_library_tells_them(void **state)
{
	(void)state;
	rng_t rng = rng_of(17);
	for (int i = 0; i < 200000; i++) {
		char expected[32], buf[32];
		int power = (int)rng_below(&rng, 60) - 10;
		double value = ldexp(1 + rng_unit(&rng), power);
		if (i % 7 == 0) /* a power of two, below which doubles lie closer */
			value = nextafter(ldexp(1, power), i % 2 ? 0 : 2e15);
		if (i % 7 == 1)
			value = ldexp(1, power);
		if (i % 2)
			value = floor(value * 1e4) / 6e4; /* a mean */
		for (int precision = 15; precision <= 17; precision++) {
			snprintf(expected, sizeof(expected), "%.*g", precision, value);
			if (strtod(expected, NULL) == value)
				break;
		}
		num_format_f64(value, buf);
		if (!strchr(expected, 'e') && !strchr(buf, 'e'))
			assert_string_equal(buf, expected);
	}
}

static void decimals_of_machines_parse_like_the_c_library(void **state)
{
	(void)state;
	rng_t rng = rng_of(12);
	for (int i = 0; i < 100000; i++) {
		char text[40];
		uint64_t whole = rng_below(&rng, 1000000);
		uint64_t fraction = rng_next(&rng) >> (rng_below(&rng, 40) + 24);
		snprintf(text, sizeof(text), "%u.%llue%d", (unsigned)whole,
		         (unsigned long long)fraction, (int)rng_below(&rng, 50) - 25);
		double value, expected = strtod(text, NULL);
		assert_int_equal(num_parse_f64(slice_str(text), &value), ERR_OK);
		assert_memory_equal(&value, &expected, sizeof(value));
	}
}

static void assert_like_the_library(const char *text)
{
	double value = 99, expected = strtod(text, NULL);
	assert_int_equal(num_parse_f64(slice_str(text), &value), ERR_OK);
	if (memcmp(&value, &expected, sizeof(value)) != 0)
		fail_msg("%s is %a, not %a", text, value, expected);
}

static void decimals_of_up_to_19_digits_parse_like_the_c_library(void **state)
{
	(void)state;
	rng_t rng = rng_of(13);
	for (int i = 0; i < 300000; i++) {
		char text[64];
		uint64_t digits = rng_next(&rng) >> rng_below(&rng, 64);
		snprintf(text, sizeof(text), "%llue%d", (unsigned long long)digits,
		         (int)rng_below(&rng, 150) - 75);
		assert_like_the_library(text);
	}
}

/* Doubles that are whole numbers have neighbours two or more apart, with a whole number
 * half way between. */
static void decimals_half_way_between_two_doubles_go_to_the_even_one(void **state)
{
	(void)state;
	rng_t rng = rng_of(14);
	for (int i = 0; i < 100000; i++) {
		char text[64];
		unsigned above = 1 + (unsigned)rng_below(&rng, 10);
		uint64_t mantissa = (UINT64_C(1) << 52) | rng_next(&rng) >> 12;
		uint64_t half = (mantissa << above) + (UINT64_C(1) << (above - 1));
		for (uint64_t n = half - 1; n <= half + 1; n++) {
			snprintf(text, sizeof(text), "%llu", (unsigned long long)n);
			assert_like_the_library(text);
			snprintf(text, sizeof(text), "%llu.0e0", (unsigned long long)n / 10);
			assert_like_the_library(text);
		}
	}
}

static void shortest_texts_of_any_double_read_back(void **state)
{
	(void)state;
	rng_t rng = rng_of(15);
	for (int i = 0; i < 200000; i++) {
		char buf[32];
		double value = rng_normal(&rng) * 1e3, again;
		if (i % 2)
			value = (double)(int64_t)rng_next(&rng) * 10.0 / 27648.0;
		(void)num_format_f64(value, buf);
		assert_int_equal(num_parse_f64(slice_str(buf), &again), ERR_OK);
		assert_memory_equal(&value, &again, sizeof(value));
	}
}

static void a_number_is_taken_off_the_head_of_a_text(void **state)
{
	(void)state;
	double value = 0;
	slice_t text = SLICE("-1.5e2,x=3");
	assert_int_equal(num_take_f64(&text, &value), ERR_OK);
	assert_true(value == -150);
	assert_true(slice_eq(text, SLICE(",x=3")));
	assert_int_equal(num_take_f64(&text, &value), ERR_MALFORMED);
	assert_true(slice_eq(text, SLICE(",x=3")));
}

/* The C locale is always there; a system may have one with a comma too. */
static void the_decimal_sign_is_a_point_in_every_locale(void **state)
{
	(void)state;
	static const char *const locales[] = { "C", "de_DE.UTF-8", "fr_FR.UTF-8", "ps_AF" };
	for (size_t i = 0; i < sizeof(locales) / sizeof(locales[0]); i++) {
		char buf[32];
		double value;
		setlocale(LC_NUMERIC, locales[i]);
		assert_string_equal(num_format_f64(-0.1 - 0.2, buf), "-0.30000000000000004");
		assert_string_equal(num_format_f64(-12.5, buf), "-12.5");
		assert_int_equal(num_parse_f64(SLICE("3.14159265358979323846"), &value), ERR_OK);
		assert_true(value == 3.14159265358979323846);
	}
	setlocale(LC_NUMERIC, "C");
}

static void hash_depends_on_every_byte_length_and_seed(void **state)
{
	(void)state;
	uint8_t bytes[40] = { 0 };
	uint64_t plain = num_hash(slice_of(bytes, sizeof(bytes)), 1);
	assert_true(num_hash(slice_of(bytes, sizeof(bytes)), 2) != plain);
	for (size_t len = 0; len < sizeof(bytes); len++)
		assert_true(num_hash(slice_of(bytes, len), 1) != plain);
	for (size_t bit = 0; bit < sizeof(bytes) * 8; bit++) {
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		uint64_t other = num_hash(slice_of(bytes, sizeof(bytes)), 1);
		int changed = __builtin_popcountll(other ^ plain);
		assert_in_range((uintmax_t)changed, 10, 54);
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

static void hash_spreads_numbered_names_evenly(void **state)
{
	(void)state;
	enum { NAMES = 65536, BUCKETS = 4096 };
	uint32_t buckets[BUCKETS] = { 0 };
	double chi2 = 0;
	for (unsigned i = 0; i < NAMES; i++) {
		char name[32];
		int len = snprintf(name, sizeof(name), "99.100.1/pump-%u", i);
		buckets[num_hash(slice_of(name, (size_t)len), 5) % BUCKETS]++;
	}
	for (unsigned i = 0; i < BUCKETS; i++) {
		double off = buckets[i] - (double)NAMES / BUCKETS;
		chi2 += off * off / ((double)NAMES / BUCKETS);
	}
	/* The expectation is BUCKETS - 1 with a deviation of about 90. */
	assert_true(chi2 > 3600 && chi2 < 4600);
}

static void rng_replays_by_seed(void **state)
{
	(void)state;
	rng_t a = rng_of(42), b = rng_of(42), c = rng_of(43);
	unsigned same = 0;
	for (int i = 0; i < 1000; i++) {
		uint64_t draw = rng_next(&a);
		assert_true(draw == rng_next(&b));
		same += draw == rng_next(&c);
	}
	assert_int_equal(same, 0);
}

static void rng_follows_the_published_recurrence(void **state)
{
	(void)state;
	/* From the state 1 2 3 4 by hand: rotl(2*5,7)*9, then s1 = 0. */
	rng_t r = { .s = { 1, 2, 3, 4 } };
	assert_true(rng_next(&r) == 11520);
	assert_true(rng_next(&r) == 0);
	assert_true(rng_next(&r) == 1509978240);
}

static void draws_have_their_range_and_moments(void **state)
{
	(void)state;
	enum { DRAWS = 200000 };
	rng_t r = rng_of(3);
	double sum = 0, square = 0, units = 0;
	unsigned faces[6] = { 0 };
	for (int i = 0; i < DRAWS; i++) {
		double n = rng_normal(&r), u = rng_unit(&r);
		assert_true(u >= 0 && u < 1);
		sum += n;
		square += n * n;
		units += u;
		faces[rng_below(&r, 6)]++;
	}
	assert_true(fabs(sum / DRAWS) < 0.02);
	assert_true(fabs(square / DRAWS - 1) < 0.02);
	assert_true(fabs(units / DRAWS - 0.5) < 0.005);
	for (size_t i = 0; i < 6; i++)
		assert_in_range(faces[i], DRAWS / 6 - 1000, DRAWS / 6 + 1000);
	assert_true(rng_below(&r, 1) == 0);
}

static void below_is_fair_where_a_plain_remainder_is_not(void **state)
{
	(void)state;
	enum { DRAWS = 30000 };
	rng_t r = rng_of(4);
	unsigned lowest_third = 0;
	for (int i = 0; i < DRAWS; i++)
		lowest_third += rng_below(&r, UINT64_C(3) << 62) < UINT64_C(1) << 62;
	assert_in_range(lowest_third, DRAWS / 3 - 500, DRAWS / 3 + 500);
}

static void digits_end_where_they_are_told_to_and_are_as_many_as_asked_for(void **state)
{
	(void)state;
	static const struct {
		uint64_t value;
		unsigned least;
		const char *text;
	} cases[] = {
		{ 0, 0, "" },      { 0, 1, "0" },         { 7, 1, "7" },
		{ 7, 3, "007" },   { 10, 1, "10" },       { 99, 2, "99" },
		{ 100, 1, "100" }, { 1005, 6, "001005" }, { UINT64_MAX, 1, "18446744073709551615" }
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char buf[21] = { 0 };
		char *at = num_put_digits(&buf[20], cases[i].value, cases[i].least);
		assert_string_equal(at, cases[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(u64_takes_digits_up_to_the_limit),
		cmocka_unit_test(i64_takes_both_ends),
		cmocka_unit_test(f64_rounds_like_the_c_library),
		cmocka_unit_test(f64_rejects_all_else),
		cmocka_unit_test(decimals_of_up_to_19_digits_parse_like_the_c_library),
		cmocka_unit_test(decimals_half_way_between_two_doubles_go_to_the_even_one),
		cmocka_unit_test(shortest_texts_of_any_double_read_back),
		cmocka_unit_test(a_number_is_taken_off_the_head_of_a_text),
		cmocka_unit_test(durations_need_a_unit),
		cmocka_unit_test(sizes_are_powers_of_1024),
		cmocka_unit_test(hex_goes_both_ways),
		cmocka_unit_test(format_is_the_shortest_that_reads_back),
		cmocka_unit_test(format_and_parse_round_trip_random_doubles),
		cmocka_unit_test(floats_are_written_in_as_few_digits_as_read_back),
		cmocka_unit_test(format_equals_the_shortest_of_all_precisions),
		cmocka_unit_test(numbers_of_many_digits_are_told_as_the_c_library_tells_them),
		cmocka_unit_test(decimals_of_machines_parse_like_the_c_library),
		cmocka_unit_test(the_decimal_sign_is_a_point_in_every_locale),
		cmocka_unit_test(hash_depends_on_every_byte_length_and_seed),
		cmocka_unit_test(hash_spreads_numbered_names_evenly),
		cmocka_unit_test(rng_replays_by_seed),
		cmocka_unit_test(rng_follows_the_published_recurrence),
		cmocka_unit_test(draws_have_their_range_and_moments),
		cmocka_unit_test(below_is_fair_where_a_plain_remainder_is_not),
		cmocka_unit_test(digits_end_where_they_are_told_to_and_are_as_many_as_asked_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
