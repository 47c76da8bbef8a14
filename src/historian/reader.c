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

static bool raw_row(void *ctx, const block_row_t *row)
{
	raw_taker_t *taker = ctx;
	sample_t sample = {
		.point = taker->point,
		.source = { row->source_ns },
		.node = { row->node_ns },
		.value = value_from_bits((value_type_t)row->type, row->bits),
		.quality = (quality_t)row->quality,
	};
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

series_reader_t historian_reader(historian_t *historian)
{
	return (series_reader_t){ .ctx = historian, .raw = reader_raw, .buckets = reader_buckets };
}
