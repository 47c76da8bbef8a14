/* SPDX-License-Identifier: Apache-2.0 */
#ifndef QUERY_PROMQL_FOLD_H
#define QUERY_PROMQL_FOLD_H
/* What functions of a window ask about a run of samples, without the samples. Two
 * neighbouring runs fold into one, so windows that overlap share the work: time is cut
 * at every edge of a window, each piece is folded once, and a window is the join of
 * pieces (window.c, with two stacks: each piece is joined about twice, however many
 * windows hold it).
 *
 * Sums carry their rounding error along (Neumaier), as the language's own do. */
#include "model/summary.h"

/* A sample as the language sees it; its value is absent() where the series ends: for one
 * of bad quality, for the staleness marker, for what is no number at all. */
typedef struct {
	int64_t ms;
	double value;
} point_t;
point_t point_of(const summary_end_t *sample);
/* The millisecond a time lies in. */
int64_t point_ms(int64_t ns);

typedef struct {
	uint64_t count; /* 0: nothing else is set */
	point_t first, last;
	point_t before; /* the one before the last; known when has_before */
	bool has_before;
	double sum, rest; /* together */
	double min, max;  /* of those that are numbers, else NaN */
	double lost;      /* what a counter had when it fell */
	uint64_t changes, resets;
} fold_t;

/* What a function reads of a fold, which decides when a summary will do. */
typedef enum {
	FOLD_ENDS, /* count, first, last, min, max, changes, resets */
	FOLD_SUM,
	FOLD_RISE,   /* last, first and lost */
	FOLD_NEWEST, /* the last two: summaries do not know them */
} fold_need_t;

void fold_point(fold_t *f, point_t point);
/* `next` begins where `f` ends; either may be empty. */
void fold_join(fold_t *f, const fold_t *next);
/* Whether a fold of the summary is that of its samples to 1e-12. */
bool fold_accepts(const summary_t *s, fold_need_t need);
/* Of one that fold_accepts. */
fold_t fold_of(const summary_t *s);
#endif
