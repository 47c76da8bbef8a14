/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/sheet/sheet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { QUALITIES = 10, ROOM = 4096 };

/* Two rows at 1000 and 2000 ns: m{d="1"} float64 1.5, -2; n bool 0, 1 with qualities 0, 3. */
static const uint8_t SHEET[] = {
	0x4a, 0x5a, 0x53, 0x48, 0x01, 0x02, 0x00, 0x02, 0x00, 0x00, 0x00, 0x08, 0x6d,
	0x7b, 0x64, 0x3d, 0x22, 0x31, 0x22, 0x7d, 0x04, 0x00, 0x01, 0x6e, 0x01, 0x01,
	0xe8, 0x03, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xd0, 0x07, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xf8, 0x3f, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0xc0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03,
};

static bool read_one(slice_t bytes, reader_t *r, sheet_t *sheet)
{
	*r = reader_of(bytes);
	return sheet_next(r, QUALITIES, sheet);
}

static void a_sheet_is_read_as_it_is_described(void **state)
{
	static sheet_t sheet;
	reader_t r;
	uint8_t room[ROOM];
	writer_t w = writer_of(room, sizeof(room));
	(void)state;
	assert_true(read_one(slice_of(SHEET, sizeof(SHEET)), &r, &sheet));
	assert_int_equal(sheet.rows, 2);
	assert_int_equal(sheet.count, 2);
	assert_true(slice_eq(sheet.columns[0].name, SLICE("m{d=\"1\"}")));
	assert_int_equal(sheet.columns[0].type, SHEET_F64);
	assert_int_equal(load_u64_le(&sheet.times.ptr[8]), 2000);
	assert_int_equal(load_u64_le(sheet.columns[0].values.ptr), 0x3ff8000000000000);
	assert_int_equal(sheet.columns[1].quality.ptr[1], 3);
	assert_int_equal(sheet.columns[0].quality.len, 0);
	sheet_head_put(&sheet, &w);
	assert_true(slice_starts(slice_of(SHEET, sizeof(SHEET)), writer_done(&w)));
	assert_false(sheet_next(&r, QUALITIES, &sheet));
	assert_false(r.bad);
}

static void a_sheet_cut_anywhere_is_bad(void **state)
{
	static sheet_t sheet;
	(void)state;
	for (size_t len = 1; len < sizeof(SHEET); len++) {
		uint8_t *copy = malloc(len);
		reader_t r;
		memcpy(copy, SHEET, len);
		assert_false(read_one(slice_of(copy, len), &r, &sheet));
		assert_true(r.bad);
		free(copy);
	}
}

/* The byte at `at` is another one. */
static void assert_bad(size_t at, uint8_t byte)
{
	static sheet_t sheet;
	uint8_t copy[sizeof(SHEET)];
	reader_t r;
	memcpy(copy, SHEET, sizeof(SHEET));
	copy[at] = byte;
	assert_false(read_one(slice_of(copy, sizeof(copy)), &r, &sheet));
}

static void what_a_sheet_may_not_say_is_bad(void **state)
{
	enum { NAME = 11, TYPE = 20, FLAGS = 21 };
	(void)state;
	assert_bad(0, 'X');
	assert_bad(4, 2);    /* a newer version */
	assert_bad(5, 0);    /* no column */
	assert_bad(7, 0);    /* no row */
	assert_bad(10, 1);   /* too many rows */
	assert_bad(NAME, 0); /* no name */
	assert_bad(TYPE, 5); /* text */
	assert_bad(TYPE, 8);
	assert_bad(TYPE, 0);
	assert_bad(FLAGS, 2);
	assert_bad(sizeof(SHEET) - 1, QUALITIES); /* a quality there is not */
	assert_bad(sizeof(SHEET) - 3, 1);         /* a bool of more than a bit */
}

static void float32_and_enum_columns_have_four_bytes_a_row(void **state)
{
	static sheet_t sheet;
	uint8_t room[ROOM];
	writer_t w = writer_of(room, sizeof(room));
	reader_t r;
	(void)state;
	sheet = (sheet_t){ .rows = 2,
		           .count = 2,
		           .columns = { { .name = SLICE("a"), .type = SHEET_F32 },
		                        { .name = SLICE("b"), .type = SHEET_ENUM } } };
	sheet_head_put(&sheet, &w);
	wr_u64_le(&w, 1);
	wr_u64_le(&w, 2);
	for (uint32_t i = 0; i < 4; i++)
		wr_u32_le(&w, 0x7F800001 + i);
	assert_true(read_one(writer_done(&w), &r, &sheet));
	assert_int_equal(r.in.len, 0);
	assert_int_equal(sheet.columns[0].type, SHEET_F32);
	assert_int_equal(load_u32_le(&sheet.columns[0].values.ptr[4]), 0x7F800002);
	assert_int_equal(load_u32_le(&sheet.columns[1].values.ptr[0]), 0x7F800003);
	assert_false(read_one(slice_sub(writer_done(&w), 0, w.len - 1), &r, &sheet));
}

static void the_last_nanosecond_is_no_time(void **state)
{
	static sheet_t sheet;
	uint8_t room[ROOM];
	writer_t w = writer_of(room, sizeof(room));
	reader_t r;
	(void)state;
	sheet = (sheet_t){ .rows = 1,
		           .count = 1,
		           .columns = { { .name = SLICE("a"), .type = SHEET_I64 } } };
	sheet_head_put(&sheet, &w);
	wr_u64_le(&w, INT64_MAX);
	wr_u64_le(&w, 7);
	assert_false(read_one(writer_done(&w), &r, &sheet));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sheet_is_read_as_it_is_described),
		cmocka_unit_test(a_sheet_cut_anywhere_is_bad),
		cmocka_unit_test(what_a_sheet_may_not_say_is_bad),
		cmocka_unit_test(float32_and_enum_columns_have_four_bytes_a_row),
		cmocka_unit_test(the_last_nanosecond_is_no_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
