/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/history.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "model/sample_stream.h"

enum { ANSWER_ROOM = 9 << 20, PAGE_ROWS = 100000, BODY_ROOM = 256, JSON_GROWTH = 6 };

static const int64_t TIMEOUT_NS = 30 * NS_PER_S;

static const err_text_t text_crowded = {
	{ "%1 has more samples at one time than an answer takes",
	  "%1 在同一时刻的样本多于一次应答" },
	{ NULL, NULL },
};
static const err_text_t text_stream = {
	{ "the answer of the node is no stream of samples", "节点的应答不是样本流" },
	{ "use a jizhu of the version of the node", "请使用与节点版本相同的 jizhu" },
};

/* What is known of a point after an answer. */
typedef struct {
	int64_t from_ns; /* where its next page begins */
	bool has_more;
} page_t;

typedef struct {
	const history_ask_points_t *ask;
	page_t *pages; /* by point */
} reading_t;

/* To the nanosecond as text; what lies before 1970 in whole milliseconds, whose rows too
 * many are passed over. */
static void put_time(json_t *j, const char *key, const char *key_ms, int64_t ns, bool is_up)
{
	enum { SECONDS_LEN = 19 }; /* 2026-11-25T03:30:00 */
	char text[TIME_TEXT_MAX], whole[TIME_TEXT_MAX];
	if (ns < 0) {
		json_put_i64(j, key_ms, ns / NS_PER_MS - (!is_up && ns % NS_PER_MS));
		return;
	}
	(void)snprintf(text, sizeof(text), "%.*s.%09dZ", (int)SECONDS_LEN, time_format(ns, whole),
	               (int)(ns % NS_PER_S));
	json_put_cstr(j, key, text);
}

static void put_name(json_t *j, slice_t name)
{
	uint64_t id;
	if (num_parse_u64(name, UINT32_MAX, &id))
		json_str(j, name);
	else
		json_u64(j, id);
}

static void put_body(const reading_t *r, size_t first, size_t count, json_t *j)
{
	json_object(j);
	json_key(j, "points");
	json_array(j);
	for (size_t i = first; i < first + count; i++)
		put_name(j, r->ask->points[i]);
	json_close(j);
	json_put_cstr(j, "mode", "raw");
	put_time(j, "from", "from_ms", r->pages[first].from_ns, false);
	put_time(j, "to", "to_ms", r->ask->to_ns, true);
	if (r->ask->known_at_ns)
		put_time(j, "known_at", "known_at", r->ask->known_at_ns, false);
	json_put_u64(j, "limit", PAGE_ROWS);
	json_close(j);
}

/* Where the rows of a point end whose last time may not be complete in the answer. */
static int64_t last_of(reader_t r, bool *ret_more)
{
	sample_stream_record_t record;
	int64_t last_ns = INT64_MIN;
	*ret_more = false;
	while (sample_stream_next(&r, &record) && record.kind == SAMPLE_STREAM_ROW)
		last_ns = record.sample.source.ns;
	*ret_more = !r.bad && record.kind == SAMPLE_STREAM_MORE;
	return last_ns;
}

/* The rows of one point; of a page that is not the last, those before its last time. */
static err_t take_point(reading_t *r, size_t point, reader_t *stream)
{
	page_t *page = &r->pages[point];
	sample_stream_record_t record = { .kind = SAMPLE_STREAM_ROW };
	int64_t from_ns = page->from_ns, to_ns = r->ask->to_ns;
	int64_t last_ns = last_of(*stream, &page->has_more);
	err_t err = ERR_OK;
	if (page->has_more && last_ns != INT64_MIN)
		to_ns = last_ns;
	if (page->has_more && last_ns > from_ns)
		page->from_ns = last_ns;
	while (!err && sample_stream_next(stream, &record) && record.kind == SAMPLE_STREAM_ROW) {
		int64_t ns = record.sample.source.ns;
		if (ns >= from_ns && ns < to_ns)
			err = r->ask->row(r->ask->ctx, point, &record.sample);
	}
	return err;
}

static err_t take_answer(reading_t *r, size_t first, slice_t body, err_detail_t *ret_detail)
{
	reader_t stream = reader_of(body);
	sample_stream_record_t record = { .kind = SAMPLE_STREAM_LAST };
	err_t err = ERR_OK;
	sample_stream_head_read(&stream);
	for (size_t i = first; !err && sample_stream_next(&stream, &record); i++) {
		if (record.kind == SAMPLE_STREAM_LAST)
			return ERR_OK;
		if (record.kind != SAMPLE_STREAM_POINT || i == r->ask->point_count)
			break;
		err = take_point(r, i, &stream);
	}
	return err ? err : err_raise(ret_detail, ERR_PROTOCOL, &text_stream, "", (char *)NULL);
}

/* One question of points that stand together. */
static err_t ask_points(reading_t *r, size_t first, size_t count, err_detail_t *ret_detail)
{
	size_t room = BODY_ROOM;
	env_http_answer_t answer;
	for (size_t i = first; i < first + count; i++)
		room += JSON_GROWTH * (r->ask->points[i].len + 1);
	char *bytes = malloc(room);
	json_t j = json_of(bytes, bytes ? room : 0);
	put_body(r, first, count, &j);
	door_ask_t ask = { .method = HTTP_POST,
		           .path = HISTORY_DOOR "/query",
		           .content_type = "application/json",
		           .accept = "application/vnd.jizhu.history",
		           .timeout_ns = TIMEOUT_NS,
		           .answer_max = ANSWER_ROOM };
	err_t err = json_ok(&j) ? ERR_OK : ERR_NO_MEMORY;
	if (err)
		err_raise(ret_detail, err, NULL, "", (char *)NULL);
	else {
		ask.body = json_done(&j);
		err = door_ask(r->ask->door, &ask, &answer, ret_detail);
	}
	free(bytes);
	if (err)
		return err;
	err = take_answer(r, first, answer.body, ret_detail);
	env_http_answer_done(&answer);
	return err;
}

static err_t crowded(const reading_t *r, size_t point, err_detail_t *ret_detail)
{
	char name[ERR_ARG_MAX];
	(void)slice_to_cstr(r->ask->points[point], name, sizeof(name));
	return err_raise(ret_detail, ERR_TOO_BIG, &text_crowded, "", name, (char *)NULL);
}

/* What a first answer left, point by point. */
static err_t ask_rest(reading_t *r, size_t point, err_detail_t *ret_detail)
{
	err_t err = ERR_OK;
	bool is_fresh = r->pages[point].from_ns == r->ask->from_ns;
	while (!err && r->pages[point].has_more) {
		int64_t from_ns = r->pages[point].from_ns;
		err = ask_points(r, point, 1, ret_detail);
		if (!err && r->pages[point].has_more && r->pages[point].from_ns == from_ns &&
		    !is_fresh)
			err = crowded(r, point, ret_detail);
		is_fresh = false;
	}
	return err;
}

err_t history_read(const history_ask_points_t *ask, err_detail_t *ret_detail)
{
	reading_t r = { ask, calloc(ask->point_count, sizeof(page_t)) };
	if (!r.pages)
		return err_raise(ret_detail, ERR_NO_MEMORY, NULL, "", (char *)NULL);
	for (size_t i = 0; i < ask->point_count; i++)
		r.pages[i].from_ns = ask->from_ns;
	err_t err = ask_points(&r, 0, ask->point_count, ret_detail);
	for (size_t i = 0; !err && i < ask->point_count; i++)
		err = ask_rest(&r, i, ret_detail);
	free(r.pages);
	return err;
}
