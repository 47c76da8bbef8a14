/* SPDX-License-Identifier: Apache-2.0 */
#include "node/live.h"

#include <stdlib.h>

#include "base/cursor.h"

/* A sample older than so many periods is not the value at that time. */
enum { LOOK_BACK_PERIODS = 600, DEADLINE_S = 5 };

typedef struct {
	char *name;
	point_id_t id;
	int64_t period_ns;
	char unit[LIVE_UNIT_MAX];
} live_point_t;

struct live_rows {
	live_point_t *row; /* by name */
	size_t count;
};

struct live_points {
	live_value_source_t source;
	env_t *env;
	series_reader_t history; /* functions may be NULL */
	const last_value_t *last_values;
	/* Guards the rows against being renewed while a door searches them: that is rare,
	 * and a snapshot would need a stop of every loop that asks. */
	env_mutex_t *mutex;
	live_rows_t *rows;
};

static int by_name(const void *a, const void *b)
{
	const live_point_t *left = a, *right = b;
	return strcmp(left->name, right->name);
}

void live_rows_free(live_rows_t *rows)
{
	if (!rows)
		return;
	for (size_t i = 0; rows->row && i < rows->count; i++)
		free(rows->row[i].name);
	free(rows->row);
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

static err_t fill(live_rows_t *rows, const catalogue_t *catalogue)
{
	rows->count = catalogue->point_count;
	rows->row = calloc(rows->count + 1, sizeof(*rows->row));
	if (!rows->row)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < rows->count; i++)
		if (!row_of(&catalogue->points[i], &rows->row[i]))
			return ERR_NO_MEMORY;
	qsort(rows->row, rows->count, sizeof(*rows->row), by_name);
	return ERR_OK;
}

err_t live_rows_new(const catalogue_t *catalogue, live_rows_t **ret_rows)
{
	live_rows_t *rows = calloc(1, sizeof(*rows));
	err_t err = rows ? fill(rows, catalogue) : ERR_NO_MEMORY;
	if (err)
		live_rows_free(rows);
	else
		*ret_rows = rows;
	return err;
}

static const live_point_t *find(const live_rows_t *rows, slice_t name)
{
	size_t from = 0, to = rows->count;
	while (from < to) {
		size_t middle = from + (to - from) / 2;
		int order = slice_cmp(slice_str(rows->row[middle].name), name);
		if (order == 0)
			return &rows->row[middle];
		if (order < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return NULL;
}

/* What is known of the point; false: there is none. */
static bool row_get(const live_points_t *live, slice_t name, live_point_t *ret_row)
{
	env_lock(live->mutex);
	const live_point_t *row = find(live->rows, name);
	if (row)
		*ret_row = *row;
	env_unlock(live->mutex);
	return row != NULL;
}

static bool get_newest(void *ctx, slice_t name, live_value_t *ret_value)
{
	const live_points_t *live = ctx;
	live_point_t row;
	live_value_t value = { 0 };
	if (!row_get(live, name, &row) || !last_value_get(live->last_values, row.id, &value.sample))
		return false;
	value.period_ns = row.period_ns;
	memcpy(value.unit, row.unit, sizeof(value.unit));
	*ret_value = value;
	return true;
}

typedef struct {
	sample_t sample;
	bool found;
} newest_t;

static bool keep_last(void *ctx, const sample_t *sample)
{
	newest_t *newest = ctx;
	*newest = (newest_t){ *sample, true };
	return true;
}

static bool get_at(void *ctx, slice_t name, int64_t utc_ns, live_value_t *ret_value)
{
	const live_points_t *live = ctx;
	live_point_t row;
	newest_t newest = { .found = false };
	if (!live->history.raw || !row_get(live, name, &row))
		return false;
	series_query_t query = {
		.point = row.id,
		.from_ns = utc_ns - LOOK_BACK_PERIODS * row.period_ns,
		.to_ns = utc_ns + 1,
		.deadline_ns = env_now(live->env) + DEADLINE_S * NS_PER_S,
	};
	if (live->history.raw(live->history.ctx, &query, keep_last, &newest) || !newest.found)
		return false;
	*ret_value = (live_value_t){ .sample = newest.sample, .period_ns = row.period_ns };
	memcpy(ret_value->unit, row.unit, sizeof(row.unit));
	return true;
}

void live_points_history(live_points_t *live, series_reader_t history)
{
	live->history = history;
}

void live_points_renew(live_points_t *live, live_rows_t *rows)
{
	env_lock(live->mutex);
	live_rows_t *old = live->rows;
	live->rows = rows;
	env_unlock(live->mutex);
	live_rows_free(old);
}

err_t live_points_new(env_t *env, const catalogue_t *catalogue, const last_value_t *last_values,
                      live_points_t **ret_live)
{
	live_points_t *live = calloc(1, sizeof(*live));
	if (!live)
		return ERR_NO_MEMORY;
	live->source = (live_value_source_t){ live, get_newest, get_at };
	live->env = env;
	live->last_values = last_values;
	err_t err = env_mutex_new(env, &live->mutex);
	if (!err)
		err = live_rows_new(catalogue, &live->rows);
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
	live_rows_free(live->rows);
	env_mutex_free(live->mutex);
	free(live);
}

const live_value_source_t *live_points_source(const live_points_t *live)
{
	return &live->source;
}
