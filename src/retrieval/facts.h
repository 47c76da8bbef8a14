/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RETRIEVAL_FACTS_H
#define RETRIEVAL_FACTS_H
/* What is known of one bucket when its samples and summaries have gone by: all that the
 * aggregates are made of.
 *
 * The curve of a point runs through its samples and has at any time the value of the
 * last one at or before it: held (stepped) or on the way to the next one (sloped). At a
 * time with several samples the value before it leads to the first of them and the value
 * at it is the last.
 *
 * A region is the time from a sample to the next. It has the class of the sample that it
 * begins with. Which samples count (`ok`) is said by the options: good ones, and
 * uncertain ones unless they are treated as bad.
 *
 * Two curves serve the two kinds of bounding values of OPC 10000-13: the simple one
 * (3.1.9) stops at a bad sample, the line (3.1.8) passes over it to the next that is ok.
 *
 * Areas are in the unit of the point times seconds. */
#include "model/sample.h"
#include "retrieval/status.h"

/* A sample, as the walk keeps it. */
typedef struct {
	int64_t ns;
	double number;                /* when not bad */
	uint8_t type, quality, class; /* what is no number is bad */
	bool ok;
	double bound; /* as of a sample */
} knot_t;

/* The value of a curve at an edge. */
typedef struct {
	double value;
	status_t status; /* BAD_NO_DATA: there is none; with STATUS_RAW or _INTERPOLATED else */
	bool ok;         /* may be used */
	double doubt;    /* how far it may be off (doubt.h) */
} bound_t;

typedef struct {
	double value;
	int64_t ns;     /* of the earliest */
	uint64_t times; /* 0: nothing here */
} extreme_t;

typedef struct {
	uint64_t times;  /* samples of the worst class; 0: none */
	status_t status; /* of the first of them */
	int64_t ns;      /* and when it was */
	uint8_t class;
} worst_t;

/* Where samples are that the store has left out. */
typedef struct {
	double doubt;     /* 0: there are none; the rest is not set then. INFINITY: nobody knows */
	double low, high; /* their values */
	double area;      /* how far the area under the curve may be off for them */
	bool is_between;  /* there are some before a sample of the bucket, in it or not */
} hidden_t;

typedef struct {
	int64_t start_ns, end_ns;
	bool is_cut;    /* shorter than the step */
	bool has_data;  /* the first and last sample of the point leave something to it */
	bool ends_open; /* the last sample of the point lies before its end */
	/* What there is of it: from the first sample of the point to the last. */
	int64_t used_start_ns, used_end_ns;

	uint64_t count, ok, bad, uncertain, late; /* samples; bad: also what is no number */
	bool starts_skipped, is_skipped; /* samples that are not ok: before the first ok; any */
	bool ends_skipped;               /* behind the last ok */
	/* By class, good and uncertain; without NEED_CLASSES all in the first. */
	extreme_t low[2], high[2];
	extreme_t inner_low, inner_high; /* of the ok ones behind the start */
	double sum, mean, m2;            /* of the ok ones */
	knot_t first, last, first_ok, last_ok;
	uint64_t transitions, resets, annotations;
	double increase;
	worst_t worst, inner_worst; /* of all; of those behind the start */
	status_t start_status;      /* of the simple curve, uncertain as uncertain */

	int64_t class_ns[3]; /* regions by class */
	int64_t doubtful_ns; /* good regions that end in one that is not, sloped */
	int64_t head_ns;     /* before the first sample of the point */
	int64_t zero_ns, nonzero_ns, gap_ns;
	double area;                       /* under the simple curve */
	double time_s, time_mean, time_m2; /* its mean over time and the spread around it */
	double line_area;
	int64_t line_start_ns; /* where the line begins */
	bool has_line;
	bound_t start, end;           /* of the simple curve */
	bound_t line_start, line_end; /* of the line */
	bound_t here;                 /* of the line at the start, by `is_stepped` */
	knot_t newest_ok;             /* at or before the end; ns only when has_newest */
	bool has_newest;
	hidden_t hidden; /* counts, sums and extremes above are of what is there */
} facts_t;

/* How much a counter has risen: after a fall it began again at 0, or rolled over. */
static inline double facts_rise(double from, double to, double rollover)
{
	double rise = to - from;
	if (rise < 0)
		return rollover > 0 ? rollover - from + to : to;
	return rise;
}

/* A sample as a knot. */
knot_t facts_knot(int64_t ns, const sample_t *sample);
/* Its own status, without info bits. */
status_t facts_status(const knot_t *knot);
void facts_extreme(extreme_t *have, const extreme_t *next, bool is_high);
void facts_worst(worst_t *worst, const worst_t *next);
/* Of two runs of ok values, before the new ones are counted. */
void facts_moments(facts_t *facts, uint64_t n, double mean, double m2);
/* Takes a piece of the curve, a straight line, into the spread over time. */
void facts_spread(facts_t *facts, double from, double to, double seconds);
#endif
