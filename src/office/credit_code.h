/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFICE_CREDIT_CODE_H
#define OFFICE_CREDIT_CODE_H
/* The unified social credit code of an organisation in China (统一社会信用代码,
 * GB 32100-2015): 18 of the digits and capital letters without I, O, S, V, Z. The first
 * 17 carry who registered it, of which kind, where, and the organisation's own code; the
 * last checks them: the sum of each character's value (its place in that alphabet) times
 * 3 to the power of its position, plus the check value, is divisible by 31. */
#include "base/slice.h"

enum { CREDIT_CODE_LEN = 18 };

typedef enum {
	CREDIT_CODE_GOOD,
	CREDIT_CODE_LENGTH,    /* not 18 characters */
	CREDIT_CODE_CHARACTER, /* one that the alphabet has not */
	CREDIT_CODE_CHECK      /* the check character does not fit: a slip of the pen */
} credit_code_t;

credit_code_t credit_code_check(slice_t code);
#endif
