/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INSIGHT_EVALUATE_H
#define INSIGHT_EVALUATE_H
/* One figure of one binding and one period, out of the history of its points.
 *
 * Story: evaluate walks each point once and gathers what the formulas of the parts ask of it,
 * evaluates the formulas, then the value by definition_value. The figure is measured, of one
 * entity; who issues it gives it revision and time.
 *
 * What counts:
 * - Good samples alone. Bad and uncertain ones are as if the value had ceased to hold; a
 *   value also ceases to hold as silence.h says.
 * - Over time a value is held until the next sample (no slope), so that sums over days are the
 *   sums over their hours.
 * - `delta` is the rise from the last good sample before the period to the last one in it: a
 *   gap loses nothing, and days add up to their month. After a fall a counter has begun
 *   again at 0, or rolled over where the configuration says where.
 * - `entries` are changes to the state; being in it when the period begins is none.
 * - min, max, first and last are of samples in the period and of the value held at its start.
 * - Of several points of an input those that have something add up; what is missing is seen
 *   in the coverage. first and last add too.
 *
 * Absent is not zero: what has no good value in the period gives no sum and no count. Only
 * good, covered and live are 0 then, because that is what is known.
 *
 * Coverage is the mean over the inputs that are bound, and the parts used of other indicators,
 * of the share of the period that their points have good values.
 *
 * Limits: uses of uses EVALUATE_DEPTH_MAX deep; EVALUATE_ARENA_BYTES of the arena.
 * Threads: those of the reader. Nothing is kept between calls. */
#include "base/arena.h"
#include "insight/bind.h"
#include "model/counts.h"
#include "model/series.h"

enum { EVALUATE_DEPTH_MAX = 8, EVALUATE_ARENA_BYTES = 96 * 1024 };

typedef struct {
	/* An earlier figure may have known more: samples were looked at one by one of which the
	 * store has left some out since (historian.h, swinging door), or nobody counted all of
	 * the period, as after a start. */
	bool is_less;
} evaluate_notes_t;

typedef struct {
	const series_reader_t *reader;
	const counts_t *counts;  /* NULL: nobody counts */
	evaluate_notes_t *notes; /* set where it is so; NULL: nobody asks */
	int64_t known_at_ns;     /* as of a series_query_t, as the next */
	int64_t deadline_ns;
} evaluate_world_t;

/* The figure borrows the binding and the arena. Errors of the reader and of the counts;
 * ERR_LIMIT: uses too deep; ERR_NO_MEMORY: the arena is full. */
MUST_CHECK err_t evaluate(const evaluate_world_t *world, const binding_t *binding,
                          const span_t *span, arena_t *arena, figure_t *ret_figure);
#endif
