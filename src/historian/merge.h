/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HISTORIAN_MERGE_H
#define HISTORIAN_MERGE_H
/* Carries a plan out, a little at a time, so that the loop can follow the journal and seal in
 * between: segments are written beside those they replace, and one manifest changes them
 * over at the end. What a power cut leaves is swept at the next open.
 *
 * Threads: the historian's loop. */
#include "historian/merge_plan.h"

typedef struct merge merge_t;

/* Takes the plan over, also on failure. */
MUST_CHECK err_t merge_new(historian_t *h, merge_plan_t *plan, merge_t **ret_merge);
/* Some ten thousand rows further, of many points or of one; *ret_done when it is published. */
MUST_CHECK err_t merge_step(merge_t *merge, bool *ret_done);
const merge_plan_t *merge_plan_of(const merge_t *merge);
/* What it has not published is removed. */
void merge_free(merge_t *merge);
#endif
