/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROOF_FILES_H
#define PROOF_FILES_H
/* The view's files (log.h). Private to this folder. One writer; readers on other
 * threads stay below the size that the writer has published to them.
 *
 * Each file begins with 64 bytes: "JIZHUMRK", version u32 = 1, bytes a row u32, epoch
 * of the journal u64, zeros, CRC-32C of all before u32; rows follow. `state` is
 * "JIZHUMRK", version u32, epoch u64, leaves u64, sequence applied u64, hash of that
 * journal record (32), root (32), CRC u32. All little-endian.
 *
 * Leaves are kept until files_flush; the state is saved after the rows it speaks of
 * are on stable storage, so that what it says is always there. */
#include "env/file.h"
#include "merkle/merkle.h"

enum { FILES_LEVELS = 4, FILES_LEVEL_STEP = 8, FILES_BATCH = 1024, FILES_PATH_MAX = 512 };

typedef struct {
	uint64_t epoch, leaves, seq;
	uint8_t hash[SHA256_BYTES];
	merkle_hash_t root;
} files_state_t;

typedef struct {
	env_t *env;
	char dir[FILES_PATH_MAX];
	uint64_t epoch;
	env_file_t *level[FILES_LEVELS]; /* leaves, then nodes */
	uint64_t flushed;                /* leaves in the file */
	size_t held;                     /* leaves in `batch` */
	uint8_t *batch;
} files_t;

/* Opens or makes them, all of one epoch, and reads the state (zero when there is
 * none). ERR_CORRUPT, ERR_CONFLICT (another epoch), ERR_NEWER_FORMAT: files_clear. */
MUST_CHECK err_t files_open(env_t *env, const char *dir, uint64_t epoch, files_t *ret_files,
                            files_state_t *ret_state);
void files_close(files_t *files);
/* Removes everything. */
MUST_CHECK err_t files_clear(env_t *env, const char *dir);

/* The leaf behind the last. */
MUST_CHECK err_t files_leaf_put(files_t *files, uint64_t seq, const merkle_hash_t *hash);
/* A complete subtree; those of levels that are not kept are let go. */
MUST_CHECK err_t files_node_put(files_t *files, unsigned level, uint64_t index,
                                const merkle_hash_t *hash);
MUST_CHECK err_t files_flush(files_t *files);
/* Flushes, syncs and saves. */
MUST_CHECK err_t files_save(files_t *files, const files_state_t *state);

MUST_CHECK err_t files_leaf_get(const files_t *files, uint64_t index, uint64_t *ret_seq,
                                merkle_hash_t *ret_hash);
/* merkle_tree_t.get with a files_t. */
MUST_CHECK err_t files_node_get(void *files, unsigned level, uint64_t index,
                                merkle_hash_t *ret_hash);
#endif
