/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks: what goes in comes out bit for bit, and nothing else is accepted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "base/num.h"
#include "historian/block.h"

enum { ROUNDS = 400 };

static const uint64_t odd_bits[] = {
	0x7FF8000000000000,
	0x7FF0000000000001,
	0xFFF8DEADBEEF0001, /* NaNs with payloads */
	0x8000000000000000, /* -0.0 */
	0x0000000000000001,
	0x800FFFFFFFFFFFFF, /* denormals */
	0x7FF0000000000000,
	0xFFF0000000000000, /* infinities */
	0,
	UINT64_MAX,
};
static const int64_t odd_times[] = { INT64_MIN, INT64_MIN + 1, -1, 0, 1, INT64_MAX - 1, INT64_MAX };

static int64_t some_time(rng_t *rng)
{
	if (rng_below(rng, 8) == 0)
		return odd_times[rng_below(rng, sizeof(odd_times) / sizeof(odd_times[0]))];
	return (int64_t)(rng_next(rng) >> rng_below(rng, 60));
}

static block_row_t some_row(rng_t *rng)
{
	block_row_t row = { .source_ns = some_time(rng),
		            .node_ns = some_time(rng),
		            .type = (uint8_t)rng_below(rng, VALUE_TEXT),
		            .quality = (uint8_t)rng_below(rng, QUALITY_COUNT),
		            .bits = rng_next(rng) };
	if (rng_below(rng, 2) == 0)
		row.bits = odd_bits[rng_below(rng, sizeof(odd_bits) / sizeof(odd_bits[0]))];
	return row;
}

static size_t some_block(rng_t *rng, block_row_t *rows)
{
	size_t count = (size_t)rng_below(rng, rng_below(rng, 4) ? 20 : BLOCK_ROWS) + 1;
	for (size_t i = 0; i < count; i++)
		rows[i] = some_row(rng);
	qsort(rows, count, sizeof(*rows), block_row_compare);
	return count;
}

static void every_row_comes_back_bit_for_bit(void **state)
{
	(void)state;
	static block_row_t rows[BLOCK_ROWS], back[BLOCK_ROWS];
	static uint8_t buf[BLOCK_BYTES_MAX];
	rng_t rng = rng_of(1);
	for (int round = 0; round < ROUNDS; round++) {
		size_t count = some_block(&rng, rows), got = 0;
		writer_t w = writer_of(buf, sizeof(buf));
		block_encode(rows, count, &w);
		assert_false(w.bad);
		assert_int_equal(block_decode(writer_done(&w), back, &got), ERR_OK);
		assert_int_equal(got, count);
		for (size_t i = 0; i < count; i++)
			assert_int_equal(block_row_compare(&rows[i], &back[i]), 0);
	}
}

static void regular_samples_take_under_eleven_bytes_a_row(void **state)
{
	(void)state;
	static block_row_t rows[BLOCK_ROWS];
	static uint8_t buf[BLOCK_BYTES_MAX];
	for (int i = 0; i < BLOCK_ROWS; i++)
		rows[i] = (block_row_t){ .source_ns = 1700000000000000000 + i * 1000000000LL,
			                 .node_ns = 1700000000000000000 + i * 1000000000LL,
			                 .type = VALUE_F64 };
	writer_t w = writer_of(buf, sizeof(buf));
	block_encode(rows, BLOCK_ROWS, &w);
	assert_false(w.bad);
	assert_in_range(w.len, 1, 11 * BLOCK_ROWS);
}

static void a_block_cut_anywhere_is_refused(void **state)
{
	(void)state;
	static block_row_t rows[BLOCK_ROWS], back[BLOCK_ROWS];
	static uint8_t buf[BLOCK_BYTES_MAX];
	rng_t rng = rng_of(2);
	size_t count = 30, got = 77;
	for (size_t i = 0; i < count; i++)
		rows[i] = some_row(&rng);
	writer_t w = writer_of(buf, sizeof(buf));
	block_encode(rows, count, &w);
	for (size_t len = 0; len < w.len; len++) {
		/* An allocation of its own, so that a read past its end shows. */
		uint8_t *cut = malloc(len + 1);
		assert_non_null(cut);
		memcpy(cut, buf, len);
		assert_int_equal(block_decode(slice_of(cut, len), back, &got), ERR_CORRUPT);
		free(cut);
	}
	assert_int_equal(got, 77);
	assert_int_equal(block_decode(slice_of(buf, w.len + 1), back, &got), ERR_CORRUPT);
}

static void foreign_codecs_counts_types_and_qualities_are_refused(void **state)
{
	(void)state;
	static block_row_t back[BLOCK_ROWS];
	size_t got;
	const uint8_t good[] = { 1, 1, 0, 0, VALUE_BOOL, 1, QUALITY_OK, 1, 1, 0, 0, 0, 0, 0, 0, 0 };
	const struct {
		size_t at;
		uint8_t byte;
	} bad[] = { { 0, 0 },          { 0, 2 }, { 1, 0 }, { 1, 2 },
		    { 4, VALUE_TEXT }, { 5, 0 }, { 5, 2 }, { 6, QUALITY_COUNT } };
	assert_int_equal(block_decode(slice_of(good, sizeof(good)), back, &got), ERR_OK);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint8_t bytes[sizeof(good)];
		memcpy(bytes, good, sizeof(good));
		bytes[bad[i].at] = bad[i].byte;
		assert_int_equal(block_decode(slice_of(bytes, sizeof(bytes)), back, &got),
		                 ERR_CORRUPT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_comes_back_bit_for_bit),
		cmocka_unit_test(regular_samples_take_under_eleven_bytes_a_row),
		cmocka_unit_test(a_block_cut_anywhere_is_refused),
		cmocka_unit_test(foreign_codecs_counts_types_and_qualities_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
