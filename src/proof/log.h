/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROOF_LOG_H
#define PROOF_LOG_H
/* The register that cannot be rewritten unseen: a Merkle tree over every change of
 * the registry in the main journal, and of the history's segments (historian/chain.h),
 * in the journal's order, and signed heads of it.
 * Whoever keeps a head can later demand the proof that what was there then is still
 * there; whoever is given a record can check that it is in the register.
 *
 * A bulk registration is a leaf for each of its parts and one for its end, which makes
 * the parts count.
 *
 * The entry of a leaf: sequence (8 bytes, little-endian), type (1 byte), payload, as
 * the journal has them (journal.md). doc/proofs.md says how to check all of it
 * without this program.
 *
 * Story: node opens it on the view loop (FILES), where it follows the journal. Every
 * period, and when somebody asks for a head that holds more than the last one, it
 * signs a head and journals it; what fails of a period's work is counted
 * (chores_failed_total) and tried again in the next. The API asks for proofs on FILES loops.
 *
 * Disk, a view (DATA/views/proof): `leaves`, 40 bytes a change (sequence, hash);
 * `nodes-8`, `nodes-16`, `nodes-24`, the hashes of subtrees of 2^8, 2^16, 2^24 leaves;
 * `state`, how far all that was synced. Missing, damaged, or of another journal, it
 * is built again. DATA/keys/proof.key holds the node's Ed25519 key, made at need.
 *
 * Threads: open and close at set-up and tear-down; the rest on any FILES loop.
 *
 * Limits: 2^32 changes in good time (subtrees above 2^31 leaves are hashed anew each
 * time). A head is at most PROOF_NOTE_MAX bytes.
 *
 * Caveats: each proof is checked before it is given out, so damage to the view is met
 * as ERR_CORRUPT, and the view is built again within a period. Heads already in the
 * journal are held against the tree when it is read; one that does not fit means that
 * the journal was rewritten, which proof_broken tells. */
#include "env/loop.h"
#include "journal/journal.h"
#include "proof/head.h"

typedef struct proof proof_t;

typedef struct {
	const char *views_dir, *keys_dir;
	const char *prefix; /* of the node; the origin is "jizhu/PREFIX" */
	journal_t *journal;
	env_loop_t *loop;  /* FILES */
	int64_t period_ns; /* 0: a minute */
} proof_spec_t;

/* Catches up with the journal before it returns. Set-up time. */
MUST_CHECK err_t proof_open(env_t *env, const proof_spec_t *spec, proof_t **ret_proof,
                            err_detail_t *ret_detail);
void proof_close(proof_t *proof);
bool proof_rebuilt(const proof_t *proof);
/* The sequence of the first journalled head that the journal does not bear out; 0:
 * none. */
uint64_t proof_broken(const proof_t *proof);
const metrics_t *proof_metrics(const proof_t *proof);

/* Changes in the tree. Any thread. */
uint64_t proof_size(const proof_t *proof);
slice_t proof_origin(const proof_t *proof);
const env_pkey_t *proof_key(const proof_t *proof);

typedef struct {
	proof_head_t head;
	size_t note_len;
	char note[PROOF_NOTE_MAX];
} proof_signed_t;

/* The newest head with at least `size` leaves; signs one when there is none yet.
 * ERR_INVALID: more leaves than there are. The origin borrows the log. */
MUST_CHECK err_t proof_head(proof_t *proof, uint64_t size, proof_signed_t *ret_signed);
/* The newest head of all changes, or one that was signed within the last second: who
 * asks often makes the node sign no oftener. */
MUST_CHECK err_t proof_head_recent(proof_t *proof, proof_signed_t *ret_signed);
/* The leaf of the change with this sequence. ERR_NOT_FOUND: the record is none. */
MUST_CHECK err_t proof_find(proof_t *proof, uint64_t seq, uint64_t *ret_index);
MUST_CHECK err_t proof_leaf(proof_t *proof, uint64_t index, uint64_t *ret_seq,
                            merkle_hash_t *ret_hash);
/* ERR_INVALID: no such leaf or size; ERR_CORRUPT: the view is damaged. */
MUST_CHECK err_t proof_include(proof_t *proof, uint64_t index, uint64_t size,
                               merkle_path_t *ret_path);
MUST_CHECK err_t proof_consist(proof_t *proof, uint64_t from, uint64_t to, merkle_path_t *ret_path);
MUST_CHECK err_t proof_root_at(proof_t *proof, uint64_t size, merkle_hash_t *ret_root);

/* What a journal's heads say of its changes. */
typedef struct {
	uint64_t changes, heads; /* heads of this key that were held against the tree */
	uint64_t broken_seq;     /* with ERR_CORRUPT: of the head that is not borne out */
} proof_verdict_t;
/* Walks the main journal of a folder offline, after journal_verify found it whole: a
 * journal that was written anew, chain and all, does not bear out the heads that the
 * node's key signed. A head far older than its place is passed over. */
MUST_CHECK err_t proof_verify(env_t *env, const char *journal_dir, const env_pkey_t *key,
                              proof_verdict_t *ret_verdict);

/* The hash of the leaf that such a record of the journal is. */
merkle_hash_t proof_entry_hash(uint64_t seq, journal_type_t type, slice_t payload);
/* Whether records of this type are leaves. */
bool proof_takes(journal_type_t type);
#endif
