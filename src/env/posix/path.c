/* SPDX-License-Identifier: Apache-2.0 */
/* Names: maps, folders, renames, free space. */
#include "env/posix/impl.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { DIR_MODE = 0700 };

typedef struct {
	env_map_t base;
	slice_t bytes;
	void *mem; /* NULL for an empty file, which has nothing to map */
} posix_map_t;

static err_t map_fill(posix_map_t *map, int fd)
{
	struct stat st;
	if (fstat(fd, &st) != 0)
		return posix_err(errno);
	if (!S_ISREG(st.st_mode))
		return ERR_INVALID;
	if (st.st_size == 0)
		return ERR_OK;
	size_t size = (size_t)st.st_size;
	void *mem = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
	if (mem == MAP_FAILED)
		return posix_err(errno);
	map->mem = mem;
	map->bytes = slice_of(mem, size);
	return ERR_OK;
}

static err_t map_open(env_t *env, const char *path, env_map_t **ret_map)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return posix_err(errno);
	posix_fault_catch();
	posix_map_t *map = calloc(1, sizeof(*map));
	err_t err = map ? map_fill(map, fd) : ERR_NO_MEMORY;
	posix_close(&fd);
	if (err) {
		free(map);
		return err;
	}
	map->base.ops = env->ops;
	*ret_map = &map->base;
	return ERR_OK;
}

static slice_t map_bytes(const env_map_t *map)
{
	return ((const posix_map_t *)map)->bytes;
}

static void map_close(env_map_t *base)
{
	posix_map_t *map = (posix_map_t *)base;
	if (map->mem)
		(void)munmap(map->mem, map->bytes.len);
	free(map);
}

static err_t dir_make_one(const char *path)
{
	struct stat st;
	if (mkdir(path, DIR_MODE) == 0)
		return ERR_OK;
	if (errno != EEXIST)
		return posix_err(errno);
	if (stat(path, &st) != 0)
		return posix_err(errno);
	return S_ISDIR(st.st_mode) ? ERR_OK : ERR_EXISTS;
}

static err_t dir_make(env_t *env, const char *path)
{
	(void)env;
	char part[POSIX_PATH_MAX];
	if (!slice_to_cstr(slice_str(path), part, sizeof(part)))
		return ERR_TOO_BIG;
	for (char *slash = strchr(part + (part[0] == '/'), '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		err_t err = dir_make_one(part);
		if (err)
			return err;
		*slash = '/';
	}
	return dir_make_one(part);
}

static int name_keep(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

static int name_order(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static err_t dir_list(env_t *env, const char *path, void (*fn)(void *ctx, const char *name),
                      void *ctx)
{
	(void)env;
	struct dirent **names = NULL;
	int count = scandir(path, &names, name_keep, name_order);
	if (count < 0)
		return posix_err(errno);
	for (int i = 0; i < count; i++) {
		fn(ctx, names[i]->d_name);
		free(names[i]);
	}
	free(names);
	return ERR_OK;
}

static err_t dir_sync(env_t *env, const char *path)
{
	(void)env;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return posix_err(errno);
	err_t err = fsync(fd) == 0 ? ERR_OK : posix_err(errno);
	posix_close(&fd);
	return err;
}

static err_t path_rename(env_t *env, const char *from, const char *to)
{
	(void)env;
	return rename(from, to) == 0 ? ERR_OK : posix_err(errno);
}

static err_t path_remove(env_t *env, const char *path)
{
	(void)env;
	return remove(path) == 0 ? ERR_OK : posix_err(errno);
}

static err_t space_free(env_t *env, const char *path, uint64_t *ret_bytes)
{
	(void)env;
	struct statvfs st;
	if (statvfs(path, &st) != 0)
		return posix_err(errno);
	uint64_t bytes = 0;
	if (__builtin_mul_overflow((uint64_t)st.f_bavail, (uint64_t)st.f_frsize, &bytes))
		bytes = UINT64_MAX;
	*ret_bytes = bytes;
	return ERR_OK;
}

void posix_path_ops(env_ops_t *ops)
{
	ops->map_open = map_open;
	ops->map_bytes = map_bytes;
	ops->map_close = map_close;
	ops->dir_make = dir_make;
	ops->dir_list = dir_list;
	ops->dir_sync = dir_sync;
	ops->path_rename = path_rename;
	ops->path_remove = path_remove;
	ops->space_free = space_free;
}
