/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLEET_STREAM_H
#define FLEET_STREAM_H
/* What a link talks through, which need not care whether that is a TCP connection of its
 * own (stream_tcp_new) or a seat on a serial line that it shares (line_join).
 *
 * Story: made once for a link; stream_open, as often as there was an end; `opened`, maybe
 * before stream_open returns; then stream_take for the right to send one request: true at
 * once, or `ready` comes when it is this stream's turn; stream_write; `data`; and
 * stream_yield when no answer is awaited any more. `closed` comes once for each opening,
 * unless stream_close came first.
 *
 * Threads: device loop. */
#include "base/err.h"

typedef struct stream stream_t;

typedef struct {
	void (*opened)(void *ctx);
	/* The turn that was asked for has come: take, write, or yield. */
	void (*ready)(void *ctx);
	/* All bytes not yet consumed; returns how many it used. */
	size_t (*data)(void *ctx, slice_t bytes);
	void (*closed)(void *ctx, err_t why);
} stream_events_t;

/* How a kind of stream does it. */
typedef struct {
	err_t (*open)(stream_t *stream);
	void (*close)(stream_t *stream);
	bool (*take)(stream_t *stream, bool is_order);
	err_t (*write)(stream_t *stream, slice_t bytes);
	void (*yield)(stream_t *stream);
	void (*free)(stream_t *stream);
} stream_ops_t;

/* The first member of every kind. */
struct stream {
	const stream_ops_t *ops;
	const stream_events_t *events;
	void *ctx;
};

MUST_CHECK static inline err_t stream_open(stream_t *stream)
{
	return stream->ops->open(stream);
}

/* Idempotent. */
static inline void stream_close(stream_t *stream)
{
	stream->ops->close(stream);
}

/* Orders go before polls, of whichever stream. */
static inline bool stream_take(stream_t *stream, bool is_order)
{
	return stream->ops->take(stream, is_order);
}

MUST_CHECK static inline err_t stream_write(stream_t *stream, slice_t bytes)
{
	return stream->ops->write(stream, bytes);
}

/* Without a turn it does nothing. */
static inline void stream_yield(stream_t *stream)
{
	stream->ops->yield(stream);
}

/* Closes it first; NULL is fine. */
static inline void stream_free(stream_t *stream)
{
	if (stream)
		stream->ops->free(stream);
}
#endif
