/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MERKLE_NAIVE_TEST_H
#define MERKLE_NAIVE_TEST_H
/* RFC 9162 sections 2.1.1 to 2.1.4 word by word, recursive and slow: what the tree is
 * held against. Leaf i is the hash of its number. */
#include "merkle/merkle.h"

enum { NAIVE_DEPTH_MAX = 64 };

static inline merkle_hash_t naive_leaf(uint64_t i)
{
	uint8_t bytes[8];
	for (size_t b = 0; b < 8; b++)
		bytes[b] = (uint8_t)(i >> 8 * b);
	slice_t part = slice_of(bytes, 8);
	return merkle_leaf_hash(&part, 1);
}

static inline uint64_t naive_split(uint64_t n)
{
	uint64_t k = 1;
	while (k * 2 < n)
		k *= 2;
	return k;
}

/* MTH(D[at : at + n]), n > 0. */
static inline merkle_hash_t naive_mth(uint64_t at, uint64_t n)
{
	if (n == 1)
		return naive_leaf(at);
	uint64_t k = naive_split(n);
	merkle_hash_t left = naive_mth(at, k), right = naive_mth(at + k, n - k);
	return merkle_node_hash(&left, &right);
}

static inline void naive_push(merkle_path_t *path, merkle_hash_t hash)
{
	path->hash[path->count++] = hash;
}

static inline void naive_path(uint64_t m, uint64_t at, uint64_t n, merkle_path_t *path)
{
	if (n == 1)
		return;
	uint64_t k = naive_split(n);
	if (m < k) {
		naive_path(m, at, k, path);
		naive_push(path, naive_mth(at + k, n - k));
	} else {
		naive_path(m - k, at + k, n - k, path);
		naive_push(path, naive_mth(at, k));
	}
}

static inline void naive_subproof(uint64_t m, uint64_t at, uint64_t n, bool whole,
                                  merkle_path_t *path)
{
	if (m == n) {
		if (!whole)
			naive_push(path, naive_mth(at, m));
		return;
	}
	uint64_t k = naive_split(n);
	if (m <= k) {
		naive_subproof(m, at, k, whole, path);
		naive_push(path, naive_mth(at + k, n - k));
	} else {
		naive_subproof(m - k, at + k, n - k, false, path);
		naive_push(path, naive_mth(at, k));
	}
}

MUST_CHECK static inline err_t naive_get(void *ctx, unsigned level, uint64_t index,
                                         merkle_hash_t *ret_hash)
{
	(void)ctx;
	*ret_hash = naive_mth(index << level, UINT64_C(1) << level);
	return ERR_OK;
}

static inline bool naive_same(const merkle_path_t *a, const merkle_path_t *b)
{
	bool same = a->count == b->count;
	for (size_t i = 0; same && i < a->count; i++)
		same = merkle_hash_eq(&a->hash[i], &b->hash[i]);
	return same;
}
#endif
