/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REGISTRY_STORE_STATE_H
#define REGISTRY_STORE_STATE_H
/* The inside of a store, shared by its files: area (files seen through maps), index
 * (buckets, growth), segment and compact (rows), tail (the newest names, in memory), run
 * (names on disk), names (from one to the other), checkpoint (and recovery), look
 * (readers), store. */
#include <stdatomic.h>

#include "base/num.h"
#include "registry/store/store.h"

enum {
	FORMAT_VERSION = 1,
	PATH_CAP = 640,

	BUCKET_BYTES = 64,
	BUCKET_SLOTS = 6,
	BUCKET_WORDS = 8,
	HASH_BITS = 40, /* of the hash are kept */
	INDEX_BITS_MIN = 6,
	INDEX_BITS_MAX = 36,
	GROW_EVERY = 8, /* puts a step of growth */
	GROW_CHUNK = 64,
	GROW_SPILL = 16,

	SEGMENT_HEAD = 64,
	SEGMENT_BYTES_MIN = 256 << 10, /* any row fits */
	SEGMENT_BYTES_MAX = 64 << 20,
	SEGMENT_BITS = 24, /* of a location are the place within a segment */
	SEGMENTS_MAX = 65535,

	BLOCK_BYTES = 4096,
	RUNS_MAX = 48,
	MERGE_MAX = 12, /* runs at once */
	TAIL_LEVELS = 10,
	TAIL_CHUNK = 256 << 10,
	TAIL_BYTES_MAX = 4 << 20,

	SAVE_EVERY = 1 << 18, /* puts */
};

/* Segment number and offset / ROW_ALIGN. A segment begins with its head, so neither
 * of the two below is a row's. */
typedef uint64_t location_t;
static const location_t LOCATION_NONE = 0;
static const location_t LOCATION_DEAD = 1; /* taken back by recovery; full for probing */

/* What is let go when the last snapshot that shows it has died. */
typedef struct scrap scrap_t;
struct scrap {
	scrap_t *next;
	void (*drop)(scrap_t *scrap);
};

/* A file written through its descriptor and read through a map. */
typedef struct {
	scrap_t scrap;
	env_file_t *file;
	env_map_t *map;
	slice_t bytes;
	uint32_t number;
	bool is_dirty; /* written since it was synced */
	bool is_lost;  /* a sync failed: what was written before it may never be safe */
} area_t;

typedef enum { AREA_INDEX, AREA_ROWS, AREA_NAMES } area_kind_t;

/* A file that the last checkpoint names and the next will not. */
typedef struct {
	area_kind_t kind;
	uint32_t number;
} doomed_t;

typedef struct {
	_Alignas(8) uint8_t bytes[BUCKET_BYTES];
} bucket_t;

/* The bucket that is being written. Readers that meet it half-written take it from
 * here; every copy carries its own proof. */
typedef struct {
	_Atomic uint64_t key; /* of index number and bucket; 0: none */
	_Atomic uint64_t words[BUCKET_WORDS];
} flux_t;

/* An index as it is seen. */
typedef struct {
	const uint8_t *buckets;
	uint32_t number;
	unsigned bits;
	const flux_t *flux;
} index_view_t;

typedef struct {
	area_t *area;
	unsigned bits;
	uint64_t entries; /* dead ones too */
} index_t;

typedef struct {
	index_t to;
	uint64_t prepared, moved; /* buckets of the new, of the old */
	unsigned credit;
} growth_t;

typedef struct {
	area_t *area; /* NULL: a free number */
	uint64_t used, dead;
	bool is_condemned; /* gone, but the last checkpoint has it: not to be used again yet */
} segment_t;

typedef struct tail_node tail_node_t;
struct tail_node {
	size_t len;
	const uint8_t *name;
	_Atomic(tail_node_t *) next[];
};

/* The newest names, sorted: a skip list with one writer. */
typedef struct {
	scrap_t scrap;
	_Atomic(tail_node_t *) heads[TAIL_LEVELS];
	struct tail_chunk *chunks;
	size_t chunk_used, bytes, count;
	rng_t chance;
} tail_t;

typedef struct {
	area_t *area;
	uint64_t count;
	uint32_t blocks;
} run_t;

typedef struct {
	slice_t bytes;
	uint32_t number, blocks;
} run_view_t;

/* Walks a run. */
typedef struct {
	run_view_t run;
	uint32_t block; /* the next to read */
	uint32_t left;  /* names in the one at hand */
	reader_t in;
	uint8_t name[RECORD_NAME_MAX];
	size_t len;
} run_cursor_t;

typedef struct {
	area_t *area;
	uint32_t blocks;
	uint64_t count;
	uint8_t block[BLOCK_BYTES], last[RECORD_NAME_MAX];
	size_t used, last_len;
	uint16_t block_count;
} run_writer_t;

typedef struct {
	size_t from, count; /* of the runs; 0: no merge is on */
	run_cursor_t cursors[MERGE_MAX];
	bool has[MERGE_MAX];
	run_writer_t out;
} merge_t;

/* A segment being written anew: copies first, and the index is turned to them only
 * once they are safe. */
typedef struct {
	uint32_t segment;
	enum { COMPACT_IDLE, COMPACT_COPY, COMPACT_TURN } phase;
	uint64_t at; /* next row of the segment, or next pair */
	struct {
		location_t from, to;
		uint64_t hash;
	} * pairs;
	size_t pair_count, pair_cap;
} compaction_t;

/* What readers see: immutable. */
typedef struct snapshot {
	index_view_t index;
	uint64_t seed;
	uint64_t (*hash)(slice_t name, uint64_t seed);
	const tail_t *tail;
	run_view_t runs[RUNS_MAX];
	size_t run_count;
	scrap_t *scraps; /* die with it */
	size_t segment_count;
	slice_t segments[];
} snapshot_t;

struct registry_store {
	scrap_t scrap;
	env_t *env;
	registry_store_spec_t spec;
	char path[PATH_CAP];
	uint32_t instance, next_number;
	registry_mark_t mark;
	uint8_t *notes; /* as they were read */
	size_t notes_len;

	flux_t flux;
	index_t index;
	growth_t growth;
	bool is_growing, is_torn; /* torn: a write of the bucket in flux failed */
	struct {
		uint64_t at;
		uint32_t number;
		bucket_t bucket;
	} torn;
	bucket_t window[2 * GROW_CHUNK + GROW_SPILL];

	segment_t *segments;
	size_t segment_count;
	uint32_t active; /* segment */
	uint64_t bytes;  /* of all files */
	compaction_t compaction;

	tail_t *tail;
	run_t runs[RUNS_MAX];
	size_t run_count;
	merge_t merge;
	run_writer_t flush;

	snapshot_t *now;
	scrap_t *dying; /* with the snapshot at hand */
	doomed_t *doomed;
	size_t doomed_count, doomed_cap;
	/* stale: readers do not see what is here, and nothing is put until they do. */
	bool is_shown, is_stale, is_clean_on_disk, is_new;
	uint64_t puts, budget; /* since the checkpoint; work due */
	uint64_t saved_seq;
	uint64_t saves, compactions;
	uint8_t row[ROW_BYTES_MAX + ROW_ALIGN];
};

/* area */
void area_path(const registry_store_t *store, area_kind_t kind, uint32_t number,
               char path[PATH_CAP]);
/* `size` bytes of zeros, or what is there and at least `size` long. */
MUST_CHECK err_t area_make(registry_store_t *store, area_kind_t kind, uint64_t size,
                           area_t **ret_area);
MUST_CHECK err_t area_open(registry_store_t *store, area_kind_t kind, uint32_t number,
                           uint64_t size, area_t **ret_area);
/* Takes the map (again), after writes that made the file longer. */
MUST_CHECK err_t area_map(registry_store_t *store, area_kind_t kind, area_t *area);
void area_drop(scrap_t *scrap);
MUST_CHECK err_t area_write(area_t *area, uint64_t at, slice_t bytes);
/* ERR_CORRUPT for good once it has failed: a later one would succeed without having made
 * safe what the first could not. */
MUST_CHECK err_t area_sync(area_t *area);
/* At once, for what no checkpoint names; after the next checkpoint. Both let go of
 * the area itself when nobody sees it any more. */
void area_remove(registry_store_t *store, area_kind_t kind, area_t *area);
void area_condemn(registry_store_t *store, area_kind_t kind, area_t *area);
void areas_bury(registry_store_t *store);
void store_retire(registry_store_t *store, scrap_t *scrap);

/* index */
uint64_t store_hash(slice_t name, uint64_t seed);
/* Walks the entries of one hash. */
typedef struct {
	uint64_t hash; /* its upper HASH_BITS */
	uint64_t at, left;
	unsigned slot;
	bool is_loaded, is_bad;
	bool has_free;
	uint64_t free_at;
	unsigned free_slot;
	bucket_t bucket;
} probe_t;

static inline uint64_t index_home(uint64_t hash, unsigned bits)
{
	return hash >> (HASH_BITS - bits);
}

probe_t probe_of(const index_view_t *index, uint64_t hash);
/* False at the end, with is_bad when a bucket is damaged. */
bool probe_next(const index_view_t *index, probe_t *probe, location_t *ret_location);
index_view_t index_view(const registry_store_t *store, const index_t *index);
MUST_CHECK err_t index_make(registry_store_t *store, unsigned bits, index_t *ret_index);
/* Entry `from` of this hash (LOCATION_NONE: a new one) is `to` from now on, in the
 * index and in the one that grows beside it. */
MUST_CHECK err_t index_turn(registry_store_t *store, uint64_t hash, location_t from, location_t to);
MUST_CHECK err_t growth_step(registry_store_t *store);
void growth_drop(registry_store_t *store);
/* Drops entries that point past what is known to be safe; checks every bucket. */
MUST_CHECK err_t index_recover(registry_store_t *store);

/* segment, compact */
static inline slice_t segment_row(const snapshot_t *snapshot, location_t location)
{
	uint64_t segment = location >> SEGMENT_BITS;
	uint64_t at = (location & ((UINT64_C(1) << SEGMENT_BITS) - 1)) * ROW_ALIGN;
	if (segment >= snapshot->segment_count)
		return (slice_t){ 0 };
	return slice_from(snapshot->segments[segment], (size_t)at);
}
MUST_CHECK err_t segment_append(registry_store_t *store, slice_t row, location_t *ret_location);
void segment_dead(registry_store_t *store, location_t location, size_t size);
MUST_CHECK err_t segment_load(registry_store_t *store, uint32_t number, const segment_t *said);
MUST_CHECK err_t compaction_step(registry_store_t *store, uint64_t budget);

/* tail */
MUST_CHECK err_t tail_new(tail_t **ret_tail);
void tail_drop(scrap_t *scrap);
MUST_CHECK err_t tail_add(tail_t *tail, slice_t folded);
/* The first node behind `after`. */
const tail_node_t *tail_seek(const tail_t *tail, slice_t after);
/* names */
MUST_CHECK err_t names_flush(registry_store_t *store);
MUST_CHECK err_t names_step(registry_store_t *store, uint64_t budget);
void merge_drop(registry_store_t *store);
/* run */
MUST_CHECK err_t run_open(registry_store_t *store, uint32_t number, uint64_t count, uint32_t blocks,
                          run_t *ret_run);
run_view_t run_view(const run_t *run);
MUST_CHECK err_t run_writer_begin(registry_store_t *store, run_writer_t *out);
MUST_CHECK err_t run_writer_add(run_writer_t *out, slice_t name);
MUST_CHECK err_t run_writer_end(registry_store_t *store, run_writer_t *out, run_t *ret_run);
/* Stands before the first name behind `after`; *ret_has: there is one, and it is in
 * the cursor. */
MUST_CHECK err_t run_seek(run_view_t run, slice_t after, run_cursor_t *cursor, bool *ret_has);
MUST_CHECK err_t run_next(run_cursor_t *cursor, bool *ret_has);

/* checkpoint */
/* ERR_NOT_FOUND: there is no checkpoint. */
MUST_CHECK err_t checkpoint_load(registry_store_t *store);
/* Names in memory become a run first: what the mark has is listed after a power cut. */
MUST_CHECK err_t checkpoint_save(registry_store_t *store, bool is_clean);
/* The instance that the folder's checkpoint names, 0 when none can be read. */
uint32_t checkpoint_instance(env_t *env, const char *folder);
/* Removes what the checkpoint does not name. */
MUST_CHECK err_t checkpoint_sweep(registry_store_t *store);

/* store */
MUST_CHECK err_t store_publish(registry_store_t *store);
bool store_fits(const registry_store_t *store, uint64_t more);

/* look */
MUST_CHECK err_t snapshot_find(const snapshot_t *snapshot, slice_t name, uint64_t hash,
                               location_t *ret_location, row_t *ret_row);
#endif
