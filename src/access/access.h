/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ACCESS_ACCESS_H
#define ACCESS_ACCESS_H
/* Who may do what: turns a bearer token or a session cookie into a caller.
 *
 * First form: one admin token, made at first start, kept in DATA/keys/admin.token
 * (mode 0600); only its SHA-256 is held in memory. A browser posts the token once
 * and gets a session: 256 random bits in a cookie, bound to its caller, idle limit
 * 12 h, at most 256 at once (the oldest idle one gives way). State-changing
 * requests by cookie must also carry the session's CSRF word in a header.
 *
 * Failed attempts are limited per source: after 10 in a minute a source waits.
 *
 * Threads: HTTP loops only (one); no locks. */
#include "base/net.h"
#include "env/env.h"
#include "model/caller.h"

typedef struct access access_t;

enum { ACCESS_TOKEN_TEXT = 44 }; /* "jz_" + 40 hex digits + NUL */

/* Makes the token file when absent. Set-up time. */
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

MUST_CHECK err_t access_session_open(access_t *access, const caller_t *caller,
                                     access_session_t *ret_session);
/* `csrf` is needed when `writes`: ERR_DENIED without the right word. */
MUST_CHECK err_t access_session(access_t *access, slice_t cookie, slice_t csrf, bool writes,
                                caller_t *ret_caller);
/* The CSRF word of a live session (for a page that was loaded again), "" if none. */
const char *access_session_csrf(access_t *access, slice_t cookie);
void access_session_close(access_t *access, slice_t cookie);
#endif
