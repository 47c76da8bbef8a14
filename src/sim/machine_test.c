/* SPDX-License-Identifier: Apache-2.0 */
/* A machine is asked every function over the simulated network, as any Modbus
 * client would ask it. */
#include "codec/modbus/modbus_rtu.h"
#include "sim/machine.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "env/twin/twin.h"
#include "sim/client.h"

enum { PORT = 1502, CHARGER = 2 };

typedef struct {
	twin_t *twin;
	env_t *env;
	tap_t tap;
	machine_t machine;
	client_t client;
	bool is_answered, is_failed;
	modbus_pdu_t response;
	uint8_t data[MODBUS_PDU_MAX];
} bench_t;

static void on_answer(void *ctx, const modbus_pdu_t *response)
{
	bench_t *b = ctx;
	b->is_answered = true;
	b->is_failed = !response;
	if (!response)
		return;
	b->response = *response;
	if (response->data.len)
		memcpy(b->data, response->data.ptr, response->data.len);
	b->response.data = slice_of(b->data, response->data.len);
}

static const plant_machine_t *charger(void)
{
	size_t count;
	return &plant_machines(false, &count)[CHARGER];
}

static int setup(void **state)
{
	bench_t *b = test_calloc(1, sizeof(*b));
	assert_int_equal(twin_new(&(twin_spec_t){ .seed = 7 }, &b->twin), ERR_OK);
	assert_int_equal(twin_host_open(b->twin, "plant", &b->env), ERR_OK);
	b->tap = tap_open(b->env, NULL, NULL);
	machine_spec_t spec = {
		.loop = env_control_loop(b->env),
		.plant = charger(),
		.port = PORT,
		.rtu_port = PORT + 1,
		.tap = &b->tap,
		.seed = 1,
	};
	assert_int_equal(machine_open(&b->machine, &spec), ERR_OK);
	b->client = client_of(spec.loop, plant_operator_ip(), on_answer, b);
	assert_int_equal(client_aim(&b->client, b->machine.addr), ERR_OK);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	bench_t *b = *state;
	client_close(&b->client);
	machine_close(&b->machine);
	twin_host_close(b->env);
	twin_free(b->twin);
	test_free(b);
	return 0;
}

static void ask(bench_t *b, modbus_pdu_t request)
{
	b->is_answered = false;
	assert_int_equal(client_ask(&b->client, &request), ERR_OK);
	twin_run_for(b->twin, NS_PER_S);
}

static const modbus_pdu_t *answer(bench_t *b, modbus_pdu_t request)
{
	ask(b, request);
	assert_true(b->is_answered);
	assert_false(b->is_failed);
	if (b->response.is_exception)
		fail_msg("exception %u to function %u", b->response.exception, request.function);
	return &b->response;
}

static void refused(bench_t *b, modbus_pdu_t request, modbus_exception_t exception)
{
	ask(b, request);
	assert_true(b->is_answered);
	assert_false(b->is_failed);
	assert_true(b->response.is_exception);
	assert_int_equal(b->response.exception, exception);
}

#define Q(code, ...) ((modbus_pdu_t){ .function = MODBUS_##code, __VA_ARGS__ })

static void registers_are_read_as_the_table_says(void **state)
{
	bench_t *b = *state;
	const config_point_t *v_set = &plant_model(charger())->points[CHARGER_V_SET].config;
	double volts = 0;
	slice_t data = answer(b, Q(READ_HOLDING_REGISTERS, .address = 20, .quantity = 2))->data;
	assert_int_equal(registers_decode(v_set, data, &volts), ERR_OK);
	assert_true(fabs(volts - 4.15) < 1e-6);
	data = answer(b, Q(READ_INPUT_REGISTERS, .address = 7, .quantity = 1))->data;
	assert_int_equal(modbus_register_get(data, 0), 1);
	data = answer(b, Q(READ_COILS, .address = 0, .quantity = 3))->data;
	assert_int_equal(data.ptr[0], 1);
	data = answer(b, Q(READ_DISCRETE_INPUTS, .address = 0, .quantity = 1))->data;
	assert_int_equal(data.ptr[0], 0);
}

static void what_is_written_is_read_back(void **state)
{
	bench_t *b = *state;
	static const uint8_t two[] = { 0x12, 0x34, 0x56, 0x78 };
	static const uint8_t bits[] = { 0x05 };
	answer(b, Q(WRITE_SINGLE_COIL, .address = 9, .value = MODBUS_COIL_ON));
	answer(b, Q(WRITE_MULTIPLE_COILS, .address = 10, .quantity = 3, .data = slice_of(bits, 1)));
	slice_t data = answer(b, Q(READ_COILS, .address = 9, .quantity = 4))->data;
	assert_int_equal(data.ptr[0], 0x0B);
	answer(b, Q(WRITE_SINGLE_REGISTER, .address = 3, .value = 0xBEEF));
	answer(b,
	       Q(WRITE_MULTIPLE_REGISTERS, .address = 4, .quantity = 2, .data = slice_of(two, 4)));
	data = answer(b, Q(READ_HOLDING_REGISTERS, .address = 3, .quantity = 3))->data;
	assert_int_equal(modbus_register_get(data, 0), 0xBEEF);
	assert_int_equal(modbus_register_get(data, 2), 0x5678);
	answer(b, Q(MASK_WRITE_REGISTER, .address = 3, .and_mask = 0x00F2, .or_mask = 0x0025));
	data = answer(b, Q(READ_HOLDING_REGISTERS, .address = 3, .quantity = 1))->data;
	assert_int_equal(modbus_register_get(data, 0), (0xBEEF & 0x00F2) | (0x0025 & ~0x00F2));
	data = answer(b, Q(READ_WRITE_MULTIPLE_REGISTERS, .address = 5, .quantity = 2,
	                   .write_address = 6, .write_quantity = 2, .data = slice_of(two, 4)))
	               ->data;
	assert_int_equal(modbus_register_get(data, 0), 0x5678);
	assert_int_equal(modbus_register_get(data, 1), 0x1234);
}

static void queue_tells_the_addresses_written_last(void **state)
{
	bench_t *b = *state;
	answer(b, Q(WRITE_SINGLE_REGISTER, .address = 8, .value = 1));
	answer(b, Q(WRITE_SINGLE_REGISTER, .address = 5, .value = 1));
	const modbus_pdu_t *r = answer(b, Q(READ_FIFO_QUEUE, .address = STATION_FIFO));
	assert_int_equal(r->quantity, 2);
	assert_int_equal(modbus_register_get(r->data, 0), 8);
	assert_int_equal(modbus_register_get(r->data, 1), 5);
	refused(b, Q(READ_FIFO_QUEUE, .address = 1), MODBUS_ILLEGAL_DATA_ADDRESS);
}

static slice_t file_group(modbus_pdu_t *request, modbus_file_t group, uint8_t buf[64])
{
	writer_t w = writer_of(buf, 64);
	modbus_file_put(request, &w, &group);
	assert_false(w.bad);
	request->data = writer_done(&w);
	return request->data;
}

static void file_records_are_written_and_read(void **state)
{
	bench_t *b = *state;
	uint8_t buf[64];
	modbus_pdu_t request = Q(WRITE_FILE_RECORD, 0);
	modbus_file_t group = { STATION_FILE, 60, 2, SLICE("abcd") };
	file_group(&request, group, buf);
	answer(b, request);
	request = Q(READ_FILE_RECORD, 0);
	group.data = (slice_t){ 0 };
	file_group(&request, group, buf);
	const modbus_pdu_t *r = answer(b, request);
	slice_t rest = r->data;
	assert_true(modbus_file_next(r, &rest, &group));
	assert_true(slice_eq(group.data, SLICE("abcd")));
	group = (modbus_file_t){ STATION_FILE, 63, 2, { 0 } };
	file_group(&request, group, buf);
	refused(b, request, MODBUS_ILLEGAL_DATA_ADDRESS);
}

static void identity_streams_and_gives_single_objects(void **state)
{
	bench_t *b = *state;
	modbus_pdu_t request = Q(ENCAP_INTERFACE_TRANSPORT, .mei = MODBUS_MEI_DEVICE_ID, .code = 2);
	const modbus_pdu_t *r = answer(b, request);
	assert_int_equal(r->object_count, 7);
	slice_t rest = r->data;
	modbus_object_t object;
	assert_true(modbus_object_next(&rest, &object));
	assert_true(slice_eq(object.text, SLICE("Lumen Works")));
	request.code = 1;
	assert_int_equal(answer(b, request)->object_count, 3);
	request.code = 4;
	request.object = 6;
	rest = answer(b, request)->data;
	assert_true(modbus_object_next(&rest, &object));
	assert_true(slice_eq(object.text, SLICE("FRM1")));
	request.object = 7;
	refused(b, request, MODBUS_ILLEGAL_DATA_ADDRESS);
	assert_true(answer(b, Q(REPORT_SERVER_ID, 0))->data.len > 2);
}

static void diagnosis_counts_what_happened(void **state)
{
	bench_t *b = *state;
	slice_t echo = answer(b, Q(DIAGNOSTICS, .subfunction = 0, .data = SLICE("ab")))->data;
	assert_true(slice_eq(echo, SLICE("ab")));
	refused(b, Q(READ_COILS, .address = 64, .quantity = 1), MODBUS_ILLEGAL_DATA_ADDRESS);
	slice_t count = answer(b, Q(DIAGNOSTICS, .subfunction = 0x0D, .data = SLICE("\0\0")))->data;
	assert_int_equal(modbus_register_get(count, 0), 1);
	assert_int_equal(answer(b, Q(GET_COMM_EVENT_COUNTER, 0))->event_count, 2);
	const modbus_pdu_t *r = answer(b, Q(GET_COMM_EVENT_LOG, 0));
	assert_int_equal(r->message_count, 5);
	assert_int_equal(r->data.len, 9);
	assert_int_equal(answer(b, Q(READ_EXCEPTION_STATUS, 0))->status, 0);
}

static void listening_only_is_silent_until_restarted(void **state)
{
	bench_t *b = *state;
	ask(b, Q(DIAGNOSTICS, .subfunction = 4, .data = SLICE("\0\0")));
	assert_false(b->is_answered);
	client_close(&b->client);
	ask(b, Q(DIAGNOSTICS, .subfunction = 1, .data = SLICE("\0\0")));
	assert_false(b->is_answered);
	client_close(&b->client);
	answer(b, Q(READ_EXCEPTION_STATUS, 0));
}

static void what_is_not_there_is_refused(void **state)
{
	bench_t *b = *state;
	refused(b, Q(READ_HOLDING_REGISTERS, .address = 60, .quantity = 5),
	        MODBUS_ILLEGAL_DATA_ADDRESS);
	refused(b, Q(READ_HOLDING_REGISTERS, .address = 0, .quantity = 126),
	        MODBUS_ILLEGAL_DATA_VALUE);
	refused(b, Q(WRITE_SINGLE_REGISTER, .address = 400), MODBUS_ILLEGAL_DATA_ADDRESS);
	refused(b, Q(MASK_WRITE_REGISTER, .address = 64), MODBUS_ILLEGAL_DATA_ADDRESS);
	refused(b, Q(DIAGNOSTICS, .subfunction = 99, .data = SLICE("\0\0")),
	        MODBUS_ILLEGAL_FUNCTION);
	refused(b, Q(PROGRAM_CONCEPT, 0), MODBUS_ILLEGAL_FUNCTION);
	refused(b, Q(ENCAP_INTERFACE_TRANSPORT, .mei = MODBUS_MEI_CANOPEN),
	        MODBUS_ILLEGAL_FUNCTION);
}

static void faults_are_switched_on_and_off(void **state)
{
	bench_t *b = *state;
	modbus_pdu_t request = Q(READ_COILS, .address = 0, .quantity = 1);
	b->machine.fault = SIM_FAULT_BUSY;
	refused(b, request, MODBUS_SERVER_DEVICE_BUSY);
	b->machine.fault = SIM_FAULT_SILENT;
	ask(b, request);
	assert_false(b->is_answered);
	client_close(&b->client);
	b->machine.fault = SIM_FAULT_GARBAGE;
	ask(b, request);
	assert_true(!b->is_answered || b->is_failed);
	client_close(&b->client);
	b->machine.fault = SIM_FAULT_NONE;
	answer(b, request);
}

static void client_refuses_what_is_not_loopback(void **state)
{
	bench_t *b = *state;
	addr_t outside = { ip_v4(192, 0, 2, 1), PORT };
	assert_int_equal(client_aim(&b->client, outside), ERR_DENIED);
	b->client.remote = outside;
	assert_int_equal(client_ask(&b->client, &Q(READ_COILS, .quantity = 1)), ERR_DENIED);
	ip_t one;
	assert_int_equal(ip_parse(SLICE("::1"), &one), ERR_OK);
	assert_int_equal(client_aim(&b->client, (addr_t){ one, PORT }), ERR_OK);
}

typedef struct {
	env_tcp_t *tcp;
	slice_t first;
	uint8_t got[512];
	size_t got_len;
	bool is_closed;
} raw_t;

static void raw_opened(void *ctx, env_tcp_t *tcp)
{
	raw_t *raw = ctx;
	assert_int_equal(env_tcp_write(tcp, raw->first), ERR_OK);
}

static size_t raw_data(void *ctx, env_tcp_t *tcp, slice_t bytes)
{
	(void)tcp;
	raw_t *raw = ctx;
	assert_true(raw->got_len + bytes.len <= sizeof(raw->got));
	memcpy(&raw->got[raw->got_len], bytes.ptr, bytes.len);
	raw->got_len += bytes.len;
	return bytes.len;
}

static void raw_closed(void *ctx, env_tcp_t *tcp, err_t why)
{
	(void)tcp;
	(void)why;
	raw_t *raw = ctx;
	raw->is_closed = true;
}

static const env_tcp_events_t RAW = { raw_opened, raw_data, NULL, raw_closed };

static void talk_raw(bench_t *b, raw_t *raw, slice_t bytes)
{
	*raw = (raw_t){ .first = bytes };
	env_tcp_spec_t spec = { .events = &RAW, .ctx = raw };
	assert_int_equal(
		env_tcp_dial(env_control_loop(b->env), NULL, b->machine.addr, &spec, &raw->tcp),
		ERR_OK);
	twin_run_for(b->twin, NS_PER_S);
}

static void pipelined_requests_are_answered_in_order(void **state)
{
	bench_t *b = *state;
	raw_t raw;
	talk_raw(b, &raw, SLICE("\0\1\0\0\0\6\1\1\0\0\0\1\0\2\0\0\0\2\1\7\0\3\0\0"));
	assert_false(raw.is_closed);
	assert_int_equal(raw.got_len, 10 + 9);
	assert_int_equal(raw.got[1], 1);
	assert_int_equal(raw.got[11], 2);
	env_tcp_close(raw.tcp);
}

static void another_unit_is_answered_by_the_gateway(void **state)
{
	bench_t *b = *state;
	raw_t raw;
	talk_raw(b, &raw, SLICE("\0\1\0\0\0\2\11\7"));
	assert_int_equal(raw.got_len, 9);
	assert_int_equal(raw.got[7], 0x87);
	assert_int_equal(raw.got[8], MODBUS_GATEWAY_TARGET_FAILED_TO_RESPOND);
	env_tcp_close(raw.tcp);
}

static void a_stream_that_is_not_modbus_is_reset(void **state)
{
	bench_t *b = *state;
	raw_t raw;
	talk_raw(b, &raw, SLICE("GET / HTTP/1.1\r\n"));
	assert_true(raw.is_closed);
	answer(b, Q(READ_EXCEPTION_STATUS, 0));
}

static void a_cut_request_is_answered_as_bad_value(void **state)
{
	bench_t *b = *state;
	raw_t raw;
	talk_raw(b, &raw, SLICE("\0\1\0\0\0\3\1\3\0"));
	assert_int_equal(raw.got_len, 9);
	assert_int_equal(raw.got[7], 0x83);
	assert_int_equal(raw.got[8], MODBUS_ILLEGAL_DATA_VALUE);
	env_tcp_close(raw.tcp);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

typedef struct {
	uint8_t bytes[64];
	size_t len;
	bool is_closed;
} heard_t;

static size_t hear(void *ctx, env_tcp_t *tcp, slice_t bytes)
{
	heard_t *heard = ctx;
	(void)tcp;
	assert_true(bytes.len <= sizeof(heard->bytes) - heard->len);
	memcpy(&heard->bytes[heard->len], bytes.ptr, bytes.len);
	heard->len += bytes.len;
	return bytes.len;
}

static void hear_end(void *ctx, env_tcp_t *tcp, err_t why)
{
	(void)tcp;
	(void)why;
	((heard_t *)ctx)->is_closed = true;
}

static void the_same_registers_are_served_as_rtu_frames_one_port_above(void **state)
{
	bench_t *b = *state;
	static const env_tcp_events_t events = { .data = hear, .closed = hear_end };
	heard_t heard = { 0 };
	uint8_t buf[32];
	env_tcp_t *tcp = NULL;
	modbus_rtu_t rtu;
	modbus_pdu_t read = Q(READ_HOLDING_REGISTERS, .address = 20, .quantity = 2);
	modbus_pdu_t by_tcp = *answer(b, read), by_rtu;
	env_tcp_spec_t spec = { .events = &events, .ctx = &heard, .input_max = 64 };
	writer_t w = writer_of(buf, sizeof(buf));
	assert_int_equal(
		env_tcp_dial(env_control_loop(b->env), NULL, b->machine.rtu_addr, &spec, &tcp),
		ERR_OK);
	twin_run_for(b->twin, NS_PER_S);
	assert_int_equal(modbus_rtu_encode(PLANT_UNIT, &read, &w), ERR_OK);
	assert_int_equal(env_tcp_write(tcp, writer_done(&w)), ERR_OK);
	twin_run_for(b->twin, NS_PER_S);
	slice_t frame = slice_of(heard.bytes, heard.len);
	assert_int_equal(modbus_rtu_stream_decode(frame, true, &rtu), CODEC_OK);
	assert_int_equal(rtu.unit, PLANT_UNIT);
	assert_int_equal(modbus_response_decode(rtu.pdu, &read, &by_rtu), CODEC_OK);
	assert_true(slice_eq(by_rtu.data, by_tcp.data));
	/* What is no frame ends the connection. */
	buf[3] ^= 1;
	assert_int_equal(env_tcp_write(tcp, writer_done(&w)), ERR_OK);
	twin_run_for(b->twin, NS_PER_S);
	assert_true(heard.is_closed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(registers_are_read_as_the_table_says),
		TEST(what_is_written_is_read_back),
		TEST(queue_tells_the_addresses_written_last),
		TEST(file_records_are_written_and_read),
		TEST(identity_streams_and_gives_single_objects),
		TEST(diagnosis_counts_what_happened),
		TEST(listening_only_is_silent_until_restarted),
		TEST(what_is_not_there_is_refused),
		TEST(faults_are_switched_on_and_off),
		TEST(client_refuses_what_is_not_loopback),
		TEST(pipelined_requests_are_answered_in_order),
		TEST(another_unit_is_answered_by_the_gateway),
		TEST(a_stream_that_is_not_modbus_is_reset),
		TEST(a_cut_request_is_answered_as_bad_value),
		TEST(the_same_registers_are_served_as_rtu_frames_one_port_above),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
