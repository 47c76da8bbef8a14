/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LINEAGE_SHEET_H
#define LINEAGE_SHEET_H
/* The signature of a sheet (model/lineage.h):
 *     hash = SHA-256(UPLINK_TAG_SHEET || sheet), Ed25519 over (UPLINK_TAG_SIGNED || hash)
 * by the key that the node's parent has certified. Any thread. */
#include "model/lineage.h"
#include "uplink/seal.h"

/* Appends the sheet as a part, signed. Without a key the signature is zero: for who asks
 * himself. ERR_INVALID, ERR_TOO_BIG, errors of env_pkey_sign. */
MUST_CHECK err_t sheet_put_part(const lineage_sheet_t *sheet, const env_pkey_t *key, writer_t *w);
/* Whether one of the keys (DER) signed what bears this hash. */
bool sheet_is_signed(const slice_t *keys, size_t count, const uint8_t hash[UPLINK_HASH_BYTES],
                     slice_t signature);
#endif
