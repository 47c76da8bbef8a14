/* SPDX-License-Identifier: Apache-2.0 */
#ifndef QUERY_PROMQL_PROMQL_H
#define QUERY_PROMQL_PROMQL_H
/* Questions in the query language of Prometheus over the series of this node: a subset of
 * version 2.42 with that version's semantics, wide enough for dashboards. doc/promql.md
 * lists it; functions.h is the table of its functions.
 *
 * Story: promql_parse makes a plan of a text and checks its types; promql_run answers it
 * for one time or for the steps of a range, from the two ports of model/ alone; the
 * answer lives until promql_free. promql_select parses a selector for those who only want
 * to know which series there are.
 *
 * A query over many steps reads the samples of a series once, in order of time: what
 * lies between two edges of windows is folded into one piece and windows are made of
 * pieces (fold.h), so that neither reading nor counting is done once a step. A run of
 * samples of which the store keeps a summary is not read at all where the summary says
 * the same (fold_accepts).
 *
 * Shapes: times are milliseconds UTC, as in the language; a sample of the store is at the
 * millisecond it lies in. Windows hold both their ends. A sample of bad quality, or whose
 * value is the staleness marker, ends its series until the next one; uncertain samples
 * count. A double that is_absent holds for stands where a step has no value.
 *
 * Limits: PROMQL_TEXT_MAX bytes of text, PROMQL_DEPTH_MAX levels, and those of
 * promql_limits_t; each is ERR_LIMIT with its name in the detail.
 *
 * Errors: ERR_MALFORMED (where: line and column of the text) for what no query is,
 * ERR_INVALID for what only the data shows (series that meet in one), ERR_LIMIT,
 * ERR_TIMEOUT, else those of the ports.
 *
 * Threads: one query belongs to one thread; promql_run blocks on files: FILES loops.
 *
 * Caveats: expressions of label_replace are PCRE2's, not RE2's; those of matchers are the
 * index's. Date functions of times that no calendar has are NaN. avg_over_time of values
 * whose sum passes the greatest double is infinite. */
#include "base/err.h"
#include "env/env.h"
#include "model/label.h"
#include "model/series.h"

enum { PROMQL_TEXT_MAX = 16 << 10, PROMQL_DEPTH_MAX = 100, PROMQL_STEPS_MAX = 11000 };

typedef enum { PROMQL_SCALAR, PROMQL_VECTOR, PROMQL_MATRIX, PROMQL_STRING } promql_type_t;

typedef struct promql promql_t;

/* A plan, which the caller frees. */
MUST_CHECK err_t promql_parse(slice_t text, promql_t **ret_query, err_detail_t *ret_detail);
/* A plan that is one selector without times, "{job=~"a.*"}". */
MUST_CHECK err_t promql_select(slice_t text, promql_t **ret_query, err_detail_t *ret_detail);
void promql_free(promql_t *query);
promql_type_t promql_type(const promql_t *query);
/* The matchers of a plan that promql_select made; they live as long as it. */
const label_matcher_t *promql_matchers(const promql_t *query, size_t *ret_count);

typedef struct {
	size_t series;     /* that one selector may find */
	size_t values;     /* held at once, 8 bytes each: series times steps, and windows */
	size_t plan_bytes; /* of memory for the plan and for labels */
} promql_limits_t;

/* 20,000 series, 5 million values, 64 MiB. */
promql_limits_t promql_limits_default(void);

typedef struct {
	env_t *env;
	const series_index_t *index;
	const series_reader_t *reader;
	promql_limits_t limits;
	int64_t start_ms, end_ms; /* one time: both are it and step_ms is 0 */
	int64_t step_ms;          /* at most PROMQL_STEPS_MAX of them between start and end */
	int64_t lookback_ms;      /* how old the newest sample may be; 0: five minutes */
	int64_t deadline_ns;      /* of env_now; 0: none */
} promql_ask_t;

typedef struct {
	labels_t labels;
	size_t count;
	const int64_t *ms;    /* NULL: the steps */
	const double *values; /* with gaps (promql_is_absent) when ms is NULL */
} promql_series_t;

typedef struct {
	promql_type_t type;
	slice_t text; /* of a string */
	/* A scalar is one series without labels. For a range of steps sorted by labels,
	 * for one time in the order the query makes. */
	const promql_series_t *series;
	size_t count;
} promql_answer_t;

/* A plan answers once. The answer borrows from it. */
MUST_CHECK err_t promql_run(promql_t *query, const promql_ask_t *ask, promql_answer_t *ret_answer,
                            err_detail_t *ret_detail);
bool promql_is_absent(double value);

/* What was taken from the store, also by one that failed. */
typedef struct {
	uint64_t samples, summaries;
	uint64_t thinned; /* of the samples: others beside them had been left out */
} promql_tally_t;
promql_tally_t promql_tally(const promql_t *query);

/* A value as the language writes it: shortest, without an exponent unless it is below
 * 1e-6 or from 1e21 on; "NaN", "+Inf", "-Inf". */
enum { PROMQL_NUMBER_MAX = 400 };
void promql_put_number(double value, writer_t *w);
/* The same without any exponent. */
void promql_put_digits(double value, writer_t *w);
/* A duration, "1h30m", to milliseconds; more than 0. */
MUST_CHECK err_t promql_read_duration(slice_t text, int64_t *ret_ms);
#endif
