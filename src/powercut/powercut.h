/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POWERCUT_POWERCUT_H
#define POWERCUT_POWERCUT_H
/* Power cuts by the thousand: the historian itself on a simulated machine whose disk
 * loses, tears and reorders what was not synced. Each sample has a number of its own as
 * its time, so that one that is missing, doubled or made up can be told.
 *
 * Story: one call is one machine. It is switched on, recovers, is checked, takes samples
 * and loses power before some disk operation; so often as asked, on the same disk, and
 * at last it is switched on once more and checked. What was acknowledged must be found
 * exactly once; what was handed in may be found whole; nothing else. The chain of segments
 * in the main journal must bear out what there is. The same seed is the same life.
 *
 * The double: a machine whose disk says "synced" and did nothing. Its losses show that
 * the check can see one.
 *
 * Threads: one machine is of one thread; several may run at once. */
#include "base/err.h"

typedef struct {
	uint64_t seed;
	unsigned cuts;
	bool is_lying; /* the double */
} powercut_spec_t;

typedef struct {
	uint64_t cuts;         /* times the power went */
	uint64_t acknowledged; /* samples that were, over all lives */
	uint64_t lost;         /* acknowledged and not found again */
	uint64_t doubled;      /* found more than once */
	uint64_t invented;     /* found, but refused or never handed in */
	uint64_t torn;         /* batches found in part */
	uint64_t unreadable;   /* times that recovery or a query gave up */
	uint64_t unchained;    /* times that the chain of segments did not bear the history out */
} powercut_tally_t;

/* Adds what happened to the tally. Errors are the test bench's own: ERR_NO_MEMORY. */
MUST_CHECK err_t powercut_run(const powercut_spec_t *spec, powercut_tally_t *tally);
/* Nothing lost, doubled, invented, torn, unreadable or unchained. */
bool powercut_is_clean(const powercut_tally_t *tally);
#endif
