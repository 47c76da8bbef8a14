/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SIM_PHYSICS_H
#define SIM_PHYSICS_H
/* What the machines do between two looks at them. Models are as simple as a
 * believable trend allows: first-order lags, a cell's charge curve, a heat's
 * phases; process time of the slow machines runs faster than the clock.
 *
 * Story: physics_init once; every 100 ms physics_step reads the set-points from
 * the machine's registers, moves the state, and writes what the sensors would show
 * (with noise) back into the registers.
 *
 * Caveats: set-points come from the network and may be anything; one that is not
 * a number counts as its start value. One thread; deterministic under its seed. */
#include "base/num.h"
#include "sim/registers.h"

enum { PHYSICS_HIDDEN = 4 };

/* What machines feel of one another. */
typedef struct {
	double furnace_kw;
} physics_shared_t;

typedef struct {
	const plant_model_t *model;
	plant_model_id_t id;
	registers_t *registers;
	physics_shared_t *shared;
	rng_t chance;
	unsigned number;             /* which of its model */
	double clock_s;              /* since the plant was made */
	double at[PLANT_POINTS_MAX]; /* exact values in engineering units */
	double hidden[PHYSICS_HIDDEN];
} physics_t;

void physics_init(physics_t *p, const plant_machine_t *machine, registers_t *registers,
                  physics_shared_t *shared, uint64_t seed);
void physics_step(physics_t *p, double step_s);

/* For the models: a first-order lag towards `want`. */
double physics_follow(double is, double want, double lag_s, double step_s);
double physics_clamp(double value, double low, double high);

/* The models: each moves p->at by one step. */
void coater_step(physics_t *p, double step_s);
void calender_step(physics_t *p, double step_s);
void charger_start(physics_t *p);
void charger_step(physics_t *p, double step_s);
void furnace_step(physics_t *p, double step_s);
void meter_start(physics_t *p);
void meter_step(physics_t *p, double step_s);
#endif
