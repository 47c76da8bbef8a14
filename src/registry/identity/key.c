/* SPDX-License-Identifier: Apache-2.0 */
/* Handle key encodings and keys. The same numbers make both, not always in one order: the
 * exponent of RSA comes first on the wire, and q before p of DSA. */
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

/* A kind of key that is numbers, and where on the wire each of them stands. */
typedef struct {
	handle_key_kind_t wire;
	env_pkey_kind_t kind;
	bool is_private;
	uint8_t place[HANDLE_KEY_PARTS_MAX];
} form_t;

static const form_t forms[] = {
	{ HANDLE_KEY_RSA_PUBLIC, ENV_PKEY_RSA, false, { 1, 0 } },
	{ HANDLE_KEY_RSA_CRT_PRIVATE, ENV_PKEY_RSA, true, { 0, 1, 2, 3, 4, 5, 6, 7 } },
	{ HANDLE_KEY_DSA_PUBLIC, ENV_PKEY_DSA, false, { 1, 0, 2, 3 } },
};

static const form_t *form_of_wire(handle_key_kind_t wire)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++)
		if (forms[i].wire == wire)
			return &forms[i];
	return NULL;
}

static const form_t *form_of_kind(env_pkey_kind_t kind, bool is_private)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++)
		if (forms[i].kind == kind && forms[i].is_private == is_private)
			return &forms[i];
	return NULL;
}

static err_t read_numbers(const form_t *form, const handle_key_t *key, env_pkey_t **ret_key)
{
	env_pkey_numbers_t numbers = { .kind = form->kind, .is_private = form->is_private };
	for (size_t i = 0; i < handle_key_parts(key->kind); i++)
		numbers.part[i] = handle_key_unsigned(key->part[form->place[i]]);
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
	const form_t *form = form_of_wire(key.kind);
	return form ? read_numbers(form, &key, ret_key) : ERR_UNSUPPORTED;
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

static void write_numbers(const form_t *form, const env_pkey_numbers_t *numbers, writer_t *scratch,
                          writer_t *w)
{
	handle_key_t out = { .kind = form->wire };
	for (size_t i = 0; i < handle_key_parts(form->wire); i++)
		out.part[form->place[i]] = positive(numbers->part[i], scratch);
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
	const form_t *form = form_of_kind(kind, is_private);
	if (!form)
		return ERR_UNSUPPORTED;
	err_t err = env_pkey_numbers(key, is_private, &scratch, &numbers);
	if (err)
		return err;
	write_numbers(form, &numbers, &scratch, w);
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
