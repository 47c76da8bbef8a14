/* SPDX-License-Identifier: Apache-2.0 */
/* A device as it comes, goes and misbehaves, seen from the fleet. */
#include "fleet/fixture_test.h"

static fixture_t *started(manner_t manner)
{
	fixture_t *f = fixture_make(11);
	f->server.manner = manner;
	f->server.registers[0] = 42;
	f->server.registers[10] = 500;
	fixture_start(f);
	return f;
}

static void points_are_polled_at_their_period(void **state)
{
	(void)state;
	fixture_t *f = started(MANNER_GOOD);
	sample_t sample;
	run_ms(f, 10500);
	assert_int_equal(status(f).state, LINK_UP);
	assert_in_range(f->rows, 10 * POINTS, 11 * POINTS);
	assert_int_equal(f->last[1].value.as.u, 42);
	assert_int_equal(f->last[4].value.as.i, 500);
	assert_int_equal(f->last[4].quality, QUALITY_OK);
	assert_true(last_value_get(f->last_values, 1, &sample));
	assert_int_equal(sample.value.as.u, 42);
	assert_int_equal(metric_named(f, "devices_up"), 1);
	assert_int_equal(count_events(f, MSG_DEVICE_UP, NULL), 1);
	assert_int_equal(count_events(f, MSG_DEVICE_DOWN, NULL), 0);
	fixture_free(f);
}

static void answers_may_come_byte_by_byte(void **state)
{
	(void)state;
	fixture_t *f = started(MANNER_BYTES);
	run_ms(f, 5500);
	assert_int_equal(status(f).state, LINK_UP);
	assert_int_equal(status(f).malformed, 0);
	assert_int_equal(status(f).timeouts, 0);
	assert_int_equal(f->last[1].value.as.u, 42);
	assert_true(status(f).round_trip_ns > 10 * NS_PER_MS);
	fixture_free(f);
}

static void a_refusing_device_is_dialled_with_back_off(void **state)
{
	(void)state;
	fixture_t *f = fixture_make(11);
	server_off(&f->server);
	fixture_start(f);
	run_ms(f, 200);
	/* One bad sample a point and one event, not one per attempt. */
	assert_int_equal(f->rows, POINTS);
	assert_int_equal(f->last[1].quality, QUALITY_NO_CONNECTION);
	run_ms(f, 119800);
	assert_int_equal(f->rows, POINTS);
	assert_int_equal(count_events(f, MSG_DEVICE_DOWN, NULL), 1);
	/* 0.5 + 1 + 2 + 4 + 8 + 16 s and then every 30 s, a quarter of jitter on top. */
	assert_in_range(status(f).reconnects, 7, 9);
	server_listen(&f->server);
	run_ms(f, 45000);
	assert_int_equal(status(f).state, LINK_UP);
	assert_int_equal(f->last[1].quality, QUALITY_OK);
	fixture_free(f);
}

static void a_broken_connection_is_made_again(void **state)
{
	(void)state;
	fixture_t *f = started(MANNER_GOOD);
	run_ms(f, 3000);
	env_tcp_reset(f->server.tcp);
	f->server.tcp = NULL;
	run_ms(f, 100);
	assert_int_equal(status(f).state, LINK_DOWN);
	assert_int_equal(f->last[1].quality, QUALITY_NO_CONNECTION);
	run_ms(f, 2000);
	assert_int_equal(status(f).state, LINK_UP);
	assert_int_equal(f->last[1].quality, QUALITY_OK);
	assert_int_equal(f->server.accepted, 2);
	assert_int_equal(count_events(f, MSG_DEVICE_DOWN, NULL), 1);
	assert_int_equal(count_events(f, MSG_DEVICE_UP, NULL), 2);
	assert_int_equal(metric_named(f, "devices_up"), 1);
	fixture_free(f);
}

static void a_silent_device_times_out_and_is_dialled_anew(void **state)
{
	(void)state;
	fixture_t *f = started(MANNER_GOOD);
	run_ms(f, 3000);
	f->server.manner = MANNER_SILENT;
	run_ms(f, 4000);
	assert_int_equal(f->last[1].quality, QUALITY_TIMEOUT);
	assert_true(status(f).timeouts >= envelope_rules(PROTOCOL_MODBUS_TCP)->timeouts_max);
	assert_true(f->server.accepted >= 2);
	f->server.manner = MANNER_GOOD;
	run_ms(f, 40000);
	assert_int_equal(status(f).state, LINK_UP);
	assert_int_equal(f->last[1].quality, QUALITY_OK);
	fixture_free(f);
}

static void an_unplugged_device_is_given_up(void **state)
{
	(void)state;
	fixture_t *f = fixture_make(11);
	twin_net_unplug(f->twin, server_addr().ip, true);
	fixture_start(f);
	run_ms(f, 10000);
	assert_int_not_equal(status(f).state, LINK_UP);
	assert_int_equal(f->last[1].quality, QUALITY_TIMEOUT);
	twin_net_unplug(f->twin, server_addr().ip, false);
	run_ms(f, 40000);
	assert_int_equal(status(f).state, LINK_UP);
	fixture_free(f);
}

static void garbage_ends_the_connection_and_backs_off(void **state)
{
	(void)state;
	fixture_t *f = started(MANNER_GARBAGE);
	run_ms(f, 60000);
	assert_true(status(f).malformed >= 5);
	/* Connecting alone must not reset the back-off: only an answer does. */
	assert_in_range(f->server.accepted, 5, 9);
	assert_int_equal(f->last[1].quality, QUALITY_BAD_DATA);
	f->server.manner = MANNER_GOOD;
	run_ms(f, 40000);
	assert_int_equal(f->last[1].quality, QUALITY_OK);
	fixture_free(f);
}

static void half_an_answer_and_the_end_is_a_broken_connection(void **state)
{
	(void)state;
	fixture_t *f = started(MANNER_HALF);
	run_ms(f, 20000);
	assert_int_not_equal(f->last[1].quality, QUALITY_OK);
	assert_in_range(f->server.accepted, 3, 8);
	f->server.manner = MANNER_GOOD;
	run_ms(f, 40000);
	assert_int_equal(f->last[1].quality, QUALITY_OK);
	fixture_free(f);
}

static void leaving_the_limits_is_an_event_and_uncertain(void **state)
{
	(void)state;
	fixture_t *f = started(MANNER_GOOD);
	f->server.registers[10] = 2000;
	run_ms(f, 5000);
	assert_int_equal(f->last[4].quality, QUALITY_OUT_OF_RANGE);
	assert_int_equal(f->last[4].value.as.i, 2000);
	assert_int_equal(count_events(f, MSG_POINT_OUT_OF_LIMITS, NULL), 1);
	f->server.registers[10] = 1000;
	run_ms(f, 5000);
	assert_int_equal(f->last[4].quality, QUALITY_OK);
	assert_int_equal(count_events(f, MSG_POINT_BACK_IN_LIMITS, NULL), 1);
	fixture_free(f);
}

static void a_full_sink_keeps_the_samples_for_later(void **state)
{
	(void)state;
	fixture_t *f = started(MANNER_GOOD);
	run_ms(f, 1000);
	f->sink_err = ERR_LIMIT;
	run_ms(f, 20000);
	size_t rows = f->rows;
	f->sink_err = ERR_OK;
	run_ms(f, 100);
	assert_in_range(f->rows - rows, 19 * POINTS, 22 * POINTS);
	assert_int_equal(metric_named(f, "samples_dropped_total"), 0);
	fixture_free(f);
}

static void past_a_full_batch_samples_are_dropped_counted_and_reported_once(void **state)
{
	(void)state;
	fixture_t *f = started(MANNER_GOOD);
	f->sink_err = ERR_DISK_FULL;
	run_ms(f, (SAMPLE_ROWS_MAX / POINTS + 20) * 1000);
	assert_int_equal(f->rows, 0);
	assert_int_equal(count_events(f, MSG_SAMPLES_REDUCED, NULL), 1);
	f->sink_err = ERR_OK;
	run_ms(f, 100); /* the batch is full until it is handed over */
	int64_t dropped = metric_named(f, "samples_dropped_total");
	assert_in_range(dropped, 10, 200);
	run_ms(f, 3000);
	assert_true(f->rows >= SAMPLE_ROWS_MAX);
	assert_int_equal(metric_named(f, "samples_dropped_total"), dropped);
	/* A sink that refuses for good must not hold everything up. */
	f->sink_err = ERR_INVALID;
	run_ms(f, 3000);
	assert_true(metric_named(f, "samples_dropped_total") > dropped);
	assert_int_equal(count_events(f, MSG_SAMPLES_REDUCED, NULL), 2);
	fixture_free(f);
}

static void what_was_polled_last_is_handed_over_at_the_end(void **state)
{
	(void)state;
	fixture_t *f = started(MANNER_GOOD);
	run_ms(f, 1000);
	f->sink_err = ERR_LIMIT;
	run_ms(f, 3000);
	size_t rows = f->rows;
	f->sink_err = ERR_OK;
	fixture_halt(f);
	assert_true(f->rows > rows);
	fixture_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(points_are_polled_at_their_period),
		cmocka_unit_test(answers_may_come_byte_by_byte),
		cmocka_unit_test(a_refusing_device_is_dialled_with_back_off),
		cmocka_unit_test(a_broken_connection_is_made_again),
		cmocka_unit_test(a_silent_device_times_out_and_is_dialled_anew),
		cmocka_unit_test(an_unplugged_device_is_given_up),
		cmocka_unit_test(garbage_ends_the_connection_and_backs_off),
		cmocka_unit_test(half_an_answer_and_the_end_is_a_broken_connection),
		cmocka_unit_test(leaving_the_limits_is_an_event_and_uncertain),
		cmocka_unit_test(a_full_sink_keeps_the_samples_for_later),
		cmocka_unit_test(past_a_full_batch_samples_are_dropped_counted_and_reported_once),
		cmocka_unit_test(what_was_polled_last_is_handed_over_at_the_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
