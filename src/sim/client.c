/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/client.h"

#include "sim/plant.h"

client_t client_of(env_loop_t *loop, ip_t local, void (*answer)(void *, const modbus_pdu_t *),
                   void *ctx)
{
	return (client_t){ .loop = loop, .local = local, .answer = answer, .ctx = ctx };
}

void client_close(client_t *c)
{
	env_tcp_close(c->tcp);
	c->tcp = NULL;
	c->is_open = c->is_waiting = false;
}

err_t client_aim(client_t *c, addr_t remote)
{
	if (!ip_is_loopback(remote.ip))
		return ERR_DENIED;
	client_close(c);
	c->remote = remote;
	return ERR_OK;
}

static void fail(client_t *c)
{
	bool was_waiting = c->is_waiting;
	client_close(c);
	if (was_waiting)
		c->answer(c->ctx, NULL);
}

static void on_opened(void *ctx, env_tcp_t *tcp)
{
	client_t *c = ctx;
	c->is_open = true;
	if (env_tcp_write(tcp, slice_of(c->out, c->out_len)))
		fail(c);
}

static size_t on_data(void *ctx, env_tcp_t *tcp, slice_t bytes)
{
	(void)tcp;
	client_t *c = ctx;
	modbus_adu_t adu;
	codec_t got = modbus_adu_decode(bytes, &adu);
	if (got == CODEC_MORE)
		return 0;
	modbus_pdu_t response;
	if (got != CODEC_OK || adu.transaction != c->transaction || !c->is_waiting ||
	    modbus_response_decode(adu.pdu, &c->request, &response) != CODEC_OK) {
		fail(c);
		return bytes.len;
	}
	c->is_waiting = false;
	c->answer(c->ctx, &response);
	return adu.used;
}

static void on_closed(void *ctx, env_tcp_t *tcp, err_t why)
{
	(void)tcp;
	(void)why;
	client_t *c = ctx;
	c->tcp = NULL;
	fail(c);
}

static err_t dial(client_t *c)
{
	static const env_tcp_events_t EVENTS = {
		.opened = on_opened,
		.data = on_data,
		.closed = on_closed,
	};
	addr_t local = { .ip = c->local };
	env_tcp_spec_t spec = { .events = &EVENTS, .ctx = c };
	return env_tcp_dial(c->loop, &local, c->remote, &spec, &c->tcp);
}

err_t client_ask(client_t *c, const modbus_pdu_t *request)
{
	if (c->is_waiting)
		return ERR_BUSY;
	if (!ip_is_loopback(c->remote.ip))
		return ERR_DENIED;
	writer_t w = writer_of(c->out, sizeof(c->out));
	err_t err = modbus_adu_encode(++c->transaction, PLANT_UNIT, request, &w);
	if (err)
		return err;
	c->out_len = w.len;
	c->request = *request;
	c->request.data = (slice_t){ 0 };
	if (!c->tcp)
		err = dial(c);
	else if (c->is_open)
		err = env_tcp_write(c->tcp, writer_done(&w));
	c->is_waiting = !err;
	return err;
}
