/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/crc_impl.h"
#include "base/num.h"

/* The definition, one bit at a time: what the tables are held against. */
static uint32_t reflected_crc(uint32_t crc, uint32_t polynomial, slice_t bytes)
{
	for (size_t i = 0; i < bytes.len; i++) {
		crc ^= bytes.ptr[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? polynomial : 0);
	}
	return crc;
}

static void fill_random(uint8_t *bytes, size_t len)
{
	rng_t rng = rng_of(7);
	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)rng_next(&rng);
}

static void crc32c_gives_the_check_value(void **state)
{
	(void)state;
	uint8_t zeros[32] = { 0 };
	assert_int_equal(crc32c(0, SLICE("123456789")), 0xE3069283);
	assert_int_equal(crc32c(0, slice_of(zeros, sizeof(zeros))), 0x8A9136AA);
	assert_int_equal(crc32c(0, (slice_t){ 0 }), 0);
}

static void crc32c_equals_its_definition_at_every_length_and_offset(void **state)
{
	(void)state;
	uint8_t bytes[200];
	fill_random(bytes, sizeof(bytes));
	for (size_t from = 0; from < 9; from++) {
		for (size_t len = 0; len + from <= sizeof(bytes); len++) {
			slice_t s = slice_of(&bytes[from], len);
			uint32_t defined = ~reflected_crc(~0u, 0x82F63B78, s);
			assert_int_equal(crc32c(0, s), defined);
			assert_int_equal(crc32c_by_table(0, s), defined);
		}
	}
}

/* Long inputs are summed in parts. */
static void crc32c_of_long_inputs_equals_that_by_table(void **state)
{
	(void)state;
	uint8_t bytes[5000];
	fill_random(bytes, sizeof(bytes));
	for (size_t len = 700; len <= sizeof(bytes); len += 41) {
		slice_t s = slice_of(&bytes[len % 7], len - len % 7);
		assert_int_equal(crc32c(0, s), crc32c_by_table(0, s));
		assert_int_equal(crc32c(0x12345678, s), crc32c_by_table(0x12345678, s));
	}
	slice_t all = slice_of(bytes, sizeof(bytes));
	assert_int_equal(crc32c(0, all), ~reflected_crc(~0u, 0x82F63B78, all));
}

static void crc32c_continues_piece_by_piece(void **state)
{
	(void)state;
	uint8_t bytes[64];
	fill_random(bytes, sizeof(bytes));
	slice_t s = slice_of(bytes, sizeof(bytes));
	for (size_t cut = 0; cut <= s.len; cut++) {
		uint32_t head = crc32c(0, slice_sub(s, 0, cut));
		assert_int_equal(crc32c(head, slice_from(s, cut)), crc32c(0, s));
	}
}

static void crc16_equals_check_value_and_definition(void **state)
{
	(void)state;
	uint8_t bytes[256];
	fill_random(bytes, sizeof(bytes));
	assert_int_equal(crc16_modbus(SLICE("123456789")), 0x4B37);
	for (size_t len = 0; len <= sizeof(bytes); len++) {
		slice_t s = slice_of(bytes, len);
		assert_int_equal(crc16_modbus(s), reflected_crc(0xFFFF, 0xA001, s));
	}
}

static void inet_sum_folds_and_pads(void **state)
{
	(void)state;
	/* The example of RFC 1071 section 3. */
	slice_t example = SLICE("\x00\x01\xf2\x03\xf4\xf5\xf6\xf7");
	assert_int_equal(inet_sum(0, example), 0xddf2);
	uint16_t half = inet_sum(0, slice_sub(example, 0, 4));
	assert_int_equal(inet_sum(half, slice_from(example, 4)), 0xddf2);
	assert_int_equal(inet_sum(0, SLICE("\x12")), 0x1200);
	assert_int_equal(inet_sum(0xFFFF, SLICE("\xFF\xFF\xFF\xFF")), 0xFFFF);
	assert_int_equal(inet_sum(5, (slice_t){ 0 }), 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(crc32c_gives_the_check_value),
		cmocka_unit_test(crc32c_equals_its_definition_at_every_length_and_offset),
		cmocka_unit_test(crc32c_of_long_inputs_equals_that_by_table),
		cmocka_unit_test(crc32c_continues_piece_by_piece),
		cmocka_unit_test(crc16_equals_check_value_and_definition),
		cmocka_unit_test(inet_sum_folds_and_pads),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
