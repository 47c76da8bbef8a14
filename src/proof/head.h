/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROOF_HEAD_H
#define PROOF_HEAD_H
/* A signed tree head: what the node vouches for at one time. It is a signed note as
 * transparency logs exchange it (C2SP tlog-checkpoint and signed-note), so that tools
 * which know those check it without us:
 *
 *   jizhu/99.100.1                            origin: the log, and whose key it is
 *   1234                                      leaves
 *   <root, base 64>
 *   time 2026-03-01T00:00:00.000Z
 *
 *   — jizhu/99.100.1 <base 64 of: key id (4 bytes), Ed25519 signature (64)>
 *
 * Signed is everything before the empty line. The key id is the first 4 bytes of
 * SHA-256 of: origin, 0x0A, 0x01, public key. A key as text (a "verifier key") is
 * origin+<key id, hex>+<base 64 of 0x01 and the public key>.
 *
 * Pure functions. Each text has one form: what is read is what would be written. */
#include "env/pkey.h"
#include "model/time.h"
#include "merkle/merkle.h"

enum { PROOF_ORIGIN_MAX = 300, PROOF_NOTE_MAX = 1024, PROOF_KEY_TEXT_MAX = 400 };

typedef struct {
	slice_t origin;
	merkle_size_t tree;
	int64_t utc_ns; /* whole milliseconds */
} proof_head_t;

/* Signs and appends the note. Errors of env_pkey_sign; ERR_INVALID: an origin that is
 * empty, too long, or has a space, a plus or control bytes. */
MUST_CHECK err_t proof_head_sign(const proof_head_t *head, const env_pkey_t *key, writer_t *w);
/* Reads a note without judging its signature; the origin borrows. ERR_MALFORMED. */
MUST_CHECK err_t proof_head_read(slice_t note, proof_head_t *ret_head);
/* Reads it and checks the signature. ERR_MALFORMED; ERR_DENIED: not by this key. */
MUST_CHECK err_t proof_head_check(slice_t note, const env_pkey_t *key, proof_head_t *ret_head);

void proof_key_write(slice_t origin, const env_pkey_t *key, writer_t *w);
/* ERR_MALFORMED; the origin borrows. */
MUST_CHECK err_t proof_key_read(slice_t text, slice_t *ret_origin, env_pkey_t **ret_key);
#endif
