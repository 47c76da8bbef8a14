/* SPDX-License-Identifier: Apache-2.0 */
/* A fleet at work gets another catalogue: what did not change is not disturbed, what
 * did is asked anew, and every order ends in a state that is told. */
#include "fleet/fixture_test.h"

typedef struct {
	device_t devices[2];
	point_t points[POINTS];
	catalogue_t catalogue;
} other_t;

/* The fixture's own catalogue at another place in memory. */
static void copy_of(const fixture_t *f, other_t *ret)
{
	*ret = (other_t){ .devices = { f->device } };
	memcpy(ret->points, f->points, sizeof(ret->points));
	ret->catalogue = (catalogue_t){ .generation = 2,
		                        .devices = ret->devices,
		                        .device_count = 1,
		                        .points = ret->points,
		                        .point_count = POINTS };
}

/* The old catalogue must not be looked at any more. */
static void forget_old(fixture_t *f)
{
	memset(f->points, 0xEE, sizeof(f->points));
	memset(&f->device, 0xEE, sizeof(f->device));
	memset(&f->catalogue, 0xEE, sizeof(f->catalogue));
}

static double last_number(const fixture_t *f, point_id_t point)
{
	double number;
	assert_true(value_number(&f->last[point].value, &number));
	return number;
}

static fixture_t *started(uint64_t seed)
{
	fixture_t *f = fixture_make(seed);
	f->server.registers[0] = 7;
	fixture_start(f);
	run_ms(f, 2000);
	assert_int_equal(status(f).state, LINK_UP);
	return f;
}

static void a_link_whose_rows_did_not_change_goes_on_with_what_is_in_flight(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		fixture_t *f = started(seed);
		other_t other;
		copy_of(f, &other);
		other.points[0].label[0] = "renamed";
		other.points[0].scale = 2;
		other.points[3].limits.high = 5;
		size_t rows = f->rows;
		int64_t start_ns = env_now(f->env);
		/* Somewhere between a request and its answer, on one seed or another. */
		run_ms(f, 990);
		for (uint64_t i = 0; i < seed * 3; i++)
			assert_true(twin_step(f->twin));
		OK(fleet_reload(f->fleet, &other.catalogue));
		forget_old(f);
		run_ms(f, 3100);
		assert_int_equal(f->server.accepted, 1);
		assert_int_equal(status(f).state, LINK_UP);
		assert_int_equal(status(f).timeouts, 0);
		assert_int_equal(status(f).late, 0);
		/* Every point every second, none lost and none twice. */
		size_t polls = (size_t)((env_now(f->env) - start_ns) / NS_PER_S);
		assert_in_range(f->rows - rows, polls * POINTS, (polls + 1) * POINTS);
		assert_true(last_number(f, 1) == 14);
		assert_int_equal(metric_named(f, "devices_up"), 1);
		fixture_free(f);
	}
}

static void a_device_at_another_address_is_dialled_anew_and_the_old_link_closed(void **state)
{
	(void)state;
	fixture_t *f = started(3);
	other_t other;
	copy_of(f, &other);
	other.devices[0].addr.port = 503;
	OK(fleet_reload(f->fleet, &other.catalogue));
	forget_old(f);
	run_ms(f, 1000);
	assert_null(f->server.tcp);
	assert_int_not_equal(status(f).state, LINK_UP);
	assert_int_equal(f->last[1].quality, QUALITY_NO_CONNECTION);
	assert_int_equal(metric_named(f, "devices_up"), 0);
	assert_true(count_events(f, MSG_DEVICE_DOWN, NULL) >= 1);
	fixture_free(f);
}

static void a_point_that_moved_is_read_at_its_new_place(void **state)
{
	(void)state;
	fixture_t *f = started(4);
	other_t other;
	copy_of(f, &other);
	f->server.registers[50] = 99;
	other.points[0].address.address = 50;
	OK(fleet_reload(f->fleet, &other.catalogue));
	forget_old(f);
	run_ms(f, 3000);
	assert_true(last_number(f, 1) == 99);
	assert_int_equal(f->server.accepted, 2);
	assert_int_equal(metric_named(f, "devices_up"), 1);
	fixture_free(f);
}

static void devices_come_and_go(void **state)
{
	(void)state;
	fixture_t *f = started(5);
	other_t none = { 0 }, other;
	copy_of(f, &other);
	OK(fleet_reload(f->fleet, &none.catalogue));
	forget_old(f);
	size_t rows = f->rows;
	run_ms(f, 200);
	assert_int_equal(f->rows - rows, POINTS);
	assert_int_equal(f->last[3].quality, QUALITY_NO_CONNECTION);
	rows = f->rows;
	run_ms(f, 3000);
	assert_int_equal(f->rows, rows);
	assert_null(f->server.tcp);
	assert_int_equal(status(f).state, LINK_DOWN);
	OK(fleet_reload(f->fleet, &other.catalogue));
	run_ms(f, 3000);
	assert_int_equal(status(f).state, LINK_UP);
	assert_int_equal(f->last[1].quality, QUALITY_OK);
	assert_int_equal(metric_named(f, "devices_up"), 1);
	fixture_free(f);
}

static command_result_t await(fixture_t *f, size_t before)
{
	for (int i = 0; i < 20000 && f->result_count == before; i++)
		run_ms(f, 1);
	assert_int_equal(f->result_count, before + 1);
	return f->results[before];
}

static void an_order_in_flight_survives_a_reload_that_leaves_its_device_alone(void **state)
{
	(void)state;
	for (int64_t us = 100; us < 6000; us += 400) {
		fixture_t *f = started(6);
		other_t other;
		copy_of(f, &other);
		command_order_t order = order_of(f, "kept", 1, 33);
		OK(fleet_command(f->fleet, &order, f->reply, f));
		(void)twin_run_for(f->twin, us * 1000);
		OK(fleet_reload(f->fleet, &other.catalogue));
		forget_old(f);
		if (f->result_count == 0)
			(void)await(f, 0);
		assert_int_equal(f->results[0].state, COMMAND_VERIFIED);
		assert_int_equal(f->server.writes, 1);
		fixture_free(f);
	}
}

static void an_order_under_way_to_a_device_that_goes_ends_told_and_journalled(void **state)
{
	(void)state;
	size_t refused = 0, failed = 0;
	for (int64_t us = 100; us < 4000; us += 100) {
		fixture_t *f = started(7);
		other_t none = { 0 };
		command_order_t order = order_of(f, "gone", 1, 33);
		f->server.manner = MANNER_SILENT;
		OK(fleet_command(f->fleet, &order, f->reply, f));
		(void)twin_run_for(f->twin, us * 1000);
		OK(fleet_reload(f->fleet, &none.catalogue));
		forget_old(f);
		command_state_t end = await(f, 0).state;
		assert_true(end == COMMAND_REFUSED || end == COMMAND_FAILED);
		refused += end == COMMAND_REFUSED;
		failed += end == COMMAND_FAILED;
		assert_int_equal(count_events(f,
		                              end == COMMAND_REFUSED ? MSG_COMMAND_REFUSED
		                                                     : MSG_COMMAND_FAILED,
		                              "gone"),
		                 1);
		fixture_free(f);
	}
	assert_true(refused > 0 && failed > 0);
}

static void a_write_right_that_was_taken_away_refuses_the_next_order(void **state)
{
	(void)state;
	fixture_t *f = started(8);
	other_t other;
	copy_of(f, &other);
	other.points[0].write.enabled = false;
	other.points[4].write.limits.high = 10;
	OK(fleet_reload(f->fleet, &other.catalogue));
	forget_old(f);
	command_order_t off = order_of(f, "off", 1, 33), high = order_of(f, "high", 5, 11);
	command_order_t good = order_of(f, "good", 5, 9);
	assert_int_equal(command(f, &off).err, ERR_DENIED);
	assert_int_equal(command(f, &high).err, ERR_INVALID);
	assert_int_equal(command(f, &good).state, COMMAND_VERIFIED);
	assert_int_equal(f->server.accepted, 1);
	fixture_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_link_whose_rows_did_not_change_goes_on_with_what_is_in_flight),
		cmocka_unit_test(
			a_device_at_another_address_is_dialled_anew_and_the_old_link_closed),
		cmocka_unit_test(a_point_that_moved_is_read_at_its_new_place),
		cmocka_unit_test(devices_come_and_go),
		cmocka_unit_test(an_order_in_flight_survives_a_reload_that_leaves_its_device_alone),
		cmocka_unit_test(an_order_under_way_to_a_device_that_goes_ends_told_and_journalled),
		cmocka_unit_test(a_write_right_that_was_taken_away_refuses_the_next_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
