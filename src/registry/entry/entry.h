/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REGISTRY_ENTRY_ENTRY_H
#define REGISTRY_ENTRY_ENTRY_H
/* What the journal keeps of one change: who, when, which verb, and the whole record
 * as it is from then on, so that applying an entry needs nothing but the entry. It
 * also names the change of the same record before it: the history of a record is
 * walked from its last change backwards, and no index of it is kept.
 *
 * Disk form (payload of REGISTRY_PUT and REGISTRY_REMOVE): version u8 = 1, verb u8,
 * role u8, state u8, subject string, request varint, time zig-zag (ns UTC), sequence
 * and place of the change before as varints, then the record (model/record.h); that
 * of a removal is the tombstone, with the values it had. */
#include "journal/journal.h"
#include "model/caller.h"
#include "model/record.h"

/* What was asked. Verbs are stored: append rows, never reorder. A deleted name is not
 * free: see RECORD_STATE_ROWS (model/record.h). */
typedef enum {
	REGISTRY_CREATE,  /* ERR_EXISTS when there or deleted */
	REGISTRY_REPLACE, /* create or overwrite; ERR_EXISTS when deleted */
	REGISTRY_MERGE,   /* add or overwrite the given values by index, keep the rest */
	REGISTRY_UNMERGE, /* remove the values with the given indexes */
	REGISTRY_REMOVE,  /* ERR_NOT_FOUND when absent */
	REGISTRY_ADD,     /* as MERGE; ERR_EXISTS when an index is there */
	REGISTRY_MODIFY,  /* as MERGE; ERR_NOT_FOUND when an index is not there */
	REGISTRY_HOME,    /* serve the prefix of the record "0.NA/PREFIX" from now on */
	REGISTRY_UNHOME,  /* and no longer; ERR_NOT_FOUND when it was not homed */
	REGISTRY_STATE,   /* set the state, keep the values */
	REGISTRY_RESTORE, /* bring a deleted record back; administrators */
	REGISTRY_VERB_COUNT,
} registry_verb_t;

typedef struct {
	uint8_t verb; /* registry_verb_t */
	role_t role;
	slice_t subject;
	uint64_t request_id;
	int64_t utc_ns;
	record_change_t before; /* seq 0: this is the first of its name */
	record_t record;        /* its `last` is not stored: it is this entry */
} registry_entry_t;

/* Name, count and values (model/record.h): the form a record has in the journal. */
void registry_record_write(const record_t *record, writer_t *w);
record_t registry_record_read(reader_t *r);

/* "create", "merge", ...; "" for one that is not known. */
const char *registry_verb_name(uint8_t verb);
void registry_entry_write(const registry_entry_t *entry, writer_t *w);
/* ERR_NEWER_FORMAT, ERR_CORRUPT. Borrows the payload. */
MUST_CHECK err_t registry_entry_read(slice_t payload, registry_entry_t *ret_entry);
/* How many names there are more by this change: 1 for a new or restored one, -1 for one
 * that has gone, else 0. */
int registry_entry_made(const registry_entry_t *entry);
#endif
