/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REGISTRY_TRUST_JWS_H
#define REGISTRY_TRUST_JWS_H
/* JSON Web Signatures (RFC 7515) as HS_SIGNATURE and HS_CERT values hold them: compact, or
 * in JSON with one signature. Pure.
 *
 * Algorithms: RS256; SM2256, which is SM2 over SM3 with the customary user id and the
 * signature as DER, as no public text says otherwise. DS256 is known and ERR_UNSUPPORTED.
 *
 * Caveats: there is one way to write a signature here: base 64 with stray bits or padding
 * is refused, so that no byte of a compact one can differ unseen. Headers named critical
 * are not understood, and the whole is refused. */
#include "base/cursor.h"
#include "env/pkey.h"

enum { JWS_BYTES_MAX = 32 * 1024, JWS_SCRATCH = 2 * JWS_BYTES_MAX };

typedef struct {
	slice_t covered; /* header and payload as they are signed */
	slice_t algorithm, payload, signature;
} jws_t;

/* Borrows `scratch`, of JWS_SCRATCH bytes at least. ERR_MALFORMED, ERR_UNSUPPORTED (a
 * critical header), ERR_TOO_BIG, ERR_NO_MEMORY. */
MUST_CHECK err_t jws_read(slice_t text, writer_t *scratch, jws_t *ret_jws);
/* ERR_DENIED: not this key's. ERR_UNSUPPORTED: another algorithm. */
MUST_CHECK err_t jws_check(const jws_t *jws, const env_pkey_t *key);
/* Appends the compact form, signed by an RSA or SM2 key. ERR_UNSUPPORTED, ERR_DENIED (a
 * public key), ERR_TOO_BIG. */
MUST_CHECK err_t jws_write(const env_pkey_t *key, slice_t payload, writer_t *w);
#endif
