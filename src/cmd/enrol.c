/* SPDX-License-Identifier: Apache-2.0 */
#include "uplink/enrol.h"

#include <stdio.h>

#include "cmd/cmd.h"
#include "cmd/door.h"
#include "env/file.h"
#include "env/posix/posix.h"

/* jizhu enrol: joins a parent with a one-time code, or renews what it gave. The key is made
 * here and stays here. A node that runs takes up what came with its next reload. */

typedef struct {
	door_asked_t door;
	addr_t parent;
	const char *code, *name;
	bool renew;
} asked_t;

/* What is under way. */
typedef struct {
	env_t *env;
	membership_place_t place;
	membership_t present, next;
	enrol_t *enrol;
	err_t err;
	err_detail_t *detail;
} joining_t;

static const err_text_t text_usage = {
	{ "say --parent ADDRESS, and --code CODE or --renew",
	  "请给出 --parent 地址，以及 --code 入网码 或 --renew" },
	{ "see jizhu enrol --help", "请参阅 jizhu enrol --help" },
};
static const err_text_t text_code = {
	{ "this is no code, or one with a slip in it", "不是入网码，或输入有误" },
	{ "type it again: eight groups of five characters", "请重新输入：八组，每组五个字符" },
};
static const err_text_t text_kept = {
	{ "the parent has certified this node, but it could not be kept: %1",
	  "上级已签发证书，但无法保存：%1" },
	{ "mend that and run the same command again: the code stays good for this key",
	  "排除故障后请再次运行同一命令：入网码对此密钥仍有效" },
};

static void on_done(void *ctx, err_t err, const err_detail_t *detail)
{
	joining_t *joining = ctx;
	joining->err = err;
	*joining->detail = *detail;
	env_stop(joining->env);
}

static err_t prepare(joining_t *joining, const asked_t *asked, const door_t *door)
{
	slice_t node = slice_str(door->config->node.prefix);
	err_t err = env_dir_make(joining->env, joining->place.keys_dir);
	if (!err)
		err = posix_drop_privileges(joining->env, door->config->user, door->data_dir);
	if (err)
		return err_raise(joining->detail, err, NULL, joining->place.keys_dir, (char *)NULL);
	if (asked->renew)
		err = membership_load(joining->env, &joining->place, &joining->present,
		                      joining->detail);
	return err ? err
	           : membership_next(joining->env, &joining->place, node, &joining->next,
	                             joining->detail);
}

static err_t ask(joining_t *joining, const asked_t *asked, const code_t *code)
{
	enrol_spec_t spec = { .remote = asked->parent,
		              .code = asked->renew ? NULL : code,
		              .present = &joining->present,
		              .next = &joining->next,
		              .done = on_done,
		              .ctx = joining };
	err_t err = enrol_start(env_control_loop(joining->env), &spec, &joining->enrol);
	if (err)
		return err_raise(joining->detail, err, NULL, "", (char *)NULL);
	joining->err = ERR_CANCELLED; /* until it is said otherwise */
	*joining->detail = (err_detail_t){ .err = ERR_CANCELLED };
	err = env_run(joining->env);
	enrol_free(joining->enrol);
	if (err)
		return err_raise(joining->detail, err, NULL, "", (char *)NULL);
	return joining->err;
}

static err_t keep(joining_t *joining)
{
	char path[ERR_WHERE_MAX];
	err_detail_t detail;
	err_t err = membership_take(joining->env, &joining->place, &joining->next, &detail);
	if (!err)
		return ERR_OK;
	memcpy(path, detail.where, sizeof(path));
	return err_raise(joining->detail, err, &text_kept, path, err_info(err)->text[cmd_lang()],
	                 (char *)NULL);
}

static void print_joined(const membership_t *membership)
{
	char parent[ENV_CERTIFY_NAME_MAX + 1], until[TIME_TEXT_MAX];
	if (env_certify_node(slice_of(membership->root, membership->root_len), parent) != ERR_OK)
		parent[0] = '\0'; /* an authority of the user's own need not be a node */
	printf("%s is a member of %s until %s\n", membership->node,
	       parent[0] ? parent : "its parent", time_format(membership->until_ns, until));
}

static err_t join(env_t *env, const asked_t *asked, const code_t *code, err_detail_t *ret_detail)
{
	char keys_dir[DOOR_PATH_MAX];
	door_t door = door_of(env, &asked->door);
	joining_t joining = { .env = env, .detail = ret_detail };
	err_t err = door_configure(&door, &asked->door, ret_detail);
	if (!err && (err = door_path(&door, "keys", keys_dir)))
		err = err_raise(ret_detail, err, NULL, door.data_dir, (char *)NULL);
	joining.place = (membership_place_t){ keys_dir, asked->name };
	if (!err)
		err = prepare(&joining, asked, &door);
	if (!err)
		err = ask(&joining, asked, code);
	if (!err)
		err = keep(&joining);
	if (!err)
		print_joined(&joining.next);
	membership_done(&joining.present);
	membership_done(&joining.next);
	door_leave(&door);
	return err;
}

int cmd_enrol(int argc, char **argv)
{
	asked_t asked = { .name = "parent" };
	code_t code = { .secret = { 0 } };
	err_detail_t detail = { 0 };
	env_t *env = NULL;
	const option_t options[] = {
		{ "parent", "ADDRESS", "where the parent listens for children", OPTION_ADDRESS,
		  &asked.parent },
		{ "code", "CODE", "what jizhu member invite printed there", OPTION_TEXT,
		  &asked.code },
		{ "renew", NULL, "a new key and certificate for the ones there are", OPTION_FLAG,
		  &asked.renew },
		{ "name", "NAME", "what the parent is called here (parent)", OPTION_TEXT,
		  &asked.name },
		{ "config", "FILE", "the configuration (jizhu.yaml)", OPTION_TEXT,
		  &asked.door.config },
		{ "data", "FOLDER", "the data folder, instead of the configuration's", OPTION_TEXT,
		  &asked.door.data },
		{ 0 },
	};
	int rest, stop = cmd_options(options, argc, argv, &rest);
	if (stop >= 0)
		return stop;
	if (rest > 0 || !asked.parent.port || !asked.code == !asked.renew)
		return cmd_fail((err_detail_t[]){ { .err = ERR_USAGE, .text = &text_usage } });
	if (asked.code && code_read(slice_str(asked.code), &code))
		return cmd_fail((err_detail_t[]){ { .err = ERR_MALFORMED, .text = &text_code } });
	err_t err = cmd_world(&env);
	if (err)
		return cmd_fail_plain(err, "");
	err = join(env, &asked, &code, &detail);
	env_wipe(&code, sizeof(code));
	int exit_code = err ? cmd_fail(&detail) : 0;
	posix_env_close(env);
	return exit_code;
}
