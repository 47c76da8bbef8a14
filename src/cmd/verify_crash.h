/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CMD_VERIFY_CRASH_H
#define CMD_VERIFY_CRASH_H
/* `jizhu verify --crash N`: so many simulated power cuts of the historian on the user's
 * own machine, and the same against a disk that does not sync, where losses must show. */
#include <stdint.h>

#include "base/err.h"

typedef struct {
	uint64_t cuts; /* 1 to VERIFY_CUTS_MAX */
	uint64_t seed; /* of the first machine */
	bool json;
} verify_crash_t;

enum { VERIFY_CUTS_MAX = 100000000 };

/* Prints what was found; the exit code. Data of the user is not touched. */
int verify_crash(const verify_crash_t *wish);
#endif
