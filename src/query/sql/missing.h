/* SPDX-License-Identifier: Apache-2.0 */
#ifndef QUERY_SQL_MISSING_H
#define QUERY_SQL_MISSING_H
/* What a store has left out of a bucket, and how far what is told of the rest may be off: the
 * rules of retrieval/doubt.h for what buckets() tells. What is missing lies in a band around
 * the lines between the samples that are there.
 *
 * Story: missing_add takes each line, cut to the bucket; the others say how far a result may
 * be off, once there is something missing. */
#include "model/sample.h"

/* The end of a line. */
typedef struct {
	int64_t ns;
	double number, bound; /* bound: as of a sample */
	bool is_good;         /* with a bound; else nothing is left out beside it. Sets `number` */
} missing_end_t;

typedef struct {
	double doubt;     /* 0: nothing is missing, INFINITY: nobody knows; the rest is not set */
	double low, high; /* the band */
} missing_t;

missing_end_t missing_end(const sample_t *sample);
/* The line between two neighbours, from one time on it to a later one. */
void missing_add(missing_t *missing, const missing_end_t line[2], int64_t from_ns, int64_t to_ns);
/* How far the least, the greatest, and one of them or their mean may be off. */
double missing_below(const missing_t *missing, double value);
double missing_above(const missing_t *missing, double value);
double missing_beside(const missing_t *missing, double value);
#endif
