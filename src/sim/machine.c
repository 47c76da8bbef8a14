/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/machine.h"

#include <assert.h>

#include "codec/modbus/modbus_rtu.h"

enum { GARBAGE_BYTES = 24, UNIT_ANY = 255 };

static bool is_shown(const machine_conn_t *conn)
{
	return tap_is_open(conn->machine->tap);
}

static void send_bytes(machine_conn_t *conn, slice_t bytes)
{
	/* A client that does not take its answers loses them; it asks again. */
	if (env_tcp_write(conn->tcp, bytes))
		return;
	if (is_shown(conn))
		frame_tcp_data(&conn->talk, FRAME_SERVER, tap_now(conn->machine->tap), bytes);
}

void machine_garbage(machine_t *m, writer_t *w)
{
	for (size_t i = 0; i < GARBAGE_BYTES; i++)
		wr_u8(w, (uint8_t)rng_next(&m->chance));
}

static bool is_mine(uint8_t unit)
{
	return unit == PLANT_UNIT || unit == 0 || unit == UNIT_ANY;
}

/* A request out of its envelope. */
typedef struct {
	uint16_t transaction; /* RTU: none */
	uint8_t unit;
	slice_t pdu;
	size_t used;
} asked_t;

static codec_t take_request(const machine_conn_t *conn, slice_t in, asked_t *ret)
{
	modbus_adu_t adu;
	modbus_rtu_t rtu;
	codec_t code = conn->is_rtu ? modbus_rtu_stream_decode(in, false, &rtu)
	                            : modbus_adu_decode(in, &adu);
	if (code != CODEC_OK)
		return code;
	*ret = conn->is_rtu ? (asked_t){ 0, rtu.unit, rtu.pdu, rtu.used }
	                    : (asked_t){ adu.transaction, adu.unit, adu.pdu, adu.used };
	return CODEC_OK;
}

bool machine_answer(machine_t *m, slice_t pdu, modbus_pdu_t *ret_response)
{
	modbus_pdu_t request = { .function = pdu.ptr[0] };
	if (m->fault == SIM_FAULT_SILENT)
		return false;
	if (m->fault != SIM_FAULT_BUSY)
		return station_answer(&m->station, pdu, ret_response);
	*ret_response = modbus_exception_to(&request, MODBUS_SERVER_DEVICE_BUSY);
	return true;
}

/* There is nobody behind a machine with an address. */
static bool answer_of(machine_t *m, const asked_t *adu, modbus_pdu_t *ret_response)
{
	modbus_pdu_t request = { .function = adu->pdu.ptr[0] };
	if (is_mine(adu->unit) || m->fault != SIM_FAULT_NONE)
		return machine_answer(m, adu->pdu, ret_response);
	*ret_response = modbus_exception_to(&request, MODBUS_GATEWAY_TARGET_FAILED_TO_RESPOND);
	return true;
}

static void serve(machine_conn_t *conn, const asked_t *adu)
{
	modbus_pdu_t response;
	uint8_t buf[MODBUS_ADU_MAX];
	writer_t w = writer_of(buf, sizeof(buf));
	err_t err = ERR_OK;
	if (conn->machine->fault == SIM_FAULT_GARBAGE)
		machine_garbage(conn->machine, &w);
	else if (!answer_of(conn->machine, adu, &response))
		return;
	else if (conn->is_rtu)
		err = modbus_rtu_encode(adu->unit, &response, &w);
	else
		err = modbus_adu_encode(adu->transaction, adu->unit, &response, &w);
	assert(err == ERR_OK);
	send_bytes(conn, writer_done(&w));
}

static void show_input(machine_conn_t *conn, slice_t bytes)
{
	slice_t fresh = slice_from(bytes, conn->shown);
	if (is_shown(conn) && fresh.len)
		frame_tcp_data(&conn->talk, FRAME_CLIENT, tap_now(conn->machine->tap), fresh);
}

static void conn_reset(machine_conn_t *conn)
{
	if (is_shown(conn))
		frame_tcp_reset(&conn->talk, FRAME_SERVER, tap_now(conn->machine->tap));
	env_tcp_reset(conn->tcp);
	conn->tcp = NULL;
}

static size_t on_data(void *ctx, env_tcp_t *tcp, slice_t bytes)
{
	(void)tcp;
	machine_conn_t *conn = ctx;
	show_input(conn, bytes);
	size_t used = 0;
	asked_t adu;
	codec_t got;
	while ((got = take_request(conn, slice_from(bytes, used), &adu)) == CODEC_OK) {
		serve(conn, &adu);
		used += adu.used;
	}
	conn->shown = bytes.len - used;
	if (got != CODEC_MORE)
		conn_reset(conn);
	return used;
}

static void on_closed(void *ctx, env_tcp_t *tcp, err_t why)
{
	(void)tcp;
	machine_conn_t *conn = ctx;
	conn->tcp = NULL;
	if (!is_shown(conn))
		return;
	int64_t now = tap_now(conn->machine->tap);
	if (why) {
		frame_tcp_reset(&conn->talk, FRAME_CLIENT, now);
		return;
	}
	frame_tcp_finish(&conn->talk, FRAME_CLIENT, now);
	frame_tcp_finish(&conn->talk, FRAME_SERVER, now);
}

static machine_conn_t *take_conn(machine_t *m)
{
	size_t i = 0;
	while (i < MACHINE_CONNECTIONS && m->conns[i].tcp)
		i++;
	return i < MACHINE_CONNECTIONS ? &m->conns[i] : NULL;
}

static bool accept_on(machine_t *m, env_tcp_t *tcp, addr_t peer, bool is_rtu,
                      env_tcp_spec_t *ret_spec)
{
	static const env_tcp_events_t EVENTS = { .data = on_data, .closed = on_closed };
	machine_conn_t *conn = take_conn(m);
	if (!conn)
		return false;
	*conn = (machine_conn_t){ .machine = m, .tcp = tcp, .is_rtu = is_rtu };
	if (is_shown(conn))
		conn->talk = tap_talk(m->tap, peer, is_rtu ? m->rtu_addr : m->addr);
	*ret_spec = (env_tcp_spec_t){ .events = &EVENTS, .ctx = conn };
	return true;
}

static bool on_accept(void *ctx, env_tcp_t *tcp, addr_t peer, env_tcp_spec_t *ret_spec)
{
	return accept_on(ctx, tcp, peer, false, ret_spec);
}

static bool on_rtu_accept(void *ctx, env_tcp_t *tcp, addr_t peer, env_tcp_spec_t *ret_spec)
{
	return accept_on(ctx, tcp, peer, true, ret_spec);
}

err_t machine_open(machine_t *m, const machine_spec_t *spec)
{
	*m = (machine_t){
		.addr = { plant_ip(spec->plant), spec->port },
		.rtu_addr = { plant_ip(spec->plant), spec->rtu_port },
		.tap = spec->tap,
		.chance = rng_of(spec->seed),
	};
	station_init(&m->station, spec->plant);
	env_listen_spec_t listen = {
		.accept = on_accept,
		.ctx = m,
		.connections_max = MACHINE_CONNECTIONS,
	};
	err_t err = env_tcp_listen(spec->loop, m->addr, &listen, &m->listener);
	if (err || !spec->rtu_port)
		return err;
	listen.accept = on_rtu_accept;
	return env_tcp_listen(spec->loop, m->rtu_addr, &listen, &m->rtu_listener);
}

void machine_close(machine_t *m)
{
	for (size_t i = 0; i < MACHINE_CONNECTIONS; i++) {
		env_tcp_close(m->conns[i].tcp);
		m->conns[i].tcp = NULL;
	}
	env_listener_close(m->listener);
	env_listener_close(m->rtu_listener);
	m->listener = NULL;
	m->rtu_listener = NULL;
}
