/* SPDX-License-Identifier: Apache-2.0 */
/* Engineering units to registers and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "fleet/wire.h"

static point_t point_of(wire_type_t wire, byte_order_t order, double scale, double offset)
{
	static const uint16_t words[WIRE_COUNT] = { 1, 1, 1, 2, 2, 4, 4, 2, 4 };
	return (point_t){ .id = 1,
		          .address = { .table = POINT_HOLDING_REGISTER,
		                       .address = 7,
		                       .words = words[wire],
		                       .wire = wire,
		                       .order = order },
		          .scale = scale,
		          .offset = offset };
}

/* What the device then answers to a read that began at `start`. */
static slice_t registers_of(const modbus_pdu_t *write, uint16_t start, uint8_t buf[64])
{
	size_t at = (size_t)(write->address - start) * 2;
	memset(buf, 0xA5, 64);
	if (write->function == MODBUS_WRITE_SINGLE_REGISTER) {
		modbus_register_put(buf, at / 2, write->value);
		return slice_of(buf, at + 2);
	}
	memcpy(&buf[at], write->data.ptr, write->data.len);
	return slice_of(buf, at + write->data.len);
}

static double there_and_back(const point_t *point, double number)
{
	uint8_t data[8], buf[64];
	modbus_pdu_t pdu;
	value_t value;
	double back = NAN, nearest = NAN;
	assert_int_equal(wire_write_request(point, number, data, &pdu), ERR_OK);
	assert_int_equal(pdu.address, 7);
	slice_t answer = registers_of(&pdu, 5, buf);
	assert_int_equal(wire_value(point, 5, answer, &value), ERR_OK);
	assert_true(value_number(&value, &back));
	assert_int_equal(wire_nearest(point, number, &nearest), ERR_OK);
	assert_true(nearest >= back && nearest <= back);
	answer.len--;
	assert_int_equal(wire_value(point, 5, answer, &value), ERR_MALFORMED);
	assert_int_equal(wire_value(point, 8, answer, &value), ERR_MALFORMED);
	return back;
}

static void every_type_and_order_comes_back_with_scale_and_offset(void **state)
{
	(void)state;
	static const double step[WIRE_COUNT] = {
		0, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 1e-5, 1e-12
	};
	for (int wire = WIRE_I16; wire < WIRE_COUNT; wire++)
		for (int order = 0; order < ORDER_COUNT; order++) {
			point_t point = point_of((wire_type_t)wire, (byte_order_t)order, 0.1, 20);
			for (double number = 20; number < 120; number += 7.3)
				assert_true(fabs(there_and_back(&point, number) - number) <=
				            step[wire] * 1.000001);
		}
}

static void numbers_keep_their_type_without_scale(void **state)
{
	(void)state;
	static const value_type_t types[WIRE_COUNT] = { VALUE_BOOL, VALUE_I64, VALUE_U64,
		                                        VALUE_I64,  VALUE_U64, VALUE_I64,
		                                        VALUE_U64,  VALUE_F32, VALUE_F64 };
	for (int wire = 0; wire < WIRE_COUNT; wire++) {
		point_t point = point_of((wire_type_t)wire, ORDER_ABCD, 1, 0);
		uint8_t data[8], buf[64];
		modbus_pdu_t pdu;
		value_t value;
		assert_int_equal(wire_write_request(&point, 1, data, &pdu), ERR_OK);
		assert_int_equal(wire_value(&point, 7, registers_of(&pdu, 7, buf), &value), ERR_OK);
		assert_int_equal(value.type, types[wire]);
	}
}

static void whole_numbers_of_a_point_with_states_are_ordinals(void **state)
{
	(void)state;
	static const point_state_t rows[] = { { 1, { "run", "运行" } } };
	static const uint16_t raw[] = { 1, 9, 0xFFFF };
	static const value_type_t types[] = { VALUE_ENUM, VALUE_ENUM, VALUE_I64 };
	point_t point = point_of(WIRE_I16, ORDER_ABCD, 1, 0);
	point.states = (point_states_t){ rows, 1, true };
	for (size_t i = 0; i < 3; i++) {
		uint8_t buf[2];
		value_t value;
		modbus_register_put(buf, 0, raw[i]);
		assert_int_equal(wire_value(&point, 7, slice_of(buf, 2), &value), ERR_OK);
		assert_int_equal(value.type, types[i]);
	}
	const uint8_t bits[] = { 0x01 };
	value_t value;
	point.address.table = POINT_COIL;
	assert_int_equal(wire_value(&point, 7, slice_of(bits, 1), &value), ERR_OK);
	assert_true(value.type == VALUE_ENUM && value.as.ordinal == 1);
}

static void what_the_type_cannot_hold_is_refused(void **state)
{
	(void)state;
	static const struct {
		wire_type_t wire;
		double number;
	} bad[] = { { WIRE_U16, -1 },     { WIRE_U16, 65536 }, { WIRE_I16, 32768 },
		    { WIRE_I16, -32769 }, { WIRE_U32, -1 },    { WIRE_I32, 3e9 },
		    { WIRE_U64, 2e19 },   { WIRE_U16, NAN },   { WIRE_BOOL, 0.7 },
		    { WIRE_BOOL, 2 },     { WIRE_BOOL, NAN } };
	uint8_t buf[8];
	modbus_pdu_t pdu;
	double nearest;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		point_t point = point_of(bad[i].wire, ORDER_ABCD, 1, 0);
		assert_int_equal(wire_write_request(&point, bad[i].number, buf, &pdu), ERR_INVALID);
		assert_int_equal(wire_nearest(&point, bad[i].number, &nearest), ERR_INVALID);
	}
}

static void coils_are_on_or_off_and_other_tables_are_not_written(void **state)
{
	(void)state;
	point_t point = point_of(WIRE_BOOL, ORDER_ABCD, 1, 0);
	uint8_t buf[8];
	modbus_pdu_t pdu;
	value_t value;
	double nearest = NAN;
	point.address.table = POINT_COIL;
	assert_int_equal(wire_write_request(&point, 1, buf, &pdu), ERR_OK);
	assert_int_equal(pdu.function, MODBUS_WRITE_SINGLE_COIL);
	assert_int_equal(pdu.value, MODBUS_COIL_ON);
	assert_int_equal(wire_write_request(&point, 0, buf, &pdu), ERR_OK);
	assert_int_equal(pdu.value, 0);
	assert_int_equal(wire_write_request(&point, 0.5, buf, &pdu), ERR_INVALID);
	assert_int_equal(wire_nearest(&point, 1, &nearest), ERR_OK);
	assert_true(nearest >= 1 && nearest <= 1);
	const uint8_t bits[] = { 0x80 };
	assert_int_equal(wire_value(&point, 0, slice_of(bits, 1), &value), ERR_OK);
	assert_true(value.type == VALUE_BOOL && value.as.b);
	assert_int_equal(wire_value(&point, 0, slice_of(bits, 0), &value), ERR_MALFORMED);
	point.address.table = POINT_DISCRETE_INPUT;
	assert_int_equal(wire_write_request(&point, 1, buf, &pdu), ERR_INVALID);
	point.address.table = POINT_INPUT_REGISTER;
	assert_int_equal(wire_write_request(&point, 1, buf, &pdu), ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_type_and_order_comes_back_with_scale_and_offset),
		cmocka_unit_test(numbers_keep_their_type_without_scale),
		cmocka_unit_test(whole_numbers_of_a_point_with_states_are_ordinals),
		cmocka_unit_test(what_the_type_cannot_hold_is_refused),
		cmocka_unit_test(coils_are_on_or_off_and_other_tables_are_not_written),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
