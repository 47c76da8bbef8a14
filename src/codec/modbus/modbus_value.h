/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CODEC_MODBUS_MODBUS_VALUE_H
#define CODEC_MODBUS_MODBUS_VALUE_H
/* Numbers in registers. Modbus knows only 16-bit words; how makers put larger
 * numbers into several of them is settled here once, for the driver, the
 * simulated machines and the sensor.
 *
 * Orders name where the bytes A (most significant) to D of a 32-bit number lie
 * on the wire. Longer numbers follow the same two rules: BADC swaps the bytes of
 * each word, CDAB reverses the words, DCBA does both. 16-bit numbers know only
 * the byte swap; a bool is true when its register is not 0.
 *
 * Caveats: values of F32 are held as double, so a signalling NaN may come back
 * quiet. */
#include "base/cursor.h"
#include "base/err.h"

/* name, registers, text */
#define MODBUS_TYPE_ROWS(X) \
	X(BOOL, 1, "bool") \
	X(I16, 1, "int16") \
	X(U16, 1, "uint16") \
	X(I32, 2, "int32") \
	X(U32, 2, "uint32") \
	X(I64, 4, "int64") \
	X(U64, 4, "uint64") \
	X(F32, 2, "float32") \
	X(F64, 4, "float64")

#define X(name, registers, text) MODBUS_##name,
typedef enum { MODBUS_TYPE_ROWS(X) MODBUS_TYPE_COUNT } modbus_type_t;
#undef X

typedef enum {
	MODBUS_ABCD,
	MODBUS_BADC,
	MODBUS_CDAB,
	MODBUS_DCBA,
	MODBUS_ORDER_COUNT
} modbus_order_t;

/* By type: b for BOOL, i64 for I16 I32 I64, u64 for U16 U32 U64, f64 for F32
 * F64. */
typedef struct {
	modbus_type_t type;
	union {
		bool b;
		int64_t i64;
		uint64_t u64;
		double f64;
	};
} modbus_value_t;

/* Registers a value of this type takes: 1, 2 or 4. */
size_t modbus_type_registers(modbus_type_t type);
/* "float32", "CDAB"; never NULL. */
const char *modbus_type_name(modbus_type_t type);
const char *modbus_order_name(modbus_order_t order);
/* Either case; ERR_INVALID for other words. */
MUST_CHECK
err_t modbus_type_parse(slice_t text, modbus_type_t *ret_type);
MUST_CHECK
err_t modbus_order_parse(slice_t text, modbus_order_t *ret_order);

/* The value at the front of `registers`; ERR_MALFORMED when they are too few. */
MUST_CHECK
err_t modbus_value_get(modbus_type_t type, modbus_order_t order, slice_t registers,
                       modbus_value_t *ret_value);
/* Appends the registers of `value` to `w`. ERR_INVALID when the type cannot hold
 * it, ERR_TOO_BIG when `w` is full. */
MUST_CHECK
err_t modbus_value_put(const modbus_value_t *value, modbus_order_t order, writer_t *w);

/* As a double; 64-bit integers beyond 2^53 lose their last digits. */
double modbus_value_f64(const modbus_value_t *value);
/* `number` as a value of `type`: integers round to nearest, halves away from 0.
 * ERR_INVALID when it is out of range or not a number of an integer type. */
MUST_CHECK
err_t modbus_value_of(modbus_type_t type, double number, modbus_value_t *ret_value);
#endif
