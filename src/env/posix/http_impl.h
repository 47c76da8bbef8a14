/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENV_POSIX_HTTP_IMPL_H
#define ENV_POSIX_HTTP_IMPL_H
/* What http.c (the server and its connections), http_tls.c (how they are encrypted)
 * and http_request.c (requests, replies, event streams) share. */
#include "base/table.h"
#include "env/posix/impl.h"

#include <event2/bufferevent.h>
#include <event2/http.h>

typedef struct posix_http posix_http_t;
typedef struct posix_http_tls posix_http_tls_t;
typedef struct http_conn http_conn_t;

typedef struct {
	env_http_request_t base;
	http_conn_t *conn;
	struct evhttp_request *ev;
	slice_t path, query;
	void *user;
	bool stream;
	bool slow; /* its stream is being closed */
	struct event close_event;
} http_request_t;

/* One request at a time: evhttp reads the next after the reply has left. */
struct http_conn {
	posix_http_t *http;
	struct evhttp_connection *evcon;
	struct bufferevent *bev;
	addr_t peer;
	http_request_t *request; /* without an answer yet, or a stream */
	bool is_reading_on;      /* more than libevent does by itself */
	http_conn_t *next, **link;
	/* Of TLS; NULL: plain. It is the bufferevent's and lives as long. */
	struct ssl_st *ssl;
	/* While the handshake is under way: its place in the queue, oldest first. */
	bool is_shaking;
	int64_t shake_by_ns;
	http_conn_t *shake_next, *shake_before;
	bufferevent_data_cb on_flushed; /* what evhttp does when a stream has ended */
	uint8_t *certificate;           /* the client's as DER, once somebody has asked; owned */
	size_t certificate_len;
};

enum { HTTP_FRESH_MAX = 64 };

struct posix_http {
	env_http_t base;
	posix_left_t left;
	posix_loop_t *loop;
	env_http_spec_t spec;
	struct evhttp *ev;
	struct evhttp_bound_socket *socket;
	posix_http_tls_t *tls; /* NULL: plain */
	addr_t addr;
	env_http_stats_t stats;
	http_conn_t *conns;
	table_t *by_evcon; /* evhttp_connection pointer to http_conn_t pointer */
	/* Accepted in this turn and not registered yet; each holds a reference. */
	struct bufferevent *fresh[HTTP_FRESH_MAX];
	size_t fresh_count;
	struct event fresh_event, close_event;
	const http_request_t *answering; /* in the handler and not yet answered */
	int64_t close_by_ns;
	bool closed;
};

http_request_t *posix_http_request_new(http_conn_t *conn, struct evhttp_request *ev);
void posix_http_request_free(http_request_t *request);
/* An event stream's client need not send anything for ever. */
void posix_http_conn_patience(http_conn_t *conn, bool endless);
void posix_http_request_ops(env_ops_t *ops);

/* http_tls.c */
MUST_CHECK
err_t posix_http_tls_new(posix_http_t *http, const env_http_tls_t *spec,
                         posix_http_tls_t **ret_tls);
void posix_http_tls_free(posix_http_tls_t *tls);
MUST_CHECK
err_t posix_http_tls_set(posix_http_tls_t *tls, const env_http_tls_t *spec);
/* For a connection to be accepted, or NULL. */
struct bufferevent *posix_http_tls_bufferevent(posix_http_tls_t *tls);
/* A connection is registered; may close the oldest handshake, never this one's. */
void posix_http_tls_begin(http_conn_t *conn);
/* It closes: tells the client so, and counts a handshake that did not end. */
void posix_http_tls_end(http_conn_t *conn);
/* A stream was ended: evhttp goes on only when all of it has left. */
void posix_http_tls_await_flush(http_conn_t *conn);
slice_t posix_http_tls_certificate(http_conn_t *conn);
#endif
