/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODE_OWN_POSTURE_H
#define NODE_OWN_POSTURE_H
/* What this node adds to the index of safety: the attacks among its own events, and how much of
 * what it knows of on its network it watches.
 *
 * Story: own_posture_open at set-up, at the newest OWN_POSTURE_RECORDS records of the main
 * journal; own_posture_tell each minute takes the events that came since and tells the board.
 * An asset is watched when the sensor is on; it is known when it was seen.
 *
 * Limits: the newest OWN_POSTURE_EVENTS attacks. Threads: the loop of the tree, or set-up. */
#include "journal/journal.h"
#include "posture/board.h"
#include "sentry/sentry.h"

enum { OWN_POSTURE_RECORDS = 100000, OWN_POSTURE_EVENTS = 4096 };

typedef struct {
	env_t *env;
	board_t *board;
	sentry_t *sentry;
	slice_t node;
	journal_cursor_t *cursor; /* of the main journal */
	posture_event_t *events;  /* a ring */
	uint64_t event_count;     /* ever taken */
	posture_inputs_t *inputs; /* room */
} own_posture_t;

typedef struct {
	journal_t *events; /* main */
	board_t *board;
	sentry_t *sentry;
	slice_t node; /* outlives it */
} own_posture_spec_t;

/* Fills *ret_posture; on failure what was opened is in it too. */
MUST_CHECK err_t own_posture_open(env_t *env, const own_posture_spec_t *spec,
                                  own_posture_t *ret_posture);
/* What the journal's cursor and the board fail with; the next call goes on behind it. An event
 * that the board had no memory for is in the index and not among the campaigns. */
MUST_CHECK err_t own_posture_tell(own_posture_t *posture);
void own_posture_close(own_posture_t *posture);
#endif
