/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_INDICATOR_H
#define MODEL_INDICATOR_H
/* A number that carries its meaning: which definition and version, for what
 * scope and period, in what unit, from how much of the data. Ratios keep their
 * two parts, so that they roll up as sums of parts and never as means of ratios. */
#include "base/slice.h"

typedef struct {
	slice_t definition; /* identifier of the definition */
	uint32_t version;
	slice_t scope; /* identifier of what it is about */
	int64_t from_ns, to_ns;
	slice_t unit;
	double numerator, denominator; /* denominator 1 for plain sums */
	double coverage;               /* share of the expected inputs, 0 to 1 */
} indicator_t;
#endif
