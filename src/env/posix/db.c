/* SPDX-License-Identifier: Apache-2.0 */
/* The adapter to LMDB, for views that a journal can rebuild.
 *
 * LMDB runs unsynced here, and it trusts its file: a page that a power cut left
 * half-written, or a file somebody cut or altered, would end the process rather
 * than an operation. So the store is sealed when it is closed: a small file
 * beside it holds the size and the CRC32C of the data. Opening demands a seal
 * that fits and breaks it. No seal (the process died), or one that does not fit,
 * is ERR_CORRUPT, and the owner rebuilds. Checking reads the whole file once at
 * memory speed. Damage done to the file while it is open is not noticed.
 *
 * Read transactions are kept and renewed, so that a read allocates nothing. */
#include "env/posix/impl.h"
#include "base/crc.h"
#include "base/num.h"

#include <errno.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define DB_DATA      "data.mdb"
#define DB_SEAL      "seal"
#define DB_SEAL_HEAD "jizhu-db-seal 1 "

enum {
	DB_KEY_MAX = 511,
	DB_VALUE_MAX = 1 << 20,
	DB_READERS_MAX = 256,
	DB_KEPT = 16,
	DB_SEAL_MAX = 96,
	DB_SIZE_MIN = 1 << 20,
};

typedef struct posix_db posix_db_t;

typedef struct {
	env_db_txn_t base;
	posix_db_t *db;
	MDB_txn *txn;
	bool writes;
	err_t failed; /* of an earlier put: the write can only be given up */
} posix_txn_t;

struct posix_db {
	env_db_t base;
	env_t *env;
	MDB_env *mdb;
	MDB_dbi dbi;
	char path[POSIX_PATH_MAX];
	_Atomic(posix_txn_t *) kept[DB_KEPT]; /* reset read transactions */
};

typedef struct {
	int code;
	err_t err;
} mdb_row_t;

static const mdb_row_t mdb_rows[] = {
	{ MDB_SUCCESS, ERR_OK },          { MDB_NOTFOUND, ERR_NOT_FOUND },
	{ MDB_CORRUPTED, ERR_CORRUPT },   { MDB_PAGE_NOTFOUND, ERR_CORRUPT },
	{ MDB_INVALID, ERR_CORRUPT },     { MDB_VERSION_MISMATCH, ERR_CORRUPT },
	{ MDB_PANIC, ERR_CORRUPT },       { MDB_MAP_FULL, ERR_LIMIT },
	{ MDB_TXN_FULL, ERR_LIMIT },      { MDB_READERS_FULL, ERR_LIMIT },
	{ MDB_BAD_VALSIZE, ERR_INVALID },
};

static err_t db_err(int code)
{
	for (size_t i = 0; i < sizeof(mdb_rows) / sizeof(mdb_rows[0]); i++)
		if (mdb_rows[i].code == code)
			return mdb_rows[i].err;
	return code > 0 ? posix_err(code) : ERR_INTERNAL;
}

/* The seal. */

static err_t db_path(const posix_db_t *db, const char *name, char ret_path[POSIX_PATH_MAX])
{
	char path[POSIX_PATH_MAX];
	int len = snprintf(path, sizeof(path), "%s/%s", db->path, name);
	if (len < 0 || (size_t)len >= sizeof(path))
		return ERR_TOO_BIG;
	memcpy(ret_path, path, sizeof(path));
	return ERR_OK;
}

static err_t db_seal_text(posix_db_t *db, char ret_text[DB_SEAL_MAX])
{
	char path[POSIX_PATH_MAX];
	env_map_t *map = NULL;
	err_t err = db_path(db, DB_DATA, path);
	if (!err)
		err = env_map_open(db->env, path, &map);
	if (err)
		return err;
	slice_t data = env_map_bytes(map);
	(void)snprintf(ret_text, DB_SEAL_MAX, DB_SEAL_HEAD "%zu %08x\n", data.len,
	               (unsigned)crc32c(0, data));
	env_map_close(map);
	return ERR_OK;
}

static err_t db_seal_check(posix_db_t *db)
{
	char wanted[DB_SEAL_MAX], path[POSIX_PATH_MAX], found[DB_SEAL_MAX];
	size_t len = 0;
	err_t err = db_seal_text(db, wanted);
	if (err)
		return err == ERR_NOT_FOUND ? ERR_OK : err; /* a store not yet made */
	err = db_path(db, DB_SEAL, path);
	if (!err)
		err = env_file_load(db->env, path, found, sizeof(found), &len);
	if (err == ERR_NOT_FOUND || err == ERR_TOO_BIG)
		return ERR_CORRUPT;
	if (err)
		return err;
	slice_t seal = slice_of(found, len);
	if (slice_starts(seal, SLICE("jizhu-db-seal ")) && !slice_starts(seal, SLICE(DB_SEAL_HEAD)))
		return ERR_NEWER_FORMAT;
	if (!slice_eq(seal, slice_str(wanted)))
		return ERR_CORRUPT;
	return env_path_remove(db->env, path);
}

/* A seal that cannot be written costs a rebuild, not data. */
static void db_seal_write(posix_db_t *db)
{
	char text[DB_SEAL_MAX], path[POSIX_PATH_MAX];
	if (!db_seal_text(db, text) && !db_path(db, DB_SEAL, path))
		(void)!env_file_save(db->env, path, slice_str(text));
}

/* Open and close. */

static size_t db_map_size(uint64_t max_bytes)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t size = max_bytes < DB_SIZE_MIN ? DB_SIZE_MIN : max_bytes;
	return (size_t)(size / page * page);
}

static int db_open_mdb(posix_db_t *db, uint64_t max_bytes)
{
	int rc = mdb_env_create(&db->mdb);
	if (rc)
		return rc;
	rc = mdb_env_set_mapsize(db->mdb, db_map_size(max_bytes));
	if (!rc)
		rc = mdb_env_set_maxreaders(db->mdb, DB_READERS_MAX);
	if (!rc)
		rc = mdb_env_open(db->mdb, db->path, MDB_NOSYNC | MDB_NOMETASYNC | MDB_NOTLS, 0600);
	MDB_txn *txn = NULL;
	if (!rc)
		rc = mdb_txn_begin(db->mdb, NULL, MDB_RDONLY, &txn);
	if (rc)
		return rc;
	rc = mdb_dbi_open(txn, NULL, 0, &db->dbi);
	mdb_txn_abort(txn);
	return rc;
}

static void db_close_mdb(posix_db_t *db)
{
	for (size_t i = 0; i < DB_KEPT; i++) {
		posix_txn_t *txn = atomic_exchange(&db->kept[i], NULL);
		if (txn)
			mdb_txn_abort(txn->txn);
		free(txn);
	}
	if (db->mdb)
		mdb_env_close(db->mdb);
	db->mdb = NULL;
}

static err_t db_open(env_t *env, const char *path, uint64_t max_bytes, env_db_t **ret_db)
{
	posix_db_t *db = calloc(1, sizeof(*db));
	if (!db)
		return ERR_NO_MEMORY;
	db->base.ops = env->ops;
	db->env = env;
	err_t err = ERR_OK;
	if (!slice_to_cstr(slice_str(path), db->path, sizeof(db->path)))
		err = ERR_TOO_BIG;
	if (!err)
		err = env_dir_make(env, path);
	if (!err)
		err = db_seal_check(db);
	if (!err)
		err = db_err(db_open_mdb(db, max_bytes));
	if (err) {
		db_close_mdb(db);
		free(db);
		return err;
	}
	*ret_db = &db->base;
	return ERR_OK;
}

static void db_close(env_db_t *base)
{
	posix_db_t *db = (posix_db_t *)base;
	/* The seal must not outlive a power cut that its data does not. */
	bool synced = mdb_env_sync(db->mdb, 1) == 0;
	db_close_mdb(db);
	if (synced)
		db_seal_write(db);
	free(db);
}

static err_t db_destroy(env_t *env, const char *path)
{
	/* The last but one is a seal whose writing was cut short. */
	static const char *const names[] = { "/" DB_DATA, "/lock.mdb", "/" DB_SEAL,
		                             "/" DB_SEAL ".tmp", "" };
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char name[POSIX_PATH_MAX];
		int len = snprintf(name, sizeof(name), "%s%s", path, names[i]);
		if (len < 0 || (size_t)len >= sizeof(name))
			return ERR_TOO_BIG;
		err_t err = env_path_remove(env, name);
		if (err && err != ERR_NOT_FOUND)
			return err;
	}
	return ERR_OK;
}

/* Transactions. */

static posix_txn_t *db_take_kept(posix_db_t *db)
{
	for (size_t i = 0; i < DB_KEPT; i++) {
		posix_txn_t *txn = atomic_exchange(&db->kept[i], NULL);
		if (txn)
			return txn;
	}
	return NULL;
}

static void db_keep(posix_txn_t *txn)
{
	mdb_txn_reset(txn->txn);
	for (size_t i = 0; i < DB_KEPT; i++) {
		posix_txn_t *none = NULL;
		if (atomic_compare_exchange_strong(&txn->db->kept[i], &none, txn))
			return;
	}
	mdb_txn_abort(txn->txn);
	free(txn);
}

static err_t db_begin(posix_db_t *db, bool writes, env_db_txn_t **ret_txn)
{
	posix_txn_t *txn = calloc(1, sizeof(*txn));
	if (!txn)
		return ERR_NO_MEMORY;
	txn->base.ops = db->base.ops;
	txn->db = db;
	txn->writes = writes;
	err_t err = db_err(mdb_txn_begin(db->mdb, NULL, writes ? 0 : MDB_RDONLY, &txn->txn));
	if (err) {
		free(txn);
		return err;
	}
	*ret_txn = &txn->base;
	return ERR_OK;
}

static err_t db_read(env_db_t *base, env_db_txn_t **ret_txn)
{
	posix_db_t *db = (posix_db_t *)base;
	posix_txn_t *txn = db_take_kept(db);
	if (!txn)
		return db_begin(db, false, ret_txn);
	err_t err = db_err(mdb_txn_renew(txn->txn));
	if (err) {
		mdb_txn_abort(txn->txn);
		free(txn);
		return err;
	}
	*ret_txn = &txn->base;
	return ERR_OK;
}

static err_t db_write(env_db_t *db, env_db_txn_t **ret_txn)
{
	return db_begin((posix_db_t *)db, true, ret_txn);
}

static void db_end(env_db_txn_t *base)
{
	posix_txn_t *txn = (posix_txn_t *)base;
	if (!txn->writes) {
		db_keep(txn);
		return;
	}
	mdb_txn_abort(txn->txn);
	free(txn);
}

static err_t db_commit(env_db_txn_t *base)
{
	posix_txn_t *txn = (posix_txn_t *)base;
	err_t err = txn->failed;
	if (err || !txn->writes) {
		db_end(base);
		return err;
	}
	err = db_err(mdb_txn_commit(txn->txn));
	free(txn);
	return err;
}

/* Keys and values. */

/* LMDB takes non-const pointers but writes through none of them. */
static MDB_val db_val(slice_t s)
{
	return (MDB_val){ .mv_size = s.len, .mv_data = (void *)(uintptr_t)s.ptr };
}

static slice_t db_slice(MDB_val val)
{
	return slice_of(val.mv_data, val.mv_size);
}

static err_t db_key_check(slice_t key)
{
	return key.len == 0 || key.len > DB_KEY_MAX ? ERR_INVALID : ERR_OK;
}

static err_t db_get(env_db_txn_t *base, slice_t key, slice_t *ret_value)
{
	posix_txn_t *txn = (posix_txn_t *)base;
	err_t err = db_key_check(key);
	if (err)
		return err;
	MDB_val k = db_val(key), value = { 0 };
	err = db_err(mdb_get(txn->txn, txn->db->dbi, &k, &value));
	if (!err)
		*ret_value = db_slice(value);
	return err;
}

static err_t db_put(env_db_txn_t *base, slice_t key, slice_t value)
{
	posix_txn_t *txn = (posix_txn_t *)base;
	err_t err = txn->failed ? txn->failed : db_key_check(key);
	if (err)
		return err;
	if (value.len > DB_VALUE_MAX)
		return ERR_TOO_BIG;
	MDB_val k = db_val(key), v = db_val(value);
	txn->failed = db_err(mdb_put(txn->txn, txn->db->dbi, &k, &v, 0));
	return txn->failed;
}

static err_t db_remove(env_db_txn_t *base, slice_t key)
{
	posix_txn_t *txn = (posix_txn_t *)base;
	err_t err = txn->failed ? txn->failed : db_key_check(key);
	if (err)
		return err;
	MDB_val k = db_val(key);
	err = db_err(mdb_del(txn->txn, txn->db->dbi, &k, NULL));
	if (err != ERR_NOT_FOUND)
		txn->failed = err;
	return err;
}

static err_t db_scan(env_db_txn_t *base, slice_t from,
                     bool (*fn)(void *ctx, slice_t key, slice_t value), void *ctx)
{
	posix_txn_t *txn = (posix_txn_t *)base;
	MDB_cursor *cursor = NULL;
	err_t err = db_err(mdb_cursor_open(txn->txn, txn->db->dbi, &cursor));
	if (err)
		return err;
	MDB_val key = db_val(slice_sub(from, 0, DB_KEY_MAX)), value = { 0 };
	int rc = mdb_cursor_get(cursor, &key, &value, from.len ? MDB_SET_RANGE : MDB_FIRST);
	while (!rc && fn(ctx, db_slice(key), db_slice(value)))
		rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
	mdb_cursor_close(cursor);
	return rc == MDB_NOTFOUND ? ERR_OK : db_err(rc);
}

void posix_db_ops(env_ops_t *ops)
{
	ops->db_open = db_open;
	ops->db_close = db_close;
	ops->db_destroy = db_destroy;
	ops->db_read = db_read;
	ops->db_write = db_write;
	ops->db_get = db_get;
	ops->db_put = db_put;
	ops->db_remove = db_remove;
	ops->db_scan = db_scan;
	ops->db_commit = db_commit;
	ops->db_end = db_end;
}
