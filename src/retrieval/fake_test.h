/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RETRIEVAL_FAKE_TEST_H
#define RETRIEVAL_FAKE_TEST_H
/* A reader of one point over an array in time order, with summaries of runs of runs. */
#include "model/series.h"

enum { FAKE_ROWS_MAX = 4096, FAKE_LEVELS = 3 };

typedef struct {
	sample_t rows[FAKE_ROWS_MAX];
	size_t count;
	size_t fan; /* rows of a run, runs of a run above */
	uint64_t taken, shown;
} fake_t;

series_reader_t fake_reader(fake_t *fake);
/* A good sample of a number. */
sample_t fake_sample(int64_t ns, double number, quality_t quality);
void fake_add(fake_t *fake, int64_t ns, double number, quality_t quality);

static size_t fake_lower(const fake_t *fake, int64_t ns)
{
	size_t i = 0;
	while (i < fake->count && fake->rows[i].source.ns < ns)
		i++;
	return i;
}

static summary_t fake_summary(const fake_t *fake, size_t from, size_t to)
{
	summary_t s = { 0 };
	for (size_t i = from; i < to; i++) {
		const sample_t *row = &fake->rows[i];
		summary_end_t end = { row->source.ns, value_bits(&row->value),
			              (uint8_t)row->value.type, (uint8_t)row->quality };
		summary_add(&s, &end, row->is_late);
	}
	return s;
}

/* The runs of one level that lie in [from, to), else those below, else the rows. */
static bool fake_level(fake_t *fake, const series_taker_t *taker, size_t run, size_t range[2])
{
	while (range[0] < range[1]) {
		size_t from = range[0], to = from + run;
		bool is_whole = from % run == 0 && to <= range[1] && run > 1 && taker->summary;
		series_verdict_t verdict = SERIES_OPEN;
		if (is_whole) {
			summary_t s = fake_summary(fake, from, to);
			fake->shown++;
			verdict = taker->summary(taker->ctx, &s);
			fake->taken += verdict == SERIES_TAKEN;
		}
		if (verdict == SERIES_STOP)
			return false;
		if (verdict == SERIES_TAKEN) {
			range[0] = to;
			continue;
		}
		size_t end = from / run * run + run;
		size_t below[2] = { from, end < range[1] ? end : range[1] };
		if (run == 1 && !taker->row(taker->ctx, &fake->rows[from]))
			return false;
		if (run > 1 && !fake_level(fake, taker, run / fake->fan, below))
			return false;
		range[0] = run == 1 ? from + 1 : below[1];
	}
	return true;
}

MUST_CHECK static err_t fake_take(void *ctx, const series_query_t *query,
                                  const series_taker_t *taker)
{
	fake_t *fake = ctx;
	size_t top = 1;
	for (size_t i = 0; i < FAKE_LEVELS; i++)
		top *= fake->fan;
	size_t range[2] = { fake_lower(fake, query->from_ns), fake_lower(fake, query->to_ns) };
	(void)fake_level(fake, taker, top, range);
	return ERR_OK;
}

static bool fake_usable(const sample_t *row)
{
	double number;
	return summary_usable((uint8_t)row->value.type, (uint8_t)row->quality,
	                      value_bits(&row->value), &number);
}

MUST_CHECK static err_t fake_nearest(void *ctx, const series_nearest_t *ask, sample_t *ret_sample)
{
	fake_t *fake = ctx;
	size_t at = fake_lower(fake, ask->at_ns);
	while (ask->is_after ? at < fake->count : at > 0) {
		const sample_t *row = &fake->rows[ask->is_after ? at++ : --at];
		if (ask->is_usable_only && !fake_usable(row))
			continue;
		*ret_sample = *row;
		return ERR_OK;
	}
	return ERR_NOT_FOUND;
}

MUST_CHECK static err_t fake_raw(void *ctx, const series_query_t *query,
                                 bool (*row)(void *row_ctx, const sample_t *sample), void *row_ctx)
{
	fake_t *fake = ctx;
	size_t left = query->limit ? query->limit : SIZE_MAX;
	for (size_t i = fake_lower(fake, query->from_ns);
	     i < fake->count && fake->rows[i].source.ns < query->to_ns && left; i++, left--)
		if (!row(row_ctx, &fake->rows[i]))
			break;
	return ERR_OK;
}

MUST_CHECK static err_t fake_last(void *ctx, const point_id_t *points, size_t count,
                                  bool (*row)(void *row_ctx, const sample_t *sample), void *row_ctx)
{
	fake_t *fake = ctx;
	for (size_t i = 0; i < count; i++)
		if (points[i] == 1 && fake->count && !row(row_ctx, &fake->rows[fake->count - 1]))
			break;
	return ERR_OK;
}

series_reader_t fake_reader(fake_t *fake)
{
	return (series_reader_t){ .ctx = fake,
		                  .raw = fake_raw,
		                  .take = fake_take,
		                  .nearest = fake_nearest,
		                  .last = fake_last };
}

sample_t fake_sample(int64_t ns, double number, quality_t quality)
{
	return (sample_t){ .point = 1,
		           .source = { ns },
		           .node = { ns },
		           .value = value_f64(number),
		           .quality = quality };
}

void fake_add(fake_t *fake, int64_t ns, double number, quality_t quality)
{
	fake->rows[fake->count++] = fake_sample(ns, number, quality);
}
#endif
