/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ACCESS_ACCESS_H
#define ACCESS_ACCESS_H
/* Who may do what: turns a bearer token or a session cookie into a caller.
 *
 * First form: one admin token, made at first start, kept in DATA/keys/admin.token
 * (mode 0600); only its SHA-256 is held in memory. A browser posts the token once
 * and gets a session: 256 random bits in a cookie, bound to its caller, idle limit
 * 12 h, at most 256 at once (the one idle longest gives way). State-changing
 * requests by cookie must also carry the session's CSRF word in a header.
 *
 * Story: access_open at start; a request with "Authorization: Bearer" goes to
 * access_token; the log-in page does the same and then access_session_open; a
 * request with a cookie goes to access_session.
 *
 * Failed attempts are limited per source: after 10 in a minute a source waits
 * until that minute is over, even with the right token. A source is an IPv4
 * address or the /64 of an IPv6 address; 1,024 are remembered, the one whose
 * minute began first gives way.
 *
 * Threads: HTTP loops only (one); no locks.
 *
 * Caveats: closing the access ends every session. Secrets are compared in constant
 * time, by their hashes. */
#include "base/net.h"
#include "env/env.h"
#include "model/caller.h"

typedef struct access access_t;

enum {
	ACCESS_TOKEN_TEXT = 44, /* "jz_" + 40 hex digits + NUL */
	ACCESS_SESSIONS_MAX = 256,
	ACCESS_SOURCES_MAX = 1024,
	ACCESS_FAILURES_MAX = 10, /* of one source in one minute */
};

/* Makes the folder and the token file when absent. Set-up time. ERR_CORRUPT when
 * the file holds no token; the detail names the file, never its content. */
MUST_CHECK err_t access_open(env_t *env, const char *keys_dir, access_t **ret_access,
                             err_detail_t *ret_detail);
void access_close(access_t *access);

/* ERR_UNAUTHENTICATED: unknown token; ERR_BUSY: too many failures from `source`.
 * The caller's slices live as long as the access. */
MUST_CHECK err_t access_token(access_t *access, slice_t token, ip_t source, caller_t *ret_caller);

typedef struct {
	char cookie[65]; /* hex, NUL-ended */
	char csrf[33];
} access_session_t;

/* The caller's slices must live as long as the access, as those of access_token do. */
MUST_CHECK err_t access_session_open(access_t *access, const caller_t *caller,
                                     access_session_t *ret_session);
/* Each accepted request begins the idle time anew. ERR_UNAUTHENTICATED: no such
 * session, or idle too long. `csrf` is needed when `writes`: ERR_DENIED without
 * the right word. */
MUST_CHECK err_t access_session(access_t *access, slice_t cookie, slice_t csrf, bool writes,
                                caller_t *ret_caller);
/* The CSRF word of a live session (for a page that was loaded again), "" if none.
 * Valid until the next call. */
const char *access_session_csrf(access_t *access, slice_t cookie);
void access_session_close(access_t *access, slice_t cookie);

typedef struct {
	uint64_t sessions;  /* open at this moment */
	uint64_t displaced; /* sessions that gave way to others */
	uint64_t failures;  /* unknown tokens */
	uint64_t refused;   /* attempts while the source had to wait */
} access_stats_t;
access_stats_t access_stats(const access_t *access);
#endif
