/* SPDX-License-Identifier: Apache-2.0 */
/* Points by the names a question gives them: those of the catalogue, and the series that
 * came with labels. */
#include <stdlib.h>

#include "query/sql/state.h"
#include "base/grow.h"

enum { TEXT_BLOCK = 1 << 20, NAME_MAX_BYTES = 64 << 10 };

static const err_text_t text_points = {
	{ "there are too many points to walk through all of them", "测点过多，无法遍历全部" },
	{ "name the points: point = '...'", "请指定测点：point = '...'" },
};

static sql_point_t of_catalogue(const catalogue_t *c, const point_t *point)
{
	const device_t *device = catalogue_device(c, point->device);
	return (sql_point_t){
		.id = point->id,
		.name = slice_str(point->name),
		.device = slice_str(device ? device->name : ""),
		.unit = slice_str(point->unit),
		.ident = slice_str(point->ident),
		.label = slice_str(point->label[LANG_EN]),
		.states = point->states,
	};
}

/* The list. */

static sql_point_t *add_item(sql_points_t *points)
{
	sql_point_t *items = grow_for(points->items, points->count + 1, &points->cap,
	                              sizeof(*items));
	if (!items)
		return NULL;
	points->items = items;
	return &points->items[points->count++];
}

/* Of blocks that never move; NULL when memory is gone. */
static writer_t *text_with_room(sql_points_t *points)
{
	writer_t *last = points->text_count ? &points->texts[points->text_count - 1] : NULL;
	if (last && last->len < TEXT_BLOCK)
		return last;
	writer_t *texts = realloc(points->texts, (points->text_count + 1) * sizeof(*texts));
	if (!texts)
		return NULL;
	points->texts = texts;
	uint8_t *room = malloc(TEXT_BLOCK + NAME_MAX_BYTES);
	if (!room)
		return NULL;
	last = &texts[points->text_count++];
	*last = writer_of(room, TEXT_BLOCK + NAME_MAX_BYTES);
	return last;
}

typedef struct {
	sql_t *sql;
	err_t err;
} collecting_t;

static bool collect(void *ctx, point_id_t point, const labels_t *labels)
{
	collecting_t *c = ctx;
	sql_points_t *points = &c->sql->points;
	if (catalogue_point(c->sql->question->catalogue, point))
		return true;
	if (points->count == SQL_POINTS_MAX) {
		c->err = sql_give_up(c->sql, ERR_LIMIT, &text_points, (slice_t){ 0 });
		return false;
	}
	writer_t *text = text_with_room(points);
	sql_point_t *item = text ? add_item(points) : NULL;
	size_t at = text ? text->len : 0;
	if (item)
		labels_text(labels, text);
	if (!item || text->bad) {
		c->err = ERR_NO_MEMORY;
		return false;
	}
	*item = (sql_point_t){ .id = point, .name = slice_from(writer_done(text), at) };
	return true;
}

static int by_name(const void *a, const void *b)
{
	const sql_point_t *x = a, *y = b;
	return slice_cmp(x->name, y->name);
}

err_t sql_points_make(sql_t *sql)
{
	const catalogue_t *c = sql->question->catalogue;
	const series_index_t *index = sql->spec.index;
	collecting_t collecting = { .sql = sql };
	if (sql->points.is_made)
		return ERR_OK;
	for (size_t i = 0; i < c->point_count; i++) {
		sql_point_t *item = add_item(&sql->points);
		if (!item)
			return ERR_NO_MEMORY;
		*item = of_catalogue(c, &c->points[i]);
	}
	err_t err = index ? index->select(index->ctx, NULL, 0, collect, &collecting) : ERR_OK;
	if (err || collecting.err)
		return err ? err : collecting.err;
	if (sql->points.count)
		qsort(sql->points.items, sql->points.count, sizeof(sql_point_t), by_name);
	sql->points.is_made = true;
	return ERR_OK;
}

void sql_points_clear(sql_points_t *points)
{
	for (size_t i = 0; i < points->text_count; i++)
		free(points->texts[i].buf);
	free(points->texts);
	free(points->items);
	*points = (sql_points_t){ 0 };
}

/* One name. */

typedef struct {
	size_t labels;
	point_id_t found;
} looking_t;

/* All labels that were asked for are there; no other may be. */
static bool look(void *ctx, point_id_t point, const labels_t *labels)
{
	looking_t *l = ctx;
	if (labels->count == l->labels)
		l->found = point;
	return !l->found;
}

/* A series is found by the text of its labels, however that is spelled; what is no such
 * text is the name of nothing. */
static err_t find_series(sql_t *sql, slice_t name, sql_point_t *ret_point, bool *ret_found)
{
	const series_index_t *index = sql->spec.index;
	label_t room[LABELS_MAX];
	label_matcher_t matchers[LABELS_MAX];
	labels_t labels;
	char *plain = malloc(name.len + 1);
	writer_t w = writer_of(plain, plain ? name.len + 1 : 0);
	err_t err = plain ? labels_parse(name, room, &w, &labels) : ERR_NO_MEMORY;
	looking_t l = { .labels = err ? 0 : labels.count };
	for (size_t i = 0; i < l.labels; i++)
		matchers[i] = (label_matcher_t){ LABEL_EQUAL, labels.items[i].name,
			                         labels.items[i].value };
	if (!err)
		err = index->select(index->ctx, matchers, l.labels, look, &l);
	else if (err != ERR_NO_MEMORY)
		err = ERR_OK;
	free(plain);
	*ret_found = l.found != 0;
	*ret_point = (sql_point_t){ .id = l.found, .name = name };
	return err;
}

err_t sql_point_find(sql_t *sql, slice_t name, sql_point_t *ret_point, bool *ret_found)
{
	const catalogue_t *c = sql->question->catalogue;
	*ret_found = false;
	if (sql->points.is_made) {
		sql_point_t key = { .name = name };
		const sql_point_t *item = sql->points.count
		                                  ? bsearch(&key, sql->points.items,
		                                            sql->points.count, sizeof(key), by_name)
		                                  : NULL;
		*ret_found = item != NULL;
		*ret_point = item ? *item : key;
		return ERR_OK;
	}
	const point_t *point = catalogue_point_named(c, name);
	if (point) {
		*ret_found = true;
		*ret_point = of_catalogue(c, point);
		return ERR_OK;
	}
	return sql->spec.index ? find_series(sql, name, ret_point, ret_found) : ERR_OK;
}

/* Walks. */

err_t sql_walk_begin(sql_t *sql, sql_walk_t *walk, const value_t *name)
{
	bool found = false;
	sql_walk_done(walk);
	*walk = (sql_walk_t){ .sql = sql, .is_all = !name };
	if (walk->is_all)
		return sql_points_make(sql);
	if (name->type != VALUE_TEXT)
		return ERR_OK;
	walk->own = malloc(name->as.text.len + 1);
	if (!walk->own)
		return ERR_NO_MEMORY;
	if (name->as.text.len)
		memcpy(walk->own, name->as.text.ptr, name->as.text.len);
	slice_t own = slice_of(walk->own, name->as.text.len);
	err_t err = sql_point_find(sql, own, &walk->one, &found);
	if (err || !found)
		walk->one.id = 0;
	return err;
}

const sql_point_t *sql_walk_next(sql_walk_t *walk)
{
	if (walk->is_all)
		return walk->at < walk->sql->points.count ? &walk->sql->points.items[walk->at++]
		                                          : NULL;
	return walk->one.id && walk->at++ == 0 ? &walk->one : NULL;
}

void sql_walk_done(sql_walk_t *walk)
{
	free(walk->own);
	walk->own = NULL;
}
