/* SPDX-License-Identifier: Apache-2.0 */
/* Questions: what is to be read is borrowed under the mutex and read without it. */
#include <stdlib.h>

#include "historian/digest.h"
#include "historian/scan.h"
#include "historian/state.h"

enum { LIMIT_DEFAULT = 1000000 };

typedef struct {
	shelf_item_t **segments;
	size_t segment_count;
	rowset_t rows;
	edit_span_t *edits;
	size_t edit_count;
} view_t;

static err_t view_take(historian_t *h, const series_query_t *query, view_t *ret_view)
{
	view_t view = { 0 };
	memory_range_t range = { query->point, query->from_ns, query->to_ns };
	env_lock(h->mutex);
	view.segments = calloc(h->shelf.count + 1, sizeof(shelf_item_t *));
	err_t err = view.segments ? memory_copy(h->table, &range, &view.rows) : ERR_NO_MEMORY;
	if (!err)
		err = edits_spans(&h->edits, query, &view.edits, &view.edit_count);
	if (!err)
		view.segment_count = shelf_borrow(&h->shelf, query->from_ns, query->to_ns,
		                                  view.segments);
	env_unlock(h->mutex);
	if (err) {
		free(view.segments);
		rowset_free(&view.rows);
	} else {
		*ret_view = view;
	}
	return err;
}

static void view_return(historian_t *h, view_t *view)
{
	env_lock(h->mutex);
	for (size_t i = 0; i < view->segment_count; i++)
		shelf_return(view->segments[i]);
	env_unlock(h->mutex);
	free(view->segments);
	free(view->edits);
	rowset_free(&view->rows);
}

err_t historian_ask(historian_t *h, const series_query_t *query, const scan_taker_t *taker)
{
	view_t view;
	if (query->to_ns <= query->from_ns)
		return ERR_INVALID;
	err_t err = view_take(h, query, &view);
	if (err)
		return err;
	rows_t memory = rowset_rows(&view.rows);
	scan_spec_t spec = {
		.env = h->env,
		.query = query,
		.segments = view.segments,
		.segment_count = view.segment_count,
		.memory = &memory,
		.edits = view.edits,
		.edit_count = view.edit_count,
	};
	err = scan_run(&spec, taker);
	view_return(h, &view);
	return err;
}

typedef struct {
	point_id_t point;
	size_t left;
	bool (*row)(void *ctx, const sample_t *sample);
	void *ctx;
} raw_taker_t;

static bool raw_rows(void *ctx, const rows_t *rows)
{
	raw_taker_t *taker = ctx;
	for (size_t i = 0; i < rows->count; i++) {
		sample_t sample = rows_sample(rows, i, taker->point);
		if (!taker->row(taker->ctx, &sample) || --taker->left == 0)
			return false;
	}
	return true;
}

static err_t reader_raw(void *ctx, const series_query_t *query,
                        bool (*row)(void *row_ctx, const sample_t *sample), void *row_ctx)
{
	raw_taker_t raw = { query->point, query->limit ? query->limit : LIMIT_DEFAULT, row,
		            row_ctx };
	return historian_ask(ctx, query, &(scan_taker_t){ .ctx = &raw, .rows = raw_rows });
}

typedef struct {
	const series_query_t *query;
	const series_taker_t *taker;
} run_taker_t;

static series_verdict_t run_summary(void *ctx, const summary_t *summary)
{
	run_taker_t *run = ctx;
	return run->taker->summary(run->taker->ctx, summary);
}

static bool run_sample(const run_taker_t *run, const rows_t *rows, size_t i)
{
	sample_t sample = rows_sample(rows, i, run->query->point);
	return run->taker->row(run->taker->ctx, &sample);
}

/* So few that one that is odd leaves most of the others plain. */
enum { RUN_ROWS_MAX = 128 };

/* As numbers; all are plain. */
static bool run_numbers(const run_taker_t *run, const rows_t *rows, const double *numbers)
{
	for (size_t at = 0; at < rows->count; at++) {
		series_run_t rest = { rows->count - at, rows->source_ns + at, numbers + at,
			              rows->type[0] };
		at += run->taker->run(run->taker->ctx, &rest);
		if (at < rows->count && !run_sample(run, rows, at))
			return false;
	}
	return true;
}

static bool has_late(const rows_t *rows)
{
	for (size_t i = 0; i < rows->count; i++)
		if (rows->mark[i] & MARK_LATE)
			return true;
	return false;
}

static bool run_each(const run_taker_t *run, const rows_t *rows)
{
	for (size_t i = 0; i < rows->count; i++)
		if (!run_sample(run, rows, i))
			return false;
	return true;
}

static bool run_few(const run_taker_t *run, const rows_t *rows)
{
	double numbers[RUN_ROWS_MAX];
	if (run->taker->run && rows->bound <= 0 && rows_plain(rows, numbers) && !has_late(rows))
		return run_numbers(run, rows, numbers);
	return run_each(run, rows);
}

static bool run_samples(const run_taker_t *run, const rows_t *rows)
{
	bool goes_on = true;
	for (size_t from = 0; goes_on && from < rows->count; from += RUN_ROWS_MAX) {
		size_t left = rows->count - from;
		rows_t few = rows_part(rows, from,
		                       from + (left < RUN_ROWS_MAX ? left : RUN_ROWS_MAX));
		goes_on = run_few(run, &few);
	}
	return goes_on;
}

/* Summing up fewer costs more than handing them out. */
enum { PART_ROWS_MIN = 8 };

static bool run_part(const run_taker_t *run, const rows_t *part)
{
	if (part->count < PART_ROWS_MIN)
		return run_samples(run, part);
	summary_t summary = digest_rows(part);
	series_verdict_t verdict = run->taker->summary(run->taker->ctx, &summary);
	return verdict == SERIES_OPEN ? run_samples(run, part) : verdict == SERIES_TAKEN;
}

/* Where the bucket that holds `ns` ends; the end of time when that overflows. */
static int64_t bucket_end(const series_query_t *query, int64_t ns)
{
	uint64_t step = (uint64_t)query->step_ns, into = (uint64_t)ns - (uint64_t)query->from_ns;
	int64_t end;
	return __builtin_add_overflow(ns, (int64_t)(step - into % step), &end) ? INT64_MAX : end;
}

/* Summaries of at most a block of rows, each within one bucket. */
static bool run_parts(const run_taker_t *run, const rows_t *rows)
{
	bool goes_on = true;
	for (size_t from = 0, to; goes_on && from < rows->count; from = to) {
		size_t most = rows->count - from;
		rows_t rest = rows_part(rows, from,
		                        from + (most < DIGEST_ROWS_MAX ? most : DIGEST_ROWS_MAX));
		to = from + rows_before(&rest, 0, bucket_end(run->query, rest.source_ns[0]));
		rows_t part = rows_part(rows, from, to);
		goes_on = run_part(run, &part);
	}
	return goes_on;
}

/* Whether there are enough of them for a bucket to be summed up. */
static bool fill_buckets(const run_taker_t *run, const rows_t *rows)
{
	int64_t step_ns = run->query->step_ns;
	uint64_t span = (uint64_t)rows->source_ns[rows->count - 1] - (uint64_t)rows->source_ns[0];
	return step_ns > 0 && span / (uint64_t)step_ns < rows->count / PART_ROWS_MIN;
}

static bool run_rows(void *ctx, const rows_t *rows)
{
	const run_taker_t *run = ctx;
	bool has_parts = run->taker->summary && !(rows->bound > 0) && fill_buckets(run, rows);
	return has_parts ? run_parts(run, rows) : run_samples(run, rows);
}

static err_t reader_take(void *ctx, const series_query_t *query, const series_taker_t *taker)
{
	run_taker_t run = { query, taker };
	scan_taker_t scan = { .ctx = &run,
		              .summary = taker->summary ? run_summary : NULL,
		              .rows = run_rows };
	return historian_ask(ctx, query, &scan);
}

series_reader_t historian_reader(historian_t *historian)
{
	return (series_reader_t){
		.ctx = historian,
		.raw = reader_raw,
		.take = reader_take,
		.nearest = historian_nearest,
		.last = historian_last,
		.annotations = historian_annotations,
	};
}
