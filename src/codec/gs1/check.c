/* SPDX-License-Identifier: Apache-2.0 */
/* What parts of values are held to, one function for each check of the dictionary. */
#include "base/ascii.h"
#include "base/num.h"
#include "codec/gs1/table.h"

enum { COMPANY_MIN = 4, MOD_ALPHA = 1021, MOD_IBAN = 97, IBAN_MIN = 5 };

/* 82 characters in the order the check of GMNs counts them. */
int gs1_character(uint8_t c)
{
	static const char all[] = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_"
				  "abcdefghijklmnopqrstuvwxyz";
	size_t at = slice_find(slice_str(all), c);
	return at < sizeof(all) - 1 ? (int)at : -1;
}

/* The part as a number; parts this is asked of are short and of digits. */
static uint64_t number(slice_t digits)
{
	uint64_t value = 0;
	return num_parse_u64(digits, UINT64_MAX, &value) ? 0 : value;
}

static uint64_t number_at(slice_t part, size_t at, size_t len)
{
	return number(slice_sub(part, at, len));
}

/* Weights 3 and 1 from the right, the check digit itself with 1. */
bool gs1_check_digit_good(slice_t digits)
{
	unsigned sum = 0, weight = 1;
	for (size_t i = digits.len; i-- > 0; weight = 4 - weight)
		sum += weight * (unsigned)(digits.ptr[i] - '0');
	return digits.len > 1 && sum % 10 == 0;
}

static gs1_problem_t check_csum(slice_t part)
{
	return gs1_check_digit_good(part) ? GS1_GOOD : GS1_CHECK_DIGIT;
}

/* Each character times a prime that grows from the right, modulo 1021, as two of 32. */
static gs1_problem_t check_csumalpha(slice_t part)
{
	static const uint8_t primes[] = { 2,  3,  5,  7,  11, 13, 17, 19, 23, 29, 31, 37,
		                          41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83 };
	static const char pairs[] = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
	unsigned sum = 0;
	if (part.len < 3 || part.len - 2 > sizeof(primes))
		return GS1_SHORT;
	for (size_t i = 0; i < part.len - 2; i++)
		sum += (unsigned)gs1_character(part.ptr[i]) * primes[part.len - 3 - i];
	sum %= MOD_ALPHA;
	return (char)part.ptr[part.len - 2] == pairs[sum / 32] &&
	                       (char)part.ptr[part.len - 1] == pairs[sum % 32]
	               ? GS1_GOOD
	               : GS1_CHECK_PAIR;
}

static gs1_problem_t check_key(slice_t part)
{
	slice_t company = slice_sub(part, 0, COMPANY_MIN);
	return company.len == COMPANY_MIN && ascii_is_digits(company) ? GS1_GOOD : GS1_COMPANY;
}

static gs1_problem_t check_keyoff1(slice_t part)
{
	return check_key(slice_from(part, 1));
}

/* Years of two digits stand for 50 on either side of now: among these, each fourth is a
 * leap year. */
static bool is_day(uint64_t year, uint64_t month, uint64_t day)
{
	static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	if (month < 1 || month > 12)
		return false;
	bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0 || year < 100);
	return day <= (uint64_t)days[month - 1] + (month == 2 && is_leap);
}

/* Day 00 stands for the month. */
static gs1_problem_t check_yymmd0(slice_t part)
{
	return is_day(number_at(part, 0, 2), number_at(part, 2, 2), number_at(part, 4, 2))
	               ? GS1_GOOD
	               : GS1_DATE;
}

static gs1_problem_t check_yymmdd(slice_t part)
{
	return number_at(part, 4, 2) > 0 ? check_yymmd0(part) : GS1_DATE;
}

static gs1_problem_t check_yyyymmdd(slice_t part)
{
	uint64_t year = number_at(part, 0, 4), day = number_at(part, 6, 2);
	return year > 99 && day > 0 && is_day(year, number_at(part, 4, 2), day) ? GS1_GOOD
	                                                                        : GS1_DATE;
}

static gs1_problem_t check_hh(slice_t part)
{
	return number(part) < 24 ? GS1_GOOD : GS1_TIME;
}

static gs1_problem_t check_mi(slice_t part)
{
	return number(part) < 60 ? GS1_GOOD : GS1_TIME;
}

static gs1_problem_t check_ss(slice_t part)
{
	return check_mi(part);
}

static gs1_problem_t check_hhmi(slice_t part)
{
	return number_at(part, 0, 2) < 24 && number_at(part, 2, 2) < 60 ? GS1_GOOD : GS1_TIME;
}

static bool is_listed(const uint16_t *list, uint64_t code)
{
	while (*list && *list != code)
		list++;
	return *list != 0;
}

static gs1_problem_t check_iso3166(slice_t part)
{
	return is_listed(GS1_COUNTRIES, number(part)) ? GS1_GOOD : GS1_COUNTRY;
}

/* 999 stands for several countries. */
static gs1_problem_t check_iso3166999(slice_t part)
{
	return number(part) == 999 ? GS1_GOOD : check_iso3166(part);
}

static gs1_problem_t check_iso3166alpha2(slice_t part)
{
	slice_t all = slice_str(GS1_COUNTRY_LETTERS);
	for (size_t i = 0; i < all.len; i += 2)
		if (slice_eq(slice_sub(all, i, 2), part))
			return GS1_GOOD;
	return GS1_COUNTRY;
}

static gs1_problem_t check_iso4217(slice_t part)
{
	return is_listed(GS1_CURRENCIES, number(part)) ? GS1_GOOD : GS1_CURRENCY;
}

static gs1_problem_t one_of(slice_t part, const char *list)
{
	slice_t all = slice_str(list);
	return part.len == 1 && slice_find(all, part.ptr[0]) < all.len ? GS1_GOOD : GS1_OUT_OF_LIST;
}

static gs1_problem_t check_iso5218(slice_t part)
{
	return one_of(part, "0129");
}

static gs1_problem_t check_yesno(slice_t part)
{
	return one_of(part, "01");
}

static gs1_problem_t check_zero(slice_t part)
{
	return number(part) == 0 ? GS1_GOOD : GS1_OUT_OF_LIST;
}

static gs1_problem_t check_nonzero(slice_t part)
{
	return number(part) != 0 ? GS1_GOOD : GS1_OUT_OF_LIST;
}

static gs1_problem_t check_nozeroprefix(slice_t part)
{
	return part.len > 1 && part.ptr[0] == '0' ? GS1_OUT_OF_LIST : GS1_GOOD;
}

static gs1_problem_t check_hasnondigit(slice_t part)
{
	return ascii_is_digits(part) ? GS1_OUT_OF_LIST : GS1_GOOD;
}

static gs1_problem_t check_winding(slice_t part)
{
	return one_of(part, "019");
}

static gs1_problem_t check_hyphen(slice_t part)
{
	return one_of(part, "-");
}

static gs1_problem_t check_pieceoftotal(slice_t part)
{
	uint64_t piece = number_at(part, 0, 2), total = number_at(part, 2, 2);
	return piece > 0 && piece <= total ? GS1_GOOD : GS1_PIECE;
}

/* "1/2" */
static gs1_problem_t check_posinseqslash(slice_t part)
{
	if (part.len != 3 || part.ptr[1] != '/' || !ascii_is_digits(slice_sub(part, 0, 1)) ||
	    !ascii_is_digits(slice_from(part, 2)))
		return GS1_PIECE;
	return part.ptr[0] > '0' && part.ptr[0] <= part.ptr[2] ? GS1_GOOD : GS1_PIECE;
}

static gs1_problem_t check_importeridx(slice_t part)
{
	return part.len == 1 && ascii_is_word(part, SLICE("-_")) ? GS1_GOOD : GS1_OUT_OF_LIST;
}

/* Ten-millionths of a degree from the south pole and from the date line. */
static gs1_problem_t check_latitude(slice_t part)
{
	return number(part) <= 1800000000 ? GS1_GOOD : GS1_OUT_OF_LIST;
}

static gs1_problem_t check_longitude(slice_t part)
{
	return number(part) <= 3600000000 ? GS1_GOOD : GS1_OUT_OF_LIST;
}

static gs1_problem_t check_mediatype(slice_t part)
{
	uint64_t code = number(part);
	return (code >= 1 && code <= 10) || code >= 80 ? GS1_GOOD : GS1_OUT_OF_LIST;
}

/* Text beyond the 82 characters is percent-encoded inside of the value. */
static gs1_problem_t check_pcenc(slice_t part)
{
	for (size_t i = 0; i < part.len; i++)
		if (part.ptr[i] == '%' &&
		    (i + 2 >= part.len || !ascii_all(slice_sub(part, i + 1, 2), ascii_is_hex)))
			return GS1_ESCAPE;
	return GS1_GOOD;
}

/* Four characters from the front go behind; letters count 10 to 35; the whole is 1
 * modulo 97. */
static gs1_problem_t check_iban(slice_t part)
{
	unsigned rest = 0;
	if (part.len < IBAN_MIN)
		return GS1_SHORT;
	for (size_t i = 0; i < part.len; i++) {
		uint8_t c = part.ptr[(i + 4) % part.len];
		if (ascii_is_digit(c))
			rest = (rest * 10 + (unsigned)(c - '0')) % MOD_IBAN;
		else if (ascii_is_upper(c))
			rest = (rest * 100 + 10 + (unsigned)(c - 'A')) % MOD_IBAN;
		else
			return GS1_CHARACTER;
	}
	return rest == 1 ? GS1_GOOD : GS1_ACCOUNT;
}

#define X(name, function) [GS1_CHECK_##name] = { check_##function },
static const struct {
	gs1_problem_t (*check)(slice_t part);
} checks[GS1_CHECK_COUNT] = { GS1_CHECK_ROWS(X) };
#undef X

gs1_problem_t gs1_part_check(gs1_check_t check, slice_t part)
{
	return check == GS1_CHECK_NONE ? GS1_GOOD : checks[check].check(part);
}
