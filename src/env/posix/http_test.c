/* SPDX-License-Identifier: Apache-2.0 */
#include "env/posix/http_site.h"
#include "base/num.h"

#include <arpa/inet.h>
#include <sys/socket.h>

static void handler_sees_what_was_asked(void **state)
{
	site_t site = { 0 };
	client_t client = { 0 };
	site_open(&site, *state, answer_later, 8);
	ask(&site, &client,
	    SLICE("PATCH /a%2Fb//c?x=%31&y HTTP/1.1\r\nHost: n\r\nAuthorization: Bearer t\r\n"
	          "Content-Length: 4\r\n\r\nbody"),
	    SLICE("|1"));
	char wanted[128];
	(void)snprintf(wanted, sizeof(wanted), "\r\n\r\n%d|/a%%2Fb//c|x=%%31&y|Bearer t|body|1",
	               (int)HTTP_PATCH);
	assert_true(got(&client, slice_str(wanted)));
	assert_true(got(&client, SLICE("HTTP/1.1 200 OK\r\n")));
	assert_true(got(&client, SLICE("X-Line: coater\r\n")));
	client_done(&client);
	site_done(&site);
}

static void every_method_arrives(void **state)
{
	static const struct {
		const char *name;
		http_method_t method;
	} rows[] = {
		{ "GET", HTTP_GET },     { "POST", HTTP_POST },     { "PUT", HTTP_PUT },
		{ "PATCH", HTTP_PATCH }, { "DELETE", HTTP_DELETE }, { "OPTIONS", HTTP_OPTIONS }
	};
	site_t site = { 0 };
	site_open(&site, *state, answer_later, 8);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		client_t client = { 0 };
		char text[128], wanted[32];
		(void)snprintf(text, sizeof(text), "%s /m HTTP/1.1\r\nHost: n\r\n\r\n",
		               rows[i].name);
		(void)snprintf(wanted, sizeof(wanted), "%d|/m", (int)rows[i].method);
		ask(&site, &client, slice_str(text), slice_str(wanted));
		client_done(&client);
	}
	assert_int_equal(env_http_stats(site.http).requests, 6);
	site_done(&site);
}

static void head_has_the_length_but_no_body(void **state)
{
	site_t site = { 0 };
	client_t client = { 0 };
	site_open(&site, *state, answer_later, 8);
	ask(&site, &client, SLICE("HEAD /h HTTP/1.1\r\nHost: n\r\nConnection: close\r\n\r\n"),
	    (slice_t){ 0 });
	assert_int_equal(client.why, ERR_OK);
	assert_true(got(&client, SLICE("Content-Length: 9\r\n")));
	assert_false(got(&client, SLICE("|/h")));
	client_done(&client);
	site_done(&site);
}

static void late_reply_holds_the_pipeline_in_order(void **state)
{
	site_t site = { 0 };
	client_t client = { 0 };
	site_open(&site, *state, answer_later, 8);
	ask(&site, &client,
	    SLICE("GET /later HTTP/1.1\r\nHost: n\r\n\r\nGET /next HTTP/1.1\r\nHost: n\r\n\r\n"),
	    SLICE("|/next"));
	assert_true(got(&client, SLICE("\r\n\r\nlateHTTP/1.1 200")));
	client_done(&client);
	site_done(&site);
}

/* More than the server takes in while it owes a reply. */
static void long_pipeline_waits_for_its_turn_and_is_answered(void **state)
{
	site_t site = { 0 };
	client_t client = { 0 };
	text_t text = text_of(1 << 20);
	site_open(&site, *state, answer_later, 8);
	text_add(&text, SLICE("GET /later HTTP/1.1\r\nHost: n\r\n\r\n"));
	for (int i = 0; i < 6000; i++)
		text_add(&text, SLICE("GET /one-of-many HTTP/1.1\r\nHost: n\r\n\r\n"));
	text_add(&text, SLICE("GET /end HTTP/1.1\r\nHost: n\r\n\r\n"));
	assert_true(text.len > 2 * BODY_MAX + 64 * 1024);
	ask(&site, &client, text_slice(&text), SLICE("|/end"));
	assert_int_equal(env_http_stats(site.http).requests, 6002);
	text_free(&text);
	client_done(&client);
	site_done(&site);
}

static void ten_megabyte_body_is_answered_413(void **state)
{
	static const char head[] = "POST / HTTP/1.1\r\nHost: n\r\nContent-Length: 10485760\r\n\r\n";
	site_t site = { 0 };
	client_t client = { 0 };
	site_open(&site, *state, answer_later, 8);
	size_t len = sizeof(head) - 1 + 10485760;
	uint8_t *text = test_calloc(1, len);
	memcpy(text, head, sizeof(head) - 1);
	ask(&site, &client, slice_of(text, len), SLICE("HTTP/1.1 413"));
	assert_int_equal(env_http_stats(site.http).requests, 0);
	test_free(text);
	client_done(&client);
	/* The next client is served. */
	client_t next = { 0 };
	ask(&site, &next, SLICE("GET /ok HTTP/1.1\r\nHost: n\r\n\r\n"), SLICE("|/ok"));
	client_done(&next);
	site_done(&site);
}

/* Read in other ways than a small one; what follows it is the next request's. */
static void largest_body_arrives_whole(void **state)
{
	static const char next[] = "GET /ok HTTP/1.1\r\nHost: n\r\n\r\n";
	char head[128], wanted[32];
	site_t site = { 0 };
	client_t client = { 0 };
	text_t text = text_of(2 * BODY_MAX);
	rng_t rng = rng_of(5);
	site_open(&site, *state, answer_later, 8);
	(void)snprintf(head, sizeof(head),
	               "POST /sum HTTP/1.1\r\nHost: n\r\nContent-Length: %d\r\n\r\n", BODY_MAX);
	text_add(&text, slice_str(head));
	size_t from = text.len;
	for (size_t i = 0; i < BODY_MAX; i++)
		text_add(&text, slice_of(&(uint8_t){ (uint8_t)rng_next(&rng) }, 1));
	slice_t body = slice_from(text_slice(&text), from);
	(void)snprintf(wanted, sizeof(wanted), "%d %08x", BODY_MAX, (unsigned)crc32c(0, body));
	text_add(&text, slice_str(next));
	ask(&site, &client, text_slice(&text), SLICE("|/ok"));
	assert_true(got(&client, slice_str(wanted)));
	text_free(&text);
	client_done(&client);
	site_done(&site);
}

static void too_long_head_is_answered_400(void **state)
{
	site_t site = { 0 };
	client_t client = { 0 };
	text_t text = text_of(100000);
	site_open(&site, *state, answer_later, 8);
	text_add(&text, SLICE("GET / HTTP/1.1\r\nHost: n\r\n"));
	for (int i = 0; i < 1500; i++)
		text_addf(&text, "X-%d: 0123456789\r\n", i);
	text_add(&text, SLICE("\r\n"));
	ask(&site, &client, text_slice(&text), SLICE("HTTP/1.1 400"));
	text_free(&text);
	client_done(&client);
	site_done(&site);
}

static void client_that_leaves_is_gone(void **state)
{
	site_t site = { 0 };
	client_t client = { 0 };
	site_open(&site, *state, answer_later, 8);
	ask(&site, &client, SLICE("GET /never HTTP/1.1\r\nHost: n\r\n\r\n"), (slice_t){ 0 });
	assert_non_null(site.waiting);
	assert_int_equal(env_http_stats(site.http).connections, 1);
	client_done(&client);
	world_run(site.world);
	assert_int_equal(site.gone, 1);
	assert_int_equal(env_http_stats(site.http).connections, 0);
	site_done(&site);
}

static void close_gives_waiting_requests_up(void **state)
{
	site_t site = { 0 };
	client_t client = { 0 };
	site_open(&site, *state, answer_later, 8);
	ask(&site, &client, SLICE("GET /never HTTP/1.1\r\nHost: n\r\n\r\n"), (slice_t){ 0 });
	site_done(&site);
	assert_int_equal(site.gone, 1);
	client_done(&client);
}

static void connections_past_the_limit_are_closed(void **state)
{
	site_t site = { 0 };
	client_t first = { 0 }, second = { 0 };
	site_open(&site, *state, answer_later, 1);
	ask(&site, &first, SLICE("GET /1 HTTP/1.1\r\nHost: n\r\n\r\n"), SLICE("|/1"));
	ask(&site, &second, SLICE("GET /2 HTTP/1.1\r\nHost: n\r\n\r\n"), SLICE("|/2"));
	assert_null(second.tcp);
	assert_int_equal(second.got.len, 0);
	assert_int_equal(env_http_stats(site.http).refused, 1);
	client_done(&first);
	client_done(&second);
	site_done(&site);
}

/* Event streams. */

static void stream_three(void *ctx)
{
	site_t *site = ctx;
	env_http_request_t *request = site->waiting;
	assert_int_equal(env_http_stats(site->http).streams, 1);
	assert_int_equal(env_http_stream_send(request, "alarm", 7, SLICE("a\nb")), ERR_OK);
	assert_int_equal(env_http_stream_send(request, NULL, 0, SLICE("")), ERR_OK);
	env_http_stream_end(request);
	site->waiting = NULL;
}

static void stream_sends_messages_and_ends(void **state)
{
	site_t site = { 0 };
	client_t client = { 0 };
	site_open(&site, *state, stream_three, 8);
	ask(&site, &client,
	    SLICE("GET /stream HTTP/1.1\r\nHost: n\r\n\r\nGET /after HTTP/1.1\r\nHost: n\r\n\r\n"),
	    SLICE("|/after"));
	assert_true(got(&client, SLICE("Content-Type: text/event-stream\r\n")));
	assert_true(got(&client, SLICE("event: alarm\nid: 7\ndata: a\ndata: b\n\n")));
	assert_true(got(&client, SLICE("data: \n\n\r\n0\r\n\r\nHTTP/1.1 200")));
	assert_int_equal(env_http_stats(site.http).streams, 0);
	client_done(&client);
	site_done(&site);
}

static void slow_reader_is_cut_off_and_counted(void **state)
{
	static const char text[] = "GET /stream HTTP/1.1\r\nHost: n\r\n\r\n";
	site_t site = { 0 };
	addr_t addr = site_open(&site, *state, stream_flood, 8);
	struct sockaddr_in to = { .sin_family = AF_INET,
		                  .sin_port = htons(addr.port),
		                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof(to)), 0);
	assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
	world_run(site.world);
	assert_int_equal(site.gone, 1);
	assert_int_equal(site.limited, 1);
	assert_int_equal(env_http_stats(site.http).streams_closed_slow, 1);
	assert_int_equal(env_http_stats(site.http).streams, 0);
	(void)close(fd);
	site_done(&site);
}

/* The speed of a constant answer, for `wrk` by hand: http_test serve SECONDS [tls]. */

static void constant_request(void *ctx, env_http_request_t *request)
{
	(void)ctx;
	env_http_reply_t reply = { .status = 200,
		                   .content_type = "application/json",
		                   .body = SLICE("{\"ok\":true}") };
	env_http_reply(request, &reply);
}

static void constant_gone(void *ctx, env_http_request_t *request)
{
	(void)ctx;
	(void)request;
}

static int serve(int64_t seconds, bool is_secure)
{
	world_t world = { 0 };
	site_t site = { 0 };
	env_http_t *http = NULL;
	posix_spec_t spec = { 0 };
	env_http_spec_t constant = { .request = constant_request,
		                     .gone = constant_gone,
		                     .body_max = 1024,
		                     .connections_max = 256,
		                     .tls = is_secure ? site_tls(&site) : NULL };
	if (posix_env_open(&spec, &world.env) != ERR_OK)
		return 1;
	env_loop_t *loop = env_control_loop(world.env);
	if (env_timer_new(loop, world_stop_now, &world, &world.watchdog) != ERR_OK ||
	    env_http_open(loop, loopback(8099), &constant, &http) != ERR_OK)
		return 1;
	env_timer_set(world.watchdog, seconds * NS_PER_S);
	err_t err = env_run(world.env);
	env_http_close(http);
	env_timer_free(world.watchdog);
	posix_env_close(world.env);
	return (int)err;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(handler_sees_what_was_asked),
		WORLD_TEST(every_method_arrives),
		WORLD_TEST(head_has_the_length_but_no_body),
		WORLD_TEST(late_reply_holds_the_pipeline_in_order),
		WORLD_TEST(long_pipeline_waits_for_its_turn_and_is_answered),
		WORLD_TEST(ten_megabyte_body_is_answered_413),
		WORLD_TEST(largest_body_arrives_whole),
		WORLD_TEST(too_long_head_is_answered_400),
		WORLD_TEST(client_that_leaves_is_gone),
		WORLD_TEST(close_gives_waiting_requests_up),
		WORLD_TEST(connections_past_the_limit_are_closed),
		WORLD_TEST(stream_sends_messages_and_ends),
		WORLD_TEST(slow_reader_is_cut_off_and_counted),
		/* The same again, encrypted. */
		TLS_TEST(handler_sees_what_was_asked),
		TLS_TEST(every_method_arrives),
		TLS_TEST(head_has_the_length_but_no_body),
		TLS_TEST(late_reply_holds_the_pipeline_in_order),
		TLS_TEST(long_pipeline_waits_for_its_turn_and_is_answered),
		TLS_TEST(ten_megabyte_body_is_answered_413),
		TLS_TEST(largest_body_arrives_whole),
		TLS_TEST(too_long_head_is_answered_400),
		TLS_TEST(client_that_leaves_is_gone),
		TLS_TEST(close_gives_waiting_requests_up),
		TLS_TEST(connections_past_the_limit_are_closed),
		TLS_TEST(stream_sends_messages_and_ends),
	};
	if (argc >= 3 && strcmp(argv[1], "serve") == 0)
		return serve(atoi(argv[2]), argc == 4 && strcmp(argv[3], "tls") == 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
