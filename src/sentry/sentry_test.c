/* SPDX-License-Identifier: Apache-2.0 */
/* What the sentry makes of traffic: each rule, what must stay silent, and what the
 * lists say. */
#include "sentry/plant_test.h"

#include <math.h>

static void sweep(plant_t *p, ip_t client)
{
	for (size_t m = 0; m < MACHINES; m++) {
		link_t link = plant_connect(p, client, m);
		plant_identify(&link);
		plant_leave(&link);
		plant_wait(p, 600 * NS_PER_MS);
	}
}

static void walk(plant_t *p, ip_t client, size_t machine)
{
	link_t link = plant_connect(p, client, machine);
	for (uint16_t at = 0; at < 600; at = (uint16_t)(at + 50)) {
		plant_read(&link, at, 50);
		plant_wait(p, 200 * NS_PER_MS);
	}
	plant_leave(&link);
}

/* A plant that has learned what the node does, with 3.7 V set by its operator. */
static plant_t *learned_plant(void)
{
	plant_t *p = plant_make();
	plant_open(p);
	plant_poll(p, 10);
	for (size_t i = 0; i < 4; i++) {
		link_t link = plant_connect(p, operator_ip(), 1);
		plant_write_set_point(&link, 3.7);
		plant_leave(&link);
		plant_poll(p, 4);
	}
	assert_int_equal(sentry_status(p->sentry).mode, SENTRY_WATCHING);
	return p;
}

static void assert_one(plant_t *p, incident_kind_t kind, incident_t *ret)
{
	incident_t list[LIST_MAX];
	assert_int_equal(plant_incidents(p, list), 1);
	assert_int_equal(list[0].kind, kind);
	*ret = list[0];
}

static void it_waits_learns_and_watches_by_the_time_of_packets(void **state)
{
	(void)state;
	plant_t *p = plant_make();
	plant_open(p);
	assert_int_equal(sentry_status(p->sentry).mode, SENTRY_WAITING);
	int64_t start = p->now_ns;
	plant_poll(p, 1);
	sentry_status_t status = sentry_status(p->sentry);
	assert_int_equal(status.mode, SENTRY_LEARNING);
	assert_int_equal(status.first_ns, start);
	assert_int_equal(status.learn_until_ns, start + 24 * NS_PER_S);
	assert_int_equal(status.messages, MACHINES * 4);
	plant_poll(p, 25);
	assert_int_equal(sentry_status(p->sentry).mode, SENTRY_WATCHING);
	plant_free(p);
}

static void what_was_learned_raises_nothing(void **state)
{
	(void)state;
	plant_t *p = learned_plant();
	plant_poll(p, 120);
	plant_rest(p, 60 * NS_PER_S);
	assert_int_equal(plant_incident_count(p), 0);
	sentry_status_t status = sentry_status(p->sentry);
	assert_int_equal(status.malformed, 0);
	assert_int_equal(status.gaps, 0);
	assert_int_equal(status.assets, MACHINES + 2);
	/* Two blocks each, which do not touch, and the operator's write. */
	assert_int_equal(status.rows, MACHINES * 2 + 1);
	plant_free(p);
}

static void a_sweep_is_one_incident(void **state)
{
	(void)state;
	plant_t *p = learned_plant();
	incident_t incident;
	int64_t start = p->now_ns;
	sweep(p, attacker_ip());
	plant_rest(p, 20 * NS_PER_S);
	assert_one(p, INCIDENT_SWEEP, &incident);
	assert_true(ip_eq(incident.client, attacker_ip()));
	assert_int_equal(incident.first_ns, start);
	assert_int_equal(incident.servers, MACHINES);
	assert_true(incident.reasons >> REASON_MANY_SERVERS & 1);
	assert_true(incident.reasons >> REASON_NEW_CLIENT & 1);
	assert_true(incident.packet_len > 0);
	assert_true(incident.open);
	plant_rest(p, 30 * NS_PER_S);
	assert_one(p, INCIDENT_SWEEP, &incident);
	assert_false(incident.open);
	plant_free(p);
}

static void a_second_sweep_after_quiet_is_another_incident(void **state)
{
	(void)state;
	plant_t *p = learned_plant();
	sweep(p, attacker_ip());
	plant_rest(p, 100 * NS_PER_S);
	sweep(p, attacker_ip());
	plant_rest(p, 20 * NS_PER_S);
	incident_t list[LIST_MAX];
	assert_int_equal(plant_incidents(p, list), 2);
	assert_int_equal(list[0].id, 2);
	assert_int_equal(list[1].id, 1);
	plant_free(p);
}

static void refused_connections_to_many_machines_are_a_sweep(void **state)
{
	(void)state;
	plant_t *p = learned_plant();
	incident_t incident;
	for (uint8_t host = 100; host < 140; host++) {
		addr_t from = { attacker_ip(), (uint16_t)(30000 + host) };
		addr_t to = { ip_v4(127, 0, 1, host), PLANT_PORT };
		frame_tcp_t tcp = frame_tcp_of(from, to, host, plant_emit, p);
		frame_tcp_refused(&tcp, p->now_ns);
		plant_wait(p, 50 * NS_PER_MS);
	}
	plant_rest(p, 20 * NS_PER_S);
	assert_one(p, INCIDENT_SWEEP, &incident);
	assert_int_equal(incident.servers, 40);
	assert_int_equal(incident.count, 40);
	plant_free(p);
}

static void many_units_of_one_gateway_are_a_sweep(void **state)
{
	(void)state;
	plant_t *p = learned_plant();
	incident_t incident;
	link_t link = plant_connect(p, poller_ip(), 0);
	for (uint8_t unit = 10; unit < 20; unit++) {
		modbus_pdu_t request = { .function = MODBUS_REPORT_SERVER_ID };
		p->is_deaf = true;
		plant_ask_unit(&link, unit, &request);
	}
	p->is_deaf = false;
	plant_rest(p, 20 * NS_PER_S);
	assert_one(p, INCIDENT_SWEEP, &incident);
	assert_true(ip_eq(incident.client, poller_ip()));
	plant_free(p);
}

static void a_walk_is_one_incident(void **state)
{
	(void)state;
	plant_t *p = learned_plant();
	incident_t incident;
	int64_t start = p->now_ns;
	walk(p, attacker_ip(), 2);
	plant_rest(p, 20 * NS_PER_S);
	assert_one(p, INCIDENT_WALK, &incident);
	assert_true(llabs(incident.first_ns - start) < NS_PER_S);
	assert_true(ip_eq(incident.server, plant_devices[2].addr.ip));
	assert_int_equal(incident.device, 3);
	assert_int_equal(incident.from, 0);
	assert_int_equal(incident.to, 599);
	assert_int_equal(incident.count, 12);
	plant_free(p);
}

static void a_known_client_that_walks_is_reported_too(void **state)
{
	(void)state;
	plant_t *p = learned_plant();
	incident_t incident;
	walk(p, poller_ip(), 2);
	plant_rest(p, 20 * NS_PER_S);
	assert_one(p, INCIDENT_WALK, &incident);
	assert_false(incident.reasons >> REASON_NEW_CLIENT & 1);
	plant_free(p);
}

static void a_known_client_may_read_a_little_more(void **state)
{
	(void)state;
	plant_t *p = learned_plant();
	link_t link = plant_connect(p, poller_ip(), 2);
	plant_read(&link, 200, 10);
	plant_read(&link, 10, 30);
	plant_leave(&link);
	plant_rest(p, 60 * NS_PER_S);
	assert_int_equal(plant_incident_count(p), 0);
	plant_free(p);
}

static void addresses_that_do_not_exist_are_evidence(void **state)
{
	(void)state;
	plant_t *p = learned_plant();
	incident_t incident;
	link_t link = plant_connect(p, attacker_ip(), 0);
	for (size_t i = 0; i < 4; i++)
		plant_read(&link, 5000, 10);
	plant_leave(&link);
	plant_rest(p, 20 * NS_PER_S);
	assert_one(p, INCIDENT_WALK, &incident);
	assert_true(incident.reasons >> REASON_MANY_EXCEPTIONS & 1);
	plant_free(p);
}

static void a_rogue_write_is_told_in_process_terms(void **state)
{
	(void)state;
	plant_t *p = learned_plant();
	incident_t incident;
	int64_t start = p->now_ns;
	link_t link = plant_connect(p, attacker_ip(), 1);
	plant_write_set_point(&link, 4.6);
	plant_leave(&link);
	plant_rest(p, 20 * NS_PER_S);
	assert_one(p, INCIDENT_WRITE, &incident);
	double old_value, new_value;
	assert_true(value_number(&incident.old_value, &old_value));
	assert_true(value_number(&incident.new_value, &new_value));
	assert_true(fabs(old_value - 3.7) < 1e-6);
	assert_true(fabs(new_value - 4.6) < 1e-6);
	assert_int_equal(incident.point, SET_POINT);
	assert_int_equal(incident.device, 2);
	assert_true(fabs(incident.limit_low - 2.5) < 1e-9);
	assert_true(fabs(incident.limit_high - 4.25) < 1e-9);
	assert_true(ip_eq(incident.usual_client, operator_ip()));
	assert_int_equal(incident.usual_count, 4);
	assert_int_equal(incident.reasons, 1u << REASON_NEW_WRITER | 1u << REASON_OUT_OF_LIMITS |
	                                           1u << REASON_NO_ORDER);
	assert_int_equal(incident.function, MODBUS_WRITE_MULTIPLE_REGISTERS);
	assert_true(llabs(incident.first_ns - start) < NS_PER_S);
	assert_true(incident.packet_len > 54);
	plant_free(p);
}

static void three_acts_are_three_incidents(bool is_doubled)
{
	plant_t *p = learned_plant();
	p->is_doubled = is_doubled;
	sweep(p, attacker_ip());
	plant_poll(p, 2);
	walk(p, attacker_ip(), 1);
	plant_poll(p, 2);
	link_t link = plant_connect(p, attacker_ip(), 1);
	plant_write_register(&link, 110, 650);
	plant_leave(&link);
	plant_poll(p, 60);
	plant_rest(p, 60 * NS_PER_S);
	incident_t list[LIST_MAX];
	assert_int_equal(plant_incidents(p, list), 3);
	assert_int_equal(list[2].kind, INCIDENT_SWEEP);
	assert_int_equal(list[1].kind, INCIDENT_WALK);
	assert_int_equal(list[0].kind, INCIDENT_WRITE);
	assert_int_equal(list[0].point, SCALED_POINT);
	assert_true(fabs(list[0].new_value.as.f - 65.0) < 1e-9);
	assert_int_equal(list[0].count, 1);
	assert_int_equal(list[1].count, 12);
	plant_free(p);
}

static void three_acts_of_one_attacker_are_three_incidents(void **state)
{
	(void)state;
	three_acts_are_three_incidents(false);
}

static void copies_of_the_loopback_change_nothing(void **state)
{
	(void)state;
	three_acts_are_three_incidents(true);
}

static void a_write_first_is_still_only_a_write(void **state)
{
	(void)state;
	plant_t *p = learned_plant();
	incident_t incident;
	link_t link = plant_connect(p, attacker_ip(), 1);
	plant_read(&link, 100, 2);
	plant_wait(p, NS_PER_S);
	plant_write_set_point(&link, 3.9);
	plant_read(&link, 100, 2);
	plant_leave(&link);
	plant_rest(p, 60 * NS_PER_S);
	assert_one(p, INCIDENT_WRITE, &incident);
	assert_false(incident.reasons >> REASON_OUT_OF_LIMITS & 1);
	plant_free(p);
}

static void a_quiet_stranger_is_a_talker_after_the_hold(void **state)
{
	(void)state;
	plant_t *p = learned_plant();
	incident_t incident;
	int64_t start = p->now_ns;
	link_t link = plant_connect(p, attacker_ip(), 1);
	plant_read(&link, 0, 10);
	plant_leave(&link);
	sentry_tick(p->sentry, p->now_ns + 4 * NS_PER_S);
	assert_int_equal(plant_incident_count(p), 0);
	plant_rest(p, 20 * NS_PER_S);
	assert_one(p, INCIDENT_TALKER, &incident);
	assert_int_equal(incident.first_ns, start);
	assert_int_equal(incident.function, MODBUS_READ_HOLDING_REGISTERS);
	assert_int_equal(incident.reasons, 1u << REASON_NEW_CLIENT);
	plant_free(p);
}

static void a_talker_who_goes_on_stays_one_incident(void **state)
{
	(void)state;
	plant_t *p = learned_plant();
	incident_t incident;
	for (size_t i = 0; i < 40; i++) {
		link_t link = plant_connect(p, attacker_ip(), 1);
		plant_read(&link, 0, 10);
		plant_leave(&link);
		plant_rest(p, 30 * NS_PER_S);
	}
	assert_one(p, INCIDENT_TALKER, &incident);
	assert_true(incident.count >= 40);
	plant_free(p);
}

static void an_approved_asset_is_no_talker(void **state)
{
	(void)state;
	plant_t *p = learned_plant();
	caller_t viewer = { .subject = SLICE("user:v"), .role = ROLE_OPERATOR };
	caller_t engineer = { .subject = SLICE("user:e"), .role = ROLE_ENGINEER };
	ip_t ip = attacker_ip();
	link_t link = plant_connect(p, ip, 1);
	assert_int_equal(sentry_approve_asset(p->sentry, &viewer, ip, true), ERR_DENIED);
	assert_int_equal(sentry_approve_asset(p->sentry, &engineer, ip_v4(127, 9, 9, 9), true),
	                 ERR_NOT_FOUND);
	assert_int_equal(sentry_approve_asset(p->sentry, &engineer, ip, true), ERR_OK);
	plant_leave(&link);
	plant_rest(p, 900 * NS_PER_S);
	size_t before = plant_incident_count(p);
	for (size_t m = 0; m < MACHINES; m++) {
		link = plant_connect(p, ip, m);
		plant_leave(&link);
	}
	plant_rest(p, 60 * NS_PER_S);
	assert_int_equal(plant_incident_count(p), before);
	plant_free(p);
}

static void an_ordered_write_is_fine(void **state)
{
	(void)state;
	plant_t *p = learned_plant();
	p->ordered = 4.0;
	link_t link = plant_connect(p, poller_ip(), 1);
	plant_write_set_point(&link, 4.0);
	plant_rest(p, 20 * NS_PER_S);
	assert_int_equal(plant_incident_count(p), 0);
	plant_write_set_point(&link, 4.125);
	plant_rest(p, 20 * NS_PER_S);
	assert_int_equal(plant_incident_count(p), 1);
	plant_free(p);
}

static void an_approved_write_is_fine_within_the_limits(void **state)
{
	(void)state;
	static const baseline_row_t policy = { .client = { { 127, 0, 9, 10 }, 4 },
		                               .server = { { 127, 0, 1, 2 }, 4 },
		                               .unit = 1,
		                               .function = MODBUS_WRITE_MULTIPLE_REGISTERS,
		                               .from = 100,
		                               .to = 101 };
	plant_t *p = plant_make();
	incident_t incident;
	p->spec.policies = &policy;
	p->spec.policy_count = 1;
	plant_open(p);
	plant_poll(p, 25);
	link_t link = plant_connect(p, operator_ip(), 1);
	plant_write_set_point(&link, 3.5);
	plant_rest(p, 20 * NS_PER_S);
	assert_int_equal(plant_incident_count(p), 0);
	plant_write_set_point(&link, 9.5);
	plant_rest(p, 20 * NS_PER_S);
	assert_one(p, INCIDENT_WRITE, &incident);
	assert_int_equal(incident.reasons, 1u << REASON_OUT_OF_LIMITS);
	plant_free(p);
}

static void a_learned_writer_needs_approval_or_an_order(void **state)
{
	(void)state;
	plant_t *p = learned_plant();
	incident_t incident;
	link_t link = plant_connect(p, operator_ip(), 1);
	plant_write_set_point(&link, 3.5);
	plant_rest(p, 20 * NS_PER_S);
	assert_one(p, INCIDENT_WRITE, &incident);
	assert_int_equal(incident.reasons, 1u << REASON_NO_ORDER);
	baseline_row_t rows[LIST_MAX];
	caller_t engineer = { .subject = SLICE("user:e"), .role = ROLE_ENGINEER };
	size_t count = sentry_baseline(p->sentry, 0, rows, LIST_MAX);
	for (size_t i = 0; i < count; i++)
		if (rows[i].function == MODBUS_WRITE_MULTIPLE_REGISTERS)
			assert_int_equal(sentry_approve_row(p->sentry, &engineer, &rows[i], true),
			                 ERR_OK);
	plant_rest(p, 60 * NS_PER_S);
	plant_write_set_point(&link, 3.6);
	plant_rest(p, 20 * NS_PER_S);
	assert_int_equal(plant_incident_count(p), 1);
	plant_free(p);
}

static void a_write_outside_limits_is_reported_while_learning(void **state)
{
	(void)state;
	plant_t *p = plant_make();
	incident_t incident;
	plant_open(p);
	plant_poll(p, 3);
	link_t link = plant_connect(p, operator_ip(), 1);
	plant_write_set_point(&link, 3.5);
	plant_write_set_point(&link, 99.5);
	assert_one(p, INCIDENT_WRITE, &incident);
	assert_true(incident.reasons >> REASON_OUT_OF_LIMITS & 1);
	plant_free(p);
}

static void a_refused_write_is_no_write(void **state)
{
	(void)state;
	plant_t *p = learned_plant();
	incident_t incident;
	link_t link = plant_connect(p, attacker_ip(), 1);
	plant_write_register(&link, 5000, 1);
	plant_rest(p, 20 * NS_PER_S);
	assert_one(p, INCIDENT_TALKER, &incident);
	plant_free(p);
}

static void an_unanswered_write_counts_as_done(void **state)
{
	(void)state;
	plant_t *p = learned_plant();
	incident_t incident;
	link_t link = plant_connect(p, attacker_ip(), 1);
	p->is_deaf = true;
	plant_write_set_point(&link, 3.5);
	frame_tcp_reset(&link.tcp, FRAME_CLIENT, p->now_ns);
	assert_one(p, INCIDENT_WRITE, &incident);
	link = plant_connect(p, operator_ip(), 1);
	plant_write_set_point(&link, 3.5);
	assert_int_equal(plant_incident_count(p), 1);
	plant_rest(p, 20 * NS_PER_S);
	assert_int_equal(plant_incident_count(p), 2);
	plant_free(p);
}

static void a_write_without_a_point_tells_the_register(void **state)
{
	(void)state;
	plant_t *p = learned_plant();
	incident_t incident;
	p->registers[3][15] = 7;
	plant_poll(p, 1);
	link_t link = plant_connect(p, attacker_ip(), 3);
	plant_write_register(&link, 15, 9);
	plant_rest(p, 20 * NS_PER_S);
	assert_one(p, INCIDENT_WRITE, &incident);
	assert_int_equal(incident.point, 0);
	assert_int_equal(incident.device, 4);
	assert_int_equal(incident.from, 15);
	assert_int_equal(incident.old_value.as.u, 7);
	assert_int_equal(incident.new_value.as.u, 9);
	assert_true(isnan(incident.limit_low));
	plant_free(p);
}

static void a_coil_is_told_as_its_point(void **state)
{
	(void)state;
	plant_t *p = learned_plant();
	incident_t incident;
	link_t link = plant_connect(p, attacker_ip(), 1);
	modbus_pdu_t request = { .function = MODBUS_WRITE_SINGLE_COIL,
		                 .address = 7,
		                 .value = MODBUS_COIL_ON };
	plant_ask(&link, &request);
	plant_rest(p, 20 * NS_PER_S);
	assert_one(p, INCIDENT_WRITE, &incident);
	assert_int_equal(incident.point, SWITCH_POINT);
	assert_int_equal(incident.old_value.type, VALUE_NONE);
	assert_true(incident.new_value.as.b);
	plant_free(p);
}

static void half_a_float_joins_the_half_already_known(void **state)
{
	(void)state;
	plant_t *p = learned_plant();
	incident_t incident;
	link_t link = plant_connect(p, attacker_ip(), 1);
	plant_write_register(&link, 101, 0x4080); /* the high half of 4.0 and a bit */
	plant_rest(p, 20 * NS_PER_S);
	assert_one(p, INCIDENT_WRITE, &incident);
	assert_int_equal(incident.point, SET_POINT);
	assert_true(incident.new_value.as.f >= 4.0 && incident.new_value.as.f < 4.03);
	plant_free(p);
}

static void the_last_polled_value_serves_when_the_wire_said_nothing(void **state)
{
	(void)state;
	plant_t *p = plant_make();
	incident_t incident;
	last_value_t *last = last_value_new(8);
	sample_t sample = { .point = SET_POINT, .value = value_f64(3.25) };
	last_value_put(last, &sample);
	p->spec.last_values = last;
	p->spec.learn_ns = 0;
	plant_open(p);
	link_t link = plant_connect(p, attacker_ip(), 1);
	plant_write_set_point(&link, 3.5);
	assert_one(p, INCIDENT_WRITE, &incident);
	assert_true(fabs(incident.old_value.as.f - 3.25) < 1e-9);
	plant_free(p);
	last_value_free(last);
}

static void broken_messages_are_an_incident(void **state)
{
	(void)state;
	plant_t *p = learned_plant();
	incident_t incident;
	link_t link = plant_connect(p, poller_ip(), 0);
	for (size_t i = 0; i < 5; i++) {
		frame_tcp_data(&link.tcp, FRAME_CLIENT, p->now_ns,
		               SLICE("\0\1\0\0\0\4\1\3\0\0")); /* a read without a quantity */
		plant_wait(p, 100 * NS_PER_MS);
	}
	plant_rest(p, 20 * NS_PER_S);
	assert_one(p, INCIDENT_MALFORMED, &incident);
	assert_int_equal(incident.count, 5);
	assert_int_equal(sentry_status(p->sentry).malformed, 5);
	plant_free(p);
}

static void a_function_that_programs_a_machine_is_told(void **state)
{
	(void)state;
	plant_t *p = learned_plant();
	incident_t incident;
	link_t link = plant_connect(p, poller_ip(), 0);
	modbus_pdu_t request = { .function = MODBUS_DIAGNOSTICS,
		                 .subfunction = 4, /* listen only */
		                 .data = SLICE("\0\0") };
	plant_ask(&link, &request);
	plant_rest(p, 20 * NS_PER_S);
	assert_one(p, INCIDENT_TALKER, &incident);
	assert_int_equal(incident.reasons, 1u << REASON_NEW_FUNCTION);
	assert_int_equal(incident.function, MODBUS_DIAGNOSTICS);
	plant_free(p);
}

static void assets_and_conversations_are_listed(void **state)
{
	(void)state;
	plant_t *p = learned_plant();
	asset_t assets[LIST_MAX];
	conversation_t talks[LIST_MAX];
	link_t link = plant_connect(p, attacker_ip(), 4);
	plant_identify(&link);
	assert_int_equal(sentry_assets(p->sentry, 0, assets, LIST_MAX), MACHINES + 3);
	assert_true(assets[0].is_client && !assets[0].is_server);
	assert_true(ip_eq(assets[5].ip, plant_devices[4].addr.ip));
	assert_true(assets[5].is_server && !assets[5].is_client);
	assert_int_equal(assets[5].device, 5);
	assert_string_equal(assets[5].vendor, "Loom Works");
	assert_string_equal(assets[5].product, "FC-4");
	assert_string_equal(assets[5].revision, "V2.10");
	assert_true(assets[5].packets > 0 && assets[5].bytes > 0);
	size_t count = sentry_conversations(p->sentry, 0, talks, LIST_MAX);
	assert_int_equal(count, MACHINES + 2);
	assert_int_equal(talks[0].port, PLANT_PORT);
	assert_true(talks[0].requests > 0 && talks[0].requests == talks[0].replies);
	assert_int_equal(sentry_conversations(p->sentry, count - 1, talks, LIST_MAX), 1);
	assert_int_equal(sentry_assets(p->sentry, 999, assets, LIST_MAX), 0);
	plant_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_waits_learns_and_watches_by_the_time_of_packets),
		cmocka_unit_test(what_was_learned_raises_nothing),
		cmocka_unit_test(a_sweep_is_one_incident),
		cmocka_unit_test(a_second_sweep_after_quiet_is_another_incident),
		cmocka_unit_test(refused_connections_to_many_machines_are_a_sweep),
		cmocka_unit_test(many_units_of_one_gateway_are_a_sweep),
		cmocka_unit_test(a_walk_is_one_incident),
		cmocka_unit_test(a_known_client_that_walks_is_reported_too),
		cmocka_unit_test(a_known_client_may_read_a_little_more),
		cmocka_unit_test(addresses_that_do_not_exist_are_evidence),
		cmocka_unit_test(a_rogue_write_is_told_in_process_terms),
		cmocka_unit_test(three_acts_of_one_attacker_are_three_incidents),
		cmocka_unit_test(copies_of_the_loopback_change_nothing),
		cmocka_unit_test(a_write_first_is_still_only_a_write),
		cmocka_unit_test(a_quiet_stranger_is_a_talker_after_the_hold),
		cmocka_unit_test(a_talker_who_goes_on_stays_one_incident),
		cmocka_unit_test(an_approved_asset_is_no_talker),
		cmocka_unit_test(an_ordered_write_is_fine),
		cmocka_unit_test(an_approved_write_is_fine_within_the_limits),
		cmocka_unit_test(a_learned_writer_needs_approval_or_an_order),
		cmocka_unit_test(a_write_outside_limits_is_reported_while_learning),
		cmocka_unit_test(a_refused_write_is_no_write),
		cmocka_unit_test(an_unanswered_write_counts_as_done),
		cmocka_unit_test(a_write_without_a_point_tells_the_register),
		cmocka_unit_test(a_coil_is_told_as_its_point),
		cmocka_unit_test(half_a_float_joins_the_half_already_known),
		cmocka_unit_test(the_last_polled_value_serves_when_the_wire_said_nothing),
		cmocka_unit_test(broken_messages_are_an_incident),
		cmocka_unit_test(a_function_that_programs_a_machine_is_told),
		cmocka_unit_test(assets_and_conversations_are_listed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
