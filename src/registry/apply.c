/* SPDX-License-Identifier: Apache-2.0 */
/* The journal into the view. One path for opening and for running: read durable
 * records in order, put them, and commit with the mark. A view that does not fit the
 * journal, or in which damage is found, is built again beside the old one. */
#include "journal/follow.h"
#include "registry/part.h"
#include "registry/state.h"

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
} apply_t;

/* A removal leaves a tombstone. What is put twice is there once, so a failure halfway
 * needs no undoing. */
static err_t apply_entry(apply_t *a, const journal_record_t *record)
{
	registry_entry_t entry;
	err_t err = registry_entry_read(record->payload, &entry);
	if (err)
		return err;
	a->bytes += record->payload.len;
	entry.record.last = (record_change_t){ record->seq, record->at };
	if (record->type == JOURNAL_REGISTRY_REMOVE)
		entry.record.state = RECORD_DELETED;
	err = registry_store_put(a->registry->store, &entry.record);
	registry_note_damage(a->registry, err);
	if (err)
		return err;
	a->mark.count += entry.before.seq == 0 || entry.verb == REGISTRY_RESTORE;
	a->mark.count -= entry.record.state == RECORD_DELETED;
	return ERR_OK;
}

static err_t put_one(void *ctx, const registry_entry_t *entry)
{
	return registry_store_put(ctx, &entry->record);
}

/* All of a bulk; half of it, when that fails, is put again with the next try. */
static err_t apply_bulk(apply_t *a, const journal_record_t *record)
{
	registry_t *r = a->registry;
	registry_bulk_end_t end;
	err_t err = registry_bulk_end_read(record->payload, &end);
	if (!err)
		err = registry_bulk_walk(r->journal, record, put_one, r->store);
	if (!err)
		err = registry_bulk_key_put(r, &end, (record_change_t){ record->seq, record->at });
	registry_note_damage(r, err);
	if (!err)
		a->mark.count += end.names;
	a->bytes = APPLY_BYTES; /* enough for one turn */
	return err;
}

static err_t apply_record(apply_t *a, const journal_record_t *record)
{
	err_t err = ERR_OK;
	if (record->type == JOURNAL_REGISTRY_BULK)
		err = apply_bulk(a, record);
	if (record->type == JOURNAL_REGISTRY_PUT || record->type == JOURNAL_REGISTRY_REMOVE)
		err = apply_entry(a, record);
	if (err)
		return err;
	a->mark.seq = record->seq;
	memcpy(a->mark.hash, record->hash, sizeof(a->mark.hash));
	return ERR_OK;
}

static err_t apply_commit(apply_t *a)
{
	registry_t *r = a->registry;
	r->mark = a->mark;
	atomic_store(&r->count, r->mark.count);
	metric_set(&r->metrics, REGISTRY_METRIC_RECORDS, (int64_t)r->mark.count);
	metric_set(&r->metrics, REGISTRY_METRIC_APPLIED, (int64_t)r->mark.seq);
	err_t err = registry_store_commit(r->store, &a->mark);
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

static err_t cursor_open(registry_t *r)
{
	journal_mark_t mark = { .seq = r->mark.seq, .epoch = r->mark.epoch };
	memcpy(mark.hash, r->mark.hash, sizeof(mark.hash));
	return journal_follow_open(r->journal, &mark, REGISTRY_EFFECT_TYPES, &r->cursor);
}

static err_t rewind_cursor(registry_t *r)
{
	journal_cursor_close(r->cursor);
	r->cursor = NULL;
	return cursor_open(r);
}

static bool is_unfit(err_t err)
{
	return err == ERR_CORRUPT || err == ERR_CONFLICT || err == ERR_NEWER_FORMAT ||
	       err == ERR_EXPIRED;
}

static registry_store_spec_t store_spec(registry_t *r)
{
	return (registry_store_spec_t){
		.path = r->path,
		.max_bytes = r->view_bytes_max,
		.seed = journal_epoch(r->journal),
		.hub = &r->hub,
	};
}

/* A new view beside the damaged one, which goes on answering what it can. */
static err_t rebuild(registry_t *r)
{
	registry_store_spec_t spec = store_spec(r);
	registry_store_t *old = r->store, *fresh;
	bool more = true;
	err_t err = registry_store_fresh(r->env, &spec, old, &fresh);
	if (err)
		return err;
	r->store = fresh;
	r->mark = (registry_mark_t){ .epoch = journal_epoch(r->journal) };
	err = rewind_cursor(r);
	while (!err && more)
		err = apply_some(r, &more);
	if (!err)
		err = registry_store_show(fresh, old);
	if (!err)
		return ERR_OK;
	registry_store_close(fresh);
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
		registry->failed = rewind_cursor(registry);
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
	r->mark = registry_store_mark(r->store);
	err = cursor_open(r);
	if (err)
		return err;
	r->rebuilt = r->rebuilt || (r->mark.seq == 0 && journal_last(r->journal) > 0);
	r->mark.epoch = journal_epoch(r->journal);
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
