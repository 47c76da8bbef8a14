/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CMD_USER_DOOR_H
#define CMD_USER_DOOR_H
/* Users and tokens of a data folder, whether its node runs or not. The folder's lock
 * decides: held by a node, the order goes to its HTTP API with the folder's admin token
 * (user_there.c); free, the lock is taken and the journal opened here (user_here.c).
 * Both give the same JSON and refuse with the same words.
 *
 * Threads: the main one; blocks. */
#include "access/access.h"
#include "base/text.h"
#include "cmd/door.h"

typedef enum {
	USER_LIST,
	USER_ADD,
	USER_SET,
	USER_REMOVE,
	USER_TOKENS,
	USER_TOKEN_ADD,
	USER_TOKEN_REVOKE,
	USER_VERB_COUNT
} user_verb_t;

typedef struct {
	user_verb_t verb;
	const char *name; /* the user, or the token's id; of USER_TOKENS "" for all */
	unsigned fields;  /* of USER_SET, as in access_change_t */
	const char *role, *scope, *label;
	bool enabled;
	slice_t password;
	int64_t lasts_ns; /* of USER_TOKEN_ADD; 0: for ever */
} user_order_t;

/* *ret_json gets the list, or what a new token is; it is empty after other orders. */
MUST_CHECK err_t user_door_ask(const door_t *door, const user_order_t *order, text_t *ret_json,
                               err_detail_t *ret_detail);

/* The two ways. `user_here` is called with the folder's lock held. */
MUST_CHECK err_t user_here(const door_t *door, const user_order_t *order, text_t *ret_json,
                           err_detail_t *ret_detail);
MUST_CHECK err_t user_there(const door_t *door, const user_order_t *order, text_t *ret_json,
                            err_detail_t *ret_detail);
#endif
