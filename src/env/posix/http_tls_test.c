/* SPDX-License-Identifier: Apache-2.0 */
/* What only an encrypted server does; that it does all else as a plain one, the
 * cases of http_test.c show, which run both ways. */
#include "env/posix/http_site.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/socket.h>

enum { IDLE = 1000, CROWD_MAX = 4096 };

static const char ASK[] = "GET /x HTTP/1.1\r\nHost: n\r\n\r\n";

/* A site that tells how the request came. */
static void teller_request(void *ctx, env_http_request_t *request)
{
	site_t *site = ctx;
	slice_t der = env_http_peer_certificate(request);
	text_drop(&site->seen, site->seen.len);
	text_add(&site->seen, der);
	site_answer(request, env_http_is_secure(request) ? SLICE("safe.") : SLICE("open."));
}

static void nothing(void *ctx)
{
	(void)ctx;
}

static void teller_open(site_t *site, world_t *world, const env_http_tls_t *tls)
{
	site->world = world;
	site->seen = text_of(8192);
	env_http_spec_t spec = { .request = teller_request,
		                 .gone = site_gone,
		                 .ctx = site,
		                 .body_max = BODY_MAX,
		                 .connections_max = CROWD_MAX,
		                 .tls = tls };
	assert_int_equal(env_timer_new(world->loop, nothing, site, &site->later), ERR_OK);
	assert_int_equal(env_http_open(world->loop, loopback(0), &spec, &site->http), ERR_OK);
}

static site_link_t *ask_safely(site_t *site, client_t *client, const link_spec_t *spec)
{
	client->ask = slice_str(ASK);
	client->until = SLICE("safe.");
	site_link_t *link = site_link(site, client, spec);
	world_run(site->world);
	return link;
}

static slice_t der_of(slice_t pem, uint8_t buf[PEM_ROOM])
{
	writer_t w = writer_of(buf, PEM_ROOM);
	assert_int_equal(env_x509_der(pem, &w), ERR_OK);
	return writer_done(&w);
}

static void request_tells_whether_it_came_encrypted(void **state)
{
	site_t site = { 0 }, open = { 0 };
	client_t client = { 0 }, plain = { .ask = slice_str(ASK), .until = SLICE("open.") };
	teller_open(&site, *state, site_tls(&site));
	ask_safely(&site, &client, &(link_spec_t){ 0 });
	assert_true(got(&client, SLICE("safe.")));
	client_done(&client);
	site_done(&site);
	teller_open(&open, *state, NULL);
	client_dial(&plain, *state, env_http_addr(open.http));
	world_run(*state);
	assert_true(got(&plain, SLICE("open.")));
	client_done(&plain);
	site_done(&open);
}

static void newest_version_is_spoken_and_1_2_at_least(void **state)
{
	static const struct {
		int version_max, spoken;
	} rows[] = { { 0, TLS1_3_VERSION }, { TLS1_2_VERSION, TLS1_2_VERSION } };
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		site_t site = { 0 };
		client_t client = { 0 };
		teller_open(&site, *state, site_tls(&site));
		site_link_t *link = ask_safely(
			&site, &client, &(link_spec_t){ .version_max = rows[i].version_max });
		assert_int_equal(SSL_version(link->ssl), rows[i].spoken);
		client_done(&client);
		site_done(&site);
	}
}

static void older_versions_are_refused_and_counted(void **state)
{
	static const int versions[] = { TLS1_1_VERSION, TLS1_VERSION };
	site_t site = { 0 };
	teller_open(&site, *state, site_tls(&site));
	for (size_t i = 0; i < 2; i++) {
		client_t client = { 0 };
		ask_safely(&site, &client, &(link_spec_t){ .version_max = versions[i] });
		assert_null(client.tcp);
		assert_int_equal(client.got.len, 0);
		assert_int_equal(env_http_stats(site.http).handshakes_failed, i + 1);
		client_done(&client);
	}
	assert_int_equal(env_http_stats(site.http).requests, 0);
	site_done(&site);
}

/* Client certificates. */

static void certificate_of_the_client_arrives_as_der(void **state)
{
	site_t site = { 0 };
	client_t client = { 0 }, without = { 0 };
	env_http_tls_t tls = *site_tls(&site);
	pair_t pair;
	uint8_t buf[PEM_ROOM];
	pair_make(&pair, "client");
	tls.clients = HTTP_CLIENTS_OPTIONAL;
	teller_open(&site, *state, &tls);
	ask_safely(&site, &client, &(link_spec_t){ .pair = &pair });
	assert_true(slice_eq(text_slice(&site.seen), der_of(pair.certificate_pem, buf)));
	ask_safely(&site, &without, &(link_spec_t){ 0 });
	assert_int_equal(site.seen.len, 0);
	client_done(&client);
	client_done(&without);
	site_done(&site);
}

static void certificate_is_known_again_when_a_session_is_resumed(void **state)
{
	site_t site = { 0 };
	client_t first = { 0 }, second = { 0 };
	env_http_tls_t tls = *site_tls(&site);
	pair_t pair;
	uint8_t buf[PEM_ROOM];
	pair_make(&pair, "client");
	tls.clients = HTTP_CLIENTS_OPTIONAL;
	teller_open(&site, *state, &tls);
	site_link_t *link = ask_safely(&site, &first, &(link_spec_t){ .pair = &pair });
	SSL_SESSION *session = SSL_get1_session(link->ssl);
	link = ask_safely(&site, &second, &(link_spec_t){ .session = session });
	assert_true(SSL_session_reused(link->ssl));
	assert_true(slice_eq(text_slice(&site.seen), der_of(pair.certificate_pem, buf)));
	SSL_SESSION_free(session);
	client_done(&first);
	client_done(&second);
	site_done(&site);
}

static void certificate_is_not_asked_for_unless_wanted(void **state)
{
	site_t site = { 0 };
	client_t client = { 0 };
	pair_t pair;
	pair_make(&pair, "client");
	teller_open(&site, *state, site_tls(&site));
	ask_safely(&site, &client, &(link_spec_t){ .pair = &pair });
	assert_true(got(&client, SLICE("safe.")));
	assert_int_equal(site.seen.len, 0);
	client_done(&client);
	site_done(&site);
}

/* Clients that speak no TLS. */

static void what_is_no_tls_is_closed_and_counted(void **state)
{
	static const char *const texts[] = { "GET / HTTP/1.1\r\nHost: n\r\n\r\n",
		                             "\x16\x03\x01\x40\x00 no client hello in here",
		                             "\x80\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b" };
	site_t site = { 0 };
	client_t after = { 0 };
	teller_open(&site, *state, site_tls(&site));
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		client_t client = { .ask = slice_str(texts[i]) };
		/* What is only a part of a record is closed by the client's leaving. */
		client_dial(&client, *state, env_http_addr(site.http));
		if (i != 1)
			world_run(*state);
		client_done(&client);
	}
	ask_safely(&site, &after, &(link_spec_t){ 0 });
	assert_true(got(&after, SLICE("safe.")));
	assert_true(env_http_stats(site.http).handshakes_failed >= 2);
	assert_int_equal(env_http_stats(site.http).requests, 1);
	client_done(&after);
	site_done(&site);
}

static void handshake_that_never_ends_is_closed_in_time_and_counted(void **state)
{
	site_t site = { 0 };
	client_t client = { .ask = SLICE("\x16\x03\x01") };
	env_http_tls_t tls = *site_tls(&site);
	tls.handshake_ns = 20 * NS_PER_MS;
	teller_open(&site, *state, &tls);
	int64_t from_ns = env_now(site.world->env);
	client_dial(&client, *state, env_http_addr(site.http));
	world_run(*state);
	assert_null(client.tcp);
	assert_true(env_now(site.world->env) - from_ns >= tls.handshake_ns);
	assert_int_equal(env_http_stats(site.http).handshakes_slow, 1);
	assert_int_equal(env_http_stats(site.http).handshakes, 0);
	assert_int_equal(env_http_stats(site.http).connections, 0);
	client_done(&client);
	site_done(&site);
}

static void dripped_handshake_is_no_longer_than_a_silent_one(void **state)
{
	site_t site = { 0 };
	client_t client = { .ask = SLICE("\x16") };
	env_http_tls_t tls = *site_tls(&site);
	env_timer_t *drip = NULL;
	tls.handshake_ns = 50 * NS_PER_MS;
	teller_open(&site, *state, &tls);
	client_dial(&client, *state, env_http_addr(site.http));
	assert_int_equal(env_timer_new(site.world->loop, world_stop_now, site.world, &drip),
	                 ERR_OK);
	for (int i = 0; client.tcp; i++) {
		env_timer_set(drip, 5 * NS_PER_MS);
		world_run(*state);
		assert_true(i < 1000);
		if (client.tcp && env_tcp_unsent(client.tcp) == 0)
			(void)!env_tcp_write(client.tcp, SLICE("\x03"));
	}
	assert_int_equal(env_http_stats(site.http).connections, 0);
	env_timer_free(drip);
	client_done(&client);
	site_done(&site);
}

static void connect_by(int fd, addr_t addr)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		                  .sin_port = htons(addr.port),
		                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof(to)), 0);
}

static int connect_to(addr_t addr)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	connect_by(fd, addr);
	return fd;
}

static void thousand_idle_handshakes_keep_nobody_out(void **state)
{
	site_t site = { 0 };
	client_t client = { 0 };
	struct rlimit limit = { 0 };
	int fds[IDLE];
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	teller_open(&site, *state, site_tls(&site));
	for (size_t i = 0; i < IDLE; i++) {
		fds[i] = connect_to(env_http_addr(site.http));
		client_t now = { 0 };
		if (i % 100 == 99) {
			ask_safely(&site, &now, &(link_spec_t){ 0 });
			assert_true(got(&now, SLICE("safe.")));
			client_done(&now);
		}
	}
	ask_safely(&site, &client, &(link_spec_t){ 0 });
	assert_true(got(&client, SLICE("safe.")));
	/* The last to finish had pushed one more out. */
	assert_int_equal(env_http_stats(site.http).handshakes, 255);
	assert_true(env_http_stats(site.http).handshakes_slow >= IDLE - 255);
	for (size_t i = 0; i < IDLE; i++)
		(void)close(fds[i]);
	client_done(&client);
	site_done(&site);
}

/* A change of the certificate. */

static bool was_shown(const site_link_t *link, slice_t pem)
{
	uint8_t buf[PEM_ROOM], shown[PEM_ROOM];
	uint8_t *end = shown;
	int len = i2d_X509(SSL_get0_peer_certificate(link->ssl), &end);
	return slice_eq(slice_of(shown, (size_t)len), der_of(pem, buf));
}

static void new_certificate_is_shown_to_new_connections(void **state)
{
	site_t site = { 0 };
	client_t old = { 0 }, new = { 0 };
	pair_t pair;
	pair_make(&pair, "renewed");
	teller_open(&site, *state, site_tls(&site));
	site_link_t *old_link = ask_safely(&site, &old, &(link_spec_t){ 0 });
	env_http_tls_t tls = { .certificate = pair.certificate_pem, .key = pair.key_pem };
	assert_int_equal(env_http_set_tls(site.http, &tls), ERR_OK);
	site_link_t *new_link = ask_safely(&site, &new, &(link_spec_t){ 0 });
	assert_true(was_shown(old_link, site_tls(&site)->certificate));
	assert_true(was_shown(new_link, pair.certificate_pem));
	/* The old connection goes on. */
	text_drop(&old.got, old.got.len);
	old_link->has_asked = false;
	link_pump(old_link);
	world_run(*state);
	assert_true(got(&old, SLICE("safe.")));
	client_done(&old);
	client_done(&new);
	site_done(&site);
}

static void pair_that_does_not_match_changes_nothing(void **state)
{
	site_t site = { 0 };
	client_t client = { 0 };
	pair_t pair;
	env_http_tls_t tls = *site_tls(&site);
	pair_make(&pair, "other");
	teller_open(&site, *state, &tls);
	tls.key = pair.key_pem;
	assert_int_equal(env_http_set_tls(site.http, &tls), ERR_CONFLICT);
	tls.key = SLICE("no key");
	assert_int_equal(env_http_set_tls(site.http, &tls), ERR_MALFORMED);
	site_link_t *link = ask_safely(&site, &client, &(link_spec_t){ 0 });
	assert_true(was_shown(link, site_tls(&site)->certificate));
	client_done(&client);
	site_done(&site);
}

static void server_without_a_good_pair_does_not_open(void **state)
{
	world_t *world = *state;
	pair_t pair;
	env_http_t *http = NULL;
	pair_make(&pair, "other");
	site_t site = { 0 };
	env_http_tls_t tls = *site_tls(&site);
	tls.key = pair.key_pem;
	env_http_spec_t spec = { .request = teller_request, .connections_max = 1, .tls = &tls };
	assert_int_equal(env_http_open(world->loop, loopback(0), &spec, &http), ERR_CONFLICT);
	tls.certificate = (slice_t){ 0 };
	assert_int_equal(env_http_open(world->loop, loopback(0), &spec, &http), ERR_MALFORMED);
	assert_null(http);
}

/* Ends. */

static void connection_ends_with_a_goodbye(void **state)
{
	site_t site = { 0 };
	client_t client = { .ask = SLICE(
				    "GET / HTTP/1.1\r\nHost: n\r\nConnection: close\r\n\r\n") };
	teller_open(&site, *state, site_tls(&site));
	const site_link_t *link = site_link(&site, &client, &(link_spec_t){ 0 });
	world_run(*state);
	assert_null(client.tcp);
	assert_true(got(&client, SLICE("safe.")));
	assert_true(link_heard_goodbye(link));
	client_done(&client);
	site_done(&site);
}

static void handshakes_under_way_end_with_the_server(void **state)
{
	site_t site = { 0 };
	client_t client = { 0 };
	teller_open(&site, *state, site_tls(&site));
	int fd = connect_to(env_http_addr(site.http));
	ask_safely(&site, &client, &(link_spec_t){ 0 });
	assert_int_equal(env_http_stats(site.http).handshakes, 1);
	site_done(&site);
	client_done(&client);
	(void)close(fd);
}

/* Clients that ask and leave in one breath: the server meets the end of the stream
 * while it turns to the next request. */
static void client_that_asks_and_leaves_at_once_harms_nobody(void **state)
{
	site_t site = { 0 };
	client_t after = { 0 };
	teller_open(&site, *state, site_tls(&site));
	for (int i = 0; i < 50; i++) {
		client_t client = { .ask = slice_str(ASK), .until = SLICE("safe.") };
		site_link_t *link = site_link(&site, &client, &(link_spec_t){ 0 });
		link->leaves = true;
		world_run(*state);
		client_done(&client);
	}
	ask_safely(&site, &after, &(link_spec_t){ 0 });
	assert_true(got(&after, SLICE("safe.")));
	client_done(&after);
	site_done(&site);
}

/* A stream whose end is said while much of it is unsent. */
static void stream_and_end(void *ctx)
{
	uint8_t bytes[200000];
	site_t *site = ctx;
	env_http_request_t *request = site->waiting;
	memset(bytes, 'x', sizeof(bytes));
	assert_int_equal(env_http_stream_send(request, NULL, 0, SLICE("first")), ERR_OK);
	for (int i = 0; i < 2; i++)
		assert_int_equal(
			env_http_stream_send(request, NULL, 0, slice_of(bytes, sizeof(bytes))),
			ERR_OK);
	site->waiting = NULL;
	env_http_stream_end(request);
}

/* Shakes hands, asks for the stream and never reads. */
typedef struct {
	env_t *env;
	int fd;
	SSL_CTX *context;
	SSL *ssl;
} deaf_t;

static void *deaf_run(void *ctx)
{
	static const char text[] = "GET /stream HTTP/1.1\r\nHost: n\r\n\r\n";
	deaf_t *deaf = ctx;
	bool good = SSL_connect(deaf->ssl) == 1 &&
	            SSL_write(deaf->ssl, text, sizeof(text) - 1) == sizeof(text) - 1;
	return good ? deaf : NULL;
}

/* A client that is gone by the time it is answered. */
typedef struct {
	deaf_t client;
	env_timer_t *end;
} leaver_t;

static void leaver_request(void *ctx, env_http_request_t *request)
{
	leaver_t *leaver = ctx;
	(void)close(leaver->client.fd);
	site_answer(request, SLICE("too late"));
	env_timer_set(leaver->end, 10 * NS_PER_MS);
}

static void client_that_leaves_before_the_answer_harms_nobody(void **state)
{
	world_t *world = *state;
	site_t site = { 0 };
	leaver_t leaver = { .client.context = SSL_CTX_new(TLS_client_method()) };
	env_http_spec_t spec = { .request = leaver_request,
		                 .gone = site_gone,
		                 .ctx = &leaver,
		                 .connections_max = 8,
		                 .tls = site_tls(&site) };
	assert_int_equal(env_timer_new(world->loop, world_stop_now, world, &leaver.end), ERR_OK);
	assert_int_equal(env_http_open(world->loop, loopback(0), &spec, &site.http), ERR_OK);
	for (int i = 0; i < 20; i++) {
		pthread_t thread;
		void *asked = NULL;
		leaver.client.fd = connect_to(env_http_addr(site.http));
		leaver.client.ssl = SSL_new(leaver.client.context);
		assert_int_equal(SSL_set_fd(leaver.client.ssl, leaver.client.fd), 1);
		assert_int_equal(pthread_create(&thread, NULL, deaf_run, &leaver.client), 0);
		world_run(world);
		assert_int_equal(pthread_join(thread, &asked), 0);
		SSL_free(leaver.client.ssl);
	}
	assert_int_equal(env_http_stats(site.http).requests, 20);
	assert_int_equal(env_http_stats(site.http).connections, 0);
	env_http_close(site.http);
	env_timer_free(leaver.end);
	SSL_CTX_free(leaver.client.context);
}

/* As deaf_run, but reads to the end, by a narrow window. */
static void *narrow_run(void *ctx)
{
	char buf[4096];
	int len = 0;
	deaf_t *narrow = ctx;
	bool is_whole = false;
	if (deaf_run(narrow))
		while (!is_whole && (len = SSL_read(narrow->ssl, buf, sizeof(buf))) > 0)
			is_whole = len >= 5 && memcmp(buf + len - 5, "0\r\n\r\n", 5) == 0;
	env_stop(narrow->env);
	return is_whole ? narrow : NULL;
}

static void end_of_a_stream_arrives_behind_all_of_it(void **state)
{
	site_t site = { 0 };
	world_t *world = *state;
	pthread_t thread;
	void *read_all = NULL;
	int window = 32768;
	struct timeval patience = { .tv_sec = 5 };
	world->is_secure = true;
	addr_t addr = site_open(&site, world, stream_and_end, 8);
	deaf_t narrow = { .env = world->env,
		          .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0),
		          .context = SSL_CTX_new(TLS_client_method()) };
	assert_int_equal(setsockopt(narrow.fd, SOL_SOCKET, SO_RCVBUF, &window, sizeof(window)), 0);
	assert_int_equal(
		setsockopt(narrow.fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
	connect_by(narrow.fd, addr);
	narrow.ssl = SSL_new(narrow.context);
	assert_int_equal(SSL_set_fd(narrow.ssl, narrow.fd), 1);
	assert_int_equal(pthread_create(&thread, NULL, narrow_run, &narrow), 0);
	world_run(world);
	assert_int_equal(pthread_join(thread, &read_all), 0);
	assert_ptr_equal(read_all, &narrow);
	SSL_free(narrow.ssl);
	SSL_CTX_free(narrow.context);
	(void)close(narrow.fd);
	site_done(&site);
}

static void slow_reader_is_cut_off_and_counted_over_tls(void **state)
{
	site_t site = { 0 };
	world_t *world = *state;
	pthread_t thread;
	void *asked = NULL;
	world->is_secure = true;
	deaf_t deaf = { .fd = connect_to(site_open(&site, world, stream_flood, 8)),
		        .context = SSL_CTX_new(TLS_client_method()) };
	deaf.ssl = SSL_new(deaf.context);
	assert_int_equal(SSL_set_fd(deaf.ssl, deaf.fd), 1);
	assert_int_equal(pthread_create(&thread, NULL, deaf_run, &deaf), 0);
	world_run(world);
	assert_int_equal(pthread_join(thread, &asked), 0);
	assert_ptr_equal(asked, &deaf);
	assert_int_equal(site.gone, 1);
	assert_int_equal(site.limited, 1);
	assert_int_equal(env_http_stats(site.http).streams_closed_slow, 1);
	assert_int_equal(env_http_stats(site.http).streams, 0);
	SSL_free(deaf.ssl);
	SSL_CTX_free(deaf.context);
	(void)close(deaf.fd);
	site_done(&site);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(request_tells_whether_it_came_encrypted),
		WORLD_TEST(newest_version_is_spoken_and_1_2_at_least),
		WORLD_TEST(older_versions_are_refused_and_counted),
		WORLD_TEST(certificate_of_the_client_arrives_as_der),
		WORLD_TEST(certificate_is_known_again_when_a_session_is_resumed),
		WORLD_TEST(certificate_is_not_asked_for_unless_wanted),
		WORLD_TEST(what_is_no_tls_is_closed_and_counted),
		WORLD_TEST(handshake_that_never_ends_is_closed_in_time_and_counted),
		WORLD_TEST(dripped_handshake_is_no_longer_than_a_silent_one),
		WORLD_TEST(thousand_idle_handshakes_keep_nobody_out),
		WORLD_TEST(new_certificate_is_shown_to_new_connections),
		WORLD_TEST(pair_that_does_not_match_changes_nothing),
		WORLD_TEST(server_without_a_good_pair_does_not_open),
		WORLD_TEST(connection_ends_with_a_goodbye),
		WORLD_TEST(handshakes_under_way_end_with_the_server),
		WORLD_TEST(client_that_asks_and_leaves_at_once_harms_nobody),
		WORLD_TEST(client_that_leaves_before_the_answer_harms_nobody),
		WORLD_TEST(end_of_a_stream_arrives_behind_all_of_it),
		WORLD_TEST(slow_reader_is_cut_off_and_counted_over_tls),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
