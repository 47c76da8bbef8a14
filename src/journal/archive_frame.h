/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JOURNAL_ARCHIVE_FRAME_H
#define JOURNAL_ARCHIVE_FRAME_H
/* The parts of an archive that reader and writer share: head, index rows, and the
 * records of a frame without what can be computed. */
#include "journal/archive.h"

enum {
	ARCHIVE_SKIP_BYTES = 8, /* of a skippable frame: magic and length */
	ARCHIVE_HEAD_BYTES = ARCHIVE_SKIP_BYTES + 8 + 4 + 4 + 8 + SEGMENT_HEAD_BYTES + 4,
	ARCHIVE_ROW_BYTES = 72,
	ARCHIVE_ROWS_MAX = 1 << 20,
};

/* Where a frame begins, and the chain there. The last row is where all ends. */
typedef struct {
	uint64_t plain_at, stored_at;
	uint32_t stored_len, stripped_len, crc; /* of the stored bytes */
	chain_t chain;
} archive_row_t;

typedef struct {
	uint32_t rows;
	uint64_t index_at;
	chain_t chain; /* of the segment's head */
} archive_head_t;

void archive_head_encode(const archive_head_t *head, uint8_t ret_bytes[ARCHIVE_HEAD_BYTES]);
MUST_CHECK err_t archive_head_decode(slice_t in, archive_head_t *ret_head);
void archive_row_encode(const archive_row_t *row, writer_t *w);
/* Chained and epoch are the head's. */
archive_row_t archive_row_decode(reader_t *r, const archive_head_t *head);
/* Magic and length of a skippable frame. */
void archive_skip_encode(uint32_t len, writer_t *w);

/* One record as a frame keeps it: length varint, type u8, unsynced varint, payload. */
void archive_strip(const record_t *record, writer_t *w);
/* Builds the plain bytes of a frame's records, moving the chain past them.
 * ERR_CORRUPT: they are not exactly `want` bytes. */
MUST_CHECK err_t archive_rebuild(slice_t stripped, chain_t *chain, size_t want, writer_t *ret);
#endif
