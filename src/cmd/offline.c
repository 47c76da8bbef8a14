/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/offline.h"

#include <stdlib.h>

#include "cmd/cmd.h"
#include "env/file.h"
#include "env/posix/posix.h"
#include "node/node.h"

static const err_text_t text_runs = {
	{ "a node runs on %1", "%1 正被运行中的节点使用" },
	{ "stop it, or leave --offline out: then the running node is asked",
	  "请先停止节点，或去掉 --offline 以询问运行中的节点" },
};
static const err_text_t text_none = {
	{ "%1 is not the data folder of a node: it has no journal",
	  "%1 不是节点的数据目录：没有日志" },
	{ "name the folder of a node that ran before", "请指明曾运行过的节点的目录" },
};

struct offline {
	config_t *config;
	node_t *node;
};

/* Only what keeps the records; machines, captures and the open doors stay out. */
static void narrow(config_t *config, const char *data)
{
	config->data_dir = data;
	config->http = (addr_t){ .ip = ip_v4(127, 0, 0, 1) };
	config->tls.mode = TLS_NEVER;
	config->handle_count = 0;
	config->policy_count = 0;
	config->capture = "none";
}

static void count_one(void *ctx, const char *name)
{
	(void)name;
	(*(size_t *)ctx)++;
}

static err_t check_folder(env_t *env, const door_t *door, err_detail_t *ret_detail)
{
	char path[DOOR_PATH_MAX];
	size_t files = 0;
	err_t err = door_path(door, "journal", path);
	if (!err)
		err = env_dir_list(env, path, count_one, &files);
	return err || files == 0 ? err_raise(ret_detail, ERR_NOT_FOUND, &text_none, "",
	                                     door->data_dir, (char *)NULL)
	                         : ERR_OK;
}

/* A node that runs holds the lock; one that is not there is made with the first start. */
static err_t check_stopped(env_t *env, const door_t *door, err_detail_t *ret_detail)
{
	char path[DOOR_PATH_MAX];
	env_file_t *lock = NULL;
	err_t err = door_path(door, "lock", path);
	if (!err)
		err = env_file_open(env, path, ENV_OPEN_READ, &lock);
	if (!err)
		err = env_file_lock(lock);
	env_file_close(lock);
	return err == ERR_BUSY
	               ? err_raise(ret_detail, err, &text_runs, "", door->data_dir, (char *)NULL)
	               : ERR_OK;
}

static err_t open_node(env_t *env, offline_t *o, door_t *door, err_detail_t *ret_detail)
{
	node_spec_t spec = { .config = o->config, .http = true, .is_still = true };
	const char *user = o->config->user;
	narrow(o->config, door->data_dir);
	err_t err = posix_drop_privileges(env, user, door->data_dir);
	if (err)
		return err_raise(ret_detail, err, NULL, user, (char *)NULL);
	err = node_open(env, &spec, &o->node, ret_detail);
	if (!err)
		door->http = node_http_addr(o->node);
	return err;
}

err_t offline_open(env_t *env, const door_asked_t *asked, door_t *ret_door, offline_t **ret_offline,
                   err_detail_t *ret_detail)
{
	offline_t *o = calloc(1, sizeof(*o));
	if (!o)
		return err_raise(ret_detail, ERR_NO_MEMORY, NULL, "", (char *)NULL);
	*ret_offline = o;
	*ret_door = (door_t){ .env = env,
		              .data_dir = asked->offline,
		              .token_file = asked->token,
		              .lang = cmd_lang() };
	err_t err = check_folder(env, ret_door, ret_detail);
	if (!err)
		err = check_stopped(env, ret_door, ret_detail);
	if (!err)
		err = config_load(env, asked->config ? asked->config : "jizhu.yaml", &o->config,
		                  ret_detail);
	return err ? err : open_node(env, o, ret_door, ret_detail);
}

void offline_close(offline_t *offline)
{
	if (!offline)
		return;
	node_close(offline->node);
	config_free(offline->config);
	free(offline);
}
