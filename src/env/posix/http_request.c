/* SPDX-License-Identifier: Apache-2.0 */
/* Requests as the handler sees them, their replies, and event streams. */
#include "env/posix/http_impl.h"

#include <assert.h>
#include <event2/buffer.h>
#include <stdio.h>
#include <stdlib.h>

enum { STREAM_UNSENT_MAX = 256 * 1024 };

static const http_request_t *request_const(const env_http_request_t *request)
{
	return (const http_request_t *)request;
}

/* "/path?query#fragment", or an absolute form that names us before the path. */
static void request_split(http_request_t *request)
{
	slice_t uri = slice_str(evhttp_request_get_uri(request->ev));
	const struct evhttp_uri *parts = evhttp_request_get_evhttp_uri(request->ev);
	bool absolute = !slice_starts(uri, SLICE("/")) && parts;
	uri = slice_cut(&uri, '#');
	request->query = uri;
	request->path = slice_cut(&request->query, '?');
	if (absolute)
		request->path = slice_str(evhttp_uri_get_path(parts));
}

/* A client that reads too slowly is cut off from the loop: the owner is in the
 * middle of a send. */
static void request_cut_off(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	http_request_t *request = ctx;
	evhttp_connection_free(request->conn->evcon);
}

http_request_t *posix_http_request_new(http_conn_t *conn, struct evhttp_request *ev)
{
	http_request_t *request = calloc(1, sizeof(*request));
	if (!request)
		return NULL;
	request->base.ops = conn->http->base.ops;
	request->conn = conn;
	request->ev = ev;
	request_split(request);
	(void)event_assign(&request->close_event, conn->http->loop->events, -1, 0, request_cut_off,
	                   request);
	return request;
}

void posix_http_request_free(http_request_t *request)
{
	if (request->conn->http->answering == request)
		request->conn->http->answering = NULL;
	(void)event_del(&request->close_event);
	free(request);
}

/* What was asked. */

typedef struct {
	enum evhttp_cmd_type type;
	http_method_t method;
} method_row_t;

static const method_row_t method_rows[HTTP_METHOD_COUNT] = {
	{ EVHTTP_REQ_GET, HTTP_GET },         { EVHTTP_REQ_HEAD, HTTP_HEAD },
	{ EVHTTP_REQ_POST, HTTP_POST },       { EVHTTP_REQ_PUT, HTTP_PUT },
	{ EVHTTP_REQ_PATCH, HTTP_PATCH },     { EVHTTP_REQ_DELETE, HTTP_DELETE },
	{ EVHTTP_REQ_OPTIONS, HTTP_OPTIONS },
};

static http_method_t http_method(const env_http_request_t *request)
{
	enum evhttp_cmd_type type = evhttp_request_get_command(request_const(request)->ev);
	size_t at = 0;
	while (at < HTTP_METHOD_COUNT - 1 && method_rows[at].type != type)
		at++;
	assert(method_rows[at].type == type); /* the server lets no other through */
	return method_rows[at].method;
}

static slice_t http_path(const env_http_request_t *request)
{
	return request_const(request)->path;
}

static slice_t http_query(const env_http_request_t *request)
{
	return request_const(request)->query;
}

static slice_t http_header(const env_http_request_t *request, const char *name)
{
	struct evkeyvalq *heads = evhttp_request_get_input_headers(request_const(request)->ev);
	return slice_str(evhttp_find_header(heads, name));
}

static slice_t http_body(const env_http_request_t *request)
{
	struct evbuffer *body = evhttp_request_get_input_buffer(request_const(request)->ev);
	size_t len = evbuffer_get_length(body);
	return slice_of(len ? evbuffer_pullup(body, -1) : NULL, len);
}

static size_t http_body_len(const env_http_request_t *request)
{
	return evbuffer_get_length(evhttp_request_get_input_buffer(request_const(request)->ev));
}

static void http_body_copy(const env_http_request_t *request, void *buf)
{
	struct evbuffer *body = evhttp_request_get_input_buffer(request_const(request)->ev);
	(void)evbuffer_copyout(body, buf, evbuffer_get_length(body));
}

static addr_t http_peer(const env_http_request_t *request)
{
	return request_const(request)->conn->peer;
}

static bool http_is_secure(const env_http_request_t *request)
{
	return request_const(request)->conn->ssl != NULL;
}

static slice_t http_peer_certificate(const env_http_request_t *request)
{
	return posix_http_tls_certificate(request_const(request)->conn);
}

static void http_set_user(env_http_request_t *request, void *user)
{
	((http_request_t *)request)->user = user;
}

static void *http_user(const env_http_request_t *request)
{
	return request_const(request)->user;
}

/* Replies. */

static void reply_head(http_request_t *request, const env_http_reply_t *reply)
{
	struct evkeyvalq *heads = evhttp_request_get_output_headers(request->ev);
	if (reply->content_type)
		(void)evhttp_add_header(heads, "Content-Type", reply->content_type);
	for (const http_header_t *h = reply->headers; h && h->name; h++)
		(void)evhttp_add_header(heads, h->name, h->value);
	/* A HEAD says how long the body would have been. */
	if (evhttp_request_get_command(request->ev) == EVHTTP_REQ_HEAD && reply->body.len) {
		char len[24];
		(void)snprintf(len, sizeof(len), "%zu", reply->body.len);
		(void)evhttp_add_header(heads, "Content-Length", len);
	}
}

static void http_reply(env_http_request_t *base, const env_http_reply_t *reply)
{
	http_request_t *request = (http_request_t *)base;
	assert(!request->stream);
	struct evhttp_request *ev = request->ev;
	reply_head(request, reply);
	if (evhttp_request_get_command(ev) != EVHTTP_REQ_HEAD)
		(void)evbuffer_add(evhttp_request_get_output_buffer(ev), reply->body.ptr,
		                   reply->body.len);
	request->conn->request = NULL;
	posix_http_request_free(request);
	evhttp_send_reply(ev, reply->status, NULL, NULL);
}

/* Event streams. */

static void http_stream(env_http_request_t *base)
{
	http_request_t *request = (http_request_t *)base;
	struct evkeyvalq *heads = evhttp_request_get_output_headers(request->ev);
	(void)evhttp_add_header(heads, "Content-Type", "text/event-stream");
	(void)evhttp_add_header(heads, "Cache-Control", "no-store");
	request->stream = true;
	request->conn->http->stats.streams++;
	posix_http_conn_patience(request->conn, true);
	evhttp_send_reply_start(request->ev, 200, NULL);
}

/* One "data:" line for each line of the data (HTML, server-sent events 9.2.6). */
static bool stream_message(struct evbuffer *to, const char *event, uint64_t id, slice_t data)
{
	bool bad = event && evbuffer_add_printf(to, "event: %s\n", event) < 0;
	bad |= id && evbuffer_add_printf(to, "id: %llu\n", (unsigned long long)id) < 0;
	do {
		slice_t line = slice_cut(&data, '\n');
		bad |= evbuffer_add(to, "data: ", 6) != 0;
		bad |= evbuffer_add(to, line.ptr, line.len) != 0;
		bad |= evbuffer_add(to, "\n", 1) != 0;
	} while (data.len > 0);
	bad |= evbuffer_add(to, "\n", 1) != 0;
	return !bad;
}

static err_t stream_too_slow(http_request_t *request)
{
	if (!request->slow) {
		request->slow = true;
		request->conn->http->stats.streams_closed_slow++;
		event_active(&request->close_event, EV_TIMEOUT, 0);
	}
	return ERR_LIMIT;
}

static err_t http_stream_send(env_http_request_t *base, const char *event, uint64_t id,
                              slice_t data)
{
	http_request_t *request = (http_request_t *)base;
	assert(request->stream);
	size_t unsent = evbuffer_get_length(bufferevent_get_output(request->conn->bev));
	if (request->slow || unsent > STREAM_UNSENT_MAX)
		return stream_too_slow(request);
	struct evbuffer *message = evbuffer_new();
	if (!message)
		return ERR_NO_MEMORY;
	bool made = stream_message(message, event, id, data);
	if (made)
		evhttp_send_reply_chunk(request->ev, message);
	evbuffer_free(message);
	return made ? ERR_OK : ERR_NO_MEMORY;
}

static void http_stream_end(env_http_request_t *base)
{
	http_request_t *request = (http_request_t *)base;
	http_conn_t *conn = request->conn;
	struct evhttp_request *ev = request->ev;
	assert(request->stream);
	conn->request = NULL;
	conn->http->stats.streams--;
	posix_http_conn_patience(conn, false);
	posix_http_request_free(request);
	evhttp_send_reply_end(ev);
	if (conn->ssl)
		posix_http_tls_await_flush(conn);
}

void posix_http_request_ops(env_ops_t *ops)
{
	ops->http_method = http_method;
	ops->http_path = http_path;
	ops->http_query = http_query;
	ops->http_header = http_header;
	ops->http_body = http_body;
	ops->http_body_len = http_body_len;
	ops->http_body_copy = http_body_copy;
	ops->http_peer = http_peer;
	ops->http_is_secure = http_is_secure;
	ops->http_peer_certificate = http_peer_certificate;
	ops->http_set_user = http_set_user;
	ops->http_user = http_user;
	ops->http_reply = http_reply;
	ops->http_stream = http_stream;
	ops->http_stream_send = http_stream_send;
	ops->http_stream_end = http_stream_end;
}
