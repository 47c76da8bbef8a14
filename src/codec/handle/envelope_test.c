/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "codec/handle/handle.h"

enum { SLOTS = 2, CAP = 2000, SECOND = 1000000000 };

typedef struct {
	handle_partial_t slots[SLOTS];
	uint8_t memory[SLOTS * CAP];
	handle_reassembly_t table;
	uint8_t message[CAP + HANDLE_SLICE_MAX];
	handle_envelope_t got;
	slice_t whole;
} bench_t;

static int bench_open(void **state)
{
	bench_t *b = calloc(1, sizeof *b);
	assert_non_null(b);
	b->table = (handle_reassembly_t){
		.slots = b->slots,
		.slot_count = SLOTS,
		.memory = b->memory,
		.message_max = CAP,
		.timeout_ns = (int64_t)5 * SECOND,
	};
	for (size_t i = 0; i < sizeof b->message; i++)
		b->message[i] = (uint8_t)(i * 7 + i / 256);
	*state = b;
	return 0;
}

static int bench_close(void **state)
{
	free(*state);
	return 0;
}

static handle_envelope_t sample(uint32_t request_id)
{
	return (handle_envelope_t){
		.version = { 2, 11 },
		.suggested = { 2, 11 },
		.request_id = request_id,
	};
}

static codec_t push(bench_t *b, uint32_t request_id, size_t length, uint32_t sequence,
                    int64_t now_ns)
{
	uint8_t room[HANDLE_DATAGRAM_MAX];
	writer_t w = writer_of(room, sizeof room);
	handle_envelope_t e = sample(request_id);
	handle_packet_t packet;
	handle_packet_encode(&e, slice_of(b->message, length), sequence, &w);
	assert_false(w.bad);
	assert_int_equal(handle_packet_decode((addr_t){ 0 }, writer_done(&w), &packet), CODEC_OK);
	return handle_reassembly_push(&b->table, &packet, now_ns, &b->got, &b->whole);
}

static void envelope_of_fewer_than_twenty_bytes_asks_for_more(void **state)
{
	(void)state;
	uint8_t bytes[HANDLE_ENVELOPE_SIZE] = { 2, 11, 0x62, 10, 0, 0, 0, 7, 0, 0, 1, 0 };
	handle_envelope_t e = { .request_id = 77 };
	for (size_t len = 0; len < sizeof bytes; len++)
		assert_int_equal(handle_envelope_decode(slice_of(bytes, len), &e), CODEC_MORE);
	assert_int_equal(e.request_id, 77);
	assert_int_equal(handle_envelope_decode(slice_of(bytes, sizeof bytes), &e), CODEC_OK);
	assert_int_equal(e.flags, HANDLE_ENVELOPE_ENCRYPTED | HANDLE_ENVELOPE_TRUNCATED);
	assert_int_equal(e.suggested.major, 2);
	assert_int_equal(e.suggested.minor, 10);
	assert_int_equal(e.session_id, 7);
	assert_int_equal(e.request_id, 256);
}

static void reply_version_follows_the_suggestion_up_to_2_11(void **state)
{
	(void)state;
	static const struct {
		handle_version_t version, suggested, want;
	} rows[] = {
		{ { 2, 0 }, { 2, 0 }, { 2, 0 } },      { { 2, 7 }, { 2, 7 }, { 2, 7 } },
		{ { 2, 3 }, { 2, 11 }, { 2, 11 } },    { { 2, 11 }, { 2, 12 }, { 2, 11 } },
		{ { 2, 4 }, { 0, 0 }, { 2, 4 } },      { { 3, 0 }, { 3, 0 }, { 2, 11 } },
		{ { 4, 0 }, { 4, 0 }, { 2, 11 } },     { { 5, 0 }, { 5, 0 }, { 1, 0 } },
		{ { 2, 11 }, { 31, 255 }, { 2, 11 } },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		handle_envelope_t e = { .version = rows[i].version,
			                .suggested = rows[i].suggested,
			                .session_id = 4,
			                .request_id = 9 };
		handle_envelope_t reply = handle_envelope_reply(&e);
		assert_int_equal(reply.version.major, rows[i].want.major);
		assert_int_equal(reply.version.minor, rows[i].want.minor);
		assert_int_equal(reply.suggested.minor, 11);
		assert_int_equal(reply.request_id, 9);
		assert_int_equal(reply.session_id, 4);
		assert_int_equal(reply.flags, 0);
	}
}

static void suggested_major_keeps_five_bits_beside_the_flags(void **state)
{
	(void)state;
	uint8_t room[HANDLE_ENVELOPE_SIZE];
	writer_t w = writer_of(room, sizeof room);
	handle_envelope_t e = sample(1), back;
	e.suggested.major = 31;
	e.flags = HANDLE_ENVELOPE_COMPRESSED;
	handle_envelope_encode(&e, &w);
	assert_int_equal(room[2], 0x9F);
	assert_int_equal(handle_envelope_decode(writer_done(&w), &back), CODEC_OK);
	assert_int_equal(back.suggested.major, 31);
	assert_int_equal(back.flags, HANDLE_ENVELOPE_COMPRESSED);
}

static void version_5_has_the_features_of_2_0(void **state)
{
	(void)state;
	assert_true(handle_version_has((handle_version_t){ 5, 0 }, 0));
	assert_false(handle_version_has((handle_version_t){ 5, 9 }, 1));
	assert_true(handle_version_has((handle_version_t){ 2, 7 }, 7));
	assert_false(handle_version_has((handle_version_t){ 2, 6 }, 7));
	assert_false(handle_version_has((handle_version_t){ 1, 9 }, 0));
	assert_true(handle_version_has((handle_version_t){ 3, 0 }, 11));
}

static void frame_waits_for_the_whole_message_and_leaves_the_next(void **state)
{
	(void)state;
	uint8_t room[64];
	writer_t w = writer_of(room, sizeof room);
	handle_envelope_t e = sample(1), got;
	slice_t message;
	e.length = 5;
	handle_envelope_encode(&e, &w);
	wr_bytes(&w, SLICE("helloNEXT"));
	slice_t stream = writer_done(&w);
	for (size_t len = 0; len < HANDLE_ENVELOPE_SIZE + 5; len++)
		assert_int_equal(handle_frame_next(slice_sub(stream, 0, len), &got, &message),
		                 CODEC_MORE);
	assert_int_equal(handle_frame_next(stream, &got, &message), CODEC_OK);
	assert_true(slice_eq(message, SLICE("hello")));
}

static void frame_over_the_message_limit_is_malformed_at_once(void **state)
{
	(void)state;
	static const uint32_t lengths[] = { HANDLE_MESSAGE_MAX + 1, UINT32_MAX, 0x80000000 };
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		uint8_t room[HANDLE_ENVELOPE_SIZE];
		writer_t w = writer_of(room, sizeof room);
		handle_envelope_t e = sample(42), got = { 0 };
		slice_t message = SLICE("kept");
		e.length = lengths[i];
		handle_envelope_encode(&e, &w);
		assert_int_equal(handle_frame_next(writer_done(&w), &got, &message),
		                 CODEC_MALFORMED);
		assert_true(slice_eq(message, SLICE("kept")));
		assert_int_equal(got.request_id, 0);
		assert_int_equal(handle_envelope_decode(writer_done(&w), &got), CODEC_OK);
		assert_int_equal(got.request_id, 42);
	}
}

static void frame_of_exactly_the_message_limit_is_taken(void **state)
{
	(void)state;
	size_t size = HANDLE_ENVELOPE_SIZE + HANDLE_MESSAGE_MAX;
	uint8_t *bytes = calloc(1, size);
	writer_t w = writer_of(bytes, size);
	handle_envelope_t e = sample(1), got;
	slice_t message;
	e.length = HANDLE_MESSAGE_MAX;
	handle_envelope_encode(&e, &w);
	assert_int_equal(handle_frame_next(slice_of(bytes, size), &got, &message), CODEC_OK);
	assert_int_equal(message.len, HANDLE_MESSAGE_MAX);
	free(bytes);
}

static void message_is_cut_into_packets_of_492_bytes(void **state)
{
	bench_t *b = *state;
	static const struct {
		size_t length;
		uint32_t count;
	} rows[] = { { 0, 1 }, { 492, 1 }, { 493, 2 }, { 984, 2 }, { 985, 3 }, { 262144, 533 } };
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_int_equal(handle_packet_count(rows[i].length), rows[i].count);
	assert_int_equal(HANDLE_SLICES_MAX, 533);
	uint8_t room[HANDLE_DATAGRAM_MAX];
	writer_t w = writer_of(room, sizeof room);
	handle_envelope_t e = sample(3);
	handle_packet_encode(&e, slice_of(b->message, 500), 1, &w);
	assert_int_equal(w.len, HANDLE_ENVELOPE_SIZE + 8);
	assert_int_equal(room[2], HANDLE_ENVELOPE_TRUNCATED | 2);
}

static void truncated_bit_is_set_by_size_alone(void **state)
{
	bench_t *b = *state;
	uint8_t room[HANDLE_DATAGRAM_MAX];
	writer_t w = writer_of(room, sizeof room);
	handle_envelope_t e = sample(3);
	e.flags = HANDLE_ENVELOPE_TRUNCATED | HANDLE_ENVELOPE_ENCRYPTED;
	handle_packet_encode(&e, slice_of(b->message, 100), 0, &w);
	assert_int_equal(room[2], HANDLE_ENVELOPE_ENCRYPTED | 2);
}

static void truncated_bit_is_not_needed_to_reassemble(void **state)
{
	bench_t *b = *state;
	for (uint32_t sequence = 0; sequence < 2; sequence++) {
		uint8_t room[HANDLE_DATAGRAM_MAX];
		writer_t w = writer_of(room, sizeof room);
		handle_envelope_t e = sample(8);
		handle_packet_t packet;
		handle_packet_encode(&e, slice_of(b->message, 700), sequence, &w);
		room[2] &= (uint8_t)~HANDLE_ENVELOPE_TRUNCATED;
		assert_int_equal(handle_packet_decode((addr_t){ 0 }, writer_done(&w), &packet),
		                 CODEC_OK);
		codec_t got = handle_reassembly_push(&b->table, &packet, 0, &b->got, &b->whole);
		assert_int_equal(got, sequence ? CODEC_OK : CODEC_MORE);
	}
	assert_memory_equal(b->whole.ptr, b->message, 700);
}

static void truncated_bit_on_a_single_packet_is_ignored(void **state)
{
	bench_t *b = *state;
	uint8_t room[HANDLE_DATAGRAM_MAX];
	writer_t w = writer_of(room, sizeof room);
	handle_envelope_t e = sample(8);
	handle_packet_t packet;
	handle_packet_encode(&e, slice_of(b->message, 90), 0, &w);
	room[2] |= HANDLE_ENVELOPE_TRUNCATED;
	assert_int_equal(handle_packet_decode((addr_t){ 0 }, writer_done(&w), &packet), CODEC_OK);
	assert_int_equal(handle_reassembly_push(&b->table, &packet, 0, &b->got, &b->whole),
	                 CODEC_OK);
	assert_int_equal(b->whole.len, 90);
}

static void packets_in_any_order_and_repeated_make_the_message(void **state)
{
	bench_t *b = *state;
	assert_int_equal(push(b, 1, 1400, 2, 0), CODEC_MORE);
	assert_int_equal(push(b, 1, 1400, 2, 0), CODEC_MORE);
	assert_int_equal(push(b, 1, 1400, 0, 0), CODEC_MORE);
	assert_int_equal(push(b, 1, 1400, 1, 0), CODEC_OK);
	assert_int_equal(b->whole.len, 1400);
	assert_memory_equal(b->whole.ptr, b->message, 1400);
	assert_int_equal(b->got.sequence, 0);
	assert_int_equal(b->got.request_id, 1);
}

static void messages_of_two_peers_with_one_request_id_stay_apart(void **state)
{
	bench_t *b = *state;
	for (uint8_t peer = 1; peer <= 2; peer++) {
		uint8_t room[HANDLE_DATAGRAM_MAX];
		writer_t w = writer_of(room, sizeof room);
		handle_envelope_t e = sample(8);
		handle_packet_t packet;
		handle_packet_encode(&e, slice_of(b->message, 600), peer - 1u, &w);
		addr_t from = { .ip = ip_v4(127, 0, 0, peer), .port = 4000 };
		assert_int_equal(handle_packet_decode(from, writer_done(&w), &packet), CODEC_OK);
		assert_int_equal(handle_reassembly_push(&b->table, &packet, 0, &b->got, &b->whole),
		                 CODEC_MORE);
	}
}

static void packet_contradicting_the_length_is_refused(void **state)
{
	bench_t *b = *state;
	assert_int_equal(push(b, 1, 1400, 0, 0), CODEC_MORE);
	assert_int_equal(push(b, 1, 1300, 1, 0), CODEC_MALFORMED);
	assert_int_equal(b->table.refused, 1);
	assert_int_equal(push(b, 1, 1400, 1, 0), CODEC_MORE);
	assert_int_equal(push(b, 1, 1400, 2, 0), CODEC_OK);
}

static void message_over_the_callers_limit_is_refused(void **state)
{
	bench_t *b = *state;
	assert_int_equal(push(b, 1, CAP + 1, 0, 0), CODEC_MALFORMED);
	assert_int_equal(b->table.refused, 1);
	assert_int_equal(push(b, 2, CAP, 0, 0), CODEC_MORE);
}

static void partial_message_is_forgotten_after_the_timeout(void **state)
{
	bench_t *b = *state;
	assert_int_equal(push(b, 1, 600, 0, 0), CODEC_MORE);
	assert_int_equal(push(b, 1, 600, 1, (int64_t)5 * SECOND + 1), CODEC_MORE);
	assert_int_equal(b->table.expired, 1);
	assert_int_equal(push(b, 1, 600, 0, (int64_t)6 * SECOND), CODEC_OK);
}

static void oldest_partial_message_gives_way_when_all_slots_are_used(void **state)
{
	bench_t *b = *state;
	assert_int_equal(push(b, 1, 600, 0, 2), CODEC_MORE);
	assert_int_equal(push(b, 2, 600, 0, 1), CODEC_MORE);
	assert_int_equal(push(b, 3, 600, 0, 3), CODEC_MORE);
	assert_int_equal(b->table.evicted, 1);
	assert_int_equal(push(b, 1, 600, 1, 4), CODEC_OK);
	assert_int_equal(push(b, 3, 600, 1, 5), CODEC_OK);
	assert_int_equal(push(b, 2, 600, 1, 6), CODEC_MORE);
}

static codec_t packet_with(uint32_t length, uint32_t sequence, size_t payload)
{
	uint8_t room[HANDLE_ENVELOPE_SIZE + 1024] = { 0 };
	writer_t w = writer_of(room, sizeof room);
	handle_envelope_t e = sample(1);
	handle_packet_t packet;
	e.length = length;
	e.sequence = sequence;
	handle_envelope_encode(&e, &w);
	assert_non_null(wr_reserve(&w, payload));
	return handle_packet_decode((addr_t){ 0 }, writer_done(&w), &packet);
}

static void packet_must_carry_exactly_its_slice(void **state)
{
	(void)state;
	assert_int_equal(packet_with(100, 0, 100), CODEC_OK);
	assert_int_equal(packet_with(100, 0, 99), CODEC_MALFORMED);
	assert_int_equal(packet_with(100, 0, 101), CODEC_MALFORMED);
	assert_int_equal(packet_with(100, 1, 0), CODEC_MALFORMED);
	assert_int_equal(packet_with(600, 0, 492), CODEC_OK);
	assert_int_equal(packet_with(600, 0, 600), CODEC_OK);
	assert_int_equal(packet_with(600, 1, 108), CODEC_OK);
	assert_int_equal(packet_with(600, 1, 109), CODEC_MALFORMED);
	assert_int_equal(packet_with(600, 2, 0), CODEC_MALFORMED);
	assert_int_equal(packet_with(600, UINT32_MAX, 492), CODEC_MALFORMED);
	assert_int_equal(packet_with(UINT32_MAX, 0, 492), CODEC_MALFORMED);
	assert_int_equal(packet_with(HANDLE_MESSAGE_MAX, 532, 400), CODEC_OK);
}

static void datagram_shorter_than_an_envelope_is_malformed(void **state)
{
	(void)state;
	handle_packet_t packet;
	assert_int_equal(handle_packet_decode((addr_t){ 0 }, SLICE("short"), &packet),
	                 CODEC_MALFORMED);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, bench_open, bench_close)
	const struct CMUnitTest tests[] = {
		T(envelope_of_fewer_than_twenty_bytes_asks_for_more),
		T(reply_version_follows_the_suggestion_up_to_2_11),
		T(suggested_major_keeps_five_bits_beside_the_flags),
		T(version_5_has_the_features_of_2_0),
		T(frame_waits_for_the_whole_message_and_leaves_the_next),
		T(frame_over_the_message_limit_is_malformed_at_once),
		T(frame_of_exactly_the_message_limit_is_taken),
		T(message_is_cut_into_packets_of_492_bytes),
		T(truncated_bit_is_set_by_size_alone),
		T(truncated_bit_is_not_needed_to_reassemble),
		T(truncated_bit_on_a_single_packet_is_ignored),
		T(packets_in_any_order_and_repeated_make_the_message),
		T(messages_of_two_peers_with_one_request_id_stay_apart),
		T(packet_contradicting_the_length_is_refused),
		T(message_over_the_callers_limit_is_refused),
		T(partial_message_is_forgotten_after_the_timeout),
		T(oldest_partial_message_gives_way_when_all_slots_are_used),
		T(packet_must_carry_exactly_its_slice),
		T(datagram_shorter_than_an_envelope_is_malformed),
	};
#undef T
	return cmocka_run_group_tests(tests, NULL, NULL);
}
