/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SENTRY_REASSEMBLE_H
#define SENTRY_REASSEMBLE_H
/* Puts the bytes of one direction of a TCP connection in order and hands them to
 * a consumer that cuts messages from them.
 *
 * Story: the sensor calls stream_syn() when it saw the beginning, stream_push()
 * for every segment with payload, and stream_give_up() when it suspects that a
 * hole will never be filled. Bytes that arrive in order are consumed where they
 * lie in the frame; only what is left of an unfinished message, and what came
 * too early, is copied into a buffer of a shared pool.
 *
 * Rules: bytes already had are dropped (retransmissions, copies of a mirror or of
 * the loopback); of overlapping bytes the first win; a connection picked up in the
 * middle begins where a message begins. A hole becomes a gap when a segment lies
 * more than STREAM_WINDOW ahead, when STREAM_RANGES pieces wait, when no buffer is
 * free, or when given up: what was unfinished is dropped and the consumer must find
 * the next beginning. RFC 9293, 3.4 and 3.10. */
#include "base/err.h"
#include "base/metrics.h"

enum {
	STREAM_WINDOW = 65536,
	STREAM_RANGES = 8,
	STREAM_NONE = UINT16_MAX,
};

/* Consumes messages from the front of `bytes` and returns how many bytes; the
 * rest comes again with more behind. *synced says whether a message begins at the
 * front; a consumer that loses or finds the beginning of messages sets it. */
typedef size_t (*stream_consume_fn)(void *ctx, slice_t bytes, bool *synced);

typedef struct {
	uint32_t next;  /* sequence number of the first byte not yet consumed */
	uint32_t first; /* of the SYN, when has_first */
	bool known;     /* `next` means something */
	bool has_first, synced;
	uint16_t buffer; /* of the pool, or STREAM_NONE */
} stream_t;

/* Offsets from stream_t.next. */
typedef struct {
	uint32_t from, to;
} stream_range_t;

typedef struct {
	int64_t hole_ns; /* when the present hole was first seen; 0: there is none */
	size_t count;
	stream_range_t ranges[STREAM_RANGES]; /* ascending, apart */
	uint8_t bytes[STREAM_WINDOW];
} stream_buffer_t;

typedef struct {
	stream_buffer_t *buffers;
	uint16_t *free;
	size_t free_count, count;
	metrics_t *metrics;
	stream_consume_fn consume;
	void *ctx;
} stream_pool_t;

/* The fields metrics, consume and ctx are the caller's to set. */
MUST_CHECK err_t stream_pool_open(stream_pool_t *pool, size_t buffers);
void stream_pool_close(stream_pool_t *pool);

stream_t stream_make(void);
/* The direction begins behind `seq`. A copy of the SYN already seen is nothing;
 * returns false then. */
bool stream_syn(stream_pool_t *pool, stream_t *stream, uint32_t seq);
/* True when a SYN of `seq` begins another connection than the one followed. */
bool stream_is_other(const stream_t *stream, uint32_t seq);

typedef struct {
	int64_t utc_ns;
	uint32_t seq;
	slice_t bytes;
	size_t wire_len; /* >= bytes.len; the difference is a gap */
} stream_segment_t;
void stream_push(stream_pool_t *pool, stream_t *stream, const stream_segment_t *segment);

/* Does the stream wait for bytes before `ack`? 0 or the time since when. */
int64_t stream_hole_ns(const stream_pool_t *pool, const stream_t *stream);
bool stream_hole_acked(const stream_pool_t *pool, const stream_t *stream, uint32_t ack);
/* The hole is a gap: goes on behind it. */
void stream_give_up(stream_pool_t *pool, stream_t *stream);
/* Returns the buffer; the stream begins anew with its next segment. */
void stream_drop(stream_pool_t *pool, stream_t *stream);
#endif
