/* SPDX-License-Identifier: Apache-2.0 */
/* The command contract from the order to the machine and back: the state it ends in,
 * what is in the journal, and that nothing leaves before its request is durable. */
#include <math.h>

#include "fleet/fixture_test.h"

static fixture_t *started(void)
{
	fixture_t *f = fixture_make(21);
	f->server.registers[0] = 7;
	fixture_start(f);
	run_ms(f, 2000);
	assert_int_equal(status(f).state, LINK_UP);
	return f;
}

static void assert_near(double a, double b)
{
	assert_true(fabs(a - b) < 1e-6);
}

static void an_order_is_journalled_written_read_back_and_verified(void **state)
{
	(void)state;
	fixture_t *f = started();
	command_order_t order = order_of(f, "a", 1, 33);
	command_result_t result = command(f, &order);
	assert_int_equal(result.state, COMMAND_VERIFIED);
	assert_int_equal(result.err, ERR_OK);
	assert_false(result.repeated);
	assert_near(result.old_value, 7);
	assert_near(result.read_back, 33);
	assert_int_equal(f->server.registers[0], 33);
	assert_int_equal(f->server.writes, 1);
	/* The request was on stable storage before the machine saw the write. */
	assert_true(result.requested_seq > 0);
	assert_true(f->server.durable_at_write >= result.requested_seq);
	assert_true(journal_durable(f->journal) >= result.final_seq);
	assert_int_equal(count_events(f, MSG_COMMAND_REQUESTED, "a"), 1);
	assert_int_equal(count_events(f, MSG_COMMAND_OPERATED, "a"), 1);
	assert_int_equal(count_events(f, MSG_COMMAND_VERIFIED, "a"), 1);
	assert_true(fleet_ordered(f->fleet, 1, 33, env_utc(f->env).ns));
	assert_false(fleet_ordered(f->fleet, 1, 34, env_utc(f->env).ns));
	assert_false(fleet_ordered(f->fleet, 2, 33, env_utc(f->env).ns));
	fixture_free(f);
}

static void floats_and_coils_are_verified_as_their_wire_says_them(void **state)
{
	(void)state;
	fixture_t *f = started();
	command_order_t real = order_of(f, "real", 2, 12.3), coil = order_of(f, "coil", 3, 1);
	command_order_t whole = order_of(f, "whole", 1, 10.4);
	assert_int_equal(command(f, &real).state, COMMAND_VERIFIED);
	assert_int_equal(command(f, &coil).state, COMMAND_VERIFIED);
	assert_int_equal(f->server.coils[0], 8);
	command_result_t rounded = command(f, &whole);
	assert_int_equal(rounded.state, COMMAND_VERIFIED);
	assert_near(rounded.read_back, 10);
	/* What the sentry will see on the wire. */
	assert_true(fleet_ordered(f->fleet, 1, 10, env_utc(f->env).ns));
	assert_true(f->server.durable_at_write >= rounded.requested_seq);
	fixture_free(f);
}

typedef struct {
	const char *id;
	point_id_t point;
	role_t role;
	double value;
	int64_t ahead_ns;
	command_state_t state;
	err_t err;
} refusal_t;

static void what_must_not_be_written_is_refused_and_journalled(void **state)
{
	(void)state;
	static const refusal_t rows[] = {
		{ "fixed", 4, ROLE_ADMIN, 5, NS_PER_S, COMMAND_REFUSED, ERR_DENIED },
		{ "role", 2, ROLE_OPERATOR, 5, NS_PER_S, COMMAND_REFUSED, ERR_DENIED },
		{ "public", 1, ROLE_PUBLIC, 5, NS_PER_S, COMMAND_REFUSED, ERR_DENIED },
		{ "high", 1, ROLE_ADMIN, 100.5, NS_PER_S, COMMAND_REFUSED, ERR_INVALID },
		{ "low", 1, ROLE_ADMIN, -1, NS_PER_S, COMMAND_REFUSED, ERR_INVALID },
		{ "nan", 1, ROLE_ADMIN, NAN, NS_PER_S, COMMAND_REFUSED, ERR_INVALID },
		{ "half", 3, ROLE_ADMIN, 0.5, NS_PER_S, COMMAND_REFUSED, ERR_INVALID },
		{ "nobody", 99, ROLE_ADMIN, 5, NS_PER_S, COMMAND_REFUSED, ERR_NOT_FOUND },
		{ "far", 1, ROLE_ADMIN, 5, 601 * NS_PER_S, COMMAND_REFUSED, ERR_INVALID },
		{ "old", 1, ROLE_ADMIN, 5, -1, COMMAND_EXPIRED, ERR_EXPIRED },
	};
	fixture_t *f = started();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		command_order_t order = order_of(f, rows[i].id, rows[i].point, rows[i].value);
		order.role = rows[i].role;
		order.expires_ns = env_utc(f->env).ns + rows[i].ahead_ns;
		command_result_t result = command(f, &order);
		assert_int_equal(result.state, rows[i].state);
		assert_int_equal(result.err, rows[i].err);
		assert_int_equal(result.requested_seq, 0);
		assert_true(journal_durable(f->journal) >= result.final_seq);
		message_t message = rows[i].state == COMMAND_EXPIRED ? MSG_COMMAND_FAILED
		                                                     : MSG_COMMAND_REFUSED;
		assert_int_equal(count_events(f, message, rows[i].id), 1);
	}
	assert_int_equal(f->server.writes, 0);
	fixture_free(f);
}

static void orders_without_a_proper_id_are_refused(void **state)
{
	(void)state;
	fixture_t *f = started();
	command_order_t order = order_of(f, "", 1, 5);
	assert_int_equal(command(f, &order).err, ERR_INVALID);
	memset(order.id, 'x', sizeof(order.id));
	command_result_t result = command(f, &order);
	assert_int_equal(result.err, ERR_INVALID);
	assert_int_equal(strlen(result.id), COMMAND_ID_MAX - 1);
	assert_int_equal(f->server.writes, 0);
	fixture_free(f);
}

static void a_repeated_order_gives_the_first_result_and_no_second_write(void **state)
{
	(void)state;
	fixture_t *f = started();
	command_order_t order = order_of(f, "a", 1, 33);
	command_result_t first = command(f, &order);
	f->server.registers[0] = 1; /* somebody else's doing */
	order.expires_ns = 0;       /* long over: the stored result still counts */
	command_result_t again = command(f, &order);
	assert_true(again.repeated);
	assert_int_equal(again.state, first.state);
	assert_int_equal(again.final_seq, first.final_seq);
	assert_int_equal(f->server.writes, 1);
	order.value = 34;
	assert_int_equal(command(f, &order).err, ERR_CONFLICT);
	order.value = 33;
	order.point = 5;
	assert_int_equal(command(f, &order).err, ERR_CONFLICT);
	order.point = 1;
	order.subject[0] = 'U';
	assert_int_equal(command(f, &order).err, ERR_CONFLICT);
	assert_int_equal(f->server.writes, 1);
	fixture_free(f);
}

static void an_order_under_way_is_busy_when_repeated(void **state)
{
	(void)state;
	fixture_t *f = started();
	command_order_t order = order_of(f, "a", 1, 33);
	OK(fleet_command(f->fleet, &order, f->reply, f));
	OK(fleet_command(f->fleet, &order, f->reply, f));
	run_ms(f, 1000);
	assert_int_equal(f->result_count, 2);
	assert_int_equal(f->results[0].err, ERR_BUSY);
	assert_int_equal(f->results[1].state, COMMAND_VERIFIED);
	assert_int_equal(f->server.writes, 1);
	fixture_free(f);
}

static void a_device_that_does_otherwise_fails_the_order(void **state)
{
	(void)state;
	static const struct {
		const char *id;
		manner_t manner;
		err_t err;
		size_t operated;
	} rows[] = {
		{ "refuses", MANNER_REFUSE_WRITE, ERR_PROTOCOL, 0 },
		{ "ignores", MANNER_IGNORE_WRITE, ERR_CONFLICT, 1 },
		{ "mute", MANNER_MUTE_WRITE, ERR_TIMEOUT, 0 },
	};
	fixture_t *f = started();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		f->server.manner = rows[i].manner;
		f->server.registers[0] = 7;
		command_order_t order = order_of(f, rows[i].id, 1, 33);
		command_result_t result = command(f, &order);
		assert_int_equal(result.state, COMMAND_FAILED);
		assert_int_equal(result.err, rows[i].err);
		assert_int_equal(f->server.writes, i + 1);
		assert_int_equal(count_events(f, MSG_COMMAND_OPERATED, rows[i].id),
		                 rows[i].operated);
		assert_int_equal(count_events(f, MSG_COMMAND_FAILED, rows[i].id), 1);
		f->server.manner = MANNER_GOOD;
		run_ms(f, 3000);
	}
	fixture_free(f);
}

static void the_read_back_may_differ_within_tolerance(void **state)
{
	(void)state;
	fixture_t *f = started();
	f->server.manner = MANNER_IGNORE_WRITE;
	f->server.registers[100] = 52;
	command_order_t near = order_of(f, "near", 5, 50), far = order_of(f, "far", 5, 49);
	command_result_t result = command(f, &near);
	assert_int_equal(result.state, COMMAND_VERIFIED);
	assert_near(result.read_back, 52);
	result = command(f, &far);
	assert_int_equal(result.state, COMMAND_FAILED);
	assert_int_equal(result.err, ERR_CONFLICT);
	assert_near(result.read_back, 52);
	fixture_free(f);
}

static void a_device_that_is_away_fails_the_order(void **state)
{
	(void)state;
	fixture_t *f = started();
	server_off(&f->server);
	run_ms(f, 1000);
	command_order_t order = order_of(f, "a", 1, 33);
	command_result_t result = command(f, &order);
	assert_int_equal(result.state, COMMAND_FAILED);
	assert_int_equal(result.err, ERR_UNAVAILABLE);
	assert_int_equal(count_events(f, MSG_COMMAND_REQUESTED, "a"), 1);
	assert_int_equal(count_events(f, MSG_COMMAND_FAILED, "a"), 1);
	fixture_free(f);
}

static void a_connection_that_breaks_meanwhile_fails_the_order(void **state)
{
	(void)state;
	fixture_t *f = started();
	f->server.manner = MANNER_MUTE_WRITE;
	command_order_t order = order_of(f, "a", 1, 33);
	OK(fleet_command(f->fleet, &order, f->reply, f));
	for (int i = 0; i < 400 && f->server.writes == 0; i++)
		run_ms(f, 1);
	assert_int_equal(f->server.writes, 1);
	server_off(&f->server);
	run_ms(f, 200);
	assert_int_equal(f->result_count, 1);
	assert_int_equal(f->results[0].state, COMMAND_FAILED);
	assert_int_equal(f->results[0].err, ERR_UNAVAILABLE);
	fixture_free(f);
}

static void an_order_that_expires_in_the_queue_is_not_sent(void **state)
{
	(void)state;
	fixture_t *f = started();
	f->server.manner = MANNER_SILENT;
	size_t reads = f->server.reads;
	for (int i = 0; i < 2000 && f->server.reads == reads; i++)
		run_ms(f, 1); /* until a poll is in flight that will not be answered */
	command_order_t order = order_of(f, "a", 1, 33);
	order.expires_ns = env_utc(f->env).ns + 100 * NS_PER_MS;
	command_result_t result = command(f, &order);
	assert_int_equal(result.state, COMMAND_EXPIRED);
	assert_int_equal(result.err, ERR_EXPIRED);
	assert_int_equal(f->server.writes, 0);
	fixture_free(f);
}

static void orders_to_one_point_are_sent_in_the_order_they_came(void **state)
{
	(void)state;
	fixture_t *f = started();
	for (int i = 0; i < DRIVER_ORDERS; i++) {
		char id[2] = { (char)('a' + i), 0 };
		command_order_t order = order_of(f, id, 1, 10 + i);
		OK(fleet_command(f->fleet, &order, f->reply, f));
	}
	run_ms(f, 2000);
	assert_int_equal(f->result_count, DRIVER_ORDERS);
	assert_int_equal(f->server.writes, DRIVER_ORDERS);
	for (int i = 0; i < DRIVER_ORDERS; i++) {
		assert_int_equal(f->server.write_log[i], 10 + i);
		assert_int_equal(f->results[i].state, COMMAND_VERIFIED);
	}
	fixture_free(f);
}

static void sixty_four_orders_are_under_way_at_most(void **state)
{
	(void)state;
	fixture_t *f = started();
	size_t refused = 0;
	for (int i = 0; i < 70; i++) {
		char id[8] = { 'n', (char)('0' + i / 10), (char)('0' + i % 10), 0 };
		command_order_t order = order_of(f, id, 1, 20);
		err_t err = fleet_command(f->fleet, &order, f->reply, f);
		assert_true(err == ERR_OK || err == ERR_BUSY);
		refused += err == ERR_BUSY;
	}
	assert_int_equal(refused, 6);
	assert_int_equal(metric_named(f, "orders_refused_total"), 6);
	run_ms(f, 5000);
	assert_int_equal(f->result_count, 64);
	fixture_free(f);
}

static void without_waiting_the_answer_comes_once_the_request_is_durable(void **state)
{
	(void)state;
	fixture_t *f = started();
	command_order_t order = order_of(f, "a", 1, 33);
	order.no_wait = true;
	command_result_t result = command(f, &order);
	assert_int_equal(result.state, COMMAND_REQUESTED);
	assert_true(journal_durable(f->journal) >= result.requested_seq);
	run_ms(f, 1000);
	assert_int_equal(f->result_count, 1);
	result = command(f, &order);
	assert_true(result.repeated);
	assert_int_equal(result.state, COMMAND_VERIFIED);
	fixture_free(f);
}

static void results_survive_a_restart(void **state)
{
	(void)state;
	fixture_t *f = started();
	command_order_t good = order_of(f, "good", 1, 33), bad = order_of(f, "bad", 4, 5);
	command_result_t first = command(f, &good);
	assert_int_equal(command(f, &bad).err, ERR_DENIED);
	fixture_halt(f);
	fixture_start(f);
	run_ms(f, 2000);
	command_result_t again = command(f, &good);
	assert_true(again.repeated);
	assert_int_equal(again.state, COMMAND_VERIFIED);
	assert_int_equal(again.err, ERR_OK);
	assert_int_equal(again.requested_seq, first.requested_seq);
	assert_int_equal(again.final_seq, first.final_seq);
	assert_near(again.read_back, 33);
	assert_near(again.old_value, 7);
	again = command(f, &bad);
	assert_int_equal(again.state, COMMAND_REFUSED);
	assert_int_equal(again.err, ERR_DENIED);
	good.value = 34;
	assert_int_equal(command(f, &good).err, ERR_CONFLICT);
	assert_int_equal(f->server.writes, 1);
	fixture_free(f);
}

static void a_restart_in_the_middle_ends_the_order_as_failed(void **state)
{
	(void)state;
	fixture_t *f = started();
	f->server.manner = MANNER_MUTE_WRITE;
	command_order_t order = order_of(f, "a", 1, 33);
	OK(fleet_command(f->fleet, &order, f->reply, f));
	run_ms(f, 100);
	assert_int_equal(f->server.writes, 1);
	fixture_halt(f);
	f->server.manner = MANNER_GOOD;
	fixture_start(f);
	run_ms(f, 2000);
	command_result_t result = command(f, &order);
	assert_true(result.repeated);
	assert_int_equal(result.state, COMMAND_FAILED);
	assert_int_equal(result.err, ERR_CANCELLED);
	assert_int_equal(count_events(f, MSG_COMMAND_FAILED, "a"), 1);
	assert_int_equal(f->server.writes, 1);
	/* The end is journalled once, not at every start. */
	fixture_halt(f);
	fixture_start(f);
	run_ms(f, 1000);
	assert_int_equal(count_events(f, MSG_COMMAND_FAILED, "a"), 1);
	fixture_free(f);
}

static void a_journal_that_ends_fails_open_orders_and_sends_nothing(void **state)
{
	(void)state;
	fixture_t *f = started();
	twin_fail_at(f->env, 1, 0, TWIN_IO_ERROR);
	command_order_t order = order_of(f, "a", 1, 33);
	command_result_t result = command(f, &order);
	assert_int_equal(result.state, COMMAND_FAILED);
	assert_int_equal(result.err, ERR_IO);
	assert_int_equal(f->server.writes, 0);
	fixture_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_order_is_journalled_written_read_back_and_verified),
		cmocka_unit_test(floats_and_coils_are_verified_as_their_wire_says_them),
		cmocka_unit_test(what_must_not_be_written_is_refused_and_journalled),
		cmocka_unit_test(orders_without_a_proper_id_are_refused),
		cmocka_unit_test(a_repeated_order_gives_the_first_result_and_no_second_write),
		cmocka_unit_test(an_order_under_way_is_busy_when_repeated),
		cmocka_unit_test(a_device_that_does_otherwise_fails_the_order),
		cmocka_unit_test(the_read_back_may_differ_within_tolerance),
		cmocka_unit_test(a_device_that_is_away_fails_the_order),
		cmocka_unit_test(a_connection_that_breaks_meanwhile_fails_the_order),
		cmocka_unit_test(an_order_that_expires_in_the_queue_is_not_sent),
		cmocka_unit_test(orders_to_one_point_are_sent_in_the_order_they_came),
		cmocka_unit_test(sixty_four_orders_are_under_way_at_most),
		cmocka_unit_test(without_waiting_the_answer_comes_once_the_request_is_durable),
		cmocka_unit_test(results_survive_a_restart),
		cmocka_unit_test(a_restart_in_the_middle_ends_the_order_as_failed),
		cmocka_unit_test(a_journal_that_ends_fails_open_orders_and_sends_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
