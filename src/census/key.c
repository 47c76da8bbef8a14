/* SPDX-License-Identifier: Apache-2.0 */
#include "census/key.h"

#include "base/ascii.h"
#include "env/crypto.h"

/* As strings, so that no two devices are one text. */
static err_t put_folded(slice_t name, writer_t *w)
{
	uint8_t room[CENSUS_NAME_MAX];
	writer_t folded = writer_of(room, sizeof(room));
	err_t err = census_name_fold(name, &folded);
	if (!err)
		wr_string(w, writer_done(&folded));
	return err;
}

err_t census_key(slice_t secret, const slice_t name[2], slice_t kind, census_key_t *ret_key)
{
	uint8_t room[2 * CENSUS_NAME_MAX + CENSUS_WORD_MAX + 8], mac[SHA256_BYTES];
	writer_t w = writer_of(room, sizeof(room));
	if (secret.len < CENSUS_SECRET_MIN || kind.len == 0 || kind.len > CENSUS_WORD_MAX ||
	    !ascii_is_word(kind, SLICE("-._")))
		return ERR_INVALID;
	err_t err = put_folded(name[0], &w);
	if (!err)
		err = put_folded(name[1], &w);
	if (err)
		return err;
	wr_string(&w, kind);
	env_hmac_sha256(secret, writer_done(&w), mac);
	memcpy(ret_key->bytes, mac, CENSUS_KEY_BYTES);
	return ERR_OK;
}
