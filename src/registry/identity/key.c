/* SPDX-License-Identifier: Apache-2.0 */
/* Handle key encodings and keys. The numbers stand in the same order in both, but for
 * RSA, whose exponent comes first on the wire, and whose modulus comes first in a key. */
#include "registry/identity/identity.h"

#include "env/crypto.h"

/* The wire's numbers are two's complement: those with the top bit set have a zero in
 * front. */
static slice_t positive(slice_t number, writer_t *scratch)
{
	size_t from = scratch->len;
	if (number.len > 0 && number.ptr[0] & 0x80)
		wr_u8(scratch, 0);
	wr_bytes(scratch, number);
	return slice_from(writer_done(scratch), from);
}

static err_t read_blob(slice_t blob, env_pkey_t **ret_key)
{
	env_pkey_t *key = NULL;
	err_t err = env_pkey_from_der(blob, &key);
	if (err == ERR_MALFORMED)
		err = env_pkey_from_pem(blob, &key);
	if (!err && env_pkey_kind(key) != ENV_PKEY_SM2)
		err = ERR_UNSUPPORTED;
	if (err)
		env_pkey_free(key);
	else
		*ret_key = key;
	return err;
}

static err_t read_numbers(const handle_key_t *key, env_pkey_t **ret_key)
{
	env_pkey_numbers_t numbers = { .kind = ENV_PKEY_RSA };
	size_t parts = handle_key_parts(key->kind);
	if (key->kind == HANDLE_KEY_DSA_PUBLIC)
		numbers.kind = ENV_PKEY_DSA;
	numbers.is_private = key->kind == HANDLE_KEY_RSA_CRT_PRIVATE;
	for (size_t i = 0; i < parts; i++)
		numbers.part[i] = handle_key_unsigned(key->part[i]);
	if (key->kind == HANDLE_KEY_RSA_PUBLIC) {
		slice_t exponent = numbers.part[0];
		numbers.part[0] = numbers.part[1];
		numbers.part[1] = exponent;
	}
	return env_pkey_from_numbers(&numbers, ret_key);
}

err_t registry_key_read(slice_t bytes, env_pkey_t **ret_key)
{
	handle_key_t key;
	codec_t got = handle_key_decode(bytes, &key);
	if (got != CODEC_OK)
		return got == CODEC_UNSUPPORTED ? ERR_UNSUPPORTED : ERR_MALFORMED;
	if (key.kind == HANDLE_KEY_SM2_PUBLIC)
		return read_blob(key.part[0], ret_key);
	if (key.kind == HANDLE_KEY_RSA_PUBLIC || key.kind == HANDLE_KEY_DSA_PUBLIC ||
	    key.kind == HANDLE_KEY_RSA_CRT_PRIVATE)
		return read_numbers(&key, ret_key);
	return ERR_UNSUPPORTED;
}

static err_t write_sm2(const env_pkey_t *key, writer_t *w)
{
	uint8_t room[REGISTRY_KEY_MAX];
	writer_t der = writer_of(room, sizeof(room));
	err_t err = env_pkey_to_der(key, &der);
	if (err)
		return err;
	handle_key_t out = { .kind = HANDLE_KEY_SM2_PUBLIC, .part = { writer_done(&der) } };
	handle_key_encode(&out, w);
	return w->bad ? ERR_TOO_BIG : ERR_OK;
}

static handle_key_kind_t kind_of(env_pkey_kind_t kind, bool is_private)
{
	if (is_private)
		return HANDLE_KEY_RSA_CRT_PRIVATE;
	return kind == ENV_PKEY_RSA ? HANDLE_KEY_RSA_PUBLIC : HANDLE_KEY_DSA_PUBLIC;
}

static bool has_form(env_pkey_kind_t kind, bool is_private)
{
	return kind == ENV_PKEY_RSA || (kind == ENV_PKEY_DSA && !is_private);
}

static void write_numbers(handle_key_kind_t kind, const env_pkey_numbers_t *numbers,
                          writer_t *scratch, writer_t *w)
{
	handle_key_t out = { .kind = kind };
	bool is_swapped = kind == HANDLE_KEY_RSA_PUBLIC;
	for (size_t i = 0; i < handle_key_parts(kind); i++)
		out.part[i] = positive(numbers->part[is_swapped ? 1 - i : i], scratch);
	handle_key_encode(&out, w);
}

err_t registry_key_write(const env_pkey_t *key, bool is_private, writer_t *w)
{
	uint8_t room[2 * ENV_PKEY_NUMBERS_MAX];
	writer_t scratch = writer_of(room, sizeof(room));
	env_pkey_numbers_t numbers;
	env_pkey_kind_t kind = env_pkey_kind(key);
	if (kind == ENV_PKEY_SM2 && !is_private)
		return write_sm2(key, w);
	if (!has_form(kind, is_private))
		return ERR_UNSUPPORTED;
	err_t err = env_pkey_numbers(key, is_private, &scratch, &numbers);
	if (err)
		return err;
	write_numbers(kind_of(kind, is_private), &numbers, &scratch, w);
	env_wipe(room, sizeof(room));
	return w->bad || scratch.bad ? ERR_TOO_BIG : ERR_OK;
}

bool registry_key_is(slice_t key, const env_pkey_t *pkey)
{
	env_pkey_t *own = NULL;
	if (registry_key_read(key, &own))
		return false;
	bool same = env_pkey_same(own, pkey);
	env_pkey_free(own);
	return same;
}
