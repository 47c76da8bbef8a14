/* SPDX-License-Identifier: Apache-2.0 */
#include "env/posix/fixture.h"

#include "codec/frame/pcap.h"
#include "env/capture.h"
#include "env/posix/capture_impl.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>

typedef struct {
	world_t *world;
	env_capture_t *capture;
	text_t got;
	size_t wanted, step; /* consumes so many bytes at once; 0: all */
	int ended;
	err_t why;
} listener_side_t;

static size_t side_data(void *ctx, slice_t bytes)
{
	listener_side_t *side = ctx;
	size_t used = side->step ? side->step : bytes.len;
	if (used > bytes.len)
		return 0;
	text_add(&side->got, slice_sub(bytes, 0, used));
	if (side->wanted && side->got.len >= side->wanted)
		env_stop(side->world->env);
	return used;
}

static void side_closed(void *ctx, err_t why)
{
	listener_side_t *side = ctx;
	side->ended++;
	side->why = why;
	env_stop(side->world->env);
}

static err_t side_open(listener_side_t *side, const char *source)
{
	env_capture_spec_t spec = { side_data, side_closed, side };
	side->got = text_of(16 << 20);
	return env_capture_open(side->world->loop, source, &spec, &side->capture);
}

static void side_done(listener_side_t *side)
{
	env_capture_close(side->capture);
	text_free(&side->got);
}

/* The tap. */

enum { FEEDS = 5000, FEED_BYTES = 40 };

static void *feeder_main(void *ctx)
{
	uint8_t record[FEED_BYTES] = { 0 };
	for (uint32_t i = 0; i < FEEDS; i++) {
		memcpy(record, &i, sizeof(i));
		env_capture_feed(ctx, slice_of(record, sizeof(record)));
	}
	return NULL;
}

static void tap_hands_over_what_other_threads_feed(void **state)
{
	listener_side_t side = { .world = *state,
		                 .wanted = (size_t)FEEDS * FEED_BYTES,
		                 .step = FEED_BYTES };
	pthread_t thread;
	assert_int_equal(side_open(&side, "tap"), ERR_OK);
	assert_int_equal(pthread_create(&thread, NULL, feeder_main, side.capture), 0);
	world_run(side.world);
	assert_int_equal(pthread_join(thread, NULL), 0);
	for (uint32_t i = 0; i < FEEDS; i++) {
		uint32_t which = 0;
		memcpy(&which, side.got.ptr + (size_t)i * FEED_BYTES, sizeof(which));
		assert_int_equal(which, i);
	}
	assert_int_equal(env_capture_dropped(side.capture), 0);
	side_done(&side);
}

static void full_tap_drops_whole_feeds_and_counts(void **state)
{
	listener_side_t side = { .world = *state, .wanted = 4 << 20 };
	uint8_t *bytes = test_calloc(1, 1 << 20);
	assert_int_equal(side_open(&side, "tap"), ERR_OK);
	for (int i = 0; i < 5; i++)
		env_capture_feed(side.capture, slice_of(bytes, 1 << 20));
	assert_int_equal(env_capture_dropped(side.capture), 1 << 20);
	world_run(side.world);
	assert_int_equal(side.got.len, 4 << 20);
	test_free(bytes);
	side_done(&side);
}

/* Pipes and files. */

static void named_pipe_ends_when_its_writer_does(void **state)
{
	listener_side_t side = { .world = *state };
	char path[256], source[300];
	assert_int_equal(mkfifo(world_path(side.world, "fifo", path), 0600), 0);
	(void)snprintf(source, sizeof(source), "pipe:%s", path);
	assert_int_equal(side_open(&side, source), ERR_OK);
	int fd = open(path, O_WRONLY);
	assert_int_equal(write(fd, "abc", 3), 3);
	(void)close(fd);
	world_run(side.world);
	assert_int_equal(side.ended, 1);
	assert_int_equal(side.why, ERR_OK);
	assert_true(slice_eq(text_slice(&side.got), SLICE("abc")));
	side_done(&side);
}

static void growing_file_is_followed(void **state)
{
	listener_side_t side = { .world = *state, .wanted = 3 };
	char path[256], source[300];
	env_file_t *file = NULL;
	world_path(side.world, "growing", path);
	(void)snprintf(source, sizeof(source), "pipe:%s", path);
	assert_int_equal(side_open(&side, source), ERR_NOT_FOUND);
	assert_int_equal(env_file_open(side.world->env, path, ENV_OPEN_CREATE, &file), ERR_OK);
	assert_int_equal(env_file_write(file, 0, SLICE("abc")), ERR_OK);
	assert_int_equal(side_open(&side, source), ERR_OK);
	world_run(side.world);
	assert_int_equal(env_file_write(file, 3, SLICE("def")), ERR_OK);
	side.wanted = 6;
	world_run(side.world);
	assert_true(slice_eq(text_slice(&side.got), SLICE("abcdef")));
	assert_int_equal(side.ended, 0);
	env_file_close(file);
	side_done(&side);
}

static void unknown_source_is_refused(void **state)
{
	listener_side_t side = { .world = *state };
	assert_int_equal(side_open(&side, "taps"), ERR_INVALID);
	assert_int_equal(side_open(&side, "radio:1"), ERR_INVALID);
	text_free(&side.got);
}

/* The kernel filter, run here by a small interpreter of its instructions. */

static uint32_t load(slice_t frame, size_t at, size_t size)
{
	uint32_t value = 0;
	for (size_t i = 0; i < size; i++)
		value = value << 8 | frame.ptr[at + i];
	return value;
}

static bool filter_accepts(const struct sock_filter *code, slice_t frame)
{
	uint32_t a = 0, x = 0;
	for (size_t pc = 0;; pc++) {
		const struct sock_filter *op = &code[pc];
		bool indirect = BPF_MODE(op->code) == BPF_IND;
		size_t size = BPF_SIZE(op->code) == BPF_B ? 1 : 2;
		size_t at = op->k + (indirect ? x : 0);
		if (BPF_CLASS(op->code) == BPF_RET)
			return op->k > 0;
		if (BPF_CLASS(op->code) != BPF_JMP && at + size > frame.len)
			return false; /* as the kernel does */
		if (BPF_CLASS(op->code) == BPF_LDX)
			x = 4 * (load(frame, op->k, 1) & 15);
		else if (BPF_CLASS(op->code) == BPF_LD)
			a = load(frame, at, size);
		else if (BPF_OP(op->code) == BPF_JA)
			pc += op->k;
		else if (BPF_OP(op->code) == BPF_JEQ)
			pc += a == op->k ? op->jt : op->jf;
		else
			pc += a & op->k ? op->jt : op->jf;
	}
}

typedef struct {
	const char *what;
	uint8_t bytes[64];
	bool wanted;
} filter_case_t;

/* Ports 502 is 0x01f6, 2641 is 0x0a51. */
static const filter_case_t filter_cases[] = {
	{ "ARP", { [12] = 8, 6 }, true },
	{ "a tag inside", { [12] = 0x81, 0 }, true },
	{ "LLDP", { [12] = 0x88, 0xcc }, false },
	{ "TCP to 502", { [12] = 8, 0, [14] = 0x45, [23] = 6, [36] = 1, 0xf6 }, true },
	{ "TCP from 502", { [12] = 8, 0, [14] = 0x45, [23] = 6, [34] = 1, 0xf6 }, true },
	{ "UDP to 2641", { [12] = 8, 0, [14] = 0x45, [23] = 17, [36] = 0x0a, 0x51 }, true },
	{ "TCP to 503", { [12] = 8, 0, [14] = 0x45, [23] = 6, [36] = 1, 0xf7 }, false },
	{ "IP options", { [12] = 8, 0, [14] = 0x46, [23] = 6, [40] = 1, 0xf6 }, true },
	{ "ICMP", { [12] = 8, 0, [14] = 0x45, [23] = 1, [36] = 1, 0xf6 }, false },
	{ "later fragment", { [12] = 8, 0, [14] = 0x45, [21] = 9, [23] = 6 }, true },
	{ "TCP over IPv6", { [12] = 0x86, 0xdd, [20] = 6, [56] = 1, 0xf6 }, true },
	{ "other IPv6", { [12] = 0x86, 0xdd, [20] = 6, [56] = 1, 0xf7 }, false },
	{ "IPv6 fragment", { [12] = 0x86, 0xdd, [20] = 44 }, true },
};

static void filter_takes_the_ports_asked_for(void **state)
{
	(void)state;
	static const uint16_t ports[] = { 502, 2641, 0 };
	struct sock_filter code[FILTER_MAX];
	unsigned short len = 0;
	assert_int_equal(posix_filter_build(ports, code, &len), ERR_OK);
	for (size_t i = 0; i < sizeof(filter_cases) / sizeof(filter_cases[0]); i++) {
		const filter_case_t *c = &filter_cases[i];
		if (filter_accepts(code, slice_of(c->bytes, sizeof(c->bytes))) != c->wanted)
			fail_msg("%s", c->what);
	}
}

static void filter_holds_its_limit_of_ports(void **state)
{
	(void)state;
	uint16_t ports[FILTER_PORTS_MAX + 2] = { 0 };
	struct sock_filter code[FILTER_MAX];
	unsigned short len = 0;
	for (uint16_t i = 0; i < FILTER_PORTS_MAX; i++)
		ports[i] = (uint16_t)(1000 + i);
	assert_int_equal(posix_filter_build(ports, code, &len), ERR_OK);
	assert_true(len <= FILTER_MAX);
	filter_case_t last = { "", { [12] = 0x86, 0xdd, [20] = 6, [56] = 4, 0x17 }, true };
	assert_true(filter_accepts(code, slice_of(last.bytes, sizeof(last.bytes))));
	ports[FILTER_PORTS_MAX] = 9;
	assert_int_equal(posix_filter_build(ports, code, &len), ERR_LIMIT);
}

/* The capture child itself: this test, run again as `capture IFACE PORT`. */

typedef struct {
	listener_side_t side;
	env_udp_t *udp, *other;
	env_timer_t *again;
	size_t frames;
} live_t;

static void live_send(void *ctx)
{
	live_t *live = ctx;
	addr_t to = env_udp_addr(live->udp);
	assert_int_equal(env_udp_send(live->udp, to, SLICE("seen once")), ERR_OK);
	/* From and to other ports: the filter keeps it away. */
	addr_t other = env_udp_addr(live->other);
	assert_int_equal(env_udp_send(live->other, other, SLICE("not ours")), ERR_OK);
	env_timer_set(live->again, 20 * NS_PER_MS);
}

static void live_turn(void *ctx, env_udp_t *udp, const env_datagram_t *in, size_t count)
{
	(void)ctx;
	(void)udp;
	(void)in;
	(void)count;
}

static void live_capture_sees_each_frame_once(void **state)
{
	live_t live = { .side = { .world = *state, .wanted = 400 } };
	world_t *world = *state;
	env_udp_spec_t spec = { live_turn, &live };
	assert_int_equal(env_udp_open(world->loop, loopback(0), &spec, &live.udp), ERR_OK);
	assert_int_equal(env_udp_open(world->loop, loopback(0), &spec, &live.other), ERR_OK);
	uint16_t ports[] = { env_udp_addr(live.udp).port, 0 };
	err_t err = posix_capture_spawn(world->env, "lo", ports);
	if (err == ERR_DENIED) { /* without the right to capture */
		env_udp_close(live.udp);
		env_udp_close(live.other);
		skip();
	}
	assert_int_equal(err, ERR_OK);
	assert_int_equal(side_open(&live.side, "iface:lo"), ERR_OK);
	assert_int_equal(env_timer_new(world->loop, live_send, &live, &live.again), ERR_OK);
	env_timer_set(live.again, 0);
	world_run(world);
	slice_t in = text_slice(&live.side.got);
	pcap_stream_t stream;
	pcap_packet_t packet;
	int64_t last = 0;
	assert_int_equal(pcap_stream_start(&in, &stream), CODEC_OK);
	while (pcap_stream_next(&stream, &in, &packet) == CODEC_OK) {
		assert_true(slice_holds(packet.bytes, SLICE("seen once")));
		/* Copies of one frame would be microseconds apart. */
		assert_true(packet.time_ns - last > 10 * NS_PER_MS);
		last = packet.time_ns;
		live.frames++;
	}
	assert_true(live.frames >= 3);
	env_timer_free(live.again);
	env_udp_close(live.udp);
	env_udp_close(live.other);
	side_done(&live.side); /* waits for the child's end */
}

static void child_that_cannot_listen_says_so(void **state)
{
	listener_side_t side = { .world = *state };
	err_t err = side_open(&side, "iface:nosuch0");
	if (err == ERR_DENIED) {
		text_free(&side.got);
		skip();
	}
	assert_int_equal(err, ERR_OK);
	world_run(side.world);
	assert_int_equal(side.ended, 1);
	assert_int_not_equal(side.why, ERR_OK);
	side_done(&side);
}

static int capture_main(int argc, char **argv)
{
	uint16_t ports[8] = { 0 };
	for (int i = 3; i < argc && i < 10; i++)
		ports[i - 3] = (uint16_t)atoi(argv[i]);
	return err_info(posix_capture_child(argv[2], ports))->exit_code;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(tap_hands_over_what_other_threads_feed),
		WORLD_TEST(full_tap_drops_whole_feeds_and_counts),
		WORLD_TEST(named_pipe_ends_when_its_writer_does),
		WORLD_TEST(growing_file_is_followed),
		WORLD_TEST(unknown_source_is_refused),
		cmocka_unit_test(filter_takes_the_ports_asked_for),
		cmocka_unit_test(filter_holds_its_limit_of_ports),
		WORLD_TEST(live_capture_sees_each_frame_once),
		WORLD_TEST(child_that_cannot_listen_says_so),
	};
	if (argc >= 3 && strcmp(argv[1], "capture") == 0)
		return capture_main(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
