/* SPDX-License-Identifier: Apache-2.0 */
#include "query/promql/read.h"

/* What nanoseconds can say. */
#define MS_MAX INT64_C(9200000000000)

typedef struct {
	eval_t *ev;
	const sink_t *sink;
} reading_t;

static int64_t ns_of(int64_t ms)
{
	int64_t kept = ms < -MS_MAX ? -MS_MAX : ms > MS_MAX ? MS_MAX : ms;
	return kept * NS_PER_MS;
}

static point_t point_of_sample(const sample_t *sample)
{
	return point_of(&(summary_end_t){ .ns = sample->source.ns,
	                                  .bits = value_bits(&sample->value),
	                                  .type = (uint8_t)sample->value.type,
	                                  .quality = (uint8_t)sample->quality });
}

static bool on_row(void *ctx, const sample_t *sample)
{
	const reading_t *reading = ctx;
	reading->ev->tally.samples++;
	reading->ev->tally.thinned += sample->bound > 0;
	return reading->sink->point(reading->sink->ctx, point_of_sample(sample));
}

static series_verdict_t on_summary(void *ctx, const summary_t *summary)
{
	const reading_t *reading = ctx;
	series_verdict_t verdict = reading->sink->summary(reading->sink->ctx, summary);
	reading->ev->tally.summaries += verdict == SERIES_TAKEN;
	return verdict;
}

err_t read_span(eval_t *ev, point_id_t point, span_t span, const sink_t *sink)
{
	const series_reader_t *reader = ev->ask->reader;
	reading_t reading = { ev, sink };
	series_query_t query = { .point = point,
		                 .from_ns = ns_of(span.from_ms),
		                 .to_ns = ns_of(span.to_ms + 1),
		                 .step_ns = ns_of(span.step_ms),
		                 .deadline_ns = ev->ask->deadline_ns };
	series_taker_t taker = { .ctx = &reading,
		                 .summary = sink->summary ? on_summary : NULL,
		                 .row = on_row };
	if (query.from_ns >= query.to_ns)
		return ERR_OK;
	return reader->take(reader->ctx, &query, &taker);
}

err_t read_newest(eval_t *ev, point_id_t point, span_t span, point_t *ret_point)
{
	const series_reader_t *reader = ev->ask->reader;
	sample_t sample;
	series_nearest_t ask = { .point = point,
		                 .at_ns = ns_of(span.to_ms + 1),
		                 .deadline_ns = ev->ask->deadline_ns };
	err_t err = reader->nearest(reader->ctx, &ask, &sample);
	*ret_point = (point_t){ span.from_ms, absent() };
	if (err)
		return err == ERR_NOT_FOUND ? ERR_OK : err;
	ev->tally.samples++;
	ev->tally.thinned += sample.bound > 0;
	point_t found = point_of_sample(&sample);
	if (found.ms >= span.from_ms)
		*ret_point = found;
	return ERR_OK;
}
