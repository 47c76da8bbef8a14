/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_SUMMARY_H
#define MODEL_SUMMARY_H
/* What is known of a run of consecutive samples of one point without reading them
 * again: the store keeps one beside every block and one above many blocks, and the
 * retrieval answers from them wherever a whole run lies in one bucket.
 *
 * Story: summary_add takes the samples of a run in time order; summary_join puts two
 * neighbouring runs together and with them the span between the last sample of the
 * one and the first of the other. Joining is associative but for rounding of sums, so
 * that summaries of summaries hold what a walk over the samples would.
 *
 * A span is the time from a sample to the next of the run. It has the class of the
 * sample it begins with. What is measured over time (areas, durations of states)
 * counts spans that begin with a usable sample, sloped areas those that end with one
 * too. A sample is usable when its value is a number (not NaN) and its quality is not
 * bad. Uncertain ones are usable; who must not use them sees in `uncertain` that there
 * are some and asks for the samples.
 *
 * A store may keep fewer samples than a summary counts (`bound`): the summary was made of
 * all of them and is exact, the samples it comes again as when it is opened are not all.
 *
 * Shapes: values are in the unit of the point, areas in that unit times seconds. */
#include "model/sample.h"

typedef struct {
	int64_t ns; /* source time */
	uint64_t bits;
	uint8_t type, quality; /* value_type_t, quality_t */
} summary_end_t;

typedef struct {
	uint64_t count;            /* samples; 0: nothing else is set */
	uint64_t usable;           /* of them */
	uint64_t uncertain, bad;   /* of them; a good sample that is no number counts as bad */
	uint64_t late;             /* that came after a newer one of the point */
	summary_end_t first, last; /* the run's ends, whatever their quality */
	/* Of the usable samples; unset when there are none. Equal extremes: the earliest. */
	double min, max;
	int64_t min_ns, max_ns;
	uint64_t min_times, max_times; /* samples that have it; 0: was not counted */
	double sum;
	double mean, m2; /* Welford's mean and sum of squared distances from it */
	/* Over spans. */
	double area_stepped, area_sloped;
	int64_t usable_ns, uncertain_ns, bad_ns; /* uncertain_ns is part of usable_ns */
	int64_t zero_ns, nonzero_ns;             /* usable and 0, usable and not 0 */
	int64_t gap_ns;                          /* the longest span */
	/* Over pairs of usable samples that follow each other, unusable ones left out. */
	uint64_t transitions; /* the value changed */
	uint64_t resets;      /* the value fell */
	double increase;      /* sum of rises; after a fall the value itself (a counter from 0) */
	/* The outermost usable samples, for the pairs across a join. */
	summary_end_t first_usable, last_usable;
	uint8_t worst; /* quality_t */
	/* 0: all samples are kept. Else each that is not lies within so much of the line
	 * between those that are. */
	double bound;
} summary_t;

/* A sample that may be used as a number; *ret_number then. */
bool summary_usable(uint8_t type, uint8_t quality, uint64_t bits, double *ret_number);
/* The next sample of the run (an empty summary is {0}). `late` is said by the store. */
void summary_add(summary_t *s, const summary_end_t *sample, bool late);
/* `next` begins where `s` ends; either may be empty. */
void summary_join(summary_t *s, const summary_t *next);
#endif
