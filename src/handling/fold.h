/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HANDLING_FOLD_H
#define HANDLING_FOLD_H
/* What the steps of a case come to. Nodes exchange steps and each works the case out by
 * itself, so the answer depends on the set of steps alone:
 *
 *     The steps are put in the order of their numbers, then of their rank, then of the
 *     identifier of who took them, then of their bytes; and each is applied if the table
 *     lets it be taken in the state reached so far, by a node of that side.
 *
 * Who took a step knew a step of every lower number, so the order is that of cause; a step
 * before which a number is missing waits for it. Steps of one number were taken at once, by
 * nodes that did not know of one another: only one of them moves the case, by rank the one
 * that keeps it open, and the step that did not get through is told:
 *
 *     APPLIED    it led to a state
 *     AGREED     the state was there already: both did the same
 *     OVERRULED  it could not be taken any more: a conflict, which a person should see
 *     UNLAWFUL   the node was not of the side that may take it
 *     WAITING    steps before it have not come
 *
 * Pure. */
#include "model/handling.h"

#define HANDLING_VERDICT_ROWS(X) \
	X(APPLIED, "applied", "已执行") \
	X(AGREED, "agreed", "双方一致") \
	X(OVERRULED, "overruled", "冲突未采纳") \
	X(UNLAWFUL, "unlawful", "越权无效") \
	X(WAITING, "waiting", "待前序步骤")

#define X(name, en, zh) HANDLING_##name,
typedef enum { HANDLING_VERDICT_ROWS(X) HANDLING_VERDICT_COUNT } handling_verdict_t;
#undef X

const char *handling_verdict_text(handling_verdict_t verdict, lang_t lang);

typedef struct {
	handling_step_t step;
	slice_t bytes; /* of the item */
	handling_verdict_t verdict;
} handling_taken_t;

/* What the case has come to; slices are those of the steps. */
typedef struct {
	handling_state_t state;
	handling_case_t what;
	int64_t since_ns; /* when the state began */
	int64_t due_ns;   /* of what comes next, 0: nothing */
	uint32_t number;  /* the highest before which none is missing */
	uint32_t moved;   /* of the step that led to the state */
	uint32_t conflicts, waiting;
} handling_outcome_t;

/* Negative: a goes before b. 0: they are the same. */
int handling_order_of(const handling_taken_t *a, const handling_taken_t *b);
/* Steps in that order; sets their verdicts. */
handling_outcome_t handling_fold(handling_taken_t *const *steps, size_t count);
/* Whether a node may take a step on a case. */
bool handling_is_side(const handling_step_info_t *info, bool is_origin, bool is_overseen);
#endif
