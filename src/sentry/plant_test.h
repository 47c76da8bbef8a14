/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SENTRY_PLANT_TEST_H
#define SENTRY_PLANT_TEST_H
/* A made-up plant for the tests of this folder: machines of 400 registers each,
 * clients that talk Modbus to them, and every frame of it fed to a sentry. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "codec/frame/frame_tcp.h"
#include "codec/frame/pcap.h"
#include "codec/modbus/modbus.h"
#include "codec/modbus/modbus_value.h"
#include "env/twin/twin.h"
#include "sentry/sentry.h"

enum { MACHINES = 5, REGISTERS = 400, LIST_MAX = 64, PLANT_PORT = 1502 };
enum { SET_POINT = 1, SWITCH_POINT, SCALED_POINT };

typedef struct {
	twin_t *twin;
	env_t *env;
	sentry_spec_t spec;
	sentry_t *sentry;
	int64_t now_ns;
	uint16_t transaction;
	uint32_t seed;
	bool is_doubled; /* every frame twice, as on the loopback */
	bool is_deaf;    /* machines do not answer */
	uint16_t registers[MACHINES][REGISTERS];
	bool coil[MACHINES];
	double ordered; /* the value the ledger knows for SET_POINT */
} plant_t;

typedef struct {
	plant_t *plant;
	size_t machine;
	frame_tcp_t tcp;
} link_t;

static const device_t plant_devices[MACHINES] = {
	{ .id = 1, .name = "FRM1", .addr = { { { 127, 0, 1, 1 }, 4 }, PLANT_PORT }, .unit = 1 },
	{ .id = 2, .name = "FRM2", .addr = { { { 127, 0, 1, 2 }, 4 }, PLANT_PORT }, .unit = 1 },
	{ .id = 3, .name = "FRM3", .addr = { { { 127, 0, 1, 3 }, 4 }, PLANT_PORT }, .unit = 1 },
	{ .id = 4, .name = "FRM4", .addr = { { { 127, 0, 1, 4 }, 4 }, PLANT_PORT }, .unit = 1 },
	{ .id = 5, .name = "CAL1", .addr = { { { 127, 0, 1, 5 }, 4 }, PLANT_PORT }, .unit = 1 },
};

static const point_t plant_points[] = {
	{ .id = SET_POINT,
	  .device = 2,
	  .name = "FRM2.V_SET",
	  .unit = "V",
	  .ident = "99.100.1/FRM2.V_SET",
	  .address = { POINT_HOLDING_REGISTER, 100, 2, WIRE_F32, ORDER_CDAB },
	  .scale = 1,
	  .limits = { 0, 10, true },
	  .write = { true, ROLE_OPERATOR, { 2.5, 4.25, true }, 0.01 } },
	{ .id = SWITCH_POINT,
	  .device = 2,
	  .name = "FRM2.RUN",
	  .address = { POINT_COIL, 7, 1, WIRE_BOOL, ORDER_ABCD },
	  .scale = 1 },
	{ .id = SCALED_POINT,
	  .device = 2,
	  .name = "FRM2.T_SET",
	  .unit = "Cel",
	  .address = { POINT_HOLDING_REGISTER, 110, 1, WIRE_I16, ORDER_ABCD },
	  .scale = 0.1,
	  .limits = { -20, 60, true } },
};

static const catalogue_t plant_catalogue = {
	.devices = plant_devices,
	.device_count = MACHINES,
	.points = plant_points,
	.point_count = sizeof(plant_points) / sizeof(plant_points[0]),
};

static inline ip_t poller_ip(void)
{
	return ip_v4(127, 0, 0, 1);
}

static inline ip_t operator_ip(void)
{
	return ip_v4(127, 0, 9, 10);
}

static inline ip_t attacker_ip(void)
{
	return ip_v4(127, 0, 9, 66);
}

static bool plant_ordered(void *ctx, point_id_t point, double value, int64_t utc_ns)
{
	const plant_t *p = ctx;
	(void)utc_ns;
	return point == SET_POINT && value >= p->ordered && value <= p->ordered;
}

static inline void plant_open(plant_t *p)
{
	assert_int_equal(sentry_open(p->env, &p->spec, &p->sentry), ERR_OK);
}

static inline plant_t *plant_make(void)
{
	static const twin_spec_t twin_spec = { .seed = 1 };
	plant_t *p = calloc(1, sizeof(*p));
	assert_non_null(p);
	assert_int_equal(twin_new(&twin_spec, &p->twin), ERR_OK);
	assert_int_equal(twin_host_open(p->twin, "node", &p->env), ERR_OK);
	p->now_ns = env_utc(p->env).ns;
	p->ordered = -1;
	p->spec = (sentry_spec_t){ .catalogue = &plant_catalogue,
		                   .ledger = { p, plant_ordered },
		                   .ports = { PLANT_PORT },
		                   .learn_ns = 24 * NS_PER_S };
	return p;
}

static inline void plant_free(plant_t *p)
{
	sentry_close(p->sentry);
	twin_host_close(p->env);
	twin_free(p->twin);
	free(p);
}

/* Feeds one frame as a capture of its own. */
static inline void plant_feed(plant_t *p, int64_t time_ns, slice_t frame)
{
	uint8_t buf[PCAP_HEADER_BYTES + PCAP_RECORD_BYTES + FRAME_TCP_BYTES_MAX];
	writer_t w = writer_of(buf, sizeof(buf));
	pcap_packet_t packet = { time_ns, frame, (uint32_t)frame.len };
	pcap_write_header(&w, FRAME_LINK_ETHERNET);
	pcap_write_packet(&w, &packet);
	assert_false(w.bad);
	sentry_feed_end(p->sentry);
	assert_int_equal(sentry_feed(p->sentry, writer_done(&w)), w.len);
}

static inline void plant_emit(void *ctx, int64_t time_ns, slice_t frame)
{
	plant_t *p = ctx;
	plant_feed(p, time_ns, frame);
	if (p->is_doubled)
		plant_feed(p, time_ns, frame);
}

static inline void plant_wait(plant_t *p, int64_t ns)
{
	p->now_ns += ns;
}

/* Lets time pass for the sentry too, as its timer would. */
static inline void plant_rest(plant_t *p, int64_t ns)
{
	for (int64_t end = p->now_ns + ns; p->now_ns < end; p->now_ns += NS_PER_S)
		sentry_tick(p->sentry, p->now_ns);
}

static inline link_t plant_connect(plant_t *p, ip_t client, size_t machine)
{
	addr_t from = { client, (uint16_t)(40000 + p->seed % 20000) };
	link_t link = { .plant = p, .machine = machine };
	p->seed++;
	link.tcp = frame_tcp_of(from, plant_devices[machine].addr, p->seed * 77777, plant_emit, p);
	frame_tcp_open(&link.tcp, p->now_ns);
	plant_wait(p, NS_PER_MS);
	return link;
}

static inline void plant_leave(link_t *link)
{
	frame_tcp_finish(&link->tcp, FRAME_CLIENT, link->plant->now_ns);
	frame_tcp_finish(&link->tcp, FRAME_SERVER, link->plant->now_ns);
	plant_wait(link->plant, NS_PER_MS);
}

/* What a machine answers; `buf` holds what a read returns. */
static inline modbus_pdu_t machine_answer(plant_t *p, size_t machine, const modbus_pdu_t *request,
                                          uint8_t buf[256])
{
	modbus_pdu_t answer = *request;
	uint16_t *registers = p->registers[machine];
	size_t quantity = request->quantity ? request->quantity : 1;
	answer.is_response = true;
	answer.data = (slice_t){ 0 };
	if (request->address + quantity > REGISTERS)
		return modbus_exception_to(request, MODBUS_ILLEGAL_DATA_ADDRESS);
	if (request->function == MODBUS_READ_HOLDING_REGISTERS) {
		for (size_t i = 0; i < quantity; i++)
			modbus_register_put(buf, i, registers[request->address + i]);
		answer.data = slice_of(buf, quantity * 2);
	} else if (request->function == MODBUS_WRITE_SINGLE_REGISTER) {
		registers[request->address] = request->value;
	} else if (request->function == MODBUS_WRITE_MULTIPLE_REGISTERS) {
		for (size_t i = 0; i < quantity; i++)
			registers[request->address + i] = modbus_register_get(request->data, i);
	} else if (request->function == MODBUS_ENCAP_INTERFACE_TRANSPORT) {
		writer_t w = writer_of(buf, 256);
		modbus_object_put(&w, (modbus_object_t){ 0, SLICE("Loom Works") });
		modbus_object_put(&w, (modbus_object_t){ 1, SLICE("FC-4") });
		modbus_object_put(&w, (modbus_object_t){ 2, SLICE("V2.10") });
		answer.conformity = 1;
		answer.object_count = 3;
		answer.data = writer_done(&w);
	}
	return answer;
}

static inline void plant_say(link_t *link, frame_side_t side, uint8_t unit, const modbus_pdu_t *pdu)
{
	uint8_t buf[MODBUS_ADU_MAX];
	writer_t w = writer_of(buf, sizeof(buf));
	assert_int_equal(modbus_adu_encode(link->plant->transaction, unit, pdu, &w), ERR_OK);
	frame_tcp_data(&link->tcp, side, link->plant->now_ns, writer_done(&w));
	plant_wait(link->plant, NS_PER_MS);
}

/* A request and its answer. */
static inline void plant_ask_unit(link_t *link, uint8_t unit, const modbus_pdu_t *request)
{
	uint8_t buf[256];
	plant_t *p = link->plant;
	p->transaction++;
	plant_say(link, FRAME_CLIENT, unit, request);
	if (p->is_deaf)
		return;
	modbus_pdu_t answer = machine_answer(p, link->machine, request, buf);
	plant_say(link, FRAME_SERVER, unit, &answer);
}

static inline void plant_ask(link_t *link, const modbus_pdu_t *request)
{
	plant_ask_unit(link, 1, request);
}

static inline void plant_read(link_t *link, uint16_t address, uint16_t quantity)
{
	modbus_pdu_t request = { .function = MODBUS_READ_HOLDING_REGISTERS,
		                 .address = address,
		                 .quantity = quantity };
	plant_ask(link, &request);
}

static inline void plant_identify(link_t *link)
{
	modbus_pdu_t request = { .function = MODBUS_ENCAP_INTERFACE_TRANSPORT,
		                 .mei = MODBUS_MEI_DEVICE_ID,
		                 .code = 1 };
	plant_ask(link, &request);
}

/* The set-point of FRM2, as two registers. */
static inline void plant_write_set_point(link_t *link, double volts)
{
	uint8_t buf[4];
	writer_t w = writer_of(buf, sizeof(buf));
	modbus_value_t value = { .type = MODBUS_F32, .f64 = volts };
	assert_int_equal(modbus_value_put(&value, MODBUS_CDAB, &w), ERR_OK);
	modbus_pdu_t request = { .function = MODBUS_WRITE_MULTIPLE_REGISTERS,
		                 .address = 100,
		                 .quantity = 2,
		                 .data = writer_done(&w) };
	plant_ask(link, &request);
}

static inline void plant_write_register(link_t *link, uint16_t address, uint16_t value)
{
	modbus_pdu_t request = { .function = MODBUS_WRITE_SINGLE_REGISTER,
		                 .address = address,
		                 .value = value };
	plant_ask(link, &request);
}

/* The node's own polls of all machines: two blocks each, once a second. */
static inline void plant_poll(plant_t *p, size_t seconds)
{
	for (size_t second = 0; second < seconds; second++) {
		for (size_t m = 0; m < MACHINES; m++) {
			link_t link = plant_connect(p, poller_ip(), m);
			plant_read(&link, 0, 20);
			plant_read(&link, 100, 20);
			plant_leave(&link);
		}
		sentry_tick(p->sentry, p->now_ns);
		plant_wait(p, NS_PER_S);
	}
}

static inline size_t plant_incidents(plant_t *p, incident_t ret[LIST_MAX])
{
	return sentry_incidents(p->sentry, 0, ret, LIST_MAX);
}

static inline size_t plant_incident_count(plant_t *p)
{
	incident_t list[LIST_MAX];
	return plant_incidents(p, list);
}
#endif
