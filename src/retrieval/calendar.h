/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RETRIEVAL_CALENDAR_H
#define RETRIEVAL_CALENDAR_H
/* Buckets as people count time: hours, days, weeks, months, quarters and years of a time
 * zone, and shifts of its days.
 *
 * A day is from midnight to midnight of the wall clock, so it has 23 or 25 hours when the
 * clocks are changed; a step of "24h" (edges.h) has not. A boundary that the wall clock
 * leaves out is where it jumps; one that it shows twice is its first time. Single hours
 * are all told, also the one that comes twice. Weeks begin on Monday (ISO 8601).
 *
 * The range is widened to whole buckets: a day of a report is a whole day.
 *
 * Several days or months are counted from 1970 (weeks from its first Monday), so that
 * the same question later has the same boundaries. */
#include "env/zone.h"
#include "retrieval/edges.h"

typedef enum {
	CALENDAR_HOUR,
	CALENDAR_DAY,
	CALENDAR_WEEK,
	CALENDAR_MONTH,
	CALENDAR_QUARTER,
	CALENDAR_YEAR,
	CALENDAR_SHIFT,
} calendar_unit_t;

enum { CALENDAR_SHIFTS_MAX = 12, CALENDAR_EVERY_MAX = 1000 };

typedef struct {
	int32_t start_s; /* of the day, by the wall clock */
	slice_t name;
} calendar_shift_t;

typedef struct {
	const env_zone_t *zone;
	calendar_unit_t unit;
	int64_t every;                  /* so many units are one bucket; 1 for shifts */
	const calendar_shift_t *shifts; /* in order of their starts; the last goes over midnight */
	size_t shift_count;
} calendar_t;

/* "hour", "day" ... "year"; "1d", "2w", "3mo", "1q", "1y": days and longer units follow the
 * calendar. ERR_MALFORMED: neither; a step in hours or less is num_parse_duration's. */
MUST_CHECK err_t calendar_parse(slice_t text, calendar_unit_t *ret_unit, int64_t *ret_every);
/* The edges that hold the range, and the list they stand in, which the caller frees.
 * ERR_INVALID: an empty range, one beyond what nanoseconds can say, a wrong table of
 * shifts, or too many buckets; ERR_NO_MEMORY. */
MUST_CHECK err_t calendar_edges(const calendar_t *calendar, int64_t from_ns, int64_t to_ns,
                                edges_t *ret_edges, int64_t **ret_list);
/* The shift that a bucket belongs to. */
const calendar_shift_t *calendar_shift_of(const calendar_t *calendar, int64_t start_ns);
#endif
