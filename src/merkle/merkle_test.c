/* SPDX-License-Identifier: Apache-2.0 */
/* Every tree up to 70 leaves against the definition, known roots, and proofs that do
 * not hold. */
#include "merkle/naive_test.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { SIZES = 70 };

static const merkle_tree_t tree = { naive_get, NULL };

static void inclusion_proofs_are_those_of_the_definition_and_hold(void **state)
{
	(void)state;
	for (uint64_t size = 1; size <= SIZES; size++) {
		merkle_hash_t root, wanted = naive_mth(0, size);
		assert_int_equal(merkle_root(&tree, size, &root), ERR_OK);
		assert_true(merkle_hash_eq(&root, &wanted));
		merkle_hash_t leaves[SIZES];
		for (uint64_t m = 0; m < size; m++)
			leaves[m] = naive_leaf(m);
		for (uint64_t m = 0; m < size; m++) {
			merkle_path_t path, naive = { 0 };
			merkle_hash_t leaf = naive_leaf(m);
			naive_path(m, 0, size, &naive);
			assert_int_equal(merkle_inclusion_in(leaves, size, m, &path), ERR_OK);
			assert_true(naive_same(&path, &naive));
			assert_int_equal(merkle_inclusion(&tree, m, size, &path), ERR_OK);
			assert_true(naive_same(&path, &naive));
			assert_true(merkle_inclusion_holds(&leaf, m, size, &path, &root));
		}
		merkle_path_t path;
		assert_int_equal(merkle_inclusion(&tree, size, size, &path), ERR_INVALID);
	}
}

static void consistency_proofs_are_those_of_the_definition_and_hold(void **state)
{
	(void)state;
	for (uint64_t to = 1; to <= SIZES; to++)
		for (uint64_t from = 1; from <= to; from++) {
			merkle_path_t path, naive = { 0 };
			merkle_size_t old = { from, naive_mth(0, from) };
			merkle_size_t now = { to, naive_mth(0, to) };
			naive_subproof(from, 0, to, true, &naive);
			assert_int_equal(merkle_consistency(&tree, from, to, &path), ERR_OK);
			assert_true(naive_same(&path, &naive));
			assert_true(merkle_consistency_holds(&old, &now, &path));
		}
}

static void nothing_is_consistent_with_everything_and_has_the_hash_of_nothing(void **state)
{
	(void)state;
	static const uint8_t nothing[] = { 0xe3, 0xb0, 0xc4, 0x42 };
	merkle_path_t path;
	merkle_size_t old = { 0 }, now = { 9, naive_mth(0, 9) };
	assert_int_equal(merkle_root(&tree, 0, &old.root), ERR_OK);
	assert_memory_equal(old.root.bytes, nothing, sizeof(nothing));
	assert_int_equal(merkle_consistency(&tree, 0, 9, &path), ERR_OK);
	assert_true(merkle_consistency_holds(&old, &now, &path));
	assert_int_equal(merkle_consistency(&tree, 9, 8, &path), ERR_INVALID);
	assert_false(merkle_consistency_holds(&now, &old, &path));
}

/* The hash of one leaf without bytes, and of two, as SHA-256 gives them elsewhere. */
static void hashes_are_those_of_other_implementations(void **state)
{
	(void)state;
	static const uint8_t leaf[] = { 0x6e, 0x34, 0x0b, 0x9c, 0xff, 0xb3, 0x7a, 0x98 };
	merkle_hash_t hash = merkle_leaf_hash(NULL, 0);
	assert_memory_equal(hash.bytes, leaf, sizeof(leaf));
	static const uint8_t one[] = { 0x00 };
	slice_t part = slice_of(one, 1);
	merkle_hash_t second = merkle_leaf_hash(&part, 1);
	static const uint8_t both[] = { 0xfa, 0xc5, 0x42, 0x03, 0xe7, 0xcc, 0x69, 0x6c };
	hash = merkle_node_hash(&hash, &second);
	assert_memory_equal(hash.bytes, both, sizeof(both));
}

static void a_proof_with_anything_altered_does_not_hold(void **state)
{
	(void)state;
	for (uint64_t size = 2; size <= 40; size++)
		for (uint64_t m = 0; m < size; m++) {
			merkle_path_t path;
			merkle_hash_t leaf = naive_leaf(m), root = naive_mth(0, size);
			assert_int_equal(merkle_inclusion(&tree, m, size, &path), ERR_OK);
			for (size_t i = 0; i < path.count; i++) {
				path.hash[i].bytes[m % MERKLE_HASH_BYTES] ^= 1;
				assert_false(merkle_inclusion_holds(&leaf, m, size, &path, &root));
				path.hash[i].bytes[m % MERKLE_HASH_BYTES] ^= 1;
			}
			path.count--;
			assert_false(merkle_inclusion_holds(&leaf, m, size, &path, &root));
			path.count += 2;
			path.hash[path.count - 1] = leaf;
			assert_false(merkle_inclusion_holds(&leaf, m, size, &path, &root));
			path.count--;
			assert_false(merkle_inclusion_holds(&leaf, m ^ 1, size, &path, &root));
			assert_false(merkle_inclusion_holds(&leaf, size, size, &path, &root));
			root.bytes[0] ^= 0x80;
			assert_false(merkle_inclusion_holds(&leaf, m, size, &path, &root));
		}
}

static void a_tree_that_was_rewritten_is_not_consistent(void **state)
{
	(void)state;
	for (uint64_t to = 2; to <= 40; to++)
		for (uint64_t from = 1; from < to; from++) {
			merkle_path_t path;
			merkle_size_t old = { from, naive_mth(0, from) };
			merkle_size_t now = { to, naive_mth(0, to) };
			assert_int_equal(merkle_consistency(&tree, from, to, &path), ERR_OK);
			for (size_t i = 0; i < path.count; i++) {
				path.hash[i].bytes[from % MERKLE_HASH_BYTES] ^= 4;
				assert_false(merkle_consistency_holds(&old, &now, &path));
				path.hash[i].bytes[from % MERKLE_HASH_BYTES] ^= 4;
			}
			old.root.bytes[1] ^= 1;
			assert_false(merkle_consistency_holds(&old, &now, &path));
			old.root.bytes[1] ^= 1;
			path.count--;
			assert_false(merkle_consistency_holds(&old, &now, &path));
		}
}

typedef struct {
	uint64_t told;
} told_t;

MUST_CHECK static err_t told(void *ctx, unsigned level, uint64_t index, const merkle_hash_t *hash)
{
	told_t *t = ctx;
	merkle_hash_t wanted = naive_mth(index << level, UINT64_C(1) << level);
	assert_true(merkle_hash_eq(hash, &wanted));
	t->told++;
	return ERR_OK;
}

static void a_growing_tree_keeps_its_root_by_its_peaks(void **state)
{
	(void)state;
	merkle_peaks_t peaks = { 0 };
	told_t t = { 0 };
	for (uint64_t size = 1; size <= SIZES; size++) {
		merkle_hash_t leaf = naive_leaf(size - 1), wanted = naive_mth(0, size);
		assert_int_equal(merkle_peaks_add(&peaks, &leaf, told, &t), ERR_OK);
		merkle_hash_t root = merkle_peaks_root(&peaks);
		assert_true(merkle_hash_eq(&root, &wanted));
	}
	assert_int_equal(t.told, 70 + 35 + 17 + 8 + 4 + 2 + 1);
}

static void a_hasher_makes_the_same_tree(void **state)
{
	(void)state;
	merkle_peaks_t peaks = { 0 };
	assert_int_equal(env_hasher_new(&peaks.hasher), ERR_OK);
	for (uint64_t size = 1; size <= SIZES; size++) {
		uint8_t number[8] = { (uint8_t)(size - 1) };
		slice_t part = slice_of(number, sizeof(number));
		merkle_hash_t leaf = merkle_peaks_leaf(&peaks, &part, 1);
		assert_int_equal(merkle_peaks_add(&peaks, &leaf, NULL, NULL), ERR_OK);
		merkle_hash_t root = merkle_peaks_root(&peaks), wanted = naive_mth(0, size);
		assert_true(merkle_hash_eq(&root, &wanted));
	}
	env_hasher_free(peaks.hasher);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(inclusion_proofs_are_those_of_the_definition_and_hold),
		cmocka_unit_test(consistency_proofs_are_those_of_the_definition_and_hold),
		cmocka_unit_test(nothing_is_consistent_with_everything_and_has_the_hash_of_nothing),
		cmocka_unit_test(hashes_are_those_of_other_implementations),
		cmocka_unit_test(a_proof_with_anything_altered_does_not_hold),
		cmocka_unit_test(a_tree_that_was_rewritten_is_not_consistent),
		cmocka_unit_test(a_growing_tree_keeps_its_root_by_its_peaks),
		cmocka_unit_test(a_hasher_makes_the_same_tree),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
