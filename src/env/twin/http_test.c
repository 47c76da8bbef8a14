/* SPDX-License-Identifier: Apache-2.0 */
#include "env/twin/test.h"

#include "env/http_client.h"
#include "env/x509.h"

enum { BODY_MAX = 100 };

typedef struct {
	env_http_t *http;
	env_http_request_t *held; /* an open stream, or a request without answer */
	size_t gone;
} api_t;

static void answer_echo(env_http_request_t *request)
{
	const http_header_t headers[] = { { "ETag", "\"7\"" }, { NULL, NULL } };
	char body[BODY_MAX + 100];
	size_t len = 0;
	slice_t parts[] = { env_http_path(request), env_http_query(request),
		            env_http_header(request, "authorization"),
		            env_http_header(request, "If-Match"), env_http_body(request) };
	for (size_t i = 0; i < 5; i++) {
		memcpy(body + len, parts[i].ptr ? parts[i].ptr : (const uint8_t *)"", parts[i].len);
		len += parts[i].len;
		body[len++] = '|';
	}
	env_http_reply(request,
	               &(env_http_reply_t){ 201, "text/plain", headers, slice_of(body, len) });
}

static void handle(void *ctx, env_http_request_t *request)
{
	api_t *api = ctx;
	if (slice_eq(env_http_path(request), SLICE("/stream"))) {
		api->held = request;
		env_http_stream(request);
	} else if (slice_eq(env_http_path(request), SLICE("/never"))) {
		api->held = request;
	} else {
		answer_echo(request);
	}
}

static void gone(void *ctx, env_http_request_t *request)
{
	api_t *api = ctx;
	assert_ptr_equal(request, api->held);
	api->held = NULL;
	api->gone++;
}

static world_t world_with(api_t *api)
{
	world_t world = world_seeded(5);
	env_http_spec_t spec = { .request = handle,
		                 .gone = gone,
		                 .ctx = api,
		                 .body_max = BODY_MAX,
		                 .connections_max = 3 };
	OK(env_http_open(env_control_loop(world.env), (addr_t){ ip_v4(127, 0, 0, 1), 8080 }, &spec,
	                 &api->http));
	return world;
}

static void request_reaches_the_handler_and_the_reply_comes_back(void **state)
{
	(void)state;
	api_t api = { 0 };
	world_t world = world_with(&api);
	const http_header_t headers[] = { { "If-Match", "3" }, { NULL, NULL } };
	twin_http_ask_t ask = { .method = HTTP_POST,
		                .path = "/a/b?x=1",
		                .token = "secret",
		                .headers = headers,
		                .body = SLICE("body") };
	twin_http_answer_t answer;
	OK(twin_http(world.env, &ask, NS_PER_S, &answer));
	assert_int_equal(answer.status, 201);
	assert_true(slice_eq(answer.content_type, SLICE("text/plain")));
	assert_true(slice_eq(answer.body, SLICE("/a/b|x=1|Bearer secret|3|body|")));
	assert_true(slice_eq(twin_http_header(&answer, "etag"), SLICE("\"7\"")));
	ask.method = HTTP_HEAD;
	OK(twin_http(world.env, &ask, NS_PER_S, &answer));
	assert_int_equal(answer.body.len, 0);
	assert_int_equal(env_http_stats(api.http).requests, 2);
	world_done(&world);
}

static void limits_refuse_before_the_handler(void **state)
{
	(void)state;
	api_t api = { 0 };
	world_t world = world_with(&api);
	uint8_t body[BODY_MAX + 1] = { 0 };
	twin_http_ask_t ask = { .path = "/", .body = slice_of(body, sizeof(body)) };
	twin_http_answer_t answer;
	twin_stream_t *streams[3];
	OK(twin_http(world.env, &ask, NS_PER_S, &answer));
	assert_int_equal(answer.status, 413);
	assert_int_equal(env_http_stats(api.http).requests, 0);
	ask = (twin_http_ask_t){ .path = "/stream" };
	for (size_t i = 0; i < 3; i++)
		OK(twin_stream_open(world.env, &ask, NS_PER_S, &answer, &streams[i]));
	assert_int_equal(twin_http(world.env, &ask, NS_PER_S, &answer), ERR_NETWORK);
	assert_int_equal(env_http_stats(api.http).refused, 1);
	twin_host_close(world.env);
	for (size_t i = 0; i < 3; i++) {
		assert_true(twin_stream_ended(streams[i]));
		twin_stream_close(streams[i]);
	}
	world_done(&world);
}

static void client_that_does_not_wait_is_gone(void **state)
{
	(void)state;
	api_t api = { 0 };
	world_t world = world_with(&api);
	twin_http_ask_t ask = { .path = "/never" };
	twin_http_answer_t answer;
	assert_int_equal(twin_http(world.env, &ask, NS_PER_S, &answer), ERR_TIMEOUT);
	assert_int_equal(env_now(world.env), NS_PER_S);
	(void)twin_run_for(world.twin, NS_PER_S);
	assert_int_equal(api.gone, 1);
	assert_int_equal(twin_http(world.env, &ask, NS_PER_S, &answer), ERR_TIMEOUT);
	env_http_close(api.http);
	assert_int_equal(api.gone, 2);
	assert_int_equal(twin_http(world.env, &ask, NS_PER_S, &answer), ERR_UNAVAILABLE);
	world_done(&world);
}

static void stream_brings_events_until_either_side_ends_it(void **state)
{
	(void)state;
	api_t api = { 0 };
	world_t world = world_with(&api);
	twin_http_ask_t ask = { .path = "/stream" };
	twin_http_answer_t answer;
	twin_stream_t *stream;
	OK(twin_stream_open(world.env, &ask, NS_PER_S, &answer, &stream));
	assert_true(slice_eq(answer.content_type, SLICE("text/event-stream")));
	OK(env_http_stream_send(api.held, "value", 9, SLICE("a\nb")));
	assert_true(slice_eq(twin_stream_take(stream),
	                     SLICE("event: value\nid: 9\ndata: a\ndata: b\n\n")));
	assert_int_equal(twin_stream_take(stream).len, 0);
	env_http_stream_end(api.held);
	assert_true(twin_stream_ended(stream));
	twin_stream_close(stream);
	OK(twin_stream_open(world.env, &ask, NS_PER_S, &answer, &stream));
	assert_int_equal(env_http_stats(api.http).streams, 1);
	twin_stream_close(stream);
	(void)twin_run_for(world.twin, NS_PER_S);
	assert_int_equal(api.gone, 1);
	assert_int_equal(env_http_stats(api.http).streams, 0);
	OK(twin_stream_open(world.env, &(twin_http_ask_t){ .path = "/" }, NS_PER_S, &answer,
	                    &stream));
	assert_null(stream);
	assert_int_equal(answer.status, 201);
	world_done(&world);
}

static void slow_stream_is_closed_past_its_limit(void **state)
{
	(void)state;
	static uint8_t data[10000];
	api_t api = { 0 };
	world_t world = world_with(&api);
	twin_http_ask_t ask = { .path = "/stream" };
	twin_http_answer_t answer;
	twin_stream_t *stream;
	OK(twin_stream_open(world.env, &ask, NS_PER_S, &answer, &stream));
	twin_stream_stall(stream, true);
	err_t err = ERR_OK;
	size_t sent = 0;
	for (; !err && sent < 100; sent++)
		err = env_http_stream_send(api.held, NULL, 0, slice_of(data, sizeof(data)));
	assert_int_equal(err, ERR_LIMIT);
	assert_in_range(sent, 26, 29);
	assert_int_equal(env_http_stats(api.http).streams_closed_slow, 1);
	(void)twin_run_for(world.twin, NS_PER_S);
	assert_int_equal(api.gone, 1);
	assert_true(twin_stream_ended(stream));
	twin_stream_close(stream);
	world_done(&world);
}

static env_http_answer_t ask_node(env_t *env, const env_http_ask_t *ask)
{
	env_http_answer_t answer = { 0 };
	OK(env_http_ask(env, ask, &answer));
	return answer;
}

static void the_client_reaches_a_server_of_another_machine(void **state)
{
	(void)state;
	api_t api = { 0 };
	world_t world = world_with(&api);
	env_t *desk = NULL;
	OK(twin_host_open(world.twin, "desk", &desk));
	const http_header_t headers[] = { { "Authorization", "Bearer t" }, { NULL, NULL } };
	env_http_ask_t ask = { .method = HTTP_POST,
		               .url = "http://127.0.0.1:8080/a/b?x=1",
		               .headers = headers,
		               .body = SLICE("{}"),
		               .told = "etag" };
	env_http_answer_t answer = ask_node(desk, &ask);
	assert_int_equal(answer.status, 201);
	assert_string_equal(answer.told, "\"7\"");
	assert_true(slice_eq(answer.body, SLICE("/a/b|x=1|Bearer t||{}|")));
	env_http_answer_done(&answer);
	assert_null(answer.memory);
	twin_host_close(desk);
	world_done(&world);
}

static void the_client_tells_why_there_is_no_answer(void **state)
{
	(void)state;
	static const struct {
		const char *url;
		size_t answer_max;
		err_t err;
	} rows[] = {
		{ "ftp://127.0.0.1:8080/", 0, ERR_INVALID },
		{ "http://somewhere/", 0, ERR_INVALID },
		{ "http://127.0.0.1:8081/", 0, ERR_UNAVAILABLE },
		{ "http://127.0.0.1:8080/never", 0, ERR_TIMEOUT },
		{ "http://127.0.0.1:8080/much", 3, ERR_TOO_BIG },
	};
	api_t api = { 0 };
	world_t world = world_with(&api);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		env_http_answer_t answer;
		env_http_ask_t ask = { .url = rows[i].url, .answer_max = rows[i].answer_max };
		assert_int_equal(env_http_ask(world.env, &ask, &answer), rows[i].err);
	}
	world_done(&world);
}

/* A server that speaks TLS. */

enum { PEM_ROOM = 4096 };

typedef struct {
	uint8_t key[PEM_ROOM], certificate[PEM_ROOM];
	env_http_tls_t tls;
} pair_t;

static void pair_make(pair_t *pair)
{
	writer_t key = writer_of(pair->key, PEM_ROOM);
	writer_t certificate = writer_of(pair->certificate, PEM_ROOM);
	env_x509_spec_t spec = { .host = "twin", .not_after_ns = 4102444800 * NS_PER_S };
	OK(env_x509_make_key(&key));
	OK(env_x509_make(&spec, writer_done(&key), &certificate));
	pair->tls = (env_http_tls_t){ .certificate = writer_done(&certificate),
		                      .key = writer_done(&key),
		                      .clients = HTTP_CLIENTS_OPTIONAL };
}

static void answer_how_it_came(void *ctx, env_http_request_t *request)
{
	(void)ctx;
	env_http_reply_t reply = { .status = env_http_is_secure(request) ? 200 : 400,
		                   .content_type = "application/octet-stream",
		                   .body = env_http_peer_certificate(request) };
	env_http_reply(request, &reply);
}

static void tls_shows_the_certificate_that_the_test_gives(void **state)
{
	(void)state;
	pair_t pair;
	env_http_t *http = NULL;
	world_t world = world_seeded(5);
	pair_make(&pair);
	env_http_spec_t spec = { .request = answer_how_it_came, .tls = &pair.tls };
	OK(env_http_open(env_control_loop(world.env), (addr_t){ .port = 8443 }, &spec, &http));
	twin_http_ask_t ask = { .path = "/", .certificate = SLICE("of a client") };
	twin_http_answer_t answer;
	OK(twin_http(world.env, &ask, NS_PER_S, &answer));
	assert_int_equal(answer.status, 200);
	assert_true(slice_eq(answer.body, ask.certificate));
	pair.tls.clients = HTTP_CLIENTS_NONE;
	OK(env_http_set_tls(http, &pair.tls));
	OK(twin_http(world.env, &ask, NS_PER_S, &answer));
	assert_int_equal(answer.body.len, 0);
	world_done(&world);
}

static void tls_refuses_a_pair_as_the_real_world_does(void **state)
{
	(void)state;
	pair_t pair, other;
	env_http_t *http = NULL;
	world_t world = world_seeded(5);
	env_loop_t *loop = env_control_loop(world.env);
	pair_make(&pair);
	pair_make(&other);
	pair.tls.key = other.tls.key;
	env_http_spec_t spec = { .request = answer_how_it_came, .tls = &pair.tls };
	assert_int_equal(env_http_open(loop, (addr_t){ .port = 8443 }, &spec, &http), ERR_CONFLICT);
	spec.tls = &other.tls;
	OK(env_http_open(loop, (addr_t){ .port = 8443 }, &spec, &http));
	assert_int_equal(env_http_set_tls(http, &pair.tls), ERR_CONFLICT);
	world_done(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(request_reaches_the_handler_and_the_reply_comes_back),
		cmocka_unit_test(limits_refuse_before_the_handler),
		cmocka_unit_test(client_that_does_not_wait_is_gone),
		cmocka_unit_test(stream_brings_events_until_either_side_ends_it),
		cmocka_unit_test(slow_stream_is_closed_past_its_limit),
		cmocka_unit_test(the_client_reaches_a_server_of_another_machine),
		cmocka_unit_test(the_client_tells_why_there_is_no_answer),
		cmocka_unit_test(tls_shows_the_certificate_that_the_test_gives),
		cmocka_unit_test(tls_refuses_a_pair_as_the_real_world_does),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
