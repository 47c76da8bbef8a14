/* SPDX-License-Identifier: Apache-2.0 */
/* One entry, both ways. */
#include "registry/entry/entry.h"

enum { FORMAT = 1 };

static const char *const verb_names[REGISTRY_VERB_COUNT] = {
	[REGISTRY_CREATE] = "create",   [REGISTRY_REPLACE] = "replace",
	[REGISTRY_MERGE] = "merge",     [REGISTRY_UNMERGE] = "unmerge",
	[REGISTRY_REMOVE] = "remove",   [REGISTRY_ADD] = "add",
	[REGISTRY_MODIFY] = "modify",   [REGISTRY_HOME] = "home",
	[REGISTRY_UNHOME] = "unhome",   [REGISTRY_STATE] = "state",
	[REGISTRY_RESTORE] = "restore",
};

const char *registry_verb_name(uint8_t verb)
{
	return verb < REGISTRY_VERB_COUNT ? verb_names[verb] : "";
}

void registry_record_write(const record_t *record, writer_t *w)
{
	wr_string(w, record->name);
	wr_varint(w, record->count);
	wr_string(w, record->values);
}

record_t registry_record_read(reader_t *r)
{
	record_t record = { .name = rd_string(r) };
	uint64_t count = rd_varint(r);
	record.values = rd_string(r);
	if (count > RECORD_VALUES_MAX)
		r->bad = true;
	record.count = (uint32_t)count;
	return record;
}

void registry_entry_write(const registry_entry_t *entry, writer_t *w)
{
	wr_u8(w, FORMAT);
	wr_u8(w, entry->verb);
	wr_u8(w, (uint8_t)entry->role);
	wr_u8(w, (uint8_t)entry->record.state);
	wr_string(w, entry->subject);
	wr_varint(w, entry->request_id);
	wr_zigzag(w, entry->utc_ns);
	wr_varint(w, entry->before.seq);
	wr_varint(w, entry->before.at);
	registry_record_write(&entry->record, w);
}

err_t registry_entry_read(slice_t payload, registry_entry_t *ret_entry)
{
	reader_t r = reader_of(payload);
	registry_entry_t entry = { 0 };
	uint8_t format = rd_u8(&r);
	if (format > FORMAT)
		return ERR_NEWER_FORMAT;
	entry.verb = rd_u8(&r);
	uint8_t role = rd_u8(&r);
	uint8_t state = rd_u8(&r);
	entry.subject = rd_string(&r);
	entry.request_id = rd_varint(&r);
	entry.utc_ns = rd_zigzag(&r);
	entry.before.seq = rd_varint(&r);
	entry.before.at = rd_varint(&r);
	entry.record = registry_record_read(&r);
	if (r.bad || r.in.len > 0 || format != FORMAT || role >= ROLE_COUNT ||
	    state >= RECORD_STATE_COUNT)
		return ERR_CORRUPT;
	entry.role = (role_t)role;
	entry.record.state = (record_state_t)state;
	entry.record.changed_ns = entry.utc_ns;
	*ret_entry = entry;
	return ERR_OK;
}

/* A first change of its name has no change before it. */
int registry_entry_made(const registry_entry_t *entry)
{
	if (entry->record.state == RECORD_DELETED)
		return -1;
	return entry->before.seq == 0 || entry->verb == REGISTRY_RESTORE;
}
