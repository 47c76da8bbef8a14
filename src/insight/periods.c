/* SPDX-License-Identifier: Apache-2.0 */
#include "insight/periods.h"

#include <stdlib.h>

#include "model/time.h"
#include "retrieval/calendar.h"

_Static_assert((int)CONFIG_SHIFTS_MAX == (int)CALENDAR_SHIFTS_MAX, "a calendar holds them");

static const int64_t QUARTER_NS = 15 * 60 * NS_PER_S;

struct periods {
	env_zone_t *zone;
	calendar_shift_t shifts[CONFIG_SHIFTS_MAX];
	size_t shift_count;
};

err_t period_parse(slice_t word, period_t *ret_period)
{
	for (size_t i = 0; i < PERIOD_COUNT; i++)
		if (slice_eq(word, slice_str(period_word((period_t)i)))) {
			*ret_period = (period_t)i;
			return ERR_OK;
		}
	return ERR_NOT_FOUND;
}

err_t periods_open(const config_calendar_t *calendar, periods_t **ret_periods)
{
	periods_t *periods = calloc(1, sizeof(*periods));
	if (!periods)
		return ERR_NO_MEMORY;
	slice_t zone = calendar ? slice_str(calendar->zone) : SLICE("+08:00");
	err_t err = env_zone_open(zone, &periods->zone);
	if (err) {
		free(periods);
		return err;
	}
	periods->shift_count = calendar ? calendar->shift_count : 0;
	for (size_t i = 0; i < periods->shift_count; i++)
		periods->shifts[i].start_s = calendar->shifts[i].start_s;
	*ret_periods = periods;
	return ERR_OK;
}

void periods_close(periods_t *periods)
{
	if (!periods)
		return;
	env_zone_close(periods->zone);
	free(periods);
}

bool periods_have_shifts(const periods_t *periods)
{
	return periods->shift_count > 0;
}

static err_t quarter_at(int64_t at_ns, span_t *ret_span)
{
	int64_t into_ns = at_ns % QUARTER_NS, from_ns, to_ns;
	if (into_ns < 0)
		into_ns += QUARTER_NS;
	if (__builtin_sub_overflow(at_ns, into_ns, &from_ns) ||
	    __builtin_add_overflow(from_ns, QUARTER_NS, &to_ns))
		return ERR_INVALID;
	*ret_span = (span_t){ PERIOD_QUARTER_HOUR, from_ns, to_ns };
	return ERR_OK;
}

err_t periods_at(const periods_t *periods, period_t period, int64_t at_ns, span_t *ret_span)
{
	static const calendar_unit_t UNITS[PERIOD_COUNT] = {
		[PERIOD_HOUR] = CALENDAR_HOUR,   [PERIOD_SHIFT] = CALENDAR_SHIFT,
		[PERIOD_DAY] = CALENDAR_DAY,     [PERIOD_WEEK] = CALENDAR_WEEK,
		[PERIOD_MONTH] = CALENDAR_MONTH, [PERIOD_QUARTER] = CALENDAR_QUARTER,
		[PERIOD_YEAR] = CALENDAR_YEAR,
	};
	if (period == PERIOD_QUARTER_HOUR)
		return quarter_at(at_ns, ret_span);
	if (period == PERIOD_SHIFT && periods->shift_count == 0)
		return ERR_UNSUPPORTED;
	calendar_t calendar = { periods->zone, UNITS[period], 1, periods->shifts,
		                periods->shift_count };
	edges_t edges;
	int64_t *list = NULL, behind_ns;
	if (__builtin_add_overflow(at_ns, 1, &behind_ns))
		return ERR_INVALID;
	err_t err = calendar_edges(&calendar, at_ns, behind_ns, &edges, &list);
	if (!err)
		*ret_span = (span_t){ period, edges_at(&edges, 0), edges_at(&edges, 1) };
	free(list);
	return err;
}

err_t periods_ended(const periods_t *periods, period_t period, int64_t at_ns, span_t *ret_span)
{
	span_t now;
	err_t err = periods_at(periods, period, at_ns, &now);
	if (err)
		return err;
	return now.from_ns == INT64_MIN ? ERR_INVALID
	                                : periods_at(periods, period, now.from_ns - 1, ret_span);
}
