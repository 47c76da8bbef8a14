/* SPDX-License-Identifier: Apache-2.0 */
/* Readings of a meter that counts one kWh a quarter of an hour, into figures. */
#include "traps_list_test.h"

#include "insight/evaluate.h"
#include "insight/fixture_test.h"

static double used(plant_t *plant, const span_t *span)
{
	static uint8_t memory[EVALUATE_ARENA_BYTES];
	arena_t arena = arena_of(memory, sizeof(memory));
	evaluate_world_t world = { .reader = &plant->reader };
	figure_t figure;
	assert_int_equal(evaluate(&world, bindings_get(plant->bindings, 0), span, &arena, &figure),
	                 ERR_OK);
	assert_true(figure.parts[0].is_there);
	return figure.parts[0].sum;
}

static span_t span_of(const char *zone, period_t period, const char *at)
{
	config_calendar_t calendar = { .name = "c", .zone = zone };
	periods_t *periods;
	span_t span;
	assert_int_equal(periods_open(zone ? &calendar : NULL, &periods), ERR_OK);
	assert_int_equal(periods_at(periods, period, ns_of(at), &span), ERR_OK);
	periods_close(periods);
	return span;
}

void trap_3_a_meter_that_is_replaced_or_rolls_over_has_used_what_it_has_used(void **state)
{
	(void)state;
	for (size_t run = 0; run < 3; run++) {
		plant_t *plant = meter_open(run == 2 ? ", rollover: {M.E: 1000}" : "");
		fake_t *fake = plant->series[0];
		span_t day = span_of(NULL, PERIOD_DAY, "2026-11-27T04:00:00Z");
		int64_t noon_ns = day.from_ns + 12 * HOUR;
		run_meter(fake, day.from_ns - HOUR, day.to_ns + HOUR);
		for (size_t i = 0; i < fake->count; i++) {
			sample_t *row = &fake->rows[i];
			int64_t quarters = (row->source.ns - noon_ns) / (15 * MINUTE);
			/* A new meter at noon, a line that gives zeros for an hour, a counter that
			 * has three digits and is at 999 before noon. */
			if (run == 0 && quarters >= 0)
				row->value.as.f = (double)quarters;
			else if (run == 1 && quarters >= 0 && quarters < 4)
				*row = fake_sample(row->source.ns, 0, QUALITY_TIMEOUT);
			else if (run == 2)
				row->value.as.f = (double)((quarters + 1000) % 1000);
		}
		/* What the old meter counted behind its last reading nobody knows. */
		assert_near(used(plant, &day), run == 0 ? 95 : 96);
		plant_close(plant);
	}
}

void trap_4_a_reading_at_midnight_is_of_the_day_and_month_of_its_calendar(void **state)
{
	static const struct {
		const char *zone;
		period_t period;
		double kwh;
	} rows[] = {
		/* 1,000 kWh more are used at half past midnight of 1 April in Beijing. */
		{ NULL, PERIOD_MONTH, 31 * 96 },
		{ NULL, PERIOD_DAY, 96 },
		{ "UTC", PERIOD_MONTH, 31 * 96 + 1000 },
		{ "UTC", PERIOD_DAY, 96 + 1000 },
		{ "Europe/Berlin", PERIOD_MONTH, 31 * 96 - 4 + 1000 },
		{ "America/New_York", PERIOD_DAY, 96 + 1000 },
	};
	(void)state;
	plant_t *plant = meter_open("");
	fake_t *fake = plant->series[0];
	run_meter(fake, ns_of("2026-02-28T00:00:00Z"), ns_of("2026-04-02T00:00:00Z"));
	for (size_t i = 0; i < fake->count; i++)
		if (fake->rows[i].source.ns >= ns_of("2026-03-31T16:30:00Z"))
			fake->rows[i].value.as.f += 1000;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		span_t span = span_of(rows[i].zone, rows[i].period, "2026-03-31T15:00:00Z");
		assert_near(used(plant, &span), rows[i].kwh);
	}
	plant_close(plant);
}

void trap_4_a_day_has_the_hours_that_its_wall_clock_had(void **state)
{
	static const struct {
		const char *zone, *noon;
		double quarters;
	} rows[] = {
		{ "Europe/Berlin", "2026-03-29T12:00:00Z", 92 },
		{ "Europe/Berlin", "2026-10-25T12:00:00Z", 100 },
		{ NULL, "2026-03-29T04:00:00Z", 96 },
		{ NULL, "2026-10-25T04:00:00Z", 96 },
	};
	(void)state;
	plant_t *plant = meter_open("");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		span_t day = span_of(rows[i].zone, PERIOD_DAY, rows[i].noon);
		run_meter(plant->series[0], day.from_ns - HOUR, day.to_ns + HOUR);
		assert_near(used(plant, &day), rows[i].quarters);
	}
	plant_close(plant);
}
