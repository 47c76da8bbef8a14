/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RESOLVER_SIGNATURE_H
#define RESOLVER_SIGNATURE_H
/* The credential of a reply against the key of the server that HS_SITE names: RSA with
 * SHA-256, SM2 with SM3; by the legacy rules DSA too, with SHA-256 or, as sites before
 * version 2.11 sign, SHA-1. A pure function over bytes from outside.
 *
 * What is signed: from version 2.7 on the versions, session and request id of the
 * envelope and the credential's counter; always header and body, which begins with the
 * digest of the request.
 *
 * Caveats: other signatures by SHA-1, those by MD5 and those of versions 2.5 and 2.6, which define
 * no usable form, are not believed. */
#include "codec/handle/handle.h"

/* `key` as codec/handle/key.h has it. ERR_DENIED: not signed, or by somebody else. */
MUST_CHECK err_t signature_check(slice_t key, bool legacy, const handle_envelope_t *envelope,
                                 const handle_message_t *message);
#endif
