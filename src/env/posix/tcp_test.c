/* SPDX-License-Identifier: Apache-2.0 */
#include "env/posix/fixture.h"

/* A server whose streams all behave in one way, told by its events. */
typedef struct {
	world_t *world;
	env_listener_t *listener;
	const env_tcp_events_t *events;
	size_t input_max, connections_max;
	slice_t greeting;
	bool close_at_once, reset_at_once, refuse;
	env_tcp_t *last;
	addr_t peer;
	size_t accepted, ended;
	err_t why;
} server_t;

static size_t echo_words(void *ctx, env_tcp_t *tcp, slice_t bytes)
{
	(void)ctx;
	slice_t word = bytes;
	size_t end = slice_find(word, ';');
	if (end == word.len)
		return 0; /* not whole yet: the same bytes come again */
	assert_int_equal(env_tcp_write(tcp, slice_sub(bytes, 0, end + 1)), ERR_OK);
	return end + 1;
}

static size_t take_nothing(void *ctx, env_tcp_t *tcp, slice_t bytes)
{
	(void)ctx;
	(void)tcp;
	(void)bytes;
	return 0;
}

static size_t close_on_data(void *ctx, env_tcp_t *tcp, slice_t bytes)
{
	(void)ctx;
	assert_int_equal(env_tcp_write(tcp, SLICE("bye")), ERR_OK);
	env_tcp_close(tcp);
	return bytes.len;
}

static void server_closed(void *ctx, env_tcp_t *tcp, err_t why)
{
	server_t *server = ctx;
	server->ended++;
	server->why = why;
	if (server->last == tcp)
		server->last = NULL;
	env_tcp_close(tcp); /* harmless: the stream has ended */
}

static const env_tcp_events_t echo_events = { .data = echo_words, .closed = server_closed };
static const env_tcp_events_t mute_events = { .data = take_nothing, .closed = server_closed };
static const env_tcp_events_t bye_events = { .data = close_on_data, .closed = server_closed };

static bool server_accept(void *ctx, env_tcp_t *tcp, addr_t peer, env_tcp_spec_t *ret_spec)
{
	server_t *server = ctx;
	server->accepted++;
	server->last = tcp;
	server->peer = peer;
	*ret_spec = (env_tcp_spec_t){ .events = server->events,
		                      .ctx = server,
		                      .input_max = server->input_max };
	if (server->greeting.len)
		assert_int_equal(env_tcp_write(tcp, server->greeting), ERR_OK);
	if (server->close_at_once)
		env_tcp_close(tcp);
	if (server->reset_at_once)
		env_tcp_reset(tcp);
	return !server->refuse;
}

static addr_t server_open(server_t *server, world_t *world)
{
	server->world = world;
	env_listen_spec_t spec = {
		.accept = server_accept,
		.ctx = server,
		.connections_max = server->connections_max ? server->connections_max : 8,
	};
	assert_int_equal(env_tcp_listen(world->loop, loopback(0), &spec, &server->listener),
	                 ERR_OK);
	addr_t addr = env_listener_addr(server->listener);
	assert_int_not_equal(addr.port, 0);
	return addr;
}

static void server_done(server_t *server)
{
	env_tcp_close(server->last);
	env_listener_close(server->listener);
}

static void echo_returns_whole_words(void **state)
{
	world_t *world = *state;
	server_t server = { .events = &echo_events };
	client_t client = { .ask = SLICE("coater;calender;half"), .until = SLICE("calender;") };
	client_dial(&client, world, server_open(&server, world));
	world_run(world);
	assert_true(slice_eq(text_slice(&client.got), SLICE("coater;calender;")));
	client.until = SLICE("halfway;");
	assert_int_equal(env_tcp_write(client.tcp, SLICE("way;")), ERR_OK);
	world_run(world);
	assert_true(addr_eq(env_tcp_local(client.tcp), server.peer));
	assert_true(addr_eq(env_tcp_peer(client.tcp), env_tcp_local(server.last)));
	client_done(&client);
	server_done(&server);
}

static void echo_works_over_ipv6(void **state)
{
	world_t *world = *state;
	server_t server = { .events = &echo_events, .world = world };
	env_listen_spec_t spec = { server_accept, &server, 1 };
	addr_t any = { .ip = { .bytes = { [15] = 1 }, .family = 6 } };
	if (env_tcp_listen(world->loop, any, &spec, &server.listener) != ERR_OK)
		skip(); /* a machine without IPv6 */
	client_t client = { .ask = SLICE("six;"), .until = SLICE("six;") };
	client_dial(&client, world, env_listener_addr(server.listener));
	world_run(world);
	client_done(&client);
	server_done(&server);
}

static void hoarded_input_ends_the_stream(void **state)
{
	world_t *world = *state;
	static uint8_t bytes[5000];
	server_t server = { .events = &mute_events, .input_max = 1000 };
	client_t client = { .ask = slice_of(bytes, sizeof(bytes)) };
	client_dial(&client, world, server_open(&server, world));
	world_run(world);
	assert_int_equal(server.ended, 1);
	assert_int_equal(server.why, ERR_TOO_BIG);
	client_done(&client);
	server_done(&server);
}

static void unsent_output_leaves_after_close(void **state)
{
	world_t *world = *state;
	static uint8_t bytes[1 << 20];
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7);
	server_t server = { .events = &mute_events,
		            .greeting = slice_of(bytes, sizeof(bytes)),
		            .close_at_once = true };
	/* Input the server never reads must not turn its end into a reset. */
	client_t client = { .ask = slice_of(bytes, 100000) };
	client_dial(&client, world, server_open(&server, world));
	world_run(world);
	assert_int_equal(client.why, ERR_OK);
	assert_true(slice_eq(text_slice(&client.got), slice_of(bytes, sizeof(bytes))));
	assert_int_equal(server.ended, 0); /* the owner closed: no callback */
	server.last = NULL;
	client_done(&client);
	server_done(&server);
}

static void close_inside_data_sends_the_last_words(void **state)
{
	world_t *world = *state;
	server_t server = { .events = &bye_events };
	client_t client = { .ask = SLICE("x") };
	client_dial(&client, world, server_open(&server, world));
	world_run(world);
	assert_int_equal(client.why, ERR_OK);
	assert_true(slice_eq(text_slice(&client.got), SLICE("bye")));
	server.last = NULL;
	client_done(&client);
	server_done(&server);
}

static void reset_is_seen_as_an_error(void **state)
{
	world_t *world = *state;
	server_t server = { .events = &mute_events, .reset_at_once = true };
	client_t client = { .ask = SLICE("x") };
	client_dial(&client, world, server_open(&server, world));
	world_run(world);
	assert_int_equal(client.why, ERR_NETWORK);
	server.last = NULL;
	client_done(&client);
	server_done(&server);
}

static void dial_to_nobody_is_told_by_closed(void **state)
{
	world_t *world = *state;
	server_t server = { .events = &mute_events };
	addr_t addr = server_open(&server, world);
	server_done(&server);
	client_t client = { .ask = SLICE("x") };
	client_dial(&client, world, addr);
	world_run(world);
	assert_int_equal(client.why, ERR_NETWORK);
	client_done(&client);
}

static void taken_port_is_busy(void **state)
{
	world_t *world = *state;
	server_t server = { .events = &mute_events };
	addr_t addr = server_open(&server, world);
	env_listen_spec_t spec = { server_accept, &server, 1 };
	env_listener_t *second = NULL;
	assert_int_equal(env_tcp_listen(world->loop, addr, &spec, &second), ERR_BUSY);
	server_done(&server);
}

static void dial_takes_the_local_address_asked_for(void **state)
{
	world_t *world = *state;
	server_t server = { .events = &echo_events };
	client_t client = { .ask = SLICE("x;"), .until = SLICE("x;") };
	addr_t addr = server_open(&server, world);
	client_dial(&client, world, addr); /* for its events */
	world_run(world);
	env_tcp_close(client.tcp);
	static const env_tcp_events_t events = { .opened = client_opened,
		                                 .data = client_data,
		                                 .closed = client_closed };
	addr_t local = { ip_v4(127, 0, 0, 9), 0 };
	env_tcp_spec_t spec = { .events = &events, .ctx = &client };
	assert_int_equal(env_tcp_dial(world->loop, &local, addr, &spec, &client.tcp), ERR_OK);
	world_run(world);
	assert_true(ip_eq(server.peer.ip, local.ip));
	client_done(&client);
	server_done(&server);
}

/* Output limits. */

typedef struct {
	world_t *world;
	env_tcp_t *tcp;
	int drained;
	bool limited;
} writer_side_t;

static void writer_opened(void *ctx, env_tcp_t *tcp)
{
	static uint8_t bytes[60000];
	writer_side_t *side = ctx;
	err_t err = ERR_OK;
	while (!err)
		err = env_tcp_write(tcp, slice_of(bytes, sizeof(bytes)));
	assert_int_equal(err, ERR_LIMIT);
	assert_true(env_tcp_unsent(tcp) <= 100000);
	side->limited = true;
}

static void writer_drained(void *ctx, env_tcp_t *tcp)
{
	writer_side_t *side = ctx;
	assert_int_equal(env_tcp_unsent(tcp), 0);
	side->drained++;
	env_stop(side->world->env);
}

static void writer_closed(void *ctx, env_tcp_t *tcp, err_t why)
{
	(void)ctx;
	(void)tcp;
	(void)why;
	fail();
}

static void full_output_refuses_and_drains(void **state)
{
	world_t *world = *state;
	server_t server = { .events = &mute_events, .input_max = 1 << 20 };
	static const env_tcp_events_t events = { .opened = writer_opened,
		                                 .data = take_nothing,
		                                 .drained = writer_drained,
		                                 .closed = writer_closed };
	writer_side_t side = { .world = world };
	env_tcp_spec_t spec = { .events = &events, .ctx = &side, .output_max = 100000 };
	assert_int_equal(
		env_tcp_dial(world->loop, NULL, server_open(&server, world), &spec, &side.tcp),
		ERR_OK);
	world_run(world);
	assert_true(side.limited);
	assert_int_equal(side.drained, 1);
	env_tcp_close(side.tcp);
	server_done(&server);
}

/* Many streams. */

static void streams_past_the_limit_are_closed(void **state)
{
	world_t *world = *state;
	server_t server = { .events = &echo_events, .connections_max = 1 };
	addr_t addr = server_open(&server, world);
	client_t first = { .ask = SLICE("1;"), .until = SLICE("1;") };
	client_dial(&first, world, addr);
	world_run(world);
	client_t second = { .ask = SLICE("2;"), .until = SLICE("2;") };
	client_dial(&second, world, addr);
	world_run(world);
	assert_null(second.tcp);
	assert_int_equal(second.got.len, 0);
	client_done(&second);
	/* When the first has left there is room again. */
	client_done(&first);
	while (server.ended == 0) {
		env_timer_t *turn = NULL;
		assert_int_equal(env_timer_new(world->loop, world_stop_now, world, &turn), ERR_OK);
		env_timer_set(turn, 0);
		world_run(world);
		env_timer_free(turn);
	}
	client_t third = { .ask = SLICE("3;"), .until = SLICE("3;") };
	client_dial(&third, world, addr);
	world_run(world);
	assert_non_null(third.tcp);
	client_done(&third);
	server_done(&server);
}

enum { IDLE = 1000 };

static void a_thousand_idle_streams_cost_little(void **state)
{
	world_t *world = *state;
	server_t server = { .events = &echo_events, .connections_max = IDLE + 1 };
	addr_t addr = server_open(&server, world);
	client_t *idle = test_calloc(IDLE, sizeof(*idle));
	uint64_t before = env_usage(world->env).anon_bytes;
	for (size_t i = 0; i < IDLE; i++) {
		idle[i].ask = (slice_t){ 0 };
		client_dial(&idle[i], world, addr);
	}
	client_t busy = { .ask = SLICE("still here;"), .until = SLICE("still here;") };
	client_dial(&busy, world, addr);
	world_run(world);
	assert_int_equal(server.accepted, IDLE + 1);
	uint64_t after = env_usage(world->env).anon_bytes;
	assert_true(after < before || after - before < 16 << 20);
	for (size_t i = 0; i < IDLE; i++)
		client_done(&idle[i]);
	client_done(&busy);
	test_free(idle);
	server.last = NULL; /* all of them end below */
	while (server.ended < IDLE + 1) {
		env_timer_t *turn = NULL;
		assert_int_equal(env_timer_new(world->loop, world_stop_now, world, &turn), ERR_OK);
		env_timer_set(turn, NS_PER_MS);
		world_run(world);
		env_timer_free(turn);
	}
	server_done(&server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(echo_returns_whole_words),
		WORLD_TEST(echo_works_over_ipv6),
		WORLD_TEST(hoarded_input_ends_the_stream),
		WORLD_TEST(unsent_output_leaves_after_close),
		WORLD_TEST(close_inside_data_sends_the_last_words),
		WORLD_TEST(reset_is_seen_as_an_error),
		WORLD_TEST(dial_to_nobody_is_told_by_closed),
		WORLD_TEST(taken_port_is_busy),
		WORLD_TEST(dial_takes_the_local_address_asked_for),
		WORLD_TEST(full_output_refuses_and_drains),
		WORLD_TEST(streams_past_the_limit_are_closed),
		WORLD_TEST(a_thousand_idle_streams_cost_little),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
