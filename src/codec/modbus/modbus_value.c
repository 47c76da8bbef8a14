/* SPDX-License-Identifier: Apache-2.0 */
/* All values travel through one 64-bit pattern: reading gathers the words of any
 * order into it and widens, writing checks the range and scatters it again. */
#include "codec/modbus/modbus_value.h"

#include <math.h>

#include "base/num.h"

/* 2^63 and 2^64 are exact as doubles; INT64_MAX and UINT64_MAX are not. */
#define TWO_TO_63 9223372036854775808.0
#define TWO_TO_64 18446744073709551616.0

enum { WORDS_MAX = 4 };

#define X(name, registers, text) { registers, text },
static const struct {
	size_t registers;
	const char *name;
} types[] = { MODBUS_TYPE_ROWS(X) };
#undef X

static const struct {
	const char *name;
	bool swaps_bytes, swaps_words;
} orders[] = {
	[MODBUS_ABCD] = { "ABCD", false, false },
	[MODBUS_BADC] = { "BADC", true, false },
	[MODBUS_CDAB] = { "CDAB", false, true },
	[MODBUS_DCBA] = { "DCBA", true, true },
};

size_t modbus_type_registers(modbus_type_t type)
{
	return types[type].registers;
}

const char *modbus_type_name(modbus_type_t type)
{
	return types[type].name;
}

const char *modbus_order_name(modbus_order_t order)
{
	return orders[order].name;
}

err_t modbus_type_parse(slice_t text, modbus_type_t *ret_type)
{
	for (size_t i = 0; i < MODBUS_TYPE_COUNT; i++) {
		if (slice_eq_nocase(text, slice_str(types[i].name))) {
			*ret_type = (modbus_type_t)i;
			return ERR_OK;
		}
	}
	return ERR_INVALID;
}

err_t modbus_order_parse(slice_t text, modbus_order_t *ret_order)
{
	for (size_t i = 0; i < MODBUS_ORDER_COUNT; i++) {
		if (slice_eq_nocase(text, slice_str(orders[i].name))) {
			*ret_order = (modbus_order_t)i;
			return ERR_OK;
		}
	}
	return ERR_INVALID;
}

/* Where the i-th most significant of n words lies on the wire. */
static size_t word_at(modbus_order_t order, size_t n, size_t i)
{
	return orders[order].swaps_words ? n - 1 - i : i;
}

static uint16_t word_swap(modbus_order_t order, uint16_t word)
{
	return orders[order].swaps_bytes ? __builtin_bswap16(word) : word;
}

static uint64_t pattern_gather(modbus_order_t order, const uint16_t *words, size_t n)
{
	uint64_t pattern = 0;
	for (size_t i = 0; i < n; i++)
		pattern = pattern << 16 | word_swap(order, words[word_at(order, n, i)]);
	return pattern;
}

static double float_of(uint32_t pattern)
{
	float value;
	memcpy(&value, &pattern, sizeof value);
	return (double)value;
}

static modbus_value_t value_of_pattern(modbus_type_t type, uint64_t pattern)
{
	modbus_value_t value = { .type = type };
	switch (type) {
	case MODBUS_BOOL:
		value.b = pattern != 0;
		break;
	case MODBUS_I16:
		value.i64 = (int16_t)pattern;
		break;
	case MODBUS_I32:
		value.i64 = (int32_t)pattern;
		break;
	case MODBUS_I64:
		value.i64 = (int64_t)pattern;
		break;
	case MODBUS_F32:
		value.f64 = float_of((uint32_t)pattern);
		break;
	case MODBUS_F64:
		value.f64 = num_of_bits(pattern);
		break;
	case MODBUS_U16:
	case MODBUS_U32:
	case MODBUS_U64:
	case MODBUS_TYPE_COUNT:
		value.u64 = pattern;
		break;
	}
	return value;
}

err_t modbus_value_get(modbus_type_t type, modbus_order_t order, slice_t registers,
                       modbus_value_t *ret_value)
{
	uint16_t words[WORDS_MAX] = { 0 };
	size_t n = modbus_type_registers(type);
	reader_t r = reader_of(registers);
	for (size_t i = 0; i < n; i++)
		words[i] = rd_u16(&r);
	if (r.bad)
		return ERR_MALFORMED;
	*ret_value = value_of_pattern(type, pattern_gather(order, words, n));
	return ERR_OK;
}

static bool signed_fits(int64_t value, size_t bits)
{
	int64_t max = INT64_MAX >> (64 - bits);
	return value <= max && value >= -max - 1;
}

static bool unsigned_fits(uint64_t value, size_t bits)
{
	return value <= UINT64_MAX >> (64 - bits);
}

/* A float holds what rounds to a finite float, and everything that is not
 * finite by itself. */
static bool float_pattern(double value, uint64_t *ret_pattern)
{
	float narrow = (float)value;
	uint32_t pattern;
	if (isinf(narrow) && !isinf(value))
		return false;
	memcpy(&pattern, &narrow, sizeof pattern);
	*ret_pattern = pattern;
	return true;
}

static bool pattern_of(const modbus_value_t *value, uint64_t *ret_pattern)
{
	size_t bits = 16 * modbus_type_registers(value->type);
	switch (value->type) {
	case MODBUS_BOOL:
		*ret_pattern = value->b;
		return true;
	case MODBUS_I16:
	case MODBUS_I32:
	case MODBUS_I64:
		*ret_pattern = (uint64_t)value->i64;
		return signed_fits(value->i64, bits);
	case MODBUS_F32:
		return float_pattern(value->f64, ret_pattern);
	case MODBUS_F64:
		memcpy(ret_pattern, &value->f64, sizeof *ret_pattern);
		return true;
	case MODBUS_U16:
	case MODBUS_U32:
	case MODBUS_U64:
	case MODBUS_TYPE_COUNT:
		break;
	}
	*ret_pattern = value->u64;
	return unsigned_fits(value->u64, bits);
}

err_t modbus_value_put(const modbus_value_t *value, modbus_order_t order, writer_t *w)
{
	uint64_t pattern;
	uint16_t words[WORDS_MAX] = { 0 };
	size_t n = modbus_type_registers(value->type);
	if (!pattern_of(value, &pattern))
		return ERR_INVALID;
	for (size_t i = n; i-- > 0; pattern >>= 16)
		words[word_at(order, n, i)] = word_swap(order, (uint16_t)pattern);
	for (size_t i = 0; i < n; i++)
		wr_u16(w, words[i]);
	return w->bad ? ERR_TOO_BIG : ERR_OK;
}

double modbus_value_f64(const modbus_value_t *value)
{
	switch (value->type) {
	case MODBUS_BOOL:
		return value->b ? 1 : 0;
	case MODBUS_I16:
	case MODBUS_I32:
	case MODBUS_I64:
		return (double)value->i64;
	case MODBUS_F32:
	case MODBUS_F64:
		return value->f64;
	case MODBUS_U16:
	case MODBUS_U32:
	case MODBUS_U64:
	case MODBUS_TYPE_COUNT:
		break;
	}
	return (double)value->u64;
}

err_t modbus_value_of(modbus_type_t type, double number, modbus_value_t *ret_value)
{
	modbus_value_t value = { .type = type };
	bool is_signed = type == MODBUS_I16 || type == MODBUS_I32 || type == MODBUS_I64;
	double whole = round(number);
	uint64_t pattern;
	if (type == MODBUS_F32 || type == MODBUS_F64)
		value.f64 = number;
	else if (type == MODBUS_BOOL && !isnan(number))
		value.b = number != 0;
	else if (is_signed && whole >= -TWO_TO_63 && whole < TWO_TO_63)
		value.i64 = (int64_t)whole;
	else if (!is_signed && whole >= 0 && whole < TWO_TO_64)
		value.u64 = (uint64_t)whole;
	else
		return ERR_INVALID;
	if (!pattern_of(&value, &pattern))
		return ERR_INVALID;
	*ret_value = value;
	return ERR_OK;
}
