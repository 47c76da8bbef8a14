/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ACCESS_FAILURES_H
#define ACCESS_FAILURES_H
/* Counts failed attempts by source in windows of a minute, in a table of fixed
 * size: an attacker with many addresses displaces entries, never memory. */
#include "access/access.h"

typedef struct {
	ip_t source; /* family 0: the entry is free */
	int64_t begin_ns;
	uint32_t count;
} failure_t;

typedef struct {
	failure_t entries[ACCESS_SOURCES_MAX];
} failures_t;

/* Whether the source must wait at `now_ns`. */
bool failures_block(const failures_t *f, ip_t source, int64_t now_ns);
void failures_add(failures_t *f, ip_t source, int64_t now_ns);
#endif
