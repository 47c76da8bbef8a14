/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENV_FILE_H
#define ENV_FILE_H
/* Files, folders, maps, free space. Paths are UTF-8 with '/', relative to the
 * working folder or absolute.
 *
 * Durability: bytes survive power loss after env_file_sync(); a created, renamed
 * or removed name survives after env_dir_sync() of its folder. A failed sync is
 * final: the caller stops writing that file (the kernel may have dropped pages).
 *
 * Caveats: legal on FILES loops and outside env_run only. A map sees writes made
 * after it was taken only within its length at that time. What a mapped file loses
 * while it is mapped (somebody cuts it, its disk fails) reads as zeros from then on:
 * who maps a file checks what he reads. */
#include "env/env.h"

typedef struct env_file env_file_t;

typedef enum {
	ENV_OPEN_READ,
	ENV_OPEN_WRITE,  /* read and write an existing file */
	ENV_OPEN_CREATE, /* make it, or empty it when there */
	ENV_OPEN_NEW,    /* make it; ERR_EXISTS when there. Mode 0600 */
} env_open_t;

/* ERR_NOT_FOUND, ERR_EXISTS, ERR_DENIED, ERR_IO, ERR_DISK_FULL. */
MUST_CHECK
err_t env_file_open(env_t *env, const char *path, env_open_t mode, env_file_t **ret_file);
void env_file_close(env_file_t *file);
/* Reads until `len` bytes or the end of file; *ret_len says how many. */
MUST_CHECK
err_t env_file_read(env_file_t *file, uint64_t at, void *buf, size_t len, size_t *ret_len);
/* Writes all or fails (a part may then be on disk). */
MUST_CHECK
err_t env_file_write(env_file_t *file, uint64_t at, slice_t bytes);
/* fdatasync. */
MUST_CHECK
err_t env_file_sync(env_file_t *file);
/* Reserves `size` bytes of zeros on disk, so that syncing writes inside them
 * changes no metadata; ERR_DISK_FULL when there is no room. */
MUST_CHECK
err_t env_file_allocate(env_file_t *file, uint64_t size);
MUST_CHECK
err_t env_file_truncate(env_file_t *file, uint64_t size);
MUST_CHECK
err_t env_file_size(env_file_t *file, uint64_t *ret_size);
/* Refuses a second opener of the same path (advisory lock): ERR_BUSY. */
MUST_CHECK
err_t env_file_lock(env_file_t *file);

/* Read-only view of the whole file, valid until env_map_close. */
typedef struct env_map env_map_t;
MUST_CHECK
err_t env_map_open(env_t *env, const char *path, env_map_t **ret_map);
slice_t env_map_bytes(const env_map_t *map);
void env_map_close(env_map_t *map);

/* "DIR/NAME" in `ret_path` of `cap` bytes; ERR_TOO_BIG when it does not fit. */
MUST_CHECK
err_t env_path_join(const char *dir, const char *name, char *ret_path, size_t cap);
/* Makes the folder and its parents; fine when there. Mode 0700. */
MUST_CHECK
err_t env_dir_make(env_t *env, const char *path);
/* Calls fn for each name (no dots), in byte order. */
MUST_CHECK
err_t env_dir_list(env_t *env, const char *path, void (*fn)(void *ctx, const char *name),
                   void *ctx);
MUST_CHECK
err_t env_dir_sync(env_t *env, const char *path);
/* The same for the folder and every one above it, as far as they may be opened: a
 * folder that was just made, with parents perhaps, keeps its name. */
MUST_CHECK
err_t env_dir_sync_up(env_t *env, const char *path);
MUST_CHECK
err_t env_path_rename(env_t *env, const char *from, const char *to);
/* Removes a file, or an empty folder; ERR_NOT_FOUND when absent. */
MUST_CHECK
err_t env_path_remove(env_t *env, const char *path);
/* Bytes a non-root writer may still use on the disk that holds `path`. */
MUST_CHECK
err_t env_space_free(env_t *env, const char *path, uint64_t *ret_bytes);

/* Whole-file helpers for small files; `max` bounds the read. */
MUST_CHECK
err_t env_file_load(env_t *env, const char *path, void *buf, size_t max, size_t *ret_len);
/* Copies a file that nobody changes into a new one, synced (its name is not); mode
 * 0600. ERR_EXISTS when `to` is there; what a failure left of it is removed.
 * `progress` may be NULL. */
typedef struct {
	const char *from, *to;
	void (*progress)(void *ctx, uint64_t bytes); /* just written */
	void *ctx;
} env_copy_t;
MUST_CHECK
err_t env_file_copy(env_t *env, const env_copy_t *copy);
/* Writes path.tmp, syncs, renames over path, syncs the folder. Mode 0600. */
MUST_CHECK
err_t env_file_save(env_t *env, const char *path, slice_t bytes);
#endif
