/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_POINT_H
#define MODEL_POINT_H
/* A point (tag): a named, typed, limited quantity of a device, where it lives on
 * the wire, and what may be written to it. Part of the immutable catalogue;
 * strings belong to the catalogue's arena. */
#include "model/caller.h"
#include "model/sample.h"

/* Tables of a register device, in the terms of the Modbus application protocol
 * (V1.1b3, 4.3). Other protocols get their own address kinds beside it. */
#define POINT_TABLE_ROWS(X) \
	X(COIL, "coil") \
	X(DISCRETE_INPUT, "discrete") \
	X(INPUT_REGISTER, "input") \
	X(HOLDING_REGISTER, "holding")

#define X(name, text) POINT_##name,
typedef enum { POINT_TABLE_ROWS(X) POINT_TABLE_COUNT } point_table_t;
#undef X

/* Its items are bits, not registers of 16. */
static inline bool point_table_is_bits(point_table_t table)
{
	return table == POINT_COIL || table == POINT_DISCRETE_INPUT;
}

/* Shape of the value on the wire; same order as modbus_type_t. */
#define WIRE_ROWS(X) \
	X(BOOL, "bool") \
	X(I16, "i16") \
	X(U16, "u16") \
	X(I32, "i32") \
	X(U32, "u32") \
	X(I64, "i64") \
	X(U64, "u64") \
	X(F32, "f32") \
	X(F64, "f64")

#define X(name, text) WIRE_##name,
typedef enum { WIRE_ROWS(X) WIRE_COUNT } wire_type_t;
#undef X

/* Which byte of ABCD comes first; same order as modbus_order_t. */
#define ORDER_ROWS(X) \
	X(ABCD) \
	X(BADC) \
	X(CDAB) \
	X(DCBA)

#define X(name) ORDER_##name,
typedef enum { ORDER_ROWS(X) ORDER_COUNT } byte_order_t;
#undef X

/* How much harm its data could do outside (数据分类分级: 一般, 重要, 核心): core data never
 * leaves the node. Stored; word of the configuration, English, Chinese. */
#define DATA_CLASS_ROWS(X) \
	X(GENERAL, "general", "general", "一般") \
	X(IMPORTANT, "important", "important", "重要") \
	X(CORE, "core", "core", "核心")

#define X(name, word, en, zh) DATA_##name,
typedef enum { DATA_CLASS_ROWS(X) DATA_CLASS_COUNT } data_class_t;
#undef X

/* The words of the configuration for each. */
extern const char *const POINT_TABLE_NAMES[POINT_TABLE_COUNT];
extern const char *const WIRE_NAMES[WIRE_COUNT];
extern const char *const ORDER_NAMES[ORDER_COUNT];
extern const char *const DATA_CLASS_NAMES[DATA_CLASS_COUNT];
extern const char *const DATA_CLASS_TEXTS[DATA_CLASS_COUNT][LANG_COUNT];

typedef struct {
	point_table_t table;
	uint16_t address; /* zero-based, as on the wire */
	uint16_t words;   /* registers, or bits for coils */
	wire_type_t wire;
	byte_order_t order;
} point_address_t;

typedef struct {
	double low, high;
	bool set;
} point_limits_t;

/* What an ordinal of a point means: 1 is "run". */
typedef struct {
	uint32_t ordinal;
	const char *name[LANG_COUNT]; /* by lang_t; never NULL */
} point_state_t;

enum { POINT_STATES_MAX = 256 };

/* Ascending, no ordinal twice. A point that has some gives enums: whole numbers from its
 * device are ordinals, those without a name too; a number below 0 or above 32 bits stays
 * the integer that it is. */
typedef struct {
	const point_state_t *rows;
	size_t count;
	bool set;
} point_states_t;

/* The write contract of a point: off unless enabled. */
typedef struct {
	bool enabled;
	role_t role;           /* least role that may write */
	point_limits_t limits; /* in engineering units, always set when enabled */
	double tolerance;      /* read-back may differ by this much */
} point_write_t;

/* Which old samples may be left out: those within the deviation of the line between those
 * that are kept, which are no farther apart than the gap. */
typedef struct {
	bool enabled;
	double deviation;   /* in the unit of the point */
	int64_t max_gap_ns; /* 0: any */
} point_compress_t;

typedef struct {
	point_id_t id;
	device_id_t device;
	const char *name;     /* "FRM1.V_SET": device name, dot, point name */
	const char *label[2]; /* by lang_t; never NULL */
	const char *unit;     /* UCUM or field spelling; "" if none */
	const char *ident;    /* "99.100.1/FRM1.V_SET" */
	point_address_t address;
	double scale, offset; /* engineering = wire * scale + offset */
	point_states_t states;
	point_limits_t limits;
	point_write_t write;
	point_compress_t compress;
	data_class_t data_class;
	const char *owner; /* of the data; "" if none was named */
	int64_t period_ns;
} point_t;

/* What the point was said to be in: of an enum, or of another whole number, such as history
 * has from before its states were named. NULL when that has no name. */
const char *point_state_name(const point_states_t *states, const value_t *value, lang_t lang);
/* Whole numbers that a point with states can have as ordinals become enums; all else stays. */
value_t point_stated(const point_states_t *states, value_t value);
#endif
