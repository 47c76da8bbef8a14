/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODE_STEPS_DOWN_H
#define NODE_STEPS_DOWN_H
/* What is decided here or above on a case goes down to the child by which the case came: a
 * notice 通报, an order to rectify 整改. Each HANDLING record of the journal `tree` whose case is a
 * child's becomes one item down, signed by this node.
 *
 * Story: steps_down_open at set-up, steps_down_follow behind handling_follow. What waits for a
 * child stands in the parent's queue, in memory: after a start all steps are sent again, and a
 * child knows those it has. A child whose queue is full has the walk wait for it.
 *
 * Threads: the loop of the tree, or set-up. */
#include "authority/authority.h"
#include "handling/handling.h"
#include "journal/follow.h"
#include "uplink/parent.h"

typedef struct {
	journal_t *journal; /* tree */
	slice_t node;       /* own identifier, which outlives this */
	authority_t *authority;
	parent_t *parent;
	handling_t *handling;
	journal_mark_t mark;
} steps_down_t;

/* What the journal's cursor fails with; ERR_BUSY: a child must take some first. */
MUST_CHECK err_t steps_down_follow(steps_down_t *steps);
#endif
