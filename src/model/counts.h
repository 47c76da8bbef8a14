/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_COUNTS_H
#define MODEL_COUNTS_H
/* What the node itself counts - devices, registrations, resolutions, security events - as
 * who makes indicators of it asks. Node hands one port that knows who counts what.
 *
 * Threads: those that may block on files. */
#include "base/err.h"

typedef struct {
	/* The level at both ends of the range, each where it is known; a counter's is what it
	 * had counted since it began. */
	bool has_first, has_last;
	double first, last;
	double covered; /* the share of the range in which somebody counted, 0 to 1 */
} count_t;

/* `what` is a word such as "devices.known"; [from, to) in nanoseconds UTC. */
typedef struct {
	slice_t what;
	int64_t from_ns, to_ns;
} count_ask_t;

typedef struct {
	void *ctx;
	/* ERR_NOT_FOUND: nobody counts it here. */
	err_t (*count)(void *ctx, const count_ask_t *ask, count_t *ret_count);
	/* Each different word seen in the range, in any order, maybe several times. Asked only
	 * where `count` knows of it. */
	err_t (*words)(void *ctx, const count_ask_t *ask,
	               void (*word)(void *word_ctx, slice_t word), void *word_ctx);
} counts_t;
#endif
