/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/user_door.h"

#include "cmd/cmd.h"
#include "env/file.h"
#include "env/posix/posix.h"

static const err_text_t text_folder = {
	{ "cannot use the data folder: %1", "无法使用数据目录：%1" },
	{ "name it by --data or --config, as a user who may write there",
	  "请用 --data 或 --config 指明，并以有写权限的用户运行" },
};

err_t user_path(const user_door_t *door, const char *name, char buf[USER_PATH_MAX])
{
	writer_t w = writer_of(buf, USER_PATH_MAX);
	wr_format(&w, "%s/%s", door->data_dir, name);
	wr_u8(&w, 0);
	return w.bad ? ERR_USAGE : ERR_OK;
}

/* ERR_BUSY: a node has it. */
static err_t take_lock(const user_door_t *door, env_file_t **ret_lock)
{
	char path[USER_PATH_MAX];
	env_file_t *lock = NULL;
	err_t err = user_path(door, "lock", path);
	if (!err)
		err = env_file_open(door->env, path, ENV_OPEN_WRITE, &lock);
	if (err == ERR_NOT_FOUND)
		err = env_file_open(door->env, path, ENV_OPEN_CREATE, &lock);
	if (!err)
		err = env_file_lock(lock);
	if (err)
		env_file_close(lock);
	else
		*ret_lock = lock;
	return err;
}

err_t user_door_ask(const user_door_t *door, const user_order_t *order, text_t *ret_json,
                    err_detail_t *ret_detail)
{
	env_file_t *lock = NULL;
	err_t err = take_lock(door, &lock);
	if (err == ERR_BUSY)
		return user_there(door, order, ret_json, ret_detail);
	if (err)
		return err_raise(ret_detail, err, &text_folder, door->data_dir,
		                 err_info(err)->text[door->lang], (char *)NULL);
	err = user_here(door, order, ret_json, ret_detail);
	env_file_close(lock);
	return err;
}

/* From the options, else from the configuration. */
err_t user_door_find(const user_where_t *where, env_t *env, user_door_t *ret_door,
                     config_t **ret_config, err_detail_t *ret_detail)
{
	*ret_door = (user_door_t){ .env = env,
		                   .data_dir = where->data,
		                   .http = where->http,
		                   .ca_file = where->ca,
		                   .lang = cmd_lang() };
	if (where->data && !where->config)
		return ERR_OK;
	err_t err = config_load(env, where->config ? where->config : "jizhu.yaml", ret_config,
	                        ret_detail);
	if (err)
		return err;
	if (!where->data)
		ret_door->data_dir = (*ret_config)->data_dir;
	if (!where->http.port)
		ret_door->http = (*ret_config)->http;
	if (!where->ca && config_is_secure(*ret_config))
		ret_door->ca_file = (*ret_config)->tls.certificate;
	/* What is made in the folder, and itself, belongs to the node's user. */
	err = env_dir_make(env, ret_door->data_dir);
	if (!err)
		err = posix_drop_privileges(env, (*ret_config)->user, ret_door->data_dir);
	return err ? err_raise(ret_detail, err, NULL, (*ret_config)->user, (char *)NULL) : ERR_OK;
}
