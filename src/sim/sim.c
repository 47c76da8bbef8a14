/* SPDX-License-Identifier: Apache-2.0 */
/* Puts the plant together: machines, their physics on one timer, and the two
 * scripts. Everything is made at the opening; a tick allocates nothing. */
#include "sim/sim.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "sim/attack.h"
#include "sim/machine.h"
#include "sim/multidrop.h"
#include "sim/operator.h"
#include "sim/physics.h"

#define TICK_NS           (100 * NS_PER_MS)
#define TICK_S            0.1
#define OPERATOR_START_NS (5 * NS_PER_S)
#define OPERATOR_EVERY_NS (4 * NS_PER_S)
#define ATTACK_NS         (12 * NS_PER_S)

/* Seeds of the parts, apart from one another. */
enum { SEED_OPERATOR = 1, SEED_ATTACK, SEED_MACHINES };

/* Asked for and not over; over at least once; or never asked for. */
enum { ATTACK_NEVER, ATTACK_RUNS, ATTACK_OVER };

typedef struct {
	int64_t delay_ns, duration_ns;
} order_t;

struct sim {
	env_t *env;
	sim_spec_t spec;
	tap_t tap;
	size_t machine_count;
	const plant_machine_t *plant;
	machine_t machines[PLANT_MACHINES_MAX];
	multidrop_t multidrop;
	physics_t physics[PLANT_MACHINES_MAX];
	physics_shared_t shared;
	env_timer_t *timer;
	operator_t *operator_station;
	attack_t *attack;
	env_mailbox_t *orders;
	atomic_int attack_state;
	sim_truth_t truths[SIM_TRUTH_MAX];
	size_t truth_count;
};

static void on_tick(void *ctx)
{
	sim_t *sim = ctx;
	env_timer_set(sim->timer, TICK_NS);
	for (size_t i = 0; i < sim->machine_count; i++)
		physics_step(&sim->physics[i], TICK_S);
}

static void on_orders(void *ctx)
{
	sim_t *sim = ctx;
	order_t order;
	while (env_mailbox_take(sim->orders, &order))
		attack_begin(sim->attack, order.delay_ns, order.duration_ns);
}

/* Past SIM_TRUTH_MAX acts the oldest are forgotten; each was told as it ended. */
static void on_act(void *ctx, const sim_truth_t *truth)
{
	sim_t *sim = ctx;
	if (sim->truth_count == SIM_TRUTH_MAX) {
		memmove(sim->truths, &sim->truths[1], sizeof(sim->truths) - sizeof(*truth));
		sim->truth_count--;
	}
	sim->truths[sim->truth_count++] = *truth;
	if (sim->spec.truth)
		sim->spec.truth(sim->spec.truth_ctx, truth);
}

static void on_over(void *ctx)
{
	sim_t *sim = ctx;
	atomic_store(&sim->attack_state, ATTACK_OVER);
}

static uint64_t seed_of(const sim_t *sim, uint64_t part)
{
	return num_hash(slice_of(&part, sizeof(part)), sim->spec.seed);
}

static err_t machines_open(sim_t *sim)
{
	uint16_t rtu_port = sim->spec.rtu ? (uint16_t)(sim->spec.port + 1) : 0;
	err_t err = ERR_OK;
	for (size_t i = 0; i < sim->machine_count && !err; i++) {
		uint64_t seed = seed_of(sim, SEED_MACHINES + i);
		err = machine_open(&sim->machines[i], &(machine_spec_t){
							      .loop = sim->spec.loop,
							      .plant = &sim->plant[i],
							      .port = sim->spec.port,
							      .rtu_port = rtu_port,
							      .tap = &sim->tap,
							      .seed = seed,
						      });
		physics_init(&sim->physics[i], &sim->plant[i], &sim->machines[i].station.registers,
		             &sim->shared, seed);
	}
	return err;
}

static err_t scripts_open(sim_t *sim)
{
	attack_spec_t attack = {
		.loop = sim->spec.loop,
		.has_furnace = sim->spec.furnace,
		.port = sim->spec.port,
		.seed = seed_of(sim, SEED_ATTACK),
		.act = on_act,
		.over = on_over,
		.ctx = sim,
	};
	operator_spec_t person = {
		.loop = sim->spec.loop,
		.has_furnace = sim->spec.furnace,
		.port = sim->spec.port,
		.start_ns = sim->spec.operator_start_ns,
		.every_ns = sim->spec.operator_every_ns,
		.seed = seed_of(sim, SEED_OPERATOR),
	};
	err_t err = attack_open(&attack, &sim->attack);
	if (!err && sim->spec.operator_on)
		err = operator_open(&person, &sim->operator_station);
	return err;
}

static err_t parts_open(sim_t *sim)
{
	env_mailbox_spec_t orders = {
		.name = "sim attack",
		.reader = sim->spec.loop,
		.item_size = sizeof(order_t),
		.capacity = 1,
		.policy = ENV_FULL_REFUSE,
		.ready = on_orders,
		.ctx = sim,
	};
	err_t err = machines_open(sim);
	if (!err && sim->spec.serial)
		err = multidrop_open(&sim->multidrop, sim->spec.loop, sim->spec.serial,
		                     sim->machines, sim->machine_count);
	if (!err)
		err = env_mailbox_new(&orders, &sim->orders);
	if (!err)
		err = env_timer_new(sim->spec.loop, on_tick, sim, &sim->timer);
	if (!err)
		err = scripts_open(sim);
	if (!err)
		env_timer_set(sim->timer, TICK_NS);
	return err;
}

static void spec_fill(sim_spec_t *spec)
{
	if (!spec->port)
		spec->port = SIM_PORT;
	if (!spec->operator_start_ns)
		spec->operator_start_ns = OPERATOR_START_NS;
	if (!spec->operator_every_ns)
		spec->operator_every_ns = OPERATOR_EVERY_NS;
}

err_t sim_open(env_t *env, const sim_spec_t *spec, sim_t **ret_sim)
{
	sim_t *sim = calloc(1, sizeof(*sim));
	if (!sim)
		return ERR_NO_MEMORY;
	sim->env = env;
	sim->spec = *spec;
	spec_fill(&sim->spec);
	sim->plant = plant_machines(spec->furnace, &sim->machine_count);
	sim->tap = tap_open(env, spec->tap, spec->tap_ctx);
	atomic_init(&sim->attack_state, ATTACK_NEVER);
	err_t err = parts_open(sim);
	if (err) {
		sim_close(sim);
		return err;
	}
	*ret_sim = sim;
	return ERR_OK;
}

void sim_close(sim_t *sim)
{
	if (!sim)
		return;
	attack_close(sim->attack);
	operator_close(sim->operator_station);
	multidrop_close(&sim->multidrop);
	for (size_t i = 0; i < sim->machine_count; i++)
		machine_close(&sim->machines[i]);
	env_timer_free(sim->timer);
	env_mailbox_free(sim->orders);
	free(sim);
}

err_t sim_attack_start(sim_t *sim, int64_t delay_ns, int64_t duration_ns)
{
	order_t order = { delay_ns > 0 ? delay_ns : 0, duration_ns > 0 ? duration_ns : ATTACK_NS };
	int before = atomic_load(&sim->attack_state);
	if (before == ATTACK_RUNS ||
	    !atomic_compare_exchange_strong(&sim->attack_state, &before, ATTACK_RUNS))
		return ERR_BUSY;
	if (env_mailbox_put(sim->orders, &order))
		return ERR_OK;
	atomic_store(&sim->attack_state, before);
	return ERR_UNAVAILABLE;
}

bool sim_attack_done(const sim_t *sim)
{
	return atomic_load(&sim->attack_state) == ATTACK_OVER;
}

size_t sim_truth(const sim_t *sim, sim_truth_t *ret, size_t cap)
{
	size_t count = sim->truth_count < cap ? sim->truth_count : cap;
	memcpy(ret, sim->truths, count * sizeof(*ret));
	return count;
}

size_t sim_operator_writes(const sim_t *sim)
{
	return operator_writes(sim->operator_station);
}

static size_t machine_find(const sim_t *sim, slice_t name)
{
	size_t i = 0;
	while (i < sim->machine_count && !slice_eq(name, slice_str(sim->plant[i].name)))
		i++;
	return i;
}

err_t sim_fault_set(sim_t *sim, const char *machine, sim_fault_t fault)
{
	size_t i = machine_find(sim, slice_str(machine));
	if (i == sim->machine_count)
		return ERR_NOT_FOUND;
	sim->machines[i].fault = fault;
	return ERR_OK;
}

err_t sim_value(const sim_t *sim, const char *point, double *ret_value)
{
	slice_t name = slice_str(point);
	size_t m = machine_find(sim, slice_cut(&name, '.'));
	if (m == sim->machine_count)
		return ERR_NOT_FOUND;
	const plant_model_t *model = plant_model(&sim->plant[m]);
	for (size_t i = 0; i < model->point_count; i++) {
		if (!slice_eq(name, slice_str(model->points[i].config.name)))
			continue;
		*ret_value = registers_get(&sim->machines[m].station.registers,
		                           &model->points[i].config);
		return ERR_OK;
	}
	return ERR_NOT_FOUND;
}
