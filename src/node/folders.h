/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODE_FOLDERS_H
#define NODE_FOLDERS_H
/* The folders below a node's data folder, and its lock. Set-up time. */
#include "env/file.h"

enum { FOLDER_PATH_MAX = 512 };

/* Makes DIR/NAME and writes its path. ERR_CONFIG: the path is too long. */
MUST_CHECK err_t folders_make(env_t *env, const char *dir, const char *name,
                              char ret_path[FOLDER_PATH_MAX]);
/* ERR_BUSY: another node has it. */
MUST_CHECK err_t folders_lock(env_t *env, const char *dir, env_file_t **ret_lock);
#endif
