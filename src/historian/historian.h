/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HISTORIAN_HISTORIAN_H
#define HISTORIAN_HISTORIAN_H
/* Keeps every sample and answers questions about them.
 *
 * Story: batches enter by the sample_sink (any loop) and go to the history
 * journal; when durable the historian's loop follows them into the memory table,
 * where readers see them. Who must not miss what is durable waits for that with
 * historian_awaits.
 * When the table reaches its size or age, the historian's FILES loop seals it as
 * an immutable segment of checksummed blocks; a new manifest names it, and the
 * journal recycles what it covers. Sealed segments hold whatever came together; on
 * the same loop, a little at a time, they are merged into segments of one window of
 * time, where blocks are full and have summaries. At open the manifest says which segments there
 * are, and the journal is replayed from the last sealed sequence.
 *
 * Disk: DATA/history/<id>.seg and manifest-<generation>; segment.h, page.h, block.h,
 * digest.h and manifest.h say byte for byte what is in them. Two manifests are kept,
 * and what they name: a damaged newest one costs a replay from the journal.
 *
 * Threads: sink and reader from any; queries from FILES loops (they read maps and
 * may block). A mutex guards the memory table and the list of segments; readers
 * copy what they need of the table and hold segments by reference.
 *
 * A window that is old is written once more with its columns coded (pack_after_ns), some tenth
 * smaller and slower to read; its rows are the same.
 *
 * Swinging door: where points say so (`deviation`, off else), a window that has been over for
 * as long as a window lasts is written once more, and rows of these points are left out, block
 * by block, after the summary of the block was made. What is newer, what came late and what
 * was edited stays as it came. Whole summaries are exact; who opens a block is told with each
 * row how far those that are not there may be from the line (sample_t.bound), and INFINITY
 * where a late row, an edit or known_at_ns has broken the line. It cannot be undone.
 *
 * Edits are records of the journal too, and kept in a file beside the segments. They go as
 * samples do: an edit of a span that is past the longest time that any class is kept, and of
 * which no sample stands on disk, is left out at the next seal.
 *
 * Evidence: each segment has a Merkle root over what was recorded (root.h), and each change
 * of the segments is an entry of a chain of roots in the main journal (chain.h), where the
 * node signs it. evidence.h proves a sample or an aggregate by them.
 *
 * Damage: of a page or block, or of a whole segment, is ERR_CORRUPT to the question
 * that needs it, and to no other. historian_verify names the place.
 *
 * Limits: the memory table takes `table_bytes`; while a seal is late (disk full,
 * SHELF_MAX segments) the samples wait in the journal, are not yet seen by readers
 * and are not awaited; its buffer full is ERR_LIMIT at the sink, its disk full ERR_DISK_FULL.
 * Writers are not held back for readers: what is behind is durable, and a device has no other
 * place to put a sample. So what is not followed (unseen_records) is bounded by the journal's
 * disk alone, which keeps it until it is sealed, and the next open replays it before it returns.
 * The sink refuses (ERR_INVALID) empty batches, points outside 1 to
 * MEMORY_POINTS_MAX, unknown types and qualities, and the last nanosecond of time.
 * Retention drops whole segments whose last row is older than their class is kept.
 *
 * Caveats: rows of one point that agree in both times come in the order of their
 * bits. Values that are not a number count as bad in buckets. The newest sample of
 * a point stays known when retention takes it, until the next start. */
#include "base/metrics.h"
#include "env/loop.h"
#include "journal/journal.h"
#include "model/series.h"

typedef struct historian historian_t;

/* What is known of a point beyond its rows. */
typedef struct {
	uint32_t group;       /* points read together have one: they share times on disk */
	double scale, offset; /* values are whole numbers * scale + offset; 0: not known */
	uint8_t class;        /* how long it is kept; below HISTORIAN_CLASSES */
	/* Old samples may be left out that lie within `deviation` of the line between those that
	 * are kept, which are no farther apart than max_gap_ns (swing.h); 0: none; 0: any. */
	double deviation;
	int64_t max_gap_ns;
} point_traits_t;

enum { HISTORIAN_CLASSES = 8 };

typedef struct {
	const char *dir;          /* DATA/history */
	journal_t *journal;       /* the history instance */
	journal_t *main_journal;  /* is told each change of the segments (chain.h); NULL: nobody */
	env_loop_t *history_loop; /* FILES */
	size_t table_bytes;       /* 0: 16 MiB */
	int64_t seal_age_ns;      /* seal at least this often; 0: an hour */
	int64_t window_ns;        /* of a segment's rows once merged; 0: a day */
	int64_t retain_ns;        /* 0: keep for ever */
	int64_t pack_after_ns;    /* code windows so much older than the newest row; 0: none */
	/* Asked on the historian's loop and at set-up; NULL: nothing is known. */
	point_traits_t (*traits)(void *ctx, point_id_t point);
	void *traits_ctx;
} historian_spec_t;

/* ERR_CORRUPT when no manifest can be read, and when journal and segments do not join;
 * ERR_UNSUPPORTED for segments of the version before; the detail says which. */
MUST_CHECK err_t historian_open(env_t *env, const historian_spec_t *spec,
                                historian_t **ret_historian, err_detail_t *ret_detail);
/* After its loop stopped. Nothing durable is lost whether or not it is called. */
void historian_close(historian_t *historian);

sample_sink_t historian_sink(historian_t *historian);
series_reader_t historian_reader(historian_t *historian);
const metrics_t *historian_metrics(const historian_t *historian);

/* Whether readers do not see `seq`, which is durable, but soon will; the mailbox is rung
 * then when that may have changed, and who waits asks again. False when they see it, and
 * when following is held up: by a seal that is late, or by a record that could not be taken.
 * Any thread. */
bool historian_awaits(historian_t *historian, uint64_t seq);
/* The mailbox that is rung, a uint64_t for an item; small, of policy DROP, since who waits
 * asks anyway. NULL: none. Set-up and tear-down time. */
void historian_ring(historian_t *historian, env_mailbox_t *mailbox);

/* Changes by hand. Nothing is overwritten: what an edit hides is seen by who asks as of a
 * time before it (known_at_ns), and by nobody else; so is what had been annotated. */
typedef enum {
	HISTORIAN_DELETE,   /* the samples of a span of source time */
	HISTORIAN_SET,      /* the samples of one time become one of this value */
	HISTORIAN_ANNOTATE, /* something is said of a span */
	HISTORIAN_UNDO,     /* an edit is as if it had not been made; so may be an undo */
	HISTORIAN_EDIT_KINDS,
} historian_edit_kind_t;

enum { HISTORIAN_EDIT_TEXT_MAX = 1024, HISTORIAN_EDITS_AT_ONCE = 512 };

typedef struct {
	historian_edit_kind_t kind; /* stored: append, never reorder */
	point_id_t point;
	int64_t from_ns, to_ns; /* half-open; of a value that is set one nanosecond */
	slice_t reason;         /* must say something; of an annotation, what is said */
	value_t value;          /* that is set, and its quality */
	quality_t quality;
	int64_t undone_ns; /* when the edit was made that is undone; the span is its own then */
	/* Given by historian_edit. */
	slice_t author; /* the caller's subject */
	/* When it was made: later than the node time of all it is about, and than every edit
	 * before, so that it names the edit. */
	int64_t at_ns;
	bool is_undone; /* told by historian_edits */
} historian_edit_t;

typedef struct {
	uint64_t seq;  /* as of a batch: durable, then seen by readers */
	int64_t at_ns; /* as the first edit has it; each next was made a nanosecond later */
} historian_made_t;

/* Makes 1 to HISTORIAN_EDITS_AT_ONCE edits, all or none: they are one record. Their texts
 * together have SAMPLE_TEXT_MAX bytes at most (ERR_TOO_BIG), and all were made within one
 * millisecond. The caller is ENGINEER at least (else ERR_DENIED); whether the point is in his
 * scope he was asked before. ERR_INVALID, ERR_LIMIT, errors of the sink and of the question
 * that it asks; of what is undone ERR_NOT_FOUND, and ERR_CONFLICT when it is so already. Any
 * thread that may block. */
MUST_CHECK err_t historian_edit(historian_t *historian, const caller_t *caller,
                                const historian_edit_t *edits, size_t count,
                                historian_made_t *ret_made);
/* The edits of query->point that touch the range, as known at known_at_ns, in the order
 * they were made. The edit and its texts live during the call. Any thread that may block. */
MUST_CHECK err_t historian_edits(historian_t *historian, const series_query_t *query,
                                 bool (*row)(void *ctx, const historian_edit_t *edit), void *ctx);

/* Seals what is in memory now. The historian's loop or set-up time. */
MUST_CHECK err_t historian_seal(historian_t *historian);
/* Seals, and merges until each window of time is one segment. As historian_seal. */
MUST_CHECK err_t historian_merge(historian_t *historian);
/* Keeps samples so long from now on; 0: for ever. The historian's loop. */
void historian_keep(historian_t *historian, int64_t retain_ns);
/* The same of the points of one class; 0: as all others. Before they are merged into
 * windows, classes stand together and are kept as long as the longest. */
void historian_keep_class(historian_t *historian, uint8_t class, int64_t retain_ns);
/* Whether any point has a deviation; not so at first. The historian's loop or set-up time. */
void historian_thin(historian_t *historian, bool is_thinning);
/* Whether there is a segment of fewer samples than came. Any thread. */
bool historian_is_thinned(historian_t *historian);
/* Drops segments that end before `before_ns`. The historian's loop or set-up time. */
MUST_CHECK err_t historian_retain(historian_t *historian, int64_t before_ns);
typedef struct {
	const char *from, *to;                       /* folders; `to` is there */
	uint64_t up_to_seq;                          /* the last record of the journal's copy */
	void (*progress)(void *ctx, uint64_t bytes); /* just written; may be NULL */
	void *ctx;
} historian_copy_t;

/* Copies the segments of one manifest while the historian works, synced, and at last the
 * manifest; those already in `to` are kept, those it does not name go. *ret_sealed_seq is
 * the highest sequence that the copy holds of the journal, 0 none, and at most up_to_seq.
 * To be consistent with a copy of the journal it must be made behind it, up to its last
 * sequence; what the journal no longer held then is in the segments. Samples of later
 * records may be in the copy. ERR_BUSY: segments went faster than they were copied; errors
 * of manifest_newest. Set-up time or a FILES loop. */
MUST_CHECK err_t historian_copy(env_t *env, const historian_copy_t *copy, uint64_t *ret_sealed_seq,
                                err_detail_t *ret_detail);
/* Checks manifest, and every page and block of every segment of a folder, offline. */
MUST_CHECK err_t historian_verify(env_t *env, const char *dir, uint64_t *ret_blocks,
                                  err_detail_t *ret_detail);

typedef struct {
	uint64_t kept_rows, lost_rows;
	uint64_t lost_pieces; /* blocks, pages of index, segments, lists of edits */
} historian_salvage_t;

/* Writes what can be read of the folder `from` into the folder `to`, offline: blocks that
 * are damaged are left out, and `to`/lost.csv says which, of which point and time, and how
 * many samples. `to` may take the place of `from` then; its chain says so. Errors of
 * manifest_newest and of writing. */
MUST_CHECK err_t historian_salvage(env_t *env, const char *from, const char *to,
                                   historian_salvage_t *ret_tally, err_detail_t *ret_detail);
#endif
