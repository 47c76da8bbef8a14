/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_UNSEEN_H
#define API_UNSEEN_H
/* Who was told that a sample or an edit is kept finds it in whatever he asks next. Writers are
 * answered when it is durable; it is the question that waits, for the moment until readers see
 * all that was durable when it came to its turn. So a write costs nothing for it, nor does a
 * question while nobody writes.
 *
 * Story: the query loop asks unseen_wait about each exchange that reads the history, and lets
 * go of those that wait; when the historian rings they are run.
 *
 * Limits: a question waits UNSEEN_WAIT_S, and not at all while following is held up (the
 * historian's seals are late). It is answered from what is seen then, with the last sequence
 * of that in the header Jizhu-Seen, and counted (queries_behind_total). As many wait as may be
 * at the query loop.
 *
 * Threads: all of the query loop, but for opening and closing. */
#include "api/exchange.h"

enum { UNSEEN_WAIT_S = 5 };

typedef struct unseen_desk unseen_desk_t;

MUST_CHECK err_t unseen_desk_new(api_t *api, unseen_desk_t **ret_desk);
void unseen_desk_free(unseen_desk_t *desk);
/* True: it waits, and is run later. */
bool unseen_wait(unseen_desk_t *desk, exchange_t *x);
#endif
