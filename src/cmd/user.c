/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/cmd.h"

#include <stdio.h>

#include "cmd/json_print.h"
#include "cmd/user_door.h"
#include "env/file.h"
#include "env/posix/posix.h"

/* jizhu user: reads what is wanted, asks for the password before a world is opened, and
 * prints what came. Passwords come from the terminal or from standard input, never from
 * the command line, which other users of the machine can see. */

enum { LIST_MAX = 1 << 20 };

typedef struct {
	door_asked_t door;
	const char *role, *scope, *label, *user;
	int64_t lasts_ns;
	bool enable, disable, password, json;
} asked_t;

typedef struct {
	const char *words[2]; /* the second NULL: one word */
	user_verb_t verb;
	bool needs_name;
} row_t;

static const row_t rows[] = {
	{ { "token", "list" }, USER_TOKENS, false },
	{ { "token", "add" }, USER_TOKEN_ADD, true },
	{ { "token", "revoke" }, USER_TOKEN_REVOKE, true },
	{ { "list", NULL }, USER_LIST, false },
	{ { "add", NULL }, USER_ADD, true },
	{ { "set", NULL }, USER_SET, true },
	{ { "remove", NULL }, USER_REMOVE, true },
};

static const err_text_t text_usage = {
	{ "say list, add NAME, set NAME, remove NAME, token list, token add NAME or token revoke "
	  "ID",
	  "请给出 list、add 名称、set 名称、remove 名称、token list、token add 名称或 token revoke "
	  "编号" },
	{ "see jizhu user --help", "请参阅 jizhu user --help" },
};
static const err_text_t text_differ = {
	{ "the two passwords differ", "两次输入的密码不一致" },
	{ "try again", "请重试" },
};
static const err_text_t text_no_password = {
	{ "there is no password on standard input", "标准输入中没有密码" },
	{ "type it, or give it as one line", "请输入密码，或以一行给出" },
};
static const err_text_t text_no_role = {
	{ "a new user needs --role", "新用户需要 --role" },
	{ "viewer, operator, engineer or admin", "viewer、operator、engineer 或 admin" },
};

static bool row_fits(const row_t *row, int count, char **argv)
{
	int words = row->words[1] ? 2 : 1;
	bool fits = count >= words;
	for (int i = 0; fits && i < words; i++)
		fits = slice_eq(slice_str(argv[i]), slice_str(row->words[i]));
	return fits && count == words + row->needs_name;
}

static const row_t *find_row(int count, char **argv)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (row_fits(&rows[i], count, argv))
			return &rows[i];
	return NULL;
}

static const char *text_or(const char *text, const char *absent)
{
	return text ? text : absent;
}

static unsigned fields_of(const asked_t *asked, user_verb_t verb)
{
	const struct {
		bool given;
		unsigned field;
	} all[] = {
		{ asked->role != NULL, ACCESS_ROLE },
		{ asked->scope != NULL, ACCESS_SCOPE },
		{ asked->enable || asked->disable, ACCESS_ENABLED },
		{ asked->password || verb == USER_ADD, ACCESS_PASSWORD },
	};
	unsigned fields = 0;
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		fields |= all[i].given ? all[i].field : 0;
	return fields;
}

/* The order of the words and options, but for the password. */
static err_t read_order(const asked_t *asked, int count, char **argv, user_order_t *order,
                        err_detail_t *ret_detail)
{
	const row_t *row = find_row(count, argv);
	if (!row || (asked->enable && asked->disable))
		return err_raise(ret_detail, ERR_USAGE, &text_usage, "", (char *)NULL);
	if (row->verb == USER_ADD && !asked->role)
		return err_raise(ret_detail, ERR_USAGE, &text_no_role, "", (char *)NULL);
	*order = (user_order_t){
		.verb = row->verb,
		.name = row->needs_name ? argv[count - 1] : text_or(asked->user, ""),
		.fields = fields_of(asked, row->verb),
		.role = text_or(asked->role, row->verb == USER_TOKEN_ADD ? "viewer" : ""),
		.scope = text_or(asked->scope, ""),
		.label = text_or(asked->label, ""),
		.enabled = !asked->disable,
		.lasts_ns = asked->lasts_ns,
	};
	return ERR_OK;
}

/* Typed twice on a terminal, where nobody sees it; once from a file or pipe. */
static err_t read_password(uint8_t buf[ACCESS_PASSWORD_MAX + 1], user_order_t *order,
                           err_detail_t *ret_detail)
{
	uint8_t again[ACCESS_PASSWORD_MAX + 1];
	size_t len = 0, again_len = 0;
	err_t err = posix_read_secret("password", buf, ACCESS_PASSWORD_MAX + 1, &len);
	if (err)
		return err_raise(ret_detail, err, &text_no_password, "", (char *)NULL);
	order->password = slice_of(buf, len);
	if (!posix_is_terminal())
		return ERR_OK;
	err = posix_read_secret("password again", again, sizeof(again), &again_len);
	bool same = !err && slice_eq(order->password, slice_of(again, again_len));
	env_wipe(again, sizeof(again));
	return same ? ERR_OK : err_raise(ret_detail, ERR_INVALID, &text_differ, "", (char *)NULL);
}

static void print_time(const json_tree_t *object, const char *key)
{
	char buf[TIME_TEXT_MAX];
	int64_t ms;
	bool there = json_whole(json_member(object, key), 0, INT64_MAX / NS_PER_MS, &ms);
	printf("%-24s ", there ? time_format(ms * NS_PER_MS, buf) : "-");
}

static void print_user(const json_tree_t *user)
{
	bool enabled = false;
	(void)json_flag(json_member(user, "enabled"), &enabled);
	json_print_cell(user, "name", 24);
	json_print_cell(user, "role", 8);
	printf("%-8s ", enabled ? "enabled" : "disabled");
	json_print_cell(user, "scope", 0);
	printf("\n");
}

static void print_token(const json_tree_t *token)
{
	json_print_cell(token, "id", 12);
	json_print_cell(token, "user", 24);
	json_print_cell(token, "role", 8);
	print_time(token, "expires_ms");
	print_time(token, "used_ms");
	json_print_cell(token, "label", 0);
	printf("\n");
}

static void print_list(const json_tree_t *list, void (*print)(const json_tree_t *item))
{
	for (size_t i = 0; i < json_count(list); i++)
		print(json_item(list, i));
}

/* A new token's secret stands alone on its line, to be taken by a script. */
static void print_secret(const json_tree_t *doc)
{
	slice_t secret = json_member_text(doc, "secret");
	printf("%.*s\n", (int)secret.len, (const char *)secret.ptr);
}

static void print_for_people(user_verb_t verb, const json_tree_t *doc)
{
	if (verb == USER_LIST)
		print_list(json_member(doc, "users"), print_user);
	else if (verb == USER_TOKENS)
		print_list(json_member(doc, "tokens"), print_token);
	else
		print_secret(doc);
}

static int print_answer(const user_order_t *order, const asked_t *asked, slice_t json)
{
	json_tree_t *doc = NULL;
	if (json.len == 0)
		return 0;
	if (asked->json)
		return json_print(json);
	err_t err = json_read(json, &doc, NULL);
	if (err)
		return cmd_fail_plain(err, "");
	print_for_people(order->verb, doc);
	json_free(doc);
	return 0;
}

/* The folder and the address: from the options, else from the configuration, which is
 * not asked for when the folder is named. */
static err_t find_door(const door_asked_t *asked, env_t *env, door_t *ret_door,
                       err_detail_t *ret_detail)
{
	*ret_door = door_of(env, asked);
	if (asked->data && !asked->config)
		return ERR_OK;
	err_t err = door_configure(ret_door, asked, ret_detail);
	if (err)
		return err;
	/* What is made in the folder, and itself, belongs to the node's user. */
	const char *user = ret_door->config->user;
	err = env_dir_make(env, ret_door->data_dir);
	if (!err)
		err = posix_drop_privileges(env, user, ret_door->data_dir);
	return err ? err_raise(ret_detail, err, NULL, user, (char *)NULL) : ERR_OK;
}

static int carry_out(const asked_t *asked, const user_order_t *order)
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
		err = user_door_ask(&door, order, &json, &detail);
	int code = err ? cmd_fail(&detail) : print_answer(order, asked, text_slice(&json));
	text_free(&json);
	door_leave(&door);
	posix_env_close(env);
	return code;
}

static int read_options(asked_t *asked, int argc, char **argv, int *ret_rest)
{
	const option_t options[] = {
		{ "role", "ROLE", "viewer, operator, engineer or admin", OPTION_TEXT,
		  &asked->role },
		{ "scope", "PREFIX", "identifiers the user may change; empty for all", OPTION_TEXT,
		  &asked->scope },
		{ "enable", NULL, "let the user in again", OPTION_FLAG, &asked->enable },
		{ "disable", NULL, "shut the user out; ends sessions and tokens", OPTION_FLAG,
		  &asked->disable },
		{ "password", NULL, "read a new password", OPTION_FLAG, &asked->password },
		{ "label", "TEXT", "what the token is for", OPTION_TEXT, &asked->label },
		{ "for", "90d", "how long the token lasts; for ever without", OPTION_DURATION,
		  &asked->lasts_ns },
		{ "user", "NAME", "whose tokens to list", OPTION_TEXT, &asked->user },
		{ "config", "FILE", "the configuration (jizhu.yaml, unless --data)", OPTION_TEXT,
		  &asked->door.config },
		{ "data", "FOLDER", "the data folder, instead of the configuration's", OPTION_TEXT,
		  &asked->door.data },
		{ "http", "ADDRESS", "where its node listens, instead of the configuration's",
		  OPTION_ADDRESS, &asked->door.http },
		{ "ca", "FILE", "by https, trusting this certificate", OPTION_TEXT,
		  &asked->door.ca },
		{ "json", NULL, "print JSON", OPTION_FLAG, &asked->json },
		{ 0 },
	};
	return cmd_options(options, argc, argv, ret_rest);
}

int cmd_user(int argc, char **argv)
{
	asked_t asked = { 0 };
	user_order_t order = { 0 };
	uint8_t password[ACCESS_PASSWORD_MAX + 1];
	err_detail_t detail = { 0 };
	int rest, stop = read_options(&asked, argc, argv, &rest);
	if (stop >= 0)
		return stop;
	err_t err = read_order(&asked, rest, argv, &order, &detail);
	if (!err && order.fields & ACCESS_PASSWORD)
		err = read_password(password, &order, &detail);
	int code = err ? cmd_fail(&detail) : carry_out(&asked, &order);
	env_wipe(password, sizeof(password));
	return code;
}
