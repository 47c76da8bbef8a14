/* SPDX-License-Identifier: Apache-2.0 */
/* The adapter to libevent's evhttp.
 *
 * evhttp hands us whole requests but tells nothing of connections, and the limit
 * on them, the discovery that a client has left, and a stop that lets replies out
 * all need them. So a connection is registered when its bufferevent is made: in
 * the same turn of the loop, once evhttp has set it up, the argument of its
 * bufferevent's callbacks is the evhttp_connection, and a close callback is set
 * on it. From there connections are exact.
 *
 * While a handler owes a reply the connection is read from with no read callback,
 * because evhttp ends the process when bytes arrive in that state; reading goes
 * on only to notice that the client left, and stops at a limit on what a client that
 * pipelines may pile up. evhttp starts it again when it turns to the next request.
 * (A watermark would do for plain connections, but under TLS libevent does not go on
 * with what OpenSSL has already decrypted.) */
#include "env/posix/http_impl.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/http_struct.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>

enum {
	HTTP_HEAD_MAX = 16 * 1024,
	HTTP_IDLE_S = 60,
	HTTP_PIPELINE_MAX = 64 * 1024,
	HTTP_PAGE_BYTES = 4096,      /* what libevent reads at a time */
	HTTP_READ_BYTES = 63 * 1024, /* with its head it fills what libevent asks malloc for */
	HTTP_READS_MAX = 8,          /* before other connections have their turn */
};
#define HTTP_CLOSE_NS      (2 * NS_PER_S)
#define HTTP_CLOSE_LOOK_NS (10 * NS_PER_MS)

static slice_t key_of(struct evhttp_connection *const *evcon)
{
	return slice_of(evcon, sizeof(*evcon));
}

/* Connections. */

static void conn_link(posix_http_t *http, http_conn_t *conn)
{
	conn->next = http->conns;
	conn->link = &http->conns;
	if (conn->next)
		conn->next->link = &conn->next;
	http->conns = conn;
}

static void conn_unlink(http_conn_t *conn)
{
	*conn->link = conn->next;
	if (conn->next)
		conn->next->link = conn->link;
}

static void request_gone(http_request_t *request)
{
	posix_http_t *http = request->conn->http;
	struct evhttp_request *ev = request->ev;
	request->conn->request = NULL;
	http->stats.streams -= request->stream;
	if (!http->closed)
		http->spec.gone(http->spec.ctx, &request->base);
	/* After an error of the socket evhttp has let go of the request. */
	if (!evhttp_request_get_connection(ev))
		evhttp_request_free(ev);
	posix_http_request_free(request);
}

/* How much of what comes may pile up in front of evhttp. */
static size_t conn_limit(const http_conn_t *conn)
{
	return conn->http->spec.body_max + HTTP_PIPELINE_MAX;
}

/* libevent reads a page at a time, with three system calls each. Where it got a whole one
 * of a body, the rest of what has come is read here with one call for many pages; the end
 * of the stream and errors are left to it. */
static void conn_read_on(const http_conn_t *conn, struct evbuffer *input)
{
	struct evbuffer_iovec room;
	size_t wanted = HTTP_READ_BYTES, got = wanted;
	for (int i = 0; i < HTTP_READS_MAX && got == wanted; i++) {
		if (evbuffer_get_length(input) + wanted > conn_limit(conn) ||
		    evbuffer_reserve_space(input, (ev_ssize_t)wanted, &room, 1) != 1)
			return;
		ssize_t n = recv(bufferevent_getfd(conn->bev), room.iov_base, wanted, MSG_DONTWAIT);
		got = n > 0 ? (size_t)n : 0;
		room.iov_len = got;
		(void)evbuffer_commit_space(input, &room, 1);
	}
}

static void conn_filled(struct evbuffer *input, const struct evbuffer_cb_info *info, void *ctx)
{
	http_conn_t *conn = ctx;
	if (info->n_added == 0 || conn->is_reading_on)
		return;
	conn->is_reading_on = true;
	if (info->n_added >= HTTP_PAGE_BYTES && !conn->ssl && !conn->request)
		conn_read_on(conn, input);
	conn->is_reading_on = false;
	if (evbuffer_get_length(input) > conn_limit(conn))
		(void)bufferevent_disable(conn->bev, EV_READ);
}

static void conn_closed(struct evhttp_connection *evcon, void *ctx)
{
	http_conn_t *conn = ctx;
	posix_http_t *http = conn->http;
	if (conn->request)
		request_gone(conn->request);
	(void)table_remove(http->by_evcon, key_of(&evcon));
	(void)evbuffer_remove_cb(bufferevent_get_input(conn->bev), conn_filled, conn);
	if (http->tls)
		posix_http_tls_end(conn);
	conn_unlink(conn);
	http->stats.connections--;
	free(conn);
}

static bool conn_add(posix_http_t *http, struct bufferevent *bev, struct evhttp_connection *evcon)
{
	void *slot = NULL;
	struct evbuffer *input = bufferevent_get_input(bev);
	http_conn_t *conn = calloc(1, sizeof(*conn));
	if (!conn)
		return false;
	*conn = (http_conn_t){ .http = http, .evcon = evcon, .bev = bev };
	conn->peer = posix_socket_peer(bufferevent_getfd(bev));
	if (!evbuffer_add_cb(input, conn_filled, conn) ||
	    table_put(http->by_evcon, key_of(&evcon), &slot, NULL) != ERR_OK) {
		(void)evbuffer_remove_cb(input, conn_filled, conn);
		free(conn);
		return false;
	}
	memcpy(slot, &conn, sizeof(conn));
	conn_link(http, conn);
	http->stats.connections++;
	evhttp_connection_set_closecb(evcon, conn_closed, conn);
	if (http->tls)
		posix_http_tls_begin(conn);
	return true;
}

/* Runs in the turn that accepted, when evhttp has set the connection up. */
static void conn_register(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	posix_http_t *http = ctx;
	for (size_t i = 0; i < http->fresh_count; i++) {
		struct bufferevent *bev = http->fresh[i];
		bufferevent_event_cb on_event = NULL;
		void *evcon = NULL;
		bufferevent_getcb(bev, NULL, NULL, &on_event, &evcon);
		if (on_event && (http->stats.connections >= (int64_t)http->spec.connections_max ||
		                 !conn_add(http, bev, evcon))) {
			http->stats.refused++;
			evhttp_connection_free(evcon);
		}
		(void)bufferevent_decref(bev);
	}
	http->fresh_count = 0;
}

static struct bufferevent *conn_made(struct event_base *events, void *ctx)
{
	posix_http_t *http = ctx;
	if (http->fresh_count == HTTP_FRESH_MAX)
		conn_register(-1, 0, http);
	struct bufferevent *bev = http->tls ? posix_http_tls_bufferevent(http->tls)
	                                    : bufferevent_socket_new(events, -1, 0);
	if (!bev)
		return NULL; /* evhttp tries again and gives the connection up */
	bufferevent_incref(bev);
	http->fresh[http->fresh_count++] = bev;
	event_active(&http->fresh_event, EV_TIMEOUT, 0);
	return bev;
}

static http_conn_t *conn_of(posix_http_t *http, struct evhttp_connection *evcon)
{
	void *slot = table_get(http->by_evcon, key_of(&evcon));
	http_conn_t *conn = NULL;
	if (slot)
		memcpy(&conn, slot, sizeof(conn));
	return conn;
}

/* The handler will answer later: watch for the client leaving meanwhile. */
static void conn_watch(http_conn_t *conn)
{
	bufferevent_data_cb on_write = NULL;
	bufferevent_event_cb on_event = NULL;
	void *arg = NULL;
	bufferevent_getcb(conn->bev, NULL, &on_write, &on_event, &arg);
	bufferevent_setcb(conn->bev, NULL, on_write, on_event, arg);
	(void)bufferevent_enable(conn->bev, EV_READ);
}

void posix_http_conn_patience(http_conn_t *conn, bool endless)
{
	struct timeval idle = { .tv_sec = HTTP_IDLE_S };
	(void)bufferevent_set_timeouts(conn->bev, endless ? NULL : &idle, &idle);
}

static void http_requested(struct evhttp_request *ev, void *ctx)
{
	posix_http_t *http = ctx;
	http_conn_t *conn = conn_of(http, evhttp_request_get_connection(ev));
	http_request_t *request = conn ? posix_http_request_new(conn, ev) : NULL;
	if (!request) {
		http->stats.refused++;
		evhttp_send_error(ev, HTTP_SERVUNAVAIL, NULL);
		return;
	}
	conn->request = request;
	http->stats.requests++;
	http->answering = request;
	http->spec.request(http->spec.ctx, &request->base);
	/* A handler that answered at once has freed the request. */
	if (http->answering == request)
		conn_watch(conn);
	http->answering = NULL;
}

/* Open. */

static err_t http_make_server(posix_http_t *http)
{
	http->ev = evhttp_new(http->loop->events);
	http->by_evcon = table_new(sizeof(http_conn_t *), http->spec.connections_max, 1);
	if (!http->ev || !http->by_evcon)
		return ERR_NO_MEMORY;
	evhttp_set_gencb(http->ev, http_requested, http);
	evhttp_set_bevcb(http->ev, conn_made, http);
	evhttp_set_default_content_type(http->ev, NULL);
	evhttp_set_max_headers_size(http->ev, HTTP_HEAD_MAX);
	evhttp_set_max_body_size(http->ev, (ev_ssize_t)http->spec.body_max);
	evhttp_set_timeout(http->ev, HTTP_IDLE_S);
	evhttp_set_allowed_methods(http->ev, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD | EVHTTP_REQ_POST |
	                                             EVHTTP_REQ_PUT | EVHTTP_REQ_PATCH |
	                                             EVHTTP_REQ_DELETE | EVHTTP_REQ_OPTIONS);
	/* Without it a refused body's sender sees a reset instead of the 413. */
	(void)evhttp_set_flags(http->ev, EVHTTP_SERVER_LINGERING_CLOSE);
	(void)event_assign(&http->fresh_event, http->loop->events, -1, 0, conn_register, http);
	return ERR_OK;
}

static err_t http_listen(posix_http_t *http, addr_t addr)
{
	int fd = -1, on = 1;
	err_t err = posix_socket_listening(addr, &fd);
	if (err)
		return err;
	/* Accepted sockets inherit it; without, replies wait for delayed ACKs. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	http->addr = posix_socket_local(fd);
	http->socket = evhttp_accept_socket_with_handle(http->ev, fd);
	if (http->socket)
		return ERR_OK;
	posix_close(&fd);
	return ERR_NO_MEMORY;
}

static void http_destroy(posix_http_t *http)
{
	posix_left_remove(&http->left);
	for (size_t i = 0; i < http->fresh_count; i++)
		(void)bufferevent_decref(http->fresh[i]);
	http->fresh_count = 0;
	if (http->ev)
		evhttp_free(http->ev);
	if (event_initialized(&http->fresh_event))
		(void)event_del(&http->fresh_event);
	if (event_initialized(&http->close_event))
		(void)event_del(&http->close_event);
	posix_http_tls_free(http->tls);
	table_free(http->by_evcon);
	free(http);
}

static err_t http_open(env_loop_t *loop, addr_t addr, const env_http_spec_t *spec,
                       env_http_t **ret_http)
{
	posix_http_t *http = calloc(1, sizeof(*http));
	if (!http)
		return ERR_NO_MEMORY;
	http->base.ops = loop->ops;
	http->loop = (posix_loop_t *)loop;
	http->spec = *spec;
	err_t err = spec->tls ? posix_http_tls_new(http, spec->tls, &http->tls) : ERR_OK;
	http->spec.tls = NULL;
	if (!err)
		err = http_make_server(http);
	if (!err)
		err = http_listen(http, addr);
	if (err) {
		http_destroy(http);
		return err;
	}
	*ret_http = &http->base;
	return ERR_OK;
}

/* Close. */

static void http_left_free(posix_left_t *left)
{
	http_destroy((posix_http_t *)((char *)left - offsetof(posix_http_t, left)));
}

static bool http_unsent(const posix_http_t *http)
{
	for (const http_conn_t *conn = http->conns; conn; conn = conn->next)
		if (evbuffer_get_length(bufferevent_get_output(conn->bev)) > 0)
			return true;
	return false;
}

static void http_close_look(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	posix_http_t *http = ctx;
	if (!http_unsent(http) || posix_now() >= http->close_by_ns)
		http_destroy(http);
}

/* Requests without an answer are given up: their owner is told by `gone`. */
static void http_give_up(posix_http_t *http)
{
	http_conn_t *next = NULL;
	for (http_conn_t *conn = http->conns; conn; conn = next) {
		next = conn->next;
		if (conn->request)
			evhttp_connection_free(conn->evcon);
	}
}

static void http_close(env_http_t *base)
{
	posix_http_t *http = (posix_http_t *)base;
	conn_register(-1, 0, http);
	evhttp_del_accept_socket(http->ev, http->socket);
	http_give_up(http);
	http->closed = true;
	if (!posix_loop_running(http->loop)) {
		http_destroy(http);
		return;
	}
	/* From here on new requests on old connections are refused. */
	evhttp_set_gencb(http->ev, NULL, NULL);
	http->close_by_ns = posix_now() + HTTP_CLOSE_NS;
	posix_loop_adopt(http->loop, &http->left, http_left_free);
	struct timeval look = posix_timeval(HTTP_CLOSE_LOOK_NS);
	(void)event_assign(&http->close_event, http->loop->events, -1, EV_PERSIST, http_close_look,
	                   http);
	(void)event_add(&http->close_event, &look);
}

static err_t http_set_tls(env_http_t *http, const env_http_tls_t *tls)
{
	return posix_http_tls_set(((posix_http_t *)http)->tls, tls);
}

static addr_t http_addr(const env_http_t *http)
{
	return ((const posix_http_t *)http)->addr;
}

static env_http_stats_t http_stats(const env_http_t *http)
{
	return ((const posix_http_t *)http)->stats;
}

void posix_http_ops(env_ops_t *ops)
{
	ops->http_open = http_open;
	ops->http_addr = http_addr;
	ops->http_set_tls = http_set_tls;
	ops->http_close = http_close;
	ops->http_stats = http_stats;
	posix_http_request_ops(ops);
}
