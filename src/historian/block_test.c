/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks: rows of any kind come back bit for bit; bytes that changed are noticed; what
 * points read together have in common has the same bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "base/num.h"
#include "historian/block.h"
#include "historian/digest.h"

#define OK(call) assert_int_equal((call), ERR_OK)

enum { ROUNDS = 300 };

typedef struct {
	rng_t rng;
	rowset_t rows, back;
	text_t bytes[BLOCK_PARTS];
} fixture_t;

static void fixture_free(fixture_t *f)
{
	rowset_free(&f->rows);
	rowset_free(&f->back);
	for (size_t i = 0; i < BLOCK_PARTS; i++)
		text_free(&f->bytes[i]);
}

static uint64_t some_bits(rng_t *rng, value_type_t type)
{
	double number = (double)rng_below(rng, 1000) / 10;
	switch (type) {
	case VALUE_BOOL:
		return rng_below(rng, 2);
	case VALUE_F64:
		if (rng_below(rng, 4) == 0)
			return rng_next(rng); /* denormals, NaNs with payload, infinities */
		uint64_t bits;
		memcpy(&bits, &number, sizeof(bits));
		return bits;
	case VALUE_NONE:
		return 0;
	case VALUE_F32:
		if (rng_below(rng, 4) == 0)
			return (uint32_t)rng_next(rng); /* as of doubles */
		value_t single = value_f32((float)number);
		return value_bits(&single);
	case VALUE_ENUM:
		return rng_below(rng, 8) ? rng_below(rng, 5) : (uint32_t)rng_next(rng);
	case VALUE_I64:
	case VALUE_U64:
	case VALUE_TEXT:
	case VALUE_TYPE_COUNT:
		break;
	}
	return rng_next(rng) >> rng_below(rng, 64);
}

/* One row as a set of one; texts from a small heap. */
static void add_row(fixture_t *f, int64_t source_ns, int64_t node_ns, value_type_t type)
{
	static const char words[] = "on off on off fault";
	uint64_t bits = type == VALUE_TEXT ? sample_text_bits((uint32_t)rng_below(&f->rng, 12), 4)
	                                   : some_bits(&f->rng, type);
	uint8_t kind = (uint8_t)type, mark = (uint8_t)rng_below(&f->rng, MARK_COUNT);
	rows_t row = { 1, &source_ns, &node_ns, &bits, &kind, &mark, slice_str(words), 0 };
	OK(rowset_add(&f->rows, &row));
}

static void fill(fixture_t *f, size_t count)
{
	rng_t *rng = &f->rng;
	int64_t at = (int64_t)rng_next(rng) / 4;
	bool is_mixed = rng_below(rng, 3) == 0;
	value_type_t type = (value_type_t)rng_below(rng, VALUE_TYPE_COUNT);
	rowset_clear(&f->rows);
	for (size_t i = 0; i < count; i++) {
		at += (int64_t)rng_below(rng, 1000);
		add_row(f, at, at + (int64_t)rng_below(rng, 50),
		        is_mixed ? (value_type_t)rng_below(rng, VALUE_TYPE_COUNT) : type);
	}
	OK(rowset_sort(&f->rows));
}

static void encode(fixture_t *f)
{
	column_hint_t hint = { 0 };
	rows_t rows = rowset_rows(&f->rows);
	const column_kernel_t *kernel = rng_below(&f->rng, 2) ? column_kernel(ISA_PLAIN)
	                                                      : column_kernel_coding(ISA_PLAIN);
	for (block_part_t part = BLOCK_SOURCE; part < BLOCK_PARTS; part++) {
		text_free(&f->bytes[part]);
		f->bytes[part] = text_of(1 << 20);
		OK(block_encode(kernel, part, &rows, &hint, &f->bytes[part]));
	}
}

static err_t decode(fixture_t *f)
{
	slice_t parts[BLOCK_PARTS];
	for (size_t i = 0; i < BLOCK_PARTS; i++)
		parts[i] = text_slice(&f->bytes[i]);
	rowset_clear(&f->back);
	return block_decode(column_kernel(ISA_PLAIN), parts, f->rows.count, &f->back);
}

static void assert_same(const fixture_t *f)
{
	rows_t a = rowset_rows(&f->rows), b = rowset_rows(&f->back);
	assert_int_equal(a.count, b.count);
	for (size_t i = 0; i < a.count; i++) {
		assert_int_equal(rows_compare(&a, i, &b, i), 0);
		if (a.type[i] != VALUE_TEXT)
			assert_int_equal(a.bits[i], b.bits[i]);
	}
}

static void rows_of_any_kind_come_back_bit_for_bit(void **state)
{
	(void)state;
	fixture_t f = { .rng = rng_of(1) };
	for (int i = 0; i < ROUNDS; i++) {
		fill(&f, i % 7 ? 1 + rng_below(&f.rng, BLOCK_ROWS) : BLOCK_ROWS);
		encode(&f);
		OK(decode(&f));
		assert_same(&f);
	}
	fixture_free(&f);
}

/* As sensors are: few decimals, written as the nearest float. */
static void floats_and_states_are_stored_at_their_size(void **state)
{
	(void)state;
	static const value_type_t types[] = { VALUE_F64, VALUE_F32, VALUE_ENUM };
	size_t sizes[3];
	for (size_t t = 0; t < 3; t++) {
		fixture_t f = { .rng = rng_of(5) };
		for (int64_t i = 0; i < BLOCK_ROWS; i++) {
			add_row(&f, i, i, types[t]);
			float single = (float)((double)rng_below(&f.rng, 40000) / 1000);
			uint64_t state_bits = rng_below(&f.rng, 4);
			value_t values[] = { value_f64((double)single), value_f32(single),
				             value_enum((uint32_t)state_bits) };
			f.rows.bits[i] = value_bits(&values[t]);
		}
		encode(&f);
		OK(decode(&f));
		assert_same(&f);
		sizes[t] = f.bytes[BLOCK_VALUE].len;
		fixture_free(&f);
	}
	assert_true(sizes[1] <= 3 * BLOCK_ROWS);
	assert_true(sizes[1] <= sizes[0] + 8);
	assert_true(sizes[2] <= BLOCK_ROWS / 4 + 32);
}

static void a_changed_byte_is_noticed(void **state)
{
	(void)state;
	fixture_t f = { .rng = rng_of(2) };
	for (int i = 0; i < ROUNDS; i++) {
		fill(&f, 1 + rng_below(&f.rng, 200));
		encode(&f);
		text_t *part = &f.bytes[rng_below(&f.rng, BLOCK_PARTS)];
		part->ptr[rng_below(&f.rng, part->len)] ^= (uint8_t)(1 << rng_below(&f.rng, 8));
		assert_int_equal(decode(&f), ERR_CORRUPT);
		assert_int_equal(f.back.count, 0);
	}
	fixture_free(&f);
}

static void late_rows_are_sorted_in(void **state)
{
	(void)state;
	fixture_t f = { .rng = rng_of(3) };
	for (int round = 0; round < 20; round++) {
		rowset_clear(&f.rows);
		for (int64_t i = 0; i < 500; i++)
			add_row(&f, rng_below(&f.rng, 10) ? i : (int64_t)rng_below(&f.rng, 500), i,
			        VALUE_TEXT);
		OK(rowset_sort(&f.rows));
		rows_t rows = rowset_rows(&f.rows);
		assert_int_equal(rows.count, 500);
		for (size_t i = 1; i < rows.count; i++)
			assert_true(rows_compare(&rows, i - 1, &rows, i) <= 0);
	}
	fixture_free(&f);
}

static void assert_near(double a, double b)
{
	assert_true(a == b || (a != a && b != b) ||
	            (a - b) * (a - b) <= 1e-18 * (a * a + b * b + 1));
}

static void assert_same_summary(const summary_t *a, const summary_t *b)
{
	assert_int_equal(a->count, b->count);
	assert_int_equal(a->usable, b->usable);
	assert_int_equal(a->late, b->late);
	assert_int_equal(a->usable_ns, b->usable_ns);
	assert_int_equal(a->nonzero_ns, b->nonzero_ns);
	assert_int_equal(a->first_usable.ns, b->first_usable.ns);
	assert_int_equal(a->last_usable.bits, b->last_usable.bits);
	assert_int_equal(a->first.bits, b->first.bits);
	assert_int_equal(a->transitions, b->transitions);
	assert_int_equal(a->min_times, b->min_times);
	assert_int_equal(a->max_ns, b->max_ns);
	assert_near(a->sum, b->sum);
	assert_near(a->m2, b->m2);
	assert_near(a->area_sloped, b->area_sloped);
	assert_near(a->increase, b->increase);
}

static void a_digest_of_rows_is_their_summary_and_comes_back(void **state)
{
	(void)state;
	static const value_type_t types[] = { VALUE_F64, VALUE_F32, VALUE_ENUM };
	fixture_t f = { .rng = rng_of(4) };
	uint8_t bytes[DIGEST_BYTES_MAX];
	for (int i = 0; i < ROUNDS; i++) {
		bool is_simple = i % 2;
		rowset_clear(&f.rows);
		for (int64_t k = 0, n = 1 + (int64_t)rng_below(&f.rng, 50); k < n; k++)
			add_row(&f, k * NS_PER_S + (is_simple ? 0 : (int64_t)rng_below(&f.rng, 9)),
			        k, types[i / 2 % 3]);
		for (size_t k = 0; is_simple && k < f.rows.count; k++) {
			double number = (double)rng_below(&f.rng, 100) / 10;
			value_t values[] = { value_f64(number), value_f32((float)number),
				             value_enum((uint32_t)number) };
			f.rows.bits[k] = value_bits(&values[i / 2 % 3]);
			f.rows.mark[k] = 0;
		}
		rows_t rows = rowset_rows(&f.rows);
		summary_t made = digest_rows(&rows), folded = { 0 };
		for (size_t k = 0; k < rows.count; k++) {
			summary_end_t end = { rows.source_ns[k], rows.bits[k], rows.type[k],
				              mark_quality(rows.mark[k]) };
			summary_add(&folded, &end, rows.mark[k] & MARK_LATE);
		}
		writer_t w = writer_of(bytes, sizeof(bytes));
		digest_encode(&made, &w);
		assert_false(w.bad);
		reader_t r = reader_of(writer_done(&w));
		summary_t back = digest_decode(&r, made.count, made.first.ns, made.last.ns);
		assert_false(r.bad);
		assert_int_equal(r.in.len, 0);
		if (is_simple)
			assert_same_summary(&made, &folded);
		assert_same_summary(&made, &back);
	}
	fixture_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_of_any_kind_come_back_bit_for_bit),
		cmocka_unit_test(floats_and_states_are_stored_at_their_size),
		cmocka_unit_test(a_changed_byte_is_noticed),
		cmocka_unit_test(late_rows_are_sorted_in),
		cmocka_unit_test(a_digest_of_rows_is_their_summary_and_comes_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
