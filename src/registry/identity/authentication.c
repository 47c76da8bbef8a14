/* SPDX-License-Identifier: Apache-2.0 */
/* Answers to challenges. What an algorithm's name or code means is a table; both ends
 * of a comparison are computed here, and compared in constant time. */
#include "registry/identity/identity.h"

#include "env/crypto.h"

enum {
	SIGNED_MAX = 1024, /* nonce and digest; ours are 16 and at most 32 */
	MAC_MAX = 64,
	KEY_BITS_MAX = 512,
	SALT_MAX = 256,
	SHA1_BYTES = 20,
	MD5_BYTES = 16,
};

bool registry_secret_is(slice_t key, slice_t secret)
{
	uint8_t left[SHA256_BYTES], right[SHA256_BYTES];
	/* Hashed first: a comparison of secrets would tell their lengths. */
	env_sha256(&key, 1, left);
	env_sha256(&secret, 1, right);
	return env_secret_eq(slice_of(left, sizeof(left)), slice_of(right, sizeof(right)));
}

/* Signatures. */

typedef struct {
	const char *name;
	env_hash_t hash;
	bool is_legacy;
} algorithm_t;

static const algorithm_t algorithms[] = {
	{ "SHA-256", ENV_HASH_SHA256, false }, { "SHA256", ENV_HASH_SHA256, false },
	{ "SHA1", ENV_HASH_SHA1, false },      { "SHA-1", ENV_HASH_SHA1, false },
	{ "MD5", ENV_HASH_MD5, true },         { "SM3", ENV_HASH_SM3, false },
};

static const algorithm_t *algorithm_of(slice_t name)
{
	for (size_t i = 0; i < sizeof(algorithms) / sizeof(*algorithms); i++)
		if (slice_eq_nocase(name, slice_str(algorithms[i].name)))
			return &algorithms[i];
	return NULL;
}

/* SM2 signs the name of who signs too; DSA is taken by the legacy rules alone. */
static err_t verify(const registry_proof_t *proof, const env_pkey_t *key, env_hash_t hash,
                    slice_t signature, bool legacy)
{
	slice_t parts[] = { proof->nonce, proof->digest };
	env_signed_t what = { .hash = hash, .parts = parts, .count = 2 };
	if (env_pkey_kind(key) == ENV_PKEY_DSA && !legacy)
		return ERR_UNSUPPORTED;
	if (env_pkey_kind(key) == ENV_PKEY_SM2)
		what.user_id = proof->who.handle;
	return env_pkey_verify(key, &what, signature);
}

static err_t check_signature(const registry_proof_t *proof, slice_t key_bytes, bool legacy)
{
	handle_signature_t signature;
	env_pkey_t *key = NULL;
	if (handle_signature_decode(proof->answer, &signature) != CODEC_OK)
		return ERR_MALFORMED;
	const algorithm_t *algorithm = algorithm_of(signature.algorithm);
	if (!algorithm || (algorithm->is_legacy && !legacy))
		return ERR_UNSUPPORTED;
	err_t err = registry_key_read(key_bytes, &key);
	if (!err)
		err = verify(proof, key, algorithm->hash, signature.bytes, legacy);
	env_pkey_free(key);
	return err;
}

/* MACs. */

typedef struct {
	const handle_mac_t *mac;
	slice_t secret;
	slice_t text; /* nonce and digest */
} keyed_t;

/* The hash of secret, text, secret: no HMAC, but what old peers send. */
static size_t mac_md5(const keyed_t *m, uint8_t *ret_mac)
{
	env_md5_parts((slice_t[]){ m->secret, m->text, m->secret }, 3, ret_mac);
	return MD5_BYTES;
}

static size_t mac_sha1(const keyed_t *m, uint8_t *ret_mac)
{
	env_sha1_parts((slice_t[]){ m->secret, m->text, m->secret }, 3, ret_mac);
	return SHA1_BYTES;
}

static size_t mac_hmac_sha1(const keyed_t *m, uint8_t *ret_mac)
{
	env_hmac_sha1(m->secret, m->text, ret_mac);
	return SHA1_BYTES;
}

static size_t mac_hmac_sha256(const keyed_t *m, uint8_t *ret_mac)
{
	env_hmac_sha256(m->secret, m->text, ret_mac);
	return SHA256_BYTES;
}

static size_t mac_pbkdf2(const keyed_t *m, uint8_t *ret_mac)
{
	uint8_t key[KEY_BITS_MAX / 8];
	size_t len = m->mac->key_bits / 8;
	if (env_pbkdf2_sha1(m->secret, m->mac->salt, m->mac->iterations, key, len))
		return 0;
	env_hmac_sha1(slice_of(key, len), m->text, ret_mac);
	env_wipe(key, sizeof(key));
	return SHA1_BYTES;
}

typedef struct {
	uint8_t code;
	bool is_legacy;
	size_t (*make)(const keyed_t *m, uint8_t *ret_mac); /* 0: no memory */
} mac_row_t;

static const mac_row_t macs[] = {
	{ HANDLE_MAC_MD5, true, mac_md5 },
	{ HANDLE_MAC_SHA1, false, mac_sha1 },
	{ HANDLE_MAC_HMAC_SHA1, false, mac_hmac_sha1 },
	{ HANDLE_MAC_HMAC_SHA256, false, mac_hmac_sha256 },
	{ HANDLE_MAC_PBKDF2, false, mac_pbkdf2 },
};

static const mac_row_t *mac_row(uint8_t code)
{
	for (size_t i = 0; i < sizeof(macs) / sizeof(*macs); i++)
		if (macs[i].code == code)
			return &macs[i];
	return NULL;
}

static err_t check_bounds(const handle_mac_t *mac, const registry_proof_rules_t *rules)
{
	uint32_t most = rules->pbkdf2_most ? rules->pbkdf2_most : REGISTRY_PBKDF2_MOST;
	if (mac->code != HANDLE_MAC_PBKDF2)
		return ERR_OK;
	if (mac->iterations == 0 || mac->key_bits == 0 || mac->key_bits % 8 != 0)
		return ERR_MALFORMED;
	return mac->iterations > most || mac->key_bits > KEY_BITS_MAX || mac->salt.len > SALT_MAX
	               ? ERR_LIMIT
	               : ERR_OK;
}

static err_t check_mac(const registry_proof_t *proof, slice_t secret,
                       const registry_proof_rules_t *rules)
{
	uint8_t text[SIGNED_MAX], made[MAC_MAX];
	writer_t w = writer_of(text, sizeof(text));
	handle_mac_t mac;
	codec_t got = handle_mac_decode(proof->answer, &mac);
	if (got != CODEC_OK)
		return got == CODEC_UNSUPPORTED ? ERR_UNSUPPORTED : ERR_MALFORMED;
	const mac_row_t *row = mac_row(mac.code);
	if (!row || (row->is_legacy && !rules->legacy))
		return ERR_UNSUPPORTED;
	err_t err = check_bounds(&mac, rules);
	wr_bytes(&w, proof->nonce);
	wr_bytes(&w, proof->digest);
	if (err || w.bad)
		return err ? err : ERR_LIMIT;
	keyed_t m = { .mac = &mac, .secret = secret, .text = writer_done(&w) };
	size_t len = row->make(&m, made);
	if (len == 0)
		return ERR_NO_MEMORY;
	return env_secret_eq(slice_of(made, len), mac.mac) ? ERR_OK : ERR_DENIED;
}

err_t registry_proof_check(const registry_proof_t *proof, slice_t key,
                           const registry_proof_rules_t *rules)
{
	if (proof->type == REGISTRY_KEY_PUBLIC)
		return check_signature(proof, key, rules->legacy);
	return check_mac(proof, key, rules);
}

err_t registry_proof_make(env_t *env, const registry_identity_t *who, slice_t secret,
                          writer_t *scratch, registry_proof_t *ret_proof)
{
	enum { NONCE = 16, SALT = 16, ROUNDS = 10000, BITS = 160 };
	uint8_t nonce[NONCE], salt[SALT], hash[SHA256_BYTES], made[MAC_MAX];
	env_random(env, nonce, sizeof(nonce));
	env_random(env, salt, sizeof(salt));
	env_random(env, hash, sizeof(hash));
	wr_bytes(scratch, slice_of(nonce, sizeof(nonce)));
	wr_bytes(scratch, slice_of(hash, sizeof(hash)));
	slice_t text = writer_done(scratch);
	handle_mac_t mac = { .code = HANDLE_MAC_PBKDF2,
		             .salt = slice_of(salt, sizeof(salt)),
		             .iterations = ROUNDS,
		             .key_bits = BITS };
	keyed_t m = { .mac = &mac, .secret = secret, .text = text };
	mac.mac = slice_of(made, mac_pbkdf2(&m, made));
	if (mac.mac.len == 0)
		return ERR_NO_MEMORY;
	handle_mac_encode(&mac, scratch);
	*ret_proof = (registry_proof_t){ .who = *who,
		                         .type = REGISTRY_KEY_SECRET,
		                         .nonce = slice_sub(text, 0, NONCE),
		                         .digest = slice_from(text, NONCE),
		                         .answer = slice_from(writer_done(scratch), text.len) };
	return scratch->bad ? ERR_TOO_BIG : ERR_OK;
}

err_t registry_proof_word(const registry_proof_t *proof, const registry_elsewhere_reply_t *word,
                          const registry_proof_rules_t *rules)
{
	if (word->err)
		return word->err == ERR_DENIED || word->err == ERR_NOT_FOUND ? word->err
		                                                             : ERR_UNAVAILABLE;
	return proof->type == REGISTRY_KEY_SECRET
	               ? ERR_OK
	               : registry_proof_check(proof, slice_of(word->key, word->key_len), rules);
}

uint32_t registry_proof_cost_us(const registry_proof_t *proof, const registry_proof_rules_t *rules)
{
	enum { SIGNATURE_US = 50, MAC_US = 10, ROUNDS_PER_US = 4, BLOCK_BITS = 160 };
	handle_mac_t mac;
	if (proof->type == REGISTRY_KEY_PUBLIC)
		return SIGNATURE_US;
	if (handle_mac_decode(proof->answer, &mac) != CODEC_OK || mac.code != HANDLE_MAC_PBKDF2 ||
	    check_bounds(&mac, rules))
		return MAC_US;
	uint32_t blocks = (mac.key_bits + BLOCK_BITS - 1) / BLOCK_BITS;
	return MAC_US + blocks * mac.iterations / ROUNDS_PER_US;
}
