/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REGISTRY_IDENTITY_PROVER_H
#define REGISTRY_IDENTITY_PROVER_H
/* Proofs of identities that live elsewhere, for one door: who asks their home keeps
 * within limits here, whatever the home does.
 *
 * Story: a door that has no key of who claims to be somebody (ERR_UNAVAILABLE) charges the
 * source PROVER_PRICE_US and calls prover_ask; `done` brings the home's word, once, and
 * registry_proof_word says what it is worth. A proof is one question to one home at
 * most, and a source has at most half of the places, so that nobody makes this node
 * send more than they send themselves, or keeps the others from being heard.
 *
 * Limits: PROVER_WAITING at once, half of them a source (an IPv4 address or the /64 of
 * an IPv6 address): ERR_BUSY. PROVER_LIFE_NS each: ERR_TIMEOUT.
 *
 * Threads: that of the loop. */
#include "base/net.h"
#include "model/time.h"
#include "registry/identity/identity.h"

typedef struct prover prover_t;

enum { PROVER_WAITING = 64, PROVER_PRICE_US = 5000 };
static const int64_t PROVER_LIFE_NS = 15 * NS_PER_S;

typedef struct {
	env_loop_t *loop;
	const registry_elsewhere_t *elsewhere; /* copied; NULL: nobody can be asked */
	/* The word for what `asker` asked; never from within prover_ask. `word` lives as
	 * long as the call. */
	void (*done)(void *ctx, void *asker, const registry_elsewhere_reply_t *word);
	void *ctx;
} prover_spec_t;

MUST_CHECK err_t prover_new(const prover_spec_t *spec, prover_t **ret_prover);
/* Those who still wait are told nothing. NULL is fine. */
void prover_free(prover_t *prover);
/* Copies the proof; of HS_PUBKEY the identity alone counts. ERR_UNAVAILABLE: nobody
 * could be asked. ERR_BUSY: too many wait. ERR_LIMIT, ERR_INVALID, ERR_NO_MEMORY. */
MUST_CHECK err_t prover_ask(prover_t *prover, const registry_proof_t *proof, ip_t source,
                            void *asker);
size_t prover_waiting(const prover_t *prover);
#endif
