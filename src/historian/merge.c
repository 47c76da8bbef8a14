/* SPDX-License-Identifier: Apache-2.0 */
/* For each target, in the order of places: a scan of the point over the inputs, into the
 * builder. A point has a block only where it has rows. A step ends between points or within
 * one, whose scan stays open then. */
#include "historian/merge.h"

#include <stdlib.h>

#include "historian/builder.h"

/* As scan_step counts it: some 64 K rows; and what a point costs beyond its rows. */
enum { STEP_WORK = 128 << 10, POINT_WORK = 64 };

/* The point at the place where the merge stands. */
typedef struct {
	series_query_t query;
	rows_t memory; /* none: it is of the segments alone */
	scan_spec_t spec;
	scan_taker_t taker;
	scan_t *scan; /* NULL: not begun */
	bool has_rows;
	err_t err; /* of what was made of the rows */
} point_t;

struct merge {
	historian_t *h;
	merge_plan_t plan;
	size_t target, place; /* where it stands */
	point_t point;
	uint64_t rows;        /* of this step */
	builder_t *builder;   /* of the target */
	segment_info_t *made; /* files that have their name */
	size_t made_count;
};

err_t merge_new(historian_t *h, merge_plan_t *plan, merge_t **ret_merge)
{
	merge_t *merge = calloc(1, sizeof(*merge));
	if (merge)
		merge->made = calloc(plan->target_count + 1, sizeof(*merge->made));
	if (!merge || !merge->made) {
		merge_plan_free(plan);
		free(merge);
		return ERR_NO_MEMORY;
	}
	merge->h = h;
	merge->plan = *plan;
	*plan = (merge_plan_t){ 0 };
	*ret_merge = merge;
	return ERR_OK;
}

void merge_free(merge_t *merge)
{
	char path[SEGMENT_PATH_MAX];
	if (!merge)
		return;
	scan_free(merge->point.scan);
	builder_free(merge->builder);
	for (size_t i = 0; i < merge->made_count; i++)
		if (!segment_path_of(merge->h->spec.dir, merge->made[i].id, path))
			(void)!env_path_remove(merge->h->env, path);
	merge_plan_free(&merge->plan);
	free(merge->made);
	free(merge);
}

const merge_plan_t *merge_plan_of(const merge_t *merge)
{
	return &merge->plan;
}

static column_hint_t *hint_of(historian_t *h, point_id_t point)
{
	env_lock(h->mutex);
	column_hint_t *hint = memory_hint(h->table, point);
	env_unlock(h->mutex);
	return hint;
}

/* What was changed by hand stays as it was. */
static bool is_edited(historian_t *h, const series_query_t *query, err_t *ret_err)
{
	edit_span_t *spans = NULL;
	size_t count = 0;
	env_lock(h->mutex);
	*ret_err = edits_spans(&h->edits, query, &spans, &count);
	env_unlock(h->mutex);
	free(spans);
	return count > 0;
}

static err_t begin_point(merge_t *merge)
{
	historian_t *h = merge->h;
	const place_t *place = &merge->plan.places[merge->place];
	swing_t swing = { place->traits.deviation, place->traits.max_gap_ns };
	err_t err = builder_begin(merge->builder, place->point, hint_of(h, place->point));
	if (!err && merge->plan.targets[merge->target].level == SEGMENT_THINNED &&
	    swing.deviation > 0 && !is_edited(h, &merge->point.query, &err))
		builder_swing(merge->builder, &swing);
	return err;
}

static bool take_rows(void *ctx, const rows_t *rows)
{
	merge_t *merge = ctx;
	point_t *point = &merge->point;
	if (!point->has_rows)
		point->err = begin_point(merge);
	point->has_rows = true;
	if (!point->err)
		point->err = builder_add(merge->builder, rows);
	merge->rows += rows->count;
	return !point->err;
}

static err_t open_point(merge_t *merge)
{
	const merge_plan_target_t *target = &merge->plan.targets[merge->target];
	point_t *point = &merge->point;
	*point = (point_t){ .query = { .point = merge->plan.places[merge->place].point,
		                       .from_ns = target->from_ns,
		                       .to_ns = target->to_ns },
		            .taker = { .ctx = merge, .rows = take_rows } };
	point->spec = (scan_spec_t){ .env = merge->h->env,
		                     .query = &point->query,
		                     .segments = merge->plan.inputs,
		                     .segment_count = merge->plan.input_count,
		                     .memory = &point->memory };
	return scan_new(&point->spec, &point->taker, &point->scan);
}

static err_t put_rows(merge_t *merge, uint64_t *work)
{
	point_t *point = &merge->point;
	bool is_over = false;
	err_t err = point->scan ? ERR_OK : open_point(merge);
	if (!err)
		err = scan_step(point->scan, work, &is_over);
	if (!err)
		err = point->err;
	if (err || !is_over)
		return err;
	scan_free(point->scan);
	point->scan = NULL;
	merge->place++;
	return point->has_rows ? builder_end(merge->builder) : ERR_OK;
}

static err_t begin_target(merge_t *merge)
{
	const merge_plan_target_t *target = &merge->plan.targets[merge->target];
	builder_spec_t spec = {
		.dir = merge->h->spec.dir,
		.info = { .id = historian_new_id(merge->h),
		          .level = target->level,
		          .class = target->class,
		          .is_coded = target->is_coded,
		          .window_ns = target->from_ns,
		          .window_len_ns = merge->h->spec.window_ns },
		.has_summaries = true,
	};
	merge->place = 0;
	return builder_new(merge->h->env, &spec, &merge->builder);
}

static err_t end_target(merge_t *merge)
{
	segment_info_t *info = &merge->made[merge->made_count];
	err_t err = builder_rows(merge->builder) ? builder_finish(merge->builder, info) : ERR_OK;
	if (!err && builder_rows(merge->builder))
		merge->made_count++;
	metric_add(&merge->h->metrics, METRIC_THINNED_ROWS,
	           (int64_t)builder_left_out(merge->builder));
	builder_free(merge->builder);
	merge->builder = NULL;
	merge->target++;
	return err;
}

static err_t publish(merge_t *merge)
{
	historian_change_t change = { .add = merge->made,
		                      .add_count = merge->made_count,
		                      .drop = merge->plan.inputs,
		                      .drop_count = merge->plan.input_count };
	err_t err = historian_publish(merge->h, &change);
	if (err)
		return err;
	merge->made_count = 0;
	metric_add(&merge->h->metrics, METRIC_MERGES, 1);
	return ERR_OK;
}

static err_t put_points(merge_t *merge)
{
	err_t err = ERR_OK;
	uint64_t work = STEP_WORK;
	uint8_t class = merge->plan.targets[merge->target].class;
	merge->rows = 0;
	while (!err && work > 0 && merge->place < merge->plan.place_count) {
		if (merge->plan.is_window || merge->plan.places[merge->place].traits.class == class)
			err = put_rows(merge, &work);
		else
			merge->place++;
		work -= work < POINT_WORK ? work : POINT_WORK;
	}
	metric_add(&merge->h->metrics, METRIC_MERGED_ROWS, (int64_t)merge->rows);
	return err;
}

/* What syncs has a step of its own. */
err_t merge_step(merge_t *merge, bool *ret_done)
{
	*ret_done = merge->target == merge->plan.target_count;
	if (*ret_done)
		return publish(merge);
	if (!merge->builder)
		return begin_target(merge);
	return merge->place < merge->plan.place_count ? put_points(merge) : end_target(merge);
}
