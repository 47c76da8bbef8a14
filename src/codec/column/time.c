/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/column/time.h"

enum {
	TIME_REGULAR = 0x80, /* in the first byte, beside the power of ten */
	TENS_MAX = 18,       /* the greatest power of ten in 64 bits */
	TRIED = 8,           /* differences whose common divisor is tried first */
};

static const uint64_t tens[TENS_MAX + 1] = {
	1,
	10,
	100,
	1000,
	10000,
	100000,
	1000000,
	10000000,
	100000000,
	1000000000,
	10000000000,
	100000000000,
	1000000000000,
	10000000000000,
	100000000000000,
	1000000000000000,
	10000000000000000,
	100000000000000000,
	1000000000000000000,
};

static uint64_t size_of(uint64_t x)
{
	return (int64_t)x < 0 ? 0 - x : x;
}

static uint64_t common_divisor(uint64_t a, uint64_t b)
{
	while (b) {
		uint64_t rest = a % b;
		a = b;
		b = rest;
	}
	return a;
}

/* The unit of the differences, which become numbers of it. Those too long for exact
 * division by doubles (26 days and more) leave the nanosecond as the unit. */
static uint64_t find_unit(const column_kernel_t *kernel, const uint64_t *delta, size_t n,
                          uint64_t *ret_units)
{
	int64_t min, max;
	uint64_t unit = 0;
	kernel->extent(delta, n, &min, &max);
	bool is_long = min < -(INT64_C(1) << DIGIT_BITS) || max >= INT64_C(1) << DIGIT_BITS;
	for (size_t i = 0; i < n && i < TRIED; i++)
		unit = common_divisor(size_of(delta[i]), unit);
	for (size_t at = 0; !is_long && unit > 1;) {
		at = kernel->divide(delta, n, unit, ret_units);
		if (at == n)
			return unit;
		unit = common_divisor(size_of(delta[at]), unit);
	}
	memcpy(ret_units, delta, n * sizeof(*delta));
	return 1;
}

/* The greatest power of ten that divides both, so that both are short. */
static uint8_t shared_tens(uint64_t first, uint64_t unit)
{
	uint8_t power = 0;
	while (power < TENS_MAX && unit && (int64_t)unit % (int64_t)tens[power + 1] == 0 &&
	       (int64_t)first % (int64_t)tens[power + 1] == 0)
		power++;
	return power;
}

static void put_head(writer_t *w, uint64_t first, uint64_t unit, bool is_regular)
{
	uint8_t power = shared_tens(first, unit);
	wr_u8(w, (uint8_t)(power | (is_regular ? TIME_REGULAR : 0)));
	wr_zigzag(w, (int64_t)first / (int64_t)tens[power]);
	wr_zigzag(w, (int64_t)unit / (int64_t)tens[power]);
}

void time_put(const column_kernel_t *kernel, const uint64_t *ns, size_t n, writer_t *w)
{
	uint64_t delta[COLUMN_ROWS], units[COLUMN_ROWS];
	kernel->differ(ns, 1, n, delta);
	bool is_regular = n < 2 || kernel->steps(&delta[1], n - 1) == 1;
	if (is_regular) {
		put_head(w, ns[0], n < 2 ? 0 : delta[1], true);
		return;
	}
	put_head(w, ns[0], find_unit(kernel, delta, n, units), false);
	for (size_t i = 1; i < n; i++)
		units[i] += units[i - 1];
	whole_put(kernel, units, n, w);
}

void time_get(const column_kernel_t *kernel, reader_t *r, size_t n, word_t *ret_ns)
{
	static const uint8_t no_bytes[LANES * 8] = { 0 };
	static const recipe_t as_they_are = { .form = FORM_WHOLE };
	uint8_t head = rd_u8(r), power = head & (uint8_t)~TIME_REGULAR;
	uint64_t first = (uint64_t)rd_zigzag(r), unit = (uint64_t)rd_zigzag(r);
	if (power > TENS_MAX)
		r->bad = true;
	if (r->bad)
		return;
	first *= tens[power];
	unit *= tens[power];
	if (head & TIME_REGULAR) {
		const frame_t ramp = { .layers = layers_of(n), .base = first, .slope = unit };
		kernel->unpack[SHAPE_RAMP][FORM_WHOLE](no_bytes, &ramp, (const double[2]){ 0 },
		                                       ret_ns);
		return;
	}
	whole_get(kernel, r, n, &(sink_t){ &as_they_are, ret_ns });
	if (!r->bad)
		kernel->rescale(ret_ns, n, first, unit);
}
