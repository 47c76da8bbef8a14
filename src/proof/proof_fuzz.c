/* SPDX-License-Identifier: Apache-2.0 */
/* Input: a byte that chooses, then numbers and a note. Trees are held against the
 * definition; notes and keys that are read must be what would be written. */
#include <assert.h>

#include "proof/head.h"
#include "merkle/naive_test.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_tree(reader_t r)
{
	merkle_tree_t tree = { naive_get, NULL };
	merkle_path_t path, naive = { 0 };
	uint64_t n = 1 + rd_u8(&r), m = rd_u8(&r) % n, wrong = rd_u8(&r) % n;
	merkle_hash_t root = naive_mth(0, n), leaf = naive_leaf(m);
	naive_path(m, 0, n, &naive);
	assert(merkle_inclusion(&tree, m, n, &path) == ERR_OK && naive_same(&path, &naive));
	assert(merkle_inclusion_holds(&leaf, m, n, &path, &root));
	assert(wrong == m || !merkle_inclusion_holds(&leaf, wrong, n, &path, &root));
	merkle_size_t old = { m + 1, naive_mth(0, m + 1) }, now = { n, root };
	naive.count = 0;
	naive_subproof(m + 1, 0, n, true, &naive);
	assert(merkle_consistency(&tree, m + 1, n, &path) == ERR_OK && naive_same(&path, &naive));
	assert(merkle_consistency_holds(&old, &now, &path));
	if (path.count) {
		path.hash[wrong % path.count].bytes[m % MERKLE_HASH_BYTES] ^= 1;
		assert(!merkle_consistency_holds(&old, &now, &path));
	}
}

/* Any path at all: the checks end and touch nothing else. */
static void try_checks(reader_t r)
{
	merkle_path_t path = { 0 };
	merkle_hash_t hash = naive_leaf(1);
	merkle_size_t old = { .size = rd_u64(&r) };
	merkle_size_t now = { .size = rd_u64(&r) };
	old.root = now.root = hash;
	while (path.count < MERKLE_PATH_MAX && r.in.len >= MERKLE_HASH_BYTES) {
		slice_t bytes = rd_take(&r, MERKLE_HASH_BYTES);
		memcpy(path.hash[path.count++].bytes, bytes.ptr, MERKLE_HASH_BYTES);
	}
	(void)merkle_inclusion_holds(&hash, old.size, now.size, &path, &hash);
	(void)merkle_consistency_holds(&old, &now, &path);
}

static void try_texts(slice_t in)
{
	proof_head_t head;
	slice_t origin;
	env_pkey_t *key = NULL;
	char again[PROOF_KEY_TEXT_MAX];
	writer_t w = writer_of(again, sizeof(again));
	(void)!proof_head_read(in, &head);
	if (proof_key_read(in, &origin, &key))
		return;
	proof_key_write(origin, key, &w);
	assert(slice_eq(writer_done(&w), in));
	env_pkey_free(key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	reader_t r = reader_of(slice_of(data, size));
	uint8_t kind = rd_u8(&r);
	if (kind % 3 == 0)
		try_tree(r);
	else if (kind % 3 == 1)
		try_checks(r);
	else
		try_texts(r.in);
	return 0;
}
