/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENV_TLS_H
#define ENV_TLS_H
/* TLS 1.3 (RFC 8446) over the streams of env/tcp.h, in both worlds: OpenSSL sees memory
 * alone, the bytes go through env_tcp_write and its callbacks.
 *
 * Story: as env/tcp.h. `opened` comes on both sides when the handshake is done and the
 * peer's certificate was asked about; `data`, `drained` and `closed` as there. Who judges a
 * certificate is the owner's `judge`: TLS only proves that the peer has its key.
 *
 * Both sides have a certificate, or the client has none (`certificate` empty) and the judge
 * gets empty DER. Sessions are not resumed and tickets not sent, so that a revoked
 * certificate is good for no new connection. Names of hosts are not compared: the peer is
 * known by its certificate.
 *
 * Limits: HANDSHAKE_NS for the handshake, the input and output bounds of env_tcp_spec_t.
 *
 * Errors to `closed`: ERR_DENIED: the judge refused, or the peer refused us (its alert);
 * ERR_PROTOCOL: no such TLS; ERR_TIMEOUT; and those of env/tcp.h.
 *
 * Caveats: keys of a session draw their chance from OpenSSL, so the bytes on the wire are not
 * decided by a twin's seed; their number and times are. */
#include "env/pkey.h"
#include "env/tcp.h"

typedef struct env_tls env_tls_t;
typedef struct env_tls_listener env_tls_listener_t;

typedef struct {
	void (*opened)(void *ctx, env_tls_t *tls);
	size_t (*data)(void *ctx, env_tls_t *tls, slice_t bytes);
	void (*drained)(void *ctx, env_tls_t *tls); /* may be NULL */
	void (*closed)(void *ctx, env_tls_t *tls, err_t why);
} env_tls_events_t;

/* Whether to go on with a peer that showed this chain, its own certificate first. */
typedef struct {
	void *ctx;
	err_t (*judge)(void *ctx, const slice_t *chain_der, size_t count);
} env_tls_judge_t;

enum { ENV_TLS_CHAIN_MAX = 4 };

typedef struct {
	const char *alpn;        /* both must name the same */
	slice_t certificate_pem; /* own chain; empty: none (a client before it has one) */
	const env_pkey_t *key;   /* of its first certificate; NULL without */
	env_tls_judge_t judge;
} env_tls_identity_t;

typedef struct {
	const env_tls_events_t *events;
	void *ctx;
	size_t input_max, output_max; /* 0: those of env/tcp.h; of plain bytes */
} env_tls_spec_t;

/* The identity is copied, what it points to too. `local` may be NULL. */
MUST_CHECK err_t env_tls_dial(env_loop_t *loop, const addr_t *local, addr_t remote,
                              const env_tls_identity_t *identity, const env_tls_spec_t *spec,
                              env_tls_t **ret_tls);

typedef struct {
	bool (*accept)(void *ctx, env_tls_t *tls, addr_t peer, env_tls_spec_t *ret_spec);
	void *ctx;
	size_t connections_max;
	env_tls_identity_t identity;
} env_tls_listen_spec_t;

MUST_CHECK err_t env_tls_listen(env_loop_t *loop, addr_t addr, const env_tls_listen_spec_t *spec,
                                env_tls_listener_t **ret_listener);
addr_t env_tls_listener_addr(const env_tls_listener_t *listener);
void env_tls_listener_close(env_tls_listener_t *listener);

MUST_CHECK err_t env_tls_write(env_tls_t *tls, slice_t bytes);
size_t env_tls_unsent(const env_tls_t *tls);
addr_t env_tls_peer(const env_tls_t *tls);
/* The peer's own certificate as DER; empty: none. */
slice_t env_tls_peer_certificate(const env_tls_t *tls);
void env_tls_close(env_tls_t *tls);
void env_tls_reset(env_tls_t *tls);
#endif
