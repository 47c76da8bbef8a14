/* SPDX-License-Identifier: Apache-2.0 */
/* The tables behind plant.h, spelt out from its rows. */
#include "sim/plant.h"

#include <assert.h>

/* Registers, or one bit, that a value takes. */
enum {
	WORDS_BOOL = 1,
	WORDS_I16 = 1,
	WORDS_U16 = 1,
	WORDS_U32 = 2,
	WORDS_U64 = 4,
	WORDS_F32 = 2,
};

#define LIMITS(lowest, highest) \
	{ \
		.low = (lowest), .high = (highest), .set = true \
	}
/* The states of a point and its limits, within which all of them are. */
#define STATES(names, last) \
	LIMITS(0, last), .states = { .rows = names, .count = (last) + 1, .set = true }
#define NO_LIMITS \
	{ \
		.set = false \
	}
#define BY(who, lowest, highest, within) \
	{ \
		.enabled = true, .role = (who), .limits = LIMITS(lowest, highest), \
		.tolerance = (within) \
	}
#define BY_OPERATOR(lowest, highest, within) BY(ROLE_OPERATOR, lowest, highest, within)
#define BY_ENGINEER(lowest, highest, within) BY(ROLE_ENGINEER, lowest, highest, within)
#define READ_ONLY \
	{ \
		.enabled = false \
	}
#define POINT(id, en, zh, in, at, type, bytes, factor, in_unit, within, contract, first, \
              deviation, change) \
	{ .config = { .name = #id, \
		      .label = { en, zh }, \
		      .unit = in_unit, \
		      .address = { .table = POINT_##in, \
		                   .address = at, \
		                   .words = WORDS_##type, \
		                   .wire = WIRE_##type, \
		                   .order = ORDER_##bytes }, \
		      .scale = factor, \
		      .limits = within, \
		      .write = contract }, \
	  .start = first, \
	  .noise = deviation, \
	  .step = change },

enum { CHARGER_LAST = 3, FURNACE_LAST = 3 };
static const point_state_t CHARGER_STATES[CHARGER_LAST + 1] = {
	{ 0, { "idle", "停止" } },
	{ 1, { "constant current", "恒流" } },
	{ 2, { "constant voltage", "恒压" } },
	{ 3, { "rest", "静置" } },
};
static const point_state_t FURNACE_STATES[FURNACE_LAST + 1] = {
	{ 0, { "charging", "装料" } },
	{ 1, { "melting", "熔化" } },
	{ 2, { "refining", "精炼" } },
	{ 3, { "tapping", "出钢" } },
};

static const plant_point_t COATER[] = { COATER_ROWS(POINT) };
static const plant_point_t CALENDER[] = { CALENDER_ROWS(POINT) };
static const plant_point_t CHARGER[] = { CHARGER_ROWS(POINT) };
static const plant_point_t FURNACE[] = { FURNACE_ROWS(POINT) };
static const plant_point_t METER[] = { METER_ROWS(POINT) };

static const plant_model_t MODELS[PLANT_MODEL_COUNT] = {
	[PLANT_COATER] = { "LW-CO120", "Slot-die coater", COATER, COATER_POINTS },
	[PLANT_CALENDER] = { "LW-CA80", "Calender", CALENDER, CALENDER_POINTS },
	[PLANT_CHARGER] = { "LW-FC8", "Formation charger", CHARGER, CHARGER_POINTS },
	[PLANT_FURNACE] = { "LW-EAF60", "Electric-arc furnace", FURNACE, FURNACE_POINTS },
	[PLANT_METER] = { "LW-EM3", "Energy meter", METER, METER_POINTS },
};

enum { BATTERY_MACHINES = 6 };

static const plant_machine_t MACHINES[PLANT_MACHINES_MAX] = {
	{ "COAT1", { "Coater 1", "涂布机 1" }, PLANT_COATER, 1, 0 },
	{ "CAL1", { "Calender 1", "辊压机 1" }, PLANT_CALENDER, 2, 0 },
	{ "FRM1", { "Formation charger 1", "化成机 1" }, PLANT_CHARGER, 11, 0 },
	{ "FRM2", { "Formation charger 2", "化成机 2" }, PLANT_CHARGER, 12, 1 },
	{ "FRM3", { "Formation charger 3", "化成机 3" }, PLANT_CHARGER, 13, 2 },
	{ "FRM4", { "Formation charger 4", "化成机 4" }, PLANT_CHARGER, 14, 3 },
	{ "EAF1", { "Electric-arc furnace 1", "电弧炉 1" }, PLANT_FURNACE, 31, 0 },
	{ "MTR1", { "Meter, furnace transformer", "电表：炉变" }, PLANT_METER, 41, 0 },
	{ "MTR2", { "Meter, ladle furnace", "电表：精炼炉" }, PLANT_METER, 42, 1 },
	{ "MTR3", { "Meter, dust extraction", "电表：除尘" }, PLANT_METER, 43, 2 },
	{ "MTR4", { "Meter, cooling water pumps", "电表：循环水泵" }, PLANT_METER, 44, 3 },
	{ "MTR5", { "Meter, oxygen station", "电表：制氧站" }, PLANT_METER, 45, 4 },
	{ "MTR6", { "Meter, air compressors", "电表：空压站" }, PLANT_METER, 46, 5 },
	{ "MTR7", { "Meter, charging crane", "电表：加料行车" }, PLANT_METER, 47, 6 },
	{ "MTR8", { "Meter, casting machine", "电表：连铸机" }, PLANT_METER, 48, 7 },
	{ "MTR9", { "Meter, scrap yard", "电表：废钢料场" }, PLANT_METER, 49, 8 },
	{ "MTR10", { "Meter, hydraulics", "电表：液压站" }, PLANT_METER, 50, 9 },
	{ "MTR11", { "Meter, laboratory", "电表：化验室" }, PLANT_METER, 51, 10 },
	{ "MTR12", { "Meter, lighting", "电表：照明" }, PLANT_METER, 52, 11 },
};

const plant_machine_t *plant_machines(bool has_furnace, size_t *ret_count)
{
	*ret_count = has_furnace ? PLANT_MACHINES_MAX : BATTERY_MACHINES;
	return MACHINES;
}

const plant_model_t *plant_model(const plant_machine_t *machine)
{
	return &MODELS[machine->model];
}

ip_t plant_ip(const plant_machine_t *machine)
{
	return ip_v4(127, 0, 1, machine->host);
}

ip_t plant_operator_ip(void)
{
	return ip_v4(127, 0, 2, 1);
}

ip_t plant_attacker_ip(void)
{
	return ip_v4(127, 0, 9, 66);
}

bool plant_is_operated(const plant_point_t *point)
{
	return point->config.write.enabled && point->config.write.role == ROLE_OPERATOR;
}

/* False when nobody operates that table of the machine. */
static bool block_of(size_t machine, point_table_t table, plant_block_t *ret_block)
{
	const plant_model_t *model = &MODELS[MACHINES[machine].model];
	plant_block_t block = { machine, table, UINT16_MAX, 0 };
	for (size_t i = 0; i < model->point_count; i++) {
		const point_address_t *at = &model->points[i].config.address;
		if (!plant_is_operated(&model->points[i]) || at->table != table)
			continue;
		uint16_t last = (uint16_t)(at->address + at->words - 1);
		block.from = at->address < block.from ? at->address : block.from;
		block.to = last > block.to ? last : block.to;
	}
	if (block.from > block.to)
		return false;
	*ret_block = block;
	return true;
}

size_t plant_blocks(bool has_furnace, plant_block_t *ret)
{
	static const point_table_t TABLES[] = { POINT_HOLDING_REGISTER, POINT_COIL };
	size_t machines, count = 0;
	plant_machines(has_furnace, &machines);
	for (size_t m = 0; m < machines; m++) {
		for (size_t t = 0; t < sizeof(TABLES) / sizeof(TABLES[0]); t++) {
			plant_block_t block;
			if (!block_of(m, TABLES[t], &block))
				continue;
			assert(count < PLANT_BLOCKS_MAX);
			ret[count++] = block;
		}
	}
	return count;
}
