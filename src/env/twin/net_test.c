/* SPDX-License-Identifier: Apache-2.0 */
#include "env/twin/test.h"

#include <stdlib.h>

#include "base/num.h"
#include "codec/frame/frame.h"
#include "codec/frame/pcap.h"
#include "env/capture.h"
#include "env/tcp.h"
#include "env/udp.h"

enum { TEXT_MAX = 1 << 16 };

/* A client and a server on hosts of their own; each collects what it gets. */
typedef struct {
	world_t world;
	env_t *server_env;
	env_listener_t *listener;
	env_tcp_t *client, *server;
	uint8_t got[2][TEXT_MAX]; /* [0] by the client, [1] by the server */
	size_t got_len[2];
	size_t opened, drained, closed[2], keep; /* keep: unread bytes at the server */
	err_t why[2];
	bool is_echo, is_refusing;
} net_t;

static addr_t server_addr(void)
{
	return (addr_t){ ip_v4(127, 0, 5, 1), 502 };
}

static void append(net_t *net, int who, slice_t bytes)
{
	assert_true(net->got_len[who] + bytes.len <= TEXT_MAX);
	memcpy(net->got[who] + net->got_len[who], bytes.ptr, bytes.len);
	net->got_len[who] += bytes.len;
}

static void client_opened(void *ctx, env_tcp_t *tcp)
{
	net_t *net = ctx;
	assert_ptr_equal(tcp, net->client);
	net->opened++;
}

static size_t client_data(void *ctx, env_tcp_t *tcp, slice_t bytes)
{
	(void)tcp;
	append(ctx, 0, bytes);
	return bytes.len;
}

static void client_drained(void *ctx, env_tcp_t *tcp)
{
	assert_int_equal(env_tcp_unsent(tcp), 0);
	((net_t *)ctx)->drained++;
}

static void client_closed(void *ctx, env_tcp_t *tcp, err_t why)
{
	net_t *net = ctx;
	(void)tcp;
	net->client = NULL;
	net->closed[0]++;
	net->why[0] = why;
}

static size_t server_data(void *ctx, env_tcp_t *tcp, slice_t bytes)
{
	net_t *net = ctx;
	if (bytes.len < net->keep)
		return 0;
	append(net, 1, bytes);
	if (net->is_echo)
		OK(env_tcp_write(tcp, bytes));
	return bytes.len;
}

static void server_closed(void *ctx, env_tcp_t *tcp, err_t why)
{
	net_t *net = ctx;
	(void)tcp;
	net->server = NULL;
	net->closed[1]++;
	net->why[1] = why;
}

static bool server_accept(void *ctx, env_tcp_t *tcp, addr_t peer, env_tcp_spec_t *ret_spec)
{
	static const env_tcp_events_t events = { .data = server_data, .closed = server_closed };
	net_t *net = ctx;
	assert_true(addr_eq(peer, env_tcp_peer(tcp)));
	net->server = tcp;
	*ret_spec = (env_tcp_spec_t){ .events = &events, .ctx = net, .input_max = 1000 };
	return !net->is_refusing;
}

static net_t *net_new(const twin_spec_t *spec)
{
	net_t *net = calloc(1, sizeof(*net));
	net->world = world_of(spec);
	OK(twin_host_open(net->world.twin, "server", &net->server_env));
	env_listen_spec_t listen = { .accept = server_accept, .ctx = net };
	OK(env_tcp_listen(env_control_loop(net->server_env), server_addr(), &listen,
	                  &net->listener));
	return net;
}

static void net_free(net_t *net)
{
	world_done(&net->world);
	free(net);
}

static void net_dial(net_t *net, addr_t to)
{
	static const env_tcp_events_t events = { client_opened, client_data, client_drained,
		                                 client_closed };
	env_tcp_spec_t spec = { .events = &events, .ctx = net };
	OK(env_tcp_dial(env_control_loop(net->world.env), NULL, to, &spec, &net->client));
}

static net_t *net_connected(const twin_spec_t *spec)
{
	net_t *net = net_new(spec);
	net_dial(net, server_addr());
	(void)twin_run_for(net->world.twin, 10 * NS_PER_MS);
	assert_int_equal(net->opened, 1);
	assert_non_null(net->server);
	return net;
}

static void echo_comes_back_with_latency_between(void **state)
{
	(void)state;
	net_t *net = net_connected(&(twin_spec_t){ .seed = 1, .latency_ns = NS_PER_MS });
	int64_t start = env_now(net->world.env);
	net->is_echo = true;
	OK(env_tcp_write(net->client, SLICE("hello ")));
	OK(env_tcp_write(net->client, SLICE("world")));
	assert_int_equal(env_tcp_unsent(net->client), 11);
	(void)twin_run(net->world.twin, start + NS_PER_MS / 2);
	assert_int_equal(net->got_len[1], 0);
	(void)twin_run(net->world.twin, start + NS_PER_S);
	assert_int_equal(net->got_len[0], 11);
	assert_memory_equal(net->got[0], "hello world", 11);
	assert_int_equal(net->drained > 0, 1);
	assert_true(addr_eq(env_tcp_local(net->client), env_tcp_peer(net->server)));
	net_free(net);
}

static void bytes_written_before_the_connection_opens_are_sent(void **state)
{
	(void)state;
	net_t *net = net_new(&(twin_spec_t){ .seed = 1 });
	net_dial(net, server_addr());
	OK(env_tcp_write(net->client, SLICE("early")));
	(void)twin_run_for(net->world.twin, NS_PER_S);
	assert_int_equal(net->got_len[1], 5);
	net_free(net);
}

static void unread_bytes_are_offered_again_and_bounded(void **state)
{
	(void)state;
	net_t *net = net_connected(&(twin_spec_t){ .seed = 1 });
	net->keep = 8;
	OK(env_tcp_write(net->client, SLICE("1234")));
	(void)twin_run_for(net->world.twin, NS_PER_S);
	assert_int_equal(net->got_len[1], 0);
	OK(env_tcp_write(net->client, SLICE("5678")));
	(void)twin_run_for(net->world.twin, NS_PER_S);
	assert_memory_equal(net->got[1], "12345678", 8);
	net->keep = SIZE_MAX;
	uint8_t flood[1000] = { 0 };
	OK(env_tcp_write(net->client, slice_of(flood, sizeof(flood))));
	(void)twin_run_for(net->world.twin, NS_PER_S);
	assert_int_equal(net->why[1], ERR_TOO_BIG);
	assert_int_equal(net->why[0], ERR_NETWORK);
	net_free(net);
}

static void output_past_its_limit_is_refused_whole(void **state)
{
	(void)state;
	static uint8_t flood[1 << 20];
	net_t *net = net_connected(&(twin_spec_t){ .seed = 1 });
	assert_int_equal(env_tcp_write(net->client, slice_of(flood, sizeof(flood))), ERR_OK);
	assert_int_equal(env_tcp_write(net->client, SLICE("x")), ERR_LIMIT);
	assert_int_equal(env_tcp_unsent(net->client), sizeof(flood));
	net_free(net);
}

static void close_delivers_what_was_sent_and_reset_does_not(void **state)
{
	(void)state;
	net_t *net = net_connected(&(twin_spec_t){ .seed = 1 });
	OK(env_tcp_write(net->client, SLICE("last words")));
	env_tcp_close(net->client);
	(void)twin_run_for(net->world.twin, NS_PER_S);
	assert_int_equal(net->got_len[1], 10);
	assert_int_equal(net->closed[1], 1);
	assert_int_equal(net->why[1], ERR_OK);
	assert_int_equal(net->closed[0], 0);
	net_dial(net, server_addr());
	(void)twin_run_for(net->world.twin, NS_PER_S);
	OK(env_tcp_write(net->client, SLICE("unheard")));
	env_tcp_reset(net->client);
	(void)twin_run_for(net->world.twin, NS_PER_S);
	assert_int_equal(net->got_len[1], 10);
	assert_int_equal(net->why[1], ERR_NETWORK);
	net_free(net);
}

static void dial_to_nobody_is_refused_and_to_a_refuser_closed(void **state)
{
	(void)state;
	net_t *net = net_new(&(twin_spec_t){ .seed = 1 });
	net_dial(net, (addr_t){ ip_v4(127, 0, 5, 2), 502 });
	(void)twin_run_for(net->world.twin, NS_PER_S);
	assert_int_equal(net->opened, 0);
	assert_int_equal(net->why[0], ERR_NETWORK);
	net->is_refusing = true;
	net_dial(net, server_addr());
	(void)twin_run_for(net->world.twin, NS_PER_S);
	assert_int_equal(net->closed[0], 2);
	assert_int_equal(net->why[0], ERR_OK);
	net_free(net);
}

static void taken_address_is_busy_and_port_zero_finds_one(void **state)
{
	(void)state;
	net_t *net = net_new(&(twin_spec_t){ .seed = 1 });
	env_listen_spec_t listen = { .accept = server_accept, .ctx = net };
	env_loop_t *loop = env_control_loop(net->world.env);
	env_listener_t *other;
	assert_int_equal(env_tcp_listen(loop, server_addr(), &listen, &other), ERR_BUSY);
	OK(env_tcp_listen(loop, (addr_t){ ip_v4(0, 0, 0, 0), 0 }, &listen, &other));
	net_dial(net, (addr_t){ ip_v4(127, 7, 7, 7), env_listener_addr(other).port });
	(void)twin_run_for(net->world.twin, NS_PER_S);
	assert_int_equal(net->opened, 1);
	net_free(net);
}

static void dead_peer_host_resets_when_it_is_closed(void **state)
{
	(void)state;
	net_t *net = net_connected(&(twin_spec_t){ .seed = 1 });
	twin_power_off(net->server_env);
	OK(env_tcp_write(net->client, SLICE("anybody?")));
	(void)twin_run_for(net->world.twin, NS_PER_S);
	assert_int_equal(net->got_len[1], 0);
	assert_int_equal(net->closed[0], 0);
	twin_host_close(net->server_env);
	(void)twin_run_for(net->world.twin, NS_PER_S);
	assert_int_equal(net->why[0], ERR_NETWORK);
	net_free(net);
}

static void pulled_plug_delays_then_breaks(void **state)
{
	(void)state;
	net_t *net = net_connected(&(twin_spec_t){ .seed = 1 });
	twin_net_unplug(net->world.twin, server_addr().ip, true);
	OK(env_tcp_write(net->client, SLICE("a")));
	(void)twin_run_for(net->world.twin, 5 * NS_PER_S);
	assert_int_equal(net->got_len[1], 0);
	twin_net_unplug(net->world.twin, server_addr().ip, false);
	(void)twin_run_for(net->world.twin, 5 * NS_PER_S);
	assert_int_equal(net->got_len[1], 1);
	twin_net_unplug(net->world.twin, server_addr().ip, true);
	OK(env_tcp_write(net->client, SLICE("b")));
	(void)twin_run_for(net->world.twin, 30 * NS_PER_S);
	assert_int_equal(net->why[0], ERR_TIMEOUT);
	assert_int_equal(net->why[1], ERR_TIMEOUT);
	net_dial(net, server_addr());
	(void)twin_run_for(net->world.twin, 60 * NS_PER_S);
	assert_int_equal(net->why[0], ERR_TIMEOUT);
	net_free(net);
}

/* A tap that keeps the whole stream. */
typedef struct {
	uint8_t *bytes;
	size_t len;
} record_t;

static size_t record_data(void *ctx, slice_t bytes)
{
	record_t *record = ctx;
	record->bytes = realloc(record->bytes, record->len + bytes.len);
	memcpy(record->bytes + record->len, bytes.ptr, bytes.len);
	record->len += bytes.len;
	return bytes.len;
}

static void record_closed(void *ctx, err_t why)
{
	(void)ctx;
	(void)why;
}

static env_capture_t *record_open(env_t *env, record_t *record)
{
	env_capture_spec_t spec = { .data = record_data, .closed = record_closed, .ctx = record };
	env_capture_t *capture;
	OK(env_capture_open(env_control_loop(env), "tap", &spec, &capture));
	return capture;
}

/* What a capture tells of the one conversation in it. */
typedef struct {
	uint8_t bytes[2][TEXT_MAX]; /* [0] of the client */
	uint32_t first[2];
	size_t len[2], syns, fins, resets, again, frames;
	int64_t last_ns;
} story_t;

static void story_segment(story_t *story, const frame_t *frame)
{
	int who = frame->dst.port == 502 ? 0 : 1;
	if (frame->flags & FRAME_SYN) {
		story->first[who] = frame->seq + 1;
		story->syns++;
	}
	story->fins += (frame->flags & FRAME_FIN) != 0;
	story->resets += (frame->flags & FRAME_RST) != 0;
	size_t at = frame->seq - story->first[who];
	if (!frame->payload.len)
		return;
	assert_true(frame->payload.len <= 1460);
	assert_true(at + frame->payload.len <= TEXT_MAX);
	memcpy(story->bytes[who] + at, frame->payload.ptr, frame->payload.len);
	story->again += at < story->len[who];
	if (at + frame->payload.len > story->len[who])
		story->len[who] = at + frame->payload.len;
}

static void story_read(story_t *story, const record_t *record)
{
	slice_t in = slice_of(record->bytes, record->len);
	pcap_stream_t stream;
	pcap_packet_t packet;
	assert_int_equal(pcap_stream_start(&in, &stream), CODEC_OK);
	while (pcap_stream_next(&stream, &in, &packet) == CODEC_OK) {
		frame_t frame;
		assert_int_equal(frame_decode(stream.link, packet.bytes, &frame), CODEC_OK);
		assert_true(packet.time_ns >= story->last_ns);
		story->last_ns = packet.time_ns;
		story->frames++;
		if (frame.kind == FRAME_TCP)
			story_segment(story, &frame);
	}
	assert_int_equal(in.len, 0);
}

static void talk(net_t *net, size_t rounds)
{
	static uint8_t block[4000];
	for (size_t i = 0; i < sizeof(block); i++)
		block[i] = (uint8_t)(i * 7 + i / 251);
	net->is_echo = true;
	for (size_t i = 0; i < rounds; i++) {
		OK(env_tcp_write(net->client, slice_of(block + i, 300 + i * 37)));
		(void)twin_run_for(net->world.twin, 20 * NS_PER_MS);
	}
	(void)twin_run_for(net->world.twin, 5 * NS_PER_S);
}

static void frames_of_a_conversation_reassemble_to_its_bytes(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 20; seed++) {
		record_t record = { 0 };
		story_t *story = calloc(1, sizeof(*story));
		net_t *net = net_new(&(twin_spec_t){ .seed = seed, .loss = seed < 5 ? 0 : 0.2 });
		(void)record_open(net->world.env, &record);
		net_dial(net, server_addr());
		(void)twin_run_for(net->world.twin, NS_PER_S);
		talk(net, 50);
		env_tcp_close(net->client);
		(void)twin_run_for(net->world.twin, 5 * NS_PER_S);
		story_read(story, &record);
		assert_int_equal(story->syns, 2);
		assert_int_equal(story->fins, 2);
		assert_int_equal(story->resets, 0);
		assert_true((story->again > 0) == (seed >= 5));
		assert_true(net->got_len[1] > 50000);
		for (int who = 0; who < 2; who++) {
			assert_int_equal(story->len[who], net->got_len[1 - who]);
			assert_memory_equal(story->bytes[who], net->got[1 - who], story->len[who]);
		}
		assert_int_equal(twin_stats(net->world.twin).frames, story->frames);
		assert_true(seed < 5 || twin_stats(net->world.twin).segments_lost > 0);
		net_free(net);
		free(record.bytes);
		free(story);
	}
}

static void tap_opened_late_follows_the_sequence_numbers(void **state)
{
	(void)state;
	record_t record = { 0 };
	story_t *story = calloc(1, sizeof(*story));
	net_t *net = net_connected(&(twin_spec_t){ .seed = 3 });
	env_capture_t *capture = record_open(net->world.env, &record);
	OK(env_tcp_write(net->client, SLICE("heard")));
	(void)twin_run_for(net->world.twin, NS_PER_S);
	env_tcp_reset(net->client);
	env_capture_feed(capture, (slice_t){ 0 });
	(void)twin_run_for(net->world.twin, NS_PER_S);
	assert_int_equal(env_capture_dropped(capture), 0);
	env_capture_close(capture);
	slice_t in = slice_of(record.bytes, record.len);
	pcap_stream_t stream;
	pcap_packet_t packet;
	frame_t data, ack, reset;
	frame_t *frames[] = { &data, &ack, &reset };
	assert_int_equal(pcap_stream_start(&in, &stream), CODEC_OK);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(pcap_stream_next(&stream, &in, &packet), CODEC_OK);
		assert_int_equal(frame_decode(stream.link, packet.bytes, frames[i]), CODEC_OK);
	}
	assert_int_equal(data.payload.len, 5);
	assert_int_equal(ack.ack, data.seq + 5);
	assert_int_equal(reset.seq, data.seq + 5);
	assert_true(reset.flags & FRAME_RST);
	net_free(net);
	free(record.bytes);
	free(story);
}

static void captures_end_with_a_file_and_need_rights_for_an_interface(void **state)
{
	(void)state;
	world_t world = world_seeded(1);
	record_t record = { 0 };
	env_capture_spec_t spec = { .data = record_data, .closed = record_closed, .ctx = &record };
	env_loop_t *loop = env_control_loop(world.env);
	env_capture_t *capture;
	assert_int_equal(env_capture_open(loop, "iface:lo", &spec, &capture), ERR_DENIED);
	assert_int_equal(env_capture_open(loop, "pipe:none", &spec, &capture), ERR_NOT_FOUND);
	assert_int_equal(env_capture_open(loop, "what", &spec, &capture), ERR_INVALID);
	world_done(&world);
}

/* Datagrams. */

typedef struct {
	size_t turns, count, batch_max;
	uint64_t sum;
	bool is_echo;
} mail_t;

static void mail_turn(void *ctx, env_udp_t *udp, const env_datagram_t *in, size_t count)
{
	mail_t *mail = ctx;
	mail->turns++;
	mail->count += count;
	mail->batch_max = count > mail->batch_max ? count : mail->batch_max;
	assert_true(count <= ENV_UDP_BATCH);
	for (size_t i = 0; i < count; i++) {
		mail->sum += in[i].bytes.ptr[0];
		if (mail->is_echo)
			OK(env_udp_send(udp, in[i].peer, in[i].bytes));
	}
}

static mail_t mail_exchange(const twin_spec_t *spec, uint64_t *ret_trace)
{
	world_t world = world_of(spec);
	mail_t here = { 0 }, there = { .is_echo = true };
	env_loop_t *loop = env_control_loop(world.env);
	env_udp_t *a, *b;
	addr_t to = { ip_v4(127, 0, 5, 1), 2641 };
	OK(env_udp_open(loop, to, &(env_udp_spec_t){ mail_turn, &there }, &b));
	OK(env_udp_open(loop, (addr_t){ ip_v4(127, 0, 5, 2), 0 },
	                &(env_udp_spec_t){ mail_turn, &here }, &a));
	for (uint8_t i = 0; i < 200; i++)
		OK(env_udp_send(a, to, slice_of(&i, 1)));
	uint8_t big[ENV_UDP_MAX + 1] = { 0 };
	assert_int_equal(env_udp_send(a, to, slice_of(big, sizeof(big))), ERR_TOO_BIG);
	(void)twin_run_for(world.twin, NS_PER_S);
	assert_true(there.count >= here.count);
	*ret_trace = twin_trace(world.twin);
	world_done(&world);
	return here;
}

static void datagrams_come_in_batches_and_may_be_lost(void **state)
{
	(void)state;
	uint64_t first, again, lossy;
	mail_t all = mail_exchange(&(twin_spec_t){ .seed = 1 }, &first);
	assert_int_equal(all.count, 200);
	assert_int_equal(all.sum, 199 * 200 / 2);
	assert_true(all.batch_max > 1);
	(void)mail_exchange(&(twin_spec_t){ .seed = 1 }, &again);
	assert_true(first == again);
	mail_t some = mail_exchange(&(twin_spec_t){ .seed = 1, .datagram_loss = 0.3 }, &lossy);
	assert_in_range(some.count, 50, 150);
}

static uint64_t trace_of_talk(uint64_t seed)
{
	net_t *net = net_connected(&(twin_spec_t){ .seed = seed, .loss = 0.1 });
	talk(net, 20);
	uint64_t trace = twin_trace(net->world.twin);
	net_free(net);
	return trace;
}

static void same_seed_talks_the_same(void **state)
{
	(void)state;
	assert_true(trace_of_talk(1) == trace_of_talk(1));
	assert_true(trace_of_talk(1) != trace_of_talk(2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(echo_comes_back_with_latency_between),
		cmocka_unit_test(bytes_written_before_the_connection_opens_are_sent),
		cmocka_unit_test(unread_bytes_are_offered_again_and_bounded),
		cmocka_unit_test(output_past_its_limit_is_refused_whole),
		cmocka_unit_test(close_delivers_what_was_sent_and_reset_does_not),
		cmocka_unit_test(dial_to_nobody_is_refused_and_to_a_refuser_closed),
		cmocka_unit_test(taken_address_is_busy_and_port_zero_finds_one),
		cmocka_unit_test(dead_peer_host_resets_when_it_is_closed),
		cmocka_unit_test(pulled_plug_delays_then_breaks),
		cmocka_unit_test(frames_of_a_conversation_reassemble_to_its_bytes),
		cmocka_unit_test(tap_opened_late_follows_the_sequence_numbers),
		cmocka_unit_test(captures_end_with_a_file_and_need_rights_for_an_interface),
		cmocka_unit_test(datagrams_come_in_batches_and_may_be_lost),
		cmocka_unit_test(same_seed_talks_the_same),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
