/* SPDX-License-Identifier: Apache-2.0 */
/* The journal into the view. One path for opening and for running: read durable
 * records in order, put them, and commit with the mark. A view that does not fit the
 * journal, or in which damage is found, is built again beside the old one. */
#include <stdlib.h>

#include "registry/lifecycle.h"
#include "registry/state.h"

#include "codec/handle/name.h"

enum { APPLY_RECORDS = 4096, APPLY_BYTES = 8 << 20 };

static const err_text_t text_view = {
	{ "cannot build the view of identifiers in %1: %2", "无法建立标识视图 %1：%2" },
	{ "check free space and permissions; the folder may be removed, it is rebuilt from the "
	  "journal",
	  "请检查剩余空间和权限；该目录可以删除，会由日志重建" },
};

typedef struct {
	registry_t *registry;
	registry_mark_t mark; /* behind what was put */
	size_t bytes;
	int64_t made;      /* names, by the record at hand */
	counts_t *answers; /* and names that resolve, by prefix */
	bool describes;    /* a record of a prefix was put */
} apply_t;

/* Whether the name resolved before the change. The view may not tell: after a crash it has
 * lost what changed behind its mark; then the change before is read. */
static err_t did_answer(registry_t *r, const registry_entry_t *entry, bool *ret_did)
{
	writer_t room = writer_of(r->room, sizeof(r->room));
	slice_t name = entry->record.name;
	record_t record = { .count = 0 };
	err_t err = registry_store_get(r->store, name, &room, &record);
	if (err || record.last.seq != entry->before.seq)
		err = registry_state_left(r->journal, name, entry->before, &record.state);
	/* Where the past cannot be read, most names did: a count that is off by one is less
	 * harm than a view that stops. */
	*ret_did = err || registry_state_answers(record.state);
	return err == ERR_NO_MEMORY ? err : ERR_OK;
}

/* By how many more names resolve; most verbs keep a state. */
static err_t answers_made(registry_t *r, const registry_entry_t *entry, int *ret_made)
{
	bool does = registry_state_answers(entry->record.state), did = false;
	bool is_first = entry->before.seq == 0 || entry->verb == REGISTRY_RESTORE;
	bool keeps = entry->verb != REGISTRY_STATE && entry->verb != REGISTRY_REMOVE;
	err_t err = ERR_OK;
	if (!is_first && keeps)
		did = does;
	else if (!is_first)
		err = did_answer(r, entry, &did);
	*ret_made = does - did;
	return err;
}

static err_t put_one(void *ctx, const registry_entry_t *entry)
{
	apply_t *a = ctx;
	registry_t *r = a->registry;
	int answers = 0;
	a->made += registry_entry_made(entry);
	a->describes |= handle_name_described_prefix(entry->record.name).len > 0;
	err_t err = answers_made(r, entry, &answers);
	if (!err)
		err = registry_store_put(r->store, &entry->record);
	if (!err)
		err = counts_add(a->answers, entry->record.name, answers);
	registry_note_damage(r, err);
	return err;
}

static err_t put_key(apply_t *a, const journal_record_t *record)
{
	registry_bulk_end_t end;
	err_t err = registry_bulk_end_read(record->payload, &end);
	if (err)
		return err;
	a->bytes = APPLY_BYTES; /* a bulk is enough for one turn */
	err = registry_bulk_key_put(a->registry, &end,
	                            (record_change_t){ record->seq, record->at });
	registry_note_damage(a->registry, err);
	return err;
}

/* What is put twice is there once, so a failure halfway, even through a bulk, needs no
 * undoing: all of the record is put again with the next try. */
static err_t apply_record(apply_t *a, const journal_record_t *record)
{
	a->made = 0;
	a->bytes += record->payload.len;
	/* Of a bulk that fails halfway nothing may count. */
	a->answers = record->type == JOURNAL_REGISTRY_BULK ? &a->registry->now : &a->registry->turn;
	counts_done(&a->registry->now);
	err_t err = registry_changes_walk(a->registry->journal, record, put_one, a);
	if (!err && record->type == JOURNAL_REGISTRY_BULK)
		err = put_key(a, record);
	if (!err)
		err = counts_fold(&a->registry->turn, &a->registry->now);
	if (err)
		return err;
	a->mark.count += (uint64_t)a->made;
	a->mark.at = journal_cursor_mark(a->registry->cursor);
	return ERR_OK;
}

static err_t apply_commit(apply_t *a)
{
	registry_t *r = a->registry;
	env_lock(r->counts_mutex);
	err_t err = counts_fold(r->into, &r->turn);
	env_unlock(r->counts_mutex);
	if (err)
		return err;
	r->mark = a->mark;
	atomic_store(&r->count, r->mark.count);
	metric_set(&r->metrics, REGISTRY_METRIC_RECORDS, (int64_t)r->mark.count);
	metric_set(&r->metrics, REGISTRY_METRIC_APPLIED, (int64_t)r->mark.at.seq);
	err = registry_store_commit(r->store, &a->mark);
	atomic_fetch_add(&r->described, a->describes);
	registry_note_damage(r, err);
	return err;
}

/* Some records, then the mark as far as they went. */
static err_t apply_some(registry_t *r, bool *ret_more)
{
	apply_t a = { .registry = r, .mark = r->mark };
	bool is_end = false;
	err_t err = ERR_OK;
	for (size_t n = 0; !err && !is_end && n < APPLY_RECORDS && a.bytes < APPLY_BYTES; n++) {
		journal_record_t record;
		err = journal_cursor_next(r->cursor, &record);
		is_end = err == ERR_NOT_FOUND;
		err = is_end ? ERR_OK : err ? err : apply_record(&a, &record);
	}
	err_t committed = apply_commit(&a);
	*ret_more = !is_end;
	return err ? err : committed;
}

/* Not for good: what was kept out by a full disk (a write cut short by its end is an
 * error of input and output), or by readers, is read again. */
static bool is_passing(err_t err)
{
	return err == ERR_DISK_FULL || err == ERR_IO || err == ERR_BUSY;
}

/* The cursor behind the mark. A new view is of all the past or of none: one of what is
 * left of it would say that names are free. */
static err_t cursor_open(registry_t *r)
{
	journal_cursor_close(r->cursor);
	r->cursor = NULL;
	if (r->mark.at.seq)
		return journal_follow_open(r->journal, &r->mark.at, REGISTRY_CHANGE_TYPES,
		                           &r->cursor);
	err_t err = journal_cursor_open(r->journal, 1, &r->cursor);
	if (!err)
		journal_cursor_want(r->cursor, REGISTRY_CHANGE_TYPES);
	return err;
}

static bool is_unfit(err_t err)
{
	return err == ERR_CORRUPT || err == ERR_CONFLICT || err == ERR_NEWER_FORMAT ||
	       err == ERR_EXPIRED;
}

static err_t write_notes(void *ctx, slice_t *ret_notes)
{
	registry_t *r = ctx;
	size_t room = counts_room(r->into);
	free(r->notes);
	r->notes = malloc(room + 1);
	if (!r->notes)
		return ERR_NO_MEMORY;
	writer_t w = writer_of(r->notes, room);
	counts_write(r->into, &w);
	*ret_notes = writer_done(&w);
	return ERR_OK;
}

static void counts_set(registry_t *r, counts_t counts)
{
	env_lock(r->counts_mutex);
	counts_t old = r->counts;
	r->counts = counts;
	env_unlock(r->counts_mutex);
	counts_done(&old);
}

static registry_store_spec_t store_spec(registry_t *r)
{
	return (registry_store_spec_t){
		.path = r->path,
		.max_bytes = r->view_bytes_max,
		.seed = journal_epoch(r->journal),
		.hub = &r->hub,
		.notes = write_notes,
		.notes_ctx = r,
	};
}

static err_t fill(registry_t *r, registry_store_t *old)
{
	bool more = true;
	err_t err = cursor_open(r);
	while (!err && more)
		err = apply_some(r, &more);
	return err ? err : registry_store_show(r->store, old);
}

/* A new view beside the damaged one, which goes on answering what it can. */
static err_t rebuild(registry_t *r)
{
	registry_store_spec_t spec = store_spec(r);
	registry_store_t *old = r->store, *fresh;
	counts_t counts = { NULL };
	counts_done(&r->turn);
	r->into = &counts;
	err_t err = registry_store_fresh(r->env, &spec, old, &fresh);
	if (!err) {
		r->store = fresh;
		r->mark = (registry_mark_t){ .count = 0 };
		err = fill(r, old);
		if (err)
			registry_store_close(fresh);
	}
	r->into = &r->counts;
	atomic_fetch_add(&r->described, 1);
	if (!err) {
		counts_set(r, counts);
		return ERR_OK;
	}
	counts_done(&counts);
	counts_done(&r->turn);
	r->store = old;
	r->mark = registry_store_mark(old);
	return err;
}

/* Tried again when it failed for a passing reason. */
static void mend(registry_t *r)
{
	if (!atomic_load(&r->is_damaged))
		return;
	r->failed = rebuild(r);
	metric_add(&r->metrics, REGISTRY_METRIC_REBUILDS, 1);
	if (!is_passing(r->failed))
		atomic_store(&r->is_damaged, false);
}

err_t registry_apply(registry_t *registry)
{
	bool more = true;
	mend(registry);
	if (is_passing(registry->failed))
		registry->failed = cursor_open(registry);
	while (more && !registry->failed)
		registry->failed = apply_some(registry, &more);
	mend(registry);
	metric_set(&registry->metrics, REGISTRY_METRIC_VIEW_FAILED, registry->failed != ERR_OK);
	return registry->failed;
}

static err_t view_open(registry_t *r)
{
	registry_store_spec_t spec = store_spec(r);
	err_t err = r->rebuilt ? registry_store_fresh(r->env, &spec, NULL, &r->store)
	                       : registry_store_open(r->env, &spec, &r->store);
	if (err)
		return err;
	counts_t counts = { NULL };
	r->mark = registry_store_mark(r->store);
	err = counts_read(registry_store_notes(r->store), &counts);
	if (!err)
		counts_set(r, counts);
	if (!err)
		err = cursor_open(r);
	if (err)
		return err;
	r->rebuilt = r->rebuilt || (r->mark.at.seq == 0 && journal_last(r->journal) > 0);
	atomic_store(&r->count, r->mark.count);
	bool more = true;
	while (!err && more)
		err = apply_some(r, &more);
	return err ? err : registry_store_show(r->store, NULL);
}

static void view_close(registry_t *r)
{
	journal_cursor_close(r->cursor);
	registry_store_close(r->store);
	r->cursor = NULL;
	r->store = NULL;
}

/* A checkpoint spares the next start the walk. */
void registry_view_close(registry_t *registry)
{
	if (registry->store && registry->cursor && !registry->failed)
		(void)!registry_store_save(registry->store);
	view_close(registry);
}

err_t registry_view_open(registry_t *registry, err_detail_t *ret_detail)
{
	err_t err = view_open(registry);
	if (is_unfit(err)) {
		view_close(registry);
		atomic_store(&registry->is_damaged, false);
		registry->rebuilt = true;
		err = view_open(registry);
	}
	if (!err)
		return ERR_OK;
	view_close(registry);
	return err_raise(ret_detail, err, &text_view, "", registry->path,
	                 err_info(err)->text[LANG_EN], (char *)NULL);
}
