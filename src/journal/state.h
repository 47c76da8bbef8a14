/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JOURNAL_STATE_H
#define JOURNAL_STATE_H
/* What the files of this folder share of an open journal: who may touch what. */
#include "journal/journal.h"
#include "journal/segment.h"

enum { JOURNAL_SUBSCRIBERS_MAX = 8 };

#define JOURNAL_METRIC_ROWS(X) \
	X(RECORDS, "records_total", "Records made durable", COUNTER) \
	X(BYTES, "bytes_total", "Bytes of records written", COUNTER) \
	X(COMMITS, "commits_total", "Batches written and synced", COUNTER) \
	X(COMMIT_NS, "commit_nanoseconds_total", "Time spent in commits", COUNTER) \
	X(REFUSED, "refused_total", "Appends refused because the batch was full", COUNTER) \
	X(DISK_REFUSED, "disk_full_total", "Appends refused for want of space", COUNTER) \
	X(SEGMENTS, "segments", "Segments on disk", GAUGE) \
	X(DURABLE, "durable_sequence", "Highest sequence on stable storage", GAUGE) \
	X(POISONED, "poisoned", "1 after a failed write or sync", GAUGE) \
	X(ARCHIVED, "segments_archived_total", "Sealed segments compressed", COUNTER) \
	X(ARCHIVED_BYTES, "archived_bytes_total", "Bytes of compressed segments", COUNTER) \
	X(ARCHIVE_FAILED, "archive_failed_total", "Segments that could not be compressed", COUNTER)

#define X(name, text, help, kind) JOURNAL_METRIC_##name,
enum { JOURNAL_METRIC_ROWS(X) JOURNAL_METRIC_COUNT };
#undef X

/* Records begun but not yet written. */
typedef struct {
	uint8_t *bytes;
	size_t used;
} batch_t;

typedef struct {
	env_mailbox_t *mailbox;
	const atomic_bool *is_wanted; /* NULL: always */
} subscriber_t;

typedef struct {
	uint64_t first_seq;
	uint64_t types; /* of its records, JOURNAL_TYPE_BIT each; 0: not known */
} segment_row_t;

struct journal {
	env_t *env;
	char *dir, *name;
	uint64_t segment_bytes, reserve_bytes;
	size_t buffer_bytes;
	env_file_t *lock;

	/* What `chain` says of every record, once it is open; any thread. */
	bool chained;
	uint64_t epoch;

	/* Any thread, no lock. */
	_Atomic uint64_t durable, last;
	_Atomic int state; /* err_t */
	atomic_bool is_full;
	metrics_t metrics;

	/* Guarded by the mutex, which appenders hold for one copy each, the committer
	 * to swap the batches, and whoever looks at the list of segments: a mailbox
	 * would cost a copy and could not hand out the sequence at once. */
	env_mutex_t *mutex;
	batch_t batches[2];
	unsigned open;           /* the batch that takes records */
	bool is_woken;           /* the committer has been rung for the open batch */
	segment_row_t *segments; /* ascending */
	size_t segment_count, segment_cap;

	/* Of the commit loop alone; before and after it runs, of the opener. */
	env_loop_t *loop;
	env_mailbox_t *wake;
	env_timer_t *space_timer;
	env_file_t *file, *spare; /* the segment written, and the next one prepared */
	uint64_t at;              /* where the next record goes */
	chain_t chain;
	uint64_t bytes_to_space_check;
	struct archiver *archiver;                         /* of the archive loop; NULL: off */
	subscriber_t subscribers[JOURNAL_SUBSCRIBERS_MAX]; /* those who answer in front */
	size_t subscriber_count;
};

/* recover.c: finds the end of the log and opens its last segment for writing. */
MUST_CHECK err_t journal_recover(journal_t *j, bool chained, journal_recovery_t *ret_recovery,
                                 err_detail_t *ret_detail);

/* commit.c */
MUST_CHECK err_t commit_open(journal_t *j);
/* Writes all that was taken. */
void commit_flush(journal_t *j);
void commit_done(journal_t *j);
/* Begins a new segment at the chain's place and writes into it from now on. */
MUST_CHECK err_t commit_roll(journal_t *j);
void commit_check_space(journal_t *j);

/* archiver.c */
typedef struct archiver archiver_t;
MUST_CHECK err_t archiver_new(journal_t *j, env_loop_t *loop, archiver_t **ret_archiver);
void archiver_free(archiver_t *archiver);

/* journal.c: the list of segments, under the mutex. */
/* A new last one, whose head tells of the one before. */
MUST_CHECK err_t segments_push(journal_t *j, const chain_t *head);
/* The first segment from this one on that may hold records of these types, or the last;
 * this one when it was recycled. */
uint64_t segments_with(journal_t *j, uint64_t first_seq, uint64_t types);
/* The first sequence of the segment that holds `seq`, 0 when there is none. */
uint64_t segments_find(journal_t *j, uint64_t seq);

/* The first segment above `seq` that is written no more, 0 when there is none. */
uint64_t segments_sealed_after(journal_t *j, uint64_t seq);
/* Removes a segment's file in whichever form, durably. */
MUST_CHECK err_t segment_remove(journal_t *j, uint64_t first_seq);

/* "FILE:OFFSET" and what is wrong there. */
err_t journal_raise(err_detail_t *ret_detail, err_t err, const char *path, uint64_t at,
                    uint64_t seq);
#endif
