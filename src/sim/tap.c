/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/tap.h"

#include <assert.h>

#include "base/num.h"
#include "codec/frame/pcap.h"

tap_t tap_open(env_t *env, void (*out)(void *ctx, slice_t pcap_bytes), void *ctx)
{
	tap_t tap = { .env = env, .out = out, .ctx = ctx };
	uint8_t head[PCAP_HEADER_BYTES];
	writer_t w = writer_of(head, sizeof(head));
	pcap_write_header(&w, FRAME_LINK_ETHERNET);
	if (out)
		out(ctx, writer_done(&w));
	return tap;
}

int64_t tap_now(const tap_t *tap)
{
	return env_utc(tap->env).ns;
}

static void emit(void *ctx, int64_t time_ns, slice_t frame)
{
	tap_t *tap = ctx;
	uint8_t record[PCAP_RECORD_BYTES + FRAME_TCP_BYTES_MAX];
	writer_t w = writer_of(record, sizeof(record));
	pcap_write_packet(&w, &(pcap_packet_t){ time_ns, frame, (uint32_t)frame.len });
	assert(!w.bad);
	tap->out(tap->ctx, writer_done(&w));
}

/* First sequence numbers differ from talk to talk and repeat from run to run. */
frame_tcp_t tap_talk(tap_t *tap, addr_t client, addr_t server)
{
	uint32_t number = ++tap->talks;
	uint64_t seed = num_hash(slice_of(&number, sizeof(number)), client.port);
	frame_tcp_t talk = frame_tcp_of(client, server, (uint32_t)seed, emit, tap);
	frame_tcp_open(&talk, tap_now(tap));
	return talk;
}
