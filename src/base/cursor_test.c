/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/cursor.h"

static const uint8_t ONE_TO_EIGHT[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };

static reader_t one_to_eight(void)
{
	return reader_of(slice_of(ONE_TO_EIGHT, sizeof(ONE_TO_EIGHT)));
}

static void reads_follow_their_byte_order(void **state)
{
	(void)state;
	reader_t r = one_to_eight();
	assert_int_equal(rd_u8(&r), 1);
	assert_int_equal(rd_u16(&r), 0x0203);
	assert_int_equal(rd_u32(&r), 0x04050607);
	assert_int_equal(r.in.len, 1);
	r = one_to_eight();
	assert_int_equal(rd_u16_le(&r), 0x0201);
	assert_int_equal(rd_u32_le(&r), 0x06050403);
	r = one_to_eight();
	assert_true(rd_u64(&r) == UINT64_C(0x0102030405060708));
	r = one_to_eight();
	assert_true(rd_u64_le(&r) == UINT64_C(0x0807060504030201));
	assert_false(r.bad);
}

static void a_short_read_is_sticky_and_moves_nothing(void **state)
{
	(void)state;
	reader_t r = one_to_eight();
	rd_take(&r, 6);
	assert_int_equal(rd_u32(&r), 0);
	assert_true(r.bad);
	assert_int_equal(r.in.len, 2);
	assert_int_equal(rd_u8(&r), 0);
	assert_int_equal(rd_u16_le(&r), 0);
	assert_int_equal(rd_u32_le(&r), 0);
	assert_true(rd_u64(&r) == 0 && rd_u64_le(&r) == 0);
	assert_true(rd_varint(&r) == 0);
	assert_int_equal(rd_take(&r, 0).len, 0);
	assert_int_equal(r.in.len, 2);
}

static void varints_round_trip_at_every_length(void **state)
{
	(void)state;
	for (unsigned bit = 0; bit < 64; bit++) {
		uint64_t values[] = { UINT64_C(1) << bit, (UINT64_C(1) << bit) - 1,
			              UINT64_MAX >> bit };
		for (size_t i = 0; i < 3; i++) {
			uint8_t buf[10];
			writer_t w = writer_of(buf, sizeof(buf));
			wr_varint(&w, values[i]);
			reader_t r = reader_of(writer_done(&w));
			assert_true(rd_varint(&r) == values[i]);
			assert_false(r.bad);
			assert_int_equal(r.in.len, 0);
		}
	}
}

static void varints_stand_one_behind_another(void **state)
{
	(void)state;
	uint8_t buf[3 * 64 * 10];
	writer_t w = writer_of(buf, sizeof(buf));
	for (unsigned bit = 0; bit < 64; bit++) {
		wr_varint(&w, UINT64_C(1) << bit);
		wr_varint(&w, (UINT64_C(1) << bit) - 1);
		wr_varint(&w, UINT64_MAX >> bit);
	}
	reader_t r = reader_of(writer_done(&w));
	for (unsigned bit = 0; bit < 64; bit++) {
		assert_true(rd_varint(&r) == UINT64_C(1) << bit);
		assert_true(rd_varint(&r) == (UINT64_C(1) << bit) - 1);
		assert_true(rd_varint(&r) == UINT64_MAX >> bit);
	}
	assert_false(r.bad);
	assert_int_equal(r.in.len, 0);
}

static void assert_varint_bad(slice_t bytes)
{
	reader_t r = reader_of(bytes);
	assert_true(rd_varint(&r) == 0);
	assert_true(r.bad);
}

static void varint_rejects_long_overflowing_and_cut_forms(void **state)
{
	(void)state;
	assert_varint_bad(SLICE("\x80\x00"));
	assert_varint_bad(SLICE("\x80\x00 and more"));
	assert_varint_bad(SLICE("\xFF\x80\x00"));
	assert_varint_bad(SLICE("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02"));
	assert_varint_bad(SLICE("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x81\x00"));
	assert_varint_bad(SLICE("\xFF"));
	assert_varint_bad(SLICE(""));
	reader_t zero = reader_of(SLICE("\x00"));
	assert_true(rd_varint(&zero) == 0);
	assert_false(zero.bad);
}

static void zigzag_keeps_small_magnitudes_short(void **state)
{
	(void)state;
	const int64_t values[] = { 0, -1, 1, -64, 64, INT64_MIN, INT64_MAX };
	const size_t lengths[] = { 1, 1, 1, 1, 2, 10, 10 };
	for (size_t i = 0; i < 7; i++) {
		uint8_t buf[10];
		writer_t w = writer_of(buf, sizeof(buf));
		wr_zigzag(&w, values[i]);
		assert_int_equal(w.len, lengths[i]);
		reader_t r = reader_of(writer_done(&w));
		assert_true(rd_zigzag(&r) == values[i]);
	}
}

static void counted_bytes_obey_limit_and_input(void **state)
{
	(void)state;
	reader_t r = reader_of(SLICE("\0\0\0\003abcd"));
	assert_true(slice_eq(rd_bytes32(&r, 3), SLICE("abc")));
	assert_false(r.bad);
	r = reader_of(SLICE("\0\0\0\003abcd"));
	assert_int_equal(rd_bytes32(&r, 2).len, 0);
	assert_true(r.bad);
	r = reader_of(SLICE("\xFF\xFF\xFF\xFF"
	                    "abcd"));
	assert_int_equal(rd_bytes32(&r, SIZE_MAX).len, 0);
	assert_true(r.bad);
	r = reader_of(SLICE("\x02xyz"));
	assert_true(slice_eq(rd_string(&r), SLICE("xy")));
	r = reader_of(SLICE("\x04xyz"));
	assert_int_equal(rd_string(&r).len, 0);
	assert_true(r.bad);
}

static void writes_follow_their_byte_order(void **state)
{
	(void)state;
	uint8_t buf[64];
	writer_t w = writer_of(buf, sizeof(buf));
	wr_u8(&w, 0xA1);
	wr_u16(&w, 0x0102);
	wr_u32(&w, 0x03040506);
	wr_u64(&w, UINT64_C(0x0708090A0B0C0D0E));
	wr_u16_le(&w, 0x0201);
	wr_u32_le(&w, 0x04030201);
	wr_u64_le(&w, UINT64_C(0x0807060504030201));
	wr_bytes32(&w, SLICE("ab"));
	wr_string(&w, SLICE("c"));
	assert_false(w.bad);
	assert_true(slice_eq(writer_done(&w),
	                     SLICE("\xA1\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0A\x0B\x0C\x0D\x0E"
	                           "\x01\x02\x01\x02\x03\x04\x01\x02\x03\x04\x05\x06\x07\x08"
	                           "\0\0\0\x02"
	                           "ab\x01"
	                           "c")));
}

static void a_full_writer_is_sticky_and_keeps_what_fitted(void **state)
{
	(void)state;
	uint8_t buf[6];
	writer_t w = writer_of(buf, sizeof(buf));
	wr_u32(&w, 1);
	wr_u32(&w, 2);
	assert_true(w.bad);
	assert_int_equal(w.len, 4);
	wr_u8(&w, 3);
	wr_varint(&w, 300);
	wr_format(&w, "x");
	assert_int_equal(w.len, 4);
	assert_null(wr_reserve(&w, 0));
	wr_patch_u32(&w, 3, 7);
	assert_int_equal(buf[3], 1);
}

static void reserve_survives_absurd_sizes(void **state)
{
	(void)state;
	uint8_t buf[4];
	writer_t w = writer_of(buf, sizeof(buf));
	wr_u8(&w, 1);
	assert_null(wr_reserve(&w, SIZE_MAX));
	assert_true(w.bad);
}

static void patch_overwrites_in_place(void **state)
{
	(void)state;
	uint8_t buf[8];
	writer_t w = writer_of(buf, sizeof(buf));
	wr_u64(&w, 0);
	wr_patch_u32(&w, 4, 0x01020304);
	wr_patch_u16(&w, 0, 0x0506);
	assert_true(slice_eq(writer_done(&w), SLICE("\x05\x06\0\0\x01\x02\x03\x04")));
}

static void format_needs_a_spare_byte(void **state)
{
	(void)state;
	uint8_t buf[8];
	writer_t w = writer_of(buf, sizeof(buf));
	wr_format(&w, "%d-%s", 12, "abcd");
	assert_false(w.bad);
	assert_true(slice_eq(writer_done(&w), SLICE("12-abcd")));
	wr_format(&w, "%c", 'e');
	assert_true(w.bad);
	assert_int_equal(w.len, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_follow_their_byte_order),
		cmocka_unit_test(a_short_read_is_sticky_and_moves_nothing),
		cmocka_unit_test(varints_round_trip_at_every_length),
		cmocka_unit_test(varints_stand_one_behind_another),
		cmocka_unit_test(varint_rejects_long_overflowing_and_cut_forms),
		cmocka_unit_test(zigzag_keeps_small_magnitudes_short),
		cmocka_unit_test(counted_bytes_obey_limit_and_input),
		cmocka_unit_test(writes_follow_their_byte_order),
		cmocka_unit_test(a_full_writer_is_sticky_and_keeps_what_fitted),
		cmocka_unit_test(reserve_survives_absurd_sizes),
		cmocka_unit_test(patch_overwrites_in_place),
		cmocka_unit_test(format_needs_a_spare_byte),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
