/* SPDX-License-Identifier: Apache-2.0 */
#include "resolver/client_impl.h"

#include <assert.h>
#include <stdlib.h>

enum { REQUEST_LIFE_S = 12 * 3600, REQUEST_OVERHEAD = 128 };

static const int64_t TCP_WAIT_NS = 5 * NS_PER_S;

static int64_t now(const handle_client_t *client)
{
	return env_now(client->env);
}

static slice_t id_key(uint32_t id, uint8_t room[4])
{
	writer_t w = writer_of(room, 4);
	wr_u32(&w, id);
	return writer_done(&w);
}

exchange_t *handle_client_find(handle_client_t *client, uint32_t request_id)
{
	uint8_t room[4];
	exchange_t *const *slot = table_get(client->exchanges, id_key(request_id, room));
	return slot ? *slot : NULL;
}

/* Out of every list; what is left is memory. */
static void detach(exchange_t *exchange)
{
	uint8_t room[4];
	handle_client_tcp_detach(exchange);
	env_timer_free(exchange->timer);
	exchange->timer = NULL;
	(void)table_remove(exchange->client->exchanges,
	                   id_key(exchange->envelope.request_id, room));
}

exchange_result_t exchange_state(const exchange_t *e)
{
	size_t door = e->door < e->door_count ? e->door : e->door_count - 1;
	bool by_tcp = e->door_count && e->door_is_tcp[door];
	return (exchange_result_t){ .server = by_tcp ? e->server.tcp : e->server.udp,
		                    .by_tcp = by_tcp,
		                    .tries = e->tries,
		                    .ignored = e->ignored,
		                    .took_ns = now(e->client) - e->started_ns };
}

static void finish(exchange_t *exchange, err_t err, const reply_t *reply)
{
	exchange_result_t result = exchange_state(exchange);
	result.err = err;
	result.reply = reply;
	detach(exchange);
	exchange->done(exchange->ctx, exchange, &result);
	free(exchange);
}

void exchange_cancel(exchange_t *exchange)
{
	if (!exchange)
		return;
	detach(exchange);
	free(exchange);
}

static void send(exchange_t *exchange)
{
	exchange->tries++;
	exchange->door_tries++;
	if (!exchange->door_is_tcp[exchange->door]) {
		handle_client_udp_send(exchange);
		env_timer_set(exchange->timer, handle_client_udp_wait_ns(exchange->door_tries));
		return;
	}
	exchange->failed = handle_client_tcp_send(exchange);
	env_timer_set(exchange->timer, exchange->failed ? 0 : TCP_WAIT_NS);
}

void exchange_fail(exchange_t *exchange, err_t why)
{
	handle_client_tcp_detach(exchange);
	exchange->failed = ERR_OK;
	exchange->door++;
	exchange->door_tries = 0;
	if (exchange->door < exchange->door_count) {
		send(exchange);
		return;
	}
	if (why == ERR_TIMEOUT)
		metric_add(exchange->client->metrics, RESOLVER_METRIC_TIMEOUTS, 1);
	finish(exchange, why, NULL);
}

static void on_timer(void *ctx)
{
	exchange_t *exchange = ctx;
	if (exchange->failed || exchange->door_count == 0) {
		exchange_fail(exchange, exchange->failed ? exchange->failed : ERR_NETWORK);
	} else if (!exchange->door_is_tcp[exchange->door] &&
	           handle_client_udp_wait_ns(exchange->door_tries + 1)) {
		metric_add(exchange->client->metrics, RESOLVER_METRIC_RETRIES, 1);
		send(exchange);
	} else {
		exchange_fail(exchange, exchange->ignored ? ERR_PROTOCOL : ERR_TIMEOUT);
	}
}

bool exchange_offer(exchange_t *exchange, const handle_envelope_t *envelope, slice_t message)
{
	reply_t reply;
	if (reply_read(&exchange->expect, envelope, message, &reply)) {
		exchange->ignored++;
		metric_add(exchange->client->metrics, RESOLVER_METRIC_BAD, 1);
		return false;
	}
	finish(exchange, ERR_OK, &reply);
	return true;
}

/* Which doors the server has and this machine can reach, in their order. */
static void choose_doors(exchange_t *e, bool tcp_first)
{
	for (size_t i = 0; i < EXCHANGE_DOORS; i++) {
		bool is_tcp = (i == 0) == tcp_first;
		addr_t at = is_tcp ? e->server.tcp : e->server.udp;
		if (at.port == 0 || (!is_tcp && !e->client->udp[at.ip.family == 6]))
			continue;
		e->door_is_tcp[e->door_count++] = is_tcp;
	}
}

static void write_body(const exchange_spec_t *spec, writer_t *w)
{
	handle_resolution_t body = { .handle = spec->question->name,
		                     .indexes = spec->question->indexes,
		                     .types = spec->question->types };
	if (spec->operation == HANDLE_OP_GET_SITE)
		handle_name_body_encode(SLICE("/"), w);
	else if (spec->operation == HANDLE_OP_VERIFY_ANSWER)
		wr_bytes(w, spec->question->proof);
	else
		handle_resolution_encode(&body, w);
}

static handle_header_t header_of(const exchange_t *e, const exchange_spec_t *spec)
{
	utc_t utc = env_utc(e->client->env);
	return (handle_header_t){ .operation = spec->operation,
		                  .flags = spec->flags,
		                  .site_serial = e->server.serial,
		                  .recursion = spec->recursion,
		                  .expires_s = (uint32_t)(utc.ns / NS_PER_S + REQUEST_LIFE_S) };
}

/* Envelope and message in one piece, as TCP wants it; UDP cuts the message. */
static void write_request(exchange_t *e, const exchange_spec_t *spec, size_t cap)
{
	writer_t w = writer_of(e->frame, cap);
	handle_header_t header = header_of(e, spec);
	handle_mark_t mark = handle_message_begin(&e->envelope, &header, &w);
	write_body(spec, &w);
	e->expect.covered = handle_message_covered(mark, &w);
	handle_message_end(mark, (slice_t){ 0 }, &w);
	assert(!w.bad);
	e->frame_len = w.len;
	e->message = slice_from(writer_done(&w), HANDLE_ENVELOPE_SIZE);
}

/* A random positive id that nobody waits for. */
static err_t enlist(exchange_t *e)
{
	uint8_t room[4];
	void *slot;
	bool is_new = false;
	while (!is_new) {
		env_random(e->client->env, room, sizeof(room));
		room[0] &= 0x7F;
		reader_t r = reader_of(slice_of(room, sizeof(room)));
		e->envelope.request_id = rd_u32(&r);
		err_t err = table_put(e->client->exchanges, slice_of(room, sizeof(room)), &slot,
		                      &is_new);
		if (err)
			return err;
	}
	*(exchange_t **)slot = e;
	return ERR_OK;
}

/* As it was sent, since the question may go before the reply comes. */
static slice_t name_sent(const exchange_t *e)
{
	reader_t r = reader_of(slice_from(e->message, HANDLE_HEADER_SIZE));
	return rd_bytes32(&r, HANDLE_NAME_MAX);
}

static void expect_reply(exchange_t *e, const exchange_spec_t *spec)
{
	e->expect.operation = spec->operation;
	e->expect.needs_digest = spec->flags & HANDLE_FLAG_RRDG;
	e->expect.needs_signature = spec->flags & HANDLE_FLAG_CERT;
	e->expect.legacy = e->client->legacy;
	e->expect.key = slice_of(e->server.key, e->server.key_len);
	e->expect.name = name_sent(e);
}

static err_t fill(exchange_t *e, const exchange_spec_t *spec, size_t cap)
{
	err_t err = env_timer_new(e->client->loop, on_timer, e, &e->timer);
	if (err)
		return err;
	err = enlist(e);
	if (err) {
		env_timer_free(e->timer);
		return err;
	}
	write_request(e, spec, cap);
	expect_reply(e, spec);
	return ERR_OK;
}

static size_t frame_room(const question_t *question)
{
	return REQUEST_OVERHEAD + question->name.len + question->indexes.bytes.len +
	       question->types.bytes.len + question->proof.len;
}

/* Without a door the failure comes from the loop, like every answer. */
static void knock(exchange_t *e, bool tcp_first)
{
	choose_doors(e, tcp_first);
	if (e->door_count)
		send(e);
	else
		env_timer_set(e->timer, 0);
}

err_t handle_client_ask(handle_client_t *client, const exchange_spec_t *spec,
                        exchange_t **ret_exchange)
{
	size_t cap = frame_room(spec->question);
	exchange_t *e = calloc(1, sizeof(*e) + cap);
	if (!e)
		return ERR_NO_MEMORY;
	e->client = client;
	e->server = spec->server;
	e->done = spec->done;
	e->ctx = spec->ctx;
	e->started_ns = now(client);
	e->envelope.version = spec->server.version;
	e->envelope.suggested = (handle_version_t){ HANDLE_MAJOR, HANDLE_MINOR };
	err_t err = fill(e, spec, cap);
	if (err) {
		free(e);
		return err;
	}
	metric_add(client->metrics, RESOLVER_METRIC_EXCHANGES, 1);
	knock(e, spec->tcp_first);
	*ret_exchange = e;
	return ERR_OK;
}

err_t handle_client_open(env_loop_t *loop, peers_t *peers, metrics_t *metrics, bool legacy,
                         handle_client_t **ret_client)
{
	handle_client_t *client = calloc(1, sizeof(*client));
	if (!client)
		return ERR_NO_MEMORY;
	client->loop = loop;
	client->env = env_loop_env(loop);
	client->legacy = legacy;
	client->peers = peers;
	client->metrics = metrics;
	client->exchanges = table_new(sizeof(exchange_t *), CLIENT_EXCHANGES, 0);
	err_t err = client->exchanges ? ERR_OK : ERR_NO_MEMORY;
	if (!err)
		err = env_timer_new(loop, handle_client_tcp_sweep, client, &client->sweep);
	if (!err)
		err = handle_client_udp_open(client);
	if (err)
		handle_client_close(client);
	else
		*ret_client = client;
	return err;
}

/* Each cancellation changes the table, so every look begins anew. */
static void cancel_all(table_t *exchanges)
{
	slice_t key;
	void *value;
	for (size_t at = 0; exchanges && table_next(exchanges, &at, &key, &value); at = 0)
		exchange_cancel(*(exchange_t **)value);
}

static void close_udp(handle_client_t *client)
{
	for (size_t i = 0; i < 2; i++)
		if (client->udp[i])
			env_udp_close(client->udp[i]);
}

void handle_client_close(handle_client_t *client)
{
	if (!client)
		return;
	cancel_all(client->exchanges);
	handle_client_tcp_close(client);
	if (client->sweep)
		env_timer_free(client->sweep);
	close_udp(client);
	table_free(client->exchanges);
	free(client->partial_memory);
	free(client);
}
