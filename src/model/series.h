/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_SERIES_H
#define MODEL_SERIES_H
/* The two ports of the historian as the rest of the house sees them: a sink that
 * takes sample batches and a reader that answers questions. Node hands them to
 * whoever needs one; tests hand fakes.
 *
 * Ranges are half-open: from <= source time < to, nanoseconds UTC. */
#include "model/caller.h"
#include "model/summary.h"

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
	/* The highest sequence that readers see, with all before it: at most durable(), and
	 * behind it for as long as it takes to follow. Any thread. */
	uint64_t (*seen)(void *ctx);
} sample_sink_t;

typedef struct {
	point_id_t point;
	int64_t from_ns, to_ns;
	/* Of `take`: the width of the buckets that are asked about, the first starts at from_ns;
	 * 0: none. A reader that can sum up a part of a block may offer the summaries of parts
	 * that end where buckets do, before it hands their samples. */
	int64_t step_ns;
	/* 0: as known now; else only what had arrived by this node time. */
	int64_t known_at_ns;
	/* Stop after so many rows; 0: the reader's own limit of 1,000,000. */
	size_t limit;
	/* Monotonic deadline of the world's clock; 0: none. ERR_TIMEOUT past it. */
	int64_t deadline_ns;
} series_query_t;

/* What a taker of summaries does with one. */
typedef enum {
	SERIES_TAKEN, /* counted whole */
	SERIES_OPEN,  /* too coarse here: show me what is in it */
	SERIES_STOP,
} series_verdict_t;

/* Good samples that are finite numbers of one width, in order; none of them is late and none
 * beside them was left out. */
typedef struct {
	size_t count;
	const int64_t *source_ns;
	const double *numbers;
	uint8_t type; /* VALUE_F64 or VALUE_F32 */
} series_run_t;

/* Takes a range of one point in source-time order, as few summaries and as many samples
 * as it asks for: a summary that it opens comes again as smaller ones or as its samples.
 * No summary reaches over the ends of the range or over other samples of the point. */
typedef struct {
	void *ctx;
	series_verdict_t (*summary)(void *ctx, const summary_t *summary); /* NULL: samples only */
	bool (*row)(void *ctx, const sample_t *sample);                   /* false: no more */
	/* May be offered before they come as rows. Returns how many from the first on it has
	 * taken; the next of them comes as a row, and then the others are offered. NULL: all
	 * come as rows. */
	size_t (*run)(void *ctx, const series_run_t *run);
} series_taker_t;

/* The sample nearest to a time, on one side of it. */
typedef struct {
	point_id_t point;
	int64_t at_ns;
	bool is_after;                    /* the first at or after at_ns; else the last before it */
	bool is_usable_only;              /* pass over samples that summary_usable refuses */
	int64_t known_at_ns, deadline_ns; /* as in series_query_t */
	writer_t *text;                   /* takes a text's bytes; NULL: a text comes empty */
} series_nearest_t;

typedef struct {
	void *ctx;
	/* Rows in source-time order until the callback returns false. */
	err_t (*raw)(void *ctx, const series_query_t *query,
	             bool (*row)(void *row_ctx, const sample_t *sample), void *row_ctx);
	/* Uses point, range, step_ns, known_at_ns and deadline_ns. Never ends early by itself. */
	err_t (*take)(void *ctx, const series_query_t *query, const series_taker_t *taker);
	/* ERR_NOT_FOUND when there is none. */
	err_t (*nearest)(void *ctx, const series_nearest_t *ask, sample_t *ret_sample);
	/* The newest sample of each point that has one, in the order of the ids given. */
	err_t (*last)(void *ctx, const point_id_t *points, size_t count,
	              bool (*row)(void *row_ctx, const sample_t *sample), void *row_ctx);
	/* When the annotations begin that begin in the range, ascending, in a fresh array that
	 * the caller frees. Uses point, range and known_at_ns. NULL: nothing can be said of a
	 * point here. */
	err_t (*annotations)(void *ctx, const series_query_t *query, int64_t **ret_begins_ns,
	                     size_t *ret_count);
} series_reader_t;
#endif
