/* SPDX-License-Identifier: Apache-2.0 */
/* Every case runs in both worlds and both families of addresses, but where it says so. */
#include "env/tls_fixture_test.h"

static void check_handshake(net_t *net)
{
	connect_both(net);
	for (int i = 0; i < END_COUNT; i++) {
		assert_int_equal(net->ends[i].judged, 1);
		assert_true(slice_eq(env_tls_peer_certificate(net->ends[i].tls),
		                     party_der(&net->parties[!i])));
		assert_true(slice_eq(env_tls_alpn(net->ends[i].tls), SLICE("test/1")));
	}
	assert_int_equal(stats_of(net).done, 1);
	assert_int_equal(stats_of(net).handshaking, 0);
	env_tls_close(net->ends[CLIENT].tls);
	net->ends[CLIENT].tls = NULL;
	run_until(net, server_is_closed);
	assert_int_equal(net->ends[SERVER].why, ERR_OK);
	assert_int_equal(net->ends[CLIENT].closed, 0);
}

static void both_ends_know_one_another_and_part_with_a_goodbye(void **state)
{
	(void)state;
	everywhere(check_handshake);
}

static bool all_is_there(const net_t *net)
{
	return net->ends[CLIENT].got == BIG && net->ends[SERVER].got == BIG;
}

/* Far more than fits into the output, both ways at once, with new keys on the way. */
static void check_transfer(net_t *net)
{
	net->output_max = 100000;
	net->key_records = 20;
	for (int i = 0; i < END_COUNT; i++)
		net->ends[i].to_send = BIG;
	dial_as_usual(net);
	run_until(net, all_is_there);
	for (int i = 0; i < END_COUNT; i++) {
		assert_int_equal(net->ends[i].sum, BIG);
		assert_true(net->ends[i].drained > 3);
	}
}

static void large_transfers_both_ways_wait_for_room_and_arrive_whole(void **state)
{
	(void)state;
	everywhere(check_transfer);
}

static void check_write_limits(net_t *net)
{
	static const uint8_t bytes[2000];
	net->output_max = 1000;
	dial_as_usual(net);
	assert_int_equal(env_tls_write(net->ends[CLIENT].tls, SLICE("x")), ERR_BUSY);
	run_until(net, both_are_open);
	assert_int_equal(env_tls_write(net->ends[CLIENT].tls, slice_of(bytes, 1001)), ERR_LIMIT);
	OK(env_tls_write(net->ends[CLIENT].tls, slice_of(bytes, 1000)));
}

static void write_is_refused_before_the_handshake_and_past_the_output(void **state)
{
	(void)state;
	everywhere(check_write_limits);
}

static void check_input(net_t *net)
{
	net->input_max = 5000;
	net->ends[SERVER].keep = 100000;
	net->ends[CLIENT].to_send = 5000;
	dial_as_usual(net);
	run_until(net, both_are_closed);
	assert_int_equal(net->ends[SERVER].why, ERR_TOO_BIG);
}

static void input_that_nobody_uses_is_bounded(void **state)
{
	(void)state;
	everywhere(check_input);
}

static void check_alpn(net_t *net)
{
	dial(net, identity_of(net, CLIENT, "test/2"));
	run_until(net, both_are_closed);
	for (int i = 0; i < END_COUNT; i++) {
		assert_int_equal(net->ends[i].why, ERR_PROTOCOL);
		assert_int_equal(net->ends[i].opened, 0);
	}
	assert_int_equal(stats_of(net).failed, 1);
}

static void other_application_protocol_is_refused(void **state)
{
	(void)state;
	everywhere(check_alpn);
}

static void check_without(net_t *net)
{
	env_tls_identity_t bare = identity_of(net, CLIENT, "test/1");
	bare.certificate_pem = (slice_t){ 0 };
	bare.key = NULL;
	dial(net, bare);
	run_until(net, both_are_closed);
	assert_int_equal(net->ends[SERVER].opened, 0);
	for (int i = 0; i < END_COUNT; i++) {
		assert_int_equal(net->ends[i].why, ERR_DENIED);
		assert_int_equal(net->ends[i].trust, ENV_TRUST_MISSING);
		assert_int_equal(net->ends[i].by_peer, i == CLIENT);
		net->ends[i].opened = net->ends[i].closed = 0;
	}
	net->ends[SERVER].says_without = ENV_TRUST_GOOD;
	dial(net, bare);
	run_until(net, both_are_open);
	assert_int_equal(env_tls_peer_certificate(net->ends[SERVER].tls).len, 0);
	assert_int_equal(net->ends[SERVER].judged, 0);
}

static void client_without_certificate_comes_in_only_when_the_judge_says_so(void **state)
{
	(void)state;
	everywhere(check_without);
}

/* Each reason arrives as itself, but for those that share an alert. */
static void check_refusals(net_t *net)
{
	static const struct {
		env_trust_t said, heard;
	} rows[] = { { ENV_TRUST_UNKNOWN, ENV_TRUST_UNKNOWN },
		     { ENV_TRUST_EXPIRED, ENV_TRUST_EXPIRED },
		     { ENV_TRUST_REVOKED, ENV_TRUST_REVOKED },
		     { ENV_TRUST_PURPOSE, ENV_TRUST_PURPOSE },
		     { ENV_TRUST_STRANGER, ENV_TRUST_STRANGER },
		     { ENV_TRUST_EARLY, ENV_TRUST_BROKEN } };
	for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(*rows); i++) {
		int refuser = i % 2 ? CLIENT : SERVER;
		net->ends[refuser].says = rows[i / 2].said;
		dial_as_usual(net);
		run_until(net, both_are_closed);
		for (int who = 0; who < END_COUNT; who++) {
			end_t *end = &net->ends[who];
			assert_int_equal(end->why, ERR_DENIED);
			assert_int_equal(end->trust,
			                 who == refuser ? rows[i / 2].said : rows[i / 2].heard);
			assert_int_equal(end->by_peer, who != refuser);
			end->closed = 0;
		}
		assert_int_equal(net->ends[refuser].opened, 0);
		net->ends[refuser].says = ENV_TRUST_GOOD;
		net->ends[CLIENT].opened = 0;
	}
}

static void refusal_of_either_side_tells_both_why(void **state)
{
	(void)state;
	everywhere(check_refusals);
}

static void check_accept(net_t *net)
{
	net->refuses_all = true;
	dial_as_usual(net);
	run_until(net, client_is_closed);
	assert_int_equal(net->ends[CLIENT].why, ERR_NETWORK);
	assert_int_equal(net->ends[SERVER].opened + net->ends[SERVER].closed, 0);
}

static void connection_that_is_not_accepted_ends(void **state)
{
	(void)state;
	everywhere(check_accept);
}

static void close_client(net_t *net)
{
	env_tls_close(net->ends[CLIENT].tls);
	net->ends[CLIENT].tls = NULL;
	look(net);
}

static void check_early_close(net_t *net)
{
	net->ends[CLIENT].on_open = close_client;
	dial_as_usual(net);
	run_until(net, server_is_closed);
	assert_int_equal(net->ends[SERVER].why, ERR_OK);
	net->ends[SERVER].closed = 0;
	dial_as_usual(net);
	close_client(net);
	assert_int_equal(net->ends[CLIENT].closed, 0);
	dial_as_usual(net);
	env_tls_reset(net->ends[CLIENT].tls);
	net->ends[CLIENT].tls = NULL;
}

static void owner_may_leave_inside_a_callback_and_during_the_handshake(void **state)
{
	(void)state;
	everywhere(check_early_close);
}

/* Peers that speak no TLS. */

static void raw_opened(void *ctx, env_tcp_t *tcp)
{
	net_t *net = ctx;
	net->raw_opened = true;
	OK(env_tcp_write(tcp, net->raw_bytes));
}

static size_t raw_data(void *ctx, env_tcp_t *tcp, slice_t bytes)
{
	(void)ctx;
	(void)tcp;
	return bytes.len;
}

static void raw_closed(void *ctx, env_tcp_t *tcp, err_t why)
{
	net_t *net = ctx;
	(void)tcp;
	(void)why;
	net->raw = NULL;
	net->raw_closed = true;
	look(net);
}

static void raw_dial(net_t *net, slice_t bytes)
{
	static const env_tcp_events_t raw = { raw_opened, raw_data, NULL, raw_closed };
	net->raw_closed = false;
	net->raw_bytes = bytes;
	OK(env_tcp_dial(env_control_loop(net->env), NULL, env_tls_listener_addr(net->listener),
	                &(env_tcp_spec_t){ .events = &raw, .ctx = net }, &net->raw));
}

static bool raw_is_closed(const net_t *net)
{
	return net->raw_closed && net->ends[SERVER].closed;
}

/* The third is a hello of which the most never comes. */
static void check_garbage(net_t *net)
{
	static const uint8_t cut[] = { 22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3 };
	const struct {
		slice_t bytes;
		err_t why;
	} rows[] = {
		{ SLICE("GET / HTTP/1.1\r\nHost: n\r\n\r\n"), ERR_PROTOCOL },
		{ SLICE("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"), ERR_PROTOCOL },
		{ { cut, sizeof(cut) }, ERR_TIMEOUT },
		{ SLICE(""), ERR_TIMEOUT },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		/* The deadline takes ten seconds, which a twin has. */
		if (rows[i].why == ERR_TIMEOUT && !net->twin)
			continue;
		net->ends[SERVER].closed = 0;
		int64_t begin_ns = env_now(net->env);
		raw_dial(net, rows[i].bytes);
		run_until(net, raw_is_closed);
		assert_int_equal(net->ends[SERVER].why, rows[i].why);
		if (rows[i].why == ERR_TIMEOUT)
			assert_in_range(env_now(net->env) - begin_ns, ENV_TLS_HANDSHAKE_NS,
			                ENV_TLS_HANDSHAKE_NS + 3 * NS_PER_S);
	}
	assert_int_equal(net->ends[SERVER].opened, 0);
	assert_int_equal(stats_of(net).slow, net->twin ? 2 : 0);
}

static void garbage_and_silence_end_and_are_counted(void **state)
{
	(void)state;
	everywhere(check_garbage);
}

static void check_cut(net_t *net)
{
	raw_dial(net, SLICE("\x16\x03\x01"));
	while (!net->raw_opened || !net->ends[SERVER].tls)
		assert_true(net->twin ? twin_step(net->twin) : false);
	env_tcp_close(net->raw);
	run_until(net, server_is_closed);
	assert_int_equal(net->ends[SERVER].why, ERR_NETWORK);
}

/* Stepping is for the twin alone. */
static void stream_that_ends_in_the_handshake_is_a_broken_network(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		net_t *net = net_new(&places[i]);
		check_cut(net);
		net_free(net);
	}
}

static bool server_was_displaced(const net_t *net)
{
	return stats_of(net).displaced == 1;
}

static void check_crowd(net_t *net)
{
	static const env_tcp_events_t raw = { raw_opened, raw_data, NULL, raw_closed };
	net->is_crowd = true;
	net->raw_bytes = (slice_t){ 0 };
	for (int i = 0; i < CROWD + 1; i++)
		OK(env_tcp_dial(env_control_loop(net->env), NULL,
		                env_tls_listener_addr(net->listener),
		                &(env_tcp_spec_t){ .events = &raw, .ctx = net }, &net->raw));
	run_until(net, server_was_displaced);
	assert_int_equal(stats_of(net).handshaking, CROWD);
	net->is_crowd = false;
	connect_both(net);
	assert_int_equal(stats_of(net).displaced, 2);
	assert_int_equal(net->idle.closed, 2);
	assert_int_equal(net->idle.why, ERR_LIMIT);
	net->is_done = NULL;
	twin_run_for(net->twin, 2 * ENV_TLS_HANDSHAKE_NS);
	assert_int_equal(net->idle.closed, CROWD + 1);
	assert_int_equal(net->idle.why, ERR_TIMEOUT);
}

/* In the twin, which has the time to wait for the end of the rest. */
static void idle_handshakes_do_not_keep_others_out(void **state)
{
	(void)state;
	net_t *net = net_new(&places[0]);
	check_crowd(net);
	net_free(net);
}

static void listener_shows_another_certificate_after_renewal(void **state)
{
	(void)state;
	net_t *net = net_new(&places[0]);
	connect_both(net);
	party_done(&net->parties[SERVER]);
	party_make(&net->parties[SERVER], &net->root,
	           (env_certify_spec_t){ .purpose = ENV_CERTIFY_SERVER, .name = SLICE("99.1") });
	env_tls_identity_t identity = identity_of(net, SERVER, "test/1");
	OK(env_tls_listener_renew(net->listener, &identity));
	env_tls_reset(net->ends[CLIENT].tls);
	run_until(net, server_is_closed);
	assert_int_equal(net->ends[SERVER].why, ERR_NETWORK);
	for (int i = 0; i < END_COUNT; i++)
		net->ends[i].opened = net->ends[i].closed = 0;
	connect_both(net);
	assert_int_equal(net->ends[CLIENT].judged, 2);
	net_free(net);
}

static void identity_with_another_key_is_refused(void **state)
{
	(void)state;
	net_t *net = net_new(&places[0]);
	env_tls_t *tls = NULL;
	env_tls_spec_t spec = spec_of(&net->ends[CLIENT]);
	env_tls_dial_t to = { .remote = env_tls_listener_addr(net->listener),
		              .identity = identity_of(net, CLIENT, "test/1") };
	env_loop_t *loop = env_control_loop(net->env);
	to.identity.key = net->root.key;
	assert_int_equal(env_tls_dial(loop, &to, &spec, &tls), ERR_CONFLICT);
	to.identity.certificate_pem = SLICE("no certificate");
	assert_int_equal(env_tls_dial(loop, &to, &spec, &tls), ERR_MALFORMED);
	assert_null(tls);
	net_free(net);
}

/* A peer we did not write: the ssl module of Python. What it prints is read when the server
 * has seen its end. */

static FILE *python(const net_t *net, const char *version, const char *alpn)
{
	char command[1024];
	const char *host = net->family == 4 ? "127.0.0.1" : "::1";
	(void)snprintf(
		command, sizeof(command),
		"python3 -c '\nimport socket, ssl\nc = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)\n"
		"c.check_hostname = False\nc.verify_mode = ssl.CERT_NONE\n"
		"c.maximum_version = ssl.TLSVersion.%s\nc.set_alpn_protocols([\"%s\"])\n"
		"try:\n    s = c.wrap_socket(socket.create_connection((\"%s\", %u), 20))\n"
		"    s.sendall(b\"x\" * 100)\n    print(s.version(), "
		"len(s.recv(100)))\n    s.unwrap()\nexcept Exception as e:\n"
		"    print(type(e).__name__)\n'",
		version, alpn, host, (unsigned)env_tls_listener_addr(net->listener).port);
	FILE *pipe = popen(command, "r");
	assert_non_null(pipe);
	return pipe;
}

static void expect_line(FILE *pipe, const char *want)
{
	char line[200] = "";
	assert_non_null(fgets(line, sizeof(line), pipe));
	assert_int_equal(pclose(pipe), 0);
	assert_string_equal(line, want);
}

static void client_of_another_make_is_served_and_an_older_one_refused(void **state)
{
	(void)state;
	static const struct {
		const char *version, *alpn, *line;
		err_t why;
	} rows[] = { { "TLSv1_3", "test/1", "TLSv1.3 100\n", ERR_OK },
		     { "TLSv1_2", "test/1", "SSLError\n", ERR_PROTOCOL },
		     { "TLSv1_3", "other/1", "SSLError\n", ERR_PROTOCOL } };
	for (size_t i = 0; i < 4; i++) {
		net_t *net = net_new(&places[i == 3 ? 3 : 2]);
		size_t row = i % 3;
		net->ends[SERVER].says_without = ENV_TRUST_GOOD;
		net->ends[SERVER].to_send = 100;
		FILE *pipe = python(net, rows[row].version, rows[row].alpn);
		run_until(net, server_is_closed);
		assert_int_equal(net->ends[SERVER].why, rows[row].why);
		assert_int_equal(net->ends[SERVER].got, rows[row].why ? 0 : 100);
		expect_line(pipe, rows[row].line);
		net_free(net);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ends_know_one_another_and_part_with_a_goodbye),
		cmocka_unit_test(large_transfers_both_ways_wait_for_room_and_arrive_whole),
		cmocka_unit_test(write_is_refused_before_the_handshake_and_past_the_output),
		cmocka_unit_test(input_that_nobody_uses_is_bounded),
		cmocka_unit_test(other_application_protocol_is_refused),
		cmocka_unit_test(client_without_certificate_comes_in_only_when_the_judge_says_so),
		cmocka_unit_test(refusal_of_either_side_tells_both_why),
		cmocka_unit_test(connection_that_is_not_accepted_ends),
		cmocka_unit_test(owner_may_leave_inside_a_callback_and_during_the_handshake),
		cmocka_unit_test(garbage_and_silence_end_and_are_counted),
		cmocka_unit_test(stream_that_ends_in_the_handshake_is_a_broken_network),
		cmocka_unit_test(idle_handshakes_do_not_keep_others_out),
		cmocka_unit_test(listener_shows_another_certificate_after_renewal),
		cmocka_unit_test(identity_with_another_key_is_refused),
		cmocka_unit_test(client_of_another_make_is_served_and_an_older_one_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
