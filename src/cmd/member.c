/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/member.h"

#include <stdio.h>

#include "cmd/cmd.h"
#include "cmd/json_print.h"
#include "cmd/lock.h"
#include "env/file.h"
#include "env/posix/posix.h"

/* jizhu member: who belongs to this node as their parent. Its identifier stands in the
 * configuration, which is therefore always read. */

enum { LIST_MAX = 16 << 20 };

typedef struct {
	door_asked_t door;
	const char *reason;
	int64_t lasts_ns;
	bool json;
} asked_t;

static const err_text_t text_usage = {
	{ "say list, invite NODE or revoke NODE", "请给出 list、invite 标识 或 revoke 标识" },
	{ "see jizhu member --help", "请参阅 jizhu member --help" },
};

static err_t read_order(const asked_t *asked, int count, char **argv, member_order_t *order,
                        err_detail_t *ret_detail)
{
	static const struct {
		const char *word;
		member_verb_t verb;
		int words;
	} rows[] = { { "list", MEMBER_LIST, 1 },
		     { "invite", MEMBER_INVITE, 2 },
		     { "revoke", MEMBER_REVOKE, 2 } };
	for (size_t i = 0; i < MEMBER_VERB_COUNT; i++) {
		if (count != rows[i].words || strcmp(argv[0], rows[i].word) != 0)
			continue;
		*order = (member_order_t){ .verb = rows[i].verb,
			                   .node = count > 1 ? argv[1] : "",
			                   .reason = asked->reason ? asked->reason : "",
			                   .lasts_ns = asked->lasts_ns };
		return ERR_OK;
	}
	return err_raise(ret_detail, ERR_USAGE, &text_usage, "", (char *)NULL);
}

static void print_time(const json_tree_t *object, const char *key)
{
	char buf[TIME_TEXT_MAX];
	int64_t ms;
	bool there = json_whole(json_member(object, key), 0, INT64_MAX / NS_PER_MS, &ms);
	printf("%-24s ", there ? time_format(ms * NS_PER_MS, buf) : "-");
}

static void print_member(const json_tree_t *member)
{
	json_print_cell(member, "node", 24);
	json_print_cell(member, "state", 8);
	print_time(member, "certificate_until_ms");
	print_time(member, "code_until_ms");
	json_print_cell(member, "by", 0);
	printf("\n");
}

static void print_list(const json_tree_t *list)
{
	for (size_t i = 0; i < json_count(list); i++)
		print_member(json_item(list, i));
}

/* A code stands alone on its line, to be taken by a script. */
static int print_answer(const member_order_t *order, const asked_t *asked, slice_t json)
{
	json_tree_t *doc = NULL;
	if (json.len == 0)
		return 0;
	if (asked->json)
		return json_print(json);
	err_t err = json_read(json, &doc, NULL);
	if (err)
		return cmd_fail_plain(err, "");
	slice_t code = json_member_text(doc, "code");
	if (order->verb == MEMBER_LIST)
		print_list(json_member(doc, "members"));
	else
		printf("%.*s\n", (int)code.len, (const char *)code.ptr);
	json_free(doc);
	return 0;
}

/* What is made in the folder, and itself, belongs to the node's user. */
static err_t find_door(const door_asked_t *asked, env_t *env, door_t *ret_door,
                       err_detail_t *ret_detail)
{
	*ret_door = door_of(env, asked);
	err_t err = door_configure(ret_door, asked, ret_detail);
	if (err)
		return err;
	err = env_dir_make(env, ret_door->data_dir);
	if (!err)
		err = posix_drop_privileges(env, ret_door->config->user, ret_door->data_dir);
	return err ? err_raise(ret_detail, err, NULL, ret_door->config->user, (char *)NULL)
	           : ERR_OK;
}

static err_t ask(const door_t *door, const member_order_t *order, text_t *ret_json,
                 err_detail_t *ret_detail)
{
	env_file_t *lock = NULL;
	err_t err = lock_take(door, &lock, ret_detail);
	if (err == ERR_BUSY)
		return member_there(door, order, ret_json, ret_detail);
	if (!err)
		err = member_here(door, order, ret_json, ret_detail);
	env_file_close(lock);
	return err;
}

static int carry_out(const asked_t *asked, const member_order_t *order)
{
	err_detail_t detail = { 0 };
	door_t door = { 0 };
	env_t *env = NULL;
	text_t json = text_of(LIST_MAX);
	err_t err = cmd_world(&env);
	if (err)
		return cmd_fail_plain(err, "");
	err = find_door(&asked->door, env, &door, &detail);
	if (!err)
		err = ask(&door, order, &json, &detail);
	int code = err ? cmd_fail(&detail) : print_answer(order, asked, text_slice(&json));
	text_free(&json);
	door_leave(&door);
	posix_env_close(env);
	return code;
}

int cmd_member(int argc, char **argv)
{
	asked_t asked = { 0 };
	member_order_t order = { .verb = MEMBER_LIST };
	err_detail_t detail = { 0 };
	const option_t options[] = {
		{ "for", "7d", "how long the code is good; a week without", OPTION_DURATION,
		  &asked.lasts_ns },
		{ "reason", "TEXT", "why the member is revoked", OPTION_TEXT, &asked.reason },
		{ "config", "FILE", "the configuration (jizhu.yaml)", OPTION_TEXT,
		  &asked.door.config },
		{ "data", "FOLDER", "the data folder, instead of the configuration's", OPTION_TEXT,
		  &asked.door.data },
		{ "http", "ADDRESS", "where its node listens, instead of the configuration's",
		  OPTION_ADDRESS, &asked.door.http },
		{ "ca", "FILE", "by https, trusting this certificate", OPTION_TEXT,
		  &asked.door.ca },
		{ "json", NULL, "print JSON", OPTION_FLAG, &asked.json },
		{ 0 },
	};
	int rest, stop = cmd_options(options, argc, argv, &rest);
	if (stop >= 0)
		return stop;
	err_t err = read_order(&asked, rest, argv, &order, &detail);
	return err ? cmd_fail(&detail) : carry_out(&asked, &order);
}
