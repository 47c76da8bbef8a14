/* SPDX-License-Identifier: Apache-2.0 */
/* Connections by address. A server may answer and close, as deployed ones do: its
 * other requests move to new connections, and from then on it gets one a request. */
#include "resolver/client_impl.h"

#include <stdlib.h>

enum { REDIALS_MAX = 8, INPUT_MAX = HANDLE_ENVELOPE_SIZE + HANDLE_MESSAGE_MAX + 1 };

static const int64_t IDLE_NS = 20 * NS_PER_S;
static const int64_t SWEEP_NS = 5 * NS_PER_S;

/* An answer and then the end within this time: the server closes as a habit. */
static const int64_t HABIT_NS = NS_PER_S;

static void unlink_connection(connection_t *c)
{
	handle_client_t *client = c->client;
	if (c->next)
		c->next->prev = c->prev;
	if (c->prev)
		c->prev->next = c->next;
	else
		client->connections = c->next;
	client->connection_count--;
	metric_add(client->metrics, RESOLVER_METRIC_CONNECTIONS, -1);
}

static void attach(connection_t *c, exchange_t *e)
{
	e->connection = c;
	e->prev = NULL;
	e->next = c->waiting;
	if (c->waiting)
		c->waiting->prev = e;
	c->waiting = e;
	c->waiting_count++;
	c->used_ns = env_now(c->client->env);
}

void handle_client_tcp_detach(exchange_t *e)
{
	connection_t *c = e->connection;
	if (!c)
		return;
	if (e->next)
		e->next->prev = e->prev;
	if (e->prev)
		e->prev->next = e->next;
	else
		c->waiting = e->next;
	c->waiting_count--;
	c->used_ns = env_now(c->client->env);
	e->connection = NULL;
	e->next = e->prev = NULL;
}

/* The requests of a connection that is gone: on to the next door, or once more when
 * the server has shown that it answers. */
static void scatter(connection_t *c, err_t why)
{
	while (c->waiting) {
		exchange_t *e = c->waiting;
		handle_client_tcp_detach(e);
		bool may_redial = c->answers > 0 && e->redials < REDIALS_MAX;
		e->redials++;
		e->tries += may_redial;
		if (!may_redial || handle_client_tcp_send(e))
			exchange_fail(e, why);
	}
}

static void on_closed(void *ctx, env_tcp_t *tcp, err_t why)
{
	connection_t *c = ctx;
	handle_client_t *client = c->client;
	bool is_habit = c->answers == 1 && env_now(client->env) - c->used_ns < HABIT_NS;
	(void)tcp;
	if (c->answers && (c->waiting || is_habit))
		peers_closes(client->peers, c->addr);
	unlink_connection(c);
	scatter(c, why ? why : ERR_NETWORK);
	free(c);
}

static void write_request(connection_t *c, const exchange_t *e)
{
	/* Output past the limit is a server that reads nothing: the timer ends it. */
	(void)!env_tcp_write(c->tcp, slice_of(e->frame, e->frame_len));
}

static void on_opened(void *ctx, env_tcp_t *tcp)
{
	connection_t *c = ctx;
	c->tcp = tcp;
	c->is_open = true;
	for (const exchange_t *e = c->waiting; e; e = e->next)
		write_request(c, e);
}

static void take_message(connection_t *c, const handle_envelope_t *envelope, slice_t message)
{
	exchange_t *e = handle_client_find(c->client, envelope->request_id);
	c->answers++;
	c->used_ns = env_now(c->client->env);
	if (!e || e->connection != c)
		metric_add(c->client->metrics, RESOLVER_METRIC_STRAY, 1);
	else if (!exchange_offer(e, envelope, message))
		exchange_fail(e, ERR_PROTOCOL);
}

/* After bytes that are no message nothing on the connection is believed. */
static void drop_connection(connection_t *c)
{
	metric_add(c->client->metrics, RESOLVER_METRIC_BAD, 1);
	env_tcp_reset(c->tcp);
	unlink_connection(c);
	c->answers = 0;
	scatter(c, ERR_PROTOCOL);
	free(c);
}

static size_t on_data(void *ctx, env_tcp_t *tcp, slice_t bytes)
{
	connection_t *c = ctx;
	size_t used = 0;
	codec_t got = CODEC_OK;
	(void)tcp;
	c->is_reading = true;
	while (got == CODEC_OK) {
		handle_envelope_t envelope;
		slice_t message;
		got = handle_frame_next(slice_from(bytes, used), &envelope, &message);
		if (got != CODEC_OK)
			break;
		used += HANDLE_ENVELOPE_SIZE + message.len;
		take_message(c, &envelope, message);
	}
	c->is_reading = false;
	if (got == CODEC_MORE)
		return used;
	drop_connection(c);
	return bytes.len;
}

static const env_tcp_events_t events = { .opened = on_opened,
	                                 .data = on_data,
	                                 .closed = on_closed };

static void close_connection(connection_t *c)
{
	env_tcp_close(c->tcp);
	unlink_connection(c);
	free(c);
}

static bool is_idle(const connection_t *c)
{
	return !c->waiting && !c->is_reading;
}

static bool make_room(handle_client_t *client)
{
	connection_t *oldest = NULL;
	if (client->connection_count < CLIENT_CONNECTIONS)
		return true;
	for (connection_t *c = client->connections; c; c = c->next)
		if (is_idle(c) && (!oldest || c->used_ns < oldest->used_ns))
			oldest = c;
	if (!oldest)
		return false;
	close_connection(oldest);
	return true;
}

static err_t begin_dial(connection_t *c, handle_client_t *client, addr_t addr)
{
	env_tcp_spec_t spec = { .events = &events, .ctx = c, .input_max = INPUT_MAX };
	c->client = client;
	c->addr = addr;
	c->used_ns = env_now(client->env);
	return env_tcp_dial(client->loop, NULL, addr, &spec, &c->tcp);
}

static void link_connection(connection_t *c)
{
	connection_t **head = &c->client->connections;
	c->next = *head;
	if (c->next)
		c->next->prev = c;
	*head = c;
	c->client->connection_count++;
}

static void keep_sweeping(handle_client_t *client)
{
	if (!client->is_sweeping)
		env_timer_set(client->sweep, SWEEP_NS);
	client->is_sweeping = true;
}

static err_t dial(handle_client_t *client, addr_t addr, connection_t **ret_connection)
{
	if (!make_room(client)) {
		metric_add(client->metrics, RESOLVER_METRIC_CONNECTIONS_REFUSED, 1);
		return ERR_LIMIT;
	}
	connection_t *c = calloc(1, sizeof(*c));
	err_t err = c ? begin_dial(c, client, addr) : ERR_NO_MEMORY;
	if (err) {
		free(c);
		return err;
	}
	link_connection(c);
	metric_add(client->metrics, RESOLVER_METRIC_CONNECTIONS, 1);
	metric_add(client->metrics, RESOLVER_METRIC_DIALS, 1);
	keep_sweeping(client);
	*ret_connection = c;
	return ERR_OK;
}

static connection_t *open_to(handle_client_t *client, addr_t addr)
{
	if (peers_is_closing(client->peers, addr))
		return NULL;
	for (connection_t *c = client->connections; c; c = c->next)
		if (addr_eq(c->addr, addr) && c->waiting_count < CLIENT_PIPELINE)
			return c;
	return NULL;
}

err_t handle_client_tcp_send(exchange_t *exchange)
{
	handle_client_t *client = exchange->client;
	connection_t *c = open_to(client, exchange->server.tcp);
	if (!c) {
		err_t err = dial(client, exchange->server.tcp, &c);
		if (err)
			return err;
	}
	attach(c, exchange);
	if (c->is_open)
		write_request(c, exchange);
	return ERR_OK;
}

void handle_client_tcp_sweep(void *ctx)
{
	handle_client_t *client = ctx;
	int64_t now = env_now(client->env);
	for (connection_t *c = client->connections, *next; c; c = next) {
		next = c->next;
		if (is_idle(c) && now - c->used_ns >= IDLE_NS)
			close_connection(c);
	}
	client->is_sweeping = client->connections != NULL;
	if (client->is_sweeping)
		env_timer_set(client->sweep, SWEEP_NS);
}

void handle_client_tcp_close(handle_client_t *client)
{
	while (client->connections)
		close_connection(client->connections);
}
