/* SPDX-License-Identifier: Apache-2.0 */
/* The adapter to OpenSSL's libcrypto. A digest of memory can only fail when the
 * library is broken or memory is gone; a wrong hash must then never leave this
 * file, so those calls are asserted rather than answered. */
#include "env/crypto.h"

#include <assert.h>
#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>

#include "env/crypto_impl.h"
#include <openssl/params.h>

/* `kind` NULL: as the context was before. */
static void digest_with(EVP_MD_CTX *md, const EVP_MD *kind, const slice_t *parts, size_t count,
                        uint8_t *ret_hash)
{
	int ok = EVP_DigestInit_ex(md, kind, NULL);
	for (size_t i = 0; i < count; i++)
		ok &= EVP_DigestUpdate(md, parts[i].ptr, parts[i].len);
	ok &= EVP_DigestFinal_ex(md, ret_hash, NULL);
	assert(ok == 1);
}

static void digest(const EVP_MD *kind, const slice_t *parts, size_t count, uint8_t *ret_hash)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	assert(md);
	digest_with(md, kind, parts, count, ret_hash);
	EVP_MD_CTX_free(md);
}

void env_sha256(const slice_t *parts, size_t count, uint8_t ret_hash[SHA256_BYTES])
{
	digest(EVP_sha256(), parts, count, ret_hash);
}

struct env_hasher {
	EVP_MD_CTX *md;
};

err_t env_hasher_new(env_hasher_t **ret_hasher)
{
	env_hasher_t *hasher = malloc(sizeof(*hasher));
	if (!hasher)
		return ERR_NO_MEMORY;
	hasher->md = EVP_MD_CTX_new();
	if (!hasher->md || EVP_DigestInit_ex(hasher->md, EVP_sha256(), NULL) != 1) {
		env_hasher_free(hasher);
		return crypto_refused(ERR_NO_MEMORY);
	}
	*ret_hasher = hasher;
	return ERR_OK;
}

void env_hasher_free(env_hasher_t *hasher)
{
	if (!hasher)
		return;
	EVP_MD_CTX_free(hasher->md);
	free(hasher);
}

void env_hasher_sha256(env_hasher_t *hasher, const slice_t *parts, size_t count,
                       uint8_t ret_hash[SHA256_BYTES])
{
	digest_with(hasher->md, NULL, parts, count, ret_hash);
}

void env_md5_parts(const slice_t *parts, size_t count, uint8_t ret_hash[16])
{
	digest(EVP_md5(), parts, count, ret_hash);
}

void env_sha1_parts(const slice_t *parts, size_t count, uint8_t ret_hash[20])
{
	digest(EVP_sha1(), parts, count, ret_hash);
}

static void hmac(const EVP_MD *kind, slice_t key, slice_t message, uint8_t *ret_mac)
{
	assert(key.len <= INT_MAX);
	/* HMAC() takes a NULL key to mean "the key of the last call". */
	const void *key_ptr = key.len ? (const void *)key.ptr : "";
	uint8_t *mac = HMAC(kind, key_ptr, (int)key.len, message.ptr, message.len, ret_mac, NULL);
	assert(mac);
}

void env_hmac_sha256(slice_t key, slice_t message, uint8_t ret_mac[SHA256_BYTES])
{
	hmac(EVP_sha256(), key, message, ret_mac);
}

void env_hmac_sha256_parts(slice_t key, const slice_t *parts, size_t count,
                           uint8_t ret_mac[SHA256_BYTES])
{
	char hash[] = "SHA256";
	OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, hash, 0),
		                OSSL_PARAM_construct_end() };
	EVP_MAC *kind = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *mac = EVP_MAC_CTX_new(kind);
	int ok = EVP_MAC_init(mac, key.ptr, key.len, params);
	for (size_t i = 0; i < count; i++)
		ok &= EVP_MAC_update(mac, parts[i].ptr, parts[i].len);
	ok &= EVP_MAC_final(mac, ret_mac, NULL, SHA256_BYTES);
	assert(ok == 1);
	EVP_MAC_CTX_free(mac);
	EVP_MAC_free(kind);
}

void env_hmac_sha1(slice_t key, slice_t message, uint8_t ret_mac[20])
{
	hmac(EVP_sha1(), key, message, ret_mac);
}

static void digest_once(const EVP_MD *kind, slice_t message, uint8_t *ret_hash)
{
	int ok = EVP_Digest(message.ptr, message.len, ret_hash, NULL, kind, NULL);
	assert(ok == 1);
}

void env_md5(slice_t message, uint8_t ret_hash[16])
{
	digest_once(EVP_md5(), message, ret_hash);
}

void env_sha1(slice_t message, uint8_t ret_hash[20])
{
	digest_once(EVP_sha1(), message, ret_hash);
}

bool env_secret_eq(slice_t a, slice_t b)
{
	return a.len == b.len && (a.len == 0 || CRYPTO_memcmp(a.ptr, b.ptr, a.len) == 0);
}

static err_t stretch(const EVP_MD *kind, const slice_t in[2], uint32_t rounds, uint8_t *ret_key,
                     size_t len)
{
	slice_t secret = in[0], salt = in[1];
	if (secret.len > INT_MAX || salt.len > INT_MAX || len > INT_MAX || rounds == 0 ||
	    rounds > INT_MAX)
		return ERR_INVALID;
	int ok = PKCS5_PBKDF2_HMAC((const char *)secret.ptr, (int)secret.len, salt.ptr,
	                           (int)salt.len, (int)rounds, kind, (int)len, ret_key);
	return ok == 1 ? ERR_OK : ERR_NO_MEMORY;
}

err_t env_password_hash(slice_t password, slice_t salt, uint32_t rounds,
                        uint8_t ret_hash[SHA256_BYTES])
{
	return stretch(EVP_sha256(), (slice_t[]){ password, salt }, rounds, ret_hash, SHA256_BYTES);
}

err_t env_pbkdf2_sha1(slice_t secret, slice_t salt, uint32_t rounds, uint8_t *ret_key, size_t len)
{
	return stretch(EVP_sha1(), (slice_t[]){ secret, salt }, rounds, ret_key, len);
}

void env_wipe(void *secret, size_t len)
{
	OPENSSL_cleanse(secret, len);
}

/* AES. */

static err_t aes(EVP_CIPHER_CTX *ctx, slice_t in, writer_t *w)
{
	int first = 0, last = 0;
	uint8_t *room = wr_reserve(w, in.len + ENV_AES_BLOCK);
	if (!room)
		return ERR_TOO_BIG;
	size_t from = w->len - in.len - ENV_AES_BLOCK;
	bool ok = EVP_CipherUpdate(ctx, room, &first, in.ptr, (int)in.len) == 1 &&
	          EVP_CipherFinal_ex(ctx, &room[first], &last) == 1;
	w->len = ok ? from + (size_t)first + (size_t)last : from;
	return ok ? ERR_OK : crypto_refused(ERR_MALFORMED);
}

static err_t aes_run(const uint8_t *key, const uint8_t *iv, bool is_encrypt, slice_t in,
                     writer_t *w)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	err_t err = ERR_NO_MEMORY;
	if (in.len <= INT_MAX - ENV_AES_BLOCK && ctx &&
	    EVP_CipherInit_ex(ctx, EVP_aes_128_cbc(), NULL, key, iv, is_encrypt) == 1)
		err = aes(ctx, in, w);
	EVP_CIPHER_CTX_free(ctx);
	return err;
}

err_t env_aes_encrypt(const uint8_t key[ENV_AES_KEY], const uint8_t iv[ENV_AES_BLOCK],
                      slice_t plain, writer_t *w)
{
	return aes_run(key, iv, true, plain, w);
}

err_t env_aes_decrypt(const uint8_t key[ENV_AES_KEY], const uint8_t iv[ENV_AES_BLOCK],
                      slice_t cipher, writer_t *w)
{
	if (cipher.len == 0 || cipher.len % ENV_AES_BLOCK != 0)
		return ERR_MALFORMED;
	return aes_run(key, iv, false, cipher, w);
}
