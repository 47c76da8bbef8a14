/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROOF_PART_H
#define PROOF_PART_H
/* Leaves that are trees: a record of the journal that holds many changes
 * (JOURNAL_REGISTRY_PART, format 2: u8 2, then strings, of which the first is the head of
 * all others). So that one of them can be proven without the rest, such a leaf is not over
 * the record's bytes but over its format, the count of its changes and the root of a
 * small tree (RFC 9162, 2.1) whose leaves are the changes in their order, each behind the
 * head:
 *
 *   leaf of a change   SHA-256(0x00, head, change), both with their lengths as stored
 *   leaf of the record SHA-256(0x00, seq u64 little-endian, type u8, 2, count varint, root)
 *
 * Bytes that begin so and are no strings cannot be proven in part; their leaf has the count
 * 0 and the SHA-256 of all of them in place of a root.
 *
 * Pure but for the memory of the hashes of one record. */
#include "journal/journal.h"
#include "merkle/merkle.h"

/* Whether the record's leaf is such a tree. */
bool proof_part_is(journal_type_t type, slice_t payload);
/* What stands in its leaf behind seq and type; `w` has room for PROOF_PART_MAX bytes. */
enum { PROOF_PART_MAX = 1 + 10 + MERKLE_HASH_BYTES };
void proof_part_write(slice_t payload, writer_t *w);

/* A change of a part, proven to be of it. */
typedef struct {
	uint64_t count, place; /* of changes; which of them */
	slice_t head, change;  /* with their lengths; one behind the other is a part, too */
	merkle_path_t path;    /* in the small tree */
} proof_branch_t;
/* The change at `place`. ERR_INVALID: there is none. ERR_CORRUPT: no strings.
 * ERR_NO_MEMORY. Borrows the payload. */
MUST_CHECK err_t proof_part_branch(slice_t payload, uint64_t place, proof_branch_t *ret_branch);
/* The leaf's hash as the branch has it; false: the branch does not hold together. */
bool proof_branch_leaf(const proof_branch_t *branch, uint64_t seq, merkle_hash_t *ret_leaf);
#endif
