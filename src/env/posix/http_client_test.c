/* SPDX-License-Identifier: Apache-2.0 */
/* The client against the server of this world, and against a TLS server of one
 * connection with a certificate made here. */
#include "env/posix/fixture.h"

#include "env/http_client.h"

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <arpa/inet.h>
#include <signal.h>
#include <sys/socket.h>

enum { BODY_MAX = 64 * 1024, URL_MAX = 128 };

typedef struct {
	env_loop_t *loop;
	env_http_t *http;
	env_http_request_t *held;
} site_t;

static void site_request(void *ctx, env_http_request_t *request)
{
	static const http_header_t away[] = { { "Location", "/elsewhere" }, { NULL, NULL } };
	site_t *site = ctx;
	slice_t path = env_http_path(request), body = env_http_body(request);
	slice_t token = env_http_header(request, "Authorization");
	text_t echo = text_of(BODY_MAX);
	if (slice_eq(path, SLICE("/never"))) {
		site->held = request;
		return;
	}
	text_addf(&echo, "%d|%.*s|%.*s|%.*s", (int)env_http_method(request), (int)path.len,
	          (const char *)path.ptr, (int)token.len, (const char *)token.ptr, (int)body.len,
	          (const char *)body.ptr);
	bool moved = slice_eq(path, SLICE("/moved"));
	env_http_reply(request, &(env_http_reply_t){ .status = moved ? 302 : 200,
	                                             .headers = moved ? away : NULL,
	                                             .body = text_slice(&echo) });
	text_free(&echo);
}

static void site_gone(void *ctx, env_http_request_t *request)
{
	site_t *site = ctx;
	assert_ptr_equal(site->held, request);
	site->held = NULL;
}

static void site_open(world_t *world, site_t *site)
{
	env_http_spec_t spec = { .request = site_request,
		                 .gone = site_gone,
		                 .ctx = site,
		                 .body_max = BODY_MAX,
		                 .connections_max = 8 };
	assert_int_equal(env_loop_new(world->env, "site", ENV_LOOP_EVENTS, &site->loop), ERR_OK);
	assert_int_equal(env_http_open(site->loop, loopback(0), &spec, &site->http), ERR_OK);
	assert_int_equal(env_loop_start(site->loop), ERR_OK);
}

static void site_close(site_t *site)
{
	env_loop_stop(site->loop);
	env_http_close(site->http);
	env_loop_free(site->loop);
}

static const char *url_of(const site_t *site, const char *path, char buf[URL_MAX])
{
	(void)snprintf(buf, URL_MAX, "http://127.0.0.1:%u%s", env_http_addr(site->http).port, path);
	return buf;
}

static void every_method_brings_its_headers_and_body(void **state)
{
	world_t *world = *state;
	site_t site = { 0 };
	char url[URL_MAX], want[128];
	const http_header_t headers[] = { { "Authorization", "Bearer t" }, { NULL, NULL } };
	site_open(world, &site);
	for (http_method_t method = HTTP_GET; method <= HTTP_DELETE; method++) {
		env_http_answer_t answer;
		bool has_body = method == HTTP_POST || method == HTTP_PUT || method == HTTP_PATCH;
		env_http_ask_t ask = { .method = method,
			               .url = url_of(&site, "/a", url),
			               .headers = headers,
			               .content_type = "application/json",
			               .body = has_body ? SLICE("{}") : (slice_t){ 0 } };
		assert_int_equal(env_http_ask(world->env, &ask, &answer), ERR_OK);
		(void)snprintf(want, sizeof(want), "%d|/a|Bearer t|%s", (int)method,
		               has_body ? "{}" : "");
		assert_int_equal(answer.status, 200);
		if (method == HTTP_HEAD)
			assert_int_equal(answer.body.len, 0);
		else
			assert_true(slice_eq(answer.body, slice_str(want)));
		env_http_answer_done(&answer);
	}
	site_close(&site);
}

static void it_follows_no_redirect(void **state)
{
	world_t *world = *state;
	site_t site = { 0 };
	char url[URL_MAX];
	env_http_answer_t answer;
	site_open(world, &site);
	env_http_ask_t ask = { .url = url_of(&site, "/moved", url) };
	assert_int_equal(env_http_ask(world->env, &ask, &answer), ERR_OK);
	assert_int_equal(answer.status, 302);
	assert_string_equal(answer.told, "");
	env_http_answer_done(&answer);
	site_close(&site);
}

static void a_header_is_told_that_was_asked_for(void **state)
{
	world_t *world = *state;
	site_t site = { 0 };
	char url[URL_MAX];
	env_http_answer_t answer;
	site_open(world, &site);
	env_http_ask_t ask = { .url = url_of(&site, "/moved", url), .told = "location" };
	assert_int_equal(env_http_ask(world->env, &ask, &answer), ERR_OK);
	assert_string_equal(answer.told, "/elsewhere");
	env_http_answer_done(&answer);
	ask.told = "ETag";
	assert_int_equal(env_http_ask(world->env, &ask, &answer), ERR_OK);
	assert_string_equal(answer.told, "");
	env_http_answer_done(&answer);
	site_close(&site);
}

static void limits_and_absence_are_told_apart(void **state)
{
	world_t *world = *state;
	site_t site = { 0 };
	char url[URL_MAX];
	env_http_answer_t answer;
	site_open(world, &site);
	env_http_ask_t much = { .url = url_of(&site, "/much", url), .answer_max = 3 };
	assert_int_equal(env_http_ask(world->env, &much, &answer), ERR_TOO_BIG);
	env_http_ask_t never = { .url = url_of(&site, "/never", url), .timeout_ns = NS_PER_S / 10 };
	assert_int_equal(env_http_ask(world->env, &never, &answer), ERR_TIMEOUT);
	env_http_ask_t file = { .url = "file:///etc/hostname" };
	assert_int_equal(env_http_ask(world->env, &file, &answer), ERR_INVALID);
	(void)url_of(&site, "/", url);
	site_close(&site);
	env_http_ask_t nobody = { .url = url };
	assert_int_equal(env_http_ask(world->env, &nobody, &answer), ERR_UNAVAILABLE);
}

/* TLS. */

typedef struct {
	EVP_PKEY *key;
	X509 *cert;
	int fd;
	uint16_t port;
	pthread_t thread;
	char ca_file[160], pin[80];
} tls_t;

static void tls_certificate(tls_t *tls)
{
	tls->key = EVP_EC_gen("P-256");
	tls->cert = X509_new();
	assert_non_null(tls->key);
	ASN1_INTEGER_set(X509_get_serialNumber(tls->cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(tls->cert), -60);
	X509_gmtime_adj(X509_getm_notAfter(tls->cert), 3600);
	X509_set_version(tls->cert, X509_VERSION_3);
	X509_set_pubkey(tls->cert, tls->key);
	X509_NAME *name = X509_get_subject_name(tls->cert);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"node", -1, -1,
	                           0);
	X509_set_issuer_name(tls->cert, name);
	X509_EXTENSION *alt = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "IP:127.0.0.1");
	assert_non_null(alt);
	assert_int_equal(X509_add_ext(tls->cert, alt, -1), 1);
	X509_EXTENSION_free(alt);
	assert_true(X509_sign(tls->cert, tls->key, EVP_sha256()) > 0);
}

static void tls_pin(tls_t *tls)
{
	unsigned char *der = NULL, hash[32], text[64];
	int len = i2d_PUBKEY(tls->key, &der);
	assert_true(len > 0);
	assert_int_equal(EVP_Digest(der, (size_t)len, hash, NULL, EVP_sha256(), NULL), 1);
	EVP_EncodeBlock(text, hash, sizeof(hash));
	(void)snprintf(tls->pin, sizeof(tls->pin), "sha256//%s", text);
	OPENSSL_free(der);
}

static void *tls_serve(void *ctx)
{
	static const char reply[] = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nsafe";
	tls_t *tls = ctx;
	char request[4096];
	int fd = accept(tls->fd, NULL, NULL);
	SSL_CTX *server = SSL_CTX_new(TLS_server_method());
	SSL_CTX_use_certificate(server, tls->cert);
	SSL_CTX_use_PrivateKey(server, tls->key);
	SSL *ssl = SSL_new(server);
	SSL_set_fd(ssl, fd);
	if (SSL_accept(ssl) == 1 && SSL_read(ssl, request, sizeof(request)) > 0) {
		SSL_write(ssl, reply, sizeof(reply) - 1);
		SSL_shutdown(ssl);
	}
	SSL_free(ssl);
	SSL_CTX_free(server);
	close(fd);
	return NULL;
}

static void tls_open(const world_t *world, tls_t *tls)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(at);
	tls_certificate(tls);
	tls_pin(tls);
	(void)snprintf(tls->ca_file, sizeof(tls->ca_file), "%s/ca.pem", world->folder);
	BIO *file = BIO_new_file(tls->ca_file, "w");
	assert_non_null(file);
	assert_int_equal(PEM_write_bio_X509(file, tls->cert), 1);
	BIO_free(file);
	tls->fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(tls->fd, (const struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(tls->fd, 1), 0);
	assert_int_equal(getsockname(tls->fd, (struct sockaddr *)&at, &len), 0);
	tls->port = ntohs(at.sin_port);
	assert_int_equal(pthread_create(&tls->thread, NULL, tls_serve, tls), 0);
}

static void tls_close(tls_t *tls)
{
	assert_int_equal(pthread_join(tls->thread, NULL), 0);
	close(tls->fd);
	X509_free(tls->cert);
	EVP_PKEY_free(tls->key);
}

static void https_is_trusted_by_its_authority_or_its_pin_and_not_without(void **state)
{
	static const char other_pin[] = "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
	static const struct {
		bool ca, pin, other;
		err_t err;
	} rows[] = {
		{ false, false, false, ERR_DENIED }, { true, false, false, ERR_OK },
		{ false, true, false, ERR_OK },      { true, true, false, ERR_OK },
		{ false, false, true, ERR_DENIED },  { true, false, true, ERR_DENIED },
	};
	world_t *world = *state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		tls_t tls = { 0 };
		char url[URL_MAX];
		env_http_answer_t answer = { 0 };
		tls_open(world, &tls);
		(void)snprintf(url, sizeof(url), "https://127.0.0.1:%u/", tls.port);
		env_http_ask_t ask = { .url = url,
			               .ca_file = rows[i].ca ? tls.ca_file : NULL,
			               .pin = rows[i].other ? other_pin
			                      : rows[i].pin ? tls.pin
			                                    : NULL };
		assert_int_equal(env_http_ask(world->env, &ask, &answer), rows[i].err);
		if (rows[i].err == ERR_OK)
			assert_true(slice_eq(answer.body, SLICE("safe")));
		env_http_answer_done(&answer);
		tls_close(&tls);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(every_method_brings_its_headers_and_body),
		WORLD_TEST(it_follows_no_redirect),
		WORLD_TEST(a_header_is_told_that_was_asked_for),
		WORLD_TEST(limits_and_absence_are_told_apart),
		WORLD_TEST(https_is_trusted_by_its_authority_or_its_pin_and_not_without),
	};
	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
