/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EVIDENCE_EVIDENCE_H
#define EVIDENCE_EVIDENCE_H
/* Evidence of one figure of the history, a sample or the aggregate of a block, in a file that
 * proves itself: that the node recorded it, in a segment whose root it chained and signed. It is
 * checked without any network, by this room or by test/golden/verify_evidence.py, which shares
 * no code with it. doc/evidence.md has the format and says what is proved and what is not.
 *
 * Story: the API fills an evidence_t with what the historian (historian/evidence.h) and the
 * tree (proof/log.h) say, and evidence_write makes the file. `jizhu prove --check`, and a
 * parent that asked a child for the evidence of a figure, call evidence_check with the key they
 * trust.
 *
 * One line of JSON, in this order: format "jizhu-evidence-1"; kind "sample" or "aggregate";
 * point, id; asked_ns; made_ns; of a sample row; others; edits; the block's leaf (block,
 * block_index, block_path) and, unless they are withheld, its parts; the point's leaf (leaf,
 * leaf_index, leaf_path); segment; the entry's leaf (seq, index, entry, path); head; key; and
 * signature, of the same key over every byte before it. Bytes are base 64.
 *
 * What stands before the block the node only says, and signs: the name, and which edits and
 * segments it knew when the file was made. The rest follows from the head.
 *
 * An aggregate needs no parts: then it is proven without showing a sample, and what it was made
 * of stays with its owner.
 *
 * Pure, but for the memory of one block. */
#include "base/json.h"
#include "historian/chain.h"
#include "historian/evidence.h"
#include "proof/log.h"

enum { EVIDENCE_MAX = 16 << 20, EVIDENCE_EDITS_MAX = 256 };

typedef struct {
	bool is_aggregate, has_parts;
	slice_t name;
	int64_t asked_ns, made_ns;
	uint64_t row, others;
	const historian_edit_t *edits; /* that touch the sample, or the block */
	size_t edit_count;
	root_proof_t tree;
	uint64_t segment;
	uint64_t seq, index; /* of the entry */
	slice_t entry;
	merkle_path_t path;
	slice_t head, key; /* texts */
} evidence_t;

/* Bytes that writing takes at most. */
size_t evidence_room(const evidence_t *evidence);
/* Signs with the key that `evidence->key` is the text of. ERR_TOO_BIG: the writer is full;
 * errors of env_pkey_sign. */
MUST_CHECK err_t evidence_write(const evidence_t *evidence, const env_pkey_t *key, json_t *j);

/* What good evidence says. */
typedef struct {
	bool is_aggregate, has_parts;
	slice_t name, key, origin; /* in `scratch` */
	point_id_t point;
	int64_t asked_ns, made_ns, head_ns;
	sample_t sample;   /* its text is in `scratch` */
	summary_t summary; /* of an aggregate */
	uint64_t rows;     /* of the block */
	int64_t first_ns, last_ns;
	uint64_t others, edits;
	segment_info_t segment;
	uint64_t generation, seq;
	int64_t entry_ns; /* when the segment came */
	chain_kind_t kind;
} evidence_seen_t;

/* `key`: the key that is trusted; empty: the file's own, which proves only that it is whole.
 * `scratch` has room for twice the file. ERR_NEWER_FORMAT; ERR_MALFORMED: no evidence;
 * ERR_DENIED: another key, or a signature or proof that does not hold; ERR_NO_MEMORY. */
MUST_CHECK err_t evidence_check(slice_t file, slice_t key, writer_t *scratch,
                                evidence_seen_t *ret_seen);
#endif
