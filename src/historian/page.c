/* SPDX-License-Identifier: Apache-2.0 */
#include "historian/page.h"

#include "base/crc.h"

enum { HAS_SUMMARY = 1, IS_THINNED = 2, CRC_BYTES = 4 };

static size_t parts_of(uint8_t level)
{
	return level ? 1 : BLOCK_PARTS;
}

static bool is_thinned(const page_child_t *child)
{
	return child->has_summary && child->summary.bound > 0;
}

static uint8_t flags_of(const page_child_t *child)
{
	return (child->has_summary ? HAS_SUMMARY : 0) | (is_thinned(child) ? IS_THINNED : 0);
}

void page_summary_put(const page_child_t *child, writer_t *w)
{
	if (!child->has_summary)
		return;
	if (is_thinned(child))
		wr_varint(w, child->summary.count - child->rows);
	digest_encode(&child->summary, w);
}

void page_child_put(const page_child_t *child, const page_child_t *before, writer_t *w)
{
	wr_u8(w, flags_of(child));
	wr_varint(w, child->rows);
	wr_zigzag(w, (int64_t)((uint64_t)child->first_ns - (uint64_t)before->last_ns));
	wr_varint(w, (uint64_t)child->last_ns - (uint64_t)child->first_ns);
	wr_zigzag(w, (int64_t)((uint64_t)child->node_max_ns - (uint64_t)child->last_ns));
}

static void put_child(const page_child_t *child, const page_child_t *before, size_t parts,
                      writer_t *w)
{
	page_child_put(child, before, w);
	for (size_t i = 0; i < parts; i++) {
		wr_zigzag(w, (int64_t)(child->part[i].at - before->part[i].at));
		wr_varint(w, child->part[i].len);
	}
	page_summary_put(child, w);
}

void page_encode(const page_t *page, writer_t *w)
{
	page_child_t none = { 0 };
	size_t start = w->len;
	wr_u8(w, page->level);
	wr_u8(w, (uint8_t)page->count);
	for (size_t i = 0; i < page->count; i++)
		put_child(&page->child[i], i ? &page->child[i - 1] : &none, parts_of(page->level),
		          w);
	wr_u32_le(w, crc32c(0, slice_from(writer_done(w), start)));
}

uint8_t page_child_get(reader_t *r, const page_child_t *before, page_child_t *child)
{
	uint8_t flags = rd_u8(r);
	child->rows = rd_varint(r);
	child->first_ns = (int64_t)((uint64_t)rd_zigzag(r) + (uint64_t)before->last_ns);
	child->last_ns = (int64_t)(rd_varint(r) + (uint64_t)child->first_ns);
	child->node_max_ns = (int64_t)((uint64_t)rd_zigzag(r) + (uint64_t)child->last_ns);
	child->has_summary = flags & HAS_SUMMARY;
	child->summary = (summary_t){ 0 };
	if (flags > (HAS_SUMMARY | IS_THINNED) || flags == IS_THINNED || child->rows == 0 ||
	    child->last_ns < child->first_ns)
		r->bad = true;
	return flags;
}

void page_summary_get(reader_t *r, uint8_t flags, page_child_t *child)
{
	uint64_t count, left_out = flags & IS_THINNED ? rd_varint(r) : 0;
	if (!child->has_summary)
		return;
	if (__builtin_add_overflow(child->rows, left_out, &count))
		r->bad = true;
	child->summary = digest_decode(r, count, child->first_ns, child->last_ns);
	if (is_thinned(child) != (left_out > 0) || flags != flags_of(child))
		r->bad = true;
}

static void get_child(reader_t *r, const page_child_t *before, size_t parts, page_child_t *child)
{
	uint64_t len;
	uint8_t flags = page_child_get(r, before, child);
	for (size_t i = 0; i < parts; i++) {
		child->part[i].at = (uint64_t)rd_zigzag(r) + before->part[i].at;
		len = rd_varint(r);
		child->part[i].len = (uint32_t)len;
		r->bad |= len > UINT32_MAX;
	}
	page_summary_get(r, flags, child);
}

err_t page_decode(slice_t in, page_t *ret_page)
{
	if (in.len < CRC_BYTES)
		return ERR_CORRUPT;
	page_child_t none = { 0 };
	slice_t body = slice_sub(in, 0, in.len - CRC_BYTES);
	reader_t r = reader_of(body), end = reader_of(slice_from(in, body.len));
	if (rd_u32_le(&end) != crc32c(0, body))
		return ERR_CORRUPT;
	ret_page->level = rd_u8(&r);
	ret_page->count = rd_u8(&r);
	if (ret_page->count == 0 || ret_page->count > PAGE_FAN || ret_page->level >= PAGE_LEVELS)
		return ERR_CORRUPT;
	for (size_t i = 0; i < ret_page->count; i++) {
		page_child_t *child = &ret_page->child[i];
		const page_child_t *before = i ? child - 1 : &none;
		get_child(&r, before, parts_of(ret_page->level), child);
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
		summary_join(&outline.summary, &child->summary);
	}
	if (!outline.has_summary)
		outline.summary = (summary_t){ 0 };
	return outline;
}
