/* SPDX-License-Identifier: Apache-2.0 */
#include "historian/chain.h"

#include <stdlib.h>

enum {
	FORMAT = 1,
	FIXED_MAX = 2 + 5 * 10 + 2 * MERKLE_HASH_BYTES,
	ROW_MAX = 2 + 7 * 10 + MERKLE_HASH_BYTES
};

static void put_hash(const merkle_hash_t *hash, writer_t *w)
{
	wr_bytes(w, slice_of(hash->bytes, MERKLE_HASH_BYTES));
}

static void get_hash(reader_t *r, merkle_hash_t *ret_hash)
{
	slice_t bytes = rd_take(r, MERKLE_HASH_BYTES);
	if (!r->bad)
		memcpy(ret_hash->bytes, bytes.ptr, MERKLE_HASH_BYTES);
}

void chain_entry_put(const chain_entry_t *entry, text_t *to)
{
	uint8_t bytes[FIXED_MAX];
	writer_t w = writer_of(bytes, sizeof(bytes));
	wr_u8(&w, FORMAT);
	wr_u8(&w, (uint8_t)entry->kind);
	wr_varint(&w, entry->generation);
	wr_zigzag(&w, entry->utc_ns);
	put_hash(&entry->before, &w);
	wr_varint(&w, entry->edits_id);
	if (entry->edits_id)
		put_hash(&entry->edits, &w);
	wr_varint(&w, entry->drops);
	wr_varint(&w, entry->adds);
	text_add(to, writer_done(&w));
}

void chain_drop_put(const segment_info_t *info, text_t *to)
{
	uint8_t bytes[10 + MERKLE_HASH_BYTES];
	writer_t w = writer_of(bytes, sizeof(bytes));
	wr_varint(&w, info->id);
	put_hash(&info->root, &w);
	text_add(to, writer_done(&w));
}

void chain_add_put(const segment_info_t *info, text_t *to)
{
	uint8_t bytes[ROW_MAX];
	writer_t w = writer_of(bytes, sizeof(bytes));
	wr_varint(&w, info->id);
	wr_u8(&w, info->level);
	wr_u8(&w, info->class);
	wr_zigzag(&w, info->window_ns);
	wr_zigzag(&w, info->window_len_ns);
	wr_varint(&w, info->rows);
	wr_varint(&w, info->points);
	wr_zigzag(&w, info->first_ns);
	wr_zigzag(&w, info->last_ns);
	put_hash(&info->root, &w);
	text_add(to, writer_done(&w));
}

static segment_info_t get_drop(reader_t *r)
{
	segment_info_t info = { .id = rd_varint(r) };
	get_hash(r, &info.root);
	return info;
}

static segment_info_t get_add(reader_t *r)
{
	segment_info_t info = { .id = rd_varint(r) };
	info.level = rd_u8(r);
	info.class = rd_u8(r);
	info.window_ns = rd_zigzag(r);
	info.window_len_ns = rd_zigzag(r);
	info.rows = rd_varint(r);
	info.points = rd_varint(r);
	info.first_ns = rd_zigzag(r);
	info.last_ns = rd_zigzag(r);
	get_hash(r, &info.root);
	return info;
}

static void get_fixed(reader_t *r, chain_entry_t *entry)
{
	uint8_t kind = rd_u8(r);
	entry->kind = (chain_kind_t)kind;
	entry->generation = rd_varint(r);
	entry->utc_ns = rd_zigzag(r);
	get_hash(r, &entry->before);
	entry->edits_id = rd_varint(r);
	if (entry->edits_id)
		get_hash(r, &entry->edits);
	entry->drops = rd_varint(r);
	entry->adds = rd_varint(r);
	r->bad |= kind >= CHAIN_KINDS;
}

err_t chain_entry_read(slice_t in, chain_entry_t *ret_entry)
{
	chain_entry_t entry = { 0 };
	reader_t r = reader_of(in);
	uint8_t format = rd_u8(&r);
	if (!r.bad && format > FORMAT)
		return ERR_NEWER_FORMAT;
	get_fixed(&r, &entry);
	entry.drop_r = r;
	for (uint64_t i = 0; !r.bad && i < entry.drops; i++)
		(void)get_drop(&r);
	entry.add_r = r;
	for (uint64_t i = 0; !r.bad && i < entry.adds; i++)
		(void)get_add(&r);
	if (r.bad || r.in.len || format != FORMAT)
		return ERR_MALFORMED;
	*ret_entry = entry;
	return ERR_OK;
}

bool chain_drop_next(chain_entry_t *entry, segment_info_t *ret_info)
{
	if (!entry->drops)
		return false;
	entry->drops--;
	*ret_info = get_drop(&entry->drop_r);
	return true;
}

bool chain_add_next(chain_entry_t *entry, segment_info_t *ret_info)
{
	if (!entry->adds)
		return false;
	entry->adds--;
	*ret_info = get_add(&entry->add_r);
	return true;
}

merkle_hash_t chain_hash(slice_t entry)
{
	merkle_hash_t hash;
	env_sha256(&entry, 1, hash.bytes);
	return hash;
}

/* What waits. */

static err_t keep(chain_t *chain, uint64_t after_seq, uint64_t seq, slice_t bytes)
{
	chain_waiting_t *kept = &chain->waiting[chain->count];
	*kept = (chain_waiting_t){ after_seq, seq, malloc(bytes.len + 1), bytes.len };
	if (!kept->bytes)
		return ERR_NO_MEMORY;
	if (bytes.len)
		memcpy(kept->bytes, bytes.ptr, bytes.len);
	chain->count++;
	return ERR_OK;
}

err_t chain_next(const chain_t *chain, uint64_t durable_seq, slice_t entry, uint64_t after_seq,
                 chain_t *ret_next)
{
	chain_t next = { .head = chain->head };
	size_t bytes = entry.len;
	next.waiting = calloc(chain->count + 1, sizeof(*next.waiting));
	err_t err = next.waiting ? ERR_OK : ERR_NO_MEMORY;
	for (size_t i = 0; !err && i < chain->count; i++) {
		const chain_waiting_t *old = &chain->waiting[i];
		if (old->seq && old->seq <= durable_seq)
			continue;
		err = keep(&next, old->after_seq, old->seq, slice_of(old->bytes, old->len));
		bytes += old->len;
	}
	if (!err && entry.len)
		err = bytes > CHAIN_WAITING_BYTES ? ERR_LIMIT : keep(&next, after_seq, 0, entry);
	if (err) {
		chain_free(&next);
		return err;
	}
	if (entry.len)
		next.head = chain_hash(entry);
	*ret_next = next;
	return ERR_OK;
}

void chain_free(chain_t *chain)
{
	for (size_t i = 0; i < chain->count; i++)
		free(chain->waiting[i].bytes);
	free(chain->waiting);
	*chain = (chain_t){ 0 };
}

size_t chain_size(const chain_t *chain)
{
	size_t size = MERKLE_HASH_BYTES + sizeof(uint32_t);
	for (size_t i = 0; i < chain->count; i++)
		size += sizeof(uint64_t) + sizeof(uint32_t) + chain->waiting[i].len;
	return size;
}

static void put_waiting(const chain_waiting_t *entry, writer_t *w)
{
	wr_u64_le(w, entry->after_seq);
	wr_u32_le(w, (uint32_t)entry->len);
	wr_bytes(w, slice_of(entry->bytes, entry->len));
}

void chain_put(const chain_t *chain, writer_t *w)
{
	put_hash(&chain->head, w);
	wr_u32_le(w, (uint32_t)chain->count);
	for (size_t i = 0; i < chain->count; i++)
		put_waiting(&chain->waiting[i], w);
}

static err_t get_waiting(reader_t *r, chain_t *chain)
{
	chain_entry_t seen;
	uint64_t after_seq = rd_u64_le(r);
	slice_t bytes = rd_take(r, rd_u32_le(r));
	if (r->bad || chain_entry_read(bytes, &seen)) {
		r->bad = true;
		return ERR_OK;
	}
	return keep(chain, after_seq, 0, bytes);
}

err_t chain_get(reader_t *r, chain_t *ret_chain)
{
	chain_t chain = { 0 };
	get_hash(r, &chain.head);
	uint32_t count = rd_u32_le(r);
	if (count > r->in.len) {
		r->bad = true;
		return ERR_OK;
	}
	chain.waiting = calloc((size_t)count + 1, sizeof(*chain.waiting));
	err_t err = chain.waiting ? ERR_OK : ERR_NO_MEMORY;
	for (uint32_t i = 0; !err && !r->bad && i < count; i++)
		err = get_waiting(r, &chain);
	if (err || r->bad)
		chain_free(&chain);
	*ret_chain = chain;
	return err;
}
