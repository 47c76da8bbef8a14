/* SPDX-License-Identifier: Apache-2.0 */
#include "node/ids.h"

#include <stdlib.h>

#include "env/db.h"
#include "env/file.h"

/* One write transaction stays open from ids_open to ids_close: set-up is one
 * thread, and either all of it is seen or the next start replays it. */

enum { KEY_MAX = 257, KINDS = 3 };

static const char applied_key[] = "\x01"
				  "applied";

struct ids {
	env_db_t *db;
	env_db_txn_t *txn;
	journal_t *journal;
	uint64_t applied;
	uint32_t max[KINDS];
};

static err_t key_make(ids_kind_t kind, slice_t name, uint8_t buf[KEY_MAX], slice_t *ret_key)
{
	if (name.len == 0 || name.len >= KEY_MAX - 1)
		return ERR_INVALID;
	writer_t w = writer_of(buf, KEY_MAX);
	wr_u8(&w, (uint8_t)('0' + kind));
	wr_bytes(&w, name);
	*ret_key = writer_done(&w);
	return ERR_OK;
}

static err_t put_u32(ids_t *ids, slice_t key, uint32_t id)
{
	uint8_t buf[4];
	writer_t w = writer_of(buf, sizeof(buf));
	wr_u32(&w, id);
	return env_db_put(ids->txn, key, writer_done(&w));
}

static err_t apply(ids_t *ids, slice_t payload)
{
	reader_t r = reader_of(payload);
	uint8_t kind = rd_u8(&r);
	uint32_t id = rd_u32_le(&r);
	slice_t name = rd_string(&r), key;
	uint8_t buf[KEY_MAX];
	if (r.bad || kind == 0 || kind >= KINDS)
		return ERR_CORRUPT;
	err_t err = key_make((ids_kind_t)kind, name, buf, &key);
	if (err)
		return err;
	return put_u32(ids, key, id);
}

static bool note_max(void *ctx, slice_t key, slice_t value)
{
	ids_t *ids = ctx;
	reader_t r = reader_of(value);
	uint32_t id = rd_u32(&r);
	uint8_t kind = (uint8_t)(key.ptr[0] - '0');
	if (!r.bad && kind < KINDS && id > ids->max[kind])
		ids->max[kind] = id;
	return true;
}

static err_t replay(ids_t *ids)
{
	journal_cursor_t *cursor = NULL;
	journal_record_t record;
	err_t err = journal_cursor_open(ids->journal, ids->applied + 1, &cursor);
	while (!err && !(err = journal_cursor_next(cursor, &record))) {
		if (record.type == JOURNAL_CATALOGUE_ID)
			err = apply(ids, record.payload);
		ids->applied = record.seq;
	}
	journal_cursor_close(cursor);
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static err_t load_applied(ids_t *ids)
{
	slice_t value;
	err_t err = env_db_get(ids->txn, slice_str(applied_key), &value);
	if (err == ERR_NOT_FOUND)
		return ERR_OK;
	if (err)
		return err;
	reader_t r = reader_of(value);
	ids->applied = rd_u64(&r);
	return r.bad || ids->applied > journal_last(ids->journal) ? ERR_CORRUPT : ERR_OK;
}

static err_t view_open(env_t *env, const char *path, ids_t *ids)
{
	err_t err = env_db_open(env, path, 64u << 20, &ids->db);
	if (!err)
		err = env_db_write(ids->db, &ids->txn);
	if (!err)
		err = load_applied(ids);
	if (!err)
		err = replay(ids);
	if (!err)
		err = env_db_scan(ids->txn, SLICE("1"), note_max, ids);
	return err;
}

static void view_close(ids_t *ids)
{
	env_db_end(ids->txn);
	env_db_close(ids->db);
	ids->txn = NULL;
	ids->db = NULL;
	ids->applied = 0;
}

err_t ids_open(env_t *env, const char *views_dir, journal_t *journal, ids_t **ret_ids)
{
	char path[512];
	writer_t w = writer_of(path, sizeof(path));
	wr_format(&w, "%s/ids", views_dir);
	wr_u8(&w, 0);
	ids_t *ids = calloc(1, sizeof(*ids));
	if (!ids || w.bad) {
		free(ids);
		return w.bad ? ERR_INVALID : ERR_NO_MEMORY;
	}
	ids->journal = journal;
	err_t err = view_open(env, path, ids);
	if (err) {
		view_close(ids);
		err = env_db_destroy(env, path);
		if (!err)
			err = view_open(env, path, ids);
	}
	if (err) {
		ids_close(ids);
		return err;
	}
	*ret_ids = ids;
	return ERR_OK;
}

void ids_close(ids_t *ids)
{
	if (!ids)
		return;
	/* The view may only know what the journal will still know after a crash. */
	if (ids->txn && journal_flush(ids->journal) == ERR_OK) {
		uint8_t buf[8];
		writer_t w = writer_of(buf, sizeof(buf));
		wr_u64(&w, ids->applied);
		if (env_db_put(ids->txn, slice_str(applied_key), writer_done(&w)) == ERR_OK) {
			/* A view that could not be saved catches up at the next start; the
			 * transaction is over either way. */
			(void)!env_db_commit(ids->txn);
			ids->txn = NULL;
		}
	}
	view_close(ids);
	free(ids);
}

void ids_drop(ids_t *ids)
{
	if (!ids)
		return;
	view_close(ids);
	free(ids);
}

static err_t allocate(ids_t *ids, ids_kind_t kind, slice_t name, uint32_t *ret_id)
{
	uint8_t buf[KEY_MAX + 16];
	uint32_t id = ids->max[kind] + 1;
	writer_t w = writer_of(buf, sizeof(buf));
	wr_u8(&w, (uint8_t)kind);
	wr_u32_le(&w, id);
	wr_string(&w, name);
	slice_t payload = writer_done(&w);
	uint64_t seq;
	err_t err = journal_append(ids->journal, JOURNAL_CATALOGUE_ID, &payload, 1, &seq);
	if (!err)
		err = apply(ids, payload);
	if (err)
		return err;
	ids->applied = seq;
	ids->max[kind] = id;
	*ret_id = id;
	return ERR_OK;
}

err_t ids_get(ids_t *ids, ids_kind_t kind, slice_t name, uint32_t *ret_id)
{
	uint8_t buf[KEY_MAX];
	slice_t key, value;
	err_t err = key_make(kind, name, buf, &key);
	if (!err)
		err = env_db_get(ids->txn, key, &value);
	if (err == ERR_NOT_FOUND)
		return allocate(ids, kind, name, ret_id);
	if (err)
		return err;
	reader_t r = reader_of(value);
	uint32_t id = rd_u32(&r);
	if (r.bad)
		return ERR_CORRUPT;
	*ret_id = id;
	return ERR_OK;
}

uint32_t ids_max(const ids_t *ids, ids_kind_t kind)
{
	return ids->max[kind];
}
