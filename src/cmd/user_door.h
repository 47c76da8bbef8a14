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
#include "config/config.h"
#include "env/http_client.h"

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

typedef struct {
	env_t *env;
	const char *data_dir;
	addr_t http; /* where the node of the folder listens */
	/* By https, and trusted by this; "": by the node's own certificate; NULL: by http. */
	const char *ca_file;
	lang_t lang; /* of refusals */
} user_door_t;

/* *ret_json gets the list, or what a new token is; it is empty after other orders. */
MUST_CHECK err_t user_door_ask(const user_door_t *door, const user_order_t *order, text_t *ret_json,
                               err_detail_t *ret_detail);

/* The two ways. `user_here` is called with the folder's lock held. */
MUST_CHECK err_t user_here(const user_door_t *door, const user_order_t *order, text_t *ret_json,
                           err_detail_t *ret_detail);
MUST_CHECK err_t user_there(const user_door_t *door, const user_order_t *order, text_t *ret_json,
                            err_detail_t *ret_detail);
/* What is asked of a node's HTTP API, below /api/v1/. */
typedef struct {
	http_method_t method;
	const char *path;
	slice_t body; /* JSON, or nothing */
} user_call_t;
MUST_CHECK err_t user_call(const user_door_t *door, const user_call_t *call, text_t *ret_json,
                           err_detail_t *ret_detail);

/* Where the options say that the node is; NULL and port 0 as the configuration says. */
typedef struct {
	const char *config, *data, *ca;
	addr_t http;
} user_where_t;
/* The configuration is not asked for when the folder is named; the caller frees it. As
 * root it becomes the node's user. */
MUST_CHECK err_t user_door_find(const user_where_t *where, env_t *env, user_door_t *ret_door,
                                config_t **ret_config, err_detail_t *ret_detail);

/* DATA/name as a path. */
enum { USER_PATH_MAX = 512 };
MUST_CHECK err_t user_path(const user_door_t *door, const char *name, char buf[USER_PATH_MAX]);
#endif
