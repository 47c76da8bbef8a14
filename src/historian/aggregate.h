/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HISTORIAN_AGGREGATE_H
#define HISTORIAN_AGGREGATE_H
/* Buckets of fixed width over a stream of rows in time order: feed rows, each
 * finished bucket is handed out, empty ones too. Means are sums over the count, in
 * whatever order is fast. Bad samples, and values that are not a number, are
 * counted apart and touch nothing else. */
#include "codec/column/column.h"
#include "historian/rows.h"
#include "model/series.h"

enum { BUCKETS_MAX = 100000 };

typedef struct {
	const column_kernel_t *kernel;
	const series_query_t *query;
	bool (*row)(void *ctx, const series_bucket_t *bucket);
	void *ctx;
	series_bucket_t bucket;
	double sum;
	bool stopped;
} aggregate_t;

/* ERR_INVALID: no width, or more than BUCKETS_MAX buckets. */
MUST_CHECK err_t aggregate_begin(aggregate_t *a, const column_kernel_t *kernel,
                                 const series_query_t *query,
                                 bool (*row)(void *ctx, const series_bucket_t *bucket), void *ctx);
/* Rows in order. False when the taker wants no more. */
bool aggregate_add(aggregate_t *a, const rows_t *rows);
/* Hands out the last bucket and the empty ones up to the end of the range. */
void aggregate_end(aggregate_t *a);
#endif
