/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLEET_FIXTURE_TEST_H
#define FLEET_FIXTURE_TEST_H
/* A node with one device in the simulated world, for the tests of this folder: the
 * device is a Modbus server that behaves as it is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "fleet/driver_modbus.h"
#include "env/tcp.h"
#include "env/twin/twin.h"
#include "fleet/fleet.h"
#include "journal/event_log.h"

#define OK(call) assert_int_equal((call), ERR_OK)

enum { POINTS = 5, REGISTERS = 200, RESULTS_MAX = 512, OUT_MAX = 4096 };

typedef enum {
	MANNER_GOOD,
	MANNER_SILENT,
	MANNER_GARBAGE,
	MANNER_HALF,         /* half an answer, then the end */
	MANNER_BYTES,        /* one byte at a time */
	MANNER_REFUSE_WRITE, /* exception */
	MANNER_IGNORE_WRITE, /* confirms and does nothing */
	MANNER_MUTE_WRITE,   /* answers reads alone */
} manner_t;

typedef struct {
	env_t *env;
	env_listener_t *listener;
	env_tcp_t *tcp;
	env_timer_t *drip;
	manner_t manner;
	uint16_t registers[REGISTERS];
	uint8_t coils[2];
	uint8_t out[OUT_MAX]; /* what drips */
	size_t out_len;
	size_t accepted, reads, writes;
	uint64_t durable_at_write; /* of the node's journal, when a write came */
	uint16_t write_log[RESULTS_MAX];
	journal_t *const *journal;
} server_t;

typedef struct {
	twin_t *twin;
	env_t *env;
	env_loop_t *commit_loop, *device_loop;
	journal_t *journal;
	last_value_t *last_values;
	fleet_t *fleet;
	env_mailbox_t *reply;
	server_t server;
	device_t device;
	point_t points[POINTS];
	catalogue_t catalogue;
	command_result_t results[RESULTS_MAX];
	size_t result_count;
	err_t sink_err;
	size_t rows, batches;
	sample_t last[POINTS + 1]; /* newest row in the sink */
	err_detail_t detail;
} fixture_t;

static inline addr_t server_addr(void)
{
	return (addr_t){ ip_v4(127, 0, 9, 1), 502 };
}

static inline void server_write(server_t *s, const modbus_pdu_t *request)
{
	if (s->writes < RESULTS_MAX)
		s->write_log[s->writes] = request->value;
	s->writes++;
	if (*s->journal)
		s->durable_at_write = journal_durable(*s->journal);
	if (s->manner == MANNER_IGNORE_WRITE)
		return;
	if (request->function == MODBUS_WRITE_SINGLE_REGISTER)
		s->registers[request->address] = request->value;
	else if (request->function == MODBUS_WRITE_SINGLE_COIL)
		modbus_bit_put(s->coils, request->address, request->value != 0);
	else
		for (uint16_t i = 0; i < request->quantity; i++)
			s->registers[request->address + i] = modbus_register_get(request->data, i);
}

static inline modbus_pdu_t server_answer(server_t *s, const modbus_pdu_t *request,
                                         uint8_t data[256])
{
	modbus_pdu_t reply = *request;
	reply.is_response = true;
	if (modbus_pdu_action(request) == ACTION_WRITE) {
		if (s->manner == MANNER_REFUSE_WRITE) {
			s->writes++;
			return modbus_exception_to(request, MODBUS_SERVER_DEVICE_FAILURE);
		}
		server_write(s, request);
		reply.data = (slice_t){ 0 };
		return reply;
	}
	s->reads++;
	if (request->address + request->quantity > REGISTERS)
		return modbus_exception_to(request, MODBUS_ILLEGAL_DATA_ADDRESS);
	memset(data, 0, 256);
	bool bits = request->function <= MODBUS_READ_DISCRETE_INPUTS;
	for (uint16_t i = 0; i < request->quantity; i++) {
		size_t at = (size_t)request->address + i;
		if (bits)
			modbus_bit_put(data, i, modbus_bit_get(slice_of(s->coils, 2), at));
		else
			modbus_register_put(data, i, s->registers[at]);
	}
	reply.data = slice_of(data,
	                      bits ? modbus_bit_bytes(request->quantity) : request->quantity * 2u);
	return reply;
}

static inline void server_drip(void *ctx)
{
	server_t *s = ctx;
	if (!s->tcp || s->out_len == 0)
		return;
	OK(env_tcp_write(s->tcp, slice_of(s->out, 1)));
	memmove(s->out, &s->out[1], --s->out_len);
	env_timer_set(s->drip, NS_PER_MS);
}

static inline void server_send(server_t *s, slice_t bytes)
{
	if (s->manner == MANNER_GARBAGE)
		bytes = SLICE("this is no Modbus at all");
	if (s->manner != MANNER_BYTES) {
		bool half = s->manner == MANNER_HALF;
		OK(env_tcp_write(s->tcp, slice_sub(bytes, 0, half ? bytes.len / 2 : bytes.len)));
		if (half) {
			env_tcp_close(s->tcp);
			s->tcp = NULL;
		}
		return;
	}
	assert_true(bytes.len <= OUT_MAX - s->out_len);
	memcpy(&s->out[s->out_len], bytes.ptr, bytes.len);
	s->out_len += bytes.len;
	env_timer_set(s->drip, NS_PER_MS);
}

static inline size_t server_data(void *ctx, env_tcp_t *tcp, slice_t bytes)
{
	server_t *s = ctx;
	modbus_adu_t adu;
	modbus_pdu_t request;
	uint8_t buf[MODBUS_ADU_MAX], data[256];
	(void)tcp;
	if (modbus_adu_decode(bytes, &adu) != CODEC_OK)
		return 0;
	assert_int_equal(modbus_request_decode(adu.pdu, &request), CODEC_OK);
	bool mute = s->manner == MANNER_MUTE_WRITE && modbus_pdu_action(&request) == ACTION_WRITE;
	modbus_pdu_t reply = server_answer(s, &request, data);
	if (s->manner == MANNER_SILENT || mute)
		return adu.used;
	writer_t w = writer_of(buf, sizeof(buf));
	OK(modbus_adu_encode(adu.transaction, adu.unit, &reply, &w));
	server_send(s, writer_done(&w));
	return adu.used;
}

static inline void server_closed(void *ctx, env_tcp_t *tcp, err_t why)
{
	server_t *s = ctx;
	(void)why;
	if (s->tcp == tcp)
		s->tcp = NULL;
}

static inline bool server_accept(void *ctx, env_tcp_t *tcp, addr_t peer, env_tcp_spec_t *ret_spec)
{
	static const env_tcp_events_t events = { .data = server_data, .closed = server_closed };
	server_t *s = ctx;
	(void)peer;
	s->tcp = tcp;
	s->out_len = 0;
	s->accepted++;
	*ret_spec = (env_tcp_spec_t){ .events = &events, .ctx = s };
	return true;
}

static inline void server_listen(server_t *s)
{
	env_listen_spec_t spec = { .accept = server_accept, .ctx = s, .connections_max = 8 };
	OK(env_tcp_listen(env_control_loop(s->env), server_addr(), &spec, &s->listener));
}

/* Off: refuses connections and drops the one there is. */
static inline void server_off(server_t *s)
{
	env_listener_close(s->listener);
	s->listener = NULL;
	env_tcp_reset(s->tcp);
	s->tcp = NULL;
}

MUST_CHECK static inline err_t sink_append(void *ctx, const sample_batch_t *batch,
                                           durability_t level, uint64_t *ret_seq)
{
	fixture_t *f = ctx;
	(void)level;
	if (f->sink_err)
		return f->sink_err;
	for (size_t i = 0; i < batch->count; i++) {
		sample_t sample = sample_batch_get(batch, i);
		f->last[sample.point] = sample;
	}
	f->rows += batch->count;
	*ret_seq = ++f->batches;
	return ERR_OK;
}

static inline void take_results(void *ctx)
{
	fixture_t *f = ctx;
	command_result_t result;
	while (env_mailbox_take(f->reply, &result)) {
		assert_true(f->result_count < RESULTS_MAX);
		f->results[f->result_count++] = result;
	}
}

/* 1: u16, 2: float32 scaled, 3: coil, 4: int16 with limits, not writable, 5: u16 whose
 * write tolerates 2. */
static inline void fixture_describe(fixture_t *f)
{
	static const point_address_t places[POINTS] = {
		{ POINT_HOLDING_REGISTER, 0, 1, WIRE_U16, ORDER_ABCD },
		{ POINT_HOLDING_REGISTER, 1, 2, WIRE_F32, ORDER_CDAB },
		{ POINT_COIL, 3, 1, WIRE_BOOL, ORDER_ABCD },
		{ POINT_INPUT_REGISTER, 10, 1, WIRE_I16, ORDER_ABCD },
		{ POINT_HOLDING_REGISTER, 100, 1, WIRE_U16, ORDER_ABCD },
	};
	static const char *const names[POINTS] = { "D.ONE", "D.TWO", "D.THREE", "D.FOUR",
		                                   "D.FIVE" };
	f->device = (device_t){ .id = 1,
		                .name = "D",
		                .label = { "device", "设备" },
		                .ident = "99.100.1/D",
		                .addr = server_addr(),
		                .unit = 1,
		                .timeout_ns = 500 * NS_PER_MS,
		                .registers_max = 125,
		                .gap_max = 4 };
	for (size_t i = 0; i < POINTS; i++)
		f->points[i] = (point_t){ .id = (point_id_t)i + 1,
			                  .device = 1,
			                  .name = names[i],
			                  .label = { "point", "测点" },
			                  .unit = "",
			                  .ident = "99.100.1/D.P",
			                  .address = places[i],
			                  .scale = i == 1 ? 0.1 : 1,
			                  .write = { .enabled = i != 3,
			                             .role = ROLE_OPERATOR,
			                             .limits = { 0, 100, true } },
			                  .period_ns = NS_PER_S };
	f->points[2].write.limits.high = 1;
	f->points[3].limits = (point_limits_t){ 0, 1000, true };
	f->points[4].write.tolerance = 2;
	f->points[1].write.role = ROLE_ENGINEER;
	f->catalogue = (catalogue_t){
		.devices = &f->device, .device_count = 1, .points = f->points, .point_count = POINTS
	};
}

static inline fixture_t *fixture_make(uint64_t seed)
{
	fixture_t *f = calloc(1, sizeof(*f));
	assert_non_null(f);
	OK(twin_new(&(twin_spec_t){ .seed = seed, .disk_sync_ns = 2 * NS_PER_MS }, &f->twin));
	fixture_describe(f);
	f->server.journal = &f->journal;
	OK(twin_host_open(f->twin, "plant", &f->server.env));
	OK(env_timer_new(env_control_loop(f->server.env), server_drip, &f->server,
	                 &f->server.drip));
	server_listen(&f->server);
	return f;
}

static inline void fixture_boot(fixture_t *f)
{
	OK(twin_host_open(f->twin, "node", &f->env));
	OK(env_loop_new(f->env, "commit", ENV_LOOP_FILES, &f->commit_loop));
	OK(env_loop_new(f->env, "device", ENV_LOOP_EVENTS, &f->device_loop));
	f->last_values = last_value_new(POINTS);
	assert_non_null(f->last_values);
	env_mailbox_spec_t reply = { .name = "results",
		                     .reader = env_control_loop(f->env),
		                     .item_size = sizeof(command_result_t),
		                     .capacity = 128,
		                     .policy = ENV_FULL_DROP,
		                     .ready = take_results,
		                     .ctx = f };
	OK(env_mailbox_new(&reply, &f->reply));
}

MUST_CHECK static inline err_t fixture_open_journal(fixture_t *f)
{
	journal_spec_t journal = { .dir = "data/journal",
		                   .name = "main",
		                   .chained = true,
		                   .segment_bytes = 64 << 10,
		                   .buffer_bytes = 64 << 10,
		                   .commit_loop = f->commit_loop };
	journal_recovery_t recovery;
	return journal_open(f->env, &journal, &f->journal, &recovery, &f->detail);
}

MUST_CHECK static inline err_t fixture_open(fixture_t *f)
{
	fleet_spec_t fleet = { .catalogue = &f->catalogue,
		               .device_loop = f->device_loop,
		               .sink = { .ctx = f, .append = sink_append },
		               .last_values = f->last_values };
	err_t err = fixture_open_journal(f);
	fleet.journal = f->journal;
	if (!err)
		err = fleet_open(f->env, &fleet, &f->fleet);
	if (!err)
		err = env_loop_start(f->commit_loop);
	return err ? err : env_loop_start(f->device_loop);
}

static inline void fixture_halt(fixture_t *f)
{
	env_loop_stop(f->device_loop);
	env_loop_stop(f->commit_loop);
	fleet_close(f->fleet);
	journal_close(f->journal);
	env_mailbox_free(f->reply);
	env_loop_free(f->device_loop);
	env_loop_free(f->commit_loop);
	last_value_free(f->last_values);
	twin_host_close(f->env);
	f->fleet = NULL;
	f->journal = NULL;
	f->env = NULL;
}

static inline void fixture_start(fixture_t *f)
{
	fixture_boot(f);
	OK(fixture_open(f));
}

static inline void fixture_free(fixture_t *f)
{
	if (f->env)
		fixture_halt(f);
	twin_free(f->twin);
	free(f);
}

static inline void run_ms(fixture_t *f, int64_t ms)
{
	(void)twin_run_for(f->twin, ms * NS_PER_MS);
}

static inline device_status_t status(const fixture_t *f)
{
	return fleet_device_status(f->fleet, 1);
}

static inline int64_t metric_named(const fixture_t *f, const char *name)
{
	const metrics_t *m = fleet_metrics(f->fleet);
	for (size_t i = 0; i < m->count; i++)
		if (slice_eq(slice_str(m->rows[i].name), slice_str(name)))
			return metric_get(m, i);
	fail_msg("there is no metric %s", name);
	return 0;
}

/* How often the message is in the journal; with `id`, of that order alone. */
static inline size_t count_events(fixture_t *f, message_t message, const char *id)
{
	journal_cursor_t *cursor = NULL;
	journal_record_t record;
	size_t count = 0;
	OK(journal_cursor_open(f->journal, 1, &cursor));
	while (journal_cursor_next(cursor, &record) == ERR_OK) {
		event_t event;
		OK(event_decode(record.payload, &event));
		const value_t *found = event_arg_get(&event, ARG_COMMAND);
		bool same = !id || (found && slice_eq(found->as.text, slice_str(id)));
		count += event.message == message && same;
	}
	journal_cursor_close(cursor);
	return count;
}

/* An order in good shape. */
static inline command_order_t order_of(const fixture_t *f, const char *id, point_id_t point,
                                       double value)
{
	command_order_t order = { .subject = "user:li",
		                  .role = ROLE_ENGINEER,
		                  .point = point,
		                  .value = value,
		                  .expires_ns = env_utc(f->env).ns + 10 * NS_PER_S };
	assert_true(slice_to_cstr(slice_str(id), order.id, sizeof(order.id)));
	return order;
}

/* Gives the order and waits for its answer. */
static inline command_result_t command(fixture_t *f, const command_order_t *order)
{
	size_t before = f->result_count;
	OK(fleet_command(f->fleet, order, f->reply, f));
	for (int i = 0; i < 20000 && f->result_count == before; i++)
		run_ms(f, 1);
	assert_int_equal(f->result_count, before + 1);
	assert_ptr_equal(f->results[before].ctx, f);
	return f->results[before];
}
#endif
