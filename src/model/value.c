/* SPDX-License-Identifier: Apache-2.0 */
/* Values are stored and compared by their bits, so that what is read back is
 * what was written, NaN payloads and negative zero included. */
#include "model/value.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/num.h"

bool value_number(const value_t *value, double *ret_number)
{
	switch (value->type) {
	case VALUE_BOOL:
		*ret_number = value->as.b ? 1 : 0;
		return true;
	case VALUE_I64:
		*ret_number = (double)value->as.i;
		return true;
	case VALUE_U64:
		*ret_number = (double)value->as.u;
		return true;
	case VALUE_F64:
		*ret_number = value->as.f;
		return true;
	case VALUE_F32:
		*ret_number = (double)value->as.f32;
		return true;
	case VALUE_ENUM:
		*ret_number = value->as.ordinal;
		return true;
	case VALUE_NONE:
	case VALUE_TEXT:
	case VALUE_TYPE_COUNT:
		break;
	}
	return false;
}

bool value_eq(const value_t *a, const value_t *b)
{
	if (a->type != b->type)
		return false;
	if (a->type == VALUE_TEXT)
		return slice_eq(a->as.text, b->as.text);
	return value_bits(a) == value_bits(b);
}

void value_encode(const value_t *value, writer_t *w)
{
	wr_u8(w, (uint8_t)value->type);
	switch (value->type) {
	case VALUE_BOOL:
		wr_u8(w, value->as.b);
		break;
	case VALUE_I64:
		wr_zigzag(w, value->as.i);
		break;
	case VALUE_U64:
		wr_varint(w, value->as.u);
		break;
	case VALUE_F64:
		wr_u64_le(w, value_bits(value));
		break;
	case VALUE_F32:
		wr_u32_le(w, (uint32_t)value_bits(value));
		break;
	case VALUE_ENUM:
		wr_varint(w, value->as.ordinal);
		break;
	case VALUE_TEXT:
		wr_string(w, value->as.text);
		break;
	case VALUE_NONE:
	case VALUE_TYPE_COUNT:
		break;
	}
}

/* Booleans other than 0 and 1 are refused, so that one value has one encoding. */
static bool read_bool(reader_t *r)
{
	uint8_t byte = rd_u8(r);
	if (byte > 1)
		r->bad = true;
	return byte == 1;
}

static uint32_t read_ordinal(reader_t *r)
{
	uint64_t ordinal = rd_varint(r);
	if (ordinal > UINT32_MAX)
		r->bad = true;
	return (uint32_t)ordinal;
}

value_t value_decode(reader_t *r)
{
	uint8_t type = rd_u8(r);
	switch (type) {
	case VALUE_NONE:
		break;
	case VALUE_BOOL:
		return value_bool(read_bool(r));
	case VALUE_I64:
		return value_i64(rd_zigzag(r));
	case VALUE_U64:
		return value_u64(rd_varint(r));
	case VALUE_F64:
		return value_from_bits(VALUE_F64, rd_u64_le(r));
	case VALUE_F32:
		return value_from_bits(VALUE_F32, rd_u32_le(r));
	case VALUE_ENUM:
		return value_enum(read_ordinal(r));
	case VALUE_TEXT:
		return value_text(rd_string(r));
	default:
		r->bad = true;
		break;
	}
	return (value_t){ 0 };
}

void value_json(const value_t *value, json_t *j)
{
	switch (value->type) {
	case VALUE_BOOL:
		json_bool(j, value->as.b);
		break;
	case VALUE_I64:
		json_i64(j, value->as.i);
		break;
	case VALUE_U64:
		json_u64(j, value->as.u);
		break;
	case VALUE_F64:
		json_f64(j, value->as.f);
		break;
	case VALUE_F32:
		json_f32(j, value->as.f32);
		break;
	case VALUE_ENUM:
		json_u64(j, value->as.ordinal);
		break;
	case VALUE_TEXT:
		json_str(j, value->as.text);
		break;
	case VALUE_NONE:
	case VALUE_TYPE_COUNT:
		json_null(j);
		break;
	}
}

/* Cut text is no error here: the caller chose how much is shown. */
static void copy_text(slice_t text, char *buf, size_t cap)
{
	bool whole = slice_to_cstr(text, buf, cap);
	(void)whole;
}

/* Reals that are float32 are written as the float, 4.15 and not 4.150000095367432: where
 * scaling left them, most come from float32 registers. */
static const char *format_real(double real, char number[32])
{
	bool is_single = (double)(float)real >= real && (double)(float)real <= real;
	return is_single ? num_format_f32((float)real, number) : num_format_f64(real, number);
}

const char *value_format(const value_t *value, char *buf, size_t cap)
{
	char number[32];
	buf[0] = '\0';
	switch (value->type) {
	case VALUE_BOOL:
		copy_text(slice_str(value->as.b ? "true" : "false"), buf, cap);
		break;
	case VALUE_I64:
		snprintf(buf, cap, "%" PRId64, value->as.i);
		break;
	case VALUE_U64:
		snprintf(buf, cap, "%" PRIu64, value->as.u);
		break;
	case VALUE_F64:
		copy_text(slice_str(format_real(value->as.f, number)), buf, cap);
		break;
	case VALUE_F32:
		copy_text(slice_str(num_format_f32(value->as.f32, number)), buf, cap);
		break;
	case VALUE_ENUM:
		snprintf(buf, cap, "%" PRIu32, value->as.ordinal);
		break;
	case VALUE_TEXT:
		copy_text(value->as.text, buf, cap);
		break;
	case VALUE_NONE:
	case VALUE_TYPE_COUNT:
		break;
	}
	return buf;
}

uint64_t value_bits(const value_t *value)
{
	uint64_t bits = 0;
	uint32_t half;
	switch (value->type) {
	case VALUE_BOOL:
		return value->as.b;
	case VALUE_I64:
		return (uint64_t)value->as.i;
	case VALUE_U64:
		return value->as.u;
	case VALUE_F64:
		memcpy(&bits, &value->as.f, sizeof(bits));
		return bits;
	case VALUE_F32:
		memcpy(&half, &value->as.f32, sizeof(half));
		return half;
	case VALUE_ENUM:
		return value->as.ordinal;
	case VALUE_NONE:
	case VALUE_TEXT:
	case VALUE_TYPE_COUNT:
		break;
	}
	return 0;
}

value_t value_from_bits(value_type_t type, uint64_t bits)
{
	value_t value = { .type = type };
	uint32_t half = (uint32_t)bits;
	assert(type != VALUE_TEXT && type < VALUE_TYPE_COUNT); /* text has no bits */
	switch (type) {
	case VALUE_BOOL:
		value.as.b = bits != 0;
		break;
	case VALUE_I64:
		value.as.i = (int64_t)bits;
		break;
	case VALUE_U64:
		value.as.u = bits;
		break;
	case VALUE_F64:
		memcpy(&value.as.f, &bits, sizeof(bits));
		break;
	case VALUE_F32:
		memcpy(&value.as.f32, &half, sizeof(half));
		break;
	case VALUE_ENUM:
		value.as.ordinal = half;
		break;
	case VALUE_NONE:
	case VALUE_TEXT:
	case VALUE_TYPE_COUNT:
		break;
	}
	return value;
}
