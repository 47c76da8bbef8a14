/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/user_door.h"

#include "env/file.h"

static const err_text_t text_folder = {
	{ "cannot use the data folder: %1", "无法使用数据目录：%1" },
	{ "name it by --data or --config, as a user who may write there",
	  "请用 --data 或 --config 指明，并以有写权限的用户运行" },
};

/* ERR_BUSY: a node has it. */
static err_t take_lock(const door_t *door, env_file_t **ret_lock)
{
	char path[DOOR_PATH_MAX];
	env_file_t *lock = NULL;
	err_t err = door_path(door, "lock", path);
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

err_t user_door_ask(const door_t *door, const user_order_t *order, text_t *ret_json,
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
