/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/stream_tcp.h"

#include <stdlib.h>

enum { INPUT_MAX = 4096 };

typedef struct {
	stream_t base;
	env_loop_t *loop;
	addr_t remote;
	env_tcp_t *tcp;
} stream_tcp_t;

static void on_opened(void *ctx, env_tcp_t *tcp)
{
	stream_tcp_t *s = ctx;
	(void)tcp;
	s->base.events->opened(s->base.ctx);
}

static size_t on_data(void *ctx, env_tcp_t *tcp, slice_t bytes)
{
	stream_tcp_t *s = ctx;
	(void)tcp;
	return s->base.events->data(s->base.ctx, bytes);
}

static void on_closed(void *ctx, env_tcp_t *tcp, err_t why)
{
	stream_tcp_t *s = ctx;
	(void)tcp;
	s->tcp = NULL;
	s->base.events->closed(s->base.ctx, why);
}

static err_t tcp_open(stream_t *stream)
{
	static const env_tcp_events_t events = { .opened = on_opened,
		                                 .data = on_data,
		                                 .closed = on_closed };
	stream_tcp_t *s = (stream_tcp_t *)stream;
	env_tcp_spec_t spec = { .events = &events, .ctx = s, .input_max = INPUT_MAX };
	return env_tcp_dial(s->loop, NULL, s->remote, &spec, &s->tcp);
}

static void tcp_close(stream_t *stream)
{
	stream_tcp_t *s = (stream_tcp_t *)stream;
	env_tcp_close(s->tcp);
	s->tcp = NULL;
}

static bool tcp_take(stream_t *stream, bool is_order)
{
	(void)stream;
	(void)is_order;
	return true;
}

static err_t tcp_write(stream_t *stream, slice_t bytes)
{
	return env_tcp_write(((stream_tcp_t *)stream)->tcp, bytes);
}

static void tcp_yield(stream_t *stream)
{
	(void)stream;
}

static void tcp_free(stream_t *stream)
{
	tcp_close(stream);
	free(stream);
}

err_t stream_tcp_new(env_loop_t *loop, addr_t remote, const stream_events_t *events, void *ctx,
                     stream_t **ret_stream)
{
	static const stream_ops_t ops = { .open = tcp_open,
		                          .close = tcp_close,
		                          .take = tcp_take,
		                          .write = tcp_write,
		                          .yield = tcp_yield,
		                          .free = tcp_free };
	stream_tcp_t *s = calloc(1, sizeof(*s));
	if (!s)
		return ERR_NO_MEMORY;
	*s = (stream_tcp_t){ .base = { &ops, events, ctx }, .loop = loop, .remote = remote };
	*ret_stream = &s->base;
	return ERR_OK;
}
