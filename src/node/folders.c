/* SPDX-License-Identifier: Apache-2.0 */
#include "node/folders.h"

static err_t path_of(const char *dir, const char *name, char ret_path[FOLDER_PATH_MAX])
{
	return env_path_join(dir, name, ret_path, FOLDER_PATH_MAX) ? ERR_CONFIG : ERR_OK;
}

err_t folders_make(env_t *env, const char *dir, const char *name, char ret_path[FOLDER_PATH_MAX])
{
	err_t err = path_of(dir, name, ret_path);
	return err ? err : env_dir_make(env, ret_path);
}

err_t folders_lock(env_t *env, const char *dir, env_file_t **ret_lock)
{
	char path[FOLDER_PATH_MAX];
	err_t err = path_of(dir, "lock", path);
	if (err)
		return err;
	err = env_file_open(env, path, ENV_OPEN_WRITE, ret_lock);
	if (err == ERR_NOT_FOUND)
		err = env_file_open(env, path, ENV_OPEN_CREATE, ret_lock);
	return err ? err : env_file_lock(*ret_lock);
}
