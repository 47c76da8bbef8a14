/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AUTHORITY_STATE_H
#define AUTHORITY_STATE_H
/* What the room keeps. Private to this folder; of the room's loop alone. */
#include "access/failures.h"
#include "authority/members.h"

/* Somebody who waits for a record to be durable. */
typedef struct {
	uint64_t seq;
	authority_done_t done;
} authority_waiter_t;

/* What the listener shows. */
typedef struct {
	env_pkey_t *key;
	uint8_t pem[4 * ENV_CERTIFY_DER_MAX];
	size_t pem_len;
	int64_t from_ns, until_ns;
} authority_door_t;

struct authority {
	env_t *env;
	authority_spec_t spec;
	char node[ENV_CERTIFY_NAME_MAX + 1];
	env_pkey_t *key;
	uint8_t root[ENV_CERTIFY_DER_MAX];
	size_t root_len;
	uint8_t mark[CODE_MARK];
	authority_door_t door;
	members_t members;
	failures_t failures;
	authority_stats_t stats;
	env_mailbox_t *durable; /* uint64_t; NULL without a loop */
	env_timer_t *timer;     /* for who asked for what was durable before */
	authority_waiter_t waiters[AUTHORITY_ENROLLING_MAX];
	size_t waiting;
	void (*ended)(void *ctx, slice_t node);
	void *ended_ctx;
};

/* root.c: makes or loads the root. */
MUST_CHECK err_t authority_root_open(authority_t *authority, err_detail_t *ret_detail);
/* root.c: certifies a key that is of the name, for the time there is. */
typedef struct {
	env_certify_purpose_t purpose;
	slice_t name, key;
	int64_t lasts_ns;
} authority_issue_t;
MUST_CHECK err_t authority_issue(authority_t *authority, const authority_issue_t *issue,
                                 writer_t *w);
/* change.c: the journal's mailbox rang, or the timer. */
void authority_changes_durable(void *ctx);
#endif
