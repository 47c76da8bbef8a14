/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BACKUP_FILES_H
#define BACKUP_FILES_H
/* Paths and folders for the files of this room. */
#include "backup/backup.h"

/* "HEAD/TAIL"; ERR_TOO_BIG with the head in the detail. */
MUST_CHECK err_t files_join(const char *head, const char *tail, char ret_path[BACKUP_PATH_MAX],
                            err_detail_t *ret_detail);
/* Whether there is a folder `path` with something in it. */
MUST_CHECK err_t files_any(env_t *env, const char *path, bool *ret_any);
MUST_CHECK err_t files_sync_dir(env_t *env, const char *path, err_detail_t *ret_detail);
/* Size and hash of a file. */
MUST_CHECK err_t files_measure(env_t *env, const char *path, manifest_file_t *ret_file,
                               err_detail_t *ret_detail);

/* Calls fn with each name in the folder until it fails. */
typedef err_t (*files_fn_t)(void *ctx, const char *name);
MUST_CHECK err_t files_each(env_t *env, const char *path, files_fn_t fn, void *ctx);
#endif
