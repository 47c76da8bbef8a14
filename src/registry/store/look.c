/* SPDX-License-Identifier: Apache-2.0 */
/* Looking. A batch goes through stages so that the memory of one name comes while
 * another is worked on: hash all and ask for their buckets; read the buckets and ask
 * for where the rows begin, each of which misses the page tables too; ask for the rest
 * of the rows; check the rows and give them out. What the short way does not settle,
 * a name that shares its hash or lies in a further bucket, goes the long way by
 * itself. */
#include <assert.h>
#include <stdlib.h>

#include "codec/handle/name.h"
#include "registry/store/state.h"

enum { ROW_LINES = 5, LINE = 64, LOOK_ROOM = 256 << 10 };
_Static_assert(LOOK_ROOM >= REGISTRY_LOOK_MAX * ROW_ROOM, "a batch fits");

struct registry_look {
	hub_t *hub;
	unsigned reader;
	bool is_in;
	const snapshot_t *snapshot;
	writer_t room;
	uint8_t memory[LOOK_ROOM];
	uint8_t names[REGISTRY_LOOK_MAX][RECORD_NAME_MAX];
	run_cursor_t cursors[RUNS_MAX];
	bool has[RUNS_MAX];
};

err_t registry_look_new(hub_t *hub, unsigned reader, registry_look_t **ret_look)
{
	registry_look_t *look = calloc(1, sizeof(*look));
	if (!look)
		return ERR_NO_MEMORY;
	look->hub = hub;
	look->reader = reader;
	*ret_look = look;
	return ERR_OK;
}

void registry_look_free(registry_look_t *look)
{
	if (!look)
		return;
	registry_look_end(look);
	free(look);
}

err_t registry_look_begin(registry_look_t *look)
{
	assert(!look->is_in);
	hub_enter(look->hub, look->reader);
	look->is_in = true;
	look->room = writer_of(look->memory, sizeof(look->memory));
	look->snapshot = hub_view(look->hub);
	return look->snapshot ? ERR_OK : ERR_UNAVAILABLE;
}

void registry_look_end(registry_look_t *look)
{
	if (!look->is_in)
		return;
	look->is_in = false;
	look->snapshot = NULL;
	hub_leave(look->hub, look->reader);
}

/* Finding. */

err_t snapshot_find(const snapshot_t *snapshot, slice_t name, uint64_t hash,
                    location_t *ret_location, row_t *ret_row)
{
	probe_t probe = probe_of(&snapshot->index, hash >> (64 - HASH_BITS));
	location_t location;
	while (probe_next(&snapshot->index, &probe, &location)) {
		row_t row;
		err_t err = row_open(segment_row(snapshot, location), &row);
		if (err)
			return err;
		if (!slice_eq_nocase(row.name, name))
			continue;
		*ret_location = location;
		*ret_row = row;
		return ERR_OK;
	}
	return probe.is_bad ? ERR_CORRUPT : ERR_NOT_FOUND;
}

static void prefetch_rest(slice_t row)
{
	for (size_t i = 1; i < ROW_LINES && i * LINE < row.len; i++)
		__builtin_prefetch(row.ptr + i * LINE);
}

/* A name on its way through the stages. */
typedef struct {
	slice_t name;
	uint64_t hash;
	slice_t guess; /* where its row probably is */
} sought_t;

static err_t hash_one(const snapshot_t *s, slice_t name, sought_t *ret_sought)
{
	handle_name_t parts;
	if (handle_name_split(name, &parts) != CODEC_OK)
		return ERR_INVALID;
	uint64_t hash = s->hash(name, s->seed);
	uint64_t home = index_home(hash >> (64 - HASH_BITS), s->index.bits);
	__builtin_prefetch(s->index.buckets + home * BUCKET_BYTES);
	*ret_sought = (sought_t){ .name = name, .hash = hash };
	return ERR_OK;
}

static void guess_one(const snapshot_t *s, sought_t *sought)
{
	probe_t probe = probe_of(&s->index, sought->hash >> (64 - HASH_BITS));
	location_t location;
	if (probe_next(&s->index, &probe, &location))
		sought->guess = segment_row(s, location);
	__builtin_prefetch(sought->guess.ptr);
}

static err_t find_one(registry_look_t *look, const sought_t *sought, record_t *ret_record)
{
	row_t row;
	location_t location;
	bool is_it = sought->guess.len > 0 && row_open(sought->guess, &row) == ERR_OK &&
	             slice_eq_nocase(row.name, sought->name);
	err_t err = is_it ? ERR_OK
	                  : snapshot_find(look->snapshot, sought->name, sought->hash, &location,
	                                  &row);
	return err ? err : row_expand(&row, &look->room, ret_record);
}

/* The index is one for all: an entry may lead to a segment that was made after this
 * look began. What is not found is therefore looked for in what readers see by now;
 * that too stays until the look ends. */
static err_t find_now(registry_look_t *look, sought_t *sought, record_t *ret_record)
{
	err_t err = find_one(look, sought, ret_record);
	const snapshot_t *live = hub_view(look->hub);
	while (err && live && live != look->snapshot) {
		look->snapshot = live;
		sought->guess = (slice_t){ 0 };
		err = find_one(look, sought, ret_record);
		live = hub_view(look->hub);
	}
	return err;
}

void registry_look_find(registry_look_t *look, const slice_t *names, size_t count,
                        record_t *ret_records, err_t *ret_err)
{
	const snapshot_t *s = look->snapshot;
	sought_t sought[REGISTRY_LOOK_MAX];
	assert(s && count <= REGISTRY_LOOK_MAX);
	for (size_t i = 0; i < count; i++)
		ret_err[i] = hash_one(s, names[i], &sought[i]);
	for (size_t i = 0; i < count; i++)
		if (!ret_err[i])
			guess_one(s, &sought[i]);
	for (size_t i = 0; i < count; i++)
		if (!ret_err[i])
			prefetch_rest(sought[i].guess);
	for (size_t i = 0; i < count; i++)
		if (!ret_err[i])
			ret_err[i] = find_now(look, &sought[i], &ret_records[i]);
}

err_t registry_look_get(registry_look_t *look, slice_t name, record_t *ret_record)
{
	err_t err;
	registry_look_find(look, &name, 1, ret_record, &err);
	return err;
}

size_t registry_look_mark(const registry_look_t *look)
{
	return look->room.len;
}

void registry_look_rewind(registry_look_t *look, size_t mark)
{
	assert(mark <= look->room.len);
	look->room.len = mark;
	look->room.bad = false;
}

/* Listing. */

typedef struct {
	registry_look_t *look;
	const tail_node_t *node;
	slice_t after; /* the last one given */
} walk_t;

static err_t walk_begin(walk_t *walk, slice_t after)
{
	registry_look_t *look = walk->look;
	const snapshot_t *s = look->snapshot;
	err_t err = ERR_OK;
	walk->after = after;
	walk->node = tail_seek(s->tail, after);
	for (size_t i = 0; !err && i < s->run_count; i++)
		err = run_seek(s->runs[i], after, &look->cursors[i], &look->has[i]);
	return err;
}

/* The least name of the tail and all runs; *ret_run: run_count for the tail. */
static bool walk_least(const walk_t *walk, slice_t *ret_name, size_t *ret_run)
{
	const registry_look_t *look = walk->look;
	const snapshot_t *s = look->snapshot;
	slice_t least = { 0 };
	*ret_run = s->run_count;
	if (walk->node)
		least = slice_of(walk->node->name, walk->node->len);
	for (size_t i = 0; i < s->run_count; i++) {
		slice_t name = slice_of(look->cursors[i].name, look->cursors[i].len);
		if (look->has[i] && (!least.ptr || slice_cmp(name, least) < 0)) {
			least = name;
			*ret_run = i;
		}
	}
	*ret_name = least;
	return least.ptr != NULL;
}

static err_t walk_step(walk_t *walk, size_t run)
{
	registry_look_t *look = walk->look;
	if (run < look->snapshot->run_count)
		return run_next(&look->cursors[run], &look->has[run]);
	walk->node = atomic_load_explicit(&walk->node->next[0], memory_order_acquire);
	return ERR_OK;
}

/* "PREFIX/", which all its names are behind: no suffix is empty. */
static err_t prefix_head(slice_t prefix, uint8_t head[RECORD_NAME_MAX], slice_t *ret_head)
{
	if (prefix.len + 1 > RECORD_NAME_MAX)
		return ERR_INVALID;
	slice_fold_upper(prefix, head);
	head[prefix.len] = '/';
	*ret_head = slice_of(head, prefix.len + 1);
	return ERR_OK;
}

static err_t list(walk_t *walk, slice_t head, slice_t *ret_names, size_t *ret_count)
{
	registry_look_t *look = walk->look;
	err_t err = ERR_OK;
	size_t count = 0, run;
	slice_t name;
	while (!err && count < REGISTRY_LOOK_MAX && walk_least(walk, &name, &run) &&
	       slice_starts(name, head)) {
		/* What two runs have comes once. */
		if (slice_cmp(name, walk->after) > 0) {
			memcpy(look->names[count], name.ptr, name.len);
			ret_names[count] = slice_of(look->names[count], name.len);
			walk->after = ret_names[count++];
		}
		err = walk_step(walk, run);
	}
	*ret_count = count;
	return err;
}

err_t registry_look_list(registry_look_t *look, slice_t prefix, slice_t after, slice_t *ret_names,
                         size_t *ret_count)
{
	uint8_t head_bytes[RECORD_NAME_MAX], after_bytes[RECORD_NAME_MAX];
	walk_t walk = { .look = look };
	slice_t head, from;
	assert(look->snapshot);
	err_t err = prefix_head(prefix, head_bytes, &head);
	if (err || after.len > RECORD_NAME_MAX)
		return ERR_INVALID;
	slice_fold_upper(after, after_bytes);
	from = slice_of(after_bytes, after.len);
	if (slice_cmp(from, head) < 0)
		from = head;
	err = walk_begin(&walk, from);
	return err ? err : list(&walk, head, ret_names, ret_count);
}
