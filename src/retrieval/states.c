/* SPDX-License-Identifier: Apache-2.0 */
/* States and classes of values, by bucket. */
#include <math.h>
#include <stdlib.h>

#include "retrieval/retrieval.h"

typedef struct {
	double state;
	int64_t ns;
	uint64_t entries;
} tally_t;

typedef struct {
	bool (*row)(void *ctx, const state_row_t *row);
	void *ctx;
	tally_t tallies[RETRIEVAL_STATES_MAX];
	size_t count;
	bool is_full;
	bool has_now; /* the bucket is in a state */
	double now;
	err_t err;
} states_t;

static tally_t *tally_of(states_t *states, double state)
{
	for (size_t i = 0; i < states->count; i++)
		if (states->tallies[i].state == state)
			return &states->tallies[i];
	if (states->count == RETRIEVAL_STATES_MAX) {
		states->is_full = true;
		return NULL;
	}
	states->tallies[states->count] = (tally_t){ .state = state };
	return &states->tallies[states->count++];
}

static void enter(states_t *states, double state)
{
	tally_t *tally = tally_of(states, state);
	if (tally && !(states->has_now && states->now == state))
		tally->entries++;
	states->has_now = true;
	states->now = state;
}

static void states_sample(void *ctx, const knot_t *knot)
{
	states_t *states = ctx;
	if (knot->ok)
		enter(states, knot->number);
	else
		states->has_now = false;
}

/* The state that a bucket begins with is seen by its first piece. */
static void states_piece(void *ctx, const knot_t *from, int64_t ns)
{
	states_t *states = ctx;
	if (!from->ok)
		return;
	if (!states->has_now)
		enter(states, from->number);
	tally_t *tally = tally_of(states, from->number);
	if (tally)
		tally->ns += ns;
}

static int by_state(const void *a, const void *b)
{
	double x = ((const tally_t *)a)->state, y = ((const tally_t *)b)->state;
	return (x > y) - (x < y);
}

static bool states_bucket(void *ctx, const facts_t *f)
{
	states_t *states = ctx;
	int64_t all = 0;
	bool goes_on = true;
	if (states->is_full)
		states->err = ERR_LIMIT;
	qsort(states->tallies, states->count, sizeof(tally_t), by_state);
	for (size_t i = 0; i < states->count; i++)
		all += states->tallies[i].ns;
	for (size_t i = 0; i < states->count && goes_on && !states->err; i++) {
		const tally_t *tally = &states->tallies[i];
		state_row_t row = { f->start_ns, f->end_ns, tally->state, tally->ns, tally->entries,
			            0,           0 };
		row.doubt = f->hidden.doubt > 0 ? (double)INFINITY : 0;
		row.percent = all ? (double)tally->ns / (double)all * 100 : 0;
		goes_on = states->row(states->ctx, &row);
	}
	states->count = 0;
	states->has_now = false;
	return goes_on && !states->err;
}

err_t retrieval_states(const retrieval_t *question, const edges_t *edges,
                       bool (*row)(void *ctx, const state_row_t *row), void *ctx)
{
	states_t states = { .row = row, .ctx = ctx };
	walk_watch_t watch = { &states, states_sample, states_piece };
	walk_spec_t spec = { .reader = question->reader,
		             .query = question->query,
		             .edges = edges,
		             .options = question->options,
		             .needs = NEED_SAMPLES,
		             .watch = &watch,
		             .bucket = states_bucket,
		             .ctx = &states,
		             .stats = question->stats };
	err_t err = walk_run(&spec);
	return err ? err : states.err;
}

typedef struct {
	const histogram_t *histogram;
	bool (*row)(void *ctx, const bucket_t *bucket, const histogram_t *histogram);
	void *ctx;
} counting_t;

static void count_sample(void *ctx, const knot_t *knot)
{
	const histogram_t *h = ((counting_t *)ctx)->histogram;
	size_t low = 0, high = h->count;
	if (!knot->ok)
		return;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (knot->number >= h->bounds[middle])
			low = middle + 1;
		else
			high = middle;
	}
	h->counts[low]++;
}

static bool count_bucket(void *ctx, const facts_t *f)
{
	counting_t *counting = ctx;
	const histogram_t *h = counting->histogram;
	bucket_t bucket = { .start_ns = f->start_ns,
		            .end_ns = f->end_ns,
		            .count = f->count,
		            .doubt = f->hidden.doubt };
	bool goes_on = counting->row(counting->ctx, &bucket, h);
	for (size_t i = 0; i <= h->count; i++)
		h->counts[i] = 0;
	return goes_on;
}

err_t retrieval_histogram(
	const retrieval_t *question, const edges_t *edges, const histogram_t *histogram,
	bool (*row)(void *ctx, const bucket_t *bucket, const histogram_t *histogram), void *ctx)
{
	counting_t counting = { histogram, row, ctx };
	walk_watch_t watch = { &counting, count_sample, NULL };
	walk_spec_t spec = { .reader = question->reader,
		             .query = question->query,
		             .edges = edges,
		             .options = question->options,
		             .needs = NEED_SAMPLES,
		             .watch = &watch,
		             .bucket = count_bucket,
		             .ctx = &counting,
		             .stats = question->stats };
	for (size_t i = 0; i + 1 < histogram->count; i++)
		if (!(histogram->bounds[i] < histogram->bounds[i + 1]))
			return ERR_INVALID;
	for (size_t i = 0; i <= histogram->count; i++)
		histogram->counts[i] = 0;
	return walk_run(&spec);
}
