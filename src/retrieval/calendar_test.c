/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/num.h"
#include "model/time.h"
#include "retrieval/calendar.h"

enum { HOUR = 3600, DAY = 86400 };

typedef struct {
	env_zone_t *zone;
	edges_t edges;
	int64_t *list;
} cut_t;

static cut_t cut(const char *zone, calendar_t calendar, int64_t from_s, int64_t to_s)
{
	cut_t c = { 0 };
	assert_int_equal(env_zone_open(slice_str(zone), &c.zone), ERR_OK);
	calendar.zone = c.zone;
	assert_int_equal(
		calendar_edges(&calendar, from_s * NS_PER_S, to_s * NS_PER_S, &c.edges, &c.list),
		ERR_OK);
	return c;
}

static void done(cut_t *c)
{
	free(c->list);
	env_zone_close(c->zone);
}

static int64_t edge_s(const cut_t *c, size_t i)
{
	return edges_at(&c->edges, i) / NS_PER_S;
}

static calendar_t every(calendar_unit_t unit, int64_t n)
{
	return (calendar_t){ .unit = unit, .every = n };
}

/* Berlin: 2026-03-29 has 23 hours, 2026-10-25 has 25. */
static const int64_t spring = 1774746000, autumn = 1792890000;

static void a_day_has_the_hours_of_the_wall_clock(void **state)
{
	(void)state;
	cut_t c = cut("Europe/Berlin", every(CALENDAR_DAY, 1), spring - DAY, spring + DAY);
	assert_int_equal(c.edges.count, 3);
	/* Midnight of the 28th, at UTC + 1. */
	assert_int_equal(edge_s(&c, 0), spring - 26 * HOUR);
	assert_int_equal(edge_s(&c, 1) - edge_s(&c, 0), 24 * HOUR);
	assert_int_equal(edge_s(&c, 2) - edge_s(&c, 1), 23 * HOUR);
	assert_int_equal(edge_s(&c, 3) - edge_s(&c, 2), 24 * HOUR);
	done(&c);
	c = cut("Europe/Berlin", every(CALENDAR_DAY, 1), autumn, autumn + 1);
	assert_int_equal(c.edges.count, 1);
	assert_int_equal(edge_s(&c, 1) - edge_s(&c, 0), 25 * HOUR);
	done(&c);
}

static void the_hour_that_comes_twice_is_two(void **state)
{
	(void)state;
	cut_t c = cut("Europe/Berlin", every(CALENDAR_HOUR, 1), autumn - 2 * HOUR + 5,
	              autumn + 2 * HOUR);
	assert_int_equal(c.edges.count, 4);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(edge_s(&c, i + 1) - edge_s(&c, i), HOUR);
	assert_int_equal(edge_s(&c, 2), autumn);
	done(&c);
	/* Two hours by the wall clock: 00-02, 02-04, the second with three hours. */
	c = cut("Europe/Berlin", every(CALENDAR_HOUR, 2), autumn - 2 * HOUR, autumn + HOUR);
	assert_int_equal(edge_s(&c, 1) - edge_s(&c, 0), 2 * HOUR);
	assert_int_equal(edge_s(&c, 2) - edge_s(&c, 1), 3 * HOUR);
	done(&c);
}

static void a_clock_changed_by_half_an_hour_leaves_half_an_hour(void **state)
{
	(void)state;
	/* Lord Howe: 2026-04-05 02:00 back to 01:30, at 2026-04-04 15:00 UTC. */
	int64_t back = 1775314800;
	cut_t c = cut("Australia/Lord_Howe", every(CALENDAR_HOUR, 1), back - HOUR, back + HOUR);
	int64_t least = HOUR;
	for (size_t i = 0; i < c.edges.count; i++) {
		int64_t s = edge_s(&c, i + 1) - edge_s(&c, i);
		least = s < least ? s : least;
		assert_true(s > 0 && s <= 3 * HOUR / 2);
	}
	assert_int_equal(least, HOUR / 2);
	done(&c);
}

static void a_midnight_that_is_left_out_is_where_the_clock_jumps(void **state)
{
	(void)state;
	/* Asuncion: 2023-10-01 00:00 is followed by 01:00, at 04:00 UTC. */
	int64_t jump = 1696132800;
	cut_t c = cut("America/Asuncion", every(CALENDAR_DAY, 1), jump - HOUR, jump + HOUR);
	assert_int_equal(c.edges.count, 2);
	assert_int_equal(edge_s(&c, 1), jump);
	assert_int_equal(edge_s(&c, 2) - edge_s(&c, 1), 23 * HOUR);
	done(&c);
}

static void longer_units_begin_where_the_calendar_says(void **state)
{
	(void)state;
	/* 2024-02-29 12:00 UTC, a Thursday of a leap year. */
	int64_t at = 1709208000;
	static const struct {
		calendar_unit_t unit;
		int64_t every, start, end;
	} rows[] = {
		{ CALENDAR_WEEK, 1, 1708905600, 1709510400 },    /* Mon 26 Feb - Mon 4 Mar */
		{ CALENDAR_MONTH, 1, 1706745600, 1709251200 },   /* 1 Feb - 1 Mar */
		{ CALENDAR_QUARTER, 1, 1704067200, 1711929600 }, /* 1 Jan - 1 Apr */
		{ CALENDAR_YEAR, 1, 1704067200, 1735689600 },    /* 2024 - 2025 */
		{ CALENDAR_MONTH, 2, 1704067200, 1709251200 },   /* Jan and Feb */
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		cut_t c = cut("UTC", every(rows[i].unit, rows[i].every), at, at + 1);
		assert_int_equal(c.edges.count, 1);
		assert_int_equal(edge_s(&c, 0), rows[i].start);
		assert_int_equal(edge_s(&c, 1), rows[i].end);
		done(&c);
	}
}

static void times_before_1970_fall_into_their_months(void **state)
{
	(void)state;
	/* 1900-02-28 12:00 UTC; 1900 was no leap year. */
	cut_t c = cut("UTC", every(CALENDAR_MONTH, 1), -2203934400, -2203934400 + 2 * DAY);
	assert_int_equal(c.edges.count, 2);
	assert_int_equal(edge_s(&c, 1), -2203891200);
	done(&c);
}

static void shifts_go_over_midnight(void **state)
{
	(void)state;
	static const calendar_shift_t shifts[] = { { 6 * HOUR, { (const uint8_t *)"early", 5 } },
		                                   { 14 * HOUR, { (const uint8_t *)"late", 4 } },
		                                   { 22 * HOUR, { (const uint8_t *)"night", 5 } } };
	calendar_t calendar = {
		.unit = CALENDAR_SHIFT, .every = 1, .shifts = shifts, .shift_count = 3
	};
	/* The night in which Berlin's clock goes forward: seven hours. */
	cut_t c = cut("Europe/Berlin", calendar, spring, spring + 10 * HOUR);
	calendar.zone = c.zone;
	assert_int_equal(c.edges.count, 2);
	assert_int_equal(edge_s(&c, 0), spring - 4 * HOUR);
	assert_int_equal(edge_s(&c, 1) - edge_s(&c, 0), 7 * HOUR);
	assert_int_equal(edge_s(&c, 2) - edge_s(&c, 1), 8 * HOUR);
	assert_true(slice_eq(calendar_shift_of(&calendar, edges_at(&c.edges, 0))->name,
	                     SLICE("night")));
	assert_true(slice_eq(calendar_shift_of(&calendar, edges_at(&c.edges, 1))->name,
	                     SLICE("early")));
	done(&c);
}

static void what_cannot_be_cut_is_refused(void **state)
{
	(void)state;
	static const calendar_shift_t shifts[] = { { 6 * HOUR, { (const uint8_t *)"a", 1 } },
		                                   { 6 * HOUR, { (const uint8_t *)"b", 1 } } };
	env_zone_t *zone = NULL;
	edges_t edges;
	int64_t *list = NULL;
	assert_int_equal(env_zone_open(SLICE("UTC"), &zone), ERR_OK);
	calendar_t calendar = { .zone = zone, .unit = CALENDAR_DAY, .every = 1 };
	assert_int_equal(calendar_edges(&calendar, 5, 5, &edges, &list), ERR_INVALID);
	assert_int_equal(calendar_edges(&calendar, INT64_MIN, 0, &edges, &list), ERR_INVALID);
	assert_int_equal(calendar_edges(&calendar, 0, INT64_MAX, &edges, &list), ERR_INVALID);
	calendar.unit = CALENDAR_HOUR;
	assert_int_equal(calendar_edges(&calendar, 0, INT64_MAX / 2, &edges, &list), ERR_INVALID);
	calendar.every = 0;
	assert_int_equal(calendar_edges(&calendar, 0, 5, &edges, &list), ERR_INVALID);
	calendar = (calendar_t){
		.zone = zone, .unit = CALENDAR_SHIFT, .every = 1, .shifts = shifts, .shift_count = 2
	};
	assert_int_equal(calendar_edges(&calendar, 0, 5, &edges, &list), ERR_INVALID);
	env_zone_close(zone);
}

static void steps_of_the_calendar_are_read(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		calendar_unit_t unit;
		int64_t every;
	} rows[] = { { "hour", CALENDAR_HOUR, 1 },  { "1d", CALENDAR_DAY, 1 },
		     { "2w", CALENDAR_WEEK, 2 },    { "3mo", CALENDAR_MONTH, 3 },
		     { "1q", CALENDAR_QUARTER, 1 }, { "year", CALENDAR_YEAR, 1 } };
	calendar_unit_t unit;
	int64_t n;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_int_equal(calendar_parse(slice_str(rows[i].text), &unit, &n), ERR_OK);
		assert_int_equal(unit, rows[i].unit);
		assert_int_equal(n, rows[i].every);
	}
	static const char *const wrong[] = { "24h", "0d", "d", "", "-1d", "1001d", "1 d" };
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_int_equal(calendar_parse(slice_str(wrong[i]), &unit, &n), ERR_MALFORMED);
}

/* Random ranges in zones of all kinds: edges ascend, hold the range, and each but the
 * single hours stands where the wall clock shows a boundary or has jumped over one. */
static void edges_hold_the_range_in_every_zone(void **state)
{
	(void)state;
	static const char *const zones[] = { "UTC",          "Europe/Berlin", "America/Asuncion",
		                             "Asia/Kolkata", "Africa/Cairo",  "America/St_Johns",
		                             "Pacific/Apia", "Asia/Shanghai" };
	rng_t rng = rng_of(5);
	for (size_t i = 0; i < 400; i++) {
		int64_t from = (int64_t)rng_below(&rng, 2500000000U);
		int64_t to = from + 1 + (int64_t)rng_below(&rng, 5 * DAY);
		cut_t c = cut(zones[i % 8],
		              every((calendar_unit_t)rng_below(&rng, CALENDAR_SHIFT),
		                    1 + (int64_t)rng_below(&rng, 3)),
		              from, to);
		size_t n = c.edges.count;
		assert_true(edge_s(&c, 0) <= from && edge_s(&c, 1) > from);
		assert_true(edge_s(&c, n) >= to && edge_s(&c, n - 1) < to);
		done(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_day_has_the_hours_of_the_wall_clock),
		cmocka_unit_test(the_hour_that_comes_twice_is_two),
		cmocka_unit_test(a_clock_changed_by_half_an_hour_leaves_half_an_hour),
		cmocka_unit_test(a_midnight_that_is_left_out_is_where_the_clock_jumps),
		cmocka_unit_test(longer_units_begin_where_the_calendar_says),
		cmocka_unit_test(times_before_1970_fall_into_their_months),
		cmocka_unit_test(shifts_go_over_midnight),
		cmocka_unit_test(what_cannot_be_cut_is_refused),
		cmocka_unit_test(steps_of_the_calendar_are_read),
		cmocka_unit_test(edges_hold_the_range_in_every_zone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
