/* SPDX-License-Identifier: Apache-2.0 */
#include "historian/decimals.h"

#include <math.h>

#include "base/num.h"

enum { POWERS = 10 };
static const double powers[POWERS] = { 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9 };
static const double VALUE_MAX = 1 << 30, SUM_MAX = 0x1p50;
/* So many times the count is a sum that was added up plainly off from the true one. */
static const double SUM_SLACK = 0x1p-54;
/* And m2, which is a sum of squares of what was rounded already. */
static const double M2_SLACK = 1e-12;
/* Products of counts and digits stay whole. */
static const uint64_t COUNT_MAX = 1 << 20;

/* Exactly so, which the other zero is not. */
static bool digits_of(double number, uint8_t k, int64_t *ret_digits)
{
	double scaled = nearbyint(number * powers[k]);
	if (!(fabs(scaled) <= VALUE_MAX))
		return false;
	*ret_digits = (int64_t)scaled;
	return num_bits((double)*ret_digits / powers[k]) == num_bits(number);
}

static bool sum_of(double sum, uint64_t count, uint8_t k, int64_t *ret_digits)
{
	double digits = nearbyint(sum * powers[k]);
	if (!(fabs(digits) <= SUM_MAX))
		return false;
	*ret_digits = (int64_t)digits;
	return fabs(digits / powers[k] - sum) <= SUM_SLACK * (double)count * fabs(sum);
}

bool decimals_of(const summary_t *s, decimals_t *ret_decimals)
{
	double first = num_of_bits(s->first.bits), last = num_of_bits(s->last.bits);
	decimals_t d = { 0 };
	if (s->count > COUNT_MAX)
		return false;
	while (d.k < POWERS && !(digits_of(first, d.k, &d.first) && digits_of(last, d.k, &d.last) &&
	                         digits_of(s->min, d.k, &d.min) && digits_of(s->max, d.k, &d.max)))
		d.k++;
	if (d.k == POWERS || !sum_of(s->sum, s->count, d.k, &d.sum) ||
	    !sum_of(s->increase, s->count, d.k, &d.increase))
		return false;
	*ret_decimals = d;
	return true;
}

static double unit_of_m2(const summary_t *s, uint8_t k)
{
	return (double)s->count * powers[k] * powers[k];
}

static void put_m2(const decimals_t *d, const summary_t *s, writer_t *w)
{
	double unit = unit_of_m2(s, d->k), whole = nearbyint(s->m2 * unit);
	bool is_same = d->min == d->max || fabs(whole / unit - s->m2) <= M2_SLACK * s->m2;
	/* From disk it may be anything. */
	if (is_same && whole >= 0 && whole <= SUM_MAX) {
		wr_varint(w, 2 * (uint64_t)whole);
	} else {
		wr_varint(w, 1);
		wr_u64_le(w, num_bits(s->m2));
	}
}

static double get_m2(reader_t *r, const summary_t *s, uint8_t k)
{
	uint64_t whole = rd_varint(r);
	if (whole == 1)
		return num_of_bits(rd_u64_le(r));
	r->bad |= whole & 1;
	return (double)(whole >> 1) / unit_of_m2(s, k);
}

void decimals_encode(const decimals_t *d, const summary_t *s, writer_t *w)
{
	wr_u8(w, d->k);
	wr_zigzag(w, d->first);
	wr_zigzag(w, d->last - d->first);
	wr_zigzag(w, d->min - d->first);
	wr_zigzag(w, d->max - d->first);
	wr_zigzag(w, d->sum - (int64_t)s->count * d->first);
	wr_zigzag(w, d->increase);
	put_m2(d, s, w);
}

/* Digits from disk may be anything. */
static double number_from(reader_t *r, uint64_t base, double power)
{
	return (double)(int64_t)(base + (uint64_t)rd_zigzag(r)) / power;
}

void decimals_decode(reader_t *r, summary_t *s)
{
	uint8_t k = rd_u8(r);
	r->bad |= k >= POWERS;
	double power = powers[k < POWERS ? k : 0];
	uint64_t first = (uint64_t)rd_zigzag(r);
	s->first.bits = num_bits((double)(int64_t)first / power);
	s->last.bits = num_bits(number_from(r, first, power));
	s->min = number_from(r, first, power);
	s->max = number_from(r, first, power);
	s->sum = number_from(r, s->count * first, power);
	s->increase = number_from(r, 0, power);
	s->m2 = get_m2(r, s, k < POWERS ? k : 0);
}
