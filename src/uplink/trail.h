/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UPLINK_TRAIL_H
#define UPLINK_TRAIL_H
/* Where in the journal the batches of one stream stand, thinned so that it stays small:
 * when it is full every second place goes, and from then on only every second one more is
 * kept. So a batch is found by a jump to the place at or before it and a walk of at most
 * `stride` batches.
 *
 * Places come in order. Until TRAIL_MAX each batch has one. */
#include "base/err.h"

enum { TRAIL_MAX = 1024 };

typedef struct {
	uint64_t epoch, first; /* of the batch */
	uint64_t seq, at;      /* of its record */
} place_t;

typedef struct {
	place_t *rows;
	size_t count, cap;
	uint64_t stride, seen; /* every stride-th of those seen is kept */
} trail_t;

MUST_CHECK err_t trail_add(trail_t *trail, const place_t *place);
/* The last place at or before (epoch, first); NULL: all are behind it. */
const place_t *trail_find(const trail_t *trail, uint64_t epoch, uint64_t first);
void trail_free(trail_t *trail);
#endif
