/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers as text, without the C locale: the decimal sign here is always a
 * point, whatever setlocale() was told. */
#include "base/num.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/ascii.h"
#include "base/cursor.h"

err_t num_parse_u64(slice_t text, uint64_t max, uint64_t *ret_value)
{
	uint64_t value = 0;
	bool over = false;
	if (text.len == 0)
		return ERR_MALFORMED;
	for (size_t i = 0; i < text.len; i++) {
		if (!ascii_is_digit(text.ptr[i]))
			return ERR_MALFORMED;
		uint64_t digit = (uint64_t)(text.ptr[i] - '0');
		over = over || __builtin_mul_overflow(value, 10, &value) ||
		       __builtin_add_overflow(value, digit, &value);
	}
	if (over || value > max)
		return ERR_INVALID;
	*ret_value = value;
	return ERR_OK;
}

/* Takes one leading '+' or '-' off `*text`; true if it was a minus. */
static bool cut_sign(slice_t *text)
{
	bool minus = slice_starts(*text, SLICE("-"));
	if (minus || slice_starts(*text, SLICE("+")))
		*text = slice_from(*text, 1);
	return minus;
}

err_t num_parse_i64(slice_t text, int64_t *ret_value)
{
	bool minus = cut_sign(&text);
	uint64_t magnitude;
	err_t err = num_parse_u64(text, (uint64_t)INT64_MAX + minus, &magnitude);
	if (err)
		return err;
	*ret_value = minus ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
	return ERR_OK;
}

typedef struct {
	const char *name;
	uint64_t factor;
} unit_t;

/* A count and one of the units, at most `max` after scaling. */
static err_t parse_with_unit(slice_t text, const unit_t *units, uint64_t max, uint64_t *ret_value)
{
	size_t digits = 0;
	while (digits < text.len && ascii_is_digit(text.ptr[digits]))
		digits++;
	uint64_t count, value;
	err_t err = num_parse_u64(slice_sub(text, 0, digits), max, &count);
	if (err)
		return err;
	slice_t name = slice_from(text, digits);
	while (units->name && !slice_eq(name, slice_str(units->name)))
		units++;
	if (!units->name)
		return ERR_MALFORMED;
	if (__builtin_mul_overflow(count, units->factor, &value) || value > max)
		return ERR_INVALID;
	*ret_value = value;
	return ERR_OK;
}

err_t num_parse_duration(slice_t text, int64_t *ret_ns)
{
	static const unit_t UNITS[] = {
		{ "ms", UINT64_C(1000000) },       { "s", UINT64_C(1000000000) },
		{ "m", UINT64_C(60000000000) },    { "h", UINT64_C(3600000000000) },
		{ "d", UINT64_C(86400000000000) }, { NULL, 0 },
	};
	uint64_t ns;
	err_t err = parse_with_unit(text, UNITS, INT64_MAX, &ns);
	if (err)
		return err;
	*ret_ns = (int64_t)ns;
	return ERR_OK;
}

err_t num_parse_size(slice_t text, uint64_t *ret_bytes)
{
	static const unit_t UNITS[] = {
		{ "", 1 },
		{ "K", UINT64_C(1) << 10 },
		{ "M", UINT64_C(1) << 20 },
		{ "G", UINT64_C(1) << 30 },
		{ NULL, 0 },
	};
	return parse_with_unit(text, UNITS, UINT64_MAX, ret_bytes);
}

void num_to_hex(slice_t bytes, char *out)
{
	static const char DIGITS[] = "0123456789abcdef";
	for (size_t i = 0; i < bytes.len; i++) {
		out[2 * i] = DIGITS[bytes.ptr[i] >> 4];
		out[2 * i + 1] = DIGITS[bytes.ptr[i] & 15];
	}
	out[2 * bytes.len] = '\0';
}

/* The value of a hexadecimal digit, or -1. */
static int hex_value(uint8_t c)
{
	if (ascii_is_digit(c))
		return c - '0';
	uint8_t lower = c | 0x20;
	return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* The next digit behind any blanks: its value, -1 if foreign, -2 at the end. */
static int hex_next(reader_t *r)
{
	while (r->in.len) {
		uint8_t c = rd_u8(r);
		bool blank = c == ' ' || c == '\t' || c == '\r' || c == '\n';
		if (!blank)
			return hex_value(c);
	}
	return -2;
}

err_t num_from_hex(slice_t text, uint8_t *out, size_t cap, size_t *ret_len)
{
	reader_t r = reader_of(text);
	size_t len = 0;
	for (int high = hex_next(&r); high != -2; high = hex_next(&r)) {
		int low = hex_next(&r);
		if (high < 0 || low < 0)
			return ERR_MALFORMED;
		if (len == cap)
			return ERR_TOO_BIG;
		out[len++] = (uint8_t)(high << 4 | low);
	}
	*ret_len = len;
	return ERR_OK;
}

/* snprintf writes the decimal sign of its locale, which may be several bytes:
 * whatever run of bytes cannot belong to a number becomes one point. */
static void make_point(char *text)
{
	size_t sign = strspn(text, "+-0123456789eE");
	if (text[sign] == '\0')
		return;
	size_t run = strcspn(&text[sign], "+-0123456789eE");
	text[sign] = '.';
	memmove(&text[sign + 1], &text[sign + run], strlen(&text[sign + run]) + 1);
}

static const char *nonfinite_name(double value)
{
	if (isnan(value))
		return "nan";
	return value > 0 ? "inf" : "-inf";
}

const uint64_t NUM_TENS[NUM_TENS_COUNT] = {
	UINT64_C(1),
	UINT64_C(10),
	UINT64_C(100),
	UINT64_C(1000),
	UINT64_C(10000),
	UINT64_C(100000),
	UINT64_C(1000000),
	UINT64_C(10000000),
	UINT64_C(100000000),
	UINT64_C(1000000000),
	UINT64_C(10000000000),
	UINT64_C(100000000000),
	UINT64_C(1000000000000),
	UINT64_C(10000000000000),
	UINT64_C(100000000000000),
	UINT64_C(1000000000000000),
	UINT64_C(10000000000000000),
	UINT64_C(100000000000000000),
	UINT64_C(1000000000000000000),
	UINT64_C(10000000000000000000),
};

char *num_put_digits(char *end, uint64_t value, unsigned least)
{
	static const char PAIRS[] = "00010203040506070809101112131415161718192021222324"
				    "25262728293031323334353637383940414243444546474849"
				    "50515253545556575859606162636465666768697071727374"
				    "75767778798081828384858687888990919293949596979899";
	char *at = end;
	for (; value >= 10; value /= 100) {
		at -= 2;
		memcpy(at, &PAIRS[2 * (value % 100)], 2);
	}
	if (value)
		*--at = (char)('0' + value);
	while (end - at < (ptrdiff_t)least)
		*--at = '0';
	return at;
}

/* `digits` with a point before the last `decimals` of them. */
static void put_decimal(char buf[32], bool minus, uint64_t digits, unsigned decimals)
{
	char text[32], *at = &text[sizeof(text) - 1];
	*at = '\0';
	if (decimals) {
		at = num_put_digits(at, digits % NUM_TENS[decimals], decimals);
		*--at = '.';
	}
	at = num_put_digits(at, digits / NUM_TENS[decimals], 1);
	if (minus)
		*--at = '-';
	memcpy(buf, at, (size_t)(&text[sizeof(text)] - at));
}

/* Most numbers machines send have few decimals. When under 16 digits divided by
 * a power of ten give the value exactly as a parser would, they are its text:
 * no two such texts read as one double, and what fewer decimals can say is found with
 * more of them, which then end in zeros. False when the value is not so. */
static bool format_plain(double value, char buf[32])
{
	enum { DECIMALS_MAX = 6 };
	static const double POWERS[DECIMALS_MAX + 1] = { 1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6 };
	double size = fabs(value);
	if (size >= 1e15 || (size < 1e-4 && size > 0))
		return false;
	unsigned decimals = (double)(int64_t)size == size ? 0 : DECIMALS_MAX;
	while (decimals > 0 && size * POWERS[decimals] >= 1e15)
		decimals--;
	uint64_t digits = (uint64_t)(int64_t)(size * POWERS[decimals] + 0.5);
	if ((double)digits / POWERS[decimals] != size)
		return false;
	for (; decimals > 0 && digits % 10 == 0; decimals--)
		digits /= 10;
	put_decimal(buf, signbit(value), digits, decimals);
	return true;
}

typedef unsigned u128_t __attribute__((mode(TI)));

/* A positive double as mantissa / 2^shift. */
typedef struct {
	uint64_t mantissa;
	unsigned shift;
} binary_t;

/* The whole number nearest to value * 10^decimals; of two the even one. */
static uint64_t scaled(binary_t value, unsigned decimals)
{
	u128_t exact = (u128_t)value.mantissa * NUM_TENS[decimals];
	u128_t half = (u128_t)1 << (value.shift - 1);
	u128_t rest = exact & ((half << 1) - 1);
	uint64_t digits = (uint64_t)(exact >> value.shift);
	return digits + (rest > half || (rest == half && digits % 2));
}

/* Whether no double is nearer to digits / 10^decimals than this value. */
static bool reads_back(binary_t value, uint64_t digits, unsigned decimals)
{
	u128_t told = (u128_t)digits << value.shift;
	u128_t meant = (u128_t)value.mantissa * NUM_TENS[decimals];
	u128_t off = told > meant ? told - meant : meant - told;
	/* Below a power of two the next double is half as far. */
	if (value.mantissa == UINT64_C(1) << (DBL_MANT_DIG - 1) && told < meant)
		off *= 2;
	return off * 2 < NUM_TENS[decimals] ||
	       (off * 2 == NUM_TENS[decimals] && value.mantissa % 2 == 0);
}

/* Digits before the point of a number from 0.001 to below 1e15; for smaller ones than 1 as
 * many less as zeros follow it. */
static int whole_digits(double size)
{
	int whole = 1;
	while (whole < 15 && size >= (double)NUM_TENS[whole])
		whole++;
	for (double least = 1; size < least && whole > -2; least /= 10)
		whole--;
	return whole;
}

/* What 15 to 17 digits say, in whole numbers that hold every product exactly: values
 * whose texts have no exponent and whose scales fit into 64 bits. False: none of these. */
static bool format_exact(double value, char buf[32])
{
	int exponent;
	double size = fabs(value);
	if (!(size >= 1e-3 && size < 1e15))
		return false;
	uint64_t mantissa = (uint64_t)ldexp(frexp(size, &exponent), DBL_MANT_DIG);
	binary_t binary = { mantissa, (unsigned)(DBL_MANT_DIG - exponent) };
	int whole = whole_digits(size);
	for (int precision = DBL_DIG; precision <= DBL_DECIMAL_DIG; precision++) {
		unsigned decimals = (unsigned)(precision - whole);
		uint64_t digits = scaled(binary, decimals);
		if (!reads_back(binary, digits, decimals))
			continue;
		for (; decimals > 0 && digits % 10 == 0; decimals--)
			digits /= 10;
		put_decimal(buf, signbit(value), digits, decimals);
		return true;
	}
	return false;
}

/* A normal double holds 15 digits for sure, so fewer never need a try of their
 * own: %g drops trailing zeros. A subnormal may hold only one. */
static void format_by_library(double value, char buf[32])
{
	int precision = fabs(value) < DBL_MIN ? 1 : DBL_DIG;
	for (; precision <= DBL_DECIMAL_DIG; precision++) {
		snprintf(buf, 32, "%.*g", precision, value);
		if (strtod(buf, NULL) == value)
			break;
	}
	make_point(buf);
}

const char *num_format_f64(double value, char buf[32])
{
	if (!isfinite(value))
		snprintf(buf, 32, "%s", nonfinite_name(value));
	else if (!format_plain(value, buf) && !format_exact(value, buf))
		format_by_library(value, buf);
	return buf;
}

/* A float of a few decimals is found by its whole number of them; the double nearest to
 * their quotient is written with just these digits. */
static bool find_decimal(float value, double *ret_decimal)
{
	double size = fabs((double)value);
	for (size_t k = 0;
	     k < FLT_DECIMAL_DIG && size * (double)NUM_TENS[k] < (double)NUM_TENS[FLT_DIG + 1];
	     k++) {
		double decimal = nearbyint((double)value * (double)NUM_TENS[k]) /
		                 (double)NUM_TENS[k];
		if (decimal != 0 && (float)decimal == value) {
			*ret_decimal = decimal;
			return true;
		}
	}
	return false;
}

const char *num_format_f32(float value, char buf[32])
{
	double decimal = (double)value;
	if (!isfinite(value) || value == 0 || find_decimal(value, &decimal))
		return num_format_f64(decimal, buf);
	for (int digits = 1; digits <= FLT_DECIMAL_DIG; digits++) {
		snprintf(buf, 32, "%.*g", digits, decimal);
		if (strtof(buf, NULL) == value)
			break;
	}
	make_point(buf);
	return buf;
}

static uint64_t mix(uint64_t h)
{
	h = (h ^ h >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
	h = (h ^ h >> 27) * UINT64_C(0x94D049BB133111EB);
	return h ^ h >> 31;
}

/* Each step is a bijection of the state, so two inputs of one length that differ
 * in one word never meet; the length itself goes in with the seed. */
uint64_t num_hash(slice_t bytes, uint64_t seed)
{
	uint64_t h = mix(seed + bytes.len * UINT64_C(0x9E3779B97F4A7C15));
	size_t i = 0;
	for (; bytes.len - i >= 8; i += 8) {
		h = (h ^ load_u64_le(&bytes.ptr[i])) * UINT64_C(0xD6E8FEB86659FD93);
		h ^= h >> 32;
	}
	uint64_t tail = 0;
	for (; i < bytes.len; i++)
		tail = tail << 8 | bytes.ptr[i];
	return mix((h ^ tail) * UINT64_C(0xD6E8FEB86659FD93));
}

static uint64_t rotate_left(uint64_t v, unsigned by)
{
	return v << by | v >> (64 - by);
}

rng_t rng_of(uint64_t seed)
{
	rng_t r;
	for (size_t i = 0; i < 4; i++) {
		seed += UINT64_C(0x9E3779B97F4A7C15);
		r.s[i] = mix(seed);
	}
	return r;
}

uint64_t rng_next(rng_t *r)
{
	uint64_t *s = r->s;
	uint64_t out = rotate_left(s[1] * 5, 7) * 9;
	uint64_t shifted = s[1] << 17;
	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= shifted;
	s[3] = rotate_left(s[3], 45);
	return out;
}

uint64_t rng_below(rng_t *r, uint64_t below)
{
	assert(below > 0);
	/* Draws under 2^64 mod below would make the small results likelier. */
	uint64_t unfair = (0 - below) % below;
	uint64_t draw = rng_next(r);
	while (draw < unfair)
		draw = rng_next(r);
	return draw % below;
}

double rng_unit(rng_t *r)
{
	return (double)(rng_next(r) >> 11) * 0x1p-53;
}

/* Marsaglia's polar method; the second value is thrown away so that the state
 * is the four words alone. */
double rng_normal(rng_t *r)
{
	double x, length;
	do {
		x = 2 * rng_unit(r) - 1;
		double y = 2 * rng_unit(r) - 1;
		length = x * x + y * y;
	} while (length >= 1 || length == 0);
	return x * sqrt(-2 * log(length) / length);
}
