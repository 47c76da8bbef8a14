/* SPDX-License-Identifier: Apache-2.0 */
/* Questions go to two indexes, the configuration's and that of the doors, whose ids are
 * all greater. */
#include <stdlib.h>

#include "series/state.h"

/* Configured points. */

void series_points_free(series_points_t *points)
{
	if (!points)
		return;
	label_index_free(points->index);
	table_free(points->names);
	free(points->ids);
	free(points);
}

series_points_t *points_borrow(series_t *series)
{
	env_lock(series->mutex);
	series_points_t *configured = series->configured;
	if (configured)
		configured->holders++;
	env_unlock(series->mutex);
	return configured;
}

void points_return(series_t *series, series_points_t *configured)
{
	if (!configured)
		return;
	env_lock(series->mutex);
	bool is_last = --configured->holders == 0;
	env_unlock(series->mutex);
	if (is_last)
		series_points_free(configured);
}

/* Its name is the device's, a dot and its own. */
static slice_t own_name(const point_t *point, slice_t device)
{
	slice_t name = slice_str(point->name);
	return device.len < name.len ? slice_from(name, device.len + 1) : name;
}

static err_t add_point(series_points_t *to, const catalogue_t *catalogue, const point_t *point)
{
	labels_t labels;
	label_index_set_t set;
	void *slot;
	const device_t *owner = catalogue_device(catalogue, point->device);
	slice_t device = slice_str(owner ? owner->name : "");
	label_t items[] = {
		{ SLICE(LABEL_NAME), SLICE("point") },
		{ SLICE("device"), device },
		{ SLICE("point"), own_name(point, device) },
		{ SLICE("ident"), slice_str(point->ident) },
		{ SLICE("unit"), slice_str(point->unit) },
	};
	err_t err = labels_make(items, sizeof(items) / sizeof(*items), &labels);
	if (!err)
		err = label_index_prepare(to->index, &labels, &set);
	if (!err)
		err = table_put(to->names, slice_str(point->name), &slot, NULL);
	if (err)
		return err;
	memcpy(slot, &point->id, sizeof(point->id));
	to->ids[label_index_commit(to->index, &set)] = point->id;
	return ERR_OK;
}

err_t series_points_new(env_t *env, const catalogue_t *catalogue, series_points_t **ret_points)
{
	label_index_spec_t spec = { .sets_max = catalogue->point_count, .bytes_max = SIZE_MAX / 2 };
	series_points_t *points = calloc(1, sizeof(*points));
	if (!points)
		return ERR_NO_MEMORY;
	points->holders = 1;
	points->ids = calloc(catalogue->point_count + 1, sizeof(*points->ids));
	/* No seed: the names are the operator's own. */
	points->names = table_new(sizeof(point_id_t), catalogue->point_count, 0);
	err_t err = points->ids && points->names ? label_index_new(env, &spec, &points->index)
	                                         : ERR_NO_MEMORY;
	for (size_t i = 0; !err && i < catalogue->point_count; i++)
		err = add_point(points, catalogue, &catalogue->points[i]);
	if (err)
		series_points_free(points);
	else
		*ret_points = points;
	return err;
}

void series_configure(series_t *series, series_points_t *points)
{
	env_lock(series->mutex);
	series_points_t *old = series->configured;
	series->configured = points;
	env_unlock(series->mutex);
	points_return(series, old);
}

bool series_named(series_t *series, slice_t name, point_id_t *ret_id)
{
	series_points_t *configured = points_borrow(series);
	const void *slot = configured ? table_get(configured->names, name) : NULL;
	if (slot)
		memcpy(ret_id, slot, sizeof(*ret_id));
	points_return(series, configured);
	return slot != NULL;
}

/* Rows. */

typedef struct {
	const label_matcher_t *matchers;
	size_t count;
	bool (*row)(void *ctx, point_id_t point, const labels_t *labels);
	void *ctx;
} selection_t;

/* False: no more are wanted. `ids` NULL: those of the doors. */
static bool give(const label_index_t *index, const label_bits_t *bits, const point_id_t *ids,
                 const selection_t *to)
{
	label_t room[LABELS_MAX];
	labels_t labels;
	for (uint32_t i = 0; i < bits->count; i++) {
		if (bits->words[i / 64] == 0) {
			i |= 63; /* none in this word */
		} else if (label_bits_has(bits, i)) {
			label_index_labels(index, i, room, &labels);
			if (!to->row(to->ctx, ids ? ids[i] : SERIES_ID_FIRST + i, &labels))
				return false;
		}
	}
	return true;
}

static err_t give_all(label_index_t *index, const point_id_t *ids, const selection_t *to,
                      bool *is_more)
{
	label_bits_t bits;
	err_t err = label_index_select(index, to->matchers, to->count, &bits);
	if (err)
		return err;
	*is_more = give(index, &bits, ids, to);
	free(bits.words);
	return ERR_OK;
}

static err_t ask_select(void *ctx, const label_matcher_t *matchers, size_t count,
                        bool (*row)(void *row_ctx, point_id_t point, const labels_t *labels),
                        void *row_ctx)
{
	series_t *s = ctx;
	selection_t to = { matchers, count, row, row_ctx };
	bool is_more = true;
	err_t err = ERR_OK;
	series_points_t *configured = points_borrow(s);
	if (configured)
		err = give_all(configured->index, configured->ids, &to, &is_more);
	if (!err && is_more)
		err = give_all(s->index, NULL, &to, &is_more);
	points_return(s, configured);
	return err;
}

/* Names and values. */

static err_t gather(label_index_t *index, const label_values_t *ask, label_texts_t *texts)
{
	label_bits_t bits;
	err_t err = label_index_select(index, ask->matchers, ask->count, &bits);
	if (err)
		return err;
	err = label_index_values(index, ask->name, &bits, texts);
	free(bits.words);
	return err;
}

static int by_bytes(const void *a, const void *b)
{
	return slice_cmp(*(const slice_t *)a, *(const slice_t *)b);
}

static err_t ask_values(void *ctx, const label_values_t *ask,
                        bool (*row)(void *row_ctx, slice_t value), void *row_ctx)
{
	series_t *s = ctx;
	label_texts_t texts = { 0 };
	series_points_t *configured = points_borrow(s);
	err_t err = configured ? gather(configured->index, ask, &texts) : ERR_OK;
	if (!err)
		err = gather(s->index, ask, &texts);
	if (!err && texts.count)
		qsort(texts.items, texts.count, sizeof(*texts.items), by_bytes);
	bool is_more = true;
	for (size_t i = 0; !err && is_more && i < texts.count; i++)
		if (i == 0 || !slice_eq(texts.items[i], texts.items[i - 1]))
			is_more = row(row_ctx, texts.items[i]);
	free(texts.items);
	points_return(s, configured);
	return err;
}

series_index_t series_index(series_t *series)
{
	return (series_index_t){ .ctx = series, .select = ask_select, .values = ask_values };
}
