/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/trust/claims.h"

#include "base/base64.h"
#include "base/num.h"
#include "codec/handle/name.h"
#include "env/crypto.h"

enum { DIGEST_TEXT = 48, UNSTAMPED = 8, NUMBER_TEXT = 2048, PARTS = 2 };

#define X(name, word) CLAIMS_PERM_##name,
typedef enum { CLAIMS_PERMS(X) CLAIMS_PERM_COUNT } perm_t;
#undef X

static const char *const perm_words[CLAIMS_PERM_COUNT] = {
#define X(name, word) [CLAIMS_PERM_##name] = word,
	CLAIMS_PERMS(X)
#undef X
};

static bool read_time(const json_tree_t *tree, const char *key, int64_t *time_s)
{
	const json_tree_t *member = json_member(tree, key);
	return !member || json_whole(member, 0, INT64_MAX, time_s);
}

err_t claims_read(slice_t payload, claims_t *ret_claims)
{
	claims_t claims = { .nbf_s = INT64_MIN, .exp_s = INT64_MAX };
	err_t err = json_read(payload, &claims.tree, NULL);
	if (err)
		return err;
	const json_tree_t *tree = claims.tree;
	bool is_good = json_text(json_member(tree, "iss"), &claims.iss) &&
	               json_text(json_member(tree, "sub"), &claims.sub) &&
	               read_time(tree, "iat", &claims.iat_s) &&
	               read_time(tree, "nbf", &claims.nbf_s) &&
	               read_time(tree, "exp", &claims.exp_s);
	if (!is_good) {
		claims_done(&claims);
		return ERR_MALFORMED;
	}
	*ret_claims = claims;
	return ERR_OK;
}

void claims_done(claims_t *claims)
{
	json_free(claims->tree);
	claims->tree = NULL;
}

handle_reference_t claims_reference(slice_t text)
{
	uint64_t index = 0;
	slice_t handle = text, digits = slice_cut(&handle, ':');
	if (handle.len == 0 || num_parse_u64(digits, UINT32_MAX, &index))
		return (handle_reference_t){ .handle = text };
	return (handle_reference_t){ handle, (uint32_t)index };
}

bool claims_same(slice_t a, slice_t b)
{
	handle_reference_t left = claims_reference(a), right = claims_reference(b);
	return left.index == right.index && slice_eq_nocase(left.handle, right.handle);
}

/* Digests. */

static void digest_of(const handle_value_t *value, uint8_t ret_digest[SHA256_BYTES])
{
	slice_t covered = slice_from(value->bytes, UNSTAMPED);
	env_sha256(&covered, 1, ret_digest);
}

static bool is_digest(const json_tree_t *item, const handle_value_t *value)
{
	uint8_t digest[SHA256_BYTES], bytes[2 * SHA256_BYTES];
	writer_t w = writer_of(bytes, sizeof(bytes));
	slice_t text;
	digest_of(value, digest);
	return json_text(json_member(item, "digest"), &text) && !base64_decode(text, &w) &&
	       slice_eq(writer_done(&w), slice_of(digest, sizeof(digest)));
}

claims_digest_t claims_digest(const claims_t *claims, const handle_value_t *value)
{
	const json_tree_t *digests = json_member(claims->tree, "digests");
	const json_tree_t *list = json_member(digests, "digests");
	claims_digest_t said = CLAIMS_NOT_COVERED;
	slice_t algorithm;
	bool is_known = json_text(json_member(digests, "alg"), &algorithm) &&
	                slice_eq(algorithm, SLICE("SHA-256"));
	for (size_t i = 0; i < json_count(list); i++) {
		const json_tree_t *item = json_item(list, i);
		int64_t index = 0;
		if (!json_whole(json_member(item, "index"), 0, UINT32_MAX, &index) ||
		    index != value->index)
			continue;
		if (!is_known)
			return CLAIMS_UNKNOWN;
		/* One wrong digest of a value is enough. */
		if (!is_digest(item, value))
			return CLAIMS_CHANGED;
		said = CLAIMS_SAME;
	}
	return said;
}

/* Keys. */

typedef struct {
	const char *type, *curve;
	env_pkey_kind_t kind;
	const char *part[PARTS];
} key_form_t;

static const key_form_t key_forms[] = {
	{ "RSA", NULL, ENV_PKEY_RSA, { "n", "e" } },
	{ "EC", "SM2", ENV_PKEY_SM2, { "x", "y" } },
};

static err_t read_number(const json_tree_t *item, writer_t *scratch, slice_t *ret_number)
{
	char plain[NUMBER_TEXT];
	slice_t text;
	size_t from = scratch->len;
	if (!json_text(item, &text) || text.len == 0 || text.len > sizeof(plain))
		return ERR_MALFORMED;
	for (size_t i = 0; i < text.len; i++)
		plain[i] = text.ptr[i] == '-' ? '+' : text.ptr[i] == '_' ? '/' : (char)text.ptr[i];
	err_t err = base64_decode(slice_of(plain, text.len), scratch);
	*ret_number = slice_from(writer_done(scratch), from);
	return err;
}

static err_t read_key(const json_tree_t *jwk, const key_form_t *form, env_pkey_t **ret_key)
{
	uint8_t room[ENV_PKEY_NUMBERS_MAX];
	writer_t scratch = writer_of(room, sizeof(room));
	env_pkey_numbers_t numbers = { .kind = form->kind };
	err_t err = ERR_OK;
	for (size_t i = 0; !err && i < PARTS; i++)
		err = read_number(json_member(jwk, form->part[i]), &scratch, &numbers.part[i]);
	/* Numbers have no leading zeros, points of a curve are whole. */
	for (size_t i = 0; !err && form->kind == ENV_PKEY_RSA && i < PARTS; i++)
		while (numbers.part[i].len > 1 && numbers.part[i].ptr[0] == 0)
			numbers.part[i] = slice_from(numbers.part[i], 1);
	return err ? err : env_pkey_from_numbers(&numbers, ret_key);
}

err_t claims_key(const claims_t *claims, env_pkey_t **ret_key)
{
	const json_tree_t *jwk = json_member(claims->tree, "publicKey");
	slice_t type, curve = { 0 };
	if (!json_text(json_member(jwk, "kty"), &type))
		return ERR_MALFORMED;
	(void)json_text(json_member(jwk, "crv"), &curve);
	for (size_t i = 0; i < sizeof(key_forms) / sizeof(*key_forms); i++)
		if (slice_eq(type, slice_str(key_forms[i].type)) &&
		    slice_eq(curve, slice_str(key_forms[i].curve)))
			return read_key(jwk, &key_forms[i], ret_key);
	return ERR_UNSUPPORTED;
}

/* Permissions. */

static perm_t perm_named(slice_t word)
{
	int i = 0;
	while (i < CLAIMS_PERM_COUNT && !slice_eq(word, slice_str(perm_words[i])))
		i++;
	return (perm_t)i;
}

/* Of "0.NA/99.100" the prefix, of anything else all of it. */
static slice_t prefix_of(slice_t handle)
{
	slice_t described = handle_name_described_prefix(handle);
	return described.len ? described : handle;
}

static bool is_under(slice_t handle, slice_t prefix)
{
	size_t slash = slice_find(handle, '/');
	return slash < handle.len &&
	       slice_eq_nocase(slice_sub(handle, 0, slash), prefix_of(prefix));
}

/* Of a prefix below it: the record of that prefix, or a handle under it. */
static bool is_derived(slice_t handle, slice_t prefix)
{
	slice_t described = handle_name_described_prefix(handle);
	slice_t at = described.len ? described : slice_sub(handle, 0, slice_find(handle, '/'));
	slice_t above = prefix_of(prefix);
	return at.len > above.len && at.ptr[above.len] == '.' &&
	       slice_eq_nocase(slice_sub(at, 0, above.len), above);
}

static bool permits(perm_t perm, slice_t granted, slice_t handle)
{
	switch (perm) {
	case CLAIMS_PERM_EVERYTHING:
		return true;
	case CLAIMS_PERM_THIS_HANDLE:
		return slice_eq_nocase(handle, granted);
	case CLAIMS_PERM_DERIVED_PREFIXES:
		return is_derived(handle, granted);
	case CLAIMS_PERM_HANDLES_UNDER:
		return is_under(handle, granted);
	case CLAIMS_PERM_COUNT:
		break;
	}
	return false;
}

bool claims_permit(const claims_t *claims, slice_t handle, bool to_certify)
{
	const json_tree_t *list = json_member(claims->tree, "perms");
	for (size_t i = 0; i < json_count(list); i++) {
		const json_tree_t *item = json_item(list, i);
		slice_t word, granted = { 0 };
		bool may_certify = true;
		if (!json_text(json_member(item, "perm"), &word))
			continue;
		(void)json_text(json_member(item, "handle"), &granted);
		(void)json_flag(json_member(item, "ca"), &may_certify);
		perm_t perm = perm_named(word);
		if ((granted.len || perm == CLAIMS_PERM_EVERYTHING) &&
		    permits(perm, granted, handle) && (may_certify || !to_certify))
			return true;
	}
	return false;
}

bool claims_link(const claims_t *claims, size_t i, slice_t *ret_link)
{
	return json_text(json_item(json_member(claims->tree, "chain"), i), ret_link);
}

/* Writing. */

static err_t put_key(const env_pkey_t *key, json_t *j)
{
	uint8_t room[ENV_PKEY_NUMBERS_MAX], text[NUMBER_TEXT];
	writer_t scratch = writer_of(room, sizeof(room));
	env_pkey_numbers_t numbers;
	const key_form_t *form = key_forms;
	err_t err = env_pkey_numbers(key, false, &scratch, &numbers);
	while (form->kind != env_pkey_kind(key))
		if (++form == key_forms + sizeof(key_forms) / sizeof(*key_forms))
			return ERR_UNSUPPORTED;
	if (err)
		return err;
	json_key(j, "publicKey");
	json_object(j);
	json_put_cstr(j, "kty", form->type);
	if (form->curve)
		json_put_cstr(j, "crv", form->curve);
	for (size_t i = 0; i < PARTS; i++) {
		writer_t w = writer_of(text, sizeof(text));
		base64_encode(numbers.part[i], BASE64_URL, &w);
		json_put_str(j, form->part[i], writer_done(&w));
	}
	json_close(j);
	return ERR_OK;
}

/* "handlesUnderThisPrefix=0.NA/99.100.1" */
static err_t put_perm(slice_t text, json_t *j)
{
	slice_t handle = text, word = slice_cut(&handle, '=');
	perm_t perm = perm_named(word);
	if (perm == CLAIMS_PERM_COUNT || (handle.len > 0) == (perm == CLAIMS_PERM_EVERYTHING))
		return ERR_INVALID;
	json_object(j);
	if (handle.len)
		json_put_str(j, "handle", handle);
	json_put_str(j, "perm", word);
	json_close(j);
	return ERR_OK;
}

static err_t put_certificate(const claims_spec_t *spec, json_t *j)
{
	err_t err = put_key(spec->key, j);
	json_key(j, "perms");
	json_array(j);
	for (size_t i = 0; !err && i < spec->perm_count; i++)
		err = put_perm(spec->perms[i], j);
	json_close(j);
	return err;
}

static void put_digest(const handle_value_t *value, json_t *j)
{
	uint8_t digest[SHA256_BYTES], text[DIGEST_TEXT];
	writer_t w = writer_of(text, sizeof(text));
	digest_of(value, digest);
	base64_encode(slice_of(digest, sizeof(digest)), BASE64_PLAIN, &w);
	json_object(j);
	json_put_u64(j, "index", value->index);
	json_put_str(j, "digest", writer_done(&w));
	json_close(j);
}

static void put_digests(const claims_spec_t *spec, json_t *j)
{
	json_key(j, "digests");
	json_object(j);
	json_put_cstr(j, "alg", "SHA-256");
	json_key(j, "digests");
	json_array(j);
	for (size_t i = 0; i < spec->value_count; i++)
		put_digest(&spec->values[i], j);
	json_close(j);
	json_close(j);
}

err_t claims_put(const claims_spec_t *spec, json_t *j)
{
	err_t err = ERR_OK;
	json_object(j);
	if (spec->key)
		err = put_certificate(spec, j);
	else
		put_digests(spec, j);
	if (spec->chain_count) {
		json_key(j, "chain");
		json_array(j);
		for (size_t i = 0; i < spec->chain_count; i++)
			json_str(j, spec->chain[i]);
		json_close(j);
	}
	json_put_str(j, "iss", spec->iss);
	json_put_str(j, "sub", spec->sub);
	json_put_i64(j, "exp", spec->exp_s);
	json_put_i64(j, "nbf", spec->iat_s);
	json_put_i64(j, "iat", spec->iat_s);
	json_close(j);
	if (err)
		return err;
	return json_ok(j) ? ERR_OK : ERR_TOO_BIG;
}
