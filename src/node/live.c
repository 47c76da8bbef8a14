/* SPDX-License-Identifier: Apache-2.0 */
#include "node/live.h"

#include <stdlib.h>

#include "base/cursor.h"

/* A copy, because the catalogue goes when another one comes. */
typedef struct {
	char *name;
	point_id_t id;
	int64_t period_ns;
	char unit[LIVE_UNIT_MAX];
} live_point_t;

struct live_points {
	live_value_source_t source;
	const last_value_t *last_values;
	/* Guards the rows against being renewed while a door searches them: that is rare,
	 * and a snapshot would need a stop of every loop that asks. */
	env_mutex_t *mutex;
	live_point_t *rows; /* by name */
	size_t count;
};

static int by_name(const void *a, const void *b)
{
	const live_point_t *left = a, *right = b;
	return strcmp(left->name, right->name);
}

static void rows_free(live_point_t *rows, size_t count)
{
	for (size_t i = 0; rows && i < count; i++)
		free(rows[i].name);
	free(rows);
}

static bool row_of(const point_t *point, live_point_t *ret_row)
{
	size_t len = strlen(point->name) + 1;
	live_point_t row = { .id = point->id, .period_ns = point->period_ns };
	row.name = malloc(len);
	if (!row.name)
		return false;
	memcpy(row.name, point->name, len);
	(void)slice_to_cstr(slice_str(point->unit), row.unit, sizeof(row.unit));
	*ret_row = row;
	return true;
}

static live_point_t *rows_of(const catalogue_t *catalogue)
{
	size_t count = catalogue->point_count;
	live_point_t *rows = calloc(count + 1, sizeof(*rows));
	for (size_t i = 0; rows && i < count; i++)
		if (!row_of(&catalogue->points[i], &rows[i])) {
			rows_free(rows, count);
			rows = NULL;
		}
	if (rows)
		qsort(rows, count, sizeof(*rows), by_name);
	return rows;
}

static const live_point_t *find(const live_points_t *live, slice_t name)
{
	size_t from = 0, to = live->count;
	while (from < to) {
		size_t middle = from + (to - from) / 2;
		int order = slice_cmp(slice_str(live->rows[middle].name), name);
		if (order == 0)
			return &live->rows[middle];
		if (order < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return NULL;
}

static bool get_newest(void *ctx, slice_t name, live_value_t *ret_value)
{
	const live_points_t *live = ctx;
	live_value_t value = { 0 };
	env_lock(live->mutex);
	const live_point_t *row = find(live, name);
	bool found = row && last_value_get(live->last_values, row->id, &value.sample);
	if (found) {
		value.period_ns = row->period_ns;
		memcpy(value.unit, row->unit, sizeof(value.unit));
	}
	env_unlock(live->mutex);
	if (found)
		*ret_value = value;
	return found;
}

err_t live_points_renew(live_points_t *live, const catalogue_t *catalogue)
{
	live_point_t *fresh = rows_of(catalogue);
	if (!fresh)
		return ERR_NO_MEMORY;
	env_lock(live->mutex);
	live_point_t *old = live->rows;
	size_t old_count = live->count;
	live->rows = fresh;
	live->count = catalogue->point_count;
	env_unlock(live->mutex);
	rows_free(old, old_count);
	return ERR_OK;
}

err_t live_points_new(env_t *env, const catalogue_t *catalogue, const last_value_t *last_values,
                      live_points_t **ret_live)
{
	live_points_t *live = calloc(1, sizeof(*live));
	if (!live)
		return ERR_NO_MEMORY;
	live->source = (live_value_source_t){ live, get_newest };
	live->last_values = last_values;
	err_t err = env_mutex_new(env, &live->mutex);
	if (!err)
		err = live_points_renew(live, catalogue);
	if (err) {
		live_points_free(live);
		return err;
	}
	*ret_live = live;
	return ERR_OK;
}

void live_points_free(live_points_t *live)
{
	if (!live)
		return;
	rows_free(live->rows, live->count);
	env_mutex_free(live->mutex);
	free(live);
}

const live_value_source_t *live_points_source(const live_points_t *live)
{
	return &live->source;
}
