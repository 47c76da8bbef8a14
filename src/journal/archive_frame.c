/* SPDX-License-Identifier: Apache-2.0 */
#include "journal/archive_frame.h"

#include "base/crc.h"

enum { SKIPPABLE = 0x184D2A50 };

static const uint8_t MAGIC[8] = { 'J', 'I', 'Z', 'H', 'U', 'J', 'N', 'Z' };

void archive_skip_encode(uint32_t len, writer_t *w)
{
	wr_u32_le(w, SKIPPABLE);
	wr_u32_le(w, len);
}

void archive_head_encode(const archive_head_t *head, uint8_t ret_bytes[ARCHIVE_HEAD_BYTES])
{
	uint8_t segment[SEGMENT_HEAD_BYTES];
	writer_t w = writer_of(ret_bytes, ARCHIVE_HEAD_BYTES);
	log_segment_head_encode(&head->chain, segment);
	archive_skip_encode(ARCHIVE_HEAD_BYTES - ARCHIVE_SKIP_BYTES, &w);
	wr_bytes(&w, slice_of(MAGIC, sizeof(MAGIC)));
	wr_u32_le(&w, ARCHIVE_VERSION);
	wr_u32_le(&w, head->rows);
	wr_u64_le(&w, head->index_at);
	wr_bytes(&w, slice_of(segment, sizeof(segment)));
	wr_u32_le(&w, crc32c(0, writer_done(&w)));
}

static bool is_head_frame(slice_t frame)
{
	uint8_t skip[ARCHIVE_SKIP_BYTES];
	writer_t w = writer_of(skip, sizeof(skip));
	archive_skip_encode(ARCHIVE_HEAD_BYTES - ARCHIVE_SKIP_BYTES, &w);
	return slice_eq(frame, writer_done(&w));
}

static bool has_rows(const archive_head_t *head)
{
	return head->rows > 0 && head->rows <= ARCHIVE_ROWS_MAX &&
	       head->index_at >= ARCHIVE_HEAD_BYTES;
}

err_t archive_head_decode(slice_t in, archive_head_t *ret_head)
{
	archive_head_t head;
	reader_t r = reader_of(in);
	slice_t frame = rd_take(&r, ARCHIVE_SKIP_BYTES), magic = rd_take(&r, sizeof(MAGIC));
	uint32_t version = rd_u32_le(&r);
	head.rows = rd_u32_le(&r);
	head.index_at = rd_u64_le(&r);
	slice_t segment = rd_take(&r, SEGMENT_HEAD_BYTES);
	uint32_t crc = rd_u32_le(&r);
	if (r.bad || !is_head_frame(frame) || !slice_eq(magic, slice_of(MAGIC, sizeof(MAGIC))) ||
	    crc != crc32c(0, slice_sub(in, 0, ARCHIVE_HEAD_BYTES - 4)))
		return ERR_CORRUPT;
	if (version > ARCHIVE_VERSION)
		return ERR_NEWER_FORMAT;
	if (version == 0 || !has_rows(&head))
		return ERR_CORRUPT;
	err_t err = log_segment_head_decode(segment, &head.chain);
	if (!err)
		*ret_head = head;
	return err;
}

void archive_row_encode(const archive_row_t *row, writer_t *w)
{
	wr_u64_le(w, row->plain_at);
	wr_u64_le(w, row->chain.next_seq);
	wr_u64_le(w, row->stored_at);
	wr_u32_le(w, row->stored_len);
	wr_u32_le(w, row->stripped_len);
	wr_u32_le(w, row->crc);
	wr_u32_le(w, row->chain.link);
	wr_bytes(w, slice_of(row->chain.hash, SHA256_BYTES));
}

archive_row_t archive_row_decode(reader_t *r, const archive_head_t *head)
{
	archive_row_t row = { .chain = head->chain };
	row.plain_at = rd_u64_le(r);
	row.chain.next_seq = rd_u64_le(r);
	row.stored_at = rd_u64_le(r);
	row.stored_len = rd_u32_le(r);
	row.stripped_len = rd_u32_le(r);
	row.crc = rd_u32_le(r);
	row.chain.link = rd_u32_le(r);
	slice_t hash = rd_take(r, SHA256_BYTES);
	if (!r->bad)
		memcpy(row.chain.hash, hash.ptr, SHA256_BYTES);
	return row;
}

void archive_strip(const record_t *record, writer_t *w)
{
	wr_varint(w, record->payload.len);
	wr_u8(w, record->type);
	wr_varint(w, record->unsynced);
	wr_bytes(w, record->payload);
}

/* Lays one record as it was written, and lets record_finish compute the rest. */
static bool rebuild_one(reader_t *r, chain_t *chain, writer_t *w)
{
	uint64_t len = rd_varint(r);
	record_t record = { .seq = chain->next_seq, .type = rd_u8(r) };
	uint64_t unsynced = rd_varint(r);
	size_t start = w->len;
	if (r->bad || len > RECORD_PAYLOAD_MAX || record.type == 0 || unsynced > record.seq)
		return false;
	record.payload = rd_take(r, (size_t)len);
	record.bytes = record_bytes(chain->chained, record.payload.len);
	if (r->bad || record.bytes > w->cap - w->len)
		return false;
	record_begin(w, chain->chained, &record, &record.payload, 1);
	record_finish(&w->buf[start], record.bytes, chain, record.seq - unsynced);
	return true;
}

err_t archive_rebuild(slice_t stripped, chain_t *chain, size_t want, writer_t *ret)
{
	reader_t r = reader_of(stripped);
	size_t start = ret->len;
	while (r.in.len > 0)
		if (!rebuild_one(&r, chain, ret))
			return ERR_CORRUPT;
	return ret->len - start == want ? ERR_OK : ERR_CORRUPT;
}
