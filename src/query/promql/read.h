/* SPDX-License-Identifier: Apache-2.0 */
#ifndef QUERY_PROMQL_READ_H
#define QUERY_PROMQL_READ_H
/* Samples of one series in order of time, as the language sees them. */
#include "query/promql/eval.h"
#include "query/promql/fold.h"

typedef struct {
	void *ctx;
	/* False: no more. Stale ones come too, as absent() values. */
	bool (*point)(void *ctx, point_t point);
	series_verdict_t (*summary)(void *ctx, const summary_t *summary); /* NULL: points only */
} sink_t;

typedef struct {
	int64_t from_ms, to_ms; /* both in it */
	int64_t step_ms;        /* 0, or: of each step from `from_ms` on summaries are of use */
} span_t;

MUST_CHECK err_t read_span(eval_t *ev, point_id_t point, span_t span, const sink_t *sink);
/* The newest in the span; absent() when there is none. */
MUST_CHECK err_t read_newest(eval_t *ev, point_id_t point, span_t span, point_t *ret_point);
#endif
