/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MERKLE_MERKLE_H
#define MERKLE_MERKLE_H
/* The Merkle tree of RFC 9162 section 2.1 as pure functions: hashes of leaves and
 * nodes, roots, inclusion and consistency proofs, and their checks. Where the hashes
 * of complete subtrees come from is the caller's: a file (proof/files.h), a table (tests).
 *
 * Story: whoever keeps a tree asks merkle_root, merkle_inclusion, merkle_consistency;
 * whoever is given a proof asks the two checks, which need nothing but their
 * arguments.
 *
 * Caveats: a tree of size 0 has a root (the hash of nothing) and no proofs of
 * inclusion; a proof of consistency from 0, or to the same size, is empty. */
#include "base/err.h"
#include "env/crypto.h"

enum { MERKLE_HASH_BYTES = SHA256_BYTES, MERKLE_PATH_MAX = 128 };

typedef struct {
	uint8_t bytes[MERKLE_HASH_BYTES];
} merkle_hash_t;

/* Hashes in the order of RFC 9162: from the leaf to the root. */
typedef struct {
	size_t count;
	merkle_hash_t hash[MERKLE_PATH_MAX];
} merkle_path_t;

/* SHA-256 of 0x00 and the entry, which is the concatenation of `count` parts. */
merkle_hash_t merkle_leaf_hash(const slice_t *parts, size_t count);
/* SHA-256 of 0x01 and both. */
merkle_hash_t merkle_node_hash(const merkle_hash_t *left, const merkle_hash_t *right);
bool merkle_hash_eq(const merkle_hash_t *a, const merkle_hash_t *b);

/* Gives the hash of the complete subtree of 2^level leaves that begins at leaf
 * index * 2^level. */
typedef struct {
	err_t (*get)(void *ctx, unsigned level, uint64_t index, merkle_hash_t *ret_hash);
	void *ctx;
} merkle_tree_t;

/* Errors are those of `get`; ERR_INVALID: no such leaf, or sizes out of order. */
MUST_CHECK err_t merkle_root(const merkle_tree_t *tree, uint64_t size, merkle_hash_t *ret_root);
MUST_CHECK err_t merkle_inclusion(const merkle_tree_t *tree, uint64_t index, uint64_t size,
                                  merkle_path_t *ret_path);
MUST_CHECK err_t merkle_consistency(const merkle_tree_t *tree, uint64_t from, uint64_t to,
                                    merkle_path_t *ret_path);

/* Sections 2.1.3.2 and 2.1.4.2. The root to which a path leads; false: it is none of a leaf
 * at this index of a tree of this size. */
bool merkle_inclusion_root(const merkle_hash_t *leaf, uint64_t index, uint64_t size,
                           const merkle_path_t *path, merkle_hash_t *ret_root);
bool merkle_inclusion_holds(const merkle_hash_t *leaf, uint64_t index, uint64_t size,
                            const merkle_path_t *path, const merkle_hash_t *root);

typedef struct {
	uint64_t size;
	merkle_hash_t root;
} merkle_size_t;
bool merkle_consistency_holds(const merkle_size_t *from, const merkle_size_t *to,
                              const merkle_path_t *path);

/* A tree whose leaves' hashes are all in memory, one behind another. */
MUST_CHECK err_t merkle_inclusion_in(const merkle_hash_t *leaves, uint64_t count, uint64_t index,
                                     merkle_path_t *ret_path);

/* A tree that only grows, remembered by the roots of its complete subtrees: one for
 * each bit of its size. */
typedef struct {
	uint64_t size;
	env_hasher_t *hasher; /* of the caller, who has many trees to make; may be NULL */
	merkle_hash_t peak[64];
} merkle_peaks_t;

/* Adds a leaf. `done` (or NULL) is told each complete subtree this makes, from its
 * leaf up. */
MUST_CHECK err_t merkle_peaks_add(merkle_peaks_t *peaks, const merkle_hash_t *leaf,
                                  err_t (*done)(void *ctx, unsigned level, uint64_t index,
                                                const merkle_hash_t *hash),
                                  void *ctx);
/* As merkle_leaf_hash, by the tree's hasher. */
merkle_hash_t merkle_peaks_leaf(const merkle_peaks_t *peaks, const slice_t *parts, size_t count);
merkle_hash_t merkle_peaks_root(const merkle_peaks_t *peaks);
#endif
