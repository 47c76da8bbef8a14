/* SPDX-License-Identifier: Apache-2.0 */
#include "uplink/seal.h"

#include "env/crypto.h"

_Static_assert(SHA256_BYTES == UPLINK_HASH_BYTES, "a batch is hashed by SHA-256");

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

err_t seal_sign(const env_pkey_t *key, const uint8_t hash[UPLINK_HASH_BYTES], writer_t *w)
{
	uint8_t tag = UPLINK_TAG_SIGNED;
	slice_t parts[] = { slice_of(&tag, 1), slice_of(hash, UPLINK_HASH_BYTES) };
	env_signed_t what = { .hash = ENV_HASH_NONE, .parts = parts, .count = 2 };
	return env_pkey_sign(key, &what, w);
}

err_t seal_check(const env_pkey_t *key, const uint8_t hash[UPLINK_HASH_BYTES], slice_t signature)
{
	uint8_t tag = UPLINK_TAG_SIGNED;
	slice_t parts[] = { slice_of(&tag, 1), slice_of(hash, UPLINK_HASH_BYTES) };
	env_signed_t what = { .hash = ENV_HASH_NONE, .parts = parts, .count = 2 };
	return env_pkey_verify(key, &what, signature);
}

int held_order(const uplink_held_t *a, const uplink_held_t *b)
{
	if (a->epoch != b->epoch)
		return a->epoch < b->epoch ? -1 : 1;
	return a->sequence < b->sequence ? -1 : a->sequence > b->sequence;
}
