/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_VALUE_H
#define MODEL_VALUE_H
/* One typed value: what a point measures, what an event argument says. Numbers
 * and booleans are by value; text borrows.
 *
 * A float32 is a number of its own: it keeps its 32 bits (NaN payload, sign of zero) and
 * is told in its own shortest form, 0.1 and not 0.10000000149. An enum is an ordinal; its
 * names belong to the point (model/point.h), so that a value without its point is still
 * true. As a number it is its ordinal: transitions, durations of states and extremes mean
 * what they say, means and areas are of ordinals and say what the reader makes of them.
 *
 * Disk form (journal, segments): type u8, then bool u8, i64 zig-zag varint, u64
 * varint, f64 eight bytes and f32 four bytes little-endian of its bits, enum varint, text
 * as string.
 *
 * Caveats: the numbers of the types are stored, so a new one is appended. */
#include "base/cursor.h"
#include "base/err.h"
#include "base/json.h"

typedef enum {
	VALUE_NONE,
	VALUE_BOOL,
	VALUE_I64,
	VALUE_U64,
	VALUE_F64,
	VALUE_TEXT,
	VALUE_F32,
	VALUE_ENUM,
	VALUE_TYPE_COUNT
} value_type_t;

typedef struct {
	value_type_t type;
	union {
		bool b;
		int64_t i;
		uint64_t u;
		double f;
		float f32;
		uint32_t ordinal;
		slice_t text;
	} as;
} value_t;

static inline value_t value_f64(double f)
{
	return (value_t){ .type = VALUE_F64, .as.f = f };
}
static inline value_t value_i64(int64_t i)
{
	return (value_t){ .type = VALUE_I64, .as.i = i };
}
static inline value_t value_u64(uint64_t u)
{
	return (value_t){ .type = VALUE_U64, .as.u = u };
}
static inline value_t value_bool(bool b)
{
	return (value_t){ .type = VALUE_BOOL, .as.b = b };
}
static inline value_t value_f32(float f32)
{
	return (value_t){ .type = VALUE_F32, .as.f32 = f32 };
}
static inline value_t value_enum(uint32_t ordinal)
{
	return (value_t){ .type = VALUE_ENUM, .as.ordinal = ordinal };
}
static inline value_t value_text(slice_t text)
{
	return (value_t){ .type = VALUE_TEXT, .as.text = text };
}

/* The value as a number; false for text and none. Booleans are 0 and 1, enums their
 * ordinal. */
bool value_number(const value_t *value, double *ret_number);
/* Same type and same bits (NaN equals itself). */
bool value_eq(const value_t *a, const value_t *b);
void value_encode(const value_t *value, writer_t *w);
/* Sets r->bad on an unknown type. */
value_t value_decode(reader_t *r);
void value_json(const value_t *value, json_t *j);
/* Numbers in shortest form, booleans true/false; cut at cap (at least 1);
 * returns buf; nothing for VALUE_NONE. */
const char *value_format(const value_t *value, char *buf, size_t cap);

/* The 64 bits of a number or boolean, as columns keep it, and back; of a float32 and an
 * enum the lower 32, the others are 0. */
uint64_t value_bits(const value_t *value);
/* Whether a value of the type can have these bits; so it is asked of what came from
 * outside before value_from_bits, which takes the lower half and drops the rest. */
static inline bool value_has_bits(value_type_t type, uint64_t bits)
{
	return (type != VALUE_F32 && type != VALUE_ENUM) || bits <= UINT32_MAX;
}
value_t value_from_bits(value_type_t type, uint64_t bits);
#endif
