/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/physics.h"

#include <math.h>

/* Writable points are the network's: physics reads them. All others are its own. */
static bool is_set_point(const plant_point_t *point)
{
	return point->config.write.enabled;
}

static const struct {
	void (*start)(physics_t *p); /* may be NULL */
	void (*step)(physics_t *p, double step_s);
} BODIES[PLANT_MODEL_COUNT] = {
	[PLANT_COATER] = { NULL, coater_step },
	[PLANT_CALENDER] = { NULL, calender_step },
	[PLANT_CHARGER] = { charger_start, charger_step },
	[PLANT_FURNACE] = { NULL, furnace_step },
	[PLANT_METER] = { meter_start, meter_step },
};

double physics_follow(double is, double want, double lag_s, double step_s)
{
	return is + (want - is) * (1 - exp(-step_s / lag_s));
}

double physics_clamp(double value, double low, double high)
{
	return fmin(fmax(value, low), high);
}

static void show(physics_t *p, size_t i)
{
	const plant_point_t *point = &p->model->points[i];
	double noise = point->noise > 0 ? point->noise * rng_normal(&p->chance) : 0;
	registers_put(p->registers, &point->config, p->at[i] + noise);
}

void physics_init(physics_t *p, const plant_machine_t *machine, registers_t *registers,
                  physics_shared_t *shared, uint64_t seed)
{
	*p = (physics_t){
		.model = plant_model(machine),
		.id = machine->model,
		.registers = registers,
		.shared = shared,
		.chance = rng_of(seed),
		.number = machine->number,
	};
	for (size_t i = 0; i < p->model->point_count; i++)
		p->at[i] = p->model->points[i].start;
	if (BODIES[p->id].start)
		BODIES[p->id].start(p);
	for (size_t i = 0; i < p->model->point_count; i++)
		show(p, i);
}

void physics_step(physics_t *p, double step_s)
{
	p->clock_s += step_s;
	for (size_t i = 0; i < p->model->point_count; i++) {
		const plant_point_t *point = &p->model->points[i];
		if (!is_set_point(point))
			continue;
		double value = registers_get(p->registers, &point->config);
		p->at[i] = isfinite(value) ? value : point->start;
	}
	BODIES[p->id].step(p, step_s);
	for (size_t i = 0; i < p->model->point_count; i++)
		if (!is_set_point(&p->model->points[i]))
			show(p, i);
}
