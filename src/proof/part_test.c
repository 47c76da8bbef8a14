/* SPDX-License-Identifier: Apache-2.0 */
/* A record of many changes: each of them is proven by itself, and nothing else is. */
#include "proof/part.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "proof/log.h"
#include "merkle/naive_test.h"

enum { CHANGES = 70, ROOM = 4096 };

static slice_t part_of(uint8_t room[ROOM], unsigned changes)
{
	writer_t w = writer_of(room, ROOM);
	wr_u8(&w, 2);
	wr_string(&w, SLICE("head"));
	for (unsigned i = 0; i < changes; i++) {
		char text[32];
		(void)snprintf(text, sizeof(text), "change %u", i);
		wr_string(&w, slice_str(text));
	}
	return writer_done(&w);
}

/* By the definition, from the bytes up. */
static merkle_hash_t hash_of(const void *bytes, size_t len)
{
	merkle_hash_t hash;
	slice_t slice = slice_of(bytes, len);
	env_sha256(&slice, 1, hash.bytes);
	return hash;
}

static void a_part_of_two_has_the_leaf_of_the_definition(void **state)
{
	(void)state;
	uint8_t room[ROOM], leaf[64] = { 0 }, node[65] = { 1 };
	static const uint8_t seq[8] = { 9 };
	slice_t part = part_of(room, 2);
	merkle_hash_t left = hash_of("\0\4head\10change 0", 15);
	merkle_hash_t right = hash_of("\0\4head\10change 1", 15);
	memcpy(&node[1], left.bytes, 32);
	memcpy(&node[33], right.bytes, 32);
	merkle_hash_t root = hash_of(node, 65);
	memcpy(&leaf[1], seq, 8);
	leaf[9] = JOURNAL_REGISTRY_PART;
	leaf[10] = 2; /* format */
	leaf[11] = 2; /* changes */
	memcpy(&leaf[12], root.bytes, 32);
	merkle_hash_t wanted = hash_of(leaf, 44);
	merkle_hash_t got = proof_entry_hash(9, JOURNAL_REGISTRY_PART, part);
	assert_true(merkle_hash_eq(&got, &wanted));
}

static void every_change_of_every_part_leads_to_its_leaf(void **state)
{
	(void)state;
	uint8_t room[ROOM];
	for (unsigned changes = 1; changes <= CHANGES; changes++) {
		slice_t part = part_of(room, changes);
		merkle_hash_t leaf = proof_entry_hash(7, JOURNAL_REGISTRY_PART, part), got;
		for (unsigned i = 0; i < changes; i++) {
			proof_branch_t branch;
			assert_int_equal(proof_part_branch(part, i, &branch), ERR_OK);
			assert_true(proof_branch_leaf(&branch, 7, &got));
			assert_true(merkle_hash_eq(&got, &leaf));
			branch.place = (i + 1) % (changes + 1);
			assert_false(proof_branch_leaf(&branch, 7, &got) &&
			             merkle_hash_eq(&got, &leaf));
			branch.place = i;
			branch.count++;
			assert_false(proof_branch_leaf(&branch, 7, &got) &&
			             merkle_hash_eq(&got, &leaf));
			branch.count--;
			branch.change = SLICE("\10change X");
			assert_false(proof_branch_leaf(&branch, 7, &got) &&
			             merkle_hash_eq(&got, &leaf));
		}
		proof_branch_t branch;
		assert_int_equal(proof_part_branch(part, changes, &branch), ERR_INVALID);
	}
}

static void the_head_and_one_change_are_a_part_by_themselves(void **state)
{
	(void)state;
	uint8_t room[ROOM], one[ROOM];
	proof_branch_t branch, alone;
	slice_t part = part_of(room, 5);
	assert_int_equal(proof_part_branch(part, 3, &branch), ERR_OK);
	writer_t w = writer_of(one, sizeof(one));
	wr_u8(&w, 2);
	wr_bytes(&w, branch.head);
	wr_bytes(&w, branch.change);
	assert_int_equal(proof_part_branch(writer_done(&w), 0, &alone), ERR_OK);
	assert_true(slice_eq(alone.head, branch.head) && slice_eq(alone.change, branch.change));
}

static void parts_of_before_and_other_records_are_hashed_by_their_bytes(void **state)
{
	(void)state;
	static const uint8_t old[] = { 0, 9, 0, 0, 0, 0, 0, 0, 0, JOURNAL_REGISTRY_PART, 1, 'x' };
	merkle_hash_t wanted = hash_of(old, sizeof(old));
	merkle_hash_t got = proof_entry_hash(9, JOURNAL_REGISTRY_PART, SLICE("\1x"));
	assert_true(merkle_hash_eq(&got, &wanted));
	assert_false(proof_part_is(JOURNAL_REGISTRY_PUT, SLICE("\2\1h")));
	assert_false(proof_part_is(JOURNAL_REGISTRY_PART, SLICE("")));
}

static void bytes_that_are_no_part_have_a_leaf_and_no_branch(void **state)
{
	(void)state;
	uint8_t room[ROOM];
	slice_t part = part_of(room, 3);
	merkle_hash_t last = proof_entry_hash(7, JOURNAL_REGISTRY_PART, part);
	for (size_t len = part.len - 1; len > 0; len--) {
		uint8_t *exact = malloc(len);
		proof_branch_t branch;
		memcpy(exact, part.ptr, len);
		slice_t cut = slice_of(exact, len);
		merkle_hash_t hash = proof_entry_hash(7, JOURNAL_REGISTRY_PART, cut);
		assert_false(merkle_hash_eq(&hash, &last));
		if (proof_part_branch(cut, 0, &branch) == ERR_OK)
			assert_true(branch.count < 3);
		last = hash;
		free(exact);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_part_of_two_has_the_leaf_of_the_definition),
		cmocka_unit_test(every_change_of_every_part_leads_to_its_leaf),
		cmocka_unit_test(the_head_and_one_change_are_a_part_by_themselves),
		cmocka_unit_test(parts_of_before_and_other_records_are_hashed_by_their_bytes),
		cmocka_unit_test(bytes_that_are_no_part_have_a_leaf_and_no_branch),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
