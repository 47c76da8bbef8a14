/* SPDX-License-Identifier: Apache-2.0 */
#include "uplink/seal.h"

#include <stdlib.h>

#include "env/crypto.h"

_Static_assert((int)SHA256_BYTES == (int)UPLINK_HASH_BYTES, "a batch is hashed by SHA-256");

void seal_hash(uint8_t tag, slice_t bytes, uint8_t ret_hash[UPLINK_HASH_BYTES])
{
	slice_t parts[] = { slice_of(&tag, 1), bytes };
	env_sha256(parts, 2, ret_hash);
}

uplink_held_t seal_held(const uplink_batch_t *batch)
{
	const uplink_envelope_t *e = &batch->envelope;
	uplink_held_t held = { .stream = (uint8_t)e->stream,
		               .epoch = e->epoch,
		               .sequence = e->first + e->count - 1 };
	seal_hash(UPLINK_TAG_BATCH, batch->hashed, held.hash);
	return held;
}

static env_signed_t signed_of(slice_t parts[2], const uint8_t *tag, slice_t bytes)
{
	parts[0] = slice_of(tag, 1);
	parts[1] = bytes;
	return (env_signed_t){ .hash = ENV_HASH_NONE, .parts = parts, .count = 2 };
}

err_t seal_sign(const env_pkey_t *key, const uint8_t hash[UPLINK_HASH_BYTES], writer_t *w)
{
	static const uint8_t TAG = UPLINK_TAG_SIGNED;
	slice_t parts[2];
	env_signed_t what = signed_of(parts, &TAG, slice_of(hash, UPLINK_HASH_BYTES));
	return env_pkey_sign(key, &what, w);
}

err_t seal_check(const env_pkey_t *key, const uint8_t hash[UPLINK_HASH_BYTES], slice_t signature)
{
	static const uint8_t TAG = UPLINK_TAG_SIGNED;
	slice_t parts[2];
	env_signed_t what = signed_of(parts, &TAG, slice_of(hash, UPLINK_HASH_BYTES));
	return env_pkey_verify(key, &what, signature);
}

/* Takes the key in when it fits. */
static err_t try_key(seal_signer_t *signer, slice_t der, const uint8_t hash[UPLINK_HASH_BYTES],
                     slice_t signature)
{
	env_pkey_t *key = NULL;
	err_t err = env_pkey_from_der(der, &key);
	if (!err)
		err = seal_check(key, hash, signature);
	if (err) {
		env_pkey_free(key);
		return ERR_DENIED;
	}
	env_pkey_free(signer->key);
	signer->key = key;
	return ERR_OK;
}

err_t seal_check_node(seal_signer_t *signer, slice_t node, const uint8_t hash[UPLINK_HASH_BYTES],
                      slice_t signature)
{
	err_t err = seal_check(signer->key, hash, signature);
	for (size_t i = 0; err && signer->key_of && i < SEAL_KEYS_MAX; i++) {
		slice_t der = signer->key_of(signer->ctx, node, i);
		if (!der.len)
			break;
		err = try_key(signer, der, hash, signature);
	}
	return err ? ERR_DENIED : ERR_OK;
}

static const uint8_t DOWN_TAG = UPLINK_TAG_DOWN;

err_t seal_check_down(const env_pkey_t *key, const uplink_down_t *down)
{
	slice_t parts[2];
	env_signed_t what = signed_of(parts, &DOWN_TAG, down->covered);
	return env_pkey_verify(key, &what, slice_of(down->signature, sizeof(down->signature)));
}

err_t seal_sign_down(const env_pkey_t *key, uplink_down_t *down)
{
	slice_t parts[2];
	uint8_t *room = malloc(UPLINK_FRAME_MAX);
	if (!room)
		return ERR_NO_MEMORY;
	writer_t w = writer_of(room, UPLINK_FRAME_MAX);
	writer_t signature = writer_of(down->signature, sizeof(down->signature));
	uplink_down_put_covered(down, &w);
	env_signed_t what = signed_of(parts, &DOWN_TAG, writer_done(&w));
	err_t err = w.bad ? ERR_TOO_BIG : env_pkey_sign(key, &what, &signature);
	free(room);
	return err;
}

int held_order(const uplink_held_t *a, const uplink_held_t *b)
{
	if (a->epoch != b->epoch)
		return a->epoch < b->epoch ? -1 : 1;
	return a->sequence < b->sequence ? -1 : a->sequence > b->sequence;
}
