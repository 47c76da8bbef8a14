/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REGISTRY_GUESSES_H
#define REGISTRY_GUESSES_H
/* Identities whose proofs fail again and again, whether their keys live here or
 * elsewhere and whatever door they are tried at: one event in the main journal
 * (MSG_IDENTITY_GUESSED) for each such identity a minute.
 *
 * Story: a door that has found a proof wrong says so (registry_note_guess).
 *
 * Limits: GUESSES_ALARM failures in a minute make an event; GUESSES_MAX identities are
 * remembered, the one whose minute began first gives way; GUESSES_EVENTS events a
 * minute in all, the others are counted (`guesses_untold_total`).
 *
 * Threads: any. */
#include "registry/identity/identity.h"
#include "registry/registry.h"

#include "base/net.h"

enum { GUESSES_MAX = 256, GUESSES_ALARM = 10, GUESSES_EVENTS = 10 };

void registry_note_guess(registry_t *registry, const registry_identity_t *who, ip_t source);

/* The table, for the registry itself. */
typedef struct {
	uint64_t who;     /* a hash of the identity */
	int64_t begin_ns; /* 0: free */
	uint32_t count;
} guess_t;

typedef struct {
	env_mutex_t *mutex; /* guards all below: doors are on loops of their own */
	uint64_t seed;
	int64_t minute_ns;
	uint32_t told;
	guess_t rows[GUESSES_MAX];
} guesses_t;

MUST_CHECK err_t guesses_open(env_t *env, guesses_t *guesses);
void guesses_close(guesses_t *guesses);
#endif
