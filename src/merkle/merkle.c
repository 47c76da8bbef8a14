/* SPDX-License-Identifier: Apache-2.0 */
/* A subtree that is not complete is cut into complete ones, largest first; their
 * hashes are folded from the right. All else follows from that. */
#include "merkle/merkle.h"

#include <assert.h>
#include <string.h>

static const uint8_t LEAF = 0, NODE = 1;

enum { LEAF_PARTS_MAX = 8 };

/* `hasher` or NULL. */
static merkle_hash_t hash_of(env_hasher_t *hasher, const slice_t *parts, size_t count)
{
	merkle_hash_t hash;
	if (hasher)
		env_hasher_sha256(hasher, parts, count, hash.bytes);
	else
		env_sha256(parts, count, hash.bytes);
	return hash;
}

static merkle_hash_t leaf_hash(env_hasher_t *hasher, const slice_t *parts, size_t count)
{
	slice_t all[LEAF_PARTS_MAX + 1] = { slice_of(&LEAF, 1) };
	assert(count <= LEAF_PARTS_MAX);
	for (size_t i = 0; i < count; i++)
		all[i + 1] = parts[i];
	return hash_of(hasher, all, count + 1);
}

merkle_hash_t merkle_leaf_hash(const slice_t *parts, size_t count)
{
	return leaf_hash(NULL, parts, count);
}

static slice_t bytes_of(const merkle_hash_t *hash)
{
	return slice_of(hash->bytes, MERKLE_HASH_BYTES);
}

static merkle_hash_t node_hash(env_hasher_t *hasher, const merkle_hash_t *left,
                               const merkle_hash_t *right)
{
	slice_t parts[] = { slice_of(&NODE, 1), bytes_of(left), bytes_of(right) };
	return hash_of(hasher, parts, 3);
}

merkle_hash_t merkle_node_hash(const merkle_hash_t *left, const merkle_hash_t *right)
{
	return node_hash(NULL, left, right);
}

bool merkle_hash_eq(const merkle_hash_t *a, const merkle_hash_t *b)
{
	return memcmp(a->bytes, b->bytes, MERKLE_HASH_BYTES) == 0;
}

/* The hash of the `size` leaves from `at`, where `at` is a multiple of the smallest
 * power of two that is not below `size`. */
static err_t range_hash(const merkle_tree_t *tree, uint64_t at, uint64_t size,
                        merkle_hash_t *ret_hash)
{
	merkle_hash_t pieces[64];
	size_t count = 0;
	for (unsigned level = 64; level-- > 0;) {
		if (!(size >> level & 1))
			continue;
		err_t err = tree->get(tree->ctx, level, at >> level, &pieces[count++]);
		if (err)
			return err;
		at += UINT64_C(1) << level;
	}
	*ret_hash = pieces[count - 1];
	for (size_t i = count - 1; i-- > 0;)
		*ret_hash = merkle_node_hash(&pieces[i], ret_hash);
	return ERR_OK;
}

err_t merkle_root(const merkle_tree_t *tree, uint64_t size, merkle_hash_t *ret_root)
{
	if (size)
		return range_hash(tree, 0, size, ret_root);
	env_sha256(NULL, 0, ret_root->bytes);
	return ERR_OK;
}

/* The largest power of two below `size`, which is above 1. */
static uint64_t split_of(uint64_t size)
{
	return UINT64_C(1) << (63 - __builtin_clzll(size - 1));
}

static void reverse(merkle_path_t *path)
{
	for (size_t i = 0; i < path->count / 2; i++) {
		merkle_hash_t kept = path->hash[i];
		path->hash[i] = path->hash[path->count - 1 - i];
		path->hash[path->count - 1 - i] = kept;
	}
}

err_t merkle_inclusion(const merkle_tree_t *tree, uint64_t index, uint64_t size,
                       merkle_path_t *ret_path)
{
	uint64_t at = 0;
	if (index >= size)
		return ERR_INVALID;
	ret_path->count = 0;
	while (size > 1) {
		uint64_t left = split_of(size);
		bool is_left = index - at < left;
		uint64_t from = is_left ? at + left : at, count = is_left ? size - left : left;
		err_t err = range_hash(tree, from, count, &ret_path->hash[ret_path->count++]);
		if (err)
			return err;
		at += is_left ? 0 : left;
		size = is_left ? left : size - left;
	}
	reverse(ret_path);
	return ERR_OK;
}

err_t merkle_consistency(const merkle_tree_t *tree, uint64_t from, uint64_t to,
                         merkle_path_t *ret_path)
{
	uint64_t at = 0;
	err_t err = ERR_OK;
	if (from > to)
		return ERR_INVALID;
	ret_path->count = 0;
	if (from == 0)
		return ERR_OK;
	while (!err && from != to) {
		uint64_t left = split_of(to);
		bool is_left = from <= left;
		uint64_t begin = is_left ? at + left : at, count = is_left ? to - left : left;
		err = range_hash(tree, begin, count, &ret_path->hash[ret_path->count++]);
		at += is_left ? 0 : left;
		from -= is_left ? 0 : left;
		to = is_left ? left : to - left;
	}
	if (!err && at > 0)
		err = range_hash(tree, at, from, &ret_path->hash[ret_path->count++]);
	reverse(ret_path);
	return err;
}

bool merkle_inclusion_root(const merkle_hash_t *leaf, uint64_t index, uint64_t size,
                           const merkle_path_t *path, merkle_hash_t *ret_root)
{
	if (index >= size)
		return false;
	uint64_t fn = index, sn = size - 1;
	merkle_hash_t r = *leaf;
	for (size_t i = 0; i < path->count; i++) {
		if (sn == 0)
			return false;
		if ((fn & 1) || fn == sn) {
			r = merkle_node_hash(&path->hash[i], &r);
			for (; !(fn & 1) && fn; fn >>= 1)
				sn >>= 1;
		} else {
			r = merkle_node_hash(&r, &path->hash[i]);
		}
		fn >>= 1;
		sn >>= 1;
	}
	*ret_root = r;
	return sn == 0;
}

bool merkle_inclusion_holds(const merkle_hash_t *leaf, uint64_t index, uint64_t size,
                            const merkle_path_t *path, const merkle_hash_t *root)
{
	merkle_hash_t led;
	return merkle_inclusion_root(leaf, index, size, path, &led) && merkle_hash_eq(&led, root);
}

/* The proof proper: `i` is the first hash behind the one both begin with. */
static bool consistency_walk(const merkle_size_t *from, const merkle_size_t *to,
                             const merkle_path_t *path, size_t i, merkle_hash_t start)
{
	uint64_t fn = from->size - 1, sn = to->size - 1;
	merkle_hash_t fr = start, sr = start;
	for (; fn & 1; fn >>= 1)
		sn >>= 1;
	for (; i < path->count; i++) {
		if (sn == 0)
			return false;
		if ((fn & 1) || fn == sn) {
			fr = merkle_node_hash(&path->hash[i], &fr);
			sr = merkle_node_hash(&path->hash[i], &sr);
			for (; !(fn & 1) && fn; fn >>= 1)
				sn >>= 1;
		} else {
			sr = merkle_node_hash(&sr, &path->hash[i]);
		}
		fn >>= 1;
		sn >>= 1;
	}
	return sn == 0 && merkle_hash_eq(&fr, &from->root) && merkle_hash_eq(&sr, &to->root);
}

bool merkle_consistency_holds(const merkle_size_t *from, const merkle_size_t *to,
                              const merkle_path_t *path)
{
	if (from->size > to->size)
		return false;
	if (from->size == to->size)
		return path->count == 0 && merkle_hash_eq(&from->root, &to->root);
	if (from->size == 0)
		return path->count == 0;
	bool is_power = (from->size & (from->size - 1)) == 0;
	if (path->count == 0)
		return false;
	return is_power ? consistency_walk(from, to, path, 0, from->root)
	                : consistency_walk(from, to, path, 1, path->hash[0]);
}

err_t merkle_peaks_add(merkle_peaks_t *peaks, const merkle_hash_t *leaf,
                       err_t (*done)(void *ctx, unsigned level, uint64_t index,
                                     const merkle_hash_t *hash),
                       void *ctx)
{
	merkle_hash_t hash = *leaf;
	unsigned level = 0;
	err_t err = done ? done(ctx, 0, peaks->size, &hash) : ERR_OK;
	for (; !err && peaks->size >> level & 1; level++) {
		hash = node_hash(peaks->hasher, &peaks->peak[level], &hash);
		if (done)
			err = done(ctx, level + 1, peaks->size >> (level + 1), &hash);
	}
	if (err)
		return err;
	peaks->peak[level] = hash;
	peaks->size++;
	return ERR_OK;
}

merkle_hash_t merkle_peaks_leaf(const merkle_peaks_t *peaks, const slice_t *parts, size_t count)
{
	return leaf_hash(peaks->hasher, parts, count);
}

merkle_hash_t merkle_peaks_root(const merkle_peaks_t *peaks)
{
	merkle_hash_t root = { 0 };
	bool is_any = false;
	if (peaks->size == 0)
		env_sha256(NULL, 0, root.bytes);
	for (unsigned level = 0; level < 64; level++) {
		if (!(peaks->size >> level & 1))
			continue;
		root = is_any ? node_hash(peaks->hasher, &peaks->peak[level], &root)
		              : peaks->peak[level];
		is_any = true;
	}
	return root;
}

static err_t get_in(void *ctx, unsigned level, uint64_t index, merkle_hash_t *ret_hash)
{
	const merkle_hash_t *const *leaves = ctx;
	merkle_peaks_t peaks = { .size = 0 };
	err_t err = ERR_OK;
	for (uint64_t i = 0; !err && i < UINT64_C(1) << level; i++)
		err = merkle_peaks_add(&peaks, &(*leaves)[(index << level) + i], NULL, NULL);
	*ret_hash = merkle_peaks_root(&peaks);
	return err;
}

err_t merkle_inclusion_in(const merkle_hash_t *leaves, uint64_t count, uint64_t index,
                          merkle_path_t *ret_path)
{
	merkle_tree_t tree = { get_in, &leaves };
	return merkle_inclusion(&tree, index, count, ret_path);
}
