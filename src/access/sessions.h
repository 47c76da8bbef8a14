/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ACCESS_SESSIONS_H
#define ACCESS_SESSIONS_H
/* The open browser sessions, in a table of fixed size, found by the hash of their
 * cookie. Time is given, so that expiry needs no clock of its own. */
#include "access/access.h"

typedef struct {
	bool open;
	uint8_t cookie_hash[SHA256_BYTES];
	char csrf[33];
	char subject[ACCESS_SUBJECT_MAX + 1], scope[ACCESS_SCOPE_MAX + 1];
	role_t role;
	int64_t used_ns; /* last accepted request */
} session_t;

typedef struct {
	session_t slots[ACCESS_SESSIONS_MAX];
	uint64_t displaced;
} sessions_t;

/* The live session of the cookie, or NULL; one idle too long is closed. */
session_t *sessions_find(sessions_t *s, slice_t cookie, int64_t now_ns);
/* A slot to fill: free, or taken from the session idle longest. */
session_t *sessions_take(sessions_t *s, int64_t now_ns);
/* Closes all of one subject. */
void sessions_end(sessions_t *s, slice_t subject);
uint64_t sessions_count(const sessions_t *s);
void session_close(session_t *session);
#endif
