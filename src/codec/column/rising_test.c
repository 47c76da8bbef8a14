/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/num.h"
#include "codec/column/rising.h"

enum { NUMBERS = 300, ROUNDS = 400, ROOM = 4096 };

static size_t fill(rng_t *rng, uint64_t *numbers)
{
	size_t count = rng_below(rng, NUMBERS);
	uint64_t at = rng_next(rng) >> (2 + rng_below(rng, 62)), most = rng_next(rng) >> 11;
	most >>= rng_below(rng, 53);
	for (size_t i = 0; i < count; i++) {
		numbers[i] = at;
		at += 1 + rng_below(rng, most + 1);
	}
	return count;
}

static void rising_numbers_come_back(void **state)
{
	(void)state;
	rng_t rng = rng_of(1);
	uint64_t numbers[NUMBERS], back[NUMBERS];
	uint8_t bytes[ROOM];
	for (int round = 0; round < ROUNDS; round++) {
		size_t count = fill(&rng, numbers);
		writer_t w = writer_of(bytes, sizeof(bytes));
		rising_put(numbers, count, &w);
		assert_false(w.bad);
		reader_t r = reader_of(writer_done(&w));
		rising_get(&r, count, back);
		assert_false(r.bad);
		assert_int_equal(r.in.len, 0);
		for (size_t i = 0; i < count; i++)
			assert_true(back[i] == numbers[i]);
	}
}

static void greatest_number_comes_back(void **state)
{
	(void)state;
	const uint64_t numbers[] = { 0, UINT64_MAX };
	uint64_t back[2];
	uint8_t bytes[64];
	writer_t w = writer_of(bytes, sizeof(bytes));
	rising_put(numbers, 2, &w);
	assert_false(w.bad);
	reader_t r = reader_of(writer_done(&w));
	rising_get(&r, 2, back);
	assert_false(r.bad);
	assert_true(back[0] == 0 && back[1] == UINT64_MAX);
}

/* Every tenth place by chance has 0.47 bits of news. */
static void places_by_chance_take_little_more_than_their_news(void **state)
{
	(void)state;
	rng_t rng = rng_of(2);
	uint64_t places[1024];
	uint8_t bytes[ROOM];
	size_t count = 0;
	for (uint64_t i = 0; i < 1024; i++) {
		places[count] = i;
		count += rng_below(&rng, 10) == 0;
	}
	writer_t w = writer_of(bytes, sizeof(bytes));
	rising_put(places, count, &w);
	assert_in_range(w.len, count * 4 / 8, count * 5 / 8 + 1);
}

static void what_no_encoder_wrote_is_bad(void **state)
{
	(void)state;
	const struct {
		slice_t in;
		size_t count;
	} cases[] = {
		{ { NULL, 0 }, 1 },                                  /* cut */
		{ SLICE("\x40\x00"), 1 },                            /* k */
		{ SLICE("\x00\xFF\xFF"), 1 },                        /* no end of ones */
		{ SLICE("\x3F\x03\x00\x00\x00\x00\x00\x00\x00"), 1 } /* too great */
	};
	uint64_t numbers[1];
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		reader_t r = reader_of(cases[i].in);
		rising_get(&r, cases[i].count, numbers);
		assert_true(r.bad);
	}
}

static void room_that_is_missing_is_told(void **state)
{
	(void)state;
	const uint64_t numbers[] = { 5, 9, 1000 };
	uint8_t bytes[2];
	writer_t w = writer_of(bytes, sizeof(bytes));
	rising_put(numbers, 3, &w);
	assert_true(w.bad);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rising_numbers_come_back),
		cmocka_unit_test(greatest_number_comes_back),
		cmocka_unit_test(places_by_chance_take_little_more_than_their_news),
		cmocka_unit_test(what_no_encoder_wrote_is_bad),
		cmocka_unit_test(room_that_is_missing_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
