/* SPDX-License-Identifier: Apache-2.0 */
#include "historian/page.h"

#include "base/crc.h"
#include "historian/hours.h"

enum { HAS_SUMMARY = 1, HAS_HOURS = 2, CRC_BYTES = 4 };

static size_t parts_of(uint8_t level)
{
	return level ? 1 : BLOCK_PARTS;
}

static void put_child(const page_child_t *child, const page_child_t *before, size_t parts,
                      writer_t *w)
{
	wr_u8(w, child->hour_count ? HAS_HOURS : child->has_summary ? HAS_SUMMARY : 0);
	wr_varint(w, child->rows);
	wr_zigzag(w, (int64_t)((uint64_t)child->first_ns - (uint64_t)before->last_ns));
	wr_varint(w, (uint64_t)child->last_ns - (uint64_t)child->first_ns);
	wr_zigzag(w, (int64_t)((uint64_t)child->node_max_ns - (uint64_t)child->last_ns));
	for (size_t i = 0; i < parts; i++) {
		wr_zigzag(w, (int64_t)(child->part[i].at - before->part[i].at));
		wr_varint(w, child->part[i].len);
	}
	if (child->hour_count)
		hours_encode(child, w);
	else if (child->has_summary)
		digest_encode(&child->summary, w);
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

static void get_child(reader_t *r, const page_child_t *before, size_t parts, page_child_t *child)
{
	uint8_t flags = rd_u8(r);
	uint64_t len;
	child->rows = rd_varint(r);
	child->first_ns = (int64_t)((uint64_t)rd_zigzag(r) + (uint64_t)before->last_ns);
	child->last_ns = (int64_t)(rd_varint(r) + (uint64_t)child->first_ns);
	child->node_max_ns = (int64_t)((uint64_t)rd_zigzag(r) + (uint64_t)child->last_ns);
	for (size_t i = 0; i < parts; i++) {
		child->part[i].at = (uint64_t)rd_zigzag(r) + before->part[i].at;
		len = rd_varint(r);
		child->part[i].len = (uint32_t)len;
		r->bad |= len > UINT32_MAX;
	}
	child->has_summary = flags != 0;
	child->hour_count = 0;
	if (flags == HAS_HOURS && parts == BLOCK_PARTS)
		hours_decode(r, child);
	else if (child->has_summary)
		child->summary = digest_decode(r, child->rows, child->first_ns, child->last_ns);
	if (flags > HAS_HOURS || child->rows == 0 || child->last_ns < child->first_ns)
		r->bad = true;
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
		summary_t summary = outline.has_summary ? hours_joined(child) : (summary_t){ 0 };
		summary_join(&outline.summary, &summary);
	}
	if (!outline.has_summary)
		outline.summary = (summary_t){ 0 };
	return outline;
}
