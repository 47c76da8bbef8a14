/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CMD_LOCK_H
#define CMD_LOCK_H
/* The lock of a data folder, for commands that work on it when no node does. */
#include "cmd/door.h"
#include "env/file.h"

/* ERR_BUSY, without a detail: a node has it. */
MUST_CHECK err_t lock_take(const door_t *door, env_file_t **ret_lock, err_detail_t *ret_detail);
#endif
