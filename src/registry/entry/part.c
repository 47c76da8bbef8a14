/* SPDX-License-Identifier: Apache-2.0 */
/* Parts and ends, both ways, and the walk from an end over its parts. */
#include "registry/entry/part.h"

enum { FORMAT = 1 };

void registry_part_write(const registry_part_t *part, writer_t *w)
{
	wr_u8(w, FORMAT);
	wr_u8(w, (uint8_t)part->role);
	wr_u64_le(w, part->bulk);
	wr_varint(w, part->number);
	wr_string(w, part->subject);
	wr_varint(w, part->request_id);
	wr_zigzag(w, part->utc_ns);
}

err_t registry_part_read(slice_t payload, registry_part_t *ret_part)
{
	reader_t r = reader_of(payload);
	registry_part_t part = { 0 };
	uint8_t format = rd_u8(&r);
	if (format > FORMAT)
		return ERR_NEWER_FORMAT;
	uint8_t role = rd_u8(&r);
	part.bulk = rd_u64_le(&r);
	uint64_t number = rd_varint(&r);
	part.subject = rd_string(&r);
	part.request_id = rd_varint(&r);
	part.utc_ns = rd_zigzag(&r);
	part.records = r.in;
	if (r.bad || format != FORMAT || role >= ROLE_COUNT || number > UINT32_MAX)
		return ERR_CORRUPT;
	part.role = (role_t)role;
	part.number = (uint32_t)number;
	*ret_part = part;
	return ERR_OK;
}

/* The next record of a part as the entry of its creation; `r` begins as a reader of
 * part->records. False at the end, or when the part is damaged (`r` is bad). */
static bool part_next(const registry_part_t *part, reader_t *r, registry_entry_t *ret_entry)
{
	if (r->bad || r->in.len == 0)
		return false;
	registry_entry_t entry = {
		.verb = REGISTRY_CREATE,
		.role = part->role,
		.subject = part->subject,
		.request_id = part->request_id,
		.utc_ns = part->utc_ns,
		.record = registry_record_read(r),
	};
	if (r->bad)
		return false;
	entry.record.changed_ns = part->utc_ns;
	*ret_entry = entry;
	return true;
}

err_t registry_part_find(slice_t payload, slice_t name, registry_entry_t *ret_entry)
{
	registry_part_t part;
	registry_entry_t entry;
	err_t err = registry_part_read(payload, &part);
	if (err)
		return err;
	reader_t r = reader_of(part.records);
	while (part_next(&part, &r, &entry)) {
		if (!slice_eq_nocase(entry.record.name, name))
			continue;
		*ret_entry = entry;
		return ERR_OK;
	}
	return r.bad ? ERR_CORRUPT : ERR_NOT_FOUND;
}

void registry_bulk_end_write(const registry_bulk_end_t *end, writer_t *w)
{
	wr_u8(w, FORMAT);
	wr_u8(w, (uint8_t)end->role);
	wr_u64_le(w, end->bulk);
	wr_varint(w, end->first_seq);
	wr_varint(w, end->parts);
	wr_varint(w, end->names);
	wr_string(w, end->subject);
	wr_varint(w, end->request_id);
	wr_zigzag(w, end->utc_ns);
	wr_bytes(w, slice_of(end->key, sizeof(end->key)));
	wr_bytes(w, slice_of(end->content, sizeof(end->content)));
}

err_t registry_bulk_end_read(slice_t payload, registry_bulk_end_t *ret_end)
{
	reader_t r = reader_of(payload);
	registry_bulk_end_t end = { 0 };
	uint8_t format = rd_u8(&r);
	if (format > FORMAT)
		return ERR_NEWER_FORMAT;
	uint8_t role = rd_u8(&r);
	end.bulk = rd_u64_le(&r);
	end.first_seq = rd_varint(&r);
	uint64_t parts = rd_varint(&r);
	end.names = rd_varint(&r);
	end.subject = rd_string(&r);
	end.request_id = rd_varint(&r);
	end.utc_ns = rd_zigzag(&r);
	slice_t key = rd_take(&r, sizeof(end.key)), content = rd_take(&r, sizeof(end.content));
	if (r.bad || r.in.len > 0 || format != FORMAT || role >= ROLE_COUNT || parts > UINT32_MAX)
		return ERR_CORRUPT;
	end.role = (role_t)role;
	end.parts = (uint32_t)parts;
	memcpy(end.key, key.ptr, key.len);
	memcpy(end.content, content.ptr, content.len);
	*ret_end = end;
	return ERR_OK;
}

typedef struct {
	const registry_bulk_end_t *end;
	uint32_t parts; /* walked */
	uint64_t names;
	err_t (*fn)(void *ctx, const registry_entry_t *entry);
	void *ctx;
} walk_t;

static err_t walk_part(walk_t *walk, const journal_record_t *record)
{
	registry_part_t part;
	registry_entry_t entry;
	err_t err = registry_part_read(record->payload, &part);
	if (err || part.bulk != walk->end->bulk)
		return err;
	if (part.number != walk->parts)
		return ERR_CORRUPT;
	reader_t r = reader_of(part.records);
	while (!err && part_next(&part, &r, &entry)) {
		entry.record.last = (record_change_t){ record->seq, record->at };
		err = walk->fn(walk->ctx, &entry);
		walk->names++;
	}
	walk->parts++;
	return !err && r.bad ? ERR_CORRUPT : err;
}

/* Behind its end, all of a bulk is durable. */
static err_t missing(err_t err)
{
	return err == ERR_NOT_FOUND ? ERR_CORRUPT : err;
}

static err_t walk_bulk(journal_t *journal, const journal_record_t *record, walk_t walk)
{
	registry_bulk_end_t end;
	journal_cursor_t *cursor = NULL;
	journal_record_t at = { .seq = 0 };
	uint64_t until = record->seq;
	walk.end = &end;
	err_t err = registry_bulk_end_read(record->payload, &end);
	if (!err)
		err = missing(journal_cursor_open(journal, end.first_seq, &cursor));
	while (!err && walk.parts < end.parts && at.seq < until) {
		err = missing(journal_cursor_next(cursor, &at));
		if (!err && at.type == JOURNAL_REGISTRY_PART)
			err = walk_part(&walk, &at);
	}
	journal_cursor_close(cursor);
	if (!err && (walk.parts != end.parts || walk.names != end.names))
		err = ERR_CORRUPT;
	return err;
}

err_t registry_changes_walk(journal_t *journal, const journal_record_t *record,
                            err_t (*fn)(void *ctx, const registry_entry_t *entry), void *ctx)
{
	registry_entry_t entry;
	if (record->type == JOURNAL_REGISTRY_BULK)
		return walk_bulk(journal, record, (walk_t){ .fn = fn, .ctx = ctx });
	if (record->type != JOURNAL_REGISTRY_PUT && record->type != JOURNAL_REGISTRY_REMOVE)
		return ERR_OK;
	err_t err = registry_entry_read(record->payload, &entry);
	if (err)
		return err;
	entry.record.last = (record_change_t){ record->seq, record->at };
	if (record->type == JOURNAL_REGISTRY_REMOVE)
		entry.record.state = RECORD_DELETED;
	return fn(ctx, &entry);
}
