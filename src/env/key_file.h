/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENV_KEY_FILE_H
#define ENV_KEY_FILE_H
/* A secret of 32 bytes in a file of mode 0600: one that is shared is loaded and must be there,
 * one of a node's own is made by chance where there is none.
 *
 * Disk: the line "HEAD 1", then 64 hexadecimal digits. Set-up time or a FILES loop. */
#include "env/env.h"

enum { KEY_FILE_BYTES = 32, KEY_FILE_HEAD_MAX = 64 };

typedef struct {
	const char *dir, *name; /* DATA/keys, which is made; the file */
	const char *head;       /* "jizhu-pseudonym-key" */
} key_file_t;

/* ERR_NOT_FOUND, ERR_CORRUPT (another head too), ERR_NEWER_FORMAT, or what files give. */
MUST_CHECK err_t key_file_load(env_t *env, const char *path, const char *head,
                               uint8_t ret_key[KEY_FILE_BYTES]);
/* The same, but that it is made when it is not found. */
MUST_CHECK err_t key_file_open(env_t *env, const key_file_t *file, uint8_t ret_key[KEY_FILE_BYTES]);
#endif
