/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes, read as a TCP stream, as a datagram, as a name and as a key file. What
 * is accepted must write itself the same way twice. */
#include <assert.h>

#include "codec/handle/handle_echo.h"

enum { ROOM = 32768, MESSAGE_CAP = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_stream(slice_t in)
{
	uint8_t first[ROOM], second[ROOM];
	writer_t w1 = writer_of(first, sizeof first), w2 = writer_of(second, sizeof second);
	handle_envelope_t e;
	slice_t message;
	if (handle_frame_next(in, &e, &message) != CODEC_OK)
		return;
	if (handle_echo(message, &w1) != CODEC_OK)
		return;
	codec_t again = handle_echo(writer_done(&w1), &w2);
	assert(again == CODEC_OK);
	assert(slice_eq(writer_done(&w1), writer_done(&w2)));
}

/* The input again and again as one peer's datagram, with other sequence numbers. */
static void fuzz_datagram(slice_t in)
{
	handle_partial_t slots[2] = { 0 };
	uint8_t memory[2 * MESSAGE_CAP];
	handle_reassembly_t table = {
		.slots = slots,
		.slot_count = 2,
		.memory = memory,
		.message_max = MESSAGE_CAP,
		.timeout_ns = 5,
	};
	handle_packet_t packet;
	if (handle_packet_decode((addr_t){ 0 }, in, &packet) != CODEC_OK)
		return;
	for (int64_t now = 0; now < 4; now++) {
		handle_envelope_t e;
		slice_t message;
		codec_t got = handle_reassembly_push(&table, &packet, now, &e, &message);
		assert(got != CODEC_OK || message.len == e.length);
	}
}

static void fuzz_name(slice_t in)
{
	uint8_t room[HANDLE_NAME_MAX + 8];
	writer_t w = writer_of(room, sizeof room);
	handle_name_t name;
	handle_key_file_t file;
	handle_key_t key;
	if (handle_name_split(in, &name) == CODEC_OK) {
		handle_name_prefix_record(in, &w);
		assert(!w.bad);
		assert(name.prefix.len + 1 + name.suffix.len == in.len);
	}
	if (handle_key_file_decode(in, &file) == CODEC_OK &&
	    handle_key_decode(file.payload, &key) == CODEC_OK)
		assert(handle_key_parts(key.kind) <= HANDLE_KEY_PARTS_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	slice_t in = slice_of(data, size);
	fuzz_stream(in);
	fuzz_datagram(in);
	fuzz_name(in);
	return 0;
}
