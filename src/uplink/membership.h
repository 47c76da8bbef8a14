/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UPLINK_MEMBERSHIP_H
#define UPLINK_MEMBERSHIP_H
/* What a child holds of one parent: a key pair that never leaves the node, the certificate
 * the parent's authority gave for it, and the authority's root. A node may have several
 * parents, each with a key of its own.
 *
 * Disk: DATA/keys/parent-NAME.pem, mode 0600: the line "jizhu parent 1", "node IDENTIFIER",
 * then PEM: private key, own certificate, root. A key whose certificate has not come yet is
 * next-NAME.pem, of the same form without certificates. parent-NAME.pem is replaced as a whole, so
 * after a crash either the old or the new is there, and a request that was sent can be sent
 * again with the same key.
 *
 * Story, to join or to renew: membership_next loads or makes the key to come; the request
 * goes to the parent (enrol.h); membership_take puts what came in force. Then dial with it.
 *
 * Threads: file calls, so set-up time or a FILES loop; a membership is immutable. */
#include "env/certify.h"

enum { MEMBERSHIP_NAME_MAX = 64, MEMBERSHIP_PEM_MAX = 16 * 1024 };

typedef struct {
	char node[ENV_CERTIFY_NAME_MAX + 1]; /* who we are to this parent */
	env_pkey_t *key;                     /* Ed25519 */
	uint8_t certificate[ENV_CERTIFY_DER_MAX], root[ENV_CERTIFY_DER_MAX];
	size_t certificate_len, root_len; /* 0: not yet certified */
	int64_t from_ns, until_ns;        /* of the certificate */
} membership_t;

/* DATA/keys, and what the parent is called here. */
typedef struct {
	const char *keys_dir, *name;
} membership_place_t;

/* ERR_NOT_FOUND: we have not joined. ERR_CORRUPT, ERR_NEWER_FORMAT, ERR_INVALID (`name`: letters,
 * digits, ".", "_", "-"); the detail names the file. */
MUST_CHECK err_t membership_load(env_t *env, const membership_place_t *place,
                                 membership_t *ret_membership, err_detail_t *ret_detail);

/* The key to come, the same until membership_take; for another node it is made anew. */
MUST_CHECK err_t membership_next(env_t *env, const membership_place_t *place, slice_t node,
                                 membership_t *ret_next, err_detail_t *ret_detail);
/* `next` was certified: it is what the name holds from now on. */
MUST_CHECK err_t membership_take(env_t *env, const membership_place_t *place,
                                 const membership_t *next, err_detail_t *ret_detail);
/* Whether less than a third of its time is left. */
bool membership_is_due(const membership_t *membership, int64_t now_ns);
/* The certificate and its root as PEM: what TLS shows. */
MUST_CHECK err_t membership_pem(const membership_t *membership, writer_t *w);
void membership_done(membership_t *membership);
#endif
