/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CMD_MEMBER_H
#define CMD_MEMBER_H
/* Members of a parent, whether its node runs or not, as users are (user_door.h): the
 * folder's lock decides. Held by a node, the order goes to its HTTP API; free, the lock is
 * taken and the journal opened here. Both give the same JSON and refuse with the same words.
 *
 * Threads: the main one; blocks. */
#include "base/text.h"
#include "cmd/door.h"

typedef enum { MEMBER_LIST, MEMBER_INVITE, MEMBER_REVOKE, MEMBER_VERB_COUNT } member_verb_t;

typedef struct {
	member_verb_t verb;
	const char *node;
	const char *reason; /* of MEMBER_REVOKE */
	int64_t lasts_ns;   /* of MEMBER_INVITE; 0: as the node likes */
} member_order_t;

/* member_here.c. The lock is held; the configuration is there. *ret_json: the list, or the
 * code; empty after others. */
MUST_CHECK err_t member_here(const door_t *door, const member_order_t *order, text_t *ret_json,
                             err_detail_t *ret_detail);
/* member_there.c */
MUST_CHECK err_t member_there(const door_t *door, const member_order_t *order, text_t *ret_json,
                              err_detail_t *ret_detail);
#endif
