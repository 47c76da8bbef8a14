/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/trust/jws.h"

#include "base/base64.h"
#include "base/json.h"
#include "env/json_read.h"

enum { HEADER_MAX = 128 };

typedef struct {
	const char *name;
	env_pkey_kind_t kind;
	env_hash_t hash;
} algorithm_t;

static const algorithm_t algorithms[] = {
	{ "RS256", ENV_PKEY_RSA, ENV_HASH_SHA256 },
	{ "SM2256", ENV_PKEY_SM2, ENV_HASH_SM3 },
};

/* Base 64 for URLs, in the one form that encoding gives. */
static err_t decode(slice_t text, writer_t *scratch, slice_t *ret_bytes)
{
	size_t from = scratch->len;
	uint8_t *plain = wr_reserve(scratch, text.len);
	if (!plain)
		return ERR_TOO_BIG;
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.ptr[i];
		if (c == '+' || c == '/' || c == '=')
			return ERR_MALFORMED;
		plain[i] = c == '-' ? '+' : c == '_' ? '/' : c;
	}
	/* It shrinks, so the bytes take the place of the text they come from. */
	uint8_t bytes[JWS_BYTES_MAX];
	writer_t w = writer_of(bytes, sizeof(bytes));
	err_t err = base64_decode(slice_of(plain, text.len), &w);
	if (err)
		return err;
	scratch->len = from;
	base64_encode(writer_done(&w), BASE64_URL, scratch);
	if (!slice_eq(slice_from(writer_done(scratch), from), text))
		return ERR_MALFORMED;
	scratch->len = from;
	wr_bytes(scratch, writer_done(&w));
	*ret_bytes = slice_from(writer_done(scratch), from);
	return ERR_OK;
}

static err_t read_header(slice_t header, writer_t *scratch, jws_t *jws)
{
	json_tree_t *tree = NULL;
	slice_t text, algorithm;
	err_t err = decode(header, scratch, &text);
	if (!err)
		err = json_read(text, &tree, NULL);
	if (err)
		return err;
	size_t from = scratch->len;
	if (json_member(tree, "crit"))
		err = ERR_UNSUPPORTED;
	else if (!json_text(json_member(tree, "alg"), &algorithm))
		err = ERR_MALFORMED;
	else
		wr_bytes(scratch, algorithm);
	json_free(tree);
	jws->algorithm = slice_from(writer_done(scratch), from);
	return err;
}

static err_t read_parts(slice_t header, slice_t payload, slice_t signature, writer_t *scratch,
                        jws_t *ret_jws)
{
	size_t from = scratch->len;
	jws_t jws;
	wr_bytes(scratch, header);
	wr_u8(scratch, '.');
	wr_bytes(scratch, payload);
	jws.covered = slice_from(writer_done(scratch), from);
	err_t err = read_header(header, scratch, &jws);
	if (!err)
		err = decode(payload, scratch, &jws.payload);
	if (!err)
		err = decode(signature, scratch, &jws.signature);
	if (!err && scratch->bad)
		err = ERR_TOO_BIG;
	if (!err)
		*ret_jws = jws;
	return err;
}

/* {"payload", "protected", "signature"}, or the last two in the one of "signatures". */
static err_t read_json(slice_t text, writer_t *scratch, jws_t *ret_jws)
{
	json_tree_t *tree = NULL;
	slice_t header, payload, signature;
	err_t err = json_read(text, &tree, NULL);
	if (err)
		return err;
	const json_tree_t *list = json_member(tree, "signatures");
	const json_tree_t *one = list && json_count(list) == 1 ? json_item(list, 0) : tree;
	if (!json_text(json_member(tree, "payload"), &payload) ||
	    !json_text(json_member(one, "protected"), &header) ||
	    !json_text(json_member(one, "signature"), &signature))
		err = ERR_MALFORMED;
	else
		err = read_parts(header, payload, signature, scratch, ret_jws);
	json_free(tree);
	return err;
}

err_t jws_read(slice_t text, writer_t *scratch, jws_t *ret_jws)
{
	slice_t rest = slice_trim(text);
	if (rest.len > JWS_BYTES_MAX)
		return ERR_TOO_BIG;
	if (slice_starts(rest, SLICE("{")))
		return read_json(rest, scratch, ret_jws);
	slice_t header = slice_cut(&rest, '.');
	slice_t payload = slice_cut(&rest, '.');
	return read_parts(header, payload, rest, scratch, ret_jws);
}

static const algorithm_t *algorithm_named(slice_t name)
{
	for (size_t i = 0; i < sizeof(algorithms) / sizeof(*algorithms); i++)
		if (slice_eq(name, slice_str(algorithms[i].name)))
			return &algorithms[i];
	return NULL;
}

err_t jws_check(const jws_t *jws, const env_pkey_t *key)
{
	const algorithm_t *algorithm = algorithm_named(jws->algorithm);
	if (!algorithm)
		return ERR_UNSUPPORTED;
	if (env_pkey_kind(key) != algorithm->kind)
		return ERR_DENIED;
	env_signed_t what = { .hash = algorithm->hash, .parts = &jws->covered, .count = 1 };
	err_t err = env_pkey_verify(key, &what, jws->signature);
	return err == ERR_MALFORMED ? ERR_DENIED : err;
}

static const algorithm_t *algorithm_of(env_pkey_kind_t kind)
{
	for (size_t i = 0; i < sizeof(algorithms) / sizeof(*algorithms); i++)
		if (algorithms[i].kind == kind)
			return &algorithms[i];
	return NULL;
}

err_t jws_write(const env_pkey_t *key, slice_t payload, writer_t *w)
{
	char header[HEADER_MAX];
	uint8_t bytes[ENV_PKEY_SIGNATURE_MAX];
	writer_t signature = writer_of(bytes, sizeof(bytes));
	json_t j = json_of(header, sizeof(header));
	const algorithm_t *algorithm = algorithm_of(env_pkey_kind(key));
	size_t from = w->len;
	if (!algorithm)
		return ERR_UNSUPPORTED;
	json_object(&j);
	json_put_cstr(&j, "alg", algorithm->name);
	json_close(&j);
	base64_encode(json_done(&j), BASE64_URL, w);
	wr_u8(w, '.');
	base64_encode(payload, BASE64_URL, w);
	if (w->bad)
		return ERR_TOO_BIG;
	slice_t covered = slice_from(writer_done(w), from);
	env_signed_t what = { .hash = algorithm->hash, .parts = &covered, .count = 1 };
	err_t err = env_pkey_sign(key, &what, &signature);
	if (err)
		return err;
	wr_u8(w, '.');
	base64_encode(writer_done(&signature), BASE64_URL, w);
	return w->bad ? ERR_TOO_BIG : ERR_OK;
}
