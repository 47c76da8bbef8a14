/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REGISTRY_HISTORY_H
#define REGISTRY_HISTORY_H
/* All that a name ever was: its changes from the last to the first, read from the
 * journal, each of which leads to the one before (entry/entry.h). No index is kept of it;
 * a step is one read of the disk.
 *
 * Story: registry_walk_open at a name, registry_walk_next until it has what it
 * wants, registry_walk_close. A page ends where its reader stops; the next begins
 * with the sequence it stopped at. registry_as_of is the walk to the record as it
 * was known at a time.
 *
 * Threads: FILES loops, or outside env_run. A walk belongs to one thread.
 *
 * Limits: registry_as_of gives up after REGISTRY_AS_OF_MAX changes (ERR_LIMIT); called
 * again it walks on.
 *
 * Caveats: time here is when the node took the change, by its clock; a clock that
 * was set back leaves changes whose times are not in order, and the newest of those
 * not after the asked time is taken. What the journal has recycled is gone
 * (ERR_EXPIRED); a node recycles nothing of its main journal by itself. */
#include "registry/entry/entry.h"
#include "registry/registry.h"

enum { REGISTRY_AS_OF_MAX = 65536 };

typedef struct {
	uint64_t seq;
	journal_type_t type;
	slice_t payload; /* the journal's bytes; of a bulk, those of its part (entry/part.h) */
	registry_entry_t entry; /* what they say; its record.last is this change */
} registry_version_t;

typedef struct registry_walk registry_walk_t;

/* From the last change, or, with `below`, from the change before that one, which
 * must be of this name. ERR_NOT_FOUND: never there, or `below` is no change of it.
 * ERR_UNAVAILABLE, ERR_INVALID as registry_find_batch; ERR_NO_MEMORY. */
MUST_CHECK err_t registry_walk_open(registry_reader_t *reader, slice_t name, uint64_t below,
                                    registry_walk_t **ret_walk);
/* The next older change; borrows until the next call. ERR_NOT_FOUND behind the first,
 * ERR_EXPIRED, ERR_CORRUPT, ERR_IO. */
MUST_CHECK err_t registry_walk_next(registry_walk_t *walk, registry_version_t *ret_version);
void registry_walk_close(registry_walk_t *walk);

/* Walks to the change that was the newest at `utc_ns`. Its record may be a draft or a
 * tombstone. ERR_NOT_FOUND: the name was not there yet. */
MUST_CHECK err_t registry_as_of(registry_walk_t *walk, int64_t utc_ns,
                                registry_version_t *ret_version);

typedef struct {
	slice_t name;
	int64_t utc_ns;
	bool shows_drafts;
} registry_moment_t;

/* What every door answers of a time: the record as it was known then. It borrows the
 * walk, which is to be closed (NULL after an error). A tombstone is ERR_NOT_FOUND, and so
 * is a draft to who is not shown any. A name that a template made up at that time has
 * the later change of its base and the template's record; ERR_LIMIT as in
 * registry_resolve_batch. */
MUST_CHECK err_t registry_known_at(registry_reader_t *reader, const registry_moment_t *moment,
                                   registry_walk_t **ret_walk, registry_version_t *ret_version);
#endif
