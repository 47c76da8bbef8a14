/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AUTHORITY_AUTHORITY_H
#define AUTHORITY_AUTHORITY_H
/* Who belongs to this parent: a small certificate authority, and the members it certified.
 *
 * Its root, key and certificate, is made at the first start in DATA/keys (authority.key,
 * authority.pem, mode 0600), or is the user's own (`certificate`, `key`). A node joins by a
 * one-time code (authority/code.h) that is bound to its identifier, expires, and is good for
 * one key. Members are a view in memory of the JOURNAL_MEMBER records of the journal "tree"
 * (entry.h): invited, enrolled, renewed, revoked, each with who did it and when.
 *
 * Story: authority_open at start. An operator invites a node and hands the code on. The node
 * makes a key, checks the parent by the code's mark, and shows a request and a proof:
 * authority_enrol answers with a certificate, which is told when its record is durable. From
 * then on the TLS listener asks authority_judge. Before it expires the node makes a new key and
 * asks authority_renew over a connection of its own; the key before stays good until the new
 * one is first used. authority_revoke ends a member: open sessions by authority_on_end, new
 * ones by the judge. Whoever verifies what a member signed asks authority_key_of, newest
 * first; keys are kept for good, since batches outlive them.
 *
 * A request that is shown again, because an answer was lost or somebody crashed, gets the
 * same certificate again: the code is used up by a key, not by a call.
 *
 * Changes are in force at once and acknowledged when durable. What cannot be used any more
 * (expired codes) stays listed until the node is revoked or invited anew.
 *
 * Guesses: a wrong proof, or an identifier nobody invited, is counted as access/failures.h
 * does: after ACCESS_FAILURES_MAX in a minute a source waits (ERR_BUSY), even with the right
 * one; after AUTHORITY_GUESSES_OF_ONE an invitation is void until a restart.
 *
 * Threads: the loop of the spec only, or set-up and tear-down; authority_on_end's callback
 * comes there. Nothing here touches files after open.
 *
 * Caveats: what an open invitation's record holds is as good as its secret until the code
 * is used or expires, so journal and backups are to be kept as keys are. Which of two keys a
 * member used last is not journalled: after a restart both are good again. SM2 is not offered:
 * OpenSSL 3 has no TLS 1.3 with it (RFC 8998). */
#include "authority/code.h"
#include "base/json.h"
#include "base/net.h"
#include "env/certify.h"
#include "journal/journal.h"

typedef struct authority authority_t;

enum {
	AUTHORITY_MEMBERS_MAX = 16384,
	AUTHORITY_KEYS_MAX = 256,      /* of one member; past it the oldest is forgotten */
	AUTHORITY_ENROLLING_MAX = 256, /* answers not yet durable */
	AUTHORITY_GUESSES_OF_ONE = 100,
	AUTHORITY_WHO_MAX = 80,
	AUTHORITY_REASON_MAX = 200,
	AUTHORITY_KEY_DER = 44, /* SubjectPublicKeyInfo of Ed25519 (RFC 8410) */
};
#define AUTHORITY_CODE_NS   (7 * 24 * INT64_C(3600) * NS_PER_S)  /* how long a code is good */
#define AUTHORITY_MEMBER_NS (90 * 24 * INT64_C(3600) * NS_PER_S) /* how long a certificate */

typedef struct {
	const char *keys_dir;
	const char *certificate, *key; /* files of the user's own root; NULL: one made here */
	slice_t node;                  /* own identifier, which is copied */
	int64_t member_ns;             /* 0: AUTHORITY_MEMBER_NS */
	journal_t *journal;            /* tree */
	journal_t *events;             /* main, for events; NULL: none are left */
	env_loop_t *loop;              /* NULL: set-up only, changes are flushed by the caller */
} authority_spec_t;

/* Set-up time. The detail names the file. ERR_CONFIG: the user's certificate is no authority's
 * or is not the key's; ERR_EXPIRED: it has ended; ERR_INVALID: `node` cannot be certified. */
MUST_CHECK err_t authority_open(env_t *env, const authority_spec_t *spec,
                                authority_t **ret_authority, err_detail_t *ret_detail);
void authority_close(authority_t *authority);

/* DER of the root, and its mark. */
slice_t authority_root(const authority_t *authority);
const uint8_t *authority_mark(const authority_t *authority);
/* What the listener shows: a key of its own, and its certificate with the root behind, as
 * PEM. Made anew when less than half of its time is left; both live until the next call. */
MUST_CHECK err_t authority_door(authority_t *authority, slice_t *ret_chain_pem,
                                const env_pkey_t **ret_key);

#define AUTHORITY_STATE_ROWS(X) \
	X(INVITED, "invited") \
	X(MEMBER, "member") \
	X(REVOKED, "revoked")

#define X(name, word) AUTHORITY_##name,
typedef enum { AUTHORITY_STATE_ROWS(X) AUTHORITY_STATE_COUNT } authority_state_t;
#undef X
const char *authority_state_word(authority_state_t state);

typedef struct {
	uint8_t der[AUTHORITY_KEY_DER];
	int64_t from_ns, until_ns; /* of its certificate */
	bool is_live;              /* good for a session, apart from the time */
} authority_key_t;

typedef struct {
	char node[ENV_CERTIFY_NAME_MAX + 1];
	authority_state_t state;
	/* The open invitation; code_ns 0: none. A member may be invited again, to replace a key
	 * that was lost. */
	int64_t code_ns; /* UTC; until when */
	uint8_t code_key[SHA256_BYTES];
	bool is_used; /* a certificate was given for this code */
	uint32_t guesses;
	int64_t changed_ns;                    /* UTC */
	char who[AUTHORITY_WHO_MAX + 1];       /* who did what made the state */
	char reason[AUTHORITY_REASON_MAX + 1]; /* of a revocation */
	authority_key_t *keys;                 /* oldest first */
	size_t key_count;
	uint8_t *certificate; /* DER of the newest */
	size_t certificate_len;
	uint64_t seq; /* of the last record about it */
} authority_member_t;

/* In the order of their identifiers, NULL behind the last; until the next change. */
const authority_member_t *authority_member_at(const authority_t *authority, size_t i);
const authority_member_t *authority_member_named(const authority_t *authority, slice_t node);
/* The same at every edge; never with a code's key. */
void authority_member_json(const authority_member_t *member, json_t *j);
/* The i-th key of a member, newest first, whether it may still be used or not: what it once
 * signed stays signed. NULL behind the last. */
const authority_key_t *authority_key_of(const authority_t *authority, slice_t node, size_t i);

/* Called on the loop when what was asked for is durable, or with what broke the journal;
 * never from within the call. `fn` may be NULL. */
typedef struct {
	void (*fn)(void *ctx, err_t err);
	void *ctx;
} authority_done_t;
/* Whoever asked is gone: his `fn` is not called. */
void authority_forget(authority_t *authority, void *ctx);

typedef struct {
	slice_t node;
	int64_t lasts_ns; /* 0: AUTHORITY_CODE_NS */
	slice_t who;
	authority_done_t done;
} authority_invite_t;
/* The code is told once. ERR_INVALID (no such identifier, or our own), ERR_LIMIT, ERR_BUSY. */
MUST_CHECK err_t authority_invite(authority_t *authority, const authority_invite_t *invite,
                                  char ret_code[CODE_TEXT], err_detail_t *ret_detail);

typedef struct {
	slice_t request; /* DER of PKCS #10, for an Ed25519 key */
	slice_t proof;   /* of a code; unused to renew */
	slice_t node;    /* to renew: who the channel says it is */
	ip_t source;
	authority_done_t done;
} authority_request_t;
/* Both give DER that lives until the next change, and is to be told when `done` was called.
 * ERR_DENIED: no such code (which may have many reasons: they are not told). ERR_EXPIRED,
 * ERR_CONFLICT (the code was used by another key) are told to who proved that he knows the
 * code. ERR_MALFORMED, ERR_UNSUPPORTED (another kind of key), ERR_BUSY. */
MUST_CHECK err_t authority_enrol(authority_t *authority, const authority_request_t *request,
                                 slice_t *ret_certificate, err_detail_t *ret_detail);
MUST_CHECK err_t authority_renew(authority_t *authority, const authority_request_t *request,
                                 slice_t *ret_certificate, err_detail_t *ret_detail);

typedef struct {
	slice_t node, who, reason;
	authority_done_t done;
} authority_revoke_t;
/* ERR_NOT_FOUND; revoking again is fine and changes nothing. */
MUST_CHECK err_t authority_revoke(authority_t *authority, const authority_revoke_t *revoke,
                                  err_detail_t *ret_detail);
/* A member is one no more. One listener; set-up time. */
void authority_on_end(authority_t *authority, void (*fn)(void *ctx, slice_t node), void *ctx);

/* Whether who shows this chain may open a session now; `*ret_node` is he, if it is GOOD. */
env_trust_t authority_judge(authority_t *authority, const slice_t *chain, size_t count,
                            slice_t *ret_node);
/* Whether anybody may come to enrol: an invitation is open. */
bool authority_expects(const authority_t *authority);

typedef struct {
	uint64_t members, invited, revoked; /* at this moment */
	uint64_t enrolled, renewed, guesses, waits;
} authority_stats_t;
authority_stats_t authority_stats(const authority_t *authority);
#endif
