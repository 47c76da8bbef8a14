/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RETRIEVAL_DOUBT_H
#define RETRIEVAL_DOUBT_H
/* How far a result may be from what all samples would give, where a store has left some
 * out (summary_t.bound): 0 when nothing that touches the result is missing, so that it is
 * exact, INFINITY when it is an approximation that nobody can bound.
 *
 * What is missing from a bucket lies in a band around its curve (facts_t.hidden). From that
 * follows: a value, a mean, a first or last sample lies in the hull of what is told and the
 * band; a least one is not below the band; an area is off by the band times its time. Of
 * counts, sums, moments, states and percentiles nothing follows. What is told of time and
 * quality alone is exact, since only good samples among good ones are left out. */
#include "retrieval/aggregate.h"

/* Of a value among others, of extremes, of those that the edges count for too; of what lies at
 * an edge; of areas; of what is reckoned of each sample and the one before it; of what is told
 * by time and quality alone; of all else. */
#define DOUBT_ROWS(X) \
	X(value) \
	X(low) \
	X(high) \
	X(range) \
	X(low2) \
	X(high2) \
	X(range2) \
	X(first) \
	X(delta) \
	X(here) \
	X(start) \
	X(end) \
	X(ends) \
	X(line_mean) \
	X(mean) \
	X(area) \
	X(integral) \
	X(pairs) \
	X(time) \
	X(any)

#define X(name) \
	double doubt_##name(const facts_t *facts, const retrieval_options_t *options, \
	                    const result_t *result);
DOUBT_ROWS(X)
#undef X
#endif
