/* SPDX-License-Identifier: Apache-2.0 */
/* Encoding and judging heads and records. A record can be judged by itself, which
 * is how recovery finds good records behind a bad one: its checksum covers the
 * journal's random epoch, so that bytes inside a payload never pass for a record. */
#include "journal/segment.h"

#include <assert.h>

#include "base/crc.h"
#include "journal/journal.h"

static const uint8_t MAGIC[8] = { 'J', 'I', 'Z', 'H', 'U', 'J', 'N', 'L' };

enum { FLAG_CHAINED = 1, HEAD_ZEROS = 16, HEAD_CRC_AT = SEGMENT_HEAD_BYTES - 4, CRC_BYTES = 4 };

void log_segment_head_encode(const chain_t *chain, uint8_t ret_head[SEGMENT_HEAD_BYTES])
{
	writer_t w = writer_of(ret_head, SEGMENT_HEAD_BYTES);
	memset(ret_head, 0, SEGMENT_HEAD_BYTES);
	wr_bytes(&w, slice_of(MAGIC, sizeof(MAGIC)));
	wr_u32_le(&w, SEGMENT_VERSION);
	wr_u32_le(&w, chain->chained ? FLAG_CHAINED : 0);
	wr_u64_le(&w, chain->epoch);
	wr_u64_le(&w, chain->next_seq);
	wr_bytes(&w, slice_of(chain->hash, sizeof(chain->hash)));
	wr_u32_le(&w, chain->link);
	wr_u64_le(&w, chain->types_before);
	w.len = HEAD_CRC_AT;
	wr_u32_le(&w, crc32c(0, slice_of(ret_head, HEAD_CRC_AT)));
}

static void read_hash(reader_t *r, uint8_t hash[SHA256_BYTES])
{
	slice_t bytes = rd_take(r, SHA256_BYTES);
	if (!r->bad)
		memcpy(hash, bytes.ptr, SHA256_BYTES);
}

err_t log_segment_head_decode(slice_t in, chain_t *ret_chain)
{
	chain_t chain = { 0 };
	reader_t r = reader_of(slice_sub(in, 0, SEGMENT_HEAD_BYTES));
	slice_t magic = rd_take(&r, sizeof(MAGIC));
	uint32_t version = rd_u32_le(&r);
	uint32_t flags = rd_u32_le(&r);
	chain.chained = flags & FLAG_CHAINED;
	chain.epoch = rd_u64_le(&r);
	chain.next_seq = rd_u64_le(&r);
	read_hash(&r, chain.hash);
	chain.link = rd_u32_le(&r);
	chain.types_before = rd_u64_le(&r);
	slice_t zeros = rd_take(&r, HEAD_ZEROS);
	uint32_t crc = rd_u32_le(&r);
	if (r.bad || zeros.len != HEAD_ZEROS || !slice_eq(magic, slice_of(MAGIC, sizeof(MAGIC))) ||
	    crc != crc32c(0, slice_sub(in, 0, HEAD_CRC_AT)))
		return ERR_CORRUPT;
	if (version > SEGMENT_VERSION || flags > FLAG_CHAINED)
		return ERR_NEWER_FORMAT;
	if (version == 0 || chain.next_seq == 0)
		return ERR_CORRUPT;
	*ret_chain = chain;
	return ERR_OK;
}

chain_t chain_roll(const chain_t *chain)
{
	chain_t head = *chain;
	head.types_before = chain->types;
	head.types = 0;
	return head;
}

bool chain_joins(const chain_t *end, const chain_t *head)
{
	bool are_told = head->types_before && !(end->types & TYPES_UNSEEN);
	return head->epoch == end->epoch && head->chained == end->chained &&
	       head->next_seq == end->next_seq && head->link == end->link &&
	       memcmp(head->hash, end->hash, sizeof(end->hash)) == 0 &&
	       (!are_told || head->types_before == end->types);
}

size_t record_bytes(bool chained, size_t payload_len)
{
	size_t bytes = RECORD_HEAD_BYTES + (chained ? (size_t)SHA256_BYTES : 0) + payload_len;
	return (bytes + 7) & ~(size_t)7;
}

void record_begin(writer_t *w, bool chained, const record_t *record, const slice_t *parts,
                  size_t count)
{
	static const uint8_t ZEROS[SHA256_BYTES] = { 0 };
	size_t end = w->len + record->bytes;
	wr_u64_le(w, 0); /* checksum and link, known when it is written */
	wr_u64_le(w, record->seq);
	wr_u32_le(w, 0); /* unsynced, likewise */
	wr_u32_le(w, (uint32_t)record->payload.len | (uint32_t)record->type << 24);
	if (chained)
		wr_bytes(w, slice_of(ZEROS, SHA256_BYTES));
	for (size_t i = 0; i < count; i++)
		wr_bytes(w, parts[i]);
	wr_bytes(w, slice_of(ZEROS, end - w->len));
	assert(!w->bad && w->len == end);
}

/* Of everything behind the checksum field, the padding too. */
static uint32_t record_crc(const chain_t *chain, slice_t record)
{
	uint8_t epoch[8];
	writer_t w = writer_of(epoch, sizeof(epoch));
	wr_u64_le(&w, chain->epoch);
	return crc32c(crc32c(0, writer_done(&w)), slice_from(record, CRC_BYTES));
}

static void record_hash(const chain_t *chain, const record_t *record,
                        uint8_t ret_hash[SHA256_BYTES])
{
	uint8_t fixed[9];
	writer_t w = writer_of(fixed, sizeof(fixed));
	wr_u64_le(&w, record->seq);
	wr_u8(&w, record->type);
	slice_t parts[] = { slice_of(chain->hash, SHA256_BYTES), writer_done(&w), record->payload };
	env_sha256(parts, 3, ret_hash);
}

/* The fields of a record whose bytes are all in `in`, unjudged. */
static bool read_fields(slice_t in, const chain_t *chain, record_t *ret_record)
{
	reader_t r = reader_of(in);
	record_t record = { .crc = rd_u32_le(&r) };
	record.link = rd_u32_le(&r);
	record.seq = rd_u64_le(&r);
	record.unsynced = rd_u32_le(&r);
	uint32_t kind = rd_u32_le(&r);
	size_t len = kind & 0xFFFFFF;
	record.type = (uint8_t)(kind >> 24);
	record.bytes = record_bytes(chain->chained, len);
	record.hash = rd_take(&r, chain->chained ? SHA256_BYTES : 0);
	record.payload = rd_take(&r, len);
	*ret_record = record;
	return !r.bad && in.len >= record.bytes;
}

size_t record_finish(uint8_t *bytes, size_t len, chain_t *chain, uint64_t durable)
{
	record_t record;
	bool whole = read_fields(slice_of(bytes, len), chain, &record);
	assert(whole);
	(void)whole;
	writer_t w = writer_of(bytes, len);
	w.len = CRC_BYTES;
	wr_u32_le(&w, chain->link);
	w.len = 16;
	wr_u32_le(&w, (uint32_t)(record.seq - durable));
	if (chain->chained) {
		record_hash(chain, &record, chain->hash);
		w.len = RECORD_HEAD_BYTES;
		wr_bytes(&w, slice_of(chain->hash, SHA256_BYTES));
	}
	chain->link = record_crc(chain, slice_of(bytes, record.bytes));
	chain->next_seq = record.seq + 1;
	chain->types |= JOURNAL_TYPE_BIT(record.type);
	w.len = 0;
	wr_u32_le(&w, chain->link);
	return record.bytes;
}

size_t record_length(slice_t bytes, const chain_t *chain)
{
	record_t record;
	bool whole = read_fields(bytes, chain, &record);
	assert(whole);
	(void)whole;
	return record.bytes;
}

static bool is_zero(slice_t bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		if (bytes.ptr[i])
			return false;
	return true;
}

err_t record_parse(slice_t in, const chain_t *chain, record_t *ret_record)
{
	record_t record;
	if (is_zero(slice_sub(in, 0, RECORD_HEAD_BYTES)))
		return ERR_NOT_FOUND;
	if (in.len < RECORD_HEAD_BYTES)
		return ERR_CORRUPT;
	bool whole = read_fields(in, chain, &record);
	if (record.type == 0 || record.bytes > record_bytes(chain->chained, RECORD_PAYLOAD_MAX))
		return ERR_CORRUPT;
	if (!whole) {
		ret_record->bytes = record.bytes;
		return ERR_TOO_BIG;
	}
	if (record.crc != record_crc(chain, slice_sub(in, 0, record.bytes)))
		return ERR_CORRUPT;
	*ret_record = record;
	return ERR_OK;
}

bool chain_accept(chain_t *chain, const record_t *record)
{
	if (record->seq != chain->next_seq || record->link != chain->link)
		return false;
	if (chain->chained) {
		uint8_t hash[SHA256_BYTES];
		record_hash(chain, record, hash);
		if (!slice_eq(record->hash, slice_of(hash, SHA256_BYTES)))
			return false;
		memcpy(chain->hash, hash, SHA256_BYTES);
	}
	chain->link = record->crc;
	chain->next_seq++;
	chain->types |= JOURNAL_TYPE_BIT(record->type);
	return true;
}
