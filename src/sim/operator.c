/* SPDX-License-Identifier: Apache-2.0 */
/* One thing at a time, as a person does: look at a screen; or look, change, look
 * again. A quarter of a second passes between any two. What does not answer is
 * given up after two seconds and tried again in its turn. */
#include "sim/operator.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/num.h"
#include "sim/client.h"
#include "sim/registers.h"

#define TICK_NS (250 * NS_PER_MS)

enum { PATIENCE_TICKS = 8, TARGETS_MAX = 32, STRAY_STEPS = 4, STOP_ONE_IN = 4 };

typedef enum { STEP_IDLE, STEP_SCREEN, STEP_LOOK, STEP_CHANGE, STEP_CHECK } step_t;

typedef struct {
	const plant_point_t *point;
	size_t block;
} target_t;

struct operator
{
	operator_spec_t spec;
	env_timer_t *timer;
	rng_t chance;
	client_t clients[PLANT_MACHINES_MAX];
	plant_block_t blocks[PLANT_BLOCKS_MAX];
	size_t block_count, next_screen;
	target_t targets[TARGETS_MAX];
	size_t target_count, opening; /* targets looked at for the opening round */
	step_t step;
	size_t block;           /* on the screen */
	const target_t *target; /* of LOOK, CHANGE and CHECK */
	unsigned waited;        /* ticks for the present answer */
	int64_t change_at;
	atomic_size_t writes;
};

static bool is_coil(const plant_block_t *block)
{
	return block->table == POINT_COIL;
}

static void ask(operator_t *op, step_t step, const modbus_pdu_t *request)
{
	client_t *client = &op->clients[op->blocks[op->block].machine];
	op->waited = 0;
	op->step = client_ask(client, request) ? STEP_IDLE : step;
}

static void look(operator_t *op, step_t step, size_t block)
{
	const plant_block_t *b = &op->blocks[block];
	op->block = block;
	ask(op, step,
	    &(modbus_pdu_t){
		    .function = is_coil(b) ? MODBUS_READ_COILS : MODBUS_READ_HOLDING_REGISTERS,
		    .address = b->from,
		    .quantity = (uint16_t)(b->to - b->from + 1),
	    });
}

/* Where the point lies in an answer to its block. */
static double value_in(const operator_t *op, const plant_point_t *point, slice_t data)
{
	const plant_block_t *b = &op->blocks[op->block];
	size_t at = (size_t)(point->config.address.address - b->from);
	double value = NAN;
	if (is_coil(b))
		return modbus_bit_get(data, at);
	if (registers_decode(&point->config, slice_from(data, 2 * at), &value))
		return NAN;
	return value;
}

/* A step or two, back towards the usual value when it has strayed from it. */
static double number_after(operator_t *op, const plant_point_t *point, double old)
{
	const point_limits_t *limits = &point->config.write.limits;
	if (!(old >= limits->low && old <= limits->high))
		return point->start;
	double by = point->step * (double)(1 + rng_below(&op->chance, 2));
	bool goes_down = rng_below(&op->chance, 2);
	if (fabs(old - point->start) > STRAY_STEPS * point->step)
		goes_down = old > point->start;
	if (goes_down ? old - by < limits->low : old + by > limits->high)
		goes_down = !goes_down;
	return round((goes_down ? old - by : old + by) * 1000) / 1000;
}

/* What a person would set now; `old` when they would leave it. */
static double value_after(operator_t *op, const plant_point_t *point, double old)
{
	if (point->config.address.wire != WIRE_BOOL)
		return number_after(op, point, old);
	if (old != 0 && rng_below(&op->chance, STOP_ONE_IN))
		return old;
	return old == 0;
}

static void change(operator_t *op, double value)
{
	const config_point_t *point = &op->target->point->config;
	modbus_pdu_t request = { .address = point->address.address };
	uint8_t data[8];
	writer_t w = writer_of(data, sizeof(data));
	if (point->address.table == POINT_COIL) {
		request.function = MODBUS_WRITE_SINGLE_COIL;
		request.value = value != 0 ? MODBUS_COIL_ON : 0;
	} else if (registers_encode(point, value, &w)) {
		op->step = STEP_IDLE;
		return;
	} else if (point->address.words == 1) {
		request.function = MODBUS_WRITE_SINGLE_REGISTER;
		request.value = modbus_register_get(writer_done(&w), 0);
	} else {
		request.function = MODBUS_WRITE_MULTIPLE_REGISTERS;
		request.quantity = point->address.words;
		request.data = writer_done(&w);
	}
	ask(op, STEP_CHANGE, &request);
}

static void looked(operator_t *op, slice_t data)
{
	double old = value_in(op, op->target->point, data);
	double value = value_after(op, op->target->point, old);
	if (value == old) {
		op->step = STEP_IDLE;
		return;
	}
	double share = 0.6 + 0.8 * rng_unit(&op->chance);
	op->change_at = env_now(env_loop_env(op->spec.loop)) +
	                (int64_t)((double)op->spec.every_ns * share);
	change(op, value);
}

static void on_answer(void *ctx, const modbus_pdu_t *response)
{
	operator_t *op = ctx;
	step_t step = op->step;
	op->step = STEP_IDLE;
	if (!response || response->is_exception)
		return;
	if (step == STEP_LOOK)
		looked(op, response->data);
	if (step == STEP_CHANGE) {
		atomic_fetch_add(&op->writes, 1);
		look(op, STEP_CHECK, op->block);
	}
}

/* A shift begins with the voltage of every charger; then it is as it comes. */
static const target_t *next_target(operator_t *op)
{
	while (op->opening < op->target_count) {
		const target_t *target = &op->targets[op->opening++];
		if (slice_eq(slice_str(target->point->config.name), SLICE("V_SET")))
			return target;
	}
	return &op->targets[rng_below(&op->chance, op->target_count)];
}

static void change_begin(operator_t *op)
{
	op->target = next_target(op);
	look(op, STEP_LOOK, op->target->block);
}

static void screen_next(operator_t *op)
{
	look(op, STEP_SCREEN, op->next_screen);
	op->next_screen = (op->next_screen + 1) % op->block_count;
}

static void on_tick(void *ctx)
{
	operator_t *op = ctx;
	env_timer_set(op->timer, TICK_NS);
	if (op->step != STEP_IDLE) {
		if (++op->waited < PATIENCE_TICKS)
			return;
		client_close(&op->clients[op->blocks[op->block].machine]);
		op->step = STEP_IDLE;
	}
	if (env_now(env_loop_env(op->spec.loop)) >= op->change_at)
		change_begin(op);
	else
		screen_next(op);
}

static void targets_find(operator_t *op, const plant_machine_t *machines)
{
	for (size_t b = 0; b < op->block_count; b++) {
		const plant_model_t *model = plant_model(&machines[op->blocks[b].machine]);
		for (size_t i = 0; i < model->point_count; i++) {
			const plant_point_t *point = &model->points[i];
			if (plant_is_operated(point) &&
			    point->config.address.table == op->blocks[b].table &&
			    op->target_count < TARGETS_MAX)
				op->targets[op->target_count++] = (target_t){ point, b };
		}
	}
}

static err_t clients_aim(operator_t *op, const plant_machine_t *machines, size_t count)
{
	err_t err = ERR_OK;
	for (size_t m = 0; m < count && !err; m++) {
		op->clients[m] = client_of(op->spec.loop, plant_operator_ip(), on_answer, op);
		err = client_aim(&op->clients[m],
		                 (addr_t){ plant_ip(&machines[m]), op->spec.port });
	}
	return err;
}

err_t operator_open(const operator_spec_t *spec, operator_t **ret_operator)
{
	size_t count;
	const plant_machine_t *machines = plant_machines(spec->has_furnace, &count);
	operator_t *op = calloc(1, sizeof(*op));
	if (!op)
		return ERR_NO_MEMORY;
	op->spec = *spec;
	op->chance = rng_of(spec->seed);
	op->block_count = plant_blocks(spec->has_furnace, op->blocks);
	targets_find(op, machines);
	/* Every screen is seen once before the first change. */
	op->change_at = env_now(env_loop_env(spec->loop)) + spec->start_ns +
	                (int64_t)op->block_count * TICK_NS;
	err_t err = clients_aim(op, machines, count);
	if (!err)
		err = env_timer_new(spec->loop, on_tick, op, &op->timer);
	if (err) {
		operator_close(op);
		return err;
	}
	env_timer_set(op->timer, spec->start_ns);
	*ret_operator = op;
	return ERR_OK;
}

void operator_close(operator_t *op)
{
	if (!op)
		return;
	for (size_t m = 0; m < PLANT_MACHINES_MAX; m++)
		client_close(&op->clients[m]);
	env_timer_free(op->timer);
	free(op);
}

size_t operator_writes(const operator_t *op)
{
	return op ? atomic_load(&op->writes) : 0;
}
