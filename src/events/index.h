/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EVENTS_INDEX_H
#define EVENTS_INDEX_H
/* The rows of the events view: in memory as a ring, on disk as a file that spares
 * the next start the walk over the journal. The file is never synced and never
 * trusted: every row has a checksum, and the rows of a file are used only up to
 * the first that is wrong.
 *
 * Disk: head of 32 bytes: "JIZHUEVI", version u32, zero u32, epoch of the journal
 * u64, zero u32, crc32c u32 of all before. Then rows of 40 bytes: sequence u64,
 * incident u64, place in the segment u32, point u32, mark u32 (the first bytes of
 * the record's hash), class u8, severity u8, zero u16, zero u32, crc32c u32 over the
 * epoch and all before. All little-endian.
 *
 * Threads: none of its own; its user locks. */
#include "env/file.h"
#include "model/event.h"

typedef struct {
	uint64_t seq, incident;
	uint32_t at, point, mark;
	uint8_t class, severity;
} event_row_t;

typedef struct event_index event_index_t;

/* Loads what is good of the file; makes it when it is absent or of another
 * journal. ERR_NO_MEMORY alone stops it: without a file it lives in memory. */
MUST_CHECK err_t index_open(env_t *env, const char *path, uint64_t epoch, size_t rows_max,
                            event_index_t **ret_index);
void index_close(event_index_t *index);
/* Forgets every row, also on disk. */
void index_clear(event_index_t *index);
/* The oldest row gives way when it is full. ERR_NO_MEMORY. */
MUST_CHECK err_t index_add(event_index_t *index, const event_row_t *row);
/* Writes the rows added since the last time. FILES loops. */
void index_save(event_index_t *index);
size_t index_count(const event_index_t *index);
/* Row i, 0 the oldest. */
const event_row_t *index_row(const event_index_t *index, size_t i);
/* How many rows have a sequence below `seq`. */
size_t index_below(const event_index_t *index, uint64_t seq);
#endif
