/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CENSUS_KEY_H
#define CENSUS_KEY_H
/* The name of a device in the register: HMAC-SHA256 over its folded maker and serial and its
 * kind, each as a string (varint length and bytes), cut to 16 bytes. The secret is shared
 * down the tree, so that plant, park and platform come to the same key, and a serial cannot
 * be guessed from a key by who has not the secret. 16 bytes: among 10^8 devices two share a
 * key with a chance of 10^-23. */
#include "model/census.h"

enum { CENSUS_SECRET_MIN = 16 };

/* ERR_INVALID: a secret that is too short, a kind that is no word; and what census_name_fold
 * gives. A device without a serial has no key and is not in the register. */
MUST_CHECK err_t census_key(slice_t secret, const slice_t name[2], slice_t kind,
                            census_key_t *ret_key);
#endif
