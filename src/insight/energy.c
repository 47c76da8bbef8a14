/* SPDX-License-Identifier: Apache-2.0 */
#include "insight/energy.h"

#include <math.h>

#include "insight/gather.h"
#include "retrieval/walk.h"

static const int64_t STEP_NS = 15 * 60 * NS_PER_S;
static const int64_t DAY_SKEW_NS = 60 * NS_PER_S;
static const int64_t MONTH_SKEW_NS = 24 * 3600 * NS_PER_S;
static const double COMPLETENESS_MIN = 0.90;
static const double DEVIATION_MAX = 0.05;

static bool count_slot(void *ctx, const facts_t *facts)
{
	uint64_t *received = ctx;
	*received += facts->ok > 0;
	return true;
}

err_t energy_completeness(const series_reader_t *reader, point_id_t point, const span_t *span,
                          int64_t now_ns, energy_verdict_t *ret_verdict)
{
	int64_t to_ns = now_ns < span->to_ns ? now_ns : span->to_ns;
	energy_verdict_t verdict = { .limit = COMPLETENESS_MIN };
	edges_t edges;
	if (to_ns <= span->from_ns) {
		*ret_verdict = verdict;
		return ERR_OK;
	}
	err_t err = edges_equal(span->from_ns, to_ns, STEP_NS, &edges);
	if (err)
		return err;
	walk_stats_t stats = { 0 };
	walk_spec_t spec = { .reader = reader,
		             .query = { .point = point },
		             .edges = &edges,
		             .options = &RETRIEVAL_DEFAULTS,
		             .bucket = count_slot,
		             .ctx = &verdict.received,
		             .stats = &stats };
	err = walk_run(&spec);
	if (err)
		return err;
	verdict.expected = edges.count;
	verdict.is_known = true;
	verdict.measured = (double)verdict.received / (double)verdict.expected;
	verdict.is_kept = verdict.measured >= verdict.limit;
	*ret_verdict = verdict;
	return ERR_OK;
}

energy_verdict_t energy_deviation(const expr_value_t *days, size_t count, expr_value_t month)
{
	energy_verdict_t verdict = { .limit = DEVIATION_MAX, .expected = count };
	double sum = 0;
	for (size_t i = 0; i < count; i++) {
		verdict.received += days[i].is_there;
		sum += days[i].is_there ? days[i].number : 0;
	}
	if (!month.is_there || count == 0 || verdict.received < count)
		return verdict;
	double off = fabs(sum - month.number);
	verdict.is_known = true;
	verdict.measured = off > 0 ? off / fabs(month.number) : 0;
	verdict.is_kept = verdict.measured <= verdict.limit;
	return verdict;
}

/* How far the nearest good reading is from a time; INT64_MAX: there is none. */
MUST_CHECK static err_t distance(const series_reader_t *reader, point_id_t point, int64_t at_ns,
                                 int64_t *ret_ns)
{
	int64_t best_ns = INT64_MAX;
	for (int side = 0; side < 2; side++) {
		series_nearest_t ask = { .point = point, .at_ns = at_ns, .is_after = side == 1 };
		knot_t knot;
		err_t err = gather_nearest(reader, &ask, &knot);
		if (err == ERR_NOT_FOUND)
			continue;
		if (err)
			return err;
		int64_t ns = side ? knot.ns - at_ns : at_ns - knot.ns;
		best_ns = ns < best_ns ? ns : best_ns;
	}
	*ret_ns = best_ns;
	return ERR_OK;
}

err_t energy_skew(const series_reader_t *reader, point_id_t point, const span_t *span,
                  energy_verdict_t *ret_verdict)
{
	if (span->period != PERIOD_DAY && span->period != PERIOD_MONTH)
		return ERR_UNSUPPORTED;
	int64_t limit_ns = span->period == PERIOD_DAY ? DAY_SKEW_NS : MONTH_SKEW_NS;
	int64_t start_ns, end_ns;
	err_t err = distance(reader, point, span->from_ns, &start_ns);
	if (!err)
		err = distance(reader, point, span->to_ns, &end_ns);
	if (err)
		return err;
	int64_t farther_ns = start_ns > end_ns ? start_ns : end_ns;
	*ret_verdict = (energy_verdict_t){ .is_known = farther_ns < INT64_MAX,
		                           .is_kept = farther_ns <= limit_ns,
		                           .measured = (double)farther_ns,
		                           .limit = (double)limit_ns };
	return ERR_OK;
}
