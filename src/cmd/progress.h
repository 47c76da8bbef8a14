/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CMD_PROGRESS_H
#define CMD_PROGRESS_H
/* Tells on standard error how far long work is: nothing for the first seconds, then
 * a line now and then. */
#include "backup/backup.h"

typedef struct {
	env_t *env;
	int64_t said_ns;  /* 0: not begun */
	const char *what; /* the part of the work at hand */
	uint64_t bytes;   /* of that part */
	uint64_t total;   /* of all parts */
} progress_t;

/* `words` as told by *ret_progress, which is to outlive the work. */
backup_spec_t progress_of(env_t *env, const backup_spec_t *words, progress_t *ret_progress);
#endif
