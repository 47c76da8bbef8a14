/* SPDX-License-Identifier: Apache-2.0 */
/* Boundaries are found on the wall clock, in seconds since 1970 as it shows them, and
 * carried over to UTC. */
#include "retrieval/calendar.h"

#include <stdlib.h>

#include "base/grow.h"
#include "base/num.h"
#include "model/time.h"

enum { DAY_S = 86400, HOUR_S = 3600, MONDAY = 4 /* 1970-01-05 */, LIST_FIRST = 64 };

static const int64_t RANGE_MAX_S = INT64_MAX / NS_PER_S;

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* Days since 1970 of the first of a month, months counted from January of the year 0
 * (proleptic Gregorian). */
static int64_t days_of_month(int64_t month)
{
	/* Years that begin in March have their leap day at the end. */
	int64_t year = floor_div(month - 2, 12), from_march = month - 2 - 12 * year;
	int64_t days = 365 * year + floor_div(year, 4) - floor_div(year, 100) +
	               floor_div(year, 400) + (153 * from_march + 2) / 5;
	return days - 719468;
}

static int64_t month_of(int64_t wall_s)
{
	int64_t days = floor_div(wall_s, DAY_S);
	/* No month is longer than 31 days nor 400 years than so many: the guess is near. */
	int64_t month = 1970 * 12 + floor_div(days * 4800, 146097);
	while (days_of_month(month) > days)
		month--;
	while (days_of_month(month + 1) <= days)
		month++;
	return month;
}

/* A boundary as a count of units, and back. */
typedef struct {
	int64_t unit_s;  /* 0: months */
	int64_t months;  /* of a unit */
	int64_t first_s; /* where unit 0 begins */
} unit_t;

static const unit_t units[] = {
	[CALENDAR_HOUR] = { .unit_s = HOUR_S },
	[CALENDAR_DAY] = { .unit_s = DAY_S },
	[CALENDAR_WEEK] = { .unit_s = 7 * DAY_S, .first_s = MONDAY * DAY_S },
	[CALENDAR_MONTH] = { .months = 1 },
	[CALENDAR_QUARTER] = { .months = 3 },
	[CALENDAR_YEAR] = { .months = 12 },
	[CALENDAR_SHIFT] = { .unit_s = DAY_S },
};

/* Boundary number n. Shifts: day by day, shift by shift. */
static int64_t wall_of(const calendar_t *c, int64_t n)
{
	const unit_t *unit = &units[c->unit];
	if (c->unit == CALENDAR_SHIFT) {
		int64_t shifts = (int64_t)c->shift_count, day = floor_div(n, shifts);
		return day * DAY_S + c->shifts[n - day * shifts].start_s;
	}
	if (unit->months)
		return days_of_month(1970 * 12 + n * c->every * unit->months) * DAY_S;
	return n * c->every * unit->unit_s + unit->first_s;
}

/* The last boundary at or before a wall time. */
static int64_t number_of(const calendar_t *c, int64_t wall_s)
{
	const unit_t *unit = &units[c->unit];
	if (c->unit == CALENDAR_SHIFT) {
		int64_t n = (floor_div(wall_s, DAY_S) + 1) * (int64_t)c->shift_count;
		while (wall_of(c, n) > wall_s)
			n--;
		return n;
	}
	if (unit->months)
		return floor_div(month_of(wall_s) - 1970 * 12, c->every * unit->months);
	return floor_div(wall_s - unit->first_s, c->every * unit->unit_s);
}

/* The first moment at which the wall clock shows this or a later time. */
static int64_t utc_of(const env_zone_t *zone, int64_t wall_s)
{
	int64_t before = wall_s - env_zone_offset(zone, wall_s - 2 * DAY_S);
	if (before + env_zone_offset(zone, before) == wall_s)
		return before;
	int64_t behind = wall_s - env_zone_offset(zone, wall_s + 2 * DAY_S), jump = behind;
	if (behind + env_zone_offset(zone, behind) == wall_s)
		return behind;
	(void)env_zone_next(zone, (before < behind ? before : behind) - DAY_S, &jump);
	return jump;
}

static int64_t wall_at(const env_zone_t *zone, int64_t utc_s)
{
	return utc_s + env_zone_offset(zone, utc_s);
}

typedef struct {
	const calendar_t *calendar;
	int64_t next; /* number of the next boundary */
	int64_t at_s; /* the last edge */
} cutter_t;

static cutter_t begin(const calendar_t *c, int64_t from_s)
{
	cutter_t cutter = { c, number_of(c, wall_at(c->zone, from_s)), 0 };
	if (c->unit == CALENDAR_HOUR && c->every == 1) {
		cutter.at_s = from_s - (wall_at(c->zone, from_s) -
		                        HOUR_S * floor_div(wall_at(c->zone, from_s), HOUR_S));
		return cutter;
	}
	cutter.at_s = utc_of(c->zone, wall_of(c, cutter.next));
	while (cutter.at_s > from_s)
		cutter.at_s = utc_of(c->zone, wall_of(c, --cutter.next));
	cutter.next++;
	return cutter;
}

/* Single hours go by elapsed time, so that the one that comes twice is two; where the
 * clock is changed by less than an hour, what is left is a bucket of its own. */
static int64_t next_hour(const cutter_t *cutter)
{
	const env_zone_t *zone = cutter->calendar->zone;
	int64_t at_s = cutter->at_s + HOUR_S;
	int64_t odd = wall_at(zone, at_s) - HOUR_S * floor_div(wall_at(zone, at_s), HOUR_S);
	return odd && at_s - odd > cutter->at_s ? at_s - odd : at_s + (odd ? HOUR_S - odd : 0);
}

static void step(cutter_t *cutter)
{
	const calendar_t *c = cutter->calendar;
	int64_t at_s = cutter->at_s;
	if (c->unit == CALENDAR_HOUR && c->every == 1) {
		cutter->at_s = next_hour(cutter);
		return;
	}
	/* Boundaries that a jump leaves out fall together. */
	while (cutter->at_s <= at_s)
		cutter->at_s = utc_of(c->zone, wall_of(c, cutter->next++));
}

typedef struct {
	int64_t *items;
	size_t count, cap;
} list_t;

MUST_CHECK static err_t append(list_t *list, int64_t at_s)
{
	if (list->count > EDGES_BUCKETS_MAX || at_s < -RANGE_MAX_S || at_s > RANGE_MAX_S)
		return ERR_INVALID;
	int64_t *items = grow_for(list->items, list->count + 1, &list->cap, sizeof(*items));
	if (!items)
		return ERR_NO_MEMORY;
	list->items = items;
	list->items[list->count++] = at_s * NS_PER_S;
	return ERR_OK;
}

static bool is_sound(const calendar_t *c, int64_t from_ns, int64_t to_ns)
{
	if (from_ns >= to_ns || c->every < 1 || c->every > CALENDAR_EVERY_MAX)
		return false;
	if (c->unit != CALENDAR_SHIFT)
		return true;
	if (c->every != 1 || c->shift_count == 0 || c->shift_count > CALENDAR_SHIFTS_MAX)
		return false;
	for (size_t i = 0; i < c->shift_count; i++) {
		int32_t least = i ? c->shifts[i - 1].start_s + 1 : 0;
		if (c->shifts[i].start_s < least || c->shifts[i].start_s >= DAY_S)
			return false;
	}
	return true;
}

err_t calendar_edges(const calendar_t *calendar, int64_t from_ns, int64_t to_ns, edges_t *ret_edges,
                     int64_t **ret_list)
{
	list_t list = { 0 };
	if (!is_sound(calendar, from_ns, to_ns))
		return ERR_INVALID;
	cutter_t cutter = begin(calendar, floor_div(from_ns, NS_PER_S));
	err_t err = append(&list, cutter.at_s);
	while (!err && cutter.at_s < to_ns / NS_PER_S + (to_ns % NS_PER_S > 0)) {
		step(&cutter);
		err = append(&list, cutter.at_s);
	}
	if (!err)
		err = edges_listed(list.items, list.count - 1, ret_edges);
	if (err) {
		free(list.items);
		return err;
	}
	*ret_list = list.items;
	return ERR_OK;
}

const calendar_shift_t *calendar_shift_of(const calendar_t *calendar, int64_t start_ns)
{
	int64_t wall_s = wall_at(calendar->zone, floor_div(start_ns, NS_PER_S));
	int64_t n = number_of(calendar, wall_s), shifts = (int64_t)calendar->shift_count;
	return &calendar->shifts[n - floor_div(n, shifts) * shifts];
}

typedef struct {
	const char *word, *suffix; /* "day", "d" */
	calendar_unit_t unit;
} word_t;

static const word_t words[] = {
	{ "hour", NULL, CALENDAR_HOUR },      { "day", "d", CALENDAR_DAY },
	{ "week", "w", CALENDAR_WEEK },       { "month", "mo", CALENDAR_MONTH },
	{ "quarter", "q", CALENDAR_QUARTER }, { "year", "y", CALENDAR_YEAR },
};

err_t calendar_parse(slice_t text, calendar_unit_t *ret_unit, int64_t *ret_every)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		uint64_t every = 1;
		slice_t suffix = slice_str(words[i].suffix ? words[i].suffix : "-");
		bool is_word = slice_eq(text, slice_str(words[i].word));
		if (!is_word && (!slice_ends(text, suffix) ||
		                 num_parse_u64(slice_sub(text, 0, text.len - suffix.len),
		                               CALENDAR_EVERY_MAX, &every)))
			continue;
		if (every == 0)
			return ERR_MALFORMED;
		*ret_unit = words[i].unit;
		*ret_every = (int64_t)every;
		return ERR_OK;
	}
	return ERR_MALFORMED;
}
