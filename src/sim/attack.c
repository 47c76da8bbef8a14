/* SPDX-License-Identifier: Apache-2.0 */
/* A list of steps with their times: one per machine for the sweep, one per range
 * for the walk, one for the write, and the end, which finds the write done or
 * gives it up. */
#include "sim/attack.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "sim/client.h"
#include "sim/registers.h"

/* Parts of the whole duration. */
#define SWEEP_LENGTH 0.25
#define WALK_BEGIN   0.35
#define WALK_LENGTH  0.35
#define WRITE_BEGIN  0.85
#define ROGUE_LEAST  4.8 /* volts; no such cell survives it */

enum {
	WALK_STEPS = ATTACK_WALK_END / ATTACK_WALK_STEP + 1,
	ROGUE_CHOICES = 20, /* by hundredths of a volt */
	CHARGERS = 4,
	DEVICE_ID_BASIC = 1,
};

struct attack {
	attack_spec_t spec;
	env_t *env;
	env_timer_t *timer;
	client_t client;
	rng_t chance;
	const plant_machine_t *machines;
	size_t machine_count, target;
	size_t step;
	int64_t began, duration_ns;
	sim_truth_t truth; /* of the present act */
	bool is_acting, has_old;
};

static int64_t utc_now(const attack_t *a)
{
	return env_utc(a->env).ns;
}

static const config_point_t *rogue_point(const attack_t *a)
{
	return &plant_model(&a->machines[a->target])->points[CHARGER_V_SET].config;
}

/* When a step is due, as a part of the duration. */
static double due(const attack_t *a, size_t step)
{
	size_t walk = a->machine_count, write = walk + WALK_STEPS;
	if (step < walk)
		return SWEEP_LENGTH * (double)step / (double)a->machine_count;
	if (step < write)
		return WALK_BEGIN + WALK_LENGTH * (double)(step - walk) / WALK_STEPS;
	return step == write ? WRITE_BEGIN : 1;
}

static void wait_for(attack_t *a, size_t step)
{
	int64_t at = a->began + (int64_t)(due(a, step) * (double)a->duration_ns);
	int64_t delay = at - env_now(a->env);
	a->step = step;
	env_timer_set(a->timer, delay > 0 ? delay : 0);
}

static void act_begin(attack_t *a, sim_truth_kind_t kind, size_t machine)
{
	int64_t now = utc_now(a);
	a->is_acting = true;
	a->truth = (sim_truth_t){
		.kind = kind,
		.utc_ns = now,
		.end_ns = now,
		.client = plant_attacker_ip(),
		.server = plant_ip(&a->machines[machine]),
	};
}

static void act_end(attack_t *a)
{
	if (a->is_acting)
		a->spec.act(a->spec.ctx, &a->truth);
	a->is_acting = false;
}

static void over(attack_t *a)
{
	env_timer_clear(a->timer);
	client_close(&a->client);
	a->spec.over(a->spec.ctx);
}

/* Asks `machine`; what fails has no answer, and the next step goes on. */
static void ask(attack_t *a, size_t machine, const modbus_pdu_t *request)
{
	addr_t remote = { plant_ip(&a->machines[machine]), a->spec.port };
	bool is_there = addr_eq(a->client.remote, remote) && !a->client.is_waiting;
	if (!is_there && client_aim(&a->client, remote))
		return;
	if (client_ask(&a->client, request))
		client_close(&a->client);
}

static void sweep(attack_t *a, size_t machine)
{
	if (machine == 0)
		act_begin(a, SIM_SWEEP, machine);
	ask(a, machine,
	    &(modbus_pdu_t){
		    .function = MODBUS_ENCAP_INTERFACE_TRANSPORT,
		    .mei = MODBUS_MEI_DEVICE_ID,
		    .code = DEVICE_ID_BASIC,
	    });
}

static void walk(attack_t *a, size_t step)
{
	if (step == 0) {
		act_end(a);
		act_begin(a, SIM_WALK, a->target);
	}
	ask(a, a->target,
	    &(modbus_pdu_t){
		    .function = MODBUS_READ_HOLDING_REGISTERS,
		    .address = (uint16_t)(step * ATTACK_WALK_STEP),
		    .quantity = ATTACK_WALK_STEP,
	    });
}

static void rogue_look(attack_t *a)
{
	const point_address_t *at = &rogue_point(a)->address;
	act_end(a);
	a->has_old = false;
	ask(a, a->target,
	    &(modbus_pdu_t){
		    .function = MODBUS_READ_HOLDING_REGISTERS,
		    .address = at->address,
		    .quantity = at->words,
	    });
}

/* Float32 registers hold about seven digits; the truth says the number meant. */
static double as_meant(double value)
{
	return round(value * 1e6) / 1e6;
}

static void rogue_write(attack_t *a, slice_t old_registers)
{
	const config_point_t *point = rogue_point(a);
	double old = 0;
	double rogue = ROGUE_LEAST + (double)rng_below(&a->chance, ROGUE_CHOICES) / 100;
	uint8_t data[8];
	writer_t w = writer_of(data, sizeof(data));
	if (registers_decode(point, old_registers, &old) || registers_encode(point, rogue, &w)) {
		over(a);
		return;
	}
	a->has_old = true;
	act_begin(a, SIM_WRITE, a->target);
	a->truth.old_value = as_meant(old);
	a->truth.new_value = as_meant(rogue);
	snprintf(a->truth.point, sizeof(a->truth.point), "%s.%s", a->machines[a->target].name,
	         point->name);
	ask(a, a->target,
	    &(modbus_pdu_t){
		    .function = MODBUS_WRITE_MULTIPLE_REGISTERS,
		    .address = point->address.address,
		    .quantity = point->address.words,
		    .data = writer_done(&w),
	    });
}

static void on_answer(void *ctx, const modbus_pdu_t *response)
{
	attack_t *a = ctx;
	size_t write = a->machine_count + WALK_STEPS;
	a->truth.end_ns = utc_now(a);
	/* A step has moved on to the next by the time its answer comes. */
	if (a->step <= write)
		return;
	bool is_good = response && !response->is_exception;
	if (is_good && !a->has_old) {
		rogue_write(a, response->data);
		return;
	}
	if (is_good)
		act_end(a);
	over(a);
}

static void on_tick(void *ctx)
{
	attack_t *a = ctx;
	size_t step = a->step, walks = a->machine_count, write = walks + WALK_STEPS;
	if (step > write) {
		over(a);
		return;
	}
	wait_for(a, step + 1);
	if (step < walks)
		sweep(a, step);
	else if (step < write)
		walk(a, step - walks);
	else
		rogue_look(a);
}

void attack_begin(attack_t *a, int64_t delay_ns, int64_t duration_ns)
{
	size_t first = 0;
	while (a->machines[first].model != PLANT_CHARGER)
		first++;
	a->target = first + rng_below(&a->chance, CHARGERS);
	a->began = env_now(a->env) + delay_ns;
	a->duration_ns = duration_ns;
	a->is_acting = false;
	wait_for(a, 0);
}

err_t attack_open(const attack_spec_t *spec, attack_t **ret_attack)
{
	attack_t *a = calloc(1, sizeof(*a));
	if (!a)
		return ERR_NO_MEMORY;
	a->spec = *spec;
	a->env = env_loop_env(spec->loop);
	a->chance = rng_of(spec->seed);
	a->machines = plant_machines(spec->has_furnace, &a->machine_count);
	a->client = client_of(spec->loop, plant_attacker_ip(), on_answer, a);
	err_t err = env_timer_new(spec->loop, on_tick, a, &a->timer);
	if (err) {
		attack_close(a);
		return err;
	}
	*ret_attack = a;
	return ERR_OK;
}

void attack_close(attack_t *a)
{
	if (!a)
		return;
	client_close(&a->client);
	env_timer_free(a->timer);
	free(a);
}
