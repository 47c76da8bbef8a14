/* SPDX-License-Identifier: Apache-2.0 */
/* What is done with files by several verbs: written once, on the public verbs, and so
 * alike in every world. */
#include "env/file.h"

#include <stdlib.h>

#include "base/cursor.h"

enum { PATH_MAX_BYTES = 4096 };
#define SAVE_SUFFIX ".tmp"

err_t env_path_join(const char *dir, const char *name, char *ret_path, size_t cap)
{
	writer_t w = writer_of(ret_path, cap);
	wr_format(&w, "%s/%s", dir, name);
	wr_u8(&w, 0);
	return w.bad ? ERR_TOO_BIG : ERR_OK;
}

err_t env_file_load(env_t *env, const char *path, void *buf, size_t max, size_t *ret_len)
{
	env_file_t *file = NULL;
	err_t err = env_file_open(env, path, ENV_OPEN_READ, &file);
	if (err)
		return err;
	uint64_t size = 0;
	size_t len = 0;
	err = env_file_size(file, &size);
	if (!err && size > max)
		err = ERR_TOO_BIG;
	if (!err)
		err = env_file_read(file, 0, buf, (size_t)size, &len);
	env_file_close(file);
	if (!err)
		*ret_len = len;
	return err;
}

enum { COPY_BYTES = 256 * 1024 };

static err_t copy_bytes(const env_copy_t *copy, env_file_t *in, env_file_t *out)
{
	uint8_t *bytes = malloc(COPY_BYTES);
	size_t len = COPY_BYTES;
	err_t err = bytes ? ERR_OK : ERR_NO_MEMORY;
	for (uint64_t at = 0; !err && len == COPY_BYTES; at += len) {
		err = env_file_read(in, at, bytes, COPY_BYTES, &len);
		if (!err && len)
			err = env_file_write(out, at, slice_of(bytes, len));
		if (!err && len && copy->progress)
			copy->progress(copy->ctx, len);
	}
	free(bytes);
	return err ? err : env_file_sync(out);
}

err_t env_file_copy(env_t *env, const env_copy_t *copy)
{
	env_file_t *in = NULL, *out = NULL;
	err_t err = env_file_open(env, copy->from, ENV_OPEN_READ, &in);
	if (err)
		return err;
	err = env_file_open(env, copy->to, ENV_OPEN_NEW, &out);
	if (!err)
		err = copy_bytes(copy, in, out);
	env_file_close(in);
	env_file_close(out);
	if (err && out)
		(void)!env_path_remove(env, copy->to); /* the failure is told, not this one */
	return err;
}

static err_t file_write_whole(env_t *env, const char *path, slice_t bytes)
{
	env_file_t *file = NULL;
	err_t err = env_file_open(env, path, ENV_OPEN_CREATE, &file);
	if (err)
		return err;
	err = env_file_write(file, 0, bytes);
	if (!err)
		err = env_file_sync(file);
	env_file_close(file);
	return err;
}

/* The folder that holds `path`, in place: "a/b" gives "a", "b" gives ".". */
static const char *path_cut_folder(char *path)
{
	char *slash = strrchr(path, '/');
	if (!slash)
		return ".";
	if (slash == path)
		return "/";
	*slash = '\0';
	return path;
}

err_t env_dir_sync_up(env_t *env, const char *path)
{
	char above[PATH_MAX_BYTES];
	if (!slice_to_cstr(slice_str(path), above, sizeof(above)))
		return ERR_TOO_BIG;
	err_t err = env_dir_sync(env, above);
	char *slash = strrchr(above, '/');
	for (; !err && slash && slash != above; slash = strrchr(above, '/')) {
		*slash = '\0';
		err = env_dir_sync(env, above);
	}
	if (!err)
		err = env_dir_sync(env, above[0] == '/' ? "/" : ".");
	return err == ERR_DENIED ? ERR_OK : err;
}

err_t env_file_save(env_t *env, const char *path, slice_t bytes)
{
	char temp[PATH_MAX_BYTES];
	size_t len = strlen(path);
	if (len + sizeof(SAVE_SUFFIX) > sizeof(temp))
		return ERR_TOO_BIG;
	memcpy(temp, path, len);
	memcpy(temp + len, SAVE_SUFFIX, sizeof(SAVE_SUFFIX));
	err_t err = file_write_whole(env, temp, bytes);
	if (!err)
		err = env_path_rename(env, temp, path);
	if (err) {
		/* What was begun must not stay and stand in somebody's way. */
		(void)!env_path_remove(env, temp);
		return err;
	}
	return env_dir_sync(env, path_cut_folder(temp));
}
