/* SPDX-License-Identifier: Apache-2.0 */
/* The frame of every column: kind and format, the length of what follows; and the promise
 * that what was written comes back, kept by looking. */
#include "codec/column/column.h"
#include "codec/column/real.h"
#include "codec/column/stream.h"
#include "codec/column/time.h"

#include <assert.h>

enum {
	FORMAT = 1,       /* in the high half of the first byte */
	KIND_MASK = 0x0F, /* the kind in the low half */
	AS_IT_IS = 0x08,  /* a bit of the kind: rows as words of 64 bits */
	SHORT_MAX = 0x7F, /* lengths of one byte */
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

/* Rows as words, whatever their kind, and the series' hint if it has one. */
typedef struct {
	const column_kernel_t *kernel;
	column_kind_t kind;
	const uint64_t *rows;
	size_t n;
	column_hint_t *hint;
} column_t;

static void put_body(const column_t *c, writer_t *w)
{
	const block_t block = { c->kernel, c->rows, c->n };
	if (c->kind == COLUMN_TIME)
		time_put(c->kernel, c->rows, c->n, w);
	else if (c->kind == COLUMN_REAL || c->kind == COLUMN_F32)
		real_put(&block, c->hint, w);
	else
		whole_put(c->kernel, c->rows, c->n, w);
}

static void raw_get(reader_t *r, size_t n, word_t *ret)
{
	uint64_t words[COLUMN_ROWS];
	stream_get(r, n, WORD_BITS, words);
	if (!r->bad)
		memcpy(ret, words, n * sizeof(*words));
}

static void get_body(const column_kernel_t *kernel, unsigned kind, size_t n, reader_t *r,
                     word_t *ret)
{
	static const recipe_t as_they_are = { .form = FORM_WHOLE };
	if (kind & AS_IT_IS)
		raw_get(r, n, ret);
	else if (kind == COLUMN_TIME)
		time_get(kernel, r, n, ret);
	else if (kind == COLUMN_REAL || kind == COLUMN_F32)
		real_get(kernel, r, n, ret);
	else
		whole_get(kernel, r, n, &(sink_t){ &as_they_are, ret });
	if (r->in.len)
		r->bad = true;
}

static bool comes_back(const column_t *c, slice_t body)
{
	uint64_t back[COLUMN_ROWS];
	reader_t r = reader_of(body);
	get_body(c->kernel, c->kind, c->n, &r, back);
	return !r.bad && memcmp(back, c->rows, c->n * sizeof(*back)) == 0;
}

/* The length before a body that stands where a length of two bytes would leave it. */
static void put_length(writer_t *w, size_t at)
{
	size_t len = w->len - at - 2;
	writer_t head = writer_of(&w->buf[at], 2);
	if (len <= SHORT_MAX) {
		memmove(&w->buf[at + 1], &w->buf[at + 2], len);
		w->len--;
	}
	wr_varint(&head, len);
}

static void put(const column_t *c, writer_t *w)
{
	assert(c->n >= 1 && c->n <= COLUMN_ROWS);
	size_t at = w->len;
	wr_u8(w, (uint8_t)(FORMAT << 4 | c->kind));
	wr_u16(w, 0);
	put_body(c, w);
	if (w->bad)
		return;
	if (!comes_back(c, slice_from(writer_done(w), at + 3))) {
		w->buf[at] |= AS_IT_IS;
		w->len = at + 3;
		stream_put(w, c->rows, c->n, WORD_BITS);
	}
	if (!w->bad)
		put_length(w, at + 1);
}

static err_t take(reader_t *r, unsigned *ret_kind, reader_t *ret_body)
{
	uint8_t first = rd_u8(r);
	if (r->bad || first >> 4 < FORMAT)
		return ERR_CORRUPT;
	if (first >> 4 > FORMAT)
		return ERR_NEWER_FORMAT;
	if ((first & KIND_MASK & ~AS_IT_IS) >= COLUMN_KINDS)
		return ERR_CORRUPT;
	*ret_kind = first & KIND_MASK;
	*ret_body = reader_of(rd_string(r));
	return r->bad ? ERR_CORRUPT : ERR_OK;
}

err_t column_kind(const reader_t *r, column_kind_t *ret_kind)
{
	reader_t peek = *r, body;
	unsigned kind;
	err_t err = take(&peek, &kind, &body);
	if (!err)
		*ret_kind = (column_kind_t)(kind & (unsigned)~AS_IT_IS);
	return err;
}

err_t column_skip(reader_t *r)
{
	unsigned kind;
	reader_t body;
	return take(r, &kind, &body);
}

/* Rows of a column that is of one of the kinds, a bit each. `ret` has n elements: the
 * loops want whole blocks, so a shorter one is read aside. */
static err_t get(const column_kernel_t *kernel, reader_t *r, size_t n, unsigned kinds, word_t *ret)
{
	uint64_t aside[COLUMN_ROWS];
	unsigned kind = 0;
	reader_t body;
	if (n == 0 || n > COLUMN_ROWS)
		return ERR_CORRUPT;
	err_t err = take(r, &kind, &body);
	if (err)
		return err;
	if (!(kinds >> (kind & (unsigned)~AS_IT_IS) & 1))
		return ERR_CORRUPT;
	get_body(kernel, kind, n, &body, n < COLUMN_ROWS ? aside : ret);
	if (body.bad)
		return ERR_CORRUPT;
	if (n < COLUMN_ROWS)
		memcpy(ret, aside, n * sizeof(*ret));
	return ERR_OK;
}

void column_time_encode(const column_kernel_t *kernel, const int64_t *ns, size_t n, writer_t *w)
{
	put(&(column_t){ kernel, COLUMN_TIME, (const uint64_t *)ns, n, NULL }, w);
}

err_t column_time_decode(const column_kernel_t *kernel, reader_t *r, size_t n, int64_t *ret_ns)
{
	return get(kernel, r, n, 1U << COLUMN_TIME, (uint64_t *)ret_ns);
}

void column_int_encode(const column_kernel_t *kernel, const int64_t *values, size_t n, writer_t *w)
{
	put(&(column_t){ kernel, COLUMN_INT, (const uint64_t *)values, n, NULL }, w);
}

err_t column_int_decode(const column_kernel_t *kernel, reader_t *r, size_t n, int64_t *ret_values)
{
	return get(kernel, r, n, 1U << COLUMN_INT, (uint64_t *)ret_values);
}

void column_uint_encode(const column_kernel_t *kernel, const uint64_t *values, size_t n,
                        writer_t *w)
{
	put(&(column_t){ kernel, COLUMN_UINT, values, n, NULL }, w);
}

err_t column_uint_decode(const column_kernel_t *kernel, reader_t *r, size_t n, uint64_t *ret_values)
{
	return get(kernel, r, n, 1U << COLUMN_UINT, ret_values);
}

void column_real_encode(const column_kernel_t *kernel, const uint64_t *bits, size_t n,
                        column_hint_t *hint, writer_t *w)
{
	put(&(column_t){ kernel, COLUMN_REAL, bits, n, hint }, w);
}

err_t column_real_decode(const column_kernel_t *kernel, reader_t *r, size_t n, uint64_t *ret_bits)
{
	return get(kernel, r, n, 1U << COLUMN_REAL, ret_bits);
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
	put(&(column_t){ kernel, COLUMN_F32, wide, n, hint }, w);
}

err_t column_f32_decode(const column_kernel_t *kernel, reader_t *r, size_t n, uint32_t *ret_bits)
{
	uint64_t wide[COLUMN_ROWS];
	err_t err = get(kernel, r, n, 1U << COLUMN_F32, wide);
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
	put(&(column_t){ kernel, COLUMN_BYTE, wide, n, NULL }, w);
}

err_t column_byte_decode(const column_kernel_t *kernel, reader_t *r, size_t n, uint8_t *ret_bytes)
{
	uint64_t wide[COLUMN_ROWS];
	err_t err = get(kernel, r, n, 1U << COLUMN_BYTE, wide);
	for (size_t i = 0; !err && i < n; i++)
		ret_bytes[i] = (uint8_t)wide[i];
	return err;
}

enum { VALUES = 1 << COLUMN_INT | 1 << COLUMN_UINT | 1 << COLUMN_REAL | 1 << COLUMN_F32 };

err_t column_bits_decode(const column_kernel_t *kernel, reader_t *r, size_t n, uint64_t *ret_bits)
{
	return get(kernel, r, n, VALUES, ret_bits);
}

err_t column_numbers_decode(const column_kernel_t *kernel, reader_t *r, size_t n,
                            double *ret_numbers)
{
	word_t *words = (word_t *)ret_numbers;
	column_kind_t kind;
	err_t err = column_kind(r, &kind);
	if (!err)
		err = get(kernel, r, n, VALUES, words);
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
