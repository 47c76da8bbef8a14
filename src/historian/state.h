/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HISTORIAN_STATE_H
#define HISTORIAN_STATE_H
/* What the files of this folder share of a historian: historian.c opens and follows the
 * journal, seen.c tells how far, seal.c writes the table out, publish.c makes a change of the
 * segments one step for the disk and for readers, tell.c chains the changes, recover.c finds
 * what is on disk, reader.c answers. */
#include "historian/edits.h"
#include "historian/historian.h"
#include "historian/manifest.h"
#include "historian/memory.h"
#include "historian/scan.h"
#include "model/sample_columns.h"

#include <stdatomic.h>

#define HISTORIAN_METRICS(X) \
	X(SAMPLES, "samples_total", "samples taken into the memory table", COUNTER) \
	X(TABLE_ROWS, "table_rows", "samples in the memory table", GAUGE) \
	X(SEGMENTS, "segments", "sealed segments", GAUGE) \
	X(SEGMENT_BYTES, "segment_bytes", "bytes of sealed segments", GAUGE) \
	X(SEALS, "seals_total", "segments written from the memory table", COUNTER) \
	X(SEAL_FAILURES, "seal_failures_total", "segments that could not be written", COUNTER) \
	X(FOLLOW_FAILURES, "follow_failures_total", \
	  "records of the journal not taken, tried again", COUNTER) \
	X(UNSEEN, "unseen_records", "durable records of the journal that readers do not see yet", \
	  GAUGE) \
	X(RETIRED, "retired_segments_total", "segments dropped by retention", COUNTER) \
	X(REFUSED, "refused_batches_total", "batches refused because buffers or disk were full", \
	  COUNTER) \
	X(EDITS, "edits", "changes and annotations by hand", GAUGE) \
	X(RETIRED_EDITS, "retired_edits_total", "changes by hand that went with their samples", \
	  COUNTER) \
	X(MERGES, "merges_total", "merges of segments", COUNTER) \
	X(MERGED_ROWS, "merged_rows_total", "samples written again by merges", COUNTER) \
	X(THINNED_ROWS, "thinned_rows_total", "samples left out by the swinging door", COUNTER) \
	X(MERGE_FAILURES, "merge_failures_total", "merges that failed, begun anew later", COUNTER) \
	X(UNTOLD, "untold_changes", "changes of the segments that the main journal has not yet", \
	  GAUGE) \
	X(DAMAGED, "damaged", "manifests and segments found damaged since the start", GAUGE)

#define X(id, name, help, kind) METRIC_##id,
enum { HISTORIAN_METRICS(X) METRIC_COUNT };
#undef X

struct merge;

struct historian {
	env_t *env;
	historian_spec_t spec;
	/* Guards table, shelf and edits between the loop (writes) and readers. */
	env_mutex_t *mutex;
	memory_t *table;
	shelf_t shelf;
	edits_t edits;
	int64_t edit_ns; /* when the last edit of this process was made; guarded likewise */
	/* Guards the encode buffer between the sinks' threads. */
	env_mutex_t *sink_mutex;
	uint8_t encoded[SAMPLE_COLUMNS_MAX];
	int64_t keep_ns[HISTORIAN_CLASSES]; /* 0: as spec.retain_ns says */
	env_mailbox_t *durable_mail;
	env_timer_t *timer, *merge_timer;
	journal_cursor_t *cursor; /* NULL: to be opened behind table_seq */
	/* Last sequence in the table: what readers see. Set by the loop, read by any thread. */
	_Atomic uint64_t table_seq;
	atomic_bool is_held_up;       /* the last turn of following ended before the durable end */
	_Atomic uint64_t awaited_seq; /* the lowest that is waited for; 0: none */
	env_mailbox_t *seen_mail;     /* NULL: nobody ever waits */
	int64_t table_since_ns;       /* monotonic, of the first row */
	int64_t taken_ns;             /* monotonic, of the newest row */
	struct merge *merge;          /* under way; NULL: none */
	int64_t merge_after_ns;       /* monotonic; not tried again before */
	uint64_t whole_generation;    /* of the manifest whose windows that are over are whole */
	int64_t old_ns;               /* windows that end before are coded */
	bool is_thinning;             /* some points have a deviation */
	bool is_tidy;                 /* nothing is to be done until rows come */
	err_t seal_err;               /* why the last seal failed */
	int64_t seal_after_ns;        /* monotonic; not tried again before */
	/* What the newest manifest says but for its rows, which are the shelf. */
	manifest_t manifest;
	uint64_t sealed_before; /* the sealed sequence of the manifest before */
	/* Files that only the manifest before names; they go with the next one. */
	uint64_t *dropped;
	size_t dropped_count;
	uint64_t dropped_edits; /* 0: none */
	metrics_t metrics;
	sample_rows_t rows; /* decode space of the loop */
};

/* Reads the manifest and opens its segments, and holds them against the journal; sets
 * table_seq. */
MUST_CHECK err_t historian_recover(historian_t *h, err_detail_t *ret_detail);

/* A change of the history. */
typedef struct {
	const segment_info_t *add; /* files that have their name */
	size_t add_count;
	shelf_item_t *const *drop;
	size_t drop_count;
	uint64_t sealed_seq; /* 0: as it was */
	bool is_seal;        /* the table's rows are in `add`, its edits in `edits_id` */
	uint64_t edits_id;   /* 0: as it was */
} historian_change_t;
/* Durable, then seen, then told to the main journal. Nothing has changed on failure. */
MUST_CHECK err_t historian_publish(historian_t *h, const historian_change_t *change);
uint64_t historian_new_id(historian_t *h);
/* The chain that the manifest of the next generation has: what the change is, unless it is
 * none, behind what waits. */
MUST_CHECK err_t historian_chain(const historian_t *h, const historian_change_t *change,
                                 uint64_t generation, chain_t *ret_chain);
/* Finds the entries that wait in the main journal. Set-up time. */
MUST_CHECK err_t historian_find_told(historian_t *h);
/* Appends those that are not there; what fails is tried again with the next change and by the
 * timer. */
void historian_tell(historian_t *h);
point_traits_t historian_traits(const historian_t *h, point_id_t point);

/* Where a point stands in a segment. */
typedef struct {
	point_id_t point;
	point_traits_t traits;
} place_t;
/* By group, then point; for qsort. */
int historian_by_place(const void *a, const void *b);

/* A step of what is to be merged, if anything is, and the next one on the timer. */
void historian_tidy(historian_t *h);
/* Drops the segments that are past their time. */
MUST_CHECK err_t historian_retain_classes(historian_t *h);
/* Lets go of edits of spans that nothing is kept of; `fresh` is a segment that is not on the
 * shelf yet, NULL none. */
void historian_retire_edits(historian_t *h, const segment_info_t *fresh);
/* Rows came: what follows from that is looked at when no more do. */
void historian_note_rows(historian_t *h);
/* Gives up a merge that is under way; it is begun anew. */
void historian_cancel_merge(historian_t *h);
/* Is the table to be sealed for its age? */
bool historian_is_due(const historian_t *h);
/* Rows and summaries of a range; ERR_INVALID when it is empty. Any thread that may block,
 * as are those below, which are ports of the reader. */
MUST_CHECK err_t historian_ask(historian_t *h, const series_query_t *query,
                               const scan_taker_t *taker);
/* edit.c */
MUST_CHECK err_t historian_annotations(void *ctx, const series_query_t *query,
                                       int64_t **ret_begins_ns, size_t *ret_count);
MUST_CHECK err_t historian_nearest(void *ctx, const series_nearest_t *ask, sample_t *ret_sample);
MUST_CHECK err_t historian_last(void *ctx, const point_id_t *points, size_t count,
                                bool (*row)(void *row_ctx, const sample_t *sample), void *row_ctx);
/* Takes what is durable into the table, and says how far it came. The loop. */
MUST_CHECK err_t historian_follow(historian_t *h);
/* A record was taken, or following is held up: who waits for that is told. The loop. */
void historian_tell_seen(historian_t *h, bool is_held_up);
/* Sets the metric of what is durable and not seen. Any thread. */
void historian_count_unseen(historian_t *h);
/* Takes a record of the journal into list and table: all or nothing. */
MUST_CHECK err_t historian_take_edit(historian_t *h, slice_t payload);
/* Sets the metrics of the shelf. */
void historian_count_shelf(historian_t *h);
#endif
