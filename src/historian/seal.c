/* SPDX-License-Identifier: Apache-2.0 */
/* The memory table becomes a segment of level 0: in the order of groups, without
 * summaries, because a merge will soon write its rows again. */
#include "historian/builder.h"
#include "historian/state.h"

#include <stdlib.h>

enum { RETRY_S = 10 };

int historian_by_place(const void *a, const void *b)
{
	const place_t *x = a, *y = b;
	if (x->traits.group != y->traits.group)
		return x->traits.group < y->traits.group ? -1 : 1;
	return (x->point > y->point) - (x->point < y->point);
}

point_traits_t historian_traits(const historian_t *h, point_id_t point)
{
	point_traits_t none = { 0 };
	return h->spec.traits ? h->spec.traits(h->spec.traits_ctx, point) : none;
}

static err_t put_point(historian_t *h, builder_t *builder, const place_t *place, rowset_t *space)
{
	memory_range_t all = { place->point, INT64_MIN, INT64_MAX };
	rowset_clear(space);
	/* A reader may note the newest row of a point meanwhile. */
	env_lock(h->mutex);
	column_hint_t *hint = memory_hint(h->table, place->point);
	err_t err = memory_copy(h->table, &all, space);
	env_unlock(h->mutex);
	if (place->traits.scale != 0) {
		hint->scale = place->traits.scale;
		hint->offset = place->traits.offset;
	}
	rows_t rows = rowset_rows(space);
	if (!err)
		err = builder_begin(builder, place->point, hint);
	if (!err)
		err = builder_add(builder, &rows);
	return err ? err : builder_end(builder);
}

static err_t put_points(historian_t *h, builder_t *builder)
{
	const point_id_t *points;
	size_t count = memory_points(h->table, &points);
	place_t *places = calloc(count, sizeof(*places));
	rowset_t space = { 0 };
	err_t err = places ? ERR_OK : ERR_NO_MEMORY;
	for (size_t i = 0; !err && i < count; i++)
		places[i] = (place_t){ points[i], historian_traits(h, points[i]) };
	if (!err)
		qsort(places, count, sizeof(*places), historian_by_place);
	for (size_t i = 0; !err && i < count; i++)
		err = put_point(h, builder, &places[i], &space);
	rowset_free(&space);
	free(places);
	return err;
}

static err_t write_segment(historian_t *h, segment_info_t *ret_info)
{
	builder_spec_t spec = { .dir = h->spec.dir, .info = { .id = historian_new_id(h) } };
	builder_t *builder = NULL;
	err_t err = builder_new(h->env, &spec, &builder);
	if (!err)
		err = put_points(h, builder);
	if (!err)
		err = builder_finish(builder, ret_info);
	builder_free(builder);
	return err;
}

/* *ret_id: the file; 0 when the one there is says all. */
static err_t write_edits(historian_t *h, uint64_t *ret_id)
{
	*ret_id = 0;
	if (!h->edits.is_changed)
		return ERR_OK;
	uint64_t id = historian_new_id(h);
	err_t err = edits_save(h->env, h->spec.dir, id, &h->edits);
	if (!err)
		*ret_id = id;
	return err;
}

static err_t seal(historian_t *h)
{
	segment_info_t info;
	bool has_rows = memory_rows(h->table) > 0;
	if (!has_rows && !h->edits.is_changed)
		return ERR_OK;
	if (h->shelf.count == SHELF_MAX)
		return ERR_LIMIT;
	historian_change_t change = {
		.add = &info, .add_count = has_rows, .sealed_seq = h->table_seq, .is_seal = true
	};
	err_t err = has_rows ? write_segment(h, &info) : ERR_OK;
	if (!err)
		historian_retire_edits(h, has_rows ? &info : NULL);
	if (!err)
		err = write_edits(h, &change.edits_id);
	if (!err)
		err = historian_publish(h, &change);
	if (err)
		return err;
	metric_add(&h->metrics, METRIC_SEALS, 1);
	if (h->merge_timer && !h->merge)
		env_timer_set(h->merge_timer, 0);
	metric_set(&h->metrics, METRIC_TABLE_ROWS, 0);
	return ERR_OK;
}

err_t historian_seal(historian_t *historian)
{
	err_t err = seal(historian);
	historian->seal_err = err;
	if (err) {
		historian->seal_after_ns = env_now(historian->env) + RETRY_S * NS_PER_S;
		metric_add(&historian->metrics, METRIC_SEAL_FAILURES, 1);
	}
	return err;
}
