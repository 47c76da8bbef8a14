/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_SERIES_H
#define MODEL_SERIES_H
/* The two ports of the historian as the rest of the house sees them: a sink that
 * takes sample batches and a reader that answers questions. Node hands them to
 * whoever needs one; tests hand fakes.
 *
 * Ranges are half-open: from <= source time < to, nanoseconds UTC. */
#include "model/caller.h"
#include "model/sample.h"

typedef enum { DURABLE_MEMORY, DURABLE_LOCAL, DURABLE_PARENT } durability_t;

typedef struct {
	void *ctx;
	/* Copies the batch. *ret_seq: when durable() reaches it the batch survives a
	 * crash. Any thread. ERR_LIMIT: buffers full, try again later (the caller
	 * counts or keeps it); ERR_DISK_FULL: refused, bulk data gives way;
	 * ERR_UNSUPPORTED: level PARENT without a parent. */
	err_t (*append)(void *ctx, const sample_batch_t *batch, durability_t level,
	                uint64_t *ret_seq);
	/* The highest sequence on stable storage. Any thread. */
	uint64_t (*durable)(void *ctx);
} sample_sink_t;

typedef struct {
	point_id_t point;
	int64_t from_ns, to_ns;
	/* Buckets only: width; the first starts at from_ns. At most 100,000. */
	int64_t step_ns;
	/* 0: as known now; else only what had arrived by this node time. */
	int64_t known_at_ns;
	/* Stop after so many rows; 0: the reader's own limit of 1,000,000. */
	size_t limit;
	/* Monotonic deadline of the world's clock; 0: none. ERR_TIMEOUT past it. */
	int64_t deadline_ns;
} series_query_t;

typedef struct {
	int64_t start_ns;
	uint64_t count; /* values that are not bad; 0: the rest is not set */
	uint64_t bad;   /* samples of bad quality, counted apart */
	double min, max, mean, first, last;
	int64_t first_ns, last_ns;
} series_bucket_t;

typedef struct {
	void *ctx;
	/* Rows in source-time order until the callback returns false. */
	err_t (*raw)(void *ctx, const series_query_t *query,
	             bool (*row)(void *row_ctx, const sample_t *sample), void *row_ctx);
	/* Every bucket of the range, empty ones too. */
	err_t (*buckets)(void *ctx, const series_query_t *query,
	                 bool (*row)(void *row_ctx, const series_bucket_t *bucket), void *row_ctx);
} series_reader_t;
#endif
