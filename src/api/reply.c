/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON writer works over fixed memory; here that memory is moved to a larger
 * block between two pieces, which the writer does not notice. */
#include "api/reply.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "model/time.h"

enum { FIRST_ROOM = 4096 };

void reply_init(reply_t *reply)
{
	*reply = (reply_t){ .status = 200, .content_type = "application/json" };
	reply->json = json_of(NULL, 0);
}

void reply_done(reply_t *reply)
{
	free(reply->json.w.buf);
	reply->json = json_of(NULL, 0);
}

void reply_clear(reply_t *reply)
{
	reply_done(reply);
	reply_init(reply);
}

static void grow(writer_t *w, size_t room)
{
	size_t want = w->cap ? w->cap : FIRST_ROOM;
	while (want < REPLY_MAX && want - w->len < room)
		want *= 2;
	if (want > REPLY_MAX)
		want = REPLY_MAX;
	uint8_t *moved = want > w->cap ? realloc(w->buf, want) : w->buf;
	if (!moved) {
		w->bad = true;
		return;
	}
	w->buf = moved;
	w->cap = want;
}

json_t *reply_json(reply_t *reply, size_t room)
{
	writer_t *w = &reply->json.w;
	if (!w->bad && w->cap - w->len < room)
		grow(w, room);
	return &reply->json;
}

writer_t *reply_text(reply_t *reply, const char *content_type, size_t room)
{
	reply->content_type = content_type;
	return &reply_json(reply, room)->w;
}

void reply_header(reply_t *reply, const char *name, const char *value)
{
	size_t len = strlen(value) + 1;
	assert(reply->header_count < REPLY_HEADERS_MAX);
	assert(len <= REPLY_TEXT_MAX - reply->text_len);
	/* The offset is kept as a pointer: a reply never moves while it is filled. */
	char *to = reply->text + reply->text_len;
	memcpy(to, value, len);
	reply->text_len += len;
	reply->headers[reply->header_count++] = (http_header_t){ name, to };
}

void reply_wrap(reply_t *reply, slice_t head, slice_t tail)
{
	writer_t *w = &reply_json(reply, head.len + tail.len)->w;
	size_t len = w->len;
	if (w->bad || !wr_reserve(w, head.len))
		return;
	memmove(&w->buf[head.len], w->buf, len);
	memcpy(w->buf, head.ptr, head.len);
	wr_bytes(w, tail);
}

bool reply_whole(const reply_t *reply)
{
	return json_ok(&reply->json);
}

void reply_send(const reply_t *reply, env_http_request_t *wire)
{
	slice_t body = reply->fixed.ptr ? reply->fixed : json_done(&reply->json);
	env_http_reply(wire, &(env_http_reply_t){
				     .status = reply->status,
				     .content_type = body.len ? reply->content_type : NULL,
				     .headers = reply->headers,
				     .body = body,
			     });
}

json_t *reply_items(reply_t *reply, size_t room)
{
	json_t *j = reply_json(reply, room);
	json_object(j);
	json_put_array(j, "items");
	return j;
}

void reply_items_end(reply_t *reply)
{
	json_close(&reply->json);
	json_close(&reply->json);
}

void json_put_array(json_t *j, const char *key)
{
	json_key(j, key);
	json_array(j);
}

void json_put_object(json_t *j, const char *key)
{
	json_key(j, key);
	json_object(j);
}

void json_put_ms(json_t *j, const char *key, int64_t utc_ns)
{
	json_put_i64(j, key, utc_ns / NS_PER_MS);
}

void json_put_label(json_t *j, const char *const label[2])
{
	json_put_object(j, "label");
	json_put_cstr(j, "en", label[LANG_EN]);
	json_put_cstr(j, "zh", label[LANG_ZH]);
	json_close(j);
}

void json_put_limits(json_t *j, double low, double high)
{
	json_key(j, "limits");
	if (isnan(low) || isnan(high)) {
		json_null(j);
		return;
	}
	json_array(j);
	json_f64(j, low);
	json_f64(j, high);
	json_close(j);
}

void json_put_ip(json_t *j, const char *key, ip_t ip)
{
	char text[IP_TEXT_MAX];
	json_put_cstr(j, key, ip_format(ip, text));
}
