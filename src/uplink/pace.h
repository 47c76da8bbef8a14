/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UPLINK_PACE_H
#define UPLINK_PACE_H
/* A bucket of bytes that fills at a rate and holds one second's worth. Who sends may when it
 * is not empty, and takes what he sent out of it, below its bottom too: the next waits so much
 * longer. Pure. */
#include <stddef.h>

#include "model/time.h"

typedef struct {
	int64_t rate; /* bytes a second; 0: no bounds */
	int64_t level, at_ns;
} pace_t;

/* Full. A rate above 2 GiB/s is taken for that. */
pace_t pace_of(uint64_t bytes_per_second, int64_t now_ns);
/* Nanoseconds until one may who may go `overdraft` bytes below the bottom; 0: now. */
int64_t pace_wait(pace_t *pace, int64_t now_ns, uint64_t overdraft);
void pace_spend(pace_t *pace, size_t bytes);
#endif
