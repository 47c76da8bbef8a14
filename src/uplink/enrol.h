/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UPLINK_ENROL_H
#define UPLINK_ENROL_H
/* Joining a parent, the child's side: one connection, one question, one answer.
 *
 * Story: dial by TLS without a certificate (to renew: with the one we have). The parent's
 * chain must lead to a root, which is the one of the code's mark (or the one we hold), and be
 * that of a server; or nothing is said at all. Then ENROL goes with the request and the proof,
 * and ENROLLED or REFUSAL comes back. What came must be a certificate of that root for our key
 * and identifier, or it is refused.
 *
 * `done` comes exactly once, never inside enrol_start; enrol_free may be called in it. */
#include "authority/code.h"
#include "env/tls.h"
#include "uplink/membership.h"

typedef struct enrol enrol_t;

typedef struct {
	addr_t remote;
	const code_t *code;          /* to join; NULL: to renew `present` */
	const membership_t *present; /* outlives the enrol_t */
	membership_t *next;          /* of membership_next; certified when `done` says OK */
	/* ERR_DENIED with the reason in the detail, ERR_TIMEOUT, ERR_PROTOCOL, ERR_NETWORK, and
	 * what the parent refused with. */
	void (*done)(void *ctx, err_t err, const err_detail_t *detail);
	void *ctx;
} enrol_spec_t;

MUST_CHECK err_t enrol_start(env_loop_t *loop, const enrol_spec_t *spec, enrol_t **ret_enrol);
/* Gives up, if `done` did not come yet; NULL is fine. */
void enrol_free(enrol_t *enrol);
#endif
