/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/lock.h"

static const err_text_t text_folder = {
	{ "cannot use the data folder: %1", "无法使用数据目录：%1" },
	{ "name it by --data or --config, as a user who may write there",
	  "请用 --data 或 --config 指明，并以有写权限的用户运行" },
};

static err_t take(const door_t *door, env_file_t **ret_lock)
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

err_t lock_take(const door_t *door, env_file_t **ret_lock, err_detail_t *ret_detail)
{
	err_t err = take(door, ret_lock);
	return err && err != ERR_BUSY ? err_raise(ret_detail, err, &text_folder, door->data_dir,
	                                          err_info(err)->text[door->lang], (char *)NULL)
	                              : err;
}
