/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENV_CRYPTO_H
#define ENV_CRYPTO_H
/* Hashes and a cipher behind one adapter (OpenSSL's libcrypto). Pure functions: the same in
 * both worlds, any thread. */
#include "base/cursor.h"
#include "base/err.h"

enum { SHA256_BYTES = 32 };

/* Of the concatenation of `count` slices. */
void env_sha256(const slice_t *parts, size_t count, uint8_t ret_hash[SHA256_BYTES]);
/* The same again and again, in a tenth of the time for short ones: it keeps what each call
 * would look up and allocate. Of one thread at a time. */
typedef struct env_hasher env_hasher_t;
MUST_CHECK err_t env_hasher_new(env_hasher_t **ret_hasher);
void env_hasher_free(env_hasher_t *hasher);
void env_hasher_sha256(env_hasher_t *hasher, const slice_t *parts, size_t count,
                       uint8_t ret_hash[SHA256_BYTES]);
void env_hmac_sha256(slice_t key, slice_t message, uint8_t ret_mac[SHA256_BYTES]);
/* MD5, SHA-1 as the Handle wire needs them for old versions (1.5): never for
 * anything that must resist an attacker. */
void env_md5(slice_t message, uint8_t ret_hash[16]);
void env_sha1(slice_t message, uint8_t ret_hash[20]);
/* Of the concatenation of `count` slices, by the same caveat. */
void env_md5_parts(const slice_t *parts, size_t count, uint8_t ret_hash[16]);
void env_sha1_parts(const slice_t *parts, size_t count, uint8_t ret_hash[20]);
void env_hmac_sha256_parts(slice_t key, const slice_t *parts, size_t count,
                           uint8_t ret_mac[SHA256_BYTES]);
void env_hmac_sha1(slice_t key, slice_t message, uint8_t ret_mac[20]);
/* Constant-time comparison. */
bool env_secret_eq(slice_t a, slice_t b);
/* PBKDF2-HMAC-SHA256 for stored passwords. */
MUST_CHECK
err_t env_password_hash(slice_t password, slice_t salt, uint32_t rounds,
                        uint8_t ret_hash[SHA256_BYTES]);
/* PBKDF2-HMAC-SHA1, as the Handle wire's secret keys have it: `ret_key` bytes of
 * key. The caller bounds the rounds, which may come from outside: 10,000 take about
 * 2 ms. */
MUST_CHECK
err_t env_pbkdf2_sha1(slice_t secret, slice_t salt, uint32_t rounds, uint8_t *ret_key, size_t len);
/* Overwrites, also when the compiler sees no reader. */
void env_wipe(void *secret, size_t len);

enum { ENV_AES_KEY = 16, ENV_AES_BLOCK = 16 };
/* AES-128-CBC with PKCS #7 padding. */
MUST_CHECK err_t env_aes_encrypt(const uint8_t key[ENV_AES_KEY], const uint8_t iv[ENV_AES_BLOCK],
                                 slice_t plain, writer_t *w);
/* ERR_MALFORMED: not whole blocks, or bad padding. Check a MAC before you say which. */
MUST_CHECK err_t env_aes_decrypt(const uint8_t key[ENV_AES_KEY], const uint8_t iv[ENV_AES_BLOCK],
                                 slice_t cipher, writer_t *w);
#endif
