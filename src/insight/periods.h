/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INSIGHT_PERIODS_H
#define INSIGHT_PERIODS_H
/* Which period of a calendar a time lies in, and which one ended last.
 *
 * Story: periods_open with a calendar of the configuration, periods_at and periods_ended as
 * time goes by, periods_close.
 *
 * A period is [from, to) in nanoseconds UTC, and its ends are where the wall clock of the
 * calendar's time zone says: a day ends at its midnight, has 23 or 25 hours when the clocks
 * are changed, and two nodes that report one day must count it by one zone, which is the
 * configuration's and never the machine's. Quarters of an hour are the same in all zones.
 *
 * Threads: any; immutable once open. */
#include "config/config.h"
#include "insight/definition.h"

typedef struct periods periods_t;

typedef struct {
	period_t period;
	int64_t from_ns, to_ns;
} span_t;

/* NULL: Beijing time, without shifts. ERR_NOT_FOUND: no such zone; ERR_NO_MEMORY. Keeps
 * nothing of the configuration. */
MUST_CHECK err_t periods_open(const config_calendar_t *calendar, periods_t **ret_periods);
void periods_close(periods_t *periods);
bool periods_have_shifts(const periods_t *periods);
/* By its word (definition.h). ERR_NOT_FOUND. */
MUST_CHECK err_t period_parse(slice_t word, period_t *ret_period);
/* The period that holds a time. ERR_UNSUPPORTED: a shift of a calendar that has none;
 * ERR_INVALID: beyond what nanoseconds can say; ERR_NO_MEMORY. */
MUST_CHECK err_t periods_at(const periods_t *periods, period_t period, int64_t at_ns,
                            span_t *ret_span);
/* The last one that was over at a time. Errors as above. */
MUST_CHECK err_t periods_ended(const periods_t *periods, period_t period, int64_t at_ns,
                               span_t *ret_span);
#endif
