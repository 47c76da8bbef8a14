/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENV_TLS_H
#define ENV_TLS_H
/* TLS 1.3 (RFC 8446) over the streams of env/tcp.h, in both worlds: OpenSSL sees memory
 * alone, the bytes go through env_tcp_write and its callbacks.
 *
 * Story: as env/tcp.h. `opened` comes on both sides when the handshake is done and the
 * peer's certificate was asked about; `data`, `drained` and `closed` as there, and nothing is
 * to be written before `opened` (ERR_BUSY). Who judges a certificate is the owner's `judge`:
 * TLS only proves that the peer has its key.
 *
 * Both sides have a certificate, or the client has none (`certificate_pem` empty). A
 * listener asks its judge about an empty chain when a connection comes: GOOD lets it go on
 * without. Sessions are not resumed and tickets not sent, so that a revoked certificate is
 * good for no new connection. Names of hosts are not compared: the peer is known by its
 * certificate. Keys of a session change after `key_records` records by themselves.
 *
 * Limits: ENV_TLS_HANDSHAKE_NS for the handshake, from the dial or the accept on;
 * `handshakes_max` of a listener at once, past which the oldest is closed: who is in earnest
 * needs milliseconds; the input and output bounds of env_tcp_spec_t, of plain bytes; chains
 * of ENV_TLS_CHAIN_BYTES.
 *
 * Errors to `closed`: ERR_OK: the peer said goodbye. ERR_DENIED: the judge refused, or the
 * peer refused us: env_tls_trust says why. ERR_PROTOCOL: no such TLS (an older version,
 * another ALPN, garbage). ERR_NETWORK: the stream ended without a goodbye: what came may be
 * cut. ERR_TIMEOUT, ERR_TOO_BIG, ERR_LIMIT (handshakes) and those of env/tcp.h.
 *
 * Caveats: a client is `opened` before the server has judged it (RFC 8446 4.4.2), so a
 * refusal comes as `closed` with ERR_DENIED thereafter. The reason travels as an alert, which
 * is coarser than env_trust_t. Keys of a session draw their chance from OpenSSL, so the bytes
 * on the wire are not decided by a twin's seed; their number and times are. */
#include "env/certify.h"
#include "env/tcp.h"

typedef struct env_tls env_tls_t;
typedef struct env_tls_listener env_tls_listener_t;

enum {
	ENV_TLS_CHAIN_MAX = ENV_CERTIFY_CHAIN_MAX,
	ENV_TLS_CHAIN_BYTES = 16 * 1024,
	ENV_TLS_HANDSHAKES = 256,
	ENV_TLS_KEY_RECORDS = 1 << 22, /* RFC 8446 5.5 allows 2^24.5 for AES-GCM */
};
#define ENV_TLS_HANDSHAKE_NS (10 * NS_PER_S)

typedef struct {
	void (*opened)(void *ctx, env_tls_t *tls);
	size_t (*data)(void *ctx, env_tls_t *tls, slice_t bytes);
	void (*drained)(void *ctx, env_tls_t *tls); /* may be NULL */
	void (*closed)(void *ctx, env_tls_t *tls, err_t why);
} env_tls_events_t;

/* Whether to go on with a peer that showed this chain, its own certificate first. */
typedef struct {
	void *ctx;
	env_trust_t (*judge)(void *ctx, const slice_t *chain_der, size_t count);
} env_tls_judge_t;

typedef struct {
	/* What is spoken inside (RFC 7301). A listener may name several, parted by blanks, and
	 * refuses who names none of them. Lives as long as what it is given to. */
	const char *alpn;
	slice_t certificate_pem; /* own chain; empty: none (a client before it has one) */
	const env_pkey_t *key;   /* of its first certificate; NULL without */
	env_tls_judge_t judge;
} env_tls_identity_t;

typedef struct {
	const env_tls_events_t *events;
	void *ctx;
	size_t input_max, output_max; /* 0: those of env/tcp.h; of plain bytes */
	uint32_t key_records;         /* 0: ENV_TLS_KEY_RECORDS */
} env_tls_spec_t;

typedef struct {
	const addr_t *local; /* may be NULL */
	addr_t remote;
	env_tls_identity_t identity; /* certificate and key are copied */
} env_tls_dial_t;

/* ERR_MALFORMED: no certificate; ERR_CONFLICT: the key is not its. */
MUST_CHECK err_t env_tls_dial(env_loop_t *loop, const env_tls_dial_t *dial,
                              const env_tls_spec_t *spec, env_tls_t **ret_tls);

/* `accept` is asked before the handshake; as in env/tcp.h. */
typedef struct {
	bool (*accept)(void *ctx, env_tls_t *tls, addr_t peer, env_tls_spec_t *ret_spec);
	void *ctx;
	size_t connections_max;
	size_t handshakes_max; /* 0: ENV_TLS_HANDSHAKES */
	env_tls_identity_t identity;
} env_tls_listen_spec_t;

MUST_CHECK err_t env_tls_listen(env_loop_t *loop, addr_t addr, const env_tls_listen_spec_t *spec,
                                env_tls_listener_t **ret_listener);
addr_t env_tls_listener_addr(const env_tls_listener_t *listener);
/* For connections to come; those that are keep what they have. */
MUST_CHECK err_t env_tls_listener_renew(env_tls_listener_t *listener,
                                        const env_tls_identity_t *identity);
/* Connections go on, those in the handshake too. */
void env_tls_listener_close(env_tls_listener_t *listener);

typedef struct {
	uint64_t done, denied, failed, slow, displaced; /* ends of handshakes */
	uint64_t handshaking;                           /* at this moment */
} env_tls_stats_t;
env_tls_stats_t env_tls_listener_stats(const env_tls_listener_t *listener);

MUST_CHECK err_t env_tls_write(env_tls_t *tls, slice_t bytes);
size_t env_tls_unsent(const env_tls_t *tls);
addr_t env_tls_peer(const env_tls_t *tls);
/* From `opened` on: which of a listener's names was agreed on. */
slice_t env_tls_alpn(const env_tls_t *tls);
/* From `opened` on: the peer's own certificate as DER; empty: none. */
slice_t env_tls_peer_certificate(const env_tls_t *tls);
/* In `closed` with ERR_DENIED: what was said of a certificate; and by whom. */
env_trust_t env_tls_trust(const env_tls_t *tls);
bool env_tls_is_refused_by_peer(const env_tls_t *tls);
void env_tls_close(env_tls_t *tls);
void env_tls_reset(env_tls_t *tls);
#endif
