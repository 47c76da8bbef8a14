/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RETRIEVAL_WALK_STATE_H
#define RETRIEVAL_WALK_STATE_H
/* The inside of a walk, shared by its four files: walk.c (the run), inside.c (many
 * samples within a bucket), curve.c (what an edge and the time between samples are), look.c
 * (what lies around). */
#include "retrieval/walk.h"

typedef struct {
	const walk_spec_t *spec;
	const retrieval_options_t *options;
	unsigned needs;
	size_t index; /* of the bucket that is open */
	facts_t f;
	int64_t at_ns; /* how far the open bucket has been measured */
	bool has_data, has_prev, has_prev_ok, has_line;
	knot_t first_data; /* of the point, or one before the range */
	knot_t last_data;
	knot_t prev;    /* the last sample so far */
	knot_t prev_ok; /* and the last that is ok */
	bool skipped;   /* samples that are not ok came behind prev_ok */
	knot_t line;    /* where the line is: a sample or a bound */
	bool next_ok_known, has_next_ok;
	knot_t next_ok; /* the first ok at or behind next_ok_from */
	int64_t next_ok_from_ns;
	int64_t *notes_ns; /* when annotations begin; owned */
	size_t note_count, note;
	bool stopped;
	err_t err;
} walk_t;

double walk_seconds(int64_t from_ns, int64_t to_ns);
knot_t walk_knot(const walk_t *walk, const sample_t *sample);
knot_t walk_end(const walk_t *walk, const summary_end_t *end);

/* inside.c: whether what is needed of samples inside a bucket is no more than it adds. */
bool inside_is_enough(const walk_t *walk);
/* Takes those that are inside the open bucket behind one that is; a `run` of a taker. */
size_t inside_run(void *ctx, const series_run_t *run);

/* look.c: each NULL or false when there is none; failures stay in walk->err. */
/* The last sample of the point, the last before the range, and the first of it or, where
 * none is before the range, of the point. */
bool look_data(walk_t *walk);
bool look_nearest(walk_t *walk, int64_t at_ns, bool is_after, knot_t *ret_knot);
bool look_ok_before(walk_t *walk, int64_t at_ns, knot_t *ret_knot);
/* The last but one; the last is prev_ok. */
bool look_ok_before_that(walk_t *walk, knot_t *ret_knot);
/* Into notes_ns. */
void look_annotations(walk_t *walk);
const knot_t *look_ok_from(walk_t *walk, int64_t at_ns);

/* curve.c: `next` is the first sample behind what is known, NULL when there is none. */
bound_t curve_simple(const walk_t *walk, const knot_t *next, int64_t at_ns);
bound_t curve_line(walk_t *walk, const knot_t *next, int64_t at_ns, bool is_stepped);
/* The class of the simple curve, whatever the options make of uncertain samples. */
status_t curve_status(const walk_t *walk, const knot_t *next, int64_t at_ns);
/* How far a sample that was left out between two that were told may be from the line. */
double curve_doubt(const knot_t *from, const knot_t *to);
bound_t curve_at_sample(const knot_t *knot);
/* Measures from walk->at_ns to `until_ns` within the open bucket. */
void curve_piece(walk_t *walk, const knot_t *next, int64_t until_ns);
#endif
