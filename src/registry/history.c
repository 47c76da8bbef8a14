/* SPDX-License-Identifier: Apache-2.0 */
/* Walking back. Where only the sequence of a change is known, the journal is walked
 * to it once; its own entry then tells the place of the one before. */
#include "registry/history.h"

#include <stdlib.h>

#include "registry/state.h"

struct registry_walk {
	journal_t *journal;
	uint8_t *kept; /* by registry_walk_keep */
	journal_cursor_t *cursor;
	record_change_t next; /* seq 0: no more */
	slice_t name;
	uint8_t name_bytes[];
};

static err_t last_change(registry_reader_t *reader, slice_t name, record_change_t *ret_last)
{
	record_t record;
	err_t err;
	registry_find_batch(reader, &name, 1, &record, &err);
	if (err == ERR_NOT_FOUND && record.name.len)
		err = ERR_OK; /* drafts and tombstones have a history too */
	if (!err)
		*ret_last = record.last;
	registry_find_done(reader);
	return err;
}

/* Walks the journal up to the record. */
static err_t reach(registry_walk_t *walk, uint64_t seq, journal_record_t *ret_record)
{
	journal_cursor_close(walk->cursor);
	walk->cursor = NULL;
	err_t err = journal_cursor_open(walk->journal, seq, &walk->cursor);
	return err ? err : journal_cursor_next(walk->cursor, ret_record);
}

/* What the record says of this name. */
static err_t entry_of(const journal_record_t *record, slice_t name, registry_entry_t *ret_entry)
{
	registry_entry_t entry;
	err_t err = ERR_CORRUPT;
	if (record->type == JOURNAL_REGISTRY_PART)
		err = registry_part_find(record->payload, name, &entry);
	else if (record->type == JOURNAL_REGISTRY_PUT || record->type == JOURNAL_REGISTRY_REMOVE)
		err = registry_entry_read(record->payload, &entry);
	if (err || !slice_eq_nocase(entry.record.name, name))
		return err == ERR_NEWER_FORMAT ? err : ERR_CORRUPT;
	*ret_entry = entry;
	return ERR_OK;
}

static err_t read_change(registry_walk_t *walk, record_change_t change,
                         registry_version_t *ret_version)
{
	journal_record_t record;
	registry_entry_t entry;
	err_t err = change.at ? journal_cursor_jump(walk->cursor, change.seq, change.at, &record)
	                      : reach(walk, change.seq, &record);
	if (err == ERR_NOT_FOUND)
		return ERR_EXPIRED;
	if (!err)
		err = entry_of(&record, walk->name, &entry);
	if (err)
		return err;
	entry.record.last = (record_change_t){ record.seq, record.at };
	*ret_version = (registry_version_t){ record.seq, record.type, record.payload, entry };
	return ERR_OK;
}

err_t registry_walk_next(registry_walk_t *walk, registry_version_t *ret_version)
{
	if (walk->next.seq == 0)
		return ERR_NOT_FOUND;
	err_t err = read_change(walk, walk->next, ret_version);
	if (!err)
		walk->next = ret_version->entry.before;
	return err;
}

/* Whoever gives a sequence may give any: what stands there must be of this name. */
static err_t go_below(registry_walk_t *walk, uint64_t below)
{
	registry_version_t version;
	err_t err = read_change(walk, (record_change_t){ .seq = below }, &version);
	if (!err)
		walk->next = version.entry.before;
	return err == ERR_CORRUPT || err == ERR_INVALID ? ERR_NOT_FOUND : err;
}

static registry_walk_t *walk_new(journal_t *journal, slice_t name, record_change_t last)
{
	registry_walk_t *walk = calloc(1, sizeof(*walk) + name.len);
	if (!walk)
		return NULL;
	writer_t w = writer_of(walk->name_bytes, name.len);
	wr_bytes(&w, name);
	walk->name = writer_done(&w);
	walk->journal = journal;
	walk->next = last;
	return walk;
}

static err_t begin(registry_walk_t *walk, uint64_t below)
{
	err_t err = below ? go_below(walk, below) : ERR_OK;
	if (!err && !walk->cursor)
		err = journal_cursor_open(walk->journal, 0, &walk->cursor);
	return err;
}

err_t registry_state_left(journal_t *journal, slice_t name, record_change_t change,
                          record_state_t *ret_state)
{
	registry_version_t version;
	registry_walk_t *walk = walk_new(journal, name, change);
	err_t err = walk ? begin(walk, 0) : ERR_NO_MEMORY;
	if (!err)
		err = registry_walk_next(walk, &version);
	if (!err)
		*ret_state = version.entry.record.state;
	registry_walk_close(walk);
	return err;
}

err_t registry_walk_open(registry_reader_t *reader, slice_t name, uint64_t below,
                         registry_walk_t **ret_walk)
{
	record_change_t last = { .seq = 0 };
	err_t err = last_change(reader, name, &last);
	if (err)
		return err;
	registry_walk_t *walk = walk_new(reader->registry->journal, name, last);
	err = walk ? begin(walk, below) : ERR_NO_MEMORY;
	if (err) {
		registry_walk_close(walk);
		return err;
	}
	*ret_walk = walk;
	return ERR_OK;
}

void registry_walk_close(registry_walk_t *walk)
{
	if (!walk)
		return;
	journal_cursor_close(walk->cursor);
	free(walk->kept);
	free(walk);
}

err_t registry_as_of(registry_walk_t *walk, int64_t utc_ns, registry_version_t *ret_version)
{
	for (unsigned i = 0; i < REGISTRY_AS_OF_MAX; i++) {
		registry_version_t version;
		err_t err = registry_walk_next(walk, &version);
		if (err)
			return err;
		if (version.entry.utc_ns <= utc_ns) {
			*ret_version = version;
			return ERR_OK;
		}
	}
	return ERR_LIMIT;
}

static bool is_shown(record_state_t state, bool shows_drafts)
{
	bool is_public = state == RECORD_ACTIVE || state == RECORD_RETIRED;
	return is_public || (state == RECORD_DRAFT && shows_drafts);
}

err_t registry_stored_at(registry_reader_t *reader, const registry_moment_t *moment,
                         registry_walk_t **ret_walk, registry_version_t *ret_version,
                         bool *ret_absent)
{
	registry_walk_t *walk = NULL;
	registry_version_t version;
	*ret_walk = NULL;
	err_t err = registry_walk_open(reader, moment->name, 0, &walk);
	if (!err)
		err = registry_as_of(walk, moment->utc_ns, &version);
	*ret_absent = err == ERR_NOT_FOUND;
	if (!err && !is_shown(version.entry.record.state, moment->shows_drafts))
		err = ERR_NOT_FOUND;
	if (err) {
		registry_walk_close(walk);
		return err;
	}
	*ret_walk = walk;
	*ret_version = version;
	return ERR_OK;
}

void registry_walk_keep(registry_walk_t *walk, uint8_t *memory)
{
	free(walk->kept);
	walk->kept = memory;
}

err_t registry_known_at(registry_reader_t *reader, const registry_moment_t *moment,
                        registry_walk_t **ret_walk, registry_version_t *ret_version)
{
	bool is_absent = false;
	err_t err = registry_stored_at(reader, moment, ret_walk, ret_version, &is_absent);
	return is_absent ? registry_made_at(reader, moment, ret_walk, ret_version) : err;
}
