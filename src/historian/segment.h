/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HISTORIAN_SEGMENT_H
#define HISTORIAN_SEGMENT_H
/* A sealed, immutable file of blocks, read through a map.
 *
 * Disk, little-endian: head 16 bytes "JIZHUSEG", version u32 = 1, zeros; blocks;
 * index rows of 44 bytes (point u32, rows u32, first and last source time i64,
 * offset u64, length u32, crc32c of the block u32, zeros u32) sorted by point and
 * first time; foot of 64 bytes (index offset u64, index rows u64, first and last
 * journal sequence u64, first and last source time i64, crc32c of the index u32,
 * crc32c of the foot before this field u32, "JIZHUEND").
 *
 * Story: segment_write makes NAME.tmp, syncs, renames, syncs the folder.
 * segment_open checks head, foot and index; blocks are checked as they are read. */
#include "env/file.h"
#include "historian/memory.h"

typedef struct segment segment_t;

enum { SEGMENT_PATH_MAX = 512 };

typedef struct {
	point_id_t point;
	uint32_t rows;
	int64_t first_ns, last_ns;
	uint64_t offset;
	uint32_t length, crc;
} segment_entry_t;

/* `dir`/<first>-<last>.seg; ERR_TOO_BIG. */
MUST_CHECK err_t segment_path_of(const char *dir, uint64_t first_seq, uint64_t last_seq,
                                 char ret_path[SEGMENT_PATH_MAX]);
/* Writes everything in the table as a file of that name, which is durable then. A
 * failure may leave a file of that name behind. FILES loop. */
MUST_CHECK err_t segment_write(env_t *env, const char *dir, const memory_t *memory,
                               uint64_t first_seq, uint64_t last_seq);
/* ERR_CORRUPT, ERR_NEWER_FORMAT; the detail names file and place. */
MUST_CHECK err_t segment_open(env_t *env, const char *path, segment_t **ret_segment,
                              err_detail_t *ret_detail);
void segment_close(segment_t *segment);
uint64_t segment_first_seq(const segment_t *segment);
uint64_t segment_last_seq(const segment_t *segment);
int64_t segment_first_ns(const segment_t *segment);
int64_t segment_last_ns(const segment_t *segment);
const char *segment_path(const segment_t *segment);
uint64_t segment_bytes(const segment_t *segment);
size_t segment_entries(const segment_t *segment);
segment_entry_t segment_entry(const segment_t *segment, size_t i);
/* The first entry of the point; segment_entries when it has none. */
size_t segment_find(const segment_t *segment, point_id_t point);
/* Checks and decodes one block into BLOCK_ROWS rows. */
MUST_CHECK err_t segment_read(const segment_t *segment, const segment_entry_t *entry,
                              block_row_t *ret_rows, size_t *ret_count);
#endif
