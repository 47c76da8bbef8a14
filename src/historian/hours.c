/* SPDX-License-Identifier: Apache-2.0 */
#include "historian/hours.h"

enum {
	BLOCK_ROWS_MIN = BLOCK_ROWS / 2, /* no shorter is cut for its hour's sake */
	HOUR_ROWS_MIN = 128,             /* on an average */
	TENS_MAX = 12,
};

/* Where the hour of row i ends; their count when the rows end before. */
static size_t end_of_hour(const rows_t *rows, size_t i)
{
	int64_t ns = rows->source_ns[i], into = ns % NS_PER_HOUR, end;
	into += into < 0 ? NS_PER_HOUR : 0;
	if (__builtin_add_overflow(ns, NS_PER_HOUR - into, &end))
		return rows->count;
	return rows_before(rows, i + 1, end);
}

size_t hours_cut(const rows_t *rows)
{
	size_t cut = rows->count, end = 0;
	for (size_t hours = 0; hours < PAGE_HOURS_MAX; hours++) {
		end = end_of_hour(rows, end);
		if (end == rows->count)
			return cut;
		if (end >= BLOCK_ROWS_MIN)
			cut = end;
	}
	return cut;
}

void hours_digest(const rows_t *rows, page_child_t *child)
{
	size_t ends[PAGE_HOURS_MAX], hours = 0, end = 0;
	for (; end < rows->count && hours < PAGE_HOURS_MAX; hours++)
		ends[hours] = end = end_of_hour(rows, end);
	bool is_split = hours > 1 && end == rows->count && rows->count >= hours * HOUR_ROWS_MIN;
	child->has_summary = true;
	child->hour_count = is_split ? (uint8_t)hours : 0;
	if (!is_split)
		child->summary = digest_rows(rows);
	for (size_t i = 0; i < child->hour_count; i++) {
		rows_t part = rows_part(rows, i ? ends[i - 1] : 0, ends[i]);
		child->hours[i] = digest_rows(&part);
	}
}

summary_t hours_joined(const page_child_t *child)
{
	summary_t whole = child->hour_count ? child->hours[0] : child->summary;
	for (size_t i = 1; i < child->hour_count; i++)
		summary_join(&whole, &child->hours[i]);
	return whole;
}

rows_t hours_part(const rows_t *rows, const page_child_t *child, size_t hour)
{
	size_t from = 0;
	for (size_t i = 0; i < hour; i++)
		from += child->hours[i].count;
	return rows_part(rows, from, from + child->hours[hour].count);
}

/* What divides every time between the ends of hours. */
static uint8_t tens_of(const page_child_t *child, uint64_t *ret_unit)
{
	uint64_t unit = 1;
	uint8_t tens = 0;
	bool is_divided = true;
	while (tens < TENS_MAX && is_divided) {
		for (size_t i = 0; i < child->hour_count; i++) {
			uint64_t first = (uint64_t)child->first_ns;
			is_divided &= ((uint64_t)child->hours[i].first.ns - first) % (10 * unit) ==
			                      0 &&
			              ((uint64_t)child->hours[i].last.ns - first) % (10 * unit) ==
			                      0;
		}
		unit *= is_divided ? 10 : 1;
		tens += is_divided;
	}
	*ret_unit = unit;
	return tens;
}

void hours_encode(const page_child_t *child, writer_t *w)
{
	uint64_t unit;
	wr_u8(w, child->hour_count);
	wr_u8(w, tens_of(child, &unit));
	for (size_t i = 0; i + 1 < child->hour_count; i++) {
		const summary_t *s = &child->hours[i];
		wr_varint(w, s->count);
		wr_varint(w, ((uint64_t)s->last.ns - (uint64_t)s->first.ns) / unit);
		wr_varint(w, ((uint64_t)s[1].first.ns - (uint64_t)s->last.ns) / unit);
	}
	for (size_t i = 0; i < child->hour_count; i++)
		digest_encode(&child->hours[i], w);
}

/* Where the hours lie: their counts and ends. */
static void get_places(reader_t *r, page_child_t *child, uint64_t unit)
{
	uint64_t left = child->rows;
	int64_t ns = child->first_ns;
	for (size_t i = 0; i < child->hour_count; i++) {
		summary_t *s = &child->hours[i];
		bool is_last = i + 1 == child->hour_count;
		s->count = is_last ? left : rd_varint(r);
		s->first.ns = ns;
		s->last.ns = is_last ? child->last_ns
		                     : (int64_t)((uint64_t)ns + rd_varint(r) * unit);
		ns = is_last ? ns : (int64_t)((uint64_t)s->last.ns + rd_varint(r) * unit);
		if (s->count == 0 || s->count > left || s->last.ns < s->first.ns ||
		    (i && s->first.ns <= s[-1].last.ns))
			r->bad = true;
		left -= s->count;
	}
}

void hours_decode(reader_t *r, page_child_t *child)
{
	uint8_t count = rd_u8(r), tens = rd_u8(r);
	uint64_t unit = 1;
	child->hour_count = 0;
	if (count < 2 || count > PAGE_HOURS_MAX || tens > TENS_MAX) {
		r->bad = true;
		return;
	}
	child->hour_count = count;
	while (tens--)
		unit *= 10;
	get_places(r, child, unit);
	for (size_t i = 0; i < count; i++) {
		summary_t *s = &child->hours[i];
		*s = digest_decode(r, s->count, s->first.ns, s->last.ns);
	}
}
