/* SPDX-License-Identifier: Apache-2.0 */
#include "lineage/sheet.h"

_Static_assert((int)LINEAGE_SIGNATURE_BYTES == (int)UPLINK_SIGNATURE_BYTES, "both are Ed25519");

err_t sheet_put_part(const lineage_sheet_t *sheet, const env_pkey_t *key, writer_t *w)
{
	static const uint8_t NOBODY[LINEAGE_SIGNATURE_BYTES];
	uint8_t hash[UPLINK_HASH_BYTES];
	wr_u8(w, LINEAGE_PART_SHEET);
	size_t from = w->len;
	err_t err = lineage_sheet_put(sheet, w);
	if (err)
		return err;
	if (key) {
		seal_hash(UPLINK_TAG_SHEET, slice_from(writer_done(w), from), hash);
		return seal_sign(key, hash, w);
	}
	wr_bytes(w, slice_of(NOBODY, sizeof(NOBODY)));
	return w->bad ? ERR_TOO_BIG : ERR_OK;
}

static bool is_by(slice_t der, const uint8_t hash[UPLINK_HASH_BYTES], slice_t signature)
{
	env_pkey_t *key = NULL;
	bool good = env_pkey_from_der(der, &key) == ERR_OK &&
	            env_pkey_kind(key) == ENV_PKEY_ED25519 &&
	            seal_check(key, hash, signature) == ERR_OK;
	env_pkey_free(key);
	return good;
}

bool sheet_is_signed(const slice_t *keys, size_t count, const uint8_t hash[UPLINK_HASH_BYTES],
                     slice_t signature)
{
	bool is_signed = false;
	for (size_t i = 0; i < count && !is_signed; i++)
		is_signed = is_by(keys[i], hash, signature);
	return is_signed;
}
