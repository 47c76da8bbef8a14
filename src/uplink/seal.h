/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UPLINK_SEAL_H
#define UPLINK_SEAL_H
/* Hash and signature of a batch (codec/uplink.h says over what). Any thread. */
#include "codec/uplink/frame.h"
#include "env/pkey.h"

/* What a parent holds of the stream when it holds this batch: its end, with its hash. */
uplink_held_t seal_held(const uplink_batch_t *batch);
/* Appends the signature of a batch whose hash this is. */
MUST_CHECK err_t seal_sign(const env_pkey_t *key, const uint8_t hash[UPLINK_HASH_BYTES],
                           writer_t *w);
/* ERR_DENIED: not this key's. */
MUST_CHECK err_t seal_check(const env_pkey_t *key, const uint8_t hash[UPLINK_HASH_BYTES],
                            slice_t signature);
/* Whose signature something should bear: the key that proved itself last, and, since what is
 * signed outlives a renewal, the node's other keys, newest first. */
typedef struct {
	env_pkey_t *key; /* owned; changed to the one that fits */
	/* The i-th key of the node as DER, empty behind the last. NULL: there are no others. */
	slice_t (*key_of)(void *ctx, slice_t node, size_t i);
	void *ctx;
} seal_signer_t;
enum { SEAL_KEYS_MAX = 8 }; /* as many are tried, so that a false signature costs not much */

/* ERR_DENIED: no key of the node's. */
MUST_CHECK err_t seal_check_node(seal_signer_t *signer, slice_t node,
                                 const uint8_t hash[UPLINK_HASH_BYTES], slice_t signature);
/* Of what came down (codec/uplink/frame.h). */
MUST_CHECK err_t seal_check_down(const env_pkey_t *key, const uplink_down_t *down);
MUST_CHECK err_t seal_sign_down(const env_pkey_t *key, uplink_down_t *down);
void seal_hash(uint8_t tag, slice_t bytes, uint8_t ret_hash[UPLINK_HASH_BYTES]);

/* Order of places in a stream: below 0, 0 or above 0. */
int held_order(const uplink_held_t *a, const uplink_held_t *b);
#endif
