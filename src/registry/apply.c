/* SPDX-License-Identifier: Apache-2.0 */
/* The journal into the view. One path for opening and for running: read durable
 * records in order, put or remove, and commit them with the mark. A view that does
 * not fit the journal is destroyed and built again. */
#include "registry/entry.h"
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
	env_db_txn_t *txn; /* begun with the first record that matters */
	registry_mark_t mark;
	size_t bytes;
} apply_t;

static err_t apply_entry(apply_t *a, const journal_record_t *record)
{
	registry_t *r = a->registry;
	registry_entry_t entry;
	bool is_new;
	err_t err = registry_entry_read(record->payload, &entry);
	if (!err && !a->txn)
		err = registry_store_write(r->store, &a->txn);
	if (err)
		return err;
	a->bytes += record->payload.len;
	entry.record.last = (record_change_t){ record->seq, record->at };
	/* A removal leaves a tombstone. */
	if (record->type == JOURNAL_REGISTRY_REMOVE)
		entry.record.state = RECORD_DELETED;
	err = registry_store_put(r->store, a->txn, &entry.record, &is_new);
	a->mark.count += entry.before.seq == 0 || entry.verb == REGISTRY_RESTORE;
	a->mark.count -= entry.record.state == RECORD_DELETED;
	return err;
}

static err_t apply_record(apply_t *a, const journal_record_t *record)
{
	err_t err = ERR_OK;
	if (record->type == JOURNAL_REGISTRY_PUT || record->type == JOURNAL_REGISTRY_REMOVE)
		err = apply_entry(a, record);
	a->mark.seq = record->seq;
	memcpy(a->mark.hash, record->hash, sizeof(a->mark.hash));
	return err;
}

static err_t apply_commit(apply_t *a)
{
	registry_t *r = a->registry;
	if (a->txn) {
		err_t err = registry_store_mark_put(a->txn, &a->mark);
		env_db_txn_t *txn = a->txn;
		if (err)
			return err;
		a->txn = NULL;
		err = env_db_commit(txn);
		if (err)
			return err;
	}
	r->mark = a->mark;
	atomic_store(&r->count, r->mark.count);
	metric_set(&r->metrics, REGISTRY_METRIC_RECORDS, (int64_t)r->mark.count);
	metric_set(&r->metrics, REGISTRY_METRIC_APPLIED, (int64_t)r->mark.seq);
	return ERR_OK;
}

/* One commit's worth of records. */
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
	if (!err)
		err = apply_commit(&a);
	env_db_end(a.txn);
	*ret_more = !is_end;
	return err;
}

/* What a full disk kept out of the view is read again. The store tells a write cut
 * short by the disk's end as an error of input and output. */
static err_t rewind_cursor(registry_t *r)
{
	journal_cursor_close(r->cursor);
	r->cursor = NULL;
	return journal_cursor_open(r->journal, r->mark.seq + 1, &r->cursor);
}

err_t registry_apply(registry_t *registry)
{
	bool more = true;
	if (registry->failed == ERR_DISK_FULL || registry->failed == ERR_IO)
		registry->failed = rewind_cursor(registry);
	while (more && !registry->failed)
		registry->failed = apply_some(registry, &more);
	metric_set(&registry->metrics, REGISTRY_METRIC_VIEW_FAILED, registry->failed != ERR_OK);
	return registry->failed;
}

/* Opens the cursor behind the mark; ERR_CONFLICT when the mark is not this
 * journal's. Its own record is read again where it is still kept: a journal put
 * back from a copy has other records under the same sequences. */
static err_t cursor_open(registry_t *r)
{
	journal_record_t record;
	if (r->mark.seq == 0)
		return journal_cursor_open(r->journal, 1, &r->cursor);
	if (r->mark.epoch != journal_epoch(r->journal) || r->mark.seq > journal_last(r->journal))
		return ERR_CONFLICT;
	err_t err = journal_cursor_open(r->journal, r->mark.seq, &r->cursor);
	if (err == ERR_NOT_FOUND)
		return journal_cursor_open(r->journal, r->mark.seq + 1, &r->cursor);
	if (!err)
		err = journal_cursor_next(r->cursor, &record);
	if (!err && memcmp(record.hash, r->mark.hash, sizeof(record.hash)) != 0)
		err = ERR_CONFLICT;
	return err;
}

static err_t view_open(registry_t *r)
{
	registry_store_spec_t spec = {
		.path = r->path,
		.max_bytes = r->view_bytes_max,
		.seed = journal_epoch(r->journal),
	};
	env_db_txn_t *txn = NULL;
	err_t err = registry_store_open(r->env, &spec, &r->store);
	if (!err)
		err = registry_store_read(r->store, &txn);
	if (!err)
		err = registry_store_mark_get(txn, &r->mark);
	env_db_end(txn);
	if (!err)
		err = cursor_open(r);
	if (err)
		return err;
	r->rebuilt = r->rebuilt || (r->mark.seq == 0 && journal_last(r->journal) > 0);
	r->mark.epoch = journal_epoch(r->journal);
	atomic_store(&r->count, r->mark.count);
	return registry_apply(r);
}

/* The mark in memory runs ahead of the one on disk while nothing of ours is
 * logged; saving it spares the next start the walk. */
static void mark_save(registry_t *r)
{
	apply_t a = { .registry = r, .mark = r->mark };
	if (r->failed || registry_store_write(r->store, &a.txn))
		return;
	(void)!apply_commit(&a);
	env_db_end(a.txn);
}

static void view_close(registry_t *r)
{
	journal_cursor_close(r->cursor);
	registry_store_close(r->store);
	r->cursor = NULL;
	r->store = NULL;
}

void registry_view_close(registry_t *registry)
{
	if (registry->store && registry->cursor)
		mark_save(registry);
	view_close(registry);
}

static bool is_unfit(err_t err)
{
	return err == ERR_CORRUPT || err == ERR_CONFLICT || err == ERR_NEWER_FORMAT ||
	       err == ERR_EXPIRED;
}

err_t registry_view_open(registry_t *registry, err_detail_t *ret_detail)
{
	err_t err = view_open(registry);
	if (is_unfit(err)) {
		view_close(registry);
		registry->mark = (registry_mark_t){ 0 };
		registry->failed = ERR_OK;
		registry->rebuilt = true;
		err = env_db_destroy(registry->env, registry->path);
		if (!err)
			err = view_open(registry);
	}
	if (!err)
		return ERR_OK;
	view_close(registry);
	return err_raise(ret_detail, err, &text_view, "", registry->path,
	                 err_info(err)->text[LANG_EN], (char *)NULL);
}
