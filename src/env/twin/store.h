/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENV_TWIN_STORE_H
#define ENV_TWIN_STORE_H
/* The content of one simulated env/db.h store: an ordered map of which every
 * commit is kept as a version that shares what did not change, so that a reader
 * holds a snapshot for nothing and a reboot can go back in time.
 *
 * Story: tree_hold() the root to read it; to write, hold it, tree_put() and
 * tree_remove() on the held root, then store_commit() it; tree_release() ends.
 *
 * Caveats: store_t keeps the last STORE_VERSIONS commits. Keys are borrowed from
 * the tree as long as its root is held. */
#include "base/num.h"

enum { STORE_VERSIONS = 32 };

typedef struct tree tree_t; /* a root; NULL is the empty map */

typedef struct {
	tree_t *root;
	uint64_t bytes;
} version_t;

typedef struct store {
	version_t versions[STORE_VERSIONS]; /* the newest last; never none */
	size_t count;
	bool is_corrupt, is_open, is_writing;
} store_t;

tree_t *tree_hold(tree_t *root);
void tree_release(tree_t *root);
/* False when absent. */
bool tree_get(const tree_t *root, slice_t key, slice_t *ret_value);
/* Puts into the version the caller holds as `*root`; `*bytes` follows. */
void tree_put(version_t *version, slice_t key, slice_t value);
bool tree_remove(version_t *version, slice_t key);
/* Keys >= from in order until fn returns false. */
void tree_scan(const tree_t *root, slice_t from, bool (*fn)(void *ctx, slice_t key, slice_t value),
               void *ctx);

store_t *store_new(void);
void store_free(store_t *store);
version_t *store_newest(store_t *store);
/* Takes over the root. */
void store_commit(store_t *store, version_t version);
/* What power loss does to a store that is never synced: keep it, go back to an
 * earlier commit, lose all, or leave it damaged. */
void store_reboot(store_t *store, rng_t *chance);
/* Empties the store and its past. */
void store_lose(store_t *store);
/* Forgets the `versions` newest commits, all at most. */
void store_roll_back(store_t *store, size_t versions);
#endif
