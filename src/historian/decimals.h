/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HISTORIAN_DECIMALS_H
#define HISTORIAN_DECIMALS_H
/* The numbers of a summary whose values are short decimals, as whole numbers of one power
 * of ten: a third of the bytes, and sums without the rounding they were added up with.
 *
 * Disk form: k u8 of 0..9; digits (value * 10^k) of the first row; of last, least and
 * greatest row less those; of the sum less count times those; of the increase, all zig-zag;
 * m2: varint of 2 * count * m2 * 10^2k, or 1, then a float64. */
#include "base/cursor.h"
#include "model/summary.h"

typedef struct {
	uint8_t k;
	int64_t first, last, min, max, sum, increase; /* digits */
} decimals_t;

/* False: they are none. Of rows that are all usable float64. */
bool decimals_of(const summary_t *s, decimals_t *ret_decimals);
void decimals_encode(const decimals_t *d, const summary_t *s, writer_t *w);
/* Sets the numbers but for areas; count and ends' times are known. Sets r->bad. */
void decimals_decode(reader_t *r, summary_t *s);
#endif
