/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/frame/frame_tcp.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { KEPT = 16, TIME = 1000 };

static const uint32_t seed = 0xFFFFFFF0; /* so near the border that numbers wrap */

typedef struct {
	uint8_t flags;
	bool from_client;
	uint32_t seq, ack;
	size_t len;
} seen_t;

/* The tap: what it saw, decoded, and the bytes of both directions joined. */
typedef struct {
	seen_t seen[KEPT];
	size_t count;
	uint8_t joined[8192];
	size_t joined_len;
} tap_t;

static void tap_emit(void *ctx, int64_t time_ns, slice_t bytes)
{
	tap_t *tap = (tap_t *)ctx;
	frame_t f;
	assert_int_equal(time_ns, TIME);
	assert_int_equal(frame_decode(FRAME_LINK_ETHERNET, bytes, &f), CODEC_OK);
	assert_int_equal(f.kind, FRAME_TCP);
	assert_true(tap->count < KEPT);
	tap->seen[tap->count++] = (seen_t){ f.flags, f.dst.port == 502, f.seq, f.ack,
		                            f.payload.len };
	writer_t w = { .buf = tap->joined, .cap = sizeof tap->joined, .len = tap->joined_len };
	wr_bytes(&w, f.payload);
	assert_false(w.bad);
	tap->joined_len = w.len;
}

static frame_tcp_t talk_of(tap_t *tap)
{
	addr_t client = { ip_v4(127, 0, 0, 2), 40000 };
	addr_t server = { ip_v4(127, 0, 0, 3), 502 };
	return frame_tcp_of(client, server, seed, tap_emit, tap);
}

static void handshake_is_three_frames_that_acknowledge_each_other(void **state)
{
	(void)state;
	tap_t tap = { 0 };
	frame_tcp_t t = talk_of(&tap);
	assert_int_equal(tap.count, 0);
	frame_tcp_open(&t, TIME);
	assert_int_equal(tap.count, 3);
	assert_int_equal(tap.seen[0].flags, FRAME_SYN);
	assert_int_equal(tap.seen[0].ack, 0);
	assert_int_equal(tap.seen[1].flags, FRAME_SYN | FRAME_ACK);
	assert_int_equal(tap.seen[1].ack, tap.seen[0].seq + 1);
	assert_int_equal(tap.seen[2].flags, FRAME_ACK);
	assert_int_equal(tap.seen[2].ack, tap.seen[1].seq + 1);
	assert_true(tap.seen[0].from_client && !tap.seen[1].from_client);
}

static void data_is_split_numbered_and_acknowledged(void **state)
{
	(void)state;
	tap_t tap = { 0 };
	frame_tcp_t t = talk_of(&tap);
	uint8_t data[2 * FRAME_MSS + 10];
	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (uint8_t)(i * 7);
	frame_tcp_data(&t, FRAME_SERVER, TIME, slice_of(data, sizeof data));
	assert_int_equal(tap.count, 4);
	assert_int_equal(tap.seen[0].len, FRAME_MSS);
	assert_int_equal(tap.seen[1].seq, tap.seen[0].seq + FRAME_MSS);
	assert_int_equal(tap.seen[1].flags, FRAME_ACK);
	assert_int_equal(tap.seen[2].len, 10);
	assert_int_equal(tap.seen[2].flags, FRAME_ACK | FRAME_PSH);
	assert_true(tap.seen[3].from_client);
	assert_int_equal(tap.seen[3].ack, tap.seen[2].seq + 10);
	assert_int_equal(tap.joined_len, sizeof data);
	assert_memory_equal(tap.joined, data, sizeof data);
}

static void writing_nothing_emits_nothing(void **state)
{
	(void)state;
	tap_t tap = { 0 };
	frame_tcp_t t = talk_of(&tap);
	frame_tcp_data(&t, FRAME_CLIENT, TIME, (slice_t){ 0 });
	assert_int_equal(tap.count, 0);
}

static void sequence_numbers_wrap(void **state)
{
	(void)state;
	tap_t tap = { 0 };
	frame_tcp_t t = talk_of(&tap);
	frame_tcp_open(&t, TIME);
	frame_tcp_data(&t, FRAME_CLIENT, TIME, SLICE("thirty-two bytes pass the border"));
	assert_int_equal(tap.seen[4].ack, (uint32_t)(seed + 1 + 32));
	assert_true(tap.seen[4].ack < tap.seen[3].seq);
}

static void resending_repeats_the_same_numbers(void **state)
{
	(void)state;
	tap_t tap = { 0 };
	frame_tcp_t t = talk_of(&tap);
	frame_tcp_data(&t, FRAME_CLIENT, TIME, SLICE("lost"));
	frame_tcp_resend(&t, FRAME_CLIENT, TIME, SLICE("lost"));
	assert_int_equal(tap.count, 4);
	assert_int_equal(tap.seen[2].seq, tap.seen[0].seq);
	assert_int_equal(tap.seen[3].ack, tap.seen[1].ack);
}

static void each_side_finishes_by_itself(void **state)
{
	(void)state;
	tap_t tap = { 0 };
	frame_tcp_t t = talk_of(&tap);
	frame_tcp_finish(&t, FRAME_SERVER, TIME);
	frame_tcp_finish(&t, FRAME_CLIENT, TIME);
	assert_int_equal(tap.count, 4);
	assert_int_equal(tap.seen[0].flags, FRAME_FIN | FRAME_ACK);
	assert_false(tap.seen[0].from_client);
	assert_int_equal(tap.seen[1].ack, tap.seen[0].seq + 1);
	assert_int_equal(tap.seen[3].ack, tap.seen[2].seq + 1);
}

static void refusal_attempt_and_reset_are_told_apart(void **state)
{
	(void)state;
	tap_t tap = { 0 };
	frame_tcp_t t = talk_of(&tap);
	frame_tcp_refused(&t, TIME);
	assert_int_equal(tap.count, 2);
	assert_int_equal(tap.seen[1].flags, FRAME_RST | FRAME_ACK);
	assert_int_equal(tap.seen[1].seq, 0);
	assert_int_equal(tap.seen[1].ack, tap.seen[0].seq + 1);
	frame_tcp_attempt(&t, TIME);
	assert_int_equal(tap.count, 3);
	assert_int_equal(tap.seen[2].flags, FRAME_SYN);
	frame_tcp_reset(&t, FRAME_CLIENT, TIME);
	assert_int_equal(tap.seen[3].flags, FRAME_RST | FRAME_ACK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(handshake_is_three_frames_that_acknowledge_each_other),
		cmocka_unit_test(data_is_split_numbered_and_acknowledged),
		cmocka_unit_test(writing_nothing_emits_nothing),
		cmocka_unit_test(sequence_numbers_wrap),
		cmocka_unit_test(resending_repeats_the_same_numbers),
		cmocka_unit_test(each_side_finishes_by_itself),
		cmocka_unit_test(refusal_attempt_and_reset_are_told_apart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
