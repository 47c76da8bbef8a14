/* SPDX-License-Identifier: Apache-2.0 */
/* Batches as columns of bytes: what is read back is what was written, and nothing that
 * was not written is taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "base/num.h"
#include "model/sample_columns.h"

enum { ROUNDS = 60, CUTS = 400 };

typedef struct {
	sample_rows_t rows, back;
	uint8_t bytes[SAMPLE_COLUMNS_MAX];
	slice_t written;
} fixture_t;

static value_t some_value(rng_t *rng)
{
	static const char words[] = "idle running stopped";
	switch (rng_below(rng, 7)) {
	case 0:
		return value_bool(rng_below(rng, 2));
	case 1:
		return value_i64((int64_t)rng_next(rng));
	case 2:
		return value_text(slice_sub(slice_str(words), rng_below(rng, 30), 5));
	case 3:
		return (value_t){ 0 };
	case 4:
		return value_from_bits(VALUE_F32, (uint32_t)rng_next(rng));
	case 5:
		return value_enum((uint32_t)rng_next(rng));
	default:
		return value_from_bits(VALUE_F64, rng_next(rng));
	}
}

/* Ramps when `wild` is 0; the more, the less order. */
static void fill(fixture_t *f, rng_t *rng, size_t count, uint64_t wild)
{
	f->rows.count = 0;
	for (size_t i = 0; i < count; i++) {
		bool odd = rng_below(rng, 100) < wild;
		sample_t s = { .point = (point_id_t)(1 + i % 1000),
			       .source = { (int64_t)(i / 1000) * NS_PER_S },
			       .node = { 77 },
			       .value = odd ? some_value(rng) : value_f64((double)i) };
		if (odd) {
			s.point = (point_id_t)rng_next(rng);
			s.source.ns = (int64_t)rng_next(rng);
			s.node.ns = (int64_t)rng_next(rng);
			s.quality = (quality_t)rng_below(rng, QUALITY_COUNT);
		}
		assert_true(sample_rows_add(&f->rows, &s));
	}
	sample_batch_t batch = sample_rows_batch(&f->rows);
	writer_t w = writer_of(f->bytes, sizeof(f->bytes));
	sample_columns_encode(&batch, &w);
	assert_false(w.bad);
	f->written = writer_done(&w);
}

static void assert_same(const fixture_t *f)
{
	sample_batch_t a = sample_rows_batch(&f->rows), b = sample_rows_batch(&f->back);
	assert_int_equal(a.count, b.count);
	for (size_t i = 0; i < a.count; i++) {
		sample_t x = sample_batch_get(&a, i), y = sample_batch_get(&b, i);
		assert_int_equal(x.point, y.point);
		assert_int_equal(x.source.ns, y.source.ns);
		assert_int_equal(x.node.ns, y.node.ns);
		assert_int_equal(x.quality, y.quality);
		assert_true(value_eq(&x.value, &y.value));
	}
}

static void columns_come_back_as_they_were(void **state)
{
	(void)state;
	fixture_t *f = calloc(1, sizeof(*f));
	rng_t rng = rng_of(3);
	assert_non_null(f);
	for (uint64_t round = 0; round < ROUNDS; round++) {
		size_t count = round % 3 ? 1 + rng_below(&rng, SAMPLE_ROWS_MAX) : SAMPLE_ROWS_MAX;
		fill(f, &rng, count, round % 5 * 25);
		assert_int_equal(sample_columns_decode(f->written, &f->back), ERR_OK);
		assert_same(f);
	}
	free(f);
}

static void rows_in_order_take_little_more_than_their_values(void **state)
{
	(void)state;
	fixture_t *f = calloc(1, sizeof(*f));
	rng_t rng = rng_of(3);
	assert_non_null(f);
	fill(f, &rng, SAMPLE_ROWS_MAX, 0);
	assert_in_range(f->written.len, 8 * SAMPLE_ROWS_MAX, 8 * SAMPLE_ROWS_MAX + 120);
	free(f);
}

static void bits_that_a_type_cannot_have_are_refused(void **state)
{
	(void)state;
	static const value_type_t narrow[] = { VALUE_F32, VALUE_ENUM };
	fixture_t *f = calloc(1, sizeof(*f));
	rng_t rng = rng_of(3);
	assert_non_null(f);
	for (size_t i = 0; i < 2; i++) {
		fill(f, &rng, 9, 0);
		f->rows.type[8] = (uint8_t)narrow[i];
		f->rows.bits[8] = UINT64_C(1) << 32;
		sample_batch_t batch = sample_rows_batch(&f->rows);
		writer_t w = writer_of(f->bytes, sizeof(f->bytes));
		sample_columns_encode(&batch, &w);
		assert_int_equal(sample_columns_decode(writer_done(&w), &f->back), ERR_MALFORMED);
		f->rows.bits[8] = UINT32_MAX;
		w.len = 0;
		sample_columns_encode(&batch, &w);
		assert_int_equal(sample_columns_decode(writer_done(&w), &f->back), ERR_OK);
	}
	free(f);
}

static void what_was_cut_or_changed_is_refused_or_harmless(void **state)
{
	(void)state;
	fixture_t *f = calloc(1, sizeof(*f));
	rng_t rng = rng_of(3);
	assert_non_null(f);
	fill(f, &rng, 300, 30);
	for (size_t i = 0; i < CUTS; i++) {
		size_t len = rng_below(&rng, f->written.len);
		assert_int_equal(sample_columns_decode(slice_sub(f->written, 0, len), &f->back),
		                 ERR_MALFORMED);
		assert_int_equal(f->back.count, 0);
		f->bytes[len] ^= (uint8_t)(1 + rng_below(&rng, 255));
		if (sample_columns_decode(f->written, &f->back) == ERR_OK) {
			sample_batch_t batch = sample_rows_batch(&f->back);
			for (size_t k = 0; k < batch.count; k++)
				assert_true(sample_batch_get(&batch, k).quality < QUALITY_COUNT);
		}
	}
	f->bytes[0] = 2;
	assert_int_equal(sample_columns_decode(f->written, &f->back), ERR_NEWER_FORMAT);
	free(f);
}

static void texts_too_many_for_the_heap_are_refused(void **state)
{
	(void)state;
	fixture_t *f = calloc(1, sizeof(*f));
	assert_non_null(f);
	sample_t s = { .point = 1, .value = value_text(slice_of(f->bytes, SAMPLE_TEXT_MAX)) };
	assert_true(sample_rows_add(&f->rows, &s));
	s.value = value_text(slice_of(f->bytes, 1));
	assert_false(sample_rows_add(&f->rows, &s));
	assert_int_equal(f->rows.count, 1);
	f->rows.count = 0;
	assert_true(sample_rows_add(&f->rows, &s));
	free(f);
}

static void rows_filled_together_are_those_added_one_by_one(void **state)
{
	(void)state;
	fixture_t *f = calloc(1, sizeof(*f));
	assert_non_null(f);
	for (size_t i = 0; i < SAMPLE_ROWS_MAX; i++) {
		sample_t s = { .point = i < 7 ? 1 : 9,
			       .node = { i < 7 ? 3 : 77 },
			       .value = i < 7 ? value_f64(0) : value_i64(0),
			       .quality = i < 7 ? QUALITY_OK : QUALITY_OVERRIDDEN };
		assert_true(sample_rows_add(&f->rows, &s));
		if (i < 7)
			assert_true(sample_rows_add(&f->back, &s));
	}
	sample_t common = {
		.point = 9, .node = { 77 }, .value = value_i64(0), .quality = QUALITY_OVERRIDDEN
	};
	sample_rows_fill(&f->back, SAMPLE_ROWS_MAX - 7, &common);
	assert_int_equal(f->back.count, 7);
	f->back.count = SAMPLE_ROWS_MAX;
	assert_same(f);
	free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_come_back_as_they_were),
		cmocka_unit_test(rows_in_order_take_little_more_than_their_values),
		cmocka_unit_test(bits_that_a_type_cannot_have_are_refused),
		cmocka_unit_test(what_was_cut_or_changed_is_refused_or_harmless),
		cmocka_unit_test(texts_too_many_for_the_heap_are_refused),
		cmocka_unit_test(rows_filled_together_are_those_added_one_by_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
