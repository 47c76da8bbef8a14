/* SPDX-License-Identifier: Apache-2.0 */
#include "authority/code.h"

#include "base/ascii.h"
#include "base/cursor.h"

enum {
	CHECK_BYTES = 2,
	CODE_BYTES = CODE_SECRET + CODE_MARK + CHECK_BYTES,
	DIGIT_BITS = 5,
	DIGITS = CODE_BYTES * 8 / DIGIT_BITS,
	GROUP = 5,
};

/* Without I, L, O and U, which are taken for others, or for words. */
static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static void check_of(const uint8_t bytes[CODE_BYTES], uint8_t ret_check[CHECK_BYTES])
{
	uint8_t hash[SHA256_BYTES];
	slice_t parts[] = { SLICE("jizhu code"), { bytes, CODE_BYTES - CHECK_BYTES } };
	env_sha256(parts, 2, hash);
	memcpy(ret_check, hash, CHECK_BYTES);
}

void code_write(const code_t *code, char ret_text[CODE_TEXT])
{
	uint8_t bytes[CODE_BYTES];
	memcpy(bytes, code->secret, CODE_SECRET);
	memcpy(&bytes[CODE_SECRET], code->mark, CODE_MARK);
	check_of(bytes, &bytes[CODE_SECRET + CODE_MARK]);
	size_t len = 0;
	for (size_t digit = 0; digit < DIGITS; digit++) {
		unsigned value = 0;
		for (size_t bit = digit * DIGIT_BITS; bit < (digit + 1) * DIGIT_BITS; bit++)
			value = value << 1 | (bytes[bit / 8] >> (7 - bit % 8) & 1U);
		if (digit > 0 && digit % GROUP == 0)
			ret_text[len++] = '-';
		ret_text[len++] = alphabet[value];
	}
	ret_text[len] = '\0';
	env_wipe(bytes, sizeof(bytes));
}

/* -1: no digit. */
static int value_of(uint8_t c)
{
	uint8_t lower = ascii_fold_lower(c);
	if (lower == 'o')
		return 0;
	if (lower == 'i' || lower == 'l')
		return 1;
	for (int i = 0; alphabet[i]; i++)
		if (ascii_fold_lower((uint8_t)alphabet[i]) == lower)
			return i;
	return -1;
}

err_t code_read(slice_t text, code_t *ret_code)
{
	uint8_t bytes[CODE_BYTES] = { 0 }, check[CHECK_BYTES];
	size_t digits = 0;
	if (text.len > CODE_TYPED_MAX)
		return ERR_MALFORMED;
	for (size_t i = 0; i < text.len; i++) {
		int value = value_of(text.ptr[i]);
		if (text.ptr[i] == '-' || text.ptr[i] == ' ')
			continue;
		if (value < 0 || digits == DIGITS)
			return ERR_MALFORMED;
		for (size_t bit = 0; bit < DIGIT_BITS; bit++) {
			size_t at = digits * DIGIT_BITS + bit;
			unsigned one = (unsigned)value >> (DIGIT_BITS - 1 - bit) & 1U;
			bytes[at / 8] = (uint8_t)(bytes[at / 8] | one << (7 - at % 8));
		}
		digits++;
	}
	check_of(bytes, check);
	if (digits != DIGITS || memcmp(check, &bytes[CODE_BYTES - CHECK_BYTES], CHECK_BYTES) != 0)
		return ERR_MALFORMED;
	memcpy(ret_code->secret, bytes, CODE_SECRET);
	memcpy(ret_code->mark, &bytes[CODE_SECRET], CODE_MARK);
	env_wipe(bytes, sizeof(bytes));
	return ERR_OK;
}

void code_mark(slice_t root_der, uint8_t ret_mark[CODE_MARK])
{
	uint8_t hash[SHA256_BYTES];
	env_sha256(&root_der, 1, hash);
	memcpy(ret_mark, hash, CODE_MARK);
}

void code_key(const code_t *code, uint8_t ret_key[SHA256_BYTES])
{
	slice_t parts[] = { SLICE("jizhu code 1"), { code->secret, CODE_SECRET } };
	env_sha256(parts, 2, ret_key);
}

void code_proof(const uint8_t key[SHA256_BYTES], const uint8_t mark[CODE_MARK], slice_t request,
                uint8_t ret_proof[SHA256_BYTES])
{
	slice_t parts[] = { { mark, CODE_MARK }, request };
	env_hmac_sha256_parts(slice_of(key, SHA256_BYTES), parts, 2, ret_proof);
}
