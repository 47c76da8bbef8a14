/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RETRIEVAL_FAKE_TEST_H
#define RETRIEVAL_FAKE_TEST_H
/* A reader of one point over an array in time order, with summaries of runs of runs. */
#include <math.h>
#include <stdlib.h>

#include "model/series.h"

enum { FAKE_ROWS_MAX = 4096, FAKE_LEVELS = 3, FAKE_NOTES_MAX = 8 };

typedef struct {
	sample_t rows[FAKE_ROWS_MAX];
	bool left_out[FAKE_ROWS_MAX]; /* of the store's samples, not of its summaries */
	size_t count;
	size_t fan;                    /* rows of a run, runs of a run above */
	bool cuts;                     /* also offers what lies between the edges of a query */
	int64_t notes[FAKE_NOTES_MAX]; /* when annotations begin, ascending */
	size_t note_count;
	int64_t from, step; /* of the query under way */
	uint64_t taken, shown, run_rows;
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

static series_verdict_t fake_offer(fake_t *fake, const series_taker_t *taker, size_t from,
                                   size_t to)
{
	summary_t s = fake_summary(fake, from, to);
	series_verdict_t verdict = taker->summary(taker->ctx, &s);
	fake->shown++;
	fake->taken += verdict == SERIES_TAKEN;
	return verdict;
}

/* Where the rows of the bucket of `from` end. */
static size_t fake_part(const fake_t *fake, size_t from, size_t to)
{
	size_t end = from;
	int64_t bucket = (fake->rows[from].source.ns - fake->from) / fake->step;
	while (end < to && (fake->rows[end].source.ns - fake->from) / fake->step == bucket)
		end++;
	return end;
}

static bool fake_is_plain(const fake_t *fake, size_t i)
{
	const sample_t *row = &fake->rows[i];
	return !fake->left_out[i] && row->quality == QUALITY_OK && !row->is_late &&
	       !(row->bound > 0) && row->value.type == VALUE_F64 && isfinite(row->value.as.f);
}

/* Offers the rows that may come as numbers; how many were taken so. */
static size_t fake_run(fake_t *fake, const series_taker_t *taker, const size_t range[2])
{
	enum { NUMBERS_MAX = 50 };
	int64_t source_ns[NUMBERS_MAX];
	double numbers[NUMBERS_MAX];
	size_t n = 0;
	for (size_t i = range[0]; i < range[1] && n < NUMBERS_MAX && fake_is_plain(fake, i); i++) {
		source_ns[n] = fake->rows[i].source.ns;
		numbers[n++] = fake->rows[i].value.as.f;
	}
	series_run_t offer = { n, source_ns, numbers, VALUE_F64 };
	size_t taken = n && taker->run ? taker->run(taker->ctx, &offer) : 0;
	fake->run_rows += taken;
	return taken;
}

static bool fake_level(fake_t *fake, const series_taker_t *taker, size_t run, size_t range[2]);

/* Opens what begins at `from`: the part of one bucket, runs below, or the row. */
static bool fake_open(fake_t *fake, const series_taker_t *taker, size_t run, size_t range[2])
{
	size_t from = range[0], end = from / run * run + run;
	size_t below[2] = { from, end < range[1] ? end : range[1] };
	range[0] = below[1];
	if (run == 1)
		return fake->left_out[from] || taker->row(taker->ctx, &fake->rows[from]);
	if (fake->cuts && fake->step && taker->summary && run == fake->fan) {
		size_t part = fake_part(fake, from, below[1]);
		series_verdict_t verdict = fake_offer(fake, taker, from, part);
		if (verdict == SERIES_TAKEN)
			range[0] = part;
		if (verdict != SERIES_OPEN)
			return verdict == SERIES_TAKEN;
	}
	return fake_level(fake, taker, run / fake->fan, below);
}

/* The runs of one level that lie in [from, to), else those below, else the rows. */
static bool fake_level(fake_t *fake, const series_taker_t *taker, size_t run, size_t range[2])
{
	while (range[0] < range[1]) {
		if (run == 1)
			range[0] += fake_run(fake, taker, range);
		if (range[0] == range[1])
			break;
		size_t from = range[0], to = from + run;
		series_verdict_t verdict = SERIES_OPEN;
		if (from % run == 0 && to <= range[1] && run > 1 && taker->summary)
			verdict = fake_offer(fake, taker, from, to);
		if (verdict == SERIES_TAKEN)
			range[0] = to;
		if (verdict == SERIES_STOP ||
		    (verdict == SERIES_OPEN && !fake_open(fake, taker, run, range)))
			return false;
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
	fake->from = query->from_ns;
	fake->step = query->step_ns;
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
		if (fake->left_out[row - fake->rows] || (ask->is_usable_only && !fake_usable(row)))
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
	     i < fake->count && fake->rows[i].source.ns < query->to_ns && left; i++)
		if (!fake->left_out[i] && (left--, !row(row_ctx, &fake->rows[i])))
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

MUST_CHECK static err_t fake_annotations(void *ctx, const series_query_t *query,
                                         int64_t **ret_begins_ns, size_t *ret_count)
{
	const fake_t *fake = ctx;
	*ret_begins_ns = calloc(FAKE_NOTES_MAX, sizeof(**ret_begins_ns));
	*ret_count = 0;
	for (size_t i = 0; *ret_begins_ns && i < fake->note_count; i++)
		if (fake->notes[i] >= query->from_ns && fake->notes[i] < query->to_ns)
			(*ret_begins_ns)[(*ret_count)++] = fake->notes[i];
	return *ret_begins_ns ? ERR_OK : ERR_NO_MEMORY;
}

series_reader_t fake_reader(fake_t *fake)
{
	return (series_reader_t){ .ctx = fake,
		                  .raw = fake_raw,
		                  .take = fake_take,
		                  .nearest = fake_nearest,
		                  .last = fake_last,
		                  .annotations = fake_annotations };
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
