/* SPDX-License-Identifier: Apache-2.0 */
/* Many threads count at once while the office's loop makes rows, ends days and saves:
 * nothing is lost and nothing counted twice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <pthread.h>

#include "office/meter.h"

enum { ASKERS = 3, ROUNDS = 60000, NAMES = 200, DAYS = 40 };

typedef struct {
	prefix_meter_t ask;
	unsigned seed;
} asker_t;

static void *ask(void *arg)
{
	const asker_t *a = arg;
	char name[64];
	for (unsigned i = 0; i < ROUNDS; i++) {
		(void)snprintf(name, sizeof(name), "99.100.1.7/n-%u", (i + a->seed) % NAMES);
		assert_int_equal(a->ask.resolve(a->ask.ctx, slice_str(name), true), QUOTA_OK);
		if (i % 100 == 0) {
			assert_int_equal(a->ask.take(a->ask.ctx, slice_str(name), true), QUOTA_OK);
			a->ask.give_back(a->ask.ctx, slice_str(name));
		}
	}
	return NULL;
}

/* The days of the row, and what is still of today. */
static uint64_t sum_of(const meter_t *meter, const usage_t *row)
{
	uint64_t sum = usage_today(meter, row).resolved;
	for (size_t i = 0; i < row->day_count; i++)
		sum += row->days[i].resolved;
	return sum;
}

static void counts_of_many_threads_add_up_over_days_rows_and_marks(void **state)
{
	(void)state;
	static uint8_t mark[3 * METER_REGISTERS + 256];
	meter_t *meter = meter_new(0, NS_PER_DAY);
	usage_t *row = NULL, *other = NULL;
	pthread_t threads[ASKERS];
	asker_t askers[ASKERS];
	char prefix[32];
	assert_int_equal(meter_put(meter, SLICE("99.100.1.7"), &row), ERR_OK);
	for (unsigned i = 0; i < ASKERS; i++) {
		askers[i] = (asker_t){ meter_of(meter), i * 67 };
		assert_int_equal(pthread_create(&threads[i], NULL, ask, &askers[i]), 0);
	}
	for (unsigned day = 2; day < DAYS; day++) {
		writer_t w = writer_of(mark, sizeof(mark));
		(void)snprintf(prefix, sizeof(prefix), "99.100.1.x%u", day);
		assert_int_equal(meter_put(meter, slice_str(prefix), &other), ERR_OK);
		(void)usage_mark(meter, row, &w);
		assert_false(w.bad);
		assert_true(meter_roll(meter, day * NS_PER_DAY));
	}
	for (unsigned i = 0; i < ASKERS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(usage_resolved(row), ASKERS * ROUNDS);
	assert_int_equal(sum_of(meter, row), ASKERS * ROUNDS);
	assert_int_equal(row->names, 0);
	/* Twice the standard error of linear counting at this size. */
	assert_in_range(usage_distinct(row), NAMES - 8, NAMES + 8);
	meter_free(meter);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_of_many_threads_add_up_over_days_rows_and_marks),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
