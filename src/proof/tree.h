/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROOF_TREE_H
#define PROOF_TREE_H
/* The Merkle tree of RFC 9162 section 2.1 as pure functions: hashes of leaves and
 * nodes, roots, inclusion and consistency proofs, and their checks. Where the hashes
 * of complete subtrees come from is the caller's: a file (log.c), a table (tests).
 *
 * Story: whoever keeps a tree asks proof_root, proof_inclusion, proof_consistency;
 * whoever is given a proof asks the two checks, which need nothing but their
 * arguments.
 *
 * Caveats: a tree of size 0 has a root (the hash of nothing) and no proofs of
 * inclusion; a proof of consistency from 0, or to the same size, is empty. */
#include "base/err.h"
#include "env/crypto.h"

enum { PROOF_HASH_BYTES = SHA256_BYTES, PROOF_PATH_MAX = 128 };

typedef struct {
	uint8_t bytes[PROOF_HASH_BYTES];
} proof_hash_t;

/* Hashes in the order of RFC 9162: from the leaf to the root. */
typedef struct {
	size_t count;
	proof_hash_t hash[PROOF_PATH_MAX];
} proof_path_t;

/* SHA-256 of 0x00 and the entry, which is the concatenation of `count` parts. */
proof_hash_t proof_leaf_hash(const slice_t *parts, size_t count);
/* SHA-256 of 0x01 and both. */
proof_hash_t proof_node_hash(const proof_hash_t *left, const proof_hash_t *right);
bool proof_hash_eq(const proof_hash_t *a, const proof_hash_t *b);

/* Gives the hash of the complete subtree of 2^level leaves that begins at leaf
 * index * 2^level. */
typedef struct {
	err_t (*get)(void *ctx, unsigned level, uint64_t index, proof_hash_t *ret_hash);
	void *ctx;
} proof_tree_t;

/* Errors are those of `get`; ERR_INVALID: no such leaf, or sizes out of order. */
MUST_CHECK err_t proof_root(const proof_tree_t *tree, uint64_t size, proof_hash_t *ret_root);
MUST_CHECK err_t proof_inclusion(const proof_tree_t *tree, uint64_t index, uint64_t size,
                                 proof_path_t *ret_path);
MUST_CHECK err_t proof_consistency(const proof_tree_t *tree, uint64_t from, uint64_t to,
                                   proof_path_t *ret_path);

/* Sections 2.1.3.2 and 2.1.4.2. The root to which a path leads; false: it is none of a leaf
 * at this index of a tree of this size. */
bool proof_inclusion_root(const proof_hash_t *leaf, uint64_t index, uint64_t size,
                          const proof_path_t *path, proof_hash_t *ret_root);
bool proof_inclusion_holds(const proof_hash_t *leaf, uint64_t index, uint64_t size,
                           const proof_path_t *path, const proof_hash_t *root);

typedef struct {
	uint64_t size;
	proof_hash_t root;
} proof_size_t;
bool proof_consistency_holds(const proof_size_t *from, const proof_size_t *to,
                             const proof_path_t *path);

/* A tree that only grows, remembered by the roots of its complete subtrees: one for
 * each bit of its size. */
typedef struct {
	uint64_t size;
	proof_hash_t peak[64];
} proof_peaks_t;

/* Adds a leaf. `done` (or NULL) is told each complete subtree this makes, from its
 * leaf up. */
MUST_CHECK err_t proof_peaks_add(proof_peaks_t *peaks, const proof_hash_t *leaf,
                                 err_t (*done)(void *ctx, unsigned level, uint64_t index,
                                               const proof_hash_t *hash),
                                 void *ctx);
proof_hash_t proof_peaks_root(const proof_peaks_t *peaks);
#endif
