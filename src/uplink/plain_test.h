/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UPLINK_PLAIN_TEST_H
#define UPLINK_PLAIN_TEST_H
/* Channels for tests of the sessions alone: a stream of env/tcp on which both ends say a name
 * and are believed. So a test can say any name; what a certificate does, tls_channel.h's own
 * tests show.
 *
 * Story: an end is a machine's side: it listens (plain_listen) and hands what it accepts to
 * `accepted`, or dials as a channel_dialer_t. `keys` gives the key of a name. `outgoing` sees
 * each write and may say it again, or other bytes.
 *
 * Threads: one loop an end. plain_done frees what is left, before its host is closed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "env/tcp.h"
#include "uplink/channel.h"

enum { PLAIN_NAME_MAX = 64 };

typedef struct plain plain_t;

typedef struct {
	env_loop_t *loop;
	addr_t addr; /* own; the port to listen on */
	slice_t name;
	void *ctx;
	slice_t (*key)(void *ctx, slice_t name); /* DER; empty: no such node */
	void (*accepted)(void *ctx, channel_t *channel);
	/* May be NULL: what goes out instead of `bytes`, by plain_write. */
	err_t (*outgoing)(void *ctx, plain_t *plain, slice_t bytes);
	env_listener_t *listener;
	plain_t *plains;
} plain_end_t;

struct plain {
	channel_t channel;
	plain_end_t *end;
	env_tcp_t *tcp;
	plain_t *prev, *next;
	const channel_dial_events_t *dial_events; /* until it is opened; NULL: accepted */
	void *dial_ctx;
	char peer[PLAIN_NAME_MAX];
	bool is_named;
};

static inline void plain_free(plain_t *p)
{
	*(p->prev ? &p->prev->next : &p->end->plains) = p->next;
	if (p->next)
		p->next->prev = p->prev;
	env_tcp_close(p->tcp);
	free(p);
}

MUST_CHECK static inline err_t plain_write(plain_t *p, slice_t bytes)
{
	return env_tcp_write(p->tcp, bytes);
}

MUST_CHECK static inline err_t plain_channel_write(void *ctx, slice_t bytes)
{
	plain_t *p = ctx;
	return p->end->outgoing ? p->end->outgoing(p->end->ctx, p, bytes) : plain_write(p, bytes);
}

static inline size_t plain_channel_unsent(void *ctx)
{
	return env_tcp_unsent(((plain_t *)ctx)->tcp);
}

static inline void plain_channel_close(void *ctx)
{
	plain_free(ctx);
}

static inline void plain_introduce(plain_t *p)
{
	uint8_t len = (uint8_t)p->end->name.len;
	(void)!plain_write(p, slice_of(&len, 1));
	(void)!plain_write(p, p->end->name);
}

/* The other end has said its name. */
static inline void plain_named(plain_t *p, slice_t name)
{
	plain_end_t *end = p->end;
	const channel_dial_events_t *dial_events = p->dial_events;
	memcpy(p->peer, name.ptr, name.len);
	p->is_named = true;
	p->channel = (channel_t){ .ctx = p,
		                  .write = plain_channel_write,
		                  .unsent = plain_channel_unsent,
		                  .close = plain_channel_close,
		                  .peer = slice_of(p->peer, name.len),
		                  .peer_key = end->key(end->ctx, name),
		                  .addr = env_tcp_peer(p->tcp) };
	p->dial_events = NULL;
	if (dial_events)
		dial_events->opened(p->dial_ctx, &p->channel);
	else
		end->accepted(end->ctx, &p->channel);
}

static inline size_t plain_data(void *ctx, env_tcp_t *tcp, slice_t bytes)
{
	(void)tcp;
	plain_t *p = ctx;
	if (p->is_named)
		return p->channel.events->data(p->channel.events_ctx, bytes);
	size_t len = bytes.ptr[0];
	if (bytes.len < 1 + len || len > PLAIN_NAME_MAX)
		return 0;
	if (!p->dial_events)
		plain_introduce(p);
	plain_named(p, slice_sub(bytes, 1, len));
	return 1 + len;
}

static inline void plain_opened(void *ctx, env_tcp_t *tcp)
{
	(void)tcp;
	plain_introduce(ctx);
}

static inline void plain_drained(void *ctx, env_tcp_t *tcp)
{
	(void)tcp;
	plain_t *p = ctx;
	if (p->is_named && p->channel.events->drained)
		p->channel.events->drained(p->channel.events_ctx);
}

static inline void plain_closed(void *ctx, env_tcp_t *tcp, err_t why)
{
	(void)tcp;
	plain_t *p = ctx;
	channel_t channel = p->channel;
	const channel_dial_events_t *dial_events = p->dial_events;
	void *dial_ctx = p->dial_ctx;
	bool is_named = p->is_named;
	p->tcp = NULL;
	plain_free(p);
	if (is_named)
		channel.events->closed(channel.events_ctx, why);
	else if (dial_events)
		dial_events->failed(dial_ctx, why ? why : ERR_NETWORK);
}

static const env_tcp_events_t PLAIN_EVENTS = { plain_opened, plain_data, plain_drained,
	                                       plain_closed };

static inline plain_t *plain_new(plain_end_t *end, env_tcp_spec_t *ret_spec)
{
	plain_t *p = calloc(1, sizeof(*p));
	assert_non_null(p);
	p->end = end;
	p->next = end->plains;
	if (p->next)
		p->next->prev = p;
	end->plains = p;
	*ret_spec = (env_tcp_spec_t){ &PLAIN_EVENTS, p, CHANNEL_INPUT, CHANNEL_OUTPUT };
	return p;
}

static inline bool plain_accept(void *ctx, env_tcp_t *tcp, addr_t peer, env_tcp_spec_t *ret_spec)
{
	(void)peer;
	plain_new(ctx, ret_spec)->tcp = tcp;
	return true;
}

MUST_CHECK static inline err_t plain_listen(plain_end_t *end)
{
	env_listen_spec_t spec = { .accept = plain_accept, .ctx = end, .connections_max = 65536 };
	return env_tcp_listen(end->loop, end->addr, &spec, &end->listener);
}

MUST_CHECK static inline err_t plain_dial(void *ctx, addr_t remote,
                                          const channel_dial_events_t *events, void *events_ctx,
                                          channel_dial_t **ret_dial)
{
	plain_end_t *end = ctx;
	env_tcp_spec_t spec;
	plain_t *p = plain_new(end, &spec);
	addr_t local = { .ip = end->addr.ip };
	p->dial_events = events;
	p->dial_ctx = events_ctx;
	bool is_same = local.ip.family == remote.ip.family;
	err_t err = env_tcp_dial(end->loop, is_same ? &local : NULL, remote, &spec, &p->tcp);
	if (err)
		plain_free(p);
	else
		*ret_dial = (channel_dial_t *)(void *)p;
	return err;
}

static inline void plain_cancel(void *ctx, channel_dial_t *dial)
{
	(void)ctx;
	plain_free((plain_t *)(void *)dial);
}

static inline channel_dialer_t plain_dialer(plain_end_t *end)
{
	return (channel_dialer_t){ end, plain_dial, plain_cancel };
}

static inline void plain_done(plain_end_t *end)
{
	while (end->plains)
		plain_free(end->plains);
	env_listener_close(end->listener);
	end->listener = NULL;
}
#endif
