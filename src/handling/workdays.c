/* SPDX-License-Identifier: Apache-2.0 */
#include "handling/workdays.h"

enum { DAYS_A_WEEK = 7, THURSDAY = 3, SATURDAY = 5 };

/* From Monday 0; the first of 1970 was a Thursday. */
static int weekday(int32_t day)
{
	int in_week = (day + THURSDAY) % DAYS_A_WEEK;
	return in_week < 0 ? in_week + DAYS_A_WEEK : in_week;
}

bool workdays_has(const workdays_t *calendar, int32_t day)
{
	for (size_t i = 0; i < calendar->count; i++)
		if (day >= calendar->days[i].first && day <= calendar->days[i].last)
			return !calendar->days[i].is_off;
	return weekday(day) < SATURDAY;
}

static int32_t day_of(int64_t local_ns)
{
	return (int32_t)((local_ns - (local_ns < 0 ? NS_PER_DAY - 1 : 0)) / NS_PER_DAY);
}

int64_t workdays_due(const workdays_t *calendar, const workdays_term_t *term, bool *ret_is_certain)
{
	int32_t day = day_of(term->from_ns + term->offset_ns);
	bool is_certain = day >= calendar->known_from;
	for (unsigned left = term->days; left > 0;)
		left -= workdays_has(calendar, ++day);
	*ret_is_certain = is_certain && day < calendar->known_to;
	return (day + 1) * NS_PER_DAY - term->offset_ns;
}

unsigned deadline_days(const deadline_t *deadlines, handling_state_t state, severity_t severity)
{
	slice_t word = slice_str(handling_state_text(state, LANG_EN));
	for (const deadline_t *d = deadlines; d->state; d++)
		if (slice_eq(slice_str(d->state), word))
			return d->days[severity];
	return 0;
}
