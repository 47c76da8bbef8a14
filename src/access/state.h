/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ACCESS_STATE_H
#define ACCESS_STATE_H
/* What the room keeps. Private to this folder; of the room's loop alone. */
#include "access/failures.h"
#include "access/people.h"
#include "access/sessions.h"

/* A change that waits for its record to be durable. */
typedef struct {
	uint64_t seq;
	void (*done)(void *ctx, err_t err);
	void *ctx;
} waiter_t;

struct access {
	env_t *env;
	access_spec_t spec;
	uint8_t admin_hash[SHA256_BYTES];
	people_t people;
	sessions_t sessions;
	failures_t token_failures, password_failures;
	uint64_t failed, refused;
	env_mailbox_t *durable;               /* uint64_t; NULL without a loop */
	waiter_t waiters[ACCESS_CHANGES_MAX]; /* in the order of their sequences */
	size_t waiting;
	void (*ended)(void *ctx, slice_t subject);
	void *ended_ctx;
	char subject[ACCESS_SUBJECT_MAX + 1]; /* of the last caller */
};

/* change.c: the journal's mailbox rang. */
void access_changes_durable(void *ctx);
#endif
