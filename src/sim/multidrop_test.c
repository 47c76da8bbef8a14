/* SPDX-License-Identifier: Apache-2.0 */
/* The plant's machines as units of a serial line, asked by a master in the twin. */
#include "sim/multidrop.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "env/twin/twin.h"

#define OK(call) assert_int_equal((call), ERR_OK)

typedef struct {
	twin_t *twin;
	env_t *plant, *node;
	sim_t *sim;
	env_serial_t *serial;
	modbus_gather_t gather;
	modbus_rtu_t got; /* its PDU lies in `bytes` */
	uint8_t bytes[MODBUS_RTU_MAX];
	size_t answers;
	int64_t asked_ns, answered_ns;
} bench_t;

static const port_t line_port = { .name = "plant",
	                          .path = "/dev/ttyS5",
	                          .baud = BAUD_19200,
	                          .parity = PARITY_EVEN,
	                          .stop_bits = 1 };

static void on_data(void *ctx, env_serial_t *serial, slice_t bytes)
{
	bench_t *b = ctx;
	slice_t frame;
	(void)serial;
	modbus_gather_add(&b->gather, env_now(b->node), bytes);
	while (modbus_gather_take(&b->gather, env_now(b->node), &frame)) {
		memcpy(b->bytes, frame.ptr, frame.len);
		assert_int_equal(modbus_rtu_frame_decode(slice_of(b->bytes, frame.len), &b->got),
		                 CODEC_OK);
		b->answers++;
		b->answered_ns = env_now(b->node);
	}
}

static void bench_open(bench_t *b)
{
	static const env_serial_events_t events = { .data = on_data };
	*b = (bench_t){ .gather = modbus_gather_of(true, 19200) };
	OK(twin_new(&(twin_spec_t){ .seed = 5 }, &b->twin));
	OK(twin_host_open(b->twin, "plant", &b->plant));
	OK(twin_host_open(b->twin, "node", &b->node));
	OK(sim_open(b->plant,
	            &(sim_spec_t){
			    .seed = 5, .loop = env_control_loop(b->plant), .serial = &line_port },
	            &b->sim));
	OK(env_serial_open(env_control_loop(b->node), &line_port,
	                   &(env_serial_spec_t){ .events = &events, .ctx = b }, &b->serial));
}

static void bench_close(bench_t *b)
{
	sim_close(b->sim);
	twin_free(b->twin);
}

/* Asks and gives half a second; true when answered. */
static bool ask(bench_t *b, uint8_t unit, const modbus_pdu_t *request)
{
	uint8_t buf[MODBUS_RTU_MAX];
	writer_t w = writer_of(buf, sizeof(buf));
	size_t before = b->answers;
	OK(modbus_rtu_encode(unit, request, &w));
	b->asked_ns = env_now(b->node);
	OK(env_serial_write(b->serial, writer_done(&w)));
	(void)twin_run_for(b->twin, 500 * NS_PER_MS);
	return b->answers > before;
}

static const modbus_pdu_t read_holding = { .function = MODBUS_READ_HOLDING_REGISTERS,
	                                   .quantity = 2 };

static void each_machine_answers_to_its_unit_after_the_silence(void **state)
{
	(void)state;
	bench_t b;
	size_t count;
	bench_open(&b);
	(void)plant_machines(false, &count);
	for (size_t unit = 1; unit <= count; unit++) {
		assert_true(ask(&b, (uint8_t)unit, &read_holding));
		assert_int_equal(b.got.unit, unit);
		/* 8 bytes, T3.5 and 9 bytes at 19,200 Bd. */
		assert_in_range(b.answered_ns - b.asked_ns, 11 * NS_PER_MS, 13 * NS_PER_MS);
	}
	assert_false(ask(&b, (uint8_t)(count + 1), &read_holding));
	assert_int_equal(twin_line_collisions(b.twin, line_port.path), 0);
	bench_close(&b);
}

static void a_broadcast_is_carried_out_by_all_and_answered_by_none(void **state)
{
	(void)state;
	bench_t b;
	double value = 0;
	bench_open(&b);
	modbus_pdu_t write = { .function = MODBUS_WRITE_SINGLE_REGISTER, .value = 150 };
	assert_false(ask(&b, 0, &write));
	OK(sim_value(b.sim, "COAT1.SPEED_SET", &value));
	assert_true(value > 14.9 && value < 15.1);
	OK(sim_value(b.sim, "CAL1.GAP_SET", &value));
	assert_true(value > 14.9 && value < 15.1);
	bench_close(&b);
}

static void what_is_no_frame_is_not_answered_and_soon_forgotten(void **state)
{
	(void)state;
	bench_t b;
	bench_open(&b);
	OK(env_serial_write(b.serial, SLICE("\x01\x03\x00")));
	(void)twin_run_for(b.twin, 100 * NS_PER_MS);
	assert_int_equal(b.answers, 0);
	assert_true(ask(&b, 1, &read_holding));
	bench_close(&b);
}

static void faults_are_those_of_the_machines(void **state)
{
	(void)state;
	bench_t b;
	bench_open(&b);
	OK(sim_fault_set(b.sim, "COAT1", SIM_FAULT_SILENT));
	assert_false(ask(&b, 1, &read_holding));
	OK(sim_fault_set(b.sim, "COAT1", SIM_FAULT_BUSY));
	assert_true(ask(&b, 1, &read_holding));
	assert_int_equal(b.got.pdu.ptr[1], MODBUS_SERVER_DEVICE_BUSY);
	bench_close(&b);
}

static void a_port_that_was_pulled_out_serves_again(void **state)
{
	(void)state;
	bench_t b;
	bench_open(&b);
	twin_port_unplug(b.plant, line_port.path, true);
	assert_false(ask(&b, 1, &read_holding));
	twin_port_unplug(b.plant, line_port.path, false);
	(void)twin_run_for(b.twin, 2 * NS_PER_S);
	assert_true(ask(&b, 1, &read_holding));
	bench_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_machine_answers_to_its_unit_after_the_silence),
		cmocka_unit_test(a_broadcast_is_carried_out_by_all_and_answered_by_none),
		cmocka_unit_test(what_is_no_frame_is_not_answered_and_soon_forgotten),
		cmocka_unit_test(faults_are_those_of_the_machines),
		cmocka_unit_test(a_port_that_was_pulled_out_serves_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
