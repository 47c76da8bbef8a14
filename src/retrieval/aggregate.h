/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RETRIEVAL_AGGREGATE_H
#define RETRIEVAL_AGGREGATE_H
/* The aggregates: those of OPC 10000-13 (1.05) by their names there, and a few of our
 * own. One row each: its names, its node in the namespace of OPC UA, what it needs of the
 * walk, and the function that makes its value and status of the facts of a bucket.
 *
 * Where the standard leaves a choice:
 * - Uncertain samples that are not treated as bad count as good, but for Minimum,
 *   Maximum, their ActualTime forms and Range, which are of good samples (4.2.1.2).
 * - The simple curve ends at the last sample of the point: what it does behind it is not
 *   known, and the bucket is Partial. The line is held or goes on, as configured.
 * - A value whose status came out Bad is still told beside it; only Bad_NoData has none.
 * - DurationGood counts good regions, DurationBad the bad ones (with the uncertain ones
 *   where they are treated as bad, and what lies before the first sample).
 * - Of several samples at one time the last is the value at it; all count.
 * - An annotation of a span counts once, in the bucket that it begins in.
 *
 * Caveats: values are doubles, also those of integer points beyond 2^53. */
#include "retrieval/walk.h"

typedef struct {
	int64_t ns;   /* the start of the bucket, or when the value was */
	double value; /* NAN: none */
	status_t status;
	double doubt; /* 0: exact; else the value +- doubt; INFINITY: about (doubt.h) */
} result_t;

typedef struct {
	const char *name;  /* as the standard spells it */
	const char *alias; /* a short one, or NULL */
	uint32_t node;     /* i=... in namespace 0; 0: one of our own */
	unsigned needs;
	bool is_partial; /* has the Partial bit when the bucket is not complete */
	bool is_beyond;  /* has values behind the last sample */
	bool has_time;   /* of its own, not the start of the bucket */
	void (*make)(const facts_t *facts, const retrieval_options_t *options, result_t *ret);
	/* How far a result may be off where samples were left out. */
	double (*doubt)(const facts_t *facts, const retrieval_options_t *options,
	                const result_t *result);
} aggregate_t;

/* By name or alias, in any case of letters; NULL: none. */
const aggregate_t *aggregate_find(slice_t name);
size_t aggregate_count(void);
const aggregate_t *aggregate_get(size_t i);
/* The needs of one with these options. */
unsigned aggregate_needs(const aggregate_t *aggregate, const retrieval_options_t *options);
result_t aggregate_make(const aggregate_t *aggregate, const facts_t *facts,
                        const retrieval_options_t *options);
/* ERR_INVALID: the percentages contradict each other (4.2.1.2). */
MUST_CHECK err_t aggregate_check(const retrieval_options_t *options);
#endif
