/* SPDX-License-Identifier: Apache-2.0 */
#include "env/compress.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { LEN = 5000, ROOM = 8192 };

static void fill(uint8_t plain[LEN])
{
	for (size_t i = 0; i < LEN; i++)
		plain[i] = (uint8_t)(i * i >> 5);
}

static void what_was_compressed_comes_back(void **state)
{
	(void)state;
	uint8_t plain[LEN], packed[ROOM], back[ROOM];
	fill(plain);
	for (int level = 1; level <= 19; level += 6) {
		writer_t w = writer_of(packed, sizeof(packed)), b = writer_of(back, sizeof(back));
		wr_u8(&w, 7);
		assert_int_equal(env_compress(slice_of(plain, LEN), level, &w), ERR_OK);
		assert_true(w.len <= 1 + env_compress_bound(LEN));
		assert_int_equal(env_decompress(slice_from(writer_done(&w), 1), &b), ERR_OK);
		assert_true(slice_eq(writer_done(&b), slice_of(plain, LEN)));
	}
}

static void too_little_room_is_too_big_and_never_overrun(void **state)
{
	(void)state;
	uint8_t plain[LEN], packed[ROOM], back[ROOM];
	fill(plain);
	writer_t w = writer_of(packed, sizeof(packed)), b = writer_of(back, LEN - 1);
	assert_int_equal(env_compress(slice_of(plain, LEN), 3, &w), ERR_OK);
	assert_int_equal(env_decompress(writer_done(&w), &b), ERR_TOO_BIG);
	b = writer_of(back, w.len - 1);
	assert_int_equal(env_compress(slice_of(plain, LEN), 3, &b), ERR_TOO_BIG);
}

static void what_is_no_frame_or_more_than_one_is_corrupt(void **state)
{
	(void)state;
	uint8_t plain[LEN], packed[ROOM], back[2 * ROOM];
	fill(plain);
	writer_t w = writer_of(packed, sizeof(packed)), b;
	assert_int_equal(env_compress(slice_of(plain, LEN), 3, &w), ERR_OK);
	slice_t frame = writer_done(&w);
	for (size_t len = 0; len < frame.len; len++) {
		b = writer_of(back, sizeof(back));
		assert_int_equal(env_decompress(slice_sub(frame, 0, len), &b), ERR_CORRUPT);
	}
	packed[frame.len] = 0;
	b = writer_of(back, sizeof(back));
	assert_int_equal(env_decompress(slice_of(packed, frame.len + 1), &b), ERR_CORRUPT);
	assert_int_equal(env_decompress(SLICE("not a frame at all"), &b), ERR_CORRUPT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_compressed_comes_back),
		cmocka_unit_test(too_little_room_is_too_big_and_never_overrun),
		cmocka_unit_test(what_is_no_frame_or_more_than_one_is_corrupt),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
