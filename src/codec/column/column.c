/* SPDX-License-Identifier: Apache-2.0 */
/* The head of a column: kind and format, then how many bytes follow. */
#include "codec/column/column.h"
#include "codec/column/stream.h"

#include <assert.h>
#include <math.h>

enum { FORMAT = 1, HEAD_BYTES = 3, WIDTH_RAW = 64 };

typedef enum { SHAPE_RAW, SHAPE_FLAT, SHAPE_DELTA, SHAPE_STEPS, SHAPE_COUNT } shape_t;

struct column_kernel {
	isa_t isa;
};

const column_kernel_t *column_kernel(isa_t isa)
{
	static const column_kernel_t plain = { ISA_PLAIN };
	(void)isa;
	return &plain;
}

isa_t column_kernel_isa(const column_kernel_t *kernel)
{
	return kernel->isa;
}

static unsigned width_of(uint64_t x)
{
	return x ? 64 - (unsigned)__builtin_clzll(x) : 0;
}

/* Whole numbers as flat (base and what is above it), delta or raw. */
typedef struct {
	shape_t shape;
	unsigned width;
	uint64_t base, first;
	uint64_t rest[COLUMN_ROWS];
} plan_t;

static void plan_frame(plan_t *p, size_t from, size_t n)
{
	int64_t min = INT64_MAX, max = INT64_MIN;
	for (size_t i = from; i < n; i++) {
		min = (int64_t)p->rest[i] < min ? (int64_t)p->rest[i] : min;
		max = (int64_t)p->rest[i] > max ? (int64_t)p->rest[i] : max;
	}
	p->base = n > from ? (uint64_t)min : 0;
	p->width = n > from ? width_of((uint64_t)max - (uint64_t)min) : 0;
	for (size_t i = 0; i < n; i++)
		p->rest[i] = i < from ? 0 : p->rest[i] - p->base;
}

static void plan_make(plan_t *p, shape_t shape, const uint64_t *x, size_t n)
{
	p->shape = shape;
	p->first = x[0];
	for (size_t i = 0; i < n; i++)
		p->rest[i] = shape == SHAPE_DELTA && i > 0 ? x[i] - x[i - 1] : x[i];
	plan_frame(p, shape == SHAPE_DELTA, n);
}

static size_t count_steps(const uint64_t *x, size_t n)
{
	size_t steps = 1;
	for (size_t i = 1; i < n; i++)
		steps += x[i] != x[i - 1];
	return steps;
}

static void put_steps(writer_t *w, const uint64_t *x, size_t n)
{
	uint64_t at[COLUMN_ROWS], value[COLUMN_ROWS];
	size_t steps = 0;
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && x[i] == x[i - 1])
			continue;
		at[steps] = i;
		value[steps++] = x[i];
	}
	wr_u8(w, SHAPE_STEPS);
	wr_varint(w, steps);
	stream_put(w, at, steps, 10);
	stream_put(w, value, steps, WIDTH_RAW);
}

static void put_whole(writer_t *w, const uint64_t *x, size_t n)
{
	plan_t flat, delta;
	plan_make(&flat, SHAPE_FLAT, x, n);
	plan_make(&delta, SHAPE_DELTA, x, n);
	const plan_t *best = delta.width < flat.width ? &delta : &flat;
	size_t steps = count_steps(x, n);
	if (steps * (WIDTH_RAW + 10) < best->width * n) {
		put_steps(w, x, n);
		return;
	}
	if (best->width >= WIDTH_RAW - 1) {
		wr_u8(w, SHAPE_RAW);
		stream_put(w, x, n, WIDTH_RAW);
		return;
	}
	wr_u8(w, (uint8_t)best->shape);
	wr_u8(w, (uint8_t)best->width);
	wr_zigzag(w, (int64_t)best->base);
	if (best->shape == SHAPE_DELTA)
		wr_zigzag(w, (int64_t)best->first);
	stream_put(w, best->rest, n, best->width);
}

static void get_steps(reader_t *r, size_t n, uint64_t *ret)
{
	uint64_t at[COLUMN_ROWS], value[COLUMN_ROWS];
	uint64_t steps = rd_varint(r);
	if (steps == 0 || steps > n)
		r->bad = true;
	stream_get(r, r->bad ? 0 : (size_t)steps, 10, at);
	stream_get(r, r->bad ? 0 : (size_t)steps, WIDTH_RAW, value);
	if (r->bad || at[0] != 0) {
		r->bad = true;
		return;
	}
	for (size_t s = 0; s < steps; s++) {
		uint64_t end = s + 1 < steps ? at[s + 1] : n;
		if (end > n || end <= at[s])
			r->bad = true;
		for (uint64_t i = at[s]; !r->bad && i < end; i++)
			ret[i] = value[s];
	}
}

static void get_framed(reader_t *r, shape_t shape, size_t n, uint64_t *ret)
{
	unsigned width = rd_u8(r);
	uint64_t base = (uint64_t)rd_zigzag(r);
	uint64_t sum = shape == SHAPE_DELTA ? (uint64_t)rd_zigzag(r) : 0;
	stream_get(r, n, width, ret);
	for (size_t i = 0; !r->bad && i < n; i++) {
		sum = shape == SHAPE_DELTA ? sum + (i > 0 ? ret[i] + base : 0) : ret[i] + base;
		ret[i] = sum;
	}
}

static void get_whole(reader_t *r, size_t n, uint64_t *ret)
{
	uint8_t shape = rd_u8(r);
	if (shape == SHAPE_RAW)
		stream_get(r, n, WIDTH_RAW, ret);
	else if (shape == SHAPE_STEPS)
		get_steps(r, n, ret);
	else if (shape < SHAPE_COUNT)
		get_framed(r, shape, n, ret);
	else
		r->bad = true;
}

static void encode(column_kind_t kind, const uint64_t *x, size_t n, writer_t *w)
{
	assert(n >= 1 && n <= COLUMN_ROWS);
	size_t at = w->len;
	wr_u8(w, (uint8_t)(FORMAT << 4 | kind));
	wr_u16(w, 0);
	put_whole(w, x, n);
	if (!w->bad)
		wr_patch_u16(w, at + 1, (uint16_t)(w->len - at - HEAD_BYTES));
}

err_t column_kind(const reader_t *r, column_kind_t *ret_kind)
{
	reader_t peek = *r;
	uint8_t first = rd_u8(&peek);
	if (peek.bad)
		return ERR_CORRUPT;
	if (first >> 4 > FORMAT)
		return ERR_NEWER_FORMAT;
	if (first >> 4 < FORMAT || (first & 15) >= COLUMN_KINDS)
		return ERR_CORRUPT;
	*ret_kind = first & 15;
	return ERR_OK;
}

static err_t take_body(reader_t *r, column_kind_t *ret_kind, reader_t *ret_body)
{
	err_t err = column_kind(r, ret_kind);
	if (err)
		return err;
	(void)rd_u8(r);
	size_t len = rd_u16(r);
	*ret_body = reader_of(rd_take(r, len));
	return r->bad ? ERR_CORRUPT : ERR_OK;
}

err_t column_skip(reader_t *r)
{
	column_kind_t kind;
	reader_t body;
	return take_body(r, &kind, &body);
}

/* The column's kind when it is one of the set, a bit each. */
static err_t decode(reader_t *r, size_t n, unsigned kinds, column_kind_t *ret_kind, uint64_t *ret)
{
	column_kind_t kind;
	reader_t body;
	if (n == 0 || n > COLUMN_ROWS)
		return ERR_CORRUPT;
	err_t err = take_body(r, &kind, &body);
	if (err)
		return err;
	if (!(kinds >> kind & 1))
		return ERR_CORRUPT;
	get_whole(&body, n, ret);
	*ret_kind = kind;
	return body.bad || body.in.len ? ERR_CORRUPT : ERR_OK;
}

static err_t decode_kind(reader_t *r, size_t n, column_kind_t kind, uint64_t *ret)
{
	column_kind_t found;
	return decode(r, n, 1U << kind, &found, ret);
}

void column_time_encode(const column_kernel_t *kernel, const int64_t *ns, size_t n, writer_t *w)
{
	(void)kernel;
	encode(COLUMN_TIME, (const uint64_t *)ns, n, w);
}

err_t column_time_decode(const column_kernel_t *kernel, reader_t *r, size_t n, int64_t *ret_ns)
{
	(void)kernel;
	return decode_kind(r, n, COLUMN_TIME, (uint64_t *)ret_ns);
}

void column_int_encode(const column_kernel_t *kernel, const int64_t *values, size_t n, writer_t *w)
{
	(void)kernel;
	encode(COLUMN_INT, (const uint64_t *)values, n, w);
}

err_t column_int_decode(const column_kernel_t *kernel, reader_t *r, size_t n, int64_t *ret_values)
{
	(void)kernel;
	return decode_kind(r, n, COLUMN_INT, (uint64_t *)ret_values);
}

void column_uint_encode(const column_kernel_t *kernel, const uint64_t *values, size_t n,
                        writer_t *w)
{
	(void)kernel;
	encode(COLUMN_UINT, values, n, w);
}

err_t column_uint_decode(const column_kernel_t *kernel, reader_t *r, size_t n, uint64_t *ret_values)
{
	(void)kernel;
	return decode_kind(r, n, COLUMN_UINT, ret_values);
}

void column_real_encode(const column_kernel_t *kernel, const uint64_t *bits, size_t n,
                        column_hint_t *hint, writer_t *w)
{
	(void)kernel;
	(void)hint;
	encode(COLUMN_REAL, bits, n, w);
}

err_t column_real_decode(const column_kernel_t *kernel, reader_t *r, size_t n, uint64_t *ret_bits)
{
	(void)kernel;
	return decode_kind(r, n, COLUMN_REAL, ret_bits);
}

void column_f32_encode(const column_kernel_t *kernel, const uint32_t *bits, size_t n,
                       column_hint_t *hint, writer_t *w)
{
	uint64_t wide[COLUMN_ROWS];
	(void)kernel;
	(void)hint;
	assert(n <= COLUMN_ROWS);
	for (size_t i = 0; i < n; i++)
		wide[i] = bits[i];
	encode(COLUMN_F32, wide, n, w);
}

err_t column_f32_decode(const column_kernel_t *kernel, reader_t *r, size_t n, uint32_t *ret_bits)
{
	uint64_t wide[COLUMN_ROWS];
	(void)kernel;
	err_t err = decode_kind(r, n, COLUMN_F32, wide);
	for (size_t i = 0; !err && i < n; i++)
		ret_bits[i] = (uint32_t)wide[i];
	return err;
}

void column_byte_encode(const column_kernel_t *kernel, const uint8_t *bytes, size_t n, writer_t *w)
{
	uint64_t wide[COLUMN_ROWS];
	(void)kernel;
	assert(n <= COLUMN_ROWS);
	for (size_t i = 0; i < n; i++)
		wide[i] = bytes[i];
	encode(COLUMN_BYTE, wide, n, w);
}

err_t column_byte_decode(const column_kernel_t *kernel, reader_t *r, size_t n, uint8_t *ret_bytes)
{
	uint64_t wide[COLUMN_ROWS];
	(void)kernel;
	err_t err = decode_kind(r, n, COLUMN_BYTE, wide);
	for (size_t i = 0; !err && i < n; i++)
		ret_bytes[i] = (uint8_t)wide[i];
	return err;
}

static double number_of(column_kind_t kind, uint64_t x)
{
	double number;
	float narrow;
	uint32_t low = (uint32_t)x;
	if (kind == COLUMN_INT)
		return (double)(int64_t)x;
	if (kind == COLUMN_UINT)
		return (double)x;
	memcpy(&narrow, &low, sizeof narrow);
	memcpy(&number, &x, sizeof number);
	return kind == COLUMN_F32 ? (double)narrow : number;
}

enum { NUMBERS = 1 << COLUMN_INT | 1 << COLUMN_UINT | 1 << COLUMN_REAL | 1 << COLUMN_F32 };

err_t column_numbers_decode(const column_kernel_t *kernel, reader_t *r, size_t n,
                            double *ret_numbers)
{
	uint64_t bits[COLUMN_ROWS];
	column_kind_t kind;
	(void)kernel;
	err_t err = decode(r, n, NUMBERS, &kind, bits);
	for (size_t i = 0; !err && i < n; i++)
		ret_numbers[i] = number_of(kind, bits[i]);
	return err;
}

err_t column_bits_decode(const column_kernel_t *kernel, reader_t *r, size_t n, uint64_t *ret_bits)
{
	column_kind_t kind;
	(void)kernel;
	err_t err = decode(r, n, NUMBERS, &kind, ret_bits);
	for (size_t i = 0; !err && kind == COLUMN_F32 && i < n; i++) {
		double number = number_of(kind, ret_bits[i]);
		memcpy(&ret_bits[i], &number, sizeof number);
	}
	return err;
}

column_fold_t column_fold(const column_kernel_t *kernel, const double *numbers, size_t n)
{
	column_fold_t f = { .min = INFINITY, .max = -INFINITY };
	(void)kernel;
	for (size_t i = 0; i < n; i++) {
		if (isnan(numbers[i]))
			continue;
		f.sum += numbers[i];
		f.min = numbers[i] < f.min ? numbers[i] : f.min;
		f.max = numbers[i] > f.max ? numbers[i] : f.max;
		f.count++;
	}
	return f;
}
