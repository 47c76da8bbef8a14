/* SPDX-License-Identifier: Apache-2.0 */
/* Streams of messages behind their lengths (RFC 7766). What came at once is looked up at
 * once and answered in order. Only a whole message counts against silence. */
#include "dns/state.h"

static const int64_t IDLE_NS = 20 * NS_PER_S;
static const int64_t SWEEP_NS = NS_PER_S;

void dns_tcp_init(dns_door_t *door)
{
	for (size_t i = DNS_CONNECTIONS; i-- > 0;) {
		dns_connection_t *c = &door->connections[i];
		c->door = door;
		c->next_free = door->free_connection;
		door->free_connection = c;
	}
}

static void connection_free(dns_connection_t *c)
{
	c->tcp = NULL;
	c->next_free = c->door->free_connection;
	c->door->free_connection = c;
	metric_add(&c->door->metrics, DNS_METRIC_CONNECTIONS, -1);
}

static void send_reply(void *ctx, const dns_ask_t *ask, uint8_t *reply, size_t len)
{
	dns_connection_t *c = ctx;
	(void)ask;
	reply[0] = (uint8_t)(len >> 8);
	reply[1] = (uint8_t)len;
	if (!c->is_failed && env_tcp_write(c->tcp, slice_of(reply, DNS_TCP_HEAD + len)))
		c->is_failed = true;
}

/* Reads what is whole, up to a batch; returns the bytes used. */
static size_t take_messages(dns_connection_t *c, slice_t bytes, size_t *ret_count)
{
	dns_door_t *door = c->door;
	reader_t r = reader_of(bytes);
	size_t used = 0, count = 0;
	while (count < REGISTRY_BATCH) {
		uint16_t len = rd_u16(&r);
		slice_t message = rd_take(&r, len);
		if (r.bad)
			break;
		dns_ask_read(door, message, env_tcp_peer(c->tcp), &door->asks[count++]);
		used += DNS_TCP_HEAD + message.len;
	}
	*ret_count = count;
	return used;
}

static size_t on_data(void *ctx, env_tcp_t *tcp, slice_t bytes)
{
	dns_connection_t *c = ctx;
	dns_door_t *door = c->door;
	size_t count;
	size_t used = take_messages(c, bytes, &count);
	if (count > 0)
		c->heard_ns = env_now(door->env);
	metric_add(&door->metrics, DNS_METRIC_TCP_REQUESTS, (int64_t)count);
	dns_door_serve(door, door->asks, count, &(dns_way_t){ send_reply, c, false });
	if (!c->is_failed)
		return used;
	metric_add(&door->metrics, DNS_METRIC_SLOW, 1);
	env_tcp_reset(tcp);
	connection_free(c);
	return bytes.len;
}

static void on_closed(void *ctx, env_tcp_t *tcp, err_t why)
{
	(void)tcp;
	(void)why;
	connection_free(ctx);
}

static const env_tcp_events_t events = { .data = on_data, .closed = on_closed };

bool dns_tcp_accept(void *ctx, env_tcp_t *tcp, addr_t peer, env_tcp_spec_t *ret_spec)
{
	dns_door_t *door = ctx;
	dns_connection_t *c = door->free_connection;
	(void)peer;
	if (!c) {
		metric_add(&door->metrics, DNS_METRIC_REFUSED, 1);
		return false;
	}
	door->free_connection = c->next_free;
	c->tcp = tcp;
	c->heard_ns = env_now(door->env);
	c->is_failed = false;
	metric_add(&door->metrics, DNS_METRIC_CONNECTIONS, 1);
	*ret_spec = (env_tcp_spec_t){
		.events = &events,
		.ctx = c,
		.input_max = DNS_TCP_HEAD + DNS_MESSAGE_MAX + 1, /* one message always fits */
	};
	return true;
}

void dns_tcp_sweep(void *ctx)
{
	dns_door_t *door = ctx;
	int64_t now = env_now(door->env);
	for (size_t i = 0; i < DNS_CONNECTIONS; i++) {
		dns_connection_t *c = &door->connections[i];
		if (!c->tcp || now - c->heard_ns < IDLE_NS)
			continue;
		metric_add(&door->metrics, DNS_METRIC_IDLE, 1);
		env_tcp_close(c->tcp);
		connection_free(c);
	}
	env_timer_set(door->sweep, SWEEP_NS);
}
