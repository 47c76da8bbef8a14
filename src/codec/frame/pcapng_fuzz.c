/* SPDX-License-Identifier: Apache-2.0 */
/* Input: a pcapng file. It is read whole, and once more through a window that
 * grows a little each time more is asked for; both must tell the same packets in
 * the same words, since what a block said is kept between calls. */
#include "base/crc.h"
#include "codec/frame/pcap.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct {
	uint32_t packets, crc;
	size_t rest; /* bytes left when it ended */
	codec_t end;
} story_t;

static void packet_tell(const pcap_stream_t *stream, const pcap_packet_t *packet, story_t *story)
{
	assert(packet->time_ns >= 0 && packet->bytes.len <= PCAP_PACKET_MAX);
	assert(packet->wire_len >= packet->bytes.len);
	assert(stream->interface_count > 0 && stream->interface_count <= PCAP_INTERFACES_MAX);
	story->packets++;
	story->crc = crc32c(story->crc, slice_of(&packet->time_ns, sizeof packet->time_ns));
	story->crc = crc32c(story->crc, slice_of(&stream->link, sizeof stream->link));
	story->crc = crc32c(story->crc, slice_of(&packet->wire_len, sizeof packet->wire_len));
	story->crc = crc32c(story->crc, packet->bytes);
}

/* Reads `all`, of which `step` bytes more are shown each time. */
static story_t story_read(slice_t all, size_t step)
{
	pcap_stream_t stream;
	pcap_packet_t packet;
	story_t story = { .end = CODEC_MORE };
	size_t at = 0, shown = 0;
	bool is_started = false;
	while (story.end == CODEC_OK || (story.end == CODEC_MORE && shown < all.len)) {
		if (story.end == CODEC_MORE)
			shown = shown + step < all.len ? shown + step : all.len;
		slice_t in = slice_sub(all, at, shown - at);
		size_t before = in.len;
		story.end = is_started ? pcap_stream_next(&stream, &in, &packet)
		                       : pcap_stream_start(&in, &stream);
		at += before - in.len;
		if (is_started && story.end == CODEC_OK)
			packet_tell(&stream, &packet, &story);
		is_started = is_started || story.end == CODEC_OK;
	}
	story.rest = all.len - at;
	return story;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 4 || memcmp(data, "\n\r\r\n", 4) != 0)
		return 0;
	slice_t all = slice_of(data, size);
	story_t whole = story_read(all, size), pieces = story_read(all, 1 + size / 64);
	assert(whole.packets == pieces.packets && whole.crc == pieces.crc);
	assert(whole.rest == pieces.rest && whole.end == pieces.end);
	return 0;
}
