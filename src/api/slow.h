/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_SLOW_H
#define API_SLOW_H
/* The questions about history that took long: the newest of them, kept in memory, and
 * how many there were (a metric). Of the query loop. */
#include "retrieval/walk.h"

enum { SLOW_KEPT = 64, SLOW_TEXT = 96 };

typedef struct {
	int64_t at_ns, took_ns;                              /* when it ended, UTC */
	char subject[SLOW_TEXT], mode[16], point[SLOW_TEXT]; /* who, how, the first point */
	size_t points;
	int64_t from_ns, to_ns;
	walk_stats_t stats;
	err_t err;
} slow_query_t;

typedef struct {
	slow_query_t rows[SLOW_KEPT];
	uint64_t count; /* in all */
} slow_t;

void slow_add(slow_t *slow, const slow_query_t *query);
/* The i-th newest; NULL: no more. */
const slow_query_t *slow_get(const slow_t *slow, size_t i);
#endif
