/* SPDX-License-Identifier: Apache-2.0 */
/* The driver without sockets: what it sends, and what it makes of the answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "fleet/driver_modbus.h"

#define OK(call) assert_int_equal((call), ERR_OK)

enum { POINTS = 5, LOG_MAX = 64 };

typedef struct {
	point_id_t point;
	value_t value;
	quality_t quality;
} sample_seen_t;

typedef struct {
	uint64_t token;
	err_t err;
	value_t value;
} done_seen_t;

typedef struct fixture {
	device_t device;
	point_t points[POINTS];
	catalogue_t catalogue;
	plan_t *plan;
	driver_t driver;
	int64_t now;
	uint8_t sent[MODBUS_ADU_MAX];
	size_t sent_len;
	modbus_adu_t adu;
	modbus_pdu_t request;
	sample_seen_t samples[LOG_MAX];
	size_t sample_count;
	done_seen_t done[LOG_MAX];
	size_t done_count;
	const driver_order_t *next_order; /* given from inside order_done */
} fixture_t;

static void on_sample(void *ctx, const point_t *point, value_t value, quality_t quality)
{
	fixture_t *f = ctx;
	assert_true(f->sample_count < LOG_MAX);
	f->samples[f->sample_count++] = (sample_seen_t){ point->id, value, quality };
}

static void on_done(void *ctx, uint64_t token, err_t err, value_t value)
{
	fixture_t *f = ctx;
	const driver_order_t *next = f->next_order;
	assert_true(f->done_count < LOG_MAX);
	f->done[f->done_count++] = (done_seen_t){ token, err, value };
	f->next_order = NULL;
	if (next)
		OK(driver_order(&f->driver, next));
}

/* Points 1 to 3: holding registers 0 to 2; 4: 10; 5: coil 3. */
static fixture_t *fixture_make(void)
{
	fixture_t *f = calloc(1, sizeof(*f));
	assert_non_null(f);
	f->device = (device_t){
		.id = 1, .unit = 9, .timeout_ns = NS_PER_S, .registers_max = 125, .gap_max = 2
	};
	for (int i = 0; i < POINTS; i++)
		f->points[i] = (point_t){ .id = (point_id_t)i + 1,
			                  .device = 1,
			                  .scale = 1,
			                  .period_ns = 10 * NS_PER_S,
			                  .address = { .table = POINT_HOLDING_REGISTER,
			                               .address = (uint16_t)(i == 3 ? 10 : i),
			                               .words = 1,
			                               .wire = WIRE_U16 } };
	f->points[4].address = (point_address_t){
		.table = POINT_COIL, .address = 3, .words = 1, .wire = WIRE_BOOL
	};
	f->catalogue = (catalogue_t){ .points = f->points, .point_count = POINTS };
	OK(plan_new(&f->catalogue, &f->device, &f->plan));
	driver_events_t events = { f, on_sample, on_done };
	driver_init(&f->driver, &f->device, f->plan, &events);
	driver_start(&f->driver, f->now, 0);
	return f;
}

static void fixture_free(fixture_t *f)
{
	plan_free(f->plan);
	free(f);
}

/* True when the driver had something to send; it is then decoded. */
static bool next(fixture_t *f)
{
	writer_t w = writer_of(f->sent, sizeof(f->sent));
	OK(driver_next(&f->driver, f->now, &w));
	f->sent_len = w.len;
	if (w.len == 0)
		return false;
	assert_int_equal(modbus_adu_decode(writer_done(&w), &f->adu), CODEC_OK);
	assert_int_equal(f->adu.unit, 9);
	assert_int_equal(modbus_request_decode(f->adu.pdu, &f->request), CODEC_OK);
	return true;
}

static void input(fixture_t *f, uint16_t transaction, uint8_t unit, const modbus_pdu_t *pdu)
{
	uint8_t buf[MODBUS_ADU_MAX];
	writer_t w = writer_of(buf, sizeof(buf));
	size_t used = 0;
	OK(modbus_adu_encode(transaction, unit, pdu, &w));
	OK(driver_input(&f->driver, f->now, writer_done(&w), &used));
	assert_int_equal(used, w.len);
}

/* The right answer to the request last sent: register r holds 100 + r. */
static void answer(fixture_t *f)
{
	uint8_t data[256] = { 0 };
	modbus_pdu_t pdu = f->request;
	pdu.is_response = true;
	if (pdu.function == MODBUS_READ_HOLDING_REGISTERS) {
		for (uint16_t i = 0; i < pdu.quantity; i++)
			modbus_register_put(data, i, (uint16_t)(100 + pdu.address + i));
		pdu.data = slice_of(data, pdu.quantity * 2u);
	} else if (pdu.function == MODBUS_READ_COILS) {
		data[0] = 1;
		pdu.data = slice_of(data, modbus_bit_bytes(pdu.quantity));
	}
	input(f, f->adu.transaction, 9, &pdu);
}

static void refuse(fixture_t *f, modbus_exception_t why)
{
	modbus_pdu_t pdu = modbus_exception_to(&f->request, why);
	input(f, f->adu.transaction, 9, &pdu);
}

static void poll_all(fixture_t *f)
{
	while (next(f))
		answer(f);
}

static void polls_give_samples_and_keep_their_phase(void **state)
{
	(void)state;
	fixture_t *f = fixture_make();
	poll_all(f);
	assert_int_equal(f->sample_count, POINTS);
	assert_int_equal(f->driver.stats.requests, 3);
	for (size_t i = 0; i < POINTS; i++) {
		const sample_seen_t *s = &f->samples[i];
		assert_int_equal(s->quality, QUALITY_OK);
		if (s->point == 4)
			assert_int_equal(s->value.as.u, 110);
		if (s->point == 5)
			assert_true(s->value.as.b);
	}
	assert_int_equal(driver_wait_ns(&f->driver, f->now), 10 * NS_PER_S);
	/* Three periods and a half late: the missed ones are not caught up on. */
	f->now = 35 * NS_PER_S;
	assert_int_equal(driver_wait_ns(&f->driver, f->now), 0);
	poll_all(f);
	assert_int_equal(f->sample_count, 2 * POINTS);
	assert_int_equal(driver_wait_ns(&f->driver, f->now), 5 * NS_PER_S);
	fixture_free(f);
}

static void one_request_is_in_flight(void **state)
{
	(void)state;
	fixture_t *f = fixture_make();
	assert_true(next(f));
	assert_false(next(f));
	assert_int_equal(driver_wait_ns(&f->driver, f->now), NS_PER_S);
	fixture_free(f);
}

static void late_and_foreign_replies_are_dropped(void **state)
{
	(void)state;
	fixture_t *f = fixture_make();
	assert_true(next(f));
	modbus_adu_t old = f->adu;
	modbus_pdu_t old_request = f->request;
	f->now = NS_PER_S;
	OK(driver_tick(&f->driver, f->now));
	size_t samples = f->sample_count;
	modbus_pdu_t exception = modbus_exception_to(&old_request, MODBUS_SERVER_DEVICE_FAILURE);
	input(f, old.transaction, 9, &exception); /* nothing in flight */
	assert_true(next(f));
	input(f, old.transaction, 9, &exception);    /* another is in flight */
	input(f, f->adu.transaction, 8, &exception); /* of another unit */
	assert_int_equal(f->driver.stats.late, 3);
	assert_int_equal(f->sample_count, samples);
	answer(f);
	assert_true(f->sample_count > samples);
	assert_int_equal(f->driver.stats.exceptions, 0);
	fixture_free(f);
}

static void a_refused_block_is_halved_until_the_missing_register_stands_alone(void **state)
{
	(void)state;
	fixture_t *f = fixture_make();
	for (int i = 0; i < 20 && next(f); i++) {
		bool missing = f->request.function == MODBUS_READ_HOLDING_REGISTERS &&
		               f->request.address <= 1 &&
		               f->request.address + f->request.quantity > 1;
		if (missing)
			refuse(f, MODBUS_ILLEGAL_DATA_ADDRESS);
		else
			answer(f);
	}
	assert_int_equal(f->sample_count, POINTS);
	for (size_t i = 0; i < POINTS; i++)
		assert_int_equal(f->samples[i].quality,
		                 f->samples[i].point == 2 ? QUALITY_DEVICE_ERROR : QUALITY_OK);
	assert_int_equal(f->plan->block_count, 5);
	assert_int_equal(driver_wait_ns(&f->driver, f->now), 10 * NS_PER_S);
	fixture_free(f);
}

static void other_exceptions_make_the_points_bad_and_split_nothing(void **state)
{
	(void)state;
	fixture_t *f = fixture_make();
	assert_true(next(f));
	refuse(f, MODBUS_SERVER_DEVICE_FAILURE);
	assert_int_equal(f->plan->block_count, 3);
	assert_true(f->sample_count >= 1);
	assert_int_equal(f->samples[0].quality, QUALITY_DEVICE_ERROR);
	assert_int_equal(f->samples[0].value.type, VALUE_NONE);
	fixture_free(f);
}

static void an_answer_of_the_wrong_shape_is_bad_data(void **state)
{
	(void)state;
	fixture_t *f = fixture_make();
	const uint8_t two[2] = { 0 };
	assert_true(next(f));
	modbus_pdu_t pdu = { .function = MODBUS_READ_INPUT_REGISTERS,
		             .is_response = true,
		             .data = slice_of(two, 2) };
	input(f, f->adu.transaction, 9, &pdu);
	assert_int_equal(f->driver.stats.malformed, 1);
	assert_int_equal(f->samples[0].quality, QUALITY_BAD_DATA);
	assert_true(next(f));
	fixture_free(f);
}

static void a_stream_that_is_not_modbus_is_said(void **state)
{
	(void)state;
	fixture_t *f = fixture_make();
	size_t used = 55;
	assert_true(next(f));
	slice_t foreign = SLICE("HTTP/1.1 400 Bad Request\r\n");
	assert_int_equal(driver_input(&f->driver, f->now, foreign, &used), ERR_PROTOCOL);
	assert_int_equal(used, 55);
	fixture_free(f);
}

static void half_a_reply_waits_for_the_rest(void **state)
{
	(void)state;
	fixture_t *f = fixture_make();
	uint8_t buf[2 * MODBUS_ADU_MAX], data[256] = { 0 };
	size_t used = 55;
	assert_true(next(f));
	modbus_pdu_t pdu = f->request;
	pdu.is_response = true;
	pdu.data = slice_of(data, pdu.function == MODBUS_READ_COILS ? 1 : pdu.quantity * 2u);
	writer_t w = writer_of(buf, sizeof(buf));
	OK(modbus_adu_encode(f->adu.transaction, 9, &pdu, &w));
	for (size_t len = 0; len < w.len; len++) {
		OK(driver_input(&f->driver, f->now, slice_of(buf, len), &used));
		assert_int_equal(used, 0);
	}
	assert_int_equal(f->sample_count, 0);
	OK(driver_input(&f->driver, f->now, writer_done(&w), &used));
	assert_int_equal(used, w.len);
	assert_true(f->sample_count > 0);
	fixture_free(f);
}

static void three_timeouts_in_a_row_ask_for_a_new_connection(void **state)
{
	(void)state;
	fixture_t *f = fixture_make();
	for (unsigned i = 1; i <= envelope_rules(PROTOCOL_MODBUS_TCP)->timeouts_max; i++) {
		assert_true(next(f));
		f->now += NS_PER_S - 1;
		OK(driver_tick(&f->driver, f->now));
		f->now += 1;
		assert_int_equal(driver_tick(&f->driver, f->now),
		                 i == envelope_rules(PROTOCOL_MODBUS_TCP)->timeouts_max
		                         ? ERR_TIMEOUT
		                         : ERR_OK);
	}
	assert_int_equal(f->driver.stats.timeouts,
	                 envelope_rules(PROTOCOL_MODBUS_TCP)->timeouts_max);
	assert_int_equal(f->samples[0].quality, QUALITY_TIMEOUT);
	fixture_free(f);
}

static void orders_go_before_polls_and_reads_before_waiting_writes(void **state)
{
	(void)state;
	fixture_t *f = fixture_make();
	driver_order_t first = { .point = &f->points[0], .value = 5, .token = 1 };
	driver_order_t second = { .point = &f->points[0], .value = 6, .token = 2 };
	driver_order_t check = { .point = &f->points[0], .read = true, .token = 1 };
	OK(driver_order(&f->driver, &first));
	OK(driver_order(&f->driver, &second));
	assert_int_equal(driver_wait_ns(&f->driver, f->now), 0);
	f->next_order = &check;
	assert_true(next(f));
	assert_int_equal(f->request.function, MODBUS_WRITE_SINGLE_REGISTER);
	assert_int_equal(f->request.value, 5);
	answer(f);
	assert_true(next(f));
	assert_int_equal(f->request.function, MODBUS_READ_HOLDING_REGISTERS);
	answer(f);
	assert_true(next(f));
	assert_int_equal(f->request.value, 6);
	answer(f);
	assert_int_equal(f->sample_count, 0);
	assert_int_equal(f->done_count, 3);
	assert_int_equal(f->done[1].value.as.u, 100);
	assert_int_equal(f->done[2].token, 2);
	assert_true(next(f));
	assert_true(f->request.function != MODBUS_WRITE_SINGLE_REGISTER);
	fixture_free(f);
}

static void a_read_never_overtakes_the_order_in_flight(void **state)
{
	(void)state;
	fixture_t *f = fixture_make();
	driver_order_t write = { .point = &f->points[0], .value = 5, .token = 1 };
	driver_order_t read = { .point = &f->points[0], .read = true, .token = 2 };
	OK(driver_order(&f->driver, &write));
	assert_true(next(f));
	OK(driver_order(&f->driver, &read));
	answer(f);
	assert_int_equal(f->done[0].token, 1);
	assert_true(next(f));
	answer(f);
	assert_int_equal(f->done[1].token, 2);
	fixture_free(f);
}

static void orders_end_with_what_went_wrong(void **state)
{
	(void)state;
	fixture_t *f = fixture_make();
	driver_order_t order = { .point = &f->points[0], .value = 5 };
	const uint8_t nothing[2] = { 0 };
	OK(driver_order(&f->driver, &order));
	assert_true(next(f));
	refuse(f, MODBUS_ILLEGAL_DATA_VALUE);
	assert_int_equal(f->done[0].err, ERR_PROTOCOL);
	OK(driver_order(&f->driver, &order));
	assert_true(next(f));
	f->now += NS_PER_S;
	OK(driver_tick(&f->driver, f->now));
	assert_int_equal(f->done[1].err, ERR_TIMEOUT);
	OK(driver_order(&f->driver, &order));
	assert_true(next(f));
	modbus_pdu_t echo = f->request;
	echo.is_response = true;
	echo.value++;
	input(f, f->adu.transaction, 9, &echo);
	assert_int_equal(f->done[2].err, ERR_PROTOCOL);
	OK(driver_order(&f->driver, &order));
	assert_true(next(f));
	modbus_pdu_t other = { .function = MODBUS_READ_HOLDING_REGISTERS,
		               .is_response = true,
		               .data = slice_of(nothing, 2) };
	input(f, f->adu.transaction, 9, &other);
	assert_int_equal(f->done[3].err, ERR_PROTOCOL);
	order.value = 70000;
	OK(driver_order(&f->driver, &order));
	assert_false(next(f));
	assert_int_equal(f->done[4].err, ERR_INVALID);
	assert_int_equal(f->sample_count, 0);
	fixture_free(f);
}

static void an_order_that_waited_too_long_is_not_sent(void **state)
{
	(void)state;
	fixture_t *f = fixture_make();
	driver_order_t order = { .point = &f->points[0], .value = 5, .not_after_ns = 500 };
	assert_true(next(f));
	OK(driver_order(&f->driver, &order));
	f->now = 500;
	answer(f);
	assert_false(next(f) && f->request.function == MODBUS_WRITE_SINGLE_REGISTER);
	assert_int_equal(f->done_count, 1);
	assert_int_equal(f->done[0].err, ERR_EXPIRED);
	fixture_free(f);
}

static void the_queue_of_orders_has_an_end_and_a_stop_empties_it(void **state)
{
	(void)state;
	fixture_t *f = fixture_make();
	driver_order_t order = { .point = &f->points[0], .value = 5 };
	for (uint64_t i = 0; i < DRIVER_ORDERS; i++) {
		order.token = i;
		OK(driver_order(&f->driver, &order));
	}
	assert_int_equal(driver_order(&f->driver, &order), ERR_BUSY);
	assert_true(next(f));
	driver_stop(&f->driver);
	assert_int_equal(f->done_count, DRIVER_ORDERS);
	for (uint64_t i = 0; i < DRIVER_ORDERS; i++) {
		assert_int_equal(f->done[i].token, i);
		assert_int_equal(f->done[i].err, ERR_UNAVAILABLE);
	}
	driver_start(&f->driver, f->now, 1);
	assert_false(next(f));
	assert_int_equal(driver_wait_ns(&f->driver, f->now), 10 * NS_PER_S / 8);
	fixture_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(polls_give_samples_and_keep_their_phase),
		cmocka_unit_test(one_request_is_in_flight),
		cmocka_unit_test(late_and_foreign_replies_are_dropped),
		cmocka_unit_test(a_refused_block_is_halved_until_the_missing_register_stands_alone),
		cmocka_unit_test(other_exceptions_make_the_points_bad_and_split_nothing),
		cmocka_unit_test(an_answer_of_the_wrong_shape_is_bad_data),
		cmocka_unit_test(a_stream_that_is_not_modbus_is_said),
		cmocka_unit_test(half_a_reply_waits_for_the_rest),
		cmocka_unit_test(three_timeouts_in_a_row_ask_for_a_new_connection),
		cmocka_unit_test(orders_go_before_polls_and_reads_before_waiting_writes),
		cmocka_unit_test(a_read_never_overtakes_the_order_in_flight),
		cmocka_unit_test(orders_end_with_what_went_wrong),
		cmocka_unit_test(an_order_that_waited_too_long_is_not_sent),
		cmocka_unit_test(the_queue_of_orders_has_an_end_and_a_stop_empties_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
