/* SPDX-License-Identifier: Apache-2.0 */
/* Streams of messages. A client may send many before it reads: what came at once is
 * looked up at once and answered in order. Only a whole message counts against
 * silence, so that a client that drips bytes holds its place no longer than one
 * that sends nothing. */
#include "registry/handle/door_state.h"

static const int64_t IDLE_NS = 60 * NS_PER_S;
static const int64_t SWEEP_NS = NS_PER_S;

void door_tcp_init(handle_door_t *door)
{
	for (size_t i = DOOR_CONNECTIONS; i-- > 0;) {
		door_connection_t *c = &door->connections[i];
		c->door = door;
		c->next_free = door->free_connection;
		door->free_connection = c;
	}
}

static void connection_free(door_connection_t *c)
{
	c->tcp = NULL;
	if (c->rest)
		handle_errand_drop(c->door->desk, c->rest);
	c->rest = NULL;
	c->next_free = c->door->free_connection;
	c->door->free_connection = c;
	metric_add(&c->door->metrics, DOOR_METRIC_CONNECTIONS, -1);
}

static void send_reply(void *ctx, const ask_t *ask, slice_t reply)
{
	door_connection_t *c = ctx;
	(void)ask;
	if (!c->is_failed && env_tcp_write(c->tcp, reply))
		c->is_failed = true;
}

static void origin(void *ctx, const ask_t *ask, handle_origin_t *ret_origin)
{
	const door_connection_t *c = ctx;
	(void)ask;
	ret_origin->place = ctx;
	ret_origin->visit = c->visit;
	ret_origin->peer = c->peer;
	ret_origin->login = c->login;
}

static void cut(door_connection_t *c)
{
	metric_add(&c->door->metrics, DOOR_METRIC_SLOW, 1);
	env_tcp_reset(c->tcp);
	connection_free(c);
}

/* What goes on is sent for when the peer has taken what was sent. */
static void on_drained(void *ctx, env_tcp_t *tcp)
{
	door_connection_t *c = ctx;
	handle_errand_t *rest = c->rest;
	(void)tcp;
	c->rest = NULL;
	if (rest)
		handle_desk_go_on(c->door->desk, rest);
}

void door_tcp_reply(handle_door_t *door, handle_reply_t *reply)
{
	door_connection_t *c = reply->to.place;
	if (!c->tcp || c->visit != reply->to.visit) {
		metric_add(&door->metrics, DOOR_METRIC_LATE, 1);
		return;
	}
	c->login = reply->to.login;
	c->heard_ns = env_now(door->env);
	if (env_tcp_write(c->tcp, slice_of(reply->bytes, reply->len))) {
		cut(c);
		return;
	}
	handle_errand_t *rest = reply->rest;
	reply->rest = NULL;
	if (!rest)
		return;
	/* One list waits for the peer; others of the connection go on beside it, within
	 * what may be unsent. */
	if (c->rest || env_tcp_unsent(c->tcp) == 0)
		handle_desk_go_on(door->desk, rest);
	else
		c->rest = rest;
}

/* Decodes what is there, up to a batch; returns the bytes used. */
static size_t take_messages(door_connection_t *c, slice_t bytes, size_t *ret_count,
                            codec_t *ret_end)
{
	handle_door_t *door = c->door;
	size_t used = 0, count = 0;
	codec_t got = CODEC_OK;
	while (got == CODEC_OK && count < REGISTRY_BATCH) {
		handle_envelope_t envelope;
		slice_t message;
		got = handle_frame_next(slice_from(bytes, used), &envelope, &message);
		if (got != CODEC_OK)
			break;
		ask_read(&envelope, message, &door->asks[count++]);
		used += HANDLE_ENVELOPE_SIZE + message.len;
	}
	*ret_count = count;
	*ret_end = got;
	return used;
}

/* Says what is wrong and ends: where the next message begins cannot be known. */
static void refuse_frame(door_connection_t *c, slice_t bytes)
{
	handle_envelope_t envelope;
	metric_add(&c->door->metrics, DOOR_METRIC_TCP_GARBAGE, 1);
	if (handle_envelope_decode(bytes, &envelope) == CODEC_OK) {
		ask_t ask = ask_refusal(&envelope, HANDLE_RC_ERROR, "impossible message length");
		door_answer(c->door, &ask, 1, &(door_way_t){ send_reply, origin, c });
	}
	env_tcp_close(c->tcp);
	connection_free(c);
}

static size_t on_data(void *ctx, env_tcp_t *tcp, slice_t bytes)
{
	(void)tcp;
	door_connection_t *c = ctx;
	handle_door_t *door = c->door;
	size_t count;
	codec_t end;
	size_t used = take_messages(c, bytes, &count, &end);
	if (count > 0)
		c->heard_ns = env_now(door->env);
	metric_add(&door->metrics, DOOR_METRIC_TCP_REQUESTS, (int64_t)count);
	door_answer(door, door->asks, count, &(door_way_t){ send_reply, origin, c });
	if (c->is_failed) {
		cut(c);
		return bytes.len;
	}
	if (end == CODEC_OK || end == CODEC_MORE)
		return used;
	refuse_frame(c, slice_from(bytes, used));
	return bytes.len;
}

static void on_closed(void *ctx, env_tcp_t *tcp, err_t why)
{
	(void)tcp;
	(void)why;
	connection_free(ctx);
}

static const env_tcp_events_t events = { .data = on_data,
	                                 .drained = on_drained,
	                                 .closed = on_closed };

bool door_tcp_accept(void *ctx, env_tcp_t *tcp, addr_t peer, env_tcp_spec_t *ret_spec)
{
	handle_door_t *door = ctx;
	door_connection_t *c = door->free_connection;
	if (!c) {
		metric_add(&door->metrics, DOOR_METRIC_REFUSED, 1);
		return false;
	}
	door->free_connection = c->next_free;
	c->tcp = tcp;
	c->heard_ns = env_now(door->env);
	c->is_failed = false;
	c->peer = peer;
	c->visit = ++door->visits;
	c->login = 0;
	metric_add(&door->metrics, DOOR_METRIC_CONNECTIONS, 1);
	*ret_spec = (env_tcp_spec_t){
		.events = &events,
		.ctx = c,
		.input_max = DOOR_REPLY_BYTES + 1, /* one whole message always fits */
	};
	return true;
}

void door_tcp_sweep(void *ctx)
{
	handle_door_t *door = ctx;
	int64_t now = env_now(door->env);
	for (size_t i = 0; i < DOOR_CONNECTIONS; i++) {
		door_connection_t *c = &door->connections[i];
		if (!c->tcp || now - c->heard_ns < IDLE_NS)
			continue;
		metric_add(&door->metrics, DOOR_METRIC_IDLE, 1);
		env_tcp_close(c->tcp);
		connection_free(c);
	}
	env_timer_set(door->sweep, SWEEP_NS);
}
