/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JOURNAL_VIEW_FILE_H
#define JOURNAL_VIEW_FILE_H
/* The frame of a view's file: what it is, how far of which journal it has come, and a
 * checksum over all. What stands between is the view's own.
 *
 * Disk, little-endian: magic of 8 bytes, version u32, zero u32, mark (sequence u64, epoch
 * u64, hash of 32 bytes); the view's bytes; crc32c u32 of all before. */
#include "journal/follow.h"

enum { VIEW_FILE_HEAD = 64, VIEW_FILE_CRC = 4 };

typedef struct {
	uint8_t magic[8];
	uint32_t version;
} view_file_t;

void view_file_begin(const view_file_t *form, const journal_mark_t *mark, writer_t *w);
/* Over all that stands in the writer. */
void view_file_end(writer_t *w);
/* What the view wrote, borrowed. ERR_CORRUPT, ERR_NEWER_FORMAT. */
MUST_CHECK err_t view_file_open(const view_file_t *form, slice_t file, reader_t *ret_rest,
                                journal_mark_t *ret_mark);
#endif
