/* SPDX-License-Identifier: Apache-2.0 */
/* Without a node: the journal is opened here, and what was changed is flushed before
 * anything is said. */
#include "cmd/user_door.h"

#include "env/file.h"

enum { ITEM_ROOM = 2048 };

typedef struct {
	const door_t *door;
	env_loop_t *loop;
	journal_t *journal;
	access_t *access;
} here_t;

static err_t here_open(here_t *here, err_detail_t *ret_detail)
{
	env_t *env = here->door->env;
	char journal_dir[DOOR_PATH_MAX], keys_dir[DOOR_PATH_MAX];
	journal_recovery_t recovery;
	err_t err = door_path(here->door, "journal", journal_dir);
	if (!err)
		err = door_path(here->door, "keys", keys_dir);
	/* It never runs: every write is flushed on this thread. */
	if (!err)
		err = env_loop_new(env, "commit", ENV_LOOP_FILES, &here->loop);
	if (err)
		return err_raise(ret_detail, err, NULL, here->door->data_dir, (char *)NULL);
	journal_spec_t journal = {
		.dir = journal_dir, .name = "main", .chained = true, .commit_loop = here->loop
	};
	err = journal_open(env, &journal, &here->journal, &recovery, ret_detail);
	if (err)
		return err;
	access_spec_t access = { .keys_dir = keys_dir, .journal = here->journal };
	err = access_open(env, &access, &here->access, ret_detail);
	/* Folders made just now survive a power cut only with their parent. */
	return err ? err : env_dir_sync(env, here->door->data_dir);
}

static void here_close(here_t *here)
{
	access_close(here->access);
	journal_close(here->journal);
	env_loop_free(here->loop);
}

static void add_item(text_t *text, const json_t *j, bool *first)
{
	text_add(text, *first ? (slice_t){ 0 } : SLICE(","));
	text_add(text, json_done(j));
	*first = false;
}

static void add_user(const access_t *access, const access_user_t *user, text_t *text, bool *first)
{
	char buf[ITEM_ROOM];
	json_t j = json_of(buf, sizeof(buf));
	access_user_json(access, user, &j);
	add_item(text, &j, first);
}

static void list_users(const access_t *access, text_t *text)
{
	const access_user_t *user;
	bool first = true;
	text_addf(text, "{\"users\":[");
	for (size_t i = 0; (user = access_user_at(access, i)); i++)
		add_user(access, user, text, &first);
	text_addf(text, "]}");
}

static void list_tokens(const access_t *access, const char *owner, text_t *text)
{
	const access_key_t *key;
	bool first = true;
	text_addf(text, "{\"tokens\":[");
	for (size_t i = 0; (key = access_key_at(access, i)); i++) {
		char buf[ITEM_ROOM];
		json_t j = json_of(buf, sizeof(buf));
		if (owner[0] && !slice_eq(slice_str(owner), slice_str(key->owner)))
			continue;
		access_key_json(key, &j);
		add_item(text, &j, &first);
	}
	text_addf(text, "]}");
}

static bool sets_password(const user_order_t *order)
{
	return order->verb == USER_ADD || order->fields & ACCESS_PASSWORD;
}

static err_t hash_password(here_t *here, const user_order_t *order, access_work_t *ret_work,
                           err_detail_t *ret_detail)
{
	err_t err = access_password_begin(here->access, order->password, ret_work, ret_detail);
	if (!err)
		access_work(ret_work);
	return err;
}

static int64_t end_of(const here_t *here, const user_order_t *order)
{
	return order->lasts_ns ? env_utc(here->door->env).ns + order->lasts_ns : 0;
}

static err_t change(here_t *here, const user_order_t *order, text_t *text, err_detail_t *ret_detail)
{
	static const access_verb_t verbs[USER_VERB_COUNT] = {
		[USER_ADD] = ACCESS_USER_ADD,
		[USER_SET] = ACCESS_USER_SET,
		[USER_REMOVE] = ACCESS_USER_REMOVE,
		[USER_TOKEN_ADD] = ACCESS_KEY_ADD,
		[USER_TOKEN_REVOKE] = ACCESS_KEY_REMOVE,
	};
	access_work_t work;
	access_secret_t secret = { 0 };
	access_change_t asked = {
		.verb = verbs[order->verb],
		.name = slice_str(order->name),
		.fields = order->fields,
		.role = role_parse(slice_str(order->role)),
		.scope = slice_str(order->scope),
		.enabled = order->enabled,
		.label = slice_str(order->label),
		.expires_ns = end_of(here, order),
		.password = sets_password(order) ? &work : NULL,
		.caller = { .subject = SLICE("admin"), .role = ROLE_ADMIN },
	};
	err_t err = ERR_OK;
	if (asked.password)
		err = hash_password(here, order, &work, ret_detail);
	if (err)
		return err;
	err = access_change(here->access, &asked, &secret, ret_detail);
	if (!err && (err = journal_flush(here->journal)))
		return err_raise(ret_detail, err, NULL, here->door->data_dir, (char *)NULL);
	if (!err && order->verb == USER_TOKEN_ADD)
		text_addf(text, "{\"id\":\"%s\",\"secret\":\"%s\"}", secret.id, secret.secret);
	return err;
}

err_t user_here(const door_t *door, const user_order_t *order, text_t *ret_json,
                err_detail_t *ret_detail)
{
	here_t here = { .door = door };
	err_t err = here_open(&here, ret_detail);
	if (!err && order->verb == USER_LIST)
		list_users(here.access, ret_json);
	else if (!err && order->verb == USER_TOKENS)
		list_tokens(here.access, order->name, ret_json);
	else if (!err)
		err = change(&here, order, ret_json, ret_detail);
	here_close(&here);
	return err;
}
