/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HISTORIAN_WALK_H
#define HISTORIAN_WALK_H
/* All blocks of a point in a segment, through its pages. */
#include "historian/segment.h"

typedef struct {
	void *ctx;
	/* Each block, in order; an error ends the walk. */
	err_t (*block)(void *ctx, const page_child_t *child);
	/* A page that cannot be read, and what is below it; ERR_OK goes on behind it. NULL:
	 * ends the walk with ERR_CORRUPT. */
	err_t (*lost)(void *ctx, const page_child_t *below);
} walk_t;

/* ERR_NO_MEMORY, ERR_CORRUPT, errors of the functions. */
MUST_CHECK err_t walk_point(const segment_t *segment, const segment_point_t *point,
                            const walk_t *walk);
#endif
