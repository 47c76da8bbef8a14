/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLEET_LINE_FIXTURE_TEST_H
#define FLEET_LINE_FIXTURE_TEST_H
/* A node with three devices on one serial line in the simulated world. The stations share
 * one host and its port, as only one of them talks at a time. */
#include "codec/modbus/modbus_gather.h"
#include "env/serial.h"
#include "fleet/fixture_test.h"

#define LINE_PATH "/dev/ttyS1"

enum { UNITS = 3, UNIT_FIRST = 11, STATION_REGISTERS = 16, ANSWERS = 4 };

typedef struct bus bus_t;

/* An answer on its way; a slow station may owe several. */
typedef struct {
	bus_t *bus;
	env_timer_t *timer;
	uint8_t bytes[MODBUS_RTU_MAX];
	size_t len;
} answer_t;

typedef struct {
	uint16_t registers[STATION_REGISTERS];
	bool is_silent;
	unsigned spoils;  /* so many answers get a wrong CRC */
	int64_t delay_ns; /* before its answers */
	size_t requests, writes;
	answer_t answers[ANSWERS];
} station_t;

struct bus {
	fixture_t *f;
	env_serial_t *serial;
	modbus_gather_t gather;
	int64_t end_ns;       /* of the last byte on the line, as far as the stations know */
	int64_t least_gap_ns; /* silence before a request, ever */
	station_t stations[UNITS];
};

typedef struct {
	fixture_t *f;
	bus_t bus;
	port_t port;
	device_t devices[UNITS];
} line_world_t;

static inline void answer_send(void *ctx)
{
	const answer_t *answer = ctx;
	bus_t *bus = answer->bus;
	bus->end_ns = env_now(bus->f->server.env) +
	              (int64_t)answer->len * port_character_ns(bus->f->catalogue.ports);
	OK(env_serial_write(bus->serial, slice_of(answer->bytes, answer->len)));
}

static inline modbus_pdu_t station_answer(station_t *s, const modbus_pdu_t *request,
                                          uint8_t data[256])
{
	modbus_pdu_t reply = *request;
	reply.is_response = true;
	s->requests++;
	if (request->address + request->quantity > STATION_REGISTERS)
		return modbus_exception_to(request, MODBUS_ILLEGAL_DATA_ADDRESS);
	if (request->function == MODBUS_WRITE_SINGLE_REGISTER) {
		s->registers[request->address] = request->value;
		s->writes++;
		return reply;
	}
	for (uint16_t i = 0; i < request->quantity; i++)
		modbus_register_put(data, i, s->registers[request->address + i]);
	reply.data = slice_of(data, request->quantity * 2u);
	return reply;
}

static inline void bus_request(bus_t *bus, slice_t frame)
{
	modbus_rtu_t rtu;
	modbus_pdu_t request;
	uint8_t data[256];
	int64_t now_ns = env_now(bus->f->server.env);
	int64_t gap_ns = now_ns - bus->end_ns -
	                 (int64_t)frame.len * port_character_ns(bus->f->catalogue.ports);
	bus->end_ns = now_ns;
	if (modbus_rtu_frame_decode(frame, &rtu) != CODEC_OK)
		return;
	if (gap_ns < bus->least_gap_ns)
		bus->least_gap_ns = gap_ns;
	assert_in_range(rtu.unit, UNIT_FIRST, UNIT_FIRST + UNITS - 1);
	assert_int_equal(modbus_request_decode(rtu.pdu, &request), CODEC_OK);
	station_t *s = &bus->stations[rtu.unit - UNIT_FIRST];
	modbus_pdu_t reply = station_answer(s, &request, data);
	if (s->is_silent)
		return;
	answer_t *answer = &s->answers[s->requests % ANSWERS];
	writer_t w = writer_of(answer->bytes, sizeof(answer->bytes));
	OK(modbus_rtu_encode(rtu.unit, &reply, &w));
	answer->len = w.len;
	if (s->spoils) {
		s->spoils--;
		answer->bytes[w.len - 1] ^= 1;
	}
	env_timer_set(answer->timer, s->delay_ns);
}

static inline void bus_data(void *ctx, env_serial_t *serial, slice_t bytes)
{
	bus_t *bus = ctx;
	slice_t frame;
	int64_t now_ns = env_now(bus->f->server.env);
	(void)serial;
	/* What was not for a station to understand is over by now. */
	if (now_ns >= modbus_gather_due_ns(&bus->gather))
		(void)modbus_gather_clear(&bus->gather);
	modbus_gather_add(&bus->gather, now_ns, bytes);
	while (modbus_gather_take(&bus->gather, now_ns, &frame))
		bus_request(bus, frame);
}

static inline void bus_open(line_world_t *w)
{
	static const env_serial_events_t events = { .data = bus_data };
	bus_t *bus = &w->bus;
	env_loop_t *loop = env_control_loop(w->f->server.env);
	*bus = (bus_t){ .f = w->f, .gather = modbus_gather_of(false, baud_rate(w->port.baud)) };
	bus->least_gap_ns = INT64_MAX;
	OK(env_serial_open(loop, &w->port, &(env_serial_spec_t){ .events = &events, .ctx = bus },
	                   &bus->serial));
	for (size_t i = 0; i < UNITS; i++) {
		station_t *s = &bus->stations[i];
		*s = (station_t){ .delay_ns = 5 * NS_PER_MS };
		for (size_t k = 0; k < ANSWERS; k++) {
			s->answers[k].bus = bus;
			OK(env_timer_new(loop, answer_send, &s->answers[k], &s->answers[k].timer));
		}
		for (size_t r = 0; r < STATION_REGISTERS; r++)
			s->registers[r] = (uint16_t)(1000 * (i + 1) + r);
	}
}

/* Points 1 and 2 are of unit 11, 3 and 4 of 12, 5 of 13; each its own register. */
static inline void line_describe(line_world_t *w, int64_t period_ns)
{
	static const char *const names[UNITS] = { "A", "B", "C" };
	fixture_t *f = w->f;
	w->port = (port_t){ .name = "shed",
		            .path = LINE_PATH,
		            .baud = BAUD_9600,
		            .parity = PARITY_EVEN,
		            .stop_bits = 1 };
	for (size_t i = 0; i < UNITS; i++) {
		w->devices[i] = f->device;
		w->devices[i].id = (device_id_t)i + 1;
		w->devices[i].name = names[i];
		w->devices[i].protocol = PROTOCOL_MODBUS_RTU;
		w->devices[i].addr = (addr_t){ 0 };
		w->devices[i].port = &w->port;
		w->devices[i].unit = (uint8_t)(UNIT_FIRST + i);
		w->devices[i].timeout_ns = 200 * NS_PER_MS;
	}
	for (size_t i = 0; i < POINTS; i++) {
		point_t *p = &f->points[i];
		p->device = (device_id_t)(i / 2 + 1);
		p->address = (point_address_t){ POINT_HOLDING_REGISTER, (uint16_t)i, 1, WIRE_U16,
			                        ORDER_ABCD };
		p->scale = 1;
		p->limits = (point_limits_t){ 0 };
		p->period_ns = period_ns;
		p->write = (point_write_t){ .enabled = true,
			                    .role = ROLE_OPERATOR,
			                    .limits = { 0, 60000, true } };
	}
	f->catalogue.ports = &w->port;
	f->catalogue.port_count = 1;
	f->catalogue.devices = w->devices;
	f->catalogue.device_count = UNITS;
}

static inline line_world_t *line_world(uint64_t seed, int64_t period_ns)
{
	line_world_t *w = calloc(1, sizeof(*w));
	assert_non_null(w);
	w->f = fixture_make(seed);
	line_describe(w, period_ns);
	bus_open(w);
	return w;
}

static inline void line_world_free(line_world_t *w)
{
	fixture_free(w->f);
	free(w);
}

static inline device_status_t unit_status(const line_world_t *w, size_t i)
{
	return fleet_device_status(w->f->fleet, (device_id_t)i + 1);
}

/* What the station of the point holds. */
static inline uint64_t held(const line_world_t *w, point_id_t point)
{
	return w->bus.stations[(point - 1) / 2].registers[point - 1];
}
#endif
