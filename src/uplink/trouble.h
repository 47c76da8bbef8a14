/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UPLINK_TROUBLE_H
#define UPLINK_TROUBLE_H
/* What went wrong between a node and its parent or child, as an event of the main journal:
 * UPLINK_REFUSED at a parent, UPLINK_STOPPED at a child. */
#include "journal/event_log.h"
#include "uplink/channel.h"
#include "uplink/seal.h"

typedef struct {
	message_t message;
	slice_t node; /* the other end */
	addr_t addr;
	const char *reason;
	uint8_t stream;    /* UPLINK_SESSION: of the session */
	uint64_t sequence; /* 0: none */
} trouble_t;

/* What event_append fails with; the caller counts it. */
MUST_CHECK err_t trouble_tell(env_t *env, journal_t *events, const trouble_t *trouble);
#endif
