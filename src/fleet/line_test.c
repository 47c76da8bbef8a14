/* SPDX-License-Identifier: Apache-2.0 */
/* Devices that share a serial line, seen from the fleet. */
#include "fleet/line_fixture_test.h"

#include <stdio.h>

static line_world_t *started(uint64_t seed, int64_t period_ms)
{
	line_world_t *w = line_world(seed, period_ms * NS_PER_MS);
	fixture_start(w->f);
	return w;
}

static void assert_all_good(const line_world_t *w)
{
	for (point_id_t p = 1; p <= POINTS; p++) {
		assert_int_equal(w->f->last[p].quality, QUALITY_OK);
		assert_int_equal(w->f->last[p].value.as.u, held(w, p));
	}
}

static void devices_of_one_line_are_polled_each_at_its_period(void **state)
{
	(void)state;
	line_world_t *w = started(21, 1000);
	run_ms(w->f, 20500);
	assert_all_good(w);
	assert_in_range(w->f->rows, 20 * POINTS, 21 * POINTS);
	for (size_t i = 0; i < UNITS; i++) {
		assert_int_equal(unit_status(w, i).state, LINK_UP);
		assert_int_equal(unit_status(w, i).timeouts + unit_status(w, i).malformed, 0);
		assert_int_equal(unit_status(w, i).skipped, 0);
	}
	assert_int_equal(twin_line_collisions(w->f->twin, LINE_PATH), 0);
	assert_int_equal(count_events(w->f, MSG_DEVICE_UP, NULL), UNITS);
	assert_int_equal(count_events(w->f, MSG_DEVICE_DOWN, NULL), 0);
	line_world_free(w);
}

static void every_request_has_its_silence_before_it(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 10; seed++) {
		line_world_t *w = started(seed, 50);
		run_ms(w->f, 5000);
		assert_true(w->bus.least_gap_ns >= modbus_rtu_silence(9600).t35_ns);
		assert_int_equal(twin_line_collisions(w->f->twin, LINE_PATH), 0);
		line_world_free(w);
	}
}

static void a_line_asked_for_too_much_is_shared_evenly_and_says_so_once(void **state)
{
	(void)state;
	line_world_t *w = started(22, 50);
	run_ms(w->f, 61000);
	for (size_t i = 1; i < UNITS; i++)
		assert_in_range(w->bus.stations[i].requests, w->bus.stations[0].requests - 2,
		                w->bus.stations[0].requests + 2);
	assert_in_range(metric_named(w->f, "line_load_percent"), 90, 100);
	assert_true(metric_named(w->f, "polls_skipped_total") > 100);
	assert_int_equal(count_events(w->f, MSG_LINE_OVERLOADED, NULL), 1);
	assert_all_good(w);
	line_world_free(w);
}

/* Three requests of 8 bytes and answers of 9, 9 and 7 a second, each answer 5 ms after
 * its request, and two silences of 4 ms each: about 107 ms in all. */
static void the_load_of_a_line_is_what_was_measured(void **state)
{
	(void)state;
	line_world_t *w = started(23, 1000);
	run_ms(w->f, 30500);
	assert_in_range(metric_named(w->f, "line_load_percent"), 8, 12);
	assert_int_equal(metric_named(w->f, "polls_skipped_total"), 0);
	assert_int_equal(count_events(w->f, MSG_LINE_OVERLOADED, NULL), 0);
	line_world_free(w);
}

static void a_silent_unit_costs_the_others_nothing_but_its_time(void **state)
{
	(void)state;
	line_world_t *w = started(24, 1000);
	w->bus.stations[1].is_silent = true;
	run_ms(w->f, 60500);
	for (size_t i = 0; i < UNITS; i += 2) {
		assert_in_range(w->bus.stations[i].requests, 59, 61);
		assert_int_equal(unit_status(w, i).timeouts, 0);
		assert_int_equal(unit_status(w, i).skipped, 0);
		assert_int_equal(unit_status(w, i).state, LINK_UP);
	}
	assert_int_not_equal(unit_status(w, 1).state, LINK_UP);
	assert_int_equal(w->f->last[3].quality, QUALITY_TIMEOUT);
	/* One sample a point for the change, not one for each try. */
	assert_int_equal(w->f->rows,
	                 2 * w->bus.stations[0].requests + w->bus.stations[2].requests + 2);
	/* 0.5 + 1 + 2 + 4 + 8 + 16 s and then every 30 s. */
	assert_in_range(w->bus.stations[1].requests, 6, 9);
	assert_int_equal(count_events(w->f, MSG_DEVICE_DOWN, NULL), 1);
	assert_int_equal(count_events(w->f, MSG_DEVICE_UP, NULL), 2);
	w->bus.stations[1].is_silent = false;
	run_ms(w->f, 45000);
	assert_all_good(w);
	assert_int_equal(unit_status(w, 1).state, LINK_UP);
	assert_int_equal(count_events(w->f, MSG_DEVICE_UP, NULL), 3);
	line_world_free(w);
}

static void a_bad_crc_costs_one_answer(void **state)
{
	(void)state;
	line_world_t *w = started(25, 1000);
	run_ms(w->f, 5500);
	size_t rows = w->f->rows;
	w->bus.stations[0].spoils = 1;
	run_ms(w->f, 1000);
	assert_int_equal(w->f->rows, rows + POINTS);
	assert_int_equal(w->f->last[1].quality, QUALITY_BAD_DATA);
	assert_int_equal(w->f->last[3].quality, QUALITY_OK);
	assert_int_equal(unit_status(w, 0).malformed, 1);
	assert_int_equal(unit_status(w, 0).timeouts, 0);
	run_ms(w->f, 1000);
	assert_all_good(w);
	assert_int_equal(unit_status(w, 0).reconnects, 0);
	assert_int_equal(count_events(w->f, MSG_DEVICE_DOWN, NULL), 0);
	line_world_free(w);
}

/* Every sample that is called good is what the station holds. */
static void noise_costs_answers_and_never_gives_a_wrong_value(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 5; seed++) {
		line_world_t *w = started(seed, 200);
		run_ms(w->f, 2000);
		twin_line_noise(w->f->twin, LINE_PATH, 0.01);
		size_t good = 0, bad = 0;
		for (int i = 0; i < 2000; i++) {
			run_ms(w->f, 50);
			for (point_id_t p = 1; p <= POINTS; p++) {
				bool is_good = w->f->last[p].quality == QUALITY_OK;
				if (is_good)
					assert_int_equal(w->f->last[p].value.as.u, held(w, p));
				good += is_good;
				bad += !is_good;
			}
		}
		assert_true(bad > 0 && good > 3 * bad);
		twin_line_noise(w->f->twin, LINE_PATH, 0);
		run_ms(w->f, 40000);
		assert_all_good(w);
		line_world_free(w);
	}
}

/* Unit 11 answers long after its timeout, while others are asked or nobody is; its two
 * points are two requests of the same shape. */
static void a_late_answer_is_not_taken_for_that_of_another_request(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 10; seed++) {
		line_world_t *w = line_world(seed, 250 * NS_PER_MS);
		w->devices[0].registers_max = 1;
		fixture_start(w->f);
		run_ms(w->f, 2000);
		w->bus.stations[0].delay_ns = (int64_t)(230 + 15 * seed) * NS_PER_MS;
		for (int i = 0; i < 400; i++) {
			run_ms(w->f, 25);
			for (point_id_t p = 1; p <= POINTS; p++)
				if (w->f->last[p].quality == QUALITY_OK)
					assert_int_equal(w->f->last[p].value.as.u, held(w, p));
		}
		assert_true(unit_status(w, 0).timeouts > 0);
		w->bus.stations[0].delay_ns = 5 * NS_PER_MS;
		run_ms(w->f, 40000);
		assert_all_good(w);
		line_world_free(w);
	}
}

static void what_comes_unasked_is_dropped_and_the_silence_begins_anew(void **state)
{
	(void)state;
	line_world_t *w = started(26, 1000);
	run_ms(w->f, 3500);
	assert_int_equal(w->f->last[1].quality, QUALITY_OK);
	for (int i = 0; i < 40; i++) {
		OK(env_serial_write(w->bus.serial, SLICE("\x0b\x03\x04\x12\x34")));
		run_ms(w->f, 50);
	}
	run_ms(w->f, 12000);
	assert_true(metric_named(w->f, "line_strays_total") >= 30);
	assert_all_good(w);
	line_world_free(w);
}

static void a_port_pulled_out_takes_its_devices_down_and_brings_them_back(void **state)
{
	(void)state;
	line_world_t *w = started(27, 1000);
	run_ms(w->f, 3000);
	twin_port_unplug(w->f->env, LINE_PATH, true);
	run_ms(w->f, 100);
	for (size_t i = 0; i < UNITS; i++)
		assert_int_equal(unit_status(w, i).state, LINK_DOWN);
	for (point_id_t p = 1; p <= POINTS; p++)
		assert_int_equal(w->f->last[p].quality, QUALITY_NO_CONNECTION);
	assert_int_equal(count_events(w->f, MSG_DEVICE_DOWN, NULL), UNITS);
	run_ms(w->f, 300000);
	assert_int_equal(count_events(w->f, MSG_DEVICE_DOWN, NULL), UNITS);
	twin_port_unplug(w->f->env, LINE_PATH, false);
	run_ms(w->f, 7000);
	assert_all_good(w);
	assert_int_equal(count_events(w->f, MSG_DEVICE_UP, NULL), 2 * UNITS);
	line_world_free(w);
}

static void a_port_that_is_not_there_yet_is_waited_for(void **state)
{
	(void)state;
	line_world_t *w = line_world(28, NS_PER_S);
	fixture_boot(w->f);
	twin_port_unplug(w->f->env, LINE_PATH, true);
	OK(fixture_open(w->f));
	run_ms(w->f, 5000);
	assert_int_equal(count_events(w->f, MSG_DEVICE_DOWN, NULL), UNITS);
	twin_port_unplug(w->f->env, LINE_PATH, false);
	run_ms(w->f, 20000);
	assert_all_good(w);
	line_world_free(w);
}

static void an_order_is_written_and_read_back(void **state)
{
	(void)state;
	line_world_t *w = started(29, 1000);
	run_ms(w->f, 2000);
	command_order_t order = order_of(w->f, "set", 3, 4711);
	assert_int_equal(command(w->f, &order).state, COMMAND_VERIFIED);
	assert_int_equal(w->bus.stations[1].registers[2], 4711);
	assert_int_equal(w->bus.stations[0].writes + w->bus.stations[2].writes, 0);
	w->bus.stations[1].is_silent = true;
	order = order_of(w->f, "deaf", 3, 4712);
	command_result_t result = command(w->f, &order);
	assert_int_equal(result.state, COMMAND_FAILED);
	assert_int_equal(result.err, ERR_TIMEOUT);
	line_world_free(w);
}

static void orders_go_before_the_polls_of_all(void **state)
{
	(void)state;
	line_world_t *w = started(30, 50);
	run_ms(w->f, 5000);
	for (uint64_t i = 0; i < 10; i++) {
		char id[16];
		(void)snprintf(id, sizeof(id), "o%d", (int)i);
		command_order_t order = order_of(w->f, id, (point_id_t)(1 + i % POINTS), (double)i);
		int64_t start_ns = env_now(w->f->env);
		assert_int_equal(command(w->f, &order).state, COMMAND_VERIFIED);
		/* At most the request under way, then the write and the read-back; a request
		 * and its answer take some 35 ms. */
		assert_true(env_now(w->f->env) - start_ns < 130 * NS_PER_MS);
	}
	line_world_free(w);
}

/* A catalogue for a reload, in which the last unit may be on another port. */
typedef struct {
	port_t ports[2];
	device_t devices[UNITS];
	catalogue_t catalogue;
} other_t;

static void other_of(const line_world_t *w, const port_t *last, other_t *ret)
{
	*ret = (other_t){ .ports = { *last, w->port }, .catalogue = w->f->catalogue };
	memcpy(ret->devices, w->devices, sizeof(ret->devices));
	for (size_t i = 0; i < UNITS; i++)
		ret->devices[i].port = &ret->ports[i < UNITS - 1];
	ret->catalogue.ports = ret->ports;
	ret->catalogue.port_count = 2;
	ret->catalogue.devices = ret->devices;
}

static void a_line_that_is_as_before_is_not_touched_by_a_reload(void **state)
{
	(void)state;
	line_world_t *w = started(31, 1000);
	other_t other;
	port_t last = { "new", "/dev/ttyS9", BAUD_19200, PARITY_NONE, 1, 0 };
	run_ms(w->f, 3000);
	other_of(w, &last, &other);
	OK(fleet_reload(w->f->fleet, &other.catalogue));
	/* The old catalogue must not be looked at any more. */
	memset(w->devices, 0xEE, sizeof(w->devices));
	w->f->catalogue.ports = &other.ports[1];
	run_ms(w->f, 3000);
	for (size_t i = 0; i < UNITS - 1; i++) {
		assert_int_equal(unit_status(w, i).state, LINK_UP);
		assert_int_equal(unit_status(w, i).reconnects + unit_status(w, i).timeouts, 0);
	}
	assert_int_not_equal(unit_status(w, UNITS - 1).state, LINK_UP);
	assert_int_equal(w->f->last[POINTS].quality, QUALITY_TIMEOUT);
	assert_int_equal(w->f->last[1].quality, QUALITY_OK);
	line_world_free(w);
}

/* The same path: the devices of the old line are gone before those of the new open it. */
static void a_line_with_another_rate_is_opened_anew(void **state)
{
	(void)state;
	line_world_t *w = started(33, 1000);
	run_ms(w->f, 3000);
	port_t faster = w->port;
	device_t devices[UNITS];
	catalogue_t catalogue = w->f->catalogue;
	faster.baud = BAUD_19200;
	memcpy(devices, w->devices, sizeof(devices));
	for (size_t i = 0; i < UNITS; i++)
		devices[i].port = &faster;
	catalogue.ports = &faster;
	catalogue.devices = devices;
	OK(fleet_reload(w->f->fleet, &catalogue));
	env_serial_close(w->bus.serial);
	w->port = faster;
	bus_open(w);
	run_ms(w->f, 20000);
	assert_all_good(w);
	line_world_free(w);
}

static void the_same_seed_gives_the_same_run(void **state)
{
	(void)state;
	uint64_t traces[2];
	for (size_t i = 0; i < 2; i++) {
		line_world_t *w = started(32, 100);
		twin_line_noise(w->f->twin, LINE_PATH, 0.02);
		run_ms(w->f, 20000);
		traces[i] = twin_trace(w->f->twin);
		line_world_free(w);
	}
	assert_true(traces[0] == traces[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(devices_of_one_line_are_polled_each_at_its_period),
		cmocka_unit_test(every_request_has_its_silence_before_it),
		cmocka_unit_test(a_line_asked_for_too_much_is_shared_evenly_and_says_so_once),
		cmocka_unit_test(the_load_of_a_line_is_what_was_measured),
		cmocka_unit_test(a_silent_unit_costs_the_others_nothing_but_its_time),
		cmocka_unit_test(a_bad_crc_costs_one_answer),
		cmocka_unit_test(noise_costs_answers_and_never_gives_a_wrong_value),
		cmocka_unit_test(a_late_answer_is_not_taken_for_that_of_another_request),
		cmocka_unit_test(what_comes_unasked_is_dropped_and_the_silence_begins_anew),
		cmocka_unit_test(a_port_pulled_out_takes_its_devices_down_and_brings_them_back),
		cmocka_unit_test(a_port_that_is_not_there_yet_is_waited_for),
		cmocka_unit_test(an_order_is_written_and_read_back),
		cmocka_unit_test(orders_go_before_the_polls_of_all),
		cmocka_unit_test(a_line_that_is_as_before_is_not_touched_by_a_reload),
		cmocka_unit_test(a_line_with_another_rate_is_opened_anew),
		cmocka_unit_test(the_same_seed_gives_the_same_run),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
