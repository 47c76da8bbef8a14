/* SPDX-License-Identifier: Apache-2.0 */
#include "api/history_points.h"

#include <stdlib.h>

#include "api/state.h"
#include "base/num.h"

enum { TABLE_LEAST = 16, POINTS_FIRST = 64, PLAIN_ROOM = 4096 };

static const err_text_t text_point = {
	{ "there is no point called %1", "没有名为 %1 的测点" },
	{ "GET /api/v1/points lists the names", "GET /api/v1/points 可列出名称" },
};

static const err_text_t text_match = {
	{ "the matchers cannot be answered", "标签匹配条件无效或代价过高" },
	{ "look at the expressions, or name the points", "请检查正则表达式，或直接列出测点" },
};

static bool refuse(exchange_t *x, err_t err, const err_text_t *text, slice_t arg)
{
	exchange_refuse(x, err, text, arg);
	return false;
}

/* The canonical text of a label set as the name of a point. */
static void take_name(history_ask_t *ask, history_point_t *point, const labels_t *labels)
{
	char text[PLAIN_ROOM];
	writer_t w = writer_of(text, sizeof(text));
	labels_text(labels, &w);
	if (w.bad)
		return;
	point->name_at = ask->names.len;
	point->name_len = w.len;
	text_add(&ask->names, writer_done(&w));
}

slice_t history_point_name(const history_ask_t *ask, const history_point_t *point)
{
	if (point->point)
		return slice_str(point->point->name);
	return point->name_len ? slice_sub(text_slice(&ask->names), point->name_at, point->name_len)
	                       : (slice_t){ 0 };
}

/* By the hash of its name; 0: empty. */
typedef struct {
	uint32_t *places; /* 1 + the place in the body's list */
	size_t mask;
	const json_tree_t *list;
} names_t;

static bool name_at(const names_t *names, size_t i, slice_t *ret_name)
{
	return json_text(json_item(names->list, i), ret_name);
}

static bool names_index(const json_tree_t *list, names_t *ret)
{
	size_t count = json_count(list), size = TABLE_LEAST;
	while (size < 2 * count)
		size *= 2;
	*ret = (names_t){ calloc(size, sizeof(uint32_t)), size - 1, list };
	for (size_t i = 0; ret->places && i < count; i++) {
		slice_t name;
		if (!name_at(ret, i, &name))
			continue;
		size_t at = num_hash(name, 0) & ret->mask;
		while (ret->places[at])
			at = (at + 1) & ret->mask;
		ret->places[at] = (uint32_t)(i + 1);
	}
	return ret->places;
}

/* Wherever the list has this name. */
static void names_find(const names_t *names, const point_t *point, history_point_t *points)
{
	slice_t wanted = slice_str(point->name), name;
	for (size_t at = num_hash(wanted, 0) & names->mask; names->places[at];
	     at = (at + 1) & names->mask) {
		size_t i = names->places[at] - 1;
		if (name_at(names, i, &name) && slice_eq(name, wanted))
			points[i] = (history_point_t){ .id = point->id, .point = point };
	}
}

/* A series that came through a door, by the text of its labels. */
static bool find_series(exchange_t *x, slice_t name, history_ask_t *ask, history_point_t *point)
{
	label_t items[LABELS_MAX];
	labels_t labels;
	uint8_t plain[PLAIN_ROOM];
	writer_t w = writer_of(plain, sizeof(plain));
	if (!x->api->spec.series || labels_parse(name, items, &w, &labels) ||
	    !series_find(x->api->spec.series, &labels, &point->id))
		return false;
	take_name(ask, point, &labels);
	return true;
}

static void find_id(exchange_t *x, point_id_t id, history_ask_t *ask, history_point_t *point)
{
	label_t items[LABELS_MAX];
	labels_t labels;
	*point = (history_point_t){ .id = id, .point = catalogue_point(api_catalogue(x->api), id) };
	if (!point->point && x->api->spec.series &&
	    series_labels(x->api->spec.series, id, items, &labels))
		take_name(ask, point, &labels);
}

/* Those that are not names of the configuration. */
static bool find_others(exchange_t *x, history_ask_t *ask, const json_tree_t *list)
{
	for (size_t i = 0; i < ask->point_count; i++) {
		int64_t id;
		slice_t name;
		history_point_t *point = &ask->points[i];
		if (json_whole(json_item(list, i), 1, UINT32_MAX, &id))
			find_id(x, (point_id_t)id, ask, point);
		if (point->id)
			continue;
		if (!json_text(json_item(list, i), &name))
			return false;
		if (!find_series(x, name, ask, point))
			return refuse(x, ERR_NOT_FOUND, &text_point, name);
	}
	return true;
}

static bool read_list(exchange_t *x, history_ask_t *ask, const json_tree_t *list)
{
	const catalogue_t *catalogue = api_catalogue(x->api);
	names_t names;
	if (!names_index(list, &names))
		return false;
	for (size_t i = 0; i < catalogue->point_count; i++)
		names_find(&names, &catalogue->points[i], ask->points);
	free(names.places);
	return find_others(x, ask, list);
}

/* All points of the configuration. */
static void take_all(exchange_t *x, history_ask_t *ask)
{
	const catalogue_t *catalogue = api_catalogue(x->api);
	for (size_t i = 0; i < ask->point_count; i++)
		ask->points[i] = (history_point_t){ .id = catalogue->points[i].id,
			                            .point = &catalogue->points[i] };
}

bool history_points_read(exchange_t *x, history_ask_t *ask, const json_tree_t *value)
{
	slice_t text;
	bool is_all = json_text(value, &text) && slice_eq(text, SLICE("*"));
	size_t count = is_all ? api_catalogue(x->api)->point_count : json_count(value);
	if (count == 0 || count > HISTORY_POINTS_MAX || ask->points)
		return false;
	ask->points = calloc(count, sizeof(*ask->points));
	if (!ask->points)
		return false;
	ask->point_count = count;
	if (!is_all)
		return read_list(x, ask, value);
	take_all(x, ask);
	return true;
}

typedef struct {
	exchange_t *x;
	history_ask_t *ask;
	size_t cap;
	err_t err;
} matching_t;

static bool take_match(void *ctx, point_id_t id, const labels_t *labels)
{
	matching_t *m = ctx;
	history_ask_t *ask = m->ask;
	if (ask->point_count == HISTORY_POINTS_MAX) {
		m->err = ERR_LIMIT;
		return false;
	}
	if (ask->point_count == m->cap) {
		size_t cap = m->cap ? 2 * m->cap : POINTS_FIRST;
		history_point_t *moved = realloc(ask->points, cap * sizeof(*moved));
		if (!moved) {
			m->err = ERR_NO_MEMORY;
			return false;
		}
		ask->points = moved;
		m->cap = cap;
	}
	history_point_t *point = &ask->points[ask->point_count++];
	*point = (history_point_t){ .id = id,
		                    .point = catalogue_point(api_catalogue(m->x->api), id) };
	if (!point->point)
		take_name(ask, point, labels);
	return true;
}

/* {"label", "value", "op": "=", "!=", "=~" or "!~"} */
static bool read_matcher(const json_tree_t *item, label_matcher_t *ret)
{
	static const char *const ops[] = { "=", "!=", "=~", "!~" };
	slice_t op = SLICE("=");
	const json_tree_t *given = json_member(item, "op");
	if (!json_text(json_member(item, "label"), &ret->name) ||
	    !json_text(json_member(item, "value"), &ret->value) ||
	    (given && !json_text(given, &op)))
		return false;
	for (size_t i = 0; i < sizeof(ops) / sizeof(*ops); i++)
		if (slice_eq(op, slice_str(ops[i]))) {
			ret->op = (label_op_t)i;
			return true;
		}
	return false;
}

bool history_points_match(exchange_t *x, history_ask_t *ask, const json_tree_t *value)
{
	label_matcher_t matchers[HISTORY_MATCHERS_MAX];
	matching_t m = { .x = x, .ask = ask };
	size_t count = json_count(value);
	if (count == 0 || count > HISTORY_MATCHERS_MAX || ask->points || !x->api->spec.series)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!read_matcher(json_item(value, i), &matchers[i]))
			return false;
	series_index_t index = series_index(x->api->spec.series);
	err_t err = index.select(index.ctx, matchers, count, take_match, &m);
	if (!err)
		err = m.err;
	if (err)
		return refuse(x, err, &text_match, (slice_t){ 0 });
	return ask->point_count || refuse(x, ERR_NOT_FOUND, &text_point, SLICE("*"));
}
