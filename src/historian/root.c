/* SPDX-License-Identifier: Apache-2.0 */
/* Reading is by writing: what a leaf says is written again and must be those bytes. */
#include "historian/root.h"

#include <assert.h>
#include <stdlib.h>

#include "base/grow.h"
#include "historian/walk.h"

enum { SEEN = 256 };

void root_block_write(const root_block_t *block, writer_t *w)
{
	wr_u32_le(w, block->point);
	page_child_put(&block->child, w);
	for (size_t i = 0; i < BLOCK_PARTS; i++)
		wr_bytes(w, slice_of(block->part[i].bytes, MERKLE_HASH_BYTES));
	page_summary_put(&block->child, w);
}

void root_point_write(const root_point_t *point, writer_t *w)
{
	wr_u32_le(w, point->point);
	wr_u64_le(w, point->blocks);
	wr_u64_le(w, point->rows);
	wr_u64_le(w, (uint64_t)point->first_ns);
	wr_u64_le(w, (uint64_t)point->last_ns);
	wr_bytes(w, slice_of(point->root.bytes, MERKLE_HASH_BYTES));
}

static void take_hash(reader_t *r, merkle_hash_t *ret_hash)
{
	slice_t bytes = rd_take(r, MERKLE_HASH_BYTES);
	if (!r->bad)
		memcpy(ret_hash->bytes, bytes.ptr, MERKLE_HASH_BYTES);
}

err_t root_block_read(slice_t in, root_block_t *ret_block)
{
	uint8_t again[ROOT_BLOCK_MAX];
	writer_t w = writer_of(again, sizeof(again));
	root_block_t block = { 0 };
	reader_t r = reader_of(in);
	block.point = rd_u32_le(&r);
	uint8_t flags = page_child_get(&r, &block.child);
	for (size_t i = 0; i < BLOCK_PARTS; i++)
		take_hash(&r, &block.part[i]);
	page_summary_get(&r, flags, &block.child);
	if (r.bad || r.in.len)
		return ERR_MALFORMED;
	root_block_write(&block, &w);
	if (w.bad || !slice_eq(writer_done(&w), in))
		return ERR_MALFORMED;
	*ret_block = block;
	return ERR_OK;
}

err_t root_point_read(slice_t in, root_point_t *ret_point)
{
	root_point_t point = { 0 };
	reader_t r = reader_of(in);
	point.point = rd_u32_le(&r);
	point.blocks = rd_u64_le(&r);
	point.rows = rd_u64_le(&r);
	point.first_ns = (int64_t)rd_u64_le(&r);
	point.last_ns = (int64_t)rd_u64_le(&r);
	take_hash(&r, &point.root);
	if (r.bad || r.in.len)
		return ERR_MALFORMED;
	*ret_point = point;
	return ERR_OK;
}

static merkle_hash_t block_leaf(const merkle_peaks_t *blocks, const root_block_t *block)
{
	uint8_t bytes[ROOT_BLOCK_MAX];
	writer_t w = writer_of(bytes, sizeof(bytes));
	root_block_write(block, &w);
	assert(!w.bad);
	slice_t content = writer_done(&w);
	return merkle_peaks_leaf(blocks, &content, 1);
}

static merkle_hash_t point_leaf(const merkle_peaks_t *points, const root_point_t *point)
{
	uint8_t bytes[ROOT_POINT_BYTES];
	writer_t w = writer_of(bytes, sizeof(bytes));
	root_point_write(point, &w);
	assert(!w.bad);
	slice_t content = writer_done(&w);
	return merkle_peaks_leaf(points, &content, 1);
}

void root_add_block(merkle_peaks_t *blocks, const root_block_t *block)
{
	merkle_hash_t leaf = block_leaf(blocks, block);
	/* Nobody is told of it, so nothing can fail. */
	err_t err = merkle_peaks_add(blocks, &leaf, NULL, NULL);
	assert(!err);
}

void root_add_point(merkle_peaks_t *points, const root_point_t *point)
{
	merkle_hash_t leaf = point_leaf(points, point);
	err_t err = merkle_peaks_add(points, &leaf, NULL, NULL);
	assert(!err);
}

/* Reading a segment. */

typedef struct {
	const segment_t *segment;
	env_hasher_t *hasher;
	/* Parts lately hashed, by where they are: points read together share them. */
	struct {
		extent_t at;
		merkle_hash_t hash;
	} seen[SEEN];
	merkle_peaks_t points, blocks;
	point_id_t point; /* that is walked */
	/* What is asked for; NULL: the root alone. */
	root_proof_t *proof;
	merkle_hash_t *leaves; /* of the proof's point; then, of all points */
	size_t cap;
	bool has_block;
} tree_t;

static err_t part_hash(tree_t *t, extent_t at, merkle_hash_t *ret_hash)
{
	size_t slot = at.at % SEEN;
	slice_t bytes = segment_bytes(t->segment, at);
	if (bytes.len != at.len || at.len == 0)
		return ERR_CORRUPT;
	if (t->seen[slot].at.at != at.at || t->seen[slot].at.len != at.len) {
		t->seen[slot].at = at;
		env_hasher_sha256(t->hasher, &bytes, 1, t->seen[slot].hash.bytes);
	}
	*ret_hash = t->seen[slot].hash;
	return ERR_OK;
}

static bool is_asked(const tree_t *t)
{
	return t->proof && t->proof->point.point == t->point;
}

static err_t keep_leaf(tree_t *t, uint64_t index, const merkle_hash_t *leaf)
{
	merkle_hash_t *grown = grow_for(t->leaves, index + 1, &t->cap, sizeof(*grown));
	if (!grown)
		return ERR_NO_MEMORY;
	t->leaves = grown;
	t->leaves[index] = *leaf;
	return ERR_OK;
}

static void keep_block(tree_t *t, const root_block_t *block)
{
	t->has_block = true;
	t->proof->block = *block;
	for (size_t i = 0; i < BLOCK_PARTS; i++)
		t->proof->part[i] = segment_bytes(t->segment, block->child.part[i]);
}

static err_t take_block(void *ctx, const page_child_t *child)
{
	tree_t *t = ctx;
	root_block_t block = { .point = t->point, .child = *child };
	err_t err = ERR_OK;
	for (size_t i = 0; !err && i < BLOCK_PARTS; i++)
		err = part_hash(t, child->part[i], &block.part[i]);
	if (!err && is_asked(t)) {
		merkle_hash_t leaf = block_leaf(&t->blocks, &block);
		err = keep_leaf(t, t->blocks.size, &leaf);
		if (t->blocks.size == t->proof->block_index)
			keep_block(t, &block);
	}
	if (!err)
		root_add_block(&t->blocks, &block);
	return err;
}

static err_t take_point(tree_t *t, const segment_point_t *row, root_point_t *ret_point)
{
	walk_t walk = { .ctx = t, .block = take_block };
	t->point = row->point;
	t->blocks.size = 0;
	err_t err = walk_point(t->segment, row, &walk);
	if (!err && is_asked(t) && t->has_block)
		err = merkle_inclusion_in(t->leaves, t->blocks.size, t->proof->block_index,
		                          &t->proof->block_path);
	*ret_point = (root_point_t){ .point = row->point,
		                     .blocks = t->blocks.size,
		                     .rows = row->rows,
		                     .first_ns = row->first_ns,
		                     .last_ns = row->last_ns,
		                     .root = merkle_peaks_root(&t->blocks) };
	return err;
}

static err_t take_points(tree_t *t, merkle_hash_t *leaves)
{
	err_t err = ERR_OK;
	for (size_t i = 0; !err && i < segment_points(t->segment); i++) {
		segment_point_t row = segment_point(t->segment, i);
		root_point_t point;
		err = take_point(t, &row, &point);
		if (!err && is_asked(t)) {
			t->proof->point_index = i;
			t->proof->point = point;
		}
		if (!err && leaves)
			leaves[i] = point_leaf(&t->points, &point);
		if (!err)
			root_add_point(&t->points, &point);
	}
	return err;
}

static err_t make(const segment_t *segment, root_proof_t *proof, merkle_hash_t *leaves,
                  merkle_hash_t *ret_root)
{
	tree_t *t = calloc(1, sizeof(*t));
	if (!t)
		return ERR_NO_MEMORY;
	t->segment = segment;
	t->proof = proof;
	err_t err = env_hasher_new(&t->hasher);
	t->points.hasher = t->blocks.hasher = t->hasher;
	if (!err)
		err = take_points(t, leaves);
	if (!err && proof && !t->has_block)
		err = ERR_NOT_FOUND;
	if (!err)
		*ret_root = merkle_peaks_root(&t->points);
	env_hasher_free(t->hasher);
	free(t->leaves);
	free(t);
	return err;
}

err_t root_of(const segment_t *segment, merkle_hash_t *ret_root)
{
	return make(segment, NULL, NULL, ret_root);
}

err_t root_prove(const segment_t *segment, point_id_t point, uint64_t block_index,
                 root_proof_t *ret_proof)
{
	const segment_info_t *info = segment_info(segment);
	size_t count = segment_points(segment);
	merkle_hash_t root;
	root_proof_t proof = { .block_index = block_index, .point = { .point = point } };
	merkle_hash_t *leaves = calloc(count + 1, sizeof(*leaves));
	err_t err = leaves ? make(segment, &proof, leaves, &root) : ERR_NO_MEMORY;
	if (!err)
		err = merkle_inclusion_in(leaves, count, proof.point_index, &proof.point_path);
	free(leaves);
	if (!err &&
	    (!root_proof_leads(&proof, count, &root) || !merkle_hash_eq(&root, &info->root)))
		err = ERR_CORRUPT;
	if (!err)
		*ret_proof = proof;
	return err;
}

/* The counts and times that stand in two places must be one. */
static bool is_of_point(const root_block_t *block, const root_point_t *point)
{
	return block->point == point->point && block->child.first_ns >= point->first_ns &&
	       block->child.last_ns <= point->last_ns && block->child.rows <= point->rows;
}

bool root_proof_leads(const root_proof_t *proof, uint64_t points, merkle_hash_t *ret_root)
{
	merkle_peaks_t plain = { 0 };
	merkle_hash_t leaf = block_leaf(&plain, &proof->block);
	if (!is_of_point(&proof->block, &proof->point) ||
	    !merkle_inclusion_holds(&leaf, proof->block_index, proof->point.blocks,
	                            &proof->block_path, &proof->point.root))
		return false;
	leaf = point_leaf(&plain, &proof->point);
	return merkle_inclusion_root(&leaf, proof->point_index, points, &proof->point_path,
	                             ret_root);
}
