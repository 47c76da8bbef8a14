/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP without sockets. A call is the client's half, held by the test; a request
 * is the server's half, held by its owner. Either may go first: each forgets the
 * other when it does. */
#include "env/http.h"

#include <assert.h>
#include <stdlib.h>

#include "base/text.h"
#include "env/x509.h"
#include "env/twin/fifo.h"
#include "env/twin/verbs.h"

enum { STREAM_UNSENT_MAX = 256 << 10, LINES_MAX = 64 << 10, CLIENT_ANSWER_MAX = 1 << 20 };

#define CLIENT_TIMEOUT_NS (10 * NS_PER_S)

typedef struct request request_t;
typedef struct http http_t;

struct answer {
	int status;
	char *content_type;
	text_t headers;
	fifo_t body;
};

struct twin_stream {
	host_t *host;
	request_t *request; /* NULL: the server is done with it */
	struct answer *answer;
	bool is_done, is_stream, is_stalled;
	fifo_t sent, taken; /* the stream's text: on its way, and last handed out */
};
typedef struct twin_stream call_t;

struct request {
	env_http_request_t base;
	http_t *http;
	request_t *next, *prev;
	call_t *call; /* NULL: the client has left */
	http_method_t method;
	char *target, *body, *certificate;
	slice_t path, query;
	size_t body_len, certificate_len;
	text_t headers;
	addr_t peer;
	void *user;
	event_t start, gone;
	bool is_started, is_stream, is_slow;
};

struct http {
	env_http_t base;
	thing_t thing;
	loop_t *loop;
	addr_t addr;
	env_http_spec_t spec;
	env_http_stats_t stats;
	bool is_secure;
	http_clients_t clients;
	request_t *requests;
	http_t *next; /* of the host */
};

static http_t *http_of(env_http_t *http)
{
	return (http_t *)(void *)http;
}

static request_t *request_of(env_http_request_t *request)
{
	return (request_t *)(void *)request;
}

static const request_t *request_const(const env_http_request_t *request)
{
	return (const request_t *)(const void *)request;
}

/* Header lines, of requests and of answers. */

static void lines_add(text_t *lines, const char *name, const char *value)
{
	text_addf(lines, "%s: %s\r\n", name, value);
}

static slice_t lines_find(slice_t lines, const char *name)
{
	while (lines.len) {
		slice_t value = slice_cut(&lines, '\n');
		slice_t field = slice_cut(&value, ':');
		if (slice_eq_nocase(field, slice_str(name)))
			return slice_trim(value);
	}
	return (slice_t){ 0 };
}

slice_t twin_http_header(const twin_http_answer_t *answer, const char *name)
{
	return lines_find(answer->headers, name);
}

/* The server's half. */

static void request_free(request_t *request)
{
	if (request->next)
		request->next->prev = request->prev;
	if (request->prev)
		request->prev->next = request->next;
	else
		request->http->requests = request->next;
	if (request->call) {
		request->call->request = NULL;
		request->call->is_done = true;
	}
	request->http->stats.streams -= request->is_stream;
	request->http->stats.connections--;
	agenda_remove(&request->start);
	agenda_remove(&request->gone);
	text_free(&request->headers);
	free(request->target);
	free(request->body);
	free(request->certificate);
	free(request);
}

static void request_start(void *ctx)
{
	request_t *request = ctx;
	http_t *http = request->http;
	request->is_started = true;
	http->stats.requests++;
	http->spec.request(http->spec.ctx, &request->base);
}

static void request_gone(void *ctx)
{
	request_t *request = ctx;
	const env_http_spec_t *spec = &request->http->spec;
	if (request->is_started && spec->gone)
		spec->gone(spec->ctx, &request->base);
	request_free(request);
}

/* The owner learns on its loop that the client has left. */
static void request_abandon(request_t *request)
{
	twin_t *twin = request->http->loop->host->twin;
	request->call = NULL;
	world_queue(twin, &request->gone,
	            world_now(twin) + world_jitter(twin, twin->spec.latency_ns));
}

static void request_headers(request_t *request, const twin_http_ask_t *ask)
{
	request->headers = text_of(LINES_MAX);
	lines_add(&request->headers, "Host", "twin");
	if (ask->token)
		text_addf(&request->headers, "Authorization: Bearer %s\r\n", ask->token);
	if (ask->content_type)
		lines_add(&request->headers, "Content-Type", ask->content_type);
	for (const http_header_t *h = ask->headers; h && h->name; h++)
		lines_add(&request->headers, h->name, h->value);
}

static request_t *request_new(http_t *http, const twin_http_ask_t *ask, call_t *call)
{
	twin_t *twin = http->loop->host->twin;
	request_t *request = twin_alloc(1, sizeof(*request));
	request->base.ops = &twin_ops;
	request->http = http;
	request->call = call;
	request->method = ask->method;
	request->target = twin_copy(slice_str(ask->path));
	request->query = slice_str(request->target);
	request->path = slice_cut(&request->query, '?');
	request->body = twin_copy(ask->body);
	request->body_len = ask->body.len;
	if (http->is_secure && http->clients != HTTP_CLIENTS_NONE) {
		request->certificate = twin_copy(ask->certificate);
		request->certificate_len = ask->certificate.len;
	}
	request_headers(request, ask);
	request->peer = ask->peer;
	if (!request->peer.ip.family)
		request->peer = (addr_t){ ip_v4(127, 0, 0, 1), 40000 };
	request->start = event_of(twin, http->loop, request_start, request);
	request->gone = event_of(twin, http->loop, request_gone, request);
	request->next = http->requests;
	if (request->next)
		request->next->prev = request;
	http->requests = request;
	http->stats.connections++;
	world_queue(twin, &request->start,
	            world_now(twin) + world_jitter(twin, twin->spec.latency_ns));
	return request;
}

static void http_drop(void *self)
{
	http_t *http = self;
	for (request_t *request = http->requests, *next; request; request = next) {
		next = request->next;
		request_free(request);
	}
	http_t **at = &http->loop->host->http;
	while (*at != http)
		at = &(*at)->next;
	*at = http->next;
	thing_unlink(&http->thing);
	free(http);
}

/* Nothing is encrypted here, but what the real world refuses is refused. */
static err_t http_take_tls(http_t *http, const env_http_tls_t *tls)
{
	err_t err = env_x509_check_pair(tls->certificate, tls->key);
	if (!err)
		http->clients = tls->clients;
	return err;
}

err_t verb_http_open(env_loop_t *base, addr_t addr, const env_http_spec_t *spec,
                     env_http_t **ret_http)
{
	host_t *host = loop_of(base)->host;
	for (const http_t *other = host->http; other; other = other->next) {
		if (addr.port && addr_eq(other->addr, addr))
			return ERR_BUSY;
	}
	http_t *http = twin_alloc(1, sizeof(*http));
	http->base.ops = &twin_ops;
	http->loop = loop_of(base);
	http->addr = addr;
	if (!addr.port)
		http->addr.port = 8080;
	http->spec = *spec;
	http->spec.tls = NULL;
	http->is_secure = spec->tls != NULL;
	err_t err = spec->tls ? http_take_tls(http, spec->tls) : ERR_OK;
	if (err) {
		free(http);
		return err;
	}
	http->next = host->http;
	host->http = http;
	thing_link(&http->thing, host, http, http_drop);
	*ret_http = &http->base;
	return ERR_OK;
}

err_t verb_http_set_tls(env_http_t *http, const env_http_tls_t *tls)
{
	assert(http_of(http)->is_secure);
	return http_take_tls(http_of(http), tls);
}

addr_t verb_http_addr(const env_http_t *http)
{
	return ((const http_t *)(const void *)http)->addr;
}

/* Owners hear of every request that is still theirs. */
void verb_http_close(env_http_t *base)
{
	if (!base)
		return;
	const http_t *http = http_of(base);
	while (http->requests) {
		const request_t *first = http->requests;
		request_gone(http->requests);
		assert(http->requests != first);
	}
	http_drop(base);
}

env_http_stats_t verb_http_stats(const env_http_t *http)
{
	return ((const http_t *)(const void *)http)->stats;
}

http_method_t verb_http_method(const env_http_request_t *request)
{
	return request_const(request)->method;
}

slice_t verb_http_path(const env_http_request_t *request)
{
	return request_const(request)->path;
}

slice_t verb_http_query(const env_http_request_t *request)
{
	return request_const(request)->query;
}

slice_t verb_http_header(const env_http_request_t *request, const char *name)
{
	return lines_find(text_slice(&request_const(request)->headers), name);
}

slice_t verb_http_body(const env_http_request_t *request)
{
	return slice_of(request_const(request)->body, request_const(request)->body_len);
}

size_t verb_http_body_len(const env_http_request_t *request)
{
	return request_const(request)->body_len;
}

void verb_http_body_copy(const env_http_request_t *request, void *buf)
{
	slice_t body = verb_http_body(request);
	if (body.len)
		memcpy(buf, body.ptr, body.len);
}

addr_t verb_http_peer(const env_http_request_t *request)
{
	return request_const(request)->peer;
}

bool verb_http_is_secure(const env_http_request_t *request)
{
	return request_const(request)->http->is_secure;
}

slice_t verb_http_peer_certificate(const env_http_request_t *request)
{
	const request_t *asked = request_const(request);
	return slice_of(asked->certificate, asked->certificate_len);
}

void verb_http_set_user(env_http_request_t *request, void *user)
{
	request_of(request)->user = user;
}

void *verb_http_user(const env_http_request_t *request)
{
	return request_const(request)->user;
}

static void answer_fill(struct answer *answer, const env_http_reply_t *reply)
{
	answer->status = reply->status;
	if (reply->content_type) {
		answer->content_type = twin_copy(slice_str(reply->content_type));
		lines_add(&answer->headers, "Content-Type", reply->content_type);
	}
	for (const http_header_t *h = reply->headers; h && h->name; h++)
		lines_add(&answer->headers, h->name, h->value);
	fifo_add(&answer->body, reply->body);
}

void verb_http_reply(env_http_request_t *base, const env_http_reply_t *reply)
{
	request_t *request = request_of(base);
	assert(!request->is_stream);
	env_http_reply_t shown = *reply;
	if (request->method == HTTP_HEAD)
		shown.body = (slice_t){ 0 };
	if (request->call)
		answer_fill(request->call->answer, &shown);
	request_free(request);
}

void verb_http_stream(env_http_request_t *base)
{
	static const http_header_t headers[] = { { "Cache-Control", "no-store" }, { NULL, NULL } };
	request_t *request = request_of(base);
	request->is_stream = true;
	request->http->stats.streams++;
	if (!request->call)
		return;
	request->call->is_stream = request->call->is_done = true;
	answer_fill(request->call->answer,
	            &(env_http_reply_t){ 200, "text/event-stream", headers, { 0 } });
}

/* One "data:" line for each line of the data (HTML, server-sent events 9.2.6). */
static void message_add(fifo_t *to, const char *event, uint64_t id, slice_t data)
{
	text_t head = text_of(LINES_MAX);
	if (event)
		text_addf(&head, "event: %s\n", event);
	if (id)
		text_addf(&head, "id: %llu\n", (unsigned long long)id);
	fifo_add(to, text_slice(&head));
	text_free(&head);
	do {
		fifo_add(to, SLICE("data: "));
		fifo_add(to, slice_cut(&data, '\n'));
		fifo_add(to, SLICE("\n"));
	} while (data.len);
	fifo_add(to, SLICE("\n"));
}

err_t verb_http_stream_send(env_http_request_t *base, const char *event, uint64_t id, slice_t data)
{
	request_t *request = request_of(base);
	assert(request->is_stream);
	call_t *call = request->call;
	if (call && call->is_stalled && call->sent.len > STREAM_UNSENT_MAX) {
		request->is_slow = true;
		request->http->stats.streams_closed_slow++;
		call->request = NULL;
		request_abandon(request);
	}
	if (request->is_slow)
		return ERR_LIMIT;
	if (call)
		message_add(&call->sent, event, id, data);
	return ERR_OK;
}

void verb_http_stream_end(env_http_request_t *base)
{
	assert(request_of(base)->is_stream);
	request_free(request_of(base));
}

/* The client's half. */

void http_answer_free(struct answer *answer)
{
	if (!answer)
		return;
	free(answer->content_type);
	text_free(&answer->headers);
	fifo_free(&answer->body);
	free(answer);
}

static call_t *call_new(host_t *host)
{
	call_t *call = twin_alloc(1, sizeof(*call));
	call->host = host;
	call->answer = twin_alloc(1, sizeof(*call->answer));
	call->answer->headers = text_of(LINES_MAX);
	http_answer_free(host->twin->answer);
	host->twin->answer = call->answer;
	return call;
}

void twin_stream_close(twin_stream_t *call)
{
	if (!call)
		return;
	if (call->request)
		request_abandon(call->request);
	fifo_free(&call->sent);
	fifo_free(&call->taken);
	free(call);
}

/* Sends the request off, or says what a server does that will not read it. */
static err_t call_send(call_t *call, http_t *http, const twin_http_ask_t *ask)
{
	if (!http || http->loop->host->is_dead)
		return ERR_UNAVAILABLE;
	size_t max = http->spec.connections_max;
	if (max && (size_t)http->stats.connections >= max) {
		http->stats.refused++;
		return ERR_NETWORK;
	}
	if (ask->body.len > http->spec.body_max) {
		call->answer->status = 413;
		call->is_done = true;
		return ERR_OK;
	}
	call->request = request_new(http, ask, call);
	return ERR_OK;
}

static err_t call_wait(call_t *call, int64_t until_ns)
{
	twin_t *twin = call->host->twin;
	bool has_more = true;
	while (has_more && !call->is_done && !call->host->is_dead)
		has_more = world_turn(twin, until_ns);
	if (call->host->is_dead)
		return ERR_UNAVAILABLE;
	if (!call->is_done) {
		twin->now = until_ns;
		return ERR_TIMEOUT;
	}
	return call->answer->status ? ERR_OK : ERR_NETWORK;
}

err_t twin_stream_open(env_t *env, const twin_http_ask_t *ask, int64_t timeout_ns,
                       twin_http_answer_t *ret_answer, twin_stream_t **ret_stream)
{
	call_t *call = call_new(host_of(env));
	const struct answer *answer = call->answer;
	err_t err = call_send(call, call->host->http, ask);
	if (!err)
		err = call_wait(call, world_now(call->host->twin) + timeout_ns);
	if (!err) {
		*ret_answer = (twin_http_answer_t){
			.status = answer->status,
			.content_type = slice_str(answer->content_type),
			.headers = text_slice(&answer->headers),
			.body = fifo_bytes(&answer->body),
		};
		*ret_stream = call->is_stream ? call : NULL;
	}
	if (err || !call->is_stream)
		twin_stream_close(call);
	return err;
}

err_t twin_http(env_t *env, const twin_http_ask_t *ask, int64_t timeout_ns,
                twin_http_answer_t *ret_answer)
{
	twin_stream_t *stream = NULL;
	err_t err = twin_stream_open(env, ask, timeout_ns, ret_answer, &stream);
	twin_stream_close(stream);
	return err;
}

slice_t twin_stream_take(twin_stream_t *call)
{
	if (call->is_stalled)
		return (slice_t){ 0 };
	fifo_free(&call->taken);
	call->taken = call->sent;
	call->sent = (fifo_t){ 0 };
	return fifo_bytes(&call->taken);
}

void twin_stream_stall(twin_stream_t *call, bool is_stalled)
{
	call->is_stalled = is_stalled;
}

bool twin_stream_ended(const twin_stream_t *call)
{
	return call->request == NULL;
}

/* The client as a noun: it finds its server by address, on any machine. */

static http_t *server_at(const twin_t *twin, addr_t addr)
{
	for (const host_t *host = twin->hosts; host; host = host->next)
		for (http_t *http = host->http; http; http = http->next)
			if (addr_eq(http->addr, addr))
				return http;
	return NULL;
}

/* "http://127.0.0.1:8080/a?b": the address, and where the path begins. */
static err_t url_split(const char *url, addr_t *ret_addr, const char **ret_path)
{
	slice_t rest = slice_str(url);
	size_t head = slice_starts(rest, SLICE("https://"))  ? strlen("https://")
	              : slice_starts(rest, SLICE("http://")) ? strlen("http://")
	                                                     : 0;
	rest = slice_from(rest, head);
	size_t path = head + slice_find(rest, '/');
	if (!head || addr_parse(slice_cut(&rest, '/'), ret_addr))
		return ERR_INVALID;
	*ret_path = url[path] ? url + path : "/";
	return ERR_OK;
}

static err_t answer_take(const struct answer *answer, const env_http_ask_t *ask,
                         env_http_answer_t *ret_answer)
{
	slice_t body = fifo_bytes(&answer->body);
	size_t max = ask->answer_max ? ask->answer_max : CLIENT_ANSWER_MAX;
	if (body.len > max)
		return ERR_TOO_BIG;
	char *memory = twin_copy(body);
	*ret_answer = (env_http_answer_t){ .status = answer->status,
		                           .body = slice_of(memory, body.len),
		                           .memory = memory };
	if (ask->told)
		(void)slice_to_cstr(lines_find(text_slice(&answer->headers), ask->told),
		                    ret_answer->told, sizeof(ret_answer->told));
	return ERR_OK;
}

err_t verb_http_ask(env_t *env, const env_http_ask_t *ask, env_http_answer_t *ret_answer)
{
	twin_t *twin = host_of(env)->twin;
	addr_t addr;
	twin_http_ask_t sent = { .method = ask->method,
		                 .content_type = ask->content_type,
		                 .headers = ask->headers,
		                 .body = ask->body };
	int64_t timeout_ns = ask->timeout_ns ? ask->timeout_ns : CLIENT_TIMEOUT_NS;
	if (twin->current)
		return ERR_UNSUPPORTED;
	err_t err = url_split(ask->url, &addr, &sent.path);
	if (err)
		return err;
	call_t *call = call_new(host_of(env));
	err = call_send(call, server_at(twin, addr), &sent);
	if (!err)
		err = call_wait(call, world_now(twin) + timeout_ns);
	if (!err)
		err = answer_take(call->answer, ask, ret_answer);
	twin_stream_close(call);
	return err;
}
