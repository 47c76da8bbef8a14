/* SPDX-License-Identifier: Apache-2.0 */
/* Columns whose small numbers are coded: they come back, they are shorter, and every kernel
 * makes the same of them. */
#include "codec/column/coded.h"
#include "codec/column/column_fixture_test.h"

enum { BODY = 2 }; /* where whole numbers begin in a column of ints with a short length */

static const column_kernel_t *coding(void)
{
	return column_kernel_coding(ISA_PLAIN);
}

static void every_sort_of_rows_comes_back_as_every_kind_and_length(void **state)
{
	uint64_t rows[COLUMN_ROWS];
	uint8_t room[COLUMN_BYTES_MAX];
	(void)state;
	for (sort_t sort = 0; sort < SORT_COUNT; sort++)
		for (column_kind_t kind = 0; kind < COLUMN_TEXT; kind++)
			for (size_t n = COLUMN_ROWS; n > 0; n = n * 2 / 3) {
				fill_sort(sort, sort + n, rows, n);
				there_and_back(&(way_t){ coding(), kind, n, NULL }, rows, room);
			}
}

static void every_kernel_writes_and_reads_the_same(void **state)
{
	uint64_t rows[COLUMN_ROWS];
	uint8_t room[COLUMN_BYTES_MAX], other[COLUMN_BYTES_MAX];
	(void)state;
	for (sort_t sort = 0; sort < SORT_COUNT; sort++)
		for (isa_t isa = ISA_PLAIN; isa <= isa_of_machine(NULL); isa++) {
			way_t way = { column_kernel_coding(isa), COLUMN_REAL, COLUMN_ROWS, NULL };
			fill_sort(sort, 3, rows, COLUMN_ROWS);
			slice_t same = there_and_back(&way, rows, isa ? other : room);
			if (isa)
				assert_memory_equal(room, other, same.len);
		}
}

typedef struct {
	sort_t sort;
	column_kind_t kind;
	size_t percent; /* of what packed numbers take, at most */
} saved_row_t;

static void what_comes_more_often_than_other_things_is_shorter(void **state)
{
	static const saved_row_t saved[] = {
		{ SORT_COUNTER, COLUMN_REAL, 81 }, { SORT_RAMP, COLUMN_INT, 85 },
		{ SORT_JUMPS, COLUMN_TIME, 100 },  { SORT_SMALL, COLUMN_BYTE, 90 },
		{ SORT_NOISE, COLUMN_REAL, 100 },  { SORT_RANDOM, COLUMN_REAL, 100 }
	};
	uint64_t rows[COLUMN_ROWS];
	uint8_t room[COLUMN_BYTES_MAX];
	(void)state;
	for (size_t i = 0; i < sizeof(saved) / sizeof(saved[0]); i++) {
		way_t way = { column_kernel(ISA_PLAIN), saved[i].kind, COLUMN_ROWS, NULL };
		fill_sort(saved[i].sort, 1, rows, COLUMN_ROWS);
		size_t packed = there_and_back(&way, rows, room).len;
		way.kernel = coding();
		size_t coded = there_and_back(&way, rows, room).len;
		if (coded * 100 > packed * saved[i].percent)
			fail_msg("sort %d: %zu bytes of %zu", saved[i].sort, coded, packed);
	}
}

/* Zeros and now and then a one, and the greatest number there is. */
static void numbers_of_one_bit_and_of_all_bits_are_coded(void **state)
{
	uint64_t small[COLUMN_ROWS], back[COLUMN_ROWS];
	uint8_t room[COLUMN_BYTES_MAX];
	coded_t coded;
	(void)state;
	for (unsigned width = 1; width <= 64; width++)
		for (size_t n = 1; n <= COLUMN_ROWS; n = n * 3 + 1) {
			for (size_t i = 0; i < n; i++)
				small[i] = i % 97 == 50 ? ~UINT64_C(0) >> (64 - width) : 0;
			writer_t w = writer_of(room, sizeof(room));
			coded_plan(small, n, width, &coded);
			coded_put(coding(), small, n, &coded, &w);
			assert_false(w.bad);
			assert_in_range(w.len, coded.bits / 8 > 40 ? coded.bits / 8 - 40 : 1,
			                coded.bits / 8 + 40);
			reader_t r = reader_of(writer_done(&w));
			coded_get(coding(), &r, n, width, back);
			assert_false(r.bad);
			assert_int_equal(r.in.len, 0);
			assert_memory_equal(small, back, n * sizeof(*small));
		}
}

/* Of 1024 zeros and ones, so that there is no rest. */
static slice_t coded_bits_of(uint8_t room[COLUMN_BYTES_MAX])
{
	uint64_t small[COLUMN_ROWS], rng = 17;
	coded_t coded;
	for (size_t i = 0; i < COLUMN_ROWS; i++)
		small[i] = random_bits(&rng) % 5 == 0;
	writer_t w = writer_of(room, COLUMN_BYTES_MAX);
	coded_plan(small, COLUMN_ROWS, 1, &coded);
	coded_put(coding(), small, COLUMN_ROWS, &coded, &w);
	return writer_done(&w);
}

static void a_bit_of_the_code_that_is_changed_is_found(void **state)
{
	uint64_t back[COLUMN_ROWS];
	uint8_t room[COLUMN_BYTES_MAX];
	slice_t whole = coded_bits_of(room);
	size_t read = 0;
	(void)state;
	for (size_t bit = 0; bit < whole.len * 8; bit++) {
		room[bit / 8] ^= (uint8_t)(1U << bit % 8);
		reader_t r = reader_of(whole);
		coded_get(coding(), &r, COLUMN_ROWS, 1, back);
		read += !r.bad && !r.in.len;
		room[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	/* The states must end where they began: one change in some hundred may have them do so. */
	assert_in_range(read, 0, whole.len * 8 / 64);
	for (size_t len = 0; len < whole.len; len++) {
		reader_t r = reader_of(slice_sub(whole, 0, len));
		coded_get(coding(), &r, COLUMN_ROWS, 1, back);
		assert_true(r.bad);
	}
}

static void a_table_that_no_encoder_wrote_is_corrupt(void **state)
{
	/* lead above the width; more symbols than lead bits have; lead above the most; none comes
	 */
	static const uint8_t firsts[] = { 1 << 5 | 0, 0 << 5 | 2, 5 << 5 | 0, 0 << 5 | 1 };
	uint64_t back[COLUMN_ROWS];
	(void)state;
	for (size_t i = 0; i < sizeof(firsts); i++) {
		uint8_t bytes[64] = { firsts[i] };
		reader_t r = reader_of(slice_of(bytes, sizeof(bytes)));
		coded_get(coding(), &r, 4, 1, back);
		assert_true(r.bad);
	}
}

static void coding_that_saves_nothing_is_left_out(void **state)
{
	uint64_t rows[COLUMN_ROWS];
	uint8_t room[COLUMN_BYTES_MAX];
	way_t way = { coding(), COLUMN_UINT, 9, NULL };
	(void)state;
	fill_sort(SORT_SMALL, 1, rows, 9);
	assert_false(there_and_back(&way, rows, room).ptr[BODY] & WHOLE_CODED);
	/* As many of each: nothing is more frequent. */
	way.n = COLUMN_ROWS;
	for (size_t i = 0; i < COLUMN_ROWS; i++)
		rows[i] = i * 389 % 64;
	slice_t even = there_and_back(&way, rows, room);
	assert_false(even.ptr[BODY + 1] & WHOLE_CODED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_sort_of_rows_comes_back_as_every_kind_and_length),
		cmocka_unit_test(every_kernel_writes_and_reads_the_same),
		cmocka_unit_test(what_comes_more_often_than_other_things_is_shorter),
		cmocka_unit_test(numbers_of_one_bit_and_of_all_bits_are_coded),
		cmocka_unit_test(a_bit_of_the_code_that_is_changed_is_found),
		cmocka_unit_test(a_table_that_no_encoder_wrote_is_corrupt),
		cmocka_unit_test(coding_that_saves_nothing_is_left_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
