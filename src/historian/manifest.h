/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HISTORIAN_MANIFEST_H
#define HISTORIAN_MANIFEST_H
/* Which segments the history is made of, and up to which record of the journal they hold
 * it. A change of the history is a new manifest of the next generation; a file that no
 * manifest names is not part of it. The one before is kept, with what it names, so that a
 * damaged newest one costs a replay and not the history.
 *
 * Disk: `dir`/manifest-<generation, 16 hex digits>, little-endian: "JIZHUMAN", version
 * u32 = 2, zeros u32, generation u64, journal epoch u64, sealed sequence u64, next id u64,
 * id of the file of edits u64 (0: none), rows u32; rows: id u64, level u8, class u8,
 * window start i64 and length i64, rows u64, points u64, bytes u64, first and last time
 * i64, crc of the foot u32, root (32), its entry's record u64; the chain (chain.h); crc32c of all
 * before u32. */
#include "historian/chain.h"

typedef struct {
	uint64_t generation; /* from 1 */
	uint64_t epoch;      /* of the journal the sequence is of */
	uint64_t sealed_seq; /* records up to it are in segments */
	uint64_t next_id;    /* of a file */
	uint64_t edits_id;   /* 0: none */
	segment_info_t *segments;
	size_t count;
	chain_t chain;
} manifest_t;

/* ERR_TOO_BIG. */
MUST_CHECK err_t manifest_path_of(const char *dir, uint64_t generation,
                                  char ret_path[SEGMENT_PATH_MAX]);
/* Durable when it returns ERR_OK; else it may or may not be there. FILES loop. */
MUST_CHECK err_t manifest_save(env_t *env, const char *dir, const manifest_t *manifest);
/* ERR_NOT_FOUND, ERR_CORRUPT, ERR_NEWER_FORMAT, ERR_UNSUPPORTED for version 1; the owner
 * frees. FILES loop. */
MUST_CHECK err_t manifest_load(env_t *env, const char *dir, uint64_t generation,
                               manifest_t *ret_manifest, err_detail_t *ret_detail);
void manifest_free(manifest_t *manifest);
bool manifest_names(const manifest_t *manifest, uint64_t id);

/* Sixteen hexadecimal digits, as names of files have them. */
bool manifest_id_of(slice_t text, uint64_t *ret_id);
/* Is it the name of a manifest? */
bool manifest_generation_of(slice_t name, uint64_t *ret_generation);

/* The generations that are there, newest first. */
typedef struct {
	uint64_t *generation; /* owned */
	size_t count;
} manifest_list_t;
MUST_CHECK err_t manifest_list(env_t *env, const char *dir, manifest_list_t *ret_list);
/* The newest that can be read; older ones are tried when it is damaged. All zeros when
 * there is none. *ret_damaged: how many were passed over. ERR_CORRUPT when none of them
 * can be read. */
MUST_CHECK err_t manifest_newest(env_t *env, const char *dir, manifest_t *ret_manifest,
                                 size_t *ret_damaged, err_detail_t *ret_detail);
#endif
