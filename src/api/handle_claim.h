/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_HANDLE_CLAIM_H
#define API_HANDLE_CLAIM_H
/* The proof of a Handle identity as it is written over HTTP: in the header
 * "Authorization: Handle sessionId=..., id=..., ...", or in the query of a verification.
 * What is proven is that somebody has the key of the identity: the answer is made over
 * the server's nonce and the client's own.
 *
 * Algorithms: of HS_PUBKEY those of registry/identity/identity.h; of HS_SECKEY "SHA1", "MD5"
 * (refused), "HMAC-SHA1", "HMAC-SHA256", and PBKDF2 ("PBKDF2WithHmacSHA1") with salt,
 * iterations and length in bits. */
#include "registry/identity/identity.h"

typedef struct {
	slice_t session, id, type, cnonce, alg, signature, salt, iterations, length;
} handle_claim_t;

/* The parts of a header behind its first word; unknown names are passed over.
 * ERR_MALFORMED for what is not name=value or name="value" by commas. */
MUST_CHECK err_t handle_claim_read(slice_t text, handle_claim_t *ret_claim);
/* The same from wherever parts are called by name. */
void handle_claim_fill(bool (*part)(void *ctx, const char *name, slice_t *ret_value), void *ctx,
                       handle_claim_t *ret_claim);
/* The proof that the claim makes of `who`, for registry_proof_check; the nonce of the
 * proof stays the caller's. Borrows `scratch` (4 KiB suffice). A type that is not said
 * is that of a secret. ERR_MALFORMED, ERR_UNSUPPORTED, ERR_TOO_BIG. */
MUST_CHECK err_t handle_claim_proof(const handle_claim_t *claim, writer_t *scratch,
                                    registry_proof_t *proof);
#endif
