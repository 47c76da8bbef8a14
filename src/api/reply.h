/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_REPLY_H
#define API_REPLY_H
/* An answer under construction: status, headers and a body that grows to a limit.
 * It belongs to one thread at a time and is sent on the HTTP loop.
 *
 * Story: a handler calls reply_json with the room its next piece may need and
 * writes there; what was begun is closed by the handler. An answer past the limit
 * turns into a problem when it is sent.
 *
 * Limits: REPLY_MAX bytes of body, REPLY_HEADERS_MAX headers. */
#include "base/json.h"
#include "env/http.h"

enum { REPLY_MAX = 8 << 20, REPLY_HEADERS_MAX = 16, REPLY_TEXT_MAX = 6144 };

typedef struct {
	int status; /* 200 unless set */
	const char *content_type;
	http_header_t headers[REPLY_HEADERS_MAX + 1];
	size_t header_count;
	slice_t fixed; /* instead of a written body: bytes of the program itself */
	json_t json;
	char text[REPLY_TEXT_MAX]; /* what header values borrow */
	size_t text_len;
} reply_t;

void reply_init(reply_t *reply);
void reply_done(reply_t *reply);
/* Forgets the body and the headers. */
void reply_clear(reply_t *reply);
/* The writer of the body with at least `room` bytes to spare, as far as the limit
 * allows; beyond it the writer turns bad. */
json_t *reply_json(reply_t *reply, size_t room);
/* The same for a body that is not JSON. */
writer_t *reply_text(reply_t *reply, const char *content_type, size_t room);
/* The name lives on; the value is copied. One name may stand there several times. A
 * header past the limits is a bug. */
void reply_header(reply_t *reply, const char *name, const char *value);
/* Puts a text in front of the body that was written, and one behind it. */
void reply_wrap(reply_t *reply, slice_t head, slice_t tail);
/* False when the body did not fit or was left open. */
bool reply_whole(const reply_t *reply);
void reply_send(const reply_t *reply, env_http_request_t *wire);

/* Begins an answer that is an object with the list "items", and ends it. */
json_t *reply_items(reply_t *reply, size_t room);
void reply_items_end(reply_t *reply);

/* Pieces of JSON that several answers share. */
/* A key with the array or object behind it, which is open then. */
void json_put_array(json_t *j, const char *key);
void json_put_object(json_t *j, const char *key);
void json_put_ms(json_t *j, const char *key, int64_t utc_ns);
void json_put_label(json_t *j, const char *const label[2]);
/* null when it is not a number */
void json_put_limits(json_t *j, double low, double high);
void json_put_ip(json_t *j, const char *key, ip_t ip);
#endif
