/* SPDX-License-Identifier: Apache-2.0 */
/* The rules by which readings of energy meters are fit to be reported. */
#include "insight/energy.h"

#include "insight/fixture_test.h"

static energy_verdict_t completeness(plant_t *plant, const span_t *span, int64_t now_ns)
{
	energy_verdict_t verdict;
	assert_int_equal(energy_completeness(&plant->reader, 1, span, now_ns, &verdict), ERR_OK);
	return verdict;
}

static void readings_are_complete_from_ninety_percent_on(void **state)
{
	(void)state;
	plant_t *plant = meter_open("");
	span_t span = { PERIOD_DAY, 1000 * HOUR, 1024 * HOUR };
	/* 96 are expected; of 87 that is 90.6 percent, of 86 no longer enough. */
	for (size_t lost = 9; lost <= 10; lost++) {
		run_meter(plant->series[0], span.from_ns - HOUR, span.to_ns + HOUR);
		for (size_t i = 0; i < lost; i++)
			plant->series[0]->rows[20 + i].quality = i % 2 ? QUALITY_TIMEOUT
			                                               : QUALITY_STALE;
		energy_verdict_t verdict = completeness(plant, &span, span.to_ns + HOUR);
		assert_int_equal(verdict.expected, 96);
		assert_int_equal(verdict.received, 96 - lost);
		assert_true(verdict.is_known && verdict.limit == 0.9);
		assert_int_equal(verdict.is_kept, lost == 9);
	}
	/* Two readings of one quarter are not those of two. */
	for (size_t i = 0; i < plant->series[0]->count; i++)
		plant->series[0]->rows[i].source.ns -= i % 2 ? 15 * MINUTE - NS_PER_S : 0;
	assert_int_equal(completeness(plant, &span, span.to_ns).received <= 49, 1);
	/* Of a day that is not over, what could be there. */
	run_meter(plant->series[0], span.from_ns, span.from_ns + HOUR);
	energy_verdict_t verdict = completeness(plant, &span, span.from_ns + HOUR + 1);
	assert_int_equal(verdict.expected, 5);
	assert_int_equal(verdict.received, 5);
	assert_false(completeness(plant, &span, span.from_ns).is_known);
	plant_close(plant);
}

static void days_may_differ_from_their_month_by_five_percent(void **state)
{
	(void)state;
	expr_value_t days[31];
	for (size_t i = 0; i < 31; i++)
		days[i] = (expr_value_t){ true, 10 };
	assert_true(energy_deviation(days, 31, (expr_value_t){ true, 310 }).is_kept);
	assert_true(energy_deviation(days, 31, (expr_value_t){ true, 325 }).is_kept);
	energy_verdict_t off = energy_deviation(days, 31, (expr_value_t){ true, 328 });
	assert_true(off.is_known && !off.is_kept);
	assert_near(off.measured, 18.0 / 328);
	assert_false(energy_deviation(days, 31, (expr_value_t){ true, 0 }).is_kept);
	assert_false(energy_deviation(days, 31, (expr_value_t){ 0 }).is_known);
	/* A day that is missing is no day of 0. */
	days[4].is_there = false;
	off = energy_deviation(days, 31, (expr_value_t){ true, 310 });
	assert_false(off.is_known || off.is_kept);
	assert_int_equal(off.received, 30);
	assert_false(energy_deviation(days, 0, (expr_value_t){ true, 0 }).is_known);
}

static void readings_stand_near_the_ends_of_days_and_months(void **state)
{
	static const struct {
		period_t period;
		int64_t late_ns;
		bool is_kept;
	} rows[] = { { PERIOD_DAY, 60 * NS_PER_S, true },
		     { PERIOD_DAY, 61 * NS_PER_S, false },
		     { PERIOD_MONTH, 24 * 3600 * NS_PER_S, true },
		     { PERIOD_MONTH, 25 * 3600 * NS_PER_S, false } };
	(void)state;
	plant_t *plant = meter_open("");
	fake_t *fake = plant->series[0];
	energy_verdict_t verdict;
	for (size_t i = 0; i < 4; i++)
		for (size_t end = 0; end < 2; end++) {
			span_t span = { rows[i].period, 1000 * HOUR, 2000 * HOUR };
			fake->count = 0;
			/* Uncertain ones that are nearer count for nothing. */
			if (end)
				fake_add(fake, span.from_ns, 1, QUALITY_OK);
			fake_add(fake, span.from_ns + 1, 1, QUALITY_STALE);
			if (!end)
				fake_add(fake, span.from_ns + rows[i].late_ns, 1, QUALITY_OK);
			fake_add(fake, span.to_ns - 1, 1, QUALITY_STALE);
			fake_add(fake, span.to_ns + (end ? rows[i].late_ns : 0), 2, QUALITY_OK);
			assert_int_equal(energy_skew(&plant->reader, 1, &span, &verdict), ERR_OK);
			assert_true(verdict.is_known);
			assert_int_equal(verdict.is_kept, rows[i].is_kept);
			assert_near(verdict.measured, (double)rows[i].late_ns);
		}
	span_t span = { PERIOD_HOUR, 0, HOUR };
	assert_int_equal(energy_skew(&plant->reader, 1, &span, &verdict), ERR_UNSUPPORTED);
	fake->count = 0;
	span.period = PERIOD_DAY;
	assert_int_equal(energy_skew(&plant->reader, 1, &span, &verdict), ERR_OK);
	assert_false(verdict.is_known);
	plant_close(plant);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(readings_are_complete_from_ninety_percent_on),
		cmocka_unit_test(days_may_differ_from_their_month_by_five_percent),
		cmocka_unit_test(readings_stand_near_the_ends_of_days_and_months),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
