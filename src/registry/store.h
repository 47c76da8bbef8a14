/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REGISTRY_STORE_H
#define REGISTRY_STORE_H
/* The view of all records: an env_db laid out so that a name of any length is one
 * look-up, and the names of a prefix come in order. Private to this folder.
 *
 *   "r" hash(prefix) hash(name) probe   -> name, count, values, state, last change
 *   "l" hash(prefix) head [hash] probe  -> name
 *   "a"                                 -> the mark
 *
 * Names are folded before they are hashed; the value holds the registered spelling,
 * which every look-up compares whole. `head` is the folded part behind the slash,
 * cut at STORE_HEAD_MAX bytes; what was cut gets its hash behind it, and names with
 * one head are put in order when they are listed. Probes run from 0 without holes.
 *
 * Story: the one writer begins, puts and removes, sets the mark, commits. Readers
 * begin, get, end.
 *
 * Caveats: listing names that agree in their first 480 bytes takes the square of
 * their number. */
#include "base/cursor.h"
#include "env/db.h"
#include "model/record.h"

enum { STORE_HEAD_MAX = 480, STORE_PROBES = 256 };

typedef struct registry_store registry_store_t;

typedef struct {
	const char *path;
	uint64_t max_bytes;
	uint64_t seed; /* of the hashes: unknown to who makes up names, kept as long as the view */
	/* NULL: num_hash. Tests give a bad one to meet collisions. */
	uint64_t (*hash)(slice_t bytes, uint64_t seed);
} registry_store_spec_t;

/* How far the journal is in the view. The hash tells another journal's record of
 * the same sequence apart. */
typedef struct {
	uint64_t seq, epoch, count; /* seq 0: nothing yet; count: records */
	uint8_t hash[32];
} registry_mark_t;

/* ERR_CORRUPT, ERR_NEWER_FORMAT: destroy it and build it again. */
MUST_CHECK err_t registry_store_open(env_t *env, const registry_store_spec_t *spec,
                                     registry_store_t **ret_store);
void registry_store_close(registry_store_t *store);
MUST_CHECK err_t registry_store_read(registry_store_t *store, env_db_txn_t **ret_txn);
MUST_CHECK err_t registry_store_write(registry_store_t *store, env_db_txn_t **ret_txn);

/* All of zero in a new view. */
MUST_CHECK err_t registry_store_mark_get(env_db_txn_t *txn, registry_mark_t *ret_mark);
MUST_CHECK err_t registry_store_mark_put(env_db_txn_t *txn, const registry_mark_t *mark);

/* Names in any case. The record borrows the view until the transaction ends.
 * ERR_NOT_FOUND, ERR_INVALID (not a name), ERR_CORRUPT. */
MUST_CHECK err_t registry_store_get(const registry_store_t *store, env_db_txn_t *txn, slice_t name,
                                    record_t *ret_record);
/* Adds or overwrites. `record` must not borrow this transaction. */
MUST_CHECK err_t registry_store_put(registry_store_t *store, env_db_txn_t *txn,
                                    const record_t *record, bool *ret_new);
MUST_CHECK err_t registry_store_remove(registry_store_t *store, env_db_txn_t *txn, slice_t name);
/* The first name of `prefix` behind `after` (empty: the first of all), in byte
 * order of the folded form. ERR_NOT_FOUND at the end. */
MUST_CHECK err_t registry_store_next(const registry_store_t *store, env_db_txn_t *txn,
                                     slice_t prefix, slice_t after, slice_t *ret_name);

/* Name, count and values (model/record.h), which is how the journal has them too. */
void registry_record_write(const record_t *record, writer_t *w);
record_t registry_record_read(reader_t *r);
#endif
