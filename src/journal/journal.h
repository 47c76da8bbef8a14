/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JOURNAL_JOURNAL_H
#define JOURNAL_JOURNAL_H
/* One append-only log with many users: the only truth of a node. Everything else
 * on disk is a view that can be rebuilt from it. A node has three instances of this
 * code: "main" (events, audit, registry changes, ids; hash-chained), "history"
 * (samples) and "tree" (what is shared with parents and children; hash-chained).
 *
 * Story: journal_open recovers (cuts a torn tail, refuses damage elsewhere) and
 * leaves the commit work to the FILES loop it is given. Any thread calls
 * journal_append: the record is copied into the open batch and gets the next
 * sequence at once. The commit loop writes the batch, fdatasyncs, publishes the
 * new durable sequence and rings every subscriber. Acknowledge = durable. Views
 * follow with a cursor.
 *
 * Disk: DIR/NAME-<first sequence, 16 hex digits>.log, preallocated; sealed ones may be
 * compressed (.log.zst); journal.md has every byte. Records carry a checksum, the checksum of the
 * record before, their sequence, how far the log was synced when they were written and, in a
 * chained journal, a SHA-256 over the hash before and their content. That "unsynced" count tells a
 * torn tail from damage: a bad record that a later good one proves to have been synced is
 * ERR_CORRUPT and is never cut.
 *
 * Errors are final: after a failed write or sync the journal is poisoned, takes
 * no more (ERR_IO), and the process restarts from disk. ERR_DISK_FULL before a
 * write is not final: nothing was taken.
 *
 * Limits: payload 1 MiB and at most a segment or a batch (ERR_TOO_BIG), batch
 * buffer `buffer_bytes` (ERR_LIMIT when full: wait for durable and try again),
 * segment `segment_bytes`.
 *
 * Caveats: one process a folder (advisory lock). Cursors only on FILES loops or
 * outside env_run. journal_open walks the last segment alone; damage in an older
 * one is found by the cursor that reads it and by journal_verify. A bad last record
 * that nothing follows cannot be told from a torn one and is cut. A journal put back
 * from a copy keeps its epoch and gives the sequences behind the copy's end a second
 * time: who remembers a sequence of this epoch must hold the record's hash too, or
 * begin again. */
#include <stdatomic.h>

#include "base/metrics.h"
#include "env/loop.h"

typedef struct journal journal_t;

/* Record types are stored: append rows, never reorder. */
#define JOURNAL_TYPE_ROWS(X) \
	X(NONE, "none") \
	X(EVENT, "event") \
	X(REGISTRY_PUT, "registry put") \
	X(REGISTRY_REMOVE, "registry remove") \
	X(CATALOGUE_ID, "catalogue id") \
	X(SAMPLES, "samples") \
	X(BASELINE_ROW, "baseline row") \
	X(ASSET, "asset") \
	X(ACCESS, "access") \
	X(TREE_HEAD, "tree head") \
	X(REGISTRY_PART, "registry part") \
	X(REGISTRY_BULK, "registry bulk") \
	X(OFFICE, "office") \
	X(SAMPLE_COLUMNS, "sample columns") \
	X(SERIES, "series") \
	X(SAMPLE_EDIT, "sample edit") \
	X(HISTORY, "history") \
	X(FIGURE, "figure") \
	X(RELEASE, "release") \
	X(RECEIVED, "received") \
	X(MEMBER, "member") \
	X(CENSUS, "census") \
	X(HANDLING, "handling")

#define X(name, text) JOURNAL_##name,
typedef enum { JOURNAL_TYPE_ROWS(X) JOURNAL_TYPE_COUNT } journal_type_t;
#undef X

/* In a set of types. A set of records that were read may say a type too many: 64 bits
 * stand for the 255 that the disk can hold. */
#define JOURNAL_TYPE_BIT(type) (UINT64_C(1) << ((type) % 64))

typedef struct {
	const char *dir, *name;
	bool chained;           /* keep the hash chain */
	uint64_t segment_bytes; /* 0: 16 MiB */
	size_t buffer_bytes;    /* 0: 4 MiB; two of them are kept */
	/* Refuse appends (ERR_DISK_FULL) with less free space; looked at every second and
	 * every MiB. A segment not yet prepared counts on top. */
	uint64_t reserve_bytes;
	env_loop_t *commit_loop; /* kind FILES; several journals may share one */
	/* Kind FILES; sealed segments are compressed there in the background, at most a fifth
	 * of a core. NULL: they stay as they were written. */
	env_loop_t *archive_loop;
} journal_spec_t;

/* What recovery found. */
typedef struct {
	uint64_t first_seq, last_seq; /* 0, 0: empty */
	uint64_t cut_bytes;           /* torn tail removed */
	uint64_t segments;
} journal_recovery_t;

/* Makes the folder when absent. Set-up time. ERR_CORRUPT with the file and offset
 * in the detail, ERR_NEWER_FORMAT, ERR_BUSY when another process has it, ERR_CONFIG
 * when it was made with the other `chained`. */
MUST_CHECK err_t journal_open(env_t *env, const journal_spec_t *spec, journal_t **ret_journal,
                              journal_recovery_t *ret_recovery, err_detail_t *ret_detail);
/* Writes and syncs what is in the batch (unless poisoned), then closes. After the
 * commit loop has stopped. */
void journal_close(journal_t *journal);

/* The payload is the concatenation of `parts`. Any thread. */
MUST_CHECK err_t journal_append(journal_t *journal, journal_type_t type, const slice_t *parts,
                                size_t count, uint64_t *ret_seq);
/* Writes and syncs what was appended, on the calling thread; only while the
 * commit loop is not running (set-up, tear-down). */
MUST_CHECK err_t journal_flush(journal_t *journal);
/* Oldest sequence still kept, or the next one when nothing is. Any thread. */
uint64_t journal_first(journal_t *journal);
/* Highest sequence on stable storage; 0 none. Any thread. */
uint64_t journal_durable(const journal_t *journal);
/* Highest sequence given out. Any thread. */
uint64_t journal_last(const journal_t *journal);
/* The random number this journal got when it was made; with a sequence it names a
 * record for good. */
uint64_t journal_epoch(const journal_t *journal);
/* ERR_OK, or why the journal takes no more. Any thread. */
MUST_CHECK err_t journal_state(const journal_t *journal);

/* Puts a uint64_t durable sequence into the mailbox after every sync, and once on
 * poisoning. The mailbox should be of policy DROP and small: the reader asks
 * journal_durable anyway. Set-up time; at most 8. */
MUST_CHECK err_t journal_subscribe(journal_t *journal, env_mailbox_t *mailbox);
/* The same for who has somebody wait for an answer: rung before all others, and only when
 * *is_wanted says so. It is set before the last look at journal_durable and journal_state
 * that found that there is something to wait for, so that no ring is missed. */
MUST_CHECK err_t journal_subscribe_when(journal_t *journal, env_mailbox_t *mailbox,
                                        const atomic_bool *is_wanted);
/* Before the mailbox is freed. Tear-down time. */
void journal_unsubscribe(journal_t *journal, env_mailbox_t *mailbox);

typedef struct {
	uint64_t seq;
	journal_type_t type;
	slice_t payload;  /* until the next call on the cursor */
	uint64_t at;      /* its place in its segment, for journal_cursor_jump */
	uint8_t hash[32]; /* when chained */
} journal_record_t;

/* Reads durable records in order. */
typedef struct journal_cursor journal_cursor_t;
/* From `seq` (1: the start; 0: nowhere yet, for journal_cursor_jump). ERR_NOT_FOUND when that far
 * back was recycled; ERR_INVALID past the next one to be durable: who asks has seen records that
 * are not there. */
MUST_CHECK err_t journal_cursor_open(journal_t *journal, uint64_t seq,
                                     journal_cursor_t **ret_cursor);
/* Says which types are asked for: from where the cursor stands, it passes over sealed
 * segments that hold none of them. Records of other types still come in the segments
 * that are read, so that no call takes long; damage in those passed over is not met. */
void journal_cursor_want(journal_cursor_t *cursor, uint64_t types);
/* ERR_NOT_FOUND at the durable end (call again later), ERR_CORRUPT, ERR_EXPIRED when
 * the next record was recycled meanwhile. */
MUST_CHECK err_t journal_cursor_next(journal_cursor_t *cursor, journal_record_t *ret_record);
/* Reads record `seq` at the place `at` it was once seen, without walking there, and
 * goes on behind it. ERR_NOT_FOUND when recycled or not yet durable, ERR_CORRUPT
 * when another record or none stands there. */
MUST_CHECK err_t journal_cursor_jump(journal_cursor_t *cursor, uint64_t seq, uint64_t at,
                                     journal_record_t *ret_record);
void journal_cursor_close(journal_cursor_t *cursor);
/* One record by its sequence, copied into buf; walks its segment up to it.
 * ERR_NOT_FOUND, ERR_TOO_BIG when it does not fit. */
MUST_CHECK err_t journal_read(journal_t *journal, uint64_t seq, void *buf, size_t cap,
                              journal_record_t *ret_record);

/* Lets segments go that hold only records below `seq`. FILES loop. */
MUST_CHECK err_t journal_recycle(journal_t *journal, uint64_t seq);

/* Walks a journal folder offline: every checksum, the chain, the sequences.
 * *ret_records counts what is good, also on failure; the detail names file, offset
 * and record. An unfinished write at the end counts as damage: open the journal
 * once after a crash. */
MUST_CHECK err_t journal_verify(env_t *env, const char *dir, const char *name,
                                uint64_t *ret_records, err_detail_t *ret_detail);

/* Walks what is left behind the damaged record `seq` (0: all there is), offline: calls
 * `row` for every record of a higher sequence that is good by itself, until it returns
 * false. */
typedef struct {
	const char *dir, *name;
	uint64_t seq;
	bool (*row)(void *ctx, const journal_record_t *record);
	void *ctx;
} journal_salvage_t;
MUST_CHECK err_t journal_salvage(env_t *env, const journal_salvage_t *what);

/* What a copy holds. */
typedef struct {
	uint64_t epoch;
	uint64_t first_seq, last_seq; /* last_seq = first_seq - 1: no record */
} journal_extent_t;

typedef struct {
	const char *from, *to, *name; /* folders; what `to` holds of this journal goes first */
	/* Each record copied, in order; begins again when the copy does. May be NULL. */
	void (*record)(void *ctx, const journal_record_t *record);
	void (*progress)(void *ctx, uint64_t bytes); /* just written; may be NULL */
	void *ctx;
} journal_copy_t;

/* Copies a journal that may be written and recycled meanwhile, by this process or
 * another, without telling the writer: every record checked, cut behind the last
 * good one, synced. It holds at least what was durable at the call, and every
 * record that was recycled meanwhile is below its first. Records that were written
 * but not yet synced may be in it. ERR_CORRUPT with the place as journal_open,
 * ERR_BUSY when records are recycled faster than they are copied. Set-up time or a
 * FILES loop. */
MUST_CHECK err_t journal_copy(env_t *env, const journal_copy_t *copy, journal_extent_t *ret_extent,
                              err_detail_t *ret_detail);

/* For /metrics; rows are named without a prefix, so that each journal gets its own. */
const metrics_t *journal_metrics(const journal_t *journal);
#endif
