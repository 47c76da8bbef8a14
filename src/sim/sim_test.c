/* SPDX-License-Identifier: Apache-2.0 */
/* The whole plant in the simulated world, watched from the wire. */
#include "sim/sim.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/text.h"
#include "codec/frame/frame.h"
#include "codec/frame/pcap.h"
#include "codec/modbus/modbus.h"
#include "env/capture.h"
#include "env/twin/twin.h"
#include "sim/plant.h"

enum { STREAM_MAX = 64 << 20 };

typedef struct {
	twin_t *twin;
	env_t *env;
	sim_t *sim;
	size_t told;
	double written;          /* what the machine held just after the rogue write */
	text_t tapped, captured; /* the sim's tap, and the world's own */
} bench_t;

static void on_truth(void *ctx, const sim_truth_t *truth)
{
	bench_t *b = ctx;
	b->told++;
	if (truth->kind == SIM_WRITE)
		assert_int_equal(sim_value(b->sim, truth->point, &b->written), ERR_OK);
}

static void on_tap(void *ctx, slice_t bytes)
{
	bench_t *b = ctx;
	text_add(&b->tapped, bytes);
}

static void bench_open(bench_t *b, uint64_t seed, bool has_furnace, bool has_tap)
{
	*b = (bench_t){ .tapped = text_of(STREAM_MAX), .captured = text_of(STREAM_MAX) };
	assert_int_equal(twin_new(&(twin_spec_t){ .seed = seed }, &b->twin), ERR_OK);
	assert_int_equal(twin_host_open(b->twin, "plant", &b->env), ERR_OK);
	sim_spec_t spec = {
		.seed = seed,
		.loop = env_control_loop(b->env),
		.furnace = has_furnace,
		.operator_on = true,
		.tap = has_tap ? on_tap : NULL,
		.tap_ctx = b,
		.truth = on_truth,
		.truth_ctx = b,
	};
	assert_int_equal(sim_open(b->env, &spec, &b->sim), ERR_OK);
}

static void bench_close(bench_t *b)
{
	sim_close(b->sim);
	twin_host_close(b->env);
	twin_free(b->twin);
	text_free(&b->tapped);
	text_free(&b->captured);
}

static double value(const bench_t *b, const char *point)
{
	double v = NAN;
	assert_int_equal(sim_value(b->sim, point, &v), ERR_OK);
	return v;
}

static void assert_within(const bench_t *b, const plant_machine_t *machine)
{
	const plant_model_t *model = plant_model(machine);
	for (size_t i = 0; i < model->point_count; i++) {
		const config_point_t *p = &model->points[i].config;
		char name[64];
		snprintf(name, sizeof(name), "%s.%s", machine->name, p->name);
		double v = value(b, name);
		if (!isfinite(v) || (p->limits.set && (v < p->limits.low || v > p->limits.high)))
			fail_msg("%s is %g", name, v);
		if (p->write.enabled &&
		    (v < p->write.limits.low - 1e-6 || v > p->write.limits.high + 1e-6))
			fail_msg("%s was set to %g", name, v);
	}
}

static void ten_minutes_of_work_stay_inside_all_limits(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 3; seed++) {
		bench_t b;
		bench_open(&b, seed, true, false);
		size_t count;
		const plant_machine_t *machines = plant_machines(true, &count);
		double energy = value(&b, "MTR1.ENERGY");
		for (int second = 0; second < 600; second++) {
			twin_run_for(b.twin, NS_PER_S);
			for (size_t i = 0; i < count; i++)
				assert_within(&b, &machines[i]);
		}
		assert_in_range(sim_operator_writes(b.sim), 100, 200);
		assert_true(value(&b, "MTR1.ENERGY") > energy + 1000);
		assert_true(value(&b, "COAT1.LENGTH") > 1250 + 100);
		assert_int_equal(b.told, 0);
		bench_close(&b);
	}
}

static void a_charger_goes_through_its_curve(void **state)
{
	(void)state;
	bench_t b;
	bench_open(&b, 5, false, false);
	bool seen[4] = { false };
	double batch = value(&b, "FRM4.BATCH"), highest = 0;
	for (int second = 0; second < 900; second++) {
		twin_run_for(b.twin, NS_PER_S);
		seen[(size_t)value(&b, "FRM4.STATE")] = true;
		highest = fmax(highest, value(&b, "FRM4.VOLT"));
	}
	assert_true(seen[1] && seen[2] && seen[3]);
	assert_true(value(&b, "FRM4.BATCH") > batch);
	assert_true(highest > 4 && highest < 4.25);
	bench_close(&b);
}

static void an_attack_leaves_three_truths(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		bench_t b;
		bench_open(&b, seed, seed % 2, false);
		twin_run_for(b.twin, 20 * NS_PER_S);
		assert_false(sim_attack_done(b.sim));
		assert_int_equal(sim_attack_start(b.sim, NS_PER_S, 0), ERR_OK);
		assert_int_equal(sim_attack_start(b.sim, 0, 0), ERR_BUSY);
		int64_t begin = env_utc(b.env).ns;
		twin_run_for(b.twin, 14 * NS_PER_S);
		assert_true(sim_attack_done(b.sim));
		sim_truth_t t[4];
		assert_int_equal(sim_truth(b.sim, t, 4), 3);
		assert_int_equal(b.told, 3);
		for (int i = 0; i < 3; i++) {
			assert_int_equal(t[i].kind, i);
			assert_true(ip_eq(t[i].client, plant_attacker_ip()));
			assert_true(t[i].utc_ns >= begin + NS_PER_S && t[i].end_ns >= t[i].utc_ns);
			assert_true(t[i].end_ns <= begin + 13 * NS_PER_S);
		}
		assert_true(t[0].end_ns < t[1].utc_ns && t[1].end_ns < t[2].utc_ns);
		assert_true(t[2].old_value >= 2.5 && t[2].old_value <= 4.2);
		assert_true(t[2].new_value >= 4.8);
		assert_true(fabs(b.written - t[2].new_value) < 1e-6);
		bench_close(&b);
	}
}

static void a_second_attack_may_follow(void **state)
{
	(void)state;
	bench_t b;
	bench_open(&b, 3, false, false);
	for (size_t i = 1; i <= 2; i++) {
		assert_int_equal(sim_attack_start(b.sim, 0, 4 * NS_PER_S), ERR_OK);
		twin_run_for(b.twin, 6 * NS_PER_S);
		assert_true(sim_attack_done(b.sim));
		assert_int_equal(b.told, 3 * i);
	}
	bench_close(&b);
}

static void an_attack_on_silent_machines_still_ends(void **state)
{
	(void)state;
	bench_t b;
	bench_open(&b, 4, false, false);
	size_t count;
	const plant_machine_t *machines = plant_machines(false, &count);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(sim_fault_set(b.sim, machines[i].name, SIM_FAULT_SILENT), ERR_OK);
	assert_int_equal(sim_fault_set(b.sim, "NONE1", SIM_FAULT_SILENT), ERR_NOT_FOUND);
	assert_int_equal(sim_attack_start(b.sim, 0, 0), ERR_OK);
	twin_run_for(b.twin, 20 * NS_PER_S);
	assert_true(sim_attack_done(b.sim));
	assert_int_equal(b.told, 2); /* nothing was written */
	assert_int_equal(sim_operator_writes(b.sim), 0);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(sim_fault_set(b.sim, machines[i].name, SIM_FAULT_NONE), ERR_OK);
	twin_run_for(b.twin, 30 * NS_PER_S);
	assert_true(sim_operator_writes(b.sim) > 2);
	bench_close(&b);
}

static uint64_t trace_of(uint64_t seed)
{
	bench_t b;
	bench_open(&b, seed, true, true);
	assert_int_equal(sim_attack_start(b.sim, NS_PER_S, 0), ERR_OK);
	twin_run_for(b.twin, 30 * NS_PER_S);
	uint64_t trace = twin_trace(b.twin);
	bench_close(&b);
	return trace;
}

static void the_same_seed_replays_the_same_run(void **state)
{
	(void)state;
	assert_true(trace_of(11) == trace_of(11));
	assert_true(trace_of(11) != trace_of(12));
}

/* From the wire. */

typedef struct {
	uint16_t transaction;
	addr_t src, dst;
	uint8_t bytes[MODBUS_ADU_MAX];
	size_t len;
} message_t;

typedef struct {
	message_t *messages;
	size_t count, cap;
} seen_t;

static size_t on_captured(void *ctx, slice_t bytes)
{
	bench_t *b = ctx;
	text_add(&b->captured, bytes);
	return bytes.len;
}

static void on_capture_closed(void *ctx, err_t why)
{
	(void)ctx;
	(void)why;
}

/* Every Modbus message of a pcap stream in which each comes in a segment of its
 * own. */
static seen_t messages_of(slice_t stream)
{
	seen_t seen = { 0 };
	pcap_stream_t head;
	pcap_packet_t packet;
	assert_int_equal(pcap_stream_start(&stream, &head), CODEC_OK);
	while (pcap_stream_next(&head, &stream, &packet) == CODEC_OK) {
		frame_t frame;
		modbus_adu_t adu;
		assert_int_equal(frame_decode(head.link, packet.bytes, &frame), CODEC_OK);
		assert_int_equal(frame.kind, FRAME_TCP);
		if (!frame.payload.len)
			continue;
		assert_int_equal(modbus_adu_decode(frame.payload, &adu), CODEC_OK);
		assert_int_equal(adu.used, frame.payload.len);
		if (seen.count == seen.cap) {
			seen.cap = seen.cap ? 2 * seen.cap : 256;
			seen.messages = realloc(seen.messages, seen.cap * sizeof(message_t));
			assert_non_null(seen.messages);
		}
		message_t *m = &seen.messages[seen.count++];
		*m = (message_t){ adu.transaction, frame.src, frame.dst, { 0 }, adu.used };
		memcpy(m->bytes, frame.payload.ptr, adu.used);
	}
	assert_int_equal(stream.len, 0);
	return seen;
}

static int by_end(addr_t a, addr_t b)
{
	int by_ip = memcmp(a.ip.bytes, b.ip.bytes, sizeof(a.ip.bytes));
	return by_ip ? by_ip : (a.port > b.port) - (a.port < b.port);
}

static int by_talk(const void *left, const void *right)
{
	const message_t *a = left, *b = right;
	int by_src = by_end(a->src, b->src);
	int by_dst = by_end(a->dst, b->dst);
	if (by_src || by_dst)
		return by_src ? by_src : by_dst;
	return (a->transaction > b->transaction) - (a->transaction < b->transaction);
}

/* The sim's own tap tells each conversation as the simulated network saw it. */
static void tap_tells_what_the_network_carried(void **state)
{
	(void)state;
	bench_t b;
	bench_open(&b, 9, true, true);
	env_capture_t *capture = NULL;
	env_capture_spec_t spec = { on_captured, on_capture_closed, &b };
	assert_int_equal(env_capture_open(env_control_loop(b.env), "tap", &spec, &capture), ERR_OK);
	assert_int_equal(sim_attack_start(b.sim, 4 * NS_PER_S, 0), ERR_OK);
	twin_run_for(b.twin, 20 * NS_PER_S);
	seen_t told = messages_of(text_slice(&b.tapped));
	seen_t carried = messages_of(text_slice(&b.captured));
	assert_true(told.count > 200);
	assert_in_range(told.count, carried.count - 2, carried.count);
	qsort(told.messages, told.count, sizeof(message_t), by_talk);
	qsort(carried.messages, carried.count, sizeof(message_t), by_talk);
	/* What is still on its way at the end is in neither or in one of them. */
	if (told.count == carried.count)
		for (size_t i = 0; i < told.count; i++)
			assert_memory_equal(told.messages[i].bytes, carried.messages[i].bytes,
			                    told.messages[i].len);
	free(told.messages);
	free(carried.messages);
	env_capture_close(capture);
	bench_close(&b);
}

/* Reads of the operator: nothing after the first seconds that was not there. */
static void the_operator_shows_all_its_habits_early(void **state)
{
	(void)state;
	enum { HABITS_MAX = 64, PDU_SHOWN = 5 };
	struct {
		addr_t server;
		uint8_t pdu[PDU_SHOWN];
	} habits[HABITS_MAX];
	size_t early = 0, late = 0;
	bench_t b;
	bench_open(&b, 13, true, true);
	twin_run_for(b.twin, 15 * NS_PER_S);
	seen_t learned = messages_of(text_slice(&b.tapped));
	size_t until = learned.count;
	free(learned.messages);
	twin_run_for(b.twin, 120 * NS_PER_S);
	seen_t seen = messages_of(text_slice(&b.tapped));
	for (size_t i = 0; i < seen.count; i++) {
		const message_t *m = &seen.messages[i];
		const uint8_t *pdu = &m->bytes[MODBUS_MBAP_BYTES];
		if (m->dst.port != SIM_PORT)
			continue;
		assert_true(ip_eq(m->src.ip, plant_operator_ip()));
		if (modbus_function_info(pdu[0])->action == ACTION_WRITE)
			continue;
		size_t h = 0;
		while (h < early && (!addr_eq(habits[h].server, m->dst) ||
		                     memcmp(habits[h].pdu, pdu, PDU_SHOWN) != 0))
			h++;
		if (h < early)
			continue;
		late += i >= until;
		assert_true(early < HABITS_MAX);
		habits[early].server = m->dst;
		memcpy(habits[early++].pdu, pdu, PDU_SHOWN);
	}
	plant_block_t blocks[PLANT_BLOCKS_MAX];
	assert_int_equal(early, plant_blocks(true, blocks));
	assert_int_equal(late, 0);
	free(seen.messages);
	bench_close(&b);
}

static void a_taken_address_is_busy(void **state)
{
	(void)state;
	bench_t b;
	bench_open(&b, 1, false, false);
	sim_t *second = NULL;
	sim_spec_t spec = { .loop = env_control_loop(b.env) };
	assert_int_equal(sim_open(b.env, &spec, &second), ERR_BUSY);
	assert_null(second);
	bench_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ten_minutes_of_work_stay_inside_all_limits),
		cmocka_unit_test(a_charger_goes_through_its_curve),
		cmocka_unit_test(an_attack_leaves_three_truths),
		cmocka_unit_test(a_second_attack_may_follow),
		cmocka_unit_test(an_attack_on_silent_machines_still_ends),
		cmocka_unit_test(the_same_seed_replays_the_same_run),
		cmocka_unit_test(tap_tells_what_the_network_carried),
		cmocka_unit_test(the_operator_shows_all_its_habits_early),
		cmocka_unit_test(a_taken_address_is_busy),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
