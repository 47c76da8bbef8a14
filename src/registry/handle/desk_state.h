/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REGISTRY_HANDLE_DESK_STATE_H
#define REGISTRY_HANDLE_DESK_STATE_H
/* The inside of the desk, shared by its files. All but the inbox and the counts of
 * what is with the desk belongs to the desk's loop. */
#include <stdatomic.h>

#include "codec/handle/at.h"
#include "env/crypto.h"
#include "registry/handle/answer.h"
#include "registry/compose.h"
#include "registry/handle/desk.h"
#include "registry/identity/prover.h"

#define DESK_METRIC_ROWS(X) \
	X(REQUESTS, COUNTER, "requests_total", "Messages handed to the desk") \
	X(BUSY, COUNTER, "busy_total", "Messages sent away: too many with the desk") \
	X(ERRANDS, GAUGE, "messages", "Messages with the desk") \
	X(CHALLENGES, COUNTER, "challenges_total", "Clients asked for a proof") \
	X(CHALLENGES_OPEN, GAUGE, "challenges", "Challenges not yet answered") \
	X(CHALLENGES_FULL, COUNTER, "challenges_full_total", "Challenges not made: too many open") \
	X(CHALLENGES_LATE, COUNTER, "challenges_expired_total", "Challenges nobody answered") \
	X(PROOFS, COUNTER, "proofs_total", "Identities proven") \
	X(PROOFS_BAD, COUNTER, "proofs_bad_total", "Proofs that were wrong or unreadable") \
	X(DENIED, COUNTER, "denied_total", "Changes refused for want of permission") \
	X(BUDGET, COUNTER, "source_budget_total", "Messages refused: source used up its CPU") \
	X(SOURCES_FULL, COUNTER, "sources_forgotten_total", "Sources forgotten for newer ones") \
	X(SIGNED, COUNTER, "replies_signed_total", "Replies signed with the site's key") \
	X(SESSIONS, GAUGE, "sessions", "Sessions and logins") \
	X(SESSIONS_MADE, COUNTER, "sessions_total", "Sessions and logins made") \
	X(SESSIONS_FULL, COUNTER, "sessions_full_total", "Sessions not made: too many") \
	X(SESSIONS_ENDED, COUNTER, "sessions_idle_total", "Sessions ended for time or room") \
	X(SESSIONS_WEAK, COUNTER, "sessions_weak_total", "Sessions in a group below 2,048 bits") \
	X(MACS_BAD, COUNTER, "session_macs_bad_total", "Session messages with a wrong MAC") \
	X(REPLAYS, COUNTER, "session_replays_total", "Session messages seen before") \
	X(ELSEWHERE, COUNTER, "identities_elsewhere_total", "Identities asked of their home") \
	X(ELSEWHERE_WAITING, GAUGE, "identities_waiting", "Proofs that wait for a home's word") \
	X(ELSEWHERE_FULL, COUNTER, "identities_full_total", \
	  "Proofs no home was asked about: too many") \
	X(ELSEWHERE_SILENT, COUNTER, "identities_silent_total", "Proofs whose home had no word") \
	X(RECURSIVE, COUNTER, "recursive_total", "Questions asked on behalf of a client") \
	X(RECURSIVE_FULL, COUNTER, "recursive_full_total", "Those refused: too many at once") \
	X(PAST, COUNTER, "past_total", "Questions for a record as of a time") \
	X(PAST_FULL, COUNTER, "past_full_total", \
	  "Those refused: too many, or source's CPU used up") \
	X(WAITING, GAUGE, "waiting", "Messages that wait for another server or for history") \
	X(WAITING_LATE, COUNTER, "waiting_late_total", "Those that waited in vain") \
	X(CHANGES, COUNTER, "changes_total", "Changes asked of the registry")

#define X(id, kind, name, help) DESK_METRIC_##id,
enum { DESK_METRIC_ROWS(X) DESK_METRIC_COUNT };
#undef X

enum {
	DESK_BYTES_MAX = 16 << 20,
	DESK_LIVE_BYTES = 64 << 10,
	DESK_CHALLENGES = HANDLE_DESK_CHALLENGES,
	DESK_CHALLENGES_SOURCE = 64,
	DESK_CHALLENGES_UDP = 256,
	DESK_CHALLENGE_BYTES = 16 << 20,
	DESK_SESSIONS = 1024,
	DESK_SESSIONS_SOURCE = 32,
	DESK_SOURCES = 1024,
	DESK_WAITING = 320, /* of which: */
	DESK_WAITING_RECURSIVE = 256,
	DESK_WAITING_PAST = HANDLE_PAST_MAX,
	DESK_NONCE = 16,
	DESK_KEY = 32,
	DESK_WINDOW = 256,
	DESK_LIST_PAGE = 50,
	DESK_LIST_CHUNK = 64 << 10,
	DESK_SIGN_US = 300,
};

static const int64_t DESK_CHALLENGE_NS = 20 * NS_PER_S;
static const int64_t DESK_SESSION_NS = 86400 * NS_PER_S;

/* Who may have how much: IPv4 address, or the first half of an IPv6 one. */
typedef struct {
	uint8_t family, bytes[8];
} desk_source_t;

typedef struct {
	desk_source_t source;
	int64_t at_ns;   /* 0: free */
	int64_t left_us; /* may go below 0 */
} desk_purse_t;

typedef struct {
	uint32_t id; /* 0: free */
	desk_source_t source;
	bool is_login; /* else keyed */
	bool is_proven, is_weak;
	uint8_t key[DESK_KEY];
	uint8_t *who_memory; /* of `who` */
	registry_identity_t who;
	int64_t used_ns, ends_ns;
	uint32_t sent;   /* our last counter */
	uint32_t newest; /* the client's highest counter */
	uint64_t seen[DESK_WINDOW / 64];
	uint32_t challenge; /* id of its open challenge; 0: none */
} desk_session_t;

typedef struct {
	uint32_t id; /* 0: free */
	desk_source_t source;
	bool is_udp;
	uint32_t session; /* the session it is made in; 0: none */
	int64_t ends_ns;
	uint8_t nonce[DESK_NONCE];
	uint8_t digest[SHA256_BYTES];
	size_t digest_len;
	handle_errand_t *errand; /* what was asked */
} desk_challenge_t;

/* A message on its way: from the door to its last reply. */
struct handle_errand {
	handle_errand_t *next, **before; /* in the list of all; NULL: in none */
	handle_origin_t from;
	desk_source_t source;
	handle_envelope_t envelope; /* of the message that the reply answers */
	handle_header_t header;     /* of the request, also when another message proved it */
	slice_t body, covered, credential;
	uint32_t session; /* id of the keyed session it is in; 0: none */
	bool has_mac;     /* and its MAC was right */
	bool is_encrypted;
	uint32_t reply_session; /* of the reply's envelope */

	bool awaits, has_awaited; /* groups of elsewhere, at the registry */
	bool is_hearsay;          /* the answer is another server's */
	bool is_proven;
	registry_identity_t who; /* with is_proven; in who_memory */
	uint8_t *who_memory;
	handle_errand_t *proof; /* the answer to the challenge, while it is looked at */
	uint8_t nonce[DESK_NONCE], digest[SHA256_BYTES];
	registry_proof_t claim; /* in nonce, digest and proof */

	uint8_t *plain; /* memory of a decrypted message */
	uint8_t *name;  /* made up, or where a list goes on */
	slice_t after;
	bool goes_on;

	bool is_counted; /* as one that is with the desk */
	size_t cost;     /* bytes it counts for */
	slice_t message;
	uint8_t memory[];
};

/* What an errand waits for: an identity that lives elsewhere, a recursive answer, history. */
typedef enum { DESK_WAIT_RECURSION, DESK_WAIT_PAST } desk_wait_kind_t;

typedef struct {
	uint64_t ticket; /* 0: free */
	handle_errand_t *errand;
	desk_wait_kind_t kind;
	int64_t ends_ns;
} desk_wait_t;

struct handle_desk {
	registry_t *registry;
	registry_reader_t *reader;
	env_t *env;
	env_loop_t *loop;
	env_mailbox_t *inbox, *results, *recursion_mail, *past_mail;
	env_timer_t *sweep;
	prover_t *prover;
	handle_recursion_t recursion;
	handle_past_t *past; /* NULL: no history */
	registry_proof_rules_t rules;
	uint32_t dh_bits_min;
	int64_t source_us; /* of CPU a second */
	bool no_list;
	const live_value_source_t *live;
	uint8_t live_room[DESK_LIVE_BYTES]; /* a record with its live values */

	env_pkey_t *key;
	uint8_t key_bytes[REGISTRY_KEY_MAX];
	slice_t public_key;
	slice_t site;

	_Atomic uint32_t errand_count;
	_Atomic uint64_t errand_bytes;
	handle_errand_t *all; /* those that are not in the inbox */

	desk_challenge_t challenges[DESK_CHALLENGES];
	size_t challenge_bytes;
	desk_session_t sessions[DESK_SESSIONS];
	desk_purse_t purses[DESK_SOURCES];
	desk_wait_t waits[DESK_WAITING];
	uint64_t tickets;

	compose_t compose; /* for checks before a challenge */
	uint8_t body[HANDLE_MESSAGE_MAX];
	uint8_t reply[2 * HANDLE_ENVELOPE_SIZE + 2 * HANDLE_MESSAGE_MAX];
	metrics_t metrics;
};

static inline void desk_count(handle_desk_t *desk, size_t row, int64_t n)
{
	metric_add(&desk->metrics, row, n);
}

/* desk.c */
void desk_unlink(handle_errand_t *e);
/* Those that wait for a client do not count among those with the desk. */
void desk_uncount(handle_desk_t *desk, handle_errand_t *e);
void desk_errand_free(handle_desk_t *desk, handle_errand_t *e);
/* Runs the operation of the errand; each ends in a reply, a challenge or a wait. */
void desk_run(handle_desk_t *desk, handle_errand_t *e);
/* A copy of the identity whose handle lives in *memory, in place of what that held. */
MUST_CHECK err_t desk_keep_identity(const registry_identity_t *who, uint8_t **memory,
                                    registry_identity_t *ret_who);
/* Puts the errand aside until something with this ticket comes; 0: no room. */
uint64_t desk_wait(handle_desk_t *desk, handle_errand_t *e, desk_wait_kind_t kind);
handle_errand_t *desk_wait_over(handle_desk_t *desk, uint64_t ticket);

/* budget.c */
desk_source_t desk_source(ip_t ip);
bool desk_source_eq(const desk_source_t *a, const desk_source_t *b);
/* Takes from the source's CPU; false when it has used up its own. */
bool desk_pay(handle_desk_t *desk, const desk_source_t *source, uint32_t us);

/* desk_reply.c: write the reply and let the errand go. */
void desk_answer(handle_desk_t *desk, handle_errand_t *e, handle_response_t response, slice_t body);
/* The same of a body that was written; refused when it did not fit. */
void desk_answer_written(handle_desk_t *desk, handle_errand_t *e, handle_response_t response,
                         const writer_t *body);
void desk_refuse(handle_desk_t *desk, handle_errand_t *e, handle_response_t response,
                 const char *text);
/* True when the body was read; else refused, and gone. */
bool desk_could_read(handle_desk_t *desk, handle_errand_t *e, codec_t got);
/* Success, with flags to add. */
void desk_answer_with(handle_desk_t *desk, handle_errand_t *e, slice_t body, uint32_t flags);
typedef struct {
	handle_response_t response;
	slice_t body;
	uint32_t flags;  /* to add: CONT, OVRW */
	bool has_digest; /* the body begins with one already */
} desk_saying_t;
/* Appends one reply to `w`. */
void desk_say(handle_desk_t *desk, handle_errand_t *e, const desk_saying_t *saying, writer_t *w);
/* Sends and keeps the errand. */
bool desk_post(handle_errand_t *e, slice_t bytes, handle_errand_t *rest);
/* Sends what was written; with `is_all` the errand ends, else the door brings it back. */
void desk_send(handle_desk_t *desk, handle_errand_t *e, slice_t bytes, bool is_all);

/* challenge.c */
/* True when the errand has an identity; else it is challenged or refused, and gone. */
bool desk_require(handle_desk_t *desk, handle_errand_t *e);
/* Operation 200. */
void desk_take_proof(handle_desk_t *desk, handle_errand_t *answer);
/* Operation 201. */
void desk_verify(handle_desk_t *desk, handle_errand_t *e);
void desk_take_word(void *ctx, void *asker, const registry_elsewhere_reply_t *word);
/* The open challenge with this id, or NULL. */
desk_challenge_t *desk_challenge(handle_desk_t *desk, uint32_t id);
/* NULL is fine. */
void desk_challenge_end(handle_desk_t *desk, desk_challenge_t *challenge);
void desk_sweep_challenges(handle_desk_t *desk, int64_t now);

/* session.c */
desk_session_t *desk_session(handle_desk_t *desk, uint32_t id);
void desk_session_end(handle_desk_t *desk, desk_session_t *session);
void desk_sweep_sessions(handle_desk_t *desk, int64_t now);
void desk_session_setup(handle_desk_t *desk, handle_errand_t *e);
void desk_session_terminate(handle_desk_t *desk, handle_errand_t *e);
void desk_session_key(handle_desk_t *desk, handle_errand_t *e);
/* Decrypts; false when it cannot. */
bool desk_session_open(handle_desk_t *desk, handle_errand_t *e, slice_t *ret_plain);
/* Finds the session and checks the MAC. False: refused, and gone. */
bool desk_session_enter(handle_desk_t *desk, handle_errand_t *e);
/* The identity is from now on that of the session. ERR_DENIED: it was set up for
 * another. */
MUST_CHECK err_t desk_session_bind(desk_session_t *session, const registry_identity_t *who);
void desk_login(handle_desk_t *desk, handle_errand_t *e);
/* The MAC of header and body in `covered`, or why there is none. */
MUST_CHECK err_t desk_session_mac(const desk_session_t *session, const handle_envelope_t *envelope,
                                  uint32_t counter, slice_t covered, writer_t *w);
uint32_t desk_fresh_id(handle_desk_t *desk, size_t slot, bool is_session);

/* operation.c, listing.c */
void desk_operate(handle_desk_t *desk, handle_errand_t *e);
void desk_list(handle_desk_t *desk, handle_errand_t *e);
void desk_list_prefixes(handle_desk_t *desk, handle_errand_t *e);
void desk_list_homed(handle_desk_t *desk, handle_errand_t *e);
void desk_home(handle_desk_t *desk, handle_errand_t *e);
void desk_take_results(void *ctx);
void desk_take_recursion(void *ctx);
/* True when the errand's identity has one of the rights in the record `name`; else put
 * aside until more is known of groups elsewhere, or refused, and gone. */
bool desk_may(handle_desk_t *desk, handle_errand_t *e, slice_t name, uint16_t rights);
void desk_change(handle_desk_t *desk, handle_errand_t *e, registry_change_t *change);
/* True when the name lives here; else refused, referred or asked for, and gone. */
bool desk_serves(handle_desk_t *desk, handle_errand_t *e, slice_t name);
/* Whether the errand's identity may read all of the record as it is today; else challenged
 * or refused, and gone. */
bool desk_require_reader(handle_desk_t *desk, handle_errand_t *e, slice_t name);

/* desk_past.c: true when the question names a time, and is then asked or refused. */
bool desk_past_asked(handle_desk_t *desk, handle_errand_t *e, const handle_resolution_t *q);
void desk_take_past(void *ctx);
#endif
