/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_HANDLE_LOGIN_H
#define API_HANDLE_LOGIN_H
/* Sessions of Handle clients over HTTPS: a nonce to be signed, and from then on the
 * identity that has signed it. The id of a session is as good as the key, so it travels
 * by TLS alone.
 *
 * Story: handle_login_open makes one, with a nonce; handle_login_find gives it back
 * by its id; handle_login_prove binds it to an identity.
 *
 * Limits: HANDLE_LOGINS at once and HANDLE_LOGINS_SOURCE of one source (the longest
 * idle gives way, of those that are not proven first); a minute idle without an
 * identity, 30 with one, 12 hours in all. Identities of HANDLE_LOGIN_WHO bytes.
 *
 * Threads: one. Caveats: a key that is taken out of its record does not end the
 * sessions it has opened; they end by themselves. */
#include "base/net.h"
#include "env/env.h"

enum {
	HANDLE_LOGINS = 512,
	HANDLE_LOGINS_SOURCE = 64,
	HANDLE_LOGIN_WHO = 255,
	HANDLE_LOGIN_ID = 33, /* 32 hex digits and NUL */
	HANDLE_LOGIN_NONCE = 16,
};

typedef struct handle_login {
	char id[HANDLE_LOGIN_ID]; /* "": free */
	uint8_t nonce[HANDLE_LOGIN_NONCE];
	ip_t source;
	int64_t made_ns, used_ns;
	char who[HANDLE_LOGIN_WHO + 1]; /* "300:0.NA/99.100.1"; "": nobody yet */
} handle_login_t;

typedef struct {
	env_t *env;
	handle_login_t rows[HANDLE_LOGINS];
} handle_logins_t;

handle_login_t *handle_login_open(handle_logins_t *sessions, ip_t source);
/* NULL: none, or it has ended. Begins its idle time anew. */
handle_login_t *handle_login_find(handle_logins_t *sessions, slice_t id);
/* From now on the session is this identity's; the nonce is used up either way.
 * ERR_TOO_BIG. */
MUST_CHECK err_t handle_login_prove(handle_logins_t *sessions, handle_login_t *session,
                                    slice_t who);
void handle_login_renew(handle_logins_t *sessions, handle_login_t *session);
void handle_login_close(handle_login_t *session);
size_t handle_login_count(handle_logins_t *sessions);
#endif
