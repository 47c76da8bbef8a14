/* SPDX-License-Identifier: Apache-2.0 */
/* The driver where RTU frames travel through TCP, and on a line: the same polls and orders
 * in another envelope, and what a stream without transactions and marks asks for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "fleet/driver_modbus.h"

#define OK(call) assert_int_equal((call), ERR_OK)

enum { UNIT = 9, POINTS = 3 };

typedef struct {
	device_t device;
	point_t points[POINTS];
	catalogue_t catalogue;
	plan_t *plan;
	driver_t driver;
	int64_t now;
	modbus_pdu_t request;
	uint8_t sent[MODBUS_ADU_MAX];
	size_t samples, bad, done;
	double last[POINTS + 1];
	err_t done_err;
} fixture_t;

static void on_sample(void *ctx, const point_t *point, value_t value, quality_t quality)
{
	fixture_t *f = ctx;
	f->samples++;
	f->bad += quality != QUALITY_OK;
	if (quality == QUALITY_OK)
		assert_true(value_number(&value, &f->last[point->id]));
}

static void on_done(void *ctx, uint64_t token, err_t err, value_t value)
{
	fixture_t *f = ctx;
	(void)token;
	(void)value;
	f->done++;
	f->done_err = err;
}

static fixture_t *fixture_make(void)
{
	fixture_t *f = calloc(1, sizeof(*f));
	assert_non_null(f);
	f->device = (device_t){ .id = 1,
		                .protocol = PROTOCOL_MODBUS_RTU_TCP,
		                .unit = UNIT,
		                .timeout_ns = NS_PER_S,
		                .registers_max = 125 };
	for (int i = 0; i < POINTS; i++)
		f->points[i] = (point_t){ .id = (point_id_t)i + 1,
			                  .device = 1,
			                  .scale = 1,
			                  .period_ns = 10 * NS_PER_S,
			                  .address = { .table = POINT_HOLDING_REGISTER,
			                               .address = (uint16_t)i,
			                               .words = 1,
			                               .wire = WIRE_U16 } };
	f->catalogue = (catalogue_t){ .points = f->points, .point_count = POINTS };
	OK(plan_new(&f->catalogue, &f->device, &f->plan));
	driver_init(&f->driver, &f->device, f->plan, &(driver_events_t){ f, on_sample, on_done });
	driver_start(&f->driver, f->now, 0);
	return f;
}

static void fixture_free(fixture_t *f)
{
	plan_free(f->plan);
	free(f);
}

static bool next(fixture_t *f)
{
	writer_t w = writer_of(f->sent, sizeof(f->sent));
	modbus_rtu_t rtu;
	OK(driver_next(&f->driver, f->now, &w));
	if (w.len == 0)
		return false;
	assert_int_equal(modbus_rtu_stream_decode(writer_done(&w), false, &rtu), CODEC_OK);
	assert_int_equal(rtu.used, w.len);
	assert_int_equal(rtu.unit, UNIT);
	assert_int_equal(modbus_request_decode(rtu.pdu, &f->request), CODEC_OK);
	return true;
}

/* The frame that answers the request last sent: register r holds 100 + r. */
static slice_t answer_of(const fixture_t *f, uint8_t unit, uint8_t buf[MODBUS_RTU_MAX])
{
	uint8_t data[256] = { 0 };
	modbus_pdu_t pdu = f->request;
	pdu.is_response = true;
	if (pdu.function == MODBUS_READ_HOLDING_REGISTERS) {
		for (uint16_t i = 0; i < pdu.quantity; i++)
			modbus_register_put(data, i, (uint16_t)(100 + pdu.address + i));
		pdu.data = slice_of(data, pdu.quantity * 2u);
	}
	writer_t w = writer_of(buf, MODBUS_RTU_MAX);
	OK(modbus_rtu_encode(unit, &pdu, &w));
	return writer_done(&w);
}

static void polls_are_frames_with_crc_and_answers_become_samples(void **state)
{
	(void)state;
	fixture_t *f = fixture_make();
	uint8_t buf[MODBUS_RTU_MAX];
	size_t used = 0;
	assert_true(next(f));
	assert_int_equal(f->request.quantity, POINTS);
	slice_t frame = answer_of(f, UNIT, buf);
	OK(driver_input(&f->driver, f->now, frame, &used));
	assert_int_equal(used, frame.len);
	assert_int_equal(f->samples, POINTS);
	assert_int_equal(f->bad, 0);
	assert_true(f->last[3] == 102);
	fixture_free(f);
}

static void a_frame_torn_at_any_place_waits_for_its_rest(void **state)
{
	(void)state;
	fixture_t *f = fixture_make();
	uint8_t buf[MODBUS_RTU_MAX];
	size_t used = 0;
	assert_true(next(f));
	slice_t frame = answer_of(f, UNIT, buf);
	for (size_t len = 0; len < frame.len; len++) {
		OK(driver_input(&f->driver, f->now, slice_sub(frame, 0, len), &used));
		assert_int_equal(used, 0);
		assert_int_equal(f->samples, 0);
	}
	OK(driver_input(&f->driver, f->now, frame, &used));
	assert_int_equal(f->samples, POINTS);
	fixture_free(f);
}

static void a_bit_error_anywhere_gives_no_sample(void **state)
{
	(void)state;
	for (size_t bit = 0; bit < 8 * (5 + 2 * POINTS); bit++) {
		fixture_t *f = fixture_make();
		uint8_t buf[MODBUS_RTU_MAX];
		size_t used = 0;
		assert_true(next(f));
		slice_t frame = answer_of(f, UNIT, buf);
		buf[bit / 8] ^= (uint8_t)(1u << bit % 8);
		err_t err = driver_input(&f->driver, f->now, frame, &used);
		assert_int_equal(f->samples - f->bad, 0);
		/* Where the length itself is hit the rest of a longer frame is waited for;
		 * then the timeout ends the connection. */
		if (err == ERR_OK) {
			f->now += NS_PER_S;
			err = driver_tick(&f->driver, f->now);
		}
		assert_true(err == ERR_PROTOCOL || err == ERR_TIMEOUT);
		fixture_free(f);
	}
}

static void an_answer_of_another_unit_is_not_taken(void **state)
{
	(void)state;
	fixture_t *f = fixture_make();
	uint8_t buf[MODBUS_RTU_MAX];
	size_t used = 0;
	assert_true(next(f));
	OK(driver_input(&f->driver, f->now, answer_of(f, UNIT + 1, buf), &used));
	assert_int_equal(f->samples, 0);
	assert_int_equal(f->driver.stats.late, 1);
	OK(driver_input(&f->driver, f->now, answer_of(f, UNIT, buf), &used));
	assert_int_equal(f->samples, POINTS);
	fixture_free(f);
}

static void the_first_timeout_asks_for_a_new_connection(void **state)
{
	(void)state;
	fixture_t *f = fixture_make();
	assert_true(next(f));
	f->now += NS_PER_S;
	assert_int_equal(driver_tick(&f->driver, f->now), ERR_TIMEOUT);
	assert_int_equal(f->bad, POINTS);
	fixture_free(f);
}

static void orders_are_written_and_their_echo_checked(void **state)
{
	(void)state;
	fixture_t *f = fixture_make();
	uint8_t buf[MODBUS_RTU_MAX];
	size_t used = 0;
	driver_order_t order = { .point = &f->points[1], .value = 7 };
	OK(driver_order(&f->driver, &order));
	assert_true(next(f));
	assert_int_equal(f->request.function, MODBUS_WRITE_SINGLE_REGISTER);
	assert_int_equal(f->request.value, 7);
	OK(driver_input(&f->driver, f->now, answer_of(f, UNIT, buf), &used));
	assert_int_equal(f->done, 1);
	assert_int_equal(f->done_err, ERR_OK);
	OK(driver_order(&f->driver, &order));
	assert_true(next(f));
	f->request.value = 8;
	OK(driver_input(&f->driver, f->now, answer_of(f, UNIT, buf), &used));
	assert_int_equal(f->done_err, ERR_PROTOCOL);
	fixture_free(f);
}

/* The same device on a line of 9600 Bd. */
static fixture_t *line_make(void)
{
	static const port_t port = { .name = "L",
		                     .path = "/dev/ttyS0",
		                     .baud = BAUD_9600,
		                     .parity = PARITY_EVEN,
		                     .stop_bits = 1 };
	fixture_t *f = fixture_make();
	f->device.protocol = PROTOCOL_MODBUS_RTU;
	f->device.port = &port;
	return f;
}

static void on_a_line_a_bad_frame_costs_its_answer_alone(void **state)
{
	(void)state;
	for (size_t bit = 0; bit < 8 * (5 + 2 * POINTS); bit++) {
		fixture_t *f = line_make();
		uint8_t buf[MODBUS_RTU_MAX];
		size_t used = 0;
		assert_true(next(f));
		slice_t frame = answer_of(f, UNIT, buf);
		buf[bit / 8] ^= (uint8_t)(1u << bit % 8);
		OK(driver_input(&f->driver, f->now, frame, &used));
		assert_int_equal(used, frame.len);
		assert_int_equal(f->samples, POINTS);
		assert_int_equal(f->bad, POINTS);
		assert_false(driver_is_waiting(&f->driver));
		f->now += 10 * NS_PER_S;
		assert_true(next(f));
		OK(driver_input(&f->driver, f->now, answer_of(f, UNIT, buf), &used));
		assert_int_equal(f->samples - f->bad, POINTS);
		fixture_free(f);
	}
}

static void on_a_line_an_answer_with_another_function_is_late(void **state)
{
	(void)state;
	fixture_t *f = line_make();
	uint8_t buf[MODBUS_RTU_MAX];
	size_t used = 0;
	driver_order_t order = { .point = &f->points[1], .value = 7 };
	OK(driver_order(&f->driver, &order));
	assert_true(next(f));
	modbus_pdu_t write = f->request;
	f->request = (modbus_pdu_t){ .function = MODBUS_READ_HOLDING_REGISTERS, .quantity = 1 };
	OK(driver_input(&f->driver, f->now, answer_of(f, UNIT, buf), &used));
	assert_int_equal(f->driver.stats.late, 1);
	assert_int_equal(f->done, 0);
	f->request = write;
	OK(driver_input(&f->driver, f->now, answer_of(f, UNIT, buf), &used));
	assert_int_equal(f->done, 1);
	assert_int_equal(f->done_err, ERR_OK);
	fixture_free(f);
}

/* 8 bytes and 11 at 9600 Bd with parity, and twice T3.5, beside the second it has. */
static void on_a_line_the_time_of_the_wire_is_not_the_units(void **state)
{
	(void)state;
	fixture_t *f = line_make();
	assert_true(next(f));
	int64_t wait_ns = driver_wait_ns(&f->driver, f->now);
	assert_in_range(wait_ns - NS_PER_S, 29 * NS_PER_MS, 31 * NS_PER_MS);
	fixture_free(f);
}

static void on_a_line_a_unit_that_did_not_answer_rests(void **state)
{
	(void)state;
	fixture_t *f = line_make();
	uint8_t buf[MODBUS_RTU_MAX];
	size_t used = 0;
	assert_true(next(f));
	OK(driver_input(&f->driver, f->now, answer_of(f, UNIT, buf), &used));
	f->now += 10 * NS_PER_S;
	assert_true(next(f));
	f->now += driver_wait_ns(&f->driver, f->now);
	/* One that has answered may fail three times before it is given up. */
	OK(driver_tick(&f->driver, f->now));
	driver_order_t order = { .point = &f->points[1], .value = 7 };
	OK(driver_order(&f->driver, &order));
	assert_false(next(f));
	assert_int_equal(driver_wait_ns(&f->driver, f->now), NS_PER_S);
	f->now += NS_PER_S;
	assert_true(next(f));
	fixture_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(polls_are_frames_with_crc_and_answers_become_samples),
		cmocka_unit_test(a_frame_torn_at_any_place_waits_for_its_rest),
		cmocka_unit_test(a_bit_error_anywhere_gives_no_sample),
		cmocka_unit_test(an_answer_of_another_unit_is_not_taken),
		cmocka_unit_test(the_first_timeout_asks_for_a_new_connection),
		cmocka_unit_test(orders_are_written_and_their_echo_checked),
		cmocka_unit_test(on_a_line_a_bad_frame_costs_its_answer_alone),
		cmocka_unit_test(on_a_line_an_answer_with_another_function_is_late),
		cmocka_unit_test(on_a_line_the_time_of_the_wire_is_not_the_units),
		cmocka_unit_test(on_a_line_a_unit_that_did_not_answer_rests),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
