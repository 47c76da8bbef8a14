/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ACCESS_FAILURES_H
#define ACCESS_FAILURES_H
/* Counts failed attempts by source or by name in windows of a minute, in a table of
 * fixed size: an attacker with many addresses displaces entries, never memory. */
#include "access/access.h"

enum { FAILURE_KEY_BYTES = 17 };

/* Whose attempts are counted together. */
typedef struct {
	uint8_t bytes[FAILURE_KEY_BYTES]; /* all 0: nobody */
} failure_key_t;

typedef struct {
	failure_key_t key;
	int64_t begin_ns;
	uint32_t count; /* 0: the entry is free */
} failure_t;

typedef struct {
	failure_t entries[ACCESS_SOURCES_MAX];
} failures_t;

failure_key_t failure_key_source(ip_t source);
failure_key_t failure_key_name(slice_t name);
/* Whether the source must wait at `now_ns`. */
bool failures_block(const failures_t *f, failure_key_t key, int64_t now_ns);
void failures_add(failures_t *f, failure_key_t key, int64_t now_ns);
/* One that was counted in advance was none. */
void failures_forgive(failures_t *f, failure_key_t key, int64_t now_ns);
#endif
