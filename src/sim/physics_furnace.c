/* SPDX-License-Identifier: Apache-2.0 */
/* The electric-arc furnace goes through its phases by the clock; while an arc
 * burns, its power wanders as arcs do. The meters see the furnace (the first) or
 * a load of their own, and add up energy. */
#include "sim/physics.h"

#include <math.h>

enum { HEAT_CHARGING, HEAT_MELTING, HEAT_REFINING, HEAT_TAPPING, HEAT_PHASES };
enum { PHASE_SO_FAR, ARC_WANDER };

/* How long each phase takes, which part of the set power burns in it, and what the
 * steel tends to. */
static const struct {
	double length_s, share, steel_c, lag_s;
} PHASES[HEAT_PHASES] = {
	[HEAT_CHARGING] = { 20, 0, 600, 15 },
	[HEAT_MELTING] = { 150, 1, 1560, 60 },
	[HEAT_REFINING] = { 60, 0.6, 1640, 40 },
	[HEAT_TAPPING] = { 20, 0, 1500, 60 },
};

static size_t phase_advance(physics_t *p, double step_s)
{
	size_t phase = (size_t)p->at[FURNACE_STATE];
	p->hidden[PHASE_SO_FAR] += step_s;
	if (p->hidden[PHASE_SO_FAR] < PHASES[phase].length_s)
		return phase;
	p->hidden[PHASE_SO_FAR] = 0;
	phase = (phase + 1) % HEAT_PHASES;
	p->at[FURNACE_STATE] = (double)phase;
	p->at[FURNACE_HEAT] += phase == HEAT_CHARGING;
	return phase;
}

/* Three arcs share the power unevenly. */
static void arcs(physics_t *p)
{
	double volts = 500 + 40 * physics_clamp(p->at[FURNACE_TAP_SET], 1, 12);
	double each_ka = p->at[FURNACE_POWER] * 1e3 / (1.732 * volts * 0.8);
	for (size_t i = FURNACE_ARC1; i <= FURNACE_ARC3; i++) {
		double uneven = physics_clamp(1 + 0.04 * rng_normal(&p->chance), 0.8, 1.2);
		p->at[i] = physics_clamp(each_ka * uneven, 0, 150);
	}
}

void furnace_step(physics_t *p, double step_s)
{
	double *at = p->at;
	size_t phase = phase_advance(p, step_s);
	double share = at[FURNACE_RUN] != 0 ? PHASES[phase].share : 0;
	double kick = 0.1 * sqrt(step_s) * rng_normal(&p->chance);
	double wander = physics_follow(p->hidden[ARC_WANDER], 0, 4, step_s) + kick;
	p->hidden[ARC_WANDER] = physics_clamp(wander, -0.3, 0.3);
	double want = share * physics_clamp(at[FURNACE_POWER_SET], 0, 70);
	want *= 1 + p->hidden[ARC_WANDER];
	at[FURNACE_POWER] = physics_follow(at[FURNACE_POWER], want, 1, step_s);
	p->shared->furnace_kw = at[FURNACE_POWER] * 1000;
	arcs(p);
	at[FURNACE_STEEL] = physics_follow(at[FURNACE_STEEL], PHASES[phase].steel_c,
	                                   PHASES[phase].lag_s, step_s);
	double roof = 28 + 0.35 * at[FURNACE_POWER];
	at[FURNACE_ROOF] = physics_follow(at[FURNACE_ROOF], roof, 30, step_s);
}

static const double METER_KW[] = { 0, 3200, 1450, 820, 2100, 640, 180, 950, 95, 140, 22, 36 };

void meter_start(physics_t *p)
{
	p->at[METER_POWER] = METER_KW[p->number];
	p->at[METER_ENERGY] += 1e4 * p->number;
}

void meter_step(physics_t *p, double step_s)
{
	double *at = p->at;
	double load = METER_KW[p->number] * (1 + 0.2 * sin(p->clock_s / (20 + 7 * p->number)));
	double want = p->number == 0 ? p->shared->furnace_kw : load;
	double noise = physics_clamp(1 + 0.01 * rng_normal(&p->chance), 0.9, 1.1);
	at[METER_POWER] = physics_clamp(want * noise, 0, 95000);
	at[METER_ENERGY] += at[METER_POWER] * step_s / 3600;
	at[METER_VOLTS] = 380 - 4 * at[METER_POWER] / 95000;
}
