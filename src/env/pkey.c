/* SPDX-License-Identifier: Apache-2.0 */
/* The part of the OpenSSL adapter that knows keys. Which numbers a kind of key has,
 * and what OpenSSL calls them, is one table; making a key of numbers and taking
 * numbers of a key both walk it. */
#include "env/pkey.h"

#include <limits.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include "env/crypto_impl.h"
#include "env/file.h"
#include "env/pkey_impl.h"

enum { BITS_MIN = 512, BITS_MAX = 8192, CURVE_BYTES = 32, USER_ID_MAX = 8191 };

struct env_pkey {
	env_pkey_kind_t kind;
	bool is_private;
	EVP_PKEY *pkey;
};

typedef struct {
	const char *type, *group; /* as OpenSSL names them */
	size_t public_parts, parts;
	const char *part[ENV_PKEY_PARTS_MAX];
} kind_t;

static const kind_t kinds[] = {
	[ENV_PKEY_RSA] = { "RSA",
	                   NULL,
	                   2,
	                   8,
	                   { OSSL_PKEY_PARAM_RSA_N, OSSL_PKEY_PARAM_RSA_E, OSSL_PKEY_PARAM_RSA_D,
	                     OSSL_PKEY_PARAM_RSA_FACTOR1, OSSL_PKEY_PARAM_RSA_FACTOR2,
	                     OSSL_PKEY_PARAM_RSA_EXPONENT1, OSSL_PKEY_PARAM_RSA_EXPONENT2,
	                     OSSL_PKEY_PARAM_RSA_COEFFICIENT1 } },
	[ENV_PKEY_DSA] = { "DSA",
	                   NULL,
	                   4,
	                   4,
	                   { OSSL_PKEY_PARAM_FFC_P, OSSL_PKEY_PARAM_FFC_Q, OSSL_PKEY_PARAM_FFC_G,
	                     OSSL_PKEY_PARAM_PUB_KEY } },
	[ENV_PKEY_P256] = { "EC",
	                    "prime256v1",
	                    2,
	                    3,
	                    { OSSL_PKEY_PARAM_EC_PUB_X, OSSL_PKEY_PARAM_EC_PUB_Y,
	                      OSSL_PKEY_PARAM_PRIV_KEY } },
	[ENV_PKEY_ED25519] = { "ED25519", NULL, 1, 2, { NULL } },
	[ENV_PKEY_SM2] = { "SM2",
	                   "SM2",
	                   2,
	                   3,
	                   { OSSL_PKEY_PARAM_EC_PUB_X, OSSL_PKEY_PARAM_EC_PUB_Y,
	                     OSSL_PKEY_PARAM_PRIV_KEY } },
};

static const char *const words[] = {
#define X(name, word) [ENV_PKEY_##name] = (word),
	ENV_PKEY_ROWS(X)
#undef X
};

const char *env_pkey_word(env_pkey_kind_t kind)
{
	return words[kind];
}

static bool is_curve(env_pkey_kind_t kind)
{
	return kinds[kind].group != NULL;
}

/* Keys. */

static err_t kind_of(EVP_PKEY *pkey, env_pkey_kind_t *ret_kind)
{
	char group[32] = "";
	(void)EVP_PKEY_get_group_name(pkey, group, sizeof(group), NULL);
	for (size_t i = 0; i < ENV_PKEY_COUNT; i++) {
		const kind_t *kind = &kinds[i];
		if (!EVP_PKEY_is_a(pkey, kind->type) ||
		    (kind->group && strcmp(kind->group, group) != 0))
			continue;
		*ret_kind = (env_pkey_kind_t)i;
		return ERR_OK;
	}
	return crypto_refused(ERR_UNSUPPORTED);
}

/* What a check costs: by the size of the modulus, and of the number it is raised to. Kinds
 * without a row have one size. */
static const struct {
	int bits_max;
	const char *exponent;
	int exponent_bits_max;
} bounds[ENV_PKEY_COUNT] = {
	[ENV_PKEY_RSA] = { BITS_MAX, OSSL_PKEY_PARAM_RSA_E, 64 },
	[ENV_PKEY_DSA] = { 3072, OSSL_PKEY_PARAM_FFC_Q, 256 },
};

static err_t check_bounds(env_pkey_kind_t kind, EVP_PKEY *pkey)
{
	BIGNUM *exponent = NULL;
	int bits = EVP_PKEY_get_bits(pkey);
	if (bounds[kind].bits_max == 0)
		return ERR_OK;
	if (bits < BITS_MIN || bits > bounds[kind].bits_max)
		return ERR_LIMIT;
	if (!EVP_PKEY_get_bn_param(pkey, bounds[kind].exponent, &exponent))
		return crypto_refused(ERR_MALFORMED);
	int exponent_bits = BN_num_bits(exponent);
	BN_free(exponent);
	return exponent_bits > bounds[kind].exponent_bits_max ? ERR_LIMIT : ERR_OK;
}

/* Takes the EVP_PKEY over, also when it fails. */
static err_t wrap(EVP_PKEY *pkey, bool is_private, env_pkey_t **ret_key)
{
	env_pkey_kind_t kind = ENV_PKEY_RSA;
	err_t err = kind_of(pkey, &kind);
	if (!err)
		err = check_bounds(kind, pkey);
	env_pkey_t *key = err ? NULL : malloc(sizeof(*key));
	if (!key) {
		EVP_PKEY_free(pkey);
		return err ? err : ERR_NO_MEMORY;
	}
	*key = (env_pkey_t){ .kind = kind, .is_private = is_private, .pkey = pkey };
	*ret_key = key;
	return ERR_OK;
}

err_t env_pkey_generate(env_pkey_kind_t kind, env_pkey_t **ret_key)
{
	EVP_PKEY *pkey = NULL;
	if (kind == ENV_PKEY_RSA)
		pkey = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)ENV_PKEY_RSA_BITS);
	else if (kind == ENV_PKEY_P256)
		pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC", kinds[kind].group);
	else if (kind == ENV_PKEY_ED25519 || kind == ENV_PKEY_SM2)
		pkey = EVP_PKEY_Q_keygen(NULL, NULL, kinds[kind].type);
	else
		return ERR_UNSUPPORTED;
	return pkey ? wrap(pkey, true, ret_key) : crypto_refused(ERR_NO_MEMORY);
}

void env_pkey_free(env_pkey_t *key)
{
	if (!key)
		return;
	EVP_PKEY_free(key->pkey);
	free(key);
}

EVP_PKEY *env_pkey_openssl(const env_pkey_t *key)
{
	return key->pkey;
}

env_pkey_kind_t env_pkey_kind(const env_pkey_t *key)
{
	return key->kind;
}

uint32_t env_pkey_bits(const env_pkey_t *key)
{
	return (uint32_t)EVP_PKEY_get_bits(key->pkey);
}

bool env_pkey_is_private(const env_pkey_t *key)
{
	return key->is_private;
}

bool env_pkey_same(const env_pkey_t *a, const env_pkey_t *b)
{
	bool same = EVP_PKEY_eq(a->pkey, b->pkey) == 1;
	ERR_clear_error();
	return same;
}

/* Numbers. */

static BIGNUM *number_of(slice_t part)
{
	return part.len > BITS_MAX / 8 + 1 ? NULL : BN_bin2bn(part.ptr, (int)part.len, NULL);
}

/* The public point as OpenSSL wants it: 4, x, y. */
static bool push_point(OSSL_PARAM_BLD *build, const env_pkey_numbers_t *numbers, uint8_t *room)
{
	enum { UNCOMPRESSED = 4 };
	writer_t w = writer_of(room, 1 + 2 * CURVE_BYTES);
	wr_u8(&w, UNCOMPRESSED);
	wr_bytes(&w, numbers->part[0]);
	wr_bytes(&w, numbers->part[1]);
	return !w.bad && w.len == w.cap &&
	       OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME,
	                                       kinds[numbers->kind].group, 0) &&
	       OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, room, w.len);
}

static EVP_PKEY *pkey_of_params(const env_pkey_numbers_t *numbers, OSSL_PARAM_BLD *build)
{
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, kinds[numbers->kind].type, NULL);
	EVP_PKEY *pkey = NULL;
	int selection = numbers->is_private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY;
	if (!params || !ctx || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &pkey, selection, params) != 1)
		pkey = NULL;
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_free(params);
	return pkey;
}

static EVP_PKEY *pkey_of_numbers(const env_pkey_numbers_t *numbers, size_t parts)
{
	const kind_t *kind = &kinds[numbers->kind];
	uint8_t point[1 + 2 * CURVE_BYTES];
	BIGNUM *number[ENV_PKEY_PARTS_MAX] = { NULL };
	size_t first = is_curve(numbers->kind) ? kind->public_parts : 0;
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	bool ok = build && (first == 0 || push_point(build, numbers, point));
	for (size_t i = first; ok && i < parts; i++) {
		number[i] = number_of(numbers->part[i]);
		ok = number[i] && OSSL_PARAM_BLD_push_BN(build, kind->part[i], number[i]);
	}
	EVP_PKEY *pkey = ok ? pkey_of_params(numbers, build) : NULL;
	OSSL_PARAM_BLD_free(build);
	for (size_t i = 0; i < ENV_PKEY_PARTS_MAX; i++)
		BN_clear_free(number[i]);
	return pkey;
}

static EVP_PKEY *pkey_of_raw(const env_pkey_numbers_t *numbers)
{
	slice_t raw = numbers->part[numbers->is_private ? 1 : 0];
	return numbers->is_private
	               ? EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, raw.ptr, raw.len)
	               : EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, raw.ptr, raw.len);
}

err_t env_pkey_from_numbers(const env_pkey_numbers_t *numbers, env_pkey_t **ret_key)
{
	const kind_t *kind = &kinds[numbers->kind];
	size_t parts = numbers->is_private ? kind->parts : kind->public_parts;
	if (numbers->is_private && kind->parts == kind->public_parts)
		return ERR_UNSUPPORTED;
	for (size_t i = 0; i < parts; i++)
		if (numbers->part[i].len == 0)
			return ERR_MALFORMED;
	EVP_PKEY *pkey = numbers->kind == ENV_PKEY_ED25519 ? pkey_of_raw(numbers)
	                                                   : pkey_of_numbers(numbers, parts);
	return pkey ? wrap(pkey, numbers->is_private, ret_key) : crypto_refused(ERR_MALFORMED);
}

static err_t take_number(const env_pkey_t *key, const char *name, writer_t *w)
{
	BIGNUM *number = NULL;
	if (!EVP_PKEY_get_bn_param(key->pkey, name, &number))
		return crypto_refused(ERR_UNSUPPORTED);
	int len = is_curve(key->kind) ? CURVE_BYTES : BN_num_bytes(number);
	uint8_t *room = wr_reserve(w, (size_t)len);
	if (room)
		(void)BN_bn2binpad(number, room, len);
	BN_clear_free(number);
	return room ? ERR_OK : ERR_TOO_BIG;
}

static err_t take_raw(const env_pkey_t *key, bool is_private, writer_t *w)
{
	size_t len = CURVE_BYTES;
	uint8_t *room = wr_reserve(w, len);
	if (!room)
		return ERR_TOO_BIG;
	int ok = is_private ? EVP_PKEY_get_raw_private_key(key->pkey, room, &len)
	                    : EVP_PKEY_get_raw_public_key(key->pkey, room, &len);
	return ok == 1 ? ERR_OK : crypto_refused(ERR_UNSUPPORTED);
}

err_t env_pkey_numbers(const env_pkey_t *key, bool is_private, writer_t *scratch,
                       env_pkey_numbers_t *ret_numbers)
{
	const kind_t *kind = &kinds[key->kind];
	env_pkey_numbers_t numbers = { .kind = key->kind, .is_private = is_private };
	if (is_private && !key->is_private)
		return ERR_DENIED;
	size_t parts = is_private ? kind->parts : kind->public_parts;
	for (size_t i = 0; i < parts; i++) {
		size_t from = scratch->len;
		err_t err = key->kind == ENV_PKEY_ED25519
		                    ? take_raw(key, i > 0, scratch)
		                    : take_number(key, kind->part[i], scratch);
		if (err)
			return err;
		numbers.part[i] = slice_from(writer_done(scratch), from);
	}
	*ret_numbers = numbers;
	return ERR_OK;
}

/* PEM and DER. */

err_t env_pkey_from_pem(slice_t pem, env_pkey_t **ret_key)
{
	EVP_PKEY *pkey = NULL;
	bool is_private = true;
	if (pem.len > ENV_PKEY_PEM_MAX)
		return ERR_TOO_BIG;
	/* With a password given, OpenSSL never asks the terminal for one. */
	BIO *bio = BIO_new_mem_buf(pem.ptr, (int)pem.len);
	if (!bio)
		return crypto_refused(ERR_NO_MEMORY);
	pkey = PEM_read_bio_PrivateKey(bio, NULL, NULL, "");
	if (!pkey) {
		is_private = false;
		(void)BIO_reset(bio);
		pkey = PEM_read_bio_PUBKEY(bio, NULL, NULL, "");
	}
	BIO_free(bio);
	ERR_clear_error();
	return pkey ? wrap(pkey, is_private, ret_key) : ERR_MALFORMED;
}

err_t env_pkey_to_pem(const env_pkey_t *key, bool is_private, writer_t *w)
{
	if (is_private && !key->is_private)
		return ERR_DENIED;
	BIO *bio = BIO_new(BIO_s_secmem());
	char *text = NULL;
	if (!bio)
		return crypto_refused(ERR_NO_MEMORY);
	int ok = is_private
	                 ? PEM_write_bio_PKCS8PrivateKey(bio, key->pkey, NULL, NULL, 0, NULL, NULL)
	                 : PEM_write_bio_PUBKEY(bio, key->pkey);
	long len = ok == 1 ? BIO_get_mem_data(bio, &text) : 0;
	wr_bytes(w, slice_of(text, len > 0 ? (size_t)len : 0));
	BIO_free(bio);
	if (len <= 0)
		return crypto_refused(ERR_NO_MEMORY);
	return w->bad ? ERR_TOO_BIG : ERR_OK;
}

err_t env_pkey_from_der(slice_t der, env_pkey_t **ret_key)
{
	const uint8_t *at = der.ptr;
	if (der.len > ENV_PKEY_PEM_MAX)
		return ERR_TOO_BIG;
	EVP_PKEY *pkey = d2i_PUBKEY(NULL, &at, (long)der.len);
	if (pkey && at != &der.ptr[der.len]) {
		EVP_PKEY_free(pkey);
		pkey = NULL;
	}
	return pkey ? wrap(pkey, false, ret_key) : crypto_refused(ERR_MALFORMED);
}

err_t env_pkey_to_der(const env_pkey_t *key, writer_t *w)
{
	uint8_t *der = NULL;
	int len = i2d_PUBKEY(key->pkey, &der);
	if (len <= 0)
		return crypto_refused(ERR_NO_MEMORY);
	wr_bytes(w, slice_of(der, (size_t)len));
	OPENSSL_free(der);
	return w->bad ? ERR_TOO_BIG : ERR_OK;
}

err_t env_pkey_load(env_t *env, const char *path, env_pkey_t **ret_key)
{
	uint8_t pem[ENV_PKEY_PEM_MAX];
	size_t len = 0;
	env_pkey_t *key = NULL;
	err_t err = env_file_load(env, path, pem, sizeof(pem), &len);
	if (!err)
		err = env_pkey_from_pem(slice_of(pem, len), &key);
	OPENSSL_cleanse(pem, sizeof(pem));
	if (!err && !key->is_private)
		err = ERR_MALFORMED;
	if (err)
		env_pkey_free(key);
	else
		*ret_key = key;
	return err;
}

err_t env_pkey_save(env_t *env, const char *path, const env_pkey_t *key)
{
	uint8_t pem[ENV_PKEY_PEM_MAX];
	writer_t w = writer_of(pem, sizeof(pem));
	err_t err = env_pkey_to_pem(key, true, &w);
	if (!err)
		err = env_file_save(env, path, writer_done(&w));
	OPENSSL_cleanse(pem, sizeof(pem));
	return err;
}

err_t env_pkey_keep(env_t *env, const char *path, env_pkey_kind_t kind, env_pkey_t **ret_key)
{
	env_pkey_t *key = NULL;
	err_t err = env_pkey_load(env, path, &key);
	if (err == ERR_NOT_FOUND) {
		err = env_pkey_generate(kind, &key);
		if (!err)
			err = env_pkey_save(env, path, key);
	}
	if (!err && key->kind != kind)
		err = ERR_CONFLICT;
	if (err)
		env_pkey_free(key);
	else
		*ret_key = key;
	return err;
}

/* Signatures. */

typedef const EVP_MD *(*md_t)(void);

static const md_t hashes[] = {
	[ENV_HASH_MD5] = EVP_md5,
	[ENV_HASH_SHA1] = EVP_sha1,
	[ENV_HASH_SHA256] = EVP_sha256,
	[ENV_HASH_SM3] = EVP_sm3,
};

static bool fits(env_pkey_kind_t kind, env_hash_t hash)
{
	if ((size_t)hash >= ENV_HASH_COUNT)
		return false;
	if (kind == ENV_PKEY_ED25519 || kind == ENV_PKEY_SM2)
		return hash == (kind == ENV_PKEY_SM2 ? ENV_HASH_SM3 : ENV_HASH_NONE);
	return hash != ENV_HASH_NONE && hash != ENV_HASH_SM3;
}

/* A context ready to sign or check, or NULL. */
static EVP_MD_CTX *begin(const env_pkey_t *key, const env_signed_t *what, bool is_check)
{
	static const uint8_t customary_id[] = "1234567812345678";
	const EVP_MD *md = hashes[what->hash] ? hashes[what->hash]() : NULL;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pkey_ctx = NULL; /* belongs to ctx once begun */
	if (!ctx)
		return NULL;
	int ok = is_check ? EVP_DigestVerifyInit(ctx, &pkey_ctx, md, NULL, key->pkey)
	                  : EVP_DigestSignInit(ctx, &pkey_ctx, md, NULL, key->pkey);
	if (ok == 1 && key->kind == ENV_PKEY_SM2) {
		slice_t id = what->user_id;
		if (id.len == 0)
			id = slice_of(customary_id, sizeof(customary_id) - 1);
		ok = id.len <= USER_ID_MAX ? EVP_PKEY_CTX_set1_id(pkey_ctx, id.ptr, (int)id.len)
		                           : 0;
	}
	if (ok == 1)
		return ctx;
	EVP_MD_CTX_free(ctx);
	return NULL;
}

/* The parts as one: what Ed25519 must see whole. The caller frees *ret_memory. */
static err_t join(const env_signed_t *what, slice_t *ret_whole, uint8_t **ret_memory)
{
	size_t len = 0;
	for (size_t i = 0; i < what->count; i++)
		if (__builtin_add_overflow(len, what->parts[i].len, &len))
			return ERR_TOO_BIG;
	*ret_memory = NULL;
	if (what->count == 1) {
		*ret_whole = what->parts[0];
		return ERR_OK;
	}
	*ret_memory = malloc(len + 1);
	if (!*ret_memory)
		return ERR_NO_MEMORY;
	writer_t w = writer_of(*ret_memory, len);
	for (size_t i = 0; i < what->count; i++)
		wr_bytes(&w, what->parts[i]);
	*ret_whole = writer_done(&w);
	return ERR_OK;
}

err_t env_pkey_sign(const env_pkey_t *key, const env_signed_t *what, writer_t *w)
{
	uint8_t signature[ENV_PKEY_SIGNATURE_MAX], *memory = NULL;
	size_t len = sizeof(signature);
	slice_t whole;
	if (!key->is_private)
		return ERR_DENIED;
	if (!fits(key->kind, what->hash))
		return ERR_UNSUPPORTED;
	err_t err = join(what, &whole, &memory);
	if (err)
		return err;
	EVP_MD_CTX *ctx = begin(key, what, false);
	int ok = ctx ? EVP_DigestSign(ctx, signature, &len, whole.ptr, whole.len) : 0;
	EVP_MD_CTX_free(ctx);
	free(memory);
	if (ok != 1)
		return crypto_refused(ERR_NO_MEMORY);
	wr_bytes(w, slice_of(signature, len));
	return w->bad ? ERR_TOO_BIG : ERR_OK;
}

err_t env_pkey_verify(const env_pkey_t *key, const env_signed_t *what, slice_t signature)
{
	uint8_t *memory = NULL;
	slice_t whole;
	if (!fits(key->kind, what->hash))
		return ERR_UNSUPPORTED;
	err_t err = join(what, &whole, &memory);
	if (err)
		return err;
	EVP_MD_CTX *ctx = begin(key, what, true);
	int ok = ctx ? EVP_DigestVerify(ctx, signature.ptr, signature.len, whole.ptr, whole.len)
	             : 0;
	EVP_MD_CTX_free(ctx);
	free(memory);
	return ok == 1 ? ERR_OK : crypto_refused(ERR_DENIED);
}
