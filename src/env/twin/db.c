/* SPDX-License-Identifier: Apache-2.0 */
/* Stores of views. A store is a file of its folder that holds versions in place
 * of bytes, so that its name obeys the disk's laws and removing the file or the
 * folder removes the store. It is never synced: a reboot settles what is left. */
#include "env/db.h"

#include <stdio.h>
#include <stdlib.h>

#include "env/twin/disk.h"
#include "env/twin/store.h"
#include "env/twin/verbs.h"

enum { DB_KEY_MAX = 511, DB_VALUE_MAX = 1 << 20 };

typedef struct {
	env_db_t base;
	thing_t thing;
	inode_t *inode;
	uint64_t max_bytes;
} db_t;

typedef struct {
	env_db_txn_t base;
	thing_t thing;
	inode_t *inode;
	version_t version;
	uint64_t max_bytes;
	bool is_write;
} txn_t;

static db_t *db_of(env_db_t *db)
{
	return (db_t *)(void *)db;
}

static txn_t *txn_of(env_db_txn_t *txn)
{
	return (txn_t *)(void *)txn;
}

/* The path of the file that stands for the store in `folder`; the caller frees. */
static char *store_path(const char *folder)
{
	size_t size = strlen(folder) + sizeof(TWIN_DB_FILE) + 1;
	char *path = twin_alloc(size, 1);
	(void)snprintf(path, size, "%s/%s", folder, TWIN_DB_FILE);
	return path;
}

/* The inode of the store in the folder, made when absent. */
static err_t store_inode(env_t *env, const char *folder, inode_t **ret_inode)
{
	host_t *host = host_of(env);
	place_t place = { 0 };
	char *path = store_path(folder);
	err_t err = verb_dir_make(env, folder);
	if (!err)
		err = disk_walk(host->disk, path, &place);
	if (!err && !place.inode) {
		place.inode = inode_new(host->disk, false);
		place.inode->store = store_new();
		disk_rename(host->disk, NULL, &place, place.inode);
	}
	free(path);
	if (err)
		return err;
	if (!place.inode->store)
		return ERR_CORRUPT;
	*ret_inode = place.inode;
	return ERR_OK;
}

static void db_drop(void *self)
{
	db_t *db = self;
	db->inode->store->is_open = false;
	inode_release(db->inode);
	thing_unlink(&db->thing);
	free(db);
}

err_t verb_db_open(env_t *env, const char *path, uint64_t max_bytes, env_db_t **ret_db)
{
	host_t *host = host_of(env);
	inode_t *inode;
	err_t err = host->is_dead ? ERR_IO : store_inode(env, path, &inode);
	if (err)
		return err;
	if (inode->store->is_corrupt)
		return ERR_CORRUPT;
	if (inode->store->is_open)
		return ERR_BUSY;
	inode->store->is_open = true;
	db_t *db = twin_alloc(1, sizeof(*db));
	db->base.ops = &twin_ops;
	db->inode = inode;
	db->max_bytes = max_bytes;
	inode_hold(inode);
	thing_link(&db->thing, host, db, db_drop);
	*ret_db = &db->base;
	return ERR_OK;
}

void verb_db_close(env_db_t *db)
{
	if (db)
		db_drop(db);
}

static err_t remove_if_there(env_t *env, const char *path)
{
	err_t err = verb_path_remove(env, path);
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

err_t verb_db_destroy(env_t *env, const char *folder)
{
	char *path = store_path(folder);
	place_t place;
	err_t err = disk_walk(host_of(env)->disk, path, &place);
	if (!err && place.inode && place.inode->store && place.inode->store->is_open)
		err = ERR_BUSY;
	if (!err)
		err = remove_if_there(env, path);
	if (!err || err == ERR_NOT_FOUND)
		err = remove_if_there(env, folder);
	free(path);
	return err;
}

static void txn_drop(void *self)
{
	txn_t *txn = self;
	if (txn->is_write)
		txn->inode->store->is_writing = false;
	tree_release(txn->version.root);
	inode_release(txn->inode);
	thing_unlink(&txn->thing);
	free(txn);
}

static void begin(const db_t *db, bool is_write, env_db_txn_t **ret_txn)
{
	txn_t *txn = twin_alloc(1, sizeof(*txn));
	txn->base.ops = &twin_ops;
	txn->inode = db->inode;
	inode_hold(txn->inode);
	txn->version = *store_newest(db->inode->store);
	tree_hold(txn->version.root);
	txn->max_bytes = db->max_bytes;
	txn->is_write = is_write;
	thing_link(&txn->thing, db->thing.host, txn, txn_drop);
	*ret_txn = &txn->base;
}

err_t verb_db_read(env_db_t *db, env_db_txn_t **ret_txn)
{
	begin(db_of(db), false, ret_txn);
	return ERR_OK;
}

err_t verb_db_write(env_db_t *db, env_db_txn_t **ret_txn)
{
	store_t *store = db_of(db)->inode->store;
	if (db_of(db)->thing.host->is_dead)
		return ERR_IO;
	if (store->is_writing)
		return ERR_BUSY;
	store->is_writing = true;
	begin(db_of(db), true, ret_txn);
	return ERR_OK;
}

err_t verb_db_get(env_db_txn_t *txn, slice_t key, slice_t *ret_value)
{
	return tree_get(txn_of(txn)->version.root, key, ret_value) ? ERR_OK : ERR_NOT_FOUND;
}

err_t verb_db_put(env_db_txn_t *base, slice_t key, slice_t value)
{
	txn_t *txn = txn_of(base);
	if (!txn->is_write || key.len == 0 || key.len > DB_KEY_MAX)
		return ERR_INVALID;
	if (value.len > DB_VALUE_MAX)
		return ERR_TOO_BIG;
	if (txn->version.bytes + key.len + value.len > txn->max_bytes)
		return ERR_LIMIT;
	tree_put(&txn->version, key, value);
	return ERR_OK;
}

err_t verb_db_remove(env_db_txn_t *base, slice_t key)
{
	txn_t *txn = txn_of(base);
	if (!txn->is_write)
		return ERR_INVALID;
	return tree_remove(&txn->version, key) ? ERR_OK : ERR_NOT_FOUND;
}

err_t verb_db_scan(env_db_txn_t *txn, slice_t from,
                   bool (*fn)(void *ctx, slice_t key, slice_t value), void *ctx)
{
	tree_scan(txn_of(txn)->version.root, from, fn, ctx);
	return ERR_OK;
}

/* A commit is a moment at which power may fail, like a write. */
err_t verb_db_commit(env_db_txn_t *base)
{
	txn_t *txn = txn_of(base);
	twin_fault_t fault;
	err_t err = disk_transfer(txn->thing.host, &fault);
	if (!err) {
		store_commit(txn->inode->store, txn->version);
		txn->version.root = NULL;
	}
	txn_drop(txn);
	return err;
}

void verb_db_end(env_db_txn_t *txn)
{
	if (txn)
		txn_drop(txn);
}

/* The store of a disk by the path of its folder, or NULL. */
static store_t *store_at(twin_t *twin, const char *name, const char *path)
{
	place_t place;
	if (disk_walk(disk_of(twin, name), path, &place) || !place.inode)
		return NULL;
	const inode_t *file = names_get(&place.inode->names, slice_str(TWIN_DB_FILE));
	return file ? file->store : NULL;
}

err_t twin_db_damage(twin_t *twin, const char *name, const char *path, twin_damage_t damage)
{
	store_t *store = store_at(twin, name, path);
	if (!store)
		return ERR_NOT_FOUND;
	if (damage == TWIN_DB_CORRUPT)
		store->is_corrupt = true;
	else if (damage == TWIN_DB_LOSE)
		store_lose(store);
	else
		store_roll_back(store, 1 + (size_t)rng_below(&twin->chance, STORE_VERSIONS));
	return ERR_OK;
}
