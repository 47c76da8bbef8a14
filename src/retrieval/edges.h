/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RETRIEVAL_EDGES_H
#define RETRIEVAL_EDGES_H
/* Where buckets begin and end: a row of edges, bucket i lies between edge i and i + 1
 * and holds its start but not its end (OPC 10000-13, 5.4.2.2).
 *
 * Equal steps are counted from the start of the range, the last bucket holds the rest.
 * Other edges (calendar.h) are given as a list. */
#include "base/err.h"

enum { EDGES_BUCKETS_MAX = 100000 };

typedef struct {
	int64_t from_ns, to_ns;
	int64_t step_ns;     /* 0: `list` has the edges */
	const int64_t *list; /* count + 1, ascending */
	size_t count;        /* buckets */
} edges_t;

/* step_ns 0: one bucket. ERR_INVALID for an empty range, one that 64 bits cannot
 * measure, and more than EDGES_BUCKETS_MAX buckets. */
MUST_CHECK err_t edges_equal(int64_t from_ns, int64_t to_ns, int64_t step_ns, edges_t *ret_edges);
/* The list is borrowed. ERR_INVALID as above. */
MUST_CHECK err_t edges_listed(const int64_t *list, size_t count, edges_t *ret_edges);
int64_t edges_at(const edges_t *edges, size_t i);
/* Bucket i is shorter than the step because the range ends. */
bool edges_is_cut(const edges_t *edges, size_t i);
#endif
