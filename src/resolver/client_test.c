/* SPDX-License-Identifier: Apache-2.0 */
/* One exchange with one server: repeats, slices, connections, and replies that are
 * none. Asked through a resolver with one pinned server. */
#include <stdio.h>

#include "resolver/fixture_test.h"

#include "resolver/reply.h"

static const twin_spec_t CALM = { .seed = 11 };

/* A resolver that asks one server for everything. */
static server_t *world_pinned(world_t *world, resolver_transport_t transport, bool prefer_tcp)
{
	world_make(world, &CALM);
	server_t *server = server_new(world, 4);
	const resolver_pin_t pin = { .addr = server->addr, .transport = transport };
	resolver_start(world,
	               (resolver_spec_t){ .pins = &pin, .pin_count = 1, .prefer_tcp = prefer_tcp });
	return server;
}

static void lost_requests_are_sent_after_500_1000_and_1500_ms(void **state)
{
	(void)state;
	world_t world;
	server_t *server = world_pinned(&world, RESOLVER_BY_UDP, false);
	url_at(server, NULL, "a");
	int64_t from = env_now(world.env);
	server->lose = 1;
	ask_text(&world, "99.200/a", "a");
	assert_in_range(env_now(world.env) - from, 500 * NS_PER_MS, 510 * NS_PER_MS);
	from = env_now(world.env);
	server->lose = 2;
	ask_text(&world, "99.200/b", "a");
	assert_in_range(env_now(world.env) - from, 1500 * NS_PER_MS, 1510 * NS_PER_MS);
	from = env_now(world.env);
	server->lose = 3;
	ask_expect(&world, "99.200/c", ERR_TIMEOUT, RESOLVER_FROM_SERVER);
	assert_in_range(env_now(world.env) - from, 3000 * NS_PER_MS, 3010 * NS_PER_MS);
	assert_int_equal(metric(&world, "retries_total"), 1 + 2 + 2);
	world_free(&world);
}

static void a_door_that_is_silent_leaves_the_question_to_the_next(void **state)
{
	(void)state;
	world_t world;
	server_t *server = world_pinned(&world, RESOLVER_BY_ANY, false);
	url_at(server, NULL, "a");
	server->lose = 3;
	resolver_reply_t reply = ask(&world, "99.200/a");
	OK(reply.err);
	const resolver_step_t *step = &reply.answer->steps[reply.answer->step_count - 1];
	assert_int_equal(step->kind, RESOLVER_STEP_ASKED);
	assert_true(step->by_tcp);
	assert_int_equal(step->tries, 4);
	assert_int_equal(server->by_tcp, 1);
	resolver_answer_release(reply.answer);
	world_free(&world);
}

static void a_late_answer_to_an_earlier_try_is_taken(void **state)
{
	(void)state;
	world_t world;
	server_t *server = world_pinned(&world, RESOLVER_BY_UDP, false);
	url_at(server, NULL, "a");
	server->delay_ns = 450 * NS_PER_MS;
	twin_net_unplug(world.twin, server->addr.ip, false);
	ask_text(&world, "99.200/a", "a");
	server->delay_ns = 600 * NS_PER_MS;
	/* Each repetition delays this server's one answer again, so it comes last. */
	ask_text(&world, "99.200/b", "a");
	world_free(&world);
}

static void request_ids_are_positive_and_never_the_same(void **state)
{
	(void)state;
	enum { REQUESTS = 40 };
	world_t world;
	uint32_t seen[REQUESTS];
	server_t *server = world_pinned(&world, RESOLVER_BY_UDP, false);
	url_at(server, NULL, "a");
	for (unsigned i = 0; i < REQUESTS; i++) {
		ask_start(&world, "99.200/a", NULL, RESOLVER_AUTHORITATIVE);
		resolver_answer_release(ask_end(&world).answer);
		seen[i] = server->envelope.request_id;
		assert_true(seen[i] > 0 && seen[i] <= INT32_MAX);
		for (unsigned j = 0; j < i; j++)
			assert_int_not_equal(seen[i], seen[j]);
	}
	world_free(&world);
}

static void long_requests_go_in_slices(void **state)
{
	(void)state;
	world_t world;
	enum { TYPES = 60 };
	char text[TYPES][64];
	slice_t types[TYPES];
	server_t *server = world_pinned(&world, RESOLVER_BY_UDP, false);
	url_at(server, NULL, "a");
	for (size_t i = 0; i < TYPES; i++) {
		snprintf(text[i], sizeof(text[i]), "A_TYPE_WITH_A_LONG_NAME_%zu", i);
		types[i] = slice_str(text[i]);
	}
	types[TYPES - 1] = SLICE("URL");
	resolver_question_t question = { .name = SLICE("99.200/a"),
		                         .types = types,
		                         .type_count = TYPES };
	OK(resolver_ask(world.resolver, &question, world.replies, NULL));
	resolver_reply_t reply = ask_end(&world);
	OK(reply.err);
	assert_int_equal(reply.answer->count, 1);
	assert_int_equal(server->datagrams, 4);
	assert_true(server->envelope.flags & HANDLE_ENVELOPE_TRUNCATED);
	resolver_answer_release(reply.answer);
	world_free(&world);
}

static void sliced_replies_are_joined_whatever_their_bit(void **state)
{
	(void)state;
	for (int manner = 0; manner < 3; manner++) {
		world_t world;
		server_t *server = world_pinned(&world, RESOLVER_BY_UDP, false);
		url_at(server, "99.200/long", "long")->padding = 3000;
		url_at(server, "99.200/short", "short");
		server->clears_truncated = manner == 1;
		server->sets_truncated = manner == 2;
		resolver_reply_t reply = ask(&world, "99.200/long");
		OK(reply.err);
		assert_true(reply.answer->values.len > 3000);
		resolver_answer_release(reply.answer);
		ask_text(&world, "99.200/short", "short");
		assert_int_equal(server->by_udp, 2);
		world_free(&world);
	}
}

static void replies_past_64_kib_are_fetched_by_tcp(void **state)
{
	(void)state;
	world_t world;
	server_t *server = world_pinned(&world, RESOLVER_BY_ANY, false);
	url_at(server, NULL, "huge")->padding = 100 << 10;
	resolver_reply_t reply = ask(&world, "99.200/huge");
	OK(reply.err);
	assert_true(reply.answer->values.len > 100 << 10);
	assert_int_equal(server->by_udp, 1);
	assert_int_equal(server->by_tcp, 1);
	resolver_answer_release(reply.answer);
	world_free(&world);
}

static void many_questions_share_one_connection(void **state)
{
	(void)state;
	world_t world;
	server_t *server = world_pinned(&world, RESOLVER_BY_ANY, true);
	url_at(server, NULL, "a");
	for (unsigned i = 0; i < 40; i++) {
		char name[32];
		snprintf(name, sizeof(name), "99.200/%u", i);
		ask_start(&world, name, NULL, 0);
	}
	for (unsigned i = 0; i < 40; i++) {
		resolver_reply_t reply = ask_end(&world);
		OK(reply.err);
		resolver_answer_release(reply.answer);
	}
	assert_int_equal(server->connections, 1);
	assert_int_equal(server->by_tcp, 40);
	world_free(&world);
}

static void an_idle_connection_is_closed(void **state)
{
	(void)state;
	world_t world;
	server_t *server = world_pinned(&world, RESOLVER_BY_TCP, true);
	url_at(server, NULL, "a");
	ask_text(&world, "99.200/a", "a");
	assert_int_equal(metric(&world, "connections"), 1);
	twin_run_for(world.twin, 26 * NS_PER_S);
	assert_int_equal(metric(&world, "connections"), 0);
	ask_text(&world, "99.200/b", "a");
	assert_int_equal(server->connections, 2);
	world_free(&world);
}

static void a_server_that_closes_after_each_answer_is_used_so(void **state)
{
	(void)state;
	world_t world;
	server_t *server = world_pinned(&world, RESOLVER_BY_TCP, true);
	url_at(server, NULL, "a");
	server->closes = true;
	/* At once: the first connection answers one, the rest go to new ones. */
	for (unsigned i = 0; i < 20; i++) {
		char name[32];
		snprintf(name, sizeof(name), "99.200/%u", i);
		ask_start(&world, name, NULL, 0);
	}
	for (unsigned i = 0; i < 20; i++) {
		resolver_reply_t reply = ask_end(&world);
		OK(reply.err);
		resolver_answer_release(reply.answer);
	}
	unsigned before = server->connections;
	ask_text(&world, "99.200/x", "a");
	ask_text(&world, "99.200/y", "a");
	assert_int_equal(server->connections, before + 2);
	world_free(&world);
}

static void a_closed_port_is_no_network(void **state)
{
	(void)state;
	world_t world;
	server_t *server = world_pinned(&world, RESOLVER_BY_TCP, true);
	env_listener_close(server->listener);
	ask_expect(&world, "99.200/a", ERR_NETWORK, RESOLVER_FROM_SERVER);
	assert_int_equal(metric(&world, "connections"), 0);
	world_free(&world);
}

static void more_connections_than_128_are_refused_and_counted(void **state)
{
	(void)state;
	enum { NAMES = 140 };
	world_t world;
	unsigned refused = 0;
	world_make(&world, &CALM);
	server_t *server = server_new(&world, 4);
	resolver_pin_t pins[NAMES];
	char prefix[NAMES][16], name[32];
	for (unsigned i = 0; i < NAMES; i++) {
		snprintf(prefix[i], sizeof(prefix[i]), "99.%u", 100 + i);
		pins[i] = (resolver_pin_t){ .prefix = slice_str(prefix[i]),
			                    .addr = { ip_v4(10, 0, 1, (uint8_t)i), 2641 },
			                    .transport = RESOLVER_BY_TCP };
	}
	(void)server;
	resolver_start(&world,
	               (resolver_spec_t){ .pins = pins, .pin_count = NAMES, .walks_max = NAMES });
	for (unsigned i = 0; i < NAMES; i++) {
		twin_net_unplug(world.twin, pins[i].addr.ip, true);
		snprintf(name, sizeof(name), "99.%u/a", 100 + i);
		ask_start(&world, name, NULL, 0);
	}
	for (unsigned i = 0; i < NAMES; i++) {
		resolver_reply_t reply = ask_end(&world);
		refused += reply.err == ERR_LIMIT;
		resolver_answer_release(reply.answer);
	}
	assert_int_equal(refused, NAMES - 128);
	assert_int_equal(metric(&world, "connections_refused_total"), NAMES - 128);
	world_free(&world);
}

/* Replies that are none. */

static void lie_id(server_t *s)
{
	s->wrong_id = true;
}

static void lie_peer(server_t *s)
{
	s->wrong_peer = true;
}

static void lie_operation(server_t *s)
{
	s->wrong_operation = true;
}

static void lie_shape(server_t *s)
{
	s->garbage = true;
}

static void lie_name(server_t *s)
{
	s->rules[0].said_name = "99.200/other";
}

static void lie_digest(server_t *s)
{
	s->wrong_digest = true;
}

static void lie_no_digest(server_t *s)
{
	s->no_digest = true;
}

static void replies_that_are_none_are_waited_out(void **state)
{
	static const struct {
		void (*lie)(server_t *s);
		err_t err;
		bool is_stray;
	} rows[] = {
		{ lie_id, ERR_TIMEOUT, true },          { lie_peer, ERR_TIMEOUT, true },
		{ lie_operation, ERR_PROTOCOL, false }, { lie_shape, ERR_TIMEOUT, true },
		{ lie_name, ERR_PROTOCOL, false },      { lie_digest, ERR_PROTOCOL, false },
		{ lie_no_digest, ERR_PROTOCOL, false },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		world_t world;
		server_t *server = world_pinned(&world, RESOLVER_BY_UDP, false);
		url_at(server, "99.200/a", "a");
		rows[i].lie(server);
		ask_start(&world, "99.200/a", NULL, RESOLVER_DIGEST);
		resolver_reply_t reply = ask_end(&world);
		if (reply.err != rows[i].err)
			fail_msg("row %zu: %s", i, err_info(reply.err)->name);
		resolver_answer_release(reply.answer);
		assert_int_equal(metric(&world, "stray_total"), rows[i].is_stray ? 3 : 0);
		assert_int_equal(metric(&world, "bad_replies_total"), rows[i].is_stray ? 0 : 3);
		assert_int_equal(metric(&world, "cache_entries"), 0);
		world_free(&world);
	}
}

static void a_good_reply_behind_a_bad_one_is_taken(void **state)
{
	(void)state;
	world_t world;
	server_t *server = world_pinned(&world, RESOLVER_BY_UDP, false);
	url_at(server, "99.200/a", "a");
	server->wrong_operation = true;
	ask_start(&world, "99.200/a", NULL, RESOLVER_DIGEST);
	while (server->by_udp == 0)
		assert_true(twin_step(world.twin));
	server->wrong_operation = false;
	resolver_reply_t reply = ask_end(&world);
	OK(reply.err);
	assert_int_equal(reply.answer->steps[1].ignored, 1);
	assert_int_equal(reply.answer->steps[1].tries, 2);
	resolver_answer_release(reply.answer);
	world_free(&world);
}

static void a_stream_without_frames_is_an_error_of_the_protocol(void **state)
{
	(void)state;
	world_t world;
	server_t *server = world_pinned(&world, RESOLVER_BY_TCP, true);
	url_at(server, NULL, "a");
	server->garbage = true;
	ask_expect(&world, "99.200/a", ERR_PROTOCOL, RESOLVER_FROM_SERVER);
	assert_int_equal(metric(&world, "connections"), 0);
	world_free(&world);
}

static void values_nobody_asked_for_are_left_out(void **state)
{
	(void)state;
	world_t world;
	server_t *server = world_pinned(&world, RESOLVER_BY_UDP, false);
	rule_t *rule = rule_add(server, NULL, HANDLE_RC_OK);
	text_of(rule, 1, "URL", "a");
	text_of(rule, 2, "EMAIL", "b");
	ask_start(&world, "99.200/a", "EMAIL", 0);
	resolver_reply_t reply = ask_end(&world);
	OK(reply.err);
	assert_int_equal(reply.answer->count, 1);
	resolver_answer_release(reply.answer);
	ask_start(&world, "99.200/a", "DESC", 0);
	reply = ask_end(&world);
	assert_int_equal(reply.err, ERR_NOT_FOUND);
	assert_int_equal(reply.response, HANDLE_RC_VALUES_NOT_FOUND);
	resolver_answer_release(reply.answer);
	world_free(&world);
}

static void what_is_no_name_is_refused_at_once(void **state)
{
	(void)state;
	world_t world;
	static char longest[HANDLE_NAME_MAX + 1];
	slice_t type = slice_of(longest, RESOLVER_TYPE_MAX + 1);
	memset(longest, 'a', sizeof(longest));
	(void)world_pinned(&world, RESOLVER_BY_ANY, false);
	const resolver_question_t rows[] = {
		{ .name = { 0 } },
		{ .name = SLICE("/a") },
		{ .name = SLICE("99.200/\xff") },
		{ .name = slice_of(longest, sizeof(longest)) },
		{ .name = SLICE("99.200/a"), .types = &type, .type_count = 1 },
		{ .name = SLICE("99.200/a"), .type_count = RESOLVER_FILTERS_MAX + 1 },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_int_equal(resolver_ask(world.resolver, &rows[i], world.replies, NULL),
		                 ERR_INVALID);
	resolver_question_t deep = { .name = SLICE("99.200/a"), .recursion = 11 };
	assert_int_equal(resolver_ask(world.resolver, &deep, world.replies, NULL), ERR_LIMIT);
	world_free(&world);
}

static void closing_with_questions_open_leaves_nothing(void **state)
{
	(void)state;
	world_t world;
	server_t *server = world_usual(&world, &CALM);
	server->is_silent = true;
	resolver_start(&world, (resolver_spec_t){ .prefer_tcp = true });
	for (unsigned i = 0; i < 10; i++)
		ask_start(&world, "99.200.7/a", NULL, i & 1 ? RESOLVER_AUTHORITATIVE : 0);
	twin_run_for(world.twin, NS_PER_S);
	ask_start(&world, "99.200/b", NULL, 0);
	world_free(&world);
}

static void old_servers_that_are_backed_up_do_not_refer(void **state)
{
	static const struct {
		uint8_t minor;
		uint32_t response;
	} rows[] = { { 4, HANDLE_RC_READ_ONLY }, { 5, HANDLE_RC_PREFIX_REFERRAL } };
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		uint8_t room[256];
		writer_t w = writer_of(room, sizeof(room));
		handle_envelope_t envelope = { .version = { 2, rows[i].minor } };
		handle_header_t header = { .operation = HANDLE_OP_RESOLVE,
			                   .response = HANDLE_RC_PREFIX_REFERRAL };
		expect_t expect = { .operation = HANDLE_OP_RESOLVE, .name = SLICE("99.200/a") };
		reply_t reply;
		handle_mark_t mark = handle_message_begin(NULL, &header, &w);
		wr_bytes32(&w, SLICE("0.SERV/a"));
		handle_message_end(mark, (slice_t){ 0 }, &w);
		OK(reply_read(&expect, &envelope, writer_done(&w), &reply));
		assert_int_equal(reply.response, rows[i].response);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lost_requests_are_sent_after_500_1000_and_1500_ms),
		cmocka_unit_test(a_door_that_is_silent_leaves_the_question_to_the_next),
		cmocka_unit_test(a_late_answer_to_an_earlier_try_is_taken),
		cmocka_unit_test(request_ids_are_positive_and_never_the_same),
		cmocka_unit_test(long_requests_go_in_slices),
		cmocka_unit_test(sliced_replies_are_joined_whatever_their_bit),
		cmocka_unit_test(replies_past_64_kib_are_fetched_by_tcp),
		cmocka_unit_test(many_questions_share_one_connection),
		cmocka_unit_test(an_idle_connection_is_closed),
		cmocka_unit_test(a_server_that_closes_after_each_answer_is_used_so),
		cmocka_unit_test(a_closed_port_is_no_network),
		cmocka_unit_test(more_connections_than_128_are_refused_and_counted),
		cmocka_unit_test(replies_that_are_none_are_waited_out),
		cmocka_unit_test(a_good_reply_behind_a_bad_one_is_taken),
		cmocka_unit_test(a_stream_without_frames_is_an_error_of_the_protocol),
		cmocka_unit_test(values_nobody_asked_for_are_left_out),
		cmocka_unit_test(old_servers_that_are_backed_up_do_not_refer),
		cmocka_unit_test(what_is_no_name_is_refused_at_once),
		cmocka_unit_test(closing_with_questions_open_leaves_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
