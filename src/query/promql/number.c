/* SPDX-License-Identifier: Apache-2.0 */
/* The shortest digits are those of base/num; where the point goes is the language's. */
#include <math.h>

#include "base/ascii.h"
#include "base/num.h"
#include "query/promql/promql.h"

typedef struct {
	char digits[32];
	int count, point; /* digits, and how many stand in front of the point */
} decimal_t;

static decimal_t decimal_of(double value)
{
	char text[32];
	decimal_t d = { .count = 0 };
	int exponent = 0;
	bool is_behind = false;
	(void)num_format_f64(value, text);
	slice_t rest = slice_str(text);
	slice_t mantissa = slice_cut(&rest, 'e');
	int64_t power = 0;
	if (rest.len && num_parse_i64(rest, &power) == ERR_OK)
		exponent = (int)power;
	for (size_t i = 0; i < mantissa.len; i++) {
		uint8_t c = mantissa.ptr[i];
		is_behind |= c == '.';
		if (!ascii_is_digit(c) || (c == '0' && d.count == 0 && !is_behind))
			continue;
		d.point += !is_behind;
		if (c == '0' && d.count == 0)
			d.point--;
		else
			d.digits[d.count++] = (char)c;
	}
	while (d.count && d.digits[d.count - 1] == '0')
		d.count--;
	d.point += exponent;
	return d;
}

static void put_scientific(const decimal_t *d, writer_t *w)
{
	int power = d->point - 1;
	wr_u8(w, (uint8_t)d->digits[0]);
	if (d->count > 1)
		wr_u8(w, '.');
	wr_bytes(w, slice_of(&d->digits[1], (size_t)d->count - 1));
	wr_format(w, "e%c%02d", power < 0 ? '-' : '+', power < 0 ? -power : power);
}

static void put_plain(const decimal_t *d, writer_t *w)
{
	if (d->point <= 0)
		wr_bytes(w, SLICE("0"));
	for (int i = 0; i < d->point; i++)
		wr_u8(w, i < d->count ? (uint8_t)d->digits[i] : '0');
	if (d->count > d->point)
		wr_u8(w, '.');
	for (int i = d->point; i < d->count; i++)
		wr_u8(w, i < 0 ? '0' : (uint8_t)d->digits[i]);
}

static void put_number(double value, bool may_be_scientific, writer_t *w)
{
	double size = fabs(value);
	if (isnan(value)) {
		wr_bytes(w, SLICE("NaN"));
		return;
	}
	wr_bytes(w, signbit(value) ? SLICE("-") : isinf(value) ? SLICE("+") : SLICE(""));
	if (isinf(value)) {
		wr_bytes(w, SLICE("Inf"));
		return;
	}
	decimal_t d = decimal_of(size);
	if (d.count == 0)
		wr_bytes(w, SLICE("0"));
	else if (may_be_scientific && (size < 1e-6 || size >= 1e21))
		put_scientific(&d, w);
	else
		put_plain(&d, w);
}

void promql_put_number(double value, writer_t *w)
{
	put_number(value, true, w);
}

void promql_put_digits(double value, writer_t *w)
{
	put_number(value, false, w);
}
