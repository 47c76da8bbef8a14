/* SPDX-License-Identifier: Apache-2.0 */
/* Every kernel beside the plain one: the same bytes, the same rows, the same folds. A kind
 * of processor that the machine is not is skipped by its name. */
#include "codec/column/column_fixture_test.h"

/* The kernel, or the case is skipped. */
static const column_kernel_t *kernel_or_skip(isa_t isa)
{
	if (isa > isa_of_machine(NULL))
		skip();
	const column_kernel_t *kernel = column_kernel(isa);
	assert_int_equal(column_kernel_isa(kernel), isa);
	return kernel;
}

/* What a kernel reads from bytes that may be damaged. */
typedef struct {
	err_t err;
	uint64_t rows[COLUMN_ROWS];
} seen_t;

static seen_t seen_by(const column_kernel_t *kernel, column_kind_t kind, size_t n, slice_t bytes)
{
	seen_t seen = { .err = ERR_OK };
	reader_t r = reader_of(bytes);
	seen.err = get_rows(&(way_t){ kernel, kind, n, NULL }, &r, seen.rows);
	if (seen.err)
		memset(seen.rows, 0, sizeof(seen.rows));
	return seen;
}

static void check_same(const column_kernel_t *kernel, column_kind_t kind, size_t n, slice_t bytes)
{
	seen_t a = seen_by(column_kernel(ISA_PLAIN), kind, n, bytes);
	seen_t b = seen_by(kernel, kind, n, bytes);
	assert_int_equal(a.err, b.err);
	assert_memory_equal(a.rows, b.rows, n * sizeof(*a.rows));
}

/* A series of three blocks, so that hints are followed too. */
static void check_series(const column_kernel_t *kernel, sort_t sort, column_kind_t kind, size_t n)
{
	uint64_t rows[COLUMN_ROWS];
	uint8_t room[COLUMN_BYTES_MAX], other_room[COLUMN_BYTES_MAX];
	column_hint_t hint = { .scale = sort == SORT_COUNTS ? COUNTS_SCALE : 0 }, other_hint = hint;
	for (uint64_t block = 0; block < 3; block++) {
		way_t way = { column_kernel(ISA_PLAIN), kind, n, &hint },
		      other = { kernel, kind, n, &other_hint };
		fill_sort(sort, block + n, rows, n);
		slice_t column = there_and_back(&way, rows, room);
		slice_t same = there_and_back(&other, rows, other_room);
		assert_int_equal(column.len, same.len);
		assert_memory_equal(room, other_room, column.len);
		check_same(kernel, kind, n, column);
	}
	assert_memory_equal(&hint, &other_hint, sizeof(hint));
}

static void check_all_series(isa_t isa)
{
	static const size_t lengths[] = { COLUMN_ROWS, 1000, 904, 129, 128, 127, 17, 16, 3, 1 };
	const column_kernel_t *kernel = kernel_or_skip(isa);
	for (sort_t sort = 0; sort < SORT_COUNT; sort++)
		for (column_kind_t kind = 0; kind < COLUMN_TEXT; kind++)
			for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
				check_series(kernel, sort, kind, lengths[i]);
}

static void check_damaged(isa_t isa)
{
	const column_kernel_t *kernel = kernel_or_skip(isa);
	uint64_t rows[COLUMN_ROWS], rng = 3;
	uint8_t room[COLUMN_BYTES_MAX];
	for (unsigned turn = 0; turn < 10000; turn++) {
		size_t n = turn % 2 ? COLUMN_ROWS : 1 + random_bits(&rng) % COLUMN_ROWS;
		way_t way = { kernel, turn % COLUMN_TEXT, n, NULL };
		writer_t w = writer_of(room, sizeof(room));
		fill_sort(turn / COLUMN_TEXT % SORT_COUNT, turn, rows, n);
		put_rows(&way, rows, &w);
		uint64_t where = random_bits(&rng) % (turn % 3 ? 16 : w.len);
		room[where % w.len] ^= (uint8_t)(1U << random_bits(&rng) % 8);
		check_same(kernel, way.kind, n, writer_done(&w));
	}
}

static void check_folds(isa_t isa)
{
	const column_kernel_t *kernel = kernel_or_skip(isa);
	uint64_t rows[COLUMN_ROWS];
	double numbers[COLUMN_ROWS];
	for (sort_t sort = 0; sort < SORT_RAMP; sort++) {
		for (size_t n = 0; n <= COLUMN_ROWS; n += n < 40 ? 1 : 123) {
			fill_sort(sort, n, rows, n);
			memcpy(numbers, rows, n * sizeof(*rows));
			column_fold_t a = column_fold(column_kernel(ISA_PLAIN), numbers, n);
			column_fold_t b = column_fold(kernel, numbers, n);
			assert_int_equal(bits_of(a.sum), bits_of(b.sum));
			assert_int_equal(bits_of(a.min), bits_of(b.min));
			assert_int_equal(bits_of(a.max), bits_of(b.max));
			assert_int_equal(a.count, b.count);
		}
	}
}

#define CASES(kind, isa) \
	static void blocks_are_the_same_on_##kind(void **state) \
	{ \
		(void)state; \
		check_all_series(isa); \
	} \
	static void damage_is_read_the_same_on_##kind(void **state) \
	{ \
		(void)state; \
		check_damaged(isa); \
	} \
	static void folds_are_the_same_on_##kind(void **state) \
	{ \
		(void)state; \
		check_folds(isa); \
	}
CASES(plain, ISA_PLAIN)
CASES(avx2, ISA_AVX2)
CASES(avx512, ISA_AVX512)

static void every_kind_of_processor_has_a_kernel(void **state)
{
	(void)state;
	for (isa_t isa = ISA_PLAIN; isa <= ISA_COUNT; isa++) {
		assert_non_null(column_kernel(isa));
		assert_true(column_kernel_isa(column_kernel(isa)) <= isa);
	}
	assert_int_equal(column_kernel_isa(column_kernel(ISA_COUNT)), ISA_PLAIN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_are_the_same_on_plain),
		cmocka_unit_test(blocks_are_the_same_on_avx2),
		cmocka_unit_test(blocks_are_the_same_on_avx512),
		cmocka_unit_test(damage_is_read_the_same_on_plain),
		cmocka_unit_test(damage_is_read_the_same_on_avx2),
		cmocka_unit_test(damage_is_read_the_same_on_avx512),
		cmocka_unit_test(folds_are_the_same_on_plain),
		cmocka_unit_test(folds_are_the_same_on_avx2),
		cmocka_unit_test(folds_are_the_same_on_avx512),
		cmocka_unit_test(every_kind_of_processor_has_a_kernel),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
