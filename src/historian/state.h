/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HISTORIAN_STATE_H
#define HISTORIAN_STATE_H
/* What the files of this folder share of a historian: historian.c follows the
 * journal and seals, recover.c finds what is on disk, reader.c answers. */
#include "historian/historian.h"
#include "historian/shelf.h"
#include "model/sample_columns.h"

#define HISTORIAN_METRICS(X) \
	X(SAMPLES, "samples_total", "samples taken into the memory table", COUNTER) \
	X(TABLE_ROWS, "table_rows", "samples in the memory table", GAUGE) \
	X(SEGMENTS, "segments", "sealed segments", GAUGE) \
	X(SEGMENT_BYTES, "segment_bytes", "bytes of sealed segments", GAUGE) \
	X(SEALS, "seals_total", "segments written", COUNTER) \
	X(SEAL_FAILURES, "seal_failures_total", "segments that could not be written", COUNTER) \
	X(FOLLOW_FAILURES, "follow_failures_total", \
	  "records of the journal not taken, tried again", COUNTER) \
	X(RETIRED, "retired_segments_total", "segments dropped by retention", COUNTER) \
	X(REFUSED, "refused_batches_total", "batches refused because buffers or disk were full", \
	  COUNTER)

#define X(id, name, help, kind) METRIC_##id,
enum { HISTORIAN_METRICS(X) METRIC_COUNT };
#undef X

struct historian {
	env_t *env;
	historian_spec_t spec;
	/* Guards table and shelf between the loop (writes) and readers. */
	env_mutex_t *mutex;
	memory_t *table;
	shelf_t shelf;
	/* Guards the encode buffer between the sinks' threads. */
	env_mutex_t *sink_mutex;
	uint8_t encoded[SAMPLE_COLUMNS_MAX];
	env_mailbox_t *durable_mail;
	env_timer_t *timer;
	journal_cursor_t *cursor;       /* NULL: to be opened behind table_seq */
	uint64_t sealed_seq, table_seq; /* last sequence sealed, and in the table */
	int64_t table_since_ns;         /* monotonic, of the first row */
	err_t seal_err;                 /* why the last seal failed */
	int64_t seal_after_ns;          /* monotonic; not tried again before */
	metrics_t metrics;
	sample_rows_t rows; /* decode space of the loop */
};

/* Lists the sealed segments and holds them against the journal; sets sealed_seq
 * and table_seq. */
MUST_CHECK err_t historian_recover(historian_t *h, err_detail_t *ret_detail);
/* Sets the metrics of the shelf. */
void historian_count_shelf(historian_t *h);
#endif
