/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_TALLY_H
#define API_TALLY_H
/* How many events of interest there are, counted once at start and then as they
 * come. Atomic, because the view loop counts and the HTTP loop reads. */
#include <stdatomic.h>

#include "events/events.h"

typedef struct {
	_Atomic uint64_t events, writes_verified;
} tally_t;

/* Set-up time. */
MUST_CHECK err_t tally_open(events_t *events, tally_t *tally);
void tally_event(tally_t *tally, const event_t *event);
#endif
