/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes small, how, and that a series keeps to it. */
#include "codec/column/column_fixture_test.h"
#include "codec/column/real.h"
#include "codec/column/whole.h"

enum { HEAD = 3 }; /* of columns longer than 127 bytes */

static const column_kernel_t *plain(void)
{
	return column_kernel(ISA_PLAIN);
}

static slice_t column_of(sort_t sort, column_kind_t kind, column_hint_t *hint, uint8_t *room)
{
	uint64_t rows[COLUMN_ROWS];
	fill_sort(sort, 77, rows, COLUMN_ROWS);
	return there_and_back(&(way_t){ plain(), kind, COLUMN_ROWS, hint }, rows, room);
}

static double bits_each(slice_t column)
{
	return (double)column.len * 8 / COLUMN_ROWS;
}

/* The bits of a value at most, and the form that makes it so. */
typedef struct {
	sort_t sort;
	double scale, offset, bits;
	uint8_t form;
} size_row_t;

static void doubles_take_the_form_that_makes_them_small(void **state)
{
	static const uint8_t narrow_quotient = FORM_DIV | STYLE_NARROW;
	const size_row_t sizes[] = {
		{ SORT_TENTHS, 0, 0, 5.1, FORM_DIV },
		{ SORT_SEVENTH, 0, 0, 5.1, FORM_DIV },
		{ SORT_PRODUCT, 0, 0, 5.1, FORM_MUL },
		{ SORT_COUNTER, 0, 0, 2.2, FORM_DIV },
		{ SORT_COUNTS, COUNTS_SCALE, 0, 5.3, FORM_LINEAR },
		{ SORT_COUNTS, 0, 0, 5.3, FORM_LINEAR },
		{ SORT_OFFSET, COUNTS_SCALE, COUNTS_OFFSET, 5.3, FORM_LINEAR },
		{ SORT_FLOAT, 0, 0, 23.2, FORM_FLOAT },
		{ SORT_FLOAT_TENTHS, 0, 0, 5.1, narrow_quotient },
		{ SORT_OTHERWISE, COUNTS_SCALE, 0, 8, FORM_LINEAR | STYLE_NEAR },
		{ SORT_OTHERWISE, 0, 0, 8, FORM_LINEAR | STYLE_NEAR },
		{ SORT_OTHERWISE_FLOAT, COUNTS_SCALE, 0, 8,
		  FORM_LINEAR | STYLE_NEAR | STYLE_NARROW },
		{ SORT_SUM, 0, 0, 8, FORM_DIV | STYLE_NEAR },
		{ SORT_NOISE, 0, 0, 57, FORM_SPLIT },
		{ SORT_SPIKES, 0, 0, 6.0, FORM_MUL },
		{ SORT_RARE, 0, 0, 5.7, FORM_DIV },
		{ SORT_RANDOM, 0, 0, 64.1, FORM_WHOLE },
	};
	uint8_t room[COLUMN_BYTES_MAX];
	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		column_hint_t hint = { .scale = sizes[i].scale, .offset = sizes[i].offset };
		slice_t column = column_of(sizes[i].sort, COLUMN_REAL, &hint, room);
		if (column.ptr[HEAD] != sizes[i].form || bits_each(column) > sizes[i].bits)
			fail_msg("sort %d: form %x, %f bits", sizes[i].sort, column.ptr[HEAD],
			         bits_each(column));
	}
}

typedef struct {
	sort_t sort;
	uint8_t shape;
	double bits;
} shape_row_t;

static void whole_numbers_take_the_shape_that_makes_them_small(void **state)
{
	static const shape_row_t shapes[] = {
		{ SORT_SMALL, SHAPE_FLAT, 3.1 },
		{ SORT_RAMP, SHAPE_RAMP, 2.2 },
		{ SORT_SQUARES, SHAPE_DELTA2, 3.2 },
		{ SORT_JUMPS, SHAPE_DELTA | WHOLE_PATCHED, 2.4 },
		{ SORT_RANDOM, SHAPE_RAW, 64.1 },
	};
	uint8_t room[COLUMN_BYTES_MAX];
	(void)state;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		slice_t column = column_of(shapes[i].sort, COLUMN_INT, NULL, room);
		if (column.ptr[HEAD] != shapes[i].shape || bits_each(column) > shapes[i].bits)
			fail_msg("sort %d: shape %x, %f bits", shapes[i].sort, column.ptr[HEAD],
			         bits_each(column));
	}
	slice_t column = column_of(SORT_STEPS, COLUMN_INT, NULL, room);
	assert_int_equal(column.ptr[HEAD - 1], SHAPE_STEPS);
	assert_true(column.len < 80);
}

static void rows_that_do_not_change_need_a_few_bytes(void **state)
{
	uint64_t rows[COLUMN_ROWS];
	uint8_t room[COLUMN_BYTES_MAX];
	(void)state;
	for (column_kind_t kind = 0; kind < COLUMN_TEXT; kind++) {
		for (size_t i = 0; i < COLUMN_ROWS; i++)
			rows[i] = kind == COLUMN_REAL ? bits_of(NAN) : 200;
		way_t way = { plain(), kind, COLUMN_ROWS, NULL };
		assert_in_range(there_and_back(&way, rows, room).len, 4, 16);
	}
}

static double time_bits(uint64_t step_ns, uint64_t jitter_ms, uint64_t missing)
{
	uint64_t rows[COLUMN_ROWS], rng = 5, at = UINT64_C(1700000000) * 1000000000;
	uint8_t room[COLUMN_BYTES_MAX];
	for (size_t i = 0; i < COLUMN_ROWS; i++, at += step_ns) {
		while (missing && random_bits(&rng) % missing == 0)
			at += step_ns;
		uint64_t off_ms = jitter_ms ? random_bits(&rng) % (2 * jitter_ms + 1) : 0;
		rows[i] = at + off_ms * 1000000;
	}
	way_t way = { plain(), COLUMN_TIME, COLUMN_ROWS, NULL };
	return bits_each(there_and_back(&way, rows, room));
}

static void times_need_what_is_irregular_in_them(void **state)
{
	(void)state;
	assert_true(time_bits(10000000000, 0, 0) <= 0.1);
	assert_true(time_bits(0 - UINT64_C(10000000000), 0, 0) <= 0.1);
	assert_true(time_bits(0, 0, 0) <= 0.2);
	assert_true(time_bits(123456789, 0, 0) <= 0.2);
	assert_true(time_bits(1000000000, 2, 0) <= 3.3);
	assert_true(time_bits(10000000000, 0, 20) <= 1.1);
}

static void times_far_apart_and_out_of_order_come_back(void **state)
{
	uint64_t rows[COLUMN_ROWS], rng = 11;
	uint8_t room[COLUMN_BYTES_MAX];
	(void)state;
	for (unsigned shift = 0; shift < 60; shift += 3) {
		for (size_t i = 0; i < COLUMN_ROWS; i++)
			rows[i] = (random_bits(&rng) >> shift) * 1000 - (shift % 2 ? 1U << 20 : 0);
		there_and_back(&(way_t){ plain(), COLUMN_TIME, COLUMN_ROWS, NULL }, rows, room);
		there_and_back(&(way_t){ plain(), COLUMN_TIME, 5, NULL }, rows, room);
	}
}

/* The scale was set from the configuration; the choice shows that it was used. */
static void a_scaling_that_changes_is_followed(void **state)
{
	uint64_t rows[COLUMN_ROWS];
	uint8_t room[COLUMN_BYTES_MAX];
	(void)state;
	column_hint_t hint = { .scale = COUNTS_SCALE };
	way_t way = { plain(), COLUMN_REAL, COLUMN_ROWS, &hint };
	fill_sort(SORT_COUNTS, 1, rows, COLUMN_ROWS);
	size_t len = there_and_back(&way, rows, room).len;
	hint.offset = COUNTS_OFFSET;
	fill_sort(SORT_OFFSET, 1, rows, COLUMN_ROWS);
	assert_in_range(there_and_back(&way, rows, room).len, len / 2, len + len / 4);
}

/* At once it costs at most what the old one did, a quarter more and a bit a value; once the
 * style has served its time no more than a new series. */
static void check_change(sort_t from, sort_t to)
{
	uint64_t rows[COLUMN_ROWS];
	uint8_t room[COLUMN_BYTES_MAX];
	column_hint_t hint = { 0 };
	way_t fresh = { plain(), COLUMN_REAL, COLUMN_ROWS, NULL }, way = fresh;
	way.hint = &hint;
	fill_sort(from, 1, rows, COLUMN_ROWS);
	size_t old = there_and_back(&way, rows, room).len;
	fill_sort(to, 2, rows, COLUMN_ROWS);
	size_t best = there_and_back(&fresh, rows, room).len;
	size_t now = there_and_back(&way, rows, room).len;
	if (now > best && now > old * 5 / 4 + COLUMN_ROWS / 8 + 32)
		fail_msg("sort %d to %d: %zu bytes, not %zu", from, to, now, best);
	hint.patience = 0;
	assert_true(there_and_back(&way, rows, room).len <= best);
}

static void a_series_that_becomes_another_is_thought_over(void **state)
{
	(void)state;
	for (sort_t from = 0; from < SORT_RAMP; from++)
		for (sort_t to = 0; to < SORT_RAMP; to++)
			check_change(from, to);
}

static void patience_with_a_style_comes_to_an_end(void **state)
{
	uint64_t rows[COLUMN_ROWS];
	uint8_t room[COLUMN_BYTES_MAX];
	column_hint_t hint = { 0 };
	way_t way = { plain(), COLUMN_REAL, COLUMN_ROWS, &hint };
	(void)state;
	fill_sort(SORT_NOISE, 1, rows, COLUMN_ROWS);
	there_and_back(&way, rows, room);
	fill_sort(SORT_TENTHS, 2, rows, COLUMN_ROWS);
	assert_true(there_and_back(&way, rows, room).len > 10 * COLUMN_ROWS / 8);
	for (unsigned block = 0; block < 33; block++)
		there_and_back(&way, rows, room);
	assert_true(there_and_back(&way, rows, room).len < 6 * COLUMN_ROWS / 8);
}

/* The same numbers in blocks of one length: hints make the same bytes as a choice. */
static void a_hint_of_a_like_block_costs_nothing(void **state)
{
	uint64_t rows[COLUMN_ROWS];
	uint8_t room[COLUMN_BYTES_MAX], again[COLUMN_BYTES_MAX];
	(void)state;
	for (sort_t sort = 0; sort < SORT_RAMP; sort++) {
		column_hint_t hint = { 0 };
		way_t way = { plain(), COLUMN_REAL, COLUMN_ROWS, &hint };
		fill_sort(sort, 1, rows, COLUMN_ROWS);
		slice_t first = there_and_back(&way, rows, room);
		slice_t second = there_and_back(&way, rows, again);
		assert_int_equal(first.len, second.len);
		assert_memory_equal(room, again, first.len);
	}
}

/* One block in so many has a rare word more or less than another. */
static void noise_is_as_small_in_every_block(void **state)
{
	uint64_t rows[COLUMN_ROWS], rng = 88172645463325252;
	uint8_t room[COLUMN_BYTES_MAX];
	column_hint_t hint = { 0 };
	way_t way = { plain(), COLUMN_REAL, COLUMN_ROWS, &hint };
	(void)state;
	for (unsigned block = 0; block < 40; block++) {
		for (size_t i = 0; i < COLUMN_ROWS; i++)
			rows[i] = bits_of((double)(random_bits(&rng) >> 11) * 0x1p-53);
		double bits = bits_each(there_and_back(&way, rows, room));
		if (bits > 55.4)
			fail_msg("block %u: %f bits", block, bits);
	}
}

static void few_values_take_few_bytes(void **state)
{
	uint64_t rows[COLUMN_ROWS];
	uint8_t room[COLUMN_BYTES_MAX];
	(void)state;
	column_hint_t hint = { 0 };
	fill_sort(SORT_TENTHS, 1, rows, COLUMN_ROWS);
	for (size_t n = 1; n < 200; n++) {
		way_t way = { plain(), COLUMN_REAL, n, &hint };
		assert_true(there_and_back(&way, rows, room).len <= 24 + n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(doubles_take_the_form_that_makes_them_small),
		cmocka_unit_test(whole_numbers_take_the_shape_that_makes_them_small),
		cmocka_unit_test(rows_that_do_not_change_need_a_few_bytes),
		cmocka_unit_test(times_need_what_is_irregular_in_them),
		cmocka_unit_test(times_far_apart_and_out_of_order_come_back),
		cmocka_unit_test(a_scaling_that_changes_is_followed),
		cmocka_unit_test(a_series_that_becomes_another_is_thought_over),
		cmocka_unit_test(patience_with_a_style_comes_to_an_end),
		cmocka_unit_test(a_hint_of_a_like_block_costs_nothing),
		cmocka_unit_test(noise_is_as_small_in_every_block),
		cmocka_unit_test(few_values_take_few_bytes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
