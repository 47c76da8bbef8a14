/* SPDX-License-Identifier: Apache-2.0 */
/* Times as exports write them: RFC 3339, the same without offset or seconds, with blanks or
 * slashes, days first or months first, names of months, AM and PM; counts since 1970. */
#include "base/ascii.h"
#include "base/num.h"
#include "base/text.h"
#include "batch/samples.h"

enum { CENTURY_SPLIT = 70, NOON = 12, FRACTION_DIGITS = 9 };

static const int64_t units_ns[] = {
	[SAMPLES_TIME_S] = NS_PER_S, [SAMPLES_TIME_MS] = NS_PER_MS, [SAMPLES_TIME_US] = NS_PER_US,
	[SAMPLES_TIME_NS] = 1,       [SAMPLES_TIME_ANY] = 0,        [SAMPLES_TIME_DMY] = 0,
	[SAMPLES_TIME_MDY] = 0,
};

/* Counts. */

static bool is_count(slice_t cell)
{
	size_t points = 0;
	for (size_t i = 0; i < cell.len; i++) {
		bool is_point = cell.ptr[i] == '.';
		points += is_point;
		if (!is_point && !ascii_is_digit(cell.ptr[i]) && !(i == 0 && cell.ptr[i] == '-'))
			return false;
	}
	return cell.len > 0 && points <= 1 && ascii_is_digit(cell.ptr[cell.len - 1]);
}

/* Up to the year 5138 in seconds, as far in the other units. 0: so small that it may be a
 * date like 20261231. */
static int64_t unit_by_size(int64_t count)
{
	int64_t size = count < 0 ? -(count + 1) : count;
	return size < INT64_C(100000000)            ? 0
	       : size < INT64_C(100000000000)       ? NS_PER_S
	       : size < INT64_C(100000000000000)    ? NS_PER_MS
	       : size < INT64_C(100000000000000000) ? NS_PER_US
	                                            : 1;
}

static samples_time_fault_t read_count(samples_time_t time, slice_t cell, int64_t *ret_ns)
{
	slice_t rest = cell, head = slice_cut(&rest, '.');
	int64_t count, ns, part_ns = 0;
	bool is_minus = slice_starts(head, SLICE("-"));
	if (num_parse_i64(head, &count))
		return SAMPLES_TIME_BAD;
	int64_t unit_ns = units_ns[time] ? units_ns[time] : unit_by_size(count);
	int64_t digit_ns = unit_ns;
	if (unit_ns == 0)
		return SAMPLES_TIME_BAD;
	for (size_t i = 0; i < rest.len; i++)
		part_ns += (rest.ptr[i] - '0') * (digit_ns /= 10);
	if (__builtin_mul_overflow(count, unit_ns, &ns) ||
	    __builtin_add_overflow(ns, is_minus ? -part_ns : part_ns, &ns) || ns == INT64_MAX)
		return SAMPLES_TIME_BAD;
	*ret_ns = ns;
	return SAMPLES_TIME_OK;
}

/* Calendar times. */

typedef struct {
	int year, month, day, hour, minute, second;
	int64_t part_ns;
	bool has_offset;
	int offset_s;
} stamp_t;

static uint8_t peek(const reader_t *r)
{
	return r->bad || r->in.len == 0 ? 0 : r->in.ptr[0];
}

static bool take(reader_t *r, const char *marks)
{
	uint8_t c = peek(r);
	bool is_there = c && strchr(marks, c);
	if (is_there)
		rd_u8(r);
	return is_there;
}

/* One to `digits` of them. */
static int take_number(reader_t *r, size_t digits, size_t *ret_count)
{
	int value = 0;
	size_t count = 0;
	for (; count < digits && ascii_is_digit(peek(r)); count++)
		value = value * 10 + (rd_u8(r) - '0');
	if (count == 0)
		r->bad = true;
	if (ret_count)
		*ret_count = count;
	return value;
}

/* "Jan" and what follows of the name; 0: none. */
static int take_month(reader_t *r)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	for (int i = 0; i < NOON; i++)
		if (slice_eq_nocase(slice_sub(r->in, 0, 3), slice_of(&names[3 * i], 3))) {
			for (uint8_t c = peek(r); ascii_is_letter(c); c = peek(r))
				rd_u8(r);
			return i + 1;
		}
	return 0;
}

static int full_year(int year, size_t digits)
{
	return digits > 2 ? year : year + (year < CENTURY_SPLIT ? 2000 : 1900);
}

/* 31/12/2026 or 12/31/2026 behind its first number; false: who is to say which? */
static bool read_short_date(samples_time_t time, reader_t *r, int first, stamp_t *s)
{
	size_t digits;
	s->month = take_month(r);
	bool is_named = s->month > 0;
	int second = is_named ? 0 : take_number(r, 2, NULL);
	if (!take(r, "-/. "))
		r->bad = true;
	s->day = is_named || time == SAMPLES_TIME_DMY ? first : second;
	if (!is_named)
		s->month = time == SAMPLES_TIME_DMY ? second : first;
	int year = take_number(r, 4, &digits);
	s->year = full_year(year, digits);
	return is_named || time == SAMPLES_TIME_DMY || time == SAMPLES_TIME_MDY;
}

static bool read_date(samples_time_t time, reader_t *r, stamp_t *s)
{
	size_t digits;
	int first = take_number(r, 4, &digits);
	if (!take(r, "-/. "))
		r->bad = true;
	if (digits != 4)
		return read_short_date(time, r, first, s);
	s->year = first;
	s->month = take_number(r, 2, NULL);
	if (!take(r, "-/."))
		r->bad = true;
	s->day = take_number(r, 2, NULL);
	return true;
}

static void read_fraction(reader_t *r, stamp_t *s)
{
	int64_t unit = NS_PER_S;
	if (!take(r, ".,"))
		return;
	for (size_t i = 0; i < FRACTION_DIGITS && ascii_is_digit(peek(r)); i++)
		s->part_ns += (rd_u8(r) - '0') * (unit /= 10);
	if (unit == NS_PER_S)
		r->bad = true;
}

static void read_half(reader_t *r, stamp_t *s)
{
	while (take(r, " "))
		;
	bool is_am = slice_eq_nocase(slice_sub(r->in, 0, 2), SLICE("AM"));
	bool is_pm = slice_eq_nocase(slice_sub(r->in, 0, 2), SLICE("PM"));
	if (!is_am && !is_pm)
		return;
	rd_take(r, 2);
	if (s->hour < 1 || s->hour > NOON)
		r->bad = true;
	s->hour = s->hour % NOON + (is_pm ? NOON : 0);
}

static void read_clock(reader_t *r, stamp_t *s)
{
	while (take(r, " "))
		;
	(void)take(r, "Tt");
	if (r->in.len == 0)
		return;
	s->hour = take_number(r, 2, NULL);
	if (!take(r, ":"))
		r->bad = true;
	s->minute = take_number(r, 2, NULL);
	if (!take(r, ":"))
		return;
	s->second = take_number(r, 2, NULL);
	read_fraction(r, s);
}

/* Z, UTC, +08:00, +0800 or +08. */
static void read_offset(reader_t *r, stamp_t *s)
{
	while (take(r, " "))
		;
	s->has_offset = r->in.len > 0;
	if (slice_eq_nocase(r->in, SLICE("UTC")))
		rd_take(r, 3);
	if (!s->has_offset || take(r, "Zz") || r->in.len == 0)
		return;
	bool is_minus = peek(r) == '-';
	if (!take(r, "+-"))
		r->bad = true;
	int hours = take_number(r, 2, NULL);
	(void)take(r, ":");
	int minutes = r->in.len ? take_number(r, 2, NULL) : 0;
	if (hours > 23 || minutes > 59)
		r->bad = true;
	s->offset_s = (hours * 60 + minutes) * 60 * (is_minus ? -1 : 1);
}

/* Seconds as if the clock were UTC; the calendar is time_parse's. */
static bool seconds_of(const stamp_t *s, int64_t *ret_s)
{
	char text[TIME_TEXT_MAX];
	int64_t ns;
	writer_t w = writer_of(text, sizeof(text));
	wr_format(&w, "%04d-%02d-%02dT%02d:%02d:%02dZ", s->year, s->month, s->day, s->hour,
	          s->minute, s->second);
	if (w.bad || time_parse(writer_done(&w), &ns))
		return false;
	*ret_s = ns / NS_PER_S;
	return true;
}

static samples_time_fault_t to_utc(const samples_spec_t *spec, const stamp_t *s, int64_t *ret_s)
{
	static const samples_time_fault_t faults[] = { [SAMPLES_ONCE] = SAMPLES_TIME_OK,
		                                       [SAMPLES_NEVER] = SAMPLES_TIME_NEVER,
		                                       [SAMPLES_TWICE] = SAMPLES_TIME_TWICE };
	int64_t local_s = *ret_s;
	if (s->has_offset) {
		*ret_s -= s->offset_s;
		return SAMPLES_TIME_OK;
	}
	return spec->to_utc ? faults[spec->to_utc(spec->ctx, local_s, ret_s)] : SAMPLES_TIME_LOCAL;
}

static samples_time_fault_t read_stamp(const samples_spec_t *spec, slice_t cell, int64_t *ret_ns)
{
	stamp_t s = { 0 };
	reader_t r = reader_of(cell);
	int64_t seconds, ns;
	bool has_order = read_date(spec->time, &r, &s);
	read_clock(&r, &s);
	read_half(&r, &s);
	read_offset(&r, &s);
	if (r.bad || r.in.len)
		return SAMPLES_TIME_BAD;
	if (!has_order)
		return SAMPLES_TIME_ORDER;
	if (!seconds_of(&s, &seconds))
		return SAMPLES_TIME_BAD;
	samples_time_fault_t fault = to_utc(spec, &s, &seconds);
	if (!fault && (__builtin_mul_overflow(seconds, NS_PER_S, &ns) ||
	               __builtin_add_overflow(ns, s.part_ns, &ns)))
		fault = SAMPLES_TIME_BAD;
	if (!fault)
		*ret_ns = ns;
	return fault;
}

samples_time_fault_t samples_time_read(const samples_spec_t *spec, slice_t cell, int64_t *ret_ns)
{
	cell = slice_trim(cell);
	if (is_count(cell))
		return read_count(spec->time, cell, ret_ns);
	if (!time_parse(cell, ret_ns))
		return SAMPLES_TIME_OK;
	return read_stamp(spec, cell, ret_ns);
}
