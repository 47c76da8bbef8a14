/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/multidrop.h"

#include <assert.h>

static void on_data(void *ctx, env_serial_t *serial, slice_t bytes);
static void on_closed(void *ctx, env_serial_t *serial, err_t why);

static err_t open_port(multidrop_t *d, bool make)
{
	static const env_serial_events_t EVENTS = { .data = on_data, .closed = on_closed };
	env_serial_spec_t spec = { .events = &EVENTS, .ctx = d, .make = make };
	return env_serial_open(d->loop, d->port, &spec, &d->serial);
}

static int64_t now(const multidrop_t *d)
{
	return env_now(env_loop_env(d->loop));
}

/* The answer to a request of so many bytes is ready. */
static void answer_later(multidrop_t *d, size_t request_bytes)
{
	int64_t wait_ns = modbus_rtu_silence(baud_rate(d->port->baud)).t35_ns;
	if (d->is_made)
		wait_ns += (int64_t)(request_bytes + d->out_len) * port_character_ns(d->port);
	env_timer_set(d->timer, wait_ns);
}

static void put_answer(multidrop_t *d, uint8_t unit, slice_t pdu)
{
	machine_t *m = &d->machines[unit - 1];
	modbus_pdu_t response;
	writer_t w = writer_of(d->out, sizeof(d->out));
	if (m->fault == SIM_FAULT_GARBAGE) {
		machine_garbage(m, &w);
	} else if (machine_answer(m, pdu, &response)) {
		err_t err = modbus_rtu_encode(unit, &response, &w);
		assert(err == ERR_OK);
	}
	d->out_len = w.len;
}

static void serve(multidrop_t *d, slice_t frame)
{
	modbus_rtu_t rtu;
	modbus_pdu_t unsaid;
	d->out_len = 0;
	if (modbus_rtu_frame_decode(frame, &rtu) != CODEC_OK)
		return;
	if (rtu.unit == 0)
		for (size_t i = 0; i < d->count; i++)
			(void)machine_answer(&d->machines[i], rtu.pdu, &unsaid);
	else if (rtu.unit <= d->count)
		put_answer(d, rtu.unit, rtu.pdu);
	if (d->out_len)
		answer_later(d, frame.len);
}

/* Bytes right behind a request make it none. */
static void on_data(void *ctx, env_serial_t *serial, slice_t bytes)
{
	multidrop_t *d = ctx;
	int64_t now_ns = now(d);
	slice_t frame;
	(void)serial;
	env_timer_clear(d->timer);
	if (now_ns >= modbus_gather_due_ns(&d->gather))
		(void)modbus_gather_clear(&d->gather);
	modbus_gather_add(&d->gather, now_ns, bytes);
	while (modbus_gather_take(&d->gather, now_ns, &frame))
		serve(d, frame);
}

static void on_closed(void *ctx, env_serial_t *serial, err_t why)
{
	multidrop_t *d = ctx;
	(void)serial;
	(void)why;
	d->serial = NULL;
	(void)modbus_gather_clear(&d->gather);
	env_timer_set(d->timer, NS_PER_S);
}

static void on_timer(void *ctx)
{
	multidrop_t *d = ctx;
	if (!d->serial && open_port(d, false))
		env_timer_set(d->timer, NS_PER_S);
	else if (d->out_len)
		/* Whoever does not take the answer asks again. */
		(void)!env_serial_write(d->serial, slice_of(d->out, d->out_len));
	d->out_len = 0;
}

err_t multidrop_open(multidrop_t *d, env_loop_t *loop, const port_t *port, machine_t *machines,
                     size_t count)
{
	*d = (multidrop_t){ .loop = loop,
		            .port = port,
		            .machines = machines,
		            .count = count,
		            .gather = modbus_gather_of(false, baud_rate(port->baud)) };
	err_t err = env_timer_new(loop, on_timer, d, &d->timer);
	if (!err)
		err = open_port(d, false);
	d->is_made = err == ERR_NOT_FOUND;
	return d->is_made ? open_port(d, true) : err;
}

void multidrop_close(multidrop_t *d)
{
	env_serial_close(d->serial);
	env_timer_free(d->timer);
	*d = (multidrop_t){ 0 };
}
