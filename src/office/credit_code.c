/* SPDX-License-Identifier: Apache-2.0 */
#include "office/credit_code.h"

enum { MODULUS = 31, WEIGHT = 3 };

/* The place of a character in the alphabet, or MODULUS. */
static unsigned value_of(uint8_t c)
{
	slice_t alphabet = SLICE("0123456789ABCDEFGHJKLMNPQRTUWXY");
	return (unsigned)slice_find(alphabet, c);
}

credit_code_t credit_code_check(slice_t code)
{
	unsigned sum = 0, weight = 1;
	if (code.len != CREDIT_CODE_LEN)
		return CREDIT_CODE_LENGTH;
	for (size_t i = 0; i < CREDIT_CODE_LEN; i++) {
		unsigned value = value_of(code.ptr[i]);
		if (value >= MODULUS)
			return CREDIT_CODE_CHARACTER;
		sum += value * (i + 1 < CREDIT_CODE_LEN ? weight : 1);
		weight = weight * WEIGHT % MODULUS;
	}
	return sum % MODULUS ? CREDIT_CODE_CHECK : CREDIT_CODE_GOOD;
}
