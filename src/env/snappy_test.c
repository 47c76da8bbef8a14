/* SPDX-License-Identifier: Apache-2.0 */
#include "env/snappy.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { LEN = 5000, ROOM = 8192 };

/* Made by hand after the description of the format: length 11, a literal of 5, a copy of 6
 * from 5 back. */
static const uint8_t BLOCK[] = { 11, 4 << 2, 'a', 'b', 'c', 'd', 'e', (6 - 4) << 2 | 1, 5 };

static void a_block_made_by_hand_is_read(void **state)
{
	uint8_t room[ROOM];
	writer_t w = writer_of(room, sizeof(room));
	size_t size;
	(void)state;
	assert_int_equal(env_snappy_size(slice_of(BLOCK, sizeof(BLOCK)), &size), ERR_OK);
	assert_int_equal(size, 11);
	assert_int_equal(env_snappy_decompress(slice_of(BLOCK, sizeof(BLOCK)), &w), ERR_OK);
	assert_true(slice_eq(writer_done(&w), SLICE("abcdeabcdea")));
}

static void what_was_compressed_comes_back(void **state)
{
	uint8_t plain[LEN], packed[ROOM], back[ROOM];
	writer_t w = writer_of(packed, sizeof(packed)), b = writer_of(back, sizeof(back));
	(void)state;
	for (size_t i = 0; i < LEN; i++)
		plain[i] = (uint8_t)(i * i >> 5);
	assert_int_equal(env_snappy_compress(slice_of(plain, LEN), &w), ERR_OK);
	assert_int_equal(env_snappy_decompress(writer_done(&w), &b), ERR_OK);
	assert_true(slice_eq(writer_done(&b), slice_of(plain, LEN)));
	b = writer_of(back, LEN - 1);
	assert_int_equal(env_snappy_decompress(writer_done(&w), &b), ERR_TOO_BIG);
	w = writer_of(packed, LEN);
	assert_int_equal(env_snappy_compress(slice_of(plain, LEN), &w), ERR_TOO_BIG);
}

static void what_is_cut_or_points_before_its_begin_is_corrupt(void **state)
{
	uint8_t room[ROOM], copy[sizeof(BLOCK)];
	(void)state;
	for (size_t len = 0; len < sizeof(BLOCK); len++) {
		writer_t w = writer_of(room, sizeof(room));
		assert_int_equal(env_snappy_decompress(slice_of(BLOCK, len), &w), ERR_CORRUPT);
	}
	memcpy(copy, BLOCK, sizeof(BLOCK));
	copy[sizeof(BLOCK) - 1] = 6;
	writer_t w = writer_of(room, sizeof(room));
	assert_int_equal(env_snappy_decompress(slice_of(copy, sizeof(copy)), &w), ERR_CORRUPT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_block_made_by_hand_is_read),
		cmocka_unit_test(what_was_compressed_comes_back),
		cmocka_unit_test(what_is_cut_or_points_before_its_begin_is_corrupt),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
