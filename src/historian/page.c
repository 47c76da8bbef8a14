/* SPDX-License-Identifier: Apache-2.0 */
#include "historian/page.h"

#include <assert.h>

#include "base/crc.h"
#include "historian/hours.h"

enum { HAS_SUMMARY = 1, IS_THINNED = 2, HAS_HOURS = 4, CRC_BYTES = 4 };
enum { TENS_MAX = 12 };

/* How the children of a page are written. */
typedef struct {
	size_t parts;
	uint64_t unit; /* of their times */
} form_t;

static const page_child_t none = { 0 };

static size_t parts_of(uint8_t level)
{
	return level ? 1 : BLOCK_PARTS;
}

static bool is_thinned(const page_child_t *child)
{
	return child->has_summary && !child->hour_count && child->summary.bound > 0;
}

static uint8_t flags_of(const page_child_t *child)
{
	if (child->hour_count)
		return HAS_HOURS;
	return (child->has_summary ? HAS_SUMMARY : 0) | (is_thinned(child) ? IS_THINNED : 0);
}

void page_summary_put(const page_child_t *child, writer_t *w)
{
	if (child->hour_count) {
		hours_encode(child, w);
		return;
	}
	if (is_thinned(child))
		wr_varint(w, child->summary.count - child->rows);
	if (child->has_summary)
		digest_encode(&child->summary, w);
}

/* What stands before the parts; times are of `unit`. */
static void put_outline(const page_child_t *child, const page_child_t *before, uint64_t unit,
                        writer_t *w)
{
	int64_t node_from = before == &none ? child->last_ns : before->node_max_ns;
	wr_u8(w, flags_of(child));
	wr_varint(w, child->rows);
	wr_zigzag(w,
	          (int64_t)((uint64_t)child->first_ns - (uint64_t)before->last_ns) / (int64_t)unit);
	wr_varint(w, ((uint64_t)child->last_ns - (uint64_t)child->first_ns) / unit);
	wr_zigzag(w, (int64_t)((uint64_t)child->node_max_ns - (uint64_t)node_from));
}

void page_child_put(const page_child_t *child, writer_t *w)
{
	put_outline(child, &none, 1, w);
}

static void put_child(const page_child_t *child, const page_child_t *before, const form_t *form,
                      writer_t *w)
{
	put_outline(child, before, form->unit, w);
	for (size_t i = 0; i < form->parts; i++) {
		wr_zigzag(w, (int64_t)(child->part[i].at - before->part[i].at));
		wr_varint(w, child->part[i].len);
	}
	page_summary_put(child, w);
}

/* Differences of times beyond wrap, and are not divided. */
static bool divides(int64_t unit, int64_t ns)
{
	return ns % unit == 0 && ns > INT64_MIN / 4 && ns < INT64_MAX / 4;
}

/* A power of ten that divides every time. */
static uint8_t tens_of(const page_t *page, uint64_t *ret_unit)
{
	int64_t unit = 1;
	uint8_t tens = 0;
	bool is_divided = true;
	while (tens < TENS_MAX && is_divided) {
		for (size_t i = 0; i < page->count; i++)
			is_divided &= divides(10 * unit, page->child[i].first_ns) &&
			              divides(10 * unit, page->child[i].last_ns);
		unit *= is_divided ? 10 : 1;
		tens += is_divided;
	}
	*ret_unit = (uint64_t)unit;
	return tens;
}

void page_encode(const page_t *page, writer_t *w)
{
	form_t form = { .parts = parts_of(page->level) };
	size_t start = w->len;
	wr_u8(w, page->level);
	wr_u8(w, (uint8_t)page->count);
	wr_u8(w, tens_of(page, &form.unit));
	for (size_t i = 0; i < page->count; i++)
		put_child(&page->child[i], i ? &page->child[i - 1] : &none, &form, w);
	wr_u32_le(w, crc32c(0, slice_from(writer_done(w), start)));
}

static uint8_t get_outline(reader_t *r, const page_child_t *before, uint64_t unit,
                           page_child_t *child)
{
	uint8_t flags = rd_u8(r);
	child->rows = rd_varint(r);
	child->first_ns = (int64_t)((uint64_t)rd_zigzag(r) * unit + (uint64_t)before->last_ns);
	child->last_ns = (int64_t)(rd_varint(r) * unit + (uint64_t)child->first_ns);
	int64_t node_from = before == &none ? child->last_ns : before->node_max_ns;
	child->node_max_ns = (int64_t)((uint64_t)rd_zigzag(r) + (uint64_t)node_from);
	child->has_summary = flags != 0;
	child->hour_count = 0;
	child->summary = (summary_t){ 0 };
	if (flags > HAS_HOURS || child->rows == 0 || child->last_ns < child->first_ns)
		r->bad = true;
	return flags;
}

uint8_t page_child_get(reader_t *r, page_child_t *child)
{
	return get_outline(r, &none, 1, child);
}

static void get_summary(reader_t *r, uint8_t flags, page_child_t *child)
{
	uint64_t count, left_out = flags & IS_THINNED ? rd_varint(r) : 0;
	if (__builtin_add_overflow(child->rows, left_out, &count))
		r->bad = true;
	child->summary = digest_decode(r, count, child->first_ns, child->last_ns);
	if (is_thinned(child) != (left_out > 0) || flags != flags_of(child))
		r->bad = true;
}

void page_summary_get(reader_t *r, uint8_t flags, page_child_t *child)
{
	if (flags == HAS_HOURS)
		hours_decode(r, child);
	else if (child->has_summary)
		get_summary(r, flags, child);
}

void page_summary_settle(page_child_t *child)
{
	uint8_t bytes[PAGE_SUMMARY_BYTES_MAX];
	writer_t w = writer_of(bytes, sizeof(bytes));
	page_summary_put(child, &w);
	reader_t r = reader_of(writer_done(&w));
	page_summary_get(&r, flags_of(child), child);
	assert(!w.bad && !r.bad);
}

static extent_t get_part(reader_t *r, const extent_t *before)
{
	uint64_t at = (uint64_t)rd_zigzag(r) + before->at, len = rd_varint(r);
	r->bad |= len > UINT32_MAX;
	return (extent_t){ at, (uint32_t)len };
}

static void get_child(reader_t *r, const page_child_t *before, const form_t *form,
                      page_child_t *child)
{
	uint8_t flags = get_outline(r, before, form->unit, child);
	for (size_t i = 0; i < form->parts; i++)
		child->part[i] = get_part(r, &before->part[i]);
	r->bad |= flags == HAS_HOURS && form->parts != BLOCK_PARTS;
	page_summary_get(r, flags, child);
}

/* Level and count, and the form of what follows. */
static form_t get_head(reader_t *r, page_t *page)
{
	form_t form = { .unit = 1 };
	page->level = rd_u8(r);
	page->count = rd_u8(r);
	uint8_t tens = rd_u8(r);
	r->bad |= tens > TENS_MAX || page->count == 0 || page->count > PAGE_FAN ||
	          page->level >= PAGE_LEVELS;
	for (; tens && !r->bad; tens--)
		form.unit *= 10;
	form.parts = parts_of(page->level);
	return form;
}

err_t page_decode(slice_t in, page_t *ret_page)
{
	if (in.len < CRC_BYTES)
		return ERR_CORRUPT;
	slice_t body = slice_sub(in, 0, in.len - CRC_BYTES);
	reader_t r = reader_of(body), end = reader_of(slice_from(in, body.len));
	if (rd_u32_le(&end) != crc32c(0, body))
		return ERR_CORRUPT;
	form_t form = get_head(&r, ret_page);
	if (r.bad)
		return ERR_CORRUPT;
	for (size_t i = 0; i < ret_page->count; i++) {
		page_child_t *child = &ret_page->child[i];
		const page_child_t *before = i ? child - 1 : &none;
		get_child(&r, before, &form, child);
		if (i && child->first_ns < before->last_ns)
			r.bad = true;
	}
	return r.bad || r.in.len ? ERR_CORRUPT : ERR_OK;
}

page_child_t page_outline(const page_t *page)
{
	page_child_t outline = { .first_ns = page->child[0].first_ns,
		                 .last_ns = page->child[page->count - 1].last_ns,
		                 .node_max_ns = INT64_MIN,
		                 .has_summary = true };
	for (size_t i = 0; i < page->count; i++) {
		const page_child_t *child = &page->child[i];
		outline.rows += child->rows;
		outline.has_summary &= child->has_summary;
		if (child->node_max_ns > outline.node_max_ns)
			outline.node_max_ns = child->node_max_ns;
		summary_t summary = outline.has_summary ? hours_joined(child) : (summary_t){ 0 };
		summary_join(&outline.summary, &summary);
	}
	if (!outline.has_summary)
		outline.summary = (summary_t){ 0 };
	return outline;
}
