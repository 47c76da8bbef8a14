/* SPDX-License-Identifier: Apache-2.0 */
/* Answers sample by sample. */
#include <math.h>
#include <stdlib.h>

#include "retrieval/retrieval.h"

typedef struct {
	const retrieval_t *question;
	const retrieval_sink_t *sink;
	bool stopped;
} telling_t;

static bool tell(telling_t *telling, const retrieval_row_t *row)
{
	telling->stopped = !telling->sink->row(telling->sink->ctx, row);
	return !telling->stopped;
}

static status_t status_of(const sample_t *sample)
{
	knot_t knot = facts_knot(sample->source.ns, sample);
	bool is_text = sample->value.type == VALUE_TEXT;
	return (is_text ? quality_info(sample->quality)->opcua : facts_status(&knot)) | STATUS_RAW;
}

static bool tell_sample(void *ctx, const sample_t *sample)
{
	telling_t *telling = ctx;
	retrieval_row_t row = { sample->source.ns, sample->value, status_of(sample),
		                sample->bound };
	telling->question->stats->samples++;
	return tell(telling, &row);
}

static err_t find_nearest(const retrieval_t *question, int64_t at_ns, bool is_after,
                          sample_t *ret_sample)
{
	series_nearest_t ask = { .point = question->query.point,
		                 .at_ns = at_ns,
		                 .is_after = is_after,
		                 .known_at_ns = question->query.known_at_ns,
		                 .deadline_ns = question->query.deadline_ns };
	question->stats->asked++;
	return question->reader->nearest(question->reader->ctx, &ask, ret_sample);
}

static err_t none_is_well(err_t err)
{
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

/* Whether a sample stands at the start, which then is its own bound. */
static err_t has_own_bound(const retrieval_t *question, int64_t at_ns, bool *ret_has)
{
	sample_t sample;
	err_t err = find_nearest(question, at_ns, true, &sample);
	*ret_has = !err && sample.source.ns == at_ns;
	return none_is_well(err);
}

static err_t tell_bound(telling_t *telling, const retrieval_range_t *range, bool is_end)
{
	sample_t sample;
	const retrieval_t *question = telling->question;
	int64_t at_ns = is_end ? range->to_ns : range->from_ns;
	bool has_own = false;
	if (telling->stopped || range->bounds == BOUNDS_INSIDE)
		return ERR_OK;
	err_t err = is_end ? ERR_OK : has_own_bound(question, at_ns, &has_own);
	if (err || has_own)
		return err;
	if (range->bounds == BOUNDS_INTERPOLATED)
		return retrieval_at(question, &at_ns, 1, telling->sink);
	err = find_nearest(question, at_ns, is_end, &sample);
	if (!err)
		(void)tell_sample(telling, &sample);
	return none_is_well(err);
}

err_t retrieval_raw(const retrieval_t *question, const retrieval_range_t *range,
                    const retrieval_sink_t *sink)
{
	telling_t telling = { .question = question, .sink = sink };
	series_query_t query = question->query;
	query.from_ns = range->from_ns;
	query.to_ns = range->to_ns;
	query.limit = SIZE_MAX;
	if (range->from_ns >= range->to_ns)
		return ERR_INVALID;
	err_t err = tell_bound(&telling, range, false);
	question->stats->asked++;
	if (!err && !telling.stopped)
		err = question->reader->raw(question->reader->ctx, &query, tell_sample, &telling);
	return err ? err : tell_bound(&telling, range, true);
}

typedef struct {
	telling_t telling;
	double deadband;
	bool has_last;
	double number;
	quality_class_t class;
} delta_t;

static bool is_change(const delta_t *delta, const knot_t *knot)
{
	if (!delta->has_last || delta->class != (quality_class_t)knot->class)
		return true;
	return knot->class != QUALITY_BAD && fabs(knot->number - delta->number) > delta->deadband;
}

static bool delta_row(void *ctx, const sample_t *sample)
{
	delta_t *delta = ctx;
	knot_t knot = facts_knot(sample->source.ns, sample);
	if (!is_change(delta, &knot))
		return true;
	delta->has_last = true;
	delta->number = knot.number;
	delta->class = (quality_class_t)knot.class;
	return tell_sample(&delta->telling, sample);
}

/* Runs of good samples that stay within the deadband are passed over. */
static series_verdict_t delta_summary(void *ctx, const summary_t *s)
{
	delta_t *delta = ctx;
	bool is_still = delta->has_last && delta->class == QUALITY_GOOD && !s->bad &&
	                !s->uncertain && fabs(s->min - delta->number) <= delta->deadband &&
	                fabs(s->max - delta->number) <= delta->deadband;
	delta->telling.question->stats->summaries += is_still;
	return is_still ? SERIES_TAKEN : SERIES_OPEN;
}

err_t retrieval_delta(const retrieval_t *question, const retrieval_range_t *range,
                      const retrieval_sink_t *sink)
{
	delta_t delta = { .telling = { .question = question, .sink = sink },
		          .deadband = range->deadband };
	series_taker_t taker = { .ctx = &delta,
		                 .summary = question->options->no_summaries ? NULL : delta_summary,
		                 .row = delta_row };
	series_query_t query = question->query;
	query.from_ns = range->from_ns;
	query.to_ns = range->to_ns;
	if (range->from_ns >= range->to_ns || !(range->deadband >= 0))
		return ERR_INVALID;
	question->stats->asked++;
	return question->reader->take(question->reader->ctx, &query, &taker);
}

static int by_time(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

static bool at_bucket(void *ctx, const facts_t *facts)
{
	telling_t *telling = ctx;
	retrieval_row_t row = { .ns = facts->start_ns,
		                .status = facts->here.status,
		                .doubt = facts->here.doubt };
	if (row.status != STATUS_BAD_NO_DATA)
		row.value = value_f64(facts->here.value);
	return tell(telling, &row);
}

/* Sorted, each once; how many. */
static size_t order(int64_t *times, size_t count)
{
	size_t n = 0;
	qsort(times, count, sizeof(*times), by_time);
	for (size_t i = 0; i < count; i++)
		if (n == 0 || times[n - 1] != times[i])
			times[n++] = times[i];
	return n;
}

err_t retrieval_each(const retrieval_t *question, const edges_t *edges,
                     const retrieval_sink_t *sink)
{
	telling_t telling = { .question = question, .sink = sink };
	walk_spec_t spec = { .reader = question->reader,
		             .query = question->query,
		             .edges = edges,
		             .options = question->options,
		             .needs = NEED_HERE,
		             .bucket = at_bucket,
		             .ctx = &telling,
		             .stats = question->stats };
	return walk_run(&spec);
}

/* Each time begins a bucket; the last one has the length of the clock's unit. */
err_t retrieval_at(const retrieval_t *question, int64_t *times, size_t count,
                   const retrieval_sink_t *sink)
{
	edges_t edges;
	if (count == 0 || count > RETRIEVAL_TIMES_MAX)
		return ERR_INVALID;
	size_t n = order(times, count);
	if (times[n - 1] == INT64_MAX)
		return ERR_INVALID;
	int64_t *list = malloc((n + 1) * sizeof(*list));
	if (!list)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < n; i++)
		list[i] = times[i];
	list[n] = times[n - 1] + 1;
	err_t err = edges_listed(list, n, &edges);
	if (!err)
		err = retrieval_each(question, &edges, sink);
	free(list);
	return err;
}

typedef struct {
	telling_t telling;
	retrieval_row_t rows[5];
	size_t count;
} plot_t;

/* Into its place by time, once. */
static void plot_put(plot_t *plot, const retrieval_row_t *row)
{
	size_t i = 0;
	while (i < plot->count && plot->rows[i].ns <= row->ns) {
		if (plot->rows[i].ns == row->ns && value_eq(&plot->rows[i].value, &row->value))
			return;
		i++;
	}
	for (size_t k = plot->count++; k > i; k--)
		plot->rows[k] = plot->rows[k - 1];
	plot->rows[i] = *row;
}

static void plot_number(plot_t *plot, int64_t ns, double number, double doubt)
{
	retrieval_row_t row = { ns, value_f64(number), STATUS_GOOD | STATUS_RAW, doubt };
	plot_put(plot, &row);
}

static bool plot_bucket(void *ctx, const facts_t *f)
{
	plot_t *plot = ctx;
	plot->count = 0;
	if (f->ok) {
		plot_number(plot, f->first_ok.ns, f->first_ok.number, f->hidden.doubt);
		plot_number(plot, f->last_ok.ns, f->last_ok.number, f->hidden.doubt);
		plot_number(plot, f->low[0].ns, f->low[0].value, f->hidden.doubt);
		plot_number(plot, f->high[0].ns, f->high[0].value, f->hidden.doubt);
	}
	if (f->worst.times && f->worst.class == QUALITY_BAD) {
		retrieval_row_t gap = { .ns = f->worst.ns, .status = f->worst.status | STATUS_RAW };
		plot_put(plot, &gap);
	}
	for (size_t i = 0; i < plot->count && !plot->telling.stopped; i++)
		(void)tell(&plot->telling, &plot->rows[i]);
	return !plot->telling.stopped;
}

err_t retrieval_plot(const retrieval_t *question, const edges_t *edges,
                     const retrieval_sink_t *sink)
{
	plot_t plot = { .telling = { .question = question, .sink = sink } };
	retrieval_options_t options = *question->options;
	options.uncertain_is_bad = false;
	walk_spec_t spec = { .reader = question->reader,
		             .query = question->query,
		             .edges = edges,
		             .options = &options,
		             .needs = NEED_WORST | NEED_EXTREMES,
		             .bucket = plot_bucket,
		             .ctx = &plot,
		             .stats = question->stats };
	return walk_run(&spec);
}
