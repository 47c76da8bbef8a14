/* SPDX-License-Identifier: Apache-2.0 */
/* Input: a capture file. It is read whole and, with the same result, in two
 * pieces; what was read must survive being written. */
#include "codec/frame/frame.h"
#include "codec/frame/pcap.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void rewrite_check(const pcap_packet_t *packet)
{
	static uint8_t buf[PCAP_RECORD_BYTES + PCAP_PACKET_MAX];
	pcap_stream_t form = { .is_little = true, .has_nanos = true };
	writer_t w = writer_of(buf, sizeof buf);
	pcap_packet_t again;
	pcap_write_packet(&w, packet);
	if (w.bad) /* a fraction of a second that carries past the last year */
		return;
	slice_t in = writer_done(&w);
	codec_t code = pcap_stream_next(&form, &in, &again);
	assert(code == CODEC_OK && in.len == 0);
	assert(again.time_ns == packet->time_ns && again.wire_len == packet->wire_len);
	assert(slice_eq(again.bytes, packet->bytes));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	slice_t in = slice_of(data, size);
	pcap_stream_t stream, early;
	pcap_packet_t packet, cut;
	frame_t frame;
	if (pcap_stream_start(&in, &stream) != CODEC_OK)
		return 0;
	for (;;) {
		slice_t before = in, shorter;
		early = stream;
		if (pcap_stream_next(&stream, &in, &packet) != CODEC_OK)
			break;
		shorter = slice_sub(before, 0, before.len - in.len - 1);
		codec_t code = pcap_stream_next(&early, &shorter, &cut);
		assert(code == CODEC_MORE);
		rewrite_check(&packet);
		(void)!frame_decode(stream.link, packet.bytes, &frame);
	}
	return 0;
}
