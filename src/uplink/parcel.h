/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UPLINK_PARCEL_H
#define UPLINK_PARCEL_H
/* The uplink where there is no line, or one that goes one way: what a parent lacks goes into
 * a file, somebody carries it, and what the parent says to it comes back in another.
 *
 * Story: parcel_export at the child writes the batches behind what `answer`, the newest parcel
 * that came back, says is held (without one: all there is). parcel_import at the parent checks
 * the whole file before it takes anything, offers each batch to the inbox as a session would,
 * waits for the sync, and writes the answer: a receipt a stream, a refusal a batch that was
 * refused. The result is the same as online; a parcel that is imported twice changes nothing,
 * and one that begins behind what is held is refused as a gap, with what is held.
 *
 * Both sides are told to whom the parcel is addressed; another's is ERR_CONFLICT.
 *
 * Threads: the loop of outbox or inbox while it does not run (a command), or from its turns.
 *
 * Errors: ERR_CORRUPT: not the bytes that were signed; ERR_DENIED: not signed by that
 * node's key; ERR_NEWER_FORMAT; ERR_TOO_BIG: a file above PARCEL_MAX.
 *
 * Limits: PARCEL_MAX bytes a file; more goes into the next, since an export ends there and the
 * next begins behind its answer. */
#include "uplink/inbox.h"
#include "uplink/outbox.h"

#define PARCEL_MAX (UINT64_C(1) << 30)

typedef struct {
	env_t *env;
	outbox_t *outbox;
	const env_pkey_t *key; /* own */
	slice_t parent;
	const env_pkey_t *parent_key; /* of the answer; may be NULL without one */
	const char *answer;           /* file; NULL: none */
	const char *path;             /* of the parcel */
} parcel_export_t;

typedef struct {
	uint64_t batches, items;   /* in it */
	uint64_t taken, duplicates, refused; /* batches, at the parent */
} parcel_tally_t;

/* ERR_NOT_FOUND: the parent holds all; no file is made. */
MUST_CHECK err_t parcel_export(const parcel_export_t *what, parcel_tally_t *ret_tally);

typedef struct {
	env_t *env;
	inbox_t *inbox;
	journal_t *journal; /* the inbox's */
	slice_t node;       /* own */
	const env_pkey_t *key;
	slice_t child; /* whose parcel it must be */
	const env_pkey_t *child_key;
	const char *path;
	const char *answer; /* file that is made */
} parcel_import_t;

/* The commit loop must not be running: the journal is flushed here. */
MUST_CHECK err_t parcel_import(const parcel_import_t *what, parcel_tally_t *ret_tally);
#endif
