/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INSIGHT_ENERGY_H
#define INSIGHT_ENERGY_H
/* Whether the readings of a meter are fit to be reported, by the rules of the online
 * monitoring of energy users: received readings are at least 90 percent of the expected
 * ones, one every 15 minutes; the days of a month add up to the month within 5 percent; and
 * the readings at the ends of a day lie within a minute, of a month within a day, of them.
 *
 * Each answers with its numbers, so that who is refused sees by how much.
 *
 * Threads: those of the reader. */
#include "insight/periods.h"
#include "model/series.h"

typedef struct {
	bool is_known; /* else there was nothing to judge by */
	bool is_kept;
	double measured; /* ratio, deviation or nanoseconds */
	double limit;
	uint64_t received, expected; /* of the completeness */
} energy_verdict_t;

/* Quarter hours of the span in which the point has a good sample, of all that have begun
 * before `now_ns`. Errors of the reader. */
MUST_CHECK err_t energy_completeness(const series_reader_t *reader, point_id_t point,
                                     const span_t *span, int64_t now_ns,
                                     energy_verdict_t *ret_verdict);
/* How far the sum of days is from their month, as a share of the month. An absent day counts
 * as missing, so that nothing is known. A month of 0 whose days are not 0 is infinitely off. */
energy_verdict_t energy_deviation(const expr_value_t *days, size_t count, expr_value_t month);
/* How far the good readings nearest to the ends of the span are from them; the farther one.
 * Only days and months have a rule; ERR_UNSUPPORTED: of other spans. Errors of the reader. */
MUST_CHECK err_t energy_skew(const series_reader_t *reader, point_id_t point, const span_t *span,
                             energy_verdict_t *ret_verdict);
#endif
