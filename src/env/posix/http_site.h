/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENV_POSIX_HTTP_SITE_H
#define ENV_POSIX_HTTP_SITE_H
/* What the tests of the HTTP server share: a site whose paths show the ways of
 * answering, and a TLS layer under the fixture's client, so that the same tests run
 * with and without encryption. */
#include "env/posix/fixture.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "base/crc.h"
#include "env/http.h"
#include "env/x509.h"

enum { PEM_ROOM = 4096 };

/* A key and a certificate of it. */
typedef struct {
	uint8_t key[PEM_ROOM], certificate[PEM_ROOM];
	slice_t key_pem, certificate_pem;
} pair_t;

static inline void pair_make(pair_t *pair, const char *host)
{
	writer_t key = writer_of(pair->key, PEM_ROOM);
	writer_t certificate = writer_of(pair->certificate, PEM_ROOM);
	env_x509_spec_t spec = { .host = host,
		                 .ip = ip_v4(127, 0, 0, 1),
		                 .not_before_ns = 1767225600 * NS_PER_S,
		                 .not_after_ns = 4102444800 * NS_PER_S,
		                 .serial = { 1 } };
	assert_int_equal(env_x509_make_key(&key), ERR_OK);
	pair->key_pem = writer_done(&key);
	assert_int_equal(env_x509_make(&spec, pair->key_pem, &certificate), ERR_OK);
	pair->certificate_pem = writer_done(&certificate);
}

/* The client's TLS, by memory: what it writes goes out by the client's stream, what
 * comes there is decrypted and handed to the client. */
typedef struct site_link site_link_t;
struct site_link {
	site_link_t *next;
	client_t *client;
	SSL_CTX *context;
	SSL *ssl;
	BIO *in, *out; /* of the SSL */
	bool has_asked;
	bool leaves; /* says goodbye behind what it asks */
};

typedef struct {
	const pair_t *pair;   /* the client's own certificate, or NULL */
	int version_max;      /* of TLS; 0: the newest */
	SSL_SESSION *session; /* to be resumed, or NULL */
} link_spec_t;

static inline void link_show(SSL_CTX *context, const pair_t *pair)
{
	BIO *in = BIO_new_mem_buf(pair->certificate_pem.ptr, (int)pair->certificate_pem.len);
	BIO *key_in = BIO_new_mem_buf(pair->key_pem.ptr, (int)pair->key_pem.len);
	X509 *certificate = PEM_read_bio_X509(in, NULL, NULL, NULL);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(key_in, NULL, NULL, NULL);
	assert_int_equal(SSL_CTX_use_certificate(context, certificate), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(context, key), 1);
	X509_free(certificate);
	EVP_PKEY_free(key);
	BIO_free(in);
	BIO_free(key_in);
}

static inline site_link_t *link_new(client_t *client, const link_spec_t *spec)
{
	site_link_t *link = test_calloc(1, sizeof(*link));
	link->client = client;
	link->context = SSL_CTX_new(TLS_client_method());
	/* Old versions are tried too, which the library's own rules would not. */
	SSL_CTX_set_security_level(link->context, 0);
	(void)SSL_CTX_set_min_proto_version(link->context, TLS1_VERSION);
	(void)SSL_CTX_set_max_proto_version(link->context, spec->version_max);
	if (spec->pair)
		link_show(link->context, spec->pair);
	link->ssl = SSL_new(link->context);
	link->in = BIO_new(BIO_s_mem());
	link->out = BIO_new(BIO_s_mem());
	SSL_set_bio(link->ssl, link->in, link->out);
	SSL_set_connect_state(link->ssl);
	if (spec->session)
		(void)SSL_set_session(link->ssl, spec->session);
	return link;
}

static inline void link_free(site_link_t *link)
{
	SSL_free(link->ssl);
	SSL_CTX_free(link->context);
	test_free(link);
}

static inline void link_pump(site_link_t *link)
{
	uint8_t buf[16384];
	int len = 0;
	client_t *client = link->client;
	(void)SSL_do_handshake(link->ssl);
	if (SSL_is_init_finished(link->ssl) && !link->has_asked && client->ask.len) {
		link->has_asked = true;
		assert_true(SSL_write(link->ssl, client->ask.ptr, (int)client->ask.len) > 0);
		if (link->leaves)
			(void)SSL_shutdown(link->ssl);
	}
	while ((len = SSL_read(link->ssl, buf, sizeof(buf))) > 0)
		(void)client_data(client, client->tcp, slice_of(buf, (size_t)len));
	while ((len = BIO_read(link->out, buf, sizeof(buf))) > 0)
		(void)!env_tcp_write(client->tcp, slice_of(buf, (size_t)len));
	/* The server's connections are of this thread too. */
	ERR_clear_error();
}

static inline void link_opened(void *ctx, env_tcp_t *tcp)
{
	site_link_t *link = ctx;
	link->client->tcp = tcp;
	link_pump(link);
}

static inline size_t link_data(void *ctx, env_tcp_t *tcp, slice_t bytes)
{
	site_link_t *link = ctx;
	(void)tcp;
	assert_int_equal(BIO_write(link->in, bytes.ptr, (int)bytes.len), bytes.len);
	link_pump(link);
	return bytes.len;
}

static inline void link_closed(void *ctx, env_tcp_t *tcp, err_t why)
{
	site_link_t *link = ctx;
	client_closed(link->client, tcp, why);
}

static inline void link_dial(site_link_t *link, world_t *world, addr_t to)
{
	static const env_tcp_events_t events = { .opened = link_opened,
		                                 .data = link_data,
		                                 .closed = link_closed };
	client_t *client = link->client;
	client->world = world;
	client->got = text_of(16 << 20);
	env_tcp_spec_t spec = { .events = &events, .ctx = link, .output_max = 16 << 20 };
	assert_int_equal(env_tcp_dial(world->loop, NULL, to, &spec, &client->tcp), ERR_OK);
}

/* The server said goodbye before it closed (RFC 8446 6.1). */
static inline bool link_heard_goodbye(const site_link_t *link)
{
	return SSL_get_shutdown(link->ssl) & SSL_RECEIVED_SHUTDOWN;
}

static inline int world_set_up_secure(void **state)
{
	int failed = world_set_up(state);
	if (!failed)
		((world_t *)*state)->is_secure = true;
	return failed;
}

#define TLS_TEST(f) \
	{ \
#f "_over_tls", f, world_set_up_secure, world_tear_down, NULL \
	}

enum { BODY_MAX = 64 * 1024 };

/* A site whose paths show the ways of answering. */
typedef struct {
	world_t *world;
	env_http_t *http;
	env_http_request_t *waiting;
	env_timer_t *later;
	text_t seen;
	int gone, limited;
	site_link_t *links; /* of clients that speak TLS */
	pair_t pair;
	env_http_tls_t tls;
} site_t;

/* Made when first asked for. */
static inline const env_http_tls_t *site_tls(site_t *site)
{
	if (!site->pair.key_pem.len)
		pair_make(&site->pair, "site");
	site->tls = (env_http_tls_t){ .certificate = site->pair.certificate_pem,
		                      .key = site->pair.key_pem };
	return &site->tls;
}

static inline void site_answer(env_http_request_t *request, slice_t body)
{
	static const http_header_t headers[] = { { "X-Line", "coater" }, { NULL, NULL } };
	env_http_reply_t reply = {
		.status = 200, .content_type = "text/plain", .headers = headers, .body = body
	};
	env_http_reply(request, &reply);
}

static inline void site_echo(site_t *site, env_http_request_t *request)
{
	addr_t peer = env_http_peer(request);
	slice_t path = env_http_path(request), query = env_http_query(request);
	slice_t token = env_http_header(request, "authorization"), body = env_http_body(request);
	text_drop(&site->seen, site->seen.len);
	text_addf(&site->seen, "%d|%.*s|%.*s|%.*s|%.*s|%d", (int)env_http_method(request),
	          (int)path.len, (const char *)path.ptr, (int)query.len, (const char *)query.ptr,
	          (int)token.len, (const char *)token.ptr, (int)body.len, (const char *)body.ptr,
	          ip_is_loopback(peer.ip) && peer.port > 0);
	site_answer(request, text_slice(&site->seen));
}

/* A body is large: how long it is and its checksum. */
static inline void site_sum(env_http_request_t *request)
{
	char text[32];
	slice_t body = env_http_body(request);
	(void)snprintf(text, sizeof(text), "%zu %08x", body.len, (unsigned)crc32c(0, body));
	site_answer(request, slice_str(text));
}

static inline void site_request(void *ctx, env_http_request_t *request)
{
	site_t *site = ctx;
	slice_t path = env_http_path(request);
	if (slice_eq(path, SLICE("/later"))) {
		env_http_set_user(request, site);
		site->waiting = request;
		env_timer_set(site->later, NS_PER_MS);
	} else if (slice_eq(path, SLICE("/never"))) {
		site->waiting = request;
		env_stop(site->world->env);
	} else if (slice_eq(path, SLICE("/sum"))) {
		site_sum(request);
	} else if (slice_eq(path, SLICE("/stream"))) {
		env_http_stream(request);
		site->waiting = request;
		env_timer_set(site->later, NS_PER_MS);
	} else {
		site_echo(site, request);
	}
}

static inline void site_gone(void *ctx, env_http_request_t *request)
{
	site_t *site = ctx;
	assert_ptr_equal(site->waiting, request);
	site->waiting = NULL;
	site->gone++;
	env_timer_clear(site->later);
	env_stop(site->world->env);
}

static inline void answer_later(void *ctx)
{
	site_t *site = ctx;
	assert_ptr_equal(env_http_user(site->waiting), site);
	site_answer(site->waiting, SLICE("late"));
	site->waiting = NULL;
}

static inline addr_t site_open(site_t *site, world_t *world, void (*later)(void *ctx), size_t max)
{
	site->world = world;
	site->seen = text_of(4096);
	env_http_spec_t spec = { .request = site_request,
		                 .gone = site_gone,
		                 .ctx = site,
		                 .body_max = BODY_MAX,
		                 .connections_max = max,
		                 .tls = world->is_secure ? site_tls(site) : NULL };
	assert_int_equal(env_timer_new(world->loop, later, site, &site->later), ERR_OK);
	assert_int_equal(env_http_open(world->loop, loopback(0), &spec, &site->http), ERR_OK);
	return env_http_addr(site->http);
}

static inline void site_done(site_t *site)
{
	env_http_close(site->http); /* may still call `gone` */
	while (site->links) {
		site_link_t *link = site->links;
		site->links = link->next;
		link_free(link);
	}
	env_timer_free(site->later);
	text_free(&site->seen);
}

/* A client that speaks TLS; the link is the site's. */
static inline site_link_t *site_link(site_t *site, client_t *client, const link_spec_t *spec)
{
	site_link_t *link = link_new(client, spec);
	link->next = site->links;
	site->links = link;
	link_dial(link, site->world, env_http_addr(site->http));
	return link;
}

static inline void ask(site_t *site, client_t *client, slice_t text, slice_t until)
{
	client->ask = text;
	client->until = until;
	if (site->world->is_secure)
		(void)site_link(site, client, &(link_spec_t){ 0 });
	else
		client_dial(client, site->world, env_http_addr(site->http));
	world_run(site->world);
}

static inline bool got(const client_t *client, slice_t part)
{
	return slice_holds(text_slice(&client->got), part);
}

static inline void stream_flood(void *ctx)
{
	uint8_t bytes[20000];
	site_t *site = ctx;
	memset(bytes, 'x', sizeof(bytes));
	err_t err = ERR_OK;
	for (int i = 0; !err && i < 100; i++)
		err = env_http_stream_send(site->waiting, NULL, 0, slice_of(bytes, sizeof(bytes)));
	site->limited += err == ERR_LIMIT;
	assert_int_equal(env_http_stream_send(site->waiting, NULL, 0, SLICE("x")) != ERR_OK,
	                 err == ERR_LIMIT);
	env_timer_set(site->later, NS_PER_MS);
}
#endif
