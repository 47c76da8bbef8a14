/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_PREFIX_H
#define MODEL_PREFIX_H
/* What a prefix may do and has done, as the registry asks it and tells it: a table of
 * functions that node/ hands out, so that the registry needs to know nobody's rules.
 *
 * Story: the registry asks `hosts` whether names of a prefix live here, `take` before
 * it logs a change, and tells `give_back` when a registration taken came to nothing
 * and `removed` when a name has gone. Each door asks `resolve` with what a look-up
 * found, before it answers.
 *
 * Threads: any, at once; nothing waits, locks or allocates. */
#include "base/slice.h"

/* Why not. The Handle wire has a code for each: 603, 604, 605. */
typedef enum {
	QUOTA_OK,
	QUOTA_REQUESTS, /* the resolutions of today are used up */
	QUOTA_NAMES,    /* no more registrations, in all or today */
	QUOTA_PREFIX,   /* the prefix takes no changes: suspended or closed */
	QUOTA_COUNT
} quota_t;

typedef struct {
	void *ctx;
	bool (*hosts)(void *ctx, slice_t prefix);
	quota_t (*resolve)(void *ctx, slice_t name, bool is_found);
	quota_t (*take)(void *ctx, slice_t name, bool is_new);
	void (*give_back)(void *ctx, slice_t name);
	void (*removed)(void *ctx, slice_t name);
} prefix_meter_t;
#endif
