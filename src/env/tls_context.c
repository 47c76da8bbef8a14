/* SPDX-License-Identifier: Apache-2.0 */
/* The part of the adapter that OpenSSL calls back: reading, writing and judging; and how its
 * contexts are made. */
#include <openssl/pem.h>
#include <stdlib.h>

#include "env/pkey_impl.h"
#include "env/tls_impl.h"
#include "env/x509.h"

enum { ALPN_MAX = 255 };

/* Trust, as it goes over the wire: what makes OpenSSL send the alert (RFC 8446 6.2), and
 * what an alert of the peer means. */
static const struct {
	env_trust_t trust;
	int fault, alert;
} alerts[] = {
	{ ENV_TRUST_MISSING, X509_V_ERR_CERT_REJECTED, SSL_AD_CERTIFICATE_REQUIRED },
	{ ENV_TRUST_UNKNOWN, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, SSL_AD_UNKNOWN_CA },
	{ ENV_TRUST_EXPIRED, X509_V_ERR_CERT_HAS_EXPIRED, SSL_AD_CERTIFICATE_EXPIRED },
	{ ENV_TRUST_REVOKED, X509_V_ERR_CERT_REVOKED, SSL_AD_CERTIFICATE_REVOKED },
	{ ENV_TRUST_PURPOSE, X509_V_ERR_INVALID_PURPOSE, SSL_AD_UNSUPPORTED_CERTIFICATE },
	{ ENV_TRUST_BROKEN, X509_V_ERR_CERT_REJECTED, SSL_AD_BAD_CERTIFICATE },
	{ ENV_TRUST_EARLY, X509_V_ERR_CERT_NOT_YET_VALID, SSL_AD_BAD_CERTIFICATE },
	{ ENV_TRUST_STRANGER, X509_V_ERR_NO_EXPLICIT_POLICY, SSL_AD_CERTIFICATE_UNKNOWN },
};

enum { ALERTS = sizeof(alerts) / sizeof(*alerts) };

/* The BIO. */

static int bio_write(BIO *bio, const char *bytes, int len)
{
	env_tls_t *tls = BIO_get_data(bio);
	BIO_clear_retry_flags(bio);
	err_t err = tls->tcp ? env_tcp_write(tls->tcp, slice_of(bytes, (size_t)len)) : ERR_NETWORK;
	if (!err)
		return len;
	tls->broken = err;
	return -1;
}

static int bio_read(BIO *bio, char *ret_bytes, int cap)
{
	env_tls_t *tls = BIO_get_data(bio);
	BIO_clear_retry_flags(bio);
	slice_t some = slice_sub(tls->cipher, 0, (size_t)cap);
	if (some.len == 0) {
		BIO_set_retry_read(bio);
		return -1;
	}
	memcpy(ret_bytes, some.ptr, some.len);
	tls->cipher = slice_from(tls->cipher, some.len);
	return (int)some.len;
}

static long bio_ctrl(BIO *bio, int what, long number, void *pointer)
{
	(void)bio;
	(void)number;
	(void)pointer;
	return what == BIO_CTRL_FLUSH;
}

static BIO_METHOD *method_new(void)
{
	BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "env/tcp");
	if (method && BIO_meth_set_write(method, bio_write) == 1 &&
	    BIO_meth_set_read(method, bio_read) == 1 && BIO_meth_set_ctrl(method, bio_ctrl) == 1)
		return method;
	BIO_meth_free(method);
	return NULL;
}

/* Judging. */

typedef struct {
	slice_t der[ENV_TLS_CHAIN_MAX];
	size_t count;
} chain_t;

static bool chain_take(chain_t *chain, const STACK_OF(X509) * from)
{
	int count = sk_X509_num(from);
	bool good = count > 0 && count <= ENV_TLS_CHAIN_MAX;
	for (int i = 0; good && i < count; i++) {
		uint8_t *bytes = NULL;
		int len = i2d_X509(sk_X509_value(from, i), &bytes);
		good = len > 0;
		if (good)
			chain->der[chain->count++] = slice_of(bytes, (size_t)len);
	}
	return good;
}

static void chain_free(chain_t *chain)
{
	for (size_t i = 0; i < chain->count; i++)
		OPENSSL_free((void *)(uintptr_t)chain->der[i].ptr);
}

/* In place of OpenSSL's own verification. */
static int on_verify(X509_STORE_CTX *store, void *ctx)
{
	const tls_context_t *context = ctx;
	SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	env_tls_t *tls = SSL_get_app_data(ssl);
	chain_t chain = { .count = 0 };
	tls->trust = ENV_TRUST_BROKEN;
	if (chain_take(&chain, X509_STORE_CTX_get0_untrusted(store)))
		tls->trust = context->judge.judge(context->judge.ctx, chain.der, chain.count);
	chain_free(&chain);
	if (tls->trust == ENV_TRUST_GOOD)
		return 1;
	for (size_t i = 0; i < ALERTS; i++)
		if (alerts[i].trust == tls->trust)
			X509_STORE_CTX_set_error(store, alerts[i].fault);
	return 0;
}

static slice_t name_shared(slice_t names, slice_t theirs)
{
	while (names.len > 0) {
		slice_t name = slice_cut(&names, ' ');
		if (slice_eq(name, theirs))
			return name;
	}
	return (slice_t){ 0 };
}

/* The first of the client's names that is ours too (RFC 7301). It is not repeated to the
 * client, who knows its peer by the certificate. */
static int on_hello(SSL *ssl, int *ret_alert, void *ctx)
{
	const tls_context_t *context = ctx;
	env_tls_t *tls = SSL_get_app_data(ssl);
	const uint8_t *bytes = NULL;
	size_t len = 0;
	if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_application_layer_protocol_negotiation,
	                              &bytes, &len) != 1)
		len = 0;
	reader_t r = reader_of(slice_of(bytes, len));
	r = reader_of(rd_take(&r, rd_u16(&r)));
	while (tls->alpn.len == 0 && !r.bad && r.in.len > 0) {
		uint8_t name_len = rd_u8(&r);
		tls->alpn = name_shared(slice_str(context->alpn), rd_take(&r, name_len));
	}
	*ret_alert = SSL_AD_NO_APPLICATION_PROTOCOL;
	return tls->alpn.len > 0 ? SSL_CLIENT_HELLO_SUCCESS : SSL_CLIENT_HELLO_ERROR;
}

/* Contexts. */

void tls_context_leave(tls_context_t *context)
{
	if (!context || --context->users > 0)
		return;
	SSL_CTX_free(context->ssl);
	BIO_meth_free(context->method);
	free(context);
}

static err_t context_chain(SSL_CTX *ssl, slice_t pem)
{
	char no_password[] = "";
	if (pem.len > ENV_X509_PEM_MAX)
		return ERR_TOO_BIG;
	BIO *in = BIO_new_mem_buf(pem.ptr, (int)pem.len);
	X509 *own = in ? PEM_read_bio_X509(in, NULL, NULL, no_password) : NULL;
	err_t err = !in ? ERR_NO_MEMORY : !own ? ERR_MALFORMED : ERR_OK;
	if (!err && SSL_CTX_use_certificate(ssl, own) != 1)
		err = ERR_UNSUPPORTED;
	X509_free(own);
	X509 *next = NULL;
	while (!err && (next = PEM_read_bio_X509(in, NULL, NULL, no_password)) != NULL)
		if (SSL_CTX_add0_chain_cert(ssl, next) != 1) {
			X509_free(next);
			err = ERR_UNSUPPORTED;
		}
	BIO_free(in);
	return err;
}

static err_t context_alpn(SSL_CTX *ssl, const char *alpn)
{
	uint8_t wire[ALPN_MAX + 1];
	writer_t w = writer_of(wire, sizeof(wire));
	slice_t name = slice_str(alpn);
	if (name.len == 0 || name.len > ALPN_MAX)
		return ERR_INVALID;
	wr_u8(&w, (uint8_t)name.len);
	wr_bytes(&w, name);
	return SSL_CTX_set_alpn_protos(ssl, wire, (unsigned)w.len) == 0 ? ERR_OK : ERR_NO_MEMORY;
}

static err_t context_rules(tls_context_t *context, bool is_server)
{
	SSL_CTX *ssl = context->ssl;
	SSL_CTX_set_options(ssl, SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_max_cert_list(ssl, ENV_TLS_CHAIN_BYTES);
	SSL_CTX_set_cert_verify_callback(ssl, on_verify, context);
	SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER, NULL);
	if (is_server)
		SSL_CTX_set_client_hello_cb(ssl, on_hello, context);
	bool good = SSL_CTX_set_min_proto_version(ssl, TLS1_3_VERSION) == 1 &&
	            SSL_CTX_set_num_tickets(ssl, 0) == 1;
	return good ? ERR_OK : ERR_NO_MEMORY;
}

static err_t context_fill(tls_context_t *context, const env_tls_identity_t *identity,
                          bool is_server)
{
	err_t err = context->ssl && context->method ? context_rules(context, is_server)
	                                            : ERR_NO_MEMORY;
	if (!err && !is_server)
		err = context_alpn(context->ssl, identity->alpn);
	if (err || (identity->certificate_pem.len == 0 && !is_server))
		return err;
	err = context_chain(context->ssl, identity->certificate_pem);
	if (err)
		return err;
	EVP_PKEY *key = identity->key ? env_pkey_openssl(identity->key) : NULL;
	return key && SSL_CTX_use_PrivateKey(context->ssl, key) == 1 ? ERR_OK : ERR_CONFLICT;
}

err_t tls_context_new(const env_tls_identity_t *identity, bool is_server,
                      tls_context_t **ret_context)
{
	tls_context_t *context = calloc(1, sizeof(*context));
	if (!context)
		return ERR_NO_MEMORY;
	context->ssl = SSL_CTX_new(is_server ? TLS_server_method() : TLS_client_method());
	context->method = method_new();
	context->judge = identity->judge;
	context->alpn = identity->alpn;
	context->users = 1;
	err_t err = context_fill(context, identity, is_server);
	if (err)
		tls_context_leave(context);
	else
		*ret_context = context;
	return crypto_refused(err);
}

err_t tls_context_ssl(tls_context_t *context, env_tls_t *tls)
{
	BIO *bio = BIO_new(context->method);
	tls->ssl = SSL_new(context->ssl);
	if (!tls->ssl || !bio) {
		BIO_free(bio);
		return crypto_refused(ERR_NO_MEMORY);
	}
	BIO_set_data(bio, tls);
	BIO_set_init(bio, 1);
	SSL_set_bio(tls->ssl, bio, bio);
	SSL_set_app_data(tls->ssl, tls);
	if (tls->is_server)
		SSL_set_accept_state(tls->ssl);
	else
		SSL_set_connect_state(tls->ssl);
	return ERR_OK;
}

/* What a failed call of OpenSSL means. */
err_t tls_reason(env_tls_t *tls)
{
	int reason = ERR_GET_REASON(ERR_peek_error());
	ERR_clear_error();
	if (tls->trust != ENV_TRUST_GOOD)
		return ERR_DENIED;
	if (reason == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE) {
		tls->trust = ENV_TRUST_MISSING;
		return ERR_DENIED;
	}
	for (size_t i = 0; i < ALERTS; i++)
		if (reason == SSL_AD_REASON_OFFSET + alerts[i].alert) {
			tls->trust = alerts[i].trust;
			tls->is_refused_by_peer = true;
			return ERR_DENIED;
		}
	return tls->broken ? tls->broken : ERR_PROTOCOL;
}
