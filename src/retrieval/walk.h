/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RETRIEVAL_WALK_H
#define RETRIEVAL_WALK_H
/* One pass over a range of a point that gathers the facts of every bucket.
 *
 * Story: walk_run looks up what lies around the range (the first and last sample of the
 * point, the last before it, the first behind it), then takes the range from the reader.
 * Summaries that lie in one bucket and say enough of what is needed are counted whole,
 * others are opened; samples are put on the curve one by one. A bucket is handed out as
 * soon as what follows it is known.
 *
 * Threads: those of the reader. The reader is asked while it hands out (`take` within
 * `take`) where a line passes over bad samples at an edge.
 *
 * Errors: those of the reader. */
#include "model/series.h"
#include "retrieval/edges.h"
#include "retrieval/facts.h"

/* What the facts are for; more needs mean fewer summaries. */
enum {
	NEED_CLASSES = 1u << 0, /* extremes of good and uncertain values apart */
	NEED_TIMES = 1u << 1,   /* how often the extremes occur */
	NEED_AREA = 1u << 2,    /* under the simple curve */
	NEED_REGIONS = 1u << 3, /* uncertain regions of the simple curve */
	NEED_LINE = 1u << 4,    /* under the line */
	NEED_BOUNDS = 1u << 5,  /* of the simple curve */
	NEED_LINE_BOUNDS = 1u << 6,
	NEED_HERE = 1u << 7,
	NEED_BEFORE = 1u << 8, /* the last ok sample before the range */
	NEED_WORST = 1u << 9,
	NEED_SPREAD = 1u << 10,  /* the spread of the curve over time: samples only */
	NEED_SAMPLES = 1u << 11, /* every sample, for what looks at them itself */
	NEED_MOMENTS = 1u << 12,
	NEED_FALLS = 1u << 13, /* each fall of a counter that rolls over */
	NEED_ANNOTATIONS = 1u << 14,
	NEED_EXTREMES = 1u << 15, /* behind the start of the bucket too, with NEED_BOUNDS */
};

typedef struct {
	bool uncertain_is_bad; /* OPC 10000-13, 4.2.1.2, as the next three */
	bool is_sloped_beyond; /* the line goes on behind the last sample, else it is held */
	uint8_t percent_bad, percent_good;
	bool is_stepped;      /* the Stepped property of the point */
	bool no_summaries;    /* read every sample */
	double rollover;      /* a counter's values are below it; 0: a fall is a reset to 0 */
	int64_t time_base_ns; /* of integrals and rates; 0: a second */
	int64_t now_ns;       /* staleness is not counted beyond it; 0: never mind */
} retrieval_options_t;

static const retrieval_options_t RETRIEVAL_DEFAULTS = { .uncertain_is_bad = true,
	                                                .percent_bad = 100,
	                                                .percent_good = 100 };

/* Sees every sample and every piece of the simple curve within one bucket. */
typedef struct {
	void *ctx;
	void (*sample)(void *ctx, const knot_t *knot);
	/* NULL: no matter. `from` may be not ok. */
	void (*piece)(void *ctx, const knot_t *from, int64_t ns);
} walk_watch_t;

typedef struct {
	uint64_t asked;     /* calls of the reader */
	uint64_t summaries; /* counted whole */
	uint64_t opened;    /* summaries that were too coarse */
	uint64_t samples;
} walk_stats_t;

typedef struct {
	const series_reader_t *reader;
	series_query_t query; /* point, known_at_ns and deadline_ns */
	const edges_t *edges;
	const retrieval_options_t *options;
	unsigned needs;
	const walk_watch_t *watch;                       /* NULL: nobody */
	bool (*bucket)(void *ctx, const facts_t *facts); /* false: no more */
	void *ctx;
	walk_stats_t *stats;
} walk_spec_t;

MUST_CHECK err_t walk_run(const walk_spec_t *spec);
#endif
