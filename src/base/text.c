/* SPDX-License-Identifier: Apache-2.0 */
/* Times by civil-calendar arithmetic: years are counted from March, so that the
 * leap day is the last of its year and a month's start is a straight line. The
 * C library's calendar is left alone, because it knows locales and time zones. */
#include "base/text.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/ascii.h"
#include "base/num.h"

#define NS_PER_S INT64_C(1000000000)

enum {
	DAYS_PER_ERA = 146097, /* 400 years */
	DAYS_TO_1970 = 719468, /* from 0000-03-01 to 1970-01-01 */
	SECONDS_PER_DAY = 86400,
	TEXT_FIRST_CAP = 256,
};

typedef struct {
	int64_t year;
	int month, day; /* from 1 */
} civil_t;

/* Days since 1970-01-01; years from 0 on. */
static int64_t civil_to_days(civil_t c)
{
	int64_t year = c.month <= 2 ? c.year - 1 : c.year;
	int64_t era = year / 400, year_of_era = year % 400;
	int from_march = (c.month + 9) % 12;
	int64_t day_of_year = (153 * from_march + 2) / 5 + c.day - 1;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
	return era * DAYS_PER_ERA + day_of_era - DAYS_TO_1970;
}

static civil_t civil_of_days(int64_t days)
{
	int64_t shifted = days + DAYS_TO_1970;
	int64_t era = shifted / DAYS_PER_ERA, day_of_era = shifted % DAYS_PER_ERA;
	int64_t leaps = day_of_era / 1460 - day_of_era / 36524 + day_of_era / 146096;
	int64_t year_of_era = (day_of_era - leaps) / 365;
	int64_t day_of_year = day_of_era -
	                      (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int from_march = (int)((5 * day_of_year + 2) / 153);
	civil_t c = { .month = (from_march + 2) % 12 + 1 };
	c.day = (int)(day_of_year - (153 * from_march + 2) / 5 + 1);
	c.year = era * 400 + year_of_era + (c.month <= 2);
	return c;
}

/* Division that rounds down, for times before 1970. */
static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

const char *time_format(int64_t utc_ns, char buf[TIME_TEXT_MAX])
{
	int64_t seconds = floor_div(utc_ns, NS_PER_S);
	int64_t days = floor_div(seconds, SECONDS_PER_DAY);
	int ms = (int)((utc_ns - seconds * NS_PER_S) / 1000000);
	int second = (int)(seconds - days * SECONDS_PER_DAY);
	civil_t c = civil_of_days(days);
	snprintf(buf, TIME_TEXT_MAX, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", (int)c.year, c.month,
	         c.day, second / 3600, second / 60 % 60, second % 60, ms);
	return buf;
}

/* Exactly n digits as a number; bad otherwise. */
static int rd_digits(reader_t *r, size_t n)
{
	int value = 0;
	for (size_t i = 0; i < n; i++) {
		uint8_t c = rd_u8(r);
		if (!ascii_is_digit(c))
			r->bad = true;
		else
			value = value * 10 + (c - '0');
	}
	return r->bad ? 0 : value;
}

/* One byte that must be among `allowed`. */
static uint8_t rd_one_of(reader_t *r, const char *allowed)
{
	uint8_t c = rd_u8(r);
	if (c == 0 || !strchr(allowed, c))
		r->bad = true;
	return c;
}

/* Reads `n` digits and the mark behind them ("" for none), in [from, to]. */
static int rd_field(reader_t *r, size_t n, const char *mark, int from, int to)
{
	int value = rd_digits(r, n);
	if (mark[0])
		rd_one_of(r, mark);
	if (value < from || value > to)
		r->bad = true;
	return value;
}

static int days_in_month(int64_t year, int month)
{
	static const uint8_t DAYS[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	return month == 2 && leap ? 29 : DAYS[month - 1];
}

static int64_t rd_date(reader_t *r)
{
	civil_t c;
	c.year = rd_field(r, 4, "-", 1969, 2263);
	c.month = rd_field(r, 2, "-", 1, 12);
	if (r->bad)
		return 0;
	c.day = rd_field(r, 2, "Tt ", 1, days_in_month(c.year, c.month));
	return civil_to_days(c) * SECONDS_PER_DAY;
}

static int64_t rd_clock(reader_t *r)
{
	int hour = rd_field(r, 2, ":", 0, 23);
	int minute = rd_field(r, 2, ":", 0, 59);
	int second = rd_field(r, 2, "", 0, 60);
	return hour * 3600 + minute * 60 + second;
}

/* ".123" to nanoseconds; nothing there is 0. */
static int64_t rd_fraction(reader_t *r)
{
	if (!slice_starts(r->in, SLICE(".")))
		return 0;
	rd_u8(r);
	int64_t ns = 0, unit = NS_PER_S;
	while (r->in.len && ascii_is_digit(r->in.ptr[0]) && unit > 1) {
		unit /= 10;
		ns += rd_digits(r, 1) * unit;
	}
	if (unit == NS_PER_S)
		r->bad = true;
	return ns;
}

/* "Z" or "+08:00" to seconds east of UTC. */
static int64_t rd_offset(reader_t *r)
{
	uint8_t sign = rd_one_of(r, "Zz+-");
	if (sign == 'Z' || sign == 'z')
		return 0;
	int hour = rd_field(r, 2, ":", 0, 23);
	int minute = rd_field(r, 2, "", 0, 59);
	int seconds = hour * 3600 + minute * 60;
	return sign == '-' ? -seconds : seconds;
}

err_t time_parse(slice_t text, int64_t *ret_utc_ns)
{
	reader_t r = reader_of(text);
	int64_t seconds = rd_date(&r);
	seconds += rd_clock(&r);
	int64_t fraction = rd_fraction(&r);
	seconds -= rd_offset(&r);
	if (r.bad || r.in.len)
		return ERR_MALFORMED;
	int64_t ns;
	if (seconds < 0 || __builtin_mul_overflow(seconds, NS_PER_S, &ns) ||
	    __builtin_add_overflow(ns, fraction, &ns))
		return ERR_INVALID;
	*ret_utc_ns = ns;
	return ERR_OK;
}

static size_t grown_cap(size_t cap, size_t need, size_t limit)
{
	size_t grown = cap ? cap : TEXT_FIRST_CAP;
	while (grown < need && grown <= limit / 2)
		grown *= 2;
	return grown < need || grown > limit ? limit : grown;
}

/* Room for n bytes and the NUL that vsnprintf wants behind them. */
static uint8_t *reserve(text_t *t, size_t n)
{
	size_t need, limit;
	if (t->bad || n > t->max - t->len || __builtin_add_overflow(t->max, 1, &limit) ||
	    __builtin_add_overflow(t->len + 1, n, &need)) {
		t->bad = true;
		return NULL;
	}
	if (need > t->cap) {
		size_t cap = grown_cap(t->cap, need, limit);
		uint8_t *ptr = realloc(t->ptr, cap);
		if (!ptr) {
			t->bad = true;
			return NULL;
		}
		t->ptr = ptr;
		t->cap = cap;
	}
	return &t->ptr[t->len];
}

void text_add(text_t *t, slice_t s)
{
	uint8_t *room = reserve(t, s.len);
	if (!room)
		return;
	if (s.len)
		memcpy(room, s.ptr, s.len);
	t->len += s.len;
}

void text_addf(text_t *t, const char *format, ...)
{
	va_list args, again;
	va_start(args, format);
	va_copy(again, args);
	int n = vsnprintf(NULL, 0, format, args);
	uint8_t *room = n < 0 ? NULL : reserve(t, (size_t)n);
	if (room) {
		vsnprintf((char *)room, (size_t)n + 1, format, again);
		t->len += (size_t)n;
	} else {
		t->bad = true;
	}
	va_end(again);
	va_end(args);
}

void text_drop(text_t *t, size_t n)
{
	assert(n <= t->len);
	t->len -= n;
	if (n && t->len)
		memmove(t->ptr, &t->ptr[n], t->len);
}

void text_free(text_t *t)
{
	if (!t)
		return;
	free(t->ptr);
	*t = text_of(t->max);
}

err_t time_parse_ms(slice_t text, int64_t *ret_utc_ns)
{
	enum { NS_PER_MS = 1000000 };
	int64_t ms = 0, ns = 0;
	if (num_parse_i64(text, &ms))
		return time_parse(text, ret_utc_ns);
	if (__builtin_mul_overflow(ms, NS_PER_MS, &ns))
		return ERR_INVALID;
	*ret_utc_ns = ns;
	return ERR_OK;
}
