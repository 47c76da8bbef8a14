/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CODEC_FRAME_FRAME_TCP_H
#define CODEC_FRAME_FRAME_TCP_H
/* Tells one TCP conversation as the frames a tap would have seen. The
 * simulator's tap and the simulated network own the real conversation (who
 * wrote what, when); this keeps the two sequence numbers and renders.
 *
 * Story: frame_tcp_of() when a connection is asked for; frame_tcp_open() when
 * it is accepted or frame_tcp_refused() when not; frame_tcp_data() for each
 * write, by either side; frame_tcp_finish() once per side as it closes, or
 * frame_tcp_reset().
 *
 * Caveats: each call emits synchronously, through `emit`, before it returns; a
 * frame is valid only during the call. One thread. All frames of one call carry
 * the time given: the caller spreads them if it wants to. */
#include "codec/frame/frame.h"

enum { FRAME_MSS = 1460, FRAME_TCP_BYTES_MAX = FRAME_HEADER_MAX + FRAME_MSS };

typedef enum { FRAME_CLIENT, FRAME_SERVER } frame_side_t;

typedef void (*frame_emit_fn)(void *ctx, int64_t time_ns, slice_t frame);

typedef struct {
	addr_t end[2];    /* by frame_side_t */
	uint32_t next[2]; /* sequence number of the next byte of each side */
	uint16_t ip_id[2];
	frame_emit_fn emit;
	void *ctx;
} frame_tcp_t;

/* Nothing is emitted yet. Both ends are of one address family. `seed` gives the
 * initial sequence numbers. */
frame_tcp_t frame_tcp_of(addr_t client, addr_t server, uint32_t seed, frame_emit_fn emit,
                         void *ctx);
/* SYN, SYN+ACK, ACK. */
void frame_tcp_open(frame_tcp_t *t, int64_t time_ns);
/* SYN answered by RST+ACK. */
void frame_tcp_refused(frame_tcp_t *t, int64_t time_ns);
/* SYN without an answer: a lost attempt or a filtered port. */
void frame_tcp_attempt(frame_tcp_t *t, int64_t time_ns);
/* `bytes` written by `side`, split at FRAME_MSS, and the other side's ACK. */
void frame_tcp_data(frame_tcp_t *t, frame_side_t side, int64_t time_ns, slice_t bytes);
/* The last `bytes` of `side` once more with their old numbers: a
 * retransmission. */
void frame_tcp_resend(frame_tcp_t *t, frame_side_t side, int64_t time_ns, slice_t bytes);
/* `side` closes: FIN+ACK and the other side's ACK. Once per side. */
void frame_tcp_finish(frame_tcp_t *t, frame_side_t side, int64_t time_ns);
/* `side` aborts: RST+ACK. */
void frame_tcp_reset(frame_tcp_t *t, frame_side_t side, int64_t time_ns);
#endif
