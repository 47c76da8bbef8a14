/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REGISTRY_IDENTITY_IDENTITY_H
#define REGISTRY_IDENTITY_IDENTITY_H
/* Who a caller of the Handle system is: an identity is a value of a record, an index
 * and a handle, written "300:0.NA/99.100.1". Who can use the key in that value is that
 * identity: HS_PUBKEY by a signature, HS_SECKEY by a MAC or, behind TLS, by the secret
 * itself. All doors share this file: the wire's challenges and sessions, HTTP Basic
 * (user "300:HANDLE"), HTTP sessions, and TLS client certificates.
 *
 * Story, of a door: take the identity somebody claims (registry_identity_parse), fetch
 * its key (registry_identity_key, permit.h), check the proof (registry_proof_check,
 * registry_secret_is, registry_key_is). A key that is not kept here
 * (ERR_UNAVAILABLE) is asked for through registry_elsewhere_t: a public key is fetched
 * from its home; a secret never leaves its home, which is asked whether the proof is
 * right (operation 201); prover.h keeps that within limits. Then act with a caller_t of ROLE_PUBLIC
 * whose subject is registry_identity_subject; what such a caller may do is permit.h's.
 *
 * Limits: keys of REGISTRY_KEY_MAX bytes and of env/pkey.h's sizes; PBKDF2 rounds by
 * the rules. A check costs CPU (RSA-2048 30 us, PBKDF2 of 10,000 rounds some 2 ms):
 * the doors bound it by source, and nobody runs it on a loop that answers questions.
 *
 * Caveats: names compare without the case of ASCII letters, also in identities. */
#include "codec/handle/handle.h"
#include "env/loop.h"
#include "env/pkey.h"
#include "model/caller.h"
#include "model/record.h"

/* Index above 0, and the handle whose value it is. */
typedef handle_reference_t registry_identity_t;

enum { REGISTRY_KEY_MAX = 4096, REGISTRY_SUBJECT_MAX = RECORD_NAME_MAX + 32 };

/* "300:0.NA/99.100.1"; ERR_INVALID. Borrows the text. */
MUST_CHECK err_t registry_identity_parse(slice_t text, registry_identity_t *ret_identity);
/* Appends "handle:300:0.NA/99.100.1", the subject of a caller. */
void registry_identity_subject(const registry_identity_t *identity, writer_t *w);
/* The subject of somebody who has shown no identity: may modify what everybody may. */
#define REGISTRY_ANONYMOUS SLICE("handle:anonymous")
/* True if the caller is one whose subject was made so; index 0: anonymous. */
bool registry_identity_of(const caller_t *caller, registry_identity_t *ret_identity);

typedef enum { REGISTRY_KEY_PUBLIC, REGISTRY_KEY_SECRET, REGISTRY_KEY_TYPES } registry_key_type_t;
/* "HS_PUBKEY", "HS_SECKEY"; false for anything else. */
bool registry_key_type_parse(slice_t name, registry_key_type_t *ret_type);

/* Appends the data of the value that the identity is in its record, whoever may read it.
 * ERR_NOT_FOUND: no such value, or of another type. ERR_TOO_BIG. Wipe a secret after use. */
MUST_CHECK err_t registry_identity_key_of(const record_t *record,
                                          const registry_identity_t *identity,
                                          registry_key_type_t type, writer_t *w);

/* The proof of an identity: what answers a challenge. */
typedef struct {
	registry_identity_t who;
	registry_key_type_t type;
	slice_t nonce, digest; /* what was to be signed, in this order; of the request */
	slice_t answer;        /* handle_signature_t (public) or handle_mac_t (secret) */
} registry_proof_t;

typedef struct {
	bool legacy;          /* MD5 and DSA too */
	uint32_t pbkdf2_most; /* rounds; 0: REGISTRY_PBKDF2_MOST */
} registry_proof_rules_t;

enum { REGISTRY_PBKDF2_MOST = 20000 };

/* Whether the key made the answer. RSA by "SHA-256" or "SHA1" (and "MD5" with legacy),
 * DSA with legacy, SM2 by "SM3" with the handle as user id; MACs 0x02, 0x12, 0x13, 0x22
 * (and 0x01 with legacy). ERR_DENIED: no. ERR_MALFORMED: the answer or the key cannot
 * be read. ERR_UNSUPPORTED, ERR_LIMIT (rounds, bits). */
MUST_CHECK err_t registry_proof_check(const registry_proof_t *proof, slice_t key,
                                      const registry_proof_rules_t *rules);
/* What a check by these rules will cost, in microseconds and roughly, for budgets: one
 * that is refused unlooked at costs next to nothing. */
uint32_t registry_proof_cost_us(const registry_proof_t *proof, const registry_proof_rules_t *rules);
/* Whether the secret is that of the HS_SECKEY data; takes the same time either way. */
bool registry_secret_is(slice_t key, slice_t secret);
/* Whether the HS_PUBKEY data holds this key, such as a TLS client's. */
bool registry_key_is(slice_t key, const env_pkey_t *pkey);

/* Handle key encodings (codec/handle/key.h) and keys, both ways. RSA, DSA and SM2;
 * RSA, with all its numbers, private too. ERR_MALFORMED, ERR_UNSUPPORTED, ERR_LIMIT. */
MUST_CHECK err_t registry_key_read(slice_t bytes, env_pkey_t **ret_key);
MUST_CHECK err_t registry_key_write(const env_pkey_t *key, bool is_private, writer_t *w);

/* A proof of a secret that somebody has told us (HTTP Basic), for its home to judge: of
 * the form deployed clients make, with a nonce of its own. Borrows `scratch`,
 * an empty one of REGISTRY_PROOF_ROOM; costs REGISTRY_PROOF_MAKE_US. ERR_NO_MEMORY, ERR_TOO_BIG. */
enum { REGISTRY_PROOF_ROOM = 512, REGISTRY_PROOF_MAKE_US = 3000 };
MUST_CHECK err_t registry_proof_make(env_t *env, const registry_identity_t *who, slice_t secret,
                                     writer_t *scratch, registry_proof_t *ret_proof);

/* Identities that live elsewhere. The node wires it to the resolver; without it such
 * identities cannot be proven (HANDLE_RC_AUTH_UNABLE). The answer comes once, as a
 * registry_elsewhere_reply_t in `reply`; all arguments are copied. Errors at once:
 * ERR_BUSY, ERR_UNAVAILABLE. */
typedef struct {
	/* The HS_PUBKEY data of the identity, from its home. */
	err_t (*fetch_key)(void *ctx, const registry_identity_t *identity, env_mailbox_t *reply,
	                   uint64_t ticket);
	/* Whether its home says that the proof of a secret is right. It is asked of the
	 * site that the identity's own prefix names, and of nobody else: a proof shown
	 * to a third party could be passed on. */
	err_t (*verify)(void *ctx, const registry_proof_t *proof, env_mailbox_t *reply,
	                uint64_t ticket);
	/* The HS_VLIST data of the value `list` names, as everybody may read it. NULL:
	 * groups elsewhere have no members. */
	err_t (*fetch_list)(void *ctx, const handle_reference_t *list, env_mailbox_t *reply,
	                    uint64_t ticket);
	void *ctx;
} registry_elsewhere_t;

typedef struct {
	uint64_t ticket;
	err_t err; /* ERR_OK; ERR_NOT_FOUND: no such key; ERR_DENIED: the proof is wrong; else
	            * nobody could say */
	size_t key_len;
	uint8_t key[REGISTRY_KEY_MAX]; /* of fetch_key and fetch_list: the data */
	uint32_t ttl_s;                /* of fetch_list: so long it may be believed */
} registry_elsewhere_reply_t;

/* What another server's word makes of the proof. ERR_DENIED, ERR_NOT_FOUND, or as
 * registry_proof_check: it is wrong. ERR_UNAVAILABLE: nobody could say. */
MUST_CHECK err_t registry_proof_word(const registry_proof_t *proof,
                                     const registry_elsewhere_reply_t *word,
                                     const registry_proof_rules_t *rules);
#endif
