/* SPDX-License-Identifier: Apache-2.0 */
#ifndef QUERY_PROMQL_GAP_H
#define QUERY_PROMQL_GAP_H
/* What stands where there is no value: the staleness marker, which ends a series and is
 * no value of one. It is a signalling NaN, so that arithmetic makes an ordinary NaN of
 * it: only what moves values may meet it. */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/num.h"

#define STALE_BITS UINT64_C(0x7FF0000000000002)

static inline bool is_absent(double value)
{
	return num_bits(value) == STALE_BITS;
}

static inline double absent(void)
{
	uint64_t bits = STALE_BITS;
	double value;
	memcpy(&value, &bits, sizeof(value));
	return value;
}
#endif
