/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/num.h"
#include "sketch/classes.h"
#include "sketch/hyperloglog.h"
#include "sketch/quantiles.h"

enum { ROOM = 4096 };

typedef struct {
	uint8_t bytes[ROOM];
	size_t len;
} form_t;

static slice_t form_bytes(const form_t *form)
{
	return slice_of(form->bytes, form->len);
}

static bool same_form(const form_t *a, const form_t *b)
{
	return slice_eq(form_bytes(a), form_bytes(b));
}

/* What every form owes: nothing short of it, nothing behind it, and no newer one. */
static void assert_strict(const form_t *form, err_t (*read)(slice_t bytes))
{
	form_t wrong = *form;
	assert_int_equal(read(form_bytes(form)), ERR_OK);
	for (size_t len = 0; len < form->len; len++)
		assert_int_equal(read(slice_of(form->bytes, len)), ERR_MALFORMED);
	wrong.bytes[wrong.len++] = 0;
	assert_int_equal(read(form_bytes(&wrong)), ERR_MALFORMED);
	wrong.bytes[0] = 2;
	assert_int_equal(read(form_bytes(&wrong)), ERR_NEWER_FORMAT);
	wrong.bytes[0] = 0;
	assert_int_equal(read(form_bytes(&wrong)), ERR_MALFORMED);
}

/* Distinct */

static hyperloglog_t set_of(uint64_t seed, size_t count)
{
	rng_t rng = rng_of(seed);
	hyperloglog_t set;
	hyperloglog_clear(&set);
	for (size_t i = 0; i < count; i++)
		hyperloglog_add(&set, rng_next(&rng));
	return set;
}

static form_t set_form(const hyperloglog_t *set)
{
	form_t form;
	writer_t w = writer_of(form.bytes, HYPERLOGLOG_BYTES_MAX);
	hyperloglog_put(set, &w);
	assert_false(w.bad);
	form.len = w.len;
	return form;
}

static err_t read_set(slice_t bytes)
{
	hyperloglog_t set;
	return hyperloglog_read(bytes, &set);
}

static hyperloglog_t joined(const hyperloglog_t *a, const hyperloglog_t *b)
{
	hyperloglog_t set = *a;
	hyperloglog_merge(&set, b);
	return set;
}

static void distinct_counts_have_a_standard_error_of_1_63_percent(void **state)
{
	(void)state;
	static const size_t counts[] = { 1, 30, 1000, 4096, 12000, 20000, 100000 };
	enum { TRIALS = 80 };
	for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++) {
		double n = (double)counts[c], squares = 0, sum = 0;
		for (uint64_t trial = 0; trial < TRIALS; trial++) {
			hyperloglog_t set = set_of(1000 * c + trial, counts[c]);
			double off = (hyperloglog_count(&set) - n) / n;
			assert_true(fabs(off) <= 5 * 0.01625);
			squares += off * off;
			sum += off;
		}
		/* A deviation over 80 trials is itself known to 8 percent. */
		assert_true(sqrt(squares / TRIALS) <= 0.01625 * 1.25);
		assert_true(fabs(sum / TRIALS) <= 0.01625 * 0.4);
	}
}

static void distinct_of_nothing_is_0_and_of_every_hash_there_is_is_finite(void **state)
{
	(void)state;
	hyperloglog_t set = set_of(1, 0);
	assert_true(hyperloglog_count(&set) == 0);
	for (uint64_t i = 0; i < HYPERLOGLOG_REGISTERS; i++)
		hyperloglog_add(&set, i << 52);
	assert_true(hyperloglog_count(&set) > 0x1p60);
	form_t full = set_form(&set);
	assert_int_equal(full.len, HYPERLOGLOG_BYTES_MAX);
	assert_int_equal(read_set(form_bytes(&full)), ERR_OK);
}

static void sets_join_in_any_order_and_as_often_as_one_likes(void **state)
{
	(void)state;
	rng_t rng = rng_of(4);
	for (uint64_t trial = 0; trial < 40; trial++) {
		hyperloglog_t a = set_of(trial, rng_below(&rng, 9000));
		hyperloglog_t b = set_of(trial + 7, rng_below(&rng, 900));
		hyperloglog_t c = set_of(trial + 9, rng_below(&rng, 90));
		hyperloglog_t ab = joined(&a, &b), ba = joined(&b, &a), bc = joined(&b, &c);
		hyperloglog_t left = joined(&ab, &c), right = joined(&a, &bc);
		form_t forms[] = { set_form(&left), set_form(&right) };
		assert_memory_equal(&ab, &ba, sizeof(ab));
		assert_true(same_form(&forms[0], &forms[1]));
		left = joined(&left, &b);
		assert_memory_equal(&left, &right, sizeof(left));
	}
}

static void a_joined_set_counts_what_both_saw_once(void **state)
{
	(void)state;
	hyperloglog_t park = set_of(3, 6000), plant = set_of(3, 2000), all = joined(&park, &plant);
	assert_memory_equal(&all, &park, sizeof(all));
}

static void sets_are_read_back_in_their_shorter_form_alone(void **state)
{
	(void)state;
	bool was_sparse = false, was_dense = false;
	for (size_t count = 0; count < 3000; count += 1 + count / 5) {
		hyperloglog_t set = set_of(count, count), back;
		form_t form = set_form(&set), again;
		assert_int_equal(hyperloglog_read(form_bytes(&form), &back), ERR_OK);
		assert_memory_equal(&back, &set, sizeof(set));
		again = set_form(&back);
		assert_true(same_form(&form, &again));
		was_sparse = was_sparse || form.bytes[1] == 0;
		was_dense = was_dense || form.bytes[1] == 1;
		assert_true(form.bytes[1] == 1 || form.len <= 4 + 3 * count);
		if (count % 7 == 0 || form.bytes[1])
			assert_strict(&form, read_set);
	}
	assert_true(was_sparse && was_dense);
}

static void hostile_sets_are_refused(void **state)
{
	(void)state;
	static const uint8_t rows[][8] = {
		{ 1, 2, 0 },                      /* no such form */
		{ 1, 0, 1, 0, 0 },                /* a register that is 0 */
		{ 1, 0, 1, 0, 54 },               /* a rank above all */
		{ 1, 0, 1, 0x80, 0x20, 1 },       /* register 4096 */
		{ 1, 0, 2, 0xFF, 0x1F, 1, 0, 1 }, /* and the one behind the last */
		{ 1, 0, 0x80, 0x00 },             /* a number longer than needed */
		{ 1, 0, 0xFF, 0xFF, 0xFF, 0x7F }, /* more than there can be */
	};
	static const size_t lens[] = { 3, 5, 5, 6, 8, 4, 6 };
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++)
		assert_int_equal(read_set(slice_of(rows[i], lens[i])), ERR_MALFORMED);
	hyperloglog_t dense = set_of(1, 9000);
	form_t form = set_form(&dense);
	memset(&form.bytes[2], 0, HYPERLOGLOG_BYTES_MAX - 2); /* sparse would be shorter */
	assert_int_equal(read_set(form_bytes(&form)), ERR_MALFORMED);
	form = set_form(&dense);
	form.bytes[2] |= 0x3F; /* rank 63 */
	assert_int_equal(read_set(form_bytes(&form)), ERR_MALFORMED);
}

/* Classes */

static form_t classes_form(const classes_t *classes)
{
	form_t form;
	writer_t w = writer_of(form.bytes, CLASSES_BYTES_MAX);
	classes_put(classes, &w);
	assert_false(w.bad);
	form.len = w.len;
	return form;
}

static err_t read_classes(slice_t bytes)
{
	classes_t classes;
	return classes_read(bytes, &classes);
}

static void a_number_counts_in_the_class_that_begins_at_or_below_it(void **state)
{
	(void)state;
	static const double bounds[] = { -1, 0, 10 };
	static const struct {
		double number;
		size_t class;
	} rows[] = { { -INFINITY, 0 }, { -1.001, 0 }, { -1, 1 },      { -0.0, 2 },
		     { 9.999, 2 },     { 10, 3 },     { INFINITY, 3 } };
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		classes_t classes;
		classes_clear(&classes, 3);
		assert_int_equal(classes_add(&classes, bounds, rows[i].number, 5), ERR_OK);
		assert_int_equal(classes_add(&classes, bounds, (double)NAN, 5), ERR_OK);
		for (size_t k = 0; k < 4; k++)
			assert_int_equal(classes.counts[k], k == rows[i].class ? 5 : 0);
	}
}

static classes_t random_classes(rng_t *rng)
{
	classes_t classes = { .count = CLASSES_MAX };
	for (size_t i = 0; i < classes.count; i++)
		classes.counts[i] = rng_next(rng) >> (4 + rng_below(rng, 60));
	return classes;
}

static classes_t added(const classes_t *a, const classes_t *b)
{
	classes_t classes = *a;
	assert_int_equal(classes_merge(&classes, b), ERR_OK);
	return classes;
}

static void classes_add_in_any_order_and_are_read_back(void **state)
{
	(void)state;
	rng_t rng = rng_of(8);
	for (int trial = 0; trial < 50; trial++) {
		classes_t a = random_classes(&rng), b = random_classes(&rng);
		classes_t c = random_classes(&rng), ab = added(&a, &b), ba = added(&b, &a);
		classes_t bc = added(&b, &c), left = added(&ab, &c), right = added(&a, &bc), back;
		assert_memory_equal(&ab, &ba, sizeof(ab));
		assert_memory_equal(&left, &right, sizeof(left));
		form_t form = classes_form(&left), again;
		assert_int_equal(classes_read(form_bytes(&form), &back), ERR_OK);
		again = classes_form(&back);
		assert_true(same_form(&form, &again));
		assert_memory_equal(&back, &left, sizeof(left));
		if (trial == 0)
			assert_strict(&form, read_classes);
	}
}

static void classes_of_other_bounds_or_beyond_64_bits_do_not_add(void **state)
{
	(void)state;
	static const double bounds[] = { 1, 2 };
	classes_t two, three, before;
	classes_clear(&two, 1);
	classes_clear(&three, 2);
	assert_int_equal(classes_merge(&two, &three), ERR_CONFLICT);
	assert_int_equal(classes_add(&three, bounds, 5, UINT64_MAX), ERR_OK);
	assert_int_equal(classes_add(&three, bounds, 0, 1), ERR_OK);
	assert_int_equal(classes_add(&three, bounds, 5, 1), ERR_LIMIT);
	before = three;
	assert_int_equal(classes_merge(&three, &before), ERR_LIMIT);
	assert_memory_equal(&three, &before, sizeof(three));
	static const uint8_t none[] = { 1, 0 }, many[] = { 1, 65 };
	assert_int_equal(read_classes(slice_of(none, 2)), ERR_MALFORMED);
	assert_int_equal(read_classes(slice_of(many, 2)), ERR_MALFORMED);
}

/* Quantiles */

static int by_number(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double number_of(rng_t *rng, int shape, size_t i)
{
	return shape == 0   ? rng_unit(rng)
	       : shape == 1 ? exp(4 * rng_normal(rng))
	       : shape == 2 ? (double)i
	                    : (double)rng_below(rng, 12);
}

enum { SHAPES = 4, MANY = 155000 };

/* Of a digest's ranks. */
static double bound_of(int shape)
{
	return shape < 3 ? 0.005 : 0.015;
}

typedef struct {
	quantiles_t one, two, three;
	double numbers[MANY];
	digest_t digests[310], provinces[31];
} bench_t;

static form_t digest_form(quantiles_t *quantiles)
{
	form_t form;
	writer_t w = writer_of(form.bytes, DIGEST_BYTES_MAX);
	quantiles_put(quantiles, &w);
	assert_false(w.bad);
	form.len = w.len;
	return form;
}

static err_t read_digest(slice_t bytes)
{
	digest_t digest;
	return digest_read(bytes, &digest);
}

static digest_t digest_of(quantiles_t *quantiles)
{
	digest_t digest;
	form_t form = digest_form(quantiles);
	assert_int_equal(digest_read(form_bytes(&form), &digest), ERR_OK);
	return digest;
}

static void assert_ranks(const double *sorted, size_t count, double q, double got, double bound)
{
	double at = q * (double)(count - 1), off = (double)count * bound;
	size_t low = (size_t)fmax(at - off, 0);
	size_t high = (size_t)fmin(at + off + 1, (double)(count - 1));
	assert_true(got >= sorted[low] && got <= sorted[high]);
}

static void quantiles_of_many_numbers_are_within_half_a_percent_of_rank(void **state)
{
	bench_t *b = *state;
	rng_t rng = rng_of(9);
	for (int shape = 0; shape < SHAPES; shape++) {
		quantiles_clear(&b->one);
		for (size_t i = 0; i < MANY; i++)
			quantiles_add(&b->one, b->numbers[i] = number_of(&rng, shape, i));
		digest_t digest = digest_of(&b->one);
		qsort(b->numbers, MANY, sizeof(double), by_number);
		for (int step = 0; step <= 1000; step++) {
			double q = step / 1000.0;
			assert_ranks(b->numbers, MANY, q, quantiles_at(&b->one, q), 0.005);
			assert_ranks(b->numbers, MANY, q, digest_at(&digest, q), bound_of(shape));
		}
		assert_true(quantiles_at(&b->one, 1) == b->numbers[MANY - 1]);
		assert_true(digest_at(&digest, 0) == b->numbers[0]);
	}
}

/* 310 enterprises of unlike size and kind, digested, merged by ten, digested, merged. */
static void nation_of_digests(bench_t *b, rng_t *rng, int shape)
{
	size_t at = 0;
	for (size_t e = 0; e < 310; e++) {
		size_t end = e == 309 ? MANY : at + 5 + rng_below(rng, (MANY - at) / (155 - e / 2));
		double shift = shape < 2 ? rng_normal(rng) : 0;
		quantiles_clear(&b->one);
		for (; at < end; at++)
			quantiles_add(&b->one, b->numbers[at] = number_of(rng, shape, at) + shift);
		b->digests[e] = digest_of(&b->one);
	}
	quantiles_clear(&b->three);
	for (size_t p = 0; p < 31; p++) {
		quantiles_clear(&b->two);
		for (size_t e = 0; e < 10; e++)
			assert_int_equal(quantiles_merge(&b->two, &b->digests[10 * p + e]), ERR_OK);
		b->provinces[p] = digest_of(&b->two);
		assert_int_equal(quantiles_merge(&b->three, &b->provinces[p]), ERR_OK);
	}
}

static void digests_of_31_by_10_merge_within_half_a_percent_of_rank(void **state)
{
	bench_t *b = *state;
	rng_t rng = rng_of(11);
	for (int shape = 0; shape < SHAPES; shape++) {
		nation_of_digests(b, &rng, shape);
		digest_t nation = digest_of(&b->three);
		qsort(b->numbers, MANY, sizeof(double), by_number);
		assert_true(quantiles_weight(&b->three) == MANY && nation.weight == MANY);
		for (int step = 0; step <= 1000; step++) {
			double q = step / 1000.0;
			assert_ranks(b->numbers, MANY, q, digest_at(&nation, q), bound_of(shape));
		}
		assert_true(digest_at(&nation, 0) == b->numbers[0]);
		assert_true(digest_at(&nation, 1) == b->numbers[MANY - 1]);
	}
}

static void digests_of_few_numbers_merge_exactly(void **state)
{
	bench_t *b = *state;
	rng_t rng = rng_of(12);
	size_t at = 0;
	quantiles_clear(&b->two);
	for (size_t e = 0; e < 31; e++) {
		quantiles_clear(&b->one);
		for (size_t end = at + e * 4; at < end; at++)
			quantiles_add(&b->one, b->numbers[at] = number_of(&rng, 1, at));
		digest_t digest = digest_of(&b->one);
		assert_true(e ? digest_at(&digest, 0.3) == quantiles_at(&b->one, 0.3)
		              : isnan(digest_at(&digest, 0.3)));
		assert_int_equal(quantiles_merge(&b->two, &digest), ERR_OK);
	}
	qsort(b->numbers, at, sizeof(double), by_number);
	for (size_t i = 0; i < at; i++)
		assert_ranks(b->numbers, at, (double)i / (double)(at - 1),
		             quantiles_at(&b->two, (double)i / (double)(at - 1)), 1e-12);
}

static void fill(quantiles_t *quantiles, rng_t *rng)
{
	quantiles_clear(quantiles);
	int shape = (int)rng_below(rng, SHAPES);
	for (uint64_t n = rng_below(rng, 3) * rng_below(rng, 3000); n > 0; n--)
		quantiles_add(quantiles, number_of(rng, shape, n));
}

static void merge_all(quantiles_t *into, const digest_t *first, const digest_t *second)
{
	quantiles_clear(into);
	assert_int_equal(quantiles_merge(into, first), ERR_OK);
	assert_int_equal(quantiles_merge(into, second), ERR_OK);
}

static void two_digests_merge_to_the_same_bytes_in_either_order(void **state)
{
	bench_t *b = *state;
	rng_t rng = rng_of(13);
	for (int trial = 0; trial < 100; trial++) {
		digest_t digests[3];
		form_t ab, ba, left, right;
		for (size_t i = 0; i < 3; i++) {
			fill(&b->one, &rng);
			digests[i] = digest_of(&b->one);
		}
		merge_all(&b->two, &digests[0], &digests[1]);
		ab = digest_form(&b->two);
		merge_all(&b->two, &digests[1], &digests[0]);
		ba = digest_form(&b->two);
		assert_true(same_form(&ab, &ba));
		/* As long as no digest is written between, three do too. */
		assert_int_equal(quantiles_merge(&b->two, &digests[2]), ERR_OK);
		left = digest_form(&b->two);
		merge_all(&b->two, &digests[2], &digests[0]);
		assert_int_equal(quantiles_merge(&b->two, &digests[1]), ERR_OK);
		right = digest_form(&b->two);
		assert_true(same_form(&left, &right));
	}
}

static void digests_are_read_back_to_the_same_bytes(void **state)
{
	bench_t *b = *state;
	rng_t rng = rng_of(14);
	for (int trial = 0; trial < 100; trial++) {
		fill(&b->one, &rng);
		form_t form = digest_form(&b->one), again;
		digest_t digest = digest_of(&b->one);
		quantiles_clear(&b->two);
		assert_int_equal(quantiles_merge(&b->two, &digest), ERR_OK);
		again = digest_form(&b->two);
		assert_true(same_form(&form, &again));
		assert_true(form.len <= DIGEST_BYTES_MAX);
		if (trial < 4)
			assert_strict(&form, read_digest);
	}
}

static void infinities_and_both_zeros_are_numbers(void **state)
{
	bench_t *b = *state;
	quantiles_clear(&b->one);
	for (size_t i = 0; i < 9000; i++)
		quantiles_add(&b->one, i % 3 == 0   ? -INFINITY
		                       : i % 3 == 1 ? (i % 2 ? 0.0 : -0.0)
		                                    : INFINITY);
	quantiles_add(&b->one, (double)NAN);
	digest_t digest = digest_of(&b->one);
	assert_true(digest.weight == 9000);
	assert_true(digest_at(&digest, 0.1) == -INFINITY && digest_at(&digest, 0.9) == INFINITY);
	assert_true(digest_at(&digest, 0.5) == 0);
}

static form_t hostile(const double *ends, const centroid_t *centroids, size_t count)
{
	form_t form;
	writer_t w = writer_of(form.bytes, sizeof(form.bytes));
	wr_u8(&w, 1);
	wr_u8(&w, (uint8_t)count);
	wr_u64_le(&w, num_bits(ends[0]));
	wr_u64_le(&w, num_bits(ends[1]));
	for (size_t i = 0; i < count; i++) {
		wr_u64_le(&w, num_bits(centroids[i].mean));
		wr_varint(&w, (uint64_t)centroids[i].weight);
	}
	form.len = w.len;
	return form;
}

static void hostile_digests_are_refused(void **state)
{
	bench_t *b = *state;
	static const struct {
		double ends[2];
		centroid_t centroids[2];
		err_t err;
	} rows[] = {
		{ { 0, 9 }, { { 1, 2 }, { 2, 3 } }, ERR_OK },
		{ { 0, 9 }, { { 2, 3 }, { 2, 3 } }, ERR_OK },
		{ { 0, 9 }, { { 2, 2 }, { 1, 3 } }, ERR_MALFORMED },
		{ { 0, 9 }, { { 2, 2 }, { 2, 3 } }, ERR_MALFORMED },
		{ { 1.5, 9 }, { { 1, 2 }, { 2, 3 } }, ERR_MALFORMED },
		{ { 0, 1.5 }, { { 1, 2 }, { 2, 3 } }, ERR_MALFORMED },
		{ { 0, 2 }, { { 1, 1 }, { 2, 1 } }, ERR_MALFORMED },
		{ { 1, 2 }, { { 1, 1 }, { 2, 1 } }, ERR_OK },
		{ { 0, 9 }, { { 1, 0 }, { 2, 3 } }, ERR_MALFORMED },
		{ { 0, 9 }, { { 1, 0x1p53 }, { 2, 1 } }, ERR_MALFORMED },
		{ { 0, 9 }, { { 1, 0x1p53 - 1 }, { 2, 1 } }, ERR_OK },
		{ { 0, 9 }, { { (double)NAN, 2 }, { 2, 3 } }, ERR_MALFORMED },
		{ { 0, 9 }, { { 1, 2 }, { (double)NAN, 3 } }, ERR_MALFORMED },
		{ { (double)NAN, 9 }, { { 1, 2 }, { 2, 3 } }, ERR_MALFORMED },
		{ { -0.0, 9 }, { { 1, 2 }, { 2, 3 } }, ERR_MALFORMED },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		form_t form = hostile(rows[i].ends, rows[i].centroids, 2);
		assert_int_equal(read_digest(form_bytes(&form)), rows[i].err);
	}
	digest_t most;
	form_t form = hostile(rows[10].ends, rows[10].centroids, 2);
	assert_int_equal(digest_read(form_bytes(&form), &most), ERR_OK);
	quantiles_clear(&b->one);
	quantiles_add(&b->one, 1);
	assert_int_equal(quantiles_merge(&b->one, &most), ERR_LIMIT);
	assert_true(quantiles_weight(&b->one) == 1);
}

int main(void)
{
	static bench_t bench;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(distinct_counts_have_a_standard_error_of_1_63_percent),
		cmocka_unit_test(distinct_of_nothing_is_0_and_of_every_hash_there_is_is_finite),
		cmocka_unit_test(sets_join_in_any_order_and_as_often_as_one_likes),
		cmocka_unit_test(a_joined_set_counts_what_both_saw_once),
		cmocka_unit_test(sets_are_read_back_in_their_shorter_form_alone),
		cmocka_unit_test(hostile_sets_are_refused),
		cmocka_unit_test(a_number_counts_in_the_class_that_begins_at_or_below_it),
		cmocka_unit_test(classes_add_in_any_order_and_are_read_back),
		cmocka_unit_test(classes_of_other_bounds_or_beyond_64_bits_do_not_add),
		cmocka_unit_test_prestate(
			quantiles_of_many_numbers_are_within_half_a_percent_of_rank, &bench),
		cmocka_unit_test_prestate(digests_of_31_by_10_merge_within_half_a_percent_of_rank,
		                          &bench),
		cmocka_unit_test_prestate(digests_of_few_numbers_merge_exactly, &bench),
		cmocka_unit_test_prestate(two_digests_merge_to_the_same_bytes_in_either_order,
		                          &bench),
		cmocka_unit_test_prestate(digests_are_read_back_to_the_same_bytes, &bench),
		cmocka_unit_test_prestate(infinities_and_both_zeros_are_numbers, &bench),
		cmocka_unit_test_prestate(hostile_digests_are_refused, &bench),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
