/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENV_X509_H
#define ENV_X509_H
/* X.509 certificates and their keys (RFC 5280, RFC 7468) behind one adapter to
 * OpenSSL. Everything is bytes in, bytes out; files are the caller's.
 *
 * Story, of a server: load a chain and a key as PEM, env_x509_check_pair, hand both
 * to env_http_open. Without files of its own a node makes a key and a certificate
 * once and keeps them. Story, of a client's certificate: env_http_peer_certificate
 * gives DER, env_x509_public_key the key in it, and the caller compares that with
 * the key it knows the client by.
 *
 * Nothing here decides trust: no authority is asked, no chain is built and no time
 * is compared. Who needs that compares the key, or not_before_ns and not_after_ns.
 *
 * Threads: any. Errors: ERR_MALFORMED for bytes that are no certificate or key,
 * ERR_NO_MEMORY, and what a function names.
 *
 * Caveats: keys and signatures draw their chance from OpenSSL, not from the world,
 * so what env_x509_make_* writes is not decided by a twin's seed. A key that needs a
 * password is refused as malformed. */
#include "base/cursor.h"
#include "base/net.h"
#include "env/crypto.h"

enum { ENV_X509_PEM_MAX = 64 * 1024 }; /* of a chain or a key, as files are read */

typedef struct {
	int64_t not_before_ns, not_after_ns;
	uint8_t fingerprint[SHA256_BYTES]; /* SHA-256 of the DER, as browsers show it */
} env_x509_t;

/* The first certificate of a PEM text, as DER. ERR_TOO_BIG when `w` is too small. */
MUST_CHECK err_t env_x509_der(slice_t pem, writer_t *w);
MUST_CHECK err_t env_x509_read(slice_t der, env_x509_t *ret_certificate);
/* The DER of the SubjectPublicKeyInfo: algorithm and key, what two certificates of
 * one key have in common. ERR_TOO_BIG when `w` is too small. */
MUST_CHECK err_t env_x509_public_key(slice_t der, writer_t *w);
/* The common name of its subject as UTF-8. ERR_NOT_FOUND: it has none. ERR_MALFORMED: it
 * has several, or one with a zero byte. ERR_TOO_BIG. */
MUST_CHECK err_t env_x509_common_name(slice_t der, writer_t *w);
/* Whether the address is among its subject alternative names. */
bool env_x509_covers(slice_t der, ip_t ip);
/* ERR_CONFLICT when the key is not that of the first certificate. */
MUST_CHECK err_t env_x509_check_pair(slice_t certificate_pem, slice_t key_pem);

/* A new private key on P-256, as PEM (PKCS #8). ERR_TOO_BIG. */
MUST_CHECK err_t env_x509_make_key(writer_t *w);

typedef struct {
	const char *host; /* letters, digits, '-' and '.': common name, and a DNS name */
	ip_t ip;          /* one more name; an address that stands for all is left out */
	int64_t not_before_ns, not_after_ns;
	uint8_t serial[16];
} env_x509_spec_t;

/* A server's certificate for the host, localhost, 127.0.0.1, ::1 and the address,
 * signed by its own key, as PEM. ERR_INVALID for a host that is no DNS name,
 * ERR_TOO_BIG. */
MUST_CHECK err_t env_x509_make(const env_x509_spec_t *spec, slice_t key_pem, writer_t *w);
#endif
