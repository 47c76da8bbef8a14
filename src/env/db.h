/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENV_DB_H
#define ENV_DB_H
/* An ordered key-value store for views: data that can be rebuilt from a journal.
 * The real body is LMDB (zero-copy reads, bigger than memory), opened without
 * syncing; the twin's is an ordered map that a crash may roll back to any earlier
 * commit, damage or lose, because a view may be.
 *
 * Story: the one writer begins, puts, commits; any loop begins a read, gets
 * slices that live until it ends the read. A view stores the journal sequence it
 * has applied under a key of its own in the same commit.
 *
 * Limits: keys 1 to 511 bytes, values up to 1 MiB (ERR_INVALID, ERR_TOO_BIG);
 * `max_bytes` in all (ERR_LIMIT).
 *
 * ERR_CORRUPT at opening: the files are damaged, or the store was not closed (the
 * process died). The owner destroys the store and rebuilds it; a store of a newer
 * form is ERR_NEWER_FORMAT and treated alike.
 *
 * Caveats: opening and closing read the whole store once, at memory speed. The
 * real body trusts its files while they are open: cutting or altering them then
 * ends the process, after which the store is ERR_CORRUPT. */
#include "env/env.h"

typedef struct env_db env_db_t;
typedef struct env_db_txn env_db_txn_t;

/* `path` is a folder of the store's own; made when absent. */
MUST_CHECK
err_t env_db_open(env_t *env, const char *path, uint64_t max_bytes, env_db_t **ret_db);
void env_db_close(env_db_t *db);
/* Removes a store that is not open; fine when absent. For rebuilding. */
MUST_CHECK err_t env_db_destroy(env_t *env, const char *path);

/* A consistent snapshot; many at once, each used by one thread. */
MUST_CHECK
err_t env_db_read(env_db_t *db, env_db_txn_t **ret_txn);
/* One at a time. */
MUST_CHECK
err_t env_db_write(env_db_t *db, env_db_txn_t **ret_txn);
/* ERR_NOT_FOUND when absent. The value lives until the transaction ends (in a
 * write transaction: until the next put or remove). */
MUST_CHECK
err_t env_db_get(env_db_txn_t *txn, slice_t key, slice_t *ret_value);
MUST_CHECK
err_t env_db_put(env_db_txn_t *txn, slice_t key, slice_t value);
/* ERR_NOT_FOUND when absent. */
MUST_CHECK
err_t env_db_remove(env_db_txn_t *txn, slice_t key);
/* Calls fn for keys >= from in byte order until it returns false. */
MUST_CHECK
err_t env_db_scan(env_db_txn_t *txn, slice_t from,
                  bool (*fn)(void *ctx, slice_t key, slice_t value), void *ctx);
/* Makes a write visible and ends it; on error nothing of it is kept. */
MUST_CHECK
err_t env_db_commit(env_db_txn_t *txn);
/* Ends a read, or gives a write up. NULL is fine. */
void env_db_end(env_db_txn_t *txn);
#endif
