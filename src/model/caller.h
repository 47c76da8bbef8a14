/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_CALLER_H
#define MODEL_CALLER_H
/* Who asks. Every engine entry that reads or changes for somebody takes a
 * caller; the doors (HTTP, Handle wire, command line) make one, engines decide
 * by it, audit entries carry it. */
#include "base/slice.h"

/* Each role may do all that the ones before it may. */
#define ROLE_ROWS(X) \
	X(PUBLIC, "public") \
	X(VIEWER, "viewer") \
	X(OPERATOR, "operator") \
	X(ENGINEER, "engineer") \
	X(ADMIN, "admin")

#define X(name, text) ROLE_##name,
typedef enum { ROLE_ROWS(X) ROLE_COUNT } role_t;
#undef X

typedef struct {
	slice_t subject; /* "admin", "user:li", "token:0123456789ab", "handle:300:0.NA/99.100.1" */
	role_t role;
	slice_t scope;       /* identifier prefix or path subtree; empty: everything */
	uint64_t request_id; /* joins log lines, audit entries and replies */
} caller_t;

const char *role_name(role_t role);
/* ROLE_COUNT when unknown. */
role_t role_parse(slice_t name);
/* Whether the identifier is in the caller's scope: "99.100.1" holds 99.100.1/x and is
 * no part of 99.100.10/x; "99.100.1/FRM" holds 99.100.1/FRM1. Letters compare without
 * case. */
bool caller_holds(const caller_t *caller, slice_t ident);
/* The node acting for itself. */
caller_t caller_node(void);
#endif
