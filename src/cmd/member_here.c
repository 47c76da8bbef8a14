/* SPDX-License-Identifier: Apache-2.0 */
/* Without a node: the journals are opened here, and what was changed is flushed before
 * anything is said. */
#include "authority/authority.h"
#include "cmd/member.h"
#include "env/file.h"

enum { ITEM_ROOM = 2048 };

typedef struct {
	const door_t *door;
	env_loop_t *loop;
	journal_t *tree, *main;
	authority_t *authority;
} here_t;

static err_t open_journal(here_t *here, const char *name, journal_t **ret_journal,
                          err_detail_t *ret_detail)
{
	char dir[DOOR_PATH_MAX];
	journal_recovery_t recovery;
	err_t err = door_path(here->door, "journal", dir);
	if (err)
		return err_raise(ret_detail, err, NULL, here->door->data_dir, (char *)NULL);
	journal_spec_t spec = {
		.dir = dir, .name = name, .chained = true, .commit_loop = here->loop
	};
	return journal_open(here->door->env, &spec, ret_journal, &recovery, ret_detail);
}

static err_t here_open(here_t *here, err_detail_t *ret_detail)
{
	env_t *env = here->door->env;
	char keys_dir[DOOR_PATH_MAX];
	err_t err = door_path(here->door, "keys", keys_dir);
	if (!err)
		err = env_dir_make(env, keys_dir);
	/* It never runs: every write is flushed on this thread. */
	if (!err)
		err = env_loop_new(env, "commit", ENV_LOOP_FILES, &here->loop);
	if (err)
		return err_raise(ret_detail, err, NULL, here->door->data_dir, (char *)NULL);
	err = open_journal(here, "tree", &here->tree, ret_detail);
	if (!err)
		err = open_journal(here, "main", &here->main, ret_detail);
	if (err)
		return err;
	const config_authority_t *config = &here->door->config->authority;
	bool is_own = config->certificate[0] == '\0';
	authority_spec_t spec = { .keys_dir = keys_dir,
		                  .certificate = is_own ? NULL : config->certificate,
		                  .key = is_own ? NULL : config->key,
		                  .member_ns = config->lasts_ns,
		                  .node = slice_str(here->door->config->node.prefix),
		                  .journal = here->tree,
		                  .events = here->main };
	err = authority_open(env, &spec, &here->authority, ret_detail);
	/* Folders made just now survive a power cut only with their parent. */
	return err ? err : env_dir_sync(env, here->door->data_dir);
}

static void here_close(here_t *here)
{
	authority_close(here->authority);
	journal_close(here->tree);
	journal_close(here->main);
	env_loop_free(here->loop);
}

static void put_member(const authority_member_t *member, text_t *text)
{
	char buf[ITEM_ROOM];
	json_t j = json_of(buf, sizeof(buf));
	authority_member_json(member, &j);
	text_add(text, json_done(&j));
}

static void list(const here_t *here, text_t *text)
{
	const authority_member_t *member;
	text_addf(text, "{\"members\":[");
	for (size_t i = 0; (member = authority_member_at(here->authority, i)); i++) {
		text_add(text, i ? SLICE(",") : (slice_t){ 0 });
		put_member(member, text);
	}
	text_addf(text, "]}");
}

static err_t invite(here_t *here, const member_order_t *order, text_t *text,
                    err_detail_t *ret_detail)
{
	char code[CODE_TEXT], buf[ITEM_ROOM];
	json_t j = json_of(buf, sizeof(buf));
	slice_t node = slice_str(order->node);
	err_t err = authority_invite(here->authority,
	                             &(authority_invite_t){ .node = node,
	                                                    .lasts_ns = order->lasts_ns,
	                                                    .who = SLICE("admin") },
	                             code, ret_detail);
	if (err)
		return err;
	json_object(&j);
	json_put_str(&j, "node", node);
	json_put_cstr(&j, "code", code);
	json_put_i64(&j, "code_until_ms",
	             authority_member_named(here->authority, node)->code_ns / NS_PER_MS);
	json_close(&j);
	text_add(text, json_done(&j));
	return ERR_OK;
}

static err_t carry_out(here_t *here, const member_order_t *order, text_t *text,
                       err_detail_t *ret_detail)
{
	err_t err = ERR_OK;
	if (order->verb == MEMBER_LIST) {
		list(here, text);
		return ERR_OK;
	}
	if (order->verb == MEMBER_INVITE)
		err = invite(here, order, text, ret_detail);
	else
		err = authority_revoke(here->authority,
		                       &(authority_revoke_t){ .node = slice_str(order->node),
		                                              .who = SLICE("admin"),
		                                              .reason = slice_str(order->reason) },
		                       ret_detail);
	if (err)
		return err;
	err = journal_flush(here->tree);
	if (!err)
		err = journal_flush(here->main);
	return err ? err_raise(ret_detail, err, NULL, here->door->data_dir, (char *)NULL) : ERR_OK;
}

err_t member_here(const door_t *door, const member_order_t *order, text_t *ret_json,
                  err_detail_t *ret_detail)
{
	here_t here = { .door = door };
	err_t err = here_open(&here, ret_detail);
	if (!err)
		err = carry_out(&here, order, ret_json, ret_detail);
	here_close(&here);
	return err;
}
