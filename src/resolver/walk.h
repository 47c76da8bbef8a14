/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RESOLVER_WALK_H
#define RESOLVER_WALK_H
/* One question on its way through the Handle system: a state machine moved by replies
 * and timers.
 *
 *   begin ──► a service (pinned, roots, or the prefix's record: a walk of its own)
 *     ▲             │
 *     │             ▼
 *     │       its sites, quickest first ──► ask one; another 300 ms later when it is
 *     │             │                       of the other IP family, else 1.5 s later
 *     │             ▼
 *     │       the first reply that settles something
 *     ├── referral, parent prefix, site out of date, not responsible
 *     └── record, or refusal ──► end: cache, askers, walks that waited for it
 *
 * A walk that needs a record (of a prefix, of a service) waits for the walk of that
 * record, which others may wait for too; a walk never joins one that waits for it.
 *
 * Ends: every walk has a deadline of its own, at most 24 requests, and begins at most
 * 8 deep. */
#include "resolver/state.h"

/* Takes the question. The ask joins a walk or begins one; ERR_BUSY at the limit (the
 * ask is not touched then). */
MUST_CHECK err_t walk_ask(resolver_t *resolver, ask_t *ask);
void walk_free_all(resolver_t *resolver);
#endif
