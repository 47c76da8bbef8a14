/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files are read by programs of others in the interop tests; here stand the bytes
 * that the format fixes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/parquet/parquet.h"
#include "codec/parquet/thrift.h"

enum { BUF = 4096 };

static void assert_bytes(const writer_t *w, const char *want, size_t len)
{
	assert_false(w->bad);
	assert_int_equal(w->len, len);
	assert_memory_equal(w->buf, want, len);
}

#define WROTE(w, literal) assert_bytes(w, literal, sizeof(literal) - 1)

static void fields_are_told_by_their_step(void **state)
{
	(void)state;
	uint8_t buf[BUF];
	writer_t w = writer_of(buf, sizeof(buf));
	thrift_t t = thrift_begin(&w);
	thrift_i32(&t, 1, 2);
	thrift_text(&t, 4, "ab");
	thrift_bool(&t, 5, true);
	thrift_i64(&t, 40, -3);
	thrift_end(&t);
	WROTE(&w, "\x15\x04\x38\x02"
	          "ab\x11\x06\x50\x05\x00");
}

static void long_lists_say_their_length_apart(void **state)
{
	(void)state;
	uint8_t buf[BUF];
	writer_t w = writer_of(buf, sizeof(buf));
	thrift_t t = thrift_begin(&w);
	thrift_list(&t, 2, THRIFT_STRUCT, 14);
	thrift_list(&t, 3, THRIFT_I32, 300);
	WROTE(&w, "\x29\xec\x19\xf5\xac\x02");
}

static void rows_that_are_not_there_have_a_level_and_no_value(void **state)
{
	(void)state;
	uint8_t buf[BUF];
	bool present[] = { true, true, false, true };
	uint64_t bits[] = { 1, 2, 3, 4 };
	parquet_data_t data = { .present = present, .bits = bits };
	writer_t w = writer_of(buf, sizeof(buf));
	parquet_values(PARQUET_I64, &data, 4, &w);
	WROTE(&w, "\x06\x00\x00\x00\x04\x01\x02\x00\x02\x01"
	          "\x01\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00"
	          "\x04\x00\x00\x00\x00\x00\x00\x00");
}

static void texts_have_their_length_before_them(void **state)
{
	(void)state;
	uint8_t buf[BUF];
	slice_t texts[] = { SLICE("ab"), SLICE("") };
	parquet_data_t data = { .texts = texts };
	writer_t w = writer_of(buf, sizeof(buf));
	parquet_values(PARQUET_TEXT, &data, 2, &w);
	WROTE(&w, "\x02\x00\x00\x00\x04\x01\x02\x00\x00\x00"
	          "ab\x00\x00\x00\x00");
}

static void the_foot_ends_with_its_length_and_the_magic(void **state)
{
	(void)state;
	uint8_t buf[BUF];
	parquet_column_t columns[] = { { "time", PARQUET_TIME_NS }, { "value", PARQUET_F64 } };
	parquet_chunk_t chunks[] = { { 4, 60, 50 }, { 54, 70, 60 } };
	uint64_t rows[] = { 5 };
	parquet_table_t table = {
		.columns = columns,
		.column_count = 2,
		.group_rows = rows,
		.chunks = chunks,
		.group_count = 1,
		.created_by = "test",
	};
	writer_t w = writer_of(buf, sizeof(buf));
	parquet_foot(&table, &w);
	assert_false(w.bad);
	assert_in_range(w.len, 9, parquet_foot_bound(&table));
	reader_t tail = reader_of(slice_from(writer_done(&w), w.len - 8));
	assert_int_equal(rd_u32_le(&tail), w.len - 8);
	assert_true(slice_eq(rd_take(&tail, 4), SLICE("PAR1")));
}

static void floats_take_four_bytes_each(void **state)
{
	(void)state;
	const uint64_t bits[] = { 0x7F800001, 0x80000000 };
	uint8_t buf[64];
	writer_t w = writer_of(buf, sizeof(buf));
	parquet_values(PARQUET_F32, &(parquet_data_t){ .bits = bits }, 2, &w);
	assert_int_equal(w.len, 4 + 2 + 2 * 4);
	assert_memory_equal(&buf[6], "\x01\x00\x80\x7F\x00\x00\x00\x80", 8);
}

static void a_writer_without_room_is_bad_and_nothing_is_written_past_it(void **state)
{
	(void)state;
	uint64_t bits[] = { 1, 2, 3, 4 };
	parquet_data_t data = { .bits = bits };
	for (size_t cap = 0; cap < 38; cap++) {
		uint8_t buf[40];
		memset(buf, 0xee, sizeof(buf));
		writer_t w = writer_of(buf, cap);
		parquet_values(PARQUET_F64, &data, 4, &w);
		assert_true(w.bad);
		for (size_t i = cap; i < sizeof(buf); i++)
			assert_int_equal(buf[i], 0xee);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_are_told_by_their_step),
		cmocka_unit_test(long_lists_say_their_length_apart),
		cmocka_unit_test(rows_that_are_not_there_have_a_level_and_no_value),
		cmocka_unit_test(texts_have_their_length_before_them),
		cmocka_unit_test(the_foot_ends_with_its_length_and_the_magic),
		cmocka_unit_test(floats_take_four_bytes_each),
		cmocka_unit_test(a_writer_without_room_is_bad_and_nothing_is_written_past_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
