/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JOURNAL_ARCHIVE_H
#define JOURNAL_ARCHIVE_H
/* A sealed segment, compressed (journal.md, "Archived segments"). What can be computed
 * again is left out: checksums, links, hashes, sequences, padding. Reading gives the
 * plain segment's bytes back, each at its old place, so that a place once seen is good
 * for ever and no reader but this one knows the difference. Private to this folder.
 *
 * Story: archive_writer_begin at a segment's head, archive_writer_add its records in
 * order, archive_writer_end; a reader opens, and asks for the frame around a place.
 *
 * Memory: a reader keeps one decoded frame, some 256 KiB and at most 1.3 MiB more. */
#include "journal/segment.h"

enum {
	ARCHIVE_VERSION = 1,
	ARCHIVE_FRAME_BYTES = 256 * 1024, /* plain bytes, after which a frame is closed */
	ARCHIVE_FRAME_MAX = ARCHIVE_FRAME_BYTES + RECORD_PAYLOAD_MAX + 64,
};

/* The chain at the segment's start. ERR_NOT_FOUND, ERR_CORRUPT, ERR_NEWER_FORMAT. */
MUST_CHECK err_t archive_open(env_t *env, const char *path, uint64_t first_seq,
                              archive_t **ret_archive, chain_t *ret_chain);
void archive_close(archive_t *archive);
/* The plain bytes from `at` to the end of its frame, nothing behind the last record;
 * until the next call. Every byte was held against the chain. ERR_CORRUPT. */
MUST_CHECK err_t archive_bytes(archive_t *archive, uint64_t at, slice_t *ret_bytes);
/* Where the records end in the plain segment. */
uint64_t archive_used(const archive_t *archive);
/* Where the frame behind the one around `at` begins. */
uint64_t archive_next_frame(const archive_t *archive, uint64_t at);
/* "DIR/NAME-<sequence>.log.zst". */
segment_path_t archive_path(const char *dir, const char *name, uint64_t first_seq);

typedef struct archive_writer archive_writer_t;
/* Writes into `file`, which is empty; not owned. */
MUST_CHECK err_t archive_writer_new(env_file_t *file, const chain_t *head,
                                    archive_writer_t **ret_writer);
void archive_writer_free(archive_writer_t *writer);
/* One record, and where it ends in the plain segment. */
MUST_CHECK err_t archive_writer_add(archive_writer_t *writer, const record_t *record);
/* True when the open frame is full: archive_writer_frame closes it. */
bool archive_writer_is_full(const archive_writer_t *writer);
/* Compresses the open frame, decodes it again, and writes it when that gave the same
 * bytes. ERR_CORRUPT when not. */
MUST_CHECK err_t archive_writer_frame(archive_writer_t *writer);
/* Index and head; the file is not synced. */
MUST_CHECK err_t archive_writer_end(archive_writer_t *writer);
#endif
