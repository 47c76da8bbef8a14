/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REGISTRY_STORE_STORE_H
#define REGISTRY_STORE_STORE_H
/* The view of all records: rows in append-only files, a hash index that finds one
 * in two memory accesses, and the names in order. The registry's alone;
 * store.md has every byte on disk.
 *
 * Story, the one writer: open (or begin a fresh store beside the one that is
 * there), put what the journal says, commit with the mark of how far that is, show
 * the store to readers once it has caught up, close. Commits are not synced: every
 * some 100,000 records, and at the end, a checkpoint is. What is found at opening
 * is the last checkpoint; the caller puts again what the journal has behind its
 * mark, which may be any suffix: putting a record twice is putting it once.
 *
 * Story, many readers: each thread has a look; begin, find or list, end. What a
 * look returns is immutable and valid until it ends. Readers take no lock and the
 * writer never waits for them: files they may still see are let go later.
 *
 * Nothing is ever taken out: a deleted record is a row that says so, and the caller
 * tells states apart. Growing the index, merging the lists of names and writing
 * files of mostly dead rows anew go on in small steps with each put.
 *
 * Errors: ERR_CORRUPT from a look or the writer means that a checksum did not hold, or
 * that a sync has failed before and files may lack what it was to make safe: begin a
 * fresh store. ERR_LIMIT past `max_bytes`; ERR_DISK_FULL and ERR_IO of a put or commit
 * are not final: what was put before stays, the rest may be put again. ERR_BUSY: readers
 * hold too many old states; likewise.
 *
 * Limits: 65,535 files of rows of 64 MiB, 2^36 buckets of 6 entries, 32 readers.
 *
 * Caveats: 40 bits of a name's hash are kept, so past 10^11 names look-ups meet
 * ever more rows of others. Bytes of rows that a crash left unused are not counted
 * as dead. */
#include "base/hub.h"
#include "env/file.h"
#include "journal/follow.h"
#include "registry/store/row.h"

typedef struct registry_store registry_store_t;

typedef struct {
	const char *path; /* a folder of its own; made when absent */
	uint64_t max_bytes;
	uint64_t seed; /* of the hash: unknown to who makes up names, kept as long as the view */
	/* NULL: the store's own. Equal for names that differ in ASCII case alone. Tests
	 * give a bad one to meet collisions. */
	uint64_t (*hash)(slice_t name, uint64_t seed);
	hub_t *hub; /* what readers enter; made with registry_hub_init */
	/* What a checkpoint keeps beside its mark, true of the last that was committed: the
	 * bytes are borrowed until the checkpoint is written. NULL: nothing. */
	err_t (*notes)(void *ctx, slice_t *ret_notes);
	void *notes_ctx;
} registry_store_spec_t;

/* How far the journal is in the view, and how many names there are by it. */
typedef struct {
	journal_mark_t at;
	uint64_t count;
} registry_mark_t;

/* Before the first store, and after the last reader has gone. */
void registry_hub_init(hub_t *hub);

/* What the last checkpoint says, or a new one when there is none. ERR_CORRUPT,
 * ERR_NEWER_FORMAT, ERR_CONFLICT (another seed, a checkpoint of an older format): begin a
 * fresh one. */
MUST_CHECK err_t registry_store_open(env_t *env, const registry_store_spec_t *spec,
                                     registry_store_t **ret_store);
/* An empty one whose first checkpoint takes the place of what is there, readable or
 * not, and removes it. `beside`: a store of the same folder that is open, or NULL. */
MUST_CHECK err_t registry_store_fresh(env_t *env, const registry_store_spec_t *spec,
                                      const registry_store_t *beside, registry_store_t **ret_store);
/* From now on looks see this store. The one they saw until now (NULL: none) is closed
 * with it. ERR_BUSY: nothing happened, readers hold too many old states. */
MUST_CHECK err_t registry_store_show(registry_store_t *store, registry_store_t *instead_of);
/* Without a checkpoint; NULL is fine. Its files stay. */
void registry_store_close(registry_store_t *store);

/* All of zero in a new store. */
registry_mark_t registry_store_mark(const registry_store_t *store);
/* The notes that its checkpoint had; empty in a new store. */
slice_t registry_store_notes(const registry_store_t *store);
/* Adds or overwrites, and is seen at once. */
MUST_CHECK err_t registry_store_put(registry_store_t *store, const record_t *record);
/* The mark, and a share of the work in the background. */
MUST_CHECK err_t registry_store_commit(registry_store_t *store, const registry_mark_t *mark);
/* A checkpoint now. */
MUST_CHECK err_t registry_store_save(registry_store_t *store);
/* For the writer itself: the values may be appended to `room`, all else is valid until
 * its next put. ERR_NOT_FOUND, ERR_INVALID (not a name), ERR_CORRUPT, ERR_LIMIT (less
 * than ROW_ROOM bytes of room). */
MUST_CHECK err_t registry_store_get(registry_store_t *store, slice_t name, writer_t *room,
                                    record_t *ret_record);

typedef struct {
	uint64_t bytes; /* of all files on disk */
	uint64_t row_bytes, dead_bytes, entries, buckets, runs, saves, compactions;
} registry_store_stats_t;
registry_store_stats_t registry_store_stats(const registry_store_t *store);

/* One thread's way to look; `reader` below HUB_LOOPS is its own. */
typedef struct registry_look registry_look_t;
enum { REGISTRY_LOOK_MAX = 32 };
MUST_CHECK err_t registry_look_new(hub_t *hub, unsigned reader, registry_look_t **ret_look);
void registry_look_free(registry_look_t *look);
/* ERR_UNAVAILABLE when no store is shown; end is due all the same. */
MUST_CHECK err_t registry_look_begin(registry_look_t *look);
void registry_look_end(registry_look_t *look);
/* Up to REGISTRY_LOOK_MAX names at once, in any case. ret_err[i] as
 * registry_store_get. */
void registry_look_find(registry_look_t *look, const slice_t *names, size_t count,
                        record_t *ret_records, err_t *ret_err);
/* One of many within one look; some 90 fit (ERR_LIMIT). */
MUST_CHECK err_t registry_look_get(registry_look_t *look, slice_t name, record_t *ret_record);
/* Forgets the records that were got since the mark, and has their room again. */
size_t registry_look_mark(const registry_look_t *look);
void registry_look_rewind(registry_look_t *look, size_t mark);
/* The first names of `prefix` behind `after` (empty: the first of all) in byte order
 * of the folded form, which is what is given; ret_names has room for
 * REGISTRY_LOOK_MAX, fewer are the last. */
MUST_CHECK err_t registry_look_list(registry_look_t *look, slice_t prefix, slice_t after,
                                    slice_t *ret_names, size_t *ret_count);
#endif
