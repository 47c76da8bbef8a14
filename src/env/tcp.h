/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENV_TCP_H
#define ENV_TCP_H
/* Streams. A connection lives on one loop; bytes come by callback and are sent
 * by env_tcp_write, which never blocks.
 *
 * Story: dial or listen; `opened` (dial only) says the peer answered; `data`
 * hands all bytes not yet consumed and returns how many it used (a codec that
 * answers CODEC_MORE returns 0 and sees the same bytes again with more behind);
 * `closed` comes exactly once unless the owner called env_tcp_close first, and
 * the pointer is dead after either.
 *
 * Limits: unconsumed input is bounded by `input_max` (default 256 KiB): reaching
 * it closes with ERR_TOO_BIG. Output is bounded by `output_max` (default 1 MiB):
 * env_tcp_write then answers ERR_LIMIT and sends nothing. TCP_NODELAY is set. */
#include "base/net.h"
#include "env/loop.h"

typedef struct env_tcp env_tcp_t;
typedef struct env_listener env_listener_t;

typedef struct {
	void (*opened)(void *ctx, env_tcp_t *tcp);
	size_t (*data)(void *ctx, env_tcp_t *tcp, slice_t bytes);
	/* Output fell to zero unsent bytes; may be NULL. */
	void (*drained)(void *ctx, env_tcp_t *tcp);
	/* ERR_OK: the peer ended the stream; else why it broke. */
	void (*closed)(void *ctx, env_tcp_t *tcp, err_t why);
} env_tcp_events_t;

typedef struct {
	const env_tcp_events_t *events;
	void *ctx;
	size_t input_max, output_max; /* 0: the defaults */
} env_tcp_spec_t;

/* `local` may be NULL; else its address (port 0: any) is the source. */
MUST_CHECK
err_t env_tcp_dial(env_loop_t *loop, const addr_t *local, addr_t remote, const env_tcp_spec_t *spec,
                   env_tcp_t **ret_tcp);

/* `accept` returns the spec for a new connection by filling *ret_spec, or false
 * to refuse it (closed at once). It may keep `tcp`. */
typedef struct {
	bool (*accept)(void *ctx, env_tcp_t *tcp, addr_t peer, env_tcp_spec_t *ret_spec);
	void *ctx;
	size_t connections_max; /* past it new ones are closed and counted */
} env_listen_spec_t;

/* Port 0 takes a free one: see env_listener_addr. ERR_BUSY when taken. */
MUST_CHECK
err_t env_tcp_listen(env_loop_t *loop, addr_t addr, const env_listen_spec_t *spec,
                     env_listener_t **ret_listener);
addr_t env_listener_addr(const env_listener_t *listener);
void env_listener_close(env_listener_t *listener);

MUST_CHECK
err_t env_tcp_write(env_tcp_t *tcp, slice_t bytes);
size_t env_tcp_unsent(const env_tcp_t *tcp);
addr_t env_tcp_local(const env_tcp_t *tcp);
addr_t env_tcp_peer(const env_tcp_t *tcp);
/* Sends what is unsent in the background (up to 2 s), then ends. No further
 * callback for this connection, `closed` included. NULL is fine. */
void env_tcp_close(env_tcp_t *tcp);
/* Ends at once with a reset. */
void env_tcp_reset(env_tcp_t *tcp);
#endif
