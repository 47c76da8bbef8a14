/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JOURNAL_SEGMENT_H
#define JOURNAL_SEGMENT_H
/* The disk form of a journal (journal.md), one segment at a time: heads, records,
 * and a reader that walks a segment's records. Only files of this folder include
 * it.
 *
 * Story: the committer lays records with record_begin, completes them with
 * record_finish, which moves the chain; recovery, cursors and verification walk
 * them with segment_next and hold them against their own chain with chain_accept.
 *
 * A chain is what the next record must continue: its sequence, the checksum and
 * the hash of the record before. A segment's head is the chain at its start, and says
 * which types of records the segment before it holds. */
#include "base/cursor.h"
#include "env/crypto.h"
#include "env/file.h"

enum {
	SEGMENT_VERSION = 1,
	SEGMENT_HEAD_BYTES = 96,
	RECORD_HEAD_BYTES = 24,
	RECORD_PAYLOAD_MAX = 1 << 20,
	SEGMENT_PATH_MAX = 512,
	SEGMENT_WINDOW_BYTES = 64 * 1024,
};

typedef struct {
	bool chained;
	uint64_t epoch, next_seq;
	uint32_t link; /* checksum of the record before; 0 at the very first */
	uint8_t hash[SHA256_BYTES];
	uint64_t types;        /* of the records since the head, JOURNAL_TYPE_BIT each */
	uint64_t types_before; /* of those of the segment before; 0: not known */
} chain_t;

/* In a chain whose records since the head have not all been seen. */
#define TYPES_UNSEEN UINT64_C(1)

/* The head of the segment that begins behind the chain's last record. */
chain_t chain_roll(const chain_t *chain);
/* Whether a segment with this head continues the chain. */
bool chain_joins(const chain_t *end, const chain_t *head);
void log_segment_head_encode(const chain_t *chain, uint8_t ret_head[SEGMENT_HEAD_BYTES]);
/* ERR_CORRUPT, ERR_NEWER_FORMAT. */
MUST_CHECK err_t log_segment_head_decode(slice_t in, chain_t *ret_chain);

typedef struct {
	uint64_t seq;
	uint32_t crc, link, unsynced;
	uint8_t type;
	size_t bytes; /* of the whole record, padding included */
	slice_t hash; /* empty when not chained */
	slice_t payload;
} record_t;

/* Bytes a record takes on disk. */
size_t record_bytes(bool chained, size_t payload_len);
/* Lays a record without checksum and hash into `room` of record_bytes. */
void record_begin(writer_t *w, bool chained, const record_t *record, const slice_t *parts,
                  size_t count);
/* Completes the record at the front of `bytes`; returns its length. */
size_t record_finish(uint8_t *bytes, size_t len, chain_t *chain, uint64_t durable);
/* The length of the record that was begun at the front of `bytes`. */
size_t record_length(slice_t bytes, const chain_t *chain);
/* Judges the record at the front of `in` by itself. ERR_NOT_FOUND: zeros;
 * ERR_TOO_BIG: goes on past `in` (`ret_record->bytes` says how far); ERR_CORRUPT. */
MUST_CHECK err_t record_parse(slice_t in, const chain_t *chain, record_t *ret_record);
/* Moves the chain past the record; false when the record does not continue it. */
bool chain_accept(chain_t *chain, const record_t *record);

/* An open segment: plain, or compressed (archive.h), whose bytes are the same at the
 * same places. One of the two is NULL. */
typedef struct archive archive_t;
typedef struct {
	env_file_t *file;
	archive_t *archive;
} segment_file_t;

/* Walks one open segment. Set `in` and `at`; the rest belongs to the reader. */
typedef struct {
	segment_file_t in; /* not owned */
	uint64_t at;       /* of the next record */
	uint8_t *window;
	size_t cap, len;
	size_t ahead;  /* how far beyond what is wanted the next fill reads; 0: a little */
	uint64_t from; /* where the window begins */
} segment_reader_t;

/* The record at `at`, without moving; its slices live until the next call.
 * ERR_NOT_FOUND at zeros or the end of file, ERR_CORRUPT, ERR_IO, ERR_NO_MEMORY. */
MUST_CHECK err_t log_segment_peek(segment_reader_t *r, const chain_t *chain, record_t *ret_record);
/* Bytes from `at`, at least `want` unless the file ends. */
MUST_CHECK err_t log_segment_bytes(segment_reader_t *r, size_t want, slice_t *ret_bytes);
/* Forgets what was read: the file has grown. */
void log_segment_refresh(segment_reader_t *r);
void log_segment_reader_done(segment_reader_t *r);
/* Where the last byte that is not zero ends, at least `from`. */
MUST_CHECK err_t log_segment_used(env_file_t *file, uint64_t from, uint64_t *ret_end);
/* Where the bytes of a torn write end, when none: `at`, where the good records ended.
 * ERR_CORRUPT when a good record behind proves that the one wanted there had been
 * synced. */
MUST_CHECK err_t log_segment_end(segment_reader_t *r, const chain_t *chain, uint64_t *ret_used);

/* Offsets of a record already read may be far behind: begins the window a bit
 * before `at`, so that walking backwards reads the disk seldom. */
void log_segment_seek(segment_reader_t *r, uint64_t at);

typedef struct {
	char text[SEGMENT_PATH_MAX];
} segment_path_t;
typedef struct {
	const char *dir, *name;
	uint64_t first_seq;
} segment_name_t;
/* "DIR/NAME-<sequence>.log". */
segment_path_t log_segment_path(const char *dir, const char *name, uint64_t first_seq);
/* First sequences of the segments there are in either form, ascending; the caller frees. */
MUST_CHECK err_t log_segment_list(env_t *env, const char *dir, const char *name,
                                  uint64_t **ret_seqs, size_t *ret_count);
/* Opens a segment to read, in whichever form it is there; the plain one is preferred. */
MUST_CHECK err_t log_segment_enter(env_t *env, const segment_name_t *name, segment_file_t *ret_file,
                                   chain_t *ret_chain);
void log_segment_leave(segment_file_t *file);
/* Removes a segment in whichever form; both, when there are two. ERR_NOT_FOUND. */
MUST_CHECK err_t log_segment_remove(env_t *env, const segment_name_t *name);
/* Where the records of an open segment end, looking from `from`. */
MUST_CHECK err_t log_segment_records_end(const segment_file_t *file, uint64_t from,
                                         uint64_t *ret_end);
/* Opens a plain segment to read and decodes its head, which must begin at first_seq. */
MUST_CHECK err_t log_segment_open(env_t *env, const char *path, uint64_t first_seq,
                                  env_file_t **ret_file, chain_t *ret_chain);
#endif
