/* SPDX-License-Identifier: Apache-2.0 */
#include "resolver/signature.h"

#include "env/pkey.h"

enum { PREFIX_ROOM = 32 };

/* RSA: e n on the wire, n e in the adapter. */
static err_t key_of_rsa(const handle_key_t *key, env_pkey_t **ret_key)
{
	env_pkey_numbers_t numbers = { .kind = ENV_PKEY_RSA,
		                       .part = { handle_key_unsigned(key->part[1]),
		                                 handle_key_unsigned(key->part[0]) } };
	return env_pkey_from_numbers(&numbers, ret_key);
}

/* DSA: q p g y on the wire, p q g y in the adapter. */
static err_t key_of_dsa(const handle_key_t *key, env_pkey_t **ret_key)
{
	env_pkey_numbers_t numbers = {
		.kind = ENV_PKEY_DSA,
		.part = { handle_key_unsigned(key->part[1]), handle_key_unsigned(key->part[0]),
		          handle_key_unsigned(key->part[2]), handle_key_unsigned(key->part[3]) }
	};
	return env_pkey_from_numbers(&numbers, ret_key);
}

static err_t key_of_sm2(const handle_key_t *key, env_pkey_t **ret_key)
{
	err_t err = slice_starts(key->part[0], SLICE("-----"))
	                    ? env_pkey_from_pem(key->part[0], ret_key)
	                    : env_pkey_from_der(key->part[0], ret_key);
	if (err || env_pkey_kind(*ret_key) == ENV_PKEY_SM2)
		return err;
	env_pkey_free(*ret_key);
	return ERR_UNSUPPORTED;
}

typedef struct {
	handle_key_kind_t kind;
	const char *algorithm;
	env_hash_t hash;
	bool is_legacy;
	err_t (*read)(const handle_key_t *key, env_pkey_t **ret_key);
} scheme_t;

static const scheme_t *scheme_of(handle_key_kind_t kind, slice_t algorithm, bool legacy)
{
	static const scheme_t rows[] = {
		{ HANDLE_KEY_RSA_PUBLIC, "SHA-256", ENV_HASH_SHA256, false, key_of_rsa },
		{ HANDLE_KEY_DSA_PUBLIC, "SHA-256", ENV_HASH_SHA256, true, key_of_dsa },
		{ HANDLE_KEY_DSA_PUBLIC, "SHA1", ENV_HASH_SHA1, true, key_of_dsa },
		{ HANDLE_KEY_DSA_PUBLIC, "SHA-1", ENV_HASH_SHA1, true, key_of_dsa },
		{ HANDLE_KEY_SM2_PUBLIC, "SM3", ENV_HASH_SM3, false, key_of_sm2 },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].kind == kind && (legacy || !rows[i].is_legacy) &&
		    slice_eq(algorithm, slice_str(rows[i].algorithm)))
			return &rows[i];
	return NULL;
}

err_t signature_check(slice_t key_bytes, bool legacy, const handle_envelope_t *envelope,
                      const handle_message_t *message)
{
	handle_credential_t credential;
	handle_signature_t signature;
	handle_key_t key;
	uint8_t room[PREFIX_ROOM];
	writer_t prefix = writer_of(room, sizeof(room));
	if (message->credential.len == 0 ||
	    handle_credential_decode(message->credential, &credential) != CODEC_OK ||
	    !slice_eq(credential.type, SLICE("HS_SIGNED")) ||
	    handle_signature_decode(credential.section, &signature) != CODEC_OK ||
	    handle_signed_prefix_encode(envelope, credential.counter, &prefix) != CODEC_OK ||
	    handle_key_decode(key_bytes, &key) != CODEC_OK)
		return ERR_DENIED;
	const scheme_t *scheme = scheme_of(key.kind, signature.algorithm, legacy);
	env_pkey_t *checker = NULL;
	if (!scheme || scheme->read(&key, &checker))
		return ERR_DENIED;
	const slice_t parts[] = { writer_done(&prefix), message->covered };
	env_signed_t what = { .hash = scheme->hash, .parts = parts, .count = 2 };
	err_t err = env_pkey_verify(checker, &what, signature.bytes);
	env_pkey_free(checker);
	return err ? ERR_DENIED : ERR_OK;
}
