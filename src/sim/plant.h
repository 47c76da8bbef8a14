/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SIM_PLANT_H
#define SIM_PLANT_H
/* The plant on paper: which machines stand where, and every point of each kind of
 * machine. One table; the register images, the physics, the operator's screens,
 * the policy rows and the node's configuration all follow from it.
 *
 * Story: machines are copies of a model (four chargers are one model); a model is
 * a list of points. The enumerations name a model's points by their place in the
 * list, so that physics can say p->at[CHARGER_VOLT].
 *
 * Makers, products and the plant are invented. Everything is const; any thread. */
#include "config/config.h"

/* id, English, Chinese, table, address, wire, order, scale, unit, limits, write
 * contract, value at start, noise (deviation), step (what a person changes it by) */
#define COATER_ROWS(X) \
	X(SPEED_SET, "Web speed set-point", "走带速度设定", HOLDING_REGISTER, 0, U16, ABCD, 0.1, \
	  "m/min", LIMITS(0, 80), BY_OPERATOR(10, 60, 0.1), 40, 0, 2) \
	X(GAP_SET, "Slot-die gap set-point", "模头间隙设定", HOLDING_REGISTER, 1, U16, ABCD, 1, \
	  "µm", LIMITS(50, 400), BY_OPERATOR(120, 280, 1), 200, 0, 4) \
	X(ZONE1_SET, "Oven zone 1 set-point", "烘箱 1 区温度设定", HOLDING_REGISTER, 2, I16, ABCD, \
	  0.1, "°C", LIMITS(0, 180), BY_OPERATOR(60, 140, 0.1), 95, 0, 2) \
	X(ZONE2_SET, "Oven zone 2 set-point", "烘箱 2 区温度设定", HOLDING_REGISTER, 3, I16, ABCD, \
	  0.1, "°C", LIMITS(0, 180), BY_OPERATOR(60, 140, 0.1), 115, 0, 2) \
	X(ZONE3_SET, "Oven zone 3 set-point", "烘箱 3 区温度设定", HOLDING_REGISTER, 4, I16, ABCD, \
	  0.1, "°C", LIMITS(0, 180), BY_OPERATOR(60, 140, 0.1), 105, 0, 2) \
	X(RUN, "Web running", "走带运行", COIL, 0, BOOL, ABCD, 1, "", NO_LIMITS, \
	  BY_ENGINEER(0, 1, 0), 1, 0, 0) \
	X(WEB_BREAK, "Web break", "断带", DISCRETE_INPUT, 0, BOOL, ABCD, 1, "", NO_LIMITS, \
	  READ_ONLY, 0, 0, 0) \
	X(SPEED, "Web speed", "走带速度", INPUT_REGISTER, 0, U16, ABCD, 0.1, "m/min", \
	  LIMITS(0, 80), READ_ONLY, 40, 0.05, 0) \
	X(WET, "Wet film thickness", "湿膜厚度", INPUT_REGISTER, 1, F32, ABCD, 1, "µm", \
	  LIMITS(40, 260), READ_ONLY, 120, 0.4, 0) \
	X(WEIGHT, "Coat weight", "面密度", INPUT_REGISTER, 3, F32, ABCD, 1, "g/m²", \
	  LIMITS(20, 400), READ_ONLY, 168, 0.5, 0) \
	X(ZONE1, "Oven zone 1", "烘箱 1 区温度", INPUT_REGISTER, 5, I16, ABCD, 0.1, "°C", \
	  LIMITS(0, 180), READ_ONLY, 94, 0.1, 0) \
	X(ZONE2, "Oven zone 2", "烘箱 2 区温度", INPUT_REGISTER, 6, I16, ABCD, 0.1, "°C", \
	  LIMITS(0, 180), READ_ONLY, 114, 0.1, 0) \
	X(ZONE3, "Oven zone 3", "烘箱 3 区温度", INPUT_REGISTER, 7, I16, ABCD, 0.1, "°C", \
	  LIMITS(0, 180), READ_ONLY, 104, 0.1, 0) \
	X(TENSION, "Web tension", "张力", INPUT_REGISTER, 8, U16, ABCD, 0.1, "N", LIMITS(0, 300), \
	  READ_ONLY, 120, 0.6, 0) \
	X(LENGTH, "Length coated", "涂布长度", INPUT_REGISTER, 9, U32, ABCD, 0.1, "m", NO_LIMITS, \
	  READ_ONLY, 1250, 0, 0) \
	X(BATCH, "Batch number", "批次号", INPUT_REGISTER, 11, U32, ABCD, 1, "", NO_LIMITS, \
	  READ_ONLY, 260101, 0, 0)

#define CALENDER_ROWS(X) \
	X(GAP_SET, "Roll gap set-point", "辊缝设定", HOLDING_REGISTER, 0, U16, ABCD, 0.1, "µm", \
	  LIMITS(60, 200), BY_OPERATOR(90, 140, 0.1), 112, 0, 1) \
	X(SPEED_SET, "Roll speed set-point", "辊速设定", HOLDING_REGISTER, 1, U16, ABCD, 0.1, \
	  "m/min", LIMITS(0, 80), BY_OPERATOR(10, 60, 0.1), 38, 0, 2) \
	X(TEMP_SET, "Roll temperature set-point", "辊温设定", HOLDING_REGISTER, 2, I16, BADC, 0.1, \
	  "°C", LIMITS(0, 150), BY_OPERATOR(40, 110, 0.1), 80, 0, 2) \
	X(GAP, "Roll gap", "辊缝", INPUT_REGISTER, 0, U16, ABCD, 0.1, "µm", LIMITS(60, 200), \
	  READ_ONLY, 112, 0.05, 0) \
	X(FORCE, "Line force", "线压力", INPUT_REGISTER, 1, F32, BADC, 1, "kN", LIMITS(0, 3000), \
	  READ_ONLY, 960, 4, 0) \
	X(THICK, "Electrode thickness", "极片厚度", INPUT_REGISTER, 3, F32, BADC, 1, "µm", \
	  LIMITS(70, 200), READ_ONLY, 118, 0.2, 0) \
	X(DENSITY, "Compaction density", "压实密度", INPUT_REGISTER, 5, F32, BADC, 1, "g/cm³", \
	  LIMITS(1, 6), READ_ONLY, 3.4, 0.01, 0) \
	X(SPEED, "Roll speed", "辊速", INPUT_REGISTER, 7, U16, ABCD, 0.1, "m/min", LIMITS(0, 80), \
	  READ_ONLY, 38, 0.05, 0) \
	X(TEMP, "Roll temperature", "辊温", INPUT_REGISTER, 8, I16, BADC, 0.1, "°C", \
	  LIMITS(0, 150), READ_ONLY, 80, 0.1, 0)

#define CHARGER_ROWS(X) \
	X(V_SET, "Voltage set-point", "电压设定", HOLDING_REGISTER, 20, F32, CDAB, 1, "V", \
	  LIMITS(2.5, 4.25), BY_OPERATOR(2.5, 4.2, 0.01), 4.15, 0, 0.01) \
	X(I_SET, "Current set-point", "电流设定", HOLDING_REGISTER, 22, F32, CDAB, 1, "A", \
	  LIMITS(0, 2.5), BY_OPERATOR(0.2, 2, 0.01), 1, 0, 0.05) \
	X(START, "Charge", "充电启停", COIL, 0, BOOL, ABCD, 1, "", NO_LIMITS, \
	  BY_OPERATOR(0, 1, 0), 1, 0, 1) \
	X(FAULT, "Cell out of limits", "电芯越限", DISCRETE_INPUT, 0, BOOL, ABCD, 1, "", \
	  NO_LIMITS, READ_ONLY, 0, 0, 0) \
	X(VOLT, "Cell voltage", "电芯电压", INPUT_REGISTER, 0, F32, CDAB, 1, "V", \
	  LIMITS(2.5, 4.25), READ_ONLY, 3.3, 0.0005, 0) \
	X(CURR, "Charge current", "充电电流", INPUT_REGISTER, 2, F32, CDAB, 1, "A", \
	  LIMITS(-0.1, 2.5), READ_ONLY, 1, 0.001, 0) \
	X(TEMP, "Cell temperature", "电芯温度", INPUT_REGISTER, 4, I16, ABCD, 0.1, "°C", \
	  LIMITS(10, 55), READ_ONLY, 25, 0.05, 0) \
	X(CAP, "Charged capacity", "充入容量", INPUT_REGISTER, 5, F32, CDAB, 1, "Ah", \
	  LIMITS(0, 6), READ_ONLY, 0, 0, 0) \
	X(STATE, "State", "状态", INPUT_REGISTER, 7, U16, ABCD, 1, "", \
	  STATES(CHARGER_STATES, CHARGER_LAST), READ_ONLY, 1, 0, 0) \
	X(BATCH, "Batch number", "批次号", INPUT_REGISTER, 8, U32, CDAB, 1, "", NO_LIMITS, \
	  READ_ONLY, 260101, 0, 0)

#define FURNACE_ROWS(X) \
	X(POWER_SET, "Power set-point", "功率设定", HOLDING_REGISTER, 10, F32, DCBA, 1, "MW", \
	  LIMITS(0, 80), BY_OPERATOR(10, 60, 0.1), 40, 0, 2) \
	X(TAP_SET, "Transformer tap set-point", "变压器档位设定", HOLDING_REGISTER, 12, U16, ABCD, \
	  1, "", LIMITS(1, 12), BY_OPERATOR(4, 12, 0), 8, 0, 1) \
	X(RUN, "Arc enabled", "允许起弧", COIL, 0, BOOL, ABCD, 1, "", NO_LIMITS, \
	  BY_ENGINEER(0, 1, 0), 1, 0, 0) \
	X(POWER, "Active power", "有功功率", INPUT_REGISTER, 0, F32, DCBA, 1, "MW", LIMITS(0, 95), \
	  READ_ONLY, 0, 0, 0) \
	X(ARC1, "Arc current 1", "电极 1 电流", INPUT_REGISTER, 2, U16, ABCD, 0.1, "kA", \
	  LIMITS(0, 150), READ_ONLY, 0, 0, 0) \
	X(ARC2, "Arc current 2", "电极 2 电流", INPUT_REGISTER, 3, U16, ABCD, 0.1, "kA", \
	  LIMITS(0, 150), READ_ONLY, 0, 0, 0) \
	X(ARC3, "Arc current 3", "电极 3 电流", INPUT_REGISTER, 4, U16, ABCD, 0.1, "kA", \
	  LIMITS(0, 150), READ_ONLY, 0, 0, 0) \
	X(STEEL, "Steel temperature", "钢水温度", INPUT_REGISTER, 5, I16, ABCD, 0.1, "°C", \
	  LIMITS(0, 1750), READ_ONLY, 900, 0.5, 0) \
	X(ROOF, "Roof cooling water", "炉盖冷却水温度", INPUT_REGISTER, 6, I16, ABCD, 0.1, "°C", \
	  LIMITS(0, 70), READ_ONLY, 32, 0.1, 0) \
	X(STATE, "State", "状态", INPUT_REGISTER, 7, U16, ABCD, 1, "", \
	  STATES(FURNACE_STATES, FURNACE_LAST), READ_ONLY, 1, 0, 0) \
	X(HEAT, "Heat number", "炉次号", INPUT_REGISTER, 8, U32, ABCD, 1, "", NO_LIMITS, \
	  READ_ONLY, 26001, 0, 0)

#define METER_ROWS(X) \
	X(POWER, "Active power", "有功功率", INPUT_REGISTER, 0, F32, ABCD, 1, "kW", \
	  LIMITS(0, 95000), READ_ONLY, 0, 0, 0) \
	X(ENERGY, "Energy", "电能", INPUT_REGISTER, 2, U64, ABCD, 0.001, "kWh", NO_LIMITS, \
	  READ_ONLY, 150000, 0, 0) \
	X(VOLTS, "Line voltage", "线电压", INPUT_REGISTER, 6, U16, ABCD, 0.1, "V", \
	  LIMITS(340, 420), READ_ONLY, 380, 0.6, 0)

#define PLANT_INDEX(model, id)  model##_##id,
#define COATER_INDEX(id, ...)   PLANT_INDEX(COATER, id)
#define CALENDER_INDEX(id, ...) PLANT_INDEX(CALENDER, id)
#define CHARGER_INDEX(id, ...)  PLANT_INDEX(CHARGER, id)
#define FURNACE_INDEX(id, ...)  PLANT_INDEX(FURNACE, id)
#define METER_INDEX(id, ...)    PLANT_INDEX(METER, id)
enum { COATER_ROWS(COATER_INDEX) COATER_POINTS };
enum { CALENDER_ROWS(CALENDER_INDEX) CALENDER_POINTS };
enum { CHARGER_ROWS(CHARGER_INDEX) CHARGER_POINTS };
enum { FURNACE_ROWS(FURNACE_INDEX) FURNACE_POINTS };
enum { METER_ROWS(METER_INDEX) METER_POINTS };

enum {
	PLANT_POINTS_MAX = COATER_POINTS, /* of one machine */
	PLANT_MACHINES_MAX = 19,
	PLANT_BLOCKS_MAX = 16,
	PLANT_UNIT = 1, /* Modbus unit of every machine */
};

typedef enum {
	PLANT_COATER,
	PLANT_CALENDER,
	PLANT_CHARGER,
	PLANT_FURNACE,
	PLANT_METER,
	PLANT_MODEL_COUNT
} plant_model_id_t;

typedef struct {
	config_point_t config; /* as the node will be told */
	double start, noise, step;
} plant_point_t;

typedef struct {
	const char *code, *product; /* how a machine of this model says who it is */
	const plant_point_t *points;
	size_t point_count;
} plant_model_t;

typedef struct {
	const char *name; /* "FRM1" */
	const char *label[LANG_COUNT];
	plant_model_id_t model;
	uint8_t host;    /* it stands at 127.0.1.host */
	unsigned number; /* which of its model, from 0 */
} plant_machine_t;

/* The machines; the furnace and its meters are the last of them. */
const plant_machine_t *plant_machines(bool has_furnace, size_t *ret_count);
const plant_model_t *plant_model(const plant_machine_t *machine);
ip_t plant_ip(const plant_machine_t *machine);
ip_t plant_operator_ip(void);
ip_t plant_attacker_ip(void);

/* A run of addresses that the operator reads at one go and may write into: the
 * operator-writable points of one table of one machine. */
typedef struct {
	size_t machine; /* in plant_machines */
	point_table_t table;
	uint16_t from, to;
} plant_block_t;

/* Fills `ret` (PLANT_BLOCKS_MAX) in the order of the machines; returns how many. */
size_t plant_blocks(bool has_furnace, plant_block_t *ret);
/* True when an operator may write the point. */
bool plant_is_operated(const plant_point_t *point);
#endif
