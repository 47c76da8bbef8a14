/* SPDX-License-Identifier: Apache-2.0 */
#include "backup/files.h"

err_t files_join(const char *head, const char *tail, char ret_path[BACKUP_PATH_MAX],
                 err_detail_t *ret_detail)
{
	err_t err = env_path_join(head, tail, ret_path, BACKUP_PATH_MAX);
	return err ? err_raise(ret_detail, err, NULL, head, (char *)NULL) : ERR_OK;
}

static void note_any(void *ctx, const char *name)
{
	(void)name;
	*(bool *)ctx = true;
}

err_t files_any(env_t *env, const char *path, bool *ret_any)
{
	bool any = false;
	err_t err = env_dir_list(env, path, note_any, &any);
	if (err && err != ERR_NOT_FOUND)
		return err;
	*ret_any = any;
	return ERR_OK;
}

err_t files_sync_dir(env_t *env, const char *path, err_detail_t *ret_detail)
{
	err_t err = env_dir_sync(env, path);
	return err ? err_raise(ret_detail, err, NULL, path, (char *)NULL) : ERR_OK;
}

err_t files_measure(env_t *env, const char *path, manifest_file_t *ret_file,
                    err_detail_t *ret_detail)
{
	env_map_t *map = NULL;
	err_t err = env_map_open(env, path, &map);
	if (err)
		return err_raise(ret_detail, err, NULL, path, (char *)NULL);
	slice_t bytes = env_map_bytes(map);
	ret_file->bytes = bytes.len;
	env_sha256(&bytes, 1, ret_file->sha256);
	env_map_close(map);
	return ERR_OK;
}

typedef struct {
	files_fn_t fn;
	void *ctx;
	err_t err;
} each_t;

static void take_name(void *ctx, const char *name)
{
	each_t *each = ctx;
	if (!each->err)
		each->err = each->fn(each->ctx, name);
}

err_t files_each(env_t *env, const char *path, files_fn_t fn, void *ctx)
{
	each_t each = { fn, ctx, ERR_OK };
	err_t err = env_dir_list(env, path, take_name, &each);
	return err ? err : each.err;
}
