/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENV_PKEY_H
#define ENV_PKEY_H
/* Public-key pairs behind the adapter to OpenSSL 3: making, keeping, signing,
 * checking. Everything is bytes and numbers in, bytes and numbers out: how the Handle wire frames
 * them is codec/handle/key.h's, JWK the API's, certificates env/x509.h's.
 *
 * Story, of a signer: env_pkey_load, or env_pkey_generate and env_pkey_save once;
 * env_pkey_sign for each message. Of a checker: a key from numbers, PEM or DER, then
 * env_pkey_verify. A key is immutable: any number of threads may use one at once.
 *
 * Numbers are unsigned, big-endian, without leading zeros, but for the fixed 32
 * bytes of the curves. A key that comes from outside is bounded here (RSA 512 to 8,192
 * bits with a public exponent of at most 64, DSA 512 to 3,072 with a q of at most 256),
 * since its size is the cost of a check.
 *
 * Errors: ERR_MALFORMED (no such key or number), ERR_UNSUPPORTED (a kind, curve or
 * combination that is not in the tables below), ERR_LIMIT (outside the bounds),
 * ERR_TOO_BIG (the writer is full), ERR_NO_MEMORY.
 *
 * Caveats: keys and signatures draw their chance from OpenSSL, not from the world,
 * so they are not decided by a twin's seed (Ed25519 and RSA signatures are the same
 * each time, SM2's and ECDSA's are not). MD5 and SHA-1 are for old Handle peers. */
#include "base/cursor.h"
#include "env/env.h"

typedef struct env_pkey env_pkey_t;

/* name, word. Numbers: RSA n e | d p q dp dq qinv; DSA p q g y, to check with only;
 * P256 and SM2 x y | d; Ed25519 x | d, the raw bytes of RFC 8032. Those behind the bar
 * are private. */
#define ENV_PKEY_ROWS(X) \
	X(RSA, "rsa") \
	X(DSA, "dsa") \
	X(P256, "p256") \
	X(ED25519, "ed25519") \
	X(SM2, "sm2")

#define X(name, word) ENV_PKEY_##name,
typedef enum { ENV_PKEY_ROWS(X) ENV_PKEY_COUNT } env_pkey_kind_t;
#undef X

enum {
	ENV_PKEY_PARTS_MAX = 8,
	ENV_PKEY_NUMBERS_MAX = 5 * 1024, /* scratch that holds the numbers of any key */
	ENV_PKEY_PEM_MAX = 16 * 1024,
	ENV_PKEY_SIGNATURE_MAX = 1024,
	ENV_PKEY_RSA_BITS = 2048, /* of those made here */
};

/* RSA-2048, P-256, Ed25519, SM2; DSA is ERR_UNSUPPORTED. RSA takes tenths of a
 * second. */
MUST_CHECK err_t env_pkey_generate(env_pkey_kind_t kind, env_pkey_t **ret_key);
void env_pkey_free(env_pkey_t *key);
env_pkey_kind_t env_pkey_kind(const env_pkey_t *key);
const char *env_pkey_word(env_pkey_kind_t kind);
uint32_t env_pkey_bits(const env_pkey_t *key);
bool env_pkey_is_private(const env_pkey_t *key);
/* Whether the public halves are the same. */
bool env_pkey_same(const env_pkey_t *a, const env_pkey_t *b);

typedef struct {
	env_pkey_kind_t kind;
	bool is_private; /* the private numbers are there too; for RSA all of them */
	slice_t part[ENV_PKEY_PARTS_MAX];
} env_pkey_numbers_t;

MUST_CHECK err_t env_pkey_from_numbers(const env_pkey_numbers_t *numbers, env_pkey_t **ret_key);
/* The numbers live in `scratch`. ERR_DENIED: private ones of a public key. */
MUST_CHECK err_t env_pkey_numbers(const env_pkey_t *key, bool is_private, writer_t *scratch,
                                  env_pkey_numbers_t *ret_numbers);

/* PKCS #8 "PRIVATE KEY" (never with a password) or X.509 "PUBLIC KEY". */
MUST_CHECK err_t env_pkey_from_pem(slice_t pem, env_pkey_t **ret_key);
MUST_CHECK err_t env_pkey_to_pem(const env_pkey_t *key, bool is_private, writer_t *w);
/* DER of a SubjectPublicKeyInfo: what two certificates of one key have in common. */
MUST_CHECK err_t env_pkey_from_der(slice_t der, env_pkey_t **ret_key);
MUST_CHECK err_t env_pkey_to_der(const env_pkey_t *key, writer_t *w);
/* The private key in a file of mode 0600. Set-up time or a FILES loop. */
MUST_CHECK err_t env_pkey_load(env_t *env, const char *path, env_pkey_t **ret_key);
MUST_CHECK err_t env_pkey_save(env_t *env, const char *path, const env_pkey_t *key);
/* Loads it, or makes and saves one of this kind when there is none. ERR_CONFLICT: the
 * file holds another kind. */
MUST_CHECK err_t env_pkey_keep(env_t *env, const char *path, env_pkey_kind_t kind,
                               env_pkey_t **ret_key);

typedef enum {
	ENV_HASH_NONE, /* Ed25519, which hashes by itself */
	ENV_HASH_MD5,
	ENV_HASH_SHA1,
	ENV_HASH_SHA256,
	ENV_HASH_SM3, /* SM2 only */
	ENV_HASH_COUNT
} env_hash_t;

/* What is signed: the concatenation of the parts. RSA by PKCS #1 v1.5, DSA, P-256 and
 * SM2 as DER sequences of two numbers, Ed25519 raw 64 bytes. */
typedef struct {
	env_hash_t hash;
	slice_t user_id; /* of SM2; empty: the customary 1234567812345678 */
	const slice_t *parts;
	size_t count;
} env_signed_t;

/* ERR_DENIED: the key is public. Appends the signature. */
MUST_CHECK err_t env_pkey_sign(const env_pkey_t *key, const env_signed_t *what, writer_t *w);
/* ERR_DENIED when the signature is not this key's. */
MUST_CHECK err_t env_pkey_verify(const env_pkey_t *key, const env_signed_t *what,
                                 slice_t signature);
#endif
