/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SKETCH_QUANTILES_H
#define SKETCH_QUANTILES_H
/* Quantiles of a stream of numbers in bounded memory: exact up to QUANTILES_EXACT numbers,
 * behind that a t-digest (Dunning and Ertl, 2019, scale function k1) of at most
 * QUANTILES_CENTROIDS centroids: the rank of the answer is off by at most half a percent of
 * the count, and by less towards both ends; the least and greatest are exact.
 *
 * Story: quantiles_clear, quantiles_add each number, quantiles_at. To let others add it to
 * their own, quantiles_put writes a digest: at most DIGEST_CENTROIDS centroids, in which a
 * small stream stands number by number. Who has many digests reads each (digest_read),
 * gives it to quantiles_merge, and asks or writes again; who has one asks digest_at.
 *
 * A quantile between two numbers lies on the line between them. A centroid of one number is
 * that number, so that digests of few numbers merge exactly. The order in which digests are
 * merged does not matter for two; of many it matters as long as a digest is thinned, which
 * is within the bound: who wants the same bytes merges in the same order.
 *
 * Bounds on the rank, by count of all, of a digest and of a digest of digests of digests (31
 * of 10): half a percent of numbers that differ, 1.5 percent of a few that come again and
 * again, where an answer may lie between two of them.
 *
 * Wire and disk (version 1): version u8, count of centroids u8 (0: of nothing, and the end),
 * least and greatest f64 le, then each centroid by ascending mean, and of one mean the
 * heavier first: mean f64 le, weight varint. What is written is read back to the same bytes.
 *
 * Limits: 2^53 numbers. Caveat: about 160 KiB; no number is NaN, infinities are numbers. */
#include "base/cursor.h"
#include "base/err.h"

enum {
	QUANTILES_EXACT = 4096,
	QUANTILES_CENTROIDS = 1000,
	QUANTILES_MERGED_MAX = 2 * QUANTILES_CENTROIDS,
	DIGEST_VERSION = 1,
	DIGEST_CENTROIDS = 128,
	DIGEST_BYTES_MAX = 2 + 16 + DIGEST_CENTROIDS * (8 + 8),
};

typedef struct {
	double mean, weight;
} centroid_t;

/* Centroids by ascending mean. */
typedef struct {
	const centroid_t *centroids;
	size_t count;
	double weight; /* of all */
	double least, greatest;
} centroids_t;

typedef struct {
	double numbers[QUANTILES_EXACT]; /* not yet merged */
	size_t number_count;
	centroid_t centroids[QUANTILES_MERGED_MAX];
	size_t centroid_count;
	centroid_t scratch[QUANTILES_MERGED_MAX + QUANTILES_EXACT];
	double weight; /* of the centroids */
	double least, greatest;
	bool is_sorted;
} quantiles_t;

/* A digest that was read. */
typedef struct {
	centroid_t centroids[DIGEST_CENTROIDS];
	size_t count;
	double weight;
	double least, greatest;
} digest_t;

void quantiles_clear(quantiles_t *quantiles);
void quantiles_add(quantiles_t *quantiles, double number);
/* Of how many numbers. */
double quantiles_weight(const quantiles_t *quantiles);
/* `q` from 0 to 1; NAN when there is nothing. */
double quantiles_at(quantiles_t *quantiles, double q);
/* ERR_LIMIT, and nothing is merged: more than 2^53 numbers. */
MUST_CHECK err_t quantiles_merge(quantiles_t *quantiles, const digest_t *digest);
/* At most DIGEST_BYTES_MAX. What is kept is not thinned by it. */
void quantiles_put(quantiles_t *quantiles, writer_t *w);

/* ERR_MALFORMED, ERR_NEWER_FORMAT. */
MUST_CHECK err_t digest_read(slice_t bytes, digest_t *ret_digest);
double digest_at(const digest_t *digest, double q);
#endif
