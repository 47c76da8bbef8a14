/* SPDX-License-Identifier: Apache-2.0 */
/* Questions: what is to be read is borrowed under the mutex and read without it. */
#include <stdlib.h>

#include "historian/aggregate.h"
#include "historian/scan.h"
#include "historian/state.h"

typedef struct {
	shelf_item_t **segments;
	size_t segment_count;
	block_row_t *rows;
	size_t row_count;
} view_t;

static err_t view_take(historian_t *h, const series_query_t *query, view_t *ret_view)
{
	view_t view = { 0 };
	memory_range_t range = { query->point, query->from_ns, query->to_ns };
	env_lock(h->mutex);
	view.segments = calloc(h->shelf.count + 1, sizeof(shelf_item_t *));
	err_t err = !view.segments ? ERR_NO_MEMORY
	                           : memory_copy(h->table, &range, &view.rows, &view.row_count);
	if (!err)
		view.segment_count = shelf_borrow(&h->shelf, query->from_ns, query->to_ns,
		                                  view.segments);
	env_unlock(h->mutex);
	if (err)
		free(view.segments);
	else
		*ret_view = view;
	return err;
}

static void view_return(historian_t *h, view_t *view)
{
	env_lock(h->mutex);
	for (size_t i = 0; i < view->segment_count; i++)
		shelf_return(view->segments[i]);
	env_unlock(h->mutex);
	free(view->segments);
	free(view->rows);
}

static err_t ask(historian_t *h, const series_query_t *query,
                 bool (*row)(void *, const block_row_t *), void *ctx)
{
	view_t view;
	err_t err = view_take(h, query, &view);
	if (err)
		return err;
	scan_spec_t spec = {
		.env = h->env,
		.query = query,
		.segments = view.segments,
		.segment_count = view.segment_count,
		.memory = view.rows,
		.memory_count = view.row_count,
	};
	err = scan_run(&spec, row, ctx);
	view_return(h, &view);
	return err;
}

typedef struct {
	point_id_t point;
	bool (*row)(void *ctx, const sample_t *sample);
	void *ctx;
} raw_taker_t;

static sample_t sample_of_row(point_id_t point, const block_row_t *row)
{
	return (sample_t){
		.point = point,
		.source = { row->source_ns },
		.node = { row->node_ns },
		.value = value_from_bits((value_type_t)row->type, row->bits),
		.quality = (quality_t)row->quality,
	};
}

static bool raw_row(void *ctx, const block_row_t *row)
{
	raw_taker_t *taker = ctx;
	sample_t sample = sample_of_row(taker->point, row);
	return taker->row(taker->ctx, &sample);
}

static err_t reader_raw(void *ctx, const series_query_t *query,
                        bool (*row)(void *row_ctx, const sample_t *sample), void *row_ctx)
{
	raw_taker_t taker = { .point = query->point, .row = row, .ctx = row_ctx };
	return query->to_ns <= query->from_ns ? ERR_INVALID : ask(ctx, query, raw_row, &taker);
}

static bool bucket_row(void *ctx, const block_row_t *row)
{
	return aggregate_add(ctx, row);
}

static err_t reader_buckets(void *ctx, const series_query_t *query,
                            bool (*row)(void *row_ctx, const series_bucket_t *bucket),
                            void *row_ctx)
{
	aggregate_t aggregate;
	series_query_t all = *query;
	err_t err = aggregate_begin(&aggregate, query, row, row_ctx);
	if (err)
		return err;
	all.limit = SIZE_MAX;
	err = ask(ctx, &all, bucket_row, &aggregate);
	if (!err)
		aggregate_end(&aggregate);
	return err;
}

typedef struct {
	point_id_t point;
	const series_taker_t *taker;
} run_taker_t;

static bool run_row(void *ctx, const block_row_t *row)
{
	run_taker_t *run = ctx;
	sample_t sample = sample_of_row(run->point, row);
	return run->taker->row(run->taker->ctx, &sample);
}

/* Every row by itself: a taker of summaries must take samples anyway. */
static err_t reader_take(void *ctx, const series_query_t *query, const series_taker_t *taker)
{
	run_taker_t run = { query->point, taker };
	series_query_t all = *query;
	all.limit = SIZE_MAX;
	return query->to_ns <= query->from_ns ? ERR_INVALID : ask(ctx, &all, run_row, &run);
}

typedef struct {
	const series_nearest_t *ask;
	bool found;
	block_row_t row;
} nearest_t;

static bool nearest_row(void *ctx, const block_row_t *row)
{
	nearest_t *nearest = ctx;
	double number;
	if (nearest->ask->is_usable_only &&
	    !summary_usable(row->type, row->quality, row->bits, &number))
		return true;
	nearest->found = true;
	nearest->row = *row;
	return !nearest->ask->is_after;
}

static err_t look(historian_t *h, nearest_t *nearest, int64_t from_ns, int64_t to_ns)
{
	series_query_t query = { .point = nearest->ask->point,
		                 .from_ns = from_ns,
		                 .to_ns = to_ns,
		                 .known_at_ns = nearest->ask->known_at_ns,
		                 .limit = SIZE_MAX,
		                 .deadline_ns = nearest->ask->deadline_ns };
	return from_ns < to_ns ? ask(h, &query, nearest_row, nearest) : ERR_OK;
}

/* Looks back in spans that double, so that a point with a long past is not read whole. */
static err_t look_back(historian_t *h, nearest_t *nearest)
{
	int64_t to_ns = nearest->ask->at_ns, span_ns = NS_PER_S;
	err_t err = ERR_OK;
	while (!err && !nearest->found && to_ns > INT64_MIN) {
		int64_t from_ns;
		if (__builtin_sub_overflow(to_ns, span_ns, &from_ns))
			from_ns = INT64_MIN;
		err = look(h, nearest, from_ns, to_ns);
		to_ns = from_ns;
		span_ns = span_ns > INT64_MAX / 2 ? INT64_MAX : 2 * span_ns;
	}
	return err;
}

static err_t reader_nearest(void *ctx, const series_nearest_t *ask, sample_t *ret_sample)
{
	nearest_t nearest = { .ask = ask };
	err_t err = ask->is_after ? look(ctx, &nearest, ask->at_ns, INT64_MAX)
	                          : look_back(ctx, &nearest);
	if (err || !nearest.found)
		return err ? err : ERR_NOT_FOUND;
	*ret_sample = sample_of_row(ask->point, &nearest.row);
	return ERR_OK;
}

static err_t reader_last(void *ctx, const point_id_t *points, size_t count,
                         bool (*row)(void *row_ctx, const sample_t *sample), void *row_ctx)
{
	for (size_t i = 0; i < count; i++) {
		sample_t sample;
		series_nearest_t ask = { .point = points[i], .at_ns = INT64_MAX };
		err_t err = reader_nearest(ctx, &ask, &sample);
		if (err == ERR_NOT_FOUND)
			continue;
		if (err)
			return err;
		if (!row(row_ctx, &sample))
			break;
	}
	return ERR_OK;
}

series_reader_t historian_reader(historian_t *historian)
{
	return (series_reader_t){
		.ctx = historian,
		.raw = reader_raw,
		.buckets = reader_buckets,
		.take = reader_take,
		.nearest = reader_nearest,
		.last = reader_last,
	};
}
