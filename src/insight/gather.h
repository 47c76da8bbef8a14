/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INSIGHT_GATHER_H
#define INSIGHT_GATHER_H
/* What the formulas of a definition ask of one input, gathered in one walk over each of its
 * points.
 *
 * Story: gather_want for each function that a formula has of the input, gather_point for each
 * point, gathered_value for each function. What counts is said in evaluate.h.
 *
 * Threads: those of the reader. */
#include "insight/bind.h"
#include "model/series.h"
#include "retrieval/facts.h"

enum { GATHER_STATES_MAX = 64 };

typedef struct {
	double state;
	int64_t ns;
	uint64_t entries;
} gathered_state_t;

typedef struct {
	unsigned functions; /* 1 << definition_function_t */
	/* Each good sample, in the unit of the input; NULL: nobody asks. */
	void (*number)(void *ctx, double number);
	void *ctx;
	/* Found so far, of all points. */
	int64_t asked_ns, good_ns;
	uint64_t points, live, count;
	double sum, squares, area, rise, min, max, first, last;
	bool has_area, has_rise, has_value;
	bool is_thinned; /* samples were looked at one by one, and the store has left some out */
	gathered_state_t states[GATHER_STATES_MAX];
	size_t state_count;
} gathered_t;

typedef struct {
	const series_reader_t *reader;
	const span_t *span;
	int64_t known_at_ns, deadline_ns;
} gather_t;

/* ERR_LIMIT: more than GATHER_STATES_MAX states. */
MUST_CHECK err_t gather_want(gathered_t *gathered, definition_function_t function, double number);
MUST_CHECK err_t gather_point(const gather_t *gather, const bound_point_t *point,
                              gathered_t *gathered);
/* The nearest good sample, by the question as it is but for is_usable_only. ERR_NOT_FOUND:
 * none, also where a thousand others are nearer that do not count. */
MUST_CHECK err_t gather_nearest(const series_reader_t *reader, const series_nearest_t *like,
                                knot_t *ret_knot);
/* In the unit that DEFINITION_FUNCTION_ROWS tells. */
expr_value_t gathered_value(const gathered_t *gathered, definition_function_t function,
                            double number);
/* The share of the time in which its points had good values; 0 without points. */
double gathered_coverage(const gathered_t *gathered);
#endif
