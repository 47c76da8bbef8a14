/* SPDX-License-Identifier: Apache-2.0 */
#include "api/handle_claim.h"

#include <stddef.h>

#include "base/base64.h"
#include "base/num.h"

static const struct {
	const char *name;
	size_t at; /* of the slice in handle_claim_t */
} parts[] = {
	{ "sessionId", offsetof(handle_claim_t, session) },
	{ "id", offsetof(handle_claim_t, id) },
	{ "type", offsetof(handle_claim_t, type) },
	{ "cnonce", offsetof(handle_claim_t, cnonce) },
	{ "alg", offsetof(handle_claim_t, alg) },
	{ "signature", offsetof(handle_claim_t, signature) },
	{ "salt", offsetof(handle_claim_t, salt) },
	{ "iterations", offsetof(handle_claim_t, iterations) },
	{ "length", offsetof(handle_claim_t, length) },
};

static slice_t *part_of(handle_claim_t *claim, size_t i)
{
	return (slice_t *)(void *)((uint8_t *)claim + parts[i].at);
}

static void set_part(handle_claim_t *claim, slice_t name, slice_t value)
{
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (slice_eq_nocase(name, slice_str(parts[i].name)))
			*part_of(claim, i) = value;
}

/* A quoted value ends at the next quote, any other at the comma. No value that we know
 * has a quote in it, so a backslash is none of ours either. */
static err_t cut_value(slice_t *text, slice_t *ret_value)
{
	if (text->len == 0 || text->ptr[0] != '"') {
		*ret_value = slice_trim(slice_cut(text, ','));
		return ret_value->len ? ERR_OK : ERR_MALFORMED;
	}
	*text = slice_from(*text, 1);
	if (slice_find(*text, '"') == text->len)
		return ERR_MALFORMED;
	*ret_value = slice_cut(text, '"');
	slice_t between = slice_cut(text, ',');
	return slice_trim(between).len ? ERR_MALFORMED : ERR_OK;
}

err_t handle_claim_read(slice_t text, handle_claim_t *ret_claim)
{
	handle_claim_t claim = { 0 };
	text = slice_trim(text);
	while (text.len) {
		slice_t value;
		if (slice_find(text, '=') == text.len)
			return ERR_MALFORMED;
		slice_t name = slice_trim(slice_cut(&text, '='));
		text = slice_trim(text);
		err_t err = cut_value(&text, &value);
		if (err)
			return err;
		set_part(&claim, name, value);
		text = slice_trim(text);
	}
	*ret_claim = claim;
	return ERR_OK;
}

void handle_claim_fill(bool (*part)(void *ctx, const char *name, slice_t *ret_value), void *ctx,
                       handle_claim_t *ret_claim)
{
	*ret_claim = (handle_claim_t){ 0 };
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		(void)part(ctx, parts[i].name, part_of(ret_claim, i));
}

static bool has(slice_t text, slice_t word)
{
	for (size_t i = 0; i + word.len <= text.len; i++)
		if (slice_eq_nocase(slice_sub(text, i, word.len), word))
			return true;
	return false;
}

static err_t decode(slice_t text, writer_t *scratch, slice_t *ret_bytes)
{
	size_t from = scratch->len;
	err_t err = base64_decode(text, scratch);
	*ret_bytes = slice_from(writer_done(scratch), from);
	return err;
}

static err_t read_mac_code(slice_t alg, uint8_t *ret_code)
{
	static const struct {
		const char *name;
		uint8_t code;
	} rows[] = {
		{ "SHA1", HANDLE_MAC_SHA1 },
		{ "SHA-1", HANDLE_MAC_SHA1 },
		{ "MD5", HANDLE_MAC_MD5 },
		{ "HMAC-SHA1", HANDLE_MAC_HMAC_SHA1 },
		{ "HmacSHA1", HANDLE_MAC_HMAC_SHA1 },
		{ "HMAC-SHA256", HANDLE_MAC_HMAC_SHA256 },
		{ "HmacSHA256", HANDLE_MAC_HMAC_SHA256 },
	};
	if (has(alg, SLICE("PBKDF2"))) {
		*ret_code = HANDLE_MAC_PBKDF2;
		return ERR_OK;
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (slice_eq_nocase(alg, slice_str(rows[i].name))) {
			*ret_code = rows[i].code;
			return ERR_OK;
		}
	return ERR_UNSUPPORTED;
}

static err_t read_mac(const handle_claim_t *claim, writer_t *scratch, handle_mac_t *mac)
{
	uint64_t rounds = 0, bits = 0;
	err_t err = read_mac_code(claim->alg, &mac->code);
	if (err || mac->code != HANDLE_MAC_PBKDF2)
		return err;
	err = decode(claim->salt, scratch, &mac->salt);
	if (!err)
		err = num_parse_u64(claim->iterations, UINT32_MAX, &rounds);
	if (!err)
		err = num_parse_u64(claim->length, UINT32_MAX, &bits);
	mac->iterations = (uint32_t)rounds;
	mac->key_bits = (uint32_t)bits;
	return err == ERR_INVALID ? ERR_MALFORMED : err;
}

err_t handle_claim_proof(const handle_claim_t *claim, writer_t *scratch, registry_proof_t *proof)
{
	slice_t made = { 0 };
	handle_mac_t mac = { .code = 0 };
	proof->type = REGISTRY_KEY_SECRET;
	if (claim->type.len && !registry_key_type_parse(claim->type, &proof->type))
		return ERR_UNSUPPORTED;
	bool is_public = proof->type == REGISTRY_KEY_PUBLIC;
	err_t err = decode(claim->cnonce, scratch, &proof->digest);
	if (!err)
		err = decode(claim->signature, scratch, &made);
	if (!err && !is_public)
		err = read_mac(claim, scratch, &mac);
	if (err)
		return err;
	handle_signature_t signature = { claim->alg, made };
	size_t from = scratch->len;
	mac.mac = made;
	if (is_public)
		handle_signature_encode(&signature, scratch);
	else
		handle_mac_encode(&mac, scratch);
	proof->answer = slice_from(writer_done(scratch), from);
	return scratch->bad ? ERR_TOO_BIG : ERR_OK;
}
