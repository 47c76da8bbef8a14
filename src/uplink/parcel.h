/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UPLINK_PARCEL_H
#define UPLINK_PARCEL_H
/* The uplink where there is no line, or one that goes one way: what a parent lacks goes into
 * a file, somebody carries it, and what the parent says to it comes back in another.
 *
 * Story: parcel_export at the child writes the batches behind what `answer`, the newest parcel
 * that came back, says is held (without one: all there is). parcel_import at the parent checks
 * the whole file before it takes anything, and offers each batch to the inbox as a session
 * would. When what was taken is durable, parcel_answer writes what goes back: a receipt for
 * each stream that is held, and what was refused. The result is the same as online; a parcel
 * that is imported twice changes nothing, and one that begins behind what is held is refused as
 * a gap, with what is held.
 *
 * Both sides say whose parcel they wait for and who they are; another's is ERR_CONFLICT.
 *
 * Threads: the loop of outbox or inbox, or any when their loop does not run (a command).
 *
 * Errors: ERR_MALFORMED: no parcel, or not whole; ERR_DENIED: not signed by that node's key,
 * or not the bytes that were signed; ERR_NEWER_FORMAT; ERR_LIMIT and ERR_DISK_FULL of an
 * import: some was taken; make it durable and import again, what was taken is then a
 * duplicate.
 *
 * Limits: PARCEL_MAX bytes a file: an export ends there, and the next begins behind its
 * answer. PARCEL_REFUSALS_MAX refusals are answered, the others are counted. */
#include "uplink/inbox.h"
#include "uplink/outbox.h"

#define PARCEL_MAX (UINT64_C(1) << 30)

typedef struct {
	env_t *env;
	outbox_t *outbox;
	const env_pkey_t *key; /* own, for that parent */
	slice_t parent;
	seal_signer_t *parent_signer; /* of the answer; may be NULL without one */
	const char *answer;           /* file; NULL: none */
	const char *path;             /* of the parcel */
} parcel_export_t;

enum { PARCEL_REFUSALS_MAX = 16 };

typedef struct {
	uint64_t batches, items;             /* in it */
	uint64_t taken, duplicates, refused; /* batches, at the parent */
	uplink_refusal_t refusals[PARCEL_REFUSALS_MAX];
} parcel_tally_t;

/* ERR_NOT_FOUND: the parent holds all; no file is made. ERR_CONFLICT, ERR_INVALID: the answer
 * says that the parent holds what this node does not know (outbox_check). */
MUST_CHECK err_t parcel_export(const parcel_export_t *what, parcel_tally_t *ret_tally);

typedef struct {
	env_t *env;
	inbox_t *inbox;
	slice_t node;          /* own */
	const env_pkey_t *key; /* own */
	slice_t child;         /* whose parcel it must be */
	seal_signer_t *signer; /* with its newest key */
	const char *path;
} parcel_import_t;

MUST_CHECK err_t parcel_import(const parcel_import_t *what, parcel_tally_t *ret_tally);
/* The answer to the parcel at what->path, into the file `path`. */
MUST_CHECK err_t parcel_answer(const parcel_import_t *what, const parcel_tally_t *tally,
                               const char *path);
#endif
