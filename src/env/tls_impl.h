/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENV_TLS_IMPL_H
#define ENV_TLS_IMPL_H
/* What the two parts of TLS share: connections (tls.c), and what they are made of: OpenSSL's
 * contexts, its BIO, and what certificates are said to be (tls_context.c). Private to them. */
#include <openssl/ssl.h>

#include "env/crypto_impl.h"
#include "env/tls.h"

/* What connections of one identity share. */
typedef struct {
	SSL_CTX *ssl;
	BIO_METHOD *method;
	env_tls_judge_t judge;
	const char *alpn;
	size_t users;
} tls_context_t;

typedef enum { TLS_SHAKING, TLS_OPEN, TLS_ENDED } tls_state_t;
typedef enum { TLS_WISH_NONE, TLS_WISH_CLOSE, TLS_WISH_RESET } tls_wish_t;

struct env_tls {
	env_tcp_t *tcp; /* NULL once it has ended */
	env_tls_spec_t spec;
	tls_context_t *context;
	SSL *ssl;
	env_timer_t *timer; /* end of the handshake; then tells what broke while writing */
	slice_t cipher;     /* came and was not yet read */
	uint8_t *plain;     /* was read and not yet used */
	size_t plain_cap, plain_len;
	uint8_t *certificate; /* DER of the peer's */
	size_t certificate_len;
	addr_t peer;
	tls_state_t state;
	tls_wish_t wish;
	slice_t alpn;
	bool is_server, is_busy, waits, is_refused_by_peer;
	env_trust_t trust;
	err_t broken;
	uint32_t records;
	env_tls_listener_t *listener; /* while shaking */
	env_tls_t *before, *after;    /* in its queue of handshakes */
};

/* The key is copied by reference. ERR_MALFORMED, ERR_CONFLICT as env_tls_dial. */
MUST_CHECK err_t tls_context_new(const env_tls_identity_t *identity, bool is_server,
                                 tls_context_t **ret_context);
/* One user less; NULL is fine. */
void tls_context_leave(tls_context_t *context);
/* A connection of it, without a stream yet. */
MUST_CHECK err_t tls_context_ssl(tls_context_t *context, env_tls_t *tls);
/* What a failed call of OpenSSL means; sets what is told of trust. */
MUST_CHECK err_t tls_reason(env_tls_t *tls);
#endif
