/* SPDX-License-Identifier: Apache-2.0 */
/* The renderer never remembers payload: the caller has it. All it keeps is what
 * the next header needs. */
#include "codec/frame/frame_tcp.h"

#include <assert.h>

enum { WINDOW = 64240 };

static frame_side_t peer_of(frame_side_t side)
{
	return side == FRAME_CLIENT ? FRAME_SERVER : FRAME_CLIENT;
}

/* Sends the next segment of `side` and moves its sequence number; a SYN and a FIN
 * count as one byte. */
static void segment_emit(frame_tcp_t *t, frame_side_t side, int64_t time_ns, uint8_t flags,
                         slice_t bytes)
{
	uint8_t buf[FRAME_TCP_BYTES_MAX];
	writer_t w = writer_of(buf, sizeof buf);
	frame_side_t peer = peer_of(side);
	frame_t f = frame_between(FRAME_TCP, t->end[side], t->end[peer]);
	f.ip_id = t->ip_id[side]++;
	f.seq = t->next[side];
	f.ack = flags & FRAME_ACK ? t->next[peer] : 0;
	f.flags = flags;
	f.window = flags & FRAME_RST ? 0 : WINDOW;
	f.payload = bytes;
	err_t err = frame_encode(&f, &w);
	assert(err == ERR_OK);
	t->next[side] += (uint32_t)bytes.len + ((flags & (FRAME_SYN | FRAME_FIN)) != 0);
	t->emit(t->ctx, time_ns, writer_done(&w));
}

static void control_emit(frame_tcp_t *t, frame_side_t side, int64_t time_ns, uint8_t flags)
{
	segment_emit(t, side, time_ns, flags, (slice_t){ 0 });
}

frame_tcp_t frame_tcp_of(addr_t client, addr_t server, uint32_t seed, frame_emit_fn emit, void *ctx)
{
	assert(client.ip.family == server.ip.family && client.ip.family != 0 && emit);
	return (frame_tcp_t){
		.end = { client, server },
		.next = { seed, seed * 2654435761U + 1 },
		.ip_id = { (uint16_t)seed, (uint16_t)(seed >> 16) },
		.emit = emit,
		.ctx = ctx,
	};
}

void frame_tcp_attempt(frame_tcp_t *t, int64_t time_ns)
{
	control_emit(t, FRAME_CLIENT, time_ns, FRAME_SYN);
}

void frame_tcp_open(frame_tcp_t *t, int64_t time_ns)
{
	control_emit(t, FRAME_CLIENT, time_ns, FRAME_SYN);
	control_emit(t, FRAME_SERVER, time_ns, FRAME_SYN | FRAME_ACK);
	control_emit(t, FRAME_CLIENT, time_ns, FRAME_ACK);
}

void frame_tcp_refused(frame_tcp_t *t, int64_t time_ns)
{
	control_emit(t, FRAME_CLIENT, time_ns, FRAME_SYN);
	t->next[FRAME_SERVER] = 0; /* a closed port has no sequence of its own */
	control_emit(t, FRAME_SERVER, time_ns, FRAME_RST | FRAME_ACK);
}

void frame_tcp_data(frame_tcp_t *t, frame_side_t side, int64_t time_ns, slice_t bytes)
{
	if (bytes.len == 0)
		return;
	while (bytes.len > 0) {
		slice_t head = slice_sub(bytes, 0, FRAME_MSS);
		bytes = slice_from(bytes, head.len);
		uint8_t flags = bytes.len ? FRAME_ACK : FRAME_ACK | FRAME_PSH;
		segment_emit(t, side, time_ns, flags, head);
	}
	control_emit(t, peer_of(side), time_ns, FRAME_ACK);
}

void frame_tcp_resend(frame_tcp_t *t, frame_side_t side, int64_t time_ns, slice_t bytes)
{
	t->next[side] -= (uint32_t)bytes.len;
	frame_tcp_data(t, side, time_ns, bytes);
}

void frame_tcp_finish(frame_tcp_t *t, frame_side_t side, int64_t time_ns)
{
	control_emit(t, side, time_ns, FRAME_FIN | FRAME_ACK);
	control_emit(t, peer_of(side), time_ns, FRAME_ACK);
}

void frame_tcp_reset(frame_tcp_t *t, frame_side_t side, int64_t time_ns)
{
	control_emit(t, side, time_ns, FRAME_RST | FRAME_ACK);
}
