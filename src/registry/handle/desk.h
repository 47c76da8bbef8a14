/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REGISTRY_HANDLE_DESK_H
#define REGISTRY_HANDLE_DESK_H
/* The desk behind all Handle doors: everything of the wire that asks who you are,
 * changes something, signs, encrypts or asks another server. A door answers plain
 * questions on its own loop and hands all else to the desk, which has a loop and a
 * thread of its own: what costs CPU here never keeps a question waiting there.
 *
 * Story of a change: the door passes the message (handle_desk_ask). The desk reads it,
 * makes the checks that need no identity, in the order of deployed servers, and
 * answers 402 with a nonce. The client's next message (operation 200) answers the
 * nonce; its proof is checked (identity/identity.h); then the first message runs again from the
 * start, this time with an identity, and registry_change decides by permissions. The
 * result comes from the registry's loop, is written, signed or encrypted as asked, and
 * goes back to the door's mailbox as a handle_reply_t.
 *
 * Story of an identity that lives elsewhere: its proof is not looked at here but shown to
 * its home, or its public key is fetched from there (identity/prover.h); the message
 * waits, and goes on with the home's word. A group that lives elsewhere is the registry's
 * to find out (registry/groups.h): a change waits there; a reading or listing is put
 * aside once and runs again.
 *
 * Story of a session: Diffie-Hellman over the group of the client (operation 400,
 * mode 4), answered with the site's signature; then each message carries a MAC with a
 * counter and may be encrypted; its first administrative message is challenged once.
 * Modes 1 to 3 (RSA) are refused with 501, mode 2 after its first step as the recorded
 * server does.
 *
 * Files: desk (taking and dispatching), operation and listing (what each does),
 * desk_past (answers as of a time), challenge, session, budget (CPU by source), desk_reply
 * (writing, signing), referral.
 *
 * Limits, each with a metric and an answer:
 *   messages with the desk       1,024, or 16 MiB of them      busy (3)
 *   open challenges              1,024; 64 a source; of UDP 256; kept 20 s   busy (3)
 *   sessions and logins          1,024; busy (3). 32 a source: its longest idle ends
 *   a session's life             what the client asked, 24 h at most    500
 *   CPU for proofs, signatures   `source_cpu` of a second each second and source, twice
 *                                that at once; 1,024 sources             busy (3)
 *   identities asked elsewhere   64 at once, 15 s; half of them a source   406
 *                                each takes 5 ms of its source's CPU       busy (3)
 *   recursive questions          256 at once, 20 s; half a source   busy (3), error (2)
 *   questions as of a time       64 at once, 20 s; half a source    busy (3)
 * A source is an IPv4 address or the first 64 bits of an IPv6 address.
 *
 * Caveats: a client may prefer a weak group (deployed ones use 1,024 bits); such a
 * session is counted, or refused by `dh_bits_min`. A login (operation 2001) speaks for
 * all later messages of its connection without a MAC: it is as safe as the network. */
#include "model/live_value.h"
#include "registry/handle/past.h"
#include "registry/handle/recursion.h"
#include "registry/identity/identity.h"
#include "registry/registry.h"

typedef struct handle_desk handle_desk_t;

typedef struct {
	registry_t *registry;
	env_loop_t *loop;     /* the desk's own, kind EVENTS */
	const char *key_path; /* of the site's key, made when absent; NULL: nothing is signed */
	const registry_elsewhere_t *elsewhere; /* NULL: only identities of served prefixes */
	const handle_recursion_t *recursion;   /* NULL: no recursion */
	registry_proof_rules_t rules;
	uint32_t dh_bits_min;            /* 0: 1,024 */
	uint32_t source_cpu_percent;     /* 0: 25 */
	handle_past_t *past;             /* NULL: questions as of a time are refused */
	bool no_list;                    /* operations 105 and 106 are not supported */
	const live_value_source_t *live; /* for values bound to points (live.h); NULL: none */
} handle_desk_spec_t;

/* Set-up time: may read and make the key's file (errors of env_pkey_keep). What the spec
 * names lives longer than the desk. ERR_LIMIT: too many readers of the registry.
 * ERR_NO_MEMORY. */
MUST_CHECK err_t handle_desk_open(const handle_desk_spec_t *spec, handle_desk_t **ret_desk);
/* After the loops of the desk, the doors and the registry were stopped, and the doors
 * closed: errands they keep are the desk's. NULL is fine. */
void handle_desk_close(handle_desk_t *desk);
/* The site's public key in the wire's encoding, for HS_SITE; empty without a key. */
slice_t handle_desk_public_key(const handle_desk_t *desk);
const metrics_t *handle_desk_metrics(const handle_desk_t *desk);
bool handle_desk_recurses(const handle_desk_t *desk);
/* The HS_SITE data that operation 2 answers; borrowed for as long as the desk lives.
 * The first door tells. */
void handle_desk_set_site(handle_desk_t *desk, slice_t site);

/* Where a message came from, and what names that place to the door. */
typedef struct handle_origin {
	env_mailbox_t *mailbox; /* item handle_reply_t; never full: see HANDLE_DESK_MAIL */
	void *place;            /* connection or socket */
	uint64_t visit;         /* tells this connection from one before in the same place */
	addr_t peer;
	bool is_udp;
	uint32_t login; /* of the connection: what the last reply said; 0: none */
} handle_origin_t;

typedef struct handle_errand handle_errand_t;

/* A reply: envelope and message (or several), to be freed with handle_reply_free. */
typedef struct {
	handle_origin_t to; /* its `login` is from now on the connection's */
	uint8_t *bytes;
	size_t len;
	/* More of the same reply follows once the door calls handle_desk_go_on, which it
	 * does when the peer has taken this; or handle_errand_drop. NULL: that was all. */
	handle_errand_t *rest;
} handle_reply_t;

enum {
	HANDLE_DESK_ERRANDS = 1024,
	HANDLE_DESK_CHALLENGES = 1024,
	/* Replies that can be on their way at once: one for each message with the desk, and
	 * for each that has just been challenged. */
	HANDLE_DESK_MAIL = HANDLE_DESK_ERRANDS + HANDLE_DESK_CHALLENGES,
};

/* Takes a message (copied). Any loop. ERR_BUSY when too many are with the desk. */
MUST_CHECK err_t handle_desk_ask(handle_desk_t *desk, const handle_origin_t *from,
                                 const handle_envelope_t *envelope, slice_t message);
/* Takes back what a reply left to be said, to say more of it or to forget it. The door's
 * loop; each rest once. */
void handle_desk_go_on(handle_desk_t *desk, handle_errand_t *rest);
void handle_errand_drop(handle_desk_t *desk, handle_errand_t *errand);
/* The bytes alone; `rest` is dropped or goes on by itself. */
void handle_reply_free(handle_reply_t *reply);
#endif
