/* SPDX-License-Identifier: Apache-2.0 */
/* Passes over good reals hold what summary_add would hold of them, but for the
 * rounding of sums; all other rows go through summary_add itself. */
#include "historian/digest.h"

#include <assert.h>
#include <math.h>

#include "base/num.h"
#include "historian/decimals.h"

static summary_end_t end_of(const rows_t *rows, size_t i)
{
	bool is_text = rows->type[i] == VALUE_TEXT;
	return (summary_end_t){ rows->source_ns[i], is_text ? 0 : rows->bits[i], rows->type[i],
		                mark_quality(rows->mark[i]) };
}

/* Sums of so many, so that they do not wait for one another. */
enum { LANES = 8 };

static double sum_of(const double lanes[LANES])
{
	double sum = 0;
	for (size_t k = 0; k < LANES; k++)
		sum += lanes[k];
	return sum;
}

static void add_values(summary_t *s, const double *numbers, size_t n)
{
	double sum[LANES] = { 0 }, low = numbers[0], high = numbers[0];
	for (size_t i = 0; i < n; i++) {
		low = numbers[i] < low ? numbers[i] : low;
		high = numbers[i] > high ? numbers[i] : high;
		sum[i % LANES] += numbers[i];
	}
	s->sum = sum_of(sum);
	s->min = low;
	s->max = high;
	s->mean = s->sum / (double)n;
	double m2[LANES] = { 0 };
	for (size_t i = 0; i < n; i++) {
		double distance = numbers[i] - s->mean;
		m2[i % LANES] += distance * distance;
	}
	s->m2 = sum_of(m2);
}

/* The first of equals gives its time, and its bits: there are two zeros. */
static void find_extremes(summary_t *s, const rows_t *rows, const double *numbers)
{
	size_t first_min = rows->count, first_max = rows->count;
	for (size_t i = rows->count; i-- > 0;) {
		first_min = numbers[i] <= s->min ? i : first_min;
		first_max = numbers[i] >= s->max ? i : first_max;
		s->min_times += numbers[i] <= s->min;
		s->max_times += numbers[i] >= s->max;
		s->late += rows->mark[i] & MARK_LATE;
	}
	s->min = numbers[first_min];
	s->max = numbers[first_max];
	s->min_ns = rows->source_ns[first_min];
	s->max_ns = rows->source_ns[first_max];
}

static void add_changes(summary_t *s, const double *numbers, size_t n)
{
	double increase[LANES] = { 0 };
	for (size_t i = 1; i < n; i++) {
		double from = numbers[i - 1], to = numbers[i];
		s->transitions += from != to;
		s->resets += to < from;
		increase[i % LANES] += to < from ? to : to - from;
	}
	s->increase = sum_of(increase);
}

static void add_spans(summary_t *s, const rows_t *rows, const double *numbers)
{
	double stepped[LANES] = { 0 }, sloped[LANES] = { 0 };
	for (size_t i = 1; i < rows->count; i++) {
		int64_t span_ns = rows->source_ns[i] - rows->source_ns[i - 1];
		double seconds = (double)span_ns / (double)NS_PER_S, from = numbers[i - 1];
		stepped[i % LANES] += from * seconds;
		sloped[i % LANES] += (from + numbers[i]) / 2 * seconds;
		s->zero_ns += from == 0 ? span_ns : 0;
		s->gap_ns = span_ns > s->gap_ns ? span_ns : s->gap_ns;
	}
	s->area_stepped = sum_of(stepped);
	s->area_sloped = sum_of(sloped);
	s->usable_ns = s->last.ns - s->first.ns;
	s->nonzero_ns = s->usable_ns - s->zero_ns;
}

static summary_t simple_rows(const rows_t *rows, const double *numbers)
{
	size_t n = rows->count;
	summary_t s = { .count = n, .usable = n };
	assert(n > 0);
	s.first = s.first_usable = end_of(rows, 0);
	s.last = s.last_usable = end_of(rows, n - 1);
	s.worst = QUALITY_OK;
	add_values(&s, numbers, n);
	find_extremes(&s, rows, numbers);
	add_changes(&s, numbers, n);
	add_spans(&s, rows, numbers);
	return s;
}

summary_t digest_rows(const rows_t *rows)
{
	summary_t s = { 0 };
	double numbers[DIGEST_ROWS_MAX];
	if (rows->count <= DIGEST_ROWS_MAX && rows_plain(rows, numbers))
		return simple_rows(rows, numbers);
	for (size_t i = 0; i < rows->count; i++) {
		summary_end_t end = end_of(rows, i);
		summary_add(&s, &end, rows->mark[i] & MARK_LATE);
	}
	return s;
}

enum {
	FLAG_PLAIN = 1,     /* all usable, good and of one type */
	FLAG_EVEN = 2,      /* and equally far apart: areas follow */
	FLAG_NO_ZERO = 4,   /* never 0 */
	FLAG_LATE = 8,      /* plain, but for late ones */
	FLAG_BOUND = 16,    /* not all are kept */
	FLAG_DECIMALS = 32, /* plain, and the numbers are short decimals */
	FLAGS = 64,
	DECIMALS = 10,
	AS_FLOAT = 10,
	AS_DOUBLE = 11,
	TENS = 16,
};

static const double powers[DECIMALS] = { 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9 };
/* Above, digits take as many bytes as the double. */
static const double DIGITS_MAX = 1 << 30;
/* How far what follows from the sum may be from the area itself, by which it was rounded. */
static const double AREA_SLACK = 1e-13;

static void put_number(writer_t *w, double number)
{
	for (uint8_t k = 0; k < DECIMALS && fabs(number) * powers[k] <= DIGITS_MAX; k++) {
		/* As a whole number, which has no sign of zero. */
		int64_t digits = (int64_t)nearbyint(number * powers[k]);
		if (num_bits((double)digits / powers[k]) == num_bits(number)) {
			wr_u8(w, k);
			wr_zigzag(w, digits);
			return;
		}
	}
	float single = (float)number;
	bool is_single = num_bits((double)single) == num_bits(number);
	uint32_t bits;
	memcpy(&bits, &single, sizeof(bits));
	wr_u8(w, is_single ? AS_FLOAT : AS_DOUBLE);
	if (is_single)
		wr_u32_le(w, bits);
	else
		wr_u64_le(w, num_bits(number));
}

static double get_number(reader_t *r)
{
	uint8_t k = rd_u8(r);
	float single;
	if (k < DECIMALS)
		return (double)rd_zigzag(r) / powers[k];
	if (k == AS_DOUBLE)
		return num_of_bits(rd_u64_le(r));
	if (k != AS_FLOAT)
		r->bad = true;
	uint32_t bits = rd_u32_le(r);
	memcpy(&single, &bits, sizeof(single));
	return (double)single;
}

static void put_bits(writer_t *w, const summary_end_t *end)
{
	if (end->type == VALUE_F64)
		put_number(w, num_of_bits(end->bits));
	else
		wr_varint(w, end->bits);
}

static uint64_t get_bits(reader_t *r, uint8_t type)
{
	uint64_t bits = type == VALUE_F64 ? num_bits(get_number(r)) : rd_varint(r);
	if (type >= VALUE_TYPE_COUNT || !value_has_bits((value_type_t)type, bits))
		r->bad = true;
	return bits;
}

/* Times of one summary, in a power of ten that divides all. */
typedef struct {
	int64_t first_ns;
	uint64_t unit;
} times_t;

static unsigned tens_of(const summary_t *s)
{
	uint64_t first = (uint64_t)s->first.ns;
	const uint64_t times[] = { (uint64_t)s->min_ns - first,
		                   (uint64_t)s->max_ns - first,
		                   (uint64_t)s->first_usable.ns - first,
		                   (uint64_t)s->last_usable.ns - first,
		                   (uint64_t)s->usable_ns,
		                   (uint64_t)s->uncertain_ns,
		                   (uint64_t)s->bad_ns,
		                   (uint64_t)s->zero_ns,
		                   (uint64_t)s->nonzero_ns,
		                   (uint64_t)s->gap_ns };
	size_t used = s->usable ? sizeof(times) / sizeof(times[0]) : 0;
	unsigned e = TENS;
	for (size_t i = 0; i < used; i++)
		while (e && times[i] % NUM_TENS[e])
			e--;
	return used ? e : 0;
}

static void put_span(writer_t *w, const times_t *t, int64_t ns)
{
	wr_varint(w, (uint64_t)ns / t->unit);
}

static int64_t get_span(reader_t *r, const times_t *t)
{
	return (int64_t)(rd_varint(r) * t->unit);
}

static void put_time(writer_t *w, const times_t *t, int64_t ns)
{
	wr_varint(w, ((uint64_t)ns - (uint64_t)t->first_ns) / t->unit);
}

static int64_t get_time(reader_t *r, const times_t *t)
{
	return (int64_t)((uint64_t)t->first_ns + rd_varint(r) * t->unit);
}

static bool is_plain(const summary_t *s)
{
	int64_t span;
	return s->usable == s->count && !s->uncertain && s->worst == QUALITY_OK &&
	       s->first.type == s->last.type && !s->bad_ns &&
	       !__builtin_sub_overflow(s->last.ns, s->first.ns, &span) && s->usable_ns == span;
}

static void even_areas(const summary_t *s, double *ret_stepped, double *ret_sloped)
{
	double first = 0, last = 0, seconds = (double)s->gap_ns / (double)NS_PER_S;
	(void)summary_usable(s->first.type, s->first.quality, s->first.bits, &first);
	(void)summary_usable(s->last.type, s->last.quality, s->last.bits, &last);
	*ret_stepped = seconds * (s->sum - last);
	*ret_sloped = *ret_stepped + seconds * (last - first) / 2;
}

static bool is_even(const summary_t *s)
{
	double stepped, sloped;
	uint64_t span = (uint64_t)s->last.ns - (uint64_t)s->first.ns;
	if (s->count - 1 > UINT32_MAX || (uint64_t)s->gap_ns > UINT32_MAX * (uint64_t)NS_PER_S ||
	    s->gap_ns == 0 || span % (uint64_t)s->gap_ns ||
	    span / (uint64_t)s->gap_ns != s->count - 1)
		return false;
	even_areas(s, &stepped, &sloped);
	return fabs(stepped - s->area_stepped) <= AREA_SLACK * fabs(s->area_stepped) &&
	       fabs(sloped - s->area_sloped) <= AREA_SLACK * fabs(s->area_sloped);
}

static void put_end(writer_t *w, const summary_end_t *end)
{
	wr_u8(w, end->type);
	wr_u8(w, end->quality);
	put_bits(w, end);
}

static summary_end_t get_end(reader_t *r, int64_t ns)
{
	summary_end_t end = { .ns = ns, .type = rd_u8(r) };
	end.quality = rd_u8(r);
	if (end.type >= VALUE_TYPE_COUNT || end.quality >= QUALITY_COUNT)
		r->bad = true;
	end.bits = get_bits(r, end.type);
	return end;
}

/* What is only said of rows that are not plain. */
static void put_odd(const summary_t *s, const times_t *t, writer_t *w)
{
	wr_varint(w, s->usable);
	wr_varint(w, s->uncertain);
	wr_varint(w, s->bad);
	wr_varint(w, s->late);
	wr_u8(w, s->worst);
	put_end(w, &s->first);
	put_end(w, &s->last);
	if (s->usable) {
		put_time(w, t, s->first_usable.ns);
		put_end(w, &s->first_usable);
		put_time(w, t, s->last_usable.ns);
		put_end(w, &s->last_usable);
	}
	put_span(w, t, s->usable_ns);
	put_span(w, t, s->uncertain_ns);
	put_span(w, t, s->bad_ns);
}

static void get_odd(summary_t *s, const times_t *t, reader_t *r)
{
	int64_t first_ns = s->first.ns, last_ns = s->last.ns;
	s->usable = rd_varint(r);
	s->uncertain = rd_varint(r);
	s->bad = rd_varint(r);
	s->late = rd_varint(r);
	s->worst = rd_u8(r);
	s->first = get_end(r, first_ns);
	s->last = get_end(r, last_ns);
	if (s->usable) {
		int64_t ns = get_time(r, t);
		s->first_usable = get_end(r, ns);
		ns = get_time(r, t);
		s->last_usable = get_end(r, ns);
	}
	s->usable_ns = get_span(r, t);
	s->uncertain_ns = get_span(r, t);
	s->bad_ns = get_span(r, t);
	if (s->usable > s->count || s->worst >= QUALITY_COUNT)
		r->bad = true;
}

static void put_plain(const summary_t *s, const decimals_t *d, writer_t *w)
{
	if (s->late)
		wr_varint(w, s->late);
	if (d) {
		decimals_encode(d, s, w);
		return;
	}
	put_bits(w, &s->first);
	put_bits(w, &s->last);
}

static void put_numbers(const summary_t *s, uint8_t flags, writer_t *w)
{
	if (flags & FLAG_DECIMALS)
		return;
	put_number(w, s->min);
	put_number(w, s->max);
	put_number(w, s->sum);
	put_number(w, s->m2);
}

static void put_extremes(const summary_t *s, const times_t *t, writer_t *w)
{
	put_time(w, t, s->min_ns);
	put_time(w, t, s->max_ns);
	wr_varint(w, s->min_times);
	wr_varint(w, s->max_times);
}

static void get_plain(summary_t *s, uint8_t flags, uint8_t type, reader_t *r)
{
	if (flags & FLAG_LATE)
		s->late = rd_varint(r);
	s->usable = s->count;
	s->first.type = s->last.type = type;
	if (flags & FLAG_DECIMALS) {
		decimals_decode(r, s);
	} else {
		s->first.bits = get_bits(r, type);
		s->last.bits = get_bits(r, type);
	}
	s->first_usable = s->first;
	s->last_usable = s->last;
	if (__builtin_sub_overflow(s->last.ns, s->first.ns, &s->usable_ns))
		r->bad = true;
}

/* Sets the decimals when they are in the flags. */
static uint8_t flags_of(const summary_t *s, decimals_t *ret_decimals)
{
	uint8_t flags = (s->zero_ns ? 0 : FLAG_NO_ZERO) | (s->bound > 0 ? FLAG_BOUND : 0);
	if (!is_plain(s))
		return flags;
	flags |= FLAG_PLAIN | (is_even(s) ? FLAG_EVEN : 0) | (s->late ? FLAG_LATE : 0);
	if (s->first.type == VALUE_F64 && decimals_of(s, ret_decimals))
		flags |= FLAG_DECIMALS;
	return flags;
}

void digest_encode(const summary_t *s, writer_t *w)
{
	unsigned e = tens_of(s);
	times_t t = { s->first.ns, NUM_TENS[e] };
	decimals_t d;
	uint8_t flags = flags_of(s, &d);
	wr_u8(w, flags);
	wr_u8(w, s->first.type);
	wr_u8(w, (uint8_t)e);
	if (flags & FLAG_PLAIN)
		put_plain(s, flags & FLAG_DECIMALS ? &d : NULL, w);
	else
		put_odd(s, &t, w);
	if (s->usable) {
		put_numbers(s, flags, w);
		put_extremes(s, &t, w);
	}
	if (s->zero_ns)
		put_span(w, &t, s->zero_ns);
	put_span(w, &t, s->gap_ns);
	wr_varint(w, s->transitions);
	wr_varint(w, s->resets);
	if (!(flags & FLAG_DECIMALS))
		put_number(w, s->increase);
	if (!(flags & FLAG_EVEN)) {
		put_number(w, s->area_stepped);
		put_number(w, s->area_sloped);
	}
	if (flags & FLAG_BOUND)
		put_number(w, s->bound);
}

static void get_numbers(summary_t *s, uint8_t flags, reader_t *r)
{
	if (flags & FLAG_DECIMALS)
		return;
	s->min = get_number(r);
	s->max = get_number(r);
	s->sum = get_number(r);
	s->m2 = get_number(r);
}

static void get_extremes(summary_t *s, const times_t *t, reader_t *r)
{
	s->min_ns = get_time(r, t);
	s->max_ns = get_time(r, t);
	s->min_times = rd_varint(r);
	s->max_times = rd_varint(r);
	s->mean = s->sum / (double)s->usable;
}

static void get_areas(summary_t *s, uint8_t flags, reader_t *r)
{
	if (flags & FLAG_EVEN) {
		even_areas(s, &s->area_stepped, &s->area_sloped);
		return;
	}
	s->area_stepped = get_number(r);
	s->area_sloped = get_number(r);
}

/* What may stand in front. */
static bool is_head(uint8_t flags, uint8_t type, uint8_t e)
{
	bool is_plain_double = flags & FLAG_PLAIN && type == VALUE_F64;
	return flags < FLAGS && type < VALUE_TYPE_COUNT && e <= TENS &&
	       (is_plain_double || !(flags & FLAG_DECIMALS));
}

static double get_bound(reader_t *r)
{
	double bound = get_number(r);
	if (!(bound > 0 && isfinite(bound)))
		r->bad = true;
	return bound;
}

summary_t digest_decode(reader_t *r, uint64_t count, int64_t first_ns, int64_t last_ns)
{
	summary_t s = { .count = count, .first = { .ns = first_ns }, .last = { .ns = last_ns } };
	uint8_t flags = rd_u8(r), type = 0, e = 0;
	type = rd_u8(r);
	e = rd_u8(r);
	r->bad |= count == 0 || !is_head(flags, type, e);
	times_t t = { first_ns, NUM_TENS[r->bad ? 0 : e] };
	if (flags & FLAG_PLAIN)
		get_plain(&s, flags, type, r);
	else
		get_odd(&s, &t, r);
	if (s.usable) {
		get_numbers(&s, flags, r);
		get_extremes(&s, &t, r);
	}
	s.zero_ns = flags & FLAG_NO_ZERO ? 0 : get_span(r, &t);
	s.nonzero_ns = s.usable_ns - s.zero_ns;
	s.gap_ns = get_span(r, &t);
	s.transitions = rd_varint(r);
	s.resets = rd_varint(r);
	if (!(flags & FLAG_DECIMALS))
		s.increase = get_number(r);
	if (r->bad)
		return (summary_t){ 0 };
	get_areas(&s, flags, r);
	s.bound = flags & FLAG_BOUND ? get_bound(r) : 0;
	return s;
}
