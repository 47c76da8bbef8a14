/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/modbus/modbus_value.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const uint8_t wire[] = { 0x12, 0x34, 0x56, 0x78, 0x9A, 0xBC, 0xDE, 0xF0 };

static modbus_value_t get(modbus_type_t type, modbus_order_t order, slice_t registers)
{
	modbus_value_t value;
	assert_int_equal(modbus_value_get(type, order, registers, &value), ERR_OK);
	assert_int_equal(value.type, type);
	return value;
}

static void orders_place_bytes_as_they_are_named(void **state)
{
	(void)state;
	static const struct {
		modbus_order_t order;
		uint64_t u16, u32, u64;
	} rows[] = {
		{ MODBUS_ABCD, 0x1234, 0x12345678, 0x123456789ABCDEF0 },
		{ MODBUS_BADC, 0x3412, 0x34127856, 0x34127856BC9AF0DE },
		{ MODBUS_CDAB, 0x1234, 0x56781234, 0xDEF09ABC56781234 },
		{ MODBUS_DCBA, 0x3412, 0x78563412, 0xF0DEBC9A78563412 },
	};
	slice_t s = slice_of(wire, sizeof wire);
	for (size_t i = 0; i < MODBUS_ORDER_COUNT; i++) {
		assert_true(get(MODBUS_U16, rows[i].order, s).u64 == rows[i].u16);
		assert_true(get(MODBUS_U32, rows[i].order, s).u64 == rows[i].u32);
		assert_true(get(MODBUS_U64, rows[i].order, s).u64 == rows[i].u64);
	}
}

static void signed_and_real_types_are_widened(void **state)
{
	(void)state;
	static const uint8_t ones[8] = { 255, 255, 255, 255, 255, 255, 255, 254 };
	static const uint8_t pi[4] = { 0x40, 0x49, 0x0F, 0xDB };
	static const uint8_t half[8] = { 0x3F, 0xE0 };
	slice_t s = slice_of(ones, sizeof ones);
	assert_true(get(MODBUS_I16, MODBUS_ABCD, s).i64 == -1);
	assert_true(get(MODBUS_I32, MODBUS_ABCD, s).i64 == -1);
	assert_true(get(MODBUS_I64, MODBUS_ABCD, s).i64 == -2);
	assert_true(get(MODBUS_BOOL, MODBUS_ABCD, s).b);
	assert_true(fabs(get(MODBUS_F32, MODBUS_ABCD, slice_of(pi, 4)).f64 - 3.14159274) < 1e-7);
	assert_true(get(MODBUS_F64, MODBUS_ABCD, slice_of(half, 8)).f64 == 0.5);
}

static void every_type_and_order_round_trips(void **state)
{
	(void)state;
	static const double numbers[] = { 0, 1, 77 };
	for (int type = 0; type < MODBUS_TYPE_COUNT; type++) {
		for (int order = 0; order < MODBUS_ORDER_COUNT; order++) {
			for (size_t i = 0; i < 3; i++) {
				uint8_t buf[8];
				writer_t w = writer_of(buf, sizeof buf);
				modbus_value_t value;
				assert_int_equal(
					modbus_value_of((modbus_type_t)type, numbers[i], &value),
					ERR_OK);
				assert_int_equal(
					modbus_value_put(&value, (modbus_order_t)order, &w),
					ERR_OK);
				assert_int_equal(w.len, 2 * modbus_type_registers(value.type));
				modbus_value_t back = get((modbus_type_t)type,
				                          (modbus_order_t)order, writer_done(&w));
				double want = type == MODBUS_BOOL ? numbers[i] != 0 : numbers[i];
				assert_true(modbus_value_f64(&back) == want);
			}
		}
	}
}

static void get_rejects_too_few_registers(void **state)
{
	(void)state;
	for (int type = 0; type < MODBUS_TYPE_COUNT; type++) {
		modbus_value_t value;
		size_t bytes = 2 * modbus_type_registers((modbus_type_t)type);
		for (size_t len = 0; len < bytes; len++)
			assert_int_equal(modbus_value_get((modbus_type_t)type, MODBUS_ABCD,
			                                  slice_of(wire, len), &value),
			                 ERR_MALFORMED);
	}
}

static void numbers_beyond_a_type_are_invalid(void **state)
{
	(void)state;
	static const struct {
		modbus_type_t type;
		double fits, beyond;
	} rows[] = {
		{ MODBUS_I16, 32767, 32768 },     { MODBUS_I16, -32768, -32769 },
		{ MODBUS_U16, 65535, 65536 },     { MODBUS_U16, 0, -1 },
		{ MODBUS_I32, 2147483647, 3e9 },  { MODBUS_U32, 4294967295, 4294967296 },
		{ MODBUS_I64, -0x1p63, 0x1p63 },  { MODBUS_U64, 0x1.fffffffffffffp63, 0x1p64 },
		{ MODBUS_F32, 3.4e38, 1e39 },     { MODBUS_U64, 0, -0.6 },
		{ MODBUS_U16, 65535.4, 65535.5 },
	};
	modbus_value_t value;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(modbus_value_of(rows[i].type, rows[i].fits, &value), ERR_OK);
		assert_int_equal(modbus_value_of(rows[i].type, rows[i].beyond, &value),
		                 ERR_INVALID);
	}
}

static void what_is_not_a_number_fits_only_real_types(void **state)
{
	(void)state;
	modbus_value_t value;
	for (int type = 0; type < MODBUS_F32; type++)
		assert_int_equal(modbus_value_of((modbus_type_t)type, NAN, &value), ERR_INVALID);
	assert_int_equal(modbus_value_of(MODBUS_F32, NAN, &value), ERR_OK);
	assert_int_equal(modbus_value_of(MODBUS_F64, INFINITY, &value), ERR_OK);
	assert_int_equal(modbus_value_of(MODBUS_F32, -INFINITY, &value), ERR_OK);
	assert_int_equal(modbus_value_of(MODBUS_I64, INFINITY, &value), ERR_INVALID);
}

static void put_refuses_what_the_type_cannot_hold(void **state)
{
	(void)state;
	uint8_t buf[8];
	writer_t w = writer_of(buf, 2);
	modbus_value_t big = { .type = MODBUS_U16, .u64 = 65536 };
	modbus_value_t low = { .type = MODBUS_I16, .i64 = -32769 };
	modbus_value_t wide = { .type = MODBUS_I32, .i64 = -1 };
	assert_int_equal(modbus_value_put(&big, MODBUS_ABCD, &w), ERR_INVALID);
	assert_int_equal(modbus_value_put(&low, MODBUS_ABCD, &w), ERR_INVALID);
	assert_int_equal(w.len, 0);
	assert_int_equal(modbus_value_put(&wide, MODBUS_ABCD, &w), ERR_TOO_BIG);
}

static void names_are_parsed_in_either_case(void **state)
{
	(void)state;
	modbus_type_t type;
	modbus_order_t order;
	for (int i = 0; i < MODBUS_TYPE_COUNT; i++) {
		slice_t name = slice_str(modbus_type_name((modbus_type_t)i));
		assert_int_equal(modbus_type_parse(name, &type), ERR_OK);
		assert_int_equal(type, i);
	}
	assert_int_equal(modbus_order_parse(SLICE("cdab"), &order), ERR_OK);
	assert_int_equal(order, MODBUS_CDAB);
	assert_string_equal(modbus_order_name(order), "CDAB");
	assert_int_equal(modbus_type_parse(SLICE("int"), &type), ERR_INVALID);
	assert_int_equal(modbus_order_parse(SLICE("ACBD"), &order), ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(orders_place_bytes_as_they_are_named),
		cmocka_unit_test(signed_and_real_types_are_widened),
		cmocka_unit_test(every_type_and_order_round_trips),
		cmocka_unit_test(get_rejects_too_few_registers),
		cmocka_unit_test(numbers_beyond_a_type_are_invalid),
		cmocka_unit_test(what_is_not_a_number_fits_only_real_types),
		cmocka_unit_test(put_refuses_what_the_type_cannot_hold),
		cmocka_unit_test(names_are_parsed_in_either_case),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
