/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RETRIEVAL_RETRIEVAL_H
#define RETRIEVAL_RETRIEVAL_H
/* The questions an industrial user asks of the history of a point, over the port of its
 * reader: raw samples with bounds, values at times, what a plot needs, changes beyond a
 * deadband, and buckets of aggregates.
 *
 * Story: whoever asks fills a question, cuts a range into buckets (edges.h, calendar.h)
 * where the answer comes by buckets, names what each shall have (aggregate.h), and is
 * called row by row in order of time, or handed a table.
 *
 * Threads: those of the reader (files may be read). Nothing is kept between questions.
 *
 * Errors: those of the reader; ERR_INVALID as said; ERR_NO_MEMORY; ERR_LIMIT where rows
 * were asked for beyond a limit.
 *
 * Limits: EDGES_BUCKETS_MAX buckets, RETRIEVAL_CELLS_MAX results of a table. */
#include "retrieval/aggregate.h"

enum { RETRIEVAL_CELLS_MAX = 200000, RETRIEVAL_TIMES_MAX = 20000, RETRIEVAL_STATES_MAX = 256 };

typedef struct {
	const series_reader_t *reader;
	series_query_t query; /* point, known_at_ns and deadline_ns */
	const retrieval_options_t *options;
	walk_stats_t *stats;
} retrieval_t;

typedef struct {
	int64_t ns;
	value_t value; /* VALUE_NONE: no value */
	status_t status;
	/* As of a result. Of a stored sample, which is exact: how far those may be from the
	 * line that were left out beside it. */
	double doubt;
} retrieval_row_t;

/* False: no more. */
typedef struct {
	void *ctx;
	bool (*row)(void *ctx, const retrieval_row_t *row);
} retrieval_sink_t;

/* What is told at the ends of a range (OPC 10000-11, 6.5.3): nothing, the samples just
 * outside, or the values at its ends. */
typedef enum { BOUNDS_INSIDE, BOUNDS_OUTSIDE, BOUNDS_INTERPOLATED } retrieval_bounds_t;

typedef struct {
	int64_t from_ns, to_ns;
	retrieval_bounds_t bounds;
	double deadband; /* of retrieval_delta */
} retrieval_range_t;

/* Samples in [from, to), with bounds. */
MUST_CHECK err_t retrieval_raw(const retrieval_t *question, const retrieval_range_t *range,
                               const retrieval_sink_t *sink);
/* The samples that differ from the last one told by more than the deadband, or are of
 * another class; the first always. */
MUST_CHECK err_t retrieval_delta(const retrieval_t *question, const retrieval_range_t *range,
                                 const retrieval_sink_t *sink);
/* The value of the line at each time, in order of time: stepped or sloped by the options,
 * beyond the last sample as they say. ERR_INVALID: none, or more than RETRIEVAL_TIMES_MAX.
 * The times are sorted in place; one that stands twice is told once. */
MUST_CHECK err_t retrieval_at(const retrieval_t *question, int64_t *times, size_t count,
                              const retrieval_sink_t *sink);
/* The same at the start of each bucket. */
MUST_CHECK err_t retrieval_each(const retrieval_t *question, const edges_t *edges,
                                const retrieval_sink_t *sink);
/* At most four samples of each bucket: the first, last, least and greatest; and, without
 * value, the first that is bad, so that a line is seen to break. */
MUST_CHECK err_t retrieval_plot(const retrieval_t *question, const edges_t *edges,
                                const retrieval_sink_t *sink);

/* What every bucket tells of its own completeness. */
typedef struct {
	int64_t start_ns, end_ns;
	uint64_t count;      /* samples */
	double coverage;     /* the part of its time that has a value that is not bad */
	double percent_good; /* of its time */
	double late;         /* the part of the samples that came late */
	int64_t gap_ns;      /* the longest time without a sample, from edge to edge */
	double doubt;        /* 0: all samples were seen; else there may be more of them */
	int64_t stale_ns;    /* the age of the newest usable value at its end; -1: none */
} bucket_t;

/* A column: an aggregate, or a percentile of the samples that are ok. */
typedef struct {
	const aggregate_t *aggregate; /* NULL: the percentile */
	double percentile;            /* 0 to 100 */
} column_t;

typedef enum { FILL_NULL, FILL_PREVIOUS, FILL_LINEAR, FILL_CONSTANT } fill_t;

typedef struct {
	const edges_t *edges;
	const column_t *columns;
	size_t column_count; /* 1 to 32 */
	fill_t fill;         /* what stands where a column has no value */
	double constant;
} table_spec_t;

typedef struct {
	size_t rows, columns;
	bucket_t *buckets; /* rows */
	result_t *results; /* rows x columns */
} retrieval_table_t;

/* The caller frees. ERR_INVALID: no column, more than RETRIEVAL_CELLS_MAX results, or
 * percentages that contradict each other. */
MUST_CHECK err_t retrieval_table(const retrieval_t *question, const table_spec_t *spec,
                                 retrieval_table_t *ret_table);
void retrieval_table_free(retrieval_table_t *table);

/* The time a point was in each of its states, by bucket. */
typedef struct {
	int64_t start_ns, end_ns;
	double state;
	int64_t ns;
	uint64_t entries; /* how often it came into it, also with the bucket's start */
	double percent;   /* of the time in any state */
	double doubt;     /* 0 or INFINITY: samples were left out */
} state_row_t;
/* ERR_LIMIT: more than RETRIEVAL_STATES_MAX states in a bucket. */
MUST_CHECK err_t retrieval_states(const retrieval_t *question, const edges_t *edges,
                                  bool (*row)(void *ctx, const state_row_t *row), void *ctx);

/* How many ok samples lie between the bounds: count + 1 classes for `count` bounds in
 * ascending order, a class holds its lower bound. `counts` has count + 1 places. */
typedef struct {
	const double *bounds;
	size_t count;
	uint64_t *counts;
} histogram_t;
MUST_CHECK err_t retrieval_histogram(
	const retrieval_t *question, const edges_t *edges, const histogram_t *histogram,
	bool (*row)(void *ctx, const bucket_t *bucket, const histogram_t *histogram), void *ctx);
#endif
