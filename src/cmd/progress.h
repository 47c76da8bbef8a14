/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CMD_PROGRESS_H
#define CMD_PROGRESS_H
/* Tells on standard error how far long work is: nothing for the first seconds, then
 * a line now and then. */
#include "env/env.h"

typedef struct {
	env_t *env;
	int64_t said_ns;  /* 0: not begun */
	const char *what; /* the part of the work at hand */
	uint64_t bytes;   /* of that part */
	uint64_t total;   /* of all parts */
} progress_t;

/* Fits backup_spec_t.step, the progress_t its ctx. */
void progress_step(void *progress, const char *what, uint64_t bytes);
#endif
