/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EXPR_UNIT_H
#define EXPR_UNIT_H
/* Units of measure as products of powers of base units with a factor, after the SI
 * (BIPM brochure, 9th edition) and UCUM's spelling where it is usual on the shop floor:
 * "kWh", "t", "m3/h", "kWh/t", "%", "1", "degC".
 *
 * Story: unit_parse reads a text; unit_multiply, unit_divide and unit_power make new
 * ones; unit_convert gives the factor from one to another of the same dimension.
 *
 * Things that are counted ("piece", "device") have dimensions of their own: a count of
 * pieces does not add to a count of devices. Money is "CNY" and of no other kind.
 *
 * Caveat: temperatures with an offset (degC) are of one dimension with K as differences
 * only; they do not convert. */
#include "base/err.h"
#include "base/slice.h"

enum { UNIT_BASES = 10 };

typedef struct {
	double factor;            /* in base units */
	int8_t power[UNIT_BASES]; /* m kg s A K mol cd, piece, device, money */
	bool has_offset;          /* degC */
} unit_t;

extern const unit_t UNIT_ONE;

/* ERR_INVALID: no such unit. */
MUST_CHECK err_t unit_parse(slice_t text, unit_t *ret_unit);
bool unit_same_dimension(const unit_t *a, const unit_t *b);
unit_t unit_multiply(const unit_t *a, const unit_t *b);
unit_t unit_divide(const unit_t *a, const unit_t *b);
/* ERR_LIMIT: powers beyond 127. */
MUST_CHECK err_t unit_power(const unit_t *a, int power, unit_t *ret_unit);
/* What a number in `from` is multiplied with to be in `to`. ERR_CONFLICT: of another
 * dimension, or with an offset that the other has not. */
MUST_CHECK err_t unit_convert(const unit_t *from, const unit_t *to, double *ret_factor);
#endif
