/* SPDX-License-Identifier: Apache-2.0 */
#include "proof/part.h"

#include <stdlib.h>

enum { FORMAT = 2 };

bool proof_part_is(journal_type_t type, slice_t payload)
{
	return type == JOURNAL_REGISTRY_PART && payload.len > 0 && payload.ptr[0] == FORMAT;
}

/* The next string with its length. */
static slice_t take_string(reader_t *r)
{
	slice_t from = r->in;
	(void)rd_string(r);
	return slice_sub(from, 0, from.len - r->in.len);
}

static reader_t begin(slice_t payload, slice_t *ret_head)
{
	reader_t r = reader_of(slice_from(payload, 1));
	*ret_head = take_string(&r);
	return r;
}

static merkle_hash_t change_hash(slice_t head, slice_t change)
{
	slice_t both[] = { head, change };
	return merkle_leaf_hash(both, 2);
}

/* What a leaf says of a part: how many changes, and their root. */
static void write_leaf(uint64_t count, const merkle_hash_t *root, writer_t *w)
{
	wr_u8(w, FORMAT);
	wr_varint(w, count);
	wr_bytes(w, slice_of(root->bytes, sizeof(root->bytes)));
}

void proof_part_write(slice_t payload, writer_t *w)
{
	merkle_peaks_t peaks = { .size = 0 };
	merkle_hash_t root;
	slice_t head;
	reader_t r = begin(payload, &head);
	err_t err = ERR_OK;
	while (!err && !r.bad && r.in.len > 0) {
		merkle_hash_t hash = change_hash(head, take_string(&r));
		err = merkle_peaks_add(&peaks, &hash, NULL, NULL);
	}
	bool is_good = !err && !r.bad && peaks.size > 0;
	if (is_good)
		root = merkle_peaks_root(&peaks);
	else
		env_sha256(&payload, 1, root.bytes);
	write_leaf(is_good ? peaks.size : 0, &root, w);
}

/* How many changes; 0: none, or no strings. */
static uint64_t count_changes(slice_t payload)
{
	slice_t head;
	uint64_t count = 0;
	reader_t r = begin(payload, &head);
	for (; !r.bad && r.in.len > 0; count++)
		(void)take_string(&r);
	return r.bad ? 0 : count;
}

static void hash_changes(slice_t payload, merkle_hash_t *leaves, proof_branch_t *branch)
{
	reader_t r = begin(payload, &branch->head);
	for (uint64_t i = 0; i < branch->count; i++) {
		slice_t change = take_string(&r);
		leaves[i] = change_hash(branch->head, change);
		if (i == branch->place)
			branch->change = change;
	}
}

err_t proof_part_branch(slice_t payload, uint64_t place, proof_branch_t *ret_branch)
{
	proof_branch_t branch = { .count = count_changes(payload), .place = place };
	if (branch.count == 0)
		return ERR_CORRUPT;
	if (place >= branch.count)
		return ERR_INVALID;
	merkle_hash_t *leaves = calloc(branch.count, sizeof(*leaves));
	if (!leaves)
		return ERR_NO_MEMORY;
	hash_changes(payload, leaves, &branch);
	err_t err = merkle_inclusion_in(leaves, branch.count, place, &branch.path);
	free(leaves);
	if (!err)
		*ret_branch = branch;
	return err;
}

bool proof_branch_leaf(const proof_branch_t *branch, uint64_t seq, merkle_hash_t *ret_leaf)
{
	uint8_t fixed[9 + PROOF_PART_MAX];
	writer_t w = writer_of(fixed, sizeof(fixed));
	merkle_hash_t hash = change_hash(branch->head, branch->change), root;
	if (!merkle_inclusion_root(&hash, branch->place, branch->count, &branch->path, &root))
		return false;
	wr_u64_le(&w, seq);
	wr_u8(&w, JOURNAL_REGISTRY_PART);
	write_leaf(branch->count, &root, &w);
	slice_t leaf = writer_done(&w);
	*ret_leaf = merkle_leaf_hash(&leaf, 1);
	return true;
}
