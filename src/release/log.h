/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RELEASE_LOG_H
#define RELEASE_LOG_H
/* The disclosure log: what has gone to whom, read back from the records RELEASE of the journal
 * `tree`, which are what went, as it was signed. So the log cannot say otherwise than the wire.
 *
 * Story: for each RELEASE record of a cursor, release_log_open, then release_log_next for each
 * item; release_row_text or release_row_json says it.
 *
 * Pure; all borrows the payload. Caveats: a time is that of what happened, not of its release.
 * Items of streams that this room has no words for are told by their size. */
#include "base/json.h"
#include "uplink/outbox.h"

typedef struct {
	outbox_release_t release;
	uplink_batch_t batch;
	uplink_items_t items;
	uint64_t next; /* sequence */
} release_log_t;

typedef struct {
	slice_t parent;
	uplink_stream_t stream;
	uint64_t epoch, sequence;
	int64_t ns;
	slice_t body;
} release_row_t;

/* ERR_MALFORMED, ERR_NEWER_FORMAT, ERR_UNSUPPORTED. */
MUST_CHECK err_t release_log_open(slice_t payload, release_log_t *ret_log);
/* False at the end. */
bool release_log_next(release_log_t *log, release_row_t *ret_row);

/* What it says, in a sentence; w->bad when it does not fit. */
void release_row_text(const release_row_t *row, lang_t lang, writer_t *w);
/* An object: parent, stream, epoch, sequence, time and what it says, as its noun is told. */
void release_row_json(const release_row_t *row, json_t *j);
#endif
