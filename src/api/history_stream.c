/* SPDX-License-Identifier: Apache-2.0 */
#include "api/history_stream.h"

#include "api/state.h"
#include "model/sample_stream.h"

#define MEDIA_TYPE "application/vnd.jizhu.history"

enum { ID_NAME_MAX = 16 };

typedef struct {
	exchange_t *x;
	int64_t rows, limit; /* of the point */
	bool has_more;
} streaming_t;

static writer_t *room_for(exchange_t *x, size_t room)
{
	return reply_text(&x->reply, MEDIA_TYPE, room);
}

bool history_stream_wanted(const exchange_t *x)
{
	return slice_starts(x->request.header[HEADER_ACCEPT], SLICE(MEDIA_TYPE));
}

static bool on_row(void *ctx, const sample_t *sample)
{
	streaming_t *s = ctx;
	const value_t *value = &sample->value;
	size_t text = value->type == VALUE_TEXT ? value->as.text.len : 0;
	writer_t *w = room_for(s->x, SAMPLE_STREAM_ROW_MAX + text);
	s->has_more = s->rows == s->limit || w->len + text > STREAM_BYTES_MAX;
	if (s->has_more)
		return false;
	s->rows++;
	sample_stream_row_put(sample, w);
	return !w->bad;
}

/* A number is the name of a point that nothing else is known of. */
static void put_point(exchange_t *x, slice_t name, point_id_t id)
{
	char text[ID_NAME_MAX];
	writer_t number = writer_of(text, sizeof(text));
	wr_format(&number, "%u", id);
	sample_stream_point_put(name.len ? name : writer_done(&number),
	                        room_for(x, SAMPLE_STREAM_ROW_MAX + name.len));
}

static err_t stream_point(streaming_t *s, const series_reader_t *reader,
                          const series_query_t *query)
{
	s->rows = 0;
	s->has_more = false;
	err_t err = reader->raw(reader->ctx, query, on_row, s);
	sample_stream_mark_put(s->has_more ? SAMPLE_STREAM_MORE : SAMPLE_STREAM_END,
	                       room_for(s->x, SAMPLE_STREAM_ROW_MAX));
	return err;
}

err_t history_stream(exchange_t *x, const history_ask_t *ask, int64_t deadline_ns)
{
	streaming_t s = { .x = x, .limit = ask->limit };
	series_reader_t reader = historian_reader(x->api->spec.historian);
	err_t err = ERR_OK;
	if (ask->mode != HISTORY_RAW || ask->range.bounds != BOUNDS_INSIDE)
		return ERR_UNSUPPORTED;
	sample_stream_head_put(room_for(x, SAMPLE_STREAM_ROW_MAX));
	for (size_t i = 0; !err && i < ask->point_count; i++) {
		const history_point_t *point = &ask->points[i];
		series_query_t query = { .point = point->id,
			                 .from_ns = ask->range.from_ns,
			                 .to_ns = ask->range.to_ns,
			                 .known_at_ns = ask->known_at_ns,
			                 .limit = (size_t)ask->limit + 1,
			                 .deadline_ns = deadline_ns };
		put_point(x, history_point_name(ask, point), point->id);
		err = stream_point(&s, &reader, &query);
	}
	sample_stream_mark_put(SAMPLE_STREAM_LAST, room_for(x, SAMPLE_STREAM_ROW_MAX));
	return err;
}
