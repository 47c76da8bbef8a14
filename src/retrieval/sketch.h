/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RETRIEVAL_SKETCH_H
#define RETRIEVAL_SKETCH_H
/* Quantiles of a stream of numbers in bounded memory: exact up to SKETCH_EXACT numbers,
 * behind that a t-digest (Dunning and Ertl, 2019, scale function k1) of at most
 * SKETCH_CENTROIDS centroids: the rank of the answer is off by at most half a percent of
 * the count, and by less towards both ends; the least and greatest are exact.
 *
 * A quantile between two numbers lies on the line between them. About 160 KiB. */
#include "base/slice.h"

enum { SKETCH_EXACT = 4096, SKETCH_CENTROIDS = 1000 };

typedef struct {
	double mean, weight;
} centroid_t;

typedef struct {
	double numbers[SKETCH_EXACT]; /* not yet merged */
	size_t number_count;
	centroid_t centroids[2 * SKETCH_CENTROIDS];
	size_t centroid_count;
	centroid_t scratch[2 * SKETCH_CENTROIDS + SKETCH_EXACT];
	double weight; /* of the centroids */
	double least, greatest;
	bool is_sorted;
} sketch_t;

void sketch_clear(sketch_t *sketch);
void sketch_add(sketch_t *sketch, double number);
/* `q` from 0 to 1; NAN when there is nothing. */
double sketch_quantile(sketch_t *sketch, double q);
#endif
