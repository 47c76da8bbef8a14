/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_HANDLE_AUTH_H
#define API_HANDLE_AUTH_H
/* Handle identities at the HTTP door, beside the node's own tokens and sessions. There
 * are three ways to be one (registry/identity/identity.h), all of them by TLS alone:
 *
 *   Authorization: Basic, user "300%3A0.NA%2F99.100.1", password the HS_SECKEY;
 *   a TLS client certificate with the common name "300:0.NA/99.100.1" whose key is in
 *   the HS_PUBKEY of that name (listen.tls.clients: optional);
 *   Authorization: Handle, a session whose nonce was signed by the key, or keyed with
 *   the secret (handle_login.h, handle_claim.h).
 *
 * Whoever is one has the role public and the subject "handle:300:0.NA/99.100.1": what
 * it may do, the records say and nothing else.
 *
 * Story: the door asks handle_auth_claims before its guard; who claims an identity goes
 * to the query loop, where handle_auth_enter checks it and then answers as the route's
 * handler does. Who must be somebody and is nobody is told how to become one
 * (handle_auth_refused).
 *
 * An identity that lives elsewhere is proven as on the wire, by its home (prover.h): a
 * public key is fetched; a secret that came by Basic is made into a proof, since it is
 * told to nobody; the proof of a session is shown as it is. The exchange waits
 * meanwhile, and the nonce of its session is used up.
 *
 * Limits: toll.h, handle_login.h, prover.h; 503 beyond them. A home that has no word is
 * told by code 406. */
#include "api/exchange.h"
#include "registry/identity/identity.h"

typedef struct handle_auth handle_auth_t;

MUST_CHECK err_t handle_auth_new(api_t *api, handle_auth_t **ret_auth);
void handle_auth_free(handle_auth_t *auth);
/* Forgets what an exchange waits for; it is about to be freed. */
void handle_auth_drop(exchange_t *x);

/* HTTP loop. Whether a request to a Handle route names an identity in one of the three
 * ways. A token or session of the node comes first. */
bool handle_auth_claims(const exchange_t *x);
/* HTTP loop. The guard has refused a request, and its problem is in the reply: the
 * words of a Handle server instead, where that is what was asked. */
verdict_t handle_auth_refused(exchange_t *x);

/* The rest: query loop. */
verdict_t handle_auth_enter(exchange_t *x);
/* Whether a proof is right. ERR_BUSY: the source has to wait. ERR_UNAVAILABLE: the key is
 * not here. Else what registry_proof_check says. Counts. */
MUST_CHECK err_t handle_auth_prove(exchange_t *x, registry_proof_t *proof);
/* 401 with a fresh nonce. `error`: why, or NULL. */
verdict_t handle_auth_challenge(exchange_t *x, const char *error);
#endif
