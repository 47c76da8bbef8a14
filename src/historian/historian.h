/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HISTORIAN_HISTORIAN_H
#define HISTORIAN_HISTORIAN_H
/* Keeps every sample and answers questions about them.
 *
 * Story: batches enter by the sample_sink (any loop) and go to the history
 * journal; when durable they are in the memory table, where readers see them.
 * When the table reaches its size or age, the historian's FILES loop writes it as
 * an immutable segment (checksummed blocks, grouped by point, an index at the
 * end), publishes it and lets the journal recycle what it covers. At open:
 * segments are listed, the journal is replayed from the last sealed sequence.
 *
 * Disk: DATA/history/<first>-<last journal sequence>.seg; segment.h and block.h
 * say byte for byte what is in it.
 *
 * Threads: sink and reader from any; queries from FILES loops (they read maps and
 * may block). A mutex guards the memory table and the list of segments; readers
 * copy what they need of the table and hold segments by reference.
 *
 * Limits: the memory table takes `table_bytes`; while a seal is late (disk full,
 * SHELF_MAX segments) the samples wait in the journal and are not yet seen by
 * readers; its buffer full is ERR_LIMIT at the sink, its disk full ERR_DISK_FULL.
 * The sink refuses (ERR_INVALID) empty batches, points outside 1 to
 * MEMORY_POINTS_MAX, unknown types and qualities, and the last nanosecond of time.
 * Retention drops whole segments older than `retain_ns`, but for the last one.
 *
 * Caveats: rows of one point that agree in both times come in the order of their
 * bits. Values that are not a number count as bad in buckets. */
#include "base/metrics.h"
#include "env/loop.h"
#include "journal/journal.h"
#include "model/series.h"

typedef struct historian historian_t;

typedef struct {
	const char *dir;          /* DATA/history */
	journal_t *journal;       /* the history instance */
	env_loop_t *history_loop; /* FILES */
	size_t table_bytes;       /* 0: 4 MiB */
	int64_t seal_age_ns;      /* seal at least this often; 0: an hour */
	int64_t retain_ns;        /* 0: keep for ever */
} historian_spec_t;

/* ERR_CORRUPT for a damaged segment, for segments that overlap, and when journal and
 * segments do not join; the detail says which. */
MUST_CHECK err_t historian_open(env_t *env, const historian_spec_t *spec,
                                historian_t **ret_historian, err_detail_t *ret_detail);
/* After its loop stopped. Nothing durable is lost whether or not it is called. */
void historian_close(historian_t *historian);

sample_sink_t historian_sink(historian_t *historian);
series_reader_t historian_reader(historian_t *historian);
const metrics_t *historian_metrics(const historian_t *historian);

/* Seals what is in memory now. The historian's loop or set-up time. */
MUST_CHECK err_t historian_seal(historian_t *historian);
/* Keeps samples so long from now on; 0: for ever. The historian's loop. */
void historian_keep(historian_t *historian, int64_t retain_ns);
/* Drops segments that end before `before_ns`, but for the last one. The historian's
 * loop or set-up time. */
MUST_CHECK err_t historian_retain(historian_t *historian, int64_t before_ns);
typedef struct {
	const char *from, *to; /* folders; `to` is there */
	uint64_t up_to_seq;    /* segments that hold later records stay behind */
	void (*progress)(void *ctx, uint64_t bytes); /* just written; may be NULL */
	void *ctx;
} historian_copy_t;

/* Copies sealed segments while the historian works, synced; those already in `to`
 * are kept, those that retention drops meanwhile are left out. *ret_sealed_seq is
 * the highest sequence in the copy, 0 none. To be consistent with a copy of the
 * journal it must be made behind it, up to its last sequence; what the journal no
 * longer held then is in the segments. Errors as segment_open. Set-up time or a
 * FILES loop. */
MUST_CHECK err_t historian_copy(env_t *env, const historian_copy_t *copy, uint64_t *ret_sealed_seq,
                                err_detail_t *ret_detail);
/* Checks every block of every segment in a folder, offline. */
MUST_CHECK err_t historian_verify(env_t *env, const char *dir, uint64_t *ret_blocks,
                                  err_detail_t *ret_detail);
#endif
