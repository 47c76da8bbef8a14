/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HISTORIAN_ROOT_H
#define HISTORIAN_ROOT_H
/* The Merkle tree over a segment (RFC 9162, 2.1; merkle/merkle.h): one hash for all that
 * can be read of it, and the proof that a block is in it.
 *
 * It is a tree of trees. The leaves of a segment are its points in the directory's order,
 * each with the root of a small tree over its blocks in their order. The counts stand in
 * the leaves and in the segment's row of the chain (chain.h), so none can be taken for the
 * other, none left out and none put in.
 *
 * Bytes of the leaf of a point, little-endian: point u32, blocks u64, rows u64, first and
 * last source time i64, root of its blocks (32).
 *
 * Bytes of the leaf of a block: point u32; then as page_child_put says it (page.h):
 * flags, rows, first time, last time, greatest node time; the SHA-256 of each of its four
 * parts as it is stored, with its checksum (4 * 32); its summary, as the page has it. Parts stand
 * there by their hash, so that an aggregate can be proven without showing a sample, and so that a
 * column that many points share is hashed once.
 *
 * Where blocks lie, how pages are cut and what is shared is not in it: it says what was
 * recorded, not how it is kept. */
#include "historian/segment.h"

enum { ROOT_BLOCK_MAX = 4 + 1 + 4 * 10 + BLOCK_PARTS * MERKLE_HASH_BYTES + PAGE_SUMMARY_BYTES_MAX };
enum { ROOT_POINT_BYTES = 4 + 4 * 8 + MERKLE_HASH_BYTES };

typedef struct {
	point_id_t point;
	page_child_t child; /* but for where its parts are */
	merkle_hash_t part[BLOCK_PARTS];
} root_block_t;

typedef struct {
	point_id_t point;
	uint64_t blocks, rows;
	int64_t first_ns, last_ns;
	merkle_hash_t root;
} root_point_t;

void root_block_write(const root_block_t *block, writer_t *w);
void root_point_write(const root_point_t *point, writer_t *w);
/* ERR_MALFORMED: not the one form it has. */
MUST_CHECK err_t root_block_read(slice_t in, root_block_t *ret_block);
MUST_CHECK err_t root_point_read(slice_t in, root_point_t *ret_point);

/* The tree, while a segment is written: each block of a point, then the point; the points in
 * the directory's order. The hasher is the tree's user's. */
void root_add_block(merkle_peaks_t *blocks, const root_block_t *block);
void root_add_point(merkle_peaks_t *points, const root_point_t *point);

/* Of a segment as it is on disk: everything of it is read. ERR_CORRUPT: some of it cannot
 * be; ERR_NO_MEMORY. */
MUST_CHECK err_t root_of(const segment_t *segment, merkle_hash_t *ret_root);

/* A block in its segment. */
typedef struct {
	root_block_t block;
	uint64_t block_index;
	merkle_path_t block_path;
	root_point_t point;
	uint64_t point_index;
	merkle_path_t point_path;
	slice_t part[BLOCK_PARTS]; /* borrow the segment */
} root_proof_t;
/* The block at `block_index` of the point. As root_of; ERR_NOT_FOUND: there is none. Errors
 * also when the proof does not lead to the root in the foot. */
MUST_CHECK err_t root_prove(const segment_t *segment, point_id_t point, uint64_t block_index,
                            root_proof_t *ret_proof);
/* The root of a segment with so many points to which block and paths lead; false: they do
 * not hold together. The parts are not asked. */
bool root_proof_leads(const root_proof_t *proof, uint64_t points, merkle_hash_t *ret_root);
#endif
