/* SPDX-License-Identifier: Apache-2.0 */
/* Decimal text to the nearest double. Short numbers take one exact multiplication or
 * division; those of up to 19 digits the product with a power of five of 128 bits, which
 * says itself when it cannot decide (D. Lemire, Number Parsing at a Gigabyte per Second,
 * Software: Practice and Experience 51(8), 2021, sections 5 and 6); the rest the C library,
 * without its locale: the decimal sign here is always a point. */
#include <locale.h>
#include <math.h>
#include <stdlib.h>

#include "base/ascii.h"
#include "base/cursor.h"
#include "base/num.h"

typedef unsigned u128_t __attribute__((mode(TI)));

/* What the grammar of a decimal number finds before any value is made. */
typedef struct {
	uint64_t digits; /* all digits of the mantissa as one integer */
	int64_t scale;   /* the value is digits * 10^scale */
	bool is_exact;   /* `digits` and `scale` hold all there is */
	bool is_minus;
	size_t from, to; /* the text without its sign */
} decimal_t;

enum { EXACT_DIGITS = 19, EXACT_POWER = 22, FIVES = 64, F64_TEXT_MAX = 512, EXPONENT_MAX = 10000 };

/* The powers of ten that a double holds exactly. */
static const double POWERS[EXACT_POWER + 1] = {
	1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
	1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
};

/* Upper and lower half of 5^q for q from -FIVES to FIVES, brought to 128 bits by a power of
 * two: cut off for positive q, rounded up for negative. */
static const uint64_t FIVE[2 * FIVES + 1][2] = {
	{ UINT64_C(0xa87fea27a539e9a5), UINT64_C(0x3f2398d747b36224) },
	{ UINT64_C(0xd29fe4b18e88640e), UINT64_C(0x8eec7f0d19a03aad) },
	{ UINT64_C(0x83a3eeeef9153e89), UINT64_C(0x1953cf68300424ac) },
	{ UINT64_C(0xa48ceaaab75a8e2b), UINT64_C(0x5fa8c3423c052dd7) },
	{ UINT64_C(0xcdb02555653131b6), UINT64_C(0x3792f412cb06794d) },
	{ UINT64_C(0x808e17555f3ebf11), UINT64_C(0xe2bbd88bbee40bd0) },
	{ UINT64_C(0xa0b19d2ab70e6ed6), UINT64_C(0x5b6aceaeae9d0ec4) },
	{ UINT64_C(0xc8de047564d20a8b), UINT64_C(0xf245825a5a445275) },
	{ UINT64_C(0xfb158592be068d2e), UINT64_C(0xeed6e2f0f0d56712) },
	{ UINT64_C(0x9ced737bb6c4183d), UINT64_C(0x55464dd69685606b) },
	{ UINT64_C(0xc428d05aa4751e4c), UINT64_C(0xaa97e14c3c26b886) },
	{ UINT64_C(0xf53304714d9265df), UINT64_C(0xd53dd99f4b3066a8) },
	{ UINT64_C(0x993fe2c6d07b7fab), UINT64_C(0xe546a8038efe4029) },
	{ UINT64_C(0xbf8fdb78849a5f96), UINT64_C(0xde98520472bdd033) },
	{ UINT64_C(0xef73d256a5c0f77c), UINT64_C(0x963e66858f6d4440) },
	{ UINT64_C(0x95a8637627989aad), UINT64_C(0xdde7001379a44aa8) },
	{ UINT64_C(0xbb127c53b17ec159), UINT64_C(0x5560c018580d5d52) },
	{ UINT64_C(0xe9d71b689dde71af), UINT64_C(0xaab8f01e6e10b4a6) },
	{ UINT64_C(0x9226712162ab070d), UINT64_C(0xcab3961304ca70e8) },
	{ UINT64_C(0xb6b00d69bb55c8d1), UINT64_C(0x3d607b97c5fd0d22) },
	{ UINT64_C(0xe45c10c42a2b3b05), UINT64_C(0x8cb89a7db77c506a) },
	{ UINT64_C(0x8eb98a7a9a5b04e3), UINT64_C(0x77f3608e92adb242) },
	{ UINT64_C(0xb267ed1940f1c61c), UINT64_C(0x55f038b237591ed3) },
	{ UINT64_C(0xdf01e85f912e37a3), UINT64_C(0x6b6c46dec52f6688) },
	{ UINT64_C(0x8b61313bbabce2c6), UINT64_C(0x2323ac4b3b3da015) },
	{ UINT64_C(0xae397d8aa96c1b77), UINT64_C(0xabec975e0a0d081a) },
	{ UINT64_C(0xd9c7dced53c72255), UINT64_C(0x96e7bd358c904a21) },
	{ UINT64_C(0x881cea14545c7575), UINT64_C(0x7e50d64177da2e54) },
	{ UINT64_C(0xaa242499697392d2), UINT64_C(0xdde50bd1d5d0b9e9) },
	{ UINT64_C(0xd4ad2dbfc3d07787), UINT64_C(0x955e4ec64b44e864) },
	{ UINT64_C(0x84ec3c97da624ab4), UINT64_C(0xbd5af13bef0b113e) },
	{ UINT64_C(0xa6274bbdd0fadd61), UINT64_C(0xecb1ad8aeacdd58e) },
	{ UINT64_C(0xcfb11ead453994ba), UINT64_C(0x67de18eda5814af2) },
	{ UINT64_C(0x81ceb32c4b43fcf4), UINT64_C(0x80eacf948770ced7) },
	{ UINT64_C(0xa2425ff75e14fc31), UINT64_C(0xa1258379a94d028d) },
	{ UINT64_C(0xcad2f7f5359a3b3e), UINT64_C(0x096ee45813a04330) },
	{ UINT64_C(0xfd87b5f28300ca0d), UINT64_C(0x8bca9d6e188853fc) },
	{ UINT64_C(0x9e74d1b791e07e48), UINT64_C(0x775ea264cf55347e) },
	{ UINT64_C(0xc612062576589dda), UINT64_C(0x95364afe032a819e) },
	{ UINT64_C(0xf79687aed3eec551), UINT64_C(0x3a83ddbd83f52205) },
	{ UINT64_C(0x9abe14cd44753b52), UINT64_C(0xc4926a9672793543) },
	{ UINT64_C(0xc16d9a0095928a27), UINT64_C(0x75b7053c0f178294) },
	{ UINT64_C(0xf1c90080baf72cb1), UINT64_C(0x5324c68b12dd6339) },
	{ UINT64_C(0x971da05074da7bee), UINT64_C(0xd3f6fc16ebca5e04) },
	{ UINT64_C(0xbce5086492111aea), UINT64_C(0x88f4bb1ca6bcf585) },
	{ UINT64_C(0xec1e4a7db69561a5), UINT64_C(0x2b31e9e3d06c32e6) },
	{ UINT64_C(0x9392ee8e921d5d07), UINT64_C(0x3aff322e62439fd0) },
	{ UINT64_C(0xb877aa3236a4b449), UINT64_C(0x09befeb9fad487c3) },
	{ UINT64_C(0xe69594bec44de15b), UINT64_C(0x4c2ebe687989a9b4) },
	{ UINT64_C(0x901d7cf73ab0acd9), UINT64_C(0x0f9d37014bf60a11) },
	{ UINT64_C(0xb424dc35095cd80f), UINT64_C(0x538484c19ef38c95) },
	{ UINT64_C(0xe12e13424bb40e13), UINT64_C(0x2865a5f206b06fba) },
	{ UINT64_C(0x8cbccc096f5088cb), UINT64_C(0xf93f87b7442e45d4) },
	{ UINT64_C(0xafebff0bcb24aafe), UINT64_C(0xf78f69a51539d749) },
	{ UINT64_C(0xdbe6fecebdedd5be), UINT64_C(0xb573440e5a884d1c) },
	{ UINT64_C(0x89705f4136b4a597), UINT64_C(0x31680a88f8953031) },
	{ UINT64_C(0xabcc77118461cefc), UINT64_C(0xfdc20d2b36ba7c3e) },
	{ UINT64_C(0xd6bf94d5e57a42bc), UINT64_C(0x3d32907604691b4d) },
	{ UINT64_C(0x8637bd05af6c69b5), UINT64_C(0xa63f9a49c2c1b110) },
	{ UINT64_C(0xa7c5ac471b478423), UINT64_C(0x0fcf80dc33721d54) },
	{ UINT64_C(0xd1b71758e219652b), UINT64_C(0xd3c36113404ea4a9) },
	{ UINT64_C(0x83126e978d4fdf3b), UINT64_C(0x645a1cac083126ea) },
	{ UINT64_C(0xa3d70a3d70a3d70a), UINT64_C(0x3d70a3d70a3d70a4) },
	{ UINT64_C(0xcccccccccccccccc), UINT64_C(0xcccccccccccccccd) },
	{ UINT64_C(0x8000000000000000), UINT64_C(0x0000000000000000) },
	{ UINT64_C(0xa000000000000000), UINT64_C(0x0000000000000000) },
	{ UINT64_C(0xc800000000000000), UINT64_C(0x0000000000000000) },
	{ UINT64_C(0xfa00000000000000), UINT64_C(0x0000000000000000) },
	{ UINT64_C(0x9c40000000000000), UINT64_C(0x0000000000000000) },
	{ UINT64_C(0xc350000000000000), UINT64_C(0x0000000000000000) },
	{ UINT64_C(0xf424000000000000), UINT64_C(0x0000000000000000) },
	{ UINT64_C(0x9896800000000000), UINT64_C(0x0000000000000000) },
	{ UINT64_C(0xbebc200000000000), UINT64_C(0x0000000000000000) },
	{ UINT64_C(0xee6b280000000000), UINT64_C(0x0000000000000000) },
	{ UINT64_C(0x9502f90000000000), UINT64_C(0x0000000000000000) },
	{ UINT64_C(0xba43b74000000000), UINT64_C(0x0000000000000000) },
	{ UINT64_C(0xe8d4a51000000000), UINT64_C(0x0000000000000000) },
	{ UINT64_C(0x9184e72a00000000), UINT64_C(0x0000000000000000) },
	{ UINT64_C(0xb5e620f480000000), UINT64_C(0x0000000000000000) },
	{ UINT64_C(0xe35fa931a0000000), UINT64_C(0x0000000000000000) },
	{ UINT64_C(0x8e1bc9bf04000000), UINT64_C(0x0000000000000000) },
	{ UINT64_C(0xb1a2bc2ec5000000), UINT64_C(0x0000000000000000) },
	{ UINT64_C(0xde0b6b3a76400000), UINT64_C(0x0000000000000000) },
	{ UINT64_C(0x8ac7230489e80000), UINT64_C(0x0000000000000000) },
	{ UINT64_C(0xad78ebc5ac620000), UINT64_C(0x0000000000000000) },
	{ UINT64_C(0xd8d726b7177a8000), UINT64_C(0x0000000000000000) },
	{ UINT64_C(0x878678326eac9000), UINT64_C(0x0000000000000000) },
	{ UINT64_C(0xa968163f0a57b400), UINT64_C(0x0000000000000000) },
	{ UINT64_C(0xd3c21bcecceda100), UINT64_C(0x0000000000000000) },
	{ UINT64_C(0x84595161401484a0), UINT64_C(0x0000000000000000) },
	{ UINT64_C(0xa56fa5b99019a5c8), UINT64_C(0x0000000000000000) },
	{ UINT64_C(0xcecb8f27f4200f3a), UINT64_C(0x0000000000000000) },
	{ UINT64_C(0x813f3978f8940984), UINT64_C(0x4000000000000000) },
	{ UINT64_C(0xa18f07d736b90be5), UINT64_C(0x5000000000000000) },
	{ UINT64_C(0xc9f2c9cd04674ede), UINT64_C(0xa400000000000000) },
	{ UINT64_C(0xfc6f7c4045812296), UINT64_C(0x4d00000000000000) },
	{ UINT64_C(0x9dc5ada82b70b59d), UINT64_C(0xf020000000000000) },
	{ UINT64_C(0xc5371912364ce305), UINT64_C(0x6c28000000000000) },
	{ UINT64_C(0xf684df56c3e01bc6), UINT64_C(0xc732000000000000) },
	{ UINT64_C(0x9a130b963a6c115c), UINT64_C(0x3c7f400000000000) },
	{ UINT64_C(0xc097ce7bc90715b3), UINT64_C(0x4b9f100000000000) },
	{ UINT64_C(0xf0bdc21abb48db20), UINT64_C(0x1e86d40000000000) },
	{ UINT64_C(0x96769950b50d88f4), UINT64_C(0x1314448000000000) },
	{ UINT64_C(0xbc143fa4e250eb31), UINT64_C(0x17d955a000000000) },
	{ UINT64_C(0xeb194f8e1ae525fd), UINT64_C(0x5dcfab0800000000) },
	{ UINT64_C(0x92efd1b8d0cf37be), UINT64_C(0x5aa1cae500000000) },
	{ UINT64_C(0xb7abc627050305ad), UINT64_C(0xf14a3d9e40000000) },
	{ UINT64_C(0xe596b7b0c643c719), UINT64_C(0x6d9ccd05d0000000) },
	{ UINT64_C(0x8f7e32ce7bea5c6f), UINT64_C(0xe4820023a2000000) },
	{ UINT64_C(0xb35dbf821ae4f38b), UINT64_C(0xdda2802c8a800000) },
	{ UINT64_C(0xe0352f62a19e306e), UINT64_C(0xd50b2037ad200000) },
	{ UINT64_C(0x8c213d9da502de45), UINT64_C(0x4526f422cc340000) },
	{ UINT64_C(0xaf298d050e4395d6), UINT64_C(0x9670b12b7f410000) },
	{ UINT64_C(0xdaf3f04651d47b4c), UINT64_C(0x3c0cdd765f114000) },
	{ UINT64_C(0x88d8762bf324cd0f), UINT64_C(0xa5880a69fb6ac800) },
	{ UINT64_C(0xab0e93b6efee0053), UINT64_C(0x8eea0d047a457a00) },
	{ UINT64_C(0xd5d238a4abe98068), UINT64_C(0x72a4904598d6d880) },
	{ UINT64_C(0x85a36366eb71f041), UINT64_C(0x47a6da2b7f864750) },
	{ UINT64_C(0xa70c3c40a64e6c51), UINT64_C(0x999090b65f67d924) },
	{ UINT64_C(0xd0cf4b50cfe20765), UINT64_C(0xfff4b4e3f741cf6d) },
	{ UINT64_C(0x82818f1281ed449f), UINT64_C(0xbff8f10e7a8921a4) },
	{ UINT64_C(0xa321f2d7226895c7), UINT64_C(0xaff72d52192b6a0d) },
	{ UINT64_C(0xcbea6f8ceb02bb39), UINT64_C(0x9bf4f8a69f764490) },
	{ UINT64_C(0xfee50b7025c36a08), UINT64_C(0x02f236d04753d5b4) },
	{ UINT64_C(0x9f4f2726179a2245), UINT64_C(0x01d762422c946590) },
	{ UINT64_C(0xc722f0ef9d80aad6), UINT64_C(0x424d3ad2b7b97ef5) },
	{ UINT64_C(0xf8ebad2b84e0d58b), UINT64_C(0xd2e0898765a7deb2) },
	{ UINT64_C(0x9b934c3b330c8577), UINT64_C(0x63cc55f49f88eb2f) },
	{ UINT64_C(0xc2781f49ffcfa6d5), UINT64_C(0x3cbf6b71c76b25fb) },
};

/* Grammar. */

/* The digits from `at` on; returns where they end. What does not fit has more digits than
 * the caller takes for exact. */
static size_t take_digits(slice_t text, size_t at, uint64_t *digits)
{
	uint64_t value = *digits;
	while (at < text.len && ascii_is_digit(text.ptr[at]))
		value = value * 10 + (uint64_t)(text.ptr[at++] - '0');
	*digits = value;
	return at;
}

static size_t take_sign(slice_t text, size_t at, bool *is_minus)
{
	*is_minus = at < text.len && text.ptr[at] == '-';
	return at + (*is_minus || (at < text.len && text.ptr[at] == '+'));
}

/* False: an exponent without digits. */
static bool take_exponent(slice_t text, decimal_t *d)
{
	bool is_minus;
	uint64_t power = 0;
	size_t from = take_sign(text, d->to + 1, &is_minus);
	size_t to = take_digits(text, from, &power);
	if (to == from)
		return false;
	d->is_exact = d->is_exact && to - from < EXACT_DIGITS && power < EXPONENT_MAX;
	if (d->is_exact)
		d->scale += is_minus ? -(int64_t)power : (int64_t)power;
	d->to = to;
	return true;
}

/* digits [ "." digits ] [ "e" [sign] digits ], with a digit somewhere. */
static bool decimal_scan(slice_t text, decimal_t *d)
{
	*d = (decimal_t){ 0 };
	d->from = take_sign(text, 0, &d->is_minus);
	size_t whole = take_digits(text, d->from, &d->digits), end = whole;
	size_t count = whole - d->from;
	if (whole < text.len && text.ptr[whole] == '.') {
		end = take_digits(text, whole + 1, &d->digits);
		d->scale = -(int64_t)(end - whole - 1);
		count += end - whole - 1;
	}
	d->is_exact = count <= EXACT_DIGITS;
	d->to = end;
	bool has_exponent = end < text.len && (text.ptr[end] | 0x20) == 'e';
	return count > 0 && (!has_exponent || take_exponent(text, d));
}

/* Values. */

static bool easy(const decimal_t *d, double *ret_value)
{
	if (d->digits > UINT64_C(1) << 53 || d->scale < -EXACT_POWER || d->scale > EXACT_POWER)
		return false;
	double digits = (double)d->digits;
	*ret_value = d->scale < 0 ? digits / POWERS[-d->scale] : digits * POWERS[d->scale];
	return true;
}

/* The upper 128 of the 192 bits of w * 5^q, as far as they are needed. */
static u128_t product(uint64_t w, int64_t q)
{
	const uint64_t *five = FIVE[q + FIVES];
	u128_t first = (u128_t)w * five[0];
	/* Nine bits decide how a mantissa of 53 is rounded. */
	if (((uint64_t)(first >> 64) & 0x1FF) == 0x1FF)
		first += (u128_t)w * five[1] >> 64;
	return first;
}

/* Half way between two doubles: only then both the even one and its neighbour are as near. */
static bool is_half_way(u128_t bits, uint64_t mantissa, unsigned shift, int64_t q)
{
	return (uint64_t)bits <= 1 && q >= -4 && q <= 23 && (mantissa & 3) == 1 &&
	       mantissa << shift == (uint64_t)(bits >> 64);
}

/* 2^power of a power far from the ends of the range. */
static double two_to(int64_t power)
{
	double value;
	uint64_t bits = (uint64_t)(power + 1023) << 52;
	memcpy(&value, &bits, sizeof(value));
	return value;
}

/* False: it cannot say. `digits` is not 0. */
static bool by_fives(const decimal_t *d, double *ret_value)
{
	int64_t q = d->scale;
	if (q < -FIVES || q > FIVES)
		return false;
	int zeros = __builtin_clzll(d->digits);
	u128_t bits = product(d->digits << zeros, q);
	if ((uint64_t)bits == UINT64_MAX && (q < -27 || q > 55))
		return false;
	uint64_t high = (uint64_t)(bits >> 64);
	unsigned top = (unsigned)(high >> 63), shift = top + 9;
	uint64_t mantissa = high >> shift;
	if (is_half_way(bits, mantissa, shift, q))
		mantissa &= ~UINT64_C(1);
	mantissa = (mantissa + (mantissa & 1)) >> 1;
	/* 152170 / 65536 is log2(5), near enough for these powers. */
	int64_t power = (((152170 + 65536) * q) >> 16) + 63 + (int)top - zeros;
	*ret_value = (double)mantissa * two_to(power - 52);
	return true;
}

/* The library wants the point of its locale. */
static err_t by_library(slice_t text, double *ret_value)
{
	char buf[F64_TEXT_MAX + 16];
	writer_t w = writer_of(buf, sizeof(buf) - 1);
	slice_t rest = text;
	if (text.len > F64_TEXT_MAX)
		return ERR_TOO_BIG;
	wr_bytes(&w, slice_cut(&rest, '.'));
	if (slice_find(text, '.') < text.len)
		wr_bytes(&w, slice_str(localeconv()->decimal_point));
	wr_bytes(&w, rest);
	if (w.bad)
		return ERR_TOO_BIG;
	buf[w.len] = '\0';
	double value = strtod(buf, NULL);
	if (!isfinite(value))
		return ERR_INVALID;
	*ret_value = value;
	return ERR_OK;
}

err_t num_take_f64(slice_t *text, double *ret_value)
{
	decimal_t d;
	double value = 0;
	err_t err = ERR_OK;
	if (!decimal_scan(*text, &d))
		return ERR_MALFORMED;
	if (!d.is_exact)
		err = by_library(slice_sub(*text, d.from, d.to - d.from), &value);
	else if (d.digits != 0 && !easy(&d, &value) && !by_fives(&d, &value))
		err = by_library(slice_sub(*text, d.from, d.to - d.from), &value);
	if (err)
		return err;
	*text = slice_from(*text, d.to);
	*ret_value = d.is_minus ? -value : value;
	return ERR_OK;
}

err_t num_parse_f64(slice_t text, double *ret_value)
{
	double value;
	err_t err = text.len > F64_TEXT_MAX ? ERR_TOO_BIG : num_take_f64(&text, &value);
	if (err || text.len)
		return err ? err : ERR_MALFORMED;
	*ret_value = value;
	return ERR_OK;
}
