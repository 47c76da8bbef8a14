/* SPDX-License-Identifier: Apache-2.0 */
#include "insight/silence.h"

/* What is kept of the sample before. */
typedef struct {
	int64_t ns;
	bool is_thinned; /* others beside it were left out */
} before_t;

/* A take under way. */
typedef struct {
	const silence_t *silence;
	const series_query_t *query;
	const series_taker_t *taker;
	bool has_before, is_stopped;
	before_t before;
} taking_t;

/* When a value ceased to hold; false: the next sample came in time. */
static bool ceases(const silence_t *silence, const before_t *before, const before_t *next,
                   int64_t *ret_ns)
{
	int64_t ns;
	if (silence->hold_ns <= 0 || before->is_thinned || next->is_thinned ||
	    __builtin_add_overflow(before->ns, silence->hold_ns, &ns) || ns >= next->ns)
		return false;
	*ret_ns = ns;
	return true;
}

static sample_t silent(point_id_t point, int64_t ns)
{
	return (sample_t){
		.point = point, .source = { ns }, .node = { ns }, .quality = QUALITY_NO_DATA
	};
}

/* Hands out the end of what held before `next`, if that lies in the range. */
static bool bridge(taking_t *taking, const before_t *next)
{
	int64_t ns;
	bool is_silent = taking->has_before &&
	                 ceases(taking->silence, &taking->before, next, &ns) &&
	                 ns >= taking->query->from_ns && ns < taking->query->to_ns;
	if (!is_silent)
		return true;
	sample_t sample = silent(taking->query->point, ns);
	taking->is_stopped = !taking->taker->row(taking->taker->ctx, &sample);
	return !taking->is_stopped;
}

static void pass(taking_t *taking, before_t last)
{
	taking->has_before = true;
	taking->before = last;
}

static bool on_row(void *ctx, const sample_t *sample)
{
	taking_t *taking = ctx;
	before_t here = { sample->source.ns, sample->bound > 0 };
	if (!bridge(taking, &here))
		return false;
	pass(taking, here);
	taking->is_stopped = !taking->taker->row(taking->taker->ctx, sample);
	return !taking->is_stopped;
}

static series_verdict_t on_summary(void *ctx, const summary_t *summary)
{
	taking_t *taking = ctx;
	bool is_thinned = summary->bound > 0;
	before_t first = { summary->first.ns, is_thinned }, last = { summary->last.ns, is_thinned };
	int64_t hold_ns = taking->silence->hold_ns;
	if (hold_ns > 0 && summary->gap_ns > hold_ns && !is_thinned)
		return SERIES_OPEN;
	if (!bridge(taking, &first))
		return SERIES_STOP;
	/* What was bridged is not bridged again when the summary is opened. */
	pass(taking, first);
	series_verdict_t verdict = taking->taker->summary(taking->taker->ctx, summary);
	if (verdict == SERIES_TAKEN)
		pass(taking, last);
	taking->is_stopped = verdict == SERIES_STOP;
	return verdict;
}

/* Those that follow each other in time. */
static size_t on_run(void *ctx, const series_run_t *run)
{
	taking_t *taking = ctx;
	size_t count = 0;
	int64_t ns;
	before_t before = taking->before;
	for (; count < run->count; count++) {
		before_t here = { run->source_ns[count], false };
		if ((count || taking->has_before) && ceases(taking->silence, &before, &here, &ns))
			break;
		before = here;
	}
	if (count == 0)
		return 0;
	series_run_t part = *run;
	part.count = count;
	size_t taken = taking->taker->run(taking->taker->ctx, &part);
	if (taken)
		pass(taking, (before_t){ run->source_ns[taken - 1], false });
	return taken;
}

/* The sample on one side of a time. ERR_NOT_FOUND: none. */
static err_t beside(const silence_t *silence, const series_nearest_t *like, bool is_after,
                    before_t *ret_sample)
{
	series_nearest_t ask = *like;
	sample_t sample;
	ask.is_after = is_after;
	ask.text = NULL;
	err_t err = silence->inner->nearest(silence->inner->ctx, &ask, &sample);
	if (!err)
		*ret_sample = (before_t){ sample.source.ns, sample.bound > 0 };
	return err;
}

static err_t silence_take(void *ctx, const series_query_t *query, const series_taker_t *taker)
{
	const silence_t *silence = ctx;
	taking_t taking = { .silence = silence, .query = query, .taker = taker };
	series_taker_t mine = { &taking, taker->summary ? on_summary : NULL, on_row,
		                taker->run ? on_run : NULL };
	series_nearest_t ask = { .point = query->point,
		                 .at_ns = query->from_ns,
		                 .known_at_ns = query->known_at_ns,
		                 .deadline_ns = query->deadline_ns };
	before_t next;
	err_t err = beside(silence, &ask, false, &taking.before);
	taking.has_before = !err;
	if (!err || err == ERR_NOT_FOUND)
		err = silence->inner->take(silence->inner->ctx, query, &mine);
	if (err || taking.is_stopped)
		return err;
	ask.at_ns = query->to_ns;
	err = beside(silence, &ask, true, &next);
	if (err)
		return err == ERR_NOT_FOUND ? ERR_OK : err;
	(void)bridge(&taking, &next);
	return ERR_OK;
}

static err_t silence_nearest(void *ctx, const series_nearest_t *ask, sample_t *ret_sample)
{
	const silence_t *silence = ctx;
	before_t before, next;
	int64_t ns;
	err_t err = ask->is_usable_only ? ERR_NOT_FOUND : beside(silence, ask, false, &before);
	if (!err)
		err = beside(silence, ask, true, &next);
	if (err && err != ERR_NOT_FOUND)
		return err;
	bool is_silent = !err && ceases(silence, &before, &next, &ns) &&
	                 (ask->is_after ? ns >= ask->at_ns : ns < ask->at_ns);
	if (!is_silent)
		return silence->inner->nearest(silence->inner->ctx, ask, ret_sample);
	*ret_sample = silent(ask->point, ns);
	return ERR_OK;
}

static err_t silence_last(void *ctx, const point_id_t *points, size_t count,
                          bool (*row)(void *row_ctx, const sample_t *sample), void *row_ctx)
{
	const silence_t *silence = ctx;
	return silence->inner->last(silence->inner->ctx, points, count, row, row_ctx);
}

series_reader_t silence_reader(silence_t *silence)
{
	return (series_reader_t){ .ctx = silence,
		                  .take = silence_take,
		                  .nearest = silence_nearest,
		                  .last = silence_last };
}
