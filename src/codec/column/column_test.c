/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/column/column_fixture_test.h"
#include "base/num.h"
#include "codec/column/kernel.h"

#include <stdio.h>

static const column_kernel_t *plain(void)
{
	return column_kernel(ISA_PLAIN);
}

static void every_sort_of_rows_comes_back_as_every_kind(void **state)
{
	uint64_t rows[COLUMN_ROWS];
	uint8_t room[COLUMN_BYTES_MAX];
	(void)state;
	for (sort_t sort = 0; sort < SORT_COUNT; sort++) {
		fill_sort(sort, sort + 1, rows, COLUMN_ROWS);
		for (column_kind_t kind = 0; kind < COLUMN_TEXT; kind++)
			there_and_back(&(way_t){ plain(), kind, COLUMN_ROWS, NULL }, rows, room);
	}
}

static void a_block_of_any_length_comes_back(void **state)
{
	uint64_t rows[COLUMN_ROWS];
	uint8_t room[COLUMN_BYTES_MAX];
	(void)state;
	for (size_t n = 1; n <= COLUMN_ROWS; n++) {
		sort_t sort = n % SORT_COUNT;
		fill_sort(sort, n, rows, n);
		there_and_back(&(way_t){ plain(), COLUMN_REAL, n, NULL }, rows, room);
		there_and_back(&(way_t){ plain(), COLUMN_TIME, n, NULL }, rows, room);
		there_and_back(&(way_t){ plain(), COLUMN_UINT, n, NULL }, rows, room);
	}
}

static void nans_keep_their_payload_and_zeros_their_sign(void **state)
{
	uint64_t rows[COLUMN_ROWS], narrow[COLUMN_ROWS];
	uint8_t room[COLUMN_BYTES_MAX];
	(void)state;
	static const uint32_t specials[] = { 0x7FC00000, 0x7F800001, 0xFFC00123, 0x80000000,
		                             0x00000001, 0x807FFFFF, 0x7F800000, 0xFF800000 };
	for (size_t n = 16; n <= COLUMN_ROWS; n *= 2) {
		for (size_t i = 0; i < n; i++) {
			rows[i] = special_of(i);
			narrow[i] = specials[i * 5 % 8];
		}
		there_and_back(&(way_t){ plain(), COLUMN_REAL, n, NULL }, rows, room);
		there_and_back(&(way_t){ plain(), COLUMN_F32, n, NULL }, narrow, room);
	}
}

static void columns_one_after_another_are_read_in_order_or_passed_over(void **state)
{
	uint64_t rows[COLUMN_ROWS], back[COLUMN_ROWS];
	uint8_t room[3 * COLUMN_BYTES_MAX];
	(void)state;
	way_t time = { plain(), COLUMN_TIME, 100, NULL },
	      real = { plain(), COLUMN_REAL, 100, NULL },
	      byte = { plain(), COLUMN_BYTE, 100, NULL };
	writer_t w = writer_of(room, sizeof(room));
	fill_sort(SORT_TENTHS, 3, rows, 100);
	put_rows(&time, rows, &w);
	put_rows(&real, rows, &w);
	put_rows(&byte, rows, &w);
	reader_t r = reader_of(writer_done(&w));
	column_kind_t kind;
	assert_int_equal(column_kind(&r, &kind), ERR_OK);
	assert_int_equal(kind, COLUMN_TIME);
	assert_int_equal(column_skip(&r), ERR_OK);
	assert_int_equal(get_rows(&real, &r, back), ERR_OK);
	assert_memory_equal(rows, back, 100 * sizeof(*rows));
	assert_int_equal(column_kind(&r, &kind), ERR_OK);
	assert_int_equal(kind, COLUMN_BYTE);
	assert_int_equal(get_rows(&byte, &r, back), ERR_OK);
	assert_int_equal(r.in.len, 0);
	assert_int_equal(column_kind(&r, &kind), ERR_CORRUPT);
	assert_int_equal(column_skip(&r), ERR_CORRUPT);
}

static void a_column_cut_anywhere_is_corrupt(void **state)
{
	uint64_t rows[COLUMN_ROWS], back[COLUMN_ROWS];
	uint8_t room[COLUMN_BYTES_MAX];
	(void)state;
	for (sort_t sort = 0; sort < SORT_COUNT; sort++) {
		way_t way = { plain(), COLUMN_REAL, 200, NULL };
		fill_sort(sort, 9, rows, way.n);
		slice_t whole = there_and_back(&way, rows, room);
		for (size_t len = 0; len < whole.len; len++) {
			reader_t r = reader_of(slice_sub(whole, 0, len));
			assert_int_equal(get_rows(&way, &r, back), ERR_CORRUPT);
		}
	}
}

/* The length in the head made to agree with a body cut short or drawn out. */
static void a_body_too_short_or_too_long_is_corrupt(void **state)
{
	uint64_t rows[COLUMN_ROWS], back[COLUMN_ROWS];
	uint8_t room[COLUMN_BYTES_MAX] = { 0 };
	(void)state;
	for (sort_t sort = 0; sort < SORT_COUNT; sort++) {
		way_t way = { plain(), COLUMN_UINT, 9, NULL };
		fill_sort(sort, 4, rows, way.n);
		slice_t whole = there_and_back(&way, rows, room);
		assert_true(whole.len < 120);
		for (size_t len = 0; len < 125; len++) {
			room[1] = (uint8_t)len;
			reader_t r = reader_of(slice_of(room, len + 2));
			err_t err = get_rows(&way, &r, back);
			assert_int_equal(err, len + 2 == whole.len ? ERR_OK : ERR_CORRUPT);
		}
	}
}

static void other_kinds_and_formats_are_refused(void **state)
{
	uint64_t rows[COLUMN_ROWS], back[COLUMN_ROWS];
	uint8_t room[COLUMN_BYTES_MAX];
	(void)state;
	way_t way = { plain(), COLUMN_INT, 50, NULL }, other = { plain(), COLUMN_UINT, 50, NULL };
	fill_sort(SORT_SMALL, 1, rows, way.n);
	slice_t whole = there_and_back(&way, rows, room);
	column_kind_t kind;
	reader_t r = reader_of(whole);
	assert_int_equal(get_rows(&other, &r, back), ERR_CORRUPT);
	static const struct {
		uint8_t first;
		err_t err;
	} rows_of_first[] = { { 0x20, ERR_NEWER_FORMAT },
		              { 0xF1, ERR_NEWER_FORMAT },
		              { 0x01, ERR_CORRUPT },
		              { 0x17, ERR_CORRUPT },
		              { 0x1F, ERR_CORRUPT } };
	for (size_t i = 0; i < sizeof(rows_of_first) / sizeof(rows_of_first[0]); i++) {
		room[0] = rows_of_first[i].first;
		r = reader_of(whole);
		assert_int_equal(get_rows(&way, &r, back), rows_of_first[i].err);
		r = reader_of(whole);
		assert_int_equal(column_kind(&r, &kind), rows_of_first[i].err);
		assert_int_equal(column_skip(&r), rows_of_first[i].err);
	}
}

/* Bodies by hand: beside each that is senseless one that is not. */
typedef struct {
	column_kind_t kind;
	size_t n;
	err_t err;
	const char *hex;
} body_row_t;

static const body_row_t bodies[] = {
	/* Powers of ten up to 22. */
	{ COLUMN_REAL, 1, ERR_OK, "01161600000000" },
	{ COLUMN_REAL, 1, ERR_CORRUPT, "01170000000000" },
	{ COLUMN_REAL, 1, ERR_CORRUPT, "01001700000000" },
	{ COLUMN_REAL, 1, ERR_OK, "021600000000" },
	{ COLUMN_REAL, 1, ERR_CORRUPT, "021700000000" },
	/* Forms, and the flags they may have. */
	{ COLUMN_REAL, 1, ERR_OK, "0400000000" },
	{ COLUMN_REAL, 1, ERR_CORRUPT, "0600000000" },
	{ COLUMN_REAL, 1, ERR_CORRUPT, "8400000000" },
	{ COLUMN_REAL, 1, ERR_CORRUPT, "80000000" },
	{ COLUMN_REAL, 1, ERR_OK, "C20000000000000000" },
	{ COLUMN_REAL, 1, ERR_CORRUPT, "C1000000000000000000" },
	{ COLUMN_REAL, 1, ERR_CORRUPT, "4400000000000000" },
	{ COLUMN_REAL, 1, ERR_CORRUPT, "40000000000000" },
	/* Leading bits and words of a dictionary. */
	{ COLUMN_REAL, 1, ERR_OK,
	  "0510010000"
	  "000000000000"
	  "00" },
	{ COLUMN_REAL, 1, ERR_CORRUPT,
	  "0511010000"
	  "000000000000"
	  "00" },
	{ COLUMN_REAL, 1, ERR_CORRUPT,
	  "0500010000"
	  "0000000000000000"
	  "00" },
	{ COLUMN_REAL, 1, ERR_CORRUPT,
	  "051000"
	  "000000000000"
	  "00" },
	{ COLUMN_REAL, 1, ERR_CORRUPT,
	  "051009"
	  "000000000000000000000000000000000000"
	  "000000000000"
	  "00"
	  "00" },
	/* Widths up to 64, with outliers up to 63. */
	{ COLUMN_INT, 1, ERR_OK,
	  "004000"
	  "0000000000000000" },
	{ COLUMN_INT, 1, ERR_CORRUPT,
	  "004100"
	  "000000000000000000" },
	{ COLUMN_INT, 1, ERR_OK,
	  "803F00"
	  "0000000000000000"
	  "01"
	  "0000"
	  "00" },
	{ COLUMN_INT, 1, ERR_CORRUPT,
	  "804000"
	  "0000000000000000"
	  "01"
	  "0000"
	  "00" },
	/* Places: rising, below n, at most n. */
	{ COLUMN_INT, 2, ERR_OK,
	  "800000"
	  "02"
	  "000400"
	  "00" },
	{ COLUMN_INT, 2, ERR_CORRUPT,
	  "800000"
	  "02"
	  "010400"
	  "00" },
	{ COLUMN_INT, 2, ERR_CORRUPT,
	  "800000"
	  "02"
	  "010000"
	  "00" },
	{ COLUMN_INT, 2, ERR_CORRUPT,
	  "800000"
	  "02"
	  "000800"
	  "00" },
	{ COLUMN_INT, 2, ERR_CORRUPT,
	  "800000"
	  "03"
	  "00042000"
	  "00" },
	/* Steps to the last row. */
	{ COLUMN_INT, 1, ERR_OK,
	  "040000"
	  "01"
	  "0000" },
	{ COLUMN_INT, 2, ERR_CORRUPT,
	  "040000"
	  "01"
	  "0000" },
	{ COLUMN_INT, 1, ERR_CORRUPT,
	  "040000"
	  "00" },
	/* Shapes. */
	{ COLUMN_INT, 1, ERR_OK,
	  "05"
	  "0000000000000000" },
	{ COLUMN_INT, 1, ERR_CORRUPT,
	  "85"
	  "0000000000000000" },
	{ COLUMN_INT, 1, ERR_CORRUPT,
	  "840000"
	  "01"
	  "0000" },
	{ COLUMN_INT, 1, ERR_CORRUPT, "060000" },
	/* Powers of ten of a time up to 18. */
	{ COLUMN_TIME, 1, ERR_OK, "920000" },
	{ COLUMN_TIME, 1, ERR_CORRUPT, "930000" },
};

static void senseless_parameters_are_corrupt(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		const body_row_t *row = &bodies[i];
		uint8_t bytes[64];
		uint64_t back[COLUMN_ROWS];
		size_t len = 0;
		assert_int_equal(
			num_from_hex(slice_str(row->hex), &bytes[2], sizeof(bytes) - 2, &len),
			ERR_OK);
		bytes[0] = (uint8_t)(0x10 | row->kind);
		bytes[1] = (uint8_t)len;
		reader_t r = reader_of(slice_of(bytes, len + 2));
		err_t err = get_rows(&(way_t){ plain(), row->kind, row->n, NULL }, &r, back);
		if (err != row->err)
			fail_msg("body %zu, %s: %s", i, row->hex, err_info(err)->name);
	}
}

static void no_rows_or_too_many_are_corrupt(void **state)
{
	uint64_t rows[COLUMN_ROWS], back[COLUMN_ROWS];
	uint8_t room[COLUMN_BYTES_MAX];
	(void)state;
	way_t way = { plain(), COLUMN_REAL, COLUMN_ROWS, NULL };
	fill_sort(SORT_TENTHS, 1, rows, way.n);
	slice_t whole = there_and_back(&way, rows, room);
	static const size_t wrong[] = { 0, COLUMN_ROWS + 1, SIZE_MAX };
	for (size_t i = 0; i < 3; i++) {
		reader_t r = reader_of(whole);
		assert_int_equal(column_real_decode(plain(), &r, wrong[i], back), ERR_CORRUPT);
	}
}

static void nothing_is_written_behind_the_rows(void **state)
{
	uint64_t rows[COLUMN_ROWS], back[COLUMN_ROWS + 1];
	uint8_t room[COLUMN_BYTES_MAX];
	(void)state;
	for (size_t n = 1; n <= COLUMN_ROWS; n += n < 40 ? 1 : 41) {
		way_t way = { plain(), COLUMN_REAL, n, NULL };
		fill_sort(n % SORT_COUNT, n, rows, n);
		slice_t whole = there_and_back(&way, rows, room);
		for (size_t i = 0; i <= COLUMN_ROWS; i++)
			back[i] = 0x5A5A5A5A5A5A5A5A;
		reader_t r = reader_of(whole);
		assert_int_equal(get_rows(&way, &r, back), ERR_OK);
		assert_memory_equal(rows, back, n * sizeof(*rows));
		for (size_t i = n; i <= COLUMN_ROWS; i++)
			assert_int_equal(back[i], 0x5A5A5A5A5A5A5A5A);
	}
}

static void a_writer_without_room_turns_bad(void **state)
{
	uint64_t rows[COLUMN_ROWS];
	uint8_t room[COLUMN_BYTES_MAX];
	(void)state;
	for (sort_t sort = 0; sort < SORT_COUNT; sort++) {
		way_t way = { plain(), COLUMN_REAL, 64, NULL };
		fill_sort(sort, 2, rows, way.n);
		size_t len = there_and_back(&way, rows, room).len;
		for (size_t cap = 0; cap < len; cap++) {
			writer_t w = writer_of(room, cap);
			put_rows(&way, rows, &w);
			assert_true(w.bad);
		}
	}
}

static void damaged_columns_give_rows_or_corrupt_and_nothing_else(void **state)
{
	uint64_t rows[COLUMN_ROWS], back[COLUMN_ROWS], rng = 7;
	uint8_t room[COLUMN_BYTES_MAX], damaged[COLUMN_BYTES_MAX];
	size_t corrupt = 0;
	(void)state;
	for (unsigned turn = 0; turn < 20000; turn++) {
		way_t way = { plain(), turn % COLUMN_TEXT, 1 + random_bits(&rng) % 300, NULL };
		fill_sort(turn % SORT_COUNT, turn, rows, way.n);
		writer_t w = writer_of(room, sizeof(room));
		put_rows(&way, rows, &w);
		memcpy(damaged, room, w.len);
		for (uint64_t hits = 1 + random_bits(&rng) % 3; hits > 0; hits--)
			damaged[random_bits(&rng) % (w.len < 24 ? w.len : 24)] ^=
				(uint8_t)(1U << random_bits(&rng) % 8);
		reader_t r = reader_of(slice_of(damaged, w.len));
		err_t err = get_rows(&way, &r, back);
		assert_true(err == ERR_OK || err == ERR_CORRUPT || err == ERR_NEWER_FORMAT);
		corrupt += err != ERR_OK;
	}
	assert_in_range(corrupt, 5000, 19999);
}

static void numbers_of_every_kind_are_read_as_doubles(void **state)
{
	static const int64_t ints[] = { -5, 0, INT64_MIN, INT64_MAX, 1 };
	static const uint64_t uints[] = { 5, 0, UINT64_MAX, 1, UINT64_C(1) << 63 };
	static const float floats[] = { 1.5F, -0.1F, 0, 3e38F, 1e-45F };
	uint32_t float_bits[5];
	uint64_t real_bits[5], bits[5];
	uint8_t room[4 * COLUMN_BYTES_MAX];
	double numbers[5];
	column_hint_t hint = { 0 };
	(void)state;
	for (size_t i = 0; i < 5; i++) {
		memcpy(&float_bits[i], &floats[i], 4);
		real_bits[i] = bits_of((double)ints[i] / 3);
	}
	writer_t w = writer_of(room, sizeof(room));
	column_int_encode(plain(), ints, 5, &w);
	column_uint_encode(plain(), uints, 5, &w);
	column_f32_encode(plain(), float_bits, 5, &hint, &w);
	column_real_encode(plain(), real_bits, 5, &hint, &w);
	reader_t r = reader_of(writer_done(&w)), again = r;
	for (size_t kind = 0; kind < 4; kind++) {
		assert_int_equal(column_numbers_decode(plain(), &r, 5, numbers), ERR_OK);
		assert_int_equal(column_bits_decode(plain(), &again, 5, bits), ERR_OK);
		for (size_t i = 0; i < 5; i++) {
			const double want[] = { (double)ints[i], (double)uints[i],
				                (double)floats[i], (double)ints[i] / 3 };
			const uint64_t same[] = { (uint64_t)ints[i], uints[i], float_bits[i],
				                  real_bits[i] };
			assert_int_equal(bits_of(numbers[i]), bits_of(want[kind]));
			assert_int_equal(bits[i], same[kind]);
		}
	}
	w = writer_of(room, sizeof(room));
	column_byte_encode(plain(), (const uint8_t *)"times and bytes are no values", 5, &w);
	r = reader_of(writer_done(&w));
	assert_int_equal(column_numbers_decode(plain(), &r, 5, numbers), ERR_CORRUPT);
}

static void texts_are_said_once(void **state)
{
	enum { N = 300 };
	slice_t texts[N], back[N];
	uint8_t room[COLUMN_BYTES_MAX], words[256];
	static const char *const names[] = { "running", "", "stopped", "fault 17", "停止" };
	(void)state;
	for (size_t i = 0; i < N; i++)
		texts[i] = slice_str(names[i / 40 % 5]);
	writer_t w = writer_of(room, sizeof(room)), dictionary = writer_of(words, sizeof(words));
	column_text_encode(plain(), texts, N, &w, &dictionary);
	assert_true(w.len < 40 && dictionary.len == 5 + 7 + 7 + 8 + 6);
	reader_t r = reader_of(writer_done(&w)), again = r, numbers = r;
	slice_t whole = writer_done(&dictionary);
	assert_int_equal(column_text_decode(plain(), &r, N, whole, back), ERR_OK);
	for (size_t i = 0; i < N; i++)
		assert_true(slice_eq(texts[i], back[i]));
	uint64_t bits[N];
	assert_int_equal(column_bits_decode(plain(), &numbers, N, bits), ERR_CORRUPT);
	for (size_t len = 0; len < whole.len; len++) {
		r = again;
		assert_int_equal(column_text_decode(plain(), &r, N, slice_sub(whole, 0, len), back),
		                 ERR_CORRUPT);
	}
}

static void every_text_may_be_another(void **state)
{
	static char names[COLUMN_ROWS][8];
	static slice_t texts[COLUMN_ROWS], back[COLUMN_ROWS];
	static uint8_t room[COLUMN_BYTES_MAX], words[COLUMN_ROWS * 8];
	(void)state;
	for (size_t i = 0; i < COLUMN_ROWS; i++) {
		snprintf(names[i], sizeof(names[i]), "%zu", i * 7 % COLUMN_ROWS);
		texts[i] = slice_str(names[i]);
	}
	writer_t w = writer_of(room, sizeof(room)), dictionary = writer_of(words, sizeof(words));
	column_text_encode(plain(), texts, COLUMN_ROWS, &w, &dictionary);
	reader_t r = reader_of(writer_done(&w));
	assert_int_equal(
		column_text_decode(plain(), &r, COLUMN_ROWS, writer_done(&dictionary), back),
		ERR_OK);
	for (size_t i = 0; i < COLUMN_ROWS; i++)
		assert_true(slice_eq(texts[i], back[i]));
}

/* A kernel that packs wrongly: what it writes does not come back and is not kept. */
static void pack_wrongly(const uint64_t *small, unsigned width, uint8_t *ret_packed)
{
	plain()->pack(small, width, ret_packed);
	if (width > 0)
		ret_packed[0] ^= 1;
}

static void what_does_not_come_back_is_stored_as_it_is(void **state)
{
	uint64_t rows[COLUMN_ROWS];
	uint8_t room[COLUMN_BYTES_MAX];
	column_kernel_t faulty = *plain();
	(void)state;
	faulty.pack = pack_wrongly;
	for (column_kind_t kind = COLUMN_TIME; kind <= COLUMN_REAL; kind++) {
		fill_sort(SORT_TENTHS, 5, rows, COLUMN_ROWS);
		slice_t column = there_and_back(&(way_t){ &faulty, kind, COLUMN_ROWS, NULL }, rows,
		                                room);
		assert_int_equal(column.len, 3 + 8 * COLUMN_ROWS);
		column_kind_t found;
		reader_t r = reader_of(column);
		assert_int_equal(column_kind(&r, &found), ERR_OK);
		assert_int_equal(found, kind);
	}
}

static void a_fold_passes_over_what_is_no_number(void **state)
{
	const double numbers[] = { 2, NAN, -7.5, -0.0, NAN, 1e300, 4 };
	(void)state;
	column_fold_t f = column_fold(plain(), numbers, 7);
	assert_int_equal(f.count, 5);
	assert_int_equal(bits_of(f.sum), bits_of(2 - 7.5 - 0.0 + 1e300 + 4));
	assert_int_equal(bits_of(f.min), bits_of(-7.5));
	assert_int_equal(bits_of(f.max), bits_of(1e300));
	f = column_fold(plain(), numbers, 0);
	assert_int_equal(f.count, 0);
	assert_true(f.min > 0 && isinf(f.min) && f.max < 0 && isinf(f.max));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_sort_of_rows_comes_back_as_every_kind),
		cmocka_unit_test(a_block_of_any_length_comes_back),
		cmocka_unit_test(nans_keep_their_payload_and_zeros_their_sign),
		cmocka_unit_test(columns_one_after_another_are_read_in_order_or_passed_over),
		cmocka_unit_test(a_column_cut_anywhere_is_corrupt),
		cmocka_unit_test(a_body_too_short_or_too_long_is_corrupt),
		cmocka_unit_test(other_kinds_and_formats_are_refused),
		cmocka_unit_test(senseless_parameters_are_corrupt),
		cmocka_unit_test(no_rows_or_too_many_are_corrupt),
		cmocka_unit_test(nothing_is_written_behind_the_rows),
		cmocka_unit_test(a_writer_without_room_turns_bad),
		cmocka_unit_test(damaged_columns_give_rows_or_corrupt_and_nothing_else),
		cmocka_unit_test(numbers_of_every_kind_are_read_as_doubles),
		cmocka_unit_test(texts_are_said_once),
		cmocka_unit_test(every_text_may_be_another),
		cmocka_unit_test(what_does_not_come_back_is_stored_as_it_is),
		cmocka_unit_test(a_fold_passes_over_what_is_no_number),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
