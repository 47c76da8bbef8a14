/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CODEC_COLUMN_FIXTURE_TEST_H
#define CODEC_COLUMN_FIXTURE_TEST_H
/* What the tests of columns share: series of every sort, and blocks to and fro. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/column/column.h"
#include "env/ops.h"

#include <math.h>

static inline uint64_t random_bits(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Uniform in -1..1. */
static inline double random_unit(uint64_t *state)
{
	return (double)(int64_t)random_bits(state) * 0x1p-63;
}

static inline uint64_t bits_of(double x)
{
	uint64_t bits;
	memcpy(&bits, &x, sizeof(bits));
	return bits;
}

/* What one series measures at a step, from its last value; doubles unless said. */
typedef enum {
	SORT_CONSTANT,
	SORT_TENTHS,  /* a walk of one decimal */
	SORT_SEVENTH, /* of seven decimals */
	SORT_PRODUCT, /* whole numbers times 0.001, which is not the same */
	SORT_COUNTER, /* rising hundredths */
	SORT_COUNTS,  /* of a converter, times COUNTS_SCALE */
	SORT_OFFSET,  /* those, and COUNTS_OFFSET */
	SORT_FLOAT,   /* float32 noise */
	SORT_FLOAT_TENTHS,
	SORT_NOISE,
	SORT_STEPS,
	SORT_SPIKES,          /* tenths, and now and then 1e9 */
	SORT_SPECIAL,         /* NaNs with payloads, zeros of both signs, infinities, denormals */
	SORT_RARE,            /* tenths and rarely one of those */
	SORT_RANDOM,          /* any 64 bits */
	SORT_OTHERWISE,       /* counts times their scale, in another order of arithmetic */
	SORT_OTHERWISE_FLOAT, /* and in floats */
	SORT_SUM,             /* of tenths, with what adding leaves */
	SORT_RAMP,            /* whole numbers as bits, not doubles; and so the others below */
	SORT_SQUARES,
	SORT_JUMPS,
	SORT_EXTREMES, /* the ends of 64 bits, in turn */
	SORT_SMALL,
	SORT_COUNT,
} sort_t;

#define COUNTS_SCALE  (10.0 / 27648)
#define COUNTS_OFFSET (-2.5)

static inline uint64_t special_of(uint64_t any)
{
	static const uint64_t specials[] = {
		0x7FF8000000000000, 0x7FF0000000000001, 0xFFF8000000000123, 0x7FF4DEADBEEF0000,
		0x8000000000000000, 0x0000000000000000, 0x7FF0000000000000, 0xFFF0000000000000,
		0x0000000000000001, 0x800FFFFFFFFFFFFF, 0x0010000000000000, 0x7FEFFFFFFFFFFFFF,
		0x3FF0000000000000, 0xFFFFFFFFFFFFFFFF, 0x36A0000000000000, 0x47EFFFFFE0000000,
	};
	return specials[any % 16];
}

/* Of the sorts that walk in whole numbers. */
static inline double walk_of_sort(sort_t sort, size_t i, double walk)
{
	const double of_sort[SORT_COUNT] = {
		[SORT_CONSTANT] = 21.5,
		[SORT_TENTHS] = walk / 10,
		[SORT_SEVENTH] = walk / 1e7,
		[SORT_PRODUCT] = walk * 0.001,
		[SORT_COUNTS] = (8000 + walk) * COUNTS_SCALE,
		[SORT_OFFSET] = (8000 + walk) * COUNTS_SCALE + COUNTS_OFFSET,
		[SORT_OTHERWISE] = (8000 + walk) / 27648 * 10,
		[SORT_OTHERWISE_FLOAT] = (double)((float)(8000 + walk) / 27648.0F * 10.0F),
		[SORT_FLOAT_TENTHS] = (double)(float)(walk / 10),
		[SORT_STEPS] = floor((double)i / 170) * 12.5,
		[SORT_SPIKES] = i % 97 == 0 ? 1e9 : walk / 10,
		[SORT_RARE] = walk / 10,
	};
	return of_sort[sort];
}

static inline uint64_t real_of_sort(sort_t sort, size_t i, double *walk, uint64_t *rng)
{
	*walk += round(random_unit(rng) * 9);
	double noise = random_unit(rng);
	if (sort == SORT_COUNTER)
		return bits_of(round(100000 + (double)i * 3 + noise) / 100);
	if (sort == SORT_FLOAT)
		return bits_of((double)(float)(4 + noise));
	if (sort == SORT_SUM)
		return bits_of(20.3 + *walk * 0.1);
	if (sort == SORT_NOISE)
		return bits_of(2 * noise);
	if (sort == SORT_SPECIAL)
		return special_of(random_bits(rng) >> 20);
	if (sort == SORT_RANDOM)
		return random_bits(rng);
	if (sort == SORT_RARE && i % 131 == 5)
		return special_of(i / 131);
	return bits_of(walk_of_sort(sort, i, *walk));
}

static inline void fill_sort(sort_t sort, uint64_t seed, uint64_t *ret, size_t n)
{
	uint64_t rng = seed * 2654435761 + 88172645463325252u, sum = seed;
	double walk = 0;
	for (size_t i = 0; i < n; i++) {
		uint64_t any = random_bits(&rng);
		sum += i % 300 == 7 ? 1000000000 : 1000 + any % 4;
		if (sort < SORT_RAMP)
			ret[i] = real_of_sort(sort, i, &walk, &rng);
		else if (sort == SORT_RAMP)
			ret[i] = seed + i * 977 + any % 3;
		else if (sort == SORT_SQUARES)
			ret[i] = i * i * 5 - i * 70 + any % 2;
		else if (sort == SORT_JUMPS)
			ret[i] = sum;
		else if (sort == SORT_EXTREMES)
			ret[i] = i % 3 == 0   ? UINT64_C(1) << 63
			         : i % 3 == 1 ? INT64_MAX
			                      : UINT64_MAX;
		else
			ret[i] = any % 6;
	}
}

/* One block as a column of any kind before COLUMN_TEXT. */
typedef struct {
	const column_kernel_t *kernel;
	column_kind_t kind;
	size_t n;
	column_hint_t *hint; /* NULL: a new one */
} way_t;

static inline void put_rows(const way_t *way, const uint64_t *rows, writer_t *w)
{
	uint32_t narrow[COLUMN_ROWS + 1];
	uint8_t bytes[COLUMN_ROWS + 1];
	column_hint_t fresh = { 0 }, *hint = way->hint ? way->hint : &fresh;
	for (size_t i = 0; i < way->n; i++) {
		narrow[i] = (uint32_t)rows[i];
		bytes[i] = (uint8_t)rows[i];
	}
	if (way->kind == COLUMN_TIME)
		column_time_encode(way->kernel, (const int64_t *)rows, way->n, w);
	if (way->kind == COLUMN_INT)
		column_int_encode(way->kernel, (const int64_t *)rows, way->n, w);
	if (way->kind == COLUMN_UINT)
		column_uint_encode(way->kernel, rows, way->n, w);
	if (way->kind == COLUMN_REAL)
		column_real_encode(way->kernel, rows, way->n, hint, w);
	if (way->kind == COLUMN_F32)
		column_f32_encode(way->kernel, narrow, way->n, hint, w);
	if (way->kind == COLUMN_BYTE)
		column_byte_encode(way->kernel, bytes, way->n, w);
}

/* Decodes; narrower rows are widened to words. Says what the decoder said. */
MUST_CHECK static inline err_t get_rows(const way_t *way, reader_t *r, uint64_t *ret)
{
	uint32_t narrow[COLUMN_ROWS];
	uint8_t bytes[COLUMN_ROWS];
	err_t err = ERR_INTERNAL;
	if (way->kind == COLUMN_TIME)
		err = column_time_decode(way->kernel, r, way->n, (int64_t *)ret);
	if (way->kind == COLUMN_INT)
		err = column_int_decode(way->kernel, r, way->n, (int64_t *)ret);
	if (way->kind == COLUMN_UINT)
		err = column_uint_decode(way->kernel, r, way->n, ret);
	if (way->kind == COLUMN_REAL)
		err = column_real_decode(way->kernel, r, way->n, ret);
	if (way->kind == COLUMN_F32)
		err = column_f32_decode(way->kernel, r, way->n, narrow);
	if (way->kind == COLUMN_BYTE)
		err = column_byte_decode(way->kernel, r, way->n, bytes);
	for (size_t i = 0; !err && i < way->n && way->kind >= COLUMN_F32; i++)
		ret[i] = way->kind == COLUMN_F32 ? narrow[i] : bytes[i];
	return err;
}

/* What the narrower kinds keep of a row. */
static inline uint64_t kept(column_kind_t kind, uint64_t row)
{
	return kind == COLUMN_F32 ? (uint32_t)row : kind == COLUMN_BYTE ? (uint8_t)row : row;
}

/* Encodes into `room` (COLUMN_BYTES_MAX) and demands every row back; the column's bytes. */
static inline slice_t there_and_back(const way_t *way, const uint64_t *rows, uint8_t *room)
{
	uint64_t back[COLUMN_ROWS] = { 0 };
	writer_t w = writer_of(room, COLUMN_BYTES_MAX);
	put_rows(way, rows, &w);
	assert_false(w.bad);
	reader_t r = reader_of(writer_done(&w));
	assert_int_equal(get_rows(way, &r, back), ERR_OK);
	assert_int_equal(r.in.len, 0);
	for (size_t i = 0; i < way->n; i++)
		assert_int_equal(back[i], kept(way->kind, rows[i]));
	return writer_done(&w);
}
#endif
