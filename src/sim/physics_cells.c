/* SPDX-License-Identifier: Apache-2.0 */
/* The battery-cell line. Coating and pressing are lags and proportions; a
 * formation charger drives one cell through constant current and constant voltage
 * along an open-circuit curve of the usual layered-oxide shape. Charging takes
 * hours, so the chargers' time runs CHARGE_SPEED times faster than the clock. */
#include "sim/physics.h"

#include <math.h>

#define COAT_FILL      0.6 /* wet film over die gap */
#define COAT_DENSITY   1.4 /* g/cm3 of slurry */
#define COAT_ROLL_M    600 /* length of a batch */
#define CALENDER_FEED  160 /* um of electrode coming in */
#define CALENDER_KN_UM 20  /* force per um pressed */
#define CHARGE_SPEED   30.0
#define CELL_AH        2.0
#define CELL_OHM       0.05
#define CELL_STOP      0.05 /* of the set current: end of constant voltage */
#define CELL_FULL      1.9  /* charge no cell survives; the model ends there */
#define REST_S         20.0 /* cells are changed meanwhile */
#define ROOM_C         25.0
#define HEAT_C_PER_W   40.0
#define HEAT_LAG_S     40.0

void coater_step(physics_t *p, double step_s)
{
	double *at = p->at;
	double want = at[COATER_RUN] != 0 ? physics_clamp(at[COATER_SPEED_SET], 0, 80) : 0;
	double drift = 1 + 0.01 * sin(p->clock_s / 97);
	double wet = physics_clamp(at[COATER_GAP_SET], 50, 400) * COAT_FILL * drift;
	at[COATER_SPEED] = physics_follow(at[COATER_SPEED], want, 3, step_s);
	at[COATER_WET] = physics_follow(at[COATER_WET], wet, 2, step_s);
	at[COATER_WEIGHT] = at[COATER_WET] * COAT_DENSITY;
	at[COATER_ZONE1] = physics_follow(at[COATER_ZONE1], at[COATER_ZONE1_SET], 20, step_s);
	at[COATER_ZONE2] = physics_follow(at[COATER_ZONE2], at[COATER_ZONE2_SET], 25, step_s);
	at[COATER_ZONE3] = physics_follow(at[COATER_ZONE3], at[COATER_ZONE3_SET], 22, step_s);
	at[COATER_TENSION] = 110 + 0.25 * at[COATER_SPEED] + 3 * sin(p->clock_s / 11);
	double ran_m = at[COATER_SPEED] / 60 * step_s;
	at[COATER_LENGTH] += ran_m;
	p->hidden[0] += ran_m;
	if (p->hidden[0] >= COAT_ROLL_M) {
		p->hidden[0] = 0;
		at[COATER_BATCH]++;
	}
}

void calender_step(physics_t *p, double step_s)
{
	double *at = p->at;
	double gap = physics_clamp(at[CALENDER_GAP_SET], 60, 200);
	double feed = CALENDER_FEED * (1 + 0.005 * sin(p->clock_s / 61));
	at[CALENDER_GAP] = physics_follow(at[CALENDER_GAP], gap, 1.5, step_s);
	double pressed = fmax(feed - at[CALENDER_GAP], 0);
	at[CALENDER_FORCE] = physics_follow(at[CALENDER_FORCE], CALENDER_KN_UM * pressed, 1,
	                                    step_s);
	at[CALENDER_THICK] = at[CALENDER_GAP] + 0.12 * pressed;
	at[CALENDER_DENSITY] = 3.4 * 118 / fmax(at[CALENDER_THICK], 70);
	double speed = physics_clamp(at[CALENDER_SPEED_SET], 0, 80);
	at[CALENDER_SPEED] = physics_follow(at[CALENDER_SPEED], speed, 3, step_s);
	at[CALENDER_TEMP] = physics_follow(at[CALENDER_TEMP], at[CALENDER_TEMP_SET], 30, step_s);
}

/* Chargers. hidden: charge over capacity, and seconds of rest so far. */

enum { CHARGE_IDLE, CHARGE_CC, CHARGE_CV, CHARGE_REST };
enum { CELL_CHARGE, REST_SO_FAR };

static double open_circuit(double charge)
{
	return 3.0 + 0.55 * (1 - exp(-12 * charge)) + 0.65 * charge;
}

static void cell_insert(physics_t *p)
{
	p->hidden[CELL_CHARGE] = 0.04 + 0.04 * rng_unit(&p->chance);
	p->at[CHARGER_CAP] = 0;
	p->at[CHARGER_STATE] = CHARGE_CC;
}

void charger_start(physics_t *p)
{
	cell_insert(p);
	/* The four are at different places of their curves. */
	p->hidden[CELL_CHARGE] += 0.2 * p->number;
	p->at[CHARGER_CAP] = 0.2 * p->number * CELL_AH;
	p->at[CHARGER_BATCH] += 10 * p->number;
	p->at[CHARGER_VOLT] = open_circuit(p->hidden[CELL_CHARGE]);
}

static double charge_current(physics_t *p, double open_v)
{
	double limit = physics_clamp(p->at[CHARGER_I_SET], 0, 5);
	double held = (p->at[CHARGER_V_SET] - open_v) / CELL_OHM;
	if (p->at[CHARGER_STATE] != CHARGE_CC && p->at[CHARGER_STATE] != CHARGE_CV)
		return 0;
	p->at[CHARGER_STATE] = held < limit ? CHARGE_CV : CHARGE_CC;
	return physics_clamp(held, 0, limit);
}

/* What follows the present state, given the current that flows. */
static void charge_advance(physics_t *p, double current, double step_s)
{
	double *at = p->at;
	bool is_full = p->hidden[CELL_CHARGE] >= CELL_FULL;
	if (at[CHARGER_START] == 0) {
		at[CHARGER_STATE] = CHARGE_IDLE;
	} else if (at[CHARGER_STATE] == CHARGE_IDLE) {
		at[CHARGER_STATE] = CHARGE_CC;
	} else if (at[CHARGER_STATE] == CHARGE_REST) {
		p->hidden[REST_SO_FAR] += step_s;
		if (p->hidden[REST_SO_FAR] >= REST_S) {
			cell_insert(p);
			at[CHARGER_BATCH]++;
		}
	} else if (is_full || (at[CHARGER_STATE] == CHARGE_CV &&
	                       current <= CELL_STOP * fmax(at[CHARGER_I_SET], 0.1))) {
		at[CHARGER_STATE] = CHARGE_REST;
		p->hidden[REST_SO_FAR] = 0;
	}
}

void charger_step(physics_t *p, double step_s)
{
	double *at = p->at;
	double open_v = open_circuit(p->hidden[CELL_CHARGE]);
	double current = charge_current(p, open_v);
	double moved_ah = current * step_s * CHARGE_SPEED / 3600;
	p->hidden[CELL_CHARGE] = fmin(p->hidden[CELL_CHARGE] + moved_ah / CELL_AH, CELL_FULL);
	at[CHARGER_CAP] += moved_ah;
	at[CHARGER_CURR] = current;
	at[CHARGER_VOLT] = open_v + current * CELL_OHM;
	double warm = ROOM_C + HEAT_C_PER_W * current * current * CELL_OHM;
	at[CHARGER_TEMP] = physics_follow(at[CHARGER_TEMP], warm, HEAT_LAG_S, step_s);
	at[CHARGER_FAULT] = at[CHARGER_VOLT] > 4.25;
	charge_advance(p, current, step_s);
}
