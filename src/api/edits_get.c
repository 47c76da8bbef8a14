/* SPDX-License-Identifier: Apache-2.0 */
/* GET /api/v1/points/{name}/edits: what was changed by hand, by whom, when and why. Query
 * loop. */
#include "api/edits.h"
#include "api/handlers.h"
#include "api/state.h"

#define TIME_MAX_MS INT64_C(9000000000000) /* within what nanoseconds can say */

enum { EDIT_ROOM = 512, JSON_GROWTH = 6, LIST_MAX = 10000, LIST_DEFAULT = 1000, ID_ROOM = 32 };

static const char *const kinds[HISTORIAN_EDIT_KINDS] = {
	[HISTORIAN_DELETE] = "delete",
	[HISTORIAN_SET] = "set",
	[HISTORIAN_ANNOTATE] = "annotate",
	[HISTORIAN_UNDO] = "undo",
};

static void put_id(json_t *j, const char *key, int64_t at_ns)
{
	char text[ID_ROOM];
	writer_t w = writer_of(text, sizeof(text));
	wr_format(&w, "%lld", (long long)at_ns);
	json_put_str(j, key, writer_done(&w));
}

/* The first whole millisecond not before it. */
static int64_t ceil_ms(int64_t ns)
{
	return ns / NS_PER_MS + (ns % NS_PER_MS > 0);
}

static int64_t floor_ms(int64_t ns)
{
	return ns / NS_PER_MS - (ns % NS_PER_MS < 0);
}

size_t edits_room(const historian_edit_t *edit)
{
	size_t text = edit->author.len + edit->reason.len;
	if (edit->value.type == VALUE_TEXT)
		text += edit->value.as.text.len;
	return EDIT_ROOM + JSON_GROWTH * text;
}

void edits_put(json_t *j, const historian_edit_t *edit)
{
	json_object(j);
	put_id(j, "id", edit->at_ns);
	json_put_cstr(j, "kind", kinds[edit->kind]);
	json_put_i64(j, "from_ms", floor_ms(edit->from_ns));
	json_put_i64(j, "to_ms", ceil_ms(edit->to_ns));
	json_put_i64(j, "time_ms", floor_ms(edit->at_ns));
	json_put_i64(j, "known_before_ms", floor_ms(edit->at_ns - 1));
	json_put_str(j, "author", edit->author);
	json_put_str(j, edit->kind == HISTORIAN_ANNOTATE ? "text" : "reason", edit->reason);
	if (edit->kind == HISTORIAN_SET) {
		json_key(j, "value");
		value_json(&edit->value, j);
		json_key(j, "quality");
		quality_json(edit->quality, j);
	}
	if (edit->kind == HISTORIAN_UNDO)
		put_id(j, "undoes", edit->undone_ns);
	json_put_bool(j, "undone", edit->is_undone);
	json_close(j);
}

typedef struct {
	exchange_t *x;
	size_t count, limit;
	bool is_annotations, is_truncated;
} listing_t;

static bool put(void *ctx, const historian_edit_t *edit)
{
	listing_t *list = ctx;
	if (list->is_annotations && (edit->kind != HISTORIAN_ANNOTATE || edit->is_undone))
		return true;
	list->is_truncated = list->count++ == list->limit;
	if (list->is_truncated)
		return false;
	json_t *j = reply_json(&list->x->reply, edits_room(edit));
	edits_put(j, edit);
	return !j->w.bad;
}

err_t edits_put_annotations(exchange_t *x, const series_query_t *query)
{
	listing_t list = { .x = x, .limit = LIST_DEFAULT, .is_annotations = true };
	json_put_array(reply_json(&x->reply, EDIT_ROOM), "annotations");
	err_t err = historian_edits(x->api->spec.historian, query, put, &list);
	json_close(reply_json(&x->reply, EDIT_ROOM));
	return err;
}

static bool read_query(exchange_t *x, series_query_t *ret_query, int64_t *ret_limit)
{
	static const query_number_t numbers[] = {
		{ "from_ms", -TIME_MAX_MS, TIME_MAX_MS, -TIME_MAX_MS },
		{ "to_ms", -TIME_MAX_MS, TIME_MAX_MS, TIME_MAX_MS },
		{ "known_at_ms", 0, TIME_MAX_MS, 0 },
	};
	static const query_number_t limit = { "limit", 1, LIST_MAX, LIST_DEFAULT };
	int64_t ms[3] = { 0 };
	for (size_t i = 0; i < 3; i++)
		if (!exchange_number(x, &numbers[i], &ms[i]))
			return false;
	ret_query->from_ns = ms[0] * NS_PER_MS;
	ret_query->to_ns = ms[1] * NS_PER_MS;
	ret_query->known_at_ns = ms[2] * NS_PER_MS;
	return exchange_number(x, &limit, ret_limit);
}

verdict_t edits_get(exchange_t *x)
{
	series_query_t query = { 0 };
	int64_t limit = 0;
	if (!exchange_series(x, x->request.param[0], &query.point) ||
	    !read_query(x, &query, &limit))
		return EXCHANGE_ANSWERED;
	listing_t list = { .x = x, .limit = (size_t)limit };
	json_t *j = reply_items(&x->reply, EDIT_ROOM);
	err_t err = historian_edits(x->api->spec.historian, &query, put, &list);
	if (err)
		return exchange_refuse(x, err, NULL, (slice_t){ 0 });
	json_close(reply_json(&x->reply, EDIT_ROOM));
	json_put_bool(j, "truncated", list.is_truncated);
	json_close(j);
	return EXCHANGE_ANSWERED;
}
