/* SPDX-License-Identifier: Apache-2.0 */
/* Parts and ends, both ways, and the walk from an end over its parts. */
#include "registry/entry/part.h"

enum { FORMAT_RECORDS = 1, FORMAT = 2, HEAD_MAX = 8192 };

static void write_head(const registry_part_t *part, writer_t *w)
{
	wr_u8(w, (uint8_t)part->role);
	wr_u64_le(w, part->bulk);
	wr_varint(w, part->number);
	wr_string(w, part->subject);
	wr_varint(w, part->request_id);
	wr_zigzag(w, part->utc_ns);
	wr_bytes(w, slice_of(part->key, sizeof(part->key)));
}

void registry_part_write(const registry_part_t *part, writer_t *w)
{
	uint8_t room[HEAD_MAX];
	writer_t head = writer_of(room, sizeof(room));
	write_head(part, &head);
	wr_u8(w, FORMAT);
	wr_string(w, writer_done(&head));
	w->bad |= head.bad;
}

void registry_part_add(const registry_entry_t *entry, writer_t *scratch, writer_t *w)
{
	wr_u8(scratch, entry->verb);
	wr_u8(scratch, (uint8_t)entry->record.state);
	wr_varint(scratch, entry->before.seq);
	wr_varint(scratch, entry->before.at);
	registry_record_write(&entry->record, scratch);
	wr_string(w, writer_done(scratch));
	w->bad |= scratch->bad;
}

/* False: damaged. */
static bool read_head(reader_t *r, registry_part_t *part)
{
	uint8_t role = rd_u8(r);
	part->bulk = rd_u64_le(r);
	uint64_t number = rd_varint(r);
	part->subject = rd_string(r);
	part->request_id = rd_varint(r);
	part->utc_ns = rd_zigzag(r);
	part->role = (role_t)role;
	part->number = (uint32_t)number;
	return !r->bad && role < ROLE_COUNT && number <= UINT32_MAX;
}

err_t registry_part_read(slice_t payload, registry_part_t *ret_part)
{
	reader_t r = reader_of(payload);
	registry_part_t part = { .format = rd_u8(&r) };
	if (part.format > FORMAT)
		return ERR_NEWER_FORMAT;
	bool has_key = part.format == FORMAT;
	reader_t head = has_key ? reader_of(rd_string(&r)) : r;
	bool is_good = !r.bad && part.format > 0 && read_head(&head, &part);
	if (!is_good || (has_key && head.in.len != sizeof(part.key)))
		return ERR_CORRUPT;
	if (has_key)
		memcpy(part.key, head.in.ptr, sizeof(part.key));
	part.records = has_key ? r.in : head.in;
	*ret_part = part;
	return ERR_OK;
}

/* A change as format 2 has it. */
static void read_change(slice_t bytes, reader_t *outer, registry_entry_t *entry)
{
	reader_t r = reader_of(bytes);
	entry->verb = rd_u8(&r);
	uint8_t state = rd_u8(&r);
	entry->before.seq = rd_varint(&r);
	entry->before.at = rd_varint(&r);
	entry->record = registry_record_read(&r);
	entry->record.state = (record_state_t)state;
	outer->bad |= r.bad || r.in.len > 0 || state >= RECORD_STATE_COUNT;
}

/* The next change of a part; `r` begins as a reader of part->records. False at the end,
 * or when the part is damaged (`r` is bad). */
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
	};
	if (part->format == FORMAT_RECORDS)
		entry.record = registry_record_read(r);
	else
		read_change(rd_string(r), r, &entry);
	if (r->bad)
		return false;
	entry.record.changed_ns = part->utc_ns;
	*ret_entry = entry;
	return true;
}

typedef struct {
	uint64_t place;
	registry_entry_t entry;
} placed_t;

static err_t find(slice_t payload, slice_t name, placed_t *ret_placed)
{
	registry_part_t part;
	placed_t at = { .place = 0 };
	err_t err = registry_part_read(payload, &part);
	if (err)
		return err;
	reader_t r = reader_of(part.records);
	for (; part_next(&part, &r, &at.entry); at.place++) {
		if (!slice_eq_nocase(at.entry.record.name, name))
			continue;
		*ret_placed = at;
		return ERR_OK;
	}
	return r.bad ? ERR_CORRUPT : ERR_NOT_FOUND;
}

err_t registry_part_find(slice_t payload, slice_t name, registry_entry_t *ret_entry)
{
	placed_t at;
	err_t err = find(payload, name, &at);
	if (!err)
		*ret_entry = at.entry;
	return err;
}

err_t registry_part_place(slice_t payload, slice_t name, uint64_t *ret_place)
{
	placed_t at;
	err_t err = find(payload, name, &at);
	if (!err)
		*ret_place = at.place;
	return err;
}

err_t registry_part_only(slice_t payload, registry_entry_t *ret_entry)
{
	registry_part_t part;
	registry_entry_t entry;
	err_t err = registry_part_read(payload, &part);
	if (err)
		return err;
	reader_t r = reader_of(part.records);
	if (!part_next(&part, &r, &entry) || r.in.len > 0)
		return ERR_CORRUPT;
	*ret_entry = entry;
	return ERR_OK;
}

void registry_bulk_end_write(const registry_bulk_end_t *end, writer_t *w)
{
	wr_u8(w, FORMAT);
	wr_u8(w, (uint8_t)end->role);
	wr_u64_le(w, end->bulk);
	wr_varint(w, end->first_seq);
	wr_varint(w, end->parts);
	wr_varint(w, end->names);
	wr_varint(w, end->created);
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
	end.created = format == FORMAT ? rd_varint(&r) : end.names;
	end.subject = rd_string(&r);
	end.request_id = rd_varint(&r);
	end.utc_ns = rd_zigzag(&r);
	slice_t key = rd_take(&r, sizeof(end.key)), content = rd_take(&r, sizeof(end.content));
	if (r.bad || r.in.len > 0 || format == 0 || role >= ROLE_COUNT || parts > UINT32_MAX ||
	    end.created > end.names)
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
	if (!err && end.parts > 0)
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
