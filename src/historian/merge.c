/* SPDX-License-Identifier: Apache-2.0 */
/* For each target, in the order of places: a scan of the point over the inputs, into the
 * builder. A point has a block only where it has rows. */
#include "historian/merge.h"

#include <stdlib.h>

#include "historian/builder.h"

enum { STEP_ROWS = 64 << 10 };

struct merge {
	historian_t *h;
	merge_plan_t plan;
	size_t target, place; /* where it stands */
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

typedef struct {
	merge_t *merge;
	const place_t *place;
	uint64_t rows;
	err_t err;
} point_t;

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

static err_t begin_point(point_t *point)
{
	historian_t *h = point->merge->h;
	const place_t *place = point->place;
	const merge_plan_target_t *target = &point->merge->plan.targets[point->merge->target];
	swing_t swing = { place->traits.deviation, place->traits.max_gap_ns };
	series_query_t query = { .point = place->point,
		                 .from_ns = target->from_ns,
		                 .to_ns = target->to_ns };
	err_t err = builder_begin(point->merge->builder, place->point, hint_of(h, place->point));
	if (!err && target->level == SEGMENT_THINNED && swing.deviation > 0 &&
	    !is_edited(h, &query, &err))
		builder_swing(point->merge->builder, &swing);
	return err;
}

static bool take_rows(void *ctx, const rows_t *rows)
{
	point_t *point = ctx;
	merge_t *merge = point->merge;
	if (point->rows == 0)
		point->err = begin_point(point);
	if (!point->err)
		point->err = builder_add(merge->builder, rows);
	point->rows += rows->count;
	return !point->err;
}

static err_t put_point(merge_t *merge, const place_t *place, uint64_t *ret_rows)
{
	const merge_plan_target_t *target = &merge->plan.targets[merge->target];
	rows_t none = { 0 };
	series_query_t query = { .point = place->point,
		                 .from_ns = target->from_ns,
		                 .to_ns = target->to_ns };
	scan_spec_t spec = { .env = merge->h->env,
		             .query = &query,
		             .segments = merge->plan.inputs,
		             .segment_count = merge->plan.input_count,
		             .memory = &none };
	point_t point = { .merge = merge, .place = place };
	err_t err = scan_run(&spec, &(scan_taker_t){ .ctx = &point, .rows = take_rows });
	if (!err)
		err = point.err;
	if (!err && point.rows)
		err = builder_end(merge->builder);
	*ret_rows = point.rows;
	return err;
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
	uint64_t rows = 0;
	err_t err = ERR_OK;
	uint8_t class = merge->plan.targets[merge->target].class;
	while (!err && rows < STEP_ROWS && merge->place < merge->plan.place_count) {
		const place_t *place = &merge->plan.places[merge->place++];
		uint64_t more = 0;
		if (merge->plan.is_window || place->traits.class == class)
			err = put_point(merge, place, &more);
		rows += more;
	}
	metric_add(&merge->h->metrics, METRIC_MERGED_ROWS, (int64_t)rows);
	return err;
}

err_t merge_step(merge_t *merge, bool *ret_done)
{
	err_t err = ERR_OK;
	*ret_done = merge->target == merge->plan.target_count;
	if (*ret_done)
		return publish(merge);
	if (!merge->builder)
		err = begin_target(merge);
	if (!err)
		err = put_points(merge);
	if (!err && merge->place == merge->plan.place_count)
		err = end_target(merge);
	return err;
}
