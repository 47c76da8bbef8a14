/* SPDX-License-Identifier: Apache-2.0 */
/* The adapter to OpenSSL's TLS: contexts made of PEM bytes, connections of evhttp
 * that speak it, and the queue of handshakes.
 *
 * A handshake is cheap to begin and dear to finish, and evhttp knows nothing of it,
 * so it has a limit in time and one in number of its own. Past the number the oldest
 * is closed: a client in earnest needs milliseconds, so the oldest is the one that
 * does nothing, and idle clients cannot keep others out. */
#include "env/posix/http_impl.h"

#include <assert.h>
#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdlib.h>

#include "env/x509.h"

enum { SHAKES_MAX = 256, CLIENT_CHAIN_MAX = 16 * 1024 };
#define SHAKE_NS (10 * NS_PER_S)

struct posix_http_tls {
	posix_http_t *http;
	SSL_CTX *context;
	int64_t shake_ns;
	int64_t shakes_max;
	http_conn_t *first, *last; /* handshakes under way, oldest first */
	struct event overdue_event;
};

/* Contexts. */

/* Any certificate will do: who the client is, is decided above, by its key. */
static int take_any(int is_good, X509_STORE_CTX *store)
{
	(void)is_good;
	(void)store;
	return 1;
}

static void shake_unlink(http_conn_t *conn)
{
	posix_http_tls_t *tls = conn->http->tls;
	*(conn->shake_before ? &conn->shake_before->shake_next : &tls->first) = conn->shake_next;
	*(conn->shake_next ? &conn->shake_next->shake_before : &tls->last) = conn->shake_before;
	conn->is_shaking = false;
	tls->http->stats.handshakes--;
}

static void on_progress(const SSL *ssl, int where, int ret)
{
	(void)ret;
	http_conn_t *conn = SSL_get_app_data(ssl);
	if ((where & SSL_CB_HANDSHAKE_DONE) && conn && conn->is_shaking)
		shake_unlink(conn);
}

static err_t context_chain(SSL_CTX *context, slice_t pem)
{
	/* With a password given, if an empty one, OpenSSL does not ask the terminal. */
	char no_password[] = "";
	BIO *in = BIO_new_mem_buf(pem.ptr, (int)pem.len);
	X509 *own = in ? PEM_read_bio_X509(in, NULL, NULL, no_password) : NULL;
	err_t err = !in ? ERR_NO_MEMORY : !own ? ERR_MALFORMED : ERR_OK;
	if (!err && SSL_CTX_use_certificate(context, own) != 1)
		err = ERR_UNSUPPORTED;
	X509_free(own);
	X509 *next = NULL;
	while (!err && (next = PEM_read_bio_X509(in, NULL, NULL, no_password)) != NULL)
		if (SSL_CTX_add0_chain_cert(context, next) != 1) {
			X509_free(next);
			err = ERR_UNSUPPORTED;
		}
	BIO_free(in);
	return err;
}

static err_t context_key(SSL_CTX *context, slice_t pem)
{
	char no_password[] = "";
	BIO *in = BIO_new_mem_buf(pem.ptr, (int)pem.len);
	EVP_PKEY *key = in ? PEM_read_bio_PrivateKey(in, NULL, NULL, no_password) : NULL;
	err_t err = !in ? ERR_NO_MEMORY : !key ? ERR_MALFORMED : ERR_OK;
	if (!err && SSL_CTX_use_PrivateKey(context, key) != 1)
		err = ERR_UNSUPPORTED;
	EVP_PKEY_free(key);
	BIO_free(in);
	return err;
}

/* Forward secrecy and authenticated encryption only. A body has its own length, so a
 * client that ends without saying goodbye is no error. */
static err_t context_rules(SSL_CTX *context, http_clients_t clients)
{
	static const uint8_t name[] = "jizhu";
	SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
	                                     SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_max_cert_list(context, CLIENT_CHAIN_MAX);
	SSL_CTX_set_info_callback(context, on_progress);
	if (clients == HTTP_CLIENTS_OPTIONAL)
		SSL_CTX_set_verify(context, SSL_VERIFY_PEER, take_any);
	bool good = SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
	            SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1 &&
	            SSL_CTX_set_session_id_context(context, name, sizeof(name)) == 1;
	return good ? ERR_OK : ERR_NO_MEMORY;
}

static err_t context_make(const env_http_tls_t *spec, SSL_CTX **ret_context)
{
	if (spec->certificate.len > INT_MAX || spec->key.len > INT_MAX)
		return ERR_TOO_BIG;
	err_t err = env_x509_check_pair(spec->certificate, spec->key);
	if (err)
		return err;
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	err = context ? context_rules(context, spec->clients) : ERR_NO_MEMORY;
	if (!err)
		err = context_chain(context, spec->certificate);
	if (!err)
		err = context_key(context, spec->key);
	/* A connection of this thread would take what is left for an error of its own. */
	ERR_clear_error();
	if (err)
		SSL_CTX_free(context);
	else
		*ret_context = context;
	return err;
}

/* Handshakes. */

static void shake_close(http_conn_t *conn)
{
	conn->http->stats.handshakes_slow++;
	shake_unlink(conn);
	evhttp_connection_free(conn->evcon);
}

static void overdue_set(posix_http_tls_t *tls)
{
	if (!tls->first || event_pending(&tls->overdue_event, EV_TIMEOUT, NULL))
		return;
	int64_t left_ns = tls->first->shake_by_ns - posix_now();
	struct timeval wait = posix_timeval(left_ns > 0 ? left_ns : 0);
	(void)event_add(&tls->overdue_event, &wait);
}

static void overdue_look(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	posix_http_tls_t *tls = ctx;
	int64_t now_ns = posix_now();
	while (tls->first && tls->first->shake_by_ns <= now_ns)
		shake_close(tls->first);
	overdue_set(tls);
}

void posix_http_tls_begin(http_conn_t *conn)
{
	posix_http_tls_t *tls = conn->http->tls;
	conn->ssl = bufferevent_openssl_get_ssl(conn->bev);
	SSL_set_app_data(conn->ssl, conn);
	conn->is_shaking = true;
	conn->shake_by_ns = posix_now() + tls->shake_ns;
	conn->shake_before = tls->last;
	*(tls->last ? &tls->last->shake_next : &tls->first) = conn;
	tls->last = conn;
	tls->http->stats.handshakes++;
	if (tls->http->stats.handshakes > tls->shakes_max)
		shake_close(tls->first);
	overdue_set(tls);
}

void posix_http_tls_end(http_conn_t *conn)
{
	bool unsent = evbuffer_get_length(bufferevent_get_output(conn->bev)) > 0;
	if (conn->is_shaking) {
		conn->http->stats.handshakes_failed++;
		shake_unlink(conn);
	} else if (!unsent && SSL_is_init_finished(conn->ssl)) {
		/* Not waiting for the client's own goodbye. */
		SSL_set_shutdown(conn->ssl, SSL_RECEIVED_SHUTDOWN);
		(void)SSL_shutdown(conn->ssl);
	}
	SSL_set_app_data(conn->ssl, NULL);
	ERR_clear_error();
	free(conn->certificate);
}

/* The server. */

/* Callbacks are deferred to the loop: OpenSSL may find the end of a connection in the
 * middle of any call of evhttp, which does not expect to lose it there. */
struct bufferevent *posix_http_tls_bufferevent(posix_http_tls_t *tls)
{
	enum { OPTIONS = BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS };
	SSL *ssl = SSL_new(tls->context);
	if (!ssl)
		return NULL;
	struct bufferevent *bev = bufferevent_openssl_socket_new(
		tls->http->loop->events, -1, ssl, BUFFEREVENT_SSL_ACCEPTING, OPTIONS);
	if (bev)
		bufferevent_openssl_set_allow_dirty_shutdown(bev, 1);
	return bev;
}

static void flushed(struct bufferevent *bev, void *evcon)
{
	const http_conn_t *conn = SSL_get_app_data(bufferevent_openssl_get_ssl(bev));
	if (conn && evbuffer_get_length(bufferevent_get_output(bev)) == 0)
		conn->on_flushed(bev, evcon);
}

/* A deferred call may still be owed to an earlier message; taken for the end's, it
 * would cut the stream. */
void posix_http_tls_await_flush(http_conn_t *conn)
{
	bufferevent_data_cb on_read = NULL;
	bufferevent_event_cb on_event = NULL;
	void *evcon = NULL;
	bufferevent_getcb(conn->bev, &on_read, &conn->on_flushed, &on_event, &evcon);
	bufferevent_setcb(conn->bev, on_read, flushed, on_event, evcon);
}

err_t posix_http_tls_new(posix_http_t *http, const env_http_tls_t *spec, posix_http_tls_t **ret_tls)
{
	posix_http_tls_t *tls = calloc(1, sizeof(*tls));
	if (!tls)
		return ERR_NO_MEMORY;
	err_t err = context_make(spec, &tls->context);
	if (err) {
		free(tls);
		return err;
	}
	tls->http = http;
	tls->shake_ns = spec->handshake_ns ? spec->handshake_ns : SHAKE_NS;
	tls->shakes_max = spec->handshakes_max ? (int64_t)spec->handshakes_max : SHAKES_MAX;
	(void)event_assign(&tls->overdue_event, http->loop->events, -1, 0, overdue_look, tls);
	*ret_tls = tls;
	return ERR_OK;
}

err_t posix_http_tls_set(posix_http_tls_t *tls, const env_http_tls_t *spec)
{
	assert(tls);
	SSL_CTX *context = NULL;
	err_t err = context_make(spec, &context);
	if (err)
		return err;
	SSL_CTX_free(tls->context); /* open connections hold it until they end */
	tls->context = context;
	return ERR_OK;
}

void posix_http_tls_free(posix_http_tls_t *tls)
{
	if (!tls)
		return;
	(void)event_del(&tls->overdue_event);
	SSL_CTX_free(tls->context);
	free(tls);
}

slice_t posix_http_tls_certificate(http_conn_t *conn)
{
	X509 *certificate = conn->ssl ? SSL_get0_peer_certificate(conn->ssl) : NULL;
	int len = certificate && !conn->certificate ? i2d_X509(certificate, NULL) : 0;
	uint8_t *der = len > 0 ? malloc((size_t)len) : NULL;
	if (der) {
		uint8_t *end = der;
		conn->certificate = der;
		conn->certificate_len = (size_t)i2d_X509(certificate, &end);
	}
	return slice_of(conn->certificate, conn->certificate_len);
}
