/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ACCESS_ACCESS_H
#define ACCESS_ACCESS_H
/* Who may do what: turns a token, a password or a session cookie into a caller, and
 * keeps the users and their API tokens.
 *
 * The way in at first start and for the command line is the admin token, made at the
 * first start and kept in DATA/keys/admin.token (mode 0600); no change to users can
 * take it away. Users have a role, a scope (an identifier prefix, or everything) and a
 * password, kept as PBKDF2-HMAC-SHA256 with a salt of its own and its number of
 * rounds. An API token belongs to a user, has at most the role its owner has now, and
 * the scope of its owner; its secret is told once and kept as its SHA-256.
 *
 * Users and tokens live in the main journal, one JOURNAL_ACCESS record an operation
 * (entry.h); the tables in memory are a view rebuilt at open. A change is in force at
 * once and acknowledged when durable, so that a right taken away is gone before
 * anybody is told so. Every change, and only a change, leaves an event beside it.
 *
 * Story: access_open at start. A request with "Authorization: Bearer" goes to
 * access_token, one with a cookie to access_session. Signing in is access_token, or
 * for a password access_login_begin, access_work on a loop that may be slow, and
 * access_login_end; then access_session_open. A change goes to access_change; a new
 * password was prepared by access_password_begin and access_work.
 *
 * Sessions: 256 random bits in a cookie, bound to the caller, idle limit 12 h, at most
 * 256 at once (the one idle longest gives way). State-changing requests by cookie also
 * carry the session's CSRF word. A change to a user ends the user's sessions; disabling
 * or removing one ends the tokens too.
 *
 * Failed attempts are limited: after 10 in a minute a source waits until that minute
 * is over, even with the right secret; likewise a user name, whoever asks. Tokens and
 * passwords are counted apart, so that guessing at passwords never shuts the way of
 * the admin token. A source is an IPv4 address or the /64 of an IPv6 address; 1,024
 * sources and names are remembered, the one whose minute began first gives way.
 *
 * Threads: the loop of the spec only (or set-up and tear-down); no locks. access_work
 * alone runs anywhere.
 *
 * Caveats: closing the access ends every session. Secrets are compared in constant
 * time, by their hashes. Signing in takes as long for a name that is not known, as long
 * as all passwords have the same number of rounds. Opening reads the main journal from
 * its beginning. A change whose result was an error of the journal may still be there
 * after a restart. Whoever knows a user's name can make that name wait by guessing; its
 * open sessions and tokens go on. */
#include "base/json.h"
#include "base/net.h"
#include "env/crypto.h"
#include "journal/journal.h"
#include "model/caller.h"

typedef struct access access_t;

enum {
	ACCESS_TOKEN_TEXT = 44, /* "jz_" + 40 hex digits + NUL */
	ACCESS_SESSIONS_MAX = 256,
	ACCESS_SOURCES_MAX = 1024,
	ACCESS_FAILURES_MAX = 10, /* of one source, or of one name, in one minute */
	ACCESS_USERS_MAX = 256,
	ACCESS_TOKENS_MAX = 1024,
	ACCESS_USER_TOKENS_MAX = 32,
	ACCESS_NAME_MAX = 64,
	ACCESS_SCOPE_MAX = 255,
	ACCESS_LABEL_MAX = 96,
	ACCESS_SUBJECT_MAX = 80, /* "user:" and a name, "token:" and an id */
	ACCESS_PASSWORD_MIN = 12,
	ACCESS_PASSWORD_MAX = 1024,
	ACCESS_SALT_BYTES = 16,
	ACCESS_ROUNDS = 600000,
	ACCESS_ID_TEXT = 13,     /* 12 hex digits + NUL */
	ACCESS_CHANGES_MAX = 64, /* not yet durable */
};

typedef struct {
	const char *keys_dir;
	journal_t *journal; /* the main one */
	env_loop_t *loop;   /* NULL: set-up only, changes are flushed by the caller */
	uint32_t rounds;    /* of new passwords; 0: ACCESS_ROUNDS */
} access_spec_t;

/* Makes the folder and the token file when absent and reads users and tokens from the
 * journal. Set-up time. ERR_CORRUPT when the file holds no token or a record cannot be
 * read, ERR_NEWER_FORMAT; the detail names the place, never a secret. */
MUST_CHECK err_t access_open(env_t *env, const access_spec_t *spec, access_t **ret_access,
                             err_detail_t *ret_detail);
void access_close(access_t *access);

/* The admin token or an API token. ERR_UNAUTHENTICATED: unknown or expired; ERR_BUSY:
 * too many failures from `source`. The caller's slices live until the next call. */
MUST_CHECK err_t access_token(access_t *access, slice_t token, ip_t source, caller_t *ret_caller);

/* A password on its way through PBKDF2, which takes a good part of a second. */
typedef struct {
	char user[ACCESS_NAME_MAX + 1]; /* who signs in; "": nobody known */
	ip_t source;
	uint8_t salt[ACCESS_SALT_BYTES];
	uint32_t rounds;
	uint8_t password[ACCESS_PASSWORD_MAX]; /* wiped by access_work */
	size_t password_len;
	uint8_t hash[SHA256_BYTES];
	bool is_done; /* the hash is there */
} access_work_t;

/* ERR_BUSY: the source or the name waits. Counts as a failure until access_login_end
 * finds it right. A name that is not known goes the same way as a known one. */
MUST_CHECK err_t access_login_begin(access_t *access, slice_t user, slice_t password, ip_t source,
                                    access_work_t *ret_work);
/* ERR_INVALID when too short or too long. */
MUST_CHECK err_t access_password_begin(access_t *access, slice_t password, access_work_t *ret_work,
                                       err_detail_t *ret_detail);
/* The slow part. Any thread. */
void access_work(access_work_t *work);
void access_work_wipe(access_work_t *work);
/* ERR_UNAUTHENTICATED: unknown, disabled, wrong, or changed meanwhile. The caller's
 * slices live until the next call. */
MUST_CHECK err_t access_login_end(access_t *access, const access_work_t *work,
                                  caller_t *ret_caller);

typedef struct {
	char cookie[65]; /* hex, NUL-ended */
	char csrf[33];
} access_session_t;

/* Copies the caller: any subject of at most ACCESS_SUBJECT_MAX bytes and scope of at
 * most ACCESS_SCOPE_MAX (ERR_TOO_BIG). */
MUST_CHECK err_t access_session_open(access_t *access, const caller_t *caller,
                                     access_session_t *ret_session);
/* Each accepted request begins the idle time anew. ERR_UNAUTHENTICATED: no such
 * session, idle too long, or its token has expired. `csrf` is needed when `writes`:
 * ERR_DENIED without the right word. The caller's slices live until the next call. */
MUST_CHECK err_t access_session(access_t *access, slice_t cookie, slice_t csrf, bool writes,
                                caller_t *ret_caller);
/* The CSRF word of a live session (for a page that was loaded again), "" if none.
 * Valid until the next call. */
const char *access_session_csrf(access_t *access, slice_t cookie);
void access_session_close(access_t *access, slice_t cookie);
/* Calls fn when a subject has lost rights ("user:li", "token:0123456789ab"), so that
 * what it still holds open elsewhere is closed. One listener; set-up time. */
void access_on_end(access_t *access, void (*fn)(void *ctx, slice_t subject), void *ctx);

typedef struct {
	char name[ACCESS_NAME_MAX + 1];
	char scope[ACCESS_SCOPE_MAX + 1];
	role_t role;
	bool enabled;
	uint32_t rounds;
	uint8_t salt[ACCESS_SALT_BYTES], hash[SHA256_BYTES];
} access_user_t;

typedef struct {
	char id[ACCESS_ID_TEXT];
	char owner[ACCESS_NAME_MAX + 1];
	char label[ACCESS_LABEL_MAX + 1];
	role_t role; /* as given; what counts is the lower of this and the owner's */
	uint8_t hash[SHA256_BYTES];
	int64_t created_ns, expires_ns; /* UTC; expires_ns 0: never */
	int64_t used_ns;                /* UTC; 0: not since the start */
} access_key_t;

/* In the order of their names, or of creation; NULL behind the last. They live until
 * the next change. */
const access_user_t *access_user_at(const access_t *access, size_t i);
const access_user_t *access_user_named(access_t *access, slice_t name);
const access_key_t *access_key_at(const access_t *access, size_t i);
const access_key_t *access_key_named(access_t *access, slice_t id);

/* Each as one JSON object, the same at every edge; never with a hash or a salt. */
void access_user_json(const access_t *access, const access_user_t *user, json_t *j);
void access_key_json(const access_key_t *key, json_t *j);

typedef enum {
	ACCESS_USER_ADD,
	ACCESS_USER_SET,
	ACCESS_USER_REMOVE,
	ACCESS_KEY_ADD,
	ACCESS_KEY_REMOVE,
	ACCESS_VERB_COUNT
} access_verb_t;

/* What ACCESS_USER_SET changes. */
enum { ACCESS_ROLE = 1, ACCESS_SCOPE = 2, ACCESS_ENABLED = 4, ACCESS_PASSWORD = 8 };

typedef struct {
	access_verb_t verb;
	slice_t name;    /* the user; of ACCESS_KEY_REMOVE the token's id */
	unsigned fields; /* of ACCESS_USER_SET */
	role_t role;
	slice_t scope;
	bool enabled;
	const access_work_t *password; /* done */
	slice_t label;                 /* of ACCESS_KEY_ADD */
	int64_t expires_ns;            /* of ACCESS_KEY_ADD; 0: never */
	caller_t caller;
	/* Called on the loop when the change is durable, or with what broke the journal;
	 * never from within access_change. May be NULL. */
	void (*done)(void *ctx, err_t err);
	void *ctx;
} access_change_t;

/* What a new token is, told once. */
typedef struct {
	char id[ACCESS_ID_TEXT];
	char secret[ACCESS_TOKEN_TEXT];
} access_secret_t;

/* Checks, logs and applies. Users are for an administrator without a scope, but for
 * the own password; tokens are for their owner signed in as a user, and for such an
 * administrator. ret_secret is of ACCESS_KEY_ADD and may be NULL elsewhere.
 * ERR_DENIED, ERR_INVALID, ERR_EXISTS, ERR_NOT_FOUND, ERR_LIMIT, ERR_BUSY (too many
 * not yet durable), or why the journal takes no more. */
MUST_CHECK err_t access_change(access_t *access, const access_change_t *change,
                               access_secret_t *ret_secret, err_detail_t *ret_detail);

typedef struct {
	uint64_t sessions;  /* open at this moment */
	uint64_t displaced; /* sessions that gave way to others */
	uint64_t failures;  /* unknown tokens and wrong passwords */
	uint64_t refused;   /* attempts while the source or the name had to wait */
	uint64_t users, tokens;
} access_stats_t;
access_stats_t access_stats(const access_t *access);
#endif
