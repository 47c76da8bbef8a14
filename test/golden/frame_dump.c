/* SPDX-License-Identifier: Apache-2.0 */
/* Prints what the capture and frame readers understand of each packet of the files
 * named, one line of tab-separated columns each, for comparison with the reading of
 * another program:
 *
 *   file, time, captured, wire, result, vlans, src, dst, src port, dst port, seq, length
 *
 * A file that ends in anything but its last packet gets one line more, whose only
 * columns are its number and why. */
#include "codec/frame/frame.h"
#include "codec/frame/pcap.h"
#include "model/time.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const results[] = {
	[CODEC_OK] = "ok",
	[CODEC_MORE] = "more",
	[CODEC_MALFORMED] = "malformed",
	[CODEC_UNSUPPORTED] = "unsupported",
};

/* The whole file in a fresh allocation, or an empty slice without one. */
static slice_t file_read(const char *path)
{
	FILE *file = fopen(path, "rb");
	long size = file && fseek(file, 0, SEEK_END) == 0 ? ftell(file) : 0;
	uint8_t *bytes = size > 0 ? malloc((size_t)size) : NULL;
	size_t len = 0;
	if (bytes) {
		rewind(file);
		len = fread(bytes, 1, (size_t)size, file);
	}
	if (file)
		fclose(file);
	return (slice_t){ bytes, len };
}

static void vlans_print(const frame_t *f)
{
	for (uint8_t i = 0; i < f->vlan_count; i++)
		printf("%s%u", i ? "," : "", f->vlan[i]);
	putchar('\t');
}

static void frame_print(const frame_t *f)
{
	char src[IP_TEXT_MAX], dst[IP_TEXT_MAX];
	vlans_print(f);
	printf("%s\t%s\t", ip_format(f->src.ip, src), ip_format(f->dst.ip, dst));
	if (f->kind == FRAME_TCP)
		printf("%u\t%u\t%" PRIu32 "\t%zu\n", f->src.port, f->dst.port, f->seq,
		       f->payload_wire);
	else if (f->kind == FRAME_UDP)
		printf("%u\t%u\t\t%zu\n", f->src.port, f->dst.port, f->payload_wire);
	else
		puts("\t\t\t");
}

static void packet_print(int file, uint32_t link, const pcap_packet_t *packet)
{
	frame_t frame = { 0 };
	codec_t code = frame_decode(link, packet->bytes, &frame);
	printf("%d\t%" PRId64 ".%09" PRId64 "\t%zu\t%" PRIu32 "\t%s\t", file,
	       packet->time_ns / NS_PER_S, packet->time_ns % NS_PER_S, packet->bytes.len,
	       packet->wire_len, results[code]);
	frame_print(&frame);
}

static void file_print(int number, slice_t in)
{
	pcap_stream_t stream;
	pcap_packet_t packet;
	codec_t code = pcap_stream_start(&in, &stream);
	while (code == CODEC_OK) {
		code = pcap_stream_next(&stream, &in, &packet);
		if (code == CODEC_OK)
			packet_print(number, stream.link, &packet);
	}
	if (code != CODEC_MORE || in.len != 0)
		printf("%d\t%s\n", number, results[code]);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		slice_t bytes = file_read(argv[i]);
		file_print(i - 1, bytes);
		free((void *)(uintptr_t)bytes.ptr);
	}
	return 0;
}
