/* SPDX-License-Identifier: Apache-2.0 */
/* Periods at the ends of which cheap products go wrong: midnights of other zones, days of 23
 * and 25 hours, shifts over midnight. */
#include "insight/periods.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/text.h"

static int64_t at(const char *text)
{
	int64_t ns;
	assert_int_equal(time_parse(slice_str(text), &ns), ERR_OK);
	return ns;
}

static periods_t *open_zone(const char *zone)
{
	static const config_shift_t SHIFTS[] = {
		{ "early", "06:00", 6 * 3600 },
		{ "late", "14:00", 14 * 3600 },
		{ "night", "22:30", 22 * 3600 + 1800 },
	};
	config_calendar_t calendar = { "c", zone, SHIFTS, 3 };
	periods_t *periods;
	assert_int_equal(periods_open(&calendar, &periods), ERR_OK);
	return periods;
}

static void assert_span(const span_t *span, const char *from, const char *to)
{
	char said[2][TIME_TEXT_MAX];
	assert_string_equal(time_format(span->from_ns, said[0]), from);
	assert_string_equal(time_format(span->to_ns, said[1]), to);
}

static const struct {
	const char *zone;
	period_t period;
	const char *at, *from, *to;
} SPANS[] = {
	/* Beijing's midnight is at 16:00 UTC; no day nor month is that of UTC. */
	{ "Asia/Shanghai", PERIOD_DAY, "2026-03-31T15:59:59.999Z", "2026-03-30T16:00:00.000Z",
	  "2026-03-31T16:00:00.000Z" },
	{ "Asia/Shanghai", PERIOD_DAY, "2026-03-31T16:00:00Z", "2026-03-31T16:00:00.000Z",
	  "2026-04-01T16:00:00.000Z" },
	{ "Asia/Shanghai", PERIOD_MONTH, "2026-03-31T15:59:59.999Z", "2026-02-28T16:00:00.000Z",
	  "2026-03-31T16:00:00.000Z" },
	{ "Asia/Shanghai", PERIOD_MONTH, "2026-03-31T16:00:00Z", "2026-03-31T16:00:00.000Z",
	  "2026-04-30T16:00:00.000Z" },
	{ "+08:00", PERIOD_YEAR, "2026-12-31T16:00:00Z", "2026-12-31T16:00:00.000Z",
	  "2027-12-31T16:00:00.000Z" },
	{ "UTC", PERIOD_MONTH, "2024-02-29T23:59:59Z", "2024-02-01T00:00:00.000Z",
	  "2024-03-01T00:00:00.000Z" },
	{ "UTC", PERIOD_WEEK, "2026-11-27T12:00:00Z", "2026-11-23T00:00:00.000Z",
	  "2026-11-30T00:00:00.000Z" },
	{ "UTC", PERIOD_QUARTER, "2026-11-27T12:00:00Z", "2026-10-01T00:00:00.000Z",
	  "2027-01-01T00:00:00.000Z" },
	/* 23 hours, 25 hours, and the hour that comes twice. */
	{ "Europe/Berlin", PERIOD_DAY, "2026-03-29T12:00:00Z", "2026-03-28T23:00:00.000Z",
	  "2026-03-29T22:00:00.000Z" },
	{ "Europe/Berlin", PERIOD_DAY, "2026-10-25T12:00:00Z", "2026-10-24T22:00:00.000Z",
	  "2026-10-25T23:00:00.000Z" },
	{ "Europe/Berlin", PERIOD_HOUR, "2026-10-25T01:30:00Z", "2026-10-25T01:00:00.000Z",
	  "2026-10-25T02:00:00.000Z" },
	/* The night of the change is an hour longer. */
	{ "Europe/Berlin", PERIOD_SHIFT, "2026-10-24T20:30:00Z", "2026-10-24T20:30:00.000Z",
	  "2026-10-25T05:00:00.000Z" },
	{ "Asia/Shanghai", PERIOD_SHIFT, "2026-11-27T16:00:00Z", "2026-11-27T14:30:00.000Z",
	  "2026-11-27T22:00:00.000Z" },
	/* A quarter of an hour is the same in a zone of 45 minutes. */
	{ "Asia/Kathmandu", PERIOD_QUARTER_HOUR, "2026-11-27T12:14:59Z", "2026-11-27T12:00:00.000Z",
	  "2026-11-27T12:15:00.000Z" },
	{ "Asia/Kathmandu", PERIOD_HOUR, "2026-11-27T12:14:59Z", "2026-11-27T11:15:00.000Z",
	  "2026-11-27T12:15:00.000Z" },
};

static void a_period_ends_where_the_wall_clock_of_its_zone_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(SPANS) / sizeof(*SPANS); i++) {
		periods_t *periods = open_zone(SPANS[i].zone);
		span_t span;
		assert_int_equal(periods_at(periods, SPANS[i].period, at(SPANS[i].at), &span),
		                 ERR_OK);
		assert_int_equal(span.period, SPANS[i].period);
		assert_span(&span, SPANS[i].from, SPANS[i].to);
		periods_close(periods);
	}
}

static void periods_follow_each_other_without_a_gap_for_three_years(void **state)
{
	static const char *const zones[] = { "Europe/Berlin", "Asia/Shanghai",
		                             "Australia/Lord_Howe" };
	(void)state;
	for (size_t z = 0; z < 3; z++) {
		periods_t *periods = open_zone(zones[z]);
		for (period_t p = PERIOD_SHIFT; p < PERIOD_COUNT; p++) {
			span_t span, next, back;
			int64_t end_ns = at("2027-01-02T00:00:00Z");
			assert_int_equal(periods_at(periods, p, at("2024-01-01T00:00:00Z"), &span),
			                 ERR_OK);
			for (; span.to_ns < end_ns; span = next) {
				assert_int_equal(periods_at(periods, p, span.to_ns, &next), ERR_OK);
				assert_true(next.from_ns == span.to_ns &&
				            next.to_ns > next.from_ns);
				assert_int_equal(periods_ended(periods, p, span.to_ns, &back),
				                 ERR_OK);
				assert_true(back.from_ns == span.from_ns &&
				            back.to_ns == span.to_ns);
				assert_int_equal(periods_ended(periods, p, next.to_ns - 1, &back),
				                 ERR_OK);
				assert_true(back.from_ns == span.from_ns &&
				            back.to_ns == span.to_ns);
			}
		}
		periods_close(periods);
	}
}

static void without_a_calendar_days_are_those_of_beijing(void **state)
{
	(void)state;
	periods_t *periods;
	span_t span;
	assert_int_equal(periods_open(NULL, &periods), ERR_OK);
	assert_int_equal(periods_at(periods, PERIOD_DAY, at("2026-11-27T16:30:00Z"), &span),
	                 ERR_OK);
	assert_span(&span, "2026-11-27T16:00:00.000Z", "2026-11-28T16:00:00.000Z");
	assert_false(periods_have_shifts(periods));
	assert_int_equal(periods_at(periods, PERIOD_SHIFT, 0, &span), ERR_UNSUPPORTED);
	periods_close(periods);
}

static void what_no_nanoseconds_can_say_is_refused(void **state)
{
	static const int64_t ends[] = { INT64_MIN, INT64_MIN + 1, INT64_MAX - 1, INT64_MAX };
	(void)state;
	periods_t *periods = open_zone("Asia/Shanghai");
	for (size_t i = 0; i < 4; i++)
		for (period_t p = 0; p < PERIOD_COUNT; p++) {
			span_t span = { 0 };
			assert_int_equal(periods_at(periods, p, ends[i], &span), ERR_INVALID);
			assert_int_equal(span.to_ns, 0);
		}
	periods_close(periods);
	config_calendar_t nowhere = { .zone = "Mars/Base" };
	assert_int_equal(periods_open(&nowhere, &periods), ERR_NOT_FOUND);
}

static void words_are_read_as_they_are_said(void **state)
{
	(void)state;
	for (period_t p = 0; p < PERIOD_COUNT; p++) {
		period_t again;
		assert_int_equal(period_parse(slice_str(period_word(p)), &again), ERR_OK);
		assert_int_equal(again, p);
	}
	period_t none;
	assert_int_equal(period_parse(SLICE("fortnight"), &none), ERR_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_period_ends_where_the_wall_clock_of_its_zone_says),
		cmocka_unit_test(periods_follow_each_other_without_a_gap_for_three_years),
		cmocka_unit_test(without_a_calendar_days_are_those_of_beijing),
		cmocka_unit_test(what_no_nanoseconds_can_say_is_refused),
		cmocka_unit_test(words_are_read_as_they_are_said),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
