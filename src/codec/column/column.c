/* SPDX-License-Identifier: Apache-2.0 */
/* The doors: rows of each kind as words and back. */
#include "codec/column/rows.h"

#include <assert.h>

enum {
	FLOAT_SIGN = 31,
	FLOAT_MANTISSA = 23,
	FLOAT_SPECIAL = 0xFF,
	REAL_MANTISSA = 52,
	REAL_SPECIAL = 0x7FF,
	NARROWER = REAL_MANTISSA - FLOAT_MANTISSA,
};

isa_t column_kernel_isa(const column_kernel_t *kernel)
{
	return kernel->isa;
}

void column_time_encode(const column_kernel_t *kernel, const int64_t *ns, size_t n, writer_t *w)
{
	column_put(&(column_t){ kernel, COLUMN_TIME, (const uint64_t *)ns, n, NULL }, w);
}

err_t column_time_decode(const column_kernel_t *kernel, reader_t *r, size_t n, int64_t *ret_ns)
{
	return column_get(kernel, r, n, 1U << COLUMN_TIME, (uint64_t *)ret_ns);
}

void column_int_encode(const column_kernel_t *kernel, const int64_t *values, size_t n, writer_t *w)
{
	column_put(&(column_t){ kernel, COLUMN_INT, (const uint64_t *)values, n, NULL }, w);
}

err_t column_int_decode(const column_kernel_t *kernel, reader_t *r, size_t n, int64_t *ret_values)
{
	return column_get(kernel, r, n, 1U << COLUMN_INT, (uint64_t *)ret_values);
}

void column_uint_encode(const column_kernel_t *kernel, const uint64_t *values, size_t n,
                        writer_t *w)
{
	column_put(&(column_t){ kernel, COLUMN_UINT, values, n, NULL }, w);
}

err_t column_uint_decode(const column_kernel_t *kernel, reader_t *r, size_t n, uint64_t *ret_values)
{
	return column_get(kernel, r, n, 1U << COLUMN_UINT, ret_values);
}

void column_real_encode(const column_kernel_t *kernel, const uint64_t *bits, size_t n,
                        column_hint_t *hint, writer_t *w)
{
	column_put(&(column_t){ kernel, COLUMN_REAL, bits, n, hint }, w);
}

err_t column_real_decode(const column_kernel_t *kernel, reader_t *r, size_t n, uint64_t *ret_bits)
{
	return column_get(kernel, r, n, 1U << COLUMN_REAL, ret_bits);
}

/* Floats are kept as doubles; by their bits where that is no number, so that none of the
 * bits of a NaN is lost. */
static uint64_t widened(uint32_t bits)
{
	uint64_t sign = (uint64_t)(bits >> FLOAT_SIGN) << (WORD_BITS - 1), wide;
	uint64_t mantissa = bits & ((UINT32_C(1) << FLOAT_MANTISSA) - 1);
	if ((bits >> FLOAT_MANTISSA & FLOAT_SPECIAL) == FLOAT_SPECIAL)
		return sign | (uint64_t)REAL_SPECIAL << REAL_MANTISSA | mantissa << NARROWER;
	float x;
	memcpy(&x, &bits, sizeof(x));
	double y = (double)x;
	memcpy(&wide, &y, sizeof(wide));
	return wide;
}

static uint32_t narrowed(uint64_t wide)
{
	uint32_t sign = (uint32_t)(wide >> (WORD_BITS - 1)) << FLOAT_SIGN, bits;
	if ((wide >> REAL_MANTISSA & REAL_SPECIAL) == REAL_SPECIAL)
		return sign | (uint32_t)FLOAT_SPECIAL << FLOAT_MANTISSA |
		       ((uint32_t)(wide >> NARROWER) & ((UINT32_C(1) << FLOAT_MANTISSA) - 1));
	double x;
	memcpy(&x, &wide, sizeof(x));
	float y = (float)x;
	memcpy(&bits, &y, sizeof(bits));
	return bits;
}

void column_f32_encode(const column_kernel_t *kernel, const uint32_t *bits, size_t n,
                       column_hint_t *hint, writer_t *w)
{
	uint64_t wide[COLUMN_ROWS];
	assert(n <= COLUMN_ROWS);
	for (size_t i = 0; i < n; i++)
		wide[i] = widened(bits[i]);
	column_put(&(column_t){ kernel, COLUMN_F32, wide, n, hint }, w);
}

err_t column_f32_decode(const column_kernel_t *kernel, reader_t *r, size_t n, uint32_t *ret_bits)
{
	uint64_t wide[COLUMN_ROWS];
	err_t err = column_get(kernel, r, n, 1U << COLUMN_F32, wide);
	for (size_t i = 0; !err && i < n; i++)
		ret_bits[i] = narrowed(wide[i]);
	return err;
}

void column_byte_encode(const column_kernel_t *kernel, const uint8_t *bytes, size_t n, writer_t *w)
{
	uint64_t wide[COLUMN_ROWS];
	assert(n <= COLUMN_ROWS);
	for (size_t i = 0; i < n; i++)
		wide[i] = bytes[i];
	column_put(&(column_t){ kernel, COLUMN_BYTE, wide, n, NULL }, w);
}

err_t column_byte_decode(const column_kernel_t *kernel, reader_t *r, size_t n, uint8_t *ret_bytes)
{
	uint64_t wide[COLUMN_ROWS];
	err_t err = column_get(kernel, r, n, 1U << COLUMN_BYTE, wide);
	for (size_t i = 0; !err && i < n; i++)
		ret_bytes[i] = (uint8_t)wide[i];
	return err;
}

enum { VALUES = 1 << COLUMN_INT | 1 << COLUMN_UINT | 1 << COLUMN_REAL | 1 << COLUMN_F32 };

err_t column_bits_decode(const column_kernel_t *kernel, reader_t *r, size_t n, uint64_t *ret_bits)
{
	column_kind_t kind;
	err_t err = column_kind(r, &kind);
	if (!err)
		err = column_get(kernel, r, n, VALUES, ret_bits);
	for (size_t i = 0; !err && kind == COLUMN_F32 && i < n; i++)
		ret_bits[i] = narrowed(ret_bits[i]);
	return err;
}

err_t column_numbers_decode(const column_kernel_t *kernel, reader_t *r, size_t n,
                            double *ret_numbers)
{
	word_t *words = (word_t *)ret_numbers;
	column_kind_t kind;
	err_t err = column_kind(r, &kind);
	if (!err)
		err = column_get(kernel, r, n, VALUES, words);
	for (size_t i = 0; !err && kind == COLUMN_INT && i < n; i++)
		ret_numbers[i] = (double)(int64_t)words[i];
	for (size_t i = 0; !err && kind == COLUMN_UINT && i < n; i++)
		ret_numbers[i] = (double)words[i];
	return err;
}

column_fold_t column_fold(const column_kernel_t *kernel, const double *numbers, size_t n)
{
	return kernel->fold(numbers, n);
}
