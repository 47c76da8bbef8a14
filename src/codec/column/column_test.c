/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/column/column.h"

static void columns_one_after_another_come_back_in_order(void **state)
{
	static uint8_t room[3 * COLUMN_BYTES_MAX];
	static int64_t ns[COLUMN_ROWS], back_ns[COLUMN_ROWS];
	static uint64_t bits[COLUMN_ROWS], back_bits[COLUMN_ROWS];
	static uint8_t quality[COLUMN_ROWS], back_quality[COLUMN_ROWS];
	const column_kernel_t *k = column_kernel(ISA_PLAIN);
	column_hint_t hint = { 0 };
	writer_t w = writer_of(room, sizeof(room));
	(void)state;
	for (size_t i = 0; i < COLUMN_ROWS; i++) {
		double v = (double)i / 10;
		ns[i] = 1700000000000000000 + (int64_t)i * 10000000000;
		memcpy(&bits[i], &v, sizeof(v));
		quality[i] = i / 500 % 2 ? 3 : 0;
	}
	column_time_encode(k, ns, COLUMN_ROWS, &w);
	column_real_encode(k, bits, COLUMN_ROWS, &hint, &w);
	column_byte_encode(k, quality, COLUMN_ROWS, &w);
	assert_false(w.bad);
	reader_t r = reader_of(writer_done(&w));
	assert_int_equal(column_time_decode(k, &r, COLUMN_ROWS, back_ns), ERR_OK);
	assert_int_equal(column_real_decode(k, &r, COLUMN_ROWS, back_bits), ERR_OK);
	assert_int_equal(column_byte_decode(k, &r, COLUMN_ROWS, back_quality), ERR_OK);
	assert_memory_equal(ns, back_ns, sizeof(ns));
	assert_memory_equal(bits, back_bits, sizeof(bits));
	assert_memory_equal(quality, back_quality, sizeof(quality));
	assert_int_equal(r.in.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_one_after_another_come_back_in_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
