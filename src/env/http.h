/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENV_HTTP_H
#define ENV_HTTP_H
/* The HTTP/1.1 server as a noun: requests in, replies out, event streams. The
 * real body is libevent's evhttp; the twin takes requests from tests directly
 * (twin_http) so that the API runs without sockets.
 *
 * Story: env_http_open listens; `request` is called with a whole request (head
 * and body within the limits: a larger body was answered 413, a larger head 400).
 * The handler answers by env_http_reply at once or later on the same loop, or
 * turns the request into a server-sent event stream by env_http_stream. If the
 * client leaves before the reply, `gone` is called and the request is dead.
 *
 * Limits: head 16 KiB, body `body_max`, `connections_max` (past it new ones are
 * closed and counted as refused), idle 60 s. An event stream whose unsent output
 * exceeds 256 KiB is closed and counted.
 *
 * TLS: with `tls` in the spec the same server speaks TLS 1.2 or later and nothing
 * else on its port; every limit and behaviour stays. A connection whose handshake
 * has not ended in time, or is the oldest of too many under way, is closed and
 * counted as slow; one whose handshake fails (plain HTTP, garbage, an old version, a
 * client that leaves) is closed and counted as failed. Sessions are resumed by
 * ticket, so the server keeps none. Chain and key are PEM bytes, checked to belong
 * together; env_http_set_tls replaces them for connections to come.
 *
 * Caveats: errors below the handler (400, 413, 501 for other methods) are
 * answered by the library with its own HTML page, not problem+json. The rest of
 * a body that is too large is read and thrown away, so that the 413 arrives. Do
 * not call env_http_close from inside `request`. */
#include "base/net.h"
#include "env/loop.h"

typedef struct env_http env_http_t;
typedef struct env_http_request env_http_request_t;

typedef enum {
	HTTP_GET,
	HTTP_HEAD,
	HTTP_POST,
	HTTP_PUT,
	HTTP_PATCH,
	HTTP_DELETE,
	HTTP_OPTIONS,
	HTTP_METHOD_COUNT
} http_method_t;

typedef enum {
	HTTP_CLIENTS_NONE,     /* no certificate is asked for */
	HTTP_CLIENTS_OPTIONAL, /* asked for; a client without one is served too */
} http_clients_t;

typedef struct {
	slice_t certificate; /* PEM, the server's own first, then what leads to its root */
	slice_t key;         /* PEM, without password */
	http_clients_t clients;
	int64_t handshake_ns;  /* how long a handshake may take; 0: 10 s */
	size_t handshakes_max; /* under way at once; past it the oldest goes; 0: 256 */
} env_http_tls_t;

typedef struct {
	void (*request)(void *ctx, env_http_request_t *request);
	void (*gone)(void *ctx, env_http_request_t *request);
	void *ctx;
	size_t body_max, connections_max;
	const env_http_tls_t *tls; /* NULL: plain HTTP; borrowed during the call only */
} env_http_spec_t;

/* Port 0 takes a free one. What is wrong with `tls`: ERR_MALFORMED for bytes that are
 * no certificate or key, ERR_CONFLICT for a key of another certificate,
 * ERR_UNSUPPORTED for a key that TLS cannot use. */
MUST_CHECK
err_t env_http_open(env_loop_t *loop, addr_t addr, const env_http_spec_t *spec,
                    env_http_t **ret_http);
addr_t env_http_addr(const env_http_t *http);
/* From here on new connections are answered with this certificate; those that are
 * open keep theirs. On failure (as above) everything stays as it was. Only for a
 * server that was opened with TLS; of `tls` the limits are not read. */
MUST_CHECK
err_t env_http_set_tls(env_http_t *http, const env_http_tls_t *tls);
/* Stops accepting; requests without an answer and streams are given up, each with
 * a call of `gone`; replies already given leave within 2 s in the background. */
void env_http_close(env_http_t *http);

typedef struct {
	int64_t requests, refused, connections, streams, streams_closed_slow;
	int64_t handshakes; /* under way now */
	int64_t handshakes_failed, handshakes_slow;
} env_http_stats_t;
env_http_stats_t env_http_stats(const env_http_t *http);

/* All slices borrow the request and die with it. Path is still percent-encoded
 * and without the query. */
http_method_t env_http_method(const env_http_request_t *request);
slice_t env_http_path(const env_http_request_t *request);
slice_t env_http_query(const env_http_request_t *request);
slice_t env_http_header(const env_http_request_t *request, const char *name);
slice_t env_http_body(const env_http_request_t *request);
/* The same copied out, without its pieces being put together first: for large ones. `buf`
 * has room for env_http_body_len bytes. */
size_t env_http_body_len(const env_http_request_t *request);
void env_http_body_copy(const env_http_request_t *request, void *buf);
addr_t env_http_peer(const env_http_request_t *request);
/* Whether it came by TLS. */
bool env_http_is_secure(const env_http_request_t *request);
/* The certificate the client showed, as DER, or nothing. TLS has made sure that the
 * client holds its private key, and that is all: no authority, no name and no
 * validity was checked. Who the client is must be decided above, by the public key
 * in it (env_x509_public_key). */
slice_t env_http_peer_certificate(const env_http_request_t *request);
/* A word the owner keeps with the request. */
void env_http_set_user(env_http_request_t *request, void *user);
void *env_http_user(const env_http_request_t *request);

typedef struct {
	const char *name, *value;
} http_header_t;

typedef struct {
	int status;
	const char *content_type;     /* may be NULL when body is empty */
	const http_header_t *headers; /* ends with {NULL, NULL}; may be NULL */
	slice_t body;                 /* copied */
} env_http_reply_t;

/* Ends the request. HEAD sends the head only. */
void env_http_reply(env_http_request_t *request, const env_http_reply_t *reply);

/* Turns the request into text/event-stream (status 200, no-store). The request
 * stays alive until env_http_stream_end or `gone`. */
void env_http_stream(env_http_request_t *request);
/* One message: optional event name and id, data lines. ERR_LIMIT: too slow, the
 * stream is being closed and `gone` will follow. */
MUST_CHECK
err_t env_http_stream_send(env_http_request_t *request, const char *event, uint64_t id,
                           slice_t data);
void env_http_stream_end(env_http_request_t *request);
#endif
