/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REGISTRY_HANDLE_PAST_H
#define REGISTRY_HANDLE_PAST_H
/* Records as they were known at a time, for the desk: the journal is read for them, which
 * neither a door nor the desk may wait for.
 *
 * Story: opened on a loop that may read files. The desk asks (handle_past_ask) and goes
 * on; the walk to the time (registry_known_at, the same that REST answers by) runs there,
 * and the reply comes to the desk's mailbox. Who asks how often is the desk's to bound.
 *
 * Limits: HANDLE_PAST_MAX questions waiting (ERR_BUSY). One walk looks at
 * REGISTRY_AS_OF_MAX changes at most (history.h). */
#include "model/live_value.h"
#include "registry/history.h"

typedef struct handle_past handle_past_t;

enum { HANDLE_PAST_MAX = 64 };

typedef struct {
	registry_t *registry;
	env_loop_t *loop;                /* FILES */
	const live_value_source_t *live; /* for values bound to points (live.h); NULL: none */
} handle_past_spec_t;

MUST_CHECK err_t handle_past_open(const handle_past_spec_t *spec, handle_past_t **ret_past);
/* After its loop and the desk's were stopped. */
void handle_past_close(handle_past_t *past);

typedef struct {
	uint64_t ticket;
	err_t err; /* as registry_known_at */
	/* As it was, with its live values, and behind them the value of type JIZHU.AT
	 * (codec/handle/at.h); in `memory`, which is to be freed. */
	record_t record;
	uint8_t *memory;
	uint32_t took_us;
} handle_past_reply_t;

/* Copies the name; one handle_past_reply_t arrives in `reply`, unless that is full. Any
 * loop. ERR_BUSY, ERR_NO_MEMORY. */
MUST_CHECK err_t handle_past_ask(handle_past_t *past, const registry_moment_t *moment,
                                 env_mailbox_t *reply, uint64_t ticket);
#endif
