/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_TREE_DESK_H
#define API_TREE_DESK_H
/* Where changes of the tree wait until they are kept: what was appended to the journal `tree`,
 * and the event of it in the main journal.
 *
 * Story: a handler asks tree_desk_ready before it changes anything, makes the change, writes
 * its answer and returns tree_desk_wait, which notes who did it. When both are durable the
 * answer goes, and figures are found by whoever asks then. When a journal takes no more, the
 * answer is the failure.
 *
 * Limits: TREE_WAITING requests that wait (ERR_BUSY). Threads: loop of the tree, but for
 * opening and closing. */
#include "api/exchange.h"
#include "model/event.h"

enum { TREE_WAITING = 16 };

typedef struct tree_desk tree_desk_t;

MUST_CHECK err_t tree_desk_new(api_t *api, tree_desk_t **ret_desk);
void tree_desk_free(tree_desk_t *desk);

/* Whether one more may wait; else the problem is in the reply. */
bool tree_desk_ready(exchange_t *x);
/* Appends the event (NULL: none is left to append), and has the exchange answered by what is
 * in its reply when the record `seq` is durable and all that the main journal has. */
verdict_t tree_desk_wait(exchange_t *x, uint64_t seq, event_t *event);
#endif
