/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/modbus/modbus_gather.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "model/time.h"

/* An answer with two registers. */
static slice_t answer_of(uint8_t unit, uint8_t buf[MODBUS_RTU_MAX])
{
	modbus_pdu_t pdu = { .function = MODBUS_READ_HOLDING_REGISTERS, .is_response = true };
	pdu.data = SLICE("\x01\x02\x03\x04");
	writer_t w = writer_of(buf, MODBUS_RTU_MAX);
	assert_int_equal(modbus_rtu_encode(unit, &pdu, &w), ERR_OK);
	return writer_done(&w);
}

static void a_frame_is_taken_with_its_last_byte_however_it_came(void **state)
{
	(void)state;
	modbus_gather_t g = modbus_gather_of(true, 9600);
	uint8_t buf[MODBUS_RTU_MAX];
	slice_t frame = answer_of(3, buf), got;
	for (size_t i = 0; i < frame.len; i++) {
		assert_false(modbus_gather_take(&g, (int64_t)i * NS_PER_MS, &got));
		modbus_gather_add(&g, (int64_t)i * NS_PER_MS, slice_sub(frame, i, 1));
	}
	assert_true(modbus_gather_take(&g, 9 * NS_PER_MS, &got));
	assert_true(slice_eq(got, frame));
	assert_false(modbus_gather_take(&g, NS_PER_S, &got));
	assert_int_equal(modbus_gather_due_ns(&g), INT64_MAX);
}

static void two_frames_of_one_run_are_two(void **state)
{
	(void)state;
	modbus_gather_t g = modbus_gather_of(true, 9600);
	uint8_t one[MODBUS_RTU_MAX], two[MODBUS_RTU_MAX];
	slice_t first = answer_of(3, one), second = answer_of(4, two), got;
	modbus_gather_add(&g, 0, first);
	modbus_gather_add(&g, 0, second);
	assert_true(modbus_gather_take(&g, 0, &got));
	assert_true(slice_eq(got, first));
	assert_true(modbus_gather_take(&g, 0, &got));
	assert_true(slice_eq(got, second));
	assert_false(modbus_gather_take(&g, 0, &got));
}

static void what_is_no_frame_is_given_up_after_a_silence(void **state)
{
	(void)state;
	uint8_t buf[MODBUS_RTU_MAX];
	slice_t frame = answer_of(3, buf), got;
	for (size_t bit = 0; bit < 8 * frame.len; bit++) {
		modbus_gather_t g = modbus_gather_of(true, 1200);
		buf[bit / 8] ^= (uint8_t)(1u << bit % 8);
		modbus_gather_add(&g, 0, frame);
		buf[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_false(modbus_gather_take(&g, 0, &got));
		int64_t due_ns = modbus_gather_due_ns(&g);
		/* 3.5 characters of 11 bits at 1200 Bd. */
		assert_in_range(due_ns, 32 * NS_PER_MS, 33 * NS_PER_MS);
		assert_false(modbus_gather_take(&g, due_ns - 1, &got));
		assert_true(modbus_gather_take(&g, due_ns, &got));
		assert_int_equal(got.len, frame.len);
		/* The next one is heard as if nothing had been. */
		modbus_gather_add(&g, due_ns, frame);
		assert_true(modbus_gather_take(&g, due_ns, &got));
		assert_true(slice_eq(got, frame));
	}
}

static void the_pauses_of_adapters_do_not_cut_a_frame(void **state)
{
	(void)state;
	modbus_gather_t g = modbus_gather_of(true, 115200);
	uint8_t buf[MODBUS_RTU_MAX];
	slice_t frame = answer_of(3, buf), got;
	modbus_gather_add(&g, 0, slice_sub(frame, 0, 5));
	assert_false(modbus_gather_take(&g, 16 * NS_PER_MS, &got));
	modbus_gather_add(&g, 16 * NS_PER_MS, slice_from(frame, 5));
	assert_true(modbus_gather_take(&g, 16 * NS_PER_MS, &got));
	assert_true(slice_eq(got, frame));
}

static void a_stream_without_end_is_held_in_the_room_of_one_frame(void **state)
{
	(void)state;
	modbus_gather_t g = modbus_gather_of(false, 9600);
	uint8_t noise[100];
	slice_t got;
	memset(noise, 0xA5, sizeof(noise));
	for (int64_t i = 0; i < 50; i++) {
		modbus_gather_add(&g, i * NS_PER_MS, slice_of(noise, sizeof(noise)));
		assert_false(modbus_gather_take(&g, i * NS_PER_MS, &got));
	}
	assert_true(modbus_gather_take(&g, NS_PER_S, &got));
	assert_int_equal(got.len, MODBUS_RTU_MAX);
	assert_false(modbus_gather_take(&g, NS_PER_S, &got));
	modbus_gather_add(&g, NS_PER_S, slice_of(noise, 7));
	assert_int_equal(modbus_gather_clear(&g), 7);
	assert_int_equal(modbus_gather_clear(&g), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_frame_is_taken_with_its_last_byte_however_it_came),
		cmocka_unit_test(two_frames_of_one_run_are_two),
		cmocka_unit_test(what_is_no_frame_is_given_up_after_a_silence),
		cmocka_unit_test(the_pauses_of_adapters_do_not_cut_a_frame),
		cmocka_unit_test(a_stream_without_end_is_held_in_the_room_of_one_frame),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
