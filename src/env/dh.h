/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENV_DH_H
#define ENV_DH_H
/* Diffie-Hellman behind the adapter to OpenSSL 3: two sides that trust nothing between
 * them agree on a secret number. How the Handle wire frames the numbers is
 * codec/handle/key.h's.
 *
 * Story: env_dh_new in the group, send what env_dh_public gives, env_dh_shared with
 * what the other side sent. One thread at a time.
 *
 * Errors: as env/pkey.h.
 *
 * Caveats: the private number's chance is OpenSSL's, not the world's. Who the other
 * side is must be proven by other means. */
#include "base/cursor.h"
#include "base/err.h"

/* Diffie-Hellman in a group that the other side may have chosen. */
typedef struct env_dh env_dh_t;
enum { ENV_DH_BITS_MAX = 4096, ENV_DH_BYTES_MAX = ENV_DH_BITS_MAX / 8 };
/* A new private number in the group p, g. ERR_LIMIT: p has fewer than 512 or more than
 * ENV_DH_BITS_MAX bits. ERR_MALFORMED: p is even, or g is not between 1 and p - 1. */
MUST_CHECK err_t env_dh_new(slice_t p, slice_t g, env_dh_t **ret_dh);
/* The group and number given: for tests and recordings. */
MUST_CHECK err_t env_dh_of(slice_t p, slice_t g, slice_t x, env_dh_t **ret_dh);
void env_dh_free(env_dh_t *dh);
uint32_t env_dh_bits(const env_dh_t *dh);
MUST_CHECK err_t env_dh_public(const env_dh_t *dh, writer_t *w);
/* The shared number without leading zeros. ERR_MALFORMED: the peer's public number is
 * not between 1 and p - 1, which would give the secret away. */
MUST_CHECK err_t env_dh_shared(const env_dh_t *dh, slice_t peer, writer_t *w);
#endif
